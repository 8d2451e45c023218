"""What does a meter do when each check of the acceptance is tried on it over the wire?

Supply goes off only in checks that say so, and comes back after each of them; whatever happens in between, the last act is to
give it back and to read that it is. Nothing is sent to a meter that does not read closed and free at the beginning. The wrong
key is tried last, because a meter may shut its ear after one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from zaikong.domain.feecontrol.acceptance import CLOCK_MINUTES, CheckResult, Outcome
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Answer, FrontEnd, Limits, Patience, Priority, ReadBack
from zaikong.meterio.front.terms import CredentialsOf, Opener
from zaikong.meterio.outcome import Confirmed, Exchange, Refused
from zaikong.meterio.session import Credentials, MeterAddress, Position, Registers, RelayState, Verb

Clock = Callable[[], datetime]
"""What time it is; the command line reads the wall."""

VALID_FOR = timedelta(minutes=5)
"""How long a command of a trial may be carried out."""

MOVES_WITHIN_SECONDS = 5.0
"""How long a relay is watched until it has moved [s]."""

BACK_WITHIN_SECONDS = 30.0
"""How long giving supply back is tried at the end [s]."""

_PRIORITY = {
    Verb.TRIP: Priority.CUT,
    Verb.DIRECT_CLOSE: Priority.RESTORE,
    Verb.PERMIT_CLOSE: Priority.RESTORE,
    Verb.READ_RELAY: Priority.READ,
    Verb.READ_REGISTERS: Priority.READ,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One exchange of a trial, to be kept.

    Attributes:
        verb: What was asked.
        at: When.
        milliseconds: How long it took [ms].
        outcome: What came of it.
    """

    verb: Verb
    at: datetime
    milliseconds: int
    outcome: Exchange[Any]


@dataclass(slots=True)
class Trial:
    """What was seen.

    Attributes:
        results: Checks tried.
        asked: Every exchange, in order.
        supply_back: Whether the relay was read closed, free and waiting for no trip at the end.
    """

    results: list[CheckResult] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    supply_back: bool = False


async def try_meter(
    address: MeterAddress,
    *,
    opener: Opener,
    credentials: CredentialsOf,
    clock: Clock,
    patience: Patience | None = None,
) -> Trial:
    """Try every check of the wire on one meter.

    Args:
        address: Which meter.
        opener: Makes sessions.
        credentials: What the meter asks for.
        clock: What time it is.
        patience: How long.
    """
    patient = patience or Patience()
    one = Limits(per_line=1, in_all=1)
    wrong = FrontEnd(
        opener=opener,
        credentials=lambda meter: _spoiled(credentials(meter)),
        limits=one,
        patience=replace(patient, attempts=1),
    )
    async with FrontEnd(opener=opener, credentials=credentials, limits=one, patience=patient) as front, wrong:
        tried = _Trying(address, front, wrong, clock)
        return await tried.all()


async def give_back(
    address: MeterAddress,
    *,
    opener: Opener,
    credentials: CredentialsOf,
    clock: Clock,
    patience: Patience | None = None,
    within_seconds: float = BACK_WITHIN_SECONDS,
) -> Trial:
    """Give supply back after a trial that did not come to its end; nothing else is tried."""
    one = Limits(per_line=1, in_all=1)
    async with FrontEnd(opener=opener, credentials=credentials, limits=one, patience=patience) as front:
        tried = _Trying(address, front, front, clock, back_within_seconds=within_seconds)
        await tried.give_back()
        return tried.trial


class _Trying:
    def __init__(
        self,
        address: MeterAddress,
        front: FrontEnd,
        wrong: FrontEnd,
        clock: Clock,
        *,
        back_within_seconds: float = BACK_WITHIN_SECONDS,
    ) -> None:
        self._address, self._front, self._wrong, self._clock = address, front, wrong, clock
        self._back_within_seconds = back_within_seconds
        self.trial = Trial()

    async def all(self) -> Trial:
        if not await self._reads_well():
            self.trial.supply_back = True  # nothing was sent that could take it
            return self.trial
        try:
            await self._trips_and_closes()
            await self._warns_before_a_trip()
            await self._retains()
            await self._refuses_expired()
            await self._refuses_wrong_key()
        finally:
            await self.give_back()
            self._note("supply_back", passed=self.trial.supply_back)
        return self.trial

    async def give_back(self) -> None:
        """Close until the relay is read closed, or time is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._back_within_seconds
        seen = await self._look(Position.CLOSED, seconds=0.0)
        while not seen.agreed and loop.time() < end:
            await self._ask(Verb.DIRECT_CLOSE)
            seen = await self._look(Position.CLOSED)
        self.trial.supply_back = seen.agreed

    async def _reads_well(self) -> bool:
        shown = await self._ask(Verb.READ_REGISTERS)
        registers = shown.outcome.value if isinstance(shown.outcome, Confirmed) else None
        self._note("registers_read", shown, passed=isinstance(registers, Registers) and bool(registers.values))
        if isinstance(registers, Registers):
            self._note_clock(registers.clock)
        relay = await self._ask(Verb.READ_RELAY)
        state = relay.outcome.value if isinstance(relay.outcome, Confirmed) else None
        fit = isinstance(state, RelayState) and _closed(state) and not state.retained and not state.pending
        self._note("relay_read_closed", relay, passed=fit, **_told(state))
        return fit and all(result.outcome is Outcome.PASSED for result in self.trial.results)

    def _note_clock(self, shown: datetime | None) -> None:
        if shown is None:
            self._note("clock_right", passed=False, why="NOT_TOLD")
            return
        off = abs(shown - self._clock().astimezone(TIME_ZONE).replace(tzinfo=None))
        self._note("clock_right", passed=off <= timedelta(minutes=CLOCK_MINUTES), seconds_off=int(off.total_seconds()))

    async def _trips_and_closes(self) -> None:
        tripped = await self._ask(Verb.TRIP)
        seen = await self._look(Position.OPEN)
        self._note("trip_read_back", tripped, passed=_yes(tripped) and seen.agreed, **_told(seen.state))
        closed = await self._ask(Verb.DIRECT_CLOSE)
        seen = await self._look(Position.CLOSED)
        self._note("close_read_back", closed, passed=_yes(closed) and seen.agreed, **_told(seen.state))

    async def _warns_before_a_trip(self) -> None:
        """A trip announced by a minute is pending while supply is on, and a close calls it off."""
        if not await self._stands_closed():
            return
        announced = await self._ask(Verb.TRIP, delay_minutes=1)
        waiting = await self._state()
        await self._ask(Verb.DIRECT_CLOSE)
        seen = await self._look(Position.CLOSED)
        waits = waiting is not None and waiting.pending is True and waiting.actual is Position.CLOSED
        self._note("alarm_before_trip", announced, passed=_yes(announced) and waits and seen.agreed, **_told(waiting))

    async def _retains(self) -> None:
        if not await self._stands_closed():
            return
        on = await self._ask(Verb.RETAIN_ON)
        state = await self._state()
        retained = state is not None and state.retained is True
        self._note("retain_on", on, passed=_yes(on) and retained, **_told(state))
        if retained:
            refused = await self._ask(Verb.TRIP)
            seen = await self._state()
            stays = seen is not None and _closed(seen) and not seen.pending
            no = isinstance(refused.outcome, Refused)
            self._note("trip_refused_retained", refused, passed=no and stays, **_told(seen))
        off = await self._ask(Verb.RETAIN_OFF)
        state = await self._state()
        ended = state is not None and state.retained is False
        self._note("retain_off", off, passed=_yes(off) and ended, **_told(state))

    async def _refuses_expired(self) -> None:
        late = await self._ask(Verb.RETAIN_ON, until=self._clock() - timedelta(hours=1))
        await self._note_refused("expired_refused", late)

    async def _refuses_wrong_key(self) -> None:
        late = await self._ask(Verb.RETAIN_ON, front=self._wrong)
        await self._note_refused("wrong_key_refused", late)

    async def _note_refused(self, code: str, answer: Answer) -> None:
        """A refusal counts only where the meter did not do it all the same; done, it is undone."""
        state = await self._state()
        unmoved = state is not None and state.retained is False
        self._note(code, answer, passed=isinstance(answer.outcome, Refused) and unmoved, **_told(state))
        if state is not None and state.retained:
            await self._ask(Verb.RETAIN_OFF)

    async def _stands_closed(self) -> bool:
        state = await self._state()
        return state is not None and _closed(state)

    async def _state(self) -> RelayState | None:
        answer = await self._ask(Verb.READ_RELAY)
        return answer.outcome.value if isinstance(answer.outcome, Confirmed) else None

    async def _ask(
        self, verb: Verb, *, until: datetime | None = None, delay_minutes: int = 0, front: FrontEnd | None = None
    ) -> Answer:
        at = self._clock()
        answer = await (front or self._front).ask(
            self._address,
            verb,
            priority=_PRIORITY.get(verb, Priority.OTHER),
            until=until or at + VALID_FOR,
            delay_minutes=delay_minutes,
        )
        self.trial.asked.append(Asked(verb, at, answer.milliseconds, answer.outcome))
        return answer

    async def _look(self, wanted: Position, *, seconds: float = MOVES_WITHIN_SECONDS) -> ReadBack:
        at, loop = self._clock(), asyncio.get_running_loop()
        began = loop.time()
        seen = await self._front.read_back(self._address, wanted, deadline_seconds=seconds, priority=Priority.SETTLE)
        took = int((loop.time() - began) * 1000)
        self.trial.asked.append(Asked(Verb.READ_RELAY, at, took, seen.outcome))
        return seen

    def _note(self, code: str, answer: Answer | None = None, *, passed: bool, **detail: Any) -> None:
        took = 0 if answer is None else answer.milliseconds
        said = {} if answer is None else _said(answer.outcome)
        outcome = Outcome.PASSED if passed else Outcome.FAILED
        self.trial.results.append(CheckResult(code, outcome, {**said, **detail}, took))


def _closed(state: RelayState) -> bool:
    return state.actual is Position.CLOSED and state.commanded is not Position.OPEN


def _yes(answer: Answer) -> bool:
    return isinstance(answer.outcome, Confirmed)


def _said(outcome: Exchange[Any]) -> dict[str, str]:
    if isinstance(outcome, Confirmed):
        return {"said": "confirmed"}
    code = outcome.code if isinstance(outcome, Refused) else outcome.reason.value
    return {"said": "refused" if isinstance(outcome, Refused) else "unknown", "code": code}


def _told(state: RelayState | None) -> dict[str, Any]:
    if state is None:
        return {}
    return {
        "commanded": state.commanded.value,
        "actual": state.actual.value,
        "retained": state.retained,
        "pending": state.pending,
    }


def _spoiled(right: Credentials) -> Credentials:
    """Credentials of the same form that are not the right ones."""
    last = right.password[-1]
    return replace(right, password=right.password[:-1] + ("1" if last != "1" else "2"))
