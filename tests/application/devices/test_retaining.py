"""Meters and books are compared over real sockets, and brought together again by the people who may."""

from datetime import timedelta

import pytest

from device_desk import NOW, QUICK, account, clock, field, hang, keys, technician
from ledger_desk import entitled
from zaikong.application.devices.retaining import (
    Reconciled,
    UnableToMendRetainedError,
    mend_retained,
    open_differences,
    reconcile_retained,
)
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import Fault, FaultKind, refuses, silent
from zaikong.sim.virtual_meters.meter import Order
from zaikong.sim.virtual_meters.relay import Event
from zaikong.store.models import DecisionRecord, MeterCommand, MeterExchange, Protection, RetainCheck, Staff

pytestmark = pytest.mark.django_db

DAY = NOW.date()
ADDRESSES = [f"{number:012d}" for number in range(1, 6)]


@pytest.fixture(params=list(Wire))
def park(request):
    with field(*ADDRESSES, wire=request.param) as found:
        yield found


@pytest.fixture
def one():
    with field(*ADDRESSES) as found:
        yield found


def protect(owner, reason="medical", *, days=30):
    return Protection.objects.create(
        account=owner,
        reason=reason,
        note="ventilator",
        from_at=NOW - timedelta(days=1),
        to_at=NOW + timedelta(days=days),
        review_date=DAY,
        approved_by=technician("protector"),
    )


def retain(meter):
    assert meter.obey(Order(Event.RETAIN), authorised=True) is None


def homes(park, count):
    owners = [account(f"41000000{number:02d}") for number in range(count)]
    for owner, address in zip(owners, ADDRESSES, strict=False):
        hang(park, owner, address)
    return owners


def reconciled(**terms):
    return reconcile_retained(check_date=DAY, clock=clock, credentials=keys, patience=QUICK, **terms)


def manager(name="manager"):
    return Staff.objects.filter(username=name).first() or entitled(name, "approve_retaincheck")


def mend(row, **terms):
    terms = {"staff": technician(), "clock": clock, "credentials": keys, "patience": QUICK} | terms
    return mend_retained(check=row.pk, **terms)


def refused(row, code, **terms):
    with pytest.raises(UnableToMendRetainedError) as caught:
        mend(row, **terms)
    assert caught.value.code == code
    assert not MeterCommand.objects.exists()


def test_every_meter_has_one_row_a_day_that_says_what_differs(park):
    owners = homes(park, 5)
    protect(owners[0])
    retain(park.meter(ADDRESSES[0]))
    protect(owners[1])
    retain(park.meter(ADDRESSES[2]))
    park.meter(ADDRESSES[4]).fail(silent())

    told = reconciled()

    rows = {row.account_id: row for row in RetainCheck.objects.all()}
    assert told == Reconciled(DAY, checked=5, agree=2, not_on_meter=1, only_on_meter=1, unread=1)
    assert [rows[owner.pk].difference for owner in owners] == [
        "none",
        "not_on_meter",
        "only_on_meter",
        "none",
        "unread",
    ]
    assert [rows[owner.pk].hardware for owner in owners] == [True, False, True, False, None]
    assert (rows[owners[1].pk].business, rows[owners[1].pk].reasons) == (True, "medical")
    assert MeterExchange.objects.filter(verb="read_relay").count() == 5
    assert [row.account_id for row in open_differences(check_date=DAY)] == [owners[i].pk for i in (1, 2, 4)]


def test_asked_again_on_the_day_only_what_was_unread_is_read(one):
    homes(one, 3)
    one.meter(ADDRESSES[1]).fail(silent())
    reconciled()
    one.meter(ADDRESSES[1]).mend()
    before = [one.meter(address).record.asked for address in ADDRESSES[:3]]

    told = reconciled()

    after = [one.meter(address).record.asked for address in ADDRESSES[:3]]
    assert (told.checked, told.unread, told.agree) == (3, 0, 3)
    assert [new > old for old, new in zip(before, after, strict=True)] == [False, True, False]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda owner: owner.__class__.objects.filter(pk=owner.pk).update(important_grade="first"), "important_user"),
        (lambda owner: owner.__class__.objects.filter(pk=owner.pk).update(bankruptcy_accepted_date=DAY), "bankruptcy"),
        (lambda owner: protect(owner, "event"), "event"),
    ],
)
def test_what_protects_in_the_books_is_to_be_retained(one, change, reason):
    (owner,) = homes(one, 1)
    change(owner)
    reconciled()
    row = RetainCheck.objects.get()
    assert (row.difference, row.reasons) == ("not_on_meter", reason)


def test_a_protection_that_has_ended_retains_nothing(one):
    (owner,) = homes(one, 1)
    protect(owner)
    Protection.objects.update(ended_at=NOW - timedelta(hours=1), ended_by=technician())
    reconciled()
    assert RetainCheck.objects.get().difference == "none"


def test_a_meter_without_a_relay_or_a_line_is_no_part_of_it(one):
    (owner,) = homes(one, 1)
    owner.meter_set.update(relay="none")
    assert reconciled().checked == 0


def test_what_is_missing_at_the_meter_is_switched_on_by_one_person(park):
    (owner,) = homes(park, 1)
    protect(owner)
    reconciled()
    row = RetainCheck.objects.get()

    done = mend(row)

    row.refresh_from_db()
    assert (done.mended, done.on, park.meter(ADDRESSES[0]).relay.retained) == (True, True, True)
    assert (row.mended_at, row.mended_how, row.hardware) == (NOW, "retain_on", True)
    assert (done.command.state, done.command.verb) == ("confirmed", "retain_on")
    assert MeterExchange.objects.filter(command=done.command).count() == 2
    assert DecisionRecord.objects.filter(kind="retained_switched").count() == 1
    assert not open_differences(check_date=DAY).exists()
    with pytest.raises(UnableToMendRetainedError) as caught:
        mend(row)
    assert caught.value.code == "NOTHING_TO_MEND"


def test_what_only_the_meter_retains_is_ended_by_two_people(park):
    homes(park, 1)
    retain(park.meter(ADDRESSES[0]))
    reconciled()
    row = RetainCheck.objects.get()
    refused(row, "APPROVER_MISSING")
    refused(row, "APPROVER_MISSING", approved_by=technician())
    refused(row, "APPROVER_NOT_ENTITLED", approved_by=technician("colleague"))
    assert park.meter(ADDRESSES[0]).relay.retained

    done = mend(row, approved_by=manager())

    assert (done.mended, done.on, park.meter(ADDRESSES[0]).relay.retained) == (True, False, False)
    assert done.command.verb == "retain_off"
    assert "manager" in DecisionRecord.objects.get(kind="retained_switched").record


def test_the_books_are_asked_again_before_anything_is_sent(one):
    owners = homes(one, 2)
    shield = protect(owners[0])
    retain(one.meter(ADDRESSES[1]))
    reconciled()
    first, second = (RetainCheck.objects.get(account=owner) for owner in owners)
    Protection.objects.filter(pk=shield.pk).update(ended_at=NOW, ended_by=technician())
    protect(owners[1])
    refused(first, "BOOKS_CHANGED")
    refused(second, "BOOKS_CHANGED", approved_by=manager())
    assert one.meter(ADDRESSES[1]).relay.retained


def test_who_may_not_mend_does_not(one):
    (owner,) = homes(one, 1)
    protect(owner)
    reconciled()
    refused(RetainCheck.objects.get(), "NOT_ENTITLED", staff=manager())


@pytest.mark.parametrize(
    ("fault", "state", "on"),
    [
        (refuses(), "refused", False),
        (silent(), "unknown", None),
        (Fault(FaultKind.MOVES_BUT_ANSWER_LOST), "confirmed", True),
    ],
)
def test_what_the_relay_is_read_to_say_decides(one, fault, state, on):
    (owner,) = homes(one, 1)
    protect(owner)
    reconciled()
    one.meter(ADDRESSES[0]).fail(fault)
    done = mend(RetainCheck.objects.get())
    assert (done.command.state, done.on, done.mended) == (state, on, on is True)
    assert done.check.mended_at == (NOW if on else None)


def test_a_command_to_end_it_is_sent_once_even_where_its_answer_is_lost(one):
    homes(one, 1)
    meter = one.meter(ADDRESSES[0])
    retain(meter)
    reconciled()
    meter.fail(Fault(FaultKind.MOVES_BUT_ANSWER_LOST))
    done = mend(RetainCheck.objects.get(), approved_by=manager())
    assert sum(act.kind.value == "retain_off_taken" for act in meter.acts) == 1
    assert (done.mended, done.command.state) == (True, "confirmed")


def test_two_do_not_mend_one_meter_at_once_and_a_command_left_behind_is_called_unknown(one):
    (owner,) = homes(one, 1)
    protect(owner)
    reconciled()
    row = RetainCheck.objects.get()
    left = MeterCommand.objects.create(meter=row.meter, account=owner, verb="retain_on", ordered_at=NOW)
    left.state, left.sent_at, left.expires_at = "sent", NOW - timedelta(minutes=1), NOW
    left.save()
    with pytest.raises(UnableToMendRetainedError) as caught:
        mend(row)
    assert caught.value.code == "COMMAND_UNDER_WAY"
    MeterCommand.objects.filter(pk=left.pk).update(sent_at=NOW - timedelta(minutes=30))
    assert mend(row).mended
    left.refresh_from_db()
    assert (left.state, left.code) == ("unknown", "broken")
