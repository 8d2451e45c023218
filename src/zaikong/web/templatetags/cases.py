"""How are cases, their history and the rows of a day written on a page?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zaikong.web import case_words as words
from zaikong.web import cut_words

register = template.Library()

register.filter("case_outcome", words.outcome)
register.filter("event_kind", words.event_kind)
register.filter("facts_said", words.facts_said)
register.filter("hold", words.hold)
register.filter("masked", cut_words.masked)
register.filter("message_channel", words.message_channel)
register.filter("notice_state", words.notice_state)
register.filter("remedy", words.remedy)
register.filter("titled", words.titled)


@register.filter
def case_state(case: Any) -> SafeString:
    """The state of a case as a mark."""
    return format_html(
        '<span class="zk-chip {}">{}</span>', words.STATE_MARKS.get(case.state, ""), case.get_state_display()
    )


@register.filter
def event_icon(kind: str) -> str:
    """The symbol of a kind of event."""
    return words.EVENT_ICONS.get(kind, "circle")


@register.filter
def event_mark(kind: str) -> str:
    """Whether an event is good or bad news."""
    return words.EVENT_MARKS.get(kind, "")


@register.filter
def action_icon(code: str) -> str:
    """The symbol of an action."""
    return words.ACTION_ICONS.get(code, "task")


@register.filter
def unlisted_reason(code: str) -> str:
    """Why a case is on no list."""
    return str(words.UNLISTED.get(code, code))


@register.filter
def minutes(count: int) -> str:
    """Minutes as `2 h 05 min`."""
    hours, rest = divmod(int(count), 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": rest}


@register.simple_tag
def days_since(day: date, today: date) -> int:
    """Days from a day to today."""
    return (today - day).days


@register.simple_tag(takes_context=True)
def with_query(context: Mapping[str, Any], name: str, value: str) -> str:
    """The address of this page with one question changed, from its first page on."""
    query = context["request"].GET.copy()
    query[name] = value
    query.pop("page", None)
    return f"?{query.urlencode()}"
