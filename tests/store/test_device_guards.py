"""The tables of devices guard themselves, whoever writes."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db import DatabaseError, IntegrityError, models, transaction

from device_desk import NOW, account, photo, technician
from zaikong.store.models import (
    AcceptanceItem,
    Concentrator,
    DeviceAcceptance,
    DeviceFault,
    FeeControlDevice,
    Meter,
    RetainCheck,
)

pytestmark = pytest.mark.django_db

MODELS = (AcceptanceItem, DeviceAcceptance, DeviceFault, FeeControlDevice, RetainCheck)


@pytest.fixture
def meter():
    line = Concentrator.objects.create(code="T1", host="127.0.0.1", port=1)
    return Meter.objects.create(
        meter_no="M1",
        account=account(),
        protocol="dlt645",
        address="000000000001",
        concentrator=line,
        relay="internal",
        installed_date=NOW.date(),
    )


@pytest.fixture
def device(meter):
    return FeeControlDevice.objects.create(
        order_no="ZZ1", account=meter.account, kind="meter", reason="arrears", ordered_at=NOW, ordered_by=technician()
    )


@pytest.fixture
def acceptance(device):
    return DeviceAcceptance.objects.create(
        device=device, acceptance_no="ZZ1-1", begun_at=NOW, ended_at=NOW, staff=technician(), passed=False
    )


@pytest.fixture
def item(acceptance):
    return AcceptanceItem.objects.create(acceptance=acceptance, place=1, code="registers_read", outcome="passed")


@pytest.fixture
def fault(device):
    return DeviceFault.objects.create(device=device, kind="relay_stuck", source="round", opened_at=NOW)


@pytest.fixture
def check(meter):
    return RetainCheck.objects.create(
        check_date=NOW.date(), account=meter.account, meter=meter, business=False, hardware=False, difference="none"
    )


ROWS = {
    FeeControlDevice: "device",
    DeviceAcceptance: "acceptance",
    AcceptanceItem: "item",
    DeviceFault: "fault",
    RetainCheck: "check",
}


def trips(act, fault=DatabaseError):
    with pytest.raises(fault), transaction.atomic():
        act()


def bearing(name):
    return [model for model in MODELS if any(trigger.name == name for trigger in model._meta.triggers)]


def test_every_table_of_devices_is_tried():
    assert set(ROWS) == set(MODELS)
    assert {model.__name__ for model in bearing("append_only")} == {"AcceptanceItem", "DeviceAcceptance"}
    assert {model.__name__ for model in bearing("no_delete")} == {"DeviceFault", "FeeControlDevice", "RetainCheck"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_vanishes(model, request):
    row = request.getfixturevalue(ROWS[model])
    trips(lambda: model.objects.filter(pk=row.pk).delete())
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", bearing("append_only"), ids=lambda model: model.__name__)
def test_what_was_seen_in_an_acceptance_stays_as_it_was_written(model, request):
    row = request.getfixturevalue(ROWS[model])
    field = "passed" if model is DeviceAcceptance else "outcome"
    trips(lambda: model.objects.filter(pk=row.pk).update(**{field: True if field == "passed" else "failed"}))


@pytest.mark.parametrize(
    ("model", "states"),
    [(FeeControlDevice, {"ordered"}), (DeviceFault, {"open"})],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_row_begins_where_it_must(model, states, device):
    fields = {
        FeeControlDevice: {"account": account("4100000007"), "kind": "meter", "reason": "x", "ordered_at": NOW},
        DeviceFault: {"device": device, "kind": "k", "source": "s", "opened_at": NOW},
    }[model]
    for place, state in enumerate(model.State.values):
        own = {"order_no": f"B{place}"} if model is FeeControlDevice else {"kind": f"k{place}"}
        if state in states:
            assert model.objects.create(**{**fields, **own, "state": state}).pk
        else:
            trips(lambda own=own, state=state: model.objects.create(**{**fields, **own, "state": state}))


def _moves(model):
    return next(trigger for trigger in model._meta.triggers if isinstance(trigger, pgtrigger.FSM)).transitions


@pytest.mark.parametrize("model", [FeeControlDevice, DeviceFault], ids=lambda model: model.__name__)
def test_states_go_only_the_ways_written(model, request, meter):
    row = request.getfixturevalue(ROWS[model])
    whole = {
        FeeControlDevice: {"meter": meter, "installed_at": NOW},
        DeviceFault: {"cleared_at": NOW, "resolution": "mended"},
    }[model]
    model.objects.filter(pk=row.pk).update(**whole)
    allowed = set(_moves(model))
    reached = {row.state: ()}
    while True:
        further = {new: (*path, new) for old, path in reached.items() for one, new in allowed if one == old}
        more = {state: path for state, path in further.items() if state not in reached}
        if not more:
            break
        reached |= more
    assert set(reached) == set(model.State.values)
    for start, path in reached.items():
        for end in model.State.values:
            with transaction.atomic():
                for step in path:
                    model.objects.filter(pk=row.pk).update(state=step)

                def go(end=end):
                    return model.objects.filter(pk=row.pk).update(state=end)

                if (start, end) in allowed or start == end:
                    assert go() == 1
                else:
                    trips(go)
                transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("fixture", "field", "value"),
    [
        ("device", "order_no", "other"),
        ("device", "ordered_at", NOW + timedelta(days=1)),
        ("device", "ordered_by", None),
        ("fault", "kind", "other"),
        ("fault", "source", "other"),
        ("fault", "opened_at", NOW - timedelta(days=1)),
        ("fault", "opened_by", "staff"),
    ],
)
def test_what_was_said_first_stays(fixture, field, value, request):
    row = request.getfixturevalue(fixture)
    given = technician("someone") if value == "staff" else value
    trips(lambda: type(row).objects.filter(pk=row.pk).update(**{field: given}))


def test_the_account_of_a_device_stays(device):
    other = account("4100000008")
    trips(lambda: FeeControlDevice.objects.filter(pk=device.pk).update(account=other))


def test_a_meter_carries_one_device_that_is_not_retired(device, meter):
    FeeControlDevice.objects.filter(pk=device.pk).update(meter=meter)
    second = FeeControlDevice.objects.create(
        order_no="ZZ2", account=meter.account, kind="meter", reason="x", ordered_at=NOW
    )
    trips(lambda: FeeControlDevice.objects.filter(pk=second.pk).update(meter=meter), IntegrityError)
    FeeControlDevice.objects.filter(pk=device.pk).update(state="retired")
    assert FeeControlDevice.objects.filter(pk=second.pk).update(meter=meter) == 1


@pytest.mark.parametrize("missing", ["meter", "installed_at"])
def test_a_device_is_installed_somewhere_and_some_time(device, meter, missing):
    whole = {"meter": meter, "installed_at": NOW} | {missing: None}
    trips(lambda: FeeControlDevice.objects.filter(pk=device.pk).update(state="installed", **whole), IntegrityError)


def test_only_a_device_in_place_has_supply_on_trial(device, meter):
    rows = FeeControlDevice.objects.filter(pk=device.pk)
    trips(lambda: rows.update(trial_since_at=NOW), IntegrityError)
    rows.update(state="installed", meter=meter, installed_at=NOW)
    assert rows.update(trial_since_at=NOW) == 1
    for state in ("accepted", "rejected", "retired"):
        trips(lambda state=state: rows.update(state=state), IntegrityError)


def test_an_order_number_and_a_report_number_are_given_once(device, acceptance):
    fields = {"account": device.account, "kind": "meter", "reason": "x", "ordered_at": NOW}
    trips(lambda: FeeControlDevice.objects.create(order_no=device.order_no, **fields), IntegrityError)
    trips(
        lambda: DeviceAcceptance.objects.create(
            device=device,
            acceptance_no=acceptance.acceptance_no,
            begun_at=NOW,
            ended_at=NOW,
            staff=technician(),
            passed=True,
        ),
        IntegrityError,
    )


def test_a_check_stands_once_in_an_acceptance(item):
    trips(
        lambda: AcceptanceItem.objects.create(
            acceptance=item.acceptance, place=2, code=item.code, outcome="failed", evidence=photo()
        ),
        IntegrityError,
    )


def test_a_kind_of_fault_stands_open_once_and_may_come_again(fault):
    again = {"device": fault.device, "kind": fault.kind, "source": "round", "opened_at": NOW}
    trips(lambda: DeviceFault.objects.create(**again), IntegrityError)
    DeviceFault.objects.filter(pk=fault.pk).update(state="cleared", cleared_at=NOW, resolution="mended")
    assert DeviceFault.objects.create(**again).pk


@pytest.mark.parametrize("whole", [{"cleared_at": NOW}, {"resolution": "mended"}])
def test_a_cleared_fault_says_when_and_how(fault, whole):
    trips(lambda: DeviceFault.objects.filter(pk=fault.pk).update(state="cleared", **whole), IntegrityError)


def test_a_meter_is_checked_once_a_day(check):
    trips(
        lambda: RetainCheck.objects.create(
            check_date=check.check_date, account=check.account, meter=check.meter, business=True, difference="unread"
        ),
        IntegrityError,
    )


def test_every_constraint_of_these_tables_is_tried_above():
    assert {
        constraint.name
        for model in MODELS
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint | models.UniqueConstraint)
    } == {
        "acceptance_item_once",
        "device_one_live_a_meter",
        "device_installed_somewhere",
        "device_trial_while_installed",
        "fault_one_open_a_kind",
        "fault_cleared_says_how",
        "retain_check_once_a_day",
    }
