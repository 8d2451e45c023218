"""`zaikong audit`."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from zaikong.application.decision_log import Decision, append_many
from zaikong.cli.audit import app
from zaikong.kernel import chain

pytestmark = pytest.mark.django_db

DAY = date(2025, 7, 31)


def ran(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def log():
    append_many([Decision("note", f"41{n}", "clerk", {"n": n}) for n in range(1, 10)], as_of=DAY)


def test_a_log_is_written_and_proves_itself(log, tmp_path):
    told = ran("export", tmp_path / "log.jsonl")
    head = ran("head").strip()
    assert told.splitlines() == [
        f"10 records, 1 to 10, in {tmp_path / 'log.jsonl'}; seal in log.jsonl.manifest.json",
        f"head {head}",
    ]
    assert ran("verify", tmp_path / "log.jsonl", "--anchor", head) == (
        f"log.jsonl: 10 records, 1 to 10, head {head}: whole\n"
    )
    assert ran("verify", "--anchor", head) == f"10 records, 1 to 10, head {head}: whole\n"
    assert json.loads(ran("head", "--json")) == {"seq": 10, "hash": head.partition(":")[2]}


def test_a_changed_byte_is_named(log, tmp_path):
    ran("export", tmp_path / "log")
    text = (tmp_path / "log").read_bytes()
    (tmp_path / "log").write_bytes(text.replace(b'"n":4', b'"n":5'))
    told = ran("verify", tmp_path / "log", code=1)
    assert told.startswith("HASH_MISMATCH line 5, record 5, body: the record does not have the hash it states: byte ")
    assert told.endswith(": 1 faults\n")
    found = json.loads(ran("verify", tmp_path / "log", "--json", code=1))
    assert (found["whole"], found["faults"][0]["field"]) == (False, "body")


def test_parts_are_checked_in_their_order(log, tmp_path):
    anchor = ran("head").strip()
    ran("export", tmp_path / "a", "--to", 4)
    ran("export", tmp_path / "b", "--after", tmp_path / "a")
    middle = f"4:{json.loads((tmp_path / 'a.manifest.json').read_text())['head']}"
    told = ran("verify", tmp_path / "a", tmp_path / "b", "--anchor", anchor, "--anchor", middle)
    assert told == f"a: 4 records, 1 to 4, head {middle}; b: 6 records, 5 to 10, head {anchor}: whole\n"
    assert "LINK_BROKEN" in ran("verify", tmp_path / "b", tmp_path / "a", code=1)


def test_options_that_do_not_fit_are_refused(tmp_path):
    assert "no anchor" in ran("verify", tmp_path / "x", "--anchor", "five", code=2)
    assert "not both" in ran("export", tmp_path / "x", "--from", 2, "--after", tmp_path / "y", code=2)
    assert "--log" in ran("verify", "--certificate", tmp_path / "x", code=2)


def test_a_certificate_is_checked_against_its_log(tmp_path):
    seal = chain.seal_of(before=chain.NO_RECORD, first=1, last=0, head=chain.NO_RECORD, origin="")
    (tmp_path / "log").write_bytes(chain.canonical(seal) + b"\n")
    (tmp_path / "cert").write_bytes(chain.canonical({"format": chain.CERTIFICATE, "certificate_no": "C1"}))
    told = ran("verify", "--certificate", tmp_path / "cert", "--log", tmp_path / "log", code=1)
    assert "CERTIFICATE_NOT_LOGGED: the log records certificate C1 0 times, not once" in told
