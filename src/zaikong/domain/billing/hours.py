"""Which register does each hour of a month's day belong to?

Basis: the province's time-of-use order; for Henan 豫发改价管〔2024〕283号.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.refusal import Refusal

HOURS = 24

Span = tuple[int, int]
"""Whole hours `[from, to)` of a day; `(16, 24)` ends at midnight."""


class UnableToCoverDayError(Refusal):
    """Hours of a day are named twice or not at all, or a month has none or two tables."""


class DayHours(BaseModel):
    """The hours of a day, the same for some months.

    Attributes:
        months: Calendar months the table holds for.
        sharp: Hours of register 尖.
        peak: Hours of register 峰, without those of 尖.
        flat: Hours of register 平.
        valley: Hours of register 谷.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    months: tuple[int, ...] = Field(min_length=1)
    sharp: tuple[Span, ...] = ()
    peak: tuple[Span, ...] = ()
    flat: tuple[Span, ...] = ()
    valley: tuple[Span, ...] = ()

    @model_validator(mode="after")
    def _spans_lie_in_the_day(self) -> Self:
        for register in REGISTERS:
            for start, end in getattr(self, register):
                if not 0 <= start < end <= HOURS:
                    raise ValueError(f"{register} hours {start}-{end} are not inside 0-24")
        return self

    def table(self) -> tuple[str, ...]:
        """The register of each of the 24 hours.

        Raises:
            UnableToCoverDayError: An hour is named twice or not at all.
        """
        named: dict[int, list[str]] = {hour: [] for hour in range(HOURS)}
        for register in REGISTERS:
            for start, end in getattr(self, register):
                for hour in range(start, end):
                    named[hour].append(register)
        wrong = [
            f"{hour}:00 {'is ' + ' and '.join(names) if names else 'has none'}"
            for hour, names in named.items()
            if len(names) != 1
        ]
        if wrong:
            raise UnableToCoverDayError(
                f"months {', '.join(map(str, self.months))}: each hour needs one register, but " + ", ".join(wrong),
                code="HOURS_NOT_COVERED",
                fields={"months": self.months},
                remedy="Name every hour of the day once.",
            )
        return tuple(names[0] for names in named.values())


def check_hours(tables: Iterable[DayHours], months: Sequence[int]) -> None:
    """See that every month has one table and every table covers the day once.

    Raises:
        UnableToCoverDayError: It is not so.
    """
    seen: Counter[int] = Counter()
    for table in tables:
        table.table()
        seen.update(table.months)
    wrong = [month for month in months if seen[month] != 1] + [month for month in seen if month not in range(1, 13)]
    if wrong:
        raise UnableToCoverDayError(
            "months without exactly one table of hours: " + ", ".join(map(str, wrong)),
            code="MONTHS_NOT_COVERED",
            fields={"months": wrong},
            remedy="Name every month once.",
        )


def refuse_hours(tables: Iterable[DayHours], months: Sequence[int]) -> None:
    """`check_hours` for a model that carries the tables.

    Raises:
        ValueError: As pydantic wants it.
    """
    try:
        check_hours(tables, months)
    except UnableToCoverDayError as error:
        raise ValueError(error.message) from error
