"""Which notices stand where, how was each served, and which files prove it?

Each function asks a fixed number of queries.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, Prefetch, Q, QuerySet

from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import AuthorityCopy, Evidence, LimitationEvent, Notice, NoticeService, ServiceEvidence
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 50
MOST_PRINTED: Final = 1000
"""Most notices of one print."""

Kind = Notice.Kind
"""Which notice."""

State = Notice.State
"""Where a notice stands."""

METHODS = NoticeService.Method.choices
"""Ways of service."""

LONGEST_REASON: Final[int] = Notice._meta.get_field("void_reason").max_length
"""Room for a reason [characters]."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which notices are asked for; empty fields ask for all.

    Attributes:
        kind: One of `Kind`.
        state: One of `State`.
        station: Key of a station.
        cut_date: Day of the planned cut.
        text: Head of a notice or account number, or part of a customer's name.
    """

    kind: str = ""
    state: str = ""
    station: int | None = None
    cut_date: date | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Notices in sight.

    Attributes:
        total: All of them.
        unserved: Issued and not served yet.
        cut_today: Not void, and their cut is planned for the day.
        void: Void ones.
    """

    total: int
    unserved: int
    cut_today: int
    void: int


def counts(*, scope: Scope, today: date) -> Counts:
    """How many notices are in sight: one query."""
    planned = Q(planned_cut_at__range=_hours_of(today)) & ~Q(state=State.VOID)
    row = Notice.objects.filter(scope.rows("account")).aggregate(
        total=Count("id"),
        unserved=Count("id", filter=Q(state=State.ISSUED)),
        cut_today=Count("id", filter=planned),
        void=Count("id", filter=Q(state=State.VOID)),
    )
    return Counts(**row)


def notices(asked: Asked, *, scope: Scope, page: int) -> Page[Notice]:
    """One page of notices with their services, the last issued first."""
    rows = _asked(asked, scope=scope).select_related("account__customer", "account__supply_point__premise__station")
    rows = rows.prefetch_related("noticeservice_set").defer("contents")
    return Paginator(rows.order_by("-issued_at", "-id"), PAGE_ROWS).get_page(page)


def numbers(asked: Asked, *, scope: Scope) -> list[str]:
    """Numbers of the notices asked for that are not void, by station, route and number, as they are carried out."""
    rows = _asked(asked, scope=scope).exclude(state=State.VOID)
    place = "account__supply_point__premise"
    return list(
        rows.order_by(f"{place}__station__code", f"{place}__route", "notice_no").values_list("notice_no", flat=True)[
            : MOST_PRINTED + 1
        ]
    )


def notice_by_no(notice_no: str, *, scope: Scope) -> Notice | None:
    """A notice with its account, services, copies and their proofs, or None when out of sight."""
    proofs = ServiceEvidence.objects.select_related("evidence").defer("evidence__content").order_by("id")
    copies = AuthorityCopy.objects.select_related("evidence", "recorded_by").defer("evidence__content")
    return (
        Notice.objects.filter(scope.rows("account"), notice_no=notice_no)
        .select_related("account__customer", "account__supply_point__premise__station", "case", "issued_by")
        .prefetch_related(
            Prefetch(
                "noticeservice_set", NoticeService.objects.select_related("recorded_by").order_by("served_at", "id")
            ),
            Prefetch("noticeservice_set__serviceevidence_set", proofs),
            Prefetch("authoritycopy_set", copies.order_by("copied_at", "id")),
        )
        .first()
    )


def proof_by_id(evidence: int, *, scope: Scope) -> Evidence | None:
    """A proof with its content, when it backs a service, a copy or an interruption of an account in sight."""
    served = ServiceEvidence.objects.filter(scope.rows("service__notice__account"), evidence_id=evidence)
    copied = AuthorityCopy.objects.filter(scope.rows("notice__account"), evidence_id=evidence)
    interrupted = LimitationEvent.objects.filter(scope.rows("account"), evidence_id=evidence)
    seen = Q(pk__in=served.values("evidence")) | Q(pk__in=copied.values("evidence"))
    return Evidence.objects.filter(seen | Q(pk__in=interrupted.values("evidence"))).first()


def _asked(asked: Asked, *, scope: Scope) -> QuerySet[Notice]:
    rows = Notice.objects.filter(scope.rows("account"))
    if asked.kind:
        rows = rows.filter(kind=asked.kind)
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.station is not None:
        rows = rows.filter(account__supply_point__premise__station=asked.station)
    if asked.cut_date is not None:
        rows = rows.exclude(state=State.VOID).filter(planned_cut_at__range=_hours_of(asked.cut_date))
    if asked.text:
        numbered = Q(notice_no__startswith=asked.text) | Q(account__account_no__startswith=asked.text)
        rows = rows.filter(numbered | Q(account__customer__name__contains=asked.text))
    return rows


def _hours_of(day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, datetime.min.time(), TIME_ZONE)
    return start, start + timedelta(days=1, microseconds=-1)
