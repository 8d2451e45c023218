"""How does one attempt at a meter go, from opening the line to closing it?

Open; ask whether it may still be sent; send at once. Nothing is awaited between that yes and the command, so nothing
waits between them but the loop itself, and what the loop lost is measured. Every end has an outcome: what a session
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
from zaikong.meterio.outcome import Exchange, Reason, Unknown
from zaikong.meterio.session import HARMLESS_TWICE, MeterSession, Verb


class Stage(IntEnum):
    """How far an attempt has come."""

    OPENING = 0
    ASKING = 1
    SENDING = 2


_TOO_LATE = {Stage.OPENING: Reason.UNREACHABLE, Stage.ASKING: Reason.WITHDRAWN, Stage.SENDING: Reason.SILENT}
_CALLED_OFF = {Stage.OPENING: Reason.WITHDRAWN, Stage.ASKING: Reason.WITHDRAWN, Stage.SENDING: Reason.BROKEN}


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

    @property
    def at_most_seconds(self) -> float:
        """How long it takes at most, unless its session does not let itself be ended [s]."""
        patience = self.patience
        times = (patience.open_seconds, patience.before_send_seconds, patience.exchange_seconds, patience.grace_seconds)
        return sum(times)

    @property
    def sent(self) -> bool:
        """Whether anything may have been sent."""
        if self.stage < Stage.SENDING:
            return False
        if not self.landed.done():
            return True
        outcome = self.landed.result()
        return not (isinstance(outcome, Unknown) and outcome.reason.nothing_sent)

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
        # a session that knows that its line is not open need not be asked whether it may send
        if getattr(session, "connected", True) is False:
            return Unknown(Reason.UNREACHABLE)
        self.stage = Stage.ASKING
        refusal = await self._last_word()
        agreed_at = self.clock()
        if refusal is not None:
            return refusal
        async with asyncio.timeout(self.patience.exchange_seconds):
            if self.clock() - agreed_at > self.patience.max_gap_seconds:
                return Unknown(Reason.WITHDRAWN, "too long between the last question and the command")
            self.stage = Stage.SENDING
            return await self.question.put_to(session)

    async def _last_word(self) -> Unknown | None:
        """Why it may not be sent, if it may not."""
        if self.question.before_send is not None:
            try:
                async with asyncio.timeout(self.patience.before_send_seconds):
                    allowed = await self.question.before_send()
            except Exception as fault:  # noqa: BLE001 -- a question that fails is a no
                return Unknown(Reason.WITHDRAWN, type(fault).__name__)
            if allowed is not True:
                return Unknown(Reason.WITHDRAWN)
        if self.ending() and self.question.verb not in HARMLESS_TWICE:
            return Unknown(Reason.WITHDRAWN, "the front end is closing")
        return None

    async def _close(self, session: MeterSession) -> None:
        with suppress(Exception):  # the outcome stands; a line that closes badly changes nothing about it
            async with asyncio.timeout(self.patience.grace_seconds):
                await session.__aexit__(None, None, None)

    def _land(self, outcome: Exchange[Any]) -> None:
        if not self.landed.done():
            self.landed.set_result(outcome)
