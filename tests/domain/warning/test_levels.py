"""Who is warned of, how gravely, and what becomes of earlier warnings."""

from datetime import date
from fractions import Fraction

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.warning.level_table import LEVELS, warning_levels
from zaikong.domain.warning.levels import (
    RISK_COLUMNS,
    STORED_COLUMNS,
    WARNING_COLUMNS,
    expected_losses,
    moves,
    warnings_of,
)
from zaikong.engine.dictionary import checked, dictionary

TABLE = warning_levels(as_of=date(2025, 9, 30)).value
_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
SOUND = {
    "account": 1,
    "category": "business",
    "exposure_fen": 100_000,
    "guarantee_fen": 0,
    "grade": 4,
    "scored": False,
    "score_ppm": 0,
    "oldest_due_day": 20_000,
    "days_overdue": 0,
    "periods_overdue": 0,
    "prepaid": False,
    "prepaid_cover_days": 0,
    "use_trend_permille": 1000,
    "use_stopped_days": 0,
    "adverse_signal": 0,
    "signal_day": 0,
}


def accounts(*rows):
    schema = {name: _TYPES[dictionary()[name].type] for name in RISK_COLUMNS}
    return pl.DataFrame([SOUND | row for row in rows], schema=schema)


def warned(*rows):
    frame = checked(nw.from_native(accounts(*rows).lazy()), RISK_COLUMNS, rule="warnings")
    return warnings_of(frame, table=TABLE).collect().rows(named=True)


def levels(**facts):
    return {row["cause"]: LEVELS[row["level"] - 1] for row in warned(facts)}


def test_a_sound_account_is_not_warned_of():
    assert warned({}) == []


@pytest.mark.parametrize(
    ("facts", "cause", "level"),
    [
        ({"days_overdue": 1}, "BILL_OVERDUE", "blue"),
        ({"days_overdue": 6}, "BILL_OVERDUE", "blue"),
        ({"days_overdue": 7}, "BILL_OVERDUE", "yellow"),
        ({"days_overdue": 14}, "BILL_OVERDUE", "yellow"),
        ({"days_overdue": 15}, "BILL_OVERDUE", "orange"),
        ({"days_overdue": 29}, "BILL_OVERDUE", "orange"),
        ({"days_overdue": 30}, "BILL_OVERDUE", "red"),
        ({"periods_overdue": 2}, "PERIODS_OPEN", "orange"),
        ({"periods_overdue": 3}, "PERIODS_OPEN", "red"),
        ({"prepaid": True, "prepaid_cover_days": 7}, "PREPAID_LOW", "blue"),
        ({"prepaid": True, "prepaid_cover_days": 3}, "PREPAID_LOW", "yellow"),
        ({"prepaid": True, "prepaid_cover_days": 0}, "PREPAID_LOW", "orange"),
        ({"use_trend_permille": 700}, "USE_DROP", "yellow"),
        ({"use_trend_permille": 400}, "USE_DROP", "orange"),
        ({"use_stopped_days": 10}, "USE_STOPPED", "yellow"),
        ({"use_stopped_days": 20}, "USE_STOPPED", "orange"),
        ({"adverse_signal": 1}, "SIGNAL", "orange"),
        ({"adverse_signal": 3}, "SIGNAL", "red"),
        ({"scored": True, "score_ppm": 400_000}, "SCORE_HIGH", "yellow"),
        ({"scored": True, "score_ppm": 700_000}, "SCORE_HIGH", "orange"),
    ],
)
def test_each_limit_gives_its_level(facts, cause, level):
    assert levels(**facts) == {cause: level}


@pytest.mark.parametrize(
    "facts",
    [
        {"periods_overdue": 1},
        {"prepaid": True, "prepaid_cover_days": 8},
        {"prepaid": False, "prepaid_cover_days": 0},
        {"use_trend_permille": 701},
        {"use_stopped_days": 9},
        {"scored": True, "score_ppm": 399_999},
        {"scored": False, "score_ppm": 900_000},
        {"days_overdue": 300, "exposure_fen": 99},
    ],
)
def test_one_step_inside_its_limit_nobody_is_warned_of(facts):
    assert levels(**facts) == {}


def test_a_warning_says_what_was_seen_and_what_may_be_lost():
    [row] = warned({"days_overdue": 15, "scored": True, "score_ppm": 200_000, "guarantee_fen": 40_000})
    assert row == {
        "account": 1,
        "cause": "BILL_OVERDUE",
        "subject_day": 20_000,
        "level": 3,
        "observed": 15,
        "limit": 15,
        "probability_ppm": 200_000,
        "exposure_fen": 100_000,
        # 60,000 fen at risk, half of it lost when not paid, one time in five
        "expected_loss_fen": 6_000,
    }


@given(
    exposure=st.integers(0, 3 * 10**13),
    guarantee=st.integers(0, 10**12),
    ppm=st.integers(0, 1_000_000),
    category=st.sampled_from(sorted(TABLE.loss_share_permille)),
)
def test_the_expected_loss_is_that_of_exact_fractions(exposure, guarantee, ppm, category):
    facts = {
        "exposure_fen": exposure,
        "guarantee_fen": guarantee,
        "category": category,
        "scored": True,
        "score_ppm": ppm,
    }
    [row] = expected_losses(nw.from_native(accounts(facts).lazy()), table=TABLE).collect().rows(named=True)
    exact = Fraction(max(exposure - guarantee, 0) * TABLE.loss_share_permille[category], 1000) * Fraction(ppm, 10**6)
    assert abs(row["expected_loss_fen"] - exact) <= 1


def found(*rows):
    filled = [dict.fromkeys(WARNING_COLUMNS, 0) | {"account": 1, "cause": "BILL_OVERDUE"} | row for row in rows]
    schema = {name: pl.String if name == "cause" else pl.Int64 for name in WARNING_COLUMNS}
    return pl.DataFrame(filled, schema=schema)


def stored(*rows):
    kinds = {"cause": pl.String, "is_closed": pl.Boolean}
    filled = [
        {"warning": 9, "account": 1, "cause": "BILL_OVERDUE", "subject_day": 0, "is_closed": False} | row
        for row in rows
    ]
    return pl.DataFrame(filled, schema={name: kinds.get(name, pl.Int64) for name in STORED_COLUMNS})


@pytest.mark.spark
@pytest.mark.parametrize(
    ("now", "before", "move"),
    [
        ([{"level": 1}], [], "open"),
        ([{"level": 2}], [{"level": 1}], "raise"),
        ([{"level": 1}], [{"level": 2}], "lower"),
        ([{"level": 1}], [{"level": 1}], "keep"),
        ([], [{"level": 1}], "close"),
        ([{"level": 2}], [{"level": 1, "is_closed": True}], "reopen"),
        ([{"level": 1}], [{"level": 1, "is_closed": True}], None),
        ([], [{"level": 1, "is_closed": True}], None),
        ([{"level": 1, "subject_day": 30}], [{"level": 4, "is_closed": True}], "open"),
    ],
)
def test_what_becomes_of_a_warning(on_both, now, before, move):
    rows = on_both(moves, found(*now), stored(*before))
    assert [row["move"] for row in rows] == ([move] if move else [])


@pytest.mark.spark
def test_spark_warns_the_same(on_both):
    rows = accounts(
        {"days_overdue": 31, "periods_overdue": 2}, {"account": 2, "adverse_signal": 4, "signal_day": 19_000}
    )
    assert len(on_both(lambda frame: warnings_of(frame, table=TABLE), rows)) == 3
