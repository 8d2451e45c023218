"""One account through its nights by the rules of falls alone, with what is on record and what was told."""

from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.feecontrol.crossing import (
    CROSSING_COLUMNS,
    DUE_COLUMNS,
    FALL_COLUMNS,
    PASSED_COLUMNS,
    STATE_COLUMNS,
    TOLD_COLUMNS,
    crossings,
    falls,
    warnings_due,
)
from zaikong.domain.feecontrol.estimate import THRESHOLD_COLUMNS
from zaikong.engine.dictionary import checked

FALL = dict(zip(FALL_COLUMNS, (pl.Int64, pl.Int64, pl.Int64, pl.Boolean, pl.Int64, pl.Boolean), strict=True))
LIMIT = dict(zip(THRESHOLD_COLUMNS, (pl.Int64, pl.String, pl.Int64, pl.Int64), strict=True))
PASSED = dict(zip(PASSED_COLUMNS, (pl.Int64, pl.String, pl.Int64, pl.Int64), strict=True))
TOLD = dict.fromkeys(TOLD_COLUMNS, pl.Int64)
STATE = dict.fromkeys(STATE_COLUMNS, pl.Int64)


def frame(schema: dict[str, Any], rows: Any) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def asked(frame: pl.DataFrame, columns: tuple[str, ...]) -> nw.LazyFrame:
    return checked(nw.from_native(frame.lazy()), columns, rule="crossings")


class Account:
    """One account through its nights, with what is on record."""

    def __init__(self, thresholds: list[int], overdraft: int = 0) -> None:
        self.thresholds, self.overdraft = thresholds, overdraft
        self.fallen_at, self.at = 0, 0
        self.record: list[tuple[int, str, int, int]] = []
        self.told: list[tuple[int, int, int]] = []

    def night(
        self, available: int, *, taken_back: bool = False, again: bool = False, delivers: bool = True
    ) -> list[Any]:
        """What is passed tonight; `again` runs the same night once more."""
        self.at += 0 if again else 1
        balances = frame(
            FALL,
            [(1, available, self.overdraft, available < -self.overdraft, self.fallen_at, taken_back and not again)],
        )
        limits = frame(LIMIT, [(1, "warn", fen, fen) for fen in self.thresholds])
        entry, own, passed = (
            asked(balances, FALL_COLUMNS),
            asked(limits, THRESHOLD_COLUMNS),
            asked(frame(PASSED, self.record), PASSED_COLUMNS),
        )
        new = crossings(entry, own, passed, at=self.at).collect()
        assert new.columns == list(CROSSING_COLUMNS)
        self.fallen_at = falls(entry, own, at=self.at).collect().rows()[0][1]
        rows = sorted(row[:4] for row in new.rows())
        self.record += rows
        due = warnings_due(
            asked(frame(STATE, [(1, self.fallen_at)]), STATE_COLUMNS),
            asked(frame(PASSED, self.record), PASSED_COLUMNS),
            asked(frame(TOLD, self.told), TOLD_COLUMNS),
        ).collect()
        assert due.columns == list(DUE_COLUMNS)
        self.due = due.rows()
        if delivers:
            self.told += [row[:3] for row in self.due]
        return [(kind, threshold) for _, kind, threshold, _ in rows]
