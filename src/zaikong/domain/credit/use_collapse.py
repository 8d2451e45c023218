"""Whose use has collapsed: stopped, or dropped by half or so and stayed there?

Each night an account's last ten countable days are set beside what it usually uses on the same weekdays: the median of
five countable weeks before them. A day is low below 70 % of usual. Use has collapsed when at least seven of the ten
days are low and all ten together are too. So neither an odd day among the usual ones, nor a standstill of some days,
nor a missing reading makes an alarm. Days of rest and the weeks around the Spring Festival are not countable
(`quiet_days`). While so many days are quiet that ten countable ones would reach too far back, low use is shown as
`holiday` and is no alarm.

An alarm stands until use is back at 80 % of what was usual before it, or until the new level has lasted so long that
it is the usual one (`settled`); meanwhile the account raises no second alarm, except that a drop may become a stop.

Basis: thresholds were chosen on one half of 1,454 true enterprises and measured on the other
(`docs/measures/use_collapse.md`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from typing import Final

import narwhals as nw

from zaikong.domain.credit.quiet_days import quiet_days
from zaikong.domain.metering.history import weekday_of
from zaikong.kernel.money import half_away, natural_quotient

RECENT_DAYS: Final = 10
"""Countable days judged."""

HISTORY_DAYS: Final = 70
"""Days of daily use a night needs [days]."""

DAILY_USE_COLUMNS: Final = ("account", "day", "centi_kwh", "source")
STANDING_COLUMNS: Final = ("account", "collapse", "onset_day", "alarm_day", "usual_centi_kwh")
COLLAPSE_COLUMNS: Final = (*STANDING_COLUMNS, "collapse_state", "observed_centi_kwh", "days_low")
COLLAPSE_NULLABLE: Final = ("observed_centi_kwh",)

STANDING: Final = ("opened", "escalated", "open")
"""States whose rows are handed to the next night; `recovered`, `settled` and `holiday` end with the night."""

ALARMS: Final = ("opened", "escalated")
"""States a person is told of."""

_REFERENCE_DAYS: Final = 35
_LEAST_REFERENCE_DAYS: Final = 21
_LEAST_OF_A_WEEKDAY: Final = 2
_REACH_DAYS: Final = 18
_LEAST_KNOWN_DAYS: Final = 8
_LOW_DAYS: Final = 7
_LOW_PERCENT: Final = 70
_BACK_PERCENT: Final = 80
_STOP_DAYS: Final = 5
_LEAST_STOP_DAYS: Final = 4
_STOP_PERCENT: Final = 5
_SETTLED_DAYS: Final = 70
_LEAST_USUAL_CENTI_KWH: Final = 5_00
_PERCENT: Final = 100
_EXACT: Final = 256
_NO_DAY: Final = -1


@dataclass(frozen=True, slots=True)
class Windows:
    """The days a night compares.

    Attributes:
        recent: Days judged, the latest first [day].
        reference: Days that say what is usual [day]; empty where too few are known.
        holiday: Whether quiet days had to be judged, so that low use is no alarm.
    """

    recent: tuple[int, ...]
    reference: tuple[int, ...]
    holiday: bool


def windows_of(as_of_day: int) -> Windows:
    """The days compared on the morning of a day.

    Args:
        as_of_day: Only days before it are seen [day].

    Raises:
        UnableToNameQuietDaysError: The calendar does not reach there.
    """
    first = as_of_day - HISTORY_DAYS
    quiet = quiet_days(first, as_of_day)
    countable = [day for day in range(as_of_day - 1, first - 1, -1) if day not in quiet]
    recent = tuple(day for day in countable[:RECENT_DAYS] if day >= as_of_day - _REACH_DAYS)
    holiday = len(recent) < RECENT_DAYS
    if holiday:
        recent = tuple(range(as_of_day - 1, as_of_day - 1 - RECENT_DAYS, -1))
    reference = tuple(day for day in countable if day < recent[-1])[:_REFERENCE_DAYS]
    return Windows(recent, reference if len(reference) >= _LEAST_REFERENCE_DAYS else (), holiday)


def use_collapses(daily_use: nw.LazyFrame, standing: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Alarms that open, stand or end on the morning of a day.

    Args:
        daily_use: `DAILY_USE_COLUMNS`, one row an account and day; estimated days and days before the last
            `HISTORY_DAYS` are ignored.
        standing: `STANDING_COLUMNS`, the rows of the night before whose state is one of `STANDING`.
        as_of_day: Only days before it are seen [day].

    Returns:
        `COLLAPSE_COLUMNS`, a row an account whose use has collapsed or had. `collapse` is `stop` or `drop`;
        `collapse_state` is `opened`, `escalated`, `open`, `recovered`, `settled` or `holiday`; `usual_centi_kwh` and
        `observed_centi_kwh` are means of a day [0.01 kWh]; `days_low` [days] counts from the onset.

    Raises:
        UnableToNameQuietDaysError: The calendar does not reach there.
    """
    windows = windows_of(as_of_day)
    levels = _levels(daily_use, windows)
    stood = _stood(standing, levels, windows, as_of_day)
    new = _new(levels, windows, as_of_day).join(standing.select("account"), on="account", how="anti")
    return nw.concat([stood, new], how="vertical")


def _levels(daily_use: nw.LazyFrame, windows: Windows) -> nw.LazyFrame:
    """Each account's use of the recent days beside the usual one, where both are known well enough."""
    seen = daily_use.filter(
        nw.col("day").is_in([*windows.recent, *windows.reference]) & (nw.col("source") != "estimated")
    ).select(
        "account",
        "day",
        _weekday=weekday_of(nw.col("day")),
        _use=nw.max_horizontal(nw.col("centi_kwh"), nw.lit(0, nw.Int64)),
    )
    recent = seen.filter(nw.col("day") >= windows.recent[-1]).join(
        _usual(seen, windows), on=["account", "_weekday"], how="inner"
    )
    use, usual = nw.col("_use"), nw.col("_usual")
    low = use * _PERCENT < usual * _LOW_PERCENT
    last = nw.col("day") >= windows.recent[_STOP_DAYS - 1]
    return (
        recent.group_by("account")
        .agg(
            nw.len().cast(nw.Int64).alias("_known"),
            use.sum().alias("_observed"),
            usual.sum().alias("_expected"),
            low.cast(nw.Int64).sum().alias("_low"),
            last.cast(nw.Int64).sum().alias("_last_known"),
            nw.when(last).then(use).otherwise(0).sum().alias("_last_observed"),
            nw.when(last).then(usual).otherwise(0).sum().alias("_last_expected"),
        )
        .filter(nw.col("_known") >= _LEAST_KNOWN_DAYS)
        .select(
            "account",
            "_low",
            _mean_observed=natural_quotient(nw.col("_observed"), nw.col("_known")),
            _mean_usual=natural_quotient(nw.col("_expected"), nw.col("_known")),
            _dropped=nw.col("_observed") * _PERCENT < nw.col("_expected") * _LOW_PERCENT,
            _stopped=(nw.col("_last_known") >= _LEAST_STOP_DAYS)
            & (nw.col("_last_observed") * _PERCENT <= nw.col("_last_expected") * _STOP_PERCENT),
        )
    )


def _usual(seen: nw.LazyFrame, windows: Windows) -> nw.LazyFrame:
    """Median use of each account and weekday over the reference days."""
    # the median of whole numbers times 256 is a whole number: nothing of it is lost in a double
    return (
        seen.filter(nw.col("day").is_in(list(windows.reference or (_NO_DAY,))))
        .group_by("account", "_weekday")
        .agg((nw.col("_use") * _EXACT).median().alias("_median"), nw.len().cast(nw.Int64).alias("_days"))
        .filter(nw.col("_days") >= _LEAST_OF_A_WEEKDAY)
        .select("account", "_weekday", _usual=half_away(nw.col("_median").cast(nw.Int64), _EXACT))
    )


def _new(levels: nw.LazyFrame, windows: Windows, as_of_day: int) -> nw.LazyFrame:
    """Accounts whose use has collapsed, whether or not it was known before."""
    onset = _onset_day(windows.recent)
    return levels.filter(
        (nw.col("_low") >= _LOW_DAYS) & nw.col("_dropped") & (nw.col("_mean_usual") >= _LEAST_USUAL_CENTI_KWH)
    ).select(
        "account",
        collapse=nw.when(nw.col("_stopped")).then(nw.lit("stop")).otherwise(nw.lit("drop")),
        onset_day=onset,
        alarm_day=nw.lit(as_of_day, nw.Int64),
        usual_centi_kwh="_mean_usual",
        collapse_state=nw.lit("holiday" if windows.holiday else "opened"),
        observed_centi_kwh="_mean_observed",
        days_low=nw.lit(as_of_day, nw.Int64) - onset,
    )


def _stood(standing: nw.LazyFrame, levels: nw.LazyFrame, windows: Windows, as_of_day: int) -> nw.LazyFrame:
    """What becomes of the alarms of the night before; one without recent use stays open."""
    back = nw.col("_mean_observed") * _PERCENT >= nw.col("usual_centi_kwh") * _BACK_PERCENT
    settled = nw.lit(as_of_day, nw.Int64) - nw.col("alarm_day") > _SETTLED_DAYS
    worse = (nw.col("collapse") == "drop") & _is_true(nw.col("_stopped")) & nw.lit(not windows.holiday)
    state = (
        nw.when(_is_true(back))
        .then(nw.lit("recovered"))
        .otherwise(
            nw.when(settled)
            .then(nw.lit("settled"))
            .otherwise(nw.when(worse).then(nw.lit("escalated")).otherwise(nw.lit("open")))
        )
    )
    return (
        standing.select(*STANDING_COLUMNS)
        .join(levels, on="account", how="left")
        .with_columns(collapse_state=state)
        .with_columns(
            collapse=nw.when(nw.col("collapse_state") == "escalated")
            .then(nw.lit("stop"))
            .otherwise(nw.col("collapse")),
            observed_centi_kwh=nw.col("_mean_observed"),
            days_low=nw.lit(as_of_day, nw.Int64) - nw.col("onset_day"),
        )
        .select(*COLLAPSE_COLUMNS)
    )


def _is_true(condition: nw.Expr) -> nw.Expr:
    """A condition whose unknown counts as false."""
    return nw.coalesce(condition, nw.lit(False, nw.Boolean))


def _onset_day(recent: Collection[int]) -> nw.Expr:
    """The day so many countable days ago as there are low ones: days between that were not low do not hide it."""
    places = list(enumerate(recent, start=1))
    earliest = nw.lit(places[-1][1], nw.Int64)
    return reduce(
        lambda found, place: nw.when(nw.col("_low") == place[0]).then(nw.lit(place[1], nw.Int64)).otherwise(found),
        places[:-1],
        earliest,
    )
