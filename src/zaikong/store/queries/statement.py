"""Which rows make the statement of one account, and what did a channel bring in a period?"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import polars as pl
from django.db import connection, transaction

from zaikong.store import bulk

_EPOCH = "date '1970-01-01'"

LINE = {
    "day": pl.Int64,
    "transaction": pl.Int64,
    "event": pl.String,
    "month": pl.Int64,
    "bill": pl.Int64,
    "channel": pl.String,
    "channel_ref": pl.String,
    "amount_fen": pl.Int64,
}
"""Columns of `lines`; month and bill are null where no bill is named, channel and reference where no receipt is."""

SETTLED = {
    "day": pl.Int64,
    "effective_day": pl.Int64,
    "month": pl.Int64,
    "bill": pl.Int64,
    "channel": pl.String,
    "channel_ref": pl.String,
    "principal_fen": pl.Int64,
    "late_fee_fen": pl.Int64,
}
"""Columns of `settled`; channel and reference are null where prepaid money paid."""

STATED_ITEM = {
    "account": pl.Int64,
    "bill": pl.Int64,
    "due_day": pl.Int64,
    "amount_fen": pl.Int64,
    "late_fee_paid_fen": pl.Int64,
    "late_fee_waived_fen": pl.Int64,
    "category": pl.String,
    "late_fee_ppm": pl.Int64,
    "bankruptcy_day": pl.Int64,
}
"""Columns of `items_standing`."""

CHANNEL_RECEIPT = {
    "channel_ref": pl.String,
    "amount_fen": pl.Int64,
    "day": pl.Int64,
    "state": pl.String,
    "account_no": pl.String,
}
"""Columns of `receipts_of_channel`."""


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Let every query inside see one and the same moment, while others go on writing and nothing is locked.

    Inside a transaction that has begun already, that transaction's own rules hold.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            bulk.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def balances_before(account: int, day: date, *, gls: Sequence[str]) -> dict[str, int]:
    """Balance of each of these general ledger accounts for one account, before a day (debit positive) [fen]."""
    rows = bulk.fetch(
        "SELECT gl, sum(amount_fen)::bigint FROM zaikong_leg "
        "WHERE account_id = %s AND booked_date < %s AND gl = ANY(%s) GROUP BY gl",
        {"gl": pl.String, "fen": pl.Int64},
        [account, day, list(gls)],
    )
    return dict.fromkeys(gls, 0) | dict(rows.iter_rows())


def lines(account: int, *, from_date: date, to_date: date, gls: Sequence[str], income: str) -> pl.DataFrame:
    """What moved what a customer owes, in the order it was booked.

    An event that only moves money between the customer's own ledger accounts is no line. A late fee is one line a bill,
    read from its income account because that leg names the bill.

    Args:
        account: Account key.
        from_date: First day.
        to_date: First day after.
        gls: General ledger accounts that make up what a customer owes.
        income: General ledger account of late-fee income.

    Returns:
        Rows of `LINE`, `amount_fen` positive where more is owed.
    """
    return bulk.fetch(
        f"""
        SELECT day, transaction, event, month, bill, channel, channel_ref, fen FROM (
            SELECT l.booked_date - {_EPOCH} AS day, l.transaction, l.event, max(b.month) AS month,
                   max(l.bill_id) AS bill, p.channel, p.channel_ref, min(l.id) AS place,
                   sum(CASE WHEN l.gl = %s THEN -l.amount_fen ELSE l.amount_fen END)::bigint AS fen
            FROM zaikong_leg l
            LEFT JOIN zaikong_bill b ON b.id = l.bill_id
            LEFT JOIN zaikong_payment p ON p.id = l.payment_id
            WHERE l.account_id = %s AND l.booked_date >= %s AND l.booked_date < %s
              AND (l.gl = %s OR (l.gl = ANY(%s) AND l.event NOT IN (
                  'late_fee_collected', 'late_fee_returned', 'prepaid_late_fee', 'prepaid_fee_returned')))
            GROUP BY l.booked_date, l.transaction, l.event, p.channel, p.channel_ref,
                     CASE WHEN l.gl = %s THEN l.bill_id END
            HAVING sum(CASE WHEN l.gl = %s THEN -l.amount_fen ELSE l.amount_fen END) <> 0
        ) moved ORDER BY day, transaction, place
        """,
        LINE,
        [income, account, from_date, to_date, income, list(gls), income, income],
    )


def settled(account: int, *, from_date: date, to_date: date) -> pl.DataFrame:
    """What was paid on which bill, and by which receipt; undone rows are negative; columns `SETTLED`."""
    return bulk.fetch(
        f"""
        SELECT l.booked_date - {_EPOCH}, l.effective_date - {_EPOCH}, b.month, l.bill_id, p.channel, p.channel_ref,
               l.principal_fen, l.late_fee_fen
        FROM zaikong_allocation l JOIN zaikong_bill b ON b.id = l.bill_id
        LEFT JOIN zaikong_payment p ON p.id = l.payment_id
        WHERE l.account_id = %s AND l.booked_date >= %s AND l.booked_date < %s
        ORDER BY l.id
        """,
        SETTLED,
        [account, from_date, to_date],
    )


def items_standing(account: int, *, before: date) -> pl.DataFrame:
    """The bills that stood before a day, with what of their late fee was paid and waived by then; `STATED_ITEM`."""
    return bulk.fetch(
        f"""
        SELECT b.account_id, b.id, b.due_date - {_EPOCH}, b.total_fen,
               coalesce((SELECT sum(l.late_fee_fen) FROM zaikong_allocation l
                         WHERE l.bill_id = b.id AND l.booked_date < %s), 0)::bigint,
               coalesce((SELECT sum(w.amount_fen) FROM zaikong_latefeewaiver w
                         WHERE w.bill_id = b.id AND w.state = 'approved' AND w.decided_date < %s), 0)::bigint,
               a.category, a.late_fee_ppm, a.bankruptcy_accepted_date - {_EPOCH}
        FROM zaikong_bill b JOIN zaikong_account a ON a.id = b.account_id
        WHERE b.account_id = %s AND b.total_fen > 0 AND b.reverses_id IS NULL AND b.issued_date < %s
          AND NOT EXISTS (SELECT 1 FROM zaikong_bill r WHERE r.reverses_id = b.id AND r.issued_date < %s)
        """,
        STATED_ITEM,
        [before, before, account, before, before],
    )


def applied_before(account: int, *, before: date) -> pl.DataFrame:
    """Principal applied to an account's bills, booked before a day: `bill`, `day` it takes effect, `principal_fen`."""
    return bulk.fetch(
        f"""
        SELECT bill_id, effective_date - {_EPOCH}, sum(principal_fen)::bigint FROM zaikong_allocation
        WHERE account_id = %s AND booked_date < %s GROUP BY 1, 2 HAVING sum(principal_fen) <> 0
        """,
        {"bill": pl.Int64, "day": pl.Int64, "principal_fen": pl.Int64},
        [account, before],
    )


def receipts_of_channel(channel: str, *, from_date: date, to_date: date, references: pl.Series) -> pl.DataFrame:
    """Receipts of a channel paid in a period, and those with one of these references; `CHANNEL_RECEIPT`."""
    bulk.stage(references.unique().to_frame("channel_ref"), "reference_asked", {"channel_ref": "text"})
    paid = "(p.paid_at AT TIME ZONE 'Asia/Shanghai')::date"
    return bulk.fetch(
        f"""
        SELECT p.channel_ref, p.amount_fen, {paid} - {_EPOCH}, p.state,
               coalesce(a.account_no, p.account_no_given)
        FROM zaikong_payment p LEFT JOIN zaikong_account a ON a.id = p.account_id
        WHERE p.channel = %s AND (
            ({paid} >= %s AND {paid} < %s)
            OR p.channel_ref IN (SELECT channel_ref FROM reference_asked))
        """,
        CHANNEL_RECEIPT,
        [channel, from_date, to_date],
    )
