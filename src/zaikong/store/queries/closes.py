"""What do the pages of day books and month closes show? Figures of the county as they were closed."""

from datetime import date, timedelta

from zaikong.store.models import DayBook, MonthClose, Night, NightStep


def day_book(business_date: date) -> DayBook | None:
    """The day book of a date, or None when the day is not closed."""
    return DayBook.objects.filter(business_date=business_date).first()


def last_day_book() -> DayBook | None:
    """The latest closed day."""
    return DayBook.objects.order_by("-business_date").first()


def day_books_until(business_date: date, *, days: int) -> list[DayBook]:
    """Up to `days` closed days that end with a date, oldest first."""
    rows = DayBook.objects.filter(business_date__lte=business_date).order_by("-business_date")[:days]
    return list(reversed(rows))


def next_closed_date(business_date: date) -> date | None:
    """The first closed day after a date."""
    dates = DayBook.objects.values_list("business_date", flat=True)
    return dates.filter(business_date__gt=business_date).order_by("business_date").first()


def month_close(month: int) -> MonthClose | None:
    """A closed month [YYYYMM], or None."""
    return MonthClose.objects.filter(month=month).first()


def month_closes() -> list[MonthClose]:
    """Every closed month, newest first."""
    return list(MonthClose.objects.order_by("-month"))


def steps_of_night(business_date: date) -> list[NightStep]:
    """What the night of a date did, in order."""
    return list(NightStep.objects.filter(night__business_date=business_date).order_by("id"))


def open_business_date() -> date | None:
    """The business date money and bills are booked on: the day after the last closed night, None before the first."""
    last = Night.objects.filter(closed=True).order_by("-business_date").values_list("business_date", flat=True).first()
    return None if last is None else last + timedelta(days=1)
