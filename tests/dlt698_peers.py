"""Which meters of DL/T 698.45 answer in the tests: one of the `dlt698` package alone, and a small one of our own codec."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from dlt698 import ConnectionProfile, Data, DataType, SessionOptions
from dlt698 import _native as native
from dlt698.codec import encode_data

from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import Stream, frame_bytes
from zaikong.meterio.dlt698.messages import (
    Act,
    Acted,
    Connect,
    Connected,
    Failed,
    Get,
    Got,
    Message,
    Release,
    Released,
    Set,
    WasSet,
)
from zaikong.meterio.dlt698.session import Dlt698Session
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire

ADDRESS = "202611300017"
PASSWORD = "135790"
CLOCK = datetime(2026, 12, 1, 9, 0)
UNTIL = datetime(2026, 12, 1, 9, 30)
REGISTERS = (123456, 10000, 20000, 30000, 63456)


def session_to(port, *, address=ADDRESS, password=PASSWORD, timeout_seconds=10.0):
    """A session with the meter that listens on `port` of this machine."""
    where = MeterAddress(Wire.DLT698, address, Endpoint("127.0.0.1", port))
    return Dlt698Session(where, Credentials(password), timeout_seconds=timeout_seconds)


class PackageMeter:
    """A meter built of the `dlt698` package's registry and engine; nothing of ours is in it."""

    def __init__(self, profile=ConnectionProfile.local_public, *, dar=0):
        self._profile = profile
        self._dar = dar
        self.called = []
        self.clock = native.MemoryObject()

    async def __aenter__(self):
        server = native.ServerAddress(bytes=bytes.fromhex(ADDRESS)[::-1])
        self._engine = native.Engine(SessionOptions(role=native.Role.server, server=server), self._registry())
        self.port = self._engine.listen("127.0.0.1", 0, self._profile)
        self._pump = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_fault):
        self._pump.cancel()
        with suppress(asyncio.CancelledError):
            await self._pump
        self._engine.close()

    async def _run(self):
        while True:
            self._engine.poll(0.001)
            await asyncio.sleep(0.001)

    def _invoke(self, method, parameter):
        self.called.append((f"{method.oi:04X}-{method.method}", encode_data(parameter).hex()))
        return native.ActionValue(dar=self._dar)

    def _registry(self):
        registry = native.ObjectRegistry()
        bits = Data.bit_string(8, b"\x00")
        relay = Data.structure([Data.visible_string("K1"), *(Data.enumeration(state) for state in (0, 1, 0))])
        registers = Data.array([Data.uint32(register) for register in REGISTERS])
        clock = Data.date_time_s([CLOCK.year >> 8, CLOCK.year & 255, 12, 1, 9, 0, 0])
        self._add(registry, 0x0010, {2: registers})
        self._add(registry, 0x4000, {2: clock}, holder=self.clock, writable=True)
        self._add(registry, 0xF205, {2: Data.array([relay])})
        self._add(registry, 0x8000, {3: bits, 4: bits, 5: bits}, {129: DataType.array, 130: DataType.array})
        self._add(registry, 0x8001, {2: Data.enumeration(0)}, {127: DataType.null, 128: DataType.null})
        return registry

    def _add(self, registry, oi, held, methods=None, *, holder=None, writable=False):
        holder = holder or native.MemoryObject()
        attributes = [
            native.AttributeSchema(number=number, type=value.type, readable=True, writable=writable, record=False)
            for number, value in held.items()
        ]
        offered = [
            native.MethodSchema(number=number, parameter_type=kind, executable=True)
            for number, kind in (methods or {}).items()
        ]
        for number, value in held.items():
            holder.set(number, value)
        for method in offered:
            holder.bind_method(method.number, self._invoke)
        registry.register_object(
            native.ObjectSchema(oi=oi, name=f"{oi:04X}", attributes=attributes, methods=offered), holder
        )


class OwnMeter:
    """A small meter of our codec half.

    What it answers can be bent: `bend(asked, answer)` gives the bytes that are sent instead of the answer's, several
    pieces of them, or none.
    """

    def __init__(self, *, bend=None, wants_association=False, address=ADDRESS, first=b""):
        self.bend = bend or (lambda _asked, answer: [frame_bytes(answer)])
        self.wants_association = wants_association
        self.address = address
        self.first = first
        self.heard = []
        self.open = self.commanded = self.retained = self.alarm = False
        self.executed = {objects.DIRECT_CLOSE_BIT}
        self.errors = frozenset()
        self.clock = CLOCK
        self.lacks = set()
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_fault):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def held(self):
        """Attribute to value."""
        status = {
            objects.RELAY_OPEN_BIT: self.open,
            objects.COMMAND_OPEN_BIT: self.commanded,
            objects.RETAINED_BIT: self.retained,
        }
        all_held = {
            objects.ENERGY: values.energy_value(REGISTERS),
            objects.REACTIVE: values.reactive_value(-321),
            objects.CLOCK: values.clock_value(self.clock),
            objects.RELAY: values.relay_value(values.RelayUnit(open=self.open)),
            objects.OUTPUTS: values.relay_bits_value(first=self.open),
            objects.ALARMS: values.relay_bits_value(first=self.alarm),
            objects.COMMANDS: values.relay_bits_value(first=self.commanded),
            objects.RETAINED: values.retained_value(on=self.retained),
            objects.RUN_STATUS: values.bits_value(status),
            objects.EXECUTION: values.bits_value(frozenset(self.executed)),
            objects.ERRORS: values.bits_value(self.errors),
        }
        return {number: value for number, value in all_held.items() if number not in self.lacks}

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        stream, associated = Stream(), not self.wants_association
        writer.write(self.first)
        try:
            while octets := await reader.read(4096):
                for asked in stream.feed(octets):
                    self.heard.append(asked)
                    content = self._content(asked, associated=associated)
                    associated = associated or (isinstance(content, Connected) and content.result == 0)
                    if content is not None and await self._send(writer, asked, content):
                        return
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(asyncio.current_task())

    async def _send(self, writer, asked, content):
        """Whether the line is to be closed behind it."""
        answer = replace(asked, address=self.address, content=content, from_meter=True)
        for piece in self.bend(asked, answer):
            if piece is None:
                return True
            writer.write(piece)
            await writer.drain()
        return False

    def _content(self, asked, *, associated):  # noqa: PLR0911 -- one line a service
        match asked.content:
            case Connect(password, spoken, terms):
                return Connected(0 if spoken and password in {None, PASSWORD} else 1, terms)
            case Get() | Set() | Act() if not associated:
                return Failed(2)
            case Get(attributes, listed):
                held = self.held()
                return Got(tuple((number, held.get(number, objects.DAR_UNDEFINED)) for number in attributes), listed)
            case Set(objects.CLOCK, value):
                self.clock = values.read_clock(value)
                return WasSet(objects.CLOCK, objects.DONE)
            case Act(method, parameter):
                return Acted(method, self._dar(asked, method, parameter))
            case Release():
                return Released()
        return None

    def _dar(self, asked: Message, method, parameter):
        if asked.tag is None or not (asked.tag.sent_at <= self.clock <= asked.tag.expires_at):
            return objects.DAR_EXPIRED
        match method:
            case objects.TRIP:
                order = values.read_trip(parameter)[0]
                self.errors = frozenset({5} if self.retained else {})
                if self.retained:
                    return objects.DAR_OTHER
                self.commanded, self.alarm = True, order.delay_minutes > 0
                self.open = not self.alarm
                self.executed = {objects.DELAYED_TRIP_BIT if self.alarm else objects.TRIP_BIT}
            case objects.CLOSE:
                direct = values.read_close(parameter)[0].direct
                self.commanded = self.alarm = False
                self.open = self.open and not direct
                self.executed = {objects.DIRECT_CLOSE_BIT if direct else objects.PERMIT_CLOSE_BIT}
            case objects.RETAIN_ON:
                self.retained = True
            case objects.RETAIN_OFF:
                self.retained = False
            case _:
                return objects.DAR_UNDEFINED
        return objects.DONE
