"""Money: reading, printing, rounding."""

from fractions import Fraction

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.kernel.money import (
    LARGEST_ROUNDED,
    UnableToReadMoneyError,
    fen_of_yuan,
    half_away,
    half_away_int,
    scaled,
    yuan_text,
)

UNITS = [256, 160_000, 100_000_000, 3_000_000_000]


def oracle(x: int, unit: int) -> int:
    exact = Fraction(abs(x), unit) + Fraction(1, 2)
    rounded = exact.numerator // exact.denominator
    return -rounded if x < 0 else rounded


def polars(values: list[int], unit: int) -> list[int]:
    frame = nw.from_native(pl.LazyFrame({"x": pl.Series(values, dtype=pl.Int64)}))
    return frame.select(y=half_away(nw.col("x"), unit)).collect()["y"].to_list()


@given(st.lists(st.integers(-LARGEST_ROUNDED + 1, LARGEST_ROUNDED - 1), max_size=50), st.sampled_from(UNITS))
def test_half_away_agrees_with_exact_fractions(values, unit):
    assert polars(values, unit) == [oracle(x, unit) for x in values]


@given(st.integers(-(2**80), 2**80), st.sampled_from([*UNITS, 7]))
def test_half_away_int_agrees_with_exact_fractions(x, unit):
    assert half_away_int(x, unit) == oracle(x, unit)


@pytest.mark.parametrize("unit", UNITS)
def test_every_half_goes_away_from_zero(unit):
    half = unit // 2
    assert polars([half - 1, half, half + 1, -half + 1, -half, -half - 1], unit) == [0, 1, 1, 0, -1, -1]


@pytest.mark.spark
def test_spark_rounds_as_polars_does(spark):
    values = [7, 128, -128, 127, -129, 10**17 + 50_000_000, LARGEST_ROUNDED - 1, -LARGEST_ROUNDED + 1]
    frame = nw.from_native(spark.createDataFrame([(x,) for x in values], "x bigint"))
    for unit in UNITS:
        got = frame.select(y=half_away(nw.col("x"), unit)).collect()["y"].to_list()
        assert got == [oracle(x, unit) for x in values]


@pytest.mark.parametrize("unit", [0, -256, 100, 255])
def test_a_unit_that_is_not_exact_is_refused(unit):
    with pytest.raises(ValueError, match="multiple of 256"):
        half_away(nw.col("x"), unit)


@pytest.mark.parametrize(("text", "fen"), [("12.40", 1240), (12.4, 1240), ("1,234.5", 123450), ("-0.01", -1)])
def test_yuan_are_read_to_the_fen(text, fen):
    assert fen_of_yuan(text) == fen


@pytest.mark.parametrize("text", ["", "12.345", "abc", "nan", "1e400", "inf", "12.4.0"])
def test_what_is_not_an_amount_is_refused(text):
    with pytest.raises(UnableToReadMoneyError) as refusal:
        fen_of_yuan(text)
    assert refusal.value.code == "MONEY_UNREADABLE"


@given(st.integers(-(10**15), 10**15))
def test_printing_and_reading_are_inverse(fen):
    assert fen_of_yuan(yuan_text(fen)) == fen


def test_a_number_finer_than_its_scale_is_refused():
    assert scaled("0.5344", 10_000) == 5344
    with pytest.raises(UnableToReadMoneyError, match="at most 4 decimals"):
        scaled("0.53441", 10_000)


@pytest.mark.parametrize(
    "text", ["1e9999999", "-1e9999999", "1e-9999999", "123456789.00" + "0" * 30 + "1", "0x10", "NaN"]
)
def test_an_absurd_number_is_refused_whatever_its_form(text):
    with pytest.raises(UnableToReadMoneyError):
        fen_of_yuan(text)
    with pytest.raises(UnableToReadMoneyError):
        scaled(text, 100)
