"""How does a decision get into the log, and how does the log get out?

The log is one chain over the whole system: grades, notices, approvals, certificates, overrides, manual changes. A record
is written in the transaction of what it records, so that neither stands without the other. Numbers have no gap, because
whoever appends holds the log until the commit: **append last**, after every row lock the verb needs, or two verbs may
wait for each other. Bodies hold account numbers and figures; names, phones and identity numbers stay in their tables,
free text is named by its hash.
"""

import hashlib
import inspect
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import polars as pl
from django.db import transaction

from zaikong.kernel import chain
from zaikong.kernel.chain import Anchor, Verdict
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Staff
from zaikong.store.queries import decisions as queries

OPENED = "log_opened"
GRADE_MOVE = "grade_move"
GRADE_NIGHT = "grade_night"

_WORD = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LONGEST_SUBJECT = 60
_LONGEST_ACTOR = 150
_PERSONAL = frozenset(
    {
        "name",
        "customer",
        "customer_name",
        "receiver_name",
        "phone",
        "mobile",
        "address",
        "id_no",
        "identity_no",
        "usci",
        "email",
    }
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class UnableToLogDecisionError(Refusal):
    """A record that may not stand in the log: unfit words, fractions, or personal data."""


class UnableToExportLogError(Refusal):
    """A range the log does not hold, or a file that does not end in a seal of this log."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision to be recorded.

    Attributes:
        kind: What was decided, such as `waiver_decided`.
        subject: About what: an account number, a date, a certificate number.
        actor: Log-in of who decided, or the name of the run.
        body: The figures; whole numbers, texts, truth values, lists and mappings of them.
    """

    kind: str
    subject: str
    actor: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Appended:
    """Where records stand now.

    Attributes:
        first: Number of the first of them.
        last: Number of the last of them.
        head: Hash of the last of them.
    """

    first: int
    last: int
    head: str


def append(
    *, kind: str, subject: str, actor: str, body: Mapping[str, Any], as_of: date, at: datetime | None = None
) -> Appended:
    """Record one decision in the caller's transaction.

    Args:
        kind: As `Decision`.
        subject: As `Decision`.
        actor: As `Decision`.
        body: As `Decision`.
        as_of: Business date.
        at: When it was decided; the database's time if not given.

    Raises:
        UnableToLogDecisionError: See there.
    """
    return append_many([Decision(kind, subject, actor, body)], as_of=as_of, at=at)


def log_act(
    *,
    kind: str,
    subject: str,
    staff: Staff,
    body: Mapping[str, Any],
    as_of: date,
    reason: str = "",
    at: datetime | None = None,
) -> Appended:
    """Record what a member of staff did; the reason given is named by its hash. Otherwise as `append`."""
    told = {**body, "reason_sha256": text_hash(reason.strip())} if reason.strip() else body
    return append(kind=kind, subject=subject, actor=staff.get_username(), body=told, as_of=as_of, at=at)


@transaction.atomic
def append_many(decisions: Iterable[Decision], *, as_of: date, at: datetime | None = None) -> Appended:
    """Record decisions in their order with one `COPY`; otherwise as `append`.

    Nothing given, nothing written: `first` is then one above `last`.
    """
    asked = list(decisions)
    for decision in asked:
        _check(decision)
    if not asked:
        seq, head = queries.head()
        return Appended(seq + 1, seq, head or chain.NO_RECORD)
    seq, previous = queries.locked_head()
    micros = queries.clock_micros() if at is None else _micros(at)
    if seq == 0:
        asked.insert(0, Decision(OPENED, "", "zaikong", {"chain": secrets.token_hex(16)}))
        previous = chain.NO_RECORD
    day = day_number(as_of)
    rows = []
    for number, decision in enumerate(asked, start=seq + 1):
        text, told = _sealed(decision, number, micros, day, previous)
        rows.append((number, _iso(micros), decision.kind, decision.subject, decision.actor, text, previous, told))
        previous = told
    queries.write(pl.DataFrame(rows, schema=queries.STORED, orient="row"))
    first = seq + 1 + (asked[0].kind == OPENED)
    return Appended(first, seq + len(asked), previous)


def log_grade_night(
    accounts: Sequence[int], *, as_of: date, counts: Mapping[str, int], rule: Mapping[str, str]
) -> Appended | None:
    """Record grade moves a night wrote, one record a move, and one of the whole night with its counts.

    Args:
        accounts: Keys of the accounts whose moves were just written.
        as_of: The business date.
        counts: Accounts graded, moved, up, down.
        rule: What decided: edition and hash of the table, hash of the rule.

    Returns:
        Where they stand; None where nothing moved and the night was recorded before.
    """
    if not accounts and queries.is_logged(GRADE_NIGHT, as_of.isoformat()):
        return None
    moves = [
        Decision(
            GRADE_MOVE,
            row["account_no"],
            "night",
            {
                "grade_before": row["grade_before"],
                "grade": row["grade"],
                "points": row["points"],
                "veto": row["veto_code"] or "",
                "reasons": [reason["code"] for reason in json.loads(row["reasons"])],
                "table_edition": row["table_edition"],
                "facts_sha256": text_hash(row["facts"]),
            },
        )
        for row in queries.moves_of(as_of, accounts).iter_rows(named=True)
    ]
    night = Decision(GRADE_NIGHT, as_of.isoformat(), "night", {**counts, "records": len(moves), "rule": dict(rule)})
    return append_many([*moves, night], as_of=as_of)


def rule_hash(*modules: ModuleType) -> str:
    """SHA-256 of the text of the modules that decide."""
    return text_hash("".join(inspect.getsource(module) for module in modules))


def head() -> Anchor:
    """The last record; keep it where nobody of this house can change it."""
    seq, told = queries.head()
    return Anchor(seq, told or chain.NO_RECORD)


def export_log(file: Path, *, first: int = 1, last: int | None = None) -> dict[str, Any]:
    """Write the log, or a part of it, as lines of JSON with a seal, and the seal beside it as `FILE.manifest.json`.

    Args:
        file: Where to write.
        first: Number of the first record.
        last: Number of the last record, the head if not given.

    Returns:
        The manifest: the seal and the file's SHA-256.

    Raises:
        UnableToExportLogError: The log does not reach that far.
    """
    end = queries.head()[0] if last is None else last
    part = file.with_name(f"{file.name}.part")
    sha256 = hashlib.sha256()
    seal = b""
    with part.open("wb") as out:
        for line in lines(first=first, last=end):
            sha256.update(line)
            out.write(line)
            seal = line
    part.replace(file)
    manifest = {**json.loads(seal), "file": file.name, "sha256": sha256.hexdigest()}
    manifest_file(file).write_bytes(chain.canonical(manifest) + b"\n")
    return manifest


def manifest_file(file: Path) -> Path:
    """Where the manifest of an exported log lies."""
    return file.with_name(f"{file.name}.manifest.json")


def lines(*, first: int = 1, last: int | None = None) -> Iterator[bytes]:
    """The log, or a part of it, as it is exported: records and their seal.

    Raises:
        UnableToExportLogError: The log does not reach that far.
    """
    seq, told = queries.head()
    end = seq if last is None else last
    if not (1 <= first <= end + 1 and end <= seq):
        raise UnableToExportLogError(
            f"the log has records 1 to {seq}, not {first} to {end}",
            code="RANGE_UNKNOWN",
            fields={"first": first, "last": end},
            remedy="Ask for records the log has.",
        )
    return _lines(first, end, told if end == seq else queries.hash_of(end))


def follows(file: Path) -> int:
    """Number of the record after the last one of an exported file, once it is sure that it is of this log.

    Raises:
        UnableToExportLogError: The file has no seal, or another log's.
    """
    with file.open("rb") as text:
        seal = _seal_at_end(text)
    if seal is None or (seal["last"] and queries.hash_of(seal["last"]) != seal["head"]):
        raise UnableToExportLogError(
            f"{file} does not end in a seal of this log",
            code="SEAL_FOREIGN",
            fields={"file": str(file)},
            remedy="Export the log anew from its first record.",
        )
    return int(seal["last"]) + 1


def verify_store(*, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Check the log in the tables, by the same rule as an exported one."""
    return chain.verify(lines(), anchors=anchors)


def text_hash(text: str) -> str:
    """SHA-256 of a free text, which the log names and does not tell."""
    return hashlib.sha256(text.encode()).hexdigest()


def _lines(first: int, last: int, head_hash: str) -> Iterator[bytes]:
    previous = before = queries.hash_of(first - 1) or chain.NO_RECORD
    for record, told in queries.texts(first, last):
        yield _line(record, told)
        previous = told
    origin = queries.hash_of(1)
    head_hash = head_hash or previous
    yield chain.canonical(chain.seal_of(before=before, first=first, last=last, head=head_hash, origin=origin)) + b"\n"


def _line(record: str, told: str) -> bytes:
    """A stored record as a line; one that was made unreadable in its table goes out as it stands, to be found."""
    try:
        return chain.canonical({**json.loads(record), "hash": told}) + b"\n"
    except (ValueError, TypeError):
        return record.replace("\n", " ").encode() + b"\n"


def _sealed(decision: Decision, seq: int, micros: int, day: int, previous: str) -> tuple[str, str]:
    """The text of a record and its hash."""
    try:
        sealed = chain.sealed(
            seq=seq,
            at=micros,
            kind=decision.kind,
            subject=decision.subject,
            actor=decision.actor,
            body={**decision.body, "as_of_day": day},
            previous=previous,
        )
    except chain.UnableToWriteCanonicalError as error:
        raise _unfit("BODY_UNFIT", f"{decision.kind} {decision.subject}: {error}") from error
    told: str = sealed.pop("hash")
    return chain.canonical(sealed).decode(), told


def _iso(micros: int) -> str:
    return (_EPOCH + timedelta(microseconds=micros)).isoformat()


def _micros(at: datetime) -> int:
    if at.tzinfo is None:
        raise _unfit("TIME_UNFIT", f"{at} has no time zone")
    return (at - _EPOCH) // timedelta(microseconds=1)


def _check(decision: Decision) -> None:
    if not _WORD.fullmatch(decision.kind) or decision.kind == OPENED:
        raise _unfit("KIND_UNFIT", f"{decision.kind!r} is no kind of decision")
    if len(decision.subject) > _LONGEST_SUBJECT or not 0 < len(decision.actor) <= _LONGEST_ACTOR:
        raise _unfit("WORDS_UNFIT", f"{decision.kind}: subject or actor is missing or too long")
    if "as_of_day" in decision.body:
        raise _unfit("BODY_UNFIT", f"{decision.kind}: the business date is not given in the body")
    named = sorted(_PERSONAL & set(_keys(decision.body)))
    if named:
        raise _unfit("PERSONAL", f"{decision.kind}: {', '.join(named)} does not belong into the log")


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _keys(inner)


def _seal_at_end(text: BinaryIO) -> dict[str, Any] | None:
    size = text.seek(0, 2)
    text.seek(max(0, size - 4096))
    last = text.read().rstrip(b"\n").rpartition(b"\n")[2]
    try:
        told = json.loads(last)
    except ValueError:
        return None
    return told if isinstance(told, dict) and told.get("seal") == chain.SEAL else None


def _unfit(code: str, message: str) -> UnableToLogDecisionError:
    return UnableToLogDecisionError(message, code=code, remedy="Name figures and account numbers, nothing else.")
