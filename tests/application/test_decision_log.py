"""The log has no gap and no gap can be made, whoever writes at once; what comes out proves itself."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from time import perf_counter

import pytest
from django.db import DatabaseError, connection, transaction

from zaikong.application.decision_log import (
    Decision,
    UnableToExportLogError,
    UnableToLogDecisionError,
    append,
    append_many,
    export_log,
    follows,
    head,
    lines,
    manifest_file,
    verify_store,
)
from zaikong.kernel import chain
from zaikong.kernel.chain import Anchor
from zaikong.store.models import DecisionRecord

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 31)
AT = datetime(2025, 7, 31, 1, 2, 3, 456789, tzinfo=UTC)


def note(n=1, **body):
    return Decision("note", f"41{n:08}", "clerk", {"n": n, **body})


def test_the_first_record_is_behind_one_that_names_the_chain():
    done = append(kind="note", subject="4100000001", actor="clerk", body={"open_fen": 1}, as_of=DAY, at=AT)
    opened, written = DecisionRecord.objects.order_by("seq")
    assert (done.first, done.last, done.head) == (2, 2, written.hash)
    assert (opened.seq, opened.kind, opened.previous_hash) == (1, "log_opened", chain.NO_RECORD)
    assert len(json.loads(opened.record)["body"]["chain"]) == 32
    assert (written.at, written.previous_hash) == (AT, opened.hash)
    assert json.loads(written.record) == {
        "seq": 2,
        "at": 1753923723456789,
        "kind": "note",
        "subject": "4100000001",
        "actor": "clerk",
        "body": {"open_fen": 1, "as_of_day": 20300},
        "previous": opened.hash,
    }


def test_without_a_time_the_database_gives_it():
    append(kind="note", subject="", actor="clerk", body={}, as_of=DAY)
    assert DecisionRecord.objects.get(seq=2).at.year >= 2025


def test_nothing_given_writes_nothing():
    assert append_many([], as_of=DAY).last == 0
    assert DecisionRecord.objects.count() == 0
    assert head() == Anchor(0, chain.NO_RECORD)


def test_a_decision_that_is_rolled_back_leaves_no_gap():
    append_many([note(1)], as_of=DAY)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        append_many([note(2), note(3)], as_of=DAY)
        raise ZeroDivisionError
    append_many([note(4)], as_of=DAY)
    assert list(DecisionRecord.objects.values_list("seq", flat=True).order_by("seq")) == [1, 2, 3]
    assert verify_store().faults == []


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (note(1, share=0.5), "BODY_UNFIT"),
        (note(1, as_of_day=1), "BODY_UNFIT"),
        (note(1, phone="x"), "PERSONAL"),
        (note(1, debtors=[{"name": "x"}]), "PERSONAL"),
        (Decision("No Word", "", "clerk", {}), "KIND_UNFIT"),
        (Decision("log_opened", "", "clerk", {}), "KIND_UNFIT"),
        (Decision("note", "", "", {}), "WORDS_UNFIT"),
        (Decision("note", "4" * 61, "clerk", {}), "WORDS_UNFIT"),
    ],
)
def test_an_unfit_record_is_refused_and_nothing_written(decision, code):
    with pytest.raises(UnableToLogDecisionError) as caught:
        append_many([note(), decision], as_of=DAY)
    assert caught.value.code == code
    assert DecisionRecord.objects.count() == 0


def test_a_time_needs_its_zone():
    with pytest.raises(UnableToLogDecisionError, match="TIME_UNFIT"):
        append_many([note()], as_of=DAY, at=datetime(2025, 7, 31))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE zaikong_decisionrecord SET actor = 'x'",
        "DELETE FROM zaikong_decisionrecord WHERE seq = 2",
        "TRUNCATE zaikong_decisionrecord",
        "INSERT INTO zaikong_decisionrecord (seq, at, kind, subject, actor, record, previous_hash, hash) "
        "SELECT 9, at, kind, subject, actor, record, previous_hash, repeat('0', 64) FROM zaikong_decisionrecord LIMIT 1",
    ],
)
def test_the_table_guards_itself(statement):
    append_many([note()], as_of=DAY)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify_store().faults == []


def test_what_is_changed_behind_the_guards_is_found():
    append_many([note(n) for n in range(1, 6)], as_of=DAY)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE zaikong_decisionrecord DISABLE TRIGGER USER")
        cursor.execute("UPDATE zaikong_decisionrecord SET record = replace(record, '\"n\":3', '\"n\":4') WHERE seq = 4")
    (fault,) = verify_store().faults
    assert (fault.code, fault.seq, fault.field) == ("HASH_MISMATCH", 4, "body")


def test_an_export_with_its_seal_is_whole(tmp_path):
    append_many([note(n) for n in range(1, 10)], as_of=DAY)
    manifest = export_log(tmp_path / "log.jsonl")
    text = (tmp_path / "log.jsonl").read_bytes().splitlines(keepends=True)
    verdict = chain.verify(text, anchors=[head()])
    assert (verdict.records, verdict.faults) == (10, [])
    assert json.loads(text[-1]) == {name: manifest[name] for name in json.loads(text[-1])}
    assert (manifest["count"], manifest["head"]) == (10, head().hash)
    assert json.loads(manifest_file(tmp_path / "log.jsonl").read_text()) == manifest


def test_parts_follow_each_other(tmp_path):
    append_many([note(n) for n in range(1, 6)], as_of=DAY)
    export_log(tmp_path / "a", last=3)
    assert follows(tmp_path / "a") == 4
    export_log(tmp_path / "b", first=follows(tmp_path / "a"))
    first, second = (chain.verify((tmp_path / name).read_bytes().splitlines(keepends=True)) for name in ("a", "b"))
    assert (first.last, second.first, second.last) == (3, 4, 6)
    assert chain.verify(lines(first=4), after=Anchor(3, first.head)).faults == []
    assert follows(tmp_path / "b") == 7
    assert chain.verify(lines(first=7)).faults == []


def test_an_empty_log_is_exported_whole(tmp_path):
    export_log(tmp_path / "log")
    assert chain.verify((tmp_path / "log").read_bytes().splitlines(keepends=True)).faults == []


def test_a_range_the_log_does_not_hold_is_refused(tmp_path):
    append_many([note()], as_of=DAY)
    for first, last in ((0, 1), (1, 3), (4, None)):
        with pytest.raises(UnableToExportLogError, match="RANGE_UNKNOWN"):
            export_log(tmp_path / "log", first=first, last=last)
    assert list(tmp_path.glob("log")) == []


@pytest.mark.parametrize("text", [b"", b"nonsense\n", b"[]\n"])
def test_a_file_of_no_log_is_not_gone_on_from(tmp_path, text):
    (tmp_path / "x").write_bytes(text)
    with pytest.raises(UnableToExportLogError, match="SEAL_FOREIGN"):
        follows(tmp_path / "x")


def test_a_log_of_another_house_is_not_gone_on_from(tmp_path):
    append_many([note()], as_of=DAY)
    seal = chain.seal_of(before=chain.NO_RECORD, first=1, last=2, head="1" * 64, origin="2" * 64)
    (tmp_path / "x").write_bytes(chain.canonical(seal) + b"\n")
    with pytest.raises(UnableToExportLogError, match="SEAL_FOREIGN"):
        follows(tmp_path / "x")


def test_thousands_are_appended_in_seconds():
    begun = perf_counter()
    append_many([note(n, grade=3, reasons=["LATE", "OPEN"], facts_sha256="0" * 64) for n in range(5_000)], as_of=DAY)
    spent = perf_counter() - begun
    assert verify_store().records == 5_001
    assert spent < 20


@pytest.mark.django_db(transaction=True)
def test_many_who_append_at_once_make_one_whole_chain():
    threads, each = 8, 12
    barrier = Barrier(threads)

    def run(number):
        try:
            barrier.wait()
            for n in range(each):
                with transaction.atomic():
                    append_many([note(number), note(n)], as_of=DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(threads)))
    verdict = verify_store()
    assert (verdict.records, verdict.last, verdict.faults) == (2 * threads * each + 1, 2 * threads * each + 1, [])
