"""Three collection rates in tenths of a percent."""

from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.assessment.collection_rate import COLLECTION_COLUMNS, collection_rates
from zaikong.engine.dictionary import checked

RATES = ("cumulative_permille", "current_year_permille", "previous_years_permille")


def table(rows: list[tuple[int, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(COLLECTION_COLUMNS, pl.Int64), orient="row")


def rates(*rows: tuple[int, ...]) -> list[Any]:
    frame = checked(nw.from_native(table(list(rows)).lazy()), COLLECTION_COLUMNS, rule="collection_rates")
    return collection_rates(frame).collect().select(*RATES).rows()


def test_the_published_item():
    assert rates((125_050_000, 98_000_000, 50_000_000, 34_000_000)) == [(784, 853, 680)]


def test_a_rate_of_nothing_receivable_does_not_exist():
    assert rates((1_000, 500, 0, 0), (0, 0, 0, 0), (700, 700, 700, 700)) == [
        (500, 500, None),
        (None, None, None),
        (1000, None, 1000),
    ]


def test_half_a_tenth_goes_up():
    assert rates((2_000, 1, 0, 0), (2_000, 1_999, 0, 0), (20_000, 9, 0, 0)) == [
        (1, 1, None),
        (1000, 1000, None),
        (0, 0, None),
    ]


def test_more_than_was_due_is_more_than_a_hundred_percent():
    assert rates((1_000, 1_100, 0, 0)) == [(1100, 1100, None)]


def test_money_returned_gives_a_rate_below_zero():
    assert rates((1_000, -250, 0, 0), (2_000, -1, 0, 0)) == [(-250, -250, None), (-1, -1, None)]


def test_keys_beside_the_totals_stay():
    frame = nw.from_native(table([(1_000, 500, 0, 0)]).with_columns(station=pl.lit("城关")).lazy())
    assert collection_rates(frame).collect()["station"].to_list() == ["城关"]


@given(st.integers(1, 10**13), st.integers(0, 10**13))
def test_the_rate_is_the_exact_quotient_rounded_half_up(receivable, received):
    shifted = Fraction(received * 1000, receivable) + Fraction(1, 2)
    assert rates((receivable, received, 0, 0))[0][0] == shifted.numerator // shifted.denominator


@pytest.mark.spark
def test_spark_gives_the_same_rates(on_both):
    rows = [(n * 10**9 + 7, n * 7 * 10**8 + n, n * 10**6, n % 3 * 10**5) for n in range(1, 40)]
    on_both(collection_rates, table([*rows, (0, 0, 0, 0), (1_000, -250, 0, 0), (10**13, 1, 10**13, 1)]))
