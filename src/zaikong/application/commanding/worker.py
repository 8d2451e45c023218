"""How does the process run that carries commands to meters, and why may it die at any moment?

One worker a database: a session lock says so. It takes jobs of the queue as they are committed, and sweeps the tables at its
beginning and again and again, because they and not the jobs are what is true. Killed between any two lines it leaves orders
whose state says what is to be asked of the meter next; the next worker asks.
"""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
import structlog
from procrastinate.contrib.django import connector_params

from zaikong.application.commanding.desk import Desk
from zaikong.application.commanding.driver import LOOK_SECONDS, Clock, Driver
from zaikong.application.commanding.queue import QUEUE
from zaikong.application.commanding.sweeping import Due, sweep
from zaikong.application.commanding.tasks import worker_app
from zaikong.application.devices.acceptance import end_trials
from zaikong.application.devices.retaining import reconcile_retained, was_reconciled
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.front import FrontEnd, Limits, Patience
from zaikong.meterio.front.terms import CredentialsOf
from zaikong.meterio.sessions import open_session

_LOCK = 20240605
_EVERYTHING_EVERY = 12
"""Of so many looks at the tables one asks about all that is cut."""

_MAINTAIN_SECONDS = 60.0

_log = structlog.get_logger(__name__)


class UnableToRunWorkerError(Refusal):
    """Another worker carries commands of this database."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How busy a worker is.

    Attributes:
        jobs: Jobs at a time.
        sweep_seconds: Between two looks at the tables [s].
        desk_threads: Verbs at a time.
        delivered_at_once: Whether jobs come by notification, not only by asking.
        retained_from_hour: Hour from which the meters of a day are asked what they retain; None for never.
    """

    jobs: int = 64
    sweep_seconds: float = 5.0
    desk_threads: int = 4
    delivered_at_once: bool = True
    retained_from_hour: int | None = 4


async def run_worker(
    *,
    credentials: CredentialsOf,
    clock: Clock,
    limits: Limits | None = None,
    patience: Patience | None = None,
    pace: Pace | None = None,
    stop: asyncio.Event | None = None,
    once: bool = False,
    look_seconds: float = LOOK_SECONDS,
) -> FrontEnd:
    """Carry out what waits for meters until told to stop.

    Args:
        credentials: What each meter asks for before it obeys.
        clock: What time it is.
        limits: Of the front end.
        patience: Of the front end.
        pace: Of the worker.
        stop: Set to stop; jobs under way are finished.
        once: Do what waits now, and end.
        look_seconds: How long a relay is watched after a command [s].

    Returns:
        The front end with its figures.

    Raises:
        UnableToRunWorkerError: Another worker runs.
    """
    chosen = pace or Pace()
    with _sole():
        async with (
            Desk(threads=chosen.desk_threads) as desk,
            FrontEnd(opener=open_session, credentials=credentials, limits=limits, patience=patience) as front,
        ):
            driver = Driver(front=front, desk=desk, clock=clock, look_seconds=look_seconds)
            looking = None if once else asyncio.create_task(_maintain_on(desk, clock, credentials, chosen))
            try:
                await _run(driver, desk, clock, chosen, stop, once=once)
            finally:
                await _ended(looking)
    return front


async def _run(
    driver: Driver, desk: Desk, clock: Clock, chosen: Pace, stop: asyncio.Event | None, *, once: bool
) -> None:
    await _carry_out(await desk.do(sweep, at=clock()), driver)
    sweeping = None if once else asyncio.create_task(_sweep_on(driver, desk, clock, chosen.sweep_seconds))
    try:
        await _work(driver, chosen, stop, once=once)
    finally:
        await _ended(sweeping)


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _work(driver: Driver, pace: Pace, stop: asyncio.Event | None, *, once: bool) -> None:
    async with worker_app(driver).open_async() as working:
        jobs = asyncio.create_task(
            working.run_worker_async(
                queues=[QUEUE],
                wait=not once,
                concurrency=pace.jobs,
                listen_notify=pace.delivered_at_once and not once,
                fetch_job_polling_interval=1.0,
                delete_jobs="successful",
                install_signal_handlers=False,
                shutdown_graceful_timeout=30,
            )
        )
        if stop is None:
            await jobs
            return
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({jobs, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not jobs.done():
            jobs.cancel()
        with suppress(asyncio.CancelledError):
            await jobs


async def _sweep_on(driver: Driver, desk: Desk, clock: Clock, seconds: float) -> None:
    """Look at the tables again and again; a look that fails is told and not the last."""
    for turn in itertools.count(1):
        await asyncio.sleep(seconds)
        try:
            await _carry_out(await desk.do(sweep, at=clock(), everything=turn % _EVERYTHING_EVERY == 0), driver)
        except Exception as error:  # noqa: BLE001 -- the worker outlives a database that is away for a while
            _log.error("sweep_failed", error=type(error).__name__)


async def _maintain_on(desk: Desk, clock: Clock, credentials: CredentialsOf, pace: Pace) -> None:
    """Give back what broken acceptances left off, and compare once a day what the meters retain with the books."""
    while True:
        try:
            await desk.do(end_trials, clock=clock, credentials=credentials)
            now = clock().astimezone(TIME_ZONE)
            due = pace.retained_from_hour is not None and now.hour >= pace.retained_from_hour
            if due and not await desk.do(was_reconciled, check_date=now.date()):
                await desk.do(reconcile_retained, check_date=now.date(), clock=clock, credentials=credentials)
        except Exception as error:  # noqa: BLE001 -- as above
            _log.error("maintenance_failed", error=type(error).__name__)
        await asyncio.sleep(_MAINTAIN_SECONDS)


async def _carry_out(due: Due, driver: Driver) -> None:
    for acts in (
        [driver.restore(order) for order in due.restores],
        [driver.settle(order) for order in due.settlings],
        [driver.cut(order) for order in due.cuts],
    ):
        for done in await asyncio.gather(*acts, return_exceptions=True):
            if isinstance(done, BaseException):
                _log.error("order_not_carried", error=type(done).__name__)


@contextmanager
def _sole() -> Iterator[None]:
    """The session lock of the one worker; it goes with its connection, however the process ends."""
    with psycopg.connect(**connector_params(), autocommit=True) as link:
        held = link.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if held is None or not held[0]:
            raise UnableToRunWorkerError(
                "another worker carries the commands of this database",
                code="WORKER_RUNNING",
                remedy="Stop that one first; one is enough.",
            )
        yield
