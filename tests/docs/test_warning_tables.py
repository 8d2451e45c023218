"""The worked tables of the warning page, run through the rules."""

from datetime import date
from decimal import Decimal
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.application.grading import SIGNAL_RANK
from zaikong.domain.credit.behaviour_table import grade_number
from zaikong.domain.warning.exposure import ACCOUNT_COLUMNS, OPEN_BILL_COLUMNS, exposures
from zaikong.domain.warning.level_table import LEVELS, warning_levels
from zaikong.domain.warning.levels import (
    RISK_COLUMNS,
    STORED_COLUMNS,
    WARNING_COLUMNS,
    expected_losses,
    moves,
    warnings_of,
)
from zaikong.engine.dictionary import checked
from zaikong.kernel.money import fen_of_yuan

from .tables import PAGES, table

PAGE = "warning.md"
TABLE = warning_levels(as_of=date(2025, 9, 30)).value
FLAGS = ("scored", "prepaid")
CUSTOMER: dict[str, Any] = dict.fromkeys(RISK_COLUMNS, 0) | {
    "account": 1,
    "category": "industrial",
    "exposure_fen": 10_000_000,
    "grade": grade_number("B"),
    "oldest_due_day": 20_000,
    "use_trend_permille": 1000,
}


def entry(columns: tuple[str, ...], row: dict[str, Any], rule: str) -> nw.LazyFrame:
    return checked(nw.from_native(pl.LazyFrame([row])), columns, rule=rule)


@pytest.mark.parametrize("row", table(PAGE, "exposure"), ids=str)
def test_each_row_of_the_exposure(row):
    account = dict(zip(ACCOUNT_COLUMNS, (1, fen_of_yuan(row["not billed"]), 19_990), strict=False))
    account |= {"prepaid_fen": fen_of_yuan(row["prepaid"]), "average_daily_fen": fen_of_yuan(row["charge a day"])}
    bill = dict(zip(OPEN_BILL_COLUMNS, (1, 19_930, fen_of_yuan(row["open bills"])), strict=True))
    frames = entry(ACCOUNT_COLUMNS, account, "exposures"), entry(OPEN_BILL_COLUMNS, bill, "exposures")
    (found,) = exposures(*frames, as_of_day=20_000).collect().rows(named=True)
    assert (found["exposure_fen"], found["exposure_days"]) == (fen_of_yuan(row["exposure"]), int(row["exposure days"]))


def test_the_tables_are_those_in_force():
    (chances,) = table(PAGE, "probability")
    assert {name: int(ppm) for name, ppm in chances.items() if name != "grade"} == TABLE.probability_by_grade_ppm
    (shares,) = table(PAGE, "share")
    assert {name: int(share) for name, share in shares.items() if name != "category"} == TABLE.loss_share_permille
    assert {
        row["cause"]: (row["measure"], {name: int(row[name]) for name in LEVELS if row[name]})
        for row in table(PAGE, "causes")
    } == {code: (cause.measure, dict(cause.at_least or cause.at_most or {})) for code, cause in TABLE.causes.items()}
    assert {row["level"]: (row["next step"], int(row["within days"])) for row in table(PAGE, "steps")} == {
        level: (step.code, step.days) for level, step in TABLE.next_steps.items()
    }


def test_what_is_said_of_causes_and_signals_holds():
    page = " ".join((PAGES / PAGE).read_text(encoding="utf-8").split())
    less = [code for code, cause in TABLE.causes.items() if not cause.rises]
    assert (less, TABLE.smallest_exposure_fen) == (["PREPAID_LOW"], 100)
    assert "less than 1 yuan of exposure is not warned of" in page
    assert sorted(SIGNAL_RANK.items(), key=lambda each: each[1]) == [
        ("capacity_cut", 1),
        ("closure_order", 2),
        ("deregistration", 2),
        ("court_execution", 3),
        ("bankruptcy", 4),
    ]


@pytest.mark.parametrize("row", table(PAGE, "account"), ids=str)
def test_each_row_of_one_account(row):
    facts = {name: int(value) for name, value in (each.split(" ") for each in row["change"].split(", ") if each)}
    assert set(facts) <= set(CUSTOMER)
    facts = CUSTOMER | facts
    frame = entry(RISK_COLUMNS, facts | {name: bool(facts[name]) for name in FLAGS}, "warnings")
    (losses,) = expected_losses(frame, table=TABLE).collect().rows(named=True)
    found = warnings_of(frame, table=TABLE).collect().rows(named=True)
    assert ", ".join(f"{one['cause']} {LEVELS[one['level'] - 1]}" for one in found) == row["warnings"]
    assert losses["probability_ppm"] == int(row["probability"])
    assert losses["expected_loss_fen"] == Decimal(row["expected loss"]) * 100


@pytest.mark.parametrize("row", table(PAGE, "moves"), ids=str)
def test_each_row_of_what_becomes_of_a_warning(row):
    words = row["before"].replace(",", "").split()
    closed, other = "closed" in words, "another" in words
    found = dict.fromkeys(WARNING_COLUMNS, 0) | {"account": 1, "cause": "BILL_OVERDUE", "subject_day": 20_000}
    tonight = pl.DataFrame(
        [found | {"level": LEVELS.index(row["tonight"]) + 1}] if row["tonight"] else [],
        schema={name: pl.String if name == "cause" else pl.Int64 for name in WARNING_COLUMNS},
    )
    known = {"warning": 9, "account": 1, "cause": "BILL_OVERDUE", "subject_day": 19_000 if other else 20_000}
    level = [LEVELS.index(word) + 1 for word in words if word in LEVELS]
    kinds = {"cause": pl.String, "is_closed": pl.Boolean}
    stored = pl.DataFrame(
        [known | {"level": level[0], "is_closed": closed}] if level else [],
        schema={name: kinds.get(name, pl.Int64) for name in STORED_COLUMNS},
    )
    became = moves(nw.from_native(tonight.lazy()), nw.from_native(stored.lazy())).collect().rows(named=True)
    assert [one["move"] for one in became] == ([row["becomes"]] if row["becomes"] else [])
