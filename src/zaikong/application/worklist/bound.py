"""How much can no plan of a station exceed?

Give every minute of every collector a price and every case a price, and let each crew take on its own account whatever is
worth more than these prices, a trip when its stops together pay for it. No plan that keeps the hours and does each case
at most once can be worth more than the prices of all minutes and cases together with these surpluses. That holds for any
prices whatever (weak duality), so the bound does not lean on a solver: prices come from a linear program, are cut to
whole thousandths of a fen, and the bound is then added up in integers over every column there is.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from zaikong.application.worklist.block import OFFICE, Block, Ints

MILLI: Final = 1000
"""Prices are whole thousandths of a fen."""

NEVER: Final = -(2**60)
"""Surplus of a column that is not allowed."""


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Prices of a station.

    Attributes:
        minute: Of each collector, never negative [0.001 fen a minute].
        case: Of each case, negative only where the case must be on the list [0.001 fen].
    """

    minute: Ints
    case: Ints


def surplus(block: Block, prices: Prices) -> Ints:
    """What each column is worth above the prices of its minutes, the case not yet paid [0.001 fen], `NEVER` if not allowed."""
    crew_minute = block.members @ prices.minute
    worth = block.value * MILLI - block.offer_minutes[:, None] * crew_minute[None, :]
    return np.where(block.allowed, worth, NEVER)


def trip_surplus(block: Block, above: Ints, prices: Prices) -> Ints:
    """What each trip is worth when it takes every stop that is worth something, by crew and route [0.001 fen]."""
    field = block.field
    stops = np.maximum(above[field] - prices.case[block.offer_case[field]][:, None], 0)
    total = np.zeros((len(block.crews), len(block.routes)), dtype=np.int64)
    np.add.at(total.T, block.offer_route[field], stops)
    crew_minute = block.members @ prices.minute
    return total - block.trip_fen * MILLI - block.trip_minutes[None, :] * crew_minute[:, None]


def bound_fen(block: Block, prices: Prices) -> int:
    """The bound on the worth of any plan of the station [fen]."""
    above = surplus(block, prices)
    office = above[block.offer_route == OFFICE] - prices.case[block.offer_case[block.offer_route == OFFICE]][:, None]
    total = int(prices.minute @ block.capacity) + int(prices.case.sum())
    total += int(np.maximum(office, 0).sum())
    if block.routes:
        total += int(np.maximum(trip_surplus(block, above, prices), 0).sum())
    return total // MILLI


def lawful_prices(block: Block, prices: Prices) -> Prices:
    """The nearest prices for which the bound holds: none is negative, save of cases that must be on the list."""
    case = np.where(block.required, prices.case, np.maximum(prices.case, 0))
    return Prices(np.maximum(prices.minute, 0), case)
