"""A day's use falls on its registers exactly, and a register shows it and rolls over."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.period import day_number
from zaikong.sim.registers import PATTERNS, SHIFTS, full_scale, power_factors, register_shares, shown, spread

SUMMER = date(2025, 7, 1)


def shares(pattern, month):
    found = register_shares(as_of=SUMMER).filter(
        (pl.col("pattern") == PATTERNS.index(pattern)) & (pl.col("month_of_year") == month)
    )
    return found.select(f"{name}_share" for name in REGISTERS).row(0)


def days(pattern="three", kwh=(1_000,), factor=90, first=SUMMER):
    return pl.DataFrame(
        {
            "account": [1_000_001 + n for n in range(len(kwh))],
            "day": [day_number(first)] * len(kwh),
            "date": [first] * len(kwh),
            "pattern": [PATTERNS.index(pattern)] * len(kwh),
            "power_factor": [factor] * len(kwh),
            "centi_kwh": list(kwh),
        }
    )


def test_every_pattern_names_twenty_four_hours():
    assert {len(weights) for weights in SHIFTS.values()} == {24}


def test_shares_of_every_pattern_and_month_are_a_whole():
    sums = register_shares(as_of=SUMMER).select(pl.sum_horizontal(f"{name}_share" for name in REGISTERS)).to_series()
    assert (sums.len(), sums.unique().to_list()) == (len(PATTERNS) * 12, [10_000])


@pytest.mark.parametrize(
    ("month", "expected"),
    # Hours of 尖, 峰, 平, 谷 in the order of 2024, over twenty-four.
    [
        (1, (2, 6, 9, 7)),
        (2, (0, 8, 9, 7)),
        (4, (0, 8, 7, 9)),
        (6, (0, 8, 9, 7)),
        (7, (3, 5, 9, 7)),
        (9, (0, 8, 7, 9)),
        (12, (2, 6, 9, 7)),
    ],
)
def test_a_continuous_works_uses_by_the_hours_of_the_month(month, expected):
    sharp, peak, flat, valley = shares("continuous", month)
    found = (sharp, peak, valley)
    assert found == tuple(expected[place] * 10_000 // 24 for place in (0, 1, 3))
    assert flat == 10_000 - sum(found)


def test_a_night_works_uses_most_in_the_valley_and_an_office_least():
    assert shares("night", 7)[3] > 5_000
    assert shares("office", 7)[3] < 500
    assert shares("lighting", 7)[2] == 0


def test_the_hours_are_those_of_the_day_asked_for():
    assert not register_shares(as_of=date(2023, 1, 1)).equals(register_shares(as_of=SUMMER))


@given(st.lists(st.integers(0, 200_000_000), min_size=1, max_size=8), st.sampled_from(PATTERNS), st.integers(0, 364))
def test_registers_add_up_to_the_day_exactly(kwh, pattern, later):
    used = spread(7, days(pattern, kwh, first=SUMMER - timedelta(later)), as_of=SUMMER)
    parts = used.select(f"{name}_centi_kwh" for name in REGISTERS)
    assert used.select(pl.sum_horizontal(parts.columns)).to_series().to_list() == kwh
    assert parts.min_horizontal().min() >= 0
    assert used["centi_kvarh"].min() >= 0


def test_reactive_energy_follows_the_power_factor():
    # cos 0.90 has the tangent 0.4843; a day sways by three in a hundred.
    used = spread(7, days(kwh=[1_000_000] * 200, factor=90), as_of=SUMMER)
    assert used["centi_kvarh"].is_between(484_300 * 97 // 100 - 1, 484_300 * 103 // 100 + 1).all()
    assert spread(7, days(kwh=[1_000_000], factor=100), as_of=SUMMER)["centi_kvarh"].to_list() == [0]


def test_power_factors_lie_where_meters_find_them():
    found = pl.DataFrame({"a": range(3_000)}).select(power_factors(1, pl.col("a")).alias("f"))["f"]
    assert (found.min() >= 68, found.max() <= 98, 88 <= found.median() <= 93) == (True, True, True)


@pytest.mark.parametrize(
    ("cumulative", "opening", "multiplier", "digits", "value"),
    [
        (0, 12_345, 1, 6, 12_345),
        (199, 0, 200, 6, 0),
        (200, 0, 200, 6, 1),
        (100, 99_999_900, 1, 6, 0),
        (99, 99_999_900, 1, 6, 99_999_999),
        (150, 9_999_900, 1, 5, 50),
    ],
)
def test_a_register_shows_use_by_its_multiplier_and_rolls_over(cumulative, opening, multiplier, digits, value):
    frame = pl.DataFrame({"c": [cumulative], "o": [opening], "m": [multiplier], "d": [digits]})
    assert frame.select(shown(pl.col("c"), pl.col("o"), pl.col("m"), pl.col("d"))).item() == value
    assert frame.select(full_scale(pl.col("d"))).item() == 10 ** (digits + 2)
