"""What is a receipt, and which rows of a batch are fit to be taken?

A batch is read whole. A row that cannot be taken stays in the outcome with its code and reason; it is never dropped and
never stops the others. A frame that lacks a column is refused before anything is read.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.kernel.refusal import Refusal

LARGEST_RECEIPT_FEN = 100_000_000_000
"""Above it a receipt is taken for a mistake of unit: a billion yuan [fen]."""

_LONGEST_ACCOUNT_NO = 40
_EARLIEST_DAY = day_number(date(2000, 1, 1))


class UnableToReadReceiptsError(Refusal):
    """A batch lacks a column, or a column has another type."""


class Kind(StrEnum):
    """What a row of a batch says about its reference."""

    PAYMENT = "payment"
    TOPUP = "topup"
    IN_TRANSIT = "in_transit"
    CLEARED = "cleared"
    BOUNCE = "bounce"
    REVERSAL = "reversal"


ARRIVALS = (Kind.PAYMENT, Kind.TOPUP, Kind.IN_TRANSIT)
"""Kinds that bring a receipt; the others speak of one that is known."""


class Outcome(StrEnum):
    """What became of a row."""

    CREDITED = "credited"
    UNALLOCATED = "unallocated"
    IN_TRANSIT = "in_transit"
    CLEARED = "cleared"
    REVERSED = "reversed"
    BOUNCED = "bounced"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


RECEIPT: Mapping[str, DataType | DataTypeClass] = {
    "channel": pl.String,
    "channel_ref": pl.String,
    "account_no": pl.String,
    "paid_at": pl.Datetime("us", TIME_ZONE.key),
    "amount_fen": pl.Int64,
    "designated_month": pl.Int64,
    "kind": pl.String,
}
"""Columns of a receipt; `designated_month` is null where the payer named none."""

OUTCOME: Mapping[str, DataTypeClass] = {
    "row": pl.Int64,
    "channel": pl.String,
    "channel_ref": pl.String,
    "account_no": pl.String,
    "kind": pl.String,
    "amount_fen": pl.Int64,
    "outcome": pl.String,
    "code": pl.String,
    "message": pl.String,
    "payment": pl.Int64,
    "account": pl.Int64,
    "principal_fen": pl.Int64,
    "late_fee_fen": pl.Int64,
    "prepaid_fen": pl.Int64,
}
"""Columns of what became of each row, in the order of the batch: `row` counts from 0, `code` is empty where nothing is
to be looked at, and the last three say where credited money went [fen]."""


def read_receipts(receipts: pl.DataFrame, *, booked_date: date) -> pl.DataFrame:
    """Bring a batch to its types and mark the rows that cannot be taken.

    Args:
        receipts: Columns of `RECEIPT`; `designated_month` and `kind` may be absent (none, `payment`). A `paid_at`
            without a zone is local time.
        booked_date: Business date; a receipt paid after it is not taken.

    Returns:
        `RECEIPT` with `row`, `paid_day`, and `code`, `message` (empty for a row that is fit).

    Raises:
        UnableToReadReceiptsError: A column is missing or has another type.
    """
    frame = _typed(receipts).with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    frame = frame.with_columns(
        pl.col("channel").str.strip_chars(),
        pl.col("channel_ref").str.strip_chars(),
        pl.col("account_no").fill_null("").str.strip_chars(),
        paid_day=pl.col("paid_at").dt.date().to_physical().cast(pl.Int64),
    )
    code, message = pl.lit(""), pl.lit("")
    for fault, name, text in reversed(_faults(day_number(booked_date))):
        wrong = fault.fill_null(value=True)
        code = pl.when(wrong).then(pl.lit(name)).otherwise(code)
        message = pl.when(wrong).then(text.fill_null("unreadable")).otherwise(message)
    return frame.with_columns(code=code, message=message)


def findings(outcome: pl.DataFrame) -> list[Finding]:
    """What a person should look at in an outcome, one finding a row with a code."""
    return [
        Finding(row["code"], f"{row['channel']} {row['channel_ref']}", row["message"])
        for row in outcome.filter(pl.col("code") != "").iter_rows(named=True)
    ]


def _faults(booked_day: int) -> list[tuple[pl.Expr, str, pl.Expr]]:
    month = pl.col("designated_month")
    amount = pl.format("{} fen", pl.col("amount_fen"))
    return [
        (_unreadable("channel", 20), "CHANNEL_UNREADABLE", pl.lit("the channel is empty, too long or not plain text")),
        (
            _unreadable("channel_ref", 64),
            "REFERENCE_UNREADABLE",
            pl.lit("the reference is empty, too long or not plain"),
        ),
        (~pl.col("kind").is_in(list(Kind)), "KIND_UNKNOWN", pl.format("{} is no kind of receipt", pl.col("kind"))),
        (pl.col("amount_fen").is_null(), "AMOUNT_MISSING", pl.lit("the amount is missing")),
        (pl.col("amount_fen") <= 0, "AMOUNT_NOT_POSITIVE", pl.format("{} is not above zero", amount)),
        (pl.col("amount_fen") > LARGEST_RECEIPT_FEN, "AMOUNT_ABSURD", pl.format("{} is above a billion yuan", amount)),
        (
            pl.col("account_no").str.len_chars() > _LONGEST_ACCOUNT_NO,
            "ACCOUNT_NO_TOO_LONG",
            pl.lit("the account number is too long"),
        ),
        (
            pl.col("account_no").str.contains(r"[\pC\\]"),
            "ACCOUNT_NO_UNREADABLE",
            pl.lit("the account number is not plain"),
        ),
        (pl.col("paid_at").is_null(), "PAID_AT_MISSING", pl.lit("the time of payment is missing")),
        (
            pl.col("paid_day") < _EARLIEST_DAY,
            "PAID_LONG_AGO",
            pl.format("paid on {}: no receipt is that old", pl.col("paid_at").dt.date()),
        ),
        (
            pl.col("paid_day") > booked_day,
            "PAID_IN_FUTURE",
            pl.format("paid on {}, after the business date", pl.col("paid_at").dt.date()),
        ),
        (
            month.is_not_null() & ~((month // 100).is_between(1990, 2999) & (month % 100).is_between(1, 12)),
            "MONTH_UNREADABLE",
            pl.format("{} is not a month written YYYYMM", month),
        ),
    ]


def _unreadable(column: str, longest: int) -> pl.Expr:
    text = pl.col(column)
    return (text.str.len_chars() == 0) | (text.str.len_chars() > longest) | text.str.contains(r"[\pC\\]")


def _typed(receipts: pl.DataFrame) -> pl.DataFrame:
    defaults = {"designated_month": pl.lit(None, pl.Int64), "kind": pl.lit(Kind.PAYMENT.value)}
    absent = [name for name in RECEIPT if name not in receipts.columns]
    if missing := [name for name in absent if name not in defaults]:
        raise _wrong(f"receipts lack {', '.join(missing)}", missing)
    frame = receipts.with_columns(**{name: defaults[name] for name in absent})
    faults = [
        f"{name} is {frame.schema[name]}" for name, kind in RECEIPT.items() if not _fits(frame.schema[name], kind)
    ]
    if faults:
        raise _wrong("; ".join(faults), faults)
    zone = getattr(frame.schema["paid_at"], "time_zone", None)
    paid = pl.col("paid_at").cast(pl.Datetime("us", zone))
    paid = paid.dt.convert_time_zone(TIME_ZONE.key) if zone else paid.dt.replace_time_zone(TIME_ZONE.key)
    return frame.with_columns(paid_at=paid).select(pl.col(name).cast(kind) for name, kind in RECEIPT.items())


def _fits(given: DataType, wanted: DataType | DataTypeClass) -> bool:
    if given == pl.Null:
        return True
    if wanted == pl.Int64:
        return given.is_integer()
    return given.base_type() == wanted.base_type()


def _wrong(message: str, fields: list[str]) -> UnableToReadReceiptsError:
    return UnableToReadReceiptsError(
        message,
        code="COLUMNS_WRONG",
        fields={"columns": fields},
        remedy="Give " + ", ".join(RECEIPT) + ".",
    )
