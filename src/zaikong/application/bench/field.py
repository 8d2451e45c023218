"""Which field does the benchmark of fee control speak to: virtual meters in a process, and the worker in another.

The three processes of life stay three: who takes money, who carries commands, and the meters. Times are the machine's own
clock that never goes back, which is one for all of them.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from time import process_time
from typing import Any, Self
from urllib.parse import quote

from zaikong.kernel.period import TIME_ZONE

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meter is.

    Attributes:
        address: Communication address.
        wire: Its protocol.
        host: Host of its concentrator.
        port: Port of its concentrator.
        fault: What is wrong with it; empty where nothing is.
    """

    address: str
    wire: str
    host: str
    port: int
    fault: str


class Field:
    """Virtual meters in a process of their own."""

    def __init__(self, link: Connection, places: list[Place]) -> None:
        self._link = link
        self.places = places

    def closed_at(self) -> dict[str, float]:
        """When each relay closed last after it had been opened, by address [s]; only those that have."""
        self._link.send("closed")
        told: dict[str, float] = self._link.recv()
        return told

    def open_relays(self) -> None:
        """Open every relay, as if each had been cut."""
        self._link.send("open")
        self._link.recv()

    def processor_seconds(self) -> float:
        """Time of the processor the meters have taken [s]."""
        self._link.send("processor")
        return float(self._link.recv())


@contextmanager
def field(*, meters: int, faulty_permille: int, seed: int, start: datetime) -> Iterator[Field]:
    """Meters up in another process while the context lasts."""
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_meters, args=(there, meters, faulty_permille, seed, start), daemon=True)
    process.start()
    try:
        yield Field(here, here.recv())
    finally:
        here.send("end")
        process.join(timeout=30)
        here.close()


class WorkerProcess:
    """The worker in a process of its own; a context that waits until it works and ends it."""

    def __init__(self, *, url: str, start: datetime, jobs: int, answer_seconds: float, overall_seconds: float) -> None:
        self._here, there = _SPAWN.Pipe()
        arguments = (there, url, start, jobs, (answer_seconds, overall_seconds))
        self._process = _SPAWN.Process(target=_worker, args=arguments, daemon=True)
        self.figures: dict[str, Any] = {}

    def __enter__(self) -> Self:
        """Begin."""
        self._process.start()
        self._here.recv()
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self._process.join(timeout=30)

    def __exit__(self, *_: object) -> None:
        """End, and take the figures; nothing is left to do after `kill`."""
        if not self._process.is_alive():
            self._here.close()
            return
        self._here.send("end")
        if self._here.poll(60):
            self.figures = self._here.recv()
        self._process.join(timeout=30)
        self._here.close()


def database_url() -> str:
    """The address of the database Django's default connection leads to."""
    from django.db import connection  # noqa: PLC0415 -- after set-up

    place = connection.settings_dict
    secret = f":{quote(place['PASSWORD'], safe='')}" if place["PASSWORD"] else ""
    port = f"&port={place['PORT']}" if place["PORT"] else ""
    host = quote(place["HOST"], safe="")
    return f"postgresql://{quote(place['USER'], safe='')}{secret}@/{quote(place['NAME'], safe='')}?host={host}{port}"


def _meters(link: Connection, count: int, faulty_permille: int, seed: int, start: datetime) -> None:
    from zaikong.sim.virtual_meters.clock import VirtualClock  # noqa: PLC0415 -- in the process of the meters
    from zaikong.sim.virtual_meters.making import make_meters  # noqa: PLC0415 -- as above
    from zaikong.sim.virtual_meters.meter import Order  # noqa: PLC0415 -- as above
    from zaikong.sim.virtual_meters.record import ActKind  # noqa: PLC0415 -- as above
    from zaikong.sim.virtual_meters.relay import Event  # noqa: PLC0415 -- as above
    from zaikong.sim.virtual_meters.thread import park_in_thread  # noqa: PLC0415 -- as above

    sound = make_meters(count, clock=VirtualClock(start), seed=seed)
    spoiled = make_meters(count, clock=VirtualClock(start), seed=seed, faulty_permille=faulty_permille)
    faults = {meter.address: meter.faults.standing for meter in spoiled}
    with park_in_thread(sound) as park:
        link.send(_places(park, {address: fault.kind.value for address, fault in faults.items() if fault}))
        opened: dict[str, int] = {}
        while (asked := link.recv()) != "end":
            if asked == "open":
                for meter in park.meters:
                    meter.obey(Order(Event.TRIP), authorised=True)
                    opened[meter.address] = len(meter.acts)
                    fault = faults[meter.address]
                    if fault is not None:
                        meter.fail(fault)
                link.send("opened")
            elif asked == "closed":
                link.send(
                    {
                        meter.address: act.ticks
                        for meter in park.meters
                        for act in meter.acts[opened.get(meter.address, 0) :]
                        if act.kind is ActKind.CLOSED
                    }
                )
            else:
                link.send(process_time())


def _places(park: Any, faults: dict[str, str]) -> list[Place]:
    return [
        Place(
            address=address,
            wire=terminal.wire.value,
            host=terminal.endpoint.host,
            port=terminal.endpoint.port,
            fault=faults.get(address, ""),
        )
        for terminal in park.concentrators
        for address in terminal.addresses
    ]


def _worker(link: Connection, url: str, start: datetime, jobs: int, seconds: tuple[float, float]) -> None:
    os.environ["DATABASE_URL"] = url
    import django  # noqa: PLC0415 -- in the process of the worker

    django.setup()
    from zaikong.application.commanding.telling import tell_beside  # noqa: PLC0415 -- after set-up
    from zaikong.application.commanding.worker import Pace, run_worker  # noqa: PLC0415 -- as above
    from zaikong.meterio.front import Patience  # noqa: PLC0415 -- as above
    from zaikong.sim.virtual_meters.clock import VirtualClock  # noqa: PLC0415 -- as above
    from zaikong.sim.virtual_meters.meter import CREDENTIALS  # noqa: PLC0415 -- as above

    tell_beside()
    clock = VirtualClock(start)

    async def run() -> Any:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def listen() -> None:
            link.send("ready")
            link.recv()
            loop.call_soon_threadsafe(stop.set)

        waiting = loop.run_in_executor(None, listen)
        front = await run_worker(
            credentials=lambda _address: CREDENTIALS,
            clock=lambda: clock.wall().replace(tzinfo=TIME_ZONE),
            patience=Patience(answer_seconds=seconds[0], overall_seconds=seconds[1]),
            pace=Pace(jobs=jobs, retained_from_hour=None),
            stop=stop,
        )
        await waiting
        return front.figures()

    figures = asyncio.run(run())
    link.send(
        {
            "asked": figures.asked,
            "confirmed": figures.confirmed,
            "refused": figures.refused,
            "unknown": {reason.value: count for reason, count in figures.unknown.items()},
            "retries": figures.retries,
            "processor_seconds": round(process_time(), 1),
        }
    )
