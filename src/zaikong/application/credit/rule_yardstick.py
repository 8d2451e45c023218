"""How would the rule grade have ranked the same bills?

The points of the behaviour grade are worked out from what the score saw, so that both are judged on the same facts.
"""

from datetime import date

import narwhals as nw
import polars as pl

from zaikong.domain.credit.behaviour import BEHAVIOUR_COLUMNS, behaviour_grades
from zaikong.domain.credit.behaviour_table import behaviour_table
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked

_PERMILLE = 1000
_FULL_POINTS = 100


def points_lost(rows: pl.DataFrame, *, as_of: date) -> pl.Series:
    """Points the behaviour grade takes from each bill's account at its release, 0 to 100; vetoes are left out.

    Args:
        rows: `histories.features_of`.
        as_of: The day whose table of grades is used.
    """
    due = pl.when(pl.col("late_permille") > 0).then(
        pl.col("late_bills") * _PERMILLE // pl.max_horizontal(pl.col("late_permille"), pl.lit(1))
    )
    bills = pl.max_horizontal(due.otherwise(pl.col("bills_seen")), "late_bills")
    usual = pl.col("amount_fen") * _PERMILLE // pl.max_horizontal(pl.col("amount_permille"), pl.lit(1))
    nothing = pl.lit(0, pl.Int64)
    facts = rows.with_row_index("account_row").select(
        account=pl.col("account_row").cast(pl.Int64),
        as_of_day="issued_day",
        months_known="tenure_months",
        bills_12m=bills,
        on_time_12m=bills - pl.col("late_bills"),
        overdue_12m="late_bills",
        longest_overdue_days="longest_delay_days",
        arrears_fen=pl.col("overdue_permille") * usual // _PERMILLE,
        monthly_bill_fen=usual,
        use_trend_permille="use_permille",
        prepaid=pl.lit(False),
        clean_months=nothing,
    )
    others = [name for name in BEHAVIOUR_COLUMNS if name not in facts.columns]
    entry = facts.with_columns(nothing.alias(name) for name in others).select(BEHAVIOUR_COLUMNS)
    graded = collected(
        behaviour_grades(
            checked(nw.from_native(entry.lazy()), BEHAVIOUR_COLUMNS, rule="rule yardstick"),
            table=behaviour_table(as_of=as_of).value,
        )
    )
    return (_FULL_POINTS - graded.sort("account")["total_points"]).alias("rule")
