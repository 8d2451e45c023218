"""Did notices, cuts and low grades of a period fall on any class, station or area more than circumstances explain?"""

from datetime import date, timedelta

import narwhals as nw
import polars as pl

from zaikong.domain.assessment.fairness import FairnessTerms, GroupGap, fairness_audit
from zaikong.domain.assessment.fairness_cells import FAIRNESS_COLUMNS, fairness_cells
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.store.queries import fairness as queries

LOW_GRADE = 2
"""Grades up to this one (D, C) are low."""


def audit_fairness(
    *, from_date: date, to_date: date, seed: int = 42, terms: FairnessTerms | None = None
) -> list[GroupGap]:
    """Audit a period.

    Args:
        from_date: First day.
        to_date: First day no longer in it; grades and debts are those of the day before.
        seed: Seed of every draw.
        terms: When a gap is worth a person's look.

    Returns:
        One row a group, the surest gaps first.
    """
    rows = pl.concat(
        [
            queries.open_actions(from_date=from_date, to_date=to_date),
            queries.low_grades(as_of=to_date - timedelta(days=1), low=LOW_GRADE),
        ]
    )
    return audit_rows(rows, seed=seed, terms=terms)


def audit_rows(rows: pl.DataFrame, *, seed: int, terms: FairnessTerms | None = None) -> list[GroupGap]:
    """Audit rows that are at hand: `fairness_cells.FAIRNESS_COLUMNS`."""
    entry = checked(nw.from_native(rows.lazy()), FAIRNESS_COLUMNS, rule="fairness cells")
    cells = pl.concat([collected(frame) for frame in fairness_cells(entry)])
    return fairness_audit(cells.iter_rows(named=True), seed=seed, terms=terms)
