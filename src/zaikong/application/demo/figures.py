"""Which figures of the sample county does the command print?"""

from datetime import date
from typing import Any

from zaikong.store.models import Account, DayBook, MonthClose, Night


def demo_figures(*, last_night: date) -> dict[str, Any]:
    """The last day book and month close, and how far the nights are."""
    day = DayBook.objects.filter(business_date__lte=last_night).first()
    month = MonthClose.objects.first()
    return {
        "accounts": Account.objects.count(),
        "nights": Night.objects.filter(closed=True).count(),
        "last_night": str(day.business_date) if day else None,
        "day_book": day.figures if day else None,
        "month": month.month if month else None,
        "month_close": month.figures if month else None,
    }
