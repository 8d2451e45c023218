"""The tables say what is due, in doubt or forgotten, also where no job was left."""

from datetime import timedelta

import pytest

from commanding_desk import CUT_AT, approved_order, later, pay_in_full, person
from zaikong.application.commanding.sweeping import RESTORE_AGAIN, SETTLE_AGAIN, sweep
from zaikong.application.cutting.executing import record_cut, reserve_cut
from zaikong.application.cutting.sending import begin_sending, give_up_before_sending, prepare_sending
from zaikong.application.cutting.switch import switch_cuts
from zaikong.application.restoring.carrying import begin_restore
from zaikong.store.models import CutOrder, MeterCommand, MeterExchange, OpenItem, RestoreOrder

pytestmark = pytest.mark.django_db


def sent():
    order = approved_order()
    begin_sending(prepared=prepare_sending(order=order, at=CUT_AT), at=CUT_AT)
    return order


def test_an_approved_cut_is_due_from_its_time_for_an_hour():
    order = approved_order()
    assert sweep(at=CUT_AT - timedelta(seconds=1)).cuts == ()
    assert sweep(at=CUT_AT).cuts == (order,)
    assert sweep(at=later(minutes=60)).cuts == (order,)
    late = sweep(at=later(minutes=61))
    assert (late.cuts, late.expired) == ((), 1)
    assert CutOrder.objects.get(pk=order).state == "expired"


def test_while_all_is_stopped_no_cut_is_due_and_settling_and_restoring_go_on():
    order = sent()
    other = approved_order("4100000002", address="000000000002")
    switch_cuts(stop=True, reason="storm", staff=person("stopper", "stop_stopallswitch"), at=CUT_AT)
    pay_in_full()
    due = sweep(at=later(minutes=1))
    assert (due.cuts, due.settlings) == ((), (order,))
    assert due.restores == (RestoreOrder.objects.get().pk,)
    assert CutOrder.objects.get(pk=other).state == "approved"


def test_a_cut_that_was_given_up_or_is_done_by_hand_is_not_due_again():
    order = approved_order()
    prepare_sending(order=order, at=CUT_AT)
    assert sweep(at=CUT_AT).cuts == (order,)
    assert give_up_before_sending(order=order, cause="unreachable", at=CUT_AT)
    assert sweep(at=CUT_AT).cuts == ()
    assert not give_up_before_sending(order=order, cause="unreachable", at=CUT_AT)
    by_hand = approved_order("4100000002", with_meter=True, address="000000000002", relay="none")
    assert prepare_sending(order=by_hand, at=CUT_AT) is None
    assert sweep(at=CUT_AT).cuts == ()


def test_a_sent_cut_is_looked_at_again_after_a_while():
    order = sent()
    assert sweep(at=CUT_AT).settlings == (order,)
    trip = MeterCommand.objects.get()
    MeterExchange.objects.create(meter=trip.meter, command=trip, verb="read_relay", at=CUT_AT, outcome="unknown")
    assert sweep(at=CUT_AT + SETTLE_AGAIN / 2).settlings == ()
    assert sweep(at=CUT_AT + SETTLE_AGAIN).settlings == (order,)


def test_supply_is_tried_again_and_again_with_longer_waits():
    order = approved_order()
    reserve_cut(order=order, staff=None, at=CUT_AT)
    record_cut(order=order, staff=None, at=CUT_AT)
    pay_in_full()
    restore = RestoreOrder.objects.get().pk
    at = later(minutes=1)
    for wait in (*RESTORE_AGAIN, RESTORE_AGAIN[-1]):
        assert sweep(at=at).restores == (restore,)
        begin_restore(restore=restore, at=at)
        assert sweep(at=at + wait / 2).restores == ()
        at += wait
    assert sweep(at=at).restores == (restore,)


def test_a_reason_nobody_called_for_is_found_by_looking_at_everything():
    order = approved_order()
    reserve_cut(order=order, staff=None, at=CUT_AT)
    record_cut(order=order, staff=None, at=CUT_AT)
    OpenItem.objects.filter(account_id=CutOrder.objects.get(pk=order).account_id).update(open_fen=0)
    assert sweep(at=later(minutes=1), everything=False).ended == 0
    due = sweep(at=later(minutes=1))
    assert (due.ended, due.restores) == (1, (RestoreOrder.objects.get().pk,))
