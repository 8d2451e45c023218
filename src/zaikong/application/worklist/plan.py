"""What is the day's work list of every collector, what is it worth, and how far may it be from the best?

Stations are planned apart, on as many threads as asked for; each answer depends on its own rows alone, so threads change
nothing. A plan that breaks a constraint is refused, never handed out.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

import numpy as np
import polars as pl

from zaikong.application.worklist.block import Block, blocks
from zaikong.application.worklist.check import broken
from zaikong.application.worklist.chosen import Chosen, choose, must_list
from zaikong.application.worklist.day import Day, UnableToPlanDayError, require_sound
from zaikong.application.worklist.explained import explained, unlisted
from zaikong.application.worklist.relaxed import Relaxed, relax
from zaikong.application.worklist.rows import rows_of, trips_of
from zaikong.application.worklist.taking import Taking
from zaikong.kernel.finding import Finding

STEPS: Final = 0.5
"""Search at a station of ten collectors [deterministic seconds of CP-SAT]."""

THREADS: Final = 2

_TEAM: Final = 10
_MILLION: Final = 1_000_000

Told = Callable[[int, int], None]
"""Hears how many of how many stations are planned."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A day's work lists.

    Attributes:
        rows: `rows.ROW_COLUMNS` and `explained.WHY_COLUMNS`, by collector and rank.
        trips: `rows.TRIP_COLUMNS`: who goes to which route, once.
        unlisted: `case`, `reason` and figures of every case that is on no list.
        stations: `station`, `value_fen`, `bound_fen`, `milliseconds`, `collectors`, `listed` of each station planned.
        findings: What must be on a list and could not be, each with its reason.
        value_fen: Expected additional money less cost [fen].
        bound_fen: What no plan can exceed [fen].
        milliseconds: Time taken by the clock [ms].
        figures: Cases, stations, programs solved, time by step.
    """

    rows: pl.DataFrame
    trips: pl.DataFrame
    unlisted: pl.DataFrame
    stations: pl.DataFrame
    findings: tuple[Finding, ...]
    value_fen: int
    bound_fen: int
    milliseconds: int
    figures: dict[str, int]

    @property
    def gap_ppm(self) -> int:
        """How far the value may be from the best, of the bound, rounded up [ppm]."""
        return gap_ppm(self.value_fen, self.bound_fen)


def gap_ppm(value_fen: int, bound_fen: int) -> int:
    """How far a value may be from the best, of the bound, rounded up; 0 where nothing can be won [ppm]."""
    return -((value_fen - bound_fen) * _MILLION // bound_fen) if bound_fen > 0 else 0


@dataclass(frozen=True, slots=True, eq=False)
class _Done:
    block: Block
    relaxed: Relaxed
    chosen: Chosen
    milliseconds: int
    findings: tuple[Finding, ...]

    @property
    def taking(self) -> Taking:
        return self.chosen.taking


def plan(day: Day, *, steps: float = STEPS, threads: int = THREADS, told: Told = lambda _, __: None) -> Plan:
    """Make the day's lists.

    Args:
        day: The morning's facts.
        steps: Limit of the search at a station of ten collectors [deterministic seconds]; larger ones get more.
        threads: Stations planned at once.
        told: Hears of progress.

    Raises:
        UnableToPlanDayError: The facts contradict one another, or the plan made breaks a constraint.
    """
    started = perf_counter()
    require_sound(day)
    choice = blocks(day)
    built = perf_counter()
    done: list[_Done] = []
    with ThreadPoolExecutor(max_workers=threads) as pool:
        for one in pool.map(lambda block: _planned(block, steps=steps), choice):
            done.append(one)
            told(len(done), len(choice))
    chosen = perf_counter()
    found = _laid_out(day, done)
    return _timed(found, started=started, built=built, chosen=chosen)


def _planned(block: Block, *, steps: float) -> _Done:
    started = perf_counter()
    findings = release(block)
    relaxed = relax(block)
    chosen = choose(block, relaxed, steps=steps * max(len(block.collectors), 1) / _TEAM)
    return _Done(block, relaxed, chosen, round((perf_counter() - started) * 1000), findings)


def release(block: Block) -> tuple[Finding, ...]:
    """Let go of what must be on the list and does not fit, and say so."""
    open_cases = np.zeros(len(block.case_ids), dtype=bool)
    open_cases[block.offer_case[block.allowed.any(axis=1)]] = True
    found = []
    for case in np.flatnonzero(block.required & ~open_cases):
        block.required[case] = False
        found.append(_not_listed(int(block.case_ids[case]), "WORK_NOT_OPEN", "nobody who may do it is there today"))
    for place in must_list(block)[1]:
        block.required[place] = False
        found.append(_not_listed(int(block.case_ids[place]), "WORK_DOES_NOT_FIT", "the hours do not suffice"))
    return tuple(found)


def _not_listed(case: int, code: str, why: str) -> Finding:
    return Finding(code, f"case {case}", f"it must be on a list today, but {why}; plan it by hand or hand it over")


def _laid_out(day: Day, done: Iterable[_Done]) -> Plan:
    done = list(done)
    rows = rows_of(day, [(one.block, one.taking) for one in done])
    trips = trips_of([(one.block, one.taking) for one in done])
    findings = (*(finding for one in done for finding in one.findings), *_unopened(day, done))
    value, bound = sum(one.taking.value_fen for one in done), sum(one.chosen.bound_fen for one in done)
    faults = broken(day, rows, trips, value_fen=value, findings=findings)
    if value > bound:
        faults.append(Finding("BOUND_BROKEN", "plan", f"a worth of {value} fen is above the bound of {bound} fen"))
    if faults:
        raise UnableToPlanDayError(
            f"the plan made breaks {len(faults)} constraints: {faults[0].message}",
            code="PLAN_BROKEN",
            fields={"codes": sorted({fault.code for fault in faults})},
            remedy="Nothing was written; please report it with the day's facts.",
        )
    figures = {
        "cases": day.cases.height,
        "stations": len(done),
        "collectors": sum(len(one.block.collectors) for one in done),
        "programs": sum(one.relaxed.rounds for one in done),
        "offers": sum(one.block.frame.height for one in done),
    }
    told = explained(day, rows, [(one.block, one.relaxed.prices, one.taking) for one in done])
    left = unlisted(day, rows, [(one.block, one.relaxed.prices) for one in done])
    return Plan(told, trips, left, _by_station(done), findings, value, bound, 0, figures)


def _by_station(done: list[_Done]) -> pl.DataFrame:
    rows = [
        (
            one.block.station,
            one.taking.value_fen,
            one.chosen.bound_fen,
            one.milliseconds,
            len(one.block.collectors),
            len(one.taking.columns),
        )
        for one in done
    ]
    names = ("station", "value_fen", "bound_fen", "milliseconds", "collectors", "listed")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")


def _unopened(day: Day, done: list[_Done]) -> list[Finding]:
    """Cases kept by hand for which nothing is open today at all."""
    kept = day.pins.filter(pin="keep")["case"].unique().sort()
    seen = {int(case) for one in done for case in one.block.case_ids}
    return [
        _not_listed(case, "WORK_NOT_OPEN", "no action is open for it, or its station has no collector")
        for case in kept
        if case not in seen
    ]


def _timed(found: Plan, *, started: float, built: float, chosen: float) -> Plan:
    now = perf_counter()
    figures = found.figures | {
        "build_ms": round((built - started) * 1000),
        "choose_ms": round((chosen - built) * 1000),
        "check_and_explain_ms": round((now - chosen) * 1000),
    }
    taken = round((now - started) * 1000)
    return replace(found, milliseconds=taken, figures=figures)
