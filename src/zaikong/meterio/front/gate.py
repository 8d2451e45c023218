"""Whose turn is it to speak to a meter?

One ticket an attempt. Tickets stand in one heap by priority and arrival; one whose meter is busy or whose line is full is
set aside there, and the best of those set aside comes back when a place falls free. So an event costs the logarithm of
the crowd, not the crowd.
"""

import asyncio
import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from itertools import count

from zaikong.meterio.front.terms import Limits, Priority
from zaikong.meterio.outcome import Reason
from zaikong.meterio.session import Endpoint

_numbers = count()


@dataclass(eq=False, slots=True)
class Ticket:
    """A place in the queue.

    Attributes:
        priority: Who goes first.
        meter: Communication address.
        line: What the meter hangs on.
        arrival: Number of arrival; an attempt repeated keeps the first.
        turn: Done with None when the turn has come, with a reason when it never will.
        inside: Whether a place is held.
    """

    priority: Priority
    meter: str
    line: Endpoint
    turn: "asyncio.Future[Reason | None]"
    arrival: int = field(default_factory=lambda: next(_numbers))
    inside: bool = False

    def __lt__(self, other: "Ticket") -> bool:
        """Whether it goes before another."""
        return (self.priority, self.arrival) < (other.priority, other.arrival)


class Gate:
    """Lets in one ticket a meter, some a line, more in all, restores first.

    Args:
        limits: How many.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._heap: list[Ticket] = []
        self._aside: defaultdict[Hashable, list[Ticket]] = defaultdict(list)
        self._busy: set[str] = set()
        self._load: Counter[Endpoint] = Counter()
        self._inside = 0
        self._waiting: set[Ticket] = set()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    @property
    def inside(self) -> int:
        """How many hold a place."""
        return self._inside

    def join(self, ticket: Ticket) -> None:
        """Queue up; `ticket.turn` tells when the turn comes."""
        self._waiting.add(ticket)
        heapq.heappush(self._heap, ticket)
        self._let_in()

    def leave(self, ticket: Ticket) -> None:
        """Give the place back, or stop waiting for one. Twice is harmless."""
        self._waiting.discard(ticket)
        if not ticket.inside:
            ticket.turn.cancel()
            return
        ticket.inside = False
        self._busy.discard(ticket.meter)
        self._inside -= 1
        self._load[ticket.line] -= 1
        if not self._load[ticket.line]:
            del self._load[ticket.line]
        self._call_up(ticket.meter)
        self._call_up(ticket.line)
        self._let_in()

    def send_away(self, reason: Reason, which: Callable[[Ticket], bool]) -> None:
        """Tell those waiting that their turn will never come.

        Args:
            reason: Why.
            which: Whom.
        """
        for ticket in [one for one in self._waiting if which(one)]:
            self._waiting.discard(ticket)
            if not ticket.turn.done():
                ticket.turn.set_result(reason)

    def _let_in(self) -> None:
        while self._heap and self._room_in_all(self._heap[0]):
            ticket = heapq.heappop(self._heap)
            if ticket.turn.done():  # gone: whoever stood behind it at its meter or line comes up in its stead
                self._call_up(ticket.meter)
                self._call_up(ticket.line)
            elif ticket.meter in self._busy:
                heapq.heappush(self._aside[ticket.meter], ticket)
                self._call_up(ticket.line)
            elif not self._room_on_line(ticket):
                heapq.heappush(self._aside[ticket.line], ticket)
                self._call_up(ticket.meter)
            else:
                self._enter(ticket)

    def _enter(self, ticket: Ticket) -> None:
        self._waiting.discard(ticket)
        self._busy.add(ticket.meter)
        self._load[ticket.line] += 1
        self._inside += 1
        ticket.inside = True
        ticket.turn.set_result(None)
        self._call_up(ticket.line)

    def _call_up(self, place: str | Endpoint) -> None:
        """Bring the best of those set aside at a meter or line back into the heap, if it could go in there."""
        aside = self._aside.get(place)
        while aside:
            if aside[0].turn.done():
                heapq.heappop(aside)
                continue
            free = place not in self._busy if isinstance(place, str) else self._room_on_line(aside[0])
            if free:
                heapq.heappush(self._heap, heapq.heappop(aside))
            break
        if not aside:
            self._aside.pop(place, None)

    def _room_in_all(self, ticket: Ticket) -> bool:
        return self._inside < _room(self._limits.in_all, self._limits.reserve, ticket.priority)

    def _room_on_line(self, ticket: Ticket) -> bool:
        most = 1 if ticket.line.serial else self._limits.per_line
        return self._load[ticket.line] < _room(most, self._limits.line_reserve, ticket.priority)


def _room(most: int, reserve: int, priority: Priority) -> int:
    return most if priority is Priority.RESTORE else max(1, most - reserve)
