"""What goes wrong between a virtual meter and whoever asks it, on order?

A fault stands until it is lifted, or spoils the next so many exchanges. Where an answer is spoiled on its way back the
meter has obeyed all the same: that is what makes such faults dangerous. Which of the two it is stands at each of them.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import repeat


class FaultKind(StrEnum):
    """What goes wrong."""

    SILENT = "silent"
    """The question never arrives: no answer, and nothing is done."""
    SLOW = "slow"
    """Done at once, answered `seconds` later."""
    GARBAGE = "garbage"
    """Done; the answer is bytes that are no frame."""
    HALF_FRAME = "half_frame"
    """Done; the answer breaks off."""
    WRONG_ADDRESS = "wrong_address"
    """Done; the answer comes under another meter's address."""
    WRONG_CHECK_SUM = "wrong_check_sum"
    """Done; the check of the answer does not fit."""
    HANGS_UP = "hangs_up"
    """Done; the connection ends in place of an answer."""
    REFUSES = "refuses"
    """Not done, and said so with `code`."""
    MOVES_BUT_ANSWER_LOST = "moves_but_answer_lost"
    """A command is done and its answer lost; what is read is answered."""
    SAYS_YES_AND_DOES_NOT_MOVE = "says_yes_and_does_not_move"
    """A command is taken and answered; the contact stays where it is."""
    CLOCK_WRONG = "clock_wrong"
    """The meter's clock is `seconds` off."""
    POWER_LOST = "power_lost"
    """No power at the meter: no answer, no use; everything is kept."""


CONDITIONS = frozenset({FaultKind.CLOCK_WRONG, FaultKind.POWER_LOST})
"""Faults of the meter and not of an exchange: they stand or do not."""
OF_COMMANDS = frozenset({FaultKind.REFUSES, FaultKind.MOVES_BUT_ANSWER_LOST, FaultKind.SAYS_YES_AND_DOES_NOT_MOVE})
"""Faults that never touch reading."""
_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: What goes wrong.
        seconds: How slow, or how far the clock is off [s].
        code: Error a refusal carries: the bits of the 645 error word, or the DAR of 698; 0 leaves it to the wire.
        commands_only: Whether reading goes on as if nothing were wrong.
    """

    kind: FaultKind
    seconds: float = 0.0
    code: int = 0
    commands_only: bool = False

    def spoils(self, *, command: bool) -> bool:
        """Whether it spoils an exchange that is a `command`, or is none."""
        return command or not (self.commands_only or self.kind in OF_COMMANDS)


def silent() -> Fault:
    """No answer, nothing done."""
    return Fault(FaultKind.SILENT)


def slow(seconds: float) -> Fault:
    """Answered `seconds` [s] late."""
    return Fault(FaultKind.SLOW, seconds=seconds)


def refuses(code: int = 0) -> Fault:
    """Refused with `code`."""
    return Fault(FaultKind.REFUSES, code=code)


def clock_wrong(seconds: float = _A_DAY) -> Fault:
    """The clock is `seconds` [s] ahead, a day where left out."""
    return Fault(FaultKind.CLOCK_WRONG, seconds=seconds)


@dataclass(slots=True)
class FaultSwitch:
    """The faults of one meter: what stands, and what spoils the next exchanges first."""

    standing: Fault | None = None
    _next: deque[Fault] = field(default_factory=deque)

    def fails_next(self, count: int, fault: Fault) -> None:
        """Let `fault` spoil the next `count` exchanges, after those ordered before.

        Raises:
            ValueError: It is a condition of the meter, which stands or does not.
        """
        if fault.kind in CONDITIONS:
            raise ValueError(f"{fault.kind} stands or does not")
        self._next.extend(repeat(fault, count))

    def clear_next(self) -> None:
        """Spoil none of the next exchanges."""
        self._next.clear()

    def take(self, *, command: bool) -> Fault | None:
        """The fault of the exchange that begins now, and is a `command` or none."""
        if self._next and self._next[0].spoils(command=command):
            return self._next.popleft()
        return self.standing_for(command=command)

    def standing_for(self, *, command: bool) -> Fault | None:
        """The fault that stands, where it spoils such an exchange."""
        return self.standing if self.standing is not None and self.standing.spoils(command=command) else None

    def has(self, kind: FaultKind) -> bool:
        """Whether a fault of `kind` stands."""
        return self.standing is not None and self.standing.kind is kind
