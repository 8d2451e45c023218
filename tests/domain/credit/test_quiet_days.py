from datetime import date

import chinese_calendar
import pytest
from chinese_calendar import constants

from zaikong.domain.credit.quiet_days import LUNAR_NEW_YEARS, UnableToNameQuietDaysError, quiet_days
from zaikong.kernel.period import date_of_day, day_number


def quiet(first: date, end: date) -> list[str]:
    return [str(date_of_day(day)) for day in sorted(quiet_days(day_number(first), day_number(end)))]


def test_the_weeks_around_the_spring_festival_are_quiet():
    days = quiet(date(2025, 1, 5), date(2025, 3, 1))
    assert (days[0], days[-1], len(days)) == ("2025-01-13", "2025-02-18", 37)


def test_named_holidays_are_quiet_and_weekends_and_working_saturdays_are_not():
    assert quiet(date(2024, 9, 25), date(2024, 10, 14)) == [f"2024-10-0{day}" for day in range(1, 8)]


def test_in_a_year_not_yet_announced_the_fixed_days_are_quiet():
    assert quiet(date(2039, 4, 28), date(2039, 5, 8)) == [f"2039-05-0{day}" for day in range(1, 6)]
    assert quiet(date(2039, 9, 28), date(2039, 10, 10)) == [f"2039-10-0{day}" for day in range(1, 8)]


def test_every_listed_new_year_lies_in_the_announced_festival():
    for day in LUNAR_NEW_YEARS:
        if day <= max(constants.holidays):
            assert chinese_calendar.get_holiday_detail(day) == (True, "Spring Festival")
    assert [day.year for day in LUNAR_NEW_YEARS] == list(range(2004, 2041))
    assert all(date(day.year, 1, 21) <= day <= date(day.year, 2, 20) for day in LUNAR_NEW_YEARS)


def test_a_year_that_is_not_listed_is_refused():
    with pytest.raises(UnableToNameQuietDaysError) as caught:
        quiet_days(day_number(date(2041, 1, 1)), day_number(date(2041, 1, 2)))
    assert caught.value.code == "LUNAR_YEAR_UNKNOWN"
