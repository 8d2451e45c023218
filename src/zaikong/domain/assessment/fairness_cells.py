"""How many accounts in like circumstances were there in each group, and to how many was the action taken?

Like circumstances are what may justify a difference: how long the account was overdue, how much it owed, which grade it
had. The test over the counts is in `fairness`.
"""

from typing import Final

import narwhals as nw

FAIRNESS_COLUMNS: Final = (
    "action",
    "acted",
    "days_overdue",
    "owed_fen",
    "standing_grade",
    "category",
    "station",
    "area",
)
"""One row an account for which an action was open: whether it was taken, what may justify it, and the groups."""

DIMENSIONS: Final = ("category", "station", "area")
"""What a rate may not depend on by itself."""

CELL_COLUMNS: Final = ("action", "dimension", "group", "days_band", "fen_band", "standing_grade", "accounts", "acted")
"""One row a group in a circumstance: how many accounts, to how many the action was taken."""

DAY_BANDS: Final = (0, 15, 30, 60, 90, 180)
"""Last day of each band of days overdue but the highest [day]."""

FEN_BANDS: Final = (0, 5_000, 20_000, 100_000, 1_000_000)
"""Highest amount of each band of debt but the highest [fen]."""


def fairness_cells(rows: nw.LazyFrame) -> list[nw.LazyFrame]:
    """Count the accounts of each circumstance and group.

    Args:
        rows: `FAIRNESS_COLUMNS`.

    Returns:
        A frame a dimension, each with `CELL_COLUMNS`.
    """
    banded = rows.with_columns(
        days_band=_band("days_overdue", DAY_BANDS),
        fen_band=_band("owed_fen", FEN_BANDS),
        _one=nw.lit(1, nw.Int64),
        _acted=nw.col("acted").cast(nw.Int64),
    )
    return [
        banded.with_columns(dimension=nw.lit(name), group=nw.col(name))
        .group_by("action", "dimension", "group", "days_band", "fen_band", "standing_grade")
        .agg(accounts=nw.col("_one").sum(), acted=nw.col("_acted").sum())
        .select(list(CELL_COLUMNS))
        for name in DIMENSIONS
    ]


def _band(name: str, limits: tuple[int, ...]) -> nw.Expr:
    return nw.sum_horizontal(*((nw.col(name) > limit).cast(nw.Int64) for limit in limits))
