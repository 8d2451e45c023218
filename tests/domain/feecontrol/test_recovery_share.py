"""The share of a top-up, to the fen."""

from fractions import Fraction

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.feecontrol.recovery_share import DEBT_COLUMNS, TOPUP_COLUMNS, old_debts, recovery_shares
from zaikong.engine.dictionary import checked


def topups(rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(TOPUP_COLUMNS, pl.Int64), orient="row")


def split(fen, permille, debt):
    frame = checked(nw.from_native(topups([(1, 7, fen, permille, debt)]).lazy()), TOPUP_COLUMNS, rule="recovery_shares")
    return recovery_shares(frame).collect().rows()[0][2:]


@pytest.mark.parametrize(
    ("fen", "permille", "debt", "expected"),
    [
        (10_000, 300, 50_000, (3_000, 3_000, 7_000)),
        (10_000, 300, 2_999, (3_000, 2_999, 7_001)),
        (10_000, 300, 3_000, (3_000, 3_000, 7_000)),
        (10_000, 0, 50_000, (0, 0, 10_000)),
        (10_000, 1000, 50_000, (10_000, 10_000, 0)),
        (10_000, 300, 0, (3_000, 0, 10_000)),
        (1, 499, 50_000, (0, 0, 1)),
        (1, 500, 50_000, (1, 1, 0)),
        (5, 300, 50_000, (2, 2, 3)),
        (3, 500, 50_000, (2, 2, 1)),
        (10_000_000_000_000, 999, 10_000_000_000_000, (9_990_000_000_000, 9_990_000_000_000, 10_000_000_000)),
    ],
)
def test_a_share_is_rounded_half_away_and_never_above_the_debt(fen, permille, debt, expected):
    assert split(fen, permille, debt) == expected


@given(fen=st.integers(0, 10**13), permille=st.integers(0, 1000), debt=st.integers(0, 10**13))
def test_no_fen_is_lost_and_the_share_is_the_nearest(fen, permille, debt):
    share, recovered, kept = split(fen, permille, debt)
    assert recovered + kept == fen
    assert 0 <= recovered <= share
    assert recovered <= debt
    assert recovered == min(share, debt)
    exact = Fraction(fen * permille, 1000)
    assert abs(share - exact) <= Fraction(1, 2)
    assert share >= exact or exact - share != Fraction(1, 2)


@pytest.mark.parametrize(
    ("due", "since", "old"), [(99, 100, True), (100, 100, False), (101, 100, False), (99, 0, False)]
)
def test_debt_is_old_when_its_due_day_had_passed_on_the_first_day_in_force(due, since, old):
    frame = pl.DataFrame([(1, 7, due, since)], schema=dict.fromkeys(DEBT_COLUMNS, pl.Int64), orient="row")
    entry = checked(nw.from_native(frame.lazy()), DEBT_COLUMNS, rule="old_debts")
    assert old_debts(entry).collect().rows() == [(1, old)]


@pytest.mark.spark
def test_spark_gives_the_same_shares(on_both):
    rows = [(n, n % 7, n * 7_919 % 100_003, n * 37 % 1_001, n * 6_151 % 50_021) for n in range(1, 80)]
    on_both(recovery_shares, topups(rows))
    items = [(n, n % 7, 19_000 + n % 9, (n % 3) * 9_502) for n in range(1, 40)]
    on_both(old_debts, pl.DataFrame(items, schema=dict.fromkeys(DEBT_COLUMNS, pl.Int64), orient="row"))
