"""What would an agreement over a case's arrears look like?

The draft is made by the verb itself and taken back, so that the schedule shown is the one that would be written, to the
fen, and what the verb refuses is refused here.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zaikong.application.collection.instalments import propose_instalments
from zaikong.store.models import Instalment, InstalmentBill, Staff


@dataclass(frozen=True, slots=True)
class ScheduleShown:
    """A schedule nobody has agreed on yet.

    Attributes:
        acknowledged_fen: What would be acknowledged: principal and late fee [fen].
        bills: Bills covered.
        parts: Number, day and amount [fen] of each instalment.
    """

    acknowledged_fen: int
    bills: int
    parts: tuple[tuple[int, date, int], ...]


def preview_instalments(
    *, case: int, count: int, first_date: date, staff: Staff, at: datetime, first_fen: int = 0
) -> ScheduleShown:
    """The schedule a proposal would have; nothing is written.

    Args:
        case: As for `propose_instalments`, and so the others.
        count: Number of instalments.
        first_date: Day of the first.
        staff: Who asks.
        at: When.
        first_fen: What is paid down first [fen].

    Raises:
        UnableToAgreeInstalmentsError: As `propose_instalments`.
        UnableToScheduleInstalmentsError: The amount cannot be shared out so.
    """
    with transaction.atomic():
        draft = propose_instalments(
            case=case, count=count, first_date=first_date, staff=staff, at=at, first_fen=first_fen
        )
        parts = Instalment.objects.filter(agreement=draft).order_by("number")
        shown = ScheduleShown(
            acknowledged_fen=draft.acknowledged_fen,
            bills=InstalmentBill.objects.filter(agreement=draft).count(),
            parts=tuple(parts.values_list("number", "due_date", "amount_fen")),
        )
        transaction.set_rollback(True)
    return shown
