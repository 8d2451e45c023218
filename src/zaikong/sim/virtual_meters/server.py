"""Where do virtual meters answer, and how do thousands of them share one loop?

A `MeterPark` opens one TCP server on loopback for every concentrator. A concentrator carries meters of one protocol, as
in the field, and takes any number of connections. A meter costs a small object and a concentrator one listening socket:
nothing runs until somebody asks. Whatever arrives, no connection ends because of it.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from zaikong.meterio.session import Endpoint, MeterAddress, Wire
from zaikong.sim.virtual_meters.lines import Line, LineMaker, Reply
from zaikong.sim.virtual_meters.meter import VirtualMeter

LOOPBACK: Final = "127.0.0.1"
REST_SECONDS: Final = 0.25
"""How long a meter waits for the rest of a frame [s]."""
IDLE_SECONDS: Final = 300.0
"""After how long a connection that says nothing is closed [s]."""
_LAST_PORT = 65_535
_BACKLOG = 1024
_ACCEPTING_TURNS = 3


@dataclass(frozen=True, slots=True)
class ConcentratorPlace:
    """A concentrator and where it is reached.

    Attributes:
        code: Its terminal code.
        wire: Protocol of its meters.
        endpoint: Where it listens.
        addresses: Its meters.
    """

    code: str
    wire: Wire
    endpoint: Endpoint
    addresses: tuple[str, ...]


class MeterPark:
    """Virtual meters behind their concentrators, listening while the context lasts.

    Args:
        meters: The meters; addresses are unique.
        per_concentrator: At most so many behind one concentrator.
        host: Where to listen.
        port_from: Ports from here on, one a concentrator; 0 takes free ones.
        idle_seconds: After how long a connection that says nothing is closed [s].

    Raises:
        ValueError: Two meters have one address, or there are not so many ports.
    """

    def __init__(
        self,
        meters: Iterable[VirtualMeter],
        *,
        per_concentrator: int = 100,
        host: str = LOOPBACK,
        port_from: int = 0,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._meters: dict[str, VirtualMeter] = {}
        for meter in meters:
            if self._meters.setdefault(meter.address, meter) is not meter:
                raise ValueError(f"two meters have the address {meter.address}")
        self._groups = _grouped(list(self._meters.values()), per_concentrator)
        if port_from and port_from + len(self._groups) - 1 > _LAST_PORT:
            raise ValueError(f"there are no {len(self._groups)} ports from {port_from} on")
        self._host = host
        self._port_from = port_from
        self._idle_seconds = idle_seconds
        self._servers: dict[str, asyncio.Server] = {}
        self._connections: dict[str, set[_Connection]] = {code: set() for code in self._groups}
        self._places: dict[str, ConcentratorPlace] = {}
        self._where: dict[str, ConcentratorPlace] = {}

    @classmethod
    async def start(
        cls,
        meters: Iterable[VirtualMeter],
        *,
        per_concentrator: int = 100,
        host: str = LOOPBACK,
        port_from: int = 0,
        idle_seconds: float = IDLE_SECONDS,
    ) -> "MeterPark":
        """Open the servers; `close` ends them, and so does leaving the context.

        Raises:
            OSError: A port is taken; none is left open.
        """
        park = cls(meters, per_concentrator=per_concentrator, host=host, port_from=port_from, idle_seconds=idle_seconds)
        await park.open()
        return park

    async def open(self) -> None:
        """Listen for all concentrators.

        Raises:
            OSError: A port is taken; none is left open.
        """
        try:
            for place, code in enumerate(self._groups):
                await self._listen(code, self._port_from + place if self._port_from else 0)
        except OSError:
            await self.close()
            raise

    async def close(self) -> None:
        """End every connection and every server."""
        for code in list(self._servers):
            await self.take_down(code)

    async def __aenter__(self) -> Self:
        """Listen, where that has not begun."""
        if not self._servers:
            await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        await self.close()

    async def take_down(self, code: str) -> None:
        """Let a concentrator go off line: nothing listens there, and its connections end."""
        server = self._servers.pop(code)
        # hear of nobody new, and let who was accepted become a connection: asyncio loses it where the server closes first
        for listening in server.sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
        for _ in range(_ACCEPTING_TURNS):
            await asyncio.sleep(0)
        server.close()
        connections = list(self._connections[code])
        for connection in connections:
            connection.end()
        await server.wait_closed()
        await asyncio.gather(*(connection.ended for connection in connections))

    async def bring_up(self, code: str) -> None:
        """Let a concentrator come back at the port it had.

        Raises:
            OSError: Somebody has taken the port meanwhile.
        """
        await self._listen(code, self._places[code].endpoint.port)

    @property
    def concentrators(self) -> tuple[ConcentratorPlace, ...]:
        """Every concentrator and where it listens or listened."""
        return tuple(self._places.values())

    @property
    def meters(self) -> tuple[VirtualMeter, ...]:
        """Every meter."""
        return tuple(self._meters.values())

    def meter(self, address: str) -> VirtualMeter:
        """The meter of an address.

        Raises:
            KeyError: There is none.
        """
        return self._meters[address]

    def concentrator_of(self, address: str) -> ConcentratorPlace:
        """What a meter hangs on.

        Raises:
            KeyError: There is no such meter, or it never listened.
        """
        return self._where[address]

    def address_of(self, address: str) -> MeterAddress:
        """How a meter is reached, as a session wants it.

        Raises:
            KeyError: There is no such meter, or it never listened.
        """
        place = self._where[address]
        return MeterAddress(place.wire, address, place.endpoint)

    def directory(self) -> dict[str, list[dict[str, object]]]:
        """Concentrators and meters as plain values."""
        return {
            "concentrators": [
                {"code": place.code, "wire": str(place.wire), "host": place.endpoint.host, "port": place.endpoint.port}
                for place in self.concentrators
            ],
            "meters": [
                {
                    "address": address,
                    "wire": str(place.wire),
                    "concentrator": place.code,
                    "host": place.endpoint.host,
                    "port": place.endpoint.port,
                }
                for place in self.concentrators
                for address in place.addresses
            ],
        }

    def write_directory(self, path: Path) -> None:
        """Write the directory as JSON."""
        path.write_text(json.dumps(self.directory(), indent=1) + "\n", encoding="utf-8")

    async def _listen(self, code: str, port: int) -> None:
        group = self._groups[code]
        meters = {meter.address: meter for meter in group}
        connections = self._connections[code]
        wire = group[0].wire
        line = _line_of(wire)
        server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(line(meters), connections, idle_seconds=self._idle_seconds),
            self._host,
            port,
            backlog=_BACKLOG,
        )
        self._servers[code] = server
        endpoint = Endpoint(self._host, server.sockets[0].getsockname()[1])
        place = ConcentratorPlace(code, wire, endpoint, tuple(meters))
        self._places[code] = place
        self._where.update(dict.fromkeys(meters, place))


class _Connection(asyncio.Protocol):
    """One connection to a concentrator."""

    def __init__(self, line: Line[Any], open_ones: set["_Connection"], *, idle_seconds: float) -> None:
        self._line = line
        self._open_ones = open_ones
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._rest: asyncio.TimerHandle | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._heard_at = self._loop.time()
        self._late: set[asyncio.TimerHandle] = set()
        self._unwanted = False
        self._open_ones.add(self)
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "a stream"
        self._transport = transport
        self._idle = self._loop.call_later(self._idle_seconds, self._check_idle)
        if self._unwanted:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        for timer in (self._rest, self._idle, *self._late):
            if timer is not None:
                timer.cancel()
        self._open_ones.discard(self)
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        self._send(self._line.feed(data))
        if self._line.pending:
            self._rest = self._loop.call_later(REST_SECONDS, self._give_up_rest)

    def pause_writing(self) -> None:
        """The other side asks and does not read: hear nothing more until it does."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def end(self) -> None:
        """End the connection at once, or as soon as it is made."""
        self._unwanted = True
        if self._transport is not None:
            self._transport.abort()

    def _give_up_rest(self) -> None:
        self._rest = None
        self._send(self._line.flush())

    def _check_idle(self) -> None:
        quiet = self._loop.time() - self._heard_at
        if quiet >= self._idle_seconds:
            self.end()
        else:
            self._idle = self._loop.call_later(self._idle_seconds - quiet, self._check_idle)

    def _send(self, replies: Sequence[Reply]) -> None:
        for reply in replies:
            if reply.hang_up:
                self.end()
            elif reply.after > 0:
                self._send_later(reply)
            else:
                self._write(reply.octets)

    def _send_later(self, reply: Reply) -> None:
        def send() -> None:
            self._late.discard(timer)
            self._write(reply.octets)

        timer = self._loop.call_later(reply.after, send)
        self._late.add(timer)

    def _write(self, octets: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(octets)


def _grouped(meters: list[VirtualMeter], size: int) -> dict[str, list[VirtualMeter]]:
    """Meters of one protocol together, at most `size` a group, by code."""
    groups: dict[str, list[VirtualMeter]] = {}
    for wire in Wire:
        spoken = [meter for meter in meters if meter.wire is wire]
        for begin in range(0, len(spoken), size):
            groups[f"V{len(groups) + 1:05d}"] = spoken[begin : begin + size]
    return groups


def _line_of(wire: Wire) -> LineMaker:
    """What makes the line of a new connection; a protocol nobody speaks is not loaded."""
    if wire is Wire.DLT698:
        from zaikong.sim.virtual_meters.line698 import Line698  # noqa: PLC0415 -- its library is heavy

        return Line698
    from zaikong.sim.virtual_meters.line645 import Line645  # noqa: PLC0415 -- nor is this one loaded for nothing

    return Line645
