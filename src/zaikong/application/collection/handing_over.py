"""Who looks after a case from now on?"""

from datetime import datetime

from django.db import transaction

from zaikong.application.collection.entries import (
    locked_case,
    require_active,
    require_alive,
    require_moment,
    require_right,
    require_text,
    write_event,
)
from zaikong.application.roles import HANDLE_CASES
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, CaseEvent, CollectionCase, Staff


class UnableToHandOverError(Refusal):
    """A case that cannot go to this collector."""


@transaction.atomic
def hand_over(*, case: int, to: Staff, note: str, staff: Staff, at: datetime) -> CollectionCase:
    """Give a case to another collector.

    Args:
        case: The case.
        to: Who takes it: a member of the account's station or of the county.
        note: Why.
        staff: Who decides.
        at: When.

    Raises:
        UnableToHandOverError: An unknown or closed case, somebody who has it, has left, or belongs to another station.
    """
    require_right(staff, HANDLE_CASES, error=UnableToHandOverError)
    error = UnableToHandOverError
    found = locked_case(case, error=error)
    require_alive(found, error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    said = require_text(note, name="note", error=error)
    require_active(to, error=error)
    if found.collector_id == to.pk:
        raise error(
            f"{to.get_username()} has the case",
            code="COLLECTOR_SAME",
            fields={"to": to.get_username()},
            remedy="Name another.",
        )
    station = Account.objects.values_list("supply_point__premise__station_id", flat=True).get(pk=found.account_id)
    if to.station_id is not None and to.station_id != station:
        raise error(
            f"{to.get_username()} does not see this station",
            code="STATION_OTHER",
            fields={"to": to.get_username()},
            remedy="Name a collector of the account's station.",
        )
    before = found.collector.get_username() if found.collector else ""
    found.collector = to
    found.save(update_fields=["collector"])
    facts = {"from": before, "to": to.get_username()}
    write_event(found, str(CaseEvent.Kind.HANDED_OVER), at=moment, staff=staff, note=said, facts=facts)
    return found
