"""Drawn enterprises come close to the calibration, and the same seed draws the same ones."""

from datetime import date

import polars as pl
import pytest

from zaikong.kernel.dated import UnableToReadDatedFileError, read_yaml, validated
from zaikong.sim.calibrate import describe
from zaikong.sim.enterprise_series import Span
from zaikong.sim.enterprises import DRAWN_SPAN, Calibration, calibration, draw_series
from zaikong.sim.measure import compared, measured_series, shipped_description

SEEDS = (1, 2)


@pytest.fixture(scope="module", params=SEEDS)
def comparisons(request):
    return {each.measure: each for each in measured_series(request.param)}


def of(comparisons, start):
    return next(each for measure, each in comparisons.items() if measure.startswith(start))


def test_the_calibration_states_its_source():
    assert "Tianchi" in calibration().source
    assert calibration().span.enterprises == 1_454


@pytest.mark.parametrize(
    ("measure", "percent"),
    [
        ("level", 10),
        ("mean use", 12),
        ("share of the largest", 25),
        ("Monday", 2),
        ("Saturday", 5),
        ("Sunday", 12),
        ("January", 4),
        ("Spring Festival -8", 15),
        ("Spring Festival -4", 20),
        ("Spring Festival +0", 30),
        ("Spring Festival +4", 15),
        ("1 October +7", 10),
        ("days at 1 kWh", 10),
        ("firms that stop", 25),
        ("firms idle now and then", 20),
        ("months wander", 20),
        ("firms whose use collapses", 20),
        ("collapses that recover", 20),
        ("idle between", 25),
    ],
)
def test_a_drawn_measure_is_near_the_true_one(comparisons, measure, percent):
    assert of(comparisons, measure).farthest_percent <= percent


@pytest.mark.parametrize(
    ("measure", "percent"),
    [
        ("day by day: median distance", 5),
        ("day by day: median step", 10),
        ("one day follows", 15),
        ("collapses last", 15),
    ],
)
def test_the_middle_of_a_drawn_measure_is_near_the_true_one(comparisons, measure, percent):
    each = of(comparisons, measure)
    middle = len(each.true) // 2
    assert abs(each.drawn[middle] - each.true[middle]) * 100 <= percent * each.true[middle]


def test_the_same_seed_draws_the_same_series_and_another_another():
    one = draw_series(5, enterprises=40)
    assert one.equals(draw_series(5, enterprises=40))
    assert not one.equals(draw_series(6, enterprises=40))


def test_a_part_of_the_days_is_the_same_days():
    whole = draw_series(5, enterprises=20)
    span = Span(date(2025, 7, 1), date(2025, 8, 1))
    part = draw_series(5, enterprises=20, span=span)
    assert part.equals(whole.filter(pl.col("date").is_between(span.start, span.end, closed="left")))


def test_every_enterprise_has_every_day_and_uses_at_least_the_idle_kwh():
    series = draw_series(5, enterprises=30)
    assert series.height == 30 * DRAWN_SPAN.days
    assert series["kwh"].min() == 1
    assert series.is_duplicated().sum() == 0


def test_the_largest_neither_stops_nor_wanders_away():
    series = draw_series(1, enterprises=1_454)
    largest = series.group_by("customer").agg(
        pl.col("kwh").median().alias("level"), (pl.col("kwh") == 1).sum().alias("idle")
    )
    top = largest.sort("level", descending=True).head(3)
    assert top["idle"].max() < 20


def test_a_described_part_is_compared_figure_by_figure():
    one = shipped_description()
    assert {each.farthest_percent for each in compared(one, one)} == {0}
    described = describe(draw_series(1, enterprises=300))
    assert len(compared(one, described)) == len(compared(one, one))


def test_a_calibration_with_an_unknown_key_or_falling_shares_is_refused(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("source: x\nlevel_kwh: {50: 1, 10: 2}\nmore: 1\n", encoding="utf-8")
    with pytest.raises(UnableToReadDatedFileError) as caught:
        validated(read_yaml(path), Calibration, path=path)
    assert f"{path}:2: level_kwh" in caught.value.message
    assert f"{path}:3: more" in caught.value.message
