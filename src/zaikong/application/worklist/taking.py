"""Does one more column fit beside those already taken?

Keeps what a plan of a station has used: each case once, minutes of every member, the way to a route paid by a crew once.
"""

from collections.abc import Iterable

from zaikong.application.worklist.block import OFFICE, Block

Column = tuple[int, int]
"""Place of an offer, place of a crew."""


class Taking:
    """Columns taken one by one, never more than fit.

    Args:
        block: The station.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self.left = [int(minutes) for minutes in block.capacity]
        self.cases: set[int] = set()
        self.trips: set[tuple[int, int]] = set()
        self.columns: list[Column] = []
        self._case = block.offer_case.tolist()
        self._route = block.offer_route.tolist()
        self._minutes = block.offer_minutes.tolist()
        self._way = block.trip_minutes.tolist()
        self._way_fen = block.trip_fen.tolist()

    def minutes(self, column: Column) -> int:
        """What taking it would cost each member now, the way included if not yet gone [min]."""
        offer, crew = column
        route = self._route[offer]
        way = 0 if route == OFFICE or (crew, route) in self.trips else self._way[route]
        return int(self._minutes[offer] + way)

    def worth_fen(self, column: Column) -> int:
        """What taking it would add now, the way paid if not yet gone [fen]."""
        offer, crew = column
        route = self._route[offer]
        way = 0 if route == OFFICE or (crew, route) in self.trips else self._way_fen[crew][route]
        return int(self.block.value[offer, crew]) - int(way)

    def fits(self, column: Column) -> bool:
        """Whether the case is free and every member has the minutes."""
        offer, crew = column
        if self._case[offer] in self.cases:
            return False
        needed = self.minutes(column)
        return all(self.left[member] >= needed for member in self.block.crews[crew])

    def take(self, column: Column) -> None:
        """Take it."""
        offer, crew = column
        needed = self.minutes(column)
        for member in self.block.crews[crew]:
            self.left[member] -= needed
        if self._route[offer] != OFFICE:
            self.trips.add((crew, self._route[offer]))
        self.cases.add(self._case[offer])
        self.columns.append(column)

    def take_all(self, columns: Iterable[Column], *, paying: bool = True) -> None:
        """Take in order whatever fits, and with `paying` only what then adds something."""
        for column in columns:
            if self.fits(column) and (not paying or self.worth_fen(column) > 0):
                self.take(column)

    @property
    def value_fen(self) -> int:
        """Worth of all taken, trips paid [fen]."""
        worth = sum(int(self.block.value[column]) for column in self.columns)
        return worth - sum(int(self._way_fen[crew][route]) for crew, route in self.trips)
