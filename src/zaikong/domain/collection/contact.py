"""When may a message reach a customer, and how often?

Each channel has its hours, and says whether it goes on weekends and on public holidays. A message that would arrive
outside them waits for the next allowed minute. A working weekend ordered in exchange for a holiday is a working day.

Basis: the company's own terms (`contact.yaml`); 《全国年节及纪念日放假办法》 for the days of rest.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import as_file, files
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.collection.ladder_table import MESSAGE_CHANNELS
from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.calendar import is_working_day
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import in_force
from zaikong.kernel.period import TIME_ZONE

FILE: Final = "contact.yaml"
MessageChannel = Literal["sms", "app", "email", "voice"]
_MINUTES: Final = 1440
_SATURDAY: Final = 5


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Window(_Row):
    """Hours of a channel.

    Attributes:
        from_minute: First allowed minute of the day.
        to_minute: First minute no longer allowed.
        weekends: Whether it goes on an ordinary weekend.
        holidays: Whether it goes on a day of rest that is no ordinary weekend.
    """

    from_minute: int = Field(ge=0, lt=_MINUTES)
    to_minute: int = Field(gt=0, le=_MINUTES)
    weekends: bool
    holidays: bool

    @model_validator(mode="after")
    def _open(self) -> "Window":
        if self.to_minute <= self.from_minute:
            raise ValueError("the window closes before it opens")
        return self

    def is_open_on(self, day: date) -> bool:
        """Whether the channel goes at all on a day.

        A weekend next to a day of rest of the week belongs to the holiday, so that a holiday is quiet to its end.
        """
        if is_working_day(day):
            return True
        return self.weekends if _is_ordinary_weekend(day) else self.holidays


def _is_ordinary_weekend(day: date) -> bool:
    if day.weekday() < _SATURDAY:
        return False
    saturday = day - timedelta(days=day.weekday() - _SATURDAY)
    return is_working_day(saturday - timedelta(days=1)) and is_working_day(saturday + timedelta(days=2))


class ContactTerms(Parameter):
    """Terms of contact on a day.

    Attributes:
        windows: Channel to its hours; every message channel has some.
        reminders_a_week: Messages in seven days from which a reminder waits; one a day is the rule.
    """

    name = "contact_terms"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)
    windows: Mapping[MessageChannel, Window]
    reminders_a_week: int = Field(ge=1, le=70)

    @model_validator(mode="after")
    def _whole(self) -> "ContactTerms":
        if set(self.windows) != set(MESSAGE_CHANNELS):
            raise ValueError("windows must name every channel: " + ", ".join(MESSAGE_CHANNELS))
        return self


@cache
def editions() -> tuple[Version[ContactTerms], ...]:
    """Every shipped edition, the oldest first."""
    with as_file(files("zaikong.domain.collection").joinpath(FILE)) as path:
        return read_editions(ContactTerms, path)


def contact_terms(*, as_of: date) -> Version[ContactTerms]:
    """The edition in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return in_force(editions(), as_of=as_of, what=FILE)


def next_allowed(at: datetime, *, channel: str, terms: ContactTerms) -> datetime:
    """The first minute from a time on at which a channel may be used.

    Args:
        at: A time with its zone.
        channel: One of `MESSAGE_CHANNELS`.
        terms: The edition in force.

    Returns:
        The time itself where it is allowed, else the opening of the next allowed day, in the company's time zone.
    """
    window: Window = {str(name): hours for name, hours in terms.windows.items()}[channel]
    local = at.astimezone(TIME_ZONE)
    minute, day = local.hour * 60 + local.minute, local.date()
    if window.is_open_on(day) and window.from_minute <= minute < window.to_minute:
        return local
    if minute >= window.from_minute:
        day += timedelta(days=1)
    while not window.is_open_on(day):
        day += timedelta(days=1)
    opening = time(*divmod(window.from_minute, 60))
    return datetime.combine(day, opening, tzinfo=TIME_ZONE)
