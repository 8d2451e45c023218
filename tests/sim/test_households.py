"""Homes, farms and public places: who they are, and use that follows heat, cold, absence, fields and school."""

from datetime import date

import polars as pl
import pytest

from zaikong.sim.county import County
from zaikong.sim.enterprise_series import Span
from zaikong.sim.households import house_use, households

START = date(2024, 7, 1)
YEAR = Span(START, date(2025, 7, 1))


@pytest.fixture(scope="module")
def houses() -> pl.DataFrame:
    return households(3, count=1_500, start=START)


@pytest.fixture(scope="module")
def use(houses) -> pl.DataFrame:
    return house_use(3, houses, YEAR).join(houses, on="account").with_columns(month=pl.col("date").dt.month())


def mean_by_month(use, **where):
    months = use.filter(**where).group_by("month").agg(pl.col("centi_kwh").mean()).sort("month")
    return dict(months.iter_rows())


def test_the_classes_are_as_many_as_asked_for(county: County):
    counts = dict(county.customers["category"].value_counts().iter_rows())
    assert (counts["residential"], counts["agricultural"], counts["public"]) == (2_600, 250, 150)
    assert counts["industrial"] + counts["business"] == 1_454


def test_some_households_have_five_or_more_and_some_are_poor(houses):
    homes = houses.filter(category="residential")
    large = homes.select((pl.col("household_size") >= 5).mean()).item()
    assert 0.1 < large < 0.25
    assert 0.01 < homes["low_income"].mean() < 0.06
    assert not houses.filter(pl.col("category") != "residential")["low_income"].any()


def test_homes_use_most_in_heat_and_cold(use):
    month = mean_by_month(use, category="residential")
    assert min(month[7], month[8], month[1]) > 1.3 * max(month[4], month[5], month[10])


def test_schools_rest_in_summer_and_in_february(use):
    school = mean_by_month(use.filter(pl.col("industry").is_in(["小学", "初级中学"])))
    assert max(school[2], school[7], school[8]) < 0.6 * min(school[3], school[9], school[10])


def test_lamps_burn_longer_in_winter(use):
    lamps = mean_by_month(use, industry="路灯管理所")
    assert lamps[12] > 1.3 * lamps[6]


def test_wells_run_in_the_watering_seasons_only(use):
    wells = mean_by_month(use, industry="农田灌溉")
    assert min(wells[3], wells[6], wells[8], wells[10]) > 20 * max(wells[1], wells[2])


def test_empty_houses_use_next_to_nothing_but_for_visits_and_the_festival(use):
    homes = use.filter(category="residential").filter(pl.col("away_days") == 0)
    ordinary = homes.filter(month=11).group_by("lives").agg(pl.col("centi_kwh").mean()).sort("lives")["centi_kwh"]
    assert ordinary[1] < 0.1 * ordinary[0]
    festival = homes.filter(pl.col("date") == date(2025, 1, 29)).group_by("lives").agg(pl.col("centi_kwh").mean())
    assert festival.sort("lives")["centi_kwh"][1] > 0.5 * festival.sort("lives")["centi_kwh"][0]


def test_a_family_away_uses_little(use):
    away = use.filter((pl.col("away_days") > 0) & (pl.col("lives") == 0))
    since = (pl.col("date") - pl.lit(START)).dt.total_days() - pl.col("away_from")
    means = (
        away.group_by(gone=since.is_between(0, pl.col("away_days") - 1)).agg(pl.col("centi_kwh").mean()).sort("gone")
    )
    assert means["centi_kwh"][1] < 0.15 * means["centi_kwh"][0]


def test_one_in_forty_joins_during_the_history_and_uses_nothing_before(houses, use):
    joined = houses.filter(pl.col("contract_date") > START)
    assert 0.01 < joined.height / houses.height < 0.04
    assert joined["contract_date"].max() < YEAR.end
    first = use.group_by("account").agg(pl.col("date").min().alias("first"), pl.col("contract_date").first())
    assert first.filter(pl.col("first") != pl.max_horizontal("contract_date", pl.lit(START))).height == 0


def test_use_is_never_negative_and_of_every_day(use, houses):
    assert use["centi_kwh"].min() >= 0
    settled = houses.filter(pl.col("contract_date") <= START)["account"]
    assert use.filter(pl.col("account").is_in(settled.to_list())).group_by("account").len()[
        "len"
    ].unique().to_list() == [365]


def test_a_later_end_changes_no_earlier_day(houses):
    short = house_use(3, houses, Span(START, date(2024, 9, 1)))
    longer = house_use(3, houses, Span(START, date(2024, 12, 1))).filter(pl.col("date") < date(2024, 9, 1))
    assert short.sort("account", "day").equals(longer.sort("account", "day"))


def test_about_six_in_a_hundred_are_prepaid_by_agreement(county: County):
    prepaid = county.customers.filter(payment_mode="prepaid")
    assert 0.05 < prepaid.height / county.customers.height < 0.07
    signed = county.agreements.join(prepaid, on="account_no")
    assert signed.height == county.agreements.height == prepaid.height
    assert (signed["prepaid_agreement_date"] == signed["contract_date"]).all()


def test_important_public_places_are_never_prepaid(county: County):
    important = county.customers.filter(pl.col("important") != "none")
    assert important.height > 10
    assert important["payment_mode"].unique().to_list() == ["post_paid"]
