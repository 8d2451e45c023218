"""How does a choice read as a list of who does what in which order?

A collector's day begins on the road, route by route, and ends at the desk; on a route and at the desk the most worth
comes first. What two do together stands on the list of one of them, the case's own collector where he is of the two.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from zaikong.application.worklist.block import Block
from zaikong.application.worklist.day import Day
from zaikong.application.worklist.taking import Taking

ROW_COLUMNS: Final = (
    "collector",
    "rank",
    "companion",
    "case",
    "action",
    "route",
    "minutes",
    "cost_fen",
    "open_fen",
    "before_ppm",
    "after_ppm",
    "expected_fen",
    "net_fen",
    "own",
    "by_hand",
)
"""A row of a list. `route` is empty at the desk; `minutes` are of each who does it, the way not counted; `net_fen` is
`expected_fen` less `cost_fen`."""

TRIP_COLUMNS: Final = ("collector", "companion", "route", "minutes", "cost_fen")
"""A trip: of whom, where to, minutes of each, cost of all."""

_ROW_TYPES: Final = {
    "collector": pl.Int64,
    "companion": pl.Int64,
    "case": pl.Int64,
    "action": pl.String,
    "route": pl.String,
    "minutes": pl.Int64,
    "before_ppm": pl.Int64,
    "after_ppm": pl.Int64,
    "expected_fen": pl.Int64,
    "net_fen": pl.Int64,
    "own": pl.Boolean,
}


def rows_of(day: Day, done: Iterable[tuple[Block, Taking]]) -> pl.DataFrame:
    """The lists, `ROW_COLUMNS`, by collector and rank."""
    found = [row for block, taking in done for row in _rows(block, taking, _owners(day))]
    rows = pl.DataFrame(found, schema=_ROW_TYPES, orient="row").join(
        day.cases.select("case", "open_fen"), on="case", how="left"
    )
    kept = day.pins.filter(pin="keep")["case"].unique()
    worth = pl.col("net_fen").sum().over("collector", "route")
    return (
        rows.with_columns(
            cost_fen=pl.col("expected_fen") - pl.col("net_fen"),
            by_hand=pl.col("case").is_in(kept.implode()),
            _desk=pl.col("route") == "",
            _worth=worth,
        )
        .sort(
            "collector",
            "_desk",
            "_worth",
            "route",
            "net_fen",
            "case",
            descending=[False, False, True, False, True, False],
        )
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("collector"))
        .select(ROW_COLUMNS)
    )


def trips_of(done: Iterable[tuple[Block, Taking]]) -> pl.DataFrame:
    """The trips, `TRIP_COLUMNS`."""
    found = []
    for block, taking in done:
        for crew, route in sorted(taking.trips):
            members = [int(block.collectors[at]) for at in block.crews[crew]]
            found.append(
                (
                    members[0],
                    members[1] if len(members) > 1 else 0,
                    block.routes[route],
                    int(block.trip_minutes[route]),
                    int(block.trip_fen[crew, route]),
                )
            )
    types = (pl.Int64, pl.Int64, pl.String, pl.Int64, pl.Int64)
    return pl.DataFrame(found, schema=dict(zip(TRIP_COLUMNS, types, strict=True)), orient="row")


def _owners(day: Day) -> dict[int, int]:
    return dict(day.cases.select("case", "owner").iter_rows())


def _rows(block: Block, taking: Taking, owners: dict[int, int]) -> list[tuple[object, ...]]:
    rows = block.frame
    before, after, stranger = (rows[name].to_list() for name in ("before_ppm", "after_ppm", "stranger_after_ppm"))
    gain, other = rows["gain_fen"].to_list(), rows["stranger_gain_fen"].to_list()
    found: list[tuple[object, ...]] = []
    for offer, crew in taking.columns:
        case = int(block.case_ids[block.offer_case[offer]])
        members = [int(block.collectors[at]) for at in block.crews[crew]]
        if owners[case] in members:
            members.sort(key=owners[case].__ne__)
        own, route = bool(block.own[offer, crew]), int(block.offer_route[offer])
        found.append(
            (
                members[0],
                members[1] if len(members) > 1 else 0,
                case,
                block.actions[block.offer_action[offer]],
                block.routes[route] if route >= 0 else "",
                int(block.offer_minutes[offer]),
                before[offer],
                after[offer] if own else stranger[offer],
                gain[offer] if own else other[offer],
                int(block.value[offer, crew]),
                own,
            )
        )
    return found
