"""Which ladder does each account go by tonight?

The rule runs the rows of the strategy over a whole county as columns, and over one account as one row. An account that
no row matches, or that two rows of one priority match, gets no ladder and a code that says so: nothing is sent to it
until a person has looked.
"""

from datetime import date
from functools import reduce
from operator import and_
from typing import Final

import narwhals as nw

from zaikong.domain.collection.strategy_table import ANY, Strategy, StrategyRow

SUBJECT_COLUMNS: Final = ("account", "held_grade", "category", "owed_fen", "vulnerable")
"""What the strategy reads of an account; `held_grade` is 0 where no grade stands."""

CHOSEN_COLUMNS: Final = ("account", "ladder", "strategy_row", "strategy_code")
"""The ladder, the row that gave it, and `MATCHED`, `NO_MATCH` or `TIE`; ladder and row are empty without a match."""

_NEVER: Final = 2**31


def chosen_ladders(accounts: nw.LazyFrame, *, strategy: Strategy, as_of: date) -> nw.LazyFrame:
    """The ladder of each account.

    Args:
        accounts: `SUBJECT_COLUMNS`, one row an account.
        strategy: The edition in force.
        as_of: The business date, for the season.

    Returns:
        `CHOSEN_COLUMNS`.
    """
    live = [row for row in strategy.rows if as_of.month in strategy.months_of(row)]
    zero = nw.lit(0, nw.Int64)
    first: nw.Expr = nw.min_horizontal(
        nw.lit(_NEVER, nw.Int64),
        *(nw.when(_matches(row)).then(nw.lit(row.priority, nw.Int64)).otherwise(_NEVER) for row in live),
    )
    tried = accounts.with_columns(_first=first)
    at_first = {row.row: (nw.col("_first") == row.priority) & _matches(row) for row in live}
    counted = tried.with_columns(_count=sum((hit.cast(nw.Int64) for hit in at_first.values()), start=zero))
    one = nw.col("_count") == 1
    ladder: nw.Expr = nw.lit("")
    name: nw.Expr = nw.lit("")
    for row in live:
        hit = one & at_first[row.row]
        ladder = nw.when(hit).then(nw.lit(row.ladder)).otherwise(ladder)
        name = nw.when(hit).then(nw.lit(row.row)).otherwise(name)
    code = nw.when(one).then(nw.lit("MATCHED")).when(nw.col("_count") == 0).then(nw.lit("NO_MATCH"))
    return counted.with_columns(ladder=ladder, strategy_row=name, strategy_code=code.otherwise(nw.lit("TIE"))).select(
        *CHOSEN_COLUMNS
    )


def _matches(row: StrategyRow) -> nw.Expr:
    """Whether a row's conditions hold; the season is judged by the caller."""
    low, end = row.amounts
    conditions = [
        nw.col("held_grade").is_in(sorted(row.grade_numbers)),
        nw.col("category").is_in(sorted(row.category_names)),
        nw.col("owed_fen") >= low,
        nw.col("owed_fen") < end,
    ]
    if row.vulnerable != ANY:
        conditions += [nw.col("vulnerable") == flag for flag in row.vulnerabilities] or [nw.lit(False)]
    return reduce(and_, conditions)
