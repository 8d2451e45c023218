"""How are money, energy, prices, months and personal numbers written on a page?"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from zaikong.application.roles import TITLES, Role
from zaikong.domain.billing.explanation import ExplainedLine
from zaikong.domain.registry.masking import mask_identifier, mask_phone
from zaikong.kernel.energy import CENTI, kwh_text
from zaikong.kernel.money import PRICE_SCALE, half_away_int, yuan_text
from zaikong.web import labels

register = template.Library()

Given = int | str | None
"""What a template hands over: a number, or nothing."""

_NONE = "–"
_MILLION_YUAN = 100_000_000
"""A headline of this size is written in ten thousand yuan [fen]."""
_TEN_THOUSAND = 10_000

_PRICE_DECIMALS = 4
_MONTH_DIGITS = 6
_BASIS_POINTS = 100
_TENTHS = 10
_PPM_IN_PER_MILLE = 1000
_GRAVE_DAYS = 30
"""Beyond this many days overdue the law allows the supply to be cut [day]."""


@register.filter
def yuan(fen: Given) -> str:
    """Fen as `1,234.50`; a dash where there is no amount."""
    amount = _whole(fen)
    return _NONE if amount is None else yuan_text(amount)


@register.filter
def money(fen: Given) -> SafeString:
    """Fen as `1,234.50 元`, its sign and size left to the style sheet."""
    amount = _whole(fen)
    if amount is None:
        return format_html('<span class="zk-none">{}</span>', _NONE)
    mark = "zk-num zk-minus" if amount < 0 else "zk-num zk-zero" if amount == 0 else "zk-num"
    return format_html('<span class="{}">{}</span><span class="zk-unit">{}</span>', mark, yuan_text(amount), _("yuan"))


@register.filter
def large(fen: Given) -> SafeString:
    """Fen in the size of a headline: from a million yuan on in units of ten thousand, the exact amount on hovering."""
    amount = _whole(fen)
    if amount is None or abs(amount) < _MILLION_YUAN:
        return money(amount)
    return format_html(
        '<span class="zk-num" title="{}">{}</span><span class="zk-unit">{}</span>',
        yuan_text(amount),
        yuan_text(half_away_int(amount, _TEN_THOUSAND)),
        _("10k yuan"),
    )


@register.filter
def kwh(centi: Given) -> str:
    """0.01 kWh as kWh."""
    amount = _whole(centi)
    return _NONE if amount is None else kwh_text(amount)


@register.filter
def price(e8: Given) -> str:
    """1e-8 yuan as yuan with four to eight decimals."""
    amount = _whole(e8)
    if amount is None:
        return _NONE
    whole, rest = divmod(abs(amount), PRICE_SCALE)
    decimals = f"{rest:08d}"
    return f"{_sign(amount)}{whole:,}.{decimals[:_PRICE_DECIMALS]}{decimals[_PRICE_DECIMALS:].rstrip('0')}"


@register.filter
def month(number: int | None) -> str:
    """`202507` as `2025-07`."""
    text = str(number or "")
    return f"{text[:4]}-{text[4:]}" if len(text) == _MONTH_DIGITS else text


@register.filter
def last_day(end: date | None) -> date | None:
    """The last day of a period that ends before `end`."""
    return None if end is None else end - timedelta(days=1)


@register.filter
def percent(basis_points: Given) -> str:
    """Hundredths of a percent as `98.21 %`."""
    amount = _whole(basis_points)
    if amount is None:
        return _NONE
    whole, rest = divmod(abs(amount), _BASIS_POINTS)
    return f"{_sign(amount)}{whole}.{rest:02d} %"


@register.filter
def permille(tenths: Given) -> str:
    """Tenths of a percent as `98.2 %`."""
    amount = _whole(tenths)
    if amount is None:
        return _NONE
    whole, rest = divmod(abs(amount), _TENTHS)
    return f"{_sign(amount)}{whole}.{rest} %"


@register.filter
def hundredths(value: Given) -> str:
    """Hundredths as a number with two decimals, such as a power factor; a dash for none."""
    amount = _whole(value)
    return f"{amount // CENTI}.{amount % CENTI:02d}" if amount else _NONE


@register.filter
def thousands(number: Given) -> str:
    """A whole number with thousands separators; a dash where there is none."""
    amount = _whole(number)
    return _NONE if amount is None else f"{amount:,}"


@register.filter
def phone(number: str) -> str:
    """A phone number with its middle hidden."""
    return mask_phone(number) if number else "–"


@register.filter
def identifier(number: str) -> str:
    """An identity number with its middle hidden."""
    return mask_identifier(number) if number else "–"


@register.filter
def finding(code: str) -> str:
    """What a finding's code says."""
    return labels.finding(code)


@register.filter
def channel(code: str) -> str:
    """The name of a payment channel."""
    return labels.channel(code)


@register.filter
def event(code: str) -> str:
    """The name of a ledger event."""
    return labels.event(code)


@register.filter
def ledger_account(code: str) -> str:
    """The name of a general ledger account."""
    return labels.ledger_account(code)


@register.filter
def role(name: str) -> str:
    """The title of a role's group."""
    return str(TITLES.get(Role(name), name) if name in set(Role) else name)


@register.filter
def bill_part(column: str) -> str:
    """The name of a part of a bill's total."""
    return labels.bill_part(column)


@register.filter
def line_title(line: ExplainedLine) -> str:
    """The name of an explained line in the language of the page."""
    return line.title_zh if get_language() == labels.CHINESE else line.title_en


@register.filter
def payment_state(code: str) -> str:
    """Where the money of a payment is."""
    return labels.payment_state(code)


@register.filter
def step(name: str) -> str:
    """What a step of the night does."""
    return labels.step(name)


@register.filter
def manifest(entries: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Words and figures of a step's record, nested ones on one level."""
    return [
        (f"{name}.{inner}" if inner else name, str(value))
        for name, whole in entries.items()
        for inner, value in (whole.items() if isinstance(whole, Mapping) else [("", whole)])
    ]


@register.filter
def severity(code: str) -> str:
    """How grave a finding is."""
    return labels.severity(code)


@register.filter
def book_title(book_id: str) -> str:
    """The title of a tariff book."""
    return labels.book_title(book_id)


@register.filter
def plan_title(plan_id: str, book_id: str) -> str:
    """The title of a plan of a tariff book."""
    return labels.plan_title(plan_id, book_id)


@register.filter
def negated(number: int) -> int:
    """The number with its sign turned."""
    return -number


@register.filter
def per_mille(ppm: int) -> str:
    """Millionths as per mille, such as `2‰`."""
    whole, rest = divmod(ppm, _PPM_IN_PER_MILLE)
    return f"{whole}{f'.{rest:03d}'.rstrip('0') if rest else ''}‰"


@register.simple_tag
def bill_state(bill: Any, as_of: date) -> SafeString:
    """Whether a bill is paid, open or overdue on a day, as a mark."""
    item = getattr(bill, "openitem", None)
    if item is None:
        return format_html('<span class="zk-chip">{}</span>', _("nothing owed"))
    if item.open_fen == 0:
        return format_html('<span class="zk-chip zk-good">{}</span>', _("paid"))
    days = (as_of - item.due_date).days
    disputed = format_html(' <span class="zk-chip">{}</span>', _("disputed")) if item.disputed else ""
    if days <= 0:
        return format_html('<span class="zk-chip">{}</span>{}', _("not due"), disputed)
    text = ngettext("%(days)d day overdue", "%(days)d days overdue", days) % {"days": days}
    grave = "zk-bad" if days > _GRAVE_DAYS else "zk-warn"
    return format_html('<span class="zk-chip {}">{}</span>{}', grave, text, disputed)


@register.filter
def text_columns(row: Sequence[Any]) -> int:
    """How many cells at the head of a row hold words."""
    return next((place for place, cell in enumerate(row) if cell.kind != "text"), len(row))


@register.filter
def entry(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a mapping under a key, empty where there is none."""
    return mapping.get(key, "")


@register.filter
def share(part: int | None, whole: int | None) -> str:
    """`part` of `whole` in percent, such as `12.34%`; `0%` of nothing."""
    if not part or not whole or whole < 0:
        return "0%"
    hundredths_of_percent = half_away_int(2 * part * _TEN_THOUSAND, 2 * whole)
    return f"{hundredths_of_percent / _BASIS_POINTS:.2f}%"


@register.simple_tag(takes_context=True)
def page_url(context: Mapping[str, Any], number: int) -> str:
    """The address of another page of the same list."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def _whole(value: Given) -> int | None:
    """The number, None where a template had nothing to hand over: it says `None`, or an empty text."""
    return None if value is None or value == "" else int(value)


def _sign(amount: int) -> str:
    return "-" if amount < 0 else ""
