"""Which accounts may this member of staff see?

A member of staff of a station sees the accounts of that station; one of the county company sees all of them. An account
out of sight does not exist for the reader: its page answers 404, its number is not found, and no list or sum holds it.
"""

from typing import Any

from zaikong.kernel.refusal import Refusal
from zaikong.store.queries.scope import Scope


class UnableToSeeAccountsError(Refusal):
    """Nobody is signed in, or the person signed in is no active member of staff."""


def scope_of(staff: Any) -> Scope:
    """The part of the county a member of staff sees.

    Args:
        staff: The person signed in.

    Raises:
        UnableToSeeAccountsError: Not an active member of staff.
    """
    if not (staff.is_authenticated and staff.is_active and staff.is_staff):
        raise UnableToSeeAccountsError(
            "only active staff see accounts", code="NOT_STAFF", remedy="Sign in with a staff log-in."
        )
    return Scope(station_id=None if staff.is_superuser else staff.station_id)
