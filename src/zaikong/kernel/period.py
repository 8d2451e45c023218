"""Which days does a thing cover?

Periods are half-open `[start, end)`. In columns a date is a day number: days since 1970-01-01 (int64), because Spark
has no date spans in Narwhals; here are the two ways across.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from zaikong.kernel.refusal import Refusal

TIME_ZONE = ZoneInfo("Asia/Shanghai")
"""Every business date and instant is read here."""

_EPOCH = date(1970, 1, 1)
_MONTHS = 12


class UnableToReadMonthError(Refusal):
    """A text is not a month written YYYY-MM."""


def day_number(day: date) -> int:
    """Days since 1970-01-01 [day]."""
    return (day - _EPOCH).days


def date_of_day(day: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=day)


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
