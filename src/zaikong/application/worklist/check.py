"""Does a finished plan break any constraint?

Written over the rows of a plan and the day's facts alone, and apart from what chooses: it shares neither the openings nor
the choice with the planner. Every plan passes here before anybody sees it.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from zaikong.application.worklist.day import Day, offers, travel
from zaikong.domain.collection.uplift.table import Action
from zaikong.kernel.finding import Finding

_HOUR: Final = 60
_SHOWN: Final = 5


def broken(
    day: Day, rows: pl.DataFrame, trips: pl.DataFrame, *, value_fen: int, findings: Iterable[Finding] = ()
) -> list[Finding]:
    """Every constraint the plan breaks.

    Args:
        day: The morning's facts.
        rows: `rows.ROW_COLUMNS`.
        trips: `rows.TRIP_COLUMNS`.
        value_fen: What the plan says it is worth [fen].
        findings: What the plan says could not be listed; only these may be missing.

    Returns:
        One finding a kind of fault, naming the first cases; empty when the plan keeps everything.
    """
    full = _full(day, rows)
    faults = {
        "CASE_UNKNOWN": full.filter(pl.col("station").is_null()),
        "CASE_TWICE": full.filter(pl.col("case").is_duplicated()),
        "WRONG_STATION": full.filter(
            (pl.col("station") != pl.col("collector_station")).fill_null(value=True)
            | ((pl.col("companion") != 0) & (pl.col("station") != pl.col("companion_station")).fill_null(value=True))
        ),
        "NOT_PARTNERS": full.filter((pl.col("companion") != 0) & (pl.col("companion") != pl.col("partner"))),
        "LEFT_ALONE": full.filter(_left_alone(day.day)),
        "FIGURES_WRONG": full.filter(_figures_wrong()),
        **_by_action(day, full),
        **_by_hand(day, full, findings),
    }
    found = [_fault(code, bad["case"].to_list()) for code, bad in faults.items() if bad.height]
    return [*found, *_hours(day, rows, trips), *_trips(day, rows, trips), *_worth(rows, trips, value_fen)]


def _fault(code: str, subjects: list[object]) -> Finding:
    named = ", ".join(str(subject) for subject in subjects[:_SHOWN])
    return Finding(code, named, f"{code} in {len(subjects)} rows: {named}")


def _full(day: Day, rows: pl.DataFrame) -> pl.DataFrame:
    people = day.collectors.select("collector", "station", "partner", "skills", "wage_fen_an_hour")
    lead = people.rename({name: f"collector_{name}" for name in ("station", "skills", "wage_fen_an_hour")})
    beside = people.select(
        companion="collector",
        companion_station="station",
        companion_skills="skills",
        companion_wage_fen_an_hour="wage_fen_an_hour",
    )
    facts = day.cases.drop("open_fen", "route").join(
        day.cases.select("case", case_open_fen="open_fen", case_route="route"), on="case"
    )
    gains = offers(day).rename({"before_ppm": "told_before_ppm", "after_ppm": "told_after_ppm"})
    return (
        rows.join(facts, on="case", how="left")
        .join(lead, on="collector", how="left")
        .join(beside, on="companion", how="left")
        .join(gains, on=["case", "action"], how="left")
        .with_columns(
            pl.col("companion_skills", "companion_wage_fen_an_hour").fill_null(0),
            is_own=(pl.col("owner") != 0)
            & ((pl.col("owner") == pl.col("collector")) | (pl.col("owner") == pl.col("companion"))),
        )
    )


def _left_alone(today: int) -> pl.Expr:
    return (
        pl.col("disputed")
        | (pl.col("paused_to_day") > today)
        | (pl.col("promise_due_day") > today)
        | (pl.col("case_open_fen") <= 0)
    )


def _figures_wrong() -> pl.Expr:
    gain = pl.when("is_own").then("gain_fen").otherwise("stranger_gain_fen")
    after = pl.when("is_own").then("told_after_ppm").otherwise("stranger_after_ppm")
    wage = pl.col("collector_wage_fen_an_hour") + pl.col("companion_wage_fen_an_hour")
    cost = (wage * pl.col("minutes") + _HOUR // 2) // _HOUR
    told = {"before_ppm": pl.col("told_before_ppm"), "after_ppm": after, "expected_fen": gain, "cost_fen": cost}
    told |= {"net_fen": gain - cost, "own": pl.col("is_own"), "open_fen": pl.col("case_open_fen")}
    return pl.any_horizontal((pl.col(name) != value).fill_null(value=True) for name, value in told.items())


def _by_action(day: Day, full: pl.DataFrame) -> dict[str, pl.DataFrame]:
    parts: dict[str, list[pl.DataFrame]] = {
        "ACTION_UNKNOWN": [full.filter(~pl.col("action").is_in(list(day.table.actions)))]
    }
    for code, action in day.table.actions.items():
        mine = full.filter(action=code)
        for fault, wrong in _rules_of(day, action).items():
            parts.setdefault(fault, []).append(mine.filter(wrong))
    return {fault: pl.concat(frames) for fault, frames in parts.items()}


def _rules_of(day: Day, action: Action) -> dict[str, pl.Expr]:
    today, limits = day.day, day.table.limits
    gates = {
        "none": pl.lit(value=True),
        "demand": pl.col("demand_from_day").is_between(1, today),
        "stop_notice": pl.col("stop_notice_from_day").is_between(1, today) & ~pl.col("under_review"),
        "final_notice": (pl.col("final_notice_day") == today) & ~pl.col("under_review"),
        "legal": pl.col("legal_from_day").is_between(1, today),
    }
    at_desk = pl.lit(value=action.place == "office")
    has = pl.col("collector_skills") | pl.col("companion_skills")
    needs = pl.col("needs_skills") | pl.lit(action.skill_bits, pl.Int64)
    spent = (pl.col("contacts_today") >= limits.per_day) | (pl.col("contacts_7d") >= limits.per_week)
    return {
        "GATE_CLOSED": ~gates[action.gate],
        "TOO_EARLY": pl.col("days_overdue") < action.from_days,
        "REST_DAY": pl.lit(value=action.contact and not day.working_day),
        "CONTACT_LIMIT": spent & pl.lit(value=action.counted),
        "MINUTES_WRONG": pl.col("minutes") != action.minutes,
        "PEOPLE_WRONG": (pl.col("companion") == 0) & pl.lit(value=action.people > 1)
        | (pl.col("companion") != 0) & at_desk,
        "SKILL_MISSING": (needs & has) != needs,
        "ROUTE_WRONG": pl.col("route") != pl.when(at_desk).then(pl.lit("")).otherwise("case_route"),
    }


def _by_hand(day: Day, full: pl.DataFrame, findings: Iterable[Finding]) -> dict[str, pl.DataFrame]:
    said = {finding.subject for finding in findings}
    pins = day.pins.rename({"collector": "hand_collector", "action": "hand_action"})
    out = pins.filter(pin="exclude").join(full, on="case", how="inner")
    theirs = (pl.col("hand_collector") == pl.col("collector")) | (pl.col("hand_collector") == pl.col("companion"))
    kept = (
        pins.filter(pin="keep")
        .join(full, on="case", how="left")
        .filter(~pl.concat_str(pl.lit("case "), pl.col("case").cast(pl.String)).is_in(list(said)))
    )
    right = pl.col("net_fen").is_not_null() & ((pl.col("hand_collector") == 0) | theirs)
    right = right & ((pl.col("hand_action") == "") | (pl.col("hand_action") == pl.col("action")))
    return {
        "EXCLUDED_BY_HAND": out.filter((pl.col("hand_collector") == 0) | theirs),
        "KEPT_BY_HAND": kept.filter(~right.fill_null(value=False)),
    }


def _hours(day: Day, rows: pl.DataFrame, trips: pl.DataFrame) -> list[Finding]:
    used = pl.concat(
        frame.select(collector=who, minutes="minutes") for frame in (rows, trips) for who in ("collector", "companion")
    )
    over = (
        used.filter(pl.col("collector") != 0)
        .group_by("collector")
        .agg(pl.col("minutes").sum())
        .join(day.collectors.select("collector", allowed="minutes"), on="collector", how="left")
        .filter((pl.col("minutes") > pl.col("allowed")).fill_null(value=True))
        .sort("collector")
    )
    return [_fault("HOURS_EXCEEDED", over["collector"].to_list())] if over.height else []


def _trips(day: Day, rows: pl.DataFrame, trips: pl.DataFrame) -> list[Finding]:
    crew = (
        pl.min_horizontal("collector", "companion").alias("low"),
        pl.max_horizontal("collector", "companion").alias("high"),
    )
    gone = trips.with_columns(crew)
    unpaid = rows.filter(pl.col("route") != "").with_columns(crew).join(gone, on=["low", "high", "route"], how="anti")
    people = day.collectors.select("collector", "wage_fen_an_hour")
    wages = (
        gone.join(travel(day), on="route", how="left")
        .join(people, on="collector", how="left")
        .join(people.select(companion="collector", beside="wage_fen_an_hour"), on="companion", how="left")
        .with_columns(wage=pl.col("wage_fen_an_hour") + pl.col("beside").fill_null(0))
        .with_columns(due=(pl.col("wage") * pl.col("travel_minutes") + _HOUR // 2) // _HOUR + pl.col("travel_fen"))
    )
    wrong = wages.filter(
        (pl.col("cost_fen") != pl.col("due")).fill_null(value=True)
        | (pl.col("minutes") != pl.col("travel_minutes")).fill_null(value=True)
        | pl.struct("low", "high", "route").is_duplicated()
    )
    found = [_fault("WAY_NOT_PAID", unpaid["case"].to_list())] if unpaid.height else []
    return found + ([_fault("TRIP_WRONG", wrong["route"].to_list())] if wrong.height else [])


def _worth(rows: pl.DataFrame, trips: pl.DataFrame, value_fen: int) -> list[Finding]:
    worth = int(rows["net_fen"].sum()) - int(trips["cost_fen"].sum())
    if worth == value_fen:
        return []
    return [Finding("WORTH_WRONG", "plan", f"the rows are worth {worth} fen, not {value_fen} fen")]
