"""Which bills, receipts and accounts do a supplier's files tell of?

The files are those of `docs/imports.md`, read without a database. Receipts of kind `reversal` and `bounce` undo the receipt of
the same channel and number: it never paid, but until the day it was undone it was believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import narwhals as nw
import polars as pl

from zaikong.application.imports.reading import read_rows
from zaikong.application.imports.sheet import LINE
from zaikong.domain.credit.features import FEATURES, STANDING_COLUMNS, bill_features
from zaikong.domain.credit.settled import (
    BILL_HISTORY_COLUMNS,
    HORIZON_DAYS,
    NEVER,
    RECEIPT_COLUMNS,
    SETTLED_BILL_COLUMNS,
    settled_bills,
)
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.refusal import Refusal

_UNDOING = ("reversal", "bounce")
_WAITING = "in_transit"


class UnableToReadHistoryError(Refusal):
    """The files do not make a history that can be learned from."""


@dataclass(frozen=True, slots=True)
class History:
    """What the files tell.

    Attributes:
        bills: `BILL_HISTORY_COLUMNS`.
        receipts: `RECEIPT_COLUMNS` of all receipts, with `void_day`: `NEVER`, or the day it was undone.
        standing: `STANDING_COLUMNS`.
        last_day: Last day of which the files know anything [day].
        notes: What was left out, and how much of it.
    """

    bills: pl.DataFrame
    receipts: pl.DataFrame
    standing: pl.DataFrame
    last_day: int
    notes: tuple[str, ...]


def read_history(*, customers: Path, bills: Path, payments: Path, as_of: date, accept_partial: bool = False) -> History:
    """Read the three files.

    Args:
        customers: Customer file.
        bills: Bill file.
        payments: Payment file.
        as_of: Nothing in the files may be later.
        accept_partial: Whether rows at fault are left out; otherwise they are refused.

    Raises:
        UnableToReadHistoryError: Rows at fault, or no bill of a known account.
    """
    rows, notes = {}, []
    for kind, path in {"customers": customers, "bills": bills, "payments": payments}.items():
        table, rejections = read_rows(kind, path, as_of=as_of)
        if rejections.height and not accept_partial:
            first = rejections.frame.row(0, named=True)
            raise UnableToReadHistoryError(
                f"{path}: {rejections.height} rows cannot be used; line {first[LINE]}, {first['column']}: {first['reason']}",
                code="ROWS_AT_FAULT",
                fields={"file": str(path), "rows": rejections.height},
                remedy="Mend the rows, or pass --accept-partial to leave them out.",
            )
        if rejections.height or table.repeats:
            notes.append(f"{kind}: {rejections.height} rows at fault and {table.repeats} repeats left out")
        rows[kind] = table.rows
    return history_of(rows["customers"], rows["bills"], rows["payments"], notes=notes)


def history_of(
    customers: pl.DataFrame, bills: pl.DataFrame, payments: pl.DataFrame, *, notes: Sequence[str] = ()
) -> History:
    """Number accounts, bills and receipts.

    Args:
        customers: `account_no`, `category`, `contract_date`.
        bills: `account_no`, `period`, `issued_date`, `due_date`, `kwh` [0.01 kWh], `amount_yuan` [fen].
        payments: `account_no`, `paid_at`, `amount_yuan` [fen], `channel`, `channel_ref`, `kind` where there is one.
        notes: Of the reading.

    Raises:
        UnableToReadHistoryError: No bill of a known account.
    """
    standing = customers.unique("account_no", maintain_order=True).select(
        "account_no",
        account=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        opened_day=_day(pl.col("contract_date")),
        category=pl.col("category").cast(pl.String),
    )
    known = bills.join(standing.select("account_no", "account"), on="account_no", how="inner", maintain_order="left")
    if known.is_empty():
        raise UnableToReadHistoryError(
            "no bill is of an account of the customer file",
            code="NO_BILLS",
            fields={"bills": bills.height, "accounts": standing.height},
            remedy="Hand in files of the same county.",
        )
    numbered = known.select(
        "account",
        bill=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        issued_day=_day(pl.col("issued_date")),
        due_day=_day(pl.col("due_date")),
        amount_fen=pl.col("amount_yuan").cast(pl.Int64),
        centi_kwh=pl.col("kwh").cast(pl.Int64),
    )
    receipts, left_out = _receipts(payments, standing)
    last = max(int(part.max() or 0) for part in (numbered["issued_day"], receipts["available_day"]))  # type: ignore[arg-type] # days
    strangers = bills.height - known.height
    told = [*notes, *([f"bills: {strangers} of unknown accounts left out"] if strangers else []), *left_out]
    return History(numbered, receipts, standing.select(STANDING_COLUMNS), last, tuple(told))


def features_of(history: History) -> pl.DataFrame:
    """What was known when each bill was released, and what came true.

    Returns:
        `account`, `bill`, `issued_day`, `FEATURES`, `due_day`, `amount_fen`, and `bad`: 1 where the bill was not paid
        `HORIZON_DAYS` after its due day, null where that day is not over.
    """
    truth = _settled(history.bills, history.receipts.filter(pl.col("void_day") == NEVER))
    seen = _features(truth, truth, history)
    believed = _believed(truth, history)
    if believed.height:
        with_undone = _settled(history.bills, history.receipts)
        again = _features(with_undone.join(believed, on="bill", how="semi"), with_undone, history)
        # the segment's rate is that of all bills of the day
        again = again.drop("segment_late_permille").join(seen.select("bill", "segment_late_permille"), on="bill")
        seen = pl.concat([seen.join(believed, on="bill", how="anti"), again.select(seen.columns)])
    late = pl.col("settled_day") > pl.col("due_day") + HORIZON_DAYS
    over = pl.col("due_day") + HORIZON_DAYS < history.last_day
    return (
        seen.join(truth.select("bill", "due_day", "settled_day"), on="bill")
        .with_columns(bad=pl.when(over).then(late.cast(pl.Int64)))
        .drop("settled_day")
        .sort("issued_day", "bill")
    )


def _settled(bills: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    found = settled_bills(
        checked(nw.from_native(bills.lazy()), BILL_HISTORY_COLUMNS, rule="settled bills"),
        checked(nw.from_native(receipts.lazy()), RECEIPT_COLUMNS, rule="settled bills"),
    )
    return collected(found)


def _features(targets: pl.DataFrame, settled: pl.DataFrame, history: History) -> pl.DataFrame:
    undone = history.receipts.filter(pl.col("void_day") < NEVER).select("account", available_day="void_day")
    found = bill_features(
        checked(nw.from_native(targets.lazy()), SETTLED_BILL_COLUMNS, rule="bill features"),
        checked(nw.from_native(settled.lazy()), SETTLED_BILL_COLUMNS, rule="bill features"),
        checked(nw.from_native(history.standing.lazy()), STANDING_COLUMNS, rule="bill features"),
        nw.from_native(undone.lazy()),
    )
    return collected(found).select("account", "bill", "issued_day", *FEATURES)


def _believed(bills: pl.DataFrame, history: History) -> pl.DataFrame:
    """Bills released while a receipt of the account was believed that was undone later."""
    undone = history.receipts.filter(pl.col("void_day") < NEVER).select("account", "available_day", "void_day")
    return (
        bills.select("account", "bill", "issued_day")
        .join(undone, on="account")
        .filter(pl.col("issued_day").is_between("available_day", "void_day", closed="left"))
        .select("bill")
        .unique()
    )


def _receipts(payments: pl.DataFrame, standing: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    kind = pl.col("kind").fill_null("payment") if "kind" in payments.columns else pl.lit("payment")
    rows = payments.with_columns(kind=kind, day=_day(pl.col("paid_at").dt.date()))
    key = ["channel", "channel_ref"]
    undone = rows.filter(pl.col("kind").is_in(_UNDOING)).group_by(key).agg(void_day=pl.col("day").min())
    money = rows.filter(~pl.col("kind").is_in([*_UNDOING, _WAITING]))
    once = money.sort("day", maintain_order=True).unique(key, keep="first", maintain_order=True)
    known = once.join(standing.select("account_no", "account"), on="account_no", how="inner", maintain_order="left")
    receipts = known.join(undone, on=key, how="left", maintain_order="left").select(
        "account",
        receipt=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        paid_day="day",
        available_day="day",
        amount_fen=pl.col("amount_yuan").cast(pl.Int64),
        void_day=pl.col("void_day").fill_null(NEVER),
    )
    told = {
        "payments: {} repeats of a channel's number left out": money.height - once.height,
        "payments: {} of unknown accounts left out": once.height - known.height,
    }
    return receipts, [text.format(count) for text, count in told.items() if count]


def _day(column: pl.Expr) -> pl.Expr:
    return column.cast(pl.Date).dt.epoch("d").cast(pl.Int64)
