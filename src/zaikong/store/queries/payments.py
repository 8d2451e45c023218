"""Which rows do receipts, allocations and prepaid money read and change?

Locks are always taken in one order, so that any number of batches over the same receipts and accounts wait for each
other but never for ever: payments by channel and reference first, account balances by account afterwards.
"""

from datetime import date

import polars as pl

from zaikong.store import bulk

_EPOCH = "date '1970-01-01'"

PAYMENT_STATE = {
    "payment": pl.Int64,
    "channel": pl.String,
    "channel_ref": pl.String,
    "account_known": pl.Int64,
    "account_no_known": pl.String,
    "amount_known_fen": pl.Int64,
    "paid_day_known": pl.Int64,
    "designated_known": pl.Int64,
    "state": pl.String,
    "topup_known": pl.Boolean,
}
"""Columns of `locked_payments`."""

OPEN_ITEM = {
    "account": pl.Int64,
    "bill": pl.Int64,
    "month": pl.Int64,
    "due_day": pl.Int64,
    "amount_fen": pl.Int64,
    "open_fen": pl.Int64,
    "late_fee_paid_fen": pl.Int64,
    "late_fee_waived_fen": pl.Int64,
    "late_fee_fixed_fen": pl.Int64,
    "disputed": pl.Boolean,
    "category": pl.String,
    "late_fee_ppm": pl.Int64,
    "bankruptcy_day": pl.Int64,
}
"""Columns of `items_of_accounts` and `items_of_bills`."""

_ITEM_SELECT = f"""
    SELECT i.account_id, i.bill_id, i.month, i.due_date - {_EPOCH}, i.amount_fen, i.open_fen,
           i.late_fee_paid_fen, i.late_fee_waived_fen, i.late_fee_fixed_fen, i.disputed, a.category, a.late_fee_ppm,
           a.bankruptcy_accepted_date - {_EPOCH}
    FROM zaikong_openitem i JOIN zaikong_account a ON a.id = i.account_id
"""

_LATE_FEE_LEFT = "i.open_fen = 0 AND i.late_fee_fixed_fen > i.late_fee_paid_fen + i.late_fee_waived_fen"


def accounts_by_number(numbers: pl.Series) -> pl.DataFrame:
    """The accounts with these numbers: `account_no`, `account`."""
    bulk.stage(numbers.unique().drop_nulls().to_frame("account_no"), "number_asked", {"account_no": "text"})
    return bulk.fetch(
        "SELECT a.account_no, a.id FROM zaikong_account a JOIN number_asked USING (account_no)",
        {"account_no": pl.String, "account": pl.Int64},
    )


def insert_payments(rows: pl.DataFrame, *, booked_date: date, cashier_id: int | None) -> pl.Series:
    """Write receipts that are not known yet, in order of channel and reference; a known one stays as it is.

    Args:
        rows: `payment`, `channel`, `channel_ref`, `account` (nullable), `account_no`, `amount_fen`, `paid_at`,
            `designated_month` (nullable), `state`, `topup`.
        booked_date: Business date.
        cashier_id: Who took the money, where a person did.

    Returns:
        Numbers of the payments written now. Of receipts delivered at once by several connections, each is written by
        one of them.
    """
    bulk.stage(
        rows,
        "receipt",
        {
            "payment": "bigint",
            "channel": "text",
            "channel_ref": "text",
            "account": "bigint",
            "account_no": "text",
            "amount_fen": "bigint",
            "paid_at": "timestamptz",
            "designated_month": "integer",
            "state": "text",
            "topup": "boolean",
        },
    )
    return bulk.fetch(
        """
        INSERT INTO zaikong_payment (id, channel, channel_ref, account_id, account_no_given, amount_fen, paid_at,
                                     booked_date, designated_month, state, topup, cashier_id)
        SELECT payment, channel, channel_ref, account, account_no, amount_fen, paid_at,
               %s, designated_month, state, topup, %s
        FROM receipt ORDER BY channel, channel_ref
        ON CONFLICT (channel, channel_ref) DO NOTHING
        RETURNING id
        """,
        {"payment": pl.Int64},
        [booked_date, cashier_id],
    )["payment"]


def locked_payments(keys: pl.DataFrame) -> pl.DataFrame:
    """Lock receipts by `channel` and `channel_ref` and read them; those not known are absent.

    Returns:
        One row a known receipt, columns `PAYMENT_STATE`.
    """
    keys = keys.select("channel", "channel_ref").unique()
    bulk.stage(keys, "receipt_key", {"channel": "text", "channel_ref": "text"})
    bulk.execute("ANALYZE receipt_key")
    bulk.execute(
        "SELECT 1 FROM zaikong_payment p JOIN receipt_key USING (channel, channel_ref) "
        "ORDER BY channel, channel_ref FOR UPDATE OF p"
    )
    return bulk.fetch(
        f"""
        SELECT p.id, p.channel, p.channel_ref, p.account_id, p.account_no_given, p.amount_fen,
               (p.paid_at AT TIME ZONE 'Asia/Shanghai')::date - {_EPOCH}, p.designated_month, p.state, p.topup
        FROM zaikong_payment p JOIN receipt_key USING (channel, channel_ref)
        """,
        PAYMENT_STATE,
    )


def move_payments(rows: pl.DataFrame, *, booked_date: date, staff_id: int | None) -> None:
    """Give payments another state, and record who decided it and why.

    Args:
        rows: `payment`, `account` (nullable), `state` (the old one), `to_state`, `reason`.
        booked_date: Business date.
        staff_id: Who decided, where a person did.
    """
    bulk.stage(
        rows.sort("payment"),
        "payment_moved",
        {"payment": "bigint", "account": "bigint", "state": "text", "to_state": "text", "reason": "text"},
    )
    bulk.execute(
        "UPDATE zaikong_payment p SET state = m.to_state, account_id = m.account FROM payment_moved m "
        "WHERE p.id = m.payment"
    )
    bulk.execute(
        "INSERT INTO zaikong_paymentchange (payment_id, from_state, to_state, booked_date, staff_id, reason) "
        "SELECT payment, state, to_state, %s, %s, reason FROM payment_moved ORDER BY payment",
        [booked_date, staff_id],
    )


def lock_accounts(accounts: pl.Series) -> None:
    """Lock the balances of accounts, in order of account, making those that do not exist yet."""
    wanted = accounts.drop_nulls().unique().sort().to_frame("account")
    bulk.stage(wanted, "account_locked", {"account": "bigint"})
    bulk.execute("ANALYZE account_locked")
    bulk.execute(
        "INSERT INTO zaikong_accountbalance (account_id, receivable_fen, prepaid_fen) "
        "SELECT account, 0, 0 FROM account_locked l "
        "WHERE NOT EXISTS (SELECT 1 FROM zaikong_accountbalance b WHERE b.account_id = l.account) "
        "ORDER BY account ON CONFLICT DO NOTHING"
    )
    bulk.execute(
        "SELECT 1 FROM zaikong_accountbalance b JOIN account_locked l ON l.account = b.account_id "
        "ORDER BY b.account_id FOR UPDATE OF b"
    )


def prepaid_of_locked() -> pl.DataFrame:
    """Prepaid balance of the accounts locked last: `account`, `prepaid_fen`."""
    return bulk.fetch(
        "SELECT b.account_id, b.prepaid_fen FROM zaikong_accountbalance b "
        "JOIN account_locked l ON l.account = b.account_id",
        {"account": pl.Int64, "prepaid_fen": pl.Int64},
    )


def accounts_with_prepaid_and_items(accounts: pl.Series | None) -> pl.Series:
    """Accounts that hold prepaid money and owe something undisputed; of a list, or of all."""
    among = ""
    if accounts is not None:
        bulk.stage(accounts.drop_nulls().unique().to_frame("account"), "account_asked", {"account": "bigint"})
        among = "AND b.account_id IN (SELECT account FROM account_asked)"
    return bulk.fetch(
        f"""
        SELECT b.account_id FROM zaikong_accountbalance b
        WHERE b.prepaid_fen > 0 {among}
          AND (EXISTS (SELECT 1 FROM zaikong_openitem i
                       WHERE i.account_id = b.account_id AND i.open_fen > 0 AND NOT i.disputed)
            OR EXISTS (SELECT 1 FROM zaikong_openitem i
                       WHERE i.account_id = b.account_id AND {_LATE_FEE_LEFT} AND NOT i.disputed))
        """,
        {"account": pl.Int64},
    )["account"]


def items_of_locked() -> pl.DataFrame:
    """What the accounts locked last owe: items with principal open, and paid ones with late fee left; `OPEN_ITEM`."""
    return bulk.fetch(
        f"{_ITEM_SELECT} JOIN account_locked l ON l.account = i.account_id WHERE i.open_fen > 0 "
        f"UNION ALL {_ITEM_SELECT} JOIN account_locked l ON l.account = i.account_id WHERE {_LATE_FEE_LEFT}",
        OPEN_ITEM,
    )


def items_of_bills(bills: pl.Series) -> pl.DataFrame:
    """The items of these bills, open or not; `OPEN_ITEM`."""
    bulk.stage(bills.unique().to_frame("bill"), "bill_asked", {"bill": "bigint"})
    bulk.execute("ANALYZE bill_asked")
    return bulk.fetch(f"{_ITEM_SELECT} JOIN bill_asked q ON q.bill = i.bill_id", OPEN_ITEM)


def paid_by_day(bills: pl.Series) -> pl.DataFrame:
    """Principal paid on bills, net of what was undone: `bill`, `day` it takes effect, `principal_fen`."""
    bulk.stage(bills.unique().to_frame("bill"), "bill_paid", {"bill": "bigint"})
    bulk.execute("ANALYZE bill_paid")
    return bulk.fetch(
        f"""
        SELECT l.bill_id, l.effective_date - {_EPOCH}, sum(l.principal_fen)::bigint
        FROM zaikong_allocation l JOIN bill_paid q ON q.bill = l.bill_id
        GROUP BY 1, 2 HAVING sum(l.principal_fen) <> 0
        """,
        {"bill": pl.Int64, "day": pl.Int64, "principal_fen": pl.Int64},
    )


def allocated_by_payments(payments: pl.Series) -> pl.DataFrame:
    """What payments paid, net: `payment`, `account`, `bill`, `effective_day`, `principal_fen`, `late_fee_fen`."""
    bulk.stage(payments.unique().to_frame("payment"), "payment_asked", {"payment": "bigint"})
    bulk.execute("ANALYZE payment_asked")
    return bulk.fetch(
        f"""
        SELECT l.payment_id, l.account_id, l.bill_id, l.effective_date - {_EPOCH},
               sum(l.principal_fen)::bigint, sum(l.late_fee_fen)::bigint
        FROM zaikong_allocation l JOIN payment_asked q ON q.payment = l.payment_id
        GROUP BY 1, 2, 3, 4 HAVING sum(l.principal_fen) <> 0 OR sum(l.late_fee_fen) <> 0
        """,
        {
            "payment": pl.Int64,
            "account": pl.Int64,
            "bill": pl.Int64,
            "effective_day": pl.Int64,
            "principal_fen": pl.Int64,
            "late_fee_fen": pl.Int64,
        },
    )


def allocated_from_prepaid(accounts: pl.Series) -> pl.DataFrame:
    """What prepaid money paid, net, by day: `account`, `bill`, `effective_day`, `principal_fen`, `late_fee_fen`."""
    bulk.stage(accounts.unique().to_frame("account"), "account_short", {"account": "bigint"})
    return bulk.fetch(
        f"""
        SELECT l.account_id, l.bill_id, l.effective_date - {_EPOCH},
               sum(l.principal_fen)::bigint, sum(l.late_fee_fen)::bigint
        FROM zaikong_allocation l JOIN account_short q ON q.account = l.account_id
        WHERE l.payment_id IS NULL
        GROUP BY 1, 2, 3 HAVING sum(l.principal_fen) <> 0 OR sum(l.late_fee_fen) <> 0
        """,
        {
            "account": pl.Int64,
            "bill": pl.Int64,
            "effective_day": pl.Int64,
            "principal_fen": pl.Int64,
            "late_fee_fen": pl.Int64,
        },
    )


def write_allocations(rows: pl.DataFrame, *, booked_date: date) -> None:
    """Append allocations.

    Args:
        rows: `account`, `bill`, `payment` (nullable), `principal_fen`, `late_fee_fen`, `effective_day`,
            `transaction`.
        booked_date: Business date.
    """
    bulk.write(
        rows.select(
            pl.col("account").alias("account_id"),
            pl.col("bill").alias("bill_id"),
            pl.col("payment").alias("payment_id"),
            "principal_fen",
            "late_fee_fen",
            pl.lit(booked_date).alias("booked_date"),
            pl.col("effective_day").cast(pl.Int32).cast(pl.Date).alias("effective_date"),
            "transaction",
        ),
        "zaikong_allocation",
    )


def move_items(rows: pl.DataFrame) -> None:
    """Move open items by what was paid (positive) or undone (negative).

    Args:
        rows: One row a bill: `bill`, `principal_fen`, `late_fee_fen`, `late_fee_fixed_fen` (late fee that stands once
            the principal is paid, 0 while it is not).
    """
    types = dict.fromkeys(("bill", "principal_fen", "late_fee_fen", "late_fee_fixed_fen"), "bigint")
    bulk.stage(rows.select(list(types)).sort("bill"), "item_moved", types)
    bulk.execute("ANALYZE item_moved")
    bulk.execute(
        """
        UPDATE zaikong_openitem i SET
            open_fen = i.open_fen - m.principal_fen,
            late_fee_paid_fen = i.late_fee_paid_fen + m.late_fee_fen,
            late_fee_fixed_fen = m.late_fee_fixed_fen
        FROM item_moved m WHERE m.bill = i.bill_id
        """
    )


def ways_of_payments(payments: pl.Series) -> pl.DataFrame:
    """How the money of payments came in, from their legs: `payment`, `was_in_transit`, `was_assigned`."""
    bulk.stage(payments.to_frame("payment"), "payment_way", {"payment": "bigint"})
    bulk.execute("ANALYZE payment_way")
    return bulk.fetch(
        """
        SELECT l.payment_id, bool_or(l.event = 'payment_in_transit'), bool_or(l.event = 'unidentified_assigned')
        FROM zaikong_leg l JOIN payment_way q ON q.payment = l.payment_id GROUP BY 1
        """,
        {"payment": pl.Int64, "was_in_transit": pl.Boolean, "was_assigned": pl.Boolean},
    )


def allocated_on_bills(bills: pl.Series) -> pl.DataFrame:
    """What was paid on bills, net: `payment` (null for prepaid money) and the columns of `allocated_by_payments`."""
    bulk.stage(bills.unique().to_frame("bill"), "bill_voided", {"bill": "bigint"})
    return bulk.fetch(
        f"""
        SELECT l.payment_id, l.account_id, l.bill_id, l.effective_date - {_EPOCH},
               sum(l.principal_fen)::bigint, sum(l.late_fee_fen)::bigint
        FROM zaikong_allocation l JOIN bill_voided q ON q.bill = l.bill_id
        GROUP BY 1, 2, 3, 4 HAVING sum(l.principal_fen) <> 0 OR sum(l.late_fee_fen) <> 0
        """,
        {
            "payment": pl.Int64,
            "account": pl.Int64,
            "bill": pl.Int64,
            "effective_day": pl.Int64,
            "principal_fen": pl.Int64,
            "late_fee_fen": pl.Int64,
        },
    )


def void_items(bills: pl.Series) -> None:
    """Items of reversed bills, on which nothing stands paid any more, owe nothing: amount and open become 0."""
    bulk.stage(bills.unique().to_frame("bill"), "bill_voided", {"bill": "bigint"})
    bulk.execute(
        "UPDATE zaikong_openitem i SET amount_fen = 0, open_fen = 0, late_fee_fixed_fen = 0 "
        "FROM bill_voided v WHERE v.bill = i.bill_id"
    )


def settled_late_items(*, booked_date: date) -> pl.DataFrame:
    """Items that moved on a business date and whose principal is paid, some of it after the due date; `OPEN_ITEM`."""
    return bulk.fetch(
        f"""
        {_ITEM_SELECT} WHERE i.open_fen = 0
          AND i.bill_id IN (SELECT m.bill_id FROM zaikong_allocation m WHERE m.booked_date = %s)
          AND EXISTS (SELECT 1 FROM zaikong_allocation l WHERE l.bill_id = i.bill_id AND l.effective_date > i.due_date)
        """,
        OPEN_ITEM,
        [booked_date],
    )
