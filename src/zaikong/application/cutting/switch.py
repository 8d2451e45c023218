"""Are cuts going on, or has somebody stopped them all? 全停开关.

Anybody near a cut may stop them all at once; letting them go on is one person's right. While stopped nothing is reserved
and nothing is carried out; giving supply back is never stopped.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zaikong.application import decision_log
from zaikong.application.roles import RELEASE_ALL_CUTS, STOP_ALL_CUTS, permission
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Staff, StopAllSwitch


class UnableToSwitchCutsError(Refusal):
    """No right, no reason, or it stands so already."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the switch stands.

    Attributes:
        stopped: Whether all cuts are stopped.
        reason: Why, empty where it was never touched.
        by: Who switched it.
        at: When.
    """

    stopped: bool
    reason: str
    by: str
    at: datetime | None


def switch_standing() -> Standing:
    """How the switch stands: its last row; never touched, cuts go on."""
    last = StopAllSwitch.objects.select_related("staff").order_by("-pk").first()
    if last is None:
        return Standing(stopped=False, reason="", by="", at=None)
    return Standing(stopped=last.stopped, reason=last.reason, by=str(last.staff), at=last.at)


@transaction.atomic
def switch_cuts(*, stop: bool, reason: str, staff: Staff, at: datetime) -> Standing:
    """Stop all cuts, or let them go on.

    Args:
        stop: Whether to stop.
        reason: Why.
        staff: Who switches.
        at: Now.

    Raises:
        UnableToSwitchCutsError: No right, no reason, or it stands so already.
    """
    right = STOP_ALL_CUTS if stop else RELEASE_ALL_CUTS
    if not staff.has_perm(permission(right)):
        raise _refused(
            "NO_RIGHT", f"{staff.username} may not {'stop' if stop else 'release'} all cuts", "Ask a superior."
        )
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why.")
    decision_log.append(
        kind="cuts_stopped" if stop else "cuts_released",
        subject="all",
        actor=staff.username,
        body={"reason_sha256": decision_log.text_hash(reason.strip())},
        as_of=at.astimezone(TIME_ZONE).date(),
        at=at,
    )
    # the log is held by now, so two who switch at once come one after the other
    if switch_standing().stopped == stop:
        raise _refused("STANDS_SO", "the switch stands so already", "Nothing is to be done.")
    StopAllSwitch.objects.create(stopped=stop, reason=reason.strip()[:200], staff=staff, at=at)
    return switch_standing()


def _refused(code: str, message: str, remedy: str) -> UnableToSwitchCutsError:
    return UnableToSwitchCutsError(message, code=code, remedy=remedy)
