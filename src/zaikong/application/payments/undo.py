"""How is a payment undone, and everything it paid with it?

Nothing is deleted: each allocation gets its negative, with the day of the first, so that late fee runs as if the money
had never come; the legs are reversed; the items open again. What had become prepaid money leaves the balance. Where
bills have used it up since, those uses are undone too, the latest first. Where it has been refunded since, the refund is
claimed back from the customer (`1221`), and the claim takes its place.
"""

from datetime import date

import polars as pl

from zaikong.application import allocating
from zaikong.application.booking import book, event
from zaikong.application.collection.ledger import end_of_day, ledger_moved, moved_by_account
from zaikong.store.models import Payment, Staff
from zaikong.store.queries import payments as queries
from zaikong.store.queries import prepayment as prepayment_queries

_State = Payment.State
_PAID = ("principal_fen", "late_fee_fen")

REFUSED = {"payment": pl.Int64, "code": pl.String, "message": pl.String}
"""Columns of payments that could not be undone."""


def undo(rows: pl.DataFrame, *, booked_date: date, staff: Staff | None = None) -> pl.DataFrame:
    """Undo payments, set-wise, in the transaction of the caller.

    Args:
        rows: One row a payment, locked: `payment`, `account` (nullable), `channel`, `amount_fen`, `state` (credited,
            unallocated or in transit), `to_state` (reversed or bounced), `reason`.
        booked_date: Business date.
        staff: Who decided, where a person did.

    Returns:
        The payments that were left as they are (`REFUSED`): their money has left the prepaid balance in another way
        than by paying bills.
    """
    if rows.is_empty():
        return pl.DataFrame(schema=REFUSED)
    rows = rows.with_columns(key="payment")
    credited = rows.filter(pl.col("state") == _State.CREDITED)
    queries.lock_accounts(credited["account"])
    prepaid = queries.prepaid_of_locked()
    paid = queries.allocated_by_payments(credited["payment"])
    out = _out_of_prepaid(credited, paid)
    used, short = _uses_to_undo(out, prepaid)
    claims, short = _claims(short)
    refused = credited.join(short, on="account", how="semi")
    rows, paid, out, used = (
        frame.join(refused, on=on, how="anti") if not refused.is_empty() else frame
        for frame, on in ((rows, "payment"), (paid, "payment"), (out, "payment"), (used, "account"))
    )
    undone = _book(rows, paid, out, used, claims, booked_date=booked_date)
    queries.move_payments(
        rows.select("payment", "account", "state", "to_state", "reason"),
        booked_date=booked_date,
        staff_id=staff.pk if staff else None,
    )
    # after the payments have their new state: promises count those that stand
    nothing = rows.filter(pl.col("account").is_not_null()).select("account", principal_fen=0, late_fee_fen=0)
    columns = ["account", *_PAID]
    moved = pl.concat([undone.select(columns), nothing.select(columns)], how="vertical_relaxed")
    ledger_moved(moved_by_account(moved), at=end_of_day(booked_date))
    return refused.select(
        "payment",
        code=pl.lit("PREPAID_SPENT"),
        message=pl.format("{} fen cannot be taken back: the prepaid money has been paid out", "amount_fen"),
    )


def _out_of_prepaid(credited: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """What each payment added to the prepaid balance: `payment`, `account`, `key`, `prepaid_fen`."""
    used = paid.group_by("payment").agg(used=pl.sum_horizontal(pl.col(_PAID).sum()))
    return credited.join(used, on="payment", how="left").select(
        "payment", "account", "key", prepaid_fen=pl.col("amount_fen") - pl.col("used").fill_null(0)
    )


def _uses_to_undo(out: pl.DataFrame, prepaid: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Uses of prepaid money to be undone, the latest first, and what is missing (`missing_fen`) where even that falls short."""
    need = out.group_by("account").agg(pl.col("prepaid_fen").sum().alias("need"))
    short = (
        need.join(prepaid, on="account", how="left")
        .with_columns(short=pl.col("need") - pl.col("prepaid_fen"))
        .filter(pl.col("short") > 0)
        .select("account", "short")
    )
    used = pl.sum_horizontal(_PAID)
    uses = (
        queries.allocated_from_prepaid(short["account"])
        .join(short, on="account")
        .sort("account", "effective_day", "bill", descending=[False, True, True])
        .with_columns(before=used.cum_sum().over("account") - used)
        .with_columns(taken=pl.min_horizontal(used, pl.col("short") - pl.col("before")))
        .filter(pl.col("taken") > 0)
        .with_columns(late_fee_fen=pl.min_horizontal("taken", "late_fee_fen"))
        .with_columns(principal_fen=pl.col("taken") - pl.col("late_fee_fen"))
    )
    found = uses.group_by("account").agg(pl.col("taken").sum())
    unmet = (
        short.join(found, on="account", how="left")
        .select("account", missing_fen=pl.col("short") - pl.col("taken").fill_null(0))
        .filter(pl.col("missing_fen") > 0)
    )
    return uses.with_columns(key=-pl.col("account"), payment=pl.lit(None, pl.Int64)), unmet


def _claims(unmet: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is claimed back because it was refunded, and the accounts where refunds do not explain what is missing."""
    if unmet.is_empty():
        return unmet.with_columns(key=pl.lit(0, pl.Int64)), unmet
    known = unmet.join(prepayment_queries.paid_out(unmet["account"]), on="account", how="left")
    explained = pl.col("missing_fen") <= pl.col("paid_out_fen").fill_null(0)
    claims = known.filter(explained).select("account", "missing_fen", key=-pl.col("account"))
    return claims, known.filter(~explained).select("account", "missing_fen")


def _book(
    rows: pl.DataFrame,
    paid: pl.DataFrame,
    out: pl.DataFrame,
    used: pl.DataFrame,
    claims: pl.DataFrame,
    *,
    booked_date: date,
) -> pl.DataFrame:
    """Book and record; returns what was undone, negative."""
    paid = paid.with_columns(key="payment")
    numbers = book(
        pl.concat(
            [
                event(used, "prepaid_use_reversed", amount="principal_fen", key="key"),
                event(used, "prepaid_fee_returned", amount="late_fee_fen", key="key"),
                event(claims, "refund_claimed", amount="missing_fen", key="key"),
                event(paid, "allocation_reversed", amount="principal_fen", key="key"),
                event(paid, "late_fee_returned", amount="late_fee_fen", key="key"),
                event(out, "topup_reversed", amount="prepaid_fen", key="key"),
                *_money_back(rows),
            ]
        ),
        booked_date=booked_date,
    )
    columns = [*allocating.APPLIED, "key"]
    undone = pl.concat([used.select(columns), paid.select(columns)]).with_columns(-pl.col(_PAID))
    allocating.record(undone, numbers, booked_date=booked_date)
    return undone


def _money_back(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """Events that take the money itself out again, by the way it came in."""
    came = rows.join(queries.ways_of_payments(rows["payment"]), on="payment", how="left").with_columns(
        pl.col("was_in_transit", "was_assigned").fill_null(value=False)
    )
    assigned = came.filter("was_assigned")
    payer = pl.when(~pl.col("was_assigned")).then(pl.col("account"))
    came = came.with_columns(account=payer)
    cleared = pl.col("was_in_transit") & (pl.col("state") != _State.IN_TRANSIT)
    return [
        event(assigned, "assignment_reversed", key="key"),
        event(came.filter(cleared), "clearing_reversed", key="key"),
        event(came.filter(pl.col("was_in_transit")), "payment_bounced", key="key"),
        event(came.filter(~pl.col("was_in_transit")), "payment_reversed", key="key"),
    ]
