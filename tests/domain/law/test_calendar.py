"""Days of rest, due dates and the turn of the year."""

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.law.calendar import (
    calendar_year,
    due_date,
    due_days,
    is_announced,
    is_working_day,
    moved_due_days,
    new_year_day,
    working_day_from,
)
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import date_of_day, day_number


def years_and_turns(frame: nw.LazyFrame) -> nw.LazyFrame:
    return frame.select("day", year=calendar_year(nw.col("day"))).with_columns(turn=new_year_day(nw.col("year") + 1))


def test_a_due_date_on_a_working_day_stays():
    assert due_date(date(2025, 9, 30)) == (date(2025, 9, 30), [])


def test_a_due_date_on_a_saturday_moves_to_monday():
    assert due_date(date(2025, 9, 20)) == (date(2025, 9, 22), [])


def test_a_due_date_in_the_national_day_holiday_moves_behind_it():
    assert due_date(date(2025, 10, 1)) == (date(2025, 10, 9), [])


def test_a_working_weekend_ordered_in_exchange_is_a_working_day():
    assert due_date(date(2025, 9, 28)) == (date(2025, 9, 28), [])
    assert is_working_day(date(2025, 10, 11))


def test_a_bridge_day_ordered_off_is_not_a_working_day():
    assert not is_working_day(date(2025, 5, 5))
    assert due_date(date(2025, 5, 5)) == (date(2025, 5, 6), [])


def test_a_year_not_announced_uses_weekends_and_fixed_holidays_and_says_so():
    moved, findings = due_date(date(2098, 5, 1))
    assert moved == date(2098, 5, 5)
    assert [(finding.code, finding.subject) for finding in findings] == [("CALENDAR_NOT_ANNOUNCED", "2098-05-01")]


def test_a_year_not_announced_says_so_also_for_a_date_that_does_not_move():
    moved, findings = due_date(date(2098, 7, 9))
    assert moved == date(2098, 7, 9)
    assert [type(finding) for finding in findings] == [Finding]


def test_a_due_date_that_moves_into_a_year_not_announced_says_so():
    last = date(2000, 1, 1)
    while not (is_announced(last) and not is_announced(last + timedelta(days=1))):
        last += timedelta(days=1)
    moved, findings = due_date(last)
    assert len(findings) == (0 if moved == last else 1)


@given(st.dates(date(2004, 1, 1), date(2026, 12, 1)))
def test_a_moved_due_date_is_the_first_working_day(day):
    moved = working_day_from(day)
    assert is_working_day(moved)
    between = range(day_number(day), day_number(moved))
    assert [number for number in between if is_working_day(date_of_day(number))] == []


def test_due_days_cover_a_half_open_period():
    first = day_number(date(2025, 9, 19))
    assert list(due_days(first, first + 4)) == [
        (first, first),
        (first + 1, first + 3),
        (first + 2, first + 3),
        (first + 3, first + 3),
    ]


@pytest.mark.spark
def test_columns_of_due_days_move_on_both_engines(on_both):
    first = day_number(date(2025, 9, 1))
    calendar = pl.DataFrame(list(due_days(first, first + 60)), schema=["day", "working_day"], orient="row")
    days = [day_number(date(2025, 9, 20)), day_number(date(2025, 10, 1)), day_number(date(2025, 9, 5))]
    bills = pl.DataFrame({"bill": [1, 2, 3], "due_day": days})
    rows = on_both(moved_due_days, bills, calendar)
    moved = [date(2025, 9, 22), date(2025, 10, 9), date(2025, 9, 5)]
    assert rows == [{"bill": n, "due_day": day_number(day)} for n, day in enumerate(moved, start=1)]


def test_a_due_day_outside_the_calendar_is_null_and_not_guessed():
    bills = nw.from_native(pl.LazyFrame({"bill": [1], "due_day": [5]}))
    calendar = nw.from_native(pl.LazyFrame({"day": [6], "working_day": [6]}))
    assert moved_due_days(bills, calendar).collect()["due_day"].to_list() == [None]


def test_every_day_of_130_years_has_its_year_and_its_next_new_year():
    days = list(range(day_number(date(1970, 1, 1)), day_number(date(2099, 12, 31)) + 1))
    frame = nw.from_native(pl.LazyFrame({"day": pl.Series(days, dtype=pl.Int64)}))
    years = [date_of_day(day).year for day in days]
    turns = [day_number(date(year + 1, 1, 1)) for year in years]
    assert years_and_turns(frame).collect().rows() == list(zip(days, years, turns, strict=True))


@pytest.mark.spark
def test_the_year_turns_on_spark_as_on_polars(on_both):
    on_both(years_and_turns, pl.DataFrame({"day": [0, 364, 365, 789, 790, 19722, 19723, 20088, 20089, 40000]}))
