"""Which register does a moment fall into, and which registers do the hours of a month have?

Basis: the hours of the plan's version in force, with the source that stands there.
"""

from datetime import date, datetime

from zaikong.domain.billing.books import UnableToFindTariffError, book
from zaikong.domain.billing.tariff import Book, Version
from zaikong.kernel.period import TIME_ZONE, Month


def register_at(book_id: str, at: datetime, *, plan: str | None = None) -> str:
    """The register that counts at a moment.

    Args:
        book_id: A shipped book.
        at: Local date and time; one with a time zone is brought to local time first.
        plan: A plan with hours; the book's first one by default.

    Returns:
        `sharp`, `peak`, `flat` or `valley`.

    Raises:
        UnableToFindTariffError: No such book or plan, no hours in it, or none in force on that day.
    """
    local = at.astimezone(TIME_ZONE) if at.tzinfo else at
    return hours_on(book_id, local.date(), plan=plan)[local.hour]


def hours_on(book_id: str, day: date, *, plan: str | None = None) -> tuple[str, ...]:
    """The register of each of the 24 hours of a day; arguments and errors as `register_at`."""
    version = _version(book(book_id), day, plan)
    return next(table.table() for table in version.hours if day.month in table.months)


def hours_of_month(book_id: str, month: Month, *, plan: str | None = None) -> tuple[str, ...]:
    """The register of each of the 24 hours on the first day of a month; arguments and errors as `register_at`."""
    return hours_on(book_id, month.start, plan=plan)


def _version(found: Book, day: date, plan: str | None) -> Version:
    if plan is not None and plan not in found.plans:
        raise UnableToFindTariffError(
            f"{found.id} has no plan {plan!r}",
            code="PLAN_UNKNOWN",
            fields={"book": found.id, "plan": plan},
            remedy="Plans are: " + ", ".join(found.plans) + ".",
        )
    plans = [found.plans[plan]] if plan is not None else list(found.plans.values())
    with_hours = [each for each in plans if any(version.hours for version in each.versions)]
    if not with_hours:
        raise UnableToFindTariffError(
            f"{found.id} {plan or ''} has no time-of-use hours".replace("  ", " "),
            code="HOURS_UNKNOWN",
            fields={"book": found.id, "plan": plan},
            remedy="Name a book and plan that price registers apart.",
        )
    for each in with_hours:
        version = each.version(day)
        if version is not None and version.hours:
            return version
    raise UnableToFindTariffError(
        f"{found.id} has no time-of-use hours in force on {day}",
        code="TARIFF_NOT_IN_FORCE",
        fields={"book": found.id, "plan": plan, "day": day},
        remedy="Add the version with its source, or ask for another day.",
    )
