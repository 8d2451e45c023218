"""How does work for the meters wait, so that neither a crash nor a busy hour loses it?

A job is written in the transaction that gives rise to it: it is there with the commit or not at all. It names an order and
nothing more; what is to be done is asked of the order when the job runs, so a job that runs twice, late, or again after a
crash finds the work done and does nothing. Supply to be given back goes first.
"""

from datetime import datetime
from typing import Any, Final

from procrastinate.contrib.django import app

QUEUE: Final = "meters"
"""Name of the queue."""

CUT: Final = "zaikong.cut"
RESTORE: Final = "zaikong.restore"
SETTLE: Final = "zaikong.settle"

_PRIORITY: Final = {RESTORE: 100, SETTLE: 50, CUT: 0}
"""Which job is taken first: the higher."""


def queue_restore(restore: int, *, not_before: datetime | None = None) -> None:
    """Let supply be given back, in the caller's transaction."""
    _put(RESTORE, not_before, order=restore)


def queue_cut(order: int, *, not_before: datetime | None = None) -> None:
    """Let an approved cut be carried out, in the caller's transaction."""
    _put(CUT, not_before, order=order)


def queue_settling(order: int, *, not_before: datetime | None = None) -> None:
    """Let a sent cut be settled by reading the meter, in the caller's transaction."""
    _put(SETTLE, not_before, order=order)


def _put(task: str, not_before: datetime | None, **arguments: Any) -> None:
    app.configure_task(task, queue=QUEUE, priority=_PRIORITY[task], schedule_at=not_before, allow_unknown=True).defer(
        **arguments
    )
