"""How are grades, reasons and warnings written on a page?"""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zaikong.domain.credit.behaviour_table import grade_name
from zaikong.store.queries.warning_page import Level
from zaikong.web import credit_words, score_words

register = template.Library()

register.filter("cause", credit_words.cause)
register.filter("chance", credit_words.chance)
register.filter("doubt", credit_words.doubt)
register.filter("feature", score_words.feature)
register.filter("next_step", credit_words.next_step)
register.filter("raising", credit_words.raising)
register.filter("reason", credit_words.reason)
register.filter("unit", score_words.unit)


@register.filter
def grade(number: int) -> SafeString:
    """A grade as a mark; a dash before the first."""
    if not number:
        return format_html('<span class="zk-none">{}</span>', "–")
    return format_html('<span class="zk-chip {}">{}</span>', credit_words.grade_mark(number), grade_name(number))


@register.filter
def level(number: int) -> SafeString:
    """A level of warning as a mark in its colour."""
    return format_html('<span class="zk-chip zk-level-{}">{}</span>', number, Level(number).label)


@register.filter
def cause_said(warning: Any) -> str:
    """The cause of a warning with what was observed."""
    return credit_words.cause_said(warning.cause, warning.observed)


@register.filter
def reason_observed(row: Mapping[str, Any]) -> str:
    """What a reason observed, in its unit."""
    return credit_words.reason_figure(row["code"], row["observed"])


@register.filter
def reason_limit(row: Mapping[str, Any]) -> str:
    """The limit of a reason, in its unit."""
    return credit_words.veto_limit(row["code"], row["limit"])


@register.filter
def reasons(rows: list[Mapping[str, Any]]) -> str:
    """Reasons in one line."""
    said = _("; ").join(f"{credit_words.reason(row['code'])} {reason_observed(row)}" for row in rows)
    return said or "–"
