"""Which records of the decision log does a reader ask for?"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import Count

from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import DecisionRecord

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which records; None and an empty text let every one through.

    Attributes:
        kind: What was decided.
        subject: About what, the whole word.
        from_date: First day.
        to_date: Last day.
    """

    kind: str = ""
    subject: str = ""
    from_date: date | None = None
    to_date: date | None = None


def records(chosen: Chosen, *, page: int) -> Page[DecisionRecord]:
    """One page of records, the last first."""
    rows = DecisionRecord.objects.order_by("-seq")
    if chosen.kind:
        rows = rows.filter(kind=chosen.kind)
    if chosen.subject:
        rows = rows.filter(subject=chosen.subject)
    if chosen.from_date:
        rows = rows.filter(at__gte=_midnight(chosen.from_date))
    if chosen.to_date:
        rows = rows.filter(at__lt=_midnight(chosen.to_date + timedelta(days=1)))
    return Paginator(rows, PAGE_ROWS).get_page(page)


def kinds() -> list[tuple[str, int]]:
    """Every kind of record there is, and how many."""
    rows = DecisionRecord.objects.order_by("kind").values_list("kind").annotate(records=Count("seq"))
    return [(kind, count) for kind, count in rows]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=TIME_ZONE)
