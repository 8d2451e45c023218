"""How are the figures of a closed day or month laid out on a page?

A close keeps its figures as one JSON object. Known words come in known groups and order; a word nobody here knows is
still shown, under its own name, because a closed figure is never hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from zaikong.web import labels

Word = "str | Promise"

LABELS: Mapping[str, Any] = {
    "receivable_open_fen": _("receivable open"),
    "receivable_fen": _("receivable"),
    "issued_fen": _("issued"),
    "issued_bills": _("bills issued"),
    "issued_centi_kwh": _("energy issued, kWh"),
    "received_fen": _("received"),
    "received_payments": _("payments received"),
    "received_by_channel": _("received by channel"),
    "late_fee_fen": _("late fee collected"),
    "late_fee_waived_fen": _("late fee waived"),
    "late_fee_accrued_fen": _("late fee accrued, not collected"),
    "prepaid_fen": _("prepaid"),
    "unallocated_fen": _("received, account unknown"),
    "in_transit_fen": _("in transit"),
    "ageing": _("ageing"),
    "collection_rates": _("collection rates"),
    "cumulative_bp": _("cumulative"),
    "current_year_bp": _("current year"),
    "previous_years_bp": _("earlier years"),
    "exposure_fen": _("exposure"),
    "exposure_days": _("days of exposure"),
    "unbilled_fen": _("used, not yet billed"),
    "periods_open": _("accounts by periods open"),
    "exceptions": _("exceptions"),
    "balances": _("balances of the ledger"),
    "held_bills": _("bills held"),
    "held_fen": _("money in held bills"),
    "readings": _("readings"),
    "accounts": _("accounts"),
}

BUCKETS: Mapping[str, Any] = {
    "not_due": _("not due"),
    "days_1_30": _("1–30 days"),
    "days_31_60": _("31–60 days"),
    "days_61_90": _("61–90 days"),
    "over_90": _("over 90 days"),
    "cross_year": _("of earlier years"),
}

PERIODS: Mapping[str, Any] = {
    "0": _("none"),
    "1": _("one period"),
    "2": _("two periods"),
    "3": _("three periods"),
    "3+": _("three periods and more"),
}

_FIRST = (
    "receivable_open_fen",
    "issued_fen",
    "received_fen",
    "late_fee_fen",
    "prepaid_fen",
    "exposure_fen",
    "unbilled_fen",
    "exposure_days",
)
_GROUPS = ("received_by_channel", "ageing", "collection_rates", "periods_open", "balances", "exceptions")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        title: What it says.
        value: The figure.
        kind: `money` [fen], `percent` [0.01 %], `energy` [0.01 kWh], `count` or `text`.
        code: Word of the figure in the close.
    """

    title: Any
    value: Any
    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Group:
    """Figures under one title; `total_fen` where they are money that adds up."""

    title: Any
    code: str
    rows: list[Row] = field(default_factory=list)
    total_fen: int | None = None


def groups_of(figures: Mapping[str, Any]) -> list[Group]:
    """The figures in groups: single ones first, then each group of the close, known ones in known order."""
    single = [name for name in figures if not isinstance(figures[name], (Mapping, list))]
    nested = [name for name in figures if isinstance(figures[name], (Mapping, list)) and figures[name]]
    ordered = [*(name for name in _FIRST if name in single), *(name for name in single if name not in _FIRST)]
    groups = [Group(_("Figures"), "", [_row(name, figures[name]) for name in ordered])] if ordered else []
    known = [name for name in _GROUPS if name in nested]
    return groups + [_group(name, figures[name]) for name in (*known, *(name for name in nested if name not in known))]


def title_of(code: str) -> Any:
    """The title of a word of the close."""
    return LABELS.get(code) or BUCKETS.get(code.removesuffix("_fen")) or code.replace("_", " ")


def _group(name: str, figures: Mapping[str, Any] | list[Any]) -> Group:
    if isinstance(figures, list):
        return Group(title_of(name), name, [row for item in figures for row in _item_rows(item)])
    kind = _kind_of_group(name)
    rows = [_row(key, value, group=name, kind=kind) for key, value in figures.items()]
    numbers = [row.value for row in rows if isinstance(row.value, int)]
    adds_up = kind == "money" and name != "balances" and len(numbers) == len(rows) > 1
    return Group(title_of(name), name, rows, sum(_whole(rows)) if adds_up else None)


def _whole(rows: list[Row]) -> list[int]:
    """Amounts that add up: a part shown beside the buckets it is spread over is left out."""
    return [row.value for row in rows if not row.code.startswith("cross_year")]


def _item_rows(item: Any) -> list[Row]:
    if isinstance(item, Mapping):
        return [_row(key, value) for key, value in item.items()]
    return [Row(str(item), "", "text", "")]


def _kind_of_group(name: str) -> str:
    return {"received_by_channel": "money", "ageing": "money", "collection_rates": "percent", "balances": "money"}.get(
        name, ""
    )


def _row(code: str, value: Any, *, group: str = "", kind: str = "") -> Row:
    return Row(_title_in(group, str(code)), value, _kind(str(code), value, kind), str(code))


def _title_in(group: str, code: str) -> Any:
    if group == "received_by_channel":
        return labels.channel(code)
    if group == "periods_open":
        return PERIODS.get(code, code)
    if group == "balances" and code in labels.LEDGER_ACCOUNTS:
        return f"{code} {labels.ledger_account(code)}"
    if group == "exceptions":
        return labels.finding(code) if labels.finding(code) != code else title_of(code)
    return title_of(code)


def _kind(code: str, value: Any, kind: str) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        return "text"
    if code.endswith("_fen"):
        return "money"
    if code.endswith("_bp"):
        return "percent"
    if code.endswith("_centi_kwh"):
        return "energy"
    return kind or "count"
