"""What did a meter truly do, and when?

The meter's own record, which no fault of the line touches: it proves that a command was executed exactly once, and it
tells the moment supply was back. Reading is only counted; what is told and what moves is written down.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ActKind(StrEnum):
    """What a meter did."""

    TRIP_TAKEN = "trip_taken"
    """A trip was accepted, moved or not."""
    TRIAL_TAKEN = "trial_taken"
    PERMIT_TAKEN = "permit_taken"
    CLOSE_TAKEN = "close_taken"
    RETAIN_TAKEN = "retain_taken"
    RETAIN_OFF_TAKEN = "retain_off_taken"
    ALARM_TAKEN = "alarm_taken"
    ALARM_OFF_TAKEN = "alarm_off_taken"
    DENIED = "denied"
    """A command was refused; the word says why."""
    OPENED = "opened"
    """The contact opened: supply went off."""
    CLOSED = "closed"
    """The contact closed: supply came back."""
    CLOCK_SET = "clock_set"
    BUTTON = "button"
    POWER_LOST = "power_lost"
    POWER_BACK = "power_back"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a meter did.

    Attributes:
        kind: What.
        ticks: When, by the machine's clock that never goes back [s]; comparable between processes of one machine.
        wall: When, by the meter's own clock, right or wrong.
        word: Which refusal, where it is one.
    """

    kind: ActKind
    ticks: float
    wall: datetime
    word: str = ""


@dataclass(slots=True)
class MeterRecord:
    """The record of one meter.

    Attributes:
        acts: What it did, in order.
        asked: Frames it understood as meant for it.
    """

    acts: list[Act] = field(default_factory=list)
    asked: int = 0

    def count(self, *kinds: ActKind) -> int:
        """How often it did any of `kinds`."""
        return sum(act.kind in kinds for act in self.acts)

    def last(self, kind: ActKind) -> Act:
        """The last time it did `kind`.

        Raises:
            LookupError: It never did.
        """
        for act in reversed(self.acts):
            if act.kind is kind:
                return act
        raise LookupError(f"never {kind}")

    def first_since(self, kind: ActKind, ticks: float) -> Act:
        """The first time it did `kind` at or after `ticks` [s].

        Raises:
            LookupError: It has not since.
        """
        for act in self.acts:
            if act.kind is kind and act.ticks >= ticks:
                return act
        raise LookupError(f"not {kind} since")
