"""What does the page of a collector's day show: the rows of the list, what is on no list, what was changed by hand?

Rows are seen by who sees their accounts. Every function asks a fixed number of queries.
"""

from collections.abc import Sequence
from datetime import date

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from zaikong.store.models import (
    CollectionCase,
    Notice,
    Staff,
    WorkListChange,
    WorkListRow,
    WorkPlanRun,
)
from zaikong.store.queries.scope import Scope

_ROW = (
    "case__account__customer",
    "case__account__supply_point__premise",
    "staff",
    "run",
)


def rows_of(staff: int, *, as_of: date, scope: Scope) -> Sequence[WorkListRow]:
    """The list of a day: what is to be done in order, and what was done or dropped on any plan of the day."""
    return list(_rows(as_of, scope).filter(staff=staff).order_by("rank", "id"))


def row_by_id(row: int, *, as_of: date, scope: Scope) -> WorkListRow | None:
    """A row of the day in sight, or None."""
    found: WorkListRow | None = _rows(as_of, scope).filter(pk=row).first()
    return found


def collectors(*, group: str, scope: Scope) -> Sequence[Staff]:
    """Active collectors of the stations in sight, by station and name."""
    able = Staff.objects.filter(is_active=True, groups__name=group).exclude(station=None)
    if not scope.whole_county:
        able = able.filter(station=scope.station_id)
    return list(able.select_related("station").order_by("station__code", "username"))


def plan_of(station: int, *, as_of: date) -> WorkPlanRun | None:
    """The standing plan of a station's day."""
    found: WorkPlanRun | None = WorkPlanRun.objects.filter(business_date=as_of, station=station, standing=True).first()
    return found


def on_no_list(staff: Staff, *, as_of: date, scope: Scope, most: int) -> Sequence[CollectionCase]:
    """A collector's own overdue cases that are on nobody's list of the day, the largest amount first.

    Args:
        staff: The collector.
        as_of: The day.
        scope: What the reader sees.
        most: At most so many.
    """
    listed = WorkListRow.objects.filter(run__business_date=as_of).filter(
        Q(run__standing=True, state=WorkListRow.State.LISTED) | Q(state=WorkListRow.State.DONE)
    )
    mine = (
        CollectionCase.objects.filter(scope.rows("account"), state__in=["open", "promised", "cut"])
        .alias(owner=Coalesce(F("collector"), F("account__collector")))
        .filter(owner=staff.pk, overdue_since_date__lt=as_of, open_fen__gt=0)
        .exclude(pk__in=listed.values("case"))
    )
    return list(
        mine.select_related("account__customer", "account__supply_point__premise").order_by("-open_fen", "id")[:most]
    )


def changes(*, as_of: date, scope: Scope) -> Sequence[WorkListChange]:
    """The last change by hand of every case of a day that is not left to the plan again, the latest first."""
    last = (
        WorkListChange.objects.filter(scope.rows("case__account"), business_date=as_of)
        .order_by("case", "-changed_at", "-id")
        .distinct("case")
        .values("pk")
    )
    rows = WorkListChange.objects.filter(pk__in=last).exclude(kind=WorkListChange.Kind.RELEASE)
    return list(rows.select_related("case__account__customer", "staff", "changed_by").order_by("-changed_at", "-id"))


def notices_to_serve(cases: Sequence[int]) -> dict[int, list[Notice]]:
    """Notices of cases that are issued and not yet served, by case, the latest first."""
    found: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(case__in=cases, state=Notice.State.ISSUED, episode=F("case__episode")).order_by(
        "-issued_at"
    ):
        found.setdefault(notice.case_id, []).append(notice)
    return found


def case_of_number(account_no: str, *, scope: Scope) -> CollectionCase | None:
    """The living case of an account number in sight, or None."""
    seen = CollectionCase.objects.filter(scope.rows("account"), account__account_no=account_no)
    found: CollectionCase | None = seen.exclude(state=CollectionCase.State.CLOSED).first()
    return found


def _rows(as_of: date, scope: Scope) -> QuerySet[WorkListRow]:
    stands = Q(run__standing=True) | Q(state=WorkListRow.State.DONE)
    return WorkListRow.objects.filter(scope.rows("case__account"), stands, run__business_date=as_of).select_related(
        *_ROW
    )
