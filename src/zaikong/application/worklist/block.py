"""What can be chosen at one station: every open action of every case by every crew that may take it?

A crew is a collector, or two partners who go together where two must go; a trip is a crew on a route. Nobody works for
another station, so stations are planned apart. An offer is a case with an open action; a column is an offer of a crew.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from zaikong.application.worklist.day import Day, offers, travel
from zaikong.domain.collection.uplift.table import Action

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

OFFICE: Final = -1
"""The route of what is done at the desk."""

_HOUR: Final = 60


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One station's choice.

    Attributes:
        station: Station.
        case_ids: Number of each case.
        collectors: Number of each collector.
        capacity: Minutes of each collector [min].
        crews: Places of the members of each crew; singles first, in the order of `collectors`.
        crew_wage: Wage of a whole crew [fen an hour].
        members: Crew by collector: 1 where a member.
        routes: Name of each route.
        trip_minutes: Minutes of each member there and back, by route [min].
        trip_fen: Cost of a crew's trip, by crew and route [fen].
        offer_case: Place of each offer's case.
        offer_action: Place of each offer's action in `actions`.
        offer_route: Place of its route, or `OFFICE`.
        offer_minutes: Minutes of each who does it [min].
        actions: Code of each action.
        value: What a column brings less its cost, without the trip, by offer and crew [fen].
        allowed: Whether a crew may take an offer, by offer and crew.
        own: Whether a crew has the case's own collector among it, by offer and crew.
        required: Whether a case must be on the list.
        frame: The offers as rows, in the same order.
    """

    station: int
    case_ids: Ints
    collectors: Ints
    capacity: Ints
    crews: tuple[tuple[int, ...], ...]
    crew_wage: Ints
    members: Ints
    routes: tuple[str, ...]
    trip_minutes: Ints
    trip_fen: Ints
    offer_case: Ints
    offer_action: Ints
    offer_route: Ints
    offer_minutes: Ints
    actions: tuple[str, ...]
    value: Ints
    allowed: Flags
    own: Flags
    required: Flags
    frame: pl.DataFrame

    @property
    def field(self) -> Flags:
        """Which offers are on a route."""
        found: Flags = self.offer_route != OFFICE
        return found


def blocks(day: Day) -> list[Block]:
    """Every station that has both cases and collectors, in order."""
    placed = day.cases.select("case", "station", "route", "owner", "needs_skills")
    opened = offers(day).join(placed, on="case", how="inner").sort("case", "action")
    roads = travel(day)
    found = []
    for station in sorted(set(opened["station"].unique()) & set(day.collectors["station"].unique())):
        team = day.collectors.filter(station=station).sort("collector")
        found.append(_block(day, station, opened.filter(station=station), team, roads))
    return found


def cost_fen(wage_fen_an_hour: Any, minutes: Any) -> Any:
    """Wage of so many minutes, rounded half up [fen]; whole numbers or arrays of them."""
    return (wage_fen_an_hour * minutes + _HOUR // 2) // _HOUR


def _block(day: Day, station: int, rows: pl.DataFrame, team: pl.DataFrame, roads: pl.DataFrame) -> Block:
    codes = tuple(sorted(day.table.actions))
    kinds = [day.table.actions[code] for code in codes]
    numbers = team["collector"].to_list()
    crews = _crews(team)
    crew_wage = np.array([sum(int(team["wage_fen_an_hour"][at]) for at in crew) for crew in crews], dtype=np.int64)
    case_ids = rows["case"].unique().sort().to_numpy()
    here = roads.filter(pl.col("route").is_in(rows["route"].unique().implode())).sort("route")
    action = _places(rows["action"], codes)
    office = np.array([kind.place == "office" for kind in kinds], dtype=bool)[action]
    minutes = _of(kinds, "minutes")[action]
    own = _owns(rows["owner"].to_numpy(), numbers, crews)
    worth = np.where(own, rows["gain_fen"].to_numpy()[:, None], rows["stranger_gain_fen"].to_numpy()[:, None])
    value = worth - cost_fen(crew_wage[None, :], minutes[:, None])
    place = np.searchsorted(case_ids, rows["case"].to_numpy())
    trip_minutes = here["travel_minutes"].to_numpy()
    block = Block(
        station=station,
        case_ids=case_ids,
        collectors=np.array(numbers, dtype=np.int64),
        capacity=team["minutes"].to_numpy(),
        crews=crews,
        crew_wage=crew_wage,
        members=np.array([[at in crew for at in range(len(numbers))] for crew in crews], dtype=np.int64),
        routes=tuple(here["route"]),
        trip_minutes=trip_minutes,
        trip_fen=cost_fen(crew_wage[:, None], trip_minutes[None, :]) + here["travel_fen"].to_numpy()[None, :],
        offer_case=place,
        offer_action=action,
        offer_route=np.where(office, OFFICE, _places(rows["route"], tuple(here["route"]))),
        offer_minutes=minutes,
        actions=codes,
        value=value,
        allowed=_allowed(rows, kinds, action, team, crews),
        own=own,
        required=np.zeros(len(case_ids), dtype=bool),
        frame=rows,
    )
    return _with_pins(block, day)


def _crews(team: pl.DataFrame) -> tuple[tuple[int, ...], ...]:
    numbers = team["collector"].to_list()
    pairs = {
        tuple(sorted((numbers.index(one), numbers.index(other))))
        for one, other in team.select("collector", "partner").iter_rows()
        if other
    }
    return (*((at,) for at in range(len(numbers))), *sorted(pairs))


def _places(names: pl.Series, order: tuple[str, ...]) -> Ints:
    places = {name: at for at, name in enumerate(order)}
    found: Ints = names.replace_strict(places, return_dtype=pl.Int64).to_numpy()
    return found


def _of(kinds: list[Action], name: str) -> Ints:
    return np.array([getattr(kind, name) for kind in kinds], dtype=np.int64)


def _owns(owner: Ints, numbers: list[int], crews: tuple[tuple[int, ...], ...]) -> Flags:
    own = np.zeros((len(owner), len(crews)), dtype=bool)
    for at, crew in enumerate(crews):
        for member in crew:
            own[:, at] |= owner == numbers[member]
    return own


def _allowed(
    rows: pl.DataFrame, kinds: list[Action], action: Ints, team: pl.DataFrame, crews: tuple[tuple[int, ...], ...]
) -> Flags:
    needs = rows["needs_skills"].to_numpy() | _of(kinds, "skill_bits")[action]
    people = _of(kinds, "people")[action]
    office = np.array([kind.place == "office" for kind in kinds], dtype=bool)[action]
    allowed = np.zeros((rows.height, len(crews)), dtype=bool)
    skills = team["skills"].to_list()
    for at, crew in enumerate(crews):
        has = 0
        for member in crew:
            has |= int(skills[member])
        allowed[:, at] = ((needs & ~has) == 0) & (people <= len(crew)) & (~office | (len(crew) == 1))
    return allowed


def _with_pins(block: Block, day: Day) -> Block:
    """Take away what a person ruled out, and mark what must be on the list: kept by hand, or mandatory by its nature."""
    case_place = {int(case): at for at, case in enumerate(block.case_ids)}
    crews_of = {int(number): block.members[:, at] == 1 for at, number in enumerate(block.collectors)}
    mandatory = np.array([day.table.actions[code].mandatory for code in block.actions], dtype=bool)[block.offer_action]
    for case in np.unique(block.offer_case[mandatory]):
        block.allowed[(block.offer_case == case) & ~mandatory] = False
        block.required[case] = True
    for kind, case, collector, action in day.pins.select("pin", "case", "collector", "action").iter_rows():
        if case not in case_place or (collector and kind == "exclude" and collector not in crews_of):
            continue
        mine = block.offer_case == case_place[case]
        if kind == "exclude":
            crews = crews_of[collector] if collector else np.ones(len(block.crews), dtype=bool)
            block.allowed[np.ix_(mine, crews)] = False
            block.required[case_place[case]] &= bool(collector)
            continue
        crews = crews_of.get(collector, np.zeros(len(block.crews), dtype=bool)) if collector else np.ones(1, dtype=bool)
        kept = block.allowed[mine] & np.broadcast_to(crews, (int(mine.sum()), len(block.crews)))
        if action:
            kept = kept & (block.offer_action[mine] == block.actions.index(action))[:, None]
        block.allowed[mine] = kept
        block.required[case_place[case]] = True
    return block
