"""Which commands did not do what they were sent for? 执行异常: each is work for a person until it is closed.

A restore that failed is urgent: its statutory clock runs. It gets its field order at once; a cut that failed waits for
somebody to decide whether people go there within the hour its notice allows.
"""

from datetime import datetime

from django.db import transaction

from zaikong.application.roles import EXECUTE_CUTS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CommandFailure, FieldOrder, MeterCommand, Staff

_State = CommandFailure.State


class UnableToCloseFailureError(Refusal):
    """A failure that may not be closed so, or not by this person."""


def open_failure(*, command: MeterCommand, cause: str, at: datetime, urgent: bool = False) -> CommandFailure:
    """Put a command that failed on the list; once a command, in the caller's transaction.

    Args:
        command: The command.
        cause: Why, such as `retained`, `silent`, `not_moved`.
        at: Now.
        urgent: Whether supply must be given back.
    """
    failure, _made = CommandFailure.objects.get_or_create(
        command=command,
        defaults={"account_id": command.account_id, "cause": cause[:40], "found_at": at, "urgent": urgent},
    )
    return failure


@transaction.atomic
def close_failure(*, failure: int, staff: Staff, at: datetime, reason: str) -> CommandFailure:
    """Close a failure that needs no field order any more.

    Raises:
        UnableToCloseFailureError: No right, no reason, closed before, or people are on their way.
    """
    if not staff.has_perm(permission(EXECUTE_CUTS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not close a failure", "Ask a metering technician.")
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why nothing is left to do.")
    found = CommandFailure.objects.select_for_update().filter(pk=failure).first()
    if found is None or found.state == _State.CLOSED:
        raise _refused("NOT_OPEN", f"failure {failure} is not open", "Look at the list again.")
    if FieldOrder.objects.filter(failure=found, state__in=["issued", "assigned"]).exists():
        raise _refused("CREW_OUT", "a field order of this failure is open", "Confirm or cancel that one.")
    end_failure(found, at=at, reason=reason.strip())
    return found


def end_failure(failure: CommandFailure, *, at: datetime, reason: str) -> None:
    """Close a failure in the caller's transaction; closed before, nothing happens."""
    if failure.state == _State.CLOSED:
        return
    failure.state, failure.closed_at, failure.closed_reason = _State.CLOSED, at, reason[:200]
    failure.save(update_fields=["state", "closed_at", "closed_reason"])


def _refused(code: str, message: str, remedy: str) -> UnableToCloseFailureError:
    return UnableToCloseFailureError(message, code=code, remedy=remedy)
