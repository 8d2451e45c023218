"""Which cuts stand and are not yet being given back, and when did money, agreements and protections of their accounts come?"""

from collections.abc import Iterable
from datetime import datetime

import polars as pl
from django.db.models import F, Max, Q

from zaikong.store.models import (
    AccountBalance,
    CutOrder,
    Guarantee,
    InstalmentAgreement,
    Payment,
    PrepaymentAgreement,
    Protection,
)

_STANDING = (CutOrder.State.SENT, CutOrder.State.RECORDED)


def standing_cuts(accounts: pl.Series | None = None) -> list[CutOrder]:
    """Cut orders that took supply, or may have, and have no restore order; the oldest first.

    Args:
        accounts: Only these; all where None.
    """
    rows = CutOrder.objects.filter(state__in=_STANDING, restoreorder__isnull=True).select_related("account")
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts.unique().to_list())
    return list(rows.order_by("pk"))


def money_came_at(accounts: Iterable[int], *, at: datetime) -> dict[int, datetime]:
    """When the last money of each account was paid, no later than `at`."""
    rows = Payment.objects.filter(account_id__in=list(accounts), state="credited", paid_at__lte=at)
    return dict(rows.values_list("account_id").annotate(last=Max("paid_at")))


def agreed_on(accounts: Iterable[int]) -> dict[int, object]:
    """The day instalments that stand were signed, an account."""
    rows = InstalmentAgreement.objects.filter(account_id__in=list(accounts), state="active", signed_date__isnull=False)
    return dict(rows.values_list("account_id").annotate(last=Max("signed_date")))


def protected_at(accounts: Iterable[int], *, at: datetime) -> dict[int, datetime]:
    """When the last protection that stands at a moment began, an account."""
    rows = Protection.objects.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at), account_id__in=list(accounts), from_at__lte=at, to_at__gt=at
    )
    return dict(rows.values_list("account_id").annotate(last=Max("from_at")))


def covered_by_prepaid(accounts: Iterable[int]) -> set[int]:
    """Accounts with prepaid money that covers all that is billed and open."""
    rows = AccountBalance.objects.filter(account_id__in=list(accounts), prepaid_fen__gt=0)
    return set(rows.filter(prepaid_fen__gte=F("receivable_fen")).values_list("account_id", flat=True))


def safety_is_agreed(account: int) -> bool:
    """Whether the prepayment agreement in force asks for safety to be confirmed before supply comes back."""
    modes = PrepaymentAgreement.RestoreMode
    return PrepaymentAgreement.objects.filter(account=account, state="in_force", restore_mode=modes.SAFE).exists()


def secured_on(orders: Iterable[CutOrder]) -> dict[int, object]:
    """The day security was recorded that is in force and came with or after the cut, an account."""
    since = {order.account_id: (order.sent_at or order.ended_at or order.planned_at).date() for order in orders}
    rows = Guarantee.objects.filter(account_id__in=list(since), state="in_force").values_list(
        "account_id", "recorded_date"
    )
    return {account: day for account, day in rows if day >= since[account]}
