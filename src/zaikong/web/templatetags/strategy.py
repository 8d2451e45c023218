"""How are rows of the strategy, steps of a ladder and amounts of conditions written on a page?"""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from zaikong.domain.collection.ladder_table import ALWAYS_HELD
from zaikong.domain.collection.strategy_table import ANY
from zaikong.web import labels
from zaikong.web import strategy_words as words
from zaikong.web.templatetags import console

register = template.Library()

register.filter("season", words.season)
register.filter("reach", words.channel)
register.filter("tone", words.tone)
register.filter("need", words.need)
register.filter("hold", words.hold)
register.filter("shift", words.shift)
register.filter("said", words.said)


@register.filter
def grades_of(row: Any) -> str:
    """Grades a row is for."""
    if row.grades == ANY:
        return _("any")
    return " ".join(_("not graded") if grade == "none" else grade for grade in row.grades)


@register.filter
def categories_of(row: Any) -> str:
    """Categories a row is for."""
    return _("any") if row.categories == ANY else " · ".join(labels.category(one) for one in row.categories)


@register.filter
def seasons_of(row: Any) -> str:
    """Seasons a row is for."""
    return _("any") if row.seasons == ANY else " · ".join(words.season(one) for one in row.seasons)


@register.filter
def amounts_of(row: Any) -> str:
    """Amounts a row is for, in yuan."""
    if row.amount_from_fen is None:
        return "–"
    low = console.yuan(row.amount_from_fen)
    if row.amount_below_fen is None:
        return _("any") if row.amount_from_fen == 0 else f"≥ {low}"
    return f"{low} – {console.yuan(row.amount_below_fen)}"


@register.filter
def vulnerable_of(row: Any) -> str:
    """Whether a row is for vulnerable households."""
    if row.vulnerable is None:
        return "–"
    return _("any") if row.vulnerable == ANY else _("yes") if row.vulnerable else _("no")


@register.filter
def ladder_day(step: Any) -> str:
    """A day counted from the due day, with its sign."""
    return f"{step.day:+d}" if step.day else "0"


@register.filter
def further_holds(step: Any) -> list[str]:
    """What holds a step back besides what holds every step back."""
    return [hold for hold in step.held_by if hold not in ALWAYS_HELD]
