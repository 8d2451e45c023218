"""On which business date are acts of the console booked?

On the open day: the one after the last night that was closed. Before the first night it is the calendar's day.
"""

from datetime import date

from django.utils import timezone

from zaikong.store.queries.closes import open_business_date


def business_date() -> date:
    """The open business date."""
    return open_business_date() or timezone.localdate()
