"""What must be known, and set, to take a released bill back?"""

import polars as pl

from zaikong.store import bulk
from zaikong.store.queries.settlements import BILL_AMOUNTS

_BILL = {
    "bill": pl.Int64,
    "account": pl.Int64,
    "month": pl.Int64,
    "sequence": pl.Int64,
    "kind": pl.String,
    "from_day": pl.Int64,
    "to_day": pl.Int64,
    "due_day": pl.Int64,
    "book": pl.String,
    "plan": pl.String,
    "verified": pl.Boolean,
    **dict.fromkeys(BILL_AMOUNTS, pl.Int64),
    "posted_fund_fen": pl.Int64,
}

_LINE = {
    "line": pl.Int64,
    "item": pl.String,
    "quantity": pl.Int64,
    "unit": pl.String,
    "price_e8": pl.Int64,
    "amount_fen": pl.Int64,
    "from_day": pl.Int64,
    "to_day": pl.Int64,
    "price_from_day": pl.Int64,
}


def bill_row(bill_id: int) -> pl.DataFrame:
    """One bill with its amounts, and the government funds its own legs brought (`posted_fund_fen`)."""
    amounts = ", ".join(f"b.{name}" for name in BILL_AMOUNTS)
    return bulk.fetch(
        "SELECT b.id, b.account_id, b.month, b.sequence, b.kind, b.from_date - date '1970-01-01', "
        "b.to_date - date '1970-01-01', b.due_date - date '1970-01-01', b.book, b.plan, b.verified, "
        f"{amounts}, coalesce((SELECT -sum(l.amount_fen) FROM zaikong_leg l JOIN zaikong_leg r "
        "ON r.transaction = l.transaction AND r.bill_id = b.id AND r.gl IN ('1122', '2203') "
        "WHERE l.gl = '224110' AND l.bill_id = b.id), 0)::bigint FROM zaikong_bill b WHERE b.id = %s",
        _BILL,
        [bill_id],
    )


def bill_lines(bill_id: int) -> pl.DataFrame:
    """The lines of one bill in order."""
    return bulk.fetch(
        "SELECT line, item, quantity, unit, price_e8, amount_fen, from_date - date '1970-01-01', "
        "to_date - date '1970-01-01', price_from_date - date '1970-01-01' FROM zaikong_billline "
        "WHERE bill_id = %s ORDER BY line",
        _LINE,
        [bill_id],
    )
