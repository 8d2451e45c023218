"""Which guarantees stand, and which debts may they secure?"""

import polars as pl

from zaikong.store import bulk

_EPOCH = "DATE '1970-01-01'"

GUARANTEES = {
    "guarantee": pl.Int64,
    "account": pl.Int64,
    "guarantee_kind": pl.String,
    "maximum_fen": pl.Int64,
    "from_day": pl.Int64,
    "to_day": pl.Int64,
    "period_months": pl.Int64,
}
"""Guarantees in force; `period_months` 0 where none was agreed."""

ITEMS = {
    "bill": pl.Int64,
    "account": pl.Int64,
    "incurred_day": pl.Int64,
}
"""Open items of accounts that hold a guarantee, with the last day of supply billed."""


def in_force(*, account: int | None = None) -> pl.DataFrame:
    """Every guarantee in force, or those of one account, with the columns of `GUARANTEES`."""
    where, keys = _of(account, "g.account_id")
    return bulk.fetch(
        f"""
        SELECT g.id, g.account_id, g.kind, g.maximum_fen, g.from_date - {_EPOCH}, g.to_date - {_EPOCH},
               coalesce(g.period_months, 0)::bigint
        FROM zaikong_guarantee g WHERE g.state = 'in_force' {where} ORDER BY g.id
        """,
        GUARANTEES,
        keys,
    )


def secured_items(*, account: int | None = None) -> pl.DataFrame:
    """What accounts, or one, with a guarantee in force owe: principal open, or late fee left of paid principal; `ITEMS`."""
    where, keys = _of(account, "i.account_id")
    return bulk.fetch(
        f"""
        SELECT i.bill_id, i.account_id, b.to_date - 1 - {_EPOCH}
        FROM zaikong_openitem i JOIN zaikong_bill b ON b.id = i.bill_id
        WHERE (i.open_fen > 0 OR i.late_fee_fixed_fen > i.late_fee_paid_fen + i.late_fee_waived_fen)
          AND EXISTS (SELECT 1 FROM zaikong_guarantee g WHERE g.account_id = i.account_id AND g.state = 'in_force') {where}
        ORDER BY i.bill_id
        """,
        ITEMS,
        keys,
    )


def _of(account: int | None, column: str) -> tuple[str, list[int]]:
    return ("", []) if account is None else (f"AND {column} = %s", [account])
