"""Which late-fee waivers wait, and which were decided lately?"""

from django.db.models import QuerySet

from zaikong.store.models import LateFeeWaiver
from zaikong.store.queries.scope import Scope

DECIDED_ROWS = 30


def waiting(*, scope: Scope) -> list[LateFeeWaiver]:
    """Requests to be decided, the oldest first."""
    return list(_seen(scope).filter(state="requested").order_by("requested_date", "id"))


def decided(*, scope: Scope) -> list[LateFeeWaiver]:
    """Requests decided last, the latest first."""
    return list(_seen(scope).exclude(state="requested").order_by("-decided_date", "-id")[:DECIDED_ROWS])


def waiver_by_id(waiver_id: int, *, scope: Scope) -> LateFeeWaiver | None:
    """A request, or None when out of sight."""
    return _seen(scope).filter(pk=waiver_id).first()


def _seen(scope: Scope) -> QuerySet[LateFeeWaiver]:
    return LateFeeWaiver.objects.filter(scope.rows("bill__account")).select_related(
        "bill__account__customer", "requested_by", "decided_by"
    )
