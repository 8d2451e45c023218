"""How do legs and bills get into the ledger?

All legs of a call are written by one COPY, so the statement-level trigger sees whole transactions. Account balances
move in the same database transaction, rows locked in account order. Bills, lines, open items and legs of a run are one
COPY a table; the run's key makes it happen once.

What a released bill does: a positive total opens an item (应收); a negative total (a closing or corrected bill below
what was settled before) is the customer's money and goes to the prepaid balance; a zero total opens nothing.
"""

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.domain.ledger import postings
from zaikong.domain.ledger.postings import PREPAID, RECEIVABLE
from zaikong.kernel.refusal import Refusal
from zaikong.store import bulk
from zaikong.store.queries.settlements import BILL_AMOUNTS

RATED_AMOUNTS = BILL_AMOUNTS
"""Amount columns a bill carries from the rated frame."""


class UnableToPostError(Refusal):
    """Legs or bills that may not enter the ledger."""


def post_legs(legs: pl.DataFrame, *, booked_date: date) -> pl.DataFrame:
    """Write balanced legs and move the stored balances.

    Args:
        legs: `transaction` (any int64 key that groups the legs of one transaction), `event`, `gl`, `account`
            (nullable), `bill` (nullable), `amount_fen` (debit positive), and `payment` (nullable) where receipts
            move money.
        booked_date: Business date.

    Returns:
        The legs with `transaction` replaced by its number in the ledger.

    Raises:
        django.db.IntegrityError: A transaction does not sum to zero (refused by the database).
    """
    if legs.is_empty():
        return legs
    keys = legs["transaction"].unique().sort()
    first = bulk.reserve("zaikong_transaction_number", keys.len())
    numbers = pl.DataFrame({"transaction": keys, "number": pl.int_range(first, first + keys.len(), eager=True)})
    numbered = (
        legs.join(numbers, on="transaction", how="left", maintain_order="left")
        .with_columns(transaction=pl.col("number"))
        .drop("number")
    )
    with transaction.atomic():
        move_balances(numbered)
        bulk.write(
            numbered.select(
                "transaction",
                "event",
                "gl",
                pl.col("account").alias("account_id"),
                pl.col("bill").alias("bill_id"),
                *([pl.col("payment").alias("payment_id")] if "payment" in numbered.columns else []),
                "amount_fen",
                pl.lit(booked_date).alias("booked_date"),
            ),
            "zaikong_leg",
        )
    return numbered


def move_balances(legs: pl.DataFrame) -> None:
    """Add what legs move on 应收 and 预收 to the stored balance of each account.

    Args:
        legs: Frame with `gl`, `account`, `amount_fen`.
    """
    moved = (
        legs.filter((pl.col("account") != 0) & pl.col("gl").is_in([RECEIVABLE, PREPAID]))
        .group_by("account")
        .agg(
            receivable=pl.col("amount_fen").filter(pl.col("gl") == RECEIVABLE).sum(),
            prepaid=-pl.col("amount_fen").filter(pl.col("gl") == PREPAID).sum(),
        )
        .sort("account")
    )
    if moved.is_empty():
        return
    bulk.stage(moved, "moved", {"account": "bigint", "receivable": "bigint", "prepaid": "bigint"})
    bulk.execute(
        "INSERT INTO zaikong_accountbalance (account_id, receivable_fen, prepaid_fen) "
        "SELECT account, 0, 0 FROM moved m WHERE NOT EXISTS "
        "(SELECT 1 FROM zaikong_accountbalance b WHERE b.account_id = m.account) ORDER BY account ON CONFLICT DO NOTHING"
    )
    # locked in account order first: two batches over the same accounts wait for each other, never for ever
    bulk.execute(
        "SELECT 1 FROM zaikong_accountbalance b JOIN moved m ON m.account = b.account_id "
        "ORDER BY b.account_id FOR UPDATE OF b"
    )
    bulk.execute(
        "UPDATE zaikong_accountbalance b SET receivable_fen = b.receivable_fen + m.receivable, "
        "prepaid_fen = b.prepaid_fen + m.prepaid FROM moved m WHERE m.account = b.account_id"
    )


def post_bills(rated: pl.DataFrame, lines: pl.DataFrame, *, run_id: int, issued_date: date) -> pl.DataFrame:
    """Release bills: bills, lines, open items, legs and balances in one transaction.

    Args:
        rated: One row a bill: `settlement` (int64 key shared with `lines`), `account`, `month`, `sequence`, `kind`,
            `from_day`, `to_day`, `due_day`, `book`, `plan`, `verified`, the `RATED_AMOUNTS`, `ledger_fund_fen` (the
            government funds this bill itself brings: a closing bill's less what interim bills brought) and `reverses`
            (bill number, null except for a reversal).
        lines: `settlement`, `line`, `item`, `quantity`, `unit`, `price_e8`, `amount_fen`, `from_day`, `to_day`,
            `price_from_day` (nullable).
        run_id: The bill run.
        issued_date: Business date they are issued and booked on.

    Returns:
        `rated` with its `bill` number.

    Raises:
        django.db.IntegrityError: A bill of this run, account, month and sequence exists, or its total is not the sum
            of its parts.
    """
    if rated.is_empty():
        return rated.with_columns(bill=pl.lit(None, pl.Int64))
    first = bulk.reserve("zaikong_bill_number", rated.height)
    bills = rated.with_columns(bill=pl.int_range(first, first + rated.height, dtype=pl.Int64))
    with transaction.atomic():
        _write_bills(bills, run_id=run_id, issued_date=issued_date)
        _write_lines(lines, bills)
        _open_items(bills)
        post_legs(_released(bills), booked_date=issued_date)
    return bills


def events_of_bills(bills: pl.DataFrame) -> pl.DataFrame:
    """The ledger event of each released bill: released, credited, or the undoing of either.

    Args:
        bills: `bill`, `account`, `total_fen`, `ledger_fund_fen` and `reverses`.
    """
    total = pl.col("total_fen")
    event = (
        pl.when(pl.col("reverses").is_null())
        .then(pl.when(total > 0).then(pl.lit("bill_released")).otherwise(pl.lit("bill_credited")))
        .otherwise(pl.when(total < 0).then(pl.lit("bill_reversed")).otherwise(pl.lit("bill_credit_reversed")))
    )
    return bills.filter(total != 0).select(
        transaction=pl.col("bill"),
        event=event,
        account="account",
        bill="bill",
        channel=pl.lit(""),
        amount_fen=total.abs(),
        fund_fen=pl.col("ledger_fund_fen") * total.sign(),
    )


def _released(bills: pl.DataFrame) -> pl.DataFrame:
    events = events_of_bills(bills)
    legs: Any = postings.legs(nw.from_native(events.lazy())).to_native()
    return legs.collect()


def _day(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int32).cast(pl.Date)


def _write_bills(bills: pl.DataFrame, *, run_id: int, issued_date: date) -> None:
    bulk.write(
        bills.select(
            pl.col("bill").alias("id"),
            pl.lit(run_id).alias("run_id"),
            pl.col("account").alias("account_id"),
            "month",
            "sequence",
            "kind",
            _day("from_day").alias("from_date"),
            _day("to_day").alias("to_date"),
            _day("due_day").alias("due_date"),
            pl.lit(issued_date).alias("issued_date"),
            "book",
            "plan",
            "verified",
            *RATED_AMOUNTS,
            pl.col("reverses").alias("reverses_id"),
        ),
        "zaikong_bill",
    )


def _write_lines(lines: pl.DataFrame, bills: pl.DataFrame) -> None:
    # the lines of a bill lie side by side: its page reads one block, and the index over bills grows at its end
    known = lines.join(bills.select("settlement", "bill"), on="settlement", how="inner").sort("bill", "line")
    if known.height != lines.height:
        raise UnableToPostError("lines without a bill", code="LINES_ORPHANED", remedy="Post a bill with its lines.")
    bulk.write(
        known.select(
            pl.col("bill").alias("bill_id"),
            "line",
            "item",
            "quantity",
            "unit",
            "price_e8",
            "amount_fen",
            _day("from_day").alias("from_date"),
            _day("to_day").alias("to_date"),
            _day("price_from_day").alias("price_from_date"),
        ),
        "zaikong_billline",
    )


def _open_items(bills: pl.DataFrame) -> None:
    bulk.write(
        bills.filter((pl.col("total_fen") > 0) & pl.col("reverses").is_null()).select(
            pl.col("bill").alias("bill_id"),
            pl.col("account").alias("account_id"),
            "month",
            _day("due_day").alias("due_date"),
            pl.col("total_fen").alias("amount_fen"),
            pl.col("total_fen").alias("open_fen"),
            pl.lit(0).alias("late_fee_paid_fen"),
            pl.lit(0).alias("late_fee_waived_fen"),
            pl.lit(False).alias("disputed"),
        ),
        "zaikong_openitem",
    )


def post_imported_bills(frame: pl.DataFrame, *, as_of: date) -> int:
    """Open bills that another system issued: amount known, lines not.

    Args:
        frame: `account`, `month`, `issued_date`, `due_date`, `centi_kwh`, `amount_fen`.
        as_of: Business date of the import; each bill keeps its own issue date and is booked on it.

    Returns:
        Bills opened.
    """
    from zaikong.application.billing.imported import post_imported  # noqa: PLC0415 -- it builds on this module

    return post_imported(frame, as_of=as_of)
