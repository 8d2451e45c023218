"""Which settlements end on a day, and when are their bills due?

Most accounts settle once a month. A large account settles several times (分次结算): each settlement but the last is an
interim bill of the energy so far; the last closes the whole month and takes the interim bills off.

Basis: 供电营业规则, large users pay several times a month, generally three or more; the days are the company's and stand
in `schedule.yaml`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from zaikong.domain.law.calendar import working_day_from
from zaikong.kernel.dated import Basis, in_force, read_yaml, validated
from zaikong.kernel.period import Month

_FILE = Path(__file__).parent / "schedule.yaml"


class Schedule(BaseModel):
    """A dated version of the company's settlement days.

    Attributes:
        effective_from: First day in force.
        effective_to: First day no longer in force.
        basis: Source.
        due_days: Days from issue to the last day to pay [day].
        interim_due_days: The same for an interim bill [day].
        ends: Settlements a month to the days of the month on which they end, without the month's end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    effective_from: date
    effective_to: date | None = None
    basis: Basis
    due_days: int = Field(ge=1, le=60)
    interim_due_days: int = Field(ge=1, le=60)
    ends: dict[int, tuple[int, ...]]


class Schedules(BaseModel):
    """Every version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    versions: tuple[Schedule, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Settlement:
    """One settlement that ends.

    Attributes:
        settlements_a_month: For accounts with so many.
        sequence: Its place in the month, from 1.
        kind: `periodic`, `interim` or `closing`.
        from_date: First day.
        to_date: First day after it.
    """

    settlements_a_month: int
    sequence: int
    kind: str
    from_date: date
    to_date: date


@cache
def _schedules() -> Schedules:
    return validated(read_yaml(_FILE), Schedules, path=_FILE)


def schedule(*, as_of: date) -> Schedule:
    """The version in force on a day.

    Raises:
        UnableToFindValueError: None is.
    """
    return in_force(_schedules().versions, as_of=as_of, what="settlement schedule")


def settlements_ending(day: date) -> list[Settlement]:
    """The settlements whose last day is `day`."""
    month, rule = Month.of(day), schedule(as_of=day)
    found = []
    for count, ends in sorted(rule.ends.items()):
        edges = [month.start, *(date(month.year, month.month, end) + timedelta(days=1) for end in ends), month.end]
        for sequence, (start, end) in enumerate(pairwise(edges), start=1):
            if end - timedelta(days=1) == day:
                found.append(_settlement(count, sequence, start, end, month))
    return found


def _settlement(count: int, sequence: int, start: date, end: date, month: Month) -> Settlement:
    if end != month.end:
        return Settlement(count, sequence, "interim", start, end)
    return Settlement(count, sequence, "periodic" if count == 1 else "closing", month.start, month.end)


def due_date(issued: date, *, kind: str) -> date:
    """The last day to pay a bill issued on a day, moved off days of rest.

    Args:
        issued: Issue date.
        kind: `interim`, or any other kind of bill.
    """
    rule = schedule(as_of=issued)
    days = rule.interim_due_days if kind == "interim" else rule.due_days
    return working_day_from(issued + timedelta(days=days))
