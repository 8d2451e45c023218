"""Which accounts match what was typed into the search box?

Digits are read as the beginning of an account number or of a phone number, other text as a part of a customer's name.
"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from zaikong.store.models import Account
from zaikong.store.queries.scope import Scope

SHORTEST_PHONE = 4
"""Fewer digits than this are not looked up among phone numbers: they would match half the county."""


def search_accounts(text: str, *, scope: Scope, limit: int) -> list[Account]:
    """Find accounts by number, customer name or phone.

    Args:
        text: What was typed; surrounding blanks do not count.
        scope: Part of the county searched.
        limit: Most accounts returned.

    Returns:
        Accounts with customer, station and exposure: numbers that begin with the text first, then phones, or names that
        begin with it, then names that hold it. Two queries at most.
    """
    text = text.strip()
    if not text:
        return []
    seen = _seen(scope)
    if text.isdigit():
        found = list(seen.filter(account_no__startswith=text)[:limit])
        wider = Q(customer__phone__startswith=text) if len(text) >= SHORTEST_PHONE else None
    else:
        found = list(seen.filter(customer__name__startswith=text)[:limit])
        wider = Q(customer__name__icontains=text) | Q(account_no__istartswith=text)
    if wider is not None and len(found) < limit:
        found += seen.filter(wider).exclude(pk__in=_ids(found))[: limit - len(found)]
    return found


def account_number_exists(text: str, *, scope: Scope) -> bool:
    """Whether the text is the whole number of an account in sight."""
    return Account.objects.filter(scope.rows(), account_no=text.strip()).exists()


def _seen(scope: Scope) -> QuerySet[Account]:
    return (
        Account.objects.filter(scope.rows())
        .select_related("customer", "supply_point__premise__station", "accountexposure")
        .order_by("account_no")
    )


def _ids(accounts: Iterable[Account]) -> list[int]:
    return [account.pk for account in accounts]
