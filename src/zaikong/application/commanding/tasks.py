"""Which job is which act of the driver?

The worker has an application of the queue for itself, with connections of its own. Whoever puts a job in uses Django's, so
that a job is written in the transaction that gives rise to it, in the worker's process as in any other.
"""

from procrastinate import App
from procrastinate.contrib.django import app as django_app

from zaikong.application.commanding.driver import Driver
from zaikong.application.commanding.queue import CUT, QUEUE, RESTORE, SETTLE


def worker_app(driver: Driver) -> App:
    """The queue as a worker sees it: each task is an act of the driver."""
    app = App(connector=django_app.connector.get_worker_connector())  # type: ignore[attr-defined] # Django's connector has it

    @app.task(name=CUT, queue=QUEUE)
    async def cut(order: int) -> None:
        await driver.cut(order)

    @app.task(name=RESTORE, queue=QUEUE)
    async def restore(order: int) -> None:
        await driver.restore(order)

    @app.task(name=SETTLE, queue=QUEUE)
    async def settle(order: int) -> None:
        await driver.settle(order)

    return app
