"""On which days does this county rest, and how far is a day from a holiday?

Basis: 国务院办公厅关于部分节假日安排的通知, one a year; the first day of the lunar year by GB/T 33661-2017.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

SPRING_FESTIVALS = (
    date(2015, 2, 19),
    date(2016, 2, 8),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
)
"""First day of the lunar year."""

FAR = 999
"""Distance given to a day that is near no holiday [days]."""


def labour_days(years: Sequence[int]) -> tuple[date, ...]:
    """1 May of each year."""
    return tuple(date(year, 5, 1) for year in years)


def national_days(years: Sequence[int]) -> tuple[date, ...]:
    """1 October of each year."""
    return tuple(date(year, 10, 1) for year in years)


def distances(start: date, end: date, feasts: Sequence[date], *, before: int, after: int) -> pl.DataFrame:
    """How many days each day lies after the feast near it.

    Args:
        start: First day.
        end: First day after the last.
        feasts: First day of each holiday.
        before: Days ahead of the feast that still count [days].
        after: Days behind it that still count [days].

    Returns:
        `date`, `offset` [days, Int64; `FAR` where no feast is near].
    """
    days = [start + timedelta(days=step) for step in range((end - start).days)]
    near = [
        next(((day - feast).days for feast in feasts if -before <= (day - feast).days <= after), FAR) for day in days
    ]
    return pl.DataFrame({"date": days, "offset": near}, schema={"date": pl.Date, "offset": pl.Int64})
