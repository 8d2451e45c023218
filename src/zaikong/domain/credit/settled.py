"""On which day was each bill paid in full, told from bills and receipts alone?

Money pays the oldest bill first. A bill is settled by the receipt with which all money of the account reaches all bills
up to it. Both are sums that only grow, so the state at any day follows from what was known on that day.

Basis: 供电营业规则 and the allocation rule of the ledger (oldest bill first), without designations and late fees.
"""

from typing import Final

import narwhals as nw

from zaikong.kernel.money import natural_quotient

NEVER: Final = 40_000
"""Day number of a bill that is not settled, after every day a bill can have."""

HORIZON_DAYS: Final = 30
"""A bill is bad when it is not paid in full so many days after its due day."""

BILL_HISTORY_COLUMNS: Final = ("account", "bill", "issued_day", "due_day", "amount_fen", "centi_kwh")
"""A bill: its account and number, days of issue and of payment due [day], amount [fen] and energy [0.01 kWh]."""

RECEIPT_COLUMNS: Final = ("account", "receipt", "paid_day", "available_day", "amount_fen")
"""A receipt: its account and number, the day it was paid and the day it was known [day], amount [fen]."""

SETTLED_BILL_COLUMNS: Final = (*BILL_HISTORY_COLUMNS, "settled_day", "settled_known_day")
"""A bill with the day it was paid in full and the day that was known; `NEVER` while it is open."""

_DAYS: Final = 65_536


def settled_bills(bills: nw.LazyFrame, receipts: nw.LazyFrame) -> nw.LazyFrame:
    """Find the day each bill was paid in full.

    A bill below zero is money: it counts as a receipt of its day of issue. A bill of nothing is settled when issued.

    Args:
        bills: `BILL_HISTORY_COLUMNS`.
        receipts: `RECEIPT_COLUMNS`, above zero.

    Returns:
        The bills of zero and more, `SETTLED_BILL_COLUMNS`.
    """
    owed = bills.filter(nw.col("amount_fen") >= 0)
    given_back = bills.filter(nw.col("amount_fen") < 0).select(
        "account",
        _number=nw.col("bill"),
        _day=nw.col("issued_day"),
        _known=nw.col("issued_day"),
        _amount=-nw.col("amount_fen"),
        _kind=nw.lit(2, nw.Int64),
    )
    received = receipts.select(
        "account",
        _number=nw.col("receipt"),
        _day=nw.col("paid_day"),
        _known=nw.col("available_day"),
        _amount=nw.col("amount_fen"),
        _kind=nw.lit(1, nw.Int64),
    )
    money = nw.concat([received, given_back]).with_columns(
        _sum=nw.col("_amount").cum_sum().over("account", order_by=["_known", "_day", "_kind", "_number"]).cast(nw.Int64)
    )
    summed = owed.with_columns(
        _sum=nw.col("amount_fen").cum_sum().over("account", order_by=["issued_day", "due_day", "bill"]).cast(nw.Int64)
    )
    zero = nw.lit(0, nw.Int64)
    reached = nw.concat(
        [
            summed.select("account", "bill", "_sum", _kind=zero, _key=nw.lit(NEVER * _DAYS + NEVER, nw.Int64)),
            money.select("account", "_sum", "_kind", bill=zero, _key=nw.col("_known") * _DAYS + nw.col("_day")).select(
                "account", "bill", "_sum", "_kind", "_key"
            ),
        ]
    ).with_columns(
        # a receipt that brings exactly what is owed stands behind the bill, and the first of those behind it settles it
        _key=nw.col("_key").cum_min(reverse=True).over("account", order_by=["_sum", "_kind", "bill", "_key"])
    )
    keys = reached.filter(nw.col("_kind") == 0).select("bill", "_key")
    nothing = nw.col("amount_fen") == 0
    paid, seen = nw.col("_key") % _DAYS, natural_quotient(nw.col("_key"), _DAYS)
    issued = nw.col("issued_day")
    return (
        owed.join(keys, on="bill", how="inner")
        .with_columns(
            settled_day=nw.when(nothing).then(issued).otherwise(nw.max_horizontal(paid, issued)),
            settled_known_day=nw.when(nothing).then(issued).otherwise(nw.max_horizontal(seen, issued)),
        )
        .select(*SETTLED_BILL_COLUMNS)
    )
