"""Which signals wait for a person to say whom they are about, and which are about nobody known?"""

from dataclasses import dataclass
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from zaikong.store.models import Account, Signal, SignalMatch
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 30

LONGEST_REASON: Final[int] = SignalMatch._meta.get_field("reason").max_length
"""Room for the reason of a decision [characters]."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Matches to be decided.

    Attributes:
        rows: One page of them, each customer with its accounts in sight (`seen_accounts`).
        count: All of them.
    """

    rows: Page[SignalMatch]
    count: int


def waiting(*, scope: Scope, page: int) -> Waiting:
    """Matches to be decided, the latest signal first and its likeliest customer first."""
    seen = Account.objects.filter(scope.rows()).order_by("account_no")
    rows = (
        _seen(scope)
        .filter(state="proposed")
        .select_related("signal", "customer")
        .prefetch_related(Prefetch("customer__account_set", seen, to_attr="seen_accounts"))
        .order_by("-signal__signal_date", "signal_id", "-score", "id")
    )
    found = Paginator(rows, PAGE_ROWS)
    return Waiting(rows=found.get_page(page), count=found.count)


def decided(*, scope: Scope) -> list[SignalMatch]:
    """Matches a person decided last, the latest first."""
    return list(
        _seen(scope)
        .filter(decided_by__isnull=False)
        .select_related("signal", "customer", "decided_by")
        .order_by("-decided_date", "-id")[:PAGE_ROWS]
    )


def unmatched(*, page: int) -> Page[Signal]:
    """Signals about nobody known: no customer found, or every proposal rejected; the latest first."""
    live = SignalMatch.objects.filter(signal=OuterRef("pk")).exclude(state="rejected")
    rows = Signal.objects.filter(~Exists(live)).order_by("-signal_date", "-id")
    return Paginator(rows, PAGE_ROWS).get_page(page)


def match_in_sight(match_id: int, *, scope: Scope) -> SignalMatch | None:
    """A match, or None when out of sight."""
    return _seen(scope).filter(pk=match_id).first()


def _seen(scope: Scope) -> QuerySet[SignalMatch]:
    """Matches of customers with an account in sight."""
    if scope.whole_county:
        return SignalMatch.objects.all()
    return SignalMatch.objects.filter(Exists(Account.objects.filter(scope.rows(), customer=OuterRef("customer"))))
