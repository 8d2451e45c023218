"""Which day does a period end on, and when does a year turn?

A due date that falls on a day of rest moves to the next working day. Days of rest are those the State Council
announces each year (with the working weekends it orders in exchange), read from `chinese_calendar`. A year not yet
announced, or before the first known, is judged by weekends and the fixed days of the regulation (1 January, 1 and 2
May, 1 to 3 October) and marked with a finding, because billing must not stop for a calendar: no working weekend is
assumed, so a wrong guess gives the customer a later day, except around the moving festivals, which the finding says.

A statutory late fee counts from a due date that has already been moved; the rules here are for setting it.

Basis: 《民法典》 articles 201 and 203; 《全国年节及纪念日放假办法》 article 2.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar
import narwhals as nw
from chinese_calendar import constants

from zaikong.kernel.finding import Finding
from zaikong.kernel.money import half_away
from zaikong.kernel.period import date_of_day, day_number

_FIRST_YEAR: int = min(constants.holidays).year
_LAST_YEAR: int = max(constants.holidays).year
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_SATURDAY = 5

_LEAP_YEAR = 1968
_DAYS_1968_TO_EPOCH = 731
_DAYS_IN_FOUR_YEARS = 1461
_STEP = 256


def is_announced(day: date) -> bool:
    """Whether the days of rest of its year are known."""
    return _FIRST_YEAR <= day.year <= _LAST_YEAR


def is_working_day(day: date) -> bool:
    """Whether offices work on a day; a working weekend ordered in exchange is one."""
    if is_announced(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < _SATURDAY and (day.month, day.day) not in _FIXED


def working_day_from(day: date) -> date:
    """The day itself if it is a working day, else the next one."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def due_date(day: date) -> tuple[date, list[Finding]]:
    """Where a due date falls after article 203.

    Args:
        day: The last day of the payment period as counted.

    Returns:
        The due date, and a finding when the days of rest of a year it looked at are not announced.
    """
    moved = working_day_from(day)
    if is_announced(day) and is_announced(moved):
        return moved, []
    unknown = day if not is_announced(day) else moved
    message = (
        f"days of rest of {unknown.year} are not known (known: {_FIRST_YEAR} to {_LAST_YEAR}); weekends and fixed "
        f"holidays were used, moving festivals were not; upgrade chinesecalendar and set the date again"
    )
    return moved, [Finding("CALENDAR_NOT_ANNOUNCED", unknown.isoformat(), message, "《民法典》 第二百零三条")]


def due_days(from_day: int, to_day: int) -> Iterator[tuple[int, int]]:
    """Day number and the working day it moves to, for each day of a half-open period [day]."""
    for day in range(from_day, to_day):
        yield day, day_number(working_day_from(date_of_day(day)))


def moved_due_days(bills: nw.LazyFrame, calendar: nw.LazyFrame) -> nw.LazyFrame:
    """Move due dates over columns.

    Args:
        bills: Any rows with `due_day` [day].
        calendar: The rows of `due_days` as `day`, `working_day`, covering every `due_day`.

    Returns:
        The rows with `due_day` moved; null where the calendar does not cover the day, which an engine entry refuses.
    """
    columns = bills.collect_schema().names()
    return (
        bills.join(calendar.select(due_day="day", _moved="working_day"), on="due_day", how="left")
        .with_columns(due_day=nw.col("_moved"))
        .select(columns)
    )


def calendar_year(day: nw.Expr) -> nw.Expr:
    """Calendar year of a day number, by integers alone.

    Args:
        day: int64 day number between 1970-01-01 and 2099-12-31 (no century year without a leap day lies between).

    Returns:
        int64 year.
    """
    return _floor((day + _DAYS_1968_TO_EPOCH) * 4, _DAYS_IN_FOUR_YEARS) + _LEAP_YEAR


def new_year_day(year: nw.Expr) -> nw.Expr:
    """Day number of 1 January of a year between 1970 and 2100.

    Args:
        year: int64; a column made by `calendar_year` first, for an expression inside it would be computed many times.

    Returns:
        int64 day number.
    """
    return _floor((year - _LEAP_YEAR) * _DAYS_IN_FOUR_YEARS + 3, 4) - _DAYS_1968_TO_EPOCH


def _floor(x: nw.Expr, unit: int) -> nw.Expr:
    # half_away of x - unit/2 is the floor of x/unit for x above unit/2; the step makes its unit a multiple of 256
    return half_away(x * (2 * _STEP) - unit * _STEP + _STEP, unit * 2 * _STEP)
