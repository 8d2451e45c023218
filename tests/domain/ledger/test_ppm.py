"""Amounts times rates beyond an int64, rounded once."""

from fractions import Fraction

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.ledger.ppm import (
    LARGEST_AMOUNT_FEN,
    LARGEST_WEIGHT,
    multiples,
    rest_part,
    rounded_total,
    whole_part,
)

amounts = st.integers(-LARGEST_AMOUNT_FEN, LARGEST_AMOUNT_FEN)
weights = st.integers(0, LARGEST_WEIGHT)


def total(frame: nw.LazyFrame) -> nw.LazyFrame:
    amount, high, weight = nw.col("amount"), nw.col("high"), nw.col("weight")
    parts = frame.with_columns(high=multiples(amount)).select(
        whole=whole_part(high, weight).sum(), rest=rest_part(amount, high, weight).sum()
    )
    return parts.select(total=rounded_total(nw.col("whole"), nw.col("rest")))


def table(rows: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"amount": pl.Int64, "weight": pl.Int64}, orient="row")


def half_up(rows: list[tuple[int, int]]) -> int:
    shifted = Fraction(sum(amount * weight for amount, weight in rows), 1_000_000) + Fraction(1, 2)
    return shifted.numerator // shifted.denominator


@given(st.lists(st.tuples(amounts, weights), min_size=1, max_size=500))
def test_a_sum_of_products_is_rounded_once_half_up(rows):
    got = total(nw.from_native(table(rows).lazy())).collect()["total"].to_list()
    assert got == [half_up(rows)]


@pytest.mark.parametrize(
    ("rows", "fen"),
    [
        ([(500, 1000)], 1),
        ([(499, 1000)], 0),
        ([(250, 1000), (250, 1000)], 1),
        ([(LARGEST_AMOUNT_FEN, LARGEST_WEIGHT)], 2_000_000_000_000_000),
        ([(4_000_000, 1), (-3_500_000, 1)], 1),
        ([(0, LARGEST_WEIGHT)], 0),
    ],
)
def test_halves_go_up_and_parts_are_added_before_rounding(rows, fen):
    assert total(nw.from_native(table(rows).lazy())).collect()["total"].to_list() == [fen]


@pytest.mark.spark
def test_spark_adds_and_rounds_as_polars_does(on_both):
    rows = [(LARGEST_AMOUNT_FEN, LARGEST_WEIGHT), (-LARGEST_AMOUNT_FEN, 199_999_999), (499_999, 1), (1, 1)]
    assert on_both(total, table(rows)) == [{"total": half_up(rows)}]
