"""Which figures of the sample county does the command print?"""

from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from zaikong.store.models import (
    Account,
    CaseEvent,
    CollectionCase,
    CommandFailure,
    CutOrder,
    DayBook,
    Dispute,
    FieldOrder,
    InstalmentAgreement,
    LegalityCertificate,
    MeterCommand,
    MonthClose,
    Night,
    Notice,
    OutboundMessage,
    PromiseToPay,
    RestoreOrder,
    WorkListRow,
)


def demo_figures(*, last_night: date) -> dict[str, Any]:
    """The last day book and month close, how far the nights are, and what collection came to."""
    day = DayBook.objects.filter(business_date__lte=last_night).first()
    month = MonthClose.objects.first()
    return {
        "accounts": Account.objects.count(),
        "nights": Night.objects.filter(closed=True).count(),
        "last_night": str(day.business_date) if day else None,
        "day_book": day.figures if day else None,
        "month": month.month if month else None,
        "month_close": month.figures if month else None,
        "collection": _collection(),
    }


def _collection() -> dict[str, Any]:
    """How often what was done about arrears, by state."""
    notices = Notice.objects.values_list("kind", "state").annotate(times=Count("pk")).order_by("kind", "state")
    met = CaseEvent.objects.filter(kind__in=("call", "visit"))
    return {
        "cases": _by(CollectionCase.objects.all()),
        "messages": _by(OutboundMessage.objects.all()),
        "notices": {f"{kind}_{state}": times for kind, state, times in notices},
        "contacts": dict(met.values_list("kind").annotate(times=Count("pk")).order_by("kind")),
        "promises": _by(PromiseToPay.objects.all()),
        "disputes": _by(Dispute.objects.all()),
        "instalments": _by(InstalmentAgreement.objects.all()),
        "cut_orders": _by(CutOrder.objects.all()),
        "certificates": LegalityCertificate.objects.count(),
        "trips": _by(MeterCommand.objects.filter(verb="trip")),
        "restore_orders": {
            f"{state}_{how or 'open'}": times
            for state, how, times in RestoreOrder.objects.values_list("state", "how")
            .annotate(times=Count("pk"))
            .order_by("state", "how")
        },
        "command_failures": _by(CommandFailure.objects.all()),
        "field_orders": _by(FieldOrder.objects.all()),
        "work_list_rows": WorkListRow.objects.exclude(state="dropped").count(),
    }


def _by(rows: QuerySet[Any]) -> dict[str, int]:
    """How many rows stand in each state."""
    counted = rows.values_list("state").annotate(times=Count("pk")).order_by("state")
    return dict(counted)
