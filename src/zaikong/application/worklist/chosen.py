"""Which columns make the best whole plan of a station, and how much can no plan exceed?

A linear program may take a third of a trip; where a few large debts wait for one pair of collectors, its bound is then far
above any whole plan. So a second bound is taken. Every minute is given a floor price, at most what the linear program
gave; whoever does a thing pays for its minutes and must have them, and every minute left is sold at its floor. The best
whole choice among the columns worth more than their minutes, which CP-SAT finds or bounds, together with all minutes at
their floor prices, is no less than any plan: a column worth less adds nothing to it. With all prices of the linear
program it is no looser than that; with lower ones it is tighter, and has more columns.

The choice found is made a plan by filling the minutes left, and improved with its trips held. One thread, a fixed seed
and limits counted in the solver's own steps: the same morning gives the same plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from zaikong.application.worklist.block import OFFICE, Block, Flags, Ints
from zaikong.application.worklist.bound import MILLI, Prices, surplus
from zaikong.application.worklist.relaxed import Relaxed
from zaikong.application.worklist.taking import Column, Taking

_MOST_COLUMNS: Final = 8000
_POLISHED: Final = 1000
_LIKELY: Final = 0.5
_CLOSE: Final = 0.0005
_ENOUGH_PPM: Final = 7000
_HARDER: Final = 3
_MILLION: Final = 1_000_000
_NO_LIMIT: Final = 2**62
_RANKS: Final = (0.5, 0.8, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """A whole plan and the tightest bound.

    Attributes:
        taking: The plan.
        bound_fen: What no plan of the station can exceed [fen].
    """

    taking: Taking
    bound_fen: int


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Columns with what each adds above the price of its minutes, trips with what they cost at it [fen]."""

    columns: list[Column]
    worth: list[int]
    trip_cost: Ints
    base_fen: int


def choose(block: Block, relaxed: Relaxed, *, steps: float) -> Chosen:
    """The best whole plan found, and the bound.

    Args:
        block: The station; the cases that must be on the list fit beside one another.
        relaxed: Its linear program.
        steps: Limit of the search [deterministic seconds of CP-SAT], 0 for none of it; where that leaves too wide a gap,
            three times as much is spent once more, from the plan found.
    """
    rest = _by_surplus(block, relaxed.prices)
    best, bound = _rounded(block, relaxed, rest), relaxed.bound_fen
    model = _floored(block, relaxed.prices) if steps > 0 else None
    for effort in (steps, steps * _HARDER) if steps > 0 else ():
        if model is not None:
            found, limit = _searched(block, model, best, steps=effort)
            bound = min(bound, limit)
            best = max([best, *_whole(block, found, rest)], key=lambda taking: taking.value_fen)
        found, _ = _searched(block, _held_trips(block, best, rest), best, steps=effort / 2)
        best = max([best, *_whole(block, found, rest)], key=lambda taking: taking.value_fen)
        if (bound - best.value_fen) * _MILLION <= _ENOUGH_PPM * bound:
            break
    return Chosen(best, bound)


def must_list(block: Block) -> tuple[Taking, list[int]]:
    """Take what must be on the list, the scarcest and then the worthiest first, each where it costs the fewest minutes.

    Returns:
        What was taken, and the places of the cases for which no crew has the time.
    """
    taking, without = Taking(block), []
    ways: dict[int, list[Column]] = {int(case): [] for case in np.flatnonzero(block.required)}
    for offer, crew in np.argwhere(block.required[block.offer_case][:, None] & block.allowed):
        ways[int(block.offer_case[offer])].append((int(offer), int(crew)))
    worth = {case: max((int(block.value[way]) for way in mine), default=0) for case, mine in ways.items()}
    for case in sorted(ways, key=lambda case: (len(ways[case]), -worth[case], case)):
        fitting = [way for way in ways[case] if taking.fits(way)]
        if fitting:
            taking.take(min(fitting, key=lambda way: (taking.minutes(way), -int(block.value[way]), way)))
        else:
            without.append(case)
    return taking, without


def _by_surplus(block: Block, prices: Prices) -> list[Column]:
    """Columns that bring something, the most worth above the prices first."""
    above = surplus(block, prices) - prices.case[block.offer_case][:, None]
    places = np.argwhere(block.allowed & (block.value > 0))
    worth = above[places[:, 0], places[:, 1]]
    order = np.lexsort((places[:, 1], places[:, 0], -worth))[:_MOST_COLUMNS]
    return [(int(offer), int(crew)) for offer, crew in places[order].tolist()]


def _rounded(block: Block, relaxed: Relaxed, rest: list[Column]) -> Taking:
    """The linear program's columns in the order of their shares, then the rest; with and without the must list first."""
    ordered = sorted(zip(relaxed.shares, relaxed.columns, strict=True), key=lambda pair: (-pair[0], pair[1]))
    likely = [column for share, column in ordered if share >= _LIKELY]
    must = must_list(block)[0].columns
    plans = [_filled(block, [*start, *first], rest) for first in (likely, []) for start in (must, [])]
    return max((plan for plan in plans if _has_required(block, plan)), key=lambda taking: taking.value_fen)


def _filled(block: Block, first: Iterable[Column], rest: Iterable[Column]) -> Taking:
    taking = Taking(block)
    taking.take_all(first, paying=False)
    taking.take_all(rest)
    return taking


def _has_required(block: Block, taking: Taking) -> bool:
    return all(int(case) in taking.cases for case in np.flatnonzero(block.required))


def _whole(block: Block, found: list[Column], rest: list[Column]) -> list[Taking]:
    """The found columns filled up, if they hold what must be on the list."""
    if not found:
        return []
    taking = _filled(block, found, rest)
    return [taking] if _has_required(block, taking) else []


def _floored(block: Block, prices: Prices) -> _Model | None:
    """The columns worth more than their minutes at floor prices as low as their number allows."""
    live = prices.minute[block.capacity > 0]
    if not len(live):
        return None
    for rank in _RANKS:
        ceiling = int(np.quantile(live, rank))
        floor = np.minimum(prices.minute, ceiling) // MILLI
        crew_floor = block.members @ floor
        worth = block.value - block.offer_minutes[:, None] * crew_floor[None, :]
        trip_cost = block.trip_fen + block.trip_minutes[None, :] * crew_floor[:, None]
        kept = _worth_it(block, worth, trip_cost)
        if int(kept.sum()) <= _MOST_COLUMNS:
            columns = [(int(offer), int(crew)) for offer, crew in np.argwhere(kept).tolist()]
            base = int(floor @ block.capacity)
            return _Model(columns, [int(worth[column]) for column in columns], trip_cost, base)
    return None


def _worth_it(block: Block, worth: Ints, trip_cost: Ints) -> Flags:
    """Columns that can add something: worth more than their minutes, on a trip whose stops together pay for it."""
    required = block.required[block.offer_case][:, None]
    kept: Flags = block.allowed & ((worth > 0) | required)
    if block.routes:
        field = block.field
        stops = np.where(block.allowed & (worth > 0), worth, 0)
        total = np.zeros_like(trip_cost)
        np.add.at(total.T, block.offer_route[field], stops[field])
        pays = (total > trip_cost)[:, block.offer_route].T
        kept &= ~field[:, None] | pays | required
    return kept


def _held_trips(block: Block, best: Taking, rest: list[Column]) -> _Model:
    """The desk and the trips already chosen, at no price of minutes: what is best done in just these hours?"""
    keep = dict.fromkeys(best.columns)
    routes = block.offer_route
    for offer, crew in rest:
        if len(keep) >= _POLISHED:
            break
        if routes[offer] == OFFICE or (crew, int(routes[offer])) in best.trips:
            keep[offer, crew] = None
    if block.required.any():
        for offer, crew in np.argwhere(block.allowed & block.required[block.offer_case][:, None]).tolist():
            if routes[offer] == OFFICE or (crew, int(routes[offer])) in best.trips:
                keep[offer, crew] = None
    return _Model(list(keep), [int(block.value[column]) for column in keep], block.trip_fen, 0)


def _searched(block: Block, model: _Model, first: Taking, *, steps: float) -> tuple[list[Column], int]:
    """The best choice found among the model's columns, and what no choice among them can exceed [fen]."""
    from ortools.sat.python import cp_model  # noqa: PLC0415 -- only a plan needs it

    program = cp_model.CpModel()
    taken = [program.new_bool_var("") for _ in model.columns]
    trips: dict[tuple[int, int], Any] = {}
    cases: dict[int, list[Any]] = {}
    hours: list[tuple[list[Any], list[int]]] = [([], []) for _ in block.capacity]
    chosen = set(first.columns)
    for (offer, crew), variable in zip(model.columns, taken, strict=True):
        cases.setdefault(int(block.offer_case[offer]), []).append(variable)
        _spend(block, hours, crew, variable, int(block.offer_minutes[offer]))
        program.add_hint(variable, (offer, crew) in chosen)
        route = int(block.offer_route[offer])
        if route != OFFICE:
            if (crew, route) not in trips:
                trips[crew, route] = program.new_bool_var("")
                _spend(block, hours, crew, trips[crew, route], int(block.trip_minutes[route]))
                program.add_hint(trips[crew, route], (crew, route) in first.trips)
            program.add_implication(variable, trips[crew, route])
    for case, ways in cases.items():
        (program.add_exactly_one if block.required[case] else program.add_at_most_one)(ways)
    for (variables, minutes), capacity in zip(hours, block.capacity, strict=True):
        program.add(cp_model.LinearExpr.weighted_sum(variables, minutes) <= int(capacity))
    weights = [*model.worth, *(-int(model.trip_cost[trip]) for trip in trips)]
    program.maximize(cp_model.LinearExpr.weighted_sum([*taken, *trips.values()], weights))
    solver = _solver(cp_model, steps)
    status = solver.solve(program)
    if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        return [], _NO_LIMIT  # a search that found nothing in its steps has proven nothing either
    found = [column for column, variable in zip(model.columns, taken, strict=True) if solver.boolean_value(variable)]
    return found, model.base_fen + _whole_fen(solver.best_objective_bound)


def _whole_fen(bound: float) -> int:
    # the objective is whole, so a bound above a whole number by less than one binds at it; a fen is left for the float
    return int(bound // 1) + 1


def _spend(block: Block, hours: list[tuple[list[Any], list[int]]], crew: int, variable: Any, minutes: int) -> None:
    for member in block.crews[crew]:
        hours[member][0].append(variable)
        hours[member][1].append(minutes)


def _solver(cp_model: Any, steps: float) -> Any:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = steps
    solver.parameters.relative_gap_limit = _CLOSE
    return solver
