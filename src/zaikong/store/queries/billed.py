"""What has been billed to an account for a month?"""

import polars as pl

from zaikong.store import bulk


def lock() -> None:
    """Let one process at a time bring in bills, until the end of the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_imported_bills'))")


def billed_months(asked: pl.DataFrame) -> pl.DataFrame:
    """Bills of accounts and months, corrections and reversals summed.

    Args:
        asked: `account`, `month`.

    Returns:
        `account`, `month`, `total_fen`, `centi_kwh` of those with a bill.
    """
    bulk.stage(asked.unique(), "month_asked", {"account": "bigint", "month": "integer"})
    bulk.execute("ANALYZE month_asked")
    return bulk.fetch(
        "SELECT b.account_id, b.month, sum(b.total_fen), sum(b.centi_kwh) FROM zaikong_bill b "
        "JOIN month_asked k ON k.account = b.account_id AND k.month = b.month GROUP BY 1, 2",
        {"account": pl.Int64, "month": pl.Int64, "total_fen": pl.Int64, "centi_kwh": pl.Int64},
    )
