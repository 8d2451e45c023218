"""Which member of staff acts, where a command names a log-in?"""

from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Staff


class UnableToFindStaffError(Refusal):
    """No active member of staff has this log-in."""


def staff_named(*, username: str) -> Staff:
    """The active member of staff with a log-in.

    Args:
        username: Log-in.

    Raises:
        UnableToFindStaffError: There is none.
    """
    staff: Staff | None = Staff.objects.filter(username=username.strip(), is_active=True).first()
    if staff is None:
        raise UnableToFindStaffError(
            f"no active member of staff has the log-in {username!r}",
            code="STAFF_UNKNOWN",
            fields={"username": username},
            remedy="Name a log-in of the console.",
        )
    return staff
