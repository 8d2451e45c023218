"""How are notices, contracts, guarantees and claims written on a page?"""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext

from zaikong.web import cut_words, labels
from zaikong.web import paper_words as words

register = template.Library()

register.filter("ending", words.ending)
register.filter("masked", cut_words.masked)
register.filter("paper_remedy", words.remedy)
register.filter("proof_said", words.proof_said)
register.filter("standing", words.standing)

_STATES = {
    "issued": "zk-warn",
    "served": "zk-good",
    "void": "zk-bad",
    "draft": "zk-warn",
    "in_force": "zk-good",
    "called": "zk-warn",
    "expired": "zk-bad",
}


@register.filter
def notice_state(row: Any) -> SafeString:
    """The state of a notice as a mark."""
    said = words.NOTICE_STATES.get(row.state, row.state)
    return format_html('<span class="zk-chip {}">{}</span>', _STATES.get(row.state, ""), said)


@register.filter
def paper_state(row: Any) -> SafeString:
    """The state of a contract or a guarantee as a mark."""
    return format_html('<span class="zk-chip {}">{}</span>', _STATES.get(row.state, ""), row.get_state_display())


@register.filter
def fault_mark(fault: Any) -> SafeString:
    """How grave a fault of a clause is, as a mark."""
    mark = words.SEVERITY_MARKS.get(fault.severity, "")
    return format_html('<span class="zk-chip {}">{}</span>', mark, words.severity(fault.severity))


@register.filter
def fault_title(fault: Any) -> str:
    """A fault in the language of the page."""
    return str(fault.title_zh if get_language() == labels.CHINESE else fault.title_en)


@register.filter
def fault_mend(fault: Any) -> str:
    """How a fault is mended, in the language of the page."""
    return str(fault.mend_zh if get_language() == labels.CHINESE else fault.mend_en)


@register.filter
def days_left(days: int) -> SafeString:
    """Days to an end as a mark; past it, since when."""
    if days < 0:
        said = ngettext("%(days)d day past", "%(days)d days past", -days) % {"days": -days}
        return format_html('<span class="zk-chip zk-bad">{}</span>', said)
    mark = next((mark for most, mark in _NEAR if days <= most), "")
    said = ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
    return format_html('<span class="zk-chip {}">{}</span>', mark, said)


_NEAR = ((30, "zk-bad"), (180, "zk-warn"))
"""Days left from which a mark is graver."""
