"""What does an account usually use?

One row an account, from the use of the last four weeks (30 days for median and spread). Estimated days are left out: an
estimate must not confirm itself.
"""

from typing import Final

import narwhals as nw

from zaikong.domain.metering.registers import TIME_OF_USE
from zaikong.kernel.money import half_away, whole_quotient
from zaikong.kernel.pin import pinned

WEEK: Final = 7
SHARE: Final = 16_384
"""One whole, in units of a share: a power of two, so that a share of a use is rounded by `half_away`."""

WEEKDAYS: Final = tuple(f"weekday_{number}_centi_kwh" for number in range(WEEK))
"""Median use of each weekday, Monday first."""

UP_TO: Final = tuple(f"up_to_{name}_share" for name in TIME_OF_USE)
"""Share of use up to and with each time-of-use register, in the order 尖 峰 平 谷; the last is one or nothing."""

DAILY_USE_COLUMNS: Final = (
    "account",
    "day",
    *(f"{name}_centi_kwh" for name in TIME_OF_USE),
    "centi_kwh",
    "centi_kvarh",
    "source",
)
ACCOUNT_COLUMNS: Final = ("account", "category")
HISTORY_COLUMNS: Final = (
    "account",
    "days_known",
    "median_centi_kwh",
    "mad_centi_kwh",
    "largest_centi_kwh",
    "last7_mean_centi_kwh",
    "class_mean_centi_kwh",
    *WEEKDAYS,
    "frozen_days",
    *UP_TO,
    "kvarh_share",
)
HISTORY_NULLABLE: Final = HISTORY_COLUMNS[2:]
"""Null where nothing is known."""

_SPREAD_DAYS: Final = 30
_PROFILE_DAYS: Final = 28
_MONDAY: Final = 3  # day 0, 1970-01-01, was a Thursday
_LARGEST_SHARE: Final = 64 * SHARE
_HALF: Final = 2
_EXACT: Final = 256
_HALF_EXACT: Final = 128


def weekday_of(day: nw.Expr) -> nw.Expr:
    """Weekday of a day number, 0 for Monday."""
    return (day + _MONDAY) % WEEK


def weekday_number(day: int) -> int:
    """Weekday of one day number, 0 for Monday."""
    return (day + _MONDAY) % WEEK


def history(daily_use: nw.LazyFrame, accounts: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """What each account usually uses, seen from the morning of a day.

    Args:
        daily_use: `DAILY_USE_COLUMNS`, one row an account and day that counts; days outside the last 30 are ignored.
        accounts: `ACCOUNT_COLUMNS`, every account, also those without a day.
        as_of_day: Only days before it are seen [day].

    Returns:
        `HISTORY_COLUMNS`, one row an account. Energies [0.01 kWh]; shares in 1/16384; `frozen_days` is the number of
        days to yesterday since the last day with use. All but `account` and `days_known` are null where unknown.
    """
    seen = daily_use.filter(
        (nw.col("day") < as_of_day) & (nw.col("day") >= as_of_day - _SPREAD_DAYS) & (nw.col("source") != "estimated")
    )
    known = pinned(
        accounts.select(*ACCOUNT_COLUMNS)
        .join(_spread(seen), on="account", how="left")
        .join(_levels(seen, as_of_day), on="account", how="left")
        .join(_weekdays(seen, as_of_day), on="account", how="left")
    )
    classes = (
        known.filter(~nw.col("last7_mean_centi_kwh").is_null())
        .group_by("category")
        .agg(nw.col("last7_mean_centi_kwh").sum().alias("_sum"), nw.len().cast(nw.Int64).alias("_accounts"))
        .select("category", class_mean_centi_kwh=_half_up(nw.col("_sum"), nw.col("_accounts")))
    )
    return (
        known.join(classes, on="category", how="left")
        .with_columns(days_known=nw.coalesce(nw.col("days_known"), nw.lit(0, nw.Int64)))
        .select(*HISTORY_COLUMNS)
    )


def _spread(seen: nw.LazyFrame) -> nw.LazyFrame:
    """Median day and median absolute deviation from it."""
    use = nw.col("centi_kwh")
    # apart from the other sums: engines keep whole groups for a median, and only for a median
    medians = pinned(
        seen.group_by("account")
        .agg((use * _EXACT).median().alias("_median"))
        .select("account", median_centi_kwh=_whole_median("_median"))
    )
    deviations = (
        seen.select("account", "centi_kwh")
        .join(medians, on="account", how="inner")
        .select("account", _away=(use - nw.col("median_centi_kwh")).abs() * _EXACT)
        .group_by("account")
        .agg(nw.col("_away").median().alias("_mad"))
        .select("account", mad_centi_kwh=_whole_median("_mad"))
    )
    return medians.join(deviations, on="account", how="left")


def _levels(seen: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    """Largest day, mean of the last seven, standstill and shares of each account with a day known."""
    use, day = nw.col("centi_kwh"), nw.col("day")
    recent, profile = day >= as_of_day - WEEK, day >= as_of_day - _PROFILE_DAYS
    sums = seen.group_by("account").agg(
        nw.len().cast(nw.Int64).alias("days_known"),
        use.max().alias("largest_centi_kwh"),
        nw.when(recent).then(use).otherwise(0).sum().alias("_recent"),
        recent.cast(nw.Int64).sum().alias("_recent_days"),
        nw.when(use > 0).then(day).max().alias("_last_used"),
        day.min().alias("_first"),
        nw.when(profile).then(use).otherwise(0).sum().alias("_profile"),
        nw.when(profile).then(nw.col("centi_kvarh")).otherwise(0).sum().alias("_kvarh"),
        *(
            nw.when(profile).then(nw.col(f"{name}_centi_kwh")).otherwise(0).sum().alias(f"_{name}")
            for name in TIME_OF_USE
        ),
    )
    idle_since = nw.coalesce(nw.col("_last_used"), nw.col("_first") - 1)
    return sums.select(
        "account",
        "days_known",
        "largest_centi_kwh",
        last7_mean_centi_kwh=nw.when(nw.col("_recent_days") > 0).then(_mean("_recent", "_recent_days")),
        frozen_days=nw.lit(as_of_day - 1, nw.Int64) - idle_since,
        kvarh_share=nw.when(nw.col("_profile") > 0).then(
            nw.min_horizontal(_share(nw.col("_kvarh"), "_profile"), nw.lit(_LARGEST_SHARE, nw.Int64))
        ),
        **_shares(),
    )


def _half_up(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """Quotient of non-negative columns, halves up; `whole` is at least 1."""
    return whole_quotient(part * _HALF + whole, whole * _HALF)


def _whole_median(column: str) -> nw.Expr:
    # the median of whole numbers times 256 is a whole number: nothing of it is lost in a double
    return half_away(nw.col(column).cast(nw.Int64), _EXACT)


def _mean(total: str, count: str) -> nw.Expr:
    return _half_up(nw.col(total), nw.max_horizontal(nw.col(count), nw.lit(1, nw.Int64)))


def _share(part: nw.Expr, whole: str) -> nw.Expr:
    return _half_up(part * SHARE, nw.max_horizontal(nw.col(whole), nw.lit(1, nw.Int64)))


def _shares() -> dict[str, nw.Expr]:
    """Cumulative shares of the time-of-use registers, all null where they have shown no use."""
    parts: nw.Expr = nw.lit(0, nw.Int64)
    shares: dict[str, nw.Expr] = {}
    split = total = nw.col("_sharp") + nw.col("_peak") + nw.col("_flat") + nw.col("_valley")
    for name, column in zip(TIME_OF_USE, UP_TO, strict=True):
        parts = parts + nw.col(f"_{name}")
        whole = _half_up(parts * SHARE, nw.max_horizontal(total, nw.lit(1, nw.Int64)))
        shares[column] = nw.when(split > 0).then(whole)
    return shares


def _weekdays(seen: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    """The median of the same weekday of the last four weeks, each weekday a column.

    Of at most four values the median follows from their number, sum, smallest and largest; halves go up.
    """
    use = nw.col("centi_kwh")
    count, total = nw.col("_count"), nw.col("_total")
    middle = nw.when(count > _HALF).then(total - nw.col("_low") - nw.col("_high")).otherwise(total)
    single = nw.when(count % _HALF == 1).then(middle).otherwise(half_away(middle * _HALF_EXACT, _EXACT))
    return (
        seen.filter(nw.col("day") >= as_of_day - _PROFILE_DAYS)
        .with_columns(_weekday=weekday_of(nw.col("day")))
        .group_by("account", "_weekday")
        .agg(
            nw.len().cast(nw.Int64).alias("_count"),
            use.sum().alias("_total"),
            use.min().alias("_low"),
            use.max().alias("_high"),
        )
        .with_columns(_median=single)
        .group_by("account")
        .agg(
            *(
                nw.when(nw.col("_weekday") == number).then(nw.col("_median")).max().alias(column)
                for number, column in enumerate(WEEKDAYS)
            )
        )
    )
