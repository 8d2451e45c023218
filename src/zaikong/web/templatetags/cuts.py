"""How are cut orders, conditions and certificates written on a page, and how is it said that all cuts are stopped?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from zaikong.application.cutting.switch import Standing, switch_standing
from zaikong.web import cut_words as words

register = template.Library()

register.filter("actor", words.actor)
register.filter("fact", words.fact)
register.filter("masked", words.masked)
register.filter("moment", words.moment)
register.filter("outcome", words.outcome)
register.filter("parameter", words.parameter)
register.filter("proof", words.proof)


@register.simple_tag(takes_context=True)
def cuts_standing(context: Mapping[str, Any]) -> Standing | None:
    """How the switch of all cuts stands, for staff signed in; a page that asked already is not asked again."""
    known = context.get("standing_of_cuts")
    if known is not None:
        return known if isinstance(known, Standing) else None
    user = getattr(context.get("request"), "user", None)
    return switch_standing() if user is not None and user.is_authenticated and user.is_staff else None


@register.simple_tag
def fact_said(name: str, value: Any) -> str:
    """A fact in its unit."""
    return words.fact_said(name, value)


@register.filter
def refusal_said(refusal: Any) -> list[str]:
    """A refusal in words."""
    return words.refusal(refusal.code, refusal.message)


@register.filter
def order_state(order: Any) -> SafeString:
    """The state of an order as a mark."""
    said = words.OUTCOMES.get(order.state) or order.get_state_display()
    return format_html('<span class="zk-chip {}">{}</span>', words.MARKS.get(order.state, ""), said)


@register.filter
def met(code: str) -> str:
    """A condition that is met."""
    return words.condition(code, met=True)


@register.filter
def failed(code: str) -> str:
    """A condition that failed."""
    return words.condition(code, met=False)


@register.filter
def hashes(text: str) -> list[str]:
    """Hashes written one behind the other with commas."""
    return [one for one in text.split(",") if one]


@register.filter
def short_hash(text: str) -> SafeString:
    """The head of a hash, the whole of it on hovering."""
    return format_html('<code class="zk-code" title="{}">{}…</code>', text, text[:12]) if text else format_html("–")


@register.simple_tag
def overdue_days(order: Any, as_of: date) -> str:
    """How many days the oldest undisputed bill of an order's account is overdue; a dash where none is."""
    days = (as_of - order.oldest_due).days if order.oldest_due else 0
    return str(days) if days > 0 else "–"


@register.filter
def ended_said(order: Any) -> str:
    """Why an order ended: codes of the rule in words, a person's reason as it was written."""
    parts = [part.strip() for part in order.ended_reason.split(",")]
    if all(part in words.FAILURES for part in parts):
        return _("; ").join(words.condition(part, met=False) for part in parts)
    return str(words.ENDINGS.get(order.ended_reason, order.ended_reason))


@register.filter
def slug(reference: str) -> str:
    """A reference as it may stand in an address."""
    return "".join(sign if sign.isalnum() else "-" for sign in reference)
