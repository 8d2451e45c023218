"""What is wrong with a device, who is at it, and how long did it take? 装置故障.

A fault stands open once a kind: found again it is the same work. It is cleared by saying what was done; how long faults take
is counted from being opened to being cleared, whoever was at them between.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from zaikong.application.collection.entries import require_moment, require_right, require_text
from zaikong.application.roles import HANDLE_DEVICES, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import DeviceFault, FeeControlDevice, Staff
from zaikong.store.queries import devices as queries

_State = DeviceFault.State
_LONGEST_KIND = 40
_LONGEST_RESOLUTION = 200


class UnableToHandleFaultError(Refusal):
    """A fault that cannot be opened, given to somebody or cleared so, or not by this person."""


@dataclass(frozen=True, slots=True)
class ClearingTimes:
    """How long faults of a kind took.

    Attributes:
        kind: Which; `all` for all of them.
        opened: How many were opened.
        still_open: How many of them are open.
        cleared: How many of them are cleared.
        median_minutes: Half of the cleared took no longer; None where none is cleared [min].
        p90_minutes: Nine in ten of the cleared took no longer; None likewise [min].
        oldest_open_minutes: How long the oldest open one has been; None where none is open [min].
    """

    kind: str
    opened: int
    still_open: int
    cleared: int
    median_minutes: int | None
    p90_minutes: int | None
    oldest_open_minutes: int | None


@transaction.atomic
def open_fault(*, device: int, kind: str, source: str, staff: Staff, at: datetime) -> DeviceFault:
    """Report a fault of a device; one of the kind that is open already is returned as it stands.

    Args:
        device: The device.
        kind: What is wrong, in a word, such as `relay_stuck`.
        source: How it was found, such as `customer` or `round`.
        staff: Who reports it.
        at: Now.

    Raises:
        UnableToHandleFaultError: No right, an unknown device or one at its end, or a word missing.
    """
    error = UnableToHandleFaultError
    require_right(staff, HANDLE_DEVICES, error=error)
    what = require_text(kind, name="kind", error=error, longest=_LONGEST_KIND)
    how = require_text(source, name="source", error=error, longest=_LONGEST_KIND)
    held = FeeControlDevice.objects.select_for_update().filter(pk=device).exclude(state="retired").first()
    if held is None:
        raise _refused("DEVICE_UNKNOWN", f"there is no device {device} in use", "Look at the list again.")
    return open_found_fault(device=held, kind=what, source=how, at=require_moment(at, error=error), staff=staff)


def open_found_fault(
    *, device: FeeControlDevice, kind: str, source: str, at: datetime, staff: Staff | None = None
) -> DeviceFault:
    """Open a fault the system or a person found, in the caller's transaction with the device locked."""
    standing = DeviceFault.objects.filter(device=device, kind=kind).exclude(state=_State.CLEARED).first()
    if standing is not None:
        return standing
    opened: DeviceFault = DeviceFault.objects.create(
        device=device, kind=kind, source=source, opened_at=at, opened_by=staff
    )
    return opened


@transaction.atomic
def assign_fault(*, fault: int, to: Staff, staff: Staff, at: datetime) -> DeviceFault:
    """Put a fault in somebody's hands, or in another's.

    Args:
        fault: The fault, not cleared.
        to: Who takes it.
        staff: Who gives it.
        at: Now.

    Raises:
        UnableToHandleFaultError: No right, unknown or cleared, a time before it was opened, or one who may not work at devices.
    """
    require_right(staff, HANDLE_DEVICES, error=UnableToHandleFaultError)
    held = _open(fault)
    moment = require_moment(at, error=UnableToHandleFaultError, not_before=held.opened_at)
    if not (to.is_active and to.has_perm(permission(HANDLE_DEVICES))):
        raise _refused("NOT_A_TECHNICIAN", f"{to.get_username()} does not work at devices", "Name a technician.")
    held.assigned_to, held.assigned_at, held.state = to, moment, _State.ASSIGNED
    held.save(update_fields=["assigned_to", "assigned_at", "state"])
    return held


@transaction.atomic
def clear_fault(*, fault: int, resolution: str, staff: Staff, at: datetime) -> DeviceFault:
    """Say that a fault is mended, and how.

    Args:
        fault: The fault, not cleared.
        resolution: What was done.
        staff: Who did it.
        at: When.

    Raises:
        UnableToHandleFaultError: No right, unknown or cleared, nothing said, a time before it was opened, or a supply that
            is still on trial.
    """
    require_right(staff, HANDLE_DEVICES, error=UnableToHandleFaultError)
    done = require_text(resolution, name="resolution", error=UnableToHandleFaultError, longest=_LONGEST_RESOLUTION)
    held = _open(fault)
    moment = require_moment(at, error=UnableToHandleFaultError, not_before=held.opened_at)
    if held.kind == "supply_not_back" and held.device.trial_since_at is not None:
        raise _refused(
            "SUPPLY_ON_TRIAL",
            "the supply was not read on yet",
            "Run zaikong device give-back when the meter is reached.",
        )
    held.state, held.cleared_at, held.cleared_by, held.resolution = _State.CLEARED, moment, staff, done
    held.save(update_fields=["state", "cleared_at", "cleared_by", "resolution"])
    return held


def time_to_clear(*, since: datetime, until: datetime) -> list[ClearingTimes]:
    """How long the faults opened in a time took, by kind, all of them last.

    Args:
        since: First moment.
        until: First moment after; what is cleared later counts as open.
    """
    return [ClearingTimes(**row) for row in queries.fault_times(since=since, until=until).iter_rows(named=True)]


def _open(fault: int) -> DeviceFault:
    found = DeviceFault.objects.select_for_update(of=("self",)).select_related("device").filter(pk=fault).first()
    if found is None or found.state == _State.CLEARED:
        raise _refused("FAULT_NOT_OPEN", f"fault {fault} is not open", "Look at the list again.")
    return found


def _refused(code: str, message: str, remedy: str) -> UnableToHandleFaultError:
    return UnableToHandleFaultError(message, code=code, remedy=remedy)
