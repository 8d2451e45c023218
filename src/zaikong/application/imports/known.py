"""Which account is meant by each row?"""

import polars as pl

from zaikong.application.imports.rejections import Rejections
from zaikong.store.queries import registry as queries


def with_accounts(rows: pl.DataFrame, rejections: Rejections, *, column: str = "account_no") -> pl.DataFrame:
    """Add `account`, `contract_date` and `closed_date` of each row's account, refusing rows whose account is unknown.

    Args:
        rows: `LINE` and `account_no`.
        rejections: Where faults go.
        column: The kind's column that is at fault.
    """
    known = queries.account_ids(rows["account_no"])
    found = rows.join(known, on="account_no", how="left", maintain_order="left")
    unknown = pl.col("account").is_null()
    return rejections.refuse(
        found,
        unknown,
        column=column,
        code="ACCOUNT_UNKNOWN",
        reason="There is no such account. Correct the number, or import the customer first.",
    )
