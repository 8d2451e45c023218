"""What does a record of enterprises' daily use look like, in numbers a drawn one can be made from?

The same description is computed from the true series and from a drawn one, so the two can be set side by side.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from zaikong.sim.calendar import FAR, SPRING_FESTIVALS, distances, labour_days, national_days
from zaikong.sim.enterprise_series import IDLE_KWH, read_true, span_of

SOURCE = (
    "Tianchi electricity-demand competition, race 231602: daily use of 1,454 enterprises in Jiangsu, "
    "2015-01-01 to 2016-09-30"
)

STOP_DAYS = 30
"""A stop is a run of idle days this long or longer [days]."""

FESTIVAL_DAYS = (-14, 20)
LABOUR_DAYS = (-2, 5)
NATIONAL_DAYS = (-2, 9)

_FINE = (
    0,
    1,
    2,
    5,
    10,
    15,
    20,
    25,
    30,
    35,
    40,
    45,
    50,
    55,
    60,
    65,
    70,
    75,
    80,
    85,
    90,
    93,
    95,
    97,
    98,
    99,
    99.5,
    99.8,
    100,
)
_COARSE = (0, 5, 10, 25, 50, 75, 90, 95, 100)
_WEEK = 7
_WORKDAYS = 5
_SATURDAY = 6
_LONG_LIFE = 300
_COLLAPSE_BEFORE, _COLLAPSE_AFTER = 12, 6
_RECOVERED_WEEKS = 4
_ROUNDS = 3
_LEAST_DAY_KWH = 10
"""A firm that used less has nothing to fall from [kWh a day]."""


def calibrate(path: Path) -> dict[str, Any]:
    """Describe a daily-use file.

    Args:
        path: See `enterprise_series.read_true`.

    Returns:
        The description with its source, ready to be written as YAML.
    """
    return {"source": SOURCE, **describe(read_true(path))}


def describe(series: pl.DataFrame) -> dict[str, Any]:
    """Describe a series.

    Args:
        series: `customer`, `date`, `kwh`, every customer on every day, sorted.

    Returns:
        Quantiles (a share in percent to a value), shares in ten-thousandths, shapes in thousandths.
    """
    days = _marked(series)
    levels = _levels(days)
    return {
        "span": _span(days),
        "level_kwh": _quantiles(levels["level"], _FINE),
        "weekday": _weekdays(days, levels),
        "month_permille": _months(days, levels),
        "spring_festival_permille": _feast(days, levels, SPRING_FESTIVALS, FESTIVAL_DAYS),
        "labour_day_permille": _feast(days, levels, labour_days(_years(days)), LABOUR_DAYS),
        "national_day_permille": _feast(days, levels, national_days(_years(days)), NATIONAL_DAYS),
        "volatility": _volatility(days, levels),
        "idle": _idle(days),
        "collapse": _collapse(series),
    }


def idle_runs(series: pl.DataFrame) -> pl.DataFrame:
    """Runs of idle days.

    Returns:
        `customer`, `first_date`, `last_date`, `days`, `kind` (`whole`, `head`, `tail`, `middle`).
    """
    first, last = series["date"].min(), series["date"].max()
    idle = pl.col("kwh") <= IDLE_KWH
    return (
        series.with_columns(run=(idle != idle.shift(1).over("customer")).fill_null(value=True).cum_sum())
        .filter(idle)
        .group_by("customer", "run")
        .agg(pl.col("date").min().alias("first_date"), pl.col("date").max().alias("last_date"), pl.len().alias("days"))
        .with_columns(
            kind=pl.when((pl.col("first_date") == first) & (pl.col("last_date") == last))
            .then(pl.lit("whole"))
            .when(pl.col("first_date") == first)
            .then(pl.lit("head"))
            .when(pl.col("last_date") == last)
            .then(pl.lit("tail"))
            .otherwise(pl.lit("middle"))
        )
        .drop("run")
        .sort("customer", "first_date")
    )


def collapses(series: pl.DataFrame) -> pl.DataFrame:
    """Enterprises whose use falls to half or less and stays there.

    A collapse starts in the first week that holds half or less of the mean of the twelve weeks before, as do the six
    weeks from it together. It ends in the first later week that holds three quarters of that mean again, as do the
    four weeks from it together. Up to three in a row are found for an enterprise.

    Args:
        series: `customer`, `date`, `kwh`, every customer on every day, sorted.

    Returns:
        `customer`, `collapse_date`, `recovery_date` (null while it lasts), `left_permille` (of the mean before).
    """
    weeks = _weeks(series)
    found: list[pl.DataFrame] = []
    after = weeks.select(pl.col("customer").unique(maintain_order=True)).with_columns(since=pl.lit(-1, dtype=pl.Int64))
    for _ in range(_ROUNDS):
        event = _first_collapse(weeks, after)
        found.append(event)
        after = event.filter(pl.col("recovery_week").is_not_null()).select(
            "customer", pl.col("recovery_week").alias("since") + _COLLAPSE_BEFORE
        )
    start = series["date"].min()
    return (
        pl.concat(found)
        .sort("customer", "collapse_week")
        .select(
            "customer",
            (pl.lit(start) + pl.duration(days=pl.col("collapse_week") * _WEEK)).alias("collapse_date"),
            (pl.lit(start) + pl.duration(days=pl.col("recovery_week") * _WEEK)).alias("recovery_date"),
            "left_permille",
        )
    )


def _weeks(series: pl.DataFrame) -> pl.DataFrame:
    start = series["date"].min()
    whole = (series["date"].n_unique() // _WEEK) * _WEEK
    return (
        series.with_columns(week=(pl.col("date") - pl.lit(start)).dt.total_days())
        .filter(pl.col("week") < whole)
        .group_by("customer", pl.col("week") // _WEEK, maintain_order=True)
        .agg(pl.col("kwh").sum())
        .with_columns(
            before=pl.col("kwh").rolling_sum(_COLLAPSE_BEFORE).shift(1).over("customer"),
            after=pl.col("kwh").rolling_sum(_COLLAPSE_AFTER).shift(1 - _COLLAPSE_AFTER).over("customer"),
            soon=pl.col("kwh").rolling_sum(_RECOVERED_WEEKS).shift(1 - _RECOVERED_WEEKS).over("customer"),
        )
    )


def _first_collapse(weeks: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    # Whole sums are compared crosswise: mean after over mean before at most one half, without a division.
    fallen = (
        (pl.col("after") * 2 * _COLLAPSE_BEFORE <= pl.col("before") * _COLLAPSE_AFTER)
        & (pl.col("kwh") * 2 * _COLLAPSE_BEFORE <= pl.col("before"))
        & (pl.col("before") > _LEAST_DAY_KWH * _WEEK * _COLLAPSE_BEFORE)
    )
    first = (
        weeks.join(after, on="customer")
        .filter(fallen & (pl.col("week") > pl.col("since")))
        .group_by("customer")
        .agg(pl.col("week").min().alias("collapse_week"))
        .join(weeks, left_on=["customer", "collapse_week"], right_on=["customer", "week"])
        .select(
            "customer",
            "collapse_week",
            pl.col("before").alias("mean_before"),
            (pl.col("after") * 1000 * _COLLAPSE_BEFORE // (pl.col("before") * _COLLAPSE_AFTER)).alias("left_permille"),
        )
    )
    risen = pl.col("kwh") * 4 * _COLLAPSE_BEFORE >= pl.col("mean_before") * 3
    recovered = risen & (pl.col("soon") * 4 * _COLLAPSE_BEFORE >= pl.col("mean_before") * 3 * _RECOVERED_WEEKS)
    back = (
        weeks.join(first, on="customer")
        .filter((pl.col("week") > pl.col("collapse_week")) & recovered)
        .group_by("customer")
        .agg(pl.col("week").min().alias("recovery_week"))
    )
    return first.join(back, on="customer", how="left").select(
        "customer", "collapse_week", "recovery_week", "left_permille"
    )


def _years(days: pl.DataFrame) -> list[int]:
    return days["date"].dt.year().unique().sort().to_list()


def _marked(series: pl.DataFrame) -> pl.DataFrame:
    return series.with_columns(
        idle=pl.col("kwh") <= IDLE_KWH, weekday=pl.col("date").dt.weekday(), month=pl.col("date").dt.month()
    )


def _levels(days: pl.DataFrame) -> pl.DataFrame:
    """Median use of the days an enterprise was active [kWh], and how many those are."""
    return (
        days.filter(~pl.col("idle"))
        .group_by("customer")
        .agg(pl.col("kwh").median().alias("level"), pl.len().alias("active_days"))
        .sort("customer")
    )


def _span(days: pl.DataFrame) -> dict[str, Any]:
    mean = days.group_by("customer").agg(pl.col("kwh").mean())["kwh"].sort(descending=True)
    return {
        "enterprises": days["customer"].n_unique(),
        "first": days["date"].min(),
        "last": days["date"].max(),
        "mean_day_kwh": round(float(mean.sum())),
        "largest_share": _share(float(mean[0]), float(mean.sum())),
        "largest_ten_share": _share(float(mean.head(10).sum()), float(mean.sum())),
    }


def _weekdays(days: pl.DataFrame, levels: pl.DataFrame) -> dict[str, Any]:
    active = days.filter(~pl.col("idle")).join(levels.filter(pl.col("active_days") > _LONG_LIFE), on="customer")
    workday = (
        active.filter(pl.col("weekday") <= _WORKDAYS).group_by("customer").agg(pl.col("kwh").median().alias("workday"))
    )
    ratio = (
        active.group_by("customer", "weekday")
        .agg(pl.col("kwh").median())
        .join(workday, on="customer")
        .with_columns(ratio=pl.col("kwh") * 1000 / pl.col("workday"))
        .sort("customer", "weekday")
    )
    medians = [round(float(ratio.filter(pl.col("weekday") == day)["ratio"].median())) for day in range(1, 6)]  # type: ignore[arg-type]
    return {
        "workday_permille": medians,
        "saturday_permille": _quantiles(ratio.filter(pl.col("weekday") == _SATURDAY)["ratio"], _COARSE),
        "sunday_permille": _quantiles(ratio.filter(pl.col("weekday") == _WEEK)["ratio"], _COARSE),
    }


def _months(days: pl.DataFrame, levels: pl.DataFrame) -> list[int]:
    ordinary = days.filter(~pl.col("idle")).join(_feast_days(days), on="date", how="anti")
    active = ordinary.join(levels.filter(pl.col("active_days") > _LONG_LIFE), on="customer")
    ratio = (
        active.group_by("customer", "month")
        .agg((pl.col("kwh").median() * 1000 / pl.col("level").first()).alias("ratio"))
        .group_by("month")
        .agg(pl.col("ratio").median())
        .sort("month")
    )
    return [round(value) for value in ratio["ratio"]]


def _feast_days(days: pl.DataFrame) -> pl.DataFrame:
    span = span_of(days)
    years = _years(days)
    return pl.concat(
        distances(span.start, span.end, feasts, before=-first, after=last).filter(pl.col("offset") != FAR)
        for feasts, (first, last) in (
            (SPRING_FESTIVALS, FESTIVAL_DAYS),
            (labour_days(years), LABOUR_DAYS),
            (national_days(years), NATIONAL_DAYS),
        )
    )


def _feast(
    days: pl.DataFrame, levels: pl.DataFrame, feasts: Sequence[date], window: tuple[int, int]
) -> dict[int, dict[float, int]]:
    """Use around a holiday over the same enterprise's use in the two weeks or more beside it, as quantiles a day."""
    margin, span = 21, span_of(days)
    near = distances(span.start, span.end, feasts, before=margin - window[0], after=window[1] + margin).filter(
        pl.col("offset") != FAR
    )
    beside = days.join(near, on="date").join(levels.filter(pl.col("active_days") > _LONG_LIFE), on="customer")
    year = pl.col("date").dt.year()
    usual = (
        beside.filter(~pl.col("offset").is_between(*window) & ~pl.col("idle"))
        .group_by("customer", year.alias("year"))
        .agg(pl.col("kwh").median().alias("usual"))
    )
    ratio = (
        beside.filter(pl.col("offset").is_between(*window))
        .with_columns(year=year)
        .join(usual, on=["customer", "year"])
        .with_columns(ratio=pl.col("kwh") * 1000 / pl.col("usual"))
    )
    return {
        offset: _quantiles(ratio.filter(pl.col("offset") == offset)["ratio"], (5, 10, 25, 50, 75, 90, 95))
        for offset in range(window[0], window[1] + 1)
    }


def _volatility(days: pl.DataFrame, levels: pl.DataFrame) -> dict[str, Any]:
    """How far a day lies from its own month around it, how far months wander, and how one day follows another."""
    active = _residuals(days, levels)
    scale = active.group_by("customer").agg(
        pl.col("residual").abs().median().alias("scale"),
        pl.corr("residual", "yesterday").alias("follows"),
    )
    standard = active.join(scale, on="customer").filter(pl.col("scale") > 0)
    wander = (
        active.with_columns(block=pl.col("date").dt.epoch("d") // 28)
        .group_by("customer", "block")
        .agg((pl.col("kwh").median() / pl.col("level").first()).log().alias("log"))
        .group_by("customer")
        .agg(pl.col("log").std())
    )
    steps = (
        active.with_columns(step=(pl.col("kwh") / pl.col("kwh").shift(1).over("customer")).log().abs())
        .group_by("customer")
        .agg(pl.col("step").median())
    )
    return {
        "day_scale_permille": _quantiles(scale["scale"].drop_nulls() * 1000, _FINE),
        "day_standard_permille": _quantiles((standard["residual"] / standard["scale"]) * 1000, _FINE),
        "follows_permille": _quantiles(scale["follows"].drop_nulls().drop_nans() * 1000, _COARSE),
        "wander_permille": _quantiles(wander["log"].drop_nulls() * 1000, _FINE),
        "step_permille": _quantiles(steps["step"].drop_nulls() * 1000, _COARSE),
    }


def _residuals(days: pl.DataFrame, levels: pl.DataFrame) -> pl.DataFrame:
    """Logarithm of use over the median of nine such days around (workday, Saturday, Sunday), holidays left out."""
    return (
        days.filter(~pl.col("idle"))
        .join(levels.filter(pl.col("active_days") > _LONG_LIFE), on="customer")
        .sort("customer", "date")
        .with_columns(
            usual=pl.col("kwh")
            .cast(pl.Float64)
            .rolling_median(9, center=True, min_samples=5)
            .over("customer", pl.col("weekday").clip(_WORKDAYS, _WEEK))
        )
        .with_columns(residual=(pl.col("kwh") / pl.col("usual")).log())
        .join(_feast_days(days), on="date", how="anti", maintain_order="left")
        .with_columns(yesterday=pl.col("residual").shift(1).over("customer"))
    )


def _idle(days: pl.DataFrame) -> dict[str, Any]:
    customers = days["customer"].n_unique()
    runs = idle_runs(days)
    stops = runs.filter(pl.col("days") >= STOP_DAYS)
    share = days.group_by("customer").agg(pl.col("idle").mean() * 10_000)["idle"]
    short = (
        runs.filter(pl.col("days") < STOP_DAYS)
        .group_by("customer")
        .agg(pl.col("days").sum() * 10_000 / days["date"].n_unique())
    )
    described: dict[str, Any] = {
        "days_share": _share(int(days["idle"].sum()), days.height),
        "own_share": _quantiles(share, _FINE),
        "short_enterprises_share": _share(short.height, customers),
        "short_own_share": _quantiles(short["days"], _FINE),
        "short_run_days": _quantiles(runs.filter(pl.col("days") < STOP_DAYS)["days"], _COARSE),
        "stopping_enterprises_share": _share(stops.filter(pl.col("kind") != "whole")["customer"].n_unique(), customers),
    }
    for kind in ("whole", "head", "tail", "middle"):
        of_kind = stops.filter(pl.col("kind") == kind)
        described[f"{kind}_enterprises_share"] = _share(of_kind["customer"].n_unique(), customers)
        if kind != "whole":
            described[f"{kind}_days"] = _quantiles(of_kind["days"], _COARSE)
    middle = stops.filter(pl.col("kind") == "middle").group_by("customer").len()["len"]
    described["middle_stops"] = [_share(int((middle == count).sum()), middle.len()) for count in (1, 2, 3)]
    return described


def _collapse(series: pl.DataFrame) -> dict[str, Any]:
    customers = series["customer"].n_unique()
    found = collapses(series)
    lasting = found.filter(pl.col("recovery_date").is_not_null())
    days = (lasting["recovery_date"] - lasting["collapse_date"]).dt.total_days()
    return {
        "enterprises_share": _share(found["customer"].n_unique(), customers),
        "events_share": _share(found.height, customers),
        "recovering_share": _share(lasting.height, found.height),
        "days": _quantiles(days, _COARSE),
        "left_permille": _quantiles(found["left_permille"], _COARSE),
    }


def _share(part: float, whole: float) -> int:
    return round(part * 10_000 / whole) if whole else 0


def _quantiles(values: pl.Series, percents: Sequence[float]) -> dict[float, int]:
    if values.is_empty():
        return dict.fromkeys(percents, 0)
    return {percent: round(float(values.quantile(percent / 100, "linear") or 0)) for percent in percents}
