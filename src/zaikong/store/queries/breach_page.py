"""Which breaches of our own in cutting and restoring are found, confirmed, made good?

Each function asks a fixed number of queries.
"""

from dataclasses import dataclass
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, Sum

from zaikong.store.models import CutBreach
from zaikong.store.queries.scope import Scope

PAGE_ROWS: Final = 30

State = CutBreach.State
"""Where a breach stands."""

LONGEST_REASON: Final[int] = CutBreach._meta.get_field("decided_reason").max_length
"""Room for a reason [characters]."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Breaches that stand alike.

    Attributes:
        state: One of `State`.
        breaches: How many.
        compensation_fen: What is owed for them [fen].
    """

    state: str
    breaches: int
    compensation_fen: int


def by_state(*, scope: Scope) -> dict[str, Standing]:
    """Breaches and what is owed for them by state; states without one are left out."""
    rows = CutBreach.objects.filter(scope.rows("account")).values("state")
    counted = rows.annotate(breaches=Count("pk"), fen=Sum("compensation_fen")).order_by("state")
    return {row["state"]: Standing(row["state"], row["breaches"], row["fen"]) for row in counted}


def breaches(state: str, *, scope: Scope, page: int) -> Page[CutBreach]:
    """One page of breaches.

    Args:
        state: One of `State`; empty for all.
        scope: What the reader sees.
        page: Page number.

    Returns:
        The last that happened first.
    """
    rows = CutBreach.objects.filter(scope.rows("account"), **({"state": state} if state else {}))
    seen = rows.select_related(
        "account__customer", "account__supply_point__premise__station", "decided_by", "made_good_by"
    )
    return Paginator(seen.order_by("-breach_at", "-pk"), PAGE_ROWS).get_page(page)


def breach_in_sight(breach: int, *, scope: Scope) -> CutBreach | None:
    """A breach, or None when out of sight."""
    return CutBreach.objects.filter(scope.rows("account"), pk=breach).first()
