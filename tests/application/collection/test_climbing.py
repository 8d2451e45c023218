"""Each night every debt takes the step its day allows: messages, demands, notices of cutting, proposals."""

from datetime import date, timedelta

import pytest

from cutting_desk import moment, notice, serve
from ledger_desk import make_account, make_staff, release
from zaikong.application.collection.climbing import climb, planned_cut, where_debts_stand
from zaikong.application.collection.nightly import run_cases
from zaikong.application.cutting.orders import UnableToOrderCutError, propose_cut
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import CaseEvent, CollectionCase, CutApproval, CutOrder, Notice, OutboundMessage

pytestmark = pytest.mark.django_db

DUE = date(2025, 7, 1)


def night(day):
    run_cases(as_of=day)
    return climb(as_of=day)


def overdue(account_no="4100000001", *, category="business", phone="13800000000", fen=50_000):
    account = make_account(account_no, category=category)
    account.customer.phone = phone
    account.customer.save(update_fields=["phone"])
    release([(account, 202506, DUE, fen)], issued_date=DUE - timedelta(days=10))
    return account


def after(days):
    return DUE + timedelta(days=days)


def step_of(day):
    return [row["step"] for row in where_debts_stand(as_of=day).iter_rows(named=True)]


def test_a_reminder_goes_out_before_the_due_day_and_only_once():
    overdue()
    assert night(after(-5)).messages == 1
    assert night(after(-5)).messages == 0
    assert [message.step for message in OutboundMessage.objects.all()] == ["BILL_NOTICE"]


def test_the_first_demand_is_asked_for_by_law_and_waits_for_the_morning():
    overdue()
    night(after(1))
    message = OutboundMessage.objects.get()
    assert (message.step, message.statutory, message.state) == ("FIRST_DEMAND", True, "queued")
    assert message.not_before_at.astimezone(TIME_ZONE).date() == after(2)


def test_calls_and_visits_are_left_to_people():
    overdue()
    climbed = night(after(12))
    assert climbed.messages == 0
    assert set(climbed.steps) <= {"PHONE_CALL", "VISIT"}


def test_a_demand_on_paper_is_issued_once_and_the_notice_of_cutting_waits_for_its_proof():
    overdue()
    assert night(after(16)).demands == 1
    assert night(after(17)).demands == 0
    assert night(after(35)).stops == 0
    demand = Notice.objects.get()
    assert (demand.kind, demand.state) == ("demand", "issued")

    serve(demand, "2025-07-20 09:00")

    assert night(after(35)).stops == 1
    stop = Notice.objects.get(kind="stop")
    assert stop.planned_cut_at > moment("2025-08-05 23:59") + timedelta(days=4)
    assert night(after(35)).stops == 0


def test_a_served_notice_of_cutting_becomes_one_proposal():
    overdue()
    night(after(16))
    serve(Notice.objects.get(), "2025-07-20 09:00")
    night(after(35))
    serve(Notice.objects.get(kind="stop"), "2025-08-06 10:00")

    assert night(after(36)).proposed == 1
    assert night(after(37)).proposed == 0
    order = CutOrder.objects.get()
    assert (order.state, order.proposed_by) == ("proposed", None)
    assert order.planned_at == Notice.objects.get(kind="stop").planned_cut_at


def test_what_is_cut_is_told_of_no_second_cut():
    account = overdue()
    night(after(16))
    serve(Notice.objects.get(), "2025-07-20 09:00")
    night(after(17))
    case = CollectionCase.objects.get(account=account)
    CutOrder.objects.create(
        account=account,
        case=case,
        regime="post_paid",
        planned_at=moment("2025-08-05 10:00"),
        proposed_at=moment("2025-08-04 10:00"),
    )
    order = CutOrder.objects.get()
    for name in ("one", "two"):
        CutApproval.objects.create(
            order=order, approver=make_staff(name), role="manager", approved=True, at=moment("2025-08-04 12:00")
        )
    for state in ("approved", "reserved", "recorded"):
        order.state = state
        order.ended_at = moment("2025-08-05 10:00") if state == "recorded" else None
        order.save()

    assert night(after(35)).stops == 0

    stop = notice(case, "stop", "2025-08-05 12:00", planned="2025-08-12 10:00", served="2025-08-06 09:00")
    with pytest.raises(UnableToOrderCutError) as caught:
        propose_cut(notice=stop.pk, staff=None, at=moment("2025-08-06 12:00"))
    assert caught.value.code == "ALREADY_CUT"
    assert night(after(36)).proposed == 0

    CaseEvent.objects.create(case=case, kind="restored", at=moment("2025-08-06 15:00"))
    assert night(after(36)).proposed == 1


def test_an_order_whose_time_has_passed_ends_with_the_night():
    overdue()
    night(after(16))
    serve(Notice.objects.get(), "2025-07-20 09:00")
    night(after(35))
    serve(Notice.objects.get(kind="stop"), "2025-08-06 10:00")
    night(after(36))
    day = CutOrder.objects.get().planned_at.astimezone(TIME_ZONE).date()

    assert night(day - timedelta(days=1)).expired == 0
    assert night(day).expired == 1
    assert CutOrder.objects.get().state == "expired"


def test_a_residents_notice_states_the_afternoon_of_the_seventh_day_and_no_quiet_one():
    tuesday = planned_cut(resident=True, as_of=date(2025, 8, 4), jurisdiction="cn.henan.county")
    assert tuesday == moment("2025-08-12 16:30")
    # served on a Friday the seventh day is the eve of the weekend
    assert planned_cut(resident=True, as_of=date(2025, 8, 7), jurisdiction="cn.henan.county") is None


def test_everyone_elses_notice_states_a_morning_with_room_for_a_late_service():
    assert planned_cut(resident=False, as_of=date(2025, 8, 5), jurisdiction="cn.henan.county") == moment(
        "2025-08-11 10:00"
    )


def test_a_debt_in_dispute_takes_no_step():
    from zaikong.store.models import OpenItem

    overdue()
    OpenItem.objects.update(disputed=True)
    climbed = night(after(16))
    assert (climbed.messages, climbed.demands, climbed.steps) == (0, 0, {})
