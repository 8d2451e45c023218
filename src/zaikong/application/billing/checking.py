"""What do the checks before release say of rated bills?"""

import polars as pl

from zaikong.application.billing.rated import RatedFrames
from zaikong.domain.billing.splitting import UNRATED

FINDING = {
    "account": pl.Int64,
    "month": pl.Int64,
    "code": pl.String,
    "severity": pl.String,
    "observed": pl.Int64,
    "limit": pl.Int64,
}
"""Columns of a finding on a rated bill."""


def check_bills(frame: pl.DataFrame, rated: RatedFrames, *, month: int) -> pl.DataFrame:
    """Run every check on rated bills.

    Args:
        frame: The settlements, as `settlements.settlement_frame`.
        rated: What the rules made of them.
        month: The billing month, for the history.

    Returns:
        `FINDING` rows; a bill with one of severity `hold` is not released.
    """
    del frame, month
    return _unrated(rated)


def _unrated(rated: RatedFrames) -> pl.DataFrame:
    names = {number: code for number, (code, _) in UNRATED.items()}
    return rated.unrated.select(
        "account",
        "month",
        code=pl.col("code").replace_strict(names, default="UNRATED", return_dtype=pl.String),
        severity=pl.lit("hold"),
        observed=pl.lit(0, pl.Int64),
        limit=pl.lit(0, pl.Int64),
    )
