"""Which accounts may a query return?

Every query that answers a page takes a `Scope` by keyword, so that no page can forget it.
"""

from dataclasses import dataclass

from django.db.models import Q

_STATION = "supply_point__premise__station"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the county a member of staff sees.

    Attributes:
        station_id: The one station whose accounts are seen, or None for the whole county.
    """

    station_id: int | None

    @property
    def whole_county(self) -> bool:
        """Whether every station is seen."""
        return self.station_id is None

    def rows(self, account: str = "") -> Q:
        """The condition that keeps a query inside the scope.

        Args:
            account: Path from the queried table to its account, such as `bill__account`; empty on the account itself.

        Returns:
            A filter; it lets everything through when the whole county is seen.
        """
        if self.station_id is None:
            return Q()
        return Q(**{f"{account}__{_STATION}" if account else _STATION: self.station_id})
