"""The same session over a serial line: a pair of pseudo terminals with a meter at the other end."""

import asyncio
import os
import tty
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from little_meter import ADDRESS, CREDENTIALS, Act, county_meter, obeying
from zaikong.meterio.dlt645 import reading
from zaikong.meterio.dlt645.frames import Frame, Splitter, packed
from zaikong.meterio.dlt645.line import SerialLine, line_to
from zaikong.meterio.dlt645.session import Dlt645Session
from zaikong.meterio.dlt645.words import RunStatus
from zaikong.meterio.outcome import Confirmed, Reason, Unknown
from zaikong.meterio.session import Endpoint, MeterAddress, Position, Registers, Wire

UNTIL = datetime(2026, 12, 1, 8, 0)
CLOSED = RunStatus(relay_open=False, command_open=False)
OPEN = RunStatus(relay_open=True, command_open=True)


def told(status: RunStatus) -> bytes:
    return Frame(ADDRESS, 0x91, packed(reading.RUN_STATUS_3) + status.octets()).encode()


class Bus:
    """A serial line with a meter on it.

    Attributes:
        place: Where a session finds the meter.
        echoes: Whether the line hands back what is sent, as a two-wire line does.
    """

    def __init__(self, script: Callable[[Frame], Iterable[Act]], *, echoes: bool) -> None:
        self._script = script
        self._echoes = echoes
        self._splitter = Splitter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._meter, self._line = os.openpty()
        tty.setraw(self._line)
        self.place = MeterAddress(Wire.DLT645, ADDRESS, Endpoint(os.ttyname(self._line), 0, baud=9600))

    def session(self, *, timeout_seconds: float = 5) -> Dlt645Session:
        line = SerialLine(self.place.endpoint, quiet_seconds=0.3)
        return Dlt645Session(self.place, CREDENTIALS, timeout_seconds=timeout_seconds, line=line)

    def listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._meter, self._read)

    def hear(self, octets: bytes) -> None:
        os.write(self._meter, octets)

    def _read(self) -> None:
        octets = os.read(self._meter, 4096)
        if self._echoes:
            self.hear(octets)
        for frame in self._splitter.feed(octets):
            assert isinstance(frame, Frame)
            task = asyncio.get_running_loop().create_task(self._act(frame))
            self._tasks.add(task)

    async def _act(self, frame: Frame) -> None:
        for act in self._script(frame):
            if isinstance(act, float):
                await asyncio.sleep(act)
            elif isinstance(act, bytes):
                self.hear(act)

    def unplug(self) -> None:
        if self._meter >= 0:
            asyncio.get_running_loop().remove_reader(self._meter)
            os.close(self._meter)
            os.close(self._line)
            self._meter = -1

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.unplug()


@asynccontextmanager
async def bus(script: Callable[[Frame], Iterable[Act]], *, echoes: bool = False):
    line = Bus(script, echoes=echoes)
    line.listen()
    try:
        yield line
    finally:
        await line.end()


@pytest.mark.parametrize("echoes", [False, True])
def test_a_meter_on_a_serial_line_is_read_and_commanded(echoes):
    meter = county_meter()

    async def talk():
        async with bus(obeying(meter), echoes=echoes) as line, line.session() as session:
            return [
                await session.read_registers(),
                await session.trip(until=UNTIL, delay_minutes=5),
                await session.read_relay(),
                await session.direct_close(until=UNTIL),
            ]

    registers, tripped, relay, closed = asyncio.run(talk())
    assert isinstance(registers, Confirmed)
    assert isinstance(registers.value, Registers)
    assert registers.value.values["total"] == 12_345_678
    assert tripped == Confirmed(None)
    assert isinstance(relay, Confirmed)
    assert relay.value.actual is Position.OPEN
    assert closed == Confirmed(None)


def test_a_serial_line_with_nobody_on_it_is_silent():
    async def talk():
        async with bus(lambda _: []) as line, line.session(timeout_seconds=0.1) as session:
            return await session.read_relay()

    assert asyncio.run(talk()) == Unknown(Reason.SILENT)


def test_a_late_answer_on_a_serial_line_is_listened_out_before_the_next_question():
    # asked at once, the second question would get the answer to the first
    late = iter(([0.5, told(CLOSED)], [0.2, told(OPEN)]))

    async def talk():
        async with bus(lambda _: next(late)) as line, line.session(timeout_seconds=0.4) as session:
            return await session.read_relay(), await session.read_relay()

    first, second = asyncio.run(talk())
    assert first == Unknown(Reason.SILENT)
    assert isinstance(second, Confirmed)
    assert second.value.actual is Position.OPEN


def test_what_came_unasked_on_a_serial_line_answers_nothing():
    async def talk():
        async with bus(lambda _: []) as line, line.session(timeout_seconds=0.1) as session:
            line.hear(told(OPEN))
            await asyncio.sleep(0.05)
            return await session.read_relay()

    assert asyncio.run(talk()) == Unknown(Reason.SILENT)


def test_a_serial_line_unplugged_inside_a_question_is_broken_and_then_unreachable():
    async def talk():
        async with bus(lambda _: []) as line, line.session(timeout_seconds=1) as session:
            asyncio.get_running_loop().call_later(0.05, line.unplug)
            return await session.read_relay(), await session.read_relay()

    first, second = asyncio.run(talk())
    assert isinstance(first, Unknown)
    assert isinstance(second, Unknown)
    assert (first.reason, second.reason) == (Reason.BROKEN, Reason.UNREACHABLE)


def test_two_masters_do_not_share_a_serial_line():
    async def talk():
        async with bus(obeying(county_meter())) as line, line.session() as first:
            assert isinstance(await first.read_relay(), Confirmed)
            async with line.session() as second:
                return await second.read_relay()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is Reason.UNREACHABLE


def test_a_place_without_a_port_is_a_serial_line():
    assert isinstance(line_to(Endpoint("/dev/ttyS0", 0)), SerialLine)
    assert not isinstance(line_to(Endpoint("127.0.0.1", 1)), SerialLine)
