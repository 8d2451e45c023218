"""Did the rating and its floor write the same bills and lines, fen for fen?

Two programs that share no rule; each row of one must be a row of the other. Order may differ: a join keeps none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from zaikong.application.bench.refusal import UnableToMeasureError

_KEYS = {"bills": ["account"], "lines": ["account", "line"]}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What both wrote.

    Attributes:
        bills: Bills.
        lines: Their lines.
        total_fen: Sum of the bills, which is that of the lines [fen].
    """

    bills: int
    lines: int
    total_fen: int


def agreed(rating: Path, floor: Path) -> Agreement:
    """Compare every row and column.

    Args:
        rating: Folder that the rating wrote.
        floor: Folder that the floor wrote.

    Raises:
        UnableToMeasureError: A row is missing or differs; names table and columns.
    """
    bills = lines = total = line_total = 0
    for ours, theirs in _pairs(rating, floor, "bills"):
        bills, total = bills + ours.height, total + int(ours["total_fen"].sum())
        _require_same("bills", ours, theirs)
    for ours, theirs in _pairs(rating, floor, "lines"):
        lines, line_total = lines + ours.height, line_total + int(ours["amount_fen"].sum())
        _require_same("lines", ours, theirs)
    if total != line_total:
        raise _different("totals", ["amount_fen"])
    return Agreement(bills, lines, total)


def _pairs(rating: Path, floor: Path, table: str) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows of each file of the floor with those of the same accounts."""
    ours = sorted((rating / table).glob("*.parquet"))
    for file in sorted((floor / table).glob("*.parquet")):
        theirs = pl.read_parquet(file)
        twin = rating / table / file.name
        if twin in ours:
            yield _plain(pl.read_parquet(twin), table), _plain(theirs, table)
            continue
        low, high = theirs["account"].min(), theirs["account"].max()
        same = pl.scan_parquet(ours).filter(pl.col("account").is_between(low, high)).collect()
        yield _plain(same, table), _plain(theirs, table)


def _plain(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String)).sort(_KEYS[table])


def _require_same(table: str, ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    if ours.columns != theirs.columns:
        raise _different(table, sorted(set(ours.columns) ^ set(theirs.columns)))
    if ours.height != theirs.height:
        raise _different(table, ["number of rows"])
    wrong = [name for name in ours.columns if not ours[name].equals(theirs[name])]
    if wrong:
        raise _different(table, wrong)


def _different(table: str, columns: list[str]) -> UnableToMeasureError:
    return UnableToMeasureError(
        f"the rating and its floor disagree in the {table}: " + ", ".join(columns),
        code="FLOOR_DISAGREES",
        fields={"table": table, "columns": columns},
        remedy="One of the two rates wrongly; please report it with the command you ran.",
    )
