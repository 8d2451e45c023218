"""How are balances, agreements, refunds and switches written on a page?"""

from datetime import date
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zaikong.kernel.money import yuan_text
from zaikong.web import cut_words
from zaikong.web import prepayment_words as words

register = template.Library()

register.filter("masked", cut_words.masked)
register.filter("prepayment_refusal", words.refusal)
register.filter("threshold", words.threshold)


@register.filter
def ground(code: str) -> str:
    """On what ground the payment mode changes."""
    return str(words.GROUNDS.get(code, code))


@register.filter
def payment_mode(code: str) -> str:
    """How an account pays."""
    return str(words.MODES.get(code, code))


@register.filter
def agreement_state(agreement: Any) -> SafeString:
    """Where an agreement stands, as a mark."""
    return _chip(words.AGREEMENT_MARKS.get(agreement.state, ""), agreement.get_state_display())


@register.filter
def refund_state(refund: Any) -> SafeString:
    """Where a refund stands, as a mark."""
    return _chip(words.REFUND_MARKS.get(refund.state, ""), refund.get_state_display())


@register.filter
def switch_state(switch: Any) -> SafeString:
    """Where a switch stands, as a mark."""
    return _chip(words.SWITCH_MARKS.get(switch.state, ""), switch.get_state_display())


@register.filter
def crossing_kind(crossing: Any) -> SafeString:
    """What was passed, as a mark."""
    return _chip(words.CROSSING_MARKS.get(crossing.kind, ""), crossing.get_kind_display())


@register.filter
def yuan_list(fen: list[int]) -> str:
    """Amounts one beside the other."""
    return " · ".join(map(yuan_text, fen))


@register.simple_tag
def days_old(day: date, today: date) -> int:
    """Days from a day to today."""
    return (today - day).days


def _chip(mark: str, said: Any) -> SafeString:
    return format_html('<span class="zk-chip {}">{}</span>', mark, said)
