"""What is taken as the use of a day nobody could read?

The median of the same weekday of the account's last four weeks; else the mean of its last seven days; else the mean of
its class; else zero, with a finding. Split over the registers by the account's own shares.

Basis: 供电营业规则 lets a missed reading be billed by earlier use and settled by the next one (电费退补).
"""

from typing import Final

import narwhals as nw

from zaikong.domain.metering.history import DAILY_USE_COLUMNS, SHARE, UP_TO, WEEKDAYS, weekday_number
from zaikong.domain.metering.registers import TIME_OF_USE
from zaikong.kernel.money import half_away

WITHOUT_SHARES: Final = "flat"
"""Where a time-of-use account has shown no use yet, all of an estimate is flat."""


def estimated_total(*, day: int) -> nw.Expr:
    """The estimate of one day [0.01 kWh] over `HISTORY_COLUMNS`; null where nothing is known."""
    return nw.coalesce(
        nw.col(WEEKDAYS[weekday_number(day)]), nw.col("last7_mean_centi_kwh"), nw.col("class_mean_centi_kwh")
    )


def estimated_days(accounts: nw.LazyFrame, *, day: int) -> nw.LazyFrame:
    """The estimated use of one day.

    Args:
        accounts: `HISTORY_COLUMNS` and `has_time_of_use` of the accounts that could not be read.
        day: The day [day].

    Returns:
        `DAILY_USE_COLUMNS` with source `estimated`; the registers add up to the total.
    """
    with_total = accounts.with_columns(
        centi_kwh=nw.coalesce(estimated_total(day=day), nw.lit(0, nw.Int64)), day=nw.lit(day, nw.Int64)
    )
    share = nw.coalesce(nw.col("kvarh_share"), nw.lit(0, nw.Int64))
    return with_total.with_columns(
        **_split(),
        centi_kvarh=half_away(nw.col("centi_kwh") * share, SHARE),
        source=nw.lit("estimated"),
    ).select(*DAILY_USE_COLUMNS)


def _split() -> dict[str, nw.Expr]:
    total = nw.col("centi_kwh")
    without = {name: total if name == WITHOUT_SHARES else nw.lit(0, nw.Int64) for name in TIME_OF_USE}
    up_to: dict[str, nw.Expr] = {
        name: half_away(total * nw.col(column), SHARE) for name, column in zip(TIME_OF_USE, UP_TO, strict=True)
    }
    before: nw.Expr = nw.lit(0, nw.Int64)
    parts = {}
    for name in TIME_OF_USE:
        known = nw.when(nw.col(UP_TO[0]).is_null()).then(without[name]).otherwise(up_to[name] - before)
        parts[f"{name}_centi_kwh"] = nw.when(nw.col("has_time_of_use")).then(known).otherwise(nw.lit(0, nw.Int64))
        before = up_to[name]
    return parts
