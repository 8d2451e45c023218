"""Which days does a thing cover?

Periods are half-open `[start, end)`. In columns a date is a day number: days since 1970-01-01 (int64), because Spark
has no date spans in Narwhals; a moment is microseconds since that day's midnight by the clock on the wall in
Asia/Shanghai, so that a day is always 24 hours long and whole days of moments are day numbers. Here are the ways across.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from zaikong.kernel.refusal import Refusal

TIME_ZONE = ZoneInfo("Asia/Shanghai")
"""Every business date and instant is read here."""

MINUTE = 60_000_000
"""Moment units in a minute [us]."""

HOUR = 60 * MINUTE
"""Moment units in an hour [us]."""

DAY = 24 * HOUR
"""Moment units in a day [us]."""

_EPOCH = date(1970, 1, 1)
_MIDNIGHT = datetime(1970, 1, 1)  # noqa: DTZ001 -- the clock on the wall carries no zone
_MICROSECOND = timedelta(microseconds=1)
_MONTHS = 12


class UnableToReadMonthError(Refusal):
    """A text is not a month written YYYY-MM."""


def day_number(day: date) -> int:
    """Days since 1970-01-01 [day]."""
    return (day - _EPOCH).days


def date_of_day(day: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=day)


def moment_number(at: datetime) -> int:
    """Microseconds since 1970-01-01T00:00 by the clock on the wall in Asia/Shanghai [us].

    Args:
        at: A moment; one without a zone is read as that clock.
    """
    wall = at if at.tzinfo is None else at.astimezone(TIME_ZONE).replace(tzinfo=None)
    return (wall - _MIDNIGHT) // _MICROSECOND


def moment_of_number(moment: int) -> datetime:
    """The moment of a moment number, in Asia/Shanghai."""
    return (_MIDNIGHT + moment * _MICROSECOND).replace(tzinfo=TIME_ZONE)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, such as an 电费年月.

    Attributes:
        year: Calendar year.
        month: 1 to 12.
    """

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month that holds a day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2025-07` or `202507`.

        Raises:
            UnableToReadMonthError: Neither form.
        """
        digits = text.strip().replace("-", "")
        if len(digits) == 6 and digits.isdigit() and 1 <= int(digits[4:]) <= _MONTHS:  # noqa: PLR2004 -- YYYYMM
            return cls(int(digits[:4]), int(digits[4:]))
        raise UnableToReadMonthError(
            f"{text!r} is not a month", code="MONTH_UNREADABLE", fields={"month": text}, remedy="Write YYYY-MM."
        )

    @property
    def start(self) -> date:
        """First day."""
        return date(self.year, self.month, 1)

    @property
    def end(self) -> date:
        """First day of the next month (half-open)."""
        return self.shifted(1).start

    @property
    def last_day(self) -> date:
        """Last day."""
        return self.end - timedelta(days=1)

    @property
    def number(self) -> int:
        """`YYYYMM` as an integer, the form a column holds."""
        return self.year * 100 + self.month

    def shifted(self, months: int) -> "Month":
        """The month `months` later (earlier if negative)."""
        index = self.year * _MONTHS + self.month - 1 + months
        return Month(index // _MONTHS, index % _MONTHS + 1)

    def days(self) -> Iterator[date]:
        """Every day of the month in order."""
        day = self.start
        while day < self.end:
            yield day
            day += timedelta(days=1)

    def __str__(self) -> str:
        """`YYYY-MM`."""
        return f"{self.year:04d}-{self.month:02d}"
