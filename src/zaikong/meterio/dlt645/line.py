"""How do bytes get to a meter and back: over TCP to what it hangs on, or over a serial line?

A line knows nothing of frames. It raises `OSError` for whatever the line does, and only that. What it must be able to do
is be *renewed*: after a question whose answer is not known to have come, the next question must not be given that
answer. Over TCP that is a new connection, which the old answer cannot reach; a serial line cannot forget, so it is
listened out until it has been quiet for longer than a meter may take to begin an answer.

Basis: DL/T 645-2007 5.1 (bytes of 8 bits, even parity), 5.2.6 (a meter answers after at most 500 ms, and pauses no
longer between two bytes).
"""

import asyncio
import contextlib
import termios
from typing import Protocol

import serial  # type: ignore[import-untyped]
import serial_asyncio  # type: ignore[import-untyped]

from zaikong.meterio.session import Endpoint

QUIET_SECONDS = 0.5
"""Longest time a meter may let pass before it begins to answer [s]."""
LISTENED_SECONDS = 5.0
"""How long a serial line that is never quiet is listened out [s]."""

_CHUNK = 4096


class Line(Protocol):
    """A way to bytes and back. Every method raises `OSError` where the line fails."""

    @property
    def is_open(self) -> bool:
        """Whether it can be written to, as far as is known."""
        ...

    @property
    def listening_seconds(self) -> float:
        """How much longer than the opening of a line its renewal may take [s]."""
        ...

    async def open(self) -> None:
        """Open it."""
        ...

    async def renew(self) -> None:
        """Make sure that nothing sent before now is taken for an answer to what is sent next; open where closed."""
        ...

    async def discard(self) -> None:
        """Throw away what has come unasked; open again where the other side has closed."""
        ...

    async def send(self, octets: bytes) -> None:
        """Send."""
        ...

    async def receive(self) -> bytes:
        """The next bytes, at least one; none where the other side has closed."""
        ...

    async def close(self) -> None:
        """Close it; never fails."""
        ...


class _Streams:
    """What both kinds of line share: a reader, a writer, and care for both."""

    listening_seconds = 0.0

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    @property
    def is_open(self) -> bool:
        return self._writer is not None and not self._writer.is_closing()

    async def open(self) -> None:
        await self.close()
        try:
            self._reader, self._writer = await self._connected()
        except (ValueError, OverflowError, termios.error) as fault:  # a name, port or speed that cannot be
            raise OSError(f"no such line: {type(fault).__name__}") from None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        raise NotImplementedError

    async def discard(self) -> None:
        await asyncio.sleep(0)  # what the system holds already is read in two turns of the loop
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(0):
                while await self.receive():
                    pass
        except TimeoutError:
            return
        except OSError:
            pass
        await self.open()

    async def send(self, octets: bytes) -> None:
        if self._writer is None:
            raise ConnectionError("closed")
        self._writer.write(octets)
        await self._writer.drain()

    async def receive(self) -> bytes:
        if self._reader is None:
            raise ConnectionError("closed")
        return await self._reader.read(_CHUNK)

    async def close(self) -> None:
        writer, self._reader, self._writer = self._writer, None, None
        if writer is None:
            return
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class TcpLine(_Streams):
    """A meter behind a terminal or concentrator that takes its bytes over TCP."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self._endpoint = endpoint

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._endpoint.host, self._endpoint.port)

    async def renew(self) -> None:
        """Connect anew: what was asked on the old connection is answered on the old connection."""
        await self.open()


class SerialLine(_Streams):
    """A meter on a serial line.

    Args:
        endpoint: Its device and speed.
        quiet_seconds: How long the line must be quiet before it is taken as listened out [s].
    """

    def __init__(self, endpoint: Endpoint, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._quiet_seconds = quiet_seconds
        self.listening_seconds = LISTENED_SECONDS + quiet_seconds

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await self._connected_with(serial.PARITY_EVEN)
        except termios.error:  # a pseudo terminal, or a converter that keeps parity to itself
            return await self._connected_with(serial.PARITY_NONE)

    async def _connected_with(self, parity: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = serial.Serial(
            self._endpoint.host,
            self._endpoint.baud,
            bytesize=serial.EIGHTBITS,
            parity=parity,
            stopbits=serial.STOPBITS_ONE,
            exclusive=True,
        )
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await serial_asyncio.connection_for_serial(loop, lambda: protocol, port)
        except BaseException:
            port.close()
            raise
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)

    async def renew(self) -> None:
        """Listen until the line has been quiet for long enough."""
        if not self.is_open:
            await self.open()
        try:
            async with asyncio.timeout(LISTENED_SECONDS):
                while await self._heard():
                    pass
        except TimeoutError:
            raise ConnectionError("never quiet") from None
        except OSError:
            await self.open()

    async def _heard(self) -> bool:
        """Whether anything came before the line had been quiet for long enough."""
        try:
            async with asyncio.timeout(self._quiet_seconds):
                return bool(await self.receive())
        except TimeoutError:
            return False


def line_to(endpoint: Endpoint) -> Line:
    """The line to `endpoint`, closed."""
    return SerialLine(endpoint) if endpoint.serial else TcpLine(endpoint)
