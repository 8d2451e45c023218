"""How are commands, clocks, relays and refusals of fee control written on a page?"""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zaikong.web import breach_words, cut_words, device_words
from zaikong.web import fee_control_words as words

register = template.Library()

register.filter("asked_of_meter", words.verb)
register.filter("breach_kind", breach_words.kind)
register.filter("cause", words.cause)
register.filter("check", device_words.check)
register.filter("check_detail", words.checked)
register.filter("fault", device_words.fault)
register.filter("fault_source", device_words.source)
register.filter("fee_control_refusal", words.refusal)
register.filter("masked", cut_words.masked)
register.filter("relay", words.relay)
register.filter("told", words.told)


@register.simple_tag
def clock(since_at: datetime, due_at: datetime, at: datetime) -> SafeString:
    """The time left of a statutory span, as words and as a bar of what is used up."""
    said, mark = words.left(due_at, at)
    whole = due_at - since_at
    used = 100 if whole <= timedelta(0) else min(max(round((at - since_at) / whole * 100), 0), 100)
    return format_html(
        '<span class="zk-clock {}"><span class="zk-num">{}</span><i aria-hidden="true"><b style="width: {}%"></b></i></span>',
        mark,
        said,
        used,
    )


@register.simple_tag
def time_left(due_at: datetime, at: datetime) -> SafeString:
    """The time left until something should be done, as a mark."""
    said, mark = words.left(due_at, at)
    return format_html('<span class="zk-chip {}">{}</span>', "" if mark == "zk-good" else mark, said)


@register.filter
def exchange_outcome(outcome: str) -> SafeString:
    """How an exchange ended, as a mark."""
    return _chip(words.OUTCOME_MARKS.get(outcome, ""), words.OUTCOMES.get(outcome, outcome))


@register.filter
def relay_mark(position: str) -> SafeString:
    """Where a relay stands, as a mark."""
    return _chip(words.RELAY_MARKS.get(position, ""), words.relay(position))


@register.filter
def relay_kind(kind: str) -> str:
    """Where the relay of a meter is."""
    return str(words.RELAY_KINDS.get(kind, kind))


@register.filter
def restore_cause(cause: str) -> str:
    """Why supply must be given back."""
    return str(words.RESTORE_CAUSES.get(cause, cause))


@register.filter
def restore_how(how: str) -> str:
    """How supply came back."""
    return str(words.RESTORE_HOWS.get(how, how))


@register.filter
def restore_state(order: Any) -> SafeString:
    """Where a restore order stands, as a mark."""
    return _chip(words.RESTORE_MARKS.get(order.state, ""), order.get_state_display())


@register.filter
def command_state(command: Any) -> SafeString:
    """What is known of a command, as a mark."""
    return _chip(words.COMMAND_MARKS.get(command.state, ""), command.get_state_display())


@register.filter
def field_state(order: Any) -> SafeString:
    """Where a field order stands, as a mark."""
    said = words.FIELD_STATES.get(order.state) or order.get_state_display()
    return _chip(words.FIELD_MARKS.get(order.state, ""), said)


@register.filter
def register_name(name: str) -> str:
    """The name of a register."""
    return str(words.REGISTERS.get(name, name))


@register.filter
def register_value(centi: int) -> str:
    """A register's value with two decimals."""
    return words.hundredths(centi)


@register.filter
def took(milliseconds: int) -> str:
    """How long something took, in seconds."""
    return f"{int(milliseconds) / 1000:.2f} s"


@register.filter
def device_state(device: Any) -> SafeString:
    """Where a device stands, as a mark."""
    return _chip(device_words.DEVICE_MARKS.get(device.state, ""), device.get_state_display())


@register.filter
def check_outcome(outcome: str) -> SafeString:
    """What became of a check, as a mark."""
    return _chip(device_words.CHECK_MARKS.get(outcome, ""), device_words.CHECK_OUTCOMES.get(outcome, outcome))


@register.filter
def fault_state(fault: Any) -> SafeString:
    """Where a fault stands, as a mark."""
    return _chip(device_words.FAULT_MARKS.get(fault.state, ""), fault.get_state_display())


@register.filter
def retain_difference(row: Any) -> SafeString:
    """Whether books and meter agree on retained supply, as a mark."""
    return _chip(device_words.DIFFERENCE_MARKS.get(row.difference, ""), row.get_difference_display())


@register.filter
def breach_state(breach: Any) -> SafeString:
    """Where a breach stands, as a mark."""
    return _chip(breach_words.MARKS.get(breach.state, ""), breach.get_state_display())


@register.filter
def minutes_said(minutes: int) -> str:
    """Minutes as hours and minutes."""
    return words.span(timedelta(minutes=int(minutes)))


@register.simple_tag
def lasted(from_at: datetime, to_at: datetime | None, at: datetime) -> str:
    """How long something took, or has taken so far."""
    return words.span((to_at or at) - from_at)


def _chip(mark: str, said: Any) -> SafeString:
    return format_html('<span class="zk-chip {}">{}</span>', mark, said)
