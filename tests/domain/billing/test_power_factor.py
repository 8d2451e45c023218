"""Power factor by comparison of integers, and every cell of the table."""

from fractions import Fraction
from math import isqrt

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.billing.power_factor import LARGEST_ENERGY_COMPARED, adjustment_rate, with_power_factor

# 〔83〕水电财字215号: rate in 0.01 % for power factor 1.00 down to 0.50, standards 0.90, 0.85, 0.80.
TABLE = """
1.00 -75 -110 -130 | 0.99 -75 -110 -130 | 0.98 -75 -110 -130 | 0.97 -75 -110 -130 | 0.96 -75 -110 -130
0.95 -75 -110 -130 | 0.94 -60 -110 -130 | 0.93 -45 -95 -130 | 0.92 -30 -80 -130 | 0.91 -15 -65 -115
0.90 0 -50 -100 | 0.89 50 -40 -90 | 0.88 100 -30 -80 | 0.87 150 -20 -70 | 0.86 200 -10 -60
0.85 250 0 -50 | 0.84 300 50 -40 | 0.83 350 100 -30 | 0.82 400 150 -20 | 0.81 450 200 -10
0.80 500 250 0 | 0.79 550 300 50 | 0.78 600 350 100 | 0.77 650 400 150 | 0.76 700 450 200
0.75 750 500 250 | 0.74 800 550 300 | 0.73 850 600 350 | 0.72 900 650 400 | 0.71 950 700 450
0.70 1000 750 500 | 0.69 1100 800 550 | 0.68 1200 850 600 | 0.67 1300 900 650 | 0.66 1400 950 700
0.65 1500 1000 750 | 0.64 1700 1100 800 | 0.63 1900 1200 850 | 0.62 2100 1300 900 | 0.61 2300 1400 950
0.60 2500 1500 1000 | 0.59 2700 1700 1100 | 0.58 2900 1900 1200 | 0.57 3100 2100 1300 | 0.56 3300 2300 1400
0.55 3500 2500 1500 | 0.54 3700 2700 1700 | 0.53 3900 2900 1900 | 0.52 4100 3100 2100 | 0.51 4300 3300 2300
0.50 4500 3500 2500
"""
CELLS = {
    (standard, int(cell.split()[0].replace(".", ""))): int(rate)
    for row in TABLE.strip().splitlines()
    for cell in row.split("|")
    for standard, rate in zip((90, 85, 80), cell.split()[1:], strict=True)
}


def measured(pairs):
    frame = pl.LazyFrame(pairs, schema={"active": pl.Int64, "reactive": pl.Int64}, orient="row")
    answer = with_power_factor(nw.from_native(frame), active="active", reactive="reactive")
    assert answer.collect_schema().names() == ["active", "reactive", "power_factor"]
    return answer.collect().to_native()["power_factor"].to_list()


def rates(cells):
    frame = pl.LazyFrame(cells, schema={"standard": pl.Int64, "factor": pl.Int64}, orient="row")
    rate = adjustment_rate(nw.col("standard"), nw.col("factor"))
    return nw.from_native(frame).select(rate=rate).collect().to_native()["rate"].to_list()


def exact(active, reactive):
    """Half-up to two decimals, by the definition, on whole numbers of any size."""
    if active == 0:
        return 0
    square = Fraction(active * active, active * active + reactive * reactive)
    return max(c for c in range(101) if c == 0 or square >= Fraction((2 * c - 1) ** 2, 40_000))


def test_table_has_every_cell():
    assert len(CELLS) == 51 * 3


def test_every_cell_of_the_table_is_given():
    assert rates(list(CELLS)) == list(CELLS.values())


@pytest.mark.parametrize(("standard", "first"), [(90, 4_500), (85, 3_500), (80, 2_500)])
def test_rate_goes_on_by_two_percent_a_step_below_one_half(standard, first):
    assert rates([(standard, factor) for factor in range(50, -1, -1)]) == [first + 200 * step for step in range(51)]


@pytest.mark.parametrize("hundredths", range(1, 101))
def test_power_factor_turns_exactly_at_each_half(hundredths):
    m = 2 * hundredths - 1
    active = LARGEST_ENERGY_COMPARED - 1
    if m * m < 20_000:
        reactive = LARGEST_ENERGY_COMPARED - 1
        active = isqrt(reactive * reactive * m * m // (40_000 - m * m))
        # the root is irrational: the next whole active energy is above the half, this one below
        assert measured([(active, reactive), (active + 1, reactive)]) == [hundredths - 1, hundredths]
    else:
        reactive = isqrt(active * active * (40_000 - m * m) // (m * m))
        assert measured([(active, reactive), (active, reactive + 1)]) == [hundredths, hundredths - 1]


@pytest.mark.parametrize(
    ("active", "reactive", "factor"),
    [(0, 0, 0), (0, 5, 0), (5, 0, 100), (1, 1, 71), (4, 3, 80), (3, 4, 60), (1, 200, 0), (1, 199, 1), (100, 10, 100)],
)
def test_small_energies(active, reactive, factor):
    assert measured([(active, reactive)]) == [factor]


def test_published_examples():
    assert measured([(10_000_000, 4_983_000), (265_000, 435_300), (3_600_000, 1_620_000)]) == [90, 52, 91]


energies = st.integers(0, LARGEST_ENERGY_COMPARED - 1) | st.integers(0, 100_000)


@settings(max_examples=examples(40))
@given(st.lists(st.tuples(energies, energies), min_size=1, max_size=50))
def test_power_factor_is_the_exact_one(pairs):
    assert measured(pairs) == [exact(*pair) for pair in pairs]


@pytest.mark.spark
def test_power_factor_is_the_same_on_both_engines(on_both):
    pairs = [(0, 0), (1, 0), (10_000_000, 4_983_000), (2**35 - 1, 2**35 - 1), (1, 2**35 - 1), (265_000, 435_300)]
    table = pl.DataFrame(pairs, schema={"active": pl.Int64, "reactive": pl.Int64}, orient="row")
    rows = on_both(lambda frame: with_power_factor(frame, active="active", reactive="reactive"), table)
    assert {(row["active"], row["reactive"]): row["power_factor"] for row in rows} == {
        pair: exact(*pair) for pair in pairs
    }
