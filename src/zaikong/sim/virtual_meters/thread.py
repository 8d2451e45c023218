"""How does something that knows no event loop use virtual meters?

The park runs in a thread and a loop of its own while the context lasts. Meters may be looked at, switched and touched
from any thread: each guards itself.
"""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from zaikong.meterio.session import MeterAddress
from zaikong.sim.virtual_meters.meter import VirtualMeter
from zaikong.sim.virtual_meters.server import LOOPBACK, ConcentratorPlace, MeterPark


class ThreadedPark:
    """A park that runs in another thread."""

    def __init__(self, park: MeterPark, loop: asyncio.AbstractEventLoop) -> None:
        self.park = park
        self._loop = loop

    @property
    def meters(self) -> tuple[VirtualMeter, ...]:
        """Every meter."""
        return self.park.meters

    @property
    def concentrators(self) -> tuple[ConcentratorPlace, ...]:
        """Every concentrator and where it listens."""
        return self.park.concentrators

    def meter(self, address: str) -> VirtualMeter:
        """The meter of an address.

        Raises:
            KeyError: There is none.
        """
        return self.park.meter(address)

    def address_of(self, address: str) -> MeterAddress:
        """How a meter is reached, as a session wants it.

        Raises:
            KeyError: There is none.
        """
        return self.park.address_of(address)

    def take_down(self, code: str) -> None:
        """Let a concentrator go off line."""
        asyncio.run_coroutine_threadsafe(self.park.take_down(code), self._loop).result()

    def bring_up(self, code: str) -> None:
        """Let it come back."""
        asyncio.run_coroutine_threadsafe(self.park.bring_up(code), self._loop).result()


@contextmanager
def park_in_thread(
    meters: Iterable[VirtualMeter], *, per_concentrator: int = 100, host: str = LOOPBACK, port_from: int = 0
) -> Iterator[ThreadedPark]:
    """Run a park in a thread of its own.

    Raises:
        OSError: A port is taken.
    """
    park = MeterPark(meters, per_concentrator=per_concentrator, host=host, port_from=port_from)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_ran, args=(loop,), name="virtual-meters", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(park.open(), loop).result()
        try:
            yield ThreadedPark(park, loop)
        finally:
            asyncio.run_coroutine_threadsafe(park.close(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _ran(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
