"""Which readings arrive wrong, and how?

A few meters in a hundred have one fault in a quarter. What was planted is kept as a list, so that a test can ask if
the metering rules found it.
"""

from types import MappingProxyType

import polars as pl

from zaikong.sim.draws import Stream, looked_up

KINDS = ("missing", "duplicate", "spike", "backwards", "frozen", "future_clock", "unknown_meter")
_WEIGHTS = (50, 12, 10, 8, 8, 6, 6)
_METERS_IN_TEN_THOUSAND = 700
_QUARTER_NIGHTS = 92
_LONGEST = MappingProxyType({"missing": 5, "frozen": 9})
"""Days a fault may last; the others last one."""
_FURTHEST_CLOCK_DAYS = 400
_SPIKE_DAYS = 40
_LEAST_SPIKE_CENTI = 80_000


def plan_faults(seed: int, meters: pl.DataFrame, *, first_night: int, nights: int) -> pl.DataFrame:
    """Choose the meters that fail, how and when.

    Args:
        seed: The county's seed.
        meters: `account`, `account_no`, `meter_no`.
        first_night: The first night's day [day number].
        nights: How many nights.

    Returns:
        `account`, `account_no`, `meter_no`, `kind`, `from_day`, `to_day` (half-open) [day number].
    """
    who = pl.col("account")
    share = _METERS_IN_TEN_THOUSAND * nights // _QUARTER_NIGHTS
    longest = looked_up([_LONGEST.get(kind, 1) for kind in KINDS], pl.col("place"))
    return (
        meters.filter(Stream.of(seed, "fault.meter").chance(share, who))
        .with_columns(place=Stream.of(seed, "fault.kind").weighted(_WEIGHTS, who))
        .with_columns(
            kind=looked_up(KINDS, pl.col("place")),
            from_day=first_night + 1 + Stream.of(seed, "fault.day").below(max(nights - 2, 1), who),
        )
        .with_columns(to_day=pl.col("from_day") + 1 + Stream.of(seed, "fault.days").below(longest, who))
        .select("account", "account_no", "meter_no", "kind", "from_day", "to_day")
        .sort("from_day", "account")
    )


def planted(seed: int, values: pl.DataFrame, faults: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """The readings of one night as they arrive.

    Args:
        seed: The county's seed.
        values: What the registers truly show: `account`, `meter_no`, `day`, `register`, `value_centi`, every night.
        faults: From `plan_faults`.
        day: The night's day [day number].

    Returns:
        `account`, `meter_no`, `day`, `register`, `value_centi`, `clock_days` (how far the meter's clock runs ahead).
    """
    of_day = values.filter(pl.col("day") == day).with_columns(clock_days=pl.lit(0, dtype=pl.Int64))
    now = faults.filter((pl.col("from_day") <= day) & (day < pl.col("to_day")))
    if now.is_empty():
        return of_day
    failing = of_day.join(now.select("account", "kind", "from_day"), on="account", maintain_order="left")
    sound = of_day.join(now.select("account"), on="account", how="anti", maintain_order="left")
    before = _last_good(values, now, day)
    failing = failing.join(before, on=["account", "register"], how="left", maintain_order="left")
    arrived = [
        failing.filter(kind="duplicate"),
        failing.filter(kind="duplicate"),
        failing.filter(kind="spike").with_columns(value_centi=_spiked()),
        failing.filter(kind="backwards").with_columns(value_centi=_lowered(seed)),
        failing.filter(kind="frozen").with_columns(value_centi="frozen_centi"),
        failing.filter(kind="future_clock").with_columns(
            clock_days=3 + Stream.of(seed, "fault.clock").below(_FURTHEST_CLOCK_DAYS, pl.col("account"))
        ),
        failing.filter(kind="unknown_meter"),
        failing.filter(kind="unknown_meter").with_columns(
            meter_no=pl.concat_str(pl.lit("9"), pl.col("meter_no").str.slice(1))
        ),
    ]
    return pl.concat([sound, *(rows.select(sound.columns) for rows in arrived)]).sort("account", "register", "meter_no")


def _last_good(values: pl.DataFrame, now: pl.DataFrame, day: int) -> pl.DataFrame:
    """What the register showed before the fault began, and the day before this one."""
    of_failing = values.filter(pl.col("day") < day).join(now.select("account", "from_day"), on="account")
    frozen = of_failing.filter(pl.col("day") == pl.col("from_day") - 1).select(
        "account", "register", frozen_centi="value_centi"
    )
    yesterday = of_failing.filter(pl.col("day") == day - 1).select("account", "register", yesterday_centi="value_centi")
    return frozen.join(yesterday, on=["account", "register"], how="full", coalesce=True)


def _spiked() -> pl.Expr:
    day = (pl.col("value_centi") - pl.col("yesterday_centi")).clip(lower_bound=0)
    return pl.col("value_centi") + (day * _SPIKE_DAYS).clip(lower_bound=_LEAST_SPIKE_CENTI)


def _lowered(seed: int) -> pl.Expr:
    less = 500 + Stream.of(seed, "fault.backwards").below(20_000, pl.col("account"))
    return (pl.col("yesterday_centi") - less).clip(lower_bound=0)
