"""How is a meter of DL/T 698.45 spoken to, one question at a time?

`Dlt698Session` is a `meterio.session.MeterSession`. An answer is taken only where it can be no other: a whole frame with
both check sums, from the meter asked to this master, with the number of the exchange (PIID, another one each time), of
the service asked, naming every attribute or method asked, and with the time tag sent where it has one. Anything else is
waited past until the time is up, and then said: `Unknown` with what was seen. No byte sent or received is shown anywhere.

Before every command an association by password is asked for, as nobody knows whether the meter still keeps the last; the
command itself is never sent again, not even where the meter says that there is no association. Reading needs none until
the meter says so.

Basis: DL/T 698.45-2017 6 (services); `docs/algorithms/meter_exchange.md`.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta, timezone
from types import TracebackType
from typing import Self, TypeVar

from dlt698.model import Data

from zaikong.meterio.dlt645.line import Line, line_to
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.answers import judged, read_registers, read_relay_state
from zaikong.meterio.dlt698.frames import FrameError, Stream, UnableToSayError, frame_bytes
from zaikong.meterio.dlt698.messages import (
    PIID_MASK,
    Act,
    Acted,
    Answer,
    Connect,
    Connected,
    Failed,
    Get,
    Got,
    LinkAnswer,
    LinkCall,
    Message,
    Question,
    Set,
    TimeTag,
    WasSet,
)
from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Refused, Unknown
from zaikong.meterio.session import Credentials, LastWord, MeterAddress, Registers, RelayState

Value = TypeVar("Value")

METER_ZONE = timezone(timedelta(hours=8))
"""Zone of a meter's clock."""

WINDOW_MINUTES = 24 * 60
"""How long before its expiry a command is valid at the earliest [min]: longer than any command is under way."""

LONGEST_DELAY = 255
"""Longest alarm before a trip [min]."""

REGISTERS = (objects.ENERGY, objects.REACTIVE, objects.CLOCK)
RELAY_OBJECTS = (
    objects.RELAY,
    objects.OUTPUTS,
    objects.COMMANDS,
    objects.ALARMS,
    objects.RETAINED,
    objects.EXECUTION,
    objects.RUN_STATUS,
)

_UNTOLD = {objects.DAR_TEMPORARY, objects.DAR_DENIED, objects.DAR_OTHER}
"""DAR that do not tell why; the error word may."""
_SHUT = {objects.DAR_DENIED, objects.DAR_PASSWORD}
"""DAR of an attribute that an association may open."""
_TELLING = (Reason.MALFORMED, Reason.CHECK_SUM, Reason.FOREIGN, Reason.GARBAGE)
"""What is said where several things were seen: what came closest to an answer."""


class Dlt698Session:
    """A line to one meter of DL/T 698.45.

    Args:
        address: Which meter, twelve decimal digits, and where it is reached.
        credentials: What it asks for before it obeys; its password is the general password, as text.
        timeout_seconds: How long one question waits for its answer, and how long opening the line may take [s].
        line: Way to the meter where it is not the one that `address` names.

    Raises:
        UnableToSayError: The address is not of one meter, or no frame can carry the password.
    """

    def __init__(
        self, address: MeterAddress, credentials: Credentials, *, timeout_seconds: float, line: Line | None = None
    ) -> None:
        frame_bytes(Message(address.address, 0, Connect(credentials.password)))
        self._address = address.address
        self._credentials = credentials
        self._timeout_seconds = timeout_seconds
        self._is_shared = address.endpoint.serial
        self._line = line_to(address.endpoint) if line is None else line
        self._piid = secrets.randbelow(PIID_MASK + 1)
        self._associated = False
        self._owes_answer = False
        self._is_fresh = False
        self._unopened: Unknown | None = None
        self.last_word: LastWord | None = None

    async def __aenter__(self) -> Self:
        """Open the line; where that fails, the first exchange says so."""
        self._unopened = await self._opened(self._line.open)
        self._is_fresh = self._unopened is None and not self._is_shared
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line; an association ends with its line, or by its own time."""
        await self._line.close()

    async def read_registers(self) -> Exchange[Registers]:
        """Read forward active energy with its rates, combined reactive energy 1, and the clock, in one question.

        The reactive register or the clock that the meter refuses to tell is left out.
        """
        return await self._read(REGISTERS, read_registers)

    async def read_relay(self) -> Exchange[RelayState]:
        """Read the relay, its commands and alarms, 保电, the execution word and run-status word 3, in one question."""
        return await self._read(RELAY_OBJECTS, read_relay_state)

    async def trip(self, *, until: datetime, delay_minutes: int = 0) -> Exchange[None]:
        """Take supply away after an alarm of `delay_minutes` [min], until told to close.

        Raises:
            UnableToSayError: The delay is none that a command can carry.
        """
        if delay_minutes not in range(LONGEST_DELAY + 1):
            raise UnableToSayError("a trip waits 0 to 255 minutes")
        order = values.TripOrder(delay_minutes=delay_minutes)
        return await self._command(objects.TRIP, values.trip_parameter(order), until)

    async def permit_close(self, *, until: datetime) -> Exchange[None]:
        """Let the customer close by the button."""
        return await self._command(objects.CLOSE, values.close_parameter(values.CloseOrder(direct=False)), until)

    async def direct_close(self, *, until: datetime) -> Exchange[None]:
        """Give supply back at once."""
        return await self._command(objects.CLOSE, values.close_parameter(values.CloseOrder(direct=True)), until)

    async def retain(self, *, on: bool, until: datetime) -> Exchange[None]:
        """Switch 保电 on or off."""
        return await self._command(objects.RETAIN_ON if on else objects.RETAIN_OFF, values.nothing(), until)

    async def set_time(self, *, at: datetime) -> Exchange[None]:
        """Set date and time; without a time tag, as the clock that would judge it may be the one that is wrong."""
        unassociated = await self._associate()
        if unassociated is not None:
            return unassociated
        return _done(await self._ask(Set(objects.CLOCK, values.clock_value(_wall(at)))))

    async def _command(self, method: int, parameter: Data, until: datetime) -> Exchange[None]:
        tag = TimeTag.expiring(_wall(until), window_minutes=WINDOW_MINUTES)
        unassociated = await self._associate()
        if unassociated is not None:
            return unassociated
        answer = await self._ask(Act(method, parameter), tag, final=True)
        if isinstance(answer, Acted) and answer.dar in _UNTOLD:
            return await self._told_why(answer)
        return _done(answer)

    async def _told_why(self, answer: Acted) -> Refused:
        """The refusal of a command with the cause that the error word gives, or the DAR where it gives none."""
        refused = Refused(objects.dar_word(answer.dar), f"DAR {answer.dar}")
        errors = await self._ask(Get((objects.ERRORS,), listed=False))
        if not isinstance(errors, Got) or isinstance(errors.results[0][1], int):
            return refused
        try:
            bits = values.read_word(errors.results[0][1])
        except values.UnreadableValueError:
            return refused
        words = (word for bit, word in objects.ERROR_WORDS.items() if bit in bits)
        return Refused(next(words, refused.code), refused.detail)

    async def _read(
        self, attributes: tuple[int, ...], read: Callable[[Mapping[int, Data | int]], Value | Refused]
    ) -> Exchange[Value]:
        """Read, and once more on an association where the meter wants one."""
        answer = await self._ask(Get(attributes))
        if not self._associated and _is_shut(answer):
            unassociated = await self._associate()
            if unassociated is not None:
                return unassociated
            answer = await self._ask(Get(attributes))
        if not isinstance(answer, Got):
            return _not_done(answer)
        try:
            value = read(dict(answer.results))
        except values.UnreadableValueError as fault:
            return Unknown(Reason.MALFORMED, str(fault))
        return value if isinstance(value, Refused) else Confirmed(value)

    async def _associate(self) -> Refused | Unknown | None:
        """Ask for an association by password, then for a public one; what the meter has against it.

        A wrong password ends it. A meter that knows no passwords grants a public association; one that grants neither
        without saying why has one already or knows none, and what it may be told is then for the meter to judge.
        """
        answer = await self._ask(Connect(self._credentials.password))
        if isinstance(answer, Connected) and answer.result == objects.CONNECT_OTHER:
            answer = await self._ask(Connect())
        if isinstance(answer, Unknown):
            return Unknown(answer.reason, "asking for an association; nothing else was sent")
        if isinstance(answer, Connected) and answer.result not in {objects.DONE, objects.CONNECT_OTHER}:
            return Refused(objects.connect_word(answer.result), "CONNECT")
        self._associated = True
        return None

    async def _ask(self, question: Question, tag: TimeTag | None = None, *, final: bool = False) -> Answer | Unknown:
        """Ask one question; a `final` one after the last word.

        Until its answer has come, the line owes one, even where this call is cancelled.
        """
        self._piid = (self._piid + 1) & PIID_MASK
        asked = Message(self._address, self._piid, question, tag=tag)
        octets = frame_bytes(asked)
        unready = await self._unready()
        if unready is not None:
            self._associated = False
            return unready
        refusal = await self.last_word() if final and self.last_word is not None else None
        if refusal is not None:
            return refusal
        self._owes_answer = True
        outcome = await self._answer(asked, octets)
        self._owes_answer = isinstance(outcome, Unknown)
        return outcome

    async def _unready(self) -> Unknown | None:
        """What keeps the line from being asked. On a connection just opened, what has come is heard: a log-in."""
        unopened, self._unopened = self._unopened, None
        fresh, self._is_fresh = self._is_fresh, False
        if unopened is not None or fresh:
            return unopened
        return await self._opened(self._renew if self._owes_answer else self._line.discard)

    async def _renew(self) -> None:
        self._associated = False
        await self._line.renew()

    async def _opened(self, opening: Callable[[], Awaitable[None]]) -> Unknown | None:
        """What went wrong in making the line ready."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await opening()
        except OSError as fault:
            return Unknown(Reason.UNREACHABLE, type(fault).__name__)
        return None

    async def _answer(self, asked: Message, octets: bytes) -> Answer | Unknown:
        stream = Stream()
        seen: dict[Reason, Unknown] = {}
        ended = Unknown(Reason.BROKEN, "the other side closed the line")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._line.send(octets)
                while came := await self._line.receive():
                    for found in stream.feed(came):
                        answer = await self._taken(asked, found, seen)
                        if answer is not None:
                            return answer
        except TimeoutError:
            ended = Unknown(Reason.GARBAGE, "no whole frame") if stream.loose else Unknown(Reason.SILENT)
        except OSError as fault:
            ended = Unknown(Reason.BROKEN, type(fault).__name__)
        return _most_telling(seen, ended)

    async def _taken(self, asked: Message, found: Message | FrameError, seen: dict[Reason, Unknown]) -> Answer | None:
        """The answer, where this is it; what else it is, is noted."""
        if isinstance(found, FrameError):
            seen.setdefault(found.reason, Unknown(found.reason, found.detail))
            return None
        if isinstance(found.content, LinkCall) and found.address == asked.address:
            granted = Message(asked.address, found.piid, LinkAnswer(found.content.requested_at), client=found.client)
            await self._line.send(frame_bytes(granted))
            return None
        strange = judged(asked, found)
        if isinstance(strange, Unknown):
            seen.setdefault(strange.reason, strange)
            return None
        return strange


def _wall(at: datetime) -> datetime:
    return at if at.tzinfo is None else at.astimezone(METER_ZONE).replace(tzinfo=None)


def _is_shut(answer: Answer | Unknown) -> bool:
    if isinstance(answer, Got):
        return any(isinstance(result, int) and result in _SHUT for _, result in answer.results)
    return isinstance(answer, Failed)


def _done(answer: Answer | Unknown) -> Exchange[None]:
    if not isinstance(answer, Acted | WasSet):
        return _not_done(answer)
    if answer.dar != objects.DONE:
        return Refused(objects.dar_word(answer.dar), f"DAR {answer.dar}")
    return Confirmed(None)


def _not_done(answer: Answer | Unknown) -> Refused | Unknown:
    if isinstance(answer, Unknown):
        return answer
    if isinstance(answer, Failed):
        return Refused(objects.fault_word(answer.kind), "ERROR")
    return Unknown(Reason.FOREIGN, type(answer).__name__)


def _most_telling(seen: Mapping[Reason, Unknown], ended: Unknown) -> Unknown:
    return next((seen[reason] for reason in _TELLING if reason in seen), ended)
