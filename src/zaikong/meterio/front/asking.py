"""How does one ask go through its attempts to its one answer?"""

import asyncio
from dataclasses import replace
from typing import Any

from zaikong.meterio.front.desk import Desk
from zaikong.meterio.front.flight import Flight, Question
from zaikong.meterio.front.gate import Ticket
from zaikong.meterio.front.terms import Answer, Patience, Priority
from zaikong.meterio.outcome import Exchange, Reason, Unknown
from zaikong.meterio.session import HARMLESS_TWICE, MeterAddress

_REPEATED = frozenset(Reason) - {Reason.CIRCUIT_OPEN, Reason.WITHDRAWN}
"""What another attempt may mend."""


class Ask:
    """One ask.

    Args:
        desk: What all asks share.
        address: Which meter.
        question: What is asked.
        priority: How urgent.
        attempts: How often it may be tried, where a repeat is harmless; anything else is tried once.
    """

    def __init__(
        self, desk: Desk, address: MeterAddress, question: Question, *, priority: Priority, attempts: int
    ) -> None:
        self._desk = desk
        self._address = address
        self._question = question
        self._priority = priority
        self._most = attempts if question.verb in HARMLESS_TWICE else 1
        self._loop = asyncio.get_running_loop()
        self._came_at = self._loop.time()
        self._turn_at: float | None = None
        self._arrival: int | None = None
        self._attempts = 0
        self._sent = False

    async def answer(self) -> Answer:
        """Try, and try again where that is harmless and may help."""
        outcome = await self._attempt()
        while self._worth_repeating(outcome) and not await self._desk.ends_within(self._back_off()):
            tried = self._attempts
            later = await self._attempt()
            if self._attempts == tried:  # not let in again: what was seen before says more than that
                break
            outcome = later
            self._desk.counters.retries += 1
        now = self._loop.time()
        turn_at = now if self._turn_at is None else self._turn_at
        return Answer(
            address=self._address,
            verb=self._question.verb,
            outcome=outcome,
            attempts=self._attempts,
            milliseconds=_milliseconds(now - turn_at),
            waited_milliseconds=_milliseconds(turn_at - self._came_at),
            sent=self._sent,
        )

    def _worth_repeating(self, outcome: Exchange[Any]) -> bool:
        if not isinstance(outcome, Unknown) or outcome.reason not in _REPEATED:
            return False
        return 0 < self._attempts < self._most and self._left() > 0

    def _left(self) -> float:
        """What is left of the time the ask may take [s]."""
        began = self._loop.time() if self._turn_at is None else self._turn_at
        return began + self._desk.patience.overall_seconds - self._loop.time()

    def _back_off(self) -> float:
        patience = self._desk.patience
        wait = min(patience.back_off_seconds * (1 << self._attempts - 1), patience.back_off_at_most_seconds)
        return min(wait * (0.5 + self._desk.spread.random()), max(self._left(), 0.0))

    async def _attempt(self) -> Exchange[Any]:
        if self._desk.ending:
            return Unknown(Reason.WITHDRAWN, "the front end has ended")
        shut = self._shut()
        if shut is not None:
            return shut
        ticket = Ticket(self._priority, self._address.address, self._address.endpoint, self._loop.create_future())
        self._arrival = ticket.arrival if self._arrival is None else self._arrival
        ticket.arrival = self._arrival
        self._desk.gate.join(ticket)
        flight: Flight | None = None
        try:
            never = await ticket.turn
            shut = self._shut() if never is None else Unknown(never)
            if shut is not None:
                return shut
            flight = self._take_off(ticket)
        finally:
            if flight is None:
                self._desk.gate.leave(ticket)
        return await self._wait_for(flight, ticket)

    def _shut(self) -> Unknown | None:
        """The answer at once, where this meter or this line is not asked anything for now."""
        if self._desk.hangs(self._address):
            return Unknown(Reason.CIRCUIT_OPEN, "a session to the meter does not let go")
        line = self._desk.breaker(self._address.endpoint)
        if self._priority is not Priority.RESTORE and line.shut(self._loop.time()):
            return Unknown(Reason.CIRCUIT_OPEN)
        return None

    def _take_off(self, ticket: Ticket) -> Flight:
        self._turn_at = self._loop.time() if self._turn_at is None else self._turn_at
        self._attempts += 1
        return self._desk.take_off(ticket, self._address, self._question, self._patience_left())

    def _patience_left(self) -> Patience:
        patience, left = self._desk.patience, self._left()
        return replace(
            patience,
            open_seconds=min(patience.open_seconds, left),
            exchange_seconds=min(patience.exchange_seconds, left),
        )

    async def _wait_for(self, flight: Flight, ticket: Ticket) -> Exchange[Any]:
        try:
            await asyncio.wait({flight.landed}, timeout=flight.at_most_seconds)
            if not flight.landed.done():  # told to end by its own clocks, and did not
                flight.give_up("the session does not end")
                flight.call_off()
        finally:
            if not flight.landed.done():  # whoever asked has gone
                flight.call_off()
            self._desk.let_go_or_hang(flight, ticket)
        self._sent = self._sent or flight.sent
        return flight.landed.result()


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
