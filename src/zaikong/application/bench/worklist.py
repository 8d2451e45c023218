"""How fast is a morning's plan made and how near the best is it; and what does it bring beside working by habit?

Mornings are drawn. In the comparison every way of working has the same cases, hours, skills, ways and law, and is checked
for each of them; what is then paid follows the drawn truth, which differs from the company's table, with the same luck for
each. Intervals are of the mean over seeds (Student), the difference of two ways is taken seed by seed.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import sqrt
from statistics import fmean, stdev
from time import perf_counter, process_time
from typing import Any, Final

import polars as pl

from zaikong.application.bench.memory import peak_bytes
from zaikong.application.bench.refusal import UnableToMeasureError
from zaikong.application.worklist.block import Block, blocks
from zaikong.application.worklist.check import broken
from zaikong.application.worklist.day import Day, no_pins
from zaikong.application.worklist.habits import HABITS, Habit, by_habit
from zaikong.application.worklist.plan import STEPS, THREADS, plan, release
from zaikong.application.worklist.rows import rows_of, trips_of
from zaikong.domain.collection.uplift.table import collection_uplift
from zaikong.kernel.period import day_number
from zaikong.sim.collection_outcomes import draw_morning, outcomes

ON: Final = date(2026, 1, 7)
"""The business date of drawn mornings: a Wednesday."""

AIMS: Final = {"seconds": 60}

_MIB: Final = 1 << 20
_HOUR: Final = 60
_FEN: Final = 100
_STUDENT: Final = {
    1: 12.706,
    2: 4.303,
    3: 3.182,
    4: 2.776,
    5: 2.571,
    6: 2.447,
    7: 2.365,
    8: 2.306,
    9: 2.262,
    10: 2.228,
    11: 2.201,
    12: 2.179,
    13: 2.160,
    14: 2.145,
    15: 2.131,
    16: 2.120,
    17: 2.110,
    18: 2.101,
    19: 2.093,
    24: 2.064,
    29: 2.045,
    39: 2.023,
    49: 2.010,
    99: 1.984,
}
"""Degrees of freedom to the 97.5 % point of Student's t; between two of them the larger point, for the fewer, holds."""

Told = Callable[[str], None]
"""Hears what is being done."""


def bench_worklist(
    *,
    collectors: int,
    cases: int,
    seed: int = 1,
    steps: float = STEPS,
    threads: int = THREADS,
    told: Told = lambda _: None,
) -> dict[str, Any]:
    """Measure one morning's plan; drawing the morning is not counted.

    Args:
        collectors: Collectors, ten a station.
        cases: Open cases.
        seed: Seed of the morning.
        steps: Limit of the search at each station [deterministic seconds].
        threads: Stations planned at once.
        told: Hears of progress.

    Returns:
        The figures, plain enough for JSON.
    """
    day = _morning(seed, cases=cases, collectors=collectors)
    used, started, before = process_time(), perf_counter(), _load()
    made = plan(day, steps=steps, threads=threads, told=lambda done, of: told(f"station {done} of {of}"))
    seconds, processor = perf_counter() - started, process_time() - used
    faults = broken(day, made.rows, made.trips, value_fen=made.value_fen, findings=made.findings)
    return {
        "collectors": collectors,
        "cases": cases,
        "seed": seed,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": before,
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor, 2),
        "peak_mib": peak_bytes() // _MIB,
        "value_fen": made.value_fen,
        "bound_fen": made.bound_fen,
        "gap_ppm": made.gap_ppm,
        "broken": len(faults),
        "rows": made.rows.height,
        "trips": made.trips.height,
        "actions": dict(made.rows.group_by("action").len().sort("action").iter_rows()),
        "unlisted": dict(made.unlisted.group_by("reason").len().sort("reason").iter_rows()),
        "findings": len(made.findings),
        "steps": made.figures,
        "aims": {"seconds": {"aim": AIMS["seconds"], "got": round(seconds, 2), "reached": seconds < AIMS["seconds"]}},
    }


def compare_worklist(
    *, seeds: int, collectors: int, cases: int, steps: float = STEPS, told: Told = lambda _: None
) -> dict[str, Any]:
    """Measure the plan beside habits over drawn mornings.

    Args:
        seeds: Mornings, seeds 1 to `seeds`.
        collectors: Collectors of each.
        cases: Open cases of each.
        steps: Limit of the plan's search [deterministic seconds].
        told: Hears of progress.

    Returns:
        Per way of working the yuan an hour: simulated additional money, the expectation under the drawn truth and under
        the company's table, each with its interval; and the paired differences plan less habit.

    Raises:
        UnableToMeasureError: Fewer than two seeds, or a way of working broke a constraint.
    """
    if seeds < 2:  # noqa: PLR2004 -- an interval needs two
        raise UnableToMeasureError("an interval needs two seeds", code="SEEDS_TOO_FEW", fields={"seeds": seeds})
    taken: list[dict[str, dict[str, float]]] = []
    for seed in range(1, seeds + 1):
        told(f"morning {seed} of {seeds}")
        taken.append(_compared(seed, collectors=collectors, cases=cases, steps=steps))
    ways, measures = tuple(taken[0]), ("simulated", "true_expected", "table_expected")
    told("intervals")
    return {
        "seeds": seeds,
        "collectors": collectors,
        "cases": cases,
        "yuan_per_hour": {way: {m: _interval([one[way][m] for one in taken]) for m in measures} for way in ways},
        "rows": {way: round(fmean(one[way]["rows"] for one in taken)) for way in ways},
        "plan_less": {
            way: {m: _interval([one["plan"][m] - one[way][m] for one in taken]) for m in measures}
            for way in ways
            if way != "plan"
        },
        "plan_gap_ppm": _interval([one["plan"]["gap_ppm"] for one in taken]),
        "per_seed": taken,
    }


def _morning(seed: int, *, cases: int, collectors: int) -> Day:
    day = day_number(ON)
    drawn = draw_morning(seed, cases=cases, collectors=collectors, day=day)
    table = collection_uplift(as_of=ON).value
    return Day(day, True, table, drawn.cases, drawn.collectors, drawn.routes, no_pins())


def _load() -> float | None:
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _compared(seed: int, *, collectors: int, cases: int, steps: float) -> dict[str, dict[str, float]]:
    day = _morning(seed, cases=cases, collectors=collectors)
    hours = int(day.collectors["minutes"].sum()) / _HOUR
    made = plan(day, steps=steps)
    found = {"plan": _brought(day, made.rows, made.trips, seed=seed, hours=hours) | {"gap_ppm": float(made.gap_ppm)}}
    choice = blocks(day)
    for block in choice:
        release(block)
    for habit in HABITS:
        rows, trips = _by_habit(day, choice, habit)
        found[habit] = _brought(day, rows, trips, seed=seed, hours=hours)
    return found


def _by_habit(day: Day, choice: Sequence[Block], habit: Habit) -> tuple[pl.DataFrame, pl.DataFrame]:
    facts = day.cases.select("case", "open_fen", "days_overdue").sort("case")
    done = []
    for block in choice:
        mine = facts.filter(pl.col("case").is_in(block.case_ids.tolist()))
        order = {"open_fen": mine["open_fen"].to_numpy(), "days_overdue": mine["days_overdue"].to_numpy()}
        done.append((block, by_habit(block, habit, **order)))
    rows, trips = rows_of(day, done), trips_of(done)
    faults = broken(day, rows, trips, value_fen=sum(taking.value_fen for _, taking in done))
    if faults:
        raise UnableToMeasureError(
            f"{habit} breaks a constraint: {faults[0].message}",
            code="HABIT_BROKEN",
            fields={"codes": [fault.code for fault in faults]},
            remedy="Please report it with the command you ran.",
        )
    return rows, trips


def _brought(day: Day, rows: pl.DataFrame, trips: pl.DataFrame, *, seed: int, hours: float) -> dict[str, float]:
    numbers: Mapping[str, int] = {code: place for place, code in enumerate(sorted(day.table.actions))}
    came = outcomes(
        seed,
        rows.join(day.cases.select("case", "category"), on="case").with_columns(
            action_number=pl.col("action").replace_strict(numbers, return_dtype=pl.Int64)
        ),
    )
    cost = int(rows["cost_fen"].sum()) + int(trips["cost_fen"].sum())
    moved = pl.col("true_after_ppm") - pl.col("true_before_ppm")
    expected = int(came.select((pl.col("open_fen") * moved // 1_000_000).sum()).item())
    brought = {
        "simulated": int(came["additional_fen"].sum()),
        "true_expected": expected,
        "table_expected": int(rows["expected_fen"].sum()),
    }
    return {name: (fen - cost) / _FEN / hours for name, fen in brought.items()} | {"rows": float(rows.height)}


def _interval(values: Sequence[float]) -> dict[str, float]:
    """Mean and its 95 % interval."""
    freedom = len(values) - 1
    student = _STUDENT[max(known for known in _STUDENT if known <= freedom)]
    mean, half = fmean(values), student * stdev(values) / sqrt(len(values))
    return {"mean": round(mean, 2), "low": round(mean - half, 2), "high": round(mean + half, 2)}
