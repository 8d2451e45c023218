"""What is known on the morning a work list is made?

All frames are Polars; numbers are int64, money in fen, days are day numbers, a day or a person that does not exist is 0.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw
import polars as pl

from zaikong.domain.collection.uplift.gains import OFFER_COLUMNS, expected_gains
from zaikong.domain.collection.uplift.openings import CASE_COLUMNS, openings
from zaikong.domain.collection.uplift.table import CollectionUplift, skill_bit
from zaikong.engine.dictionary import checked
from zaikong.kernel.refusal import Refusal

PLACED_COLUMNS: Final = ("case", "station", "route", "owner", "needs_skills", "deadline_day", "deadline")
"""What the planner reads of a case beside `CASE_COLUMNS`: its station and route, its own collector, skills it needs (sum
of `skill_bit`), the next day something about it ends and what."""

COLLECTOR_COLUMNS: Final = ("collector", "station", "partner", "minutes", "wage_fen_an_hour", "skills")
"""A collector: who goes along where two must go, minutes at work today within contact hours, wage, skills."""

ROUTE_COLUMNS: Final = ("route", "travel_minutes", "travel_fen")
"""A route: there and back, once a trip [min, fen]."""

PIN_COLUMNS: Final = ("pin", "case", "collector", "action")
"""A change by hand. `keep`: the case is on the list (of this collector, with this action, where given). `exclude`: it is
not (not on this collector's list, where given)."""

PIN_KINDS: Final = ("keep", "exclude")

HIGH_VOLTAGE: Final = skill_bit("high_voltage")


class UnableToPlanDayError(Refusal):
    """The frames of a day contradict one another."""


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """The morning's facts.

    Attributes:
        day: Today [day].
        working_day: Whether customers may be reached today.
        table: Effects and costs of actions in force.
        cases: `CASE_COLUMNS` and `PLACED_COLUMNS`.
        collectors: `COLLECTOR_COLUMNS`.
        routes: `ROUTE_COLUMNS`; a route that is not there has the table's way.
        pins: `PIN_COLUMNS`.
    """

    day: int
    working_day: bool
    table: CollectionUplift
    cases: pl.DataFrame
    collectors: pl.DataFrame
    routes: pl.DataFrame
    pins: pl.DataFrame


def no_pins() -> pl.DataFrame:
    """No change by hand."""
    return pl.DataFrame(schema={"pin": pl.String, "case": pl.Int64, "collector": pl.Int64, "action": pl.String})


def require_sound(day: Day) -> None:
    """Refuse frames a plan cannot be made of.

    Raises:
        UnableToPlanDayError: A case, collector or route twice, a partner who is not there or not returned or of another
            station, negative minutes, or a change by hand of an unknown kind, case, collector or action.
    """
    collectors, cases = day.collectors, day.cases
    for name, frame in (("case", cases), ("collector", collectors), ("route", day.routes)):
        if frame[name].n_unique() != frame.height:
            raise _unsound(f"a {name} stands twice", name)
    pairs = collectors.filter(pl.col("partner") != 0).join(
        collectors.select(partner="collector", back="partner", beside="station"), on="partner", how="left"
    )
    wrong = pairs.filter((pl.col("back") == pl.col("collector")).not_() | pl.col("back").is_null())
    wrong = pl.concat([wrong, pairs.filter(pl.col("beside") != pl.col("station"))])
    if wrong.height:
        raise _unsound("a partner does not return, or works elsewhere", "partner", list(wrong["collector"].unique()))
    if collectors.filter(pl.col("minutes") < 0).height or day.routes.filter(pl.col("travel_minutes") < 0).height:
        raise _unsound("minutes are negative", "minutes")
    pins = day.pins
    known = {
        "pin": pins["pin"].is_in(PIN_KINDS),
        "case": pins["case"].is_in(cases["case"].implode()),
        "collector": (pins["collector"] == 0) | pins["collector"].is_in(collectors["collector"].implode()),
        "action": (pins["action"] == "") | pins["action"].is_in(list(day.table.actions)),
    }
    for name, sound in known.items():
        if not sound.all():
            raise _unsound(f"a change by hand has an unknown {name}", name, list(pins.filter(~sound)["case"]))


def _unsound(message: str, field: str, values: list[object] | None = None) -> UnableToPlanDayError:
    return UnableToPlanDayError(
        message, code="WORK_DAY_UNSOUND", fields={field: values or []}, remedy="Mend the row named and plan again."
    )


def offers(day: Day) -> pl.DataFrame:
    """Every open action of every case with what it brings: `case`, `action`, chances, gains, sorted."""
    entry = checked(nw.from_native(day.cases.lazy()), CASE_COLUMNS, rule="work list")
    opened = openings(entry, table=day.table, day=day.day, working_day=day.working_day)
    gained: pl.LazyFrame = expected_gains(opened.select(OFFER_COLUMNS), table=day.table).to_native()
    return gained.select(
        "case", "action", "before_ppm", "after_ppm", "stranger_after_ppm", "gain_fen", "stranger_gain_fen"
    ).collect()


def travel(day: Day) -> pl.DataFrame:
    """`ROUTE_COLUMNS` of every route a case lies on, the table's way where it has none of its own."""
    return (
        day.cases.select("route")
        .unique()
        .join(day.routes.select(ROUTE_COLUMNS), on="route", how="left")
        .with_columns(
            pl.col("travel_minutes").fill_null(day.table.route.travel_minutes),
            pl.col("travel_fen").fill_null(day.table.route.travel_fen),
        )
        .sort("route")
    )
