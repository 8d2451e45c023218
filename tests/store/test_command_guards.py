"""The tables of commands guard themselves: one trip an order, supply back proved, two people in the field."""

import pytest
from django.db import DatabaseError, transaction

from commanding_desk import CUT_AT, approved_order, later, metered, photo, technician
from zaikong.application.cutting.sending import begin_sending, prepare_sending
from zaikong.store.models import (
    CommandFailure,
    Concentrator,
    CutOrder,
    FieldOrder,
    MeterCommand,
    MeterExchange,
    RestoreOrder,
)

pytestmark = pytest.mark.django_db

MODELS = (CommandFailure, Concentrator, FieldOrder, MeterCommand, MeterExchange, RestoreOrder)
SHARED = {"append_only", "no_delete", "state_begins", "state_moves", "keeps_what_was_said"}


@pytest.fixture
def order():
    """A cut that was just sent."""
    number = approved_order()
    begin_sending(prepared=prepare_sending(order=number, at=CUT_AT), at=CUT_AT)
    return CutOrder.objects.get(pk=number)


@pytest.fixture
def trip(order):
    return MeterCommand.objects.get(cut_order=order)


def restore_of(order, **fields):
    given = {"cause": "paid", "since_at": CUT_AT, "due_by_at": later(hours=24), "ordered_at": CUT_AT} | fields
    return RestoreOrder.objects.create(account=order.account, cut_order=order, **given)


def failure_of(trip, **fields):
    given = {"cause": "silent", "found_at": CUT_AT} | fields
    return CommandFailure.objects.create(command=trip, account=trip.account, **given)


def work_of(trip, **fields):
    given = {"kind": "cut", "issued_at": CUT_AT, "due_by_at": later(hours=1)} | fields
    return FieldOrder.objects.create(account=trip.account, meter=trip.meter, **given)


def exchange_of(trip):
    return MeterExchange.objects.create(meter=trip.meter, verb="read_relay", at=CUT_AT, outcome="confirmed")


def refused(name, act):
    with pytest.raises(DatabaseError, match=name), transaction.atomic():
        act()


def changed(row, **fields):
    return lambda: type(row).objects.filter(pk=row.pk).update(**fields)


def test_an_order_has_one_trip_for_ever(order, trip):
    again = {"meter": trip.meter, "account": order.account, "verb": "trip", "ordered_at": CUT_AT}
    refused("trip_once_a_cut_order", lambda: MeterCommand.objects.create(cut_order=order, **again))
    refused("trip_for_an_order", lambda: MeterCommand.objects.create(**again))
    refused("command_sent_says_when", changed(trip, sent_at=None))


def test_a_sent_cut_says_when_and_has_its_two_people(order):
    refused("cut_order_sent_says_when", changed(order, sent_at=None))
    other = CutOrder.objects.get(pk=approved_order("4100000002", address="000000000002"))
    refused(
        "cut_order_one_live",
        lambda: CutOrder.objects.create(
            account=order.account, regime="post_paid", planned_at=CUT_AT, proposed_at=CUT_AT
        ),
    )
    CutOrder.objects.filter(pk=other.pk).update(state="reserved")
    CutOrder.objects.filter(pk=other.pk).update(state="sent", sent_at=CUT_AT)
    refused("2 of 3 approvals", changed(other, state="failed", approvals_needed=3))


@pytest.mark.parametrize("state", ["approved", "reserved", "cancelled", "expired"])
def test_a_sent_cut_only_ends_by_what_the_meter_says(order, state):
    refused("state|Invalid transition", changed(order, state=state, ended_at=CUT_AT, ended_reason="x"))


def test_supply_given_back_says_how_once_a_cut_and_after_safety(order):
    restore = restore_of(order, safety_needed=True, state="waiting")
    refused("restore_one_a_cut", lambda: restore_of(order))
    refused("restore_done_says_how", changed(restore, state="done"))
    RestoreOrder.objects.filter(pk=restore.pk).update(state="queued")
    refused("restore_safe_before_sent", changed(restore, state="sent"))
    assert RestoreOrder.objects.filter(pk=restore.pk).update(state="sent", safety_at=CUT_AT) == 1


def test_a_failure_closes_with_a_reason(trip):
    refused("failure_closed_says_why", changed(failure_of(trip), state="closed"))


def test_two_people_do_field_work_and_prove_it(trip):
    first, second = technician(), technician("tech2")
    failure = failure_of(trip)
    work = work_of(trip, failure=failure)
    refused("field_order_one_live_a_failure", lambda: work_of(trip, failure=failure))
    refused("field_order_two_people", changed(work, first=first, second=first))
    refused("field_order_crew_named", changed(work, state="assigned", first=first))
    FieldOrder.objects.filter(pk=work.pk).update(state="assigned", first=first, second=second)
    refused("field_order_done_proved", changed(work, state="done", done_at=CUT_AT))
    assert FieldOrder.objects.filter(pk=work.pk).update(state="done", done_at=CUT_AT, photo=photo(first)) == 1


def test_a_port_is_a_port():
    refused("concentrator_port", lambda: Concentrator.objects.create(code="x", host="h", port=70_000))


def test_rows_are_never_deleted_and_exchanges_never_changed(order, trip):
    rows = [trip, restore_of(order), failure_of(trip), work_of(trip), exchange_of(trip)]
    for row in rows:
        refused("delete rows", lambda: type(row).objects.filter(pk=row.pk)._raw_delete("default"))  # noqa: B023
    refused("Cannot update", changed(rows[-1], outcome="refused"))


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (lambda order, trip: restore_of(order, state="done", how="x", done_at=CUT_AT), ""),
        (lambda order, trip: failure_of(trip, state="closed", closed_at=CUT_AT, closed_reason="x"), ""),
        (lambda order, trip: work_of(trip, state="cancelled"), ""),
        (
            lambda order, trip: MeterCommand.objects.create(
                meter=trip.meter,
                account=trip.account,
                verb="set_time",
                state="sent",
                ordered_at=CUT_AT,
                sent_at=CUT_AT,
                expires_at=CUT_AT,
            ),
            "",
        ),
    ],
)
def test_a_row_begins_at_its_beginning(order, trip, make, state):
    refused("may not stand in state", lambda: make(order, trip))


def test_states_move_one_way_and_what_was_said_stays(order, trip):
    restore, failure, work = restore_of(order), failure_of(trip), work_of(trip)
    other = metered(CutOrder.objects.get(pk=approved_order("4100000003", address="000000000003")).account).account
    for row, state in ((trip, "queued"), (work, "done"), (restore, "waiting")):
        refused("Invalid transition|state", changed(row, state=state))
    CommandFailure.objects.filter(pk=failure.pk).update(state="closed", closed_at=CUT_AT, closed_reason="x")
    refused("Invalid transition|state", changed(failure, state="open"))
    for row in (trip, restore, failure, work):
        refused("Cannot update|keeps", changed(row, account=other))


def test_every_guard_of_these_tables_is_tried():
    tried = {
        "command_sent_says_when",
        "concentrator_port",
        "failure_closed_says_why",
        "field_order_crew_named",
        "field_order_done_proved",
        "field_order_one_live_a_failure",
        "field_order_two_people",
        "restore_done_says_how",
        "restore_one_a_cut",
        "restore_safe_before_sent",
        "trip_for_an_order",
        "trip_once_a_cut_order",
    }
    assert {each.name for model in MODELS for each in model._meta.constraints} == tried
    assert {each.name for model in MODELS for each in getattr(model._meta, "triggers", [])} <= SHARED
