"""On which day does the limitation period of this debt end?"""

from datetime import date
from typing import Literal

from pydantic import Field

from zaikong.application.cases.facts import Day, Facts, collected, frame
from zaikong.domain.law.limitation import DEBT_COLUMNS, INTERRUPTION_COLUMNS, limitation_clock, limitation_law
from zaikong.kernel.period import date_of_day, day_number

_DEBT = 1
_DEFAULT_YEARS = 3


class Event(Facts):
    """Something that may start the period anew."""

    date: Day
    kind: Literal["demand_delivered", "acknowledged", "part_payment", "payment_order", "suit", "claim_filed"]


class Input(Facts):
    """Facts."""

    due_date: Day
    events: list[Event] = Field(default_factory=list)
    years: int = Field(default=_DEFAULT_YEARS, ge=1, le=20)


class Expect(Facts):
    """Answer."""

    expires: Day = date.min


def answer(facts: Input) -> dict[str, object]:
    """Last day of the period, all events known."""
    events = [{"debt": _DEBT, "interruption": e.kind, "day": day_number(e.date)} for e in facts.events]
    known = max([facts.due_date, *(event.date for event in facts.events)])
    clock = limitation_clock(
        frame(DEBT_COLUMNS, [{"debt": _DEBT, "due_day": day_number(facts.due_date)}], rule="limitation_clock"),
        frame(INTERRUPTION_COLUMNS, events, rule="limitation_clock"),
        as_of_day=day_number(known),
        law=limitation_law(as_of=known, years=facts.years),
    )
    (row,) = collected(clock)
    return {"expires": date_of_day(row["expires_day"])}
