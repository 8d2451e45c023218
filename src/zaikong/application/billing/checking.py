"""What do the checks before release say of rated bills?"""

from typing import Any

import narwhals as nw
import polars as pl

from zaikong.application.billing.rated import RatedFrames
from zaikong.domain.billing.checks import CHECK_COLUMNS, FINDING_COLUMNS, HOLD, check
from zaikong.domain.billing.splitting import UNRATED
from zaikong.engine.dictionary import checked
from zaikong.store.queries import settlements as reads

_REDUCTIONS = ("POWER_FACTOR", "FREE_ALLOWANCE", "INTERIM_SETTLED")
"""Lines that may be below zero; a surcharge may be a rebate."""

_HISTORY = (
    "months_known",
    "average_centi_kwh",
    "previous_centi_kwh",
    "same_month_last_year_centi_kwh",
    "same_month_last_year_fen",
    "last_to_day",
)

_FACTS = (
    "settlement",
    "category",
    "power_factor_standard",
    "centi_kva",
    "centi_demand_kw",
    "centi_contract_demand_kw",
    "largest_day_centi_kwh",
    "days_known",
    "estimated_days",
    "opened_day",
    "closed_day",
)


def check_bills(frame: pl.DataFrame, rated: RatedFrames, *, month: int) -> pl.DataFrame:
    """Run every check on rated bills.

    Args:
        frame: The settlements, as `settlements.settlement_frame`.
        rated: What the rules made of them.
        month: The billing month, for the history.

    Returns:
        `FINDING_COLUMNS`; a bill with one of severity `hold` is not released.
    """
    wide = _wide(frame, rated, reads.bill_history(month))
    found: Any = check(checked(nw.from_native(wide.lazy()), CHECK_COLUMNS, rule="bill checks")).to_native().collect()
    return pl.concat([_unrated(rated), found.select(FINDING_COLUMNS)])


def _wide(frame: pl.DataFrame, rated: RatedFrames, history: pl.DataFrame) -> pl.DataFrame:
    zero = [pl.col(name).fill_null(0) for name in (*_HISTORY, "line_total_fen", "negative_lines", "closed_day")]
    return (
        rated.bills.join(
            frame.select(*_FACTS, pl.col("centi_kwh").alias("metered_centi_kwh")), on="settlement", how="left"
        )
        .join(_line_sums(rated.lines), on="settlement", how="left")
        .join(history.select("account", *_HISTORY), on="account", how="left")
        .with_columns(*zero)
    )


def _line_sums(lines: pl.DataFrame) -> pl.DataFrame:
    item = pl.col("item")
    reduction = item.is_in(_REDUCTIONS) | item.str.starts_with("SURCHARGE_")
    return lines.group_by("settlement").agg(
        line_total_fen=pl.col("amount_fen").sum(),
        negative_lines=((pl.col("amount_fen") < 0) & ~reduction).sum().cast(pl.Int64),
    )


def _unrated(rated: RatedFrames) -> pl.DataFrame:
    names = {number: code for number, (code, _) in UNRATED.items()}
    return rated.unrated.select(
        "account",
        "month",
        code=pl.col("code").replace_strict(names, default="UNRATED", return_dtype=pl.String),
        severity=pl.lit(HOLD),
        observed=pl.lit(0, pl.Int64),
        limit=pl.lit(0, pl.Int64),
    )
