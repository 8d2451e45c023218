"""How are records of the decision log and rows of the fairness audit written on a page?"""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zaikong.kernel.money import half_away_int
from zaikong.web import decision_words, fairness_words

register = template.Library()

register.filter("decision", decision_words.kind)
register.filter("audited_action", fairness_words.action)
register.filter("dimension", fairness_words.dimension)

_PPM_IN_PERMILLE = 1000
_SURE = 0.0001


@register.simple_tag
def audited_group(dimension: str, group: str) -> str:
    """A group as staff call it."""
    return fairness_words.group(dimension, group)


@register.filter
def rate(ppm: int) -> str:
    """Parts per million in percent with one decimal, such as `12.3 %`."""
    tenths = half_away_int(ppm, _PPM_IN_PERMILLE)
    sign = "−" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10} %"


@register.filter
def chance_of(p: float) -> str:
    """A p-value."""
    return f"< {_SURE}" if p < _SURE else f"{p:.4f}"


@register.filter
def verdict(code: str) -> SafeString:
    """A verdict as a mark."""
    return format_html(
        '<span class="zk-chip {}">{}</span>', fairness_words.MARKS.get(code, ""), fairness_words.verdict(code)
    )
