"""How does a fee-control device get from its order to the wall, and to its end? 装置申请、安装、拆除.

A device is ordered for an account with a reason, installed by naming the meter that carries it, and commanded by nobody until
it was accepted (`acceptance`). A device put in place again, or given another meter, must be accepted again.
"""

from datetime import date, datetime

from django.db import transaction

from zaikong.application.collection.entries import require_moment, require_right, require_text
from zaikong.application.decision_log import log_act
from zaikong.application.roles import HANDLE_DEVICES, ORDER_DEVICES
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, FeeControlDevice, Meter, Staff
from zaikong.store.queries import devices as queries

_State = FeeControlDevice.State
_LONGEST_REASON = 200
_LONGEST_KIND = 40
_WIRES = ("dlt645", "dlt698")


class UnableToHandleDeviceError(Refusal):
    """A device that cannot be ordered, installed or retired so, or not by this person."""


@transaction.atomic
def order_device(
    *, account: int, kind: str, reason: str, staff: Staff, at: datetime, due_date: date | None = None
) -> FeeControlDevice:
    """Order a device for an account.

    Args:
        account: Its key.
        kind: What is to be installed, such as `smart meter with relay`.
        reason: Why.
        staff: Who orders.
        at: Now.
        due_date: By when it is to be installed.

    Raises:
        UnableToHandleDeviceError: No right, an unknown or closed account, a text missing, or a device ordered or in place already.
    """
    error = UnableToHandleDeviceError
    require_right(staff, ORDER_DEVICES, error=error)
    moment = require_moment(at, error=error)
    what = require_text(kind, name="kind", error=error, longest=_LONGEST_KIND)
    why = require_text(reason, name="reason", error=error, longest=_LONGEST_REASON)
    owner = Account.objects.select_for_update().filter(pk=account).first()
    if owner is None or owner.closed_date is not None:
        raise _refused("ACCOUNT_UNKNOWN", f"there is no account {account} in use", "Look again.")
    if queries.devices_of(account).exists():
        raise _refused("DEVICE_KNOWN", "a device is ordered or in place", "Retire that one first.")
    queries.lock_numbers()
    day = moment.date()
    number = FeeControlDevice.objects.filter(order_no__startswith=f"ZZ{day:%Y%m%d}").count() + 1
    device: FeeControlDevice = FeeControlDevice.objects.create(
        order_no=f"ZZ{day:%Y%m%d}{number:05d}",
        account=owner,
        kind=what,
        reason=why,
        ordered_at=moment,
        ordered_by=staff,
        due_date=due_date,
    )
    return device


@transaction.atomic
def install_device(*, device: int, meter: int, staff: Staff, at: datetime) -> FeeControlDevice:
    """Say that a device is in place, and which meter carries it. It must be accepted before anybody commands it.

    Args:
        device: The device.
        meter: A meter of the same account, with a relay, a protocol, an address and a concentrator.
        staff: Who installed it.
        at: When.

    Raises:
        UnableToHandleDeviceError: No right, an unknown device, one at its end or on trial, or a meter that cannot be commanded.
    """
    require_right(staff, HANDLE_DEVICES, error=UnableToHandleDeviceError)
    held = locked_device(device)
    moment = require_moment(at, error=UnableToHandleDeviceError, not_before=held.ordered_at)
    if held.state == _State.RETIRED:
        raise _refused("DEVICE_RETIRED", f"{held.order_no} is at its end", "Order another.")
    _no_trial(held)
    carrier = Meter.objects.filter(pk=meter, account_id=held.account_id, removed_date__isnull=True).first()
    if carrier is None:
        raise _refused("METER_UNKNOWN", f"meter {meter} is none of the account's in place", "Enter the meter first.")
    if carrier.relay == "none" or carrier.protocol not in _WIRES or not carrier.address or not carrier.concentrator_id:
        raise _refused(
            "METER_NOT_COMMANDABLE",
            f"meter {carrier.meter_no} lacks a relay, a protocol, an address or a concentrator",
            "Complete the meter's entry.",
        )
    if FeeControlDevice.objects.filter(meter=carrier).exclude(pk=held.pk).exclude(state=_State.RETIRED).exists():
        raise _refused("METER_TAKEN", f"meter {carrier.meter_no} carries another device", "Retire that one first.")
    held.meter, held.state = carrier, _State.INSTALLED
    held.installed_at, held.installed_by, held.accepted_at = moment, staff, None
    held.save(update_fields=["meter", "state", "installed_at", "installed_by", "accepted_at"])
    return held


@transaction.atomic
def retire_device(*, device: int, reason: str, staff: Staff, at: datetime) -> FeeControlDevice:
    """End a device, such as one taken down.

    Raises:
        UnableToHandleDeviceError: No right, no reason, unknown, at its end already, or supply on trial.
    """
    require_right(staff, HANDLE_DEVICES, error=UnableToHandleDeviceError)
    why = require_text(reason, name="reason", error=UnableToHandleDeviceError, longest=_LONGEST_REASON)
    held = locked_device(device)
    moment = require_moment(at, error=UnableToHandleDeviceError, not_before=held.ordered_at)
    if held.state == _State.RETIRED:
        raise _refused("DEVICE_RETIRED", f"{held.order_no} is at its end", "Nothing is left to do.")
    _no_trial(held)
    held.state, held.retired_at, held.note = _State.RETIRED, moment, why
    held.save(update_fields=["state", "retired_at", "note"])
    log_act(
        kind="device_retired",
        subject=held.order_no,
        staff=staff,
        body={"device": held.pk},
        as_of=moment.date(),
        reason=why,
        at=moment,
    )
    return held


def locked_device(device: int) -> FeeControlDevice:
    """A device, locked.

    Raises:
        UnableToHandleDeviceError: There is none.
    """
    found = FeeControlDevice.objects.select_for_update(of=("self",)).select_related("account", "meter__concentrator")
    held: FeeControlDevice | None = found.filter(pk=device).first()
    if held is None:
        raise _refused("DEVICE_UNKNOWN", f"there is no device {device}", "Look at the list again.")
    return held


def device_by_number(order_no: str) -> FeeControlDevice:
    """The device of an order number.

    Raises:
        UnableToHandleDeviceError: There is none.
    """
    found: FeeControlDevice | None = FeeControlDevice.objects.filter(order_no=order_no.strip()).first()
    if found is None:
        raise _refused("DEVICE_UNKNOWN", f"there is no device {order_no.strip()!r}", "Name its order number.")
    return found


def meter_by_number(meter_no: str) -> int:
    """The key of a meter by its number.

    Raises:
        UnableToHandleDeviceError: There is none.
    """
    found = Meter.objects.filter(meter_no=meter_no.strip()).values_list("pk", flat=True).first()
    if found is None:
        raise _refused("METER_UNKNOWN", f"there is no meter {meter_no.strip()!r}", "Enter the meter first.")
    return int(found)


def _no_trial(held: FeeControlDevice) -> None:
    if held.trial_since_at is not None:
        raise _refused(
            "SUPPLY_ON_TRIAL",
            f"an acceptance of {held.order_no} did not come to its end; supply may be off",
            "Give supply back first: zaikong device give-back.",
        )


def _refused(code: str, message: str, remedy: str) -> UnableToHandleDeviceError:
    return UnableToHandleDeviceError(message, code=code, remedy=remedy)
