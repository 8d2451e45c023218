"""What would the strategy and its ladder do with a debt that does not exist?

For trying the tables by hand: the same rules as at night, over one made-up row.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from zaikong.domain.collection.ladder import DEBT_COLUMNS, DONE_COLUMNS, HOLD_COLUMNS, TRANSIT_COLUMNS
from zaikong.domain.collection.preview import Preview, preview
from zaikong.domain.collection.strategy import SUBJECT_COLUMNS, chosen_ladders
from zaikong.domain.collection.strategy_table import CATEGORIES, GRADES, strategy_on
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal

_TEXTS = frozenset({"category", "ladder", "step", "hold"})
_FLAGS = frozenset({"vulnerable", "disputed", "proven"})


class UnableToTryStrategyError(Refusal):
    """A word is no grade or no category."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: the ladder and the row that gave it, empty without a match; the due day; what lies ahead."""

    ladder: str
    row: str
    code: str
    due_date: date
    preview: Preview


def tried(
    *, grade: str, category: str, owed_fen: int, due_date: date, vulnerable: bool, as_of: date, days: int
) -> Trial:
    """Choose the ladder of a made-up debt and look ahead.

    Args:
        grade: One of `strategy_table.GRADES`.
        category: One of `strategy_table.CATEGORIES`.
        owed_fen: What is owed [fen].
        due_date: Its due day.
        vulnerable: Whether the household is on the list for human review.
        as_of: First day looked at.
        days: How many.

    Raises:
        UnableToTryStrategyError: The grade or category is unknown, or nothing is owed.
    """
    if grade not in GRADES or category not in CATEGORIES or owed_fen < 1:
        raise UnableToTryStrategyError(
            f"{grade} {category} with {owed_fen} fen is no debt to try",
            code="TRIAL_WRONG",
            fields={"grade": grade, "category": category, "owed_fen": owed_fen},
            remedy=f"Name a grade of {', '.join(GRADES)}, a category of {', '.join(CATEGORIES)} and an amount.",
        )
    facts = {
        "account": 1,
        "held_grade": GRADES.index(grade),
        "category": category,
        "owed_fen": owed_fen,
        "vulnerable": vulnerable,
    }
    strategy = strategy_on(as_of=as_of).value
    chosen = (
        chosen_ladders(_frame(SUBJECT_COLUMNS, [facts]), strategy=strategy, as_of=as_of).collect().rows(named=True)[0]
    )
    debt = {
        "bill": 1,
        "account": 1,
        "ladder": chosen["ladder"],
        "due_day": day_number(due_date),
        "open_fen": owed_fen,
        "disputed": False,
        "resumed_day": 0,
    }
    ahead = preview(
        _frame(DEBT_COLUMNS, [debt]),
        _frame(DONE_COLUMNS, []),
        _frame(HOLD_COLUMNS, []),
        _frame(TRANSIT_COLUMNS, []),
        as_of=as_of,
        resident=category == "residential",
        days=days,
    )
    return Trial(chosen["ladder"], chosen["strategy_row"], chosen["strategy_code"], due_date, ahead)


def _frame(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> nw.LazyFrame:
    kinds: dict[str, Any] = {
        name: nw.String() if name in _TEXTS else nw.Boolean() if name in _FLAGS else nw.Int64() for name in columns
    }
    return nw.DataFrame.from_dict(
        {name: [row[name] for row in rows] for name in columns}, kinds, backend="polars"
    ).lazy()
