"""On which business date are acts of the console booked, and at what time?

On the open day: the one after the last night that was closed. Before the first night it is the calendar's day. Money
taken carries the clock's time on the open day, so that a day's receipts belong to the day that is closed with them.
"""

from datetime import date, datetime

from django.utils import timezone

from zaikong.store.queries.closes import open_business_date


def business_date() -> date:
    """The open business date."""
    return open_business_date() or timezone.localdate()


def business_time() -> datetime:
    """The clock's time on the open business date."""
    clock = timezone.localtime()
    return datetime.combine(business_date(), clock.timetz())
