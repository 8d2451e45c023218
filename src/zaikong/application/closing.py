"""What does a closed day or month say, and does it foot? 日清月结.

A day book is made of sums that must agree with each other: opening balance and movements give the closing balance of
every general ledger account, the trial balance sums to zero, the receivable of the ledger is the sum of open items and
of the ageing buckets. A day that does not foot is not closed.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.assessment.collection_rate import collection_rates
from zaikong.domain.ledger.postings import CHART, IN_TRANSIT, PREPAID, RECEIVABLE, UNIDENTIFIED
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import Month
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import DayBook, MonthClose
from zaikong.store.queries import closing as reads

_AGEING = ("not_due_fen", "days_1_30_fen", "days_31_60_fen", "days_61_90_fen", "over_90_fen")
_LATE_FEE = "6301"


class UnableToCloseError(Refusal):
    """The figures of a day or month contradict each other."""


def close_day(*, business_date: date) -> dict[str, Any]:
    """Close a day: figures, proofs, day book.

    Returns:
        The figures.

    Raises:
        UnableToCloseError: A proof fails; names it with both sides.
    """
    next_day = business_date + timedelta(days=1)
    figures = {
        **_figures(business_date, next_day),
        "exceptions": reads.exceptions(business_date),
        "collection": _collection(business_date),
    }
    _prove(figures)
    DayBook.objects.get_or_create(business_date=business_date, defaults={"figures": figures})
    return figures


def close_month(*, month: Month) -> dict[str, Any]:
    """Close a month whose days are all closed.

    Raises:
        UnableToCloseError: A day of it is not closed, or the days do not add up to the month.
    """
    days = DayBook.objects.filter(business_date__gte=month.start, business_date__lt=month.end)
    books = {book.business_date: book.figures for book in days}
    figures = {
        **_figures(month.start, month.end),
        "exceptions": reads.exceptions(month.last_day),
        "collection": _collection(month.last_day),
        "days_closed": len(books),
    }
    _prove(figures)
    _prove_days(figures, books)
    MonthClose.objects.get_or_create(month=month.number, defaults={"figures": figures})
    return figures


def _figures(from_date: date, to_date: date) -> dict[str, Any]:
    opening = dict(reads.balances_before(from_date).iter_rows())
    closing = dict(reads.balances_before(to_date).iter_rows())
    moved = reads.movements(from_date, to_date)
    issued = reads.bills_issued(from_date, to_date)
    exposure = reads.exposure_totals()
    return {
        "from_date": str(from_date),
        "to_date": str(to_date),
        "issued_bills": int(issued["bills"].sum()),
        "issued_kwh": int(issued["centi_kwh"].sum() or 0) // 100,
        "issued_fen": int(issued["total_fen"].sum() or 0),
        "issued": issued.to_dicts(),
        "received_fen": _money_in(moved),
        "received_by_channel": _by_channel(reads.receipts(from_date, to_date)),
        "settled_fen": _turnover(moved, RECEIVABLE, "credit_fen"),
        "late_fee_fen": _turnover(moved, _LATE_FEE, "credit_fen") - _turnover(moved, _LATE_FEE, "debit_fen"),
        "balances": _balances(opening, closing, moved),
        "receivable_open_fen": closing.get(RECEIVABLE, 0),
        "receivable_before_fen": opening.get(RECEIVABLE, 0),
        "prepaid_ledger_fen": -closing.get(PREPAID, 0),
        "in_transit_fen": closing.get(IN_TRANSIT, 0),
        "unidentified_fen": -closing.get(UNIDENTIFIED, 0),
        "unsettled_payments": {state: list(pair) for state, pair in reads.unsettled_payments().items()},
        "events": moved.group_by("event").agg(pl.col("debit_fen").sum()).sort("event").to_dicts(),
        **exposure,
        "exposure_days": _exposure_days(exposure, from_date),
        "ageing": {name.removesuffix("_fen"): exposure[name] for name in _AGEING},
        "periods_open": {
            "1": exposure["accounts_1_period"],
            "2": exposure["accounts_2_periods"],
            "3": exposure["accounts_3_periods"],
            "over_3": exposure["accounts_over_3_periods"],
        },
    }


def _exposure_days(exposure: Mapping[str, int], day: date) -> int:
    """The county's exposure over its average daily charge of the last 12 months, in whole days, rounded up."""
    money = reads.account_money(Month.of(day).number)
    days = int(money["billed_days"].max() or 0)  # type: ignore[arg-type] # an int column
    billed = int(money["billed_fen"].sum())
    return -(-exposure["exposure_fen"] * days // billed) if billed > 0 else 0


def _turnover(moved: pl.DataFrame, gl: str, side: str) -> int:
    return int(moved.filter(pl.col("gl") == gl)[side].sum())


def _money_in(moved: pl.DataFrame) -> int:
    """Money taken less money given back: till, bank and transit together."""
    money = moved.filter(pl.col("gl").is_in(["1001", "1002", IN_TRANSIT]))
    return int(money["debit_fen"].sum()) - int(money["credit_fen"].sum())


def _by_channel(receipts: pl.DataFrame) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for channel, state, count, fen in receipts.iter_rows():
        row = table.setdefault(channel, {"receipts": 0, "fen": 0})
        row["receipts"] += count
        row["fen"] += fen
        row[f"{state}_fen"] = fen
    return table


def _balances(opening: Mapping[str, int], closing: Mapping[str, int], moved: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "gl": gl,
            "name": CHART.get(gl, gl),
            "opening_fen": opening.get(gl, 0),
            "debit_fen": _turnover(moved, gl, "debit_fen"),
            "credit_fen": _turnover(moved, gl, "credit_fen"),
            "closing_fen": closing.get(gl, 0),
        }
        for gl in sorted({*opening, *closing})
    ]


def _collection(day: date) -> dict[str, Any]:
    totals = reads.year_totals(day.year, day + timedelta(days=1))
    rates: Any = collection_rates(nw.from_native(pl.LazyFrame([totals]))).to_native().collect()
    return {**totals, **{name: rates[name][0] for name in rates.columns if name.endswith("_permille")}}


def _prove(figures: Mapping[str, Any]) -> None:
    proofs = {
        "trial balance is zero": (sum(row["closing_fen"] for row in figures["balances"]), 0),
        "receivable is the sum of open items": (figures["receivable_open_fen"], figures["open_fen"]),
        "open items are the sum of the ageing": (figures["open_fen"], sum(figures["ageing"].values())),
        "prepaid is the sum of account balances": (figures["prepaid_ledger_fen"], figures["prepaid_fen"]),
    }
    for row in figures["balances"]:
        moved = row["opening_fen"] + row["debit_fen"] - row["credit_fen"]
        proofs[f"{row['gl']} {row['name']} opens, moves and closes"] = (moved, row["closing_fen"])
    broken = [
        f"{name}: {yuan_text(left)} is not {yuan_text(right)}"
        for name, (left, right) in proofs.items()
        if left != right
    ]
    if broken:
        raise UnableToCloseError(
            "; ".join(broken),
            code="CLOSE_DOES_NOT_FOOT",
            fields={"from_date": figures["from_date"]},
            remedy="Run the night again from the step `proof`; what it names is to be corrected by a reversal.",
        )


def _prove_days(figures: Mapping[str, Any], books: Mapping[date, Mapping[str, Any]]) -> None:
    for name in ("issued_fen", "received_fen", "settled_fen", "late_fee_fen"):
        days = sum(book[name] for book in books.values())
        first = min(books, default=None)
        if first is not None and first == date.fromisoformat(figures["from_date"]) and days != figures[name]:
            raise UnableToCloseError(
                f"{name}: the days add up to {yuan_text(days)}, the month is {yuan_text(figures[name])}",
                code="DAYS_DO_NOT_ADD_UP",
                fields={"month": figures["from_date"]},
                remedy="Something was booked on a closed day; find it in the ledger by its recording time.",
            )
