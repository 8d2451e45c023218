"""`zaikong cases run`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zaikong.application.cases.runner import UnableToReadCasesError
from zaikong.cli.cases import app

CASES = Path(__file__).resolve().parents[1] / "cases"

LATE = """
- case: three-days
  kind: late_fee
  basis: exam
  input: {customer: other, bills: [{amount_yuan: 3000.00, due_date: 2024-01-15}], paid_date: 2024-01-18}
  expect: {days: 3, fee_yuan: 18.00}
"""
ALLOCATED = """
- case: one-bill
  kind: allocation
  basis: exam
  input: {payment_yuan: 7, bills: [{id: a, period: 2024-01, due_date: 2024-02-15, amount_yuan: 5.00}]}
  expect: {applied: {a: {principal: 5.00}}, unapplied_yuan: 2.00}
"""
CUT = """
- case: some-cut
  kind: cut_off
  basis: law
  input: {at: 1995-03-31T10:00}
  expect: {allowed: false}
"""


def ran(tmp_path: Path, text: str, *options: str) -> tuple[int, str]:
    file = tmp_path / "some.yaml"
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(file), *options], env={"COLUMNS": "200"})
    return result.exit_code, result.stdout


def test_cases_that_pass_exit_with_zero(tmp_path):
    assert ran(tmp_path, LATE + ALLOCATED) == (0, "2 cases: 2 passed, 0 failed, 0 refused\n")


def test_a_case_that_fails_is_shown_and_exits_with_one(tmp_path):
    code, text = ran(tmp_path, LATE.replace("18.00", "18.50") + ALLOCATED)
    assert (code, text.splitlines()[-1]) == (1, "2 cases: 1 passed, 1 failed, 0 refused")
    for word in ("three-days", "late_fee", "fee_yuan", "18.5"):
        assert word in text
    assert "one-bill" not in text


def test_a_rule_that_refuses_is_named_and_exits_with_one(tmp_path):
    code, text = ran(tmp_path, LATE + CUT)
    assert (code, text.splitlines()[-1]) == (1, "2 cases: 1 passed, 0 failed, 1 refused")
    assert "refused: some-cut" in text
    assert "NOT_IN_FORCE" in text


def test_a_kind_chosen_leaves_the_others_out(tmp_path):
    assert ran(tmp_path, LATE + CUT, "--kind", "late_fee") == (0, "1 cases: 1 passed, 0 failed, 0 refused\n")


def test_json_prints_one_object_a_case(tmp_path):
    code, text = ran(tmp_path, LATE.replace("days: 3", "days: 4") + ALLOCATED + CUT, "--json")
    assert code == 1
    refusal = (
        "NOT_IN_FORCE: overdue has no version in force on 1995-03-31 "
        "Add the version with its source, or ask for another day."
    )
    assert [json.loads(line) for line in text.splitlines()] == [
        {
            "case": "three-days",
            "kind": "late_fee",
            "ok": False,
            "got": {"fee_yuan": 18.0, "days": 3},
            "expect": {"days": 4, "fee_yuan": 18.0},
        },
        {
            "case": "one-bill",
            "kind": "allocation",
            "ok": True,
            "got": {"applied": {"a": {"principal": 5.0, "late_fee": 0.0}}, "unapplied_yuan": 2.0},
            "expect": {"applied": {"a": {"principal": 5.0}}, "unapplied_yuan": 2.0},
        },
        {
            "case": "some-cut",
            "kind": "cut_off",
            "ok": False,
            "got": {"refused": refusal},
            "expect": {"allowed": False},
        },
    ]


def test_every_shipped_case_prints_as_json():
    result = CliRunner().invoke(app, ["run", str(CASES), "--json"])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {tuple(line) for line in lines} == {("case", "kind", "ok", "got", "expect")}
    assert [line["case"] for line in lines if not line["ok"]] == []


def test_a_wrong_file_is_a_refusal_and_nothing_runs(tmp_path):
    file = tmp_path / "some.yaml"
    file.write_text(LATE + ALLOCATED.replace("payment_yuan", "payment"), encoding="utf-8")
    with pytest.raises(UnableToReadCasesError, match=r"some\.yaml:11: one-bill\.input\.payment_yuan: Field required"):
        CliRunner().invoke(app, ["run", str(file)], catch_exceptions=False)
