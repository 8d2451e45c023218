"""Conformance cases: read with file and line, run through the production rules, compared exactly."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from zaikong.application.cases.runner import (
    COVERED,
    UnableToReadCasesError,
    agrees,
    read_cases,
    run_cases,
)

CASES = Path(__file__).resolve().parents[2] / "cases"
SHIPPED = read_cases([CASES], kinds=COVERED)

GOOD = """
- case: three-days
  kind: late_fee
  basis: exam
  input: {customer: other, bills: [{amount_yuan: 3000.00, due_date: 2024-01-15}], paid_date: 2024-01-18}
  expect: {days: 3, fee_yuan: 18.00}
""".lstrip()


def written(folder: Path, text: str, name: str = "some.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def faults(*paths: Path, kinds: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(UnableToReadCasesError) as refusal:
        read_cases(paths, kinds=kinds)
    return refusal.value.message.splitlines()


@pytest.mark.parametrize("case", SHIPPED, ids=lambda case: f"{case.kind}:{case.name}")
def test_every_shipped_case_of_a_kind_built_is_answered_as_expected(case):
    (outcome,) = run_cases([case])
    assert {key: outcome.got.get(key) for key in case.expect if not outcome.agrees(key)} == {}
    assert outcome.ok


def test_every_kind_built_has_cases():
    assert {case.kind for case in SHIPPED} == set(COVERED)


def test_kinds_choose_cases(tmp_path):
    file = written(tmp_path, GOOD + GOOD.replace("three-days", "other").replace("late_fee", "cut_off"))
    assert [case.name for case in read_cases([file], kinds=["late_fee"])] == ["three-days"]
    assert {fault.split(": ")[1] for fault in faults(file)} == {"other.input.bills", "other.input.paid_date"}


def test_only_the_keys_expected_are_compared(tmp_path):
    (case,) = read_cases([written(tmp_path, GOOD.replace("days: 3, ", ""))])
    (outcome,) = run_cases([case])
    assert (outcome.ok, case.expect) == (True, {"fee_yuan": Decimal("18.0")})


def test_a_wrong_answer_fails_and_shows_both(tmp_path):
    (outcome,) = run_cases(read_cases([written(tmp_path, GOOD.replace("18.00", "18.01"))]))
    assert (outcome.ok, outcome.agrees("days"), outcome.agrees("fee_yuan")) == (False, True, False)
    assert outcome.got == {"fee_yuan": Decimal(18), "days": 3}


def test_a_rule_that_refuses_fails_the_case_with_its_reason(tmp_path):
    file = written(tmp_path, GOOD.replace("2024-01-15", "1890-01-15"))
    (outcome,) = run_cases(read_cases([file]))
    assert (outcome.ok, outcome.refused) == (False, True)
    assert str(outcome.got["refused"]).startswith("COLUMNS_WRONG: late_fees: due_day is below 0 in 1 rows")


@pytest.mark.parametrize(
    ("before", "after", "line", "fault"),
    [
        (
            "paid_date: 2024-01-18}",
            "paid_date: 2024-01-18, paid: 1}",
            4,
            "three-days.input.paid: Extra inputs are not permitted",
        ),
        ("due_date: 2024-01-15", "due_day: 2024-01-15", 4, "three-days.input.bills.0.due_date: Field required"),
        ("days: 3", "day: 3", 5, "three-days.expect.day: Extra inputs are not permitted"),
        ("basis: exam", "bases: exam", 1, "basis: Field required"),
        ("kind: late_fee", "kind: late", 2, "three-days: unknown kind 'late'; kinds are allocation, balance, bill, "),
        ("customer: other", "customer: farm", 4, "three-days.input.customer: Input should be 'resident' or 'other'"),
        ("amount_yuan: 3000.00", "amount_yuan: 3000.001", 4, "3000.001 is not an amount in yuan"),
        ("amount_yuan: 3000.00", "amount_yuan: -3000.00", 4, "Input should be greater than or equal to 0"),
        ("amount_yuan: 3000.00", "amount_yuan: true", 4, "True is not a number"),
        ("amount_yuan: 3000.00", "amount_yuan: .inf", 4, "inf is not an amount in yuan"),
        ("paid_date: 2024-01-18", "paid_date: 2024-02-30", 4, "2024-02-30: day is out of range for month"),
        ("paid_date: 2024-01-18", "paid_date: 2024-01-18T10:00:00", 4, "is not a date"),
        ("days: 3", "days: three", 5, "three-days.expect.days"),
        ("fee_yuan: 18.00", "fee_yuan: .nan", 5, "nan is not a number"),
        ("fee_yuan: 18.00", "fee_yuan: eighteen", 5, "eighteen' is not a number"),
        ("expect: {days: 3, fee_yuan: 18.00}", "expect: {}", 5, "expect"),
        ("expect: {days: 3, fee_yuan: 18.00}", "", 1, "expect: Field required"),
        ("case: three-days", "case: 3", 1, "case: Input should be a valid string"),
        ("kind: late_fee", "kind: late_fee\n  kind: late_fee", 3, "key 'kind' stands twice"),
    ],
)
def test_a_wrong_case_is_named_with_file_and_line(tmp_path, before, after, line, fault):
    assert before in GOOD
    file = written(tmp_path, GOOD.replace(before, after, 1))
    named = [message for message in faults(file) if message.startswith(f"{file}:{line}: ") and fault in message]
    assert len(named) >= 1


def test_every_fault_of_every_file_is_named_at_once(tmp_path):
    first = written(tmp_path, GOOD.replace("days: 3", "day: 3") + GOOD.replace("kind: late_fee", "kind: x"), "a.yaml")
    second = written(tmp_path, "case: 1\n", "b.yaml")
    missing = tmp_path / "c.yaml"
    assert [message.split(": ")[0] for message in faults(first, second, missing)] == [
        f"{first}:5",
        f"{first}:7",
        f"{second}:1",
        f"{missing}",
    ]


def test_an_id_that_stands_twice_is_named_with_both_places(tmp_path):
    first, second = written(tmp_path, GOOD, "a.yaml"), written(tmp_path, GOOD, "b.yml")
    assert faults(tmp_path) == [f"{second}:1: case three-days stands already at {first}:1"]


def test_a_file_given_twice_is_read_once(tmp_path):
    file = written(tmp_path, GOOD)
    assert len(read_cases([tmp_path, file, file])) == 1


@pytest.mark.parametrize("text", ["", "[]", "case: x", "- 3", "- [1]"])
def test_a_file_that_is_no_list_of_cases_is_refused(tmp_path, text):
    assert faults(written(tmp_path, text))[0].startswith(f"{tmp_path / 'some.yaml'}:1: ")


def test_a_folder_without_cases_is_refused(tmp_path):
    assert faults(tmp_path) == [f"{tmp_path}: no case file in this folder"]


def test_a_file_of_another_encoding_is_refused(tmp_path):
    file = tmp_path / "gb.yaml"
    file.write_bytes(GOOD.replace("exam", "规则").encode("gb18030"))
    assert faults(file) == [f"{file}: not UTF-8"]


def test_an_unknown_kind_asked_for_is_refused(tmp_path):
    assert faults(written(tmp_path, GOOD), kinds=("latefee",))[0].startswith("--kind latefee: unknown kind 'latefee'")


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ("designated: z, payment_yuan: 1, bills: []", "designated bill z is not among the bills"),
        ("payment_yuan: 1, bills: [{id: a, period: 2024-13, due_date: 2024-02-15, amount_yuan: 1}]", "is not a month"),
        (
            "payment_yuan: 1, bills: [" + 2 * "{id: a, period: 2024-01, due_date: 2024-02-15, amount_yuan: 1}, " + "]",
            "bill a stands twice",
        ),
    ],
)
def test_an_allocation_that_makes_no_sense_is_refused(tmp_path, facts, fault):
    text = f"- case: x\n  kind: allocation\n  basis: none\n  input: {{{facts}}}\n  expect: {{unapplied_yuan: 0}}\n"
    assert [message for message in faults(written(tmp_path, text)) if fault in message] != []


@pytest.mark.parametrize("name", ["receivable", "received"])
def test_a_part_above_its_whole_is_refused(tmp_path, name):
    facts = {"receivable_yuan": 5, "received_yuan": 5, f"{name}_previous_years_yuan": 6}
    text = f"- case: x\n  kind: collection_rate\n  basis: none\n  input: {facts}\n  expect: {{cumulative_percent: 1}}\n"
    assert f"{name}_previous_years_yuan is above {name}_yuan" in faults(written(tmp_path, text))[0]


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        (Decimal("8.28"), Decimal("8.275"), True),
        (Decimal("8.28"), Decimal("8.27"), False),
        (Decimal("8.275"), Decimal("8.28"), True),
        (Decimal("-0.005"), Decimal("-0.01"), True),
        (3, Decimal(3), True),
        (3.0, 3, True),
        (True, 1, False),
        (1, True, False),
        ("1", 1, False),
        ("cut", "cut", True),
        (None, None, True),
        (None, Decimal(0), False),
        (Decimal(0), None, False),
        ([], [], True),
        (["A"], ["A", "B"], False),
        (["A", "B"], ["A", "B"], True),
        (["A"], "A", False),
        ({"a": {"principal": 1}}, {"a": {"principal": 1, "late_fee": 2}, "b": {}}, True),
        ({"a": {"principal": 1}}, {"b": {"principal": 1}}, False),
        ({"a": 1}, 1, False),
    ],
)
def test_answers_agree_to_the_fen(expected: Any, got: Any, same: bool):
    assert agrees(expected, got) is same
