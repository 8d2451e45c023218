"""What do all asks of a front end share, and how does it end?"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from zaikong.meterio.front.breaker import Breaker
from zaikong.meterio.front.counters import Counters
from zaikong.meterio.front.flight import Flight, Question
from zaikong.meterio.front.gate import Gate, Ticket
from zaikong.meterio.front.terms import CredentialsOf, Limits, Opener, Patience, Priority
from zaikong.meterio.outcome import Exchange, Reason
from zaikong.meterio.session import Endpoint, MeterAddress, MeterSession


class Desk:
    """The gate, the breakers, what is on its way, and the end of it all.

    Args:
        opener: Makes sessions.
        credentials: What each meter asks for.
        limits: How many at a time.
        patience: How long.
        seed: Of the spread of waits.
        clock: For the gap before a command; the clock of the loop if not given [s].
    """

    def __init__(
        self,
        *,
        opener: Opener,
        credentials: CredentialsOf,
        limits: Limits,
        patience: Patience,
        seed: int,
        clock: Callable[[], float] | None,
    ) -> None:
        self.patience = patience
        self.gate = Gate(limits)
        self.counters = Counters()
        self.spread = random.Random(seed)  # noqa: S311 -- spreads waits, keeps no secret
        self._opener = opener
        self._credentials = credentials
        self._clock = clock
        self._breakers: dict[Endpoint, Breaker] = {}
        self._flights: dict[asyncio.Task[None], Flight] = {}
        self._hung: set[str] = set()
        self._ending = asyncio.Event()
        self._asks = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def running(self) -> int:
        """Exchanges on their way."""
        return len(self._flights)

    @property
    def ending(self) -> bool:
        """Whether nothing new begins any more."""
        return self._ending.is_set()

    def begin(self) -> None:
        """An ask was made."""
        self.counters.asked += 1
        self._asks += 1
        self._idle.clear()

    def end(self) -> None:
        """An ask was answered, or whoever asked went away."""
        self._asks -= 1
        if not self._asks:
            self._idle.set()

    async def ends_within(self, seconds: float) -> bool:
        """Wait so long, or until the end [s]; whether it is the end."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), timeout=seconds)
        return self.ending

    async def close(self) -> None:
        """Send away who waits, give who is on the way some time, then call them off."""
        self._ending.set()
        self.gate.send_away(Reason.WITHDRAWN, lambda _ticket: True)
        await self._wait_for_flights()
        for task in list(self._flights):
            task.cancel()
        await self._wait_for_flights()
        for flight in list(self._flights.values()):
            flight.give_up("the front end ended")
        await self._idle.wait()

    def hangs(self, address: MeterAddress) -> bool:
        """Whether a session to the meter does not let go of it."""
        return address.address in self._hung

    def breaker(self, line: Endpoint) -> Breaker:
        """The breaker of a line."""
        if line not in self._breakers:
            self._breakers[line] = Breaker(self.patience.breaker_meters, self.patience.cool_down_seconds)
        return self._breakers[line]

    def take_off(self, ticket: Ticket, address: MeterAddress, question: Question, patience: Patience) -> Flight:
        """Begin an attempt; from here on it gives the ticket's place back when its line is closed.

        Args:
            ticket: Whose turn it is.
            address: Which meter.
            question: What is asked.
            patience: How long this attempt may take.
        """
        loop = asyncio.get_running_loop()
        flight = Flight(question, patience, self._clock or loop.time, lambda: self.ending, loop.create_future())
        probed = ticket.priority is not Priority.RESTORE and self.breaker(ticket.line).probe()
        flight.landed.add_done_callback(partial(self._learn, ticket, probed))
        task = loop.create_task(flight.fly(partial(self._session, address, patience)))
        flight.call_off = task.cancel
        self._flights[task] = flight
        task.add_done_callback(partial(self._gone, ticket))
        return flight

    def let_go_or_hang(self, flight: Flight, ticket: Ticket) -> None:
        """Once an attempt is answered: see that its session lets go of the meter, or ask nothing of it until it does."""
        asyncio.get_running_loop().call_later(2 * self.patience.grace_seconds, self._look_after, flight, ticket)

    def _session(self, address: MeterAddress, patience: Patience) -> MeterSession:
        return self._opener(address, self._credentials(address), timeout_seconds=patience.answer_seconds)

    def _learn(self, ticket: Ticket, probed: bool, landed: "asyncio.Future[Exchange[Any]]") -> None:  # noqa: FBT001 -- bound by partial
        now = asyncio.get_running_loop().time()
        opened = self.breaker(ticket.line).learn(ticket.meter, landed.result(), now=now, probed=probed)
        if opened:
            self.counters.breaker_openings += 1
            self.gate.send_away(
                Reason.CIRCUIT_OPEN, lambda one: one.line == ticket.line and one.priority is not Priority.RESTORE
            )

    def _gone(self, ticket: Ticket, task: "asyncio.Task[None]") -> None:
        flight = self._flights.pop(task)
        flight.over = True
        flight.give_up("the exchange ended without an outcome")
        if not task.cancelled():
            task.exception()
        self._hung.discard(ticket.meter)
        self.gate.leave(ticket)

    def _look_after(self, flight: Flight, ticket: Ticket) -> None:
        if flight.over:
            return
        self.counters.hung += 1
        self._hung.add(ticket.meter)
        self.gate.send_away(Reason.CIRCUIT_OPEN, lambda one: one.meter == ticket.meter)

    async def _wait_for_flights(self) -> None:
        if self._flights:
            await asyncio.wait(set(self._flights), timeout=self.patience.grace_seconds)
