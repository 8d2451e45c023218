"""What does the first page show of the accounts in sight? Live figures; the closed ones are in `closes`."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, Q, Sum

from zaikong.store.models import AccountExposure, BillDraft, BillFinding, MeteringFinding, Payment
from zaikong.store.queries.scope import Scope

AGEING = ("not_due_fen", "days_1_30_fen", "days_31_60_fen", "days_61_90_fen", "over_90_fen")
"""Columns of `AccountExposure` that split what is billed and open by days past due."""


@dataclass(frozen=True, slots=True)
class Position:
    """What the accounts in sight owe as of the last night.

    Attributes:
        as_of_date: The night's date, None before the first night.
        accounts: Accounts with an exposure row.
        ageing: Column of `AGEING` to its sum [fen].
        open_fen: Billed and open [fen].
        unbilled_fen: Used, not yet billed [fen].
        prepaid_fen: Prepaid [fen].
        exposure_fen: Exposure [fen].
        periods: Accounts with one, two, and three or more periods open.
    """

    as_of_date: date | None
    accounts: int
    ageing: dict[str, int]
    open_fen: int
    unbilled_fen: int
    prepaid_fen: int
    exposure_fen: int
    periods: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class FindingCount:
    """Open findings of one kind."""

    source: str
    code: str
    severity: str
    count: int


def position(*, scope: Scope) -> Position:
    """What the accounts in sight owe."""
    rows = AccountExposure.objects.filter(scope.rows("account"))
    sums = rows.aggregate(
        accounts=Count("account_id"),
        **{column: Sum(column, default=0) for column in AGEING},
        **{column: Sum(column, default=0) for column in ("open_fen", "unbilled_fen", "prepaid_fen", "exposure_fen")},
        one=Count("account_id", filter=Q(periods_open=1)),
        two=Count("account_id", filter=Q(periods_open=2)),
        more=Count("account_id", filter=Q(periods_open__gte=3)),
    )
    as_of_date = AccountExposure.objects.order_by("-as_of_date").values_list("as_of_date", flat=True).first()
    return Position(
        as_of_date=as_of_date,
        accounts=sums["accounts"],
        ageing={column: sums[column] for column in AGEING},
        open_fen=sums["open_fen"],
        unbilled_fen=sums["unbilled_fen"],
        prepaid_fen=sums["prepaid_fen"],
        exposure_fen=sums["exposure_fen"],
        periods=(sums["one"], sums["two"], sums["more"]),
    )


def largest_exposures(*, scope: Scope, limit: int) -> list[AccountExposure]:
    """The accounts with the largest exposure."""
    return list(
        AccountExposure.objects.filter(scope.rows("account"), exposure_fen__gt=0)
        .select_related("account__customer", "account__supply_point__premise__station")
        .order_by("-exposure_fen", "account_id")[:limit]
    )


def held_bills(*, scope: Scope, limit: int) -> tuple[int, int, list[BillDraft]]:
    """How many bills wait, how much money is in them [fen], and the largest."""
    rows = BillDraft.objects.filter(scope.rows("account"), state="held")
    sums = rows.aggregate(count=Count("id"), fen=Sum("total_fen", default=0))
    largest = rows.select_related("account__customer", "run").order_by("-total_fen", "id")[:limit]
    return sums["count"], sums["fen"], list(largest)


def open_findings(*, scope: Scope) -> list[FindingCount]:
    """Findings that wait for a person: of readings not resolved, and of bills still held; those that hold first."""
    metering = (
        MeteringFinding.objects.filter(scope.rows("account"), resolved_date=None)
        .values("code", "severity")
        .annotate(count=Count("id"))
    )
    waiting = BillDraft.objects.filter(
        state="held", run=OuterRef("run"), account=OuterRef("account"), month=OuterRef("month")
    )
    billing = (
        BillFinding.objects.filter(scope.rows("account"), Exists(waiting), severity="hold")
        .values("code", "severity")
        .annotate(count=Count("id"))
    )
    found = [FindingCount("metering", **row) for row in metering] + [FindingCount("billing", **row) for row in billing]
    return sorted(found, key=lambda row: (row.severity != "hold", -row.count, row.code))


def receipts_by_day(*, scope: Scope, until: date, days: int) -> list[tuple[date, int]]:
    """Money credited a day over the `days` that end with `until`, oldest first; days without money are absent."""
    rows = (
        Payment.objects.filter(
            scope.rows("account"),
            state="credited",
            booked_date__gt=until - timedelta(days=days),
            booked_date__lte=until,
        )
        .values("booked_date")
        .annotate(fen=Sum("amount_fen"))
        .order_by("booked_date")
    )
    return [(row["booked_date"], row["fen"]) for row in rows]
