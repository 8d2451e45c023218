"""Months, days and day numbers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.kernel.period import (
    DAY,
    HOUR,
    MINUTE,
    TIME_ZONE,
    Month,
    UnableToReadMonthError,
    date_of_day,
    day_number,
    moment_number,
    moment_of_number,
)


@given(st.dates(date(1970, 1, 1), date(2069, 12, 31)))
def test_a_day_number_leads_back_to_its_date(day):
    assert date_of_day(day_number(day)) == day


@given(st.datetimes(datetime(1992, 1, 1), datetime(2069, 12, 31)))
def test_a_moment_number_leads_back_to_its_moment(at):
    assert moment_of_number(moment_number(at)) == at.replace(tzinfo=TIME_ZONE)
    assert divmod(moment_number(at), DAY)[0] == day_number(at.date())


def test_a_moment_with_a_zone_is_read_in_shanghai():
    at = datetime(2024, 4, 2, 2, 0, tzinfo=UTC)
    assert moment_number(at) == moment_number(datetime(2024, 4, 2, 10, 0))
    assert moment_of_number(moment_number(at)) == at


def test_units_of_a_moment():
    start = datetime(2024, 2, 29, 23, 59)
    for unit, span in ((MINUTE, timedelta(minutes=1)), (HOUR, timedelta(hours=1)), (DAY, timedelta(days=1))):
        assert moment_number(start + span) - moment_number(start) == unit


def test_day_zero_is_the_first_of_1970():
    assert day_number(date(1970, 1, 1)) == 0


@pytest.mark.parametrize(("month", "end"), [("2024-02", date(2024, 3, 1)), ("202512", date(2026, 1, 1))])
def test_a_month_is_half_open(month, end):
    assert Month.parse(month).end == end


@pytest.mark.parametrize(("months", "expected"), [(1, "2026-01"), (-12, "2024-12"), (0, "2025-12"), (13, "2027-01")])
def test_months_are_counted_over_the_turn_of_the_year(months, expected):
    assert str(Month(2025, 12).shifted(months)) == expected


def test_february_of_a_leap_year_has_29_days():
    assert len(list(Month(2024, 2).days())) == 29


@pytest.mark.parametrize("text", ["", "2025-13", "2025-00", "25-01", "July", "2025-1"])
def test_what_is_no_month_is_refused(text):
    with pytest.raises(UnableToReadMonthError) as refusal:
        Month.parse(text)
    assert refusal.value.code == "MONTH_UNREADABLE"


def test_the_number_of_a_month_is_what_a_column_holds():
    assert Month(2025, 7).number == 202507
