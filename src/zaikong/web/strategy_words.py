"""How are grades, seasons, channels, tones, needs and holds of the collection strategy said to a reader?

A word the tables do not share is shown as it is. Names of steps, ladders and rows are those of the dated files.
"""

from typing import Any

from django.utils.translation import get_language, gettext_lazy, pgettext_lazy

from zaikong.web import labels

SEASONS: labels.Words = {
    "heating": gettext_lazy("heating season"),
    "farming": gettext_lazy("farming season"),
    "summer_peak": gettext_lazy("summer peak"),
}

CHANNELS: labels.Words = {
    "sms": gettext_lazy("text message"),
    "app": pgettext_lazy("collection", "app"),
    "email": gettext_lazy("e-mail"),
    "voice": gettext_lazy("automatic call"),
    "phone": gettext_lazy("telephone call"),
    "visit": gettext_lazy("visit"),
    "letter": gettext_lazy("letter served"),
    "field": gettext_lazy("field order"),
}

TONES: labels.Words = {
    "friendly": pgettext_lazy("tone", "friendly"),
    "plain": pgettext_lazy("tone", "plain"),
    "firm": pgettext_lazy("tone", "firm"),
    "formal": pgettext_lazy("tone", "formal"),
}

NEEDS: labels.Words = {
    "person": gettext_lazy("a person"),
    "proof": gettext_lazy("proof of service"),
    "two_people": gettext_lazy("two people on site"),
    "review": gettext_lazy("review by a person"),
    "seal": gettext_lazy("seal"),
}

HOLDS: labels.Words = {
    "dispute": gettext_lazy("a dispute"),
    "pause": gettext_lazy("a pause"),
    "promise": gettext_lazy("a promise to pay"),
    "instalment": gettext_lazy("instalments that are honoured"),
    "in_transit": gettext_lazy("money on its way"),
    "hardship": gettext_lazy("hardship"),
    "protection": gettext_lazy("protection from cutting"),
    "bankruptcy": gettext_lazy("bankruptcy"),
}

SHIFTS: labels.Words = {
    "rest_day": gettext_lazy("a day of rest: the next working day"),
    "hours": gettext_lazy("outside the hours of the channel: the next allowed time"),
    "QUIET_WINDOW": gettext_lazy("quiet days: the notice is served later so that a day to cut is left"),
}
"""Why a step comes later than the ladder says."""


def season(name: str) -> str:
    """A season."""
    return str(SEASONS.get(name, name))


def channel(code: str) -> str:
    """How a step reaches the customer."""
    return str(CHANNELS.get(code, code))


def tone(code: str) -> str:
    """How a step speaks."""
    return str(TONES.get(code, code))


def need(code: str) -> str:
    """What a step asks of people."""
    return str(NEEDS.get(code, code))


def hold(code: str) -> str:
    """What holds a step back."""
    return str(HOLDS.get(code, code))


def shift(code: str) -> str:
    """Why a step comes later."""
    return str(SHIFTS.get(code, code))


def said(row: Any) -> str:
    """The name, or the reason, of a row of a dated file in the language of the page."""
    return str(row.zh if get_language() == labels.CHINESE else row.en)
