"""On which business date are acts of the console booked, and at what time?

On the open day: the one after the last night that was closed. Before the first night it is the calendar's day. Money
taken carries the clock's time on the open day, so that a day's receipts belong to the day that is closed with them.
An act the law times, such as the approval of a cut, carries the clock's own time while the books keep pace with the
calendar: the business date may already be tomorrow's in the evening, and still yesterday's after midnight.
"""

from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from zaikong.store.queries.closes import open_business_date

_PACE: Final = timedelta(days=1)
"""How far the open business date may be from the calendar's while the books keep pace."""


def business_date() -> date:
    """The open business date."""
    return open_business_date() or timezone.localdate()


def business_time() -> datetime:
    """The clock's time on the open business date."""
    clock = timezone.localtime()
    return datetime.combine(business_date(), clock.timetz())


def keeps_pace() -> bool:
    """Whether the open business date is the calendar's day or next to it; of a county of the past it is not."""
    return abs(business_date() - timezone.localdate()) <= _PACE


def lawful_time() -> datetime:
    """The time of an act the law times: the clock's, or in a county of the past the clock's time on its open day."""
    return timezone.localtime() if keeps_pace() else business_time()
