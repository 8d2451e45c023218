"""Accounts for the tests of the behaviour grade."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
from hypothesis import strategies as st

from zaikong.domain.credit.behaviour import BEHAVIOUR_COLUMNS, behaviour_grades, behaviour_reasons
from zaikong.domain.credit.behaviour_table import BEST, behaviour_table
from zaikong.domain.credit.raising import raising
from zaikong.engine.dictionary import checked

EDITION = behaviour_table(as_of=date(2025, 6, 1))
TABLE = EDITION.value
TODAY = 20_240

SOUND: dict[str, Any] = {
    "account": 0,
    "as_of_day": TODAY,
    "months_known": 36,
    "bills_12m": 12,
    "on_time_12m": 12,
    "overdue_12m": 0,
    "longest_overdue_days": 0,
    "arrears_fen": 0,
    "old_arrears_fen": 0,
    "arrears_months_this_year": 0,
    "monthly_bill_fen": 10_000,
    "prepaid": True,
    "prepaid_cover_days": 45,
    "use_trend_permille": 1000,
    "use_stopped_days": 0,
    "theft_day": 0,
    "breach_day": 0,
    "adverse_signal": 0,
    "guarantee_fen": 20_000,
    "exposure_fen": 20_000,
    "industry_risk": 0,
    "broken_promises_12m": 0,
    "disputed_fen": 0,
    "repayment_agreement": 0,
    "previous_grade": 0,
    "clean_months": 0,
}
"""A prepaid customer of three years that never was late: 100 points."""


def table(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """A frame of accounts; what a row does not name is sound, and accounts are numbered."""
    full = [SOUND | {"account": place} | row for place, row in enumerate(rows)]
    kinds = {name: pl.Boolean if name == "prepaid" else pl.Int64 for name in BEHAVIOUR_COLUMNS}
    return pl.DataFrame(full, schema=kinds)


def entered(rows: Iterable[dict[str, Any]]) -> nw.LazyFrame:
    return checked(nw.from_native(table(rows).lazy()), BEHAVIOUR_COLUMNS, rule="behaviour")


def graded(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return behaviour_grades(entered(rows), table=TABLE).sort("account").collect().rows(named=True)


def grade(**facts: Any) -> dict[str, Any]:
    """The answer for one account."""
    return graded([facts])[0]


def reasons(top: int = 5, **facts: Any) -> list[dict[str, Any]]:
    """Reasons of one account, the heaviest first."""
    rows = behaviour_reasons(entered([facts]), table=TABLE, top=top).collect().rows(named=True)
    return sorted(rows, key=lambda row: (row["place"], row["code"]))


def raised(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return raising(entered(rows), table=TABLE).sort("account").collect().rows(named=True)


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, Any]:
    """Any account whose facts fit each other."""
    bills = draw(st.integers(0, 14))
    late = draw(st.integers(0, bills))
    arrears = draw(st.sampled_from([0, 0, 1, 4_000, 9_000, 35_000])) if late else 0
    facts = {
        "months_known": draw(st.integers(0, 40)),
        "bills_12m": bills,
        "on_time_12m": bills - late,
        "overdue_12m": late,
        "longest_overdue_days": draw(st.integers(1, 100)) if late else 0,
        "arrears_fen": arrears,
        "old_arrears_fen": draw(st.sampled_from([0, arrears])),
        "arrears_months_this_year": draw(st.integers(0, 4)) if arrears else 0,
        "monthly_bill_fen": draw(st.sampled_from([0, 333, 10_000, 123_457])),
        "prepaid": draw(st.booleans()),
        "prepaid_cover_days": draw(st.integers(-5, 40)),
        "use_trend_permille": draw(st.integers(300, 1200)),
        "use_stopped_days": draw(st.sampled_from([0, 0, 9, 10, 30])),
        "theft_day": draw(st.sampled_from([0, 0, TODAY - 100, TODAY - 700, TODAY - 1500])),
        "breach_day": draw(st.sampled_from([0, 0, TODAY - 10, TODAY - 300, TODAY - 800])),
        "adverse_signal": draw(st.sampled_from([0, 0, 0, 1, 2, 3, 4])),
        "guarantee_fen": draw(st.sampled_from([0, 5_001, 20_000])),
        "exposure_fen": draw(st.sampled_from([0, 9_999, 30_001])),
        "industry_risk": draw(st.integers(0, 3)),
        "broken_promises_12m": draw(st.integers(0, 3)),
        "disputed_fen": draw(st.sampled_from([0, 0, 4_000, 50_000])),
        "repayment_agreement": draw(st.integers(0, 2)),
        "previous_grade": draw(st.integers(0, BEST)),
        "clean_months": draw(st.integers(0, 3 if late else 12)),
    }
    return SOUND | facts
