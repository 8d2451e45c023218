"""What is due, in doubt or forgotten? The tables say so themselves, so a lost job loses nothing.

Asked when a worker begins and again and again while it runs: approved cuts whose time has come, sent cuts nobody has
settled, supply not yet given back, reasons of cuts that ended without anybody calling.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q

from zaikong.application.cutting.orders import LATEST_AFTER, expire_cuts
from zaikong.application.cutting.switch import switch_standing
from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.store.models import CutOrder, FieldOrder, MeterCommand, RestoreOrder

SETTLE_AGAIN = timedelta(seconds=30)
"""A sent cut is looked at again after this."""

RESTORE_AGAIN = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5))
"""Waits between closes of one restore order; the last one goes on."""


@dataclass(frozen=True, slots=True)
class Due:
    """Orders to look at now.

    Attributes:
        restores: Restore orders.
        settlings: Sent cut orders.
        cuts: Cut orders whose time has come.
        expired: Cut orders that ended because their time has passed.
        ended: Restore orders written now, whose reason nobody had called for.
    """

    restores: tuple[int, ...]
    settlings: tuple[int, ...]
    cuts: tuple[int, ...]
    expired: int
    ended: int


@transaction.atomic
def sweep(*, at: datetime, everything: bool = True) -> Due:
    """Find what is to be done now; supply to be given back first.

    Args:
        at: Now.
        everything: Whether all that is cut is asked about as well, not only what is known to wait.
    """
    ended = restore_ended_cuts(None, at=at) if everything else []
    expired = expire_cuts(at=at)
    return Due(
        restores=_restores(at),
        settlings=_settlings(at),
        cuts=() if switch_standing().stopped else _cuts(at),
        expired=len(expired),
        ended=len(ended),
    )


def _restores(at: datetime) -> tuple[int, ...]:
    waiting = (
        RestoreOrder.objects.exclude(state__in=["done", "waiting"])
        .annotate(last=Max("metercommand__sent_at"))
        .order_by("due_by_at", "pk")
    )
    due = []
    for order in waiting:
        tried = MeterCommand.objects.filter(restore_order=order).count()
        wait = RESTORE_AGAIN[min(max(tried, 1), len(RESTORE_AGAIN)) - 1]
        if order.last is None or order.last <= at - wait:
            due.append(order.pk)
    return tuple(due)


def _settlings(at: datetime) -> tuple[int, ...]:
    rows = (
        CutOrder.objects.filter(state=CutOrder.State.SENT)
        .annotate(last=Max("metercommand__meterexchange__at"))
        .filter(Q(last__isnull=True) | Q(last__lte=at - SETTLE_AGAIN))
    )
    return tuple(rows.order_by("sent_at", "pk").values_list("pk", flat=True))


def _cuts(at: datetime) -> tuple[int, ...]:
    given_up = MeterCommand.objects.filter(verb="trip").exclude(state="queued")
    by_hand = FieldOrder.objects.filter(kind="cut", state__in=["issued", "assigned"], cut_order__isnull=False)
    rows = (
        CutOrder.objects.filter(
            state__in=(CutOrder.State.APPROVED, CutOrder.State.RESERVED),
            planned_at__lte=at,
            planned_at__gte=at - LATEST_AFTER,
        )
        .exclude(pk__in=given_up.values("cut_order_id"))
        .exclude(pk__in=by_hand.values("cut_order_id"))
    )
    return tuple(rows.order_by("planned_at", "pk").values_list("pk", flat=True))
