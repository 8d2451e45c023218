"""Is a decision log whole: nothing in it changed, removed, inserted, moved, repeated or cut off?

One record is one line of canonical JSON; its hash covers everything in it and the hash of the record before it. The
last line of an export is its seal: how many records, from where, and the head. Whoever keeps a head elsewhere, on paper
or with another company, can show later that the log still says what it said that day.

This file needs nothing but Python 3.11: `python chain.py LOG [--anchor SEQ:HASH] [--certificate CERTIFICATE]`. It is long
because a court's expert is handed this one file.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NO_RECORD = "0" * 64
"""What the first record names as the one before it."""

SEAL = "zaikong decision log 1"
CERTIFICATE = "zaikong legality certificate 1"
CERTIFICATE_KIND = "legality_certificate"
EVIDENCE_KIND = "evidence"

_RECORD_TYPES = {
    "actor": str,
    "at": int,
    "body": dict,
    "hash": str,
    "kind": str,
    "previous": str,
    "seq": int,
    "subject": str,
}
_SEAL_TYPES = {"before": str, "count": int, "first": int, "head": str, "last": int, "origin": str, "seal": str}
_HASHES = {"hash", "previous", "before", "head"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OWN_HASH = re.compile(rb'"hash":"([0-9a-f]{64})",?')
_CONTENT = "actor, at, body, kind, previous, seq or subject"
_LONGEST_MENDED = 2048
_MOST_MENDED = 3
_ALIKE_DIGITS = 56


class UnableToWriteCanonicalError(ValueError):
    """A value has no canonical form: a fraction, a key that is no text, a broken character."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a log or a certificate.

    Attributes:
        code: Upper-case word for programs.
        message: One sentence that names what is wrong.
        line: Line of the file, 0 where no line holds it.
        seq: Number of the record, 0 where unknown.
        field: Field of the record, empty where unknown.
    """

    code: str
    message: str
    line: int = 0
    seq: int = 0
    field: str = ""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The hash of one record, kept where the log's keeper cannot reach it."""

    seq: int
    hash: str


@dataclass(slots=True)
class Verdict:
    """What was found.

    Attributes:
        records: Records read that are whole in themselves.
        first: Number of the first of them, 0 for none.
        last: Number of the last of them.
        head: Hash of the last of them.
        origin: Hash of record 1 where it is here, else what the seal says.
        faults: All faults, in the order of the file.
    """

    records: int = 0
    first: int = 0
    last: int = 0
    head: str = NO_RECORD
    origin: str = ""
    faults: list[Fault] = field(default_factory=list)


def canonical(value: object) -> bytes:
    """The one way a value is written: keys sorted by code point, no blanks, UTF-8, whole numbers only.

    Raises:
        UnableToWriteCanonicalError: It holds a fraction, a key that is no text, or half a character.
    """
    _plain(value)
    return _written(value)


def digest(value: object) -> str:
    """SHA-256 of a value's canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def sealed(
    *, seq: int, at: int, kind: str, subject: str, actor: str, body: Mapping[str, Any], previous: str
) -> dict[str, Any]:
    """A record with its hash.

    Args:
        seq: Number in the log, from 1.
        at: When [microseconds since 1970-01-01 UTC].
        kind: What was decided.
        subject: About what: an account number, a date, a certificate number.
        actor: Log-in of who decided, or the name of the run.
        body: The figures.
        previous: Hash of the record before, `NO_RECORD` for the first.

    Raises:
        UnableToWriteCanonicalError: The body has no canonical form.
    """
    content = {
        "actor": actor,
        "at": at,
        "body": dict(body),
        "kind": kind,
        "previous": previous,
        "seq": seq,
        "subject": subject,
    }
    return {**content, "hash": digest(content)}


def seal_of(*, before: str, first: int, last: int, head: str, origin: str) -> dict[str, Any]:
    """The last line of an export.

    Args:
        before: Hash of the record before the first, `NO_RECORD` if there is none.
        first: Number of the first record.
        last: Number of the last record.
        head: Hash of the last record.
        origin: Hash of record 1 of the chain.
    """
    count = last - first + 1
    return {
        "before": before,
        "count": count,
        "first": first,
        "head": head,
        "last": last,
        "origin": origin,
        "seal": SEAL,
    }


def verify(
    lines: Iterable[bytes],
    *,
    anchors: Iterable[Anchor] = (),
    after: Anchor | None = None,
    seen: Callable[[dict[str, Any]], None] | None = None,
) -> Verdict:
    """Check an exported log, line by line.

    Args:
        lines: Lines with their line ends, as a file opened for bytes gives them.
        anchors: Hashes kept elsewhere.
        after: The record the first one must follow, where the log comes in parts.
        seen: Called with each record that is whole in itself.
    """
    walk = _Walk(tuple(anchors), after, seen)
    for line in lines:
        walk.take(line)
    return walk.end()


def verify_certificate(certificate: bytes, lines: Iterable[bytes], *, anchors: Iterable[Anchor] = ()) -> list[Fault]:
    """Check a legality certificate against the log: its hash, its place, its facts, its evidence, its approvers.

    The rule itself is not asked here; with Zaikong installed `zaikong audit verify` asks it as well.

    Args:
        certificate: The certificate's JSON.
        lines: As `verify`.
        anchors: As `verify`.
    """
    try:
        told = _read(certificate)
        sha256 = digest(told)
    except ValueError as error:
        return [Fault("CERTIFICATE_UNREADABLE", f"the certificate is not the JSON that was written: {error}")]
    evidence: dict[str, int] = {}
    hashes: dict[int, str] = {}
    issued: list[dict[str, Any]] = []
    number = told.get("certificate_no")
    place = told.get("after")
    after_seq = place.get("seq") if isinstance(place, dict) else None

    def keep(record: dict[str, Any]) -> None:
        if record["kind"] == EVIDENCE_KIND:
            evidence.setdefault(str(record["body"].get("sha256")), record["seq"])
        if record["kind"] == CERTIFICATE_KIND and record["body"].get("certificate_no") == number:
            issued.append(record)
        if record["seq"] == after_seq:
            hashes[record["seq"]] = record["hash"]

    verdict = verify(lines, anchors=anchors, seen=keep)
    return [*verdict.faults, *_certificate_faults(told, sha256, issued, evidence, hashes)]


def _written(value: object) -> bytes:
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise UnableToWriteCanonicalError(f"half a character in {error.object[:40]!r}") from error


def _plain(value: object) -> None:
    if value is None or isinstance(value, str | bool | int):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise UnableToWriteCanonicalError(f"the key {key!r} is no text")
            _plain(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _plain(inner)
    else:
        raise UnableToWriteCanonicalError(f"{value!r} is a {type(value).__name__}; only whole numbers, texts and lists")


def _no_fraction(text: str) -> Any:
    raise ValueError(f"{text} is no whole number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


def _read(text: bytes) -> dict[str, Any]:
    """An object of texts and whole numbers; anything else is a ValueError."""
    try:
        value = json.loads(
            text.decode(), parse_float=_no_fraction, parse_constant=_no_fraction, object_pairs_hook=_once
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 -- one kind of error for every unreadable line
    return value


def _line_read(text: bytes) -> dict[str, Any]:
    """One line of a log, written as only one way is right."""
    value = _read(text)
    written = _written(value)
    if written != text:
        place = next((n for n, (a, b) in enumerate(zip(written, text, strict=False)) if a != b), len(written))
        raise ValueError(f"not written canonically from byte {place + 1} on")
    _typed(value, _SEAL_TYPES if "seal" in value else _RECORD_TYPES)
    return value


class _WrongFieldError(ValueError):
    """A field is missing, too much, or of the wrong kind."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name} {message}")
        self.name = name


def _typed(value: dict[str, Any], types: Mapping[str, type]) -> None:
    for name, kind in types.items():
        if name not in value:
            raise _WrongFieldError(name, "is missing")
        if type(value[name]) is not kind:
            raise _WrongFieldError(name, f"is no {kind.__name__}")
        if name in _HASHES and not _SHA256.fullmatch(value[name]):
            raise _WrongFieldError(name, "is no SHA-256")
    for name in value:
        if name not in types:
            raise _WrongFieldError(name, "does not belong here")


class _Walk:
    """Reads a log once, from the first line to the seal."""

    def __init__(
        self, anchors: tuple[Anchor, ...], after: Anchor | None, seen: Callable[[dict[str, Any]], None] | None
    ) -> None:
        self.verdict = Verdict()
        self._anchors = anchors
        self._after = after
        self._seen = seen
        self._line = 0
        self._damaged = 0
        self._mended = 0
        self._before = ""
        self._seal: tuple[int, dict[str, Any]] | None = None
        self._digests = bytearray()
        self._twins: dict[int, list[tuple[int, int, str]]] = {}
        self._last_line = 0

    def take(self, line: bytes) -> None:
        """Read one more line."""
        self._line += 1
        if self._seal is not None:
            self._fault("AFTER_SEAL", "a line stands after the seal")
        text = line.removesuffix(b"\n")
        if text == line:
            self._fault("LINE_UNREADABLE", "the line has no end: the file is cut off or its last byte changed")
        try:
            value = _line_read(text)
        except ValueError as error:
            name = error.name if isinstance(error, _WrongFieldError) else ""
            self._damage(text, "LINE_UNREADABLE", str(error), name=name)
            return
        if "seal" in value:
            self._seal = (self._line, value)
            return
        content = {name: value[name] for name in _RECORD_TYPES if name != "hash"}
        if hashlib.sha256(_written(content)).hexdigest() != value["hash"]:
            message = "the record does not have the hash it states"
            self._damage(text, "HASH_MISMATCH", message, name=_CONTENT, seq=value["seq"])
            return
        self._record(value)

    def end(self) -> Verdict:
        """Compare what was read with the seal and the anchors."""
        verdict = self.verdict
        if self._seal is None:
            self._fault("SEAL_MISSING", f"no seal after line {self._line}: the end of the log is cut off or damaged")
        else:
            self._check_seal(*self._seal)
        for anchor in self._anchors:
            self._check_anchor(anchor)
        verdict.faults.sort(key=lambda fault: fault.line or sys.maxsize)
        return verdict

    def _fault(self, code: str, message: str, *, seq: int = 0, name: str = "", line: int | None = None) -> None:
        at = self._line if line is None else line
        self.verdict.faults.append(Fault(code, message, line=at, seq=seq, field=name))

    def _damage(self, text: bytes, code: str, message: str, *, name: str, seq: int = 0) -> None:
        self._damaged += 1
        mended = ("", "")
        if self._mended < _MOST_MENDED and len(text) <= _LONGEST_MENDED:
            self._mended += 1
            mended = _mended(text)
        self._fault(code, message + mended[1], seq=seq, name=mended[0] or name)

    def _record(self, record: dict[str, Any]) -> None:
        verdict, seq = self.verdict, record["seq"]
        if seq < 1:
            self._fault("SEQUENCE_WRONG", f"record {seq} is numbered before the first", seq=seq, name="seq")
            return
        if not verdict.records:
            self._begin(record)
        elif seq <= verdict.last:
            self._again(record)
            return
        else:
            self._follow(record)
        verdict.records += 1
        verdict.last, verdict.head = seq, record["hash"]
        self._digests += bytes.fromhex(record["hash"])
        self._damaged, self._last_line = 0, self._line
        if self._seen is not None:
            self._seen(record)

    def _begin(self, record: dict[str, Any]) -> None:
        seq, previous = record["seq"], record["previous"]
        self.verdict.first = seq
        if not self._damaged:
            self._before = previous
        if seq == 1:
            self.verdict.origin = record["hash"]
            if previous != NO_RECORD:
                self._fault("LINK_BROKEN", "record 1 names a record before it", seq=1, name="previous")
        after = self._after
        if after is not None and not self._damaged and (seq, previous) != (after.seq + 1, after.hash):
            self._fault("LINK_BROKEN", f"record {seq} does not follow record {after.seq} of the part before", seq=seq)

    def _follow(self, record: dict[str, Any]) -> None:
        """The next record, after none, some damaged, or some missing lines."""
        verdict, seq = self.verdict, record["seq"]
        gap = seq - verdict.last - 1
        if gap > self._damaged:
            missing = f"{verdict.last + 1} to {seq - 1}" if gap > 1 else f"{seq - 1}"
            self._fault("REMOVED", f"before record {seq} are missing: {missing}", seq=seq - 1)
        if gap == 0:
            self._check_link(record)
        # a wild number must not fill the memory
        self._digests += bytes(32 * min(gap, 1_000_000))

    def _check_link(self, record: dict[str, Any]) -> None:
        seq, previous = record["seq"], record["previous"]
        twins = self._twins.get(seq - 1, [])
        if previous == self.verdict.head:
            return
        for line, first, twin in twins:
            if twin == previous:
                # the later of two is the one the log goes on from: the earlier was put in
                self.verdict.faults = [
                    fault for fault in self.verdict.faults if (fault.code, fault.line) != ("INSERTED", line)
                ]
                self._fault("INSERTED", f"a second record {seq - 1}, which no record follows", seq=seq - 1, line=first)
                return
        self._fault(
            "LINK_BROKEN",
            f"record {seq} follows another record {seq - 1} than the one that stands before it",
            seq=seq,
            name="previous",
        )

    def _again(self, record: dict[str, Any]) -> None:
        """A number that should have come before, or did."""
        verdict, seq = self.verdict, record["seq"]
        place = 32 * (seq - verdict.first)
        known = bytes(self._digests[place : place + 32]).hex() if place >= 0 else ""
        if known == record["hash"]:
            self._fault("REPEATED", f"record {seq} stands again", seq=seq)
        elif known in {"", NO_RECORD}:
            self._fault("OUT_OF_PLACE", f"record {seq} stands after record {verdict.last}", seq=seq)
        else:
            first = self._last_line if seq == verdict.last else 0
            self._twins.setdefault(seq, []).append((self._line, first, record["hash"]))
            self._fault("INSERTED", f"a second record {seq} stands here", seq=seq)

    def _check_seal(self, line: int, seal: dict[str, Any]) -> None:
        verdict = self.verdict
        last, head = (verdict.last, verdict.head) if verdict.records else (seal["first"] - 1, seal["before"])
        end = seal["last"]
        begins = bool(self._before)
        checks = [
            (seal["seal"] != SEAL, "SEAL_WRONG", "seal", f"the seal is no {SEAL!r}"),
            (
                seal["count"] != end - seal["first"] + 1,
                "SEAL_WRONG",
                "count",
                f"the seal counts {seal['count']} records from {seal['first']} to {end}",
            ),
            (end > last + self._damaged, "TAIL_CUT", "last", f"the seal ends with record {end}, the log with {last}"),
            (end < last, "SEAL_WRONG", "last", f"the seal ends with record {end}, the log goes on to {last}"),
            (
                end == last and seal["head"] != head,
                "HEAD_MISMATCH",
                "head",
                f"the seal's head is not the hash of record {last}",
            ),
            (
                begins and seal["first"] != verdict.first,
                "SEAL_WRONG",
                "first",
                f"the seal begins with record {seal['first']}, the log with {verdict.first}",
            ),
            (
                begins and seal["before"] != self._before,
                "SEAL_WRONG",
                "before",
                f"the seal and record {verdict.first} name different records before it",
            ),
            (
                verdict.origin not in {"", seal["origin"]},
                "CHAIN_FOREIGN",
                "origin",
                "the seal belongs to another chain: its first record is another",
            ),
        ]
        for wrong, code, name, message in checks:
            if wrong:
                self._fault(code, message, line=line, seq=last, name=name)
        verdict.origin = verdict.origin or seal["origin"]

    def _check_anchor(self, anchor: Anchor) -> None:
        verdict = self.verdict
        place = 32 * (anchor.seq - verdict.first)
        if verdict.records and anchor.seq == verdict.first - 1 and self._before:
            known = self._before
        elif not verdict.records or anchor.seq > verdict.last:
            self._fault("TAIL_CUT", f"record {anchor.seq} was kept elsewhere, the log ends before it", seq=anchor.seq)
            return
        elif place < 0:
            message = f"record {anchor.seq} was kept elsewhere and is not in this part: give the part that holds it"
            self._fault("ANCHOR_OUTSIDE", message, seq=anchor.seq, line=0)
            return
        else:
            known = bytes(self._digests[place : place + 32]).hex()
        if known != anchor.hash:
            code = "CHAIN_FOREIGN" if anchor.seq == 1 else "HEAD_MISMATCH"
            message = f"record {anchor.seq} has another hash than the one kept elsewhere: the log was written anew"
            self._fault(code, message, seq=anchor.seq, line=0)


def _mended(text: bytes) -> tuple[str, str]:
    """Field and words for a line of which a single byte was changed; both empty where that is not what happened."""
    found = list(_OWN_HASH.finditer(text))
    if not found:
        return "", ""
    own = found[-1]
    stated = own[1].decode()
    content = text[: own.start()] + text[own.end() :]
    real = hashlib.sha256(content).hexdigest()
    if sum(a == b for a, b in zip(stated, real, strict=True)) >= _ALIKE_DIGITS:
        return "hash", f": it states {stated}, its content has {real}"
    place, byte = _one_byte(content, stated)
    if place < 0:
        return "", ""
    whole = content[:place] + bytes((byte,)) + content[place + 1 :]
    at = place if place < own.start() else place + len(own[0])
    was, now = bytes((byte,)), content[place : place + 1]
    return _field_at(whole, place), f": byte {at + 1} of the line is {now!r} and was {was!r}"


def _one_byte(content: bytes, stated: str) -> tuple[int, int]:
    """Which byte must be which for the content to have the hash it states; (-1, 0) if no single one does it."""
    before = hashlib.sha256()
    wanted = bytes.fromhex(stated)
    for place in range(len(content)):
        rest = content[place + 1 :]
        for byte in range(256):
            trial = before.copy()
            trial.update(bytes((byte,)) + rest)
            if trial.digest() == wanted:
                return place, byte
        before.update(content[place : place + 1])
    return -1, 0


def _field_at(content: bytes, place: int) -> str:
    """The field that holds a byte of a canonical object."""
    end, name = 1, ""
    for name, value in json.loads(content).items():
        end += len(canonical({name: value})) - 1
        if place < end:
            break
    return name


_Wrong = Callable[..., None]


def _certificate_faults(
    told: dict[str, Any],
    sha256: str,
    issued: list[dict[str, Any]],
    evidence: Mapping[str, int],
    hashes: Mapping[int, str],
) -> list[Fault]:
    faults: list[Fault] = []

    def wrong(code: str, message: str, name: str = "", seq: int = 0) -> None:
        faults.append(Fault(code, message, field=name, seq=seq))

    number = told.get("certificate_no")
    if told.get("format") != CERTIFICATE:
        wrong("CERTIFICATE_UNKNOWN", f"this is no {CERTIFICATE!r}", "format")
    _check_approvals(told, wrong)
    if len(issued) != 1:
        wrong("CERTIFICATE_NOT_LOGGED", f"the log records certificate {number} {len(issued)} times, not once")
        return faults
    seq, body = issued[0]["seq"], issued[0]["body"]
    items = {str(item.get("ref")): item.get("sha256") for item in told.get("evidence") or [] if isinstance(item, dict)}
    _compare("fact", body.get("facts"), told.get("facts"), wrong, seq)
    _compare("evidence", body.get("evidence"), items, wrong, seq)
    for ref, sha in {**(body.get("evidence") or {}), **items}.items():
        if evidence.get(str(sha), seq) >= seq:
            wrong(
                "EVIDENCE_NOT_LOGGED", f"evidence {ref} is not in the log before record {seq}", f"evidence.{ref}", seq
            )
    for name in sorted({*body} - {"sha256", "facts", "evidence"}):
        if body[name] != told.get(name):
            wrong("CERTIFICATE_CHANGED", f"{name} differs from record {seq} of the log", name, seq)
    if body.get("sha256") != sha256:
        wrong(
            "CERTIFICATE_CHANGED", f"the certificate does not have the hash that record {seq} gives it", "sha256", seq
        )
    after = told.get("after")
    place = after if isinstance(after, dict) else {}
    before = place.get("seq", 0)
    if not 0 < before < seq or hashes.get(before) != place.get("hash"):
        wrong("PLACE_WRONG", f"record {before}, after which it was drafted, is not that record of this log", "after")
    return faults


def _check_approvals(told: Mapping[str, Any], wrong: _Wrong) -> None:
    approvals = [item for item in told.get("approvals") or [] if isinstance(item, dict)]
    people = [str(item.get("actor")) for item in approvals]
    decision = told.get("decision")
    allowed = isinstance(decision, dict) and decision.get("allowed") is True
    if allowed and len(set(people)) < 2:  # noqa: PLR2004 -- two people
        wrong(
            "TWO_PEOPLE",
            f"supply may be taken by two people; approved by {sorted(set(people)) or 'nobody'}",
            "approvals",
        )
    elif len(set(people)) != len(people):
        wrong("TWO_PEOPLE", f"the same person approved twice: {people}", "approvals")


def _compare(what: str, logged: object, told: object, wrong: _Wrong, seq: int) -> None:
    """Name each item that differs between the log and the certificate."""
    there = logged if isinstance(logged, dict) else {}
    here = told if isinstance(told, dict) else {}
    word = what.upper()
    for name in sorted({*there, *here}):
        if name not in here:
            wrong(f"{word}_MISSING", f"{what} {name} of record {seq} is not in the certificate", f"{what}.{name}", seq)
        elif name not in there:
            wrong(f"{word}_ADDED", f"{what} {name} is not in record {seq} of the log", f"{what}.{name}", seq)
        elif there[name] != here[name]:
            message = f"{what} {name} is {here[name]!r}; record {seq} of the log says {there[name]!r}"
            wrong(f"{word}_CHANGED", message, f"{what}.{name}", seq)


def read_anchor(text: str) -> Anchor:
    """Read `SEQ:HASH`.

    Raises:
        ValueError: Written otherwise.
    """
    seq, _, told = text.strip().partition(":")
    if not seq.isdigit() or not _SHA256.fullmatch(told):
        raise ValueError(f"{text!r} is no anchor; write SEQ:HASH as `zaikong audit head` prints it")
    return Anchor(int(seq), told)


def main(words: list[str] | None = None) -> int:
    """Check a log, or a certificate against a log.

    Returns:
        0 whole, 1 with faults, 2 unreadable.
    """
    parser = argparse.ArgumentParser(prog="chain.py", description="Check a Zaikong decision log.")
    parser.add_argument("log", type=Path)
    parser.add_argument("--anchor", action="append", default=[], help="SEQ:HASH kept elsewhere")
    parser.add_argument("--certificate", type=Path)
    asked = parser.parse_args(words)
    try:
        anchors = [read_anchor(text) for text in asked.anchor]
        with asked.log.open("rb") as lines:
            if asked.certificate is not None:
                faults = verify_certificate(asked.certificate.read_bytes(), lines, anchors=anchors)
                told = f"certificate {asked.certificate}"
            else:
                verdict = verify(lines, anchors=anchors)
                faults, told = verdict.faults, summary(verdict)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for fault in faults:
        sys.stdout.write(f"{fault_text(fault)}\n")
    sys.stdout.write(f"{told}: {f'{len(faults)} faults' if faults else 'whole'}\n")
    return 1 if faults else 0


def summary(verdict: Verdict) -> str:
    """How far a log reaches, in one line."""
    return f"{verdict.records} records, {verdict.first} to {verdict.last}, head {verdict.last}:{verdict.head}"


def fault_text(fault: Fault) -> str:
    """One fault in one line: where, which field, what."""
    where = [f"line {fault.line}" if fault.line else "", f"record {fault.seq}" if fault.seq else "", fault.field]
    return f"{' '.join(filter(None, (fault.code, ', '.join(filter(None, where)))))}: {fault.message}"


if __name__ == "__main__":
    sys.exit(main())
