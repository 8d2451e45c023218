"""Which versions has an account's contract, what secures the account, and which guarantees stand behind a list of keys?

Each function asks one query.
"""

from collections.abc import Collection
from typing import Final

from django.db.models import Exists, OuterRef

from zaikong.store.models import Account, Guarantee, SupplyContract
from zaikong.store.queries.scope import Scope

GuaranteeKind = Guarantee.Kind
"""What stands behind a guarantee."""

ENDINGS: Final = [one for one in Guarantee.State.choices if one[0] != Guarantee.State.IN_FORCE]
"""How a guarantee ends."""


def versions_of(account: Account) -> list[SupplyContract]:
    """Every version of the contract, the newest first."""
    rows = SupplyContract.objects.filter(account=account).select_related("drafted_by", "signed_by_staff")
    return list(rows.order_by("-version"))


def contract_in_sight(contract: int, *, scope: Scope) -> SupplyContract | None:
    """A version with its account, or None when out of sight."""
    rows = SupplyContract.objects.select_related(
        "account__customer", "account__supply_point__premise__station", "drafted_by", "signed_by_staff"
    )
    return rows.filter(scope.rows("account"), pk=contract).first()


def guarantees_of(account: Account) -> list[Guarantee]:
    """Every guarantee of the account with `renewed`: those in force first, then by the day they end."""
    renewed = Exists(Guarantee.objects.filter(renews=OuterRef("pk")))
    rows = Guarantee.objects.filter(account=account).select_related("renews", "recorded_by").annotate(renewed=renewed)
    return sorted(rows.order_by("to_date", "id"), key=lambda row: row.state != Guarantee.State.IN_FORCE)


def guarantee_in_sight(guarantee: int, *, scope: Scope) -> Guarantee | None:
    """A guarantee, or None when out of sight."""
    return Guarantee.objects.filter(scope.rows("account"), pk=guarantee).first()


def guarantees_among(keys: Collection[int], *, scope: Scope) -> dict[int, Guarantee]:
    """Guarantees by key with their accounts and `renewed`; those out of sight are left out."""
    renewed = Exists(Guarantee.objects.filter(renews=OuterRef("pk")))
    rows = Guarantee.objects.filter(scope.rows("account"), pk__in=keys).select_related(
        "account__customer", "account__supply_point__premise__station"
    )
    return {row.pk: row for row in rows.annotate(renewed=renewed)}
