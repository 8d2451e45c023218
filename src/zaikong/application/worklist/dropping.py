"""May what stands on today's list be left out, and why?

Who has the list says why a row is left out today. The case goes on no list of theirs when the day is planned again; the
planner may put it back by hand.
"""

from datetime import datetime

from django.db import transaction

from zaikong.application.roles import PLAN_WORK, permission
from zaikong.application.worklist.planning import UnableToChangeWorkListError
from zaikong.store.models import Staff, WorkListChange, WorkListRow


@transaction.atomic
def drop_row(row_id: int, *, reason: str, staff: Staff, at: datetime) -> WorkListRow:
    """Leave a row of a standing list out today.

    Args:
        row_id: The row.
        reason: Why.
        staff: Whose list it is on, or who plans the work.
        at: When.

    Raises:
        UnableToChangeWorkListError: No such row to do on a list of theirs, or no reason.
    """
    row: WorkListRow | None = (
        WorkListRow.objects.select_for_update(of=("self",))
        .select_related("run")
        .filter(pk=row_id, run__standing=True, state=WorkListRow.State.LISTED)
        .first()
    )
    if row is None or not (row.staff_id == staff.pk or staff.has_perm(permission(PLAN_WORK))):
        raise UnableToChangeWorkListError(
            f"there is no row {row_id} to do on this list",
            code="ROW_UNKNOWN",
            fields={"row": row_id},
            remedy="Open the list anew.",
        )
    said = reason.strip()
    longest = WorkListChange._meta.get_field("reason").max_length or 0
    if not 0 < len(said) <= longest:
        raise UnableToChangeWorkListError(
            "a change needs a reason",
            code="REASON_MISSING",
            fields={"reason": len(said)},
            remedy=f"Say why in at most {longest} characters.",
        )
    WorkListChange.objects.create(
        business_date=row.run.business_date,
        case_id=row.case_id,
        kind=WorkListChange.Kind.EXCLUDE,
        staff_id=row.staff_id,
        action="",
        reason=said,
        changed_by=staff,
        changed_at=at,
    )
    row.state = WorkListRow.State.DROPPED
    row.save(update_fields=["state"])
    return row
