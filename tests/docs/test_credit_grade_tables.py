"""The worked tables of the credit-grade page, run through the rules."""

from datetime import date
from decimal import Decimal
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.credit.behaviour import BEHAVIOUR_COLUMNS, behaviour_grades
from zaikong.domain.credit.behaviour_table import behaviour_table, grade_name, grade_number
from zaikong.domain.credit.intake import EarlierAccount, IntakeApplication, grade_application
from zaikong.domain.credit.intake_card import PAPER_NAMES
from zaikong.domain.credit.raising import raising
from zaikong.domain.credit.terms import propose_terms

from .tables import table

PAGE = "credit-grade.md"
TODAY = date(2025, 6, 1)
TABLE = behaviour_table(as_of=TODAY).value

SHOP: dict[str, Any] = {
    "category": "business",
    "papers": frozenset(PAPER_NAMES),
    "established_on": date(2015, 1, 1),
    "registered_capital_fen": 30_000_000,
    "premises": "owned",
    "monthly_bill_fen": 1_000_000,
    "industry_risk": 1,
    "earlier_accounts": (),
    "adverse_signal": 0,
    "bank_credit_line_fen": 0,
    "guarantee_fen": 0,
}
DEBTOR = EarlierAccount(account_no="4100000001", bills=12, on_time=12, arrears_fen=50_000)
CUSTOMER: dict[str, Any] = dict.fromkeys(BEHAVIOUR_COLUMNS, 0) | {
    "as_of_day": 20_240,
    "months_known": 36,
    "bills_12m": 12,
    "on_time_12m": 12,
    "monthly_bill_fen": 10_000,
    "prepaid": True,
    "prepaid_cover_days": 45,
    "use_trend_permille": 1000,
    "guarantee_fen": 20_000,
    "exposure_fen": 20_000,
}


def applied(change: str) -> dict[str, Any]:
    if change.startswith("no "):
        return {"papers": frozenset(PAPER_NAMES) - {change.removeprefix("no ")}}
    if change.endswith(" not known"):
        return {change.removesuffix(" not known"): None}
    if change == "arrears of an earlier account":
        return {"earlier_accounts": (DEBTOR,)}
    fact, _, value = change.partition(" ")
    return {fact: date.fromisoformat(value) if "-" in value else int(value)} if change else {}


@pytest.mark.parametrize("row", table(PAGE, "first"), ids=str)
def test_each_row_of_the_first_grade(row):
    found = grade_application(IntakeApplication(**SHOP | applied(row["change"])), as_of=TODAY)
    shown = {
        "change": row["change"],
        "score": str(found.score),
        "worst": str(found.lowest_score),
        "best": str(found.highest_score),
        "grade": found.grade,
        "worst grade": found.lowest_grade,
        "best grade": found.highest_grade,
        "asked for": ", ".join(name for each in found.missing for name in each.any_of),
    }
    assert shown == row


@pytest.mark.parametrize("row", table(PAGE, "terms"), ids=str)
def test_each_row_of_the_terms(row):
    bill = int(Decimal(row["monthly bill"]) * 100)
    found = propose_terms(row["grade"], category=row["category"], monthly_bill_fen=bill, as_of=TODAY)
    assert (found.charging, found.settlements_a_month) == (row["charging"], int(row["settlements"]))
    assert found.guarantee_fen == Decimal(row["guarantee"]) * 100
    assert ", ".join(found.conditions) == row["waits for"]


def test_the_weights_are_those_of_the_table():
    assert [(row["index"], int(row["weight"]), row["measures"]) for row in table(PAGE, "weights")] == [
        (name, index.weight, ", ".join(ladder.measure for ladder in index.ladders))
        for name, index in TABLE.indices.items()
    ]


def customer(row: dict[str, str]) -> nw.LazyFrame:
    changes = [change.split(" ") for change in row["change"].split(", ") if change]
    held = grade_number(row["held"]) if row["held"] else 0
    facts = {name: int(value) for name, value in changes} | {
        "previous_grade": held,
        "clean_months": int(row["clean months"]),
    }
    assert set(facts) <= set(CUSTOMER)
    return nw.from_native(pl.LazyFrame([CUSTOMER | facts]))


@pytest.mark.parametrize("row", table(PAGE, "behaviour"), ids=str)
def test_each_row_of_the_behaviour_grade(row):
    (found,) = behaviour_grades(customer(row), table=TABLE).collect().rows(named=True)
    assert (found["total_points"], found["veto_code"]) == (int(row["total"]), row["veto"])
    assert (grade_name(found["raw_grade"]), grade_name(found["grade"])) == (row["by points"], row["grade"])


@pytest.mark.parametrize("row", table(PAGE, "raising"), ids=str)
def test_each_row_of_what_would_raise_it(row):
    (found,) = raising(customer(row), table=TABLE).collect().rows(named=True)
    shown = {
        "grade": grade_name(found["grade"]),
        "answer": found["raising_code"],
        "pay": Decimal(found["pay_fen"]) / 100,
        "months": found["on_time_months"],
        "prepay": Decimal(found["prepay_fen"]) / 100,
        "guarantee": Decimal(found["more_guarantee_fen"]) / 100,
        "reaches": grade_name(found["reached_grade"]),
    }
    assert shown == {
        name: row[name] if name in {"grade", "answer", "reaches"} else Decimal(row[name]) for name in shown
    }
