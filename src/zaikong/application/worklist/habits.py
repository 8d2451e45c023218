"""What would a station's day be worth if its list were worked by habit: the oldest debt first, or the largest?

The same cases, hours, skills, ways and law as the plan, and the same figures; only the order is a habit's. For each case
in turn the action and crew are taken that bring the most, or the most a minute, the way shared among the stops one hopes
for on the route. Who hopes for many stops goes out more, who hopes for none hardly ever: each order is tried in all these
manners and the best stands for it, so that the plan is not measured against a bad dispatcher.
"""

from collections.abc import Callable
from typing import Final, Literal

import numpy as np

from zaikong.application.worklist.block import OFFICE, Block, Ints
from zaikong.application.worklist.chosen import must_list
from zaikong.application.worklist.taking import Column, Taking

Habit = Literal["oldest_first", "largest_first", "gain_first"]

HABITS: Final[tuple[Habit, ...]] = ("oldest_first", "largest_first", "gain_first")
"""`gain_first` takes the cases whose best action brings the most: what a good dispatcher with the same figures would do."""

_MANNERS: Final = tuple((hope, a_minute) for hope in (1, 4, 10) for a_minute in (True, False))
"""Stops hoped for on a route, and whether an action is chosen by what it brings a minute or by what it brings at all."""


def by_habit(block: Block, habit: Habit, *, open_fen: Ints, days_overdue: Ints) -> Taking:
    """A station's day by habit.

    Args:
        block: The station; the cases that must be on the list fit beside one another.
        habit: The order.
        open_fen: What is open in each case of the block [fen].
        days_overdue: Days overdue of each [day].
    """
    orders: dict[Habit, Callable[[], Ints]] = {
        "oldest_first": lambda: days_overdue,
        "largest_first": lambda: open_fen,
        "gain_first": lambda: _best_worth(block),
    }
    order = np.lexsort((block.case_ids, -orders[habit]())).tolist()
    ways = _ways(block)
    return max((_worked(block, order, ways, manner) for manner in _MANNERS), key=lambda taking: taking.value_fen)


def _best_worth(block: Block) -> Ints:
    best = np.zeros(len(block.case_ids), dtype=np.int64)
    np.maximum.at(best, block.offer_case, np.where(block.allowed, block.value, 0).max(axis=1))
    return best


def _ways(block: Block) -> dict[int, list[Column]]:
    ways: dict[int, list[Column]] = {}
    for offer, crew in np.argwhere(block.allowed & (block.value > 0)).tolist():
        ways.setdefault(int(block.offer_case[offer]), []).append((offer, crew))
    return ways


def _worked(block: Block, order: list[int], ways: dict[int, list[Column]], manner: tuple[int, bool]) -> Taking:
    taking = Taking(block)
    taking.take_all(must_list(block)[0].columns, paying=False)
    least = int(block.offer_minutes.min(initial=1))
    for case in order:
        if max(taking.left) < least:
            break
        fitting = [way for way in ways.get(case, ()) if taking.fits(way)]
        if not fitting:
            continue
        best = max(fitting, key=lambda way: (_rate(block, taking, way, manner), (-way[0], -way[1])))
        if _rate(block, taking, best, manner) > 0:
            taking.take(best)
    return taking


def _rate(block: Block, taking: Taking, way: Column, manner: tuple[int, bool]) -> float:
    """What a way brings [fen], or brings a minute of each member [fen a minute], the road shared by the stops hoped for."""
    (offer, crew), (hope, a_minute) = way, manner
    route = int(block.offer_route[offer])
    minutes, worth = float(block.offer_minutes[offer]), float(block.value[way])
    if route != OFFICE and (crew, route) not in taking.trips:
        minutes += float(block.trip_minutes[route]) / hope
        worth -= float(block.trip_fen[crew, route]) / hope
    return worth / max(minutes * len(block.crews[crew]), 1) if a_minute else worth
