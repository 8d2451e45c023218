"""On which days does low use say nothing about a customer?

Days of rest, and the weeks around the Spring Festival in which workshops close before it and take up work after it.

Basis: the days of rest the State Council announces each year (`chinese_calendar`), in a year not yet announced the
fixed ones of 《全国年节及纪念日放假办法》 and the week of 1 October; first days of the lunar year by GB/T 33661-2017. How long
workshops close was measured on true daily use (`docs/measures/use_collapse.md`).
"""

from datetime import date
from typing import Final

import chinese_calendar

from zaikong.domain.law.calendar import is_announced
from zaikong.kernel.period import date_of_day, day_number
from zaikong.kernel.refusal import Refusal

DAYS_BEFORE_FESTIVAL: Final = 16
DAYS_AFTER_FESTIVAL: Final = 20

_NEW_YEARS: Final = (
    "2004-01-22 2005-02-09 2006-01-29 2007-02-18 2008-02-07 2009-01-26 2010-02-14 2011-02-03 2012-01-23 2013-02-10 "
    "2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 "
    "2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 "
    "2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 2040-02-12"
)
LUNAR_NEW_YEARS: Final = tuple(date.fromisoformat(day) for day in _NEW_YEARS.split())
"""First day of the lunar year, 2004 to 2040."""

_FESTIVALS: Final = {day.year: day for day in LUNAR_NEW_YEARS}
_FIXED_REST: Final = frozenset({(1, 1), *((5, day) for day in range(1, 6)), *((10, day) for day in range(1, 8))})


class UnableToNameQuietDaysError(Refusal):
    """The lunar new year of a year is not listed."""


def quiet_days(from_day: int, to_day: int) -> frozenset[int]:
    """Days that are no evidence of a collapse.

    Args:
        from_day: First day [day].
        to_day: First day after the last [day].

    Returns:
        Day numbers.

    Raises:
        UnableToNameQuietDaysError: `LUNAR_YEAR_UNKNOWN`.
    """
    return frozenset(day for day in range(from_day, to_day) if _is_quiet(date_of_day(day)))


def _is_quiet(day: date) -> bool:
    festival = _FESTIVALS.get(day.year)
    if festival is None:
        raise UnableToNameQuietDaysError(
            f"the lunar new year of {day.year} is not listed",
            code="LUNAR_YEAR_UNKNOWN",
            fields={"year": day.year},
            article="GB/T 33661-2017",
            remedy="Add it to LUNAR_NEW_YEARS.",
        )
    after = day_number(day) - day_number(festival)
    return -DAYS_BEFORE_FESTIVAL <= after <= DAYS_AFTER_FESTIVAL or _is_rest(day)


def _is_rest(day: date) -> bool:
    """Whether a day belongs to a named holiday; an ordinary weekend does not."""
    if not is_announced(day):
        return (day.month, day.day) in _FIXED_REST
    rests, name = chinese_calendar.get_holiday_detail(day)
    return bool(rests) and name is not None
