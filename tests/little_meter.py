"""A little meter of our frames on a real socket, and what it can be told to do wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from zaikong.meterio.dlt645 import control, reading
from zaikong.meterio.dlt645.control import Operation
from zaikong.meterio.dlt645.frames import Frame, Function, Splitter, packed
from zaikong.meterio.dlt645.session import Dlt645Session
from zaikong.meterio.dlt645.words import ErrorByte, ErrorWord, ExecutionWord, RunStatus
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire

ADDRESS = "000000000161"
PASSWORD = "a1b2c3"
OPERATOR = "87654321"
CREDENTIALS = Credentials(PASSWORD, operator=OPERATOR)

CLOSE = "close the connection"
Act = bytes | float | str
"""Bytes to send, seconds to wait, or `CLOSE`."""


@dataclass
class LittleMeter:
    """A meter as simple as one can be that still obeys, refuses and tells."""

    address: str = ADDRESS
    stored: dict[str, bytes] = field(default_factory=dict)
    status: RunStatus = field(default_factory=lambda: RunStatus(relay_open=False, command_open=False))
    extended: bool = False
    """Whether it answers with execution and error words."""
    credentials: Credentials = CREDENTIALS
    told: list[Operation] = field(default_factory=list)

    def answer(self, frame: Frame) -> Frame | None:
        if frame.from_meter or not frame.is_for(self.address):
            return None
        match frame.function:
            case Function.READ:
                return self._read(frame)
            case Function.READ_ADDRESS:
                return frame.answer(address=self.address, data=packed(self.address))
            case Function.WRITE:
                return self._write(frame)
            case Function.CONTROL:
                return self._control(frame)
        return None

    def _read(self, frame: Frame) -> Frame:
        stored = self.stored | {reading.RUN_STATUS_3: self.status.octets()}
        if frame.identifier not in stored:
            return frame.refusal(address=self.address, error=bytes([ErrorByte.NO_SUCH_DATA]))
        return frame.answer(address=self.address, data=frame.data + stored[frame.identifier])

    def _write(self, frame: Frame) -> Frame:
        if frame.data[4:12] != control.authority(self.credentials):
            return frame.refusal(address=self.address, error=bytes([ErrorByte.PASSWORD]))
        self.stored[frame.identifier] = frame.data[12:]
        return frame.answer(address=self.address)

    def _control(self, frame: Frame) -> Frame:
        command = control.read_command(frame)
        assert isinstance(command, control.Command)
        if command.authority != control.authority(self.credentials):
            return self._refuse(frame, ErrorWord.PASSWORD)
        if self.status.retained and command.operation is Operation.TRIP:
            return self._refuse(frame, ErrorWord.RETAINED)
        self.told.append(command.operation)
        word = self._obey(command.operation)
        return frame.answer(address=self.address, data=word.to_bytes(2, "little") if self.extended else b"")

    def _obey(self, operation: Operation) -> ExecutionWord:
        on = self.status.relay_open
        if operation is Operation.TRIP:
            self.status = RunStatus(relay_open=True, command_open=True)
            return ExecutionWord.TRIP
        if operation is Operation.PERMIT_CLOSE:
            self.status = RunStatus(relay_open=on, command_open=False)
            return ExecutionWord.PERMIT_CLOSE
        if operation is Operation.DIRECT_CLOSE:
            self.status = RunStatus(relay_open=False, command_open=False)
            return ExecutionWord.DIRECT_CLOSE
        retained = operation is Operation.RETAIN_ON
        self.status = RunStatus(relay_open=on, command_open=self.status.command_open, retained=retained)
        return ExecutionWord.RETAIN_ON if retained else ExecutionWord.RETAIN_OFF

    def _refuse(self, frame: Frame, why: ErrorWord) -> Frame:
        error = why.to_bytes(2, "little") if self.extended else bytes([ErrorByte.PASSWORD])
        return frame.refusal(address=self.address, error=error)


def registers() -> dict[str, bytes]:
    """What a county meter stores: registers by block and one by one, reactive, clock at 2026-11-30 23:59:58."""
    shown = {"total": 12_345_678, "sharp": 1, "peak": 20_000, "flat": 300, "valley": 99_999_999}
    return {
        reading.ENERGY_BLOCK: b"".join(reading.energy_octets(centi) for centi in shown.values()),
        **{reading.ENERGY[name]: reading.energy_octets(centi) for name, centi in shown.items()},
        reading.REACTIVE: reading.energy_octets(-250, signed=True),
        reading.DATE: packed("26113001"),
        reading.TIME: packed("235958"),
        control.TRIP_DELAY: control.delay_octets(0),
    }


@dataclass
class Desk:
    """Where a meter listens, and what it was asked."""

    port: int
    asked: list[Frame]
    lines: list[object]
    """A connection each."""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("127.0.0.1", self.port)

    def session(self, *, timeout_seconds: float = 5, credentials: Credentials = CREDENTIALS) -> Dlt645Session:
        address = MeterAddress(Wire.DLT645, ADDRESS, self.endpoint)
        return Dlt645Session(address, credentials, timeout_seconds=timeout_seconds)


@asynccontextmanager
async def listening(script: Callable[[Frame], Iterable[Act]]) -> AsyncIterator[Desk]:
    """A server that does for every frame it gets what `script` says."""
    desk = Desk(0, [], [])
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        desk.lines.append(writer)
        splitter = Splitter()
        try:
            while octets := await reader.read(4096):
                for frame in splitter.feed(octets):
                    assert isinstance(frame, Frame)
                    desk.asked.append(frame)
                    for act in script(frame):
                        if act == CLOSE:
                            return
                        if isinstance(act, float):
                            await asyncio.sleep(act)
                        else:
                            writer.write(act)
                            await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    desk.port = server.sockets[0].getsockname()[1]
    try:
        yield desk
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def obeying(meter: LittleMeter) -> Callable[[Frame], Iterable[Act]]:
    """The script of a meter that does what it should."""

    def script(frame: Frame) -> Iterable[Act]:
        answer = meter.answer(frame)
        return [] if answer is None else [answer.encode()]

    return script


def county_meter() -> LittleMeter:
    """A little meter with everything a county meter stores."""
    return LittleMeter(stored=registers())
