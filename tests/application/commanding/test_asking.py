"""An approved cut is queued by a person, or refused as one by hand would be."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from commanding_desk import CUT_AT, approved_order, metered, person, technician
from cutting_desk import moment
from zaikong.application.commanding.asking import UnableToAskForCutError, ask_for_cut
from zaikong.application.cutting.executing import UnableToCutError
from zaikong.application.cutting.sending import prepare_sending
from zaikong.application.cutting.switch import switch_cuts
from zaikong.application.fieldwork.orders import issue_field_order
from zaikong.store.models import CutOrder, MeterCommand

pytestmark = pytest.mark.django_db


def jobs():
    return list(ProcrastinateJob.objects.filter(task_name="zaikong.cut").values_list("args", flat=True))


def refusal(**asked):
    with pytest.raises((UnableToAskForCutError, UnableToCutError)) as refused:
        ask_for_cut(**{"staff": technician(), "at": CUT_AT, **asked})
    assert jobs() == []
    return refused.value.code


def test_an_approved_cut_is_queued_and_nothing_is_sent():
    order = approved_order()
    asked = ask_for_cut(order=order, staff=technician(), at=CUT_AT)
    assert (asked.state, jobs()) == ("approved", [{"order": order}])
    assert not MeterCommand.objects.exists()


def test_who_may_not_cut_may_not_ask():
    order = approved_order()
    assert refusal(order=order, staff=person("other")) == "NO_RIGHT"


def test_before_its_time_and_after_it_nothing_is_queued():
    order = approved_order()
    assert refusal(order=order, at=CUT_AT - timedelta(minutes=1)) == "NOT_THE_STATED_TIME"
    assert refusal(order=order, at=CUT_AT + timedelta(hours=2)) == "NOT_THE_STATED_TIME"


def test_while_all_cuts_are_stopped_nothing_is_queued():
    order = approved_order()
    switch_cuts(stop=True, reason="cold", staff=person("anybody", "stop_stopallswitch"), at=moment("2025-08-12 09:00"))
    assert refusal(order=order) == "ALL_STOPPED"


def test_an_account_without_a_wire_is_cut_by_hand():
    order = approved_order(with_meter=False)
    metered(CutOrder.objects.get(pk=order).account, relay="none")
    assert refusal(order=order) == "NO_WIRE"


def test_the_one_trip_of_an_order_is_not_asked_for_again():
    order = approved_order()
    prepare_sending(order=order, at=CUT_AT)
    assert ask_for_cut(order=order, staff=technician(), at=CUT_AT).state == "reserved"
    MeterCommand.objects.update(state="withdrawn", ended_at=CUT_AT)
    with pytest.raises(UnableToAskForCutError) as refused:
        ask_for_cut(order=order, staff=technician(), at=CUT_AT)
    assert refused.value.code == "TRIP_SPENT"


def test_what_a_crew_has_in_hand_does_not_go_out_over_the_wire():
    order = approved_order()
    issue_field_order(
        kind="cut", cut_order=CutOrder.objects.get(pk=order), at=CUT_AT, due_by_at=CUT_AT + timedelta(hours=1)
    )
    assert refusal(order=order) == "CREW_OUT"
