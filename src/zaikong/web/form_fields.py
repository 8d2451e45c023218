"""What was typed into a field of a form, or why can it not be read?"""

from datetime import date, datetime, timedelta
from typing import Final

from django.http import QueryDict

from zaikong.kernel.money import fen_of_yuan
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.web import asked

_MINUTE: Final = timedelta(minutes=1)


class UnableToReadFieldError(Refusal):
    """A field that is empty or cannot be read."""


def day(query: QueryDict, name: str) -> date:
    """A day.

    Raises:
        UnableToReadFieldError: `DATE_MISSING`.
    """
    found = asked.day(query, name)
    if found is None:
        typed = asked.text(query, name)
        raise UnableToReadFieldError(
            f"{name} is no day", code="DATE_MISSING", fields={name: typed}, remedy="Fill in the day."
        )
    return found


def moment(query: QueryDict, name: str, *, now: datetime) -> datetime:
    """A day and time by the clock in Asia/Shanghai; of this minute, now, since a form knows no seconds.

    Raises:
        UnableToReadFieldError: `DATE_MISSING`.
    """
    typed = asked.text(query, name)
    try:
        read = datetime.fromisoformat(typed)
    except ValueError as fault:
        raise UnableToReadFieldError(
            f"{typed!r} is no time", code="DATE_MISSING", fields={name: typed}, remedy="Fill in day and time."
        ) from fault
    local = read.replace(tzinfo=TIME_ZONE)
    return now if local <= now < local + _MINUTE else local


def fen(query: QueryDict, name: str) -> int:
    """An amount in yuan as fen; 0 where the field is empty.

    Raises:
        Refusal: `MONEY_UNREADABLE`.
    """
    typed = asked.text(query, name)
    return fen_of_yuan(typed) if typed else 0
