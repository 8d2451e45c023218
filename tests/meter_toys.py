"""A concentrator of toy meters on a real socket, and the session that speaks to them: for the tests of the front end.

One line of text a frame: `<address> <verb>`. What a toy does is told by its `mood`.
"""

import asyncio
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import datetime

from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Position, RelayState, Wire

UNTIL = datetime(2025, 9, 1, 12, 0)
KEYS = Credentials(password="c0ffee")
TAKES_AWAY = ("trip", "retain_off", "set_time")


def keys_of(_address):
    return KEYS


class Toys:
    """Meters behind one port.

    Moods of a meter: `good`, `silent` (reads, answers nothing), `refuses`, `garbage`, `drops` (closes after reading),
    `deaf N` (silent N times, then good), `slow S` (answers after S seconds).
    """

    def __init__(self, **moods):
        self.moods = defaultdict(lambda: "good", {name.removeprefix("m"): mood for name, mood in moods.items()})
        self.got = []
        self.at_once = Counter()
        self.most_at_a_meter = self.most = 0
        self.open = 0
        self.relays = defaultdict(lambda: ["closed", "closed"])
        self.moves_after = {}
        self._deaf = Counter()
        self._tasks = set()
        self._frame = asyncio.Event()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.endpoint = Endpoint("127.0.0.1", self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_fault):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def meter(self, number):
        return MeterAddress(Wire.DLT645, f"{number:012d}", self.endpoint)

    def count(self, verb, number=None):
        return sum(1 for address, said in self.got if said == verb and number in {None, int(address)})

    async def heard(self, frames=1):
        """Wait until the meters got so many frames."""
        while len(self.got) < frames:
            self._frame.clear()
            await self._frame.wait()

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            while line := await reader.readline():
                await self._answer(line.decode().split(), writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(asyncio.current_task())

    async def _answer(self, frame, writer):
        address, verb = frame
        self.got.append((address, verb))
        self._frame.set()
        self.at_once[address] += 1
        self.most_at_a_meter = max(self.most_at_a_meter, self.at_once[address])
        try:
            said = await self._said(str(int(address)), address, verb)
        finally:
            self.at_once[address] -= 1
        if said == "drop":
            writer.close()
        elif said:
            writer.write(said.encode() + b"\n")
            await writer.drain()

    async def _said(self, name, address, verb):
        mood, _, figure = self.moods[name].partition(" ")
        if mood == "slow":
            await asyncio.sleep(float(figure))
        if mood == "deaf":
            self._deaf[name] += 1
            mood = "silent" if self._deaf[name] <= int(figure) else "good"
        if mood in {"good", "slow"}:
            return self._done(address, verb)
        return {"silent": "", "refuses": "no RETAINED", "garbage": "##", "drops": "drop"}[mood]

    def _done(self, address, verb):
        relay = self.relays[address]
        if verb == "read_relay":
            left = self.moves_after.get(address, 0)
            if left <= 1:
                relay[1] = relay[0]
            self.moves_after[address] = left - 1
            return f"ok {relay[0]} {relay[1]}"
        if verb in {"trip", "direct_close"}:
            relay[0] = "open" if verb == "trip" else "closed"
        return "ok"


class PlainSession:
    """The session of a toy meter, as `MeterSession` says a session is."""

    asks_last = False

    def __init__(self, address, credentials, *, timeout_seconds):
        self._address, self._timeout = address, timeout_seconds
        self._writer = None

    async def __aenter__(self):
        with suppress(OSError):
            self._reader, self._writer = await asyncio.open_connection(
                self._address.endpoint.host, self._address.endpoint.port
            )
        return self

    async def __aexit__(self, *_fault):
        if self._writer is not None:
            self._writer.close()
            with suppress(ConnectionError):
                await self._writer.wait_closed()

    async def _say(self, verb):
        if self._writer is None:
            return Unknown(Reason.UNREACHABLE)
        if self.asks_last and not verb.startswith(("read", "set")):
            refusal = await self.last_word()
            if refusal is not None:
                return refusal
        self._writer.write(f"{self._address.address} {verb}\n".encode())
        try:
            async with asyncio.timeout(self._timeout):
                return _read((await self._reader.readline()).decode().split())
        except TimeoutError:
            return Unknown(Reason.SILENT)

    async def read_registers(self):
        return await self._say("read_registers")

    async def read_relay(self):
        return await self._say("read_relay")

    async def trip(self, *, until, delay_minutes=0):
        return await self._say("trip")

    async def permit_close(self, *, until):
        return await self._say("permit_close")

    async def direct_close(self, *, until):
        return await self._say("direct_close")

    async def retain(self, *, on, until):
        return await self._say("retain_on" if on else "retain_off")

    async def set_time(self, *, at):
        return await self._say("set_time")


class ToySession(PlainSession):
    """One that puts the last question itself, right before the bytes of a command, as the sessions in life do."""

    asks_last = True
    last_word = None


def _read(words):
    if not words:
        return Unknown(Reason.BROKEN)
    if words[0] == "no":
        return Refused(words[1])
    if words[0] != "ok":
        return Unknown(Reason.GARBAGE)
    return Confirmed(RelayState(Position(words[1]), Position(words[2])) if len(words) == 3 else None)
