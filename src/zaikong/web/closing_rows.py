"""How are the figures of a closed day or month laid out on a page?

A close keeps its figures as one JSON object. Known words come in known tables and order; a word nobody here knows is
still shown, under its own name, because a closed figure is never hidden.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from zaikong.web import labels

Figures = Mapping[str, Any]

LABELS: Mapping[str, Any] = {
    "from_date": _("from"),
    "to_date": _("to (not included)"),
    "days_closed": _("days closed"),
    "receivable_before_fen": _("receivable before"),
    "receivable_open_fen": _("receivable open"),
    "issued_bills": _("bills issued"),
    "issued_kwh": _("energy issued, kWh"),
    "issued_fen": _("issued"),
    "received_fen": _("received"),
    "settled_fen": _("receivable settled"),
    "late_fee_fen": _("late fee collected"),
    "prepaid_fen": _("prepaid"),
    "prepaid_ledger_fen": _("prepaid by the ledger"),
    "in_transit_fen": _("money in transit"),
    "unidentified_fen": _("received, payer unknown"),
    "open_fen": _("billed and open"),
    "unbilled_fen": _("used, not yet billed"),
    "exposure_fen": _("exposure"),
    "exposure_days": _("days of exposure"),
    "median_exposure_days": _("median days of exposure of an account"),
    "accounts": _("accounts"),
    "exposed_accounts": _("accounts with an exposure"),
    "accounts_1_period": _("accounts with one period open"),
    "accounts_2_periods": _("accounts with two periods open"),
    "accounts_3_periods": _("accounts with three periods open"),
    "accounts_over_3_periods": _("accounts with more than three periods open"),
    "not_due": _("not due"),
    "days_1_30": _("1–30 days"),
    "days_31_60": _("31–60 days"),
    "days_61_90": _("61–90 days"),
    "over_90": _("over 90 days"),
    "cross_year": _("of earlier years"),
    "held_bills": _("bills held"),
    "held_fen": _("money in held bills"),
    "receivable_fen": _("receivable of the year"),
    "receivable_previous_years_fen": _("receivable of earlier years"),
    "received_previous_years_fen": _("received of earlier years"),
    "cumulative_permille": _("collection rate, cumulative"),
    "current_year_permille": _("collection rate, current year"),
    "previous_years_permille": _("collection rate, earlier years"),
}

_COLLECTED = {"received_fen": _("received of the year")}
"""Words that say something else among the collection rates."""

_PERIODS = {
    "1": _("one period"),
    "2": _("two periods"),
    "3": _("three periods"),
    "over_3": _("more than three periods"),
}

_BUCKETS = ("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90")

_RATES = (
    "cumulative_permille",
    "current_year_permille",
    "previous_years_permille",
    "receivable_fen",
    "received_fen",
    "receivable_previous_years_fen",
    "received_previous_years_fen",
)

_POSITION = (
    "receivable_before_fen",
    "issued_fen",
    "settled_fen",
    "receivable_open_fen",
    "unbilled_fen",
    "prepaid_fen",
    "exposure_fen",
    "exposure_days",
    "median_exposure_days",
    "exposed_accounts",
    "accounts",
)
_MONEY = ("issued_bills", "issued_kwh", "received_fen", "late_fee_fen", "in_transit_fen", "unidentified_fen")
_TOLD_ELSEWHERE = (
    "from_date",
    "to_date",
    "prepaid_ledger_fen",
    "open_fen",
    "cross_year_fen",
    "not_due_fen",
    "days_1_30_fen",
    "days_31_60_fen",
    "days_61_90_fen",
    "over_90_fen",
    "accounts_1_period",
    "accounts_2_periods",
    "accounts_3_periods",
    "accounts_over_3_periods",
)
"""Single words that stand in a table of their own, or repeat what another proves."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure or word.

    Attributes:
        value: What stands there.
        kind: `money` [fen], `permille` [0.1 %], `energy` [0.01 kWh], `count` or `text`.
    """

    value: Any
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Figures under one title.

    Attributes:
        code: Word of the table in the close.
        title: What stands above it.
        rows: Rows of cells, the first of each its title.
        heads: Titles of the columns, empty where there are only title and figure.
        total: The last row, where the figures add up.
        wide: Whether it needs the whole width of the page.
    """

    code: str
    title: Any
    rows: Sequence[Sequence[Cell]]
    heads: Sequence[Any] = ()
    total: Sequence[Cell] = ()
    wide: bool = False


def tables_of(figures: Figures) -> list[Table]:
    """The figures of a close as tables, empty ones left out."""
    tables = [
        Table("position", _("Receivable and exposure"), _singles(figures, _POSITION)),
        _ageing(figures),
        Table("money", _("Issued and received"), _singles(figures, _MONEY)),
        _channels(figures.get("received_by_channel") or {}),
        Table("collection", _("Collection rates"), _collection(figures.get("collection") or {})),
        _periods(figures.get("periods_open") or {}),
        _exceptions(figures.get("exceptions") or {}),
        _unsettled(figures.get("unsettled_payments") or {}),
        _balances(figures.get("balances") or []),
        _issued(figures.get("issued") or []),
        _events(figures.get("events") or []),
        Table("other", _("Other figures"), list(_others(figures))),
    ]
    return [table for table in tables if table.rows]


def title_of(code: str) -> Any:
    """The title of a word of the close; the word itself where nobody has named it."""
    return LABELS.get(code) or LABELS.get(code.removesuffix("_fen")) or code.replace("_", " ")


def ageing_of(figures: Figures) -> dict[str, int]:
    """Buckets of the ageing in order of age, for a JSON object keeps no order [fen]."""
    return _ordered(figures.get("ageing") or {}, _BUCKETS)


def _ordered(parts: Figures, names: Sequence[str]) -> dict[str, Any]:
    known = {name: parts[name] for name in names if name in parts}
    return known | {name: parts[name] for name in sorted(parts) if name not in known}


def _singles(figures: Figures, names: Iterable[str]) -> list[list[Cell]]:
    return [[Cell(title_of(name)), _cell(name, figures[name])] for name in names if name in figures]


def _ageing(figures: Figures) -> Table:
    buckets = ageing_of(figures)
    rows = [[Cell(title_of(name)), Cell(fen, "money")] for name, fen in buckets.items()]
    return Table("ageing", _("Ageing"), rows, total=[Cell(_("Total")), Cell(sum(buckets.values()), "money")])


def _channels(channels: Figures) -> Table:
    rows = [
        [Cell(labels.channel(name)), Cell(row.get("receipts", 0), "count"), Cell(row.get("fen", 0), "money")]
        for name, row in sorted(channels.items(), key=lambda item: -item[1].get("fen", 0))
    ]
    total = [
        Cell(_("Total")),
        Cell(sum(row.get("receipts", 0) for row in channels.values()), "count"),
        Cell(sum(row.get("fen", 0) for row in channels.values()), "money"),
    ]
    heads = (_("Channel"), _("Receipts"), _("Amount"))
    return Table("received_by_channel", _("Received by channel"), rows, heads, total)


def _collection(rates: Figures) -> list[list[Cell]]:
    ordered = _ordered(rates, _RATES)
    return [[Cell(_COLLECTED.get(name) or title_of(name)), _cell(name, value)] for name, value in ordered.items()]


def _periods(periods: Figures) -> Table:
    rows = [
        [Cell(_PERIODS.get(name, name)), Cell(count, "count")]
        for name, count in _ordered(periods, tuple(_PERIODS)).items()
    ]
    return Table("periods_open", _("Accounts by periods open"), rows)


def _exceptions(exceptions: Figures) -> Table:
    found = [
        [Cell(labels.finding(code)), Cell(count, "count")]
        for source in ("metering", "billing")
        for code, count in sorted((exceptions.get(source) or {}).items())
    ]
    plain = {name: value for name, value in exceptions.items() if not isinstance(value, (Mapping, list))}
    single = _ordered(plain, ("held_bills", "held_fen"))
    return Table("exceptions", _("Exceptions"), [*found, *_singles(single, single)])


def _unsettled(payments: Figures) -> Table:
    states = {"in_transit": _("in transit"), "unallocated": _("account unknown")}
    rows = [
        [Cell(states.get(state, state)), Cell(count, "count"), Cell(fen, "money")]
        for state, (count, fen) in payments.items()
    ]
    heads = (_("State"), _("Payments"), _("Amount"))
    return Table("unsettled_payments", _("Payments not settled"), rows, heads)


def _balances(balances: Sequence[Figures]) -> Table:
    columns = ("opening_fen", "debit_fen", "credit_fen", "closing_fen")
    rows = [
        [
            Cell(row["gl"]),
            Cell(labels.ledger_account(row["gl"])),
            *(Cell(row.get(name), "money") for name in columns),
        ]
        for row in balances
    ]
    total = [
        Cell(_("Total")),
        Cell(""),
        *(Cell(sum(row.get(name, 0) for row in balances), "money") for name in columns),
    ]
    heads = (_("Number"), _("Ledger account"), _("Opening"), _("Debit"), _("Credit"), _("Closing"))
    return Table("balances", _("Trial balance"), rows, heads, total, wide=True)


def _issued(issued: Sequence[Figures]) -> Table:
    rows = [
        [
            Cell(labels.category(row["category"])),
            Cell(labels.bill_kind(row["kind"])),
            Cell(row["bills"], "count"),
            Cell(row["centi_kwh"], "energy"),
            Cell(row["total_fen"], "money"),
        ]
        for row in issued
    ]
    total = [
        Cell(_("Total")),
        Cell(""),
        Cell(sum(row["bills"] for row in issued), "count"),
        Cell(sum(row["centi_kwh"] for row in issued), "energy"),
        Cell(sum(row["total_fen"] for row in issued), "money"),
    ]
    heads = (_("Category"), _("Kind"), _("Bills"), _("Energy, kWh"), _("Amount"))
    return Table("issued", _("Bills issued"), rows, heads, total, wide=True)


def _events(events: Sequence[Figures]) -> Table:
    rows = [[Cell(labels.event(row["event"])), Cell(row["debit_fen"], "money")] for row in events]
    return Table("events", _("Booked by event"), rows)


_TABLES = (
    "ageing",
    "received_by_channel",
    "collection",
    "periods_open",
    "exceptions",
    "unsettled_payments",
    "balances",
    "issued",
    "events",
)


def _others(figures: Figures) -> Iterable[list[Cell]]:
    for name, value in figures.items():
        if name in _POSITION or name in _MONEY or name in _TABLES or name in _TOLD_ELSEWHERE:
            continue
        if isinstance(value, Mapping):
            yield from ([Cell(f"{title_of(name)}: {title_of(key)}"), _cell(key, part)] for key, part in value.items())
        else:
            yield [Cell(title_of(name)), _cell(name, value)]


def _cell(name: str, value: Any) -> Cell:
    if not isinstance(value, int) or isinstance(value, bool):
        return Cell("–" if value is None else value)
    kinds = {"_fen": "money", "_permille": "permille", "_centi_kwh": "energy"}
    return Cell(value, next((kind for suffix, kind in kinds.items() if name.endswith(suffix)), "count"))
