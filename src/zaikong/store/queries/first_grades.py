"""What do the pages of first grades show: applications, their papers, their gradings, and who set how many aside?

Each function asks a fixed number of queries. The grade of an application is its last row: a proposal of the scorecard,
or what a person put in its place.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth

from zaikong.store.models import ApplicationDocument, ConnectionApplication, FirstGrade, Staff, Station
from zaikong.store.queries.scope import Scope

PAGE_ROWS = 30
MONTHS = 12
"""Months of the page of overrides."""

State = ConnectionApplication.State
"""Stage of an application."""

LONGEST_REASON = FirstGrade._meta.get_field("override_reason").max_length
"""Characters the reason of an override may have."""

NOT_GRADED, OPEN = "none", "open"
"""In place of a grade: applications never graded, and those of which too little is judged."""

_PAPER_MISSING = [{"kind": "paper"}]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which applications a reader asks for; an empty text and None let every one through.

    Attributes:
        state: Stage of the work.
        category: User category.
        grade: `A` to `E`, `NOT_GRADED` or `OPEN`.
        station: Key of the station of the premise.
        overridden: Whether only those whose proposal a person set aside.
        missing: Whether only those of which a paper is asked for.
    """

    state: str = ""
    category: str = ""
    grade: str = ""
    station: int | None = None
    overridden: bool = False
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An application with what is on file and the grade it has.

    Attributes:
        application: It.
        papers: Papers handed in, by kind.
        grade: Its last grading or override, None before the first.
    """

    application: ConnectionApplication
    papers: Sequence[ApplicationDocument]
    grade: FirstGrade | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Applications in sight.

    Attributes:
        applications: All of them.
        waiting: Without any grading.
        missing: Graded with a paper still asked for.
        overridden: With a grade a person put in place of the proposed one.
    """

    applications: int
    waiting: int
    missing: int
    overridden: int


@dataclass(frozen=True, slots=True)
class OverrideCount:
    """What one member of staff did in one month.

    Attributes:
        month: First day of the month.
        staff: Who, None for gradings nobody asked for by name.
        proposals: Proposals of the month, whoever asked for them.
        graded: Proposals this person asked for.
        overrides: Proposals this person set aside.
        better: Of them with a better grade than proposed.
        worse: Of them with a worse one.
    """

    month: date
    staff: Staff | None
    proposals: int
    graded: int
    overrides: int
    better: int
    worse: int


def applications(chosen: Chosen, *, scope: Scope, page: int) -> Page[ApplicationRow]:
    """One page of applications, the latest first, with papers and grade: four queries."""
    rows = _chosen(_with_last(_seen(scope)), chosen)
    ordered = rows.select_related("customer", "premise__station").order_by("-accepted_date", "-id")
    found = Paginator(ordered, PAGE_ROWS).get_page(page)
    shown = list(found.object_list)
    papers = defaultdict(list)
    for paper in ApplicationDocument.objects.filter(application__in=shown).order_by("kind", "id"):
        papers[paper.application_id].append(paper)
    grades = FirstGrade.objects.select_related("graded_by").in_bulk([row.last_id for row in shown if row.last_id])
    found.object_list = [ApplicationRow(row, papers[row.pk], grades.get(row.last_id)) for row in shown]
    return found


def counts(*, scope: Scope) -> Counts:
    """Applications in sight by what stands out: one query."""
    found = _with_last(_seen(scope)).aggregate(
        applications=Count("id"),
        waiting=Count("id", filter=Q(last_id=None)),
        missing=Count("id", filter=Q(last_missing__contains=_PAPER_MISSING)),
        overridden=Count("id", filter=~Q(last_overridden=None)),
    )
    return Counts(**found)


def stations(*, scope: Scope) -> list[Station]:
    """Stations to choose from; none where only one is seen."""
    return list(Station.objects.order_by("code")) if scope.whole_county else []


def application_by_id(application_id: int, *, scope: Scope) -> ConnectionApplication | None:
    """An application, or None when out of sight."""
    rows = _seen(scope).select_related("customer", "premise__station", "account")
    return rows.filter(pk=application_id).first()


def papers_of(application: ConnectionApplication) -> list[ApplicationDocument]:
    """Papers handed in with an application."""
    return list(ApplicationDocument.objects.filter(application=application).order_by("kind", "id"))


def gradings_of(application: ConnectionApplication) -> list[FirstGrade]:
    """Gradings and overrides of an application, the latest first."""
    return list(FirstGrade.objects.filter(application=application).select_related("graded_by").order_by("-id"))


def override_counts(*, scope: Scope) -> list[OverrideCount]:
    """Gradings and overrides by month and staff, the latest month first: three queries."""
    seen = FirstGrade.objects.filter(_premise(scope, "application__premise"))
    last = seen.aggregate(last=Max("graded_date"))["last"]
    if last is None:
        return []
    first = _months_before(last, MONTHS - 1)
    aside = Q(overridden__isnull=False)
    judged = aside & ~Q(card_grade="")
    rows = list(
        seen.filter(graded_date__gte=first)
        .annotate(month=TruncMonth("graded_date"))
        .values("month", "graded_by")
        .annotate(
            graded=Count("id", filter=~aside),
            overrides=Count("id", filter=aside),
            better=Count("id", filter=judged & Q(grade__lt=F("card_grade"))),
            worse=Count("id", filter=judged & Q(grade__gt=F("card_grade"))),
        )
        .order_by("-month", "-overrides", "graded_by")
    )
    proposals: dict[date, int] = defaultdict(int)
    for row in rows:
        proposals[row["month"]] += row["graded"]
    people = Staff.objects.in_bulk([row["graded_by"] for row in rows if row["graded_by"]])
    return [
        OverrideCount(staff=people.get(row.pop("graded_by")), proposals=proposals[row["month"]], **row) for row in rows
    ]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _premise(scope: Scope, path: str) -> Q:
    return Q() if scope.whole_county else Q(**{f"{path}__station": scope.station_id})


def _seen(scope: Scope) -> QuerySet[ConnectionApplication]:
    return ConnectionApplication.objects.filter(_premise(scope, "premise"))


def _with_last(rows: QuerySet[ConnectionApplication]) -> QuerySet[Any]:
    """Adds key, grade, missing papers and override of the last grading."""
    last = FirstGrade.objects.filter(application=OuterRef("pk")).order_by("-id")
    return rows.annotate(
        last_id=Subquery(last.values("id")[:1]),
        last_grade=Subquery(last.values("grade")[:1]),
        last_missing=Subquery(last.values("missing")[:1]),
        last_overridden=Subquery(last.values("overridden")[:1]),
    )


def _chosen(rows: QuerySet[Any], chosen: Chosen) -> QuerySet[Any]:
    wanted = {"state": chosen.state, "category": chosen.category, "premise__station": chosen.station}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if chosen.grade:
        by_grade = {NOT_GRADED: Q(last_id=None), OPEN: Q(last_grade="")}
        rows = rows.filter(by_grade.get(chosen.grade, Q(last_grade=chosen.grade)))
    if chosen.overridden:
        rows = rows.exclude(last_overridden=None)
    return rows.filter(last_missing__contains=_PAPER_MISSING) if chosen.missing else rows
