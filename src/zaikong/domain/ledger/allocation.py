"""Which bills does a payment settle, and what is left of it?

A payment goes to the bill its payer names, then to the bills of the account by due date, the oldest first (of one date,
the lower bill number). Within a bill the principal is settled before its late fee, or the fee first where the supply
contract keeps the order of the civil code. What no bill takes stays unapplied and becomes prepaid money.

Basis: 《民法典》 articles 560 (designation, then due debts by age) and 561 (order within a debt, unless agreed
otherwise).
"""

from typing import Literal

import narwhals as nw

OPEN_BILL_COLUMNS = ("bill", "account", "due_day", "principal_fen", "late_fee_fen")
"""What `allocate` reads of a bill: principal still open and late fee still owed."""

PAYMENT_COLUMNS = ("payment", "account", "amount_fen", "designated_bill")
"""What `allocate` reads of a payment; `designated_bill` is 0 where the payer named none."""

Order = Literal["principal_first", "fee_first"]


def allocate(
    bills: nw.LazyFrame, payments: nw.LazyFrame, *, order: Order = "principal_first"
) -> tuple[nw.LazyFrame, nw.LazyFrame]:
    """Settle open bills with one payment an account.

    Several payments of one account go in one after another, by `payment_rounds`, with `still_open` between.

    Args:
        bills: Open bills with `OPEN_BILL_COLUMNS` [fen], none negative.
        payments: At most one row per account with `PAYMENT_COLUMNS` [fen].
        order: What is settled first within a bill.

    Returns:
        Applied rows `payment`, `account`, `bill`, `principal_fen`, `late_fee_fen` [fen], one per bill that got
        something; and one row per payment `payment`, `account`, `unapplied_fen` [fen]. The two add up to the payments.
    """
    applied = (
        _ranked(bills, payments)
        .with_columns(_taken=_taken())
        .filter(nw.col("_taken") > 0)
        .with_columns(**_shares(order))
        .select("payment", "account", "bill", "principal_fen", "late_fee_fen")
    )
    used = applied.group_by("payment").agg(_used=(nw.col("principal_fen") + nw.col("late_fee_fen")).sum())
    unapplied = payments.join(used, on="payment", how="left").select(
        "payment", "account", unapplied_fen=nw.col("amount_fen") - nw.coalesce(nw.col("_used"), nw.lit(0))
    )
    return applied, unapplied


def payment_rounds(payments: nw.LazyFrame) -> nw.LazyFrame:
    """Number the payments of each account in the order they are allocated.

    Args:
        payments: Rows with `payment`, `account`, `day` [day].

    Returns:
        The rows with `round`, 1 for the account's first by day, then by payment number.
    """
    return (
        payments.with_columns(_one=nw.lit(1, dtype=nw.Int64))
        .with_columns(round=nw.col("_one").cum_sum().over("account", order_by=("day", "payment")).cast(nw.Int64))
        .drop("_one")
    )


def still_open(bills: nw.LazyFrame, applied: nw.LazyFrame) -> nw.LazyFrame:
    """Open bills after a round.

    Args:
        bills: Rows with `OPEN_BILL_COLUMNS`.
        applied: What `allocate` applied to them.

    Returns:
        The same columns less what was applied; bills with nothing left are gone.
    """
    paid = applied.group_by("bill").agg(_principal=nw.col("principal_fen").sum(), _fee=nw.col("late_fee_fen").sum())
    return (
        bills.join(paid, on="bill", how="left")
        .with_columns(
            principal_fen=nw.col("principal_fen") - nw.coalesce(nw.col("_principal"), nw.lit(0)),
            late_fee_fen=nw.col("late_fee_fen") - nw.coalesce(nw.col("_fee"), nw.lit(0)),
        )
        .filter(nw.col("principal_fen") + nw.col("late_fee_fen") > 0)
        .select(OPEN_BILL_COLUMNS)
    )


def _ranked(bills: nw.LazyFrame, payments: nw.LazyFrame) -> nw.LazyFrame:
    """Open bills beside their account's payment, with what all bills ahead of them take [fen]."""
    owed = nw.col("principal_fen") + nw.col("late_fee_fen")
    behind = nw.when(nw.col("bill") == nw.col("designated_bill")).then(nw.lit(0)).otherwise(nw.lit(1))
    return (
        bills.select(OPEN_BILL_COLUMNS)
        .join(payments.select(PAYMENT_COLUMNS), on="account", how="inner")
        .with_columns(_owed=owed, _behind=behind)
        .filter(nw.col("_owed") > 0)
        .with_columns(
            _through=nw.col("_owed").cum_sum().over("payment", order_by=("_behind", "due_day", "bill")).cast(nw.Int64)
        )
    )


def _taken() -> nw.Expr:
    left = nw.col("amount_fen") - (nw.col("_through") - nw.col("_owed"))
    return nw.min_horizontal(nw.max_horizontal(left, nw.lit(0)), nw.col("_owed"))


def _shares(order: Order) -> dict[str, nw.Expr]:
    first, second = (
        ("principal_fen", "late_fee_fen") if order == "principal_first" else ("late_fee_fen", "principal_fen")
    )
    settled = nw.min_horizontal("_taken", first)
    return {first: settled, second: nw.col("_taken") - settled}
