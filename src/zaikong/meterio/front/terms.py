"""In what order, how many at a time and for how long are meters asked, and what is answered?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

from zaikong.meterio.outcome import Exchange
from zaikong.meterio.session import Credentials, MeterAddress, MeterSession, Verb

BeforeSend = Callable[[], Awaitable[bool]]
"""Asked once the line is open and right before the first byte: may it still be sent?"""

CredentialsOf = Callable[[MeterAddress], Credentials]
"""What a meter asks for before it obeys."""


class Opener(Protocol):
    """What makes a session to a meter; `meterio.sessions.open_session` is one."""

    def __call__(self, address: MeterAddress, credentials: Credentials, *, timeout_seconds: float) -> MeterSession:
        """A session, not yet opened."""
        ...


class Priority(IntEnum):
    """Who goes first; within one, who came first."""

    RESTORE = 0
    """Giving supply back."""
    SETTLE = 1
    """Reading what became of a command."""
    READ = 2
    """Reading."""
    OTHER = 3
    """Retaining supply, setting clocks."""
    CUT = 4
    """Taking supply away."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many exchanges run at a time.

    Attributes:
        per_line: On one concentrator; a serial line carries one, whatever is said here.
        in_all: Over all lines.
        line_reserve: Of `per_line`, kept free for restores; at least one is always open to the others.
        reserve: Of `in_all`, kept free for restores, likewise.
    """

    per_line: int = 8
    in_all: int = 500
    line_reserve: int = 1
    reserve: int = 16

    def __post_init__(self) -> None:
        """Refuse limits under which nothing would ever run."""
        if min(self.per_line, self.in_all) < 1 or min(self.line_reserve, self.reserve) < 0:
            raise ValueError("limits of a front end are at least one, reserves not negative")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often.

    Attributes:
        answer_seconds: What a session waits for one frame [s].
        open_seconds: What opening a line may take [s].
        before_send_seconds: What the last question before sending may take; longer counts as no [s].
        max_gap_seconds: What may pass between its yes and the command; more counts as no [s].
        exchange_seconds: What an exchange may take once the line is open, in all [s].
        overall_seconds: What an ask may take with its repeats, from the moment its turn came [s].
        attempts: How often a harmless verb is tried in all.
        back_off_seconds: Wait before the second attempt; doubled for each further one, half to one and a half of it [s].
        back_off_at_most_seconds: The longest such wait before it is spread [s].
        grace_seconds: What running exchanges are given at the end, and a cancelled session to let go [s].
        breaker_meters: Different meters silent in a row on one line that open its breaker.
        cool_down_seconds: How long an open breaker answers at once before it lets one through to probe [s].
    """

    answer_seconds: float = 3.0
    open_seconds: float = 4.0
    before_send_seconds: float = 10.0
    max_gap_seconds: float = 5.0
    exchange_seconds: float = 15.0
    overall_seconds: float = 60.0
    attempts: int = 3
    back_off_seconds: float = 0.25
    back_off_at_most_seconds: float = 5.0
    grace_seconds: float = 2.0
    breaker_meters: int = 5
    cool_down_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one ask.

    Attributes:
        address: Which meter.
        verb: What it was asked.
        outcome: The last outcome.
        attempts: How often a line was opened for it; 0 where its turn never came.
        milliseconds: From its turn to the outcome, repeats included [ms].
        waited_milliseconds: From the ask to its turn [ms].
        sent: Whether the meter may have been sent it, in any attempt; what only prepared it does not count.
    """

    address: MeterAddress
    verb: Verb
    outcome: Exchange[Any]
    attempts: int
    milliseconds: int
    waited_milliseconds: int
    sent: bool
