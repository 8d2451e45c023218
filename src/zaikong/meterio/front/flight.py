"""How does one attempt at a meter go, from opening the line to closing it?

Open; ask whether it may still be sent; send at once. A session that prepares a command over the wire (an association, the
delay of a trip) puts that last question itself, through its `last_word`, when all is prepared; for any other it is put
here, and then the whole exchange must end before the answer has grown old. Every end has an outcome: what a session
raises becomes one, and so does a session that never answers.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from zaikong.meterio.front.terms import BeforeSend, Patience
from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Unknown
from zaikong.meterio.session import HARMLESS_TWICE, MeterSession, Verb


class Stage(IntEnum):
    """How far an attempt has come."""

    OPENING = 0
    PREPARING = 1
    ASKING = 2
    SENDING = 3


_TOO_LATE = {
    Stage.OPENING: Reason.UNREACHABLE,
    Stage.PREPARING: Reason.SILENT,
    Stage.ASKING: Reason.WITHDRAWN,
    Stage.SENDING: Reason.SILENT,
}
_CALLED_OFF = {
    Stage.OPENING: Reason.WITHDRAWN,
    Stage.PREPARING: Reason.WITHDRAWN,
    Stage.ASKING: Reason.WITHDRAWN,
    Stage.SENDING: Reason.BROKEN,
}
_PREPARED = frozenset({Verb.TRIP, Verb.PERMIT_CLOSE, Verb.DIRECT_CLOSE, Verb.RETAIN_ON, Verb.RETAIN_OFF})
"""Verbs whose bytes a session may have to prepare the way for."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a meter is asked.

    Attributes:
        verb: What.
        until: When a command expires.
        delay_minutes: Of a trip [min].
        at: What the clock is set to.
        before_send: The last question.
    """

    verb: Verb
    until: datetime | None = None
    delay_minutes: int = 0
    at: datetime | None = None
    before_send: BeforeSend | None = None

    def __post_init__(self) -> None:
        """Refuse a command that says not what it needs."""
        needs = {Verb.READ_REGISTERS: None, Verb.READ_RELAY: None, Verb.SET_TIME: self.at}.get(self.verb, self.until)
        if needs is None and self.verb not in {Verb.READ_REGISTERS, Verb.READ_RELAY}:
            raise ValueError(f"{self.verb} needs `{'at' if self.verb is Verb.SET_TIME else 'until'}`")
        if self.delay_minutes and self.verb is not Verb.TRIP:
            raise ValueError("only a trip has a delay")

    def put_to(self, session: MeterSession) -> Awaitable[Exchange[Any]]:
        """The one exchange it is."""
        if self.verb in {Verb.READ_REGISTERS, Verb.READ_RELAY}:
            return session.read_registers() if self.verb is Verb.READ_REGISTERS else session.read_relay()
        if self.verb is Verb.SET_TIME:
            assert self.at is not None
            return session.set_time(at=self.at)
        assert self.until is not None
        if self.verb is Verb.TRIP:
            return session.trip(until=self.until, delay_minutes=self.delay_minutes)
        if self.verb in {Verb.RETAIN_ON, Verb.RETAIN_OFF}:
            return session.retain(on=self.verb is Verb.RETAIN_ON, until=self.until)
        close = {Verb.PERMIT_CLOSE: session.permit_close, Verb.DIRECT_CLOSE: session.direct_close}[self.verb]
        return close(until=self.until)


@dataclass(eq=False, slots=True)
class Flight:
    """One attempt. `fly` runs as a task of its own; `landed` has the outcome before the line is closed.

    Attributes:
        question: What is asked.
        patience: How long each part may take.
        clock: The clock of the loop [s].
        ending: Whether the front end is closing: then nothing that may take supply away is sent any more.
        landed: The outcome.
        stage: How far it came.
        call_off: Cancels the task that flies it.
        over: Whether its session has let go of the meter.
    """

    question: Question
    patience: Patience
    clock: Callable[[], float]
    ending: Callable[[], bool]
    landed: "asyncio.Future[Exchange[Any]]"
    stage: Stage = field(default=Stage.OPENING)
    call_off: Callable[[], object] = field(default=lambda: None)
    over: bool = False
    _limit: asyncio.Timeout = field(init=False, repr=False)

    @property
    def at_most_seconds(self) -> float:
        """How long it takes at most, unless its session does not let itself be ended [s]."""
        patience = self.patience
        asked = patience.open_seconds + patience.before_send_seconds
        return asked + 2 * patience.exchange_seconds + patience.grace_seconds

    @property
    def sent(self) -> bool:
        """Whether the command or question itself may have been sent; what only prepared it does not count."""
        if not self.landed.done():
            return self.stage is Stage.SENDING
        outcome = self.landed.result()
        if isinstance(outcome, Confirmed):
            return True
        return self.stage is Stage.SENDING and not (isinstance(outcome, Unknown) and outcome.reason.nothing_sent)

    def give_up(self, detail: str) -> None:
        """Settle an attempt that neither ends nor lets itself be ended."""
        self._land(Unknown(_TOO_LATE[self.stage], detail))

    async def fly(self, made: Callable[[], MeterSession]) -> None:
        """Carry the attempt through.

        Args:
            made: Makes the session.
        """
        session: MeterSession | None = None
        try:
            session = made()
            self._land(await self._exchange(session))
        except asyncio.CancelledError:
            self._land(Unknown(_CALLED_OFF[self.stage], "called off"))
            raise
        except TimeoutError:
            self._land(Unknown(_TOO_LATE[self.stage], "no answer in the time given"))
        except Exception as fault:  # noqa: BLE001 -- whatever a session raises is an outcome; its text may hold a secret
            self._land(Unknown(Reason.BROKEN, type(fault).__name__))
        finally:
            if session is not None:
                await self._close(session)

    async def _exchange(self, session: MeterSession) -> Exchange[Any]:
        async with asyncio.timeout(self.patience.open_seconds):
            await session.__aenter__()
        async with asyncio.timeout(self.patience.exchange_seconds) as self._limit:
            if self.question.verb in _PREPARED and hasattr(session, "last_word"):
                self.stage = Stage.PREPARING
                session.last_word = self._last_word
            else:
                refusal = await self._last_word()
                if refusal is not None:
                    return refusal
                if self.question.before_send is not None:
                    self._end_within(self.patience.max_gap_seconds)
            return await self.question.put_to(session)

    async def _last_word(self) -> Unknown | None:
        """Why it may not be sent, if it may not; if it may, whoever asked sends it at once."""
        self.stage = Stage.ASKING
        if self.question.before_send is not None:
            refusal = await self._asked_last(self.question.before_send)
            if refusal is not None:
                return refusal
        if self.ending() and self.question.verb not in HARMLESS_TWICE:
            return Unknown(Reason.WITHDRAWN, "the front end is closing")
        self.stage = Stage.SENDING
        return None

    async def _asked_last(self, before_send: BeforeSend) -> Unknown | None:
        self._limit.reschedule(None)  # how long the question takes is no fault of the meter
        try:
            async with asyncio.timeout(self.patience.before_send_seconds):
                allowed = await before_send()
        except Exception as fault:  # noqa: BLE001 -- a question that fails is a no
            return Unknown(Reason.WITHDRAWN, type(fault).__name__)
        agreed_at = self.clock()
        if allowed is not True:
            return Unknown(Reason.WITHDRAWN)
        self._end_within(self.patience.exchange_seconds)
        if self.clock() - agreed_at > self.patience.max_gap_seconds:
            return Unknown(Reason.WITHDRAWN, "too long between the last question and the command")
        return None

    def _end_within(self, seconds: float) -> None:
        """End the exchange within so long from now, if that is sooner than it would end [s]."""
        end, due = asyncio.get_running_loop().time() + seconds, self._limit.when()
        self._limit.reschedule(end if due is None else min(end, due))

    async def _close(self, session: MeterSession) -> None:
        with suppress(Exception):  # the outcome stands; a line that closes badly changes nothing about it
            async with asyncio.timeout(self.patience.grace_seconds):
                await session.__aexit__(None, None, None)

    def _land(self, outcome: Exchange[Any]) -> None:
        if not self.landed.done():
            self.landed.set_result(outcome)
