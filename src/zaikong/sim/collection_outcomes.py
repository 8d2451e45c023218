"""What does a morning at the collectors' look like, and what does each action then truly bring?

Cases, routes and collectors are drawn whole for any number of them, so that work lists can be measured. What is then paid
follows the truth of the drawn county, not the company's table: each action works better or worse than the table says by a
factor of its own for each category of customer, and each case by another. A case has one draw for its payment whatever is
done about it, so that two ways of working are compared on the same luck.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from zaikong.sim.draws import Quantiles, Stream

CATEGORIES: Final = ("residential", "agricultural", "business", "industrial", "public")

_WEIGHTS: Final = (800, 60, 90, 40, 10)
_OPEN_FEN: Final = {
    "residential": Quantiles((0, 2500, 5000, 7500, 9500, 10000), (300, 4_000, 9_000, 18_000, 60_000, 400_000)),
    "agricultural": Quantiles((0, 2500, 5000, 7500, 9500, 10000), (500, 6_000, 15_000, 40_000, 180_000, 900_000)),
    "business": Quantiles((0, 2500, 5000, 7500, 9500, 10000), (1_000, 15_000, 50_000, 160_000, 900_000, 9_000_000)),
    "industrial": Quantiles(
        (0, 2500, 5000, 7500, 9500, 10000), (10_000, 200_000, 900_000, 3_000_000, 15_000_000, 120_000_000)
    ),
    "public": Quantiles((0, 2500, 5000, 7500, 9500, 10000), (1_000, 30_000, 120_000, 400_000, 1_500_000, 8_000_000)),
}
_OVERDUE: Final = Quantiles((0, 3000, 5500, 7500, 9000, 10000), (1, 6, 18, 40, 120, 900))
_GRADES: Final = (4, 10, 22, 40, 18, 6)
_TRIED: Final = (70, 18, 8, 4)

_TEAM: Final = 10
_ROUTES_EACH: Final = 3
_EXACT: Final = 10_000
_THOUSAND: Final = 1000
_MILLION: Final = 1_000_000
_CERTIFIED, _LEGAL, _HIGH_VOLTAGE = 1, 2, 4


@dataclass(frozen=True, slots=True, eq=False)
class Morning:
    """A drawn morning.

    Attributes:
        cases: Open cases with all that a work list reads of them.
        collectors: Collectors with their hours, wage and skills.
        routes: Routes with the way there.
    """

    cases: pl.DataFrame
    collectors: pl.DataFrame
    routes: pl.DataFrame


def draw_morning(seed: int, *, cases: int, collectors: int, day: int) -> Morning:
    """Draw a morning.

    Args:
        seed: Same seed, same morning.
        cases: Open cases.
        collectors: Collectors, ten a station, three routes each.
        day: The day [day].
    """
    team = _collectors(seed, collectors)
    roads = _routes(seed, collectors)
    return Morning(_cases(seed, cases, collectors, day), team, roads)


def _collectors(seed: int, count: int) -> pl.DataFrame:
    number = pl.col("collector")

    def stream(purpose: str) -> Stream:
        return Stream.of(seed, f"collector.{purpose}")

    mate = pl.when(number % 2 == 1).then(number + 1).otherwise(number - 1)
    with_mate = (mate <= count) & ((mate - 1) // _TEAM == (number - 1) // _TEAM)
    present = ~stream("absent").chance(500, number)
    drawn = pl.DataFrame({"collector": pl.Series(range(1, count + 1), dtype=pl.Int64)}).select(
        "collector",
        station=(number - 1) // _TEAM + 1,
        partner=pl.when(with_mate).then(mate).otherwise(0),
        minutes=pl.when(present).then(300 + 30 * stream("minutes").below(5, number)).otherwise(0),
        wage_fen_an_hour=3000 + 500 * stream("wage").below(7, number),
        skills=stream("certified").chance(6000, number).cast(pl.Int64) * _CERTIFIED
        + stream("legal").chance(1000, number).cast(pl.Int64) * _LEGAL
        + stream("high").chance(3000, number).cast(pl.Int64) * _HIGH_VOLTAGE,
    )
    return drawn.cast(pl.Int64)


def _routes(seed: int, collectors: int) -> pl.DataFrame:
    number = pl.col("number")
    frame = pl.DataFrame({"number": pl.Series(range(collectors * _ROUTES_EACH), dtype=pl.Int64)})
    return frame.select(
        route=_route_name(number),
        travel_minutes=15 + Stream.of(seed, "route.minutes").below(56, number),
        travel_fen=300 + 100 * Stream.of(seed, "route.fen").below(30, number),
    )


def _route_name(number: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("R"), number.cast(pl.String).str.zfill(5))


def _cases(seed: int, count: int, collectors: int, day: int) -> pl.DataFrame:
    case = pl.col("case")

    def of(purpose: str) -> Stream:
        return Stream.of(seed, f"case.{purpose}")

    by_route = pl.col("_route") // _ROUTES_EACH + 1
    frame = pl.DataFrame({"case": pl.Series(range(1, count + 1), dtype=pl.Int64)}).with_columns(
        _category=of("category").weighted(_WEIGHTS, case),
        _route=of("route").below(collectors * _ROUTES_EACH, case),
        _uniform=of("open").uniform(case),
        days_overdue=_OVERDUE.drawn(of("overdue").uniform(case)),
    )
    frame = frame.with_columns(
        category=pl.col("_category").replace_strict(dict(enumerate(CATEGORIES)), return_dtype=pl.String),
        open_fen=_by_category(pl.col("_uniform")),
    )
    late, overdue = pl.col("days_overdue") > 30, pl.col("days_overdue")  # noqa: PLR2004 -- a notice follows thirty days
    tried = of("tried").weighted(_TRIED, case)
    promised = of("promised").chance(600, case)
    return frame.select(
        "case",
        "category",
        "open_fen",
        "days_overdue",
        station=(by_route - 1) // _TEAM + 1,
        route=_route_name(pl.col("_route")),
        owner=pl.when(of("own").chance(9600, case)).then(by_route).otherwise(0),
        grade=of("grade").weighted(_GRADES, case) + 1,
        contacts_today=((tried > 0) & of("today").chance(500, case)).cast(pl.Int64),
        contacts_7d=tried,
        disputed=of("disputed").chance(200, case),
        under_review=of("review").chance(150, case),
        paused_to_day=pl.when(of("paused").chance(300, case)).then(day - 3 + of("pause").below(14, case)).otherwise(0),
        promise_due_day=pl.when(promised).then(day - 2 + of("promise").below(10, case)).otherwise(0),
        demand_from_day=day - 10 + of("demand").below(16, case),
        stop_notice_from_day=pl.when(late & of("stop").chance(6000, case))
        .then(day - 6 + of("stop day").below(10, case))
        .otherwise(0),
        final_notice_day=pl.when(late & of("final").chance(60, case))
        .then(day - 2 + of("final day").below(5, case))
        .otherwise(0),
        legal_from_day=pl.when((overdue > 120) & of("legal").chance(5000, case)).then(day).otherwise(0),  # noqa: PLR2004
        needs_skills=pl.when(pl.col("category") == "industrial").then(_HIGH_VOLTAGE).otherwise(0).cast(pl.Int64),
        deadline_day=pl.when(of("deadline").chance(1000, case))
        .then(day + of("deadline day").below(30, case))
        .otherwise(0),
        deadline=pl.lit(""),
    ).with_columns(
        deadline=pl.when(pl.col("deadline_day") > 0).then(pl.lit("LADDER_STEP")).otherwise(pl.lit("")), **_longs()
    )


def _longs() -> dict[str, pl.Expr]:
    days = (
        "paused_to_day",
        "promise_due_day",
        "demand_from_day",
        "stop_notice_from_day",
        "final_notice_day",
        "legal_from_day",
    )
    return {name: pl.col(name).cast(pl.Int64) for name in (*days, "deadline_day", "needs_skills", "owner")}


def _by_category(uniform: pl.Expr) -> pl.Expr:
    value: pl.Expr = pl.lit(0, dtype=pl.Int64)
    for place, category in enumerate(CATEGORIES):
        value = pl.when(pl.col("_category") == place).then(_OPEN_FEN[category].drawn(uniform)).otherwise(value)
    return value


def outcomes(seed: int, rows: pl.DataFrame) -> pl.DataFrame:
    """What comes of actions taken.

    Args:
        seed: Seed of the truth and of the luck.
        rows: `case`, `category`, `action_number`, `open_fen`, `before_ppm`, `after_ppm` as the table expects, one row a
            case.

    Returns:
        The rows with `true_before_ppm`, `true_after_ppm`, `paid_fen` and `additional_fen`: what was paid, and what of it
        would not have been paid unasked.
    """
    case, category = pl.col("case"), pl.col("category").replace_strict({c: n for n, c in enumerate(CATEGORIES)})
    by_action = 500 + Stream.of(seed, "truth.action").below(1001, pl.col("action_number"), category)
    by_case = 250 + Stream.of(seed, "truth.case").below(1501, case)
    unasked = 500 + Stream.of(seed, "truth.unasked").below(1001, case)
    luck = Stream.of(seed, "truth.luck").below(_MILLION, case)
    before, after = pl.col("before_ppm"), pl.col("after_ppm")
    share = (after - before) * _MILLION // pl.max_horizontal(_MILLION - before, pl.lit(1))
    return (
        rows.with_columns(
            true_before_ppm=pl.min_horizontal(before * unasked // _THOUSAND, pl.lit(_MILLION)),
            _share=pl.min_horizontal(share * by_action // _THOUSAND * by_case // _THOUSAND, pl.lit(_MILLION)),
            _luck=luck,
        )
        .with_columns(
            true_after_ppm=pl.col("true_before_ppm")
            + (_MILLION - pl.col("true_before_ppm")) * pl.col("_share") // _MILLION
        )
        .with_columns(
            paid_fen=pl.when(pl.col("_luck") < pl.col("true_after_ppm")).then("open_fen").otherwise(0),
            additional_fen=pl.when(pl.col("_luck").is_between("true_before_ppm", "true_after_ppm", closed="left"))
            .then("open_fen")
            .otherwise(0),
        )
        .drop("_share", "_luck")
    )
