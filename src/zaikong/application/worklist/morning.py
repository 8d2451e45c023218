"""What do the tables say on the morning of a day, in the terms of the planner?

Basis: a stop notice only when more days overdue than the law asks (`overdue`), after a demand was served and a reasonable
wait (《民法典》 article 654), and never while a cut is planned already, the account is protected, prepaid or cut.
"""

from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Final

import polars as pl

from zaikong.application.roles import Role
from zaikong.application.worklist.day import PIN_COLUMNS, ROUTE_COLUMNS, Day, no_pins
from zaikong.domain.collection.uplift.table import SKILLS, CollectionUplift, collection_uplift, skill_bit
from zaikong.domain.law.calendar import is_working_day
from zaikong.domain.law.parameters import NATION, Overdue, in_law
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import day_number
from zaikong.store.queries import work_list as reads

_LETTER: Final = "LEGAL_LETTER"
_CERTIFIED: Final = skill_bit("certified")
_KEPT: Final = {"pin": "keep", "exclude": "exclude"}


@dataclass(frozen=True, slots=True, eq=False)
class Morning:
    """The facts of a morning.

    Attributes:
        day: What the planner reads.
        findings: Changes by hand that name a collector who is not there.
    """

    day: Day
    findings: tuple[Finding, ...]


def morning(*, business_date: date, station_id: int | None = None, jurisdiction: str = NATION) -> Morning:
    """The facts of a morning.

    Args:
        business_date: The day.
        station_id: One station, or None for all.
        jurisdiction: The company's place.
    """
    table = collection_uplift(as_of=business_date).value
    today = day_number(business_date)
    done = reads.done_today(as_of=business_date)
    facts = reads.open_cases(as_of=business_date, station_id=station_id, letter=_LETTER)
    cut_after = in_law(Overdue, as_of=business_date, jurisdiction=jurisdiction).value.cut_after_days
    cases = _cases(facts.filter(~pl.col("case").is_in(done["case"].implode())), table, today=today, cut_after=cut_after)
    team = _collectors(business_date, station_id, table, done)
    pins, lost = _pins(business_date, cases, team)
    day = Day(
        day=today,
        working_day=is_working_day(business_date),
        table=table,
        cases=cases,
        collectors=team,
        routes=pl.DataFrame(schema=dict(zip(ROUTE_COLUMNS, (pl.String, pl.Int64, pl.Int64), strict=True))),
        pins=pins,
    )
    return Morning(day, lost)


def _cases(facts: pl.DataFrame, table: CollectionUplift, *, today: int, cut_after: int) -> pl.DataFrame:
    waits, since = table.waits, pl.col("since_day")
    served, cut = pl.col("demand_served_day"), pl.col("cut_day")
    overdue = pl.when(since > 0).then(today - since).otherwise(0)
    may_stop = pl.col("post_paid") & ~pl.col("cut") & ~pl.col("protected") & ~pl.col("stop_standing") & (cut == 0)
    may_stop = may_stop & (served > 0) & (since > 0)
    stop_day = pl.max_horizontal(since + cut_after + 1, served + waits.after_demand_days)
    letter = pl.col("letter_day")
    with_days = facts.with_columns(
        days_overdue=overdue,
        needs_skills=pl.when("high_voltage").then(skill_bit("high_voltage")).otherwise(0),
        demand_from_day=pl.when(served > 0).then(served + waits.demand_again_days).otherwise(since),
        stop_notice_from_day=pl.when(may_stop).then(stop_day).otherwise(0),
        final_notice_day=pl.when(~pl.col("final_given") & ~pl.col("protected")).then(cut).otherwise(0),
        legal_from_day=pl.when((since > 0) & ~pl.col("bankrupt"))
        .then(pl.max_horizontal(since + waits.legal_after_days, _again(letter, waits.legal_again_days)))
        .otherwise(0),
    )
    return _with_deadline(with_days, today=today).with_columns(pl.col(pl.Int32).cast(pl.Int64))


def _again(last: pl.Expr, days: int) -> pl.Expr:
    return pl.when(last > 0).then(last + days).otherwise(0)


def _with_deadline(cases: pl.DataFrame, *, today: int) -> pl.DataFrame:
    """The next day on which something about a case ends or begins, and what."""
    ends = {
        "CUT_PLANNED": pl.col("cut_day"),
        "PROMISE_DUE": pl.col("promise_due_day"),
        "STOP_NOTICE_OPENS": pl.col("stop_notice_from_day"),
    }
    ahead = {code: pl.when(day > today).then(day) for code, day in ends.items()} | {
        "CUT_PLANNED": pl.when(ends["CUT_PLANNED"] >= today).then(ends["CUT_PLANNED"]).replace(0, None)
    }
    first = pl.min_horizontal(*ahead.values())
    name: pl.Expr = pl.lit("")
    for code, day in reversed(ahead.items()):
        name = pl.when(day == first).then(pl.lit(code)).otherwise(name)
    return cases.with_columns(deadline_day=first.fill_null(0).cast(pl.Int64), deadline=name)


def _collectors(
    business_date: date, station_id: int | None, table: CollectionUplift, done: pl.DataFrame
) -> pl.DataFrame:
    team = reads.collectors(as_of=business_date, group=Role.COLLECTOR.value, station_id=station_id)
    spent = _spent(done, table)
    window = table.contact_hours.to_minute - table.contact_hours.from_minute
    with_hours = (
        team.join(spent, on="staff", how="left")
        .with_columns(
            minutes=pl.col("minutes").fill_null(table.collector.minutes_a_day).clip(0, window)
            - pl.col("spent").fill_null(0),
            wage_fen_an_hour=pl.col("wage_fen_an_hour").fill_null(table.collector.wage_fen_an_hour),
            skills=pl.sum_horizontal(
                pl.col("skills").str.split(",").list.contains(skill).cast(pl.Int64) * skill_bit(skill)
                for skill in SKILLS
            ),
        )
        .with_columns(pl.col("minutes").clip(0))
        .rename({"staff": "collector"})
        .sort("collector")
    )
    partners = _partners(with_hours)
    return with_hours.with_columns(
        partner=pl.col("collector").replace_strict(partners, default=0, return_dtype=pl.Int64)
    ).select("collector", "station", "partner", "minutes", "wage_fen_an_hour", "skills")


def _spent(done: pl.DataFrame, table: CollectionUplift) -> pl.DataFrame:
    """Minutes gone today of each who did something, the way to every route once: `staff`, `spent`."""
    both = pl.concat(done.select("route", "minutes", staff=who) for who in ("staff", "companion"))
    ways = pl.col("route").filter(pl.col("route") != "").n_unique() * table.route.travel_minutes
    return both.filter(pl.col("staff") != 0).group_by("staff").agg(spent=pl.col("minutes").sum() + ways)


def _partners(team: pl.DataFrame) -> dict[int, int]:
    """Pair those who are there, at each station, a certified one with one who is not as far as they go."""
    partners: dict[int, int] = {}
    for station in team["station"].unique().sort():
        here = team.filter(station=station)
        able = (pl.col("skills") & _CERTIFIED) > 0
        certified, others = here.filter(able)["collector"].to_list(), here.filter(~able)["collector"].to_list()
        both = min(len(certified), len(others))
        rest = [*certified[both:], *others[both:]]
        pairs = [*zip(certified, others, strict=False), *zip_longest(rest[::2], rest[1::2], fillvalue=0)]
        partners |= {one: other for one, other in pairs if other} | {other: one for one, other in pairs if other}
    return partners


def _pins(business_date: date, cases: pl.DataFrame, team: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    changes = reads.hand_changes(as_of=business_date).filter(
        pl.col("kind").is_in(list(_KEPT)) & pl.col("case").is_in(cases["case"].implode())
    )
    there = (pl.col("staff") == 0) | pl.col("staff").is_in(team["collector"].implode())
    lost = tuple(
        Finding(
            "COLLECTOR_AWAY", f"case {case}", "it was put on the list of a collector who is not there; choose another"
        )
        for case in changes.filter(~there & (pl.col("kind") == "pin"))["case"].sort()
    )
    here = changes.filter(there)
    if here.is_empty():
        return no_pins(), lost
    kinds = pl.col("kind").replace_strict(_KEPT, return_dtype=pl.String)
    return here.select(pin=kinds, case="case", collector="staff", action="action").select(PIN_COLUMNS), lost
