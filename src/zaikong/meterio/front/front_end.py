"""How is a meter asked among thousands, and how is its relay read until it stands where it should?

`ask` is the one way to a meter: it waits for its turn, opens the line, asks the last question, sends, and repeats only
what is harmless twice. Every ask ends in exactly one `Answer`, whatever the meter, the line, the session or the end of
the front end does to it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from zaikong.meterio.front.asking import Ask
from zaikong.meterio.front.counters import Figures
from zaikong.meterio.front.desk import Desk
from zaikong.meterio.front.flight import Question
from zaikong.meterio.front.terms import Answer, BeforeSend, CredentialsOf, Limits, Opener, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Exchange
from zaikong.meterio.session import MeterAddress, Position, RelayState, Verb

FIRST_LOOK_SECONDS = 0.2
"""Wait between the first two readings of a relay; each further one is twice as long [s]."""

LONGEST_LOOK_SECONDS = 2.0
"""Longest wait between two readings of a relay [s]."""

_HOLDS = {
    Position.OPEN: ({Position.OPEN}, {Position.OPEN}),
    Position.CLOSED: ({Position.CLOSED, Position.PERMITTED}, {Position.CLOSED}),
    Position.PERMITTED: (
        {Position.CLOSED, Position.PERMITTED},
        {Position.OPEN, Position.PERMITTED, Position.CLOSED},
    ),
}
"""Position wanted to the commands that hold it and the positions that are it."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a relay was seen to do after a command.

    Attributes:
        state: The last state read; None where none could be.
        agreed: Whether the command held and the position of the relay are what was wanted.
        outcome: The last outcome.
        readings: How often it was read.
    """

    state: RelayState | None
    agreed: bool
    outcome: Exchange[RelayState]
    readings: int


def stands(state: RelayState, wanted: Position) -> bool:
    """Whether a relay holds the command for a position and stands in it; one that does not tell does not.

    Args:
        state: What the meter says.
        wanted: `OPEN`, `CLOSED` or `PERMITTED`. A relay about to open does not stand closed.
    """
    commands, positions = _HOLDS[wanted]
    if wanted is not Position.OPEN and state.pending:
        return False
    return state.commanded in commands and state.actual in positions


class FrontEnd:
    """Asks meters; an asynchronous context of one event loop.

    Args:
        opener: Makes sessions, `meterio.sessions.open_session` in life.
        credentials: What each meter asks for before it obeys, such as `Keyring.credentials_of`.
        limits: How many exchanges at a time.
        patience: How long and how often.
        seed: Of the spread of waits.
        clock: For the gap before a command; the clock of the loop if not given [s].
    """

    def __init__(
        self,
        *,
        opener: Opener,
        credentials: CredentialsOf,
        limits: Limits | None = None,
        patience: Patience | None = None,
        seed: int = 0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._patience = patience or Patience()
        self._desk = Desk(
            opener=opener,
            credentials=credentials,
            limits=limits or Limits(),
            patience=self._patience,
            seed=seed,
            clock=clock,
        )

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End: who waits is told so, who is on the way is given some time."""
        await self.close()

    async def close(self) -> None:
        """End; afterwards every ask is answered, and further ones end as `WITHDRAWN`."""
        await self._desk.close()

    def figures(self) -> Figures:
        """What was done so far."""
        return self._desk.counters.figures(waiting=self._desk.gate.waiting, running=self._desk.running)

    async def ask(
        self,
        address: MeterAddress,
        verb: Verb,
        *,
        priority: Priority,
        until: datetime | None = None,
        delay_minutes: int = 0,
        at: datetime | None = None,
        before_send: BeforeSend | None = None,
    ) -> Answer:
        """Ask a meter one thing.

        Args:
            address: Which meter.
            verb: What.
            priority: How urgent; a trip is never more urgent than `CUT`.
            until: When a command expires, by the wall clock of the meter.
            delay_minutes: Of a trip [min].
            at: What the clock is set to.
            before_send: Awaited with the meter's turn held and the line open, right before the first byte, before every
                attempt. Anything but True, an exception, or too long a time withdraws the ask.

        Returns:
            What came of it.

        Raises:
            ValueError: A command without its expiry, or a trip that wants to go before others.
        """
        question = Question(verb, until, delay_minutes, at, before_send)
        if verb is Verb.TRIP and priority is not Priority.CUT:
            raise ValueError("a trip goes last")
        return await self._ask(address, question, priority, self._patience.attempts)

    async def read_back(
        self,
        address: MeterAddress,
        wanted: Position,
        *,
        deadline_seconds: float = 10.0,
        priority: Priority = Priority.SETTLE,
    ) -> ReadBack:
        """Read a relay until the command it holds and its position are what is wanted, or time is over.

        Args:
            address: Which meter.
            wanted: `OPEN` after a trip, `CLOSED` after a close, `PERMITTED` after a permission to close.
            deadline_seconds: When no further reading begins [s].
            priority: How urgent; `RESTORE` goes past an open breaker.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline_seconds
        wait, readings, state = FIRST_LOOK_SECONDS, 0, None
        while True:
            answer = await self._ask(address, Question(Verb.READ_RELAY), priority, 1)
            readings += 1
            if isinstance(answer.outcome, Confirmed):
                seen: RelayState = answer.outcome.value
                state = seen
                if stands(seen, wanted):
                    return ReadBack(seen, agreed=True, outcome=answer.outcome, readings=readings)
            if loop.time() + wait > end or await self._desk.ends_within(wait):
                return ReadBack(state, agreed=False, outcome=answer.outcome, readings=readings)
            wait = min(wait * 2, LONGEST_LOOK_SECONDS)

    async def _ask(self, address: MeterAddress, question: Question, priority: Priority, attempts: int) -> Answer:
        self._desk.begin()
        try:
            answer = await Ask(self._desk, address, question, priority=priority, attempts=attempts).answer()
            self._desk.counters.count(answer)
            return answer
        finally:
            self._desk.end()
