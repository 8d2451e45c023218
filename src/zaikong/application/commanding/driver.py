"""How is one order carried through, from its table to the relay and back?

The driver owns the order of things and nothing else: verbs of `cutting` and `restoring` change the tables, the front end asks
the meters, and between a last look at the rule and the bytes of a trip nothing waits. Every method looks at its order first,
so that it may be called twice, late, or again after a crash.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from zaikong.application.commanding.desk import Desk
from zaikong.application.commanding.exchanges import keep_exchange, keep_outcome
from zaikong.application.commanding.meters import CommandableMeter, commandable_meter
from zaikong.application.cutting.executing import UnableToCutError
from zaikong.application.cutting.sending import (
    Prepared,
    begin_sending,
    give_up_before_sending,
    note_unsettled,
    prepare_sending,
    settle_sent,
)
from zaikong.application.restoring.carrying import Closing, begin_restore, never_cut, settle_close
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.front import Answer, FrontEnd, Priority, ReadBack
from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Unknown
from zaikong.meterio.session import MeterAddress, Position, RelayState, Verb
from zaikong.store.models import CutOrder, MeterCommand, MeterExchange, RestoreOrder

Clock = Callable[[], datetime]
"""What time it is; the command line reads the wall, a simulation its own."""

REACHED_AFTER = 3
"""How often a meter that cannot be reached is tried before people go there."""

LOOK_SECONDS = 8.0
"""How long a relay is watched after a command [s]."""

_log = structlog.get_logger(__name__)


class Driver:
    """Carries orders through.

    Args:
        front: Asks the meters.
        desk: Carries out verbs.
        clock: What time it is.
        look_seconds: How long a relay is watched after a command [s].
    """

    def __init__(self, *, front: FrontEnd, desk: Desk, clock: Clock, look_seconds: float = LOOK_SECONDS) -> None:
        self._look_seconds = look_seconds
        self._front = front
        self._desk = desk
        self._clock = clock
        self._running: dict[tuple[str, int], asyncio.Event] = {}

    async def cut(self, order: int) -> None:
        """Carry out an approved cut, if the rule still allows it when the line to its meter is open."""
        await self._one_at_a_time("cut", order, self._cut)

    async def settle(self, order: int) -> None:
        """Settle a sent cut by reading its meter."""
        await self._one_at_a_time("cut", order, self._settle)

    async def restore(self, restore: int) -> None:
        """Give supply back."""
        await self._one_at_a_time("restore", restore, self._restore)

    async def _one_at_a_time(self, kind: str, order: int, act: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        """Two who take up the same order come one after the other; the second finds the work done."""
        key = (kind, order)
        while key in self._running:
            await self._running[key].wait()
        self._running[key] = asyncio.Event()
        try:
            await act(order)
        finally:
            self._running.pop(key).set()

    async def _cut(self, order: int) -> None:
        try:
            prepared = await self._desk.do(prepare_sending, order=order, at=self._clock())
        except UnableToCutError as refusal:
            _log.info("cut_not_prepared", order=order, code=refusal.code)
            return
        if not isinstance(prepared, Prepared):
            return
        began = False

        async def may_still() -> bool:
            nonlocal began
            try:
                carried = await self._desk.do(begin_sending, prepared=prepared, at=self._clock())
            except Refusal as refusal:
                _log.info("cut_not_sent", order=order, code=refusal.code)
                return False
            began = carried.state == CutOrder.State.SENT
            return began

        answer = await self._ask(
            prepared.meter, Verb.TRIP, Priority.CUT, command=prepared.command, until=prepared.until, before=may_still
        )
        if began:
            await self._settle_by_reading(order, prepared.meter, prepared.command, trip=answer.outcome)
        elif isinstance(answer.outcome, Unknown) and answer.outcome.reason is not Reason.WITHDRAWN:
            await self._not_reached(prepared, answer.outcome.reason)

    async def _not_reached(self, prepared: Prepared, reason: Reason) -> None:
        tried = await self._desk.do(_times_tried, command=prepared.command)
        if tried >= REACHED_AFTER:
            await self._desk.do(give_up_before_sending, order=prepared.order, cause=reason.value, at=self._clock())

    async def _settle(self, order: int) -> None:
        standing = await self._desk.do(_standing_trip, order=order)
        if standing is not None:
            meter, command = standing
            await self._settle_by_reading(order, meter, command, trip=None)

    async def _settle_by_reading(
        self, order: int, meter: CommandableMeter, command: int, *, trip: Exchange[None] | None
    ) -> None:
        """Read what became of a trip; a trip the meter still holds after it expired is called off by a close."""
        seen_at = self._clock()
        back = await self._look(meter, Position.OPEN, command, Priority.SETTLE, seconds=0.0 if trip is None else None)
        carried = await self._desk.do(settle_sent, order=order, trip=trip, relay=_seen(back), at=seen_at)
        if carried is not None and carried.state == CutOrder.State.SENT:
            expired = await self._desk.do(note_unsettled, order=order, at=self._clock())
            if expired and back.state is not None:
                await self._call_off(order, meter, command)
        await self._desk.do(never_cut, cut_order=order, at=self._clock())

    async def _call_off(self, order: int, meter: CommandableMeter, command: int) -> None:
        until = self._clock() + timedelta(minutes=2)
        close = await self._ask(meter, Verb.DIRECT_CLOSE, Priority.RESTORE, command=command, until=until)
        seen_at = self._clock()
        back = await self._look(meter, Position.CLOSED, command, Priority.SETTLE)
        await self._desk.do(
            settle_sent,
            order=order,
            trip=None,
            relay=_seen(back),
            at=seen_at,
            called_off=isinstance(close.outcome, Confirmed),
        )

    async def _restore(self, restore: int) -> None:
        closing = await self._desk.do(begin_restore, restore=restore, at=self._clock())
        if closing is None:
            return
        if not closing.cut_settled:
            await self._settle_before_closing(closing)
        close = await self._ask(
            closing.meter, Verb(closing.verb), Priority.RESTORE, command=closing.command, until=closing.until
        )
        wanted = Position.PERMITTED if closing.verb == Verb.PERMIT_CLOSE.value else Position.CLOSED
        seen_at = self._clock()
        back = await self._look(closing.meter, wanted, closing.command, Priority.RESTORE)
        order = await self._desk.do(settle_close, closing=closing, close=close.outcome, relay=_seen(back), at=seen_at)
        if order.state != RestoreOrder.State.DONE:
            _log.warning("restore_not_done", restore=restore, state=order.state)

    async def _settle_before_closing(self, closing: Closing) -> None:
        """A cut in doubt is looked at once before the close hides what the trip did; not known, supply goes first."""
        seen_at = self._clock()
        back = await self._look(closing.meter, Position.OPEN, closing.command, Priority.RESTORE, seconds=0.0)
        await self._desk.do(settle_sent, order=closing.cut, trip=None, relay=_seen(back), at=seen_at)

    async def _ask(
        self,
        meter: CommandableMeter,
        verb: Verb,
        priority: Priority,
        *,
        command: int,
        until: datetime,
        before: Callable[[], Coroutine[Any, Any, bool]] | None = None,
    ) -> Answer:
        at = self._clock()
        answer = await self._front.ask(meter.address, verb, priority=priority, until=until, before_send=before)
        await self._desk.do(keep_exchange, meter=meter.meter, answer=answer, at=at, command=command)
        return answer

    async def _look(
        self,
        meter: CommandableMeter,
        wanted: Position,
        command: int,
        priority: Priority,
        *,
        seconds: float | None = None,
    ) -> ReadBack:
        at = self._clock()
        address: MeterAddress = meter.address
        back = await self._front.read_back(
            address, wanted, deadline_seconds=self._look_seconds if seconds is None else seconds, priority=priority
        )
        await self._desk.do(
            keep_outcome, meter=meter.meter, verb=Verb.READ_RELAY, outcome=_seen(back), at=at, command=command
        )
        return back


def _seen(back: ReadBack) -> Exchange[RelayState]:
    """What was seen last; a state read before the line failed still is what the relay was seen to do."""
    return back.outcome if back.state is None else Confirmed(back.state)


def _times_tried(*, command: int) -> int:
    return MeterExchange.objects.filter(command_id=command, verb=Verb.TRIP.value).count()


def _standing_trip(*, order: int) -> tuple[CommandableMeter, int] | None:
    trip = MeterCommand.objects.filter(
        cut_order=order, cut_order__state=CutOrder.State.SENT, verb=MeterCommand.Verb.TRIP
    ).first()
    if trip is None:
        return None
    meter = commandable_meter(trip.account_id)
    if meter is None or meter.meter != trip.meter_id:
        return None
    return meter, trip.pk
