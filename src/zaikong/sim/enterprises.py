"""How is the daily use of enterprises drawn when no true series is given?

A drawn enterprise has a level, a week, a way through holidays, a slow wander, a nervousness day by day, and a life: it
may come late, stop, leave, or collapse. All of it is drawn from `calibration/enterprises.yaml`, quantiles computed
from the true series by `calibrate.py`; `docs/measures/county.md` sets the two side by side.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from math import isqrt
from typing import Annotated

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict

from zaikong.kernel.dated import read_yaml, validated
from zaikong.sim.calendar import FAR, SPRING_FESTIVALS, distances, labour_days, national_days
from zaikong.sim.draws import EXACT, Quantiles, Stream, grown, looked_up, ranked
from zaikong.sim.enterprise_series import IDLE_KWH, Span

DRAWN_SPAN = Span(date(2024, 1, 4), date(2025, 10, 4))
"""A drawn series covers the same 639 days as the moved true one."""

_MILLI = 1000
_ORDINARY_OFFSET = 4
"""The fourth day after 1 May is a day like any other."""
_BLOCK_DAYS = 84
_LINE_PERMILLE = 1_200
"""Straight lines between draws wander less than the draws."""
_SWAY_DAYS = 4
_SWAY_PERMILLE, _JUMP_PERMILLE = 2_200, 500
"""A firm sways over a few days and jumps on single ones; the weights are tuned on how one day follows another."""
_JUMP = 25_000
_REST_DAYS = (1, 1, 1, 1, 1, 2, 2, 3, 5, 9)
_STEADY_FROM = (1 << 32) // 1000 * 995
"""The largest half per cent neither come, stop, leave nor wander far: one of them is a quarter of the county's use."""
_STEADY_WANDER = 150
_COLLAPSE_SHARE = 250
"""Collapses of their own; wander, stops and holidays add the rest of the described share."""


def _as_quantiles(value: object) -> object:
    if isinstance(value, Mapping):
        return Quantiles(
            tuple(round(float(share) * 100) for share in value), tuple(int(each) for each in value.values())
        )
    return value


QuantileTable = Annotated[Quantiles, BeforeValidator(_as_quantiles)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class SpanShape(_Part):
    """What the series covers and how concentrated it is."""

    enterprises: int
    first: date
    last: date
    mean_day_kwh: int
    largest_share: int
    largest_ten_share: int


class WeekShape(_Part):
    """Use by day of the week over the median workday."""

    workday_permille: tuple[int, int, int, int, int]
    saturday_permille: QuantileTable
    sunday_permille: QuantileTable


class Volatility(_Part):
    """How use moves: from day to day, and over months."""

    day_scale_permille: QuantileTable
    day_standard_permille: QuantileTable
    follows_permille: QuantileTable
    wander_permille: QuantileTable
    step_permille: QuantileTable


class Idleness(_Part):
    """Idle days and stops of 30 days or longer."""

    days_share: int
    own_share: QuantileTable
    short_enterprises_share: int
    short_own_share: QuantileTable
    short_run_days: QuantileTable
    stopping_enterprises_share: int
    whole_enterprises_share: int
    head_enterprises_share: int
    head_days: QuantileTable
    tail_enterprises_share: int
    tail_days: QuantileTable
    middle_enterprises_share: int
    middle_days: QuantileTable
    middle_stops: tuple[int, int, int]


class CollapseShape(_Part):
    """Falls to half or less that stay."""

    enterprises_share: int
    events_share: int
    recovering_share: int
    days: QuantileTable
    left_permille: QuantileTable


class Calibration(_Part):
    """The description of the true series; see `calibrate.describe`."""

    source: str
    span: SpanShape
    level_kwh: QuantileTable
    weekday: WeekShape
    month_permille: tuple[int, ...]
    spring_festival_permille: dict[int, QuantileTable]
    labour_day_permille: dict[int, QuantileTable]
    national_day_permille: dict[int, QuantileTable]
    volatility: Volatility
    idle: Idleness
    collapse: CollapseShape


@cache
def calibration() -> Calibration:
    """The calibration shipped with the package."""
    with as_file(files("zaikong.sim").joinpath("calibration/enterprises.yaml")) as path:
        return validated(read_yaml(path), Calibration, path=path)


def draw_series(seed: int, *, enterprises: int, span: Span = DRAWN_SPAN) -> pl.DataFrame:
    """Draw the daily use of enterprises.

    Args:
        seed: Same seed, same series.
        enterprises: How many.
        span: Days to return, inside `DRAWN_SPAN`.

    Returns:
        `customer` (1 to `enterprises`), `date`, `kwh` [kWh, Int64], sorted.
    """
    shape = calibration()
    firms = _firms(seed, enterprises, shape)
    days = _days(shape)
    grid = firms.join(days, how="cross").with_columns(rests=_rests(seed))
    kwh = _shaped(seed, shape)
    return grid.select(
        "customer", "date", kwh=pl.when(_idle()).then(IDLE_KWH).otherwise(kwh.clip(lower_bound=IDLE_KWH))
    ).filter(pl.col("date").is_between(span.start, span.end, closed="left"))


def _firms(seed: int, count: int, shape: Calibration) -> pl.DataFrame:
    """One row a firm: its level, habits and life."""
    level = ranked(seed, "firm.level", count)
    firms = pl.DataFrame(
        [
            pl.int_range(1, count + 1, eager=True).alias("customer"),
            level,
            ranked(seed, "firm.scale", count, against=level, percent=35),
            ranked(seed, "firm.wander", count, against=level, percent=27),
            ranked(seed, "firm.week", count),
            ranked(seed, "firm.feast", count),
            ranked(seed, "firm.life", count, against=level, percent=15),
        ]
    )
    stable = pl.col("firm.level") >= _STEADY_FROM
    wander = _own_wander(shape.volatility.wander_permille).drawn(pl.col("firm.wander"))
    firms = firms.with_columns(
        level_milli=shape.level_kwh.drawn(pl.col("firm.level")) * _MILLI,
        scale=shape.volatility.day_scale_permille.drawn(pl.col("firm.scale")),
        wander=pl.when(stable).then(wander.clip(upper_bound=_STEADY_WANDER)).otherwise(wander),
        saturday=shape.weekday.saturday_permille.drawn(pl.col("firm.week")),
        sunday=shape.weekday.sunday_permille.drawn(pl.col("firm.week")),
        steady=stable,
    )
    return _lives(seed, firms, shape)


def _own_wander(described: Quantiles) -> Quantiles:
    """What is left of the described wander once the common month shape is taken out, before it is drawn as lines."""
    common = 100
    own = tuple(isqrt(max(value**2 - common**2, 0)) * _LINE_PERMILLE // _MILLI for value in described.values)
    return Quantiles(described.shares, own)


def _lives(seed: int, firms: pl.DataFrame, shape: Calibration) -> pl.DataFrame:
    """When a firm is there: first and last active day, stops, and its collapse, as day counts from the start."""
    who, idle, fall = pl.col("customer"), shape.idle, shape.collapse
    length = DRAWN_SPAN.days
    living = EXACT - idle.whole_enterprises_share

    def drawn(purpose: str, table: Quantiles, *counters: pl.Expr) -> pl.Expr:
        return table.drawn(Stream.of(seed, purpose).uniform(who, *counters))

    def happens(purpose: str, share: int) -> pl.Expr:
        return ~pl.col("steady") & Stream.of(seed, purpose).chance(share * EXACT // living, who)

    def somewhere(purpose: str, stay: pl.Expr, *counters: pl.Expr) -> pl.Expr:
        return Stream.of(seed, purpose).below((length - stay).clip(lower_bound=1), who, *counters)

    absent = ~pl.col("steady") & (pl.col("firm.life") // (1 << 22) >= (1 << 10) * living // EXACT)
    firms = firms.with_columns(
        opens=pl.when(absent)
        .then(length)
        .when(happens("firm.head", idle.head_enterprises_share))
        .then(drawn("firm.head.days", idle.head_days))
        .otherwise(0),
        closes=pl.when(happens("firm.tail", idle.tail_enterprises_share))
        .then(length - drawn("firm.tail.days", idle.tail_days))
        .otherwise(length),
        stops=pl.when(happens("firm.middle", idle.middle_enterprises_share))
        .then(Stream.of(seed, "firm.middle.count").weighted(idle.middle_stops, who) + 1)
        .otherwise(0),
        rest_share=pl.when(happens("firm.rest", idle.short_enterprises_share))
        .then(drawn("firm.rest.share", idle.short_own_share) // 2)
        .otherwise(0),
        rest_days=looked_up(_REST_DAYS, Stream.of(seed, "firm.rest.days").below(len(_REST_DAYS), who)),
        falls=happens("firm.fall", _COLLAPSE_SHARE),
        fall_days=pl.when(Stream.of(seed, "firm.fall.lasts").chance(fall.recovering_share, who))
        .then(drawn("firm.fall.days", fall.days))
        .otherwise(length),
        fall_left=drawn("firm.fall.left", fall.left_permille),
        fall_from=somewhere("firm.fall.from", pl.lit(0)),
    )
    for place in range(3):
        stay = drawn("firm.middle.days", idle.middle_days, pl.lit(place))
        firms = firms.with_columns(stay.alias(f"stop_days_{place}")).with_columns(
            somewhere("firm.middle.from", pl.col(f"stop_days_{place}"), pl.lit(place)).alias(f"stop_from_{place}")
        )
    return firms


def _days(shape: Calibration) -> pl.DataFrame:
    """One row a day: its count, weekday, month and the holiday table it falls under."""
    start, end = DRAWN_SPAN.start, DRAWN_SPAN.end
    days = pl.DataFrame({"date": pl.date_range(start, end, closed="left", eager=True)}).with_row_index("day")
    days = days.with_columns(
        pl.col("day").cast(pl.Int64),
        weekday=pl.col("date").dt.weekday().cast(pl.Int64),
        month=pl.col("date").dt.month(),
    )
    years = range(start.year, end.year + 1)
    place = pl.lit(-1, dtype=pl.Int64)
    for tables, first, feasts in _feasts(shape, tuple(years)):
        offsets = sorted(tables)
        near = distances(start, end, feasts, before=-offsets[0], after=offsets[-1])["offset"]
        here = pl.lit(near)
        place = pl.when(here == FAR).then(place).otherwise(here - offsets[0] + first)
    return days.with_columns(feast=place)


def _feasts(shape: Calibration, years: tuple[int, ...]) -> list[tuple[dict[int, Quantiles], int, tuple[date, ...]]]:
    """Holiday tables, each with its place in the one long table, and its days."""
    spring, labour, national = shape.spring_festival_permille, shape.labour_day_permille, shape.national_day_permille
    return [
        (spring, 0, SPRING_FESTIVALS),
        (labour, len(spring), labour_days(years)),
        (national, len(spring) + len(labour), national_days(years)),
    ]


def _shaped(seed: int, shape: Calibration) -> pl.Expr:
    """Use of an active day [kWh]."""
    week = (
        pl.when(pl.col("weekday") == 6)  # noqa: PLR2004 -- Saturday
        .then(pl.col("saturday"))
        .when(pl.col("weekday") == 7)  # noqa: PLR2004 -- Sunday
        .then(pl.col("sunday"))
        .otherwise(looked_up(shape.weekday.workday_permille, (pl.col("weekday") - 1).clip(0, 4)))
    )
    month = looked_up(shape.month_permille, pl.col("month").cast(pl.Int64) - 1)
    fallen = pl.col("falls") & (pl.col("day") - pl.col("fall_from")).is_between(0, pl.col("fall_days"), closed="left")
    left = pl.when(fallen).then(pl.col("fall_left")).otherwise(_MILLI)
    milli = pl.col("level_milli")
    for permille in (week, month, _feast_factor(shape), left):
        milli = milli * permille // _MILLI
    factor = grown((_wander(seed) + _noise(seed, shape)).clip(upper_bound=2_500))
    return (milli * (factor // _MILLI) // _MILLI + _MILLI // 2) // _MILLI


def _feast_factor(shape: Calibration) -> pl.Expr:
    # Part of the described spread is the spread of any day, drawn apart as wander and noise: it is divided out.
    ordinary = shape.labour_day_permille[_ORDINARY_OFFSET].table()
    tables = [
        min(value * _MILLI // min(usual, _MILLI), _MILLI)
        for named, _, _ in _feasts(shape, (DRAWN_SPAN.start.year,))
        for offset in sorted(named)
        for value, usual in zip(named[offset].table(), ordinary, strict=True)
    ]
    place = pl.col("feast").clip(lower_bound=0) * 1001 + (pl.col("firm.feast") * 1001 // (1 << 32)).cast(pl.Int64)
    return pl.when(pl.col("feast") < 0).then(_MILLI).otherwise(looked_up(tables, place))


def _path(stream: Stream, block_days: int) -> pl.Expr:
    """Straight lines between a bell draw at the start of every block [1/1000]."""
    block, into = pl.col("day") // block_days, pl.col("day") % block_days
    left, right = stream.bell(pl.col("customer"), block), stream.bell(pl.col("customer"), block + 1)
    return (left * (block_days - into) + right * into) // block_days


def _wander(seed: int) -> pl.Expr:
    """Slow movement of the logarithm [1/1000]: mostly small, now and then far, further down than up."""
    path = _path(Stream.of(seed, "firm.wander.path"), _BLOCK_DAYS)
    far = path * path.abs() // _MILLI
    return pl.when(far > 0).then(far // 2).otherwise(far) * pl.col("wander") // _MILLI


def _noise(seed: int, shape: Calibration) -> pl.Expr:
    """Movement of the logarithm within weeks and from day to day [1/1000]."""
    table = shape.volatility.day_standard_permille
    jump = table.drawn(Stream.of(seed, "firm.noise").uniform(pl.col("customer"), pl.col("day"))).clip(-_JUMP, _JUMP)
    sway = _path(Stream.of(seed, "firm.sway"), _SWAY_DAYS)
    return (jump * _JUMP_PERMILLE + sway * _SWAY_PERMILLE) // _MILLI * pl.col("scale") // _MILLI


def _rests(seed: int) -> pl.Expr:
    """Idle days short of a stop: a firm rests for one to nine days at a time, as often as its own share says."""
    turn = pl.col("day") // pl.col("rest_days")
    return Stream.of(seed, "firm.rests").chance(pl.col("rest_share"), pl.col("customer"), turn)


def _idle() -> pl.Expr:
    day = pl.col("day")
    gone = (day < pl.col("opens")) | (day >= pl.col("closes"))
    for place in range(3):
        within = (day - pl.col(f"stop_from_{place}")).is_between(0, pl.col(f"stop_days_{place}"), closed="left")
        gone = gone | (within & (pl.col("stops") > place))
    return gone | pl.col("rests")
