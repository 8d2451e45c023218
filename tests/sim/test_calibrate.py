"""A series is described by what it is: planted stops, collapses and weeks are found."""

from datetime import date, timedelta

import polars as pl
import pytest

from zaikong.sim.calibrate import calibrate, collapses, describe, idle_runs

from .made import FIRST, made_up


def day(number):
    return FIRST + timedelta(number)


def changed(customer, first, days, kwh, series=None):
    series = made_up().cast({"customer": pl.Int64, "kwh": pl.Int64}) if series is None else series
    here = (pl.col("customer") == customer) & pl.col("date").is_between(day(first), day(first + days - 1))
    return series.with_columns(kwh=pl.when(here).then(kwh).otherwise("kwh"))


def test_idle_runs_are_told_by_where_they_lie():
    series = changed(1, 0, 40, 1)
    series = changed(1, 100, 31, 0, series)
    series = changed(2, 600, 39, 1, series)
    series = changed(3, 0, 639, 1, series)
    assert idle_runs(series).select("customer", "days", "kind").rows() == [
        (1, 40, "head"),
        (1, 31, "middle"),
        (2, 39, "tail"),
        (3, 639, "whole"),
    ]


def test_a_fall_to_half_that_stays_is_a_collapse():
    series = changed(1, 210, 140, 40)
    found = collapses(series)
    assert found.select("customer", "collapse_date", "recovery_date").rows() == [(1, day(210), day(350))]
    assert found["left_permille"].to_list() == [400]


def test_exactly_half_is_a_collapse_and_a_little_more_is_not():
    assert collapses(changed(1, 210, 140, 50)).height == 1
    assert collapses(changed(1, 210, 140, 51)).height == 0


def test_a_fall_that_never_recovers_lasts():
    found = collapses(changed(2, 300, 339, 1))
    assert found["recovery_date"].to_list() == [None]


def test_a_fall_of_three_weeks_is_none():
    assert collapses(changed(1, 210, 21, 1)).height == 0


def test_a_second_collapse_is_found_after_a_recovery():
    series = changed(1, 210, 84, 10, changed(1, 420, 84, 10))
    assert collapses(series)["collapse_date"].to_list() == [day(210), day(420)]


def test_a_steady_series_is_described_as_steady():
    described = describe(made_up(5).cast({"customer": pl.Int64, "kwh": pl.Int64}))
    assert described["level_kwh"][50] == 300
    assert described["month_permille"] == [1000] * 12
    assert described["weekday"]["sunday_permille"][50] == 1000
    assert described["volatility"]["step_permille"][100] == 0
    assert described["idle"]["days_share"] == 0
    assert described["collapse"]["enterprises_share"] == 0
    assert described["spring_festival_permille"][0][50] == 1000


def test_a_described_sunday_is_what_it_is():
    series = made_up().cast({"customer": pl.Int64, "kwh": pl.Int64})
    series = series.with_columns(
        kwh=pl.when(pl.col("date").dt.weekday() == 7).then(pl.col("kwh") // 2).otherwise("kwh")
    )
    week = describe(series)["weekday"]
    assert week["sunday_permille"][50] == 500
    assert week["saturday_permille"][50] == 1000


def test_a_described_festival_is_what_it_is():
    series = changed(1, 49, 3, 20)
    feast = describe(series.filter(pl.col("customer") == 1))["spring_festival_permille"]
    # 2015-02-19 is day 49; in 2016 nothing happened.
    assert day(49) == date(2015, 2, 19)
    assert (feast[0][5], feast[0][95], feast[-1][50]) == (240, 960, 1000)


def test_a_calibration_names_its_source(series_file):
    described = calibrate(series_file)
    assert "race 231602" in described["source"]
    assert described["span"] == {
        "enterprises": 3,
        "first": date(2015, 1, 1),
        "last": date(2016, 9, 30),
        "mean_day_kwh": 600,
        "largest_share": 5_000,
        "largest_ten_share": 10_000,
    }


def test_a_description_does_not_depend_on_the_order_of_rows():
    series = changed(1, 210, 140, 40)
    shuffled = series.sample(fraction=1, shuffle=True, seed=3).sort("customer", "date")
    assert describe(series) == describe(shuffled)


@pytest.mark.parametrize("customers", [1, 2])
def test_few_enterprises_can_be_described(customers):
    assert (
        describe(made_up(customers).cast({"customer": pl.Int64, "kwh": pl.Int64}))["span"]["enterprises"] == customers
    )
