"""How does a channel's file become receipts?

Money is money: a receipt for an unknown account is kept as unallocated, one delivered again is known by its channel and
reference. Rejected are only rows that say nothing (no amount, no reference) or contradict a receipt that is known.
"""

from typing import Final

import polars as pl

from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import LINE
from zaikong.application.imports.table import Table
from zaikong.application.payments import Outcome, credit
from zaikong.application.payments.receipts import RECEIPT
from zaikong.kernel.finding import Finding

_COLUMNS: Final = {
    "RECEIPT_CONFLICT": "channel_ref",
    "RECEIPT_UNKNOWN": "channel_ref",
    "RECEIPT_UNDONE": "kind",
    "CHANNEL_UNREADABLE": "channel",
    "REFERENCE_UNREADABLE": "channel_ref",
    "ACCOUNT_NO_UNREADABLE": "account_no",
    "ACCOUNT_NO_TOO_LONG": "account_no",
    "AMOUNT_ABSURD": "amount_yuan",
    "PAID_LONG_AGO": "paid_at",
    "PAID_IN_FUTURE": "paid_at",
    "MONTH_UNREADABLE": "bill_period",
}
"""Which column of the file a refused receipt is at fault in; `channel_ref` where it is none of these."""


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Bring the rows to receipts; see `loader`."""
    optional = {"bill_period": pl.lit(None, pl.Int64), "kind": pl.lit(None, pl.String)}
    rows = table.rows.with_columns(
        optional[name].alias(name) for name in optional if name not in table.rows.columns
    ).with_columns(pl.col("kind").fill_null("payment"), pl.col("account_no").fill_null(""))
    return lambda: _written(rows, rejections, terms)


def _written(rows: pl.DataFrame, rejections: Rejections, terms: Terms) -> Written:
    receipts = rows.rename({"amount_yuan": "amount_fen", "bill_period": "designated_month"}).select(list(RECEIPT))
    outcomes = credit(receipts, booked_date=terms.as_of).with_columns(rows[LINE])
    refused = outcomes.filter(pl.col("outcome") == Outcome.REFUSED.value)
    rejections.add(
        refused.select(
            LINE,
            column=pl.col("code").replace_strict(_COLUMNS, default="channel_ref", return_dtype=pl.String),
            code="code",
            reason=pl.format("{}. Correct the row, or settle it with the channel.", "message"),
        )
    )
    counts = dict(outcomes.group_by("outcome").len().sort("outcome").iter_rows())
    unchanged = counts.pop(Outcome.DUPLICATE.value, 0)
    counts.pop(Outcome.REFUSED.value, None)
    credited = outcomes.filter(pl.col("outcome").is_in([Outcome.CREDITED.value, Outcome.CLEARED.value]))
    waiting = counts.get(Outcome.UNALLOCATED.value, 0)
    note = Finding(
        "ACCOUNT_UNKNOWN",
        str(waiting),
        f"{waiting} receipts name no known account; their money is kept as unallocated until it is assigned.",
    )
    return Written(
        loaded=sum(counts.values()),
        unchanged=unchanged,
        details={**counts, "credited_fen": int(credited["amount_fen"].sum())},
        notes=(note,) if waiting else (),
    )


LOADER: Final = Loader(prepare, single=False)
