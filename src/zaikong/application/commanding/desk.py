"""How does a loop that talks to thousands of meters use the tables without waiting for them?

A few threads, each with its own connection. A verb is one transaction in one of them; the loop goes on meanwhile.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from django.db import close_old_connections, connections

_LONGEST_WAIT = 30.0

_Result = TypeVar("_Result")


class Desk:
    """Threads for verbs; an asynchronous context that leaves no connection behind.

    Args:
        threads: How many verbs run at a time.
    """

    def __init__(self, *, threads: int = 4) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="desk")

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every thread's connection."""
        every = threading.Barrier(self._threads)

        def leave() -> None:
            # a verb that still waits for a meter keeps its thread; the others do not wait for it for ever
            with suppress(threading.BrokenBarrierError):
                every.wait(timeout=_LONGEST_WAIT)
            connections.close_all()

        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._pool, leave) for _ in range(self._threads)))
        self._pool.shutdown(wait=True)

    async def do(self, verb: Callable[..., _Result], /, **arguments: Any) -> _Result:
        """Carry out a verb, which is a transaction of its own.

        Raises:
            Whatever the verb raises.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(_fresh, verb, **arguments))


def _fresh(verb: Callable[..., _Result], /, **arguments: Any) -> _Result:
    """With a connection that is alive: the database may have been restarted since the last verb."""
    close_old_connections()
    return verb(**arguments)
