"""How is a meter of DL/T 645-2007 spoken to, one question at a time?

`Dlt645Session` is a `meterio.session.MeterSession`. The standard has no number that ties an answer to its question, so
an answer is taken only where it can be no other: a whole frame with its check sum, from the meter asked, of the control
code asked, for the data identifier asked, on a line that owes no earlier answer. Anything else is waited past until the
time is up, and then said: `Unknown` with what was seen. No byte sent or received is shown anywhere.

Basis: DL/T 645-2007 control codes 11H, 14H, 1CH; `docs/algorithms/meter_exchange.md`.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import Self, TypeVar

from zaikong.meterio.dlt645 import control, reading
from zaikong.meterio.dlt645.answers import Beside, judged, most_telling
from zaikong.meterio.dlt645.control import Operation
from zaikong.meterio.dlt645.frames import BROADCAST, Frame, Splitter, UnableToEncodeError, Unreadable
from zaikong.meterio.dlt645.line import Line, line_to
from zaikong.meterio.dlt645.moments import date_octets, read_clock, time_octets
from zaikong.meterio.dlt645.words import read_run_status
from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Refused, Unknown
from zaikong.meterio.session import Credentials, LastWord, MeterAddress, Registers, RelayState

Value = TypeVar("Value")

_ONE_METER = re.compile(r"[0-9]{12}")


class Dlt645Session:
    """A line to one meter of DL/T 645-2007.

    Args:
        address: Which meter, twelve decimal digits, and where it is reached.
        credentials: What it asks for before it obeys.
        timeout_seconds: How long one question waits for its answer, and how long opening the line may take [s].
        line: Way to the meter where it is not the one that `address` names.

    Raises:
        UnableToEncodeError: The address is not of one meter, or the credentials have no form the standard knows.
    """

    def __init__(
        self, address: MeterAddress, credentials: Credentials, *, timeout_seconds: float, line: Line | None = None
    ) -> None:
        if not _ONE_METER.fullmatch(address.address) or address.address == BROADCAST:
            raise UnableToEncodeError("a session is with one meter, named by twelve digits")
        control.authority(credentials)
        self._address = address.address
        self._credentials = credentials
        self._timeout_seconds = timeout_seconds
        self._line = line_to(address.endpoint) if line is None else line
        self._owes_answer = False
        self._unopened: Unknown | None = None
        self.last_word: LastWord | None = None

    async def __aenter__(self) -> Self:
        """Open the line; where that fails, the first exchange says so."""
        self._unopened = await self._opened(self._line.open)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line."""
        await self._line.close()

    async def read_registers(self) -> Exchange[Registers]:
        """Read the registers of forward active energy, the combined reactive one, and the clock.

        A rate, the reactive register or the clock that the meter refuses to tell is left out.
        """
        energies = await self._energies()
        if not isinstance(energies, Confirmed):
            return energies
        reactive = await self._read(reading.REACTIVE, lambda octets: reading.read_energy(octets, signed=True))
        if isinstance(reactive, Unknown):
            return reactive
        clock = await self._clock()
        if isinstance(clock, Unknown):
            return clock
        values = dict(energies.value)
        if isinstance(reactive, Confirmed):
            values["reactive"] = reactive.value
        return Confirmed(Registers(values, clock.value if isinstance(clock, Confirmed) else None))

    async def read_relay(self) -> Exchange[RelayState]:
        """Read run-status word 3."""
        status = await self._read(reading.RUN_STATUS_3, read_run_status)
        return Confirmed(status.value.relay()) if isinstance(status, Confirmed) else status

    async def trip(self, *, until: datetime, delay_minutes: int = 0) -> Exchange[None]:
        """Take supply away, never sooner than after `delay_minutes` [min].

        How long a meter warns before it trips is a parameter of its own (04001401), not a part of the command. It is
        read, and set where it is another; a meter that will not have it set trips later, if at all, never sooner.
        """
        told = self._command(Operation.TRIP, until)
        wanted = control.delay_octets(delay_minutes)
        delay = await self._read(control.TRIP_DELAY, control.read_delay)
        if isinstance(delay, Unknown):
            return Unknown(delay.reason, "reading the trip delay; no trip was sent")
        stands = delay.value if isinstance(delay, Confirmed) else 0
        if stands != delay_minutes:
            written = await self._write(control.TRIP_DELAY, wanted)
            if isinstance(written, Unknown):
                return Unknown(written.reason, "setting the trip delay; no trip was sent")
            if isinstance(written, Refused) and stands < delay_minutes:
                return written
        return await self._control(Operation.TRIP, told)

    async def permit_close(self, *, until: datetime) -> Exchange[None]:
        """Let the customer close by the button."""
        return await self._control(Operation.PERMIT_CLOSE, self._command(Operation.PERMIT_CLOSE, until))

    async def direct_close(self, *, until: datetime) -> Exchange[None]:
        """Give supply back at once."""
        return await self._control(Operation.DIRECT_CLOSE, self._command(Operation.DIRECT_CLOSE, until))

    async def retain(self, *, on: bool, until: datetime) -> Exchange[None]:
        """Switch 保电 on or off."""
        operation = Operation.RETAIN_ON if on else Operation.RETAIN_OFF
        return await self._control(operation, self._command(operation, until))

    async def set_time(self, *, at: datetime) -> Exchange[None]:
        """Write the date, then the time, each answered by the meter; no broadcast, which nobody answers."""
        dated = await self._write(reading.DATE, date_octets(at))
        return await self._write(reading.TIME, time_octets(at)) if isinstance(dated, Confirmed) else dated

    async def _energies(self) -> Exchange[dict[str, int]]:
        """The active registers: in one question, or one by one where the meter knows no block."""
        block = await self._read(reading.ENERGY_BLOCK, reading.read_energy_block)
        if isinstance(block, Confirmed) or (isinstance(block, Unknown) and block.reason is not Reason.MALFORMED):
            return block
        shown: dict[str, int] = {}
        for name, identifier in reading.ENERGY.items():
            energy = await self._read(identifier, reading.read_energy)
            if isinstance(energy, Unknown) or (isinstance(energy, Refused) and not shown):
                return energy
            if isinstance(energy, Confirmed):
                shown[name] = energy.value
        return Confirmed(shown)

    async def _clock(self) -> Exchange[datetime]:
        """The clock; its date is read again where midnight may have passed since."""
        day = await self._read(reading.DATE, _as_sent)
        clock = await self._read(reading.TIME, _as_sent) if isinstance(day, Confirmed) else day
        if isinstance(clock, Confirmed) and clock.value[1:] == b"\x00\x00":
            day = await self._read(reading.DATE, _as_sent)
        if not isinstance(day, Confirmed):
            return day
        if not isinstance(clock, Confirmed):
            return clock
        moment = read_clock(day.value, clock.value)
        return Unknown(Reason.MALFORMED, moment.what) if isinstance(moment, Unreadable) else Confirmed(moment)

    async def _read(self, identifier: str, read: Callable[[bytes], Value | Unreadable]) -> Exchange[Value]:
        return await self._exchange(reading.ask(self._address, identifier), read)

    async def _write(self, identifier: str, octets: bytes) -> Exchange[None]:
        authority = control.authority(self._credentials)
        return await self._exchange(
            reading.write(self._address, identifier, authority=authority, octets=octets), _nothing
        )

    def _command(self, operation: Operation, until: datetime) -> Frame:
        return control.command(self._address, operation, credentials=self._credentials, until=until)

    async def _control(self, operation: Operation, told: Frame) -> Exchange[None]:
        taken = await self._exchange(told, lambda octets: control.read_taken(operation, octets), final=True)
        return Confirmed(None) if isinstance(taken, Confirmed) else taken

    async def _exchange(
        self, question: Frame, read: Callable[[bytes], Value | Unreadable], *, final: bool = False
    ) -> Exchange[Value]:
        """Ask one question; a `final` one after the last word.

        Until its answer has come, the line owes one, even where this call is cancelled.
        """
        unopened, self._unopened = self._unopened, None
        if unopened is None:
            unopened = await self._opened(self._line.renew if self._owes_answer else self._line.discard)
        if unopened is None and final and self.last_word is not None:
            unopened = await self.last_word()
        if unopened is not None:
            return unopened
        self._owes_answer = True
        outcome = await self._answer(question, read)
        self._owes_answer = isinstance(outcome, Unknown)
        return outcome

    async def _opened(self, opening: Callable[[], Awaitable[None]]) -> Unknown | None:
        """What went wrong in making the line ready."""
        try:
            async with asyncio.timeout(self._timeout_seconds + self._line.listening_seconds):
                await opening()
        except OSError as fault:
            return Unknown(Reason.UNREACHABLE, type(fault).__name__)
        return None

    async def _answer(self, question: Frame, read: Callable[[bytes], Value | Unreadable]) -> Exchange[Value]:
        """Send, and listen until the answer has come or nothing more can."""
        splitter = Splitter()
        seen: dict[tuple[Reason, bool], Beside] = {}  # a flood is remembered by its kinds
        ended = Unknown(Reason.BROKEN, "the other side closed the line")
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._line.send(question.encode())
                while octets := await self._line.receive():
                    for piece in splitter.feed(octets):
                        verdict = judged(question, piece, read)
                        if not isinstance(verdict, Beside):
                            return verdict
                        seen.setdefault((verdict.reason, verdict.half), verdict)
        except TimeoutError:
            ended = Unknown(Reason.SILENT)
        except OSError as fault:
            ended = Unknown(Reason.BROKEN, type(fault).__name__)
        for piece in splitter.flush():
            verdict = judged(question, piece, read)
            if not isinstance(verdict, Beside):
                return verdict
            seen.setdefault((verdict.reason, verdict.half), verdict)
        return most_telling(seen.values(), ended)


def _as_sent(octets: bytes) -> bytes:
    return octets


def _nothing(octets: bytes) -> Unreadable | None:
    """An answer that only says yes."""
    return Unreadable(f"{len(octets)} bytes where none belong") if octets else None
