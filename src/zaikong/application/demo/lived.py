"""What did a day of the sample county's people come to, and which refusals are part of life?"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.kernel.refusal import Refusal

LIFE_REFUSES: Final = frozenset(
    {
        # the money, or a dispute, came first
        "NOTHING_OVERDUE",
        "NOTHING_OWED",
        "PAYMENT_IN_TRANSIT",
        "PREPAID_WAITS",
        "ACCOUNT_DISPUTED",
        "AMOUNT_WRONG",
        "CASE_CLOSED",
        "CASE_STATE_WRONG",
        "DEBT_CHANGED",
        "DISPUTE_OPEN",
        "PROMISE_OPEN",
        "DRAFT_OPEN",
        # the rules of a cut
        "ROLE_MISSING",
        "NO_STOP_NOTICE",
        "CUT_TIME_OTHER",
    }
)
"""Codes of refusals that are no fault of the sample county."""


@dataclass(slots=True)
class DayLived:
    """What a day came to.

    Attributes:
        done: What was done to how often, such as `call` or `served`.
        refused: Code of a verb's refusal to how often.
    """

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def tried(self, what: str, act: Callable[..., Any], **given: Any) -> Any:
        """Call a verb; None where it refused for a reason life brings about."""
        try:
            made = act(**given)
        except Refusal as refusal:
            if refusal.code not in LIFE_REFUSES:
                raise
            self.refused[refusal.code] += 1
            return None
        self.done[what] += 1
        return made


def counted(lived: Iterable[DayLived]) -> dict[str, dict[str, int]]:
    """What some days came to together: `done` and `refused`."""
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for each in lived:
        done.update(each.done)
        refused.update(each.refused)
    return {"done": dict(sorted(done.items())), "refused": dict(sorted(refused.items()))}


def moment(day: date, minute: int) -> datetime:
    """A minute of a day by the clock of the county."""
    return datetime.combine(day, time(minute // 60, minute % 60), TIME_ZONE)


def day_of(at: datetime) -> int:
    """The day a moment lies on [day]."""
    return day_number(at.astimezone(TIME_ZONE).date())


def counter_of(account_no: str) -> int:
    """An account's number as the counter of its draws; the same in every database of a seed."""
    return int("".join(sign for sign in account_no if sign.isdigit())[-18:] or 0)
