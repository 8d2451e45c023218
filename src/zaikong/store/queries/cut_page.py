"""Which cut orders stand where, what is asked of whom, and what proves and happened to one of them?

Each function asks a fixed number of queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from zaikong.store.models import (
    CaseEvent,
    CutApproval,
    CutOrder,
    FieldOrder,
    LegalityCertificate,
    Notice,
    OpenItem,
    RestoreOrder,
    ServiceEvidence,
)
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 30
READY_ROWS = 30
EVENT_ROWS = 60

State = CutOrder.State
"""Where an order stands."""

LIVE: Final = (State.PROPOSED, State.APPROVED, State.RESERVED)
"""States of an order of which the rule is still asked."""

OPEN: Final = (*LIVE, State.SENT, State.FAILED)
"""States of an order that has not ended: those, and a command that is on the way or was not carried out."""

LONGEST_REASON: Final[int] = CutApproval._meta.get_field("note").max_length
"""Room for a reason [characters]."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What may wait for a person.

    Attributes:
        staff: Their key.
        decides: Whether they may approve.
        executes: Whether they may carry out.
    """

    staff: int
    decides: bool
    executes: bool


def by_state(*, scope: Scope) -> dict[str, int]:
    """How many orders stand in each state; states without an order are left out."""
    rows = CutOrder.objects.filter(scope.rows("account")).values("state").annotate(orders=Count("id"))
    return {row["state"]: row["orders"] for row in rows.order_by("state")}


def orders(state: str, *, scope: Scope, page: int, reader: Reader) -> Page[CutOrder]:
    """One page of orders with `given`, `mine`, `owed_fen` and `oldest_due`.

    Args:
        state: One of `State`; empty for every order that is not ended.
        scope: What the reader sees.
        page: Page number.
        reader: Whose word or hand is asked first.

    Returns:
        Living orders: what waits for the reader first, then the nearest time. Ended ones: the last ended first.
    """
    rows = _seen(scope).annotate(mine=_mine(reader), **_owed())
    rows = rows.filter(state=state) if state else rows.filter(state__in=OPEN)
    ended = bool(state) and state not in {str(one) for one in OPEN}
    ordered = rows.order_by("-ended_at", "-id") if ended else rows.order_by("-mine", "planned_at", "id")
    return Paginator(ordered, PAGE_ROWS).get_page(page)


def mine_count(*, scope: Scope, reader: Reader) -> int:
    """Living orders that wait for the reader."""
    rows = CutOrder.objects.filter(scope.rows("account"), state__in=LIVE).annotate(mine=_mine(reader))
    return rows.filter(mine=True).count()


def order_by_id(order_id: int, *, scope: Scope, reader: Reader) -> CutOrder | None:
    """An order with what `orders` tells of it, or None when out of sight."""
    return _seen(scope).annotate(mine=_mine(reader), **_owed()).filter(pk=order_id).first()


def ready_notices(*, scope: Scope, at: datetime) -> list[Notice]:
    """Notices of cutting served, their time to come, of a living case and without a living order; the nearest first."""
    living = CutOrder.objects.filter(account=OuterRef("account"), state__in=OPEN)
    rows = Notice.objects.filter(
        scope.rows("account"),
        ~Exists(living),
        ~Q(case__state="closed"),
        kind=Notice.Kind.STOP,
        state=Notice.State.SERVED,
        planned_cut_at__gt=at,
        case__episode=F("episode"),
    )
    served = rows.select_related("account__customer", "account__supply_point__premise__station")
    return list(served.order_by("planned_cut_at", "id")[:READY_ROWS])


def notice_in_sight(notice_id: int, *, scope: Scope) -> Notice | None:
    """A notice, or None when out of sight."""
    return Notice.objects.filter(scope.rows("account"), pk=notice_id).first()


def notices_of(order: CutOrder) -> Sequence[Notice]:
    """Every notice of the order's case and episode, the oldest first, with services and the hashes that prove them."""
    if order.notice is None:
        return []
    proofs = ServiceEvidence.objects.select_related("evidence").defer("evidence__content").order_by("id")
    return list(
        Notice.objects.filter(case=order.case, episode=order.notice.episode)
        .prefetch_related("noticeservice_set", Prefetch("noticeservice_set__serviceevidence_set", proofs))
        .order_by("issued_at", "id")
    )


def events_of(order: CutOrder) -> list[CaseEvent]:
    """What happened in the order's case, the last first, other orders of the case left out."""
    if order.case_id is None:
        return []
    cuts = [CaseEvent.Kind.CUT_PROPOSED, CaseEvent.Kind.CUT_DECIDED, CaseEvent.Kind.CUT_RECORDED]
    rows = CaseEvent.objects.filter(~Q(kind__in=cuts) | Q(facts__order=order.pk), case=order.case_id)
    return list(rows.select_related("staff").order_by("-at", "-id")[:EVENT_ROWS])


def restore_of(order: CutOrder) -> RestoreOrder | None:
    """The order that gives its supply back, None where there is none."""
    return RestoreOrder.objects.filter(cut_order=order).select_related("ordered_by", "safety_staff").first()


def field_orders_of(order: CutOrder) -> list[FieldOrder]:
    """Field orders of its cut and of giving its supply back, the first issued first."""
    about = Q(cut_order=order) | Q(restore_order__cut_order=order) | Q(failure__command__cut_order=order)
    rows = FieldOrder.objects.filter(about).select_related("first", "second", "failure__command", "meter")
    return list(rows.distinct().order_by("issued_at", "pk"))


def certificate_by_id(certificate_id: int, *, scope: Scope) -> LegalityCertificate | None:
    """A certificate with its order, or None when out of sight."""
    rows = LegalityCertificate.objects.select_related(
        "order__account__customer", "order__account__supply_point__premise__station", "decision"
    )
    return rows.filter(scope.rows("order__account"), pk=certificate_id).first()


def certificates(*, scope: Scope, page: int) -> Page[LegalityCertificate]:
    """One page of certificates, the last first."""
    rows = LegalityCertificate.objects.filter(scope.rows("order__account")).defer("document")
    seen = rows.select_related("order__account__customer", "order__account__supply_point__premise__station")
    return Paginator(seen.order_by("-issued_at", "-id"), PAGE_ROWS).get_page(page)


def _seen(scope: Scope) -> QuerySet[CutOrder]:
    words = CutApproval.objects.select_related("approver").order_by("at", "id")
    return (
        CutOrder.objects.filter(scope.rows("account"))
        .select_related(
            "account__customer",
            "account__supply_point__premise__station",
            "case",
            "notice",
            "proposed_by",
            "legalitycertificate",
        )
        .prefetch_related(Prefetch("cutapproval_set", words))
        .annotate(given=_given())
    )


def _given() -> Coalesce:
    said = CutApproval.objects.filter(order=OuterRef("pk"), approved=True).values("order")
    counted = said.annotate(people=Count("approver", distinct=True)).values("people")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _owed() -> dict[str, Subquery]:
    items = OpenItem.objects.filter(account=OuterRef("account"), open_fen__gt=0, disputed=False).values("account")
    return {
        "owed_fen": Subquery(items.annotate(owed=Sum("open_fen")).values("owed")),
        "oldest_due": Subquery(items.annotate(oldest=Min("due_date")).values("oldest")),
    }


def _mine(reader: Reader) -> Case:
    waits = [When(state__in=(State.APPROVED, State.RESERVED), then=Value(value=True))] if reader.executes else []
    if reader.decides:
        said = Exists(CutApproval.objects.filter(order=OuterRef("pk"), approver=reader.staff))
        asked = Q(state=State.PROPOSED) & ~Q(proposed_by=reader.staff) & ~Q(said)
        waits.append(When(asked, then=Value(value=True)))
    no = ExpressionWrapper(Value(value=False), output_field=BooleanField())
    return Case(*waits, default=no, output_field=BooleanField())
