"""Who owes the claims of the limitation queue, and what may be named when an interruption is written down?

Each function asks one query.
"""

from collections.abc import Collection

from zaikong.store.models import Account, Bill, LimitationEvent, NoticeService
from zaikong.store.queries.scope import Scope

Kind = LimitationEvent.Kind
"""What interrupts a limitation."""

EVENT_ROWS = 30


def accounts_among(account_nos: Collection[str], *, scope: Scope) -> dict[str, Account]:
    """Accounts by number with customer and station; those out of sight are left out."""
    rows = Account.objects.filter(scope.rows(), account_no__in=account_nos)
    return {row.account_no: row for row in rows.select_related("customer", "supply_point__premise__station")}


def open_bills_of(account: Account) -> list[Bill]:
    """Bills of which principal is open, the oldest first."""
    rows = Bill.objects.filter(account=account, openitem__open_fen__gt=0).select_related("openitem")
    return list(rows.order_by("openitem__due_date", "id"))


def services_of(account: Account) -> list[NoticeService]:
    """Services of the account's notices, the last first."""
    rows = NoticeService.objects.filter(notice__account=account).exclude(notice__state="void")
    return list(rows.select_related("notice").order_by("-served_at", "-id")[:EVENT_ROWS])


def events_among(keys: Collection[int], *, scope: Scope) -> dict[int, LimitationEvent]:
    """Interruptions written down by hand, by key, with their proofs."""
    rows = LimitationEvent.objects.filter(scope.rows("account"), pk__in=keys).defer("evidence__content")
    return {row.pk: row for row in rows.select_related("evidence", "recorded_by", "service__notice")}
