"""Planted faults are what their list says, and all else is true."""

from datetime import timedelta

import polars as pl

from zaikong.kernel.period import date_of_day, day_number
from zaikong.sim.county import County, readings_of
from zaikong.sim.faults import KINDS, plan_faults, planted

ROW = ["meter_no", "register"]


def of_kind(county, kind):
    return county.faults.filter(kind=kind)


def arrived(county, fault, later=0):
    day = fault["from_day"] + later
    rows = planted(county.seed, county.register_values, county.faults, day=day).filter(account=fault["account"])
    true = county.register_values.filter((pl.col("day") == day) & (pl.col("account") == fault["account"]))
    return rows, true


def test_every_kind_is_planted_in_a_few_meters(county: County):
    counts = dict(county.faults["kind"].value_counts().iter_rows())
    assert set(counts) == set(KINDS)
    assert min(counts.values()) >= 5
    assert 0.05 < county.faults.height / county.meters.height < 0.1


def test_a_meter_fails_at_most_once(county: County):
    assert county.faults["meter_no"].n_unique() == county.faults.height
    nights = (day_number(county.nights.start), day_number(county.nights.end))
    assert county.faults.filter((pl.col("from_day") <= nights[0]) | (pl.col("from_day") >= nights[1])).height == 0


def test_missing_readings_stay_away_for_one_to_five_days(county: County):
    lasts = of_kind(county, "missing").select(days=pl.col("to_day") - pl.col("from_day"))["days"]
    assert (lasts.min(), lasts.max()) == (1, 5)
    for fault in of_kind(county, "missing").head(5).iter_rows(named=True):
        assert arrived(county, fault)[0].height == 0
        after, true = arrived(county, fault, fault["to_day"] - fault["from_day"])
        assert after.height == true.height


def test_a_duplicate_is_the_same_row_twice(county: County):
    for fault in of_kind(county, "duplicate").iter_rows(named=True):
        rows, true = arrived(county, fault)
        assert rows.unique().height * 2 == rows.height == true.height * 2


def test_a_spike_lies_far_above_and_is_gone_the_next_day(county: County):
    for fault in of_kind(county, "spike").iter_rows(named=True):
        rows, true = arrived(county, fault)
        gap = rows.join(true, on=ROW).select(pl.col("value_centi") - pl.col("value_centi_right")).to_series()
        assert gap.min() >= 80_000
    rows, true = arrived(county, fault, 1)
    assert rows["value_centi"].equals(true["value_centi"])


def test_a_register_that_runs_backwards_shows_less_than_the_evening_before(county: County):
    for fault in of_kind(county, "backwards").iter_rows(named=True):
        rows, _ = arrived(county, fault)
        before = county.register_values.filter(
            (pl.col("day") == fault["from_day"] - 1) & (pl.col("account") == fault["account"])
        )
        assert rows.join(before, on=ROW).filter(pl.col("value_centi") >= pl.col("value_centi_right")).height == 0


def test_a_frozen_register_stays_and_then_shows_all_that_was_used(county: County):
    for fault in of_kind(county, "frozen").head(5).iter_rows(named=True):
        still = county.register_values.filter(
            (pl.col("day") == fault["from_day"] - 1) & (pl.col("account") == fault["account"])
        )["value_centi"]
        for later in range(fault["to_day"] - fault["from_day"]):
            assert arrived(county, fault, later)[0]["value_centi"].equals(still)
        rows, true = arrived(county, fault, fault["to_day"] - fault["from_day"])
        assert rows["value_centi"].equals(true["value_centi"])


def test_a_clock_runs_days_ahead(county: County):
    for fault in of_kind(county, "future_clock").iter_rows(named=True):
        rows, _ = arrived(county, fault)
        assert rows["clock_days"].min() >= 3
        day = date_of_day(fault["from_day"])
        read_at = readings_of(county, day).filter(meter_no=fault["meter_no"])["read_at"].dt.date()
        assert read_at.min() > day + timedelta(1)


def test_an_unknown_meter_comes_beside_the_known_one(county: County):
    known = set(county.meters["meter_no"])
    for fault in of_kind(county, "unknown_meter").iter_rows(named=True):
        rows, true = arrived(county, fault)
        strangers = rows.filter(~pl.col("meter_no").is_in(list(known)))
        assert (strangers.height, rows.height) == (true.height, 2 * true.height)


def test_a_day_without_faults_is_true(small_county: County):
    none = small_county.faults.head(0)
    day = day_number(small_county.nights.start)
    rows = planted(small_county.seed, small_county.register_values, none, day=day)
    assert rows.drop("clock_days").equals(small_county.register_values.filter(day=day))


def test_fewer_nights_have_fewer_faults():
    meters = pl.DataFrame({"account": range(5_000), "account_no": ["x"] * 5_000, "meter_no": ["y"] * 5_000})
    whole = plan_faults(1, meters, first_night=20_000, nights=92).height
    part = plan_faults(1, meters, first_night=20_000, nights=23).height
    assert 3 < whole / part < 5
