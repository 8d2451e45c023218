"""How is the use between two readings laid on its days?

One day between them: the use is that day's, measured. Several: each register's use is laid on the days in proportion to
the account's own weekday profile, cut at the cumulative share so that the days add up to the register's difference to
the last 0.01 kWh; all of these days are trued up and supersede what was estimated for them.

Basis: 供电营业规则, 电费退补 (an estimate is settled by the next reading).
"""

from typing import Final

import narwhals as nw

from zaikong.domain.metering.history import DAILY_USE_COLUMNS, WEEKDAYS, weekday_of
from zaikong.domain.metering.registers import REACTIVE, TIME_OF_USE, at
from zaikong.kernel.money import whole_quotient

_WEIGHT: Final = 1_000
_SPREAD: Final = (*TIME_OF_USE, "single", REACTIVE)


def measured_days(accounts: nw.LazyFrame, *, day: int) -> nw.LazyFrame:
    """The use of accounts last read the day before.

    Args:
        accounts: `validation.judged_accounts`, those taken with `days` one.
        day: The day [day].

    Returns:
        `DAILY_USE_COLUMNS` with source `measured`.
    """
    return accounts.with_columns(
        day=nw.lit(day, nw.Int64),
        centi_kwh=nw.col("kwh_use"),
        centi_kvarh=nw.col("kvarh_use"),
        source=nw.lit("measured"),
    ).select(*DAILY_USE_COLUMNS)


def trued_up_days(meters: nw.LazyFrame, *, longest: int) -> nw.LazyFrame:
    """The use of accounts read after a gap, laid on its days.

    Args:
        meters: `validation.judged_meters` of taken accounts with a gap: `account`, `meter`, `first_day`, `days`,
            `use_<register>`, `tou_use`, `kwh_use`, the weekday medians and `median_centi_kwh`.
        longest: Most days of a gap [day].

    Returns:
        `DAILY_USE_COLUMNS` with source `trued_up`; each register adds up exactly to the difference of its readings.
    """
    days = _weighted(meters.join(_counting(meters, longest), on="days", how="inner"))
    upto, total = nw.col("_upto"), nw.col("_all")
    shares = {
        f"_{name}": whole_quotient(at("use", name) * upto, total)
        - whole_quotient(at("use", name) * (upto - nw.col("_weight")), total)
        for name in _SPREAD
    }
    summed = (
        days.with_columns(**shares)
        .group_by("account", "day")
        .agg(*(nw.col(f"_{name}").sum().alias(f"_{name}") for name in _SPREAD))
    )
    registers = {f"{name}_centi_kwh": nw.col(f"_{name}") for name in TIME_OF_USE}
    whole = nw.col("_sharp") + nw.col("_peak") + nw.col("_flat") + nw.col("_valley") + nw.col("_single")
    return summed.with_columns(
        **registers, centi_kwh=whole, centi_kvarh=nw.col("_reactive"), source=nw.lit("trued_up")
    ).select(*DAILY_USE_COLUMNS)


def _weighted(days: nw.LazyFrame) -> nw.LazyFrame:
    """Adds to each day of a gap its `_weight`, the weights up to and with it, and all of them."""
    largest = nw.max_horizontal(*(_profile(column) for column in WEEKDAYS), nw.lit(1, nw.Int64))
    weekday = weekday_of(nw.col("day"))
    chosen: nw.Expr = _profile(WEEKDAYS[-1])
    for number, column in enumerate(WEEKDAYS[:-1]):
        chosen = nw.when(weekday == number).then(_profile(column)).otherwise(chosen)
    return (
        days.with_columns(day=nw.col("first_day") + nw.col("_offset"), use_single=nw.col("kwh_use") - nw.col("tou_use"))
        .with_columns(_profile=whole_quotient(chosen * _WEIGHT, largest))
        .with_columns(_all=nw.col("_profile").sum().over("meter"))
        # a profile of nothing, or none: every day counts alike
        .with_columns(_weight=nw.when(nw.col("_all") > 0).then(nw.col("_profile")).otherwise(nw.lit(1, nw.Int64)))
        .with_columns(
            _all=nw.when(nw.col("_all") > 0).then(nw.col("_all")).otherwise(nw.col("days")),
            _upto=nw.col("_weight").cum_sum().over("meter", order_by="day"),
        )
    )


def _profile(weekday: str) -> nw.Expr:
    return nw.coalesce(nw.col(weekday), nw.col("median_centi_kwh"), nw.lit(0, nw.Int64))


def _counting(frame: nw.LazyFrame, longest: int) -> nw.LazyFrame:
    """Every pair of a number of `days` up to `longest` and an `_offset` from 1 to it, on the frame's own engine."""
    text = ",".join(str(number) for number in range(1, longest + 1))
    numbers = (
        frame.select(_rows=nw.len())
        .with_columns(_offset=nw.lit(text).str.split(","))
        .explode("_offset")
        .select(_offset=nw.col("_offset").cast(nw.Int64))
    )
    return numbers.join(numbers.select(days=nw.col("_offset")), how="cross").filter(nw.col("_offset") <= nw.col("days"))
