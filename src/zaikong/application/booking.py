"""How does a business event reach the ledger?

The chart of postings (`domain.ledger.postings`) says which legs an event writes; `posting.post_legs` writes them. Here
is the one way between the two for receipts, allocations and waivers.
"""

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.application.posting import post_legs
from zaikong.domain.ledger.postings import EVENT_COLUMNS, HELD, PREPAID, legs, unpostable
from zaikong.engine.dictionary import checked
from zaikong.kernel.refusal import Refusal

EVENT = {
    "transaction": pl.Int64,
    "event": pl.String,
    "account": pl.Int64,
    "bill": pl.Int64,
    "payment": pl.Int64,
    "channel": pl.String,
    "amount_fen": pl.Int64,
}
"""Columns of an event to be booked; account, bill and payment may be null. Events that share a `transaction` key are
booked as one transaction; all of them name the same payment."""


class UnableToBookError(Refusal):
    """An event the chart of postings does not know, or money assigned to nobody."""


def event(rows: pl.DataFrame, name: str, *, amount: str = "amount_fen", key: str = "transaction") -> pl.DataFrame:
    """Rows as events of one name, in the columns of `EVENT`; those of no money are left out.

    Args:
        rows: Any frame with the key, `amount`, and those of `account`, `bill`, `payment`, `channel` it has.
        name: Event of the chart.
        amount: Column that holds the amount [fen].
        key: Column that groups events into transactions.
    """
    optional = [
        (pl.col(column) if column in rows.columns else pl.lit(None, EVENT[column])).alias(column)
        for column in ("account", "bill", "payment", "channel")
    ]
    return (
        rows.filter(pl.col(amount) != 0)
        .select(
            pl.col(key).cast(pl.Int64).alias("transaction"),
            pl.lit(name).alias("event"),
            *optional,
            pl.col(amount).cast(pl.Int64).alias("amount_fen"),
        )
        .select(list(EVENT))
    )


def book(events: pl.DataFrame, *, booked_date: date) -> pl.DataFrame:
    """Write the legs of events in the current transaction of the database.

    Args:
        events: Rows of `EVENT`, amounts positive.
        booked_date: Business date.

    Returns:
        One row a key: `transaction` the key, `number` its number in the ledger.

    Raises:
        UnableToBookError: The chart cannot post one of them; nothing is written.
    """
    entry = checked(nw.from_native(_chart_rows(events).lazy()), EVENT_COLUMNS, rule="postings")
    wrong: Any = unpostable(entry).to_native().collect()
    if not wrong.is_empty():
        raise UnableToBookError(
            f"{wrong.height} events cannot be posted, the first is {wrong['event'][0]!r}",
            code="EVENT_UNPOSTABLE",
            fields={"event": wrong["event"][0]},
            remedy="Use an event of the chart of postings, and name the account the money goes to.",
        )
    written: Any = legs(entry).to_native().collect()
    keys = events.select(_dense(), key="transaction", payment="payment").unique()
    named = _merged(written).join(keys, on="transaction", how="left").sort("transaction", maintain_order=True)
    numbered = post_legs(named.drop("key"), booked_date=booked_date)
    return named.select(transaction="key").with_columns(number=numbered["transaction"]).unique()


def _dense() -> pl.Expr:
    """Keys of any int64 as row numbers of their transactions, which the rule wants not negative."""
    return (pl.col("transaction").rank("dense").cast(pl.Int64)).alias("transaction")


def _chart_rows(events: pl.DataFrame) -> pl.DataFrame:
    return events.select(
        _dense(),
        "event",
        pl.col("account").fill_null(0),
        pl.col("bill").fill_null(0),
        pl.col("channel").fill_null(""),
        "amount_fen",
        pl.lit(0, pl.Int64).alias("fund_fen"),
    )


def _merged(written: pl.DataFrame) -> pl.DataFrame:
    """Legs with null for no account and no bill; what passes through a holding or prepaid account is one leg an event.

    Only the legs on other accounts need their bill; a receipt that pays ten bills takes its money from holding once.
    """
    passing = pl.col("gl").is_in([HELD, PREPAID])
    return (
        written.with_columns(
            account=pl.when(pl.col("account") != 0).then(pl.col("account")),
            bill=pl.when((pl.col("bill") != 0) & ~passing).then(pl.col("bill")),
        )
        .group_by("transaction", "event", "gl", "account", "bill", maintain_order=True)
        .agg(pl.col("amount_fen").sum())
        .filter(pl.col("amount_fen") != 0)
    )
