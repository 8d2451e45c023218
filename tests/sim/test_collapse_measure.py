"""Planted collapses are found and counted; the page says what the code measures."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from zaikong.sim.collapse_measure import LEFT_PERCENT, Found, Measured, measure, replay

from .made import made_up

PAGE = Path(__file__).resolve().parents[2] / "docs" / "measures" / "use_collapse.md"
FIRST, LAST = date(2015, 3, 15), date(2015, 11, 20)


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    """A half of three customers that use the same every day, but one that rests for eleven days in July."""
    rests = pl.col("date").is_between(date(2015, 7, 6), date(2015, 7, 16)) & (pl.col("customer") == 4)
    series = made_up(6, first=FIRST, last=LAST).with_columns(kwh=pl.when(rests).then(1).otherwise("kwh"))
    path = tmp_path_factory.mktemp("series") / "daily.parquet"
    series.write_parquet(path)
    return measure(path, seed=1, half=0)


def test_every_planted_collapse_of_a_steady_customer_is_found_on_its_seventh_day(steady: Measured):
    assert list(steady.found) == list(LEFT_PERCENT)
    planted = sum(found.planted for found in steady.found.values())
    assert planted > 4
    assert sum(found.by_days[7] for found in steady.found.values()) == planted
    assert steady.lasting == steady.found


def test_a_rest_of_eleven_days_is_counted_as_one_false_alarm(steady: Measured):
    alarmed = steady.alarmed
    assert (alarmed.true, alarmed.false, alarmed.undecided) == (0, 1, 0)
    assert (alarmed.accounts, alarmed.calm_accounts) == (3, 2)
    assert alarmed.account_days - alarmed.used_days == 11


def test_a_replayed_night_sees_no_later_day():
    series = made_up(1, first=FIRST, last=date(2015, 6, 30)).select(
        account=pl.col("customer").cast(pl.Int64),
        day=pl.col("date").to_physical().cast(pl.Int64),
        centi_kwh=pl.when(pl.col("date") < date(2015, 6, 1)).then(10_000).otherwise(0).cast(pl.Int64),
        source=pl.lit("measured"),
    )
    whole = replay(series)
    cut = replay(series.filter(pl.col("day") <= pl.col("day").max() - 10))
    assert cut.height > 0
    assert whole.filter(pl.col("night") <= cut["night"].max()).equals(cut)


def test_what_is_found_within_ten_days_is_the_sum_of_its_days():
    assert Found(10, {7: 3, 9: 2}, 4).within == 5


def test_the_page_keeps_the_bounds_it_was_measured_for():
    rows = [line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    shares = {row[1].strip(): float(row[3].split("%")[0]) for row in rows if " of " in row[3]}
    assert list(shares) == list(LEFT_PERCENT)
    assert min(shares.values()) >= 90
    reported = next(row for row in rows if row[1].strip() == "reported")
    assert float(reported[6]) < 1
    assert float(reported[7]) < 1
