"""At what prices does a station's time just go round, and which columns can then still matter?

The linear program of the station, columns joined in rounds: those that look worth their minutes first, then whichever the
prices show to be worth more than they cost. It ends when the bound over all columns meets the program's own value.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from zaikong.application.worklist.block import OFFICE, Block, Flags, Ints
from zaikong.application.worklist.bound import MILLI, Prices, bound_fen, lawful_prices, surplus, trip_surplus
from zaikong.application.worklist.taking import Column

_STOPS: Final = 8
_FIRST_SHARE_PERCENT: Final = 60
_ROUNDS: Final = 8
_CLOSE_PPM: Final = 100
_JOINED: Final = 4000
_UNKNOWN: Final = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A station's linear program.

    Attributes:
        prices: The prices of the tightest bound found.
        bound_fen: That bound [fen].
        columns: The columns of the last program.
        shares: How much of each it takes.
        rounds: Programs solved.
    """

    prices: Prices
    bound_fen: int
    columns: list[Column]
    shares: list[float]
    rounds: int


def relax(block: Block) -> Relaxed:
    """Solve a station's linear program.

    Args:
        block: The station; the cases that must be on the list fit beside one another.
    """
    chosen = _first_columns(block)
    best: tuple[int, Prices] = (_UNKNOWN, Prices(np.zeros(0, np.int64), np.zeros(0, np.int64)))
    for turn in range(1, _ROUNDS + 1):
        columns = [(int(offer), int(crew)) for offer, crew in np.argwhere(chosen)]
        value, shares, prices = _solved(block, columns)
        prices = lawful_prices(block, _with_others(block, prices, chosen))
        bound = bound_fen(block, prices)
        if bound < best[0]:
            best = (bound, prices)
        if (best[0] - value) * 1_000_000 <= _CLOSE_PPM * abs(best[0]) or turn == _ROUNDS:
            break
        more = _priced_in(block, prices, chosen)
        if not more.any():
            break
        chosen = chosen | more
    return Relaxed(best[1], best[0], columns, shares, turn)


def _first_columns(block: Block) -> Flags:
    """Columns of the case's own collector that look worth their minutes, and every column of what must be on the list."""
    field = block.field
    way: Ints = (
        np.where(field, block.trip_minutes[block.offer_route], 0) if block.routes else np.zeros_like(block.offer_case)
    )
    minutes = block.offer_minutes + way // _STOPS
    size = np.array([len(crew) for crew in block.crews], dtype=np.int64)
    worth = np.where(block.allowed, block.value, 0)
    if block.routes:
        worth = worth - np.where(field[:, None], block.trip_fen[:, block.offer_route].T // _STOPS, 0)
    density = np.maximum(worth, 0) * MILLI // np.maximum(minutes[:, None] * size[None, :], 1)
    price = _going_rate(block, density.max(axis=1), minutes)
    owned: Flags = np.asarray(block.own.any(axis=1))
    mine = block.own | ~owned[:, None]
    first: Flags = block.allowed & mine & (worth > 0) & (density * 100 >= price * _FIRST_SHARE_PERCENT)
    required: Flags = block.required[block.offer_case][:, None]
    return first | (block.allowed & required)


def _going_rate(block: Block, density: Ints, minutes: Ints) -> int:
    """What the last minute of the station brings when the best cases are done first [0.001 fen a minute]."""
    order = np.lexsort((density, block.offer_case))
    last = np.append(block.offer_case[order][1:] != block.offer_case[order][:-1], True)
    best = order[last]
    best = best[np.argsort(-density[best], kind="stable")]
    filled = np.cumsum(minutes[best])
    beyond = int(np.searchsorted(filled, int(block.capacity.sum())))
    return int(density[best[beyond]]) if beyond < len(best) else 0


def _solved(block: Block, columns: list[Column]) -> tuple[float, list[float], Prices]:
    from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]  # noqa: PLC0415 -- only a plan needs it

    solver: Any = pywraplp.Solver.CreateSolver("GLOP")
    infinity = solver.infinity()
    objective = solver.Objective()
    hours = [solver.Constraint(-infinity, int(minutes)) for minutes in block.capacity]
    cases: dict[int, Any] = {}
    trips: dict[tuple[int, int], Any] = {}
    taken = []
    for offer, crew in columns:
        variable = solver.NumVar(0, infinity, "")
        objective.SetCoefficient(variable, int(block.value[offer, crew]))
        for member in block.crews[crew]:
            hours[member].SetCoefficient(variable, int(block.offer_minutes[offer]))
        case = int(block.offer_case[offer])
        if case not in cases:
            cases[case] = solver.Constraint(1 if block.required[case] else -infinity, 1)
        cases[case].SetCoefficient(variable, 1)
        route = int(block.offer_route[offer])
        if route != OFFICE:
            if (crew, route) not in trips:
                trips[crew, route] = _trip(block, solver, hours, crew, route)
            stop = solver.Constraint(-infinity, 0)
            stop.SetCoefficient(variable, 1)
            stop.SetCoefficient(trips[crew, route], -1)
        taken.append(variable)
    objective.SetMaximization()
    status = solver.Solve()
    if status != pywraplp.Solver.OPTIMAL:
        raise AssertionError(f"the program of station {block.station} has no optimum: {status}")
    minute = np.array([_milli(row.dual_value()) for row in hours], dtype=np.int64)
    case_price = np.zeros(len(block.case_ids), dtype=np.int64)
    for case, row in cases.items():
        case_price[case] = _milli(row.dual_value())
    return objective.Value(), [variable.solution_value() for variable in taken], Prices(minute, case_price)


def _trip(block: Block, solver: Any, hours: list[Any], crew: int, route: int) -> Any:
    variable = solver.NumVar(0, 1, "")
    solver.Objective().SetCoefficient(variable, -int(block.trip_fen[crew, route]))
    for member in block.crews[crew]:
        hours[member].SetCoefficient(variable, int(block.trip_minutes[route]))
    return variable


def _milli(fen: float) -> int:
    return round(fen * MILLI)


def _with_others(block: Block, prices: Prices, chosen: Flags) -> Prices:
    """Prices of cases the program does not hold: what their best desk work is worth, so that it counts once."""
    held = np.zeros(len(block.case_ids), dtype=bool)
    held[block.offer_case[chosen.any(axis=1)]] = True
    above = np.maximum(surplus(block, prices), 0).max(axis=1)
    above[block.field] = 0
    best = np.zeros(len(block.case_ids), dtype=np.int64)
    np.maximum.at(best, block.offer_case, above)
    return Prices(prices.minute, np.where(held, prices.case, best))


def _priced_in(block: Block, prices: Prices, chosen: Flags) -> Flags:
    """The columns, not yet held, that are worth more than the prices: at the desk, or on a trip that pays."""
    held = np.zeros(len(block.case_ids), dtype=bool)
    held[block.offer_case[chosen.any(axis=1)]] = True
    asked = np.where(held, prices.case, 0)
    above = surplus(block, prices)
    gain = above - asked[block.offer_case][:, None]
    if block.routes:
        pays = trip_surplus(block, above, Prices(prices.minute, asked)) > 0
        on_trip = pays[:, block.offer_route].T
        gain = np.where(block.field[:, None] & ~on_trip, 0, gain)
    gain = np.where(chosen, 0, gain)
    if int((gain > 0).sum()) > _JOINED:
        gain = np.where(gain >= np.partition(gain, -_JOINED, axis=None)[-_JOINED], gain, 0)
    more: Flags = gain > 0
    return more
