"""Why this case, why today, why this action; and why is another case on no list?

Every reason is a figure or a code that a page puts into words: what an hour of the collector brings at the day's prices,
what the row brings above that, which case it keeps off the list, what the next best action would have brought, and what
ends when.
"""

from collections.abc import Iterable
from typing import Final

import narwhals as nw
import numpy as np
import polars as pl

from zaikong.application.worklist.block import OFFICE, Block
from zaikong.application.worklist.bound import Prices, surplus
from zaikong.application.worklist.day import Day
from zaikong.application.worklist.taking import Taking
from zaikong.domain.collection.uplift.openings import CASE_COLUMNS, closed_reasons

WHY_COLUMNS: Final = (
    "today",
    "deadline_day",
    "deadline",
    "hour_fen",
    "time_fen",
    "second_action",
    "second_net_fen",
    "displaced_case",
    "displaced_action",
    "displaced_net_fen",
)
"""`today`: the code of why today. `hour_fen`: what the last hour of the crew is worth. `time_fen`: the row's minutes at
that price. `second_*`: the next best action for the case by the same crew. `displaced_*`: the most worth the same crew
could do instead in the same minutes. A case of 0 and an empty action say there is none."""

UNLISTED_COLUMNS: Final = ("case", "reason", "action", "net_fen", "time_fen")
"""Why a case is on no list; for one `DISPLACED`, its best action, what that brings and what its time is worth."""

_HOUR: Final = 60
_MILLI: Final = 1000
_SOON_DAYS: Final = 3

_WHY_TYPES: Final = {
    "case": pl.Int64,
    "hour_fen": pl.Int64,
    "time_fen": pl.Int64,
    "second_action": pl.String,
    "second_net_fen": pl.Int64,
    "displaced_case": pl.Int64,
    "displaced_action": pl.String,
    "displaced_net_fen": pl.Int64,
}


def explained(day: Day, rows: pl.DataFrame, done: Iterable[tuple[Block, Prices, Taking]]) -> pl.DataFrame:
    """The rows with `WHY_COLUMNS`."""
    found = [row for block, prices, taking in done for row in _reasons(block, prices, taking)]
    why = pl.DataFrame(found, schema=_WHY_TYPES, orient="row")
    facts = day.cases.select("case", "deadline_day", "deadline", "promise_due_day", "stop_notice_from_day")
    mandatory = [code for code, action in day.table.actions.items() if action.mandatory]
    gates = [code for code, action in day.table.actions.items() if action.gate == "stop_notice"]
    today = (
        pl.when("by_hand")
        .then(pl.lit("BY_HAND"))
        .when(pl.col("action").is_in(mandatory))
        .then(pl.lit("ONLY_TODAY"))
        .when((pl.col("promise_due_day") == day.day) & (pl.col("promise_due_day") > 0))
        .then(pl.lit("PROMISE_DUE"))
        .when(pl.col("action").is_in(gates))
        .then(pl.lit("GATE_OPEN"))
        .when(pl.col("deadline_day").is_between(1, day.day + _SOON_DAYS))
        .then(pl.lit("DEADLINE_NEAR"))
        .otherwise(pl.lit("WORTH_MOST"))
    )
    return (
        rows.join(facts, on="case", how="left")
        .join(why, on="case", how="left")
        .with_columns(today=today)
        .select(*rows.columns, *WHY_COLUMNS)
        .sort("collector", "rank")
    )


def _reasons(block: Block, prices: Prices, taking: Taking) -> list[tuple[object, ...]]:
    minute = block.members @ prices.minute
    rivals = _Rivals(block, taking)
    found: list[tuple[object, ...]] = []
    by_case = _offers_by_case(block)
    for offer, crew in taking.columns:
        case = int(block.offer_case[offer])
        others = [o for o in by_case[case] if o != offer and block.allowed[o, crew]]
        second = max(others, key=lambda o: int(block.value[o, crew]), default=-1)
        rival = rivals.best(offer, crew)
        found.append(
            (
                int(block.case_ids[case]),
                int(minute[crew]) * _HOUR // _MILLI,
                int(minute[crew]) * int(block.offer_minutes[offer]) // _MILLI,
                block.actions[block.offer_action[second]] if second >= 0 else "",
                int(block.value[second, crew]) if second >= 0 else 0,
                int(block.case_ids[block.offer_case[rival]]) if rival >= 0 else 0,
                block.actions[block.offer_action[rival]] if rival >= 0 else "",
                int(block.value[rival, crew]) if rival >= 0 else 0,
            )
        )
    return found


def _offers_by_case(block: Block) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for offer, case in enumerate(block.offer_case.tolist()):
        found.setdefault(case, []).append(offer)
    return found


class _Rivals:
    """What each crew would do instead: cases on no list, at the desk or on the routes it goes to anyway."""

    def __init__(self, block: Block, taking: Taking) -> None:
        self.block, self.left = block, taking.left
        listed = np.zeros(len(block.case_ids), dtype=bool)
        listed[list(taking.cases)] = True
        self._ranked: list[tuple[np.ndarray, np.ndarray]] = []
        free = ~listed[block.offer_case]
        for crew in range(len(block.crews)):
            gone = [route for which, route in taking.trips if which == crew]
            reached = (block.offer_route == OFFICE) | np.isin(block.offer_route, gone)
            offers = np.flatnonzero(free & reached & block.allowed[:, crew] & (block.value[:, crew] > 0))
            offers = offers[np.argsort(block.offer_minutes[offers], kind="stable")]
            values = block.value[offers, crew]
            best = np.maximum.accumulate(values) if len(values) else values
            leads = np.flatnonzero(values == best) if len(values) else values
            self._ranked.append((offers, leads))

    def best(self, offer: int, crew: int) -> int:
        """The offer that would take this one's minutes, or -1."""
        offers, leads = self._ranked[crew]
        spare = min(self.left[member] for member in self.block.crews[crew])
        fit = int(
            np.searchsorted(self.block.offer_minutes[offers], self.block.offer_minutes[offer] + spare, side="right")
        )
        place = int(np.searchsorted(leads, fit)) - 1
        return int(offers[leads[place]]) if place >= 0 else -1


def unlisted(day: Day, rows: pl.DataFrame, done: Iterable[tuple[Block, Prices]]) -> pl.DataFrame:
    """`UNLISTED_COLUMNS` of every case on no list.

    `reason` is `DISPUTED`, `PAUSED`, `PROMISED`, `NOTHING_OPEN`, `EXCLUDED_BY_HAND`, `NO_ACTION_OPEN`, `NOBODY_MAY`,
    `NO_GAIN` or `DISPLACED`.
    """
    parts = [_left(block, prices) for block, prices in done]
    types = {"case": pl.Int64, "allowed": pl.Boolean, "action": pl.String, "net_fen": pl.Int64, "time_fen": pl.Int64}
    seen = pl.concat(parts) if parts else pl.DataFrame(schema=types)
    out = day.pins.filter((pl.col("pin") == "exclude") & (pl.col("collector") == 0))["case"].unique()
    facts: pl.LazyFrame = closed_reasons(nw.from_native(day.cases.select(CASE_COLUMNS).lazy()), day=day.day).to_native()
    reason = (
        pl.when(pl.col("closed") != "")
        .then("closed")
        .when(pl.col("case").is_in(out.implode()))
        .then(pl.lit("EXCLUDED_BY_HAND"))
        .when(~pl.col("station").is_in(day.collectors["station"].unique().implode()))
        .then(pl.lit("NOBODY_MAY"))
        .when(pl.col("allowed").is_null())
        .then(pl.lit("NO_ACTION_OPEN"))
        .when(~pl.col("allowed"))
        .then(pl.lit("NOBODY_MAY"))
        .when(pl.col("net_fen") <= 0)
        .then(pl.lit("NO_GAIN"))
        .otherwise(pl.lit("DISPLACED"))
    )
    return (
        facts.collect()
        .select("case", "closed")
        .join(day.cases.select("case", "station"), on="case")
        .join(rows.select("case"), on="case", how="anti")
        .join(seen, on="case", how="left")
        .with_columns(
            reason=reason,
            action=pl.col("action").fill_null(""),
            net_fen=pl.col("net_fen").fill_null(0),
            time_fen=pl.col("time_fen").fill_null(0),
        )
        .select(UNLISTED_COLUMNS)
        .sort("case")
    )


def _left(block: Block, prices: Prices) -> pl.DataFrame:
    """The best column of every case at the day's prices."""
    above = surplus(block, prices)
    crew = above.argmax(axis=1)
    each = np.arange(len(crew))
    order = np.lexsort((above[each, crew], block.offer_case))
    best = order[np.append(block.offer_case[order][1:] != block.offer_case[order][:-1], True)]
    who = crew[best]
    minute = (block.members @ prices.minute)[who]
    return pl.DataFrame(
        {
            "case": block.case_ids[block.offer_case[best]],
            "allowed": block.allowed[best, who],
            "action": [block.actions[at] for at in block.offer_action[best]],
            "net_fen": block.value[best, who],
            "time_fen": minute * block.offer_minutes[best] // _MILLI,
        }
    )
