"""How does fee control stand: balances, cuts and restores on the way, what failed, who is out, what the meters said?

Each function asks a fixed number of queries.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, Min, OuterRef, Prefetch, Q, QuerySet

from zaikong.store.models import (
    CommandFailure,
    CutOrder,
    Evidence,
    FieldOrder,
    MeterExchange,
    PrepaidBalance,
    PrepaymentAgreement,
    RestoreOrder,
    Staff,
)
from zaikong.store.queries.scope import Scope

PAGE_ROWS: Final = 30
QUEUE_ROWS: Final = 60
"""Rows of a queue shown at once, the nearest; the rest is counted."""

EXCHANGES_OF: Final = timedelta(hours=24)
"""The time over which exchanges are counted."""

LONGEST_REASON: Final = 200
"""Room for a reason or a result [characters]."""

LONGEST_NAME: Final[int] = RestoreOrder._meta.get_field("safety_by").max_length
"""Room for a name [characters]."""

FieldState = FieldOrder.State
"""Where a field order stands."""

LIVE_FIELD: Final = (FieldState.ISSUED, FieldState.ASSIGNED)
"""States of a field order that people still go for."""

_ACCOUNT: Final = ("account__customer", "account__supply_point__premise__station")
_QUEUED_CUTS: Final = (CutOrder.State.APPROVED, CutOrder.State.RESERVED, CutOrder.State.SENT)
_OFF: Final = (CutOrder.State.SENT, CutOrder.State.RECORDED)


@dataclass(frozen=True, slots=True)
class Level:
    """Prepaid accounts at a warning level.

    Attributes:
        level: 0 for none.
        accounts: How many.
        below_limit: How many of them are below their overdraft limit.
    """

    level: int
    accounts: int
    below_limit: int


@dataclass(frozen=True, slots=True)
class Work:
    """What is on the way or waits.

    Attributes:
        cuts_standing: Accounts whose supply is off, or may be.
        cuts_queued: Cut orders approved, reserved or sent.
        restores: Restore orders not done.
        restores_late: Of them, past their statutory time.
        next_due_at: The nearest statutory time; None without a restore order.
        failures: Failed commands not closed.
        failures_urgent: Of them, those that keep supply off.
        field_orders: Field orders open.
        field_orders_late: Of them, past the time they should be done by.
    """

    cuts_standing: int
    cuts_queued: int
    restores: int
    restores_late: int
    next_due_at: datetime | None
    failures: int
    failures_urgent: int
    field_orders: int
    field_orders_late: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Exchanges that ended alike.

    Attributes:
        outcome: `confirmed`, `refused` or `unknown`.
        code: Why; empty where confirmed.
        exchanges: How many.
        meters: With how many meters.
    """

    outcome: str
    code: str
    exchanges: int
    meters: int


def levels(*, scope: Scope) -> list[Level]:
    """Prepaid accounts by warning level, the gravest first."""
    rows = PrepaidBalance.objects.filter(scope.rows("account")).values("warning_level")
    counted = rows.annotate(accounts=Count("pk"), below=Count("pk", filter=Q(below_limit=True)))
    return [Level(row["warning_level"], row["accounts"], row["below"]) for row in counted.order_by("-warning_level")]


def work(*, scope: Scope, at: datetime) -> Work:
    """What is on the way or waits at a moment."""
    seen = scope.rows("account")
    cuts = CutOrder.objects.filter(seen).aggregate(
        standing=Count("pk", filter=_standing()), queued=Count("pk", filter=Q(state__in=_QUEUED_CUTS))
    )
    restores = _open_restores(scope).aggregate(
        waiting=Count("pk"), late=Count("pk", filter=Q(due_by_at__lt=at)), due=Min("due_by_at")
    )
    failures = (
        CommandFailure.objects.filter(seen)
        .exclude(state=CommandFailure.State.CLOSED)
        .aggregate(all=Count("pk"), urgent=Count("pk", filter=Q(urgent=True)))
    )
    field = FieldOrder.objects.filter(seen, state__in=LIVE_FIELD).aggregate(
        all=Count("pk"), late=Count("pk", filter=Q(due_by_at__lt=at))
    )
    return Work(
        cuts_standing=cuts["standing"],
        cuts_queued=cuts["queued"],
        restores=restores["waiting"],
        restores_late=restores["late"],
        next_due_at=restores["due"],
        failures=failures["all"],
        failures_urgent=failures["urgent"],
        field_orders=field["all"],
        field_orders_late=field["late"],
    )


def outcomes(*, scope: Scope, at: datetime) -> list[Outcome]:
    """How the exchanges of the last day ended, the most frequent ending first."""
    rows = MeterExchange.objects.filter(scope.rows("meter__account"), at__gt=at - EXCHANGES_OF, at__lte=at)
    counted = rows.values("outcome", "code").annotate(exchanges=Count("pk"), meters=Count("meter", distinct=True))
    return [Outcome(**row) for row in counted.order_by("-exchanges", "outcome", "code")]


def restores(*, scope: Scope) -> list[RestoreOrder]:
    """Restore orders not done, the nearest statutory time first."""
    rows = _open_restores(scope).select_related(*_ACCOUNT, "cut_order")
    return list(rows.order_by("due_by_at", "pk")[:QUEUE_ROWS])


def restore_in_sight(restore: int, *, scope: Scope) -> RestoreOrder | None:
    """A restore order, or None when out of sight."""
    return RestoreOrder.objects.filter(scope.rows("account"), pk=restore).first()


def queued_cuts(*, scope: Scope) -> list[CutOrder]:
    """Cut orders approved, reserved or sent, the nearest stated time first."""
    rows = CutOrder.objects.filter(scope.rows("account"), state__in=_QUEUED_CUTS).select_related(*_ACCOUNT)
    return list(rows.order_by("planned_at", "pk")[:QUEUE_ROWS])


def standing_cuts(*, scope: Scope, page: int) -> Page[CutOrder]:
    """One page of the cuts whose supply is off or may be, with their restore order; the oldest first."""
    rows = CutOrder.objects.filter(scope.rows("account")).filter(_standing()).select_related(*_ACCOUNT)
    rows = rows.prefetch_related("restoreorder_set").order_by("sent_at", "ended_at", "pk")
    return Paginator(rows, PAGE_ROWS).get_page(page)


def standing_cut(order: int, *, scope: Scope) -> CutOrder | None:
    """A cut whose supply is off or may be, or None when out of sight."""
    return CutOrder.objects.filter(scope.rows("account"), pk=order).filter(_standing()).first()


def failures(*, scope: Scope, page: int) -> Page[CommandFailure]:
    """One page of failed commands not closed, urgent ones first, then the oldest."""
    rows = (
        CommandFailure.objects.filter(scope.rows("account"))
        .exclude(state=CommandFailure.State.CLOSED)
        .select_related(*_ACCOUNT, "command__meter", "command__cut_order", "command__restore_order")
    )
    return Paginator(rows.order_by("-urgent", "found_at", "pk"), PAGE_ROWS).get_page(page)


def failure_in_sight(failure: int, *, scope: Scope) -> CommandFailure | None:
    """A failed command with what it was for, or None when out of sight."""
    rows = CommandFailure.objects.select_related("command__cut_order", "command__restore_order")
    return rows.filter(scope.rows("account"), pk=failure).first()


def field_orders(state: str, *, scope: Scope, page: int) -> Page[FieldOrder]:
    """One page of field orders.

    Args:
        state: One of `FieldState`; empty for those people still go for.
        scope: What the reader sees.
        page: Page number.

    Returns:
        Open ones: the nearest time first. Ended ones: the last issued first.
    """
    rows = FieldOrder.objects.filter(
        scope.rows("account"), **({"state": state} if state else {"state__in": LIVE_FIELD})
    )
    rows = rows.select_related(*_ACCOUNT, "meter", "first", "second", "failure__command")
    ended = bool(state) and state not in {str(one) for one in LIVE_FIELD}
    ordered = rows.order_by("-issued_at", "-pk") if ended else rows.order_by("due_by_at", "pk")
    return Paginator(ordered, PAGE_ROWS).get_page(page)


def field_order_in_sight(order: int, *, scope: Scope) -> FieldOrder | None:
    """A field order, or None when out of sight."""
    return FieldOrder.objects.filter(scope.rows("account"), pk=order).first()


def photo_of(order: int, *, scope: Scope) -> Evidence | None:
    """The photo that proves a field order, or None where there is none in sight."""
    found = FieldOrder.objects.filter(scope.rows("account"), pk=order).select_related("photo").first()
    return found.photo if found else None


def photo_kept(evidence: int) -> Evidence | None:
    """A proof just kept, without its content."""
    return Evidence.objects.defer("content").filter(pk=evidence).first()


def crew(*, right: str, scope: Scope) -> list[Staff]:
    """Who may work at meters: of the county, and of the station that is seen.

    Args:
        right: Codename of the right it takes.
        scope: What the reader sees.
    """
    entitled = Q(groups__permissions__codename=right) | Q(user_permissions__codename=right)
    rows = Staff.objects.filter(entitled, is_active=True, is_staff=True)
    if not scope.whole_county:
        rows = rows.filter(Q(station=None) | Q(station=scope.station_id))
    return list(rows.distinct().order_by("first_name", "username"))


def crew_member(staff: int, *, right: str, scope: Scope) -> Staff | None:
    """One of `crew`, or None."""
    return next((one for one in crew(right=right, scope=scope) if one.pk == staff), None)


def balances(level: int | None, *, scope: Scope, page: int) -> Page[PrepaidBalance]:
    """One page of prepaid balances, what is lowest first; `account.agreements` holds the agreement in force.

    Args:
        level: Only accounts at this warning level; None for everyone that is warned or below its limit.
        scope: What the reader sees.
        page: Page number.
    """
    rows = PrepaidBalance.objects.filter(scope.rows("account")).select_related(*_ACCOUNT)
    warned = Q(warning_level__gt=0) | Q(below_limit=True)
    rows = rows.filter(warned if level is None else Q(warning_level=level))
    in_force = PrepaymentAgreement.objects.filter(state=PrepaymentAgreement.State.IN_FORCE)
    agreed = Prefetch("account__prepaymentagreement_set", in_force, to_attr="agreements")
    ordered = rows.prefetch_related(agreed).order_by("-below_limit", F("available_fen").asc(), "pk")
    return Paginator(ordered, PAGE_ROWS).get_page(page)


def _open_restores(scope: Scope) -> QuerySet[RestoreOrder]:
    return RestoreOrder.objects.filter(scope.rows("account")).exclude(state=RestoreOrder.State.DONE)


def _standing() -> Q:
    """Supply is off, or may be: cut and not given back."""
    back = RestoreOrder.objects.filter(cut_order=OuterRef("pk"), state=RestoreOrder.State.DONE)
    return Q(state__in=_OFF) & ~Q(Exists(back))
