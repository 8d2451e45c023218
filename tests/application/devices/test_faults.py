"""A fault is one piece of work from its finding to its mending, and its time is counted."""

from datetime import timedelta

import pytest

from device_desk import NOW, account, field, hang, ordered, technician
from ledger_desk import entitled
from zaikong.application.devices.faults import (
    ClearingTimes,
    UnableToHandleFaultError,
    assign_fault,
    clear_fault,
    open_fault,
    time_to_clear,
)
from zaikong.store.models import DeviceFault, FeeControlDevice

pytestmark = pytest.mark.django_db

WEEK = {"since": NOW - timedelta(days=7), "until": NOW + timedelta(days=1)}


def opened(device, kind="relay_stuck", *, hours_ago=0):
    return open_fault(
        device=device.pk, kind=kind, source="round", staff=technician(), at=NOW - timedelta(hours=hours_ago)
    )


def refuses(code, verb, **terms):
    with pytest.raises(UnableToHandleFaultError) as caught:
        verb(**({"staff": technician(), "at": NOW} | terms))
    assert caught.value.code == code


def test_a_fault_goes_from_its_finding_through_a_pair_of_hands_to_its_mending():
    fault = opened(ordered(account()), hours_ago=3)
    assert (fault.state, fault.opened_by) == ("open", technician())
    fault = assign_fault(fault=fault.pk, to=technician("mender"), staff=technician(), at=NOW - timedelta(hours=2))
    assert (fault.state, fault.assigned_to.username) == ("assigned", "mender")
    fault = assign_fault(fault=fault.pk, to=technician("other"), staff=technician(), at=NOW - timedelta(hours=1))
    assert (fault.state, fault.assigned_to.username) == ("assigned", "other")
    fault = clear_fault(fault=fault.pk, resolution="relay replaced", staff=technician("other"), at=NOW)
    assert (fault.state, fault.cleared_at, fault.resolution) == ("cleared", NOW, "relay replaced")


def test_a_fault_found_again_is_the_same_work_until_it_is_cleared():
    device = ordered(account())
    first = opened(device, hours_ago=3)
    assert opened(device).pk == first.pk
    assert opened(device, "clock_wrong").pk != first.pk
    clear_fault(fault=first.pk, resolution="mended", staff=technician(), at=NOW)
    assert opened(device).pk != first.pk


def test_a_fault_is_handled_by_those_who_may_and_in_the_order_of_time():
    device = ordered(account())
    fault = opened(device)
    clerk = entitled("clerk", "take_payment")
    terms = {"device": device.pk, "kind": "clock", "source": "round"}
    refuses("NOT_ENTITLED", open_fault, **terms, staff=clerk)
    refuses("KIND_MISSING", open_fault, **terms | {"kind": ""})
    refuses("SOURCE_MISSING", open_fault, **terms | {"source": ""})
    refuses("DEVICE_UNKNOWN", open_fault, **terms | {"device": 987654})
    refuses("NOT_ENTITLED", assign_fault, fault=fault.pk, to=technician("mender"), staff=clerk)
    refuses("NOT_A_TECHNICIAN", assign_fault, fault=fault.pk, to=clerk)
    refuses("NOT_ENTITLED", clear_fault, fault=fault.pk, resolution="mended", staff=clerk)
    refuses("RESOLUTION_MISSING", clear_fault, fault=fault.pk, resolution=" ")
    refuses("MOMENT_TOO_EARLY", clear_fault, fault=fault.pk, resolution="mended", at=NOW - timedelta(hours=1))
    refuses("MOMENT_TOO_EARLY", assign_fault, fault=fault.pk, to=technician("mender"), at=NOW - timedelta(hours=1))
    clear_fault(fault=fault.pk, resolution="mended", staff=technician(), at=NOW)
    refuses("FAULT_NOT_OPEN", clear_fault, fault=fault.pk, resolution="mended")
    refuses("FAULT_NOT_OPEN", assign_fault, fault=fault.pk, to=technician("mender"))
    FeeControlDevice.objects.filter(pk=device.pk).update(state="retired")
    refuses("DEVICE_UNKNOWN", open_fault, **terms)
    assert DeviceFault.objects.count() == 1


def test_a_supply_that_is_not_back_is_not_cleared_away():
    device = ordered(account())
    fault = opened(device, "supply_not_back")
    with field("000000000042") as park:
        meter = hang(park, device.account)
    rows = FeeControlDevice.objects.filter(pk=device.pk)
    rows.update(state="installed", meter=meter, installed_at=NOW, trial_since_at=NOW)
    refuses("SUPPLY_ON_TRIAL", clear_fault, fault=fault.pk, resolution="went there")
    rows.update(trial_since_at=None)
    assert clear_fault(fault=fault.pk, resolution="went there", staff=technician(), at=NOW).state == "cleared"


def test_times_are_counted_by_kind_with_those_still_open_apart():
    devices = [ordered(account(f"41000000{n:02d}")) for n in range(12)]
    for place, device in enumerate(devices[:10], start=1):  # 1 h to 10 h
        fault = opened(device, hours_ago=place)
        clear_fault(fault=fault.pk, resolution="mended", staff=technician(), at=NOW)
    opened(devices[10], hours_ago=5)
    opened(devices[11], "clock_wrong", hours_ago=30)
    opened(devices[11], "old_one", hours_ago=24 * 8)  # opened before the time asked for

    told = time_to_clear(since=WEEK["since"], until=NOW)

    assert told == [
        ClearingTimes("clock_wrong", 1, 1, 0, None, None, 30 * 60),
        ClearingTimes("relay_stuck", 11, 11, 0, None, None, 10 * 60),
        ClearingTimes("all", 12, 12, 0, None, None, 30 * 60),
    ]
    told = time_to_clear(**WEEK)
    assert told == [
        ClearingTimes("clock_wrong", 1, 1, 0, None, None, 54 * 60),
        ClearingTimes("relay_stuck", 11, 1, 10, 5 * 60, 9 * 60, 29 * 60),
        ClearingTimes("all", 12, 2, 10, 5 * 60, 9 * 60, 54 * 60),
    ]


def test_where_nothing_was_opened_all_counts_are_zero():
    assert time_to_clear(**WEEK) == [ClearingTimes("all", 0, 0, 0, None, None, None)]
