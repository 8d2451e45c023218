"""Devices are ordered and put in place by those who may."""

from datetime import date, timedelta

import pytest

from device_desk import NOW, account, field, hang, installed, ordered, technician
from ledger_desk import entitled
from zaikong.application.devices.orders import (
    UnableToHandleDeviceError,
    device_by_number,
    install_device,
    order_device,
    retire_device,
)
from zaikong.store.models import FeeControlDevice, Meter

pytestmark = pytest.mark.django_db


@pytest.fixture
def park():
    with field("000000000042", "000000000043") as found:
        yield found


def refuses(code, verb, **terms):
    with pytest.raises(UnableToHandleDeviceError) as caught:
        verb(**({"staff": technician(), "at": NOW} | terms))
    assert caught.value.code == code


def test_devices_are_numbered_by_day_without_a_gap():
    orders = [ordered(account(f"410000000{n}"), at=NOW) for n in range(3)] + [
        ordered(account("4100000009"), at=NOW + timedelta(days=1))
    ]
    assert [device.order_no for device in orders] == [
        "ZZ2025090100001",
        "ZZ2025090100002",
        "ZZ2025090100003",
        "ZZ2025090200001",
    ]
    assert device_by_number(" ZZ2025090100002 ").pk == orders[1].pk
    with pytest.raises(UnableToHandleDeviceError):
        device_by_number("ZZ1")


def test_an_account_has_one_device_that_is_ordered_or_in_place():
    owner = account()
    device = ordered(owner)
    terms = {"account": owner.pk, "kind": "meter", "reason": "arrears"}
    refuses("DEVICE_KNOWN", order_device, **terms)
    retire_device(device=device.pk, reason="ordered by mistake", staff=technician(), at=NOW)
    assert order_device(**terms, staff=technician(), at=NOW, due_date=date(2025, 9, 10)).due_date == date(2025, 9, 10)


def test_an_order_says_for_whom_what_and_why_and_comes_from_one_who_may():
    owner = account()
    terms = {"account": owner.pk, "kind": "meter", "reason": "arrears"}
    refuses("ACCOUNT_UNKNOWN", order_device, **terms | {"account": 987654})
    refuses("KIND_MISSING", order_device, **terms | {"kind": " "})
    refuses("REASON_MISSING", order_device, **terms | {"reason": ""})
    refuses("NOT_ENTITLED", order_device, **terms | {"staff": entitled("cashier", "take_payment")})
    refuses("MOMENT_WITHOUT_ZONE", order_device, **terms | {"at": NOW.replace(tzinfo=None)})
    owner.closed_date = NOW.date()
    owner.save()
    refuses("ACCOUNT_UNKNOWN", order_device, **terms)
    assert not FeeControlDevice.objects.exists()


def test_a_device_in_place_names_the_meter_that_carries_it(park):
    device = installed(park)
    assert (device.state, device.meter.address, device.installed_by) == ("installed", "000000000042", technician())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"relay": "none"}, "METER_NOT_COMMANDABLE"),
        ({"protocol": "manual"}, "METER_NOT_COMMANDABLE"),
        ({"address": ""}, "METER_NOT_COMMANDABLE"),
        ({"concentrator": None}, "METER_NOT_COMMANDABLE"),
        ({"removed_date": date(2025, 8, 31)}, "METER_UNKNOWN"),
    ],
)
def test_a_meter_that_cannot_be_commanded_carries_no_device(park, change, code):
    device = ordered(account())
    meter = hang(park, device.account)
    Meter.objects.filter(pk=meter.pk).update(**change)
    refuses(code, install_device, device=device.pk, meter=meter.pk)


def test_a_meter_of_another_account_or_with_another_device_carries_none(park):
    device = installed(park)
    other = ordered(account("4100000002"))
    refuses("METER_UNKNOWN", install_device, device=other.pk, meter=device.meter_id)
    Meter.objects.filter(pk=device.meter_id).update(account=other.account)
    refuses("METER_TAKEN", install_device, device=other.pk, meter=device.meter_id)


def test_a_device_put_in_place_again_is_no_longer_accepted(park):
    device = installed(park)
    FeeControlDevice.objects.filter(pk=device.pk).update(state="accepted", accepted_at=NOW)
    second = hang(park, device.account, "000000000043")
    again = install_device(device=device.pk, meter=second.pk, staff=technician(), at=NOW)
    assert (again.state, again.accepted_at, again.meter) == ("installed", None, second)


def test_nobody_ends_or_moves_a_device_whose_supply_is_on_trial(park):
    device = installed(park)
    FeeControlDevice.objects.filter(pk=device.pk).update(trial_since_at=NOW)
    refuses("SUPPLY_ON_TRIAL", install_device, device=device.pk, meter=device.meter_id)
    refuses("SUPPLY_ON_TRIAL", retire_device, device=device.pk, reason="taken down")


def test_a_device_at_its_end_stays_there(park):
    device = installed(park)
    refuses("REASON_MISSING", retire_device, device=device.pk, reason=" ")
    retire_device(device=device.pk, reason="taken down", staff=technician(), at=NOW)
    refuses("DEVICE_RETIRED", retire_device, device=device.pk, reason="taken down")
    refuses("DEVICE_RETIRED", install_device, device=device.pk, meter=device.meter_id)
    refuses("DEVICE_UNKNOWN", retire_device, device=987654, reason="taken down")


def test_nothing_is_installed_before_it_was_ordered(park):
    device = ordered(account())
    meter = hang(park, device.account)
    refuses("MOMENT_TOO_EARLY", install_device, device=device.pk, meter=meter.pk, at=NOW - timedelta(days=9))
    refuses(
        "NOT_ENTITLED",
        install_device,
        device=device.pk,
        meter=meter.pk,
        staff=entitled("clerk", "order_feecontroldevice"),
    )
