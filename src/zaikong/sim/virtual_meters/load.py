"""How many questions a second does a park of virtual meters answer?

Many connections ask for the total energy register, each one question after the other, and count the answers. The frames
are made beforehand, so that the asker costs little; it runs in a process of its own.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zaikong.meterio.dlt645 import reading
from zaikong.meterio.dlt698 import objects
from zaikong.meterio.dlt698.frames import frame_bytes
from zaikong.meterio.dlt698.messages import Get, Message
from zaikong.meterio.session import Wire

WAIT_SECONDS = 1.0
"""How long an answer is waited for [s]."""
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Target:
    """One meter to ask.

    Attributes:
        host: Where it is reached.
        port: Where it is reached.
        question: The frame that asks it.
    """

    host: str
    port: int
    question: bytes = field(repr=False)


@dataclass(slots=True)
class Load:
    """What came of it.

    Attributes:
        seconds: How long was asked [s].
        answered: Questions that were answered.
        unanswered: Questions that were not, in `WAIT_SECONDS`.
        milliseconds: How long each answer took [ms].
    """

    seconds: float = 0.0
    answered: int = 0
    unanswered: int = 0
    milliseconds: list[float] = field(default_factory=list)

    @property
    def a_second(self) -> int:
        """Answers a second."""
        return round(self.answered / self.seconds)

    def percentile(self, percent: int) -> float:
        """The answer time that `percent` of the answers did not exceed [ms].

        Raises:
            ValueError: Nothing was answered.
        """
        if not self.milliseconds:
            raise ValueError("nothing was answered")
        taken = sorted(self.milliseconds)
        return taken[min(len(taken) * percent // 100, len(taken) - 1)]


def targets(directory: Path) -> list[Target]:
    """The meters of a directory file."""
    listed = json.loads(directory.read_text(encoding="utf-8"))["meters"]
    return [Target(each["host"], each["port"], _question(each["wire"], each["address"])) for each in listed]


async def ask(meters: Sequence[Target], *, seconds: float, connections: int) -> Load:
    """Ask for `seconds` [s] over at most `connections` connections, each with neighbouring meters of its own."""
    load = Load()
    begun = time.perf_counter()
    end = begun + seconds
    size = -(-len(meters) // connections)
    groups = [meters[start : start + size] for start in range(0, len(meters), size)]
    await asyncio.gather(*(_ask_on(group, end, load) for group in groups))
    load.seconds = time.perf_counter() - begun
    return load


async def _ask_on(group: Sequence[Target], end: float, load: Load) -> None:
    """Ask the meters of a group in turn until `end`."""
    asker = _Asker(load)
    try:
        while time.perf_counter() < end:
            for target in group:
                await asker.ask(target)
                if time.perf_counter() >= end:
                    break
    finally:
        await asker.close()


class _Asker:
    """One connection, made anew where the meter is at another place, or where no answer came."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._place: tuple[str, int] | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, target: Target) -> None:
        """Ask one meter and count what came."""
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                octets = await self._answer(target)
        except (TimeoutError, OSError):
            octets = b""
        if octets:
            self._load.answered += 1
            self._load.milliseconds.append((time.perf_counter() - begun) * 1000)
        else:
            self._load.unanswered += 1
            await self.close()

    async def _answer(self, target: Target) -> bytes:
        if self._place != (target.host, target.port):
            await self.close()
            self._reader, self._writer = await asyncio.open_connection(target.host, target.port)
            self._place = target.host, target.port
        assert self._reader is not None, "connected"
        assert self._writer is not None, "connected"
        self._writer.write(target.question)
        return await self._reader.read(_CHUNK)

    async def close(self) -> None:
        """End the connection."""
        writer, self._writer, self._reader, self._place = self._writer, None, None, None
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _question(wire: str, address: str) -> bytes:
    if wire == Wire.DLT698:
        return frame_bytes(Message(address, 0, Get((objects.ENERGY,), listed=False)))
    return reading.ask(address, reading.ENERGY["total"]).encode()
