"""A decision log in which anything was touched says so, and where; a whole one says nothing."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaikong.kernel import chain
from zaikong.kernel.chain import NO_RECORD, Anchor, UnableToWriteCanonicalError, canonical, main, sealed, verify

FILE = Path(chain.__file__)


def records(count, *, kind="grade_move", nonce="a"):
    made, previous = [], NO_RECORD
    for seq in range(1, count + 1):
        body = {"n": nonce, "grade": seq % 6, "open_fen": 120_00 * seq, "hash": "f" * 64, "名": "户号"}
        record = sealed(
            seq=seq,
            at=1_750_000_000_000_000 + seq,
            kind=kind,
            subject=f"41{seq:04}",
            actor="night",
            body=body,
            previous=previous,
        )
        previous = record["hash"]
        made.append(record)
    return made


def lines(made, *, first=1, seal=True):
    part = made[first - 1 :]
    text = [canonical(record) + b"\n" for record in part]
    if seal:
        before = made[first - 2]["hash"] if first > 1 else NO_RECORD
        told = chain.seal_of(
            before=before, first=first, last=made[-1]["seq"], head=made[-1]["hash"], origin=made[0]["hash"]
        )
        text.append(canonical(told) + b"\n")
    return text


def codes(text, **more):
    return [(fault.code, fault.line, fault.seq, fault.field) for fault in verify(text, **more).faults]


MADE = records(9)
WHOLE = lines(MADE)


def test_a_whole_log_has_no_fault():
    verdict = verify(WHOLE)
    assert (verdict.records, verdict.first, verdict.last, verdict.head) == (9, 1, 9, MADE[-1]["hash"])
    assert verdict.origin == MADE[0]["hash"]
    assert verdict.faults == []


def test_an_empty_log_is_whole():
    seal = chain.seal_of(before=NO_RECORD, first=1, last=0, head=NO_RECORD, origin="")
    assert codes([canonical(seal) + b"\n"]) == []


def test_a_file_without_a_line_has_lost_its_seal():
    assert codes([]) == [("SEAL_MISSING", 0, 0, "")]


@given(data=st.data())
@settings(max_examples=150)
def test_any_changed_byte_is_found_and_named(data):
    text = bytearray(b"".join(lines(records(data.draw(st.integers(1, 5))))))
    place = data.draw(st.integers(0, len(text) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != text[place]))
    line = text[:place].count(b"\n") + 1
    text[place] = byte
    verdict = verify(bytes(text).splitlines(keepends=True) if b"\r" not in text else _split(bytes(text)))
    assert verdict.faults
    assert verdict.faults[0].line in {line, line + 1}
    assert min(fault.line for fault in verdict.faults if fault.line) in {line, line + 1}


def _split(text):
    return [part + b"\n" for part in text.split(b"\n")[:-1]] + (
        [text.rsplit(b"\n", 1)[1]] if text[-1:] != b"\n" else []
    )


@given(count=st.integers(0, 12), nonce=st.text(max_size=9).filter(lambda text: text.isprintable()))
def test_none_is_invented_on_a_clean_log(count, nonce):
    made = records(count, nonce=nonce)
    if made:
        assert codes(lines(made), anchors=[Anchor(record["seq"], record["hash"]) for record in made]) == []


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b'"grade":4', b'"grade":5', "body"),
        (b'"night"', b'"nighs"', "actor"),
        (b'"grade_move"', b'"grade_nove"', "kind"),
        (b'"410004"', b'"410014"', "subject"),
        (b'"seq":4', b'"seq":3', "seq"),
        (b'"at":1750', b'"at":1740', "at"),
        (b'"hash":"' + MADE[3]["hash"][:1].encode(), b'"hash":"x', "hash"),
    ],
)
def test_the_field_of_a_changed_byte_is_named(old, new, field):
    text = list(WHOLE)
    at = text[3].rfind(old)
    text[3] = text[3][:at] + new + text[3][at + len(old) :]
    (fault,) = verify(text).faults
    assert (fault.line, fault.field) == (4, field)


def test_the_byte_that_stood_there_is_told():
    text = list(WHOLE)
    text[3] = text[3].replace(b'"grade":4', b'"grade":5')
    (fault,) = verify(text).faults
    place = WHOLE[3].index(b'"grade":4') + len(b'"grade":') + 1
    assert fault.message.endswith(f": byte {place} of the line is b'5' and was b'4'")


def test_a_changed_predecessor_hash_is_named():
    text = list(WHOLE)
    own = MADE[2]["hash"].encode()
    text[3] = text[3].replace(b'"previous":"' + own, b'"previous":"' + own[::-1])
    assert codes(text) == [("HASH_MISMATCH", 4, 4, "actor, at, body, kind, previous, seq or subject")]


def test_a_removed_record_is_named():
    assert codes(WHOLE[:4] + WHOLE[5:]) == [("REMOVED", 5, 5, "")]
    (fault,) = verify(WHOLE[:3] + WHOLE[6:]).faults
    assert fault.message == "before record 7 are missing: 4 to 6"


def test_a_removed_first_record_is_found_by_the_seal():
    assert codes(WHOLE[1:]) == [("SEAL_WRONG", 9, 9, "first"), ("SEAL_WRONG", 9, 9, "before")]


def test_a_cut_tail_is_found_by_seal_or_anchor():
    assert codes(WHOLE[:7] + WHOLE[9:]) == [("TAIL_CUT", 8, 7, "last")]
    assert codes(WHOLE[:7]) == [("SEAL_MISSING", 7, 0, "")]
    shorter = lines(MADE[:7])
    assert codes(shorter) == []
    assert codes(shorter, anchors=[Anchor(9, MADE[-1]["hash"])]) == [("TAIL_CUT", 8, 9, "")]


def test_a_log_written_anew_from_some_record_on_is_found_by_an_anchor():
    forged = records(5)
    body = {**forged[4]["body"], "grade": 1}
    forged[4] = sealed(
        **{name: forged[4][name] for name in ("seq", "at", "kind", "subject", "actor", "previous")}, body=body
    )
    assert codes(lines(forged)) == []
    assert codes(lines(forged), anchors=[Anchor(5, MADE[4]["hash"])]) == [("HEAD_MISMATCH", 0, 5, "")]


def test_a_record_rewritten_with_its_hash_breaks_the_link_to_the_next():
    body = {**MADE[4]["body"], "grade": 1}
    forged = sealed(
        **{name: MADE[4][name] for name in ("seq", "at", "kind", "subject", "actor", "previous")}, body=body
    )
    assert codes([*WHOLE[:4], canonical(forged) + b"\n", *WHOLE[5:]]) == [("LINK_BROKEN", 6, 6, "previous")]


def test_a_record_put_in_is_the_one_that_nothing_follows():
    forged = sealed(seq=5, at=1, kind="x", subject="", actor="", body={}, previous=MADE[3]["hash"])
    text = canonical(forged) + b"\n"
    assert codes([*WHOLE[:4], text, *WHOLE[4:]]) == [("INSERTED", 5, 5, "")]
    assert codes([*WHOLE[:5], text, *WHOLE[5:]]) == [("INSERTED", 6, 5, "")]


def test_a_line_of_nonsense_put_in_is_the_only_fault():
    assert codes([*WHOLE[:4], b"nonsense\n", *WHOLE[4:]]) == [("LINE_UNREADABLE", 5, 0, "")]


def test_swapped_records_are_named():
    assert codes([*WHOLE[:4], WHOLE[5], WHOLE[4], *WHOLE[6:]]) == [("REMOVED", 5, 5, ""), ("OUT_OF_PLACE", 6, 5, "")]


def test_a_repeated_record_is_named():
    assert codes([*WHOLE[:5], WHOLE[2], *WHOLE[5:]]) == [("REPEATED", 6, 3, "")]


def test_another_chain_is_told_by_its_origin():
    other = lines(records(9, nonce="b"))
    assert codes(other) == []
    assert codes(other, anchors=[Anchor(1, MADE[0]["hash"])]) == [("CHAIN_FOREIGN", 0, 1, "")]
    assert codes([*other[:-1], WHOLE[-1]]) == [("HEAD_MISMATCH", 10, 9, "head"), ("CHAIN_FOREIGN", 10, 9, "origin")]


def test_a_record_of_another_chain_breaks_the_link():
    other = lines(records(9, nonce="b"))
    assert codes([*WHOLE[:4], other[4], *WHOLE[5:]]) == [
        ("LINK_BROKEN", 5, 5, "previous"),
        ("LINK_BROKEN", 6, 6, "previous"),
    ]


def test_a_part_follows_the_part_before():
    part = lines(MADE, first=4)
    assert codes(part) == []
    assert codes(part, after=Anchor(3, MADE[2]["hash"])) == []
    assert codes(part, anchors=[Anchor(3, MADE[2]["hash"]), Anchor(9, MADE[8]["hash"])]) == []
    assert codes(part, after=Anchor(3, MADE[1]["hash"])) == [("LINK_BROKEN", 1, 4, "")]
    assert codes(part, anchors=[Anchor(1, MADE[0]["hash"])]) == [("ANCHOR_OUTSIDE", 0, 1, "")]


def test_what_stands_after_the_seal_is_named():
    assert codes([*WHOLE, WHOLE[0]])[0] == ("AFTER_SEAL", 11, 0, "")


def test_a_record_numbered_before_the_first_is_named():
    odd = sealed(seq=0, at=1, kind="x", subject="", actor="", body={}, previous=NO_RECORD)
    assert codes([canonical(odd) + b"\n", *WHOLE])[0] == ("SEQUENCE_WRONG", 1, 0, "seq")


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1.5}',
        b'{"a":NaN}',
        b"[1]",
        b'{"a":1,"a":1}',
        b'{ "a":1}',
        b'{"a":1}',
        b"[" * 100_000,
        b'{"a":"\\ud800"}',
        WHOLE[0][:-1].replace(b'"seq":1', b'"seq":true'),
        WHOLE[0][:-1].replace(b'"seq":1', b'"seq":"1"'),
        WHOLE[0][:-2] + b',"z":1}',
    ],
)
def test_a_line_that_is_no_record_is_named(text):
    assert codes([text + b"\n", *WHOLE])[0][:2] == ("LINE_UNREADABLE", 1)


@pytest.mark.parametrize("value", [1.0, {"a": [1.5]}, {1: 2}, {"a": {1, 2}}, "\ud800"])
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(UnableToWriteCanonicalError):
        canonical(value)


def test_keys_are_sorted_and_characters_written_as_they_are():
    assert canonical({"名": 1, "b": [True, None, "é"], "a": {}}) == '{"a":{},"b":[true,null,"é"],"名":1}'.encode()


# ---- a single file, without Zaikong ----


def test_the_file_runs_alone(tmp_path):
    shutil.copy(FILE, tmp_path / "chain.py")
    (tmp_path / "log.jsonl").write_bytes(b"".join(WHOLE))
    (tmp_path / "bad.jsonl").write_bytes(b"".join(WHOLE).replace(b'"grade":4', b'"grade":5'))

    def ran(*words):
        return subprocess.run(
            [sys.executable, "-I", "-S", "chain.py", *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    good = ran("log.jsonl", "--anchor", f"5:{MADE[4]['hash']}")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout == f"9 records, 1 to 9, head 9:{MADE[8]['hash']}: whole\n"
    bad = ran("bad.jsonl")
    assert bad.returncode == 1
    assert bad.stdout.startswith("HASH_MISMATCH line 4, record 4, body: ")
    assert ran("nowhere.jsonl").returncode == 2
    assert ran("log.jsonl", "--anchor", "five").returncode == 2


# ---- certificates ----


def certified():
    """A log with two pieces of evidence and a certificate, and that certificate."""
    certificate = {
        "format": chain.CERTIFICATE,
        "certificate_no": "C1",
        "account_no": "4100000001",
        "facts": {"days_overdue": 40, "disputed": False},
        "evidence": [{"ref": "E1", "sha256": "1" * 64}, {"ref": "E2", "sha256": "2" * 64}],
        "approvals": [{"actor": "a"}, {"actor": "b"}],
        "decision": {"allowed": True, "reasons": []},
        "after": {},
    }
    made = []

    def add(kind, body):
        previous = made[-1]["hash"] if made else NO_RECORD
        made.append(sealed(seq=len(made) + 1, at=1, kind=kind, subject="s", actor="a", body=body, previous=previous))

    add("evidence", {"sha256": "1" * 64})
    add("evidence", {"sha256": "2" * 64})
    certificate["after"] = {"seq": 2, "hash": made[1]["hash"]}
    body = {name: certificate[name] for name in ("certificate_no", "account_no", "facts", "approvals", "decision")}
    evidence = {"E1": "1" * 64, "E2": "2" * 64}
    add("legality_certificate", {**body, "evidence": evidence, "sha256": chain.digest(certificate)})
    add("note", {})
    return copy.deepcopy(certificate), made


def faults_of(certificate, made):
    found = chain.verify_certificate(canonical(certificate), lines(made))
    return sorted({(fault.code, fault.field) for fault in found})


CHANGED = ("CERTIFICATE_CHANGED", "sha256")


def test_a_certificate_in_its_log_is_whole_however_it_is_indented():
    certificate, made = certified()
    assert chain.verify_certificate(json.dumps(certificate, indent=2).encode(), lines(made)) == []


@pytest.mark.parametrize("ref", [0, 1])
def test_a_certificate_without_one_of_its_proofs_fails_and_names_it(ref):
    certificate, made = certified()
    gone = certificate["evidence"].pop(ref)
    assert faults_of(certificate, made) == [CHANGED, ("EVIDENCE_MISSING", f"evidence.{gone['ref']}")]


@pytest.mark.parametrize("name", ["days_overdue", "disputed"])
def test_a_changed_or_missing_fact_is_named(name):
    certificate, made = certified()
    certificate["facts"][name] = 41
    assert faults_of(certificate, made) == [CHANGED, ("FACT_CHANGED", f"fact.{name}")]
    del certificate["facts"][name]
    assert faults_of(certificate, made) == [CHANGED, ("FACT_MISSING", f"fact.{name}")]


def test_an_added_fact_is_named():
    certificate, made = certified()
    certificate["facts"]["more"] = 1
    assert faults_of(certificate, made) == [CHANGED, ("FACT_ADDED", "fact.more")]


def test_a_changed_decision_is_named():
    certificate, made = certified()
    certificate["decision"] = {"allowed": False, "reasons": ["DISPUTED"]}
    assert faults_of(certificate, made) == [("CERTIFICATE_CHANGED", "decision"), CHANGED]


@pytest.mark.parametrize("people", [[], ["a"], ["a", "a"]])
def test_two_people_must_have_approved(people):
    certificate, made = certified()
    certificate["approvals"] = [{"actor": name} for name in people]
    assert ("TWO_PEOPLE", "approvals") in faults_of(certificate, made)


def test_one_person_twice_is_named_even_where_two_others_approved():
    certificate, made = certified()
    certificate["approvals"] += [{"actor": "a"}]
    assert ("TWO_PEOPLE", "approvals") in faults_of(certificate, made)


def test_evidence_that_the_log_does_not_have_before_the_certificate_is_named():
    certificate, made = certified()
    made = made[1:]
    rebuilt = []
    for record in made:
        parts = {name: record[name] for name in ("at", "kind", "subject", "actor", "body")}
        previous = rebuilt[-1]["hash"] if rebuilt else NO_RECORD
        rebuilt.append(sealed(seq=len(rebuilt) + 1, previous=previous, **parts))
    assert faults_of(certificate, rebuilt) == [("EVIDENCE_NOT_LOGGED", "evidence.E1"), ("PLACE_WRONG", "after")]


def test_a_certificate_the_log_does_not_know_is_named():
    certificate, made = certified()
    certificate["certificate_no"] = "C2"
    assert faults_of(certificate, made) == [("CERTIFICATE_NOT_LOGGED", "")]


def test_a_broken_log_proves_no_certificate():
    certificate, made = certified()
    found = chain.verify_certificate(canonical(certificate), lines(made)[1:])
    assert "SEAL_WRONG" in {fault.code for fault in found}


def test_a_certificate_of_another_form_is_named():
    certificate, made = certified()
    certificate["format"] = "x"
    assert ("CERTIFICATE_UNKNOWN", "format") in faults_of(certificate, made)
    assert [fault.code for fault in chain.verify_certificate(b"{", lines(made))] == ["CERTIFICATE_UNREADABLE"]


def test_the_command_checks_a_certificate(tmp_path, capsys):
    certificate, made = certified()
    (tmp_path / "log").write_bytes(b"".join(lines(made)))
    (tmp_path / "cert").write_bytes(canonical(certificate))
    assert main([str(tmp_path / "log"), "--certificate", str(tmp_path / "cert")]) == 0
    assert capsys.readouterr().out == f"certificate {tmp_path / 'cert'}: whole\n"
