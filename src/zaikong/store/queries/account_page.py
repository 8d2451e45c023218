"""What does the page of one account show?

Each function reads one tab with a fixed number of queries, however long the account's history is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Prefetch, Q, QuerySet, Sum, When, Window
from django.db.models.functions import Coalesce

from zaikong.domain.ledger.postings import HELD, PREPAID, RECEIVABLE
from zaikong.kernel.energy import CENTI
from zaikong.store.models import (
    Account,
    Allocation,
    Bill,
    BillDraft,
    BillFinding,
    DailyUse,
    Leg,
    Meter,
    MeteringFinding,
    OpenItem,
    Payment,
    RegisterReading,
)
from zaikong.store.models.billing import RatedAmounts
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 24
"""Rows of a tab before it turns a page: two years of monthly bills."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What checks found on an account, newest first.

    Attributes:
        billing: On its rated bills.
        metering: In its readings.
        drafts: Its bills held or decided by a person.
    """

    billing: Sequence[BillFinding]
    metering: Sequence[MeteringFinding]
    drafts: Sequence[BillDraft]


@dataclass(frozen=True, slots=True)
class RegisterSpan:
    """What a register showed at the start and at the end of a bill.

    Attributes:
        meter_no: Meter.
        register: Title of the register.
        start_centi: Value it starts with [0.01 of the register's unit], None where the register had none.
        start_date: End of the day it was read on.
        end_centi: Value it ends with.
        end_date: End of the day it was read on.
        multiplier: Multiplier of the meter.
        used_centi: Difference times multiplier, a roll-over undone, None where the register had no start.
    """

    meter_no: str
    register: str
    start_centi: int | None
    start_date: date | None
    end_centi: int
    end_date: date
    multiplier: int
    used_centi: int | None


def account_by_number(account_no: str, *, scope: Scope) -> Account | None:
    """The account with its customer, premise, station, collector, balance, exposure and grade; None when out of sight."""
    return (
        Account.objects.filter(scope.rows(), account_no=account_no)
        .select_related(
            "customer",
            "supply_point__premise__station",
            "collector",
            "accountbalance",
            "accountexposure",
            "creditstanding",
        )
        .first()
    )


def meters_of(account: Account) -> list[Meter]:
    """The account's meters, those in place first."""
    return list(Meter.objects.filter(account=account).order_by(F("removed_date").desc(nulls_first=True), "meter_no"))


def open_items_of(account: Account) -> list[OpenItem]:
    """What is still owed, oldest due first."""
    return list(
        OpenItem.objects.filter(account=account, open_fen__gt=0).select_related("bill").order_by("due_date", "bill_id")
    )


def bills_of(account: Account, *, page: int) -> Page[Bill]:
    """One page of the account's bills with their open items, newest first."""
    rows = Bill.objects.filter(account=account).select_related("openitem").order_by("-month", "-issued_date", "-id")
    return Paginator(rows, PAGE_ROWS).get_page(page)


def bill_by_id(bill_id: int, *, scope: Scope) -> Bill | None:
    """A bill with its account, run and open item, or None when out of sight."""
    return (
        Bill.objects.filter(scope.rows("account"), pk=bill_id)
        .select_related("account__customer", "account__supply_point__premise__station", "run", "openitem", "reverses")
        .first()
    )


def registers_read_for(bill: RatedAmounts) -> list[RegisterSpan]:
    """The register values a bill starts and ends with, a row a meter and register: three queries.

    A value counts for the end of the day it was read on. A register whose first value falls inside the period starts
    with that value.
    """
    readings = RegisterReading.objects.filter(account_id=bill.account_id, status="accepted")
    known = readings.filter(night_date__lt=bill.from_date)
    start = {(row.meter_no, row.register): row for row in _last_of_each(known)}
    ended = readings.filter(night_date__gte=bill.from_date, night_date__lt=bill.to_date)
    meters = {meter.meter_no: meter for meter in Meter.objects.filter(account_id=bill.account_id)}
    return [
        _span(start.get((end.meter_no, end.register)), end, meters.get(end.meter_no)) for end in _last_of_each(ended)
    ]


def _last_of_each(readings: QuerySet[RegisterReading]) -> QuerySet[RegisterReading]:
    return readings.order_by("meter_no", "register", "-night_date", "-id").distinct("meter_no", "register")


def _span(start: RegisterReading | None, end: RegisterReading, meter: Meter | None) -> RegisterSpan:
    multiplier = meter.multiplier if meter else 1
    moved = None if start is None else end.value_centi - start.value_centi
    if moved is not None and moved < 0 and meter is not None:
        moved += CENTI * 10**meter.digits
    return RegisterSpan(
        meter_no=end.meter_no,
        register=end.get_register_display(),
        start_centi=start.value_centi if start else None,
        start_date=start.night_date if start else None,
        end_centi=end.value_centi,
        end_date=end.night_date,
        multiplier=multiplier,
        used_centi=None if moved is None else moved * multiplier,
    )


def use_behind(bill: RatedAmounts) -> dict[str, int]:
    """The daily use a bill was made of: `days`, `estimated` and `trued_up` of them, and `centi_kwh` in sum."""
    return DailyUse.objects.filter(
        account_id=bill.account_id, current=True, use_date__gte=bill.from_date, use_date__lt=bill.to_date
    ).aggregate(
        days=Count("id"),
        estimated=Count("id", filter=Q(source="estimated")),
        trued_up=Count("id", filter=Q(source="trued_up")),
        centi_kwh=Sum("centi_kwh", default=0),
    )


def payment_by_id(payment_id: int, *, scope: Scope) -> Payment | None:
    """A payment with its account, or None when out of sight."""
    return Payment.objects.filter(scope.rows("account"), pk=payment_id).select_related("account").first()


def ledger_of(account: Account, *, page: int, whole: bool = False) -> Page[Leg]:
    """One page of the account's ledger legs, newest first.

    Args:
        account: The account.
        page: Page number from 1.
        whole: Every leg of its transactions; otherwise those on the customer's own accounts: receivable, prepaid, and
            money received that is still to be allocated.

    Returns:
        Legs with what the account owes (`owed_fen`) and what it has with us (`credit_fen`) after each of them.
    """
    rows = Leg.objects.filter(account=account)
    if not whole:
        rows = rows.filter(gl__in=(RECEIVABLE, PREPAID, HELD))
    in_order = [F("booked_date").asc(), F("transaction").asc(), F("id").asc()]
    rows = rows.annotate(
        owed_fen=Window(_sum_where(gl__in=(RECEIVABLE,)), order_by=in_order),
        credit_fen=-Window(_sum_where(gl__in=(PREPAID, HELD)), order_by=in_order),
        bill_month=F("bill__month"),
    ).order_by("-booked_date", "-transaction", "-id")
    return Paginator(rows, 2 * PAGE_ROWS).get_page(page)


def _sum_where(**condition: object) -> Sum:
    return Sum(Case(When(**condition, then=F("amount_fen")), default=0))


def payments_of(account: Account, *, page: int) -> Page[Payment]:
    """One page of the account's payments, newest first, each with what it paid (`paid`)."""
    paid = Prefetch(
        "allocation_set",
        Allocation.objects.select_related("bill").order_by("transaction", "id"),
        to_attr="paid",
    )
    rows = (
        Payment.objects.filter(account=account)
        .select_related("cashier")
        .prefetch_related(paid)
        .order_by("-booked_date", "-paid_at", "-id")
    )
    return Paginator(rows, PAGE_ROWS).get_page(page)


def prepaid_use_of(account: Account) -> list[Allocation]:
    """What prepaid money paid without a payment of its own, newest first."""
    return list(
        Allocation.objects.filter(account=account, payment=None)
        .select_related("bill")
        .order_by("-booked_date", "-id")[:PAGE_ROWS]
    )


def daily_use_of(account: Account, *, from_date: date, to_date: date) -> list[DailyUse]:
    """The account's daily use that counts, in `[from_date, to_date)`, oldest first."""
    return list(
        DailyUse.objects.filter(account=account, current=True, use_date__gte=from_date, use_date__lt=to_date).order_by(
            "use_date"
        )
    )


def last_use_date(account: Account) -> date | None:
    """The last day with use that counts."""
    return (
        DailyUse.objects.filter(account=account, current=True)
        .order_by("-use_date")
        .values_list("use_date", flat=True)
        .first()
    )


def findings_of(account: Account) -> Findings:
    """What checks found on the account."""
    return Findings(
        billing=list(
            BillFinding.objects.filter(account=account).select_related("run").order_by("-month", "-id")[: 2 * PAGE_ROWS]
        ),
        metering=list(MeteringFinding.objects.filter(account=account).order_by("-use_date", "-id")[: 2 * PAGE_ROWS]),
        drafts=list(
            BillDraft.objects.filter(account=account)
            .select_related("run", "decided_by")
            .order_by("-month", "-id")[:PAGE_ROWS]
        ),
    )


def monthly_use_of(account: Account, *, months: int) -> QuerySet[Bill]:
    """Energy and money billed a month, newest first."""
    return (
        Bill.objects.filter(account=account)
        .values("month")
        .annotate(centi=Coalesce(Sum("centi_kwh"), 0), fen=Coalesce(Sum("total_fen"), 0))
        .order_by("-month")[:months]
    )
