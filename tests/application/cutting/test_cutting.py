"""Supply is cut only as the law of the day allows, by two people, at the stated time, and proves it."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from cutting_desk import moment, notice, open_case, overdue_account, serve
from ledger_desk import batch, entitled, receipt, release
from zaikong.application.cutting.asking import may_cut
from zaikong.application.cutting.executing import UnableToCutError, carry_out_due, record_cut, reserve_cut
from zaikong.application.cutting.orders import (
    UnableToOrderCutError,
    cancel_cut,
    decide_cut,
    expire_cuts,
    propose_cut,
)
from zaikong.application.cutting.switch import UnableToSwitchCutsError, switch_cuts, switch_standing
from zaikong.application.payments import credit
from zaikong.store.models import (
    AccountBalance,
    AuthorityCopy,
    CollectionCase,
    CutApproval,
    CutOrder,
    DecisionRecord,
    Dispute,
    InstalmentAgreement,
    LegalityCertificate,
    OpenItem,
    PromiseToPay,
    Protection,
    Staff,
    VulnerableReview,
)

pytestmark = pytest.mark.django_db

CUT = "2025-08-12 10:00"
FINAL = "2025-08-12 09:25"


@pytest.fixture
def proposer():
    return entitled("proposer", "propose_cutorder", "stop_stopallswitch")


@pytest.fixture
def approvers():
    return approver("first", "manager"), approver("second", "director")


def approver(name, role):
    staff = entitled(name)
    staff.groups.add(Group.objects.get(name=role))
    return Staff.objects.get(pk=staff.pk)


@pytest.fixture
def case():
    """A firm 42 days overdue on the day of the cut, demanded and told of the cut five days before."""
    opened = open_case(overdue_account())
    notice(opened, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    notice(opened, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    return opened


def stop_of(case):
    return case.notice_set.get(kind="stop").pk


def final(case, served=FINAL):
    return notice(case, "final", served, planned=CUT, served=served)


def ordered(case, proposer, approvers):
    """An order approved by two."""
    order = propose_cut(notice=stop_of(case), staff=proposer, at=moment("2025-08-11 09:00")).order
    for person in approvers:
        decide_cut(order=order, approve=True, staff=person, at=moment("2025-08-11 15:00"))
    return order


@pytest.fixture
def order(case, proposer, approvers):
    """Approved, told once more 35 minutes before."""
    number = ordered(case, proposer, approvers)
    final(case)
    return number


def reasons(answer):
    return [failed.reason for failed in answer.failed]


def code_of(error, act, **arguments):
    with pytest.raises(error) as caught:
        act(**arguments)
    return caught.value.code


def test_a_lawful_cut_is_reserved_recorded_and_certified(order, case):
    reserved = reserve_cut(order=order, staff=None, at=moment(CUT))
    assert (reserved.state, reasons(reserved.answer)) == ("reserved", [])

    recorded = record_cut(order=order, staff=None, at=moment(CUT))

    assert (recorded.state, reasons(recorded.answer)) == ("recorded", [])
    certificate = LegalityCertificate.objects.get(order_id=order)
    assert certificate.certificate_no == recorded.certificate
    assert CollectionCase.objects.get(pk=case.pk).state == "cut"
    assert [event.kind for event in case.caseevent_set.order_by("pk")] == [
        "cut_proposed",
        "cut_decided",
        "cut_decided",
        "cut_recorded",
    ]


def test_every_step_of_an_order_is_in_the_decision_log(order, case):
    kinds = list(DecisionRecord.objects.filter(subject=case.account.account_no).values_list("kind", flat=True))
    assert kinds == ["cut_proposed", "cut_decided", "cut_decided"]


def test_the_executor_carries_out_what_is_due_and_nothing_twice(order):
    assert [one.state for one in carry_out_due(at=moment(CUT) - timedelta(minutes=1))] == []
    assert [one.state for one in carry_out_due(at=moment(CUT))] == ["recorded"]
    assert [one.state for one in carry_out_due(at=moment(CUT))] == []


def test_money_between_reservation_and_cut_ends_the_order(order, case):
    reserve_cut(order=order, staff=None, at=moment(CUT))
    credit(batch(receipt("r1", case.account.account_no, 90_000, "2025-08-12")), booked_date=date(2025, 8, 12))

    recorded = record_cut(order=order, staff=None, at=moment("2025-08-12 10:05"))

    assert (recorded.state, reasons(recorded.answer)) == ("cancelled", ["NOTHING_OWED", "NOT_OVERDUE_ENOUGH"])
    assert LegalityCertificate.objects.count() == 0


def test_part_of_the_money_does_not(order, case):
    credit(batch(receipt("r1", case.account.account_no, 10_000, "2025-08-12")), booked_date=date(2025, 8, 12))
    assert [one.state for one in carry_out_due(at=moment(CUT))] == ["recorded"]


def test_money_on_its_way_makes_the_order_wait(order, case):
    receipts = batch(receipt("r1", case.account.account_no, 50_000, "2025-08-12", kind="in_transit"))
    credit(receipts, booked_date=date(2025, 8, 12))

    waiting = reserve_cut(order=order, staff=None, at=moment(CUT))

    assert (waiting.state, reasons(waiting.answer)) == ("approved", ["PAYMENT_IN_TRANSIT"])


def test_a_dispute_ends_the_order(order, case):
    Dispute.objects.create(
        account=case.account,
        raised_at=moment("2025-08-12 09:50"),
        raised_by_name="张三",
        subject="meter",
        answer_due_date=date(2025, 8, 19),
    )
    cancelled = reserve_cut(order=order, staff=None, at=moment(CUT))
    assert (cancelled.state, reasons(cancelled.answer)) == ("cancelled", ["DISPUTED"])


def test_a_disputed_bill_ends_the_order(order, case):
    OpenItem.objects.filter(account=case.account).update(disputed=True)
    cancelled = reserve_cut(order=order, staff=None, at=moment(CUT))
    assert reasons(cancelled.answer) == ["NOTHING_OWED", "NOT_OVERDUE_ENOUGH", "DISPUTED"]


def test_a_protection_ends_the_order_while_it_stands(order, case, approvers):
    Protection.objects.create(
        account=case.account,
        reason="event",
        note="exam",
        from_at=moment("2025-08-12 09:00"),
        to_at=moment("2025-08-12 18:00"),
        review_date=date(2025, 8, 12),
        approved_by=approvers[0],
    )
    assert reasons(may_cut([(case.account_id, order)], at=moment("2025-08-12 18:00"))[0]) == []
    cancelled = reserve_cut(order=order, staff=None, at=moment(CUT))
    assert (cancelled.state, reasons(cancelled.answer)) == ("cancelled", ["PROTECTED"])


def test_a_promise_rests_the_cut_until_the_night_calls_it_broken(order, case):
    promise = PromiseToPay.objects.create(
        case=case,
        amount_fen=50_000,
        promised_date=date(2025, 8, 11),
        made_at=moment("2025-08-08 10:00"),
        made_by_name="张三",
        channel="phone",
    )
    answer = may_cut([(case.account_id, order)], at=moment(CUT))[0]
    assert (reasons(answer), answer.protected_by) == (["PROTECTED"], ("promise",))
    promise.state, promise.decided_date = "broken", date(2025, 8, 12)
    promise.save()
    assert reasons(may_cut([(case.account_id, order)], at=moment(CUT))[0]) == []


def test_instalments_that_are_honoured_end_the_order(order, case, approvers, proposer):
    agreement = InstalmentAgreement.objects.create(
        agreement_no="FQ1",
        account=case.account,
        acknowledged_fen=50_000,
        proposed_by=proposer,
        proposed_date=date(2025, 8, 11),
    )
    agreement.state, agreement.approved_by = "active", approvers[0]
    agreement.signed_date, agreement.signed_by_name = date(2025, 8, 11), "张三"
    agreement.save()
    assert reasons(reserve_cut(order=order, staff=None, at=moment(CUT)).answer) == ["INSTALMENT_HONOURED"]


def test_without_the_last_notice_the_order_waits(case, proposer, approvers):
    number = ordered(case, proposer, approvers)
    waiting = reserve_cut(order=number, staff=None, at=moment(CUT))
    assert (waiting.state, reasons(waiting.answer)) == ("approved", ["NO_FINAL_NOTICE"])

    final(case, served="2025-08-12 10:05")
    too_late = reserve_cut(order=number, staff=None, at=moment("2025-08-12 10:30"))
    assert reasons(too_late.answer) == ["FINAL_NOTICE_TOO_LATE"]
    assert reserve_cut(order=number, staff=None, at=moment("2025-08-12 10:35")).state == "reserved"


def test_a_last_notice_given_again_counts_from_the_newest_that_is_in_time(case, proposer, approvers):
    number = ordered(case, proposer, approvers)
    final(case, served="2025-08-11 09:00")
    assert reasons(may_cut([(case.account_id, number)], at=moment(CUT))[0]) == ["NO_FINAL_NOTICE"]
    final(case, served="2025-08-12 09:00")
    final(case, served="2025-08-12 09:45")
    assert reasons(may_cut([(case.account_id, number)], at=moment(CUT))[0]) == []


def test_a_last_notice_of_another_time_does_not_count(case, proposer, approvers):
    number = ordered(case, proposer, approvers)
    notice(case, "final", FINAL, planned="2025-08-13 10:00", served=FINAL)
    assert reasons(reserve_cut(order=number, staff=None, at=moment(CUT)).answer) == ["NO_FINAL_NOTICE"]


def test_a_notice_of_an_earlier_episode_does_not_count(order, case):
    CollectionCase.objects.filter(pk=case.pk).update(episode=2)
    answer = may_cut([(case.account_id, order)], at=moment(CUT))[0]
    assert reasons(answer) == ["NOT_DUNNED", "NO_NOTICE", "NO_FINAL_NOTICE"]


def test_a_void_notice_does_not_count(order, case):
    stop = case.notice_set.get(kind="stop")
    stop.state, stop.void_reason = "void", "wrong address"
    stop.save()
    answer = may_cut([(case.account_id, order)], at=moment(CUT))[0]
    assert reasons(answer) == ["NO_NOTICE", "NO_FINAL_NOTICE"]


def test_prepaid_money_not_yet_applied_counts_as_paid(order, case):
    AccountBalance.objects.filter(account=case.account).update(prepaid_fen=50_000)
    answer = may_cut([(case.account_id, order)], at=moment(CUT))[0]
    assert reasons(answer) == ["NOTHING_OWED", "NOT_OVERDUE_ENOUGH"]


def test_supply_is_not_cut_for_a_bill_the_notice_did_not_name(order, case):
    release([(case.account, 202505, date(2025, 6, 1), 30_000)], issued_date=date(2025, 5, 20))
    designated = receipt("r1", case.account.account_no, 50_000, "2025-08-11", month=202506)
    credit(batch(designated), booked_date=date(2025, 8, 11))
    assert list(OpenItem.objects.filter(account=case.account, open_fen__gt=0).values_list("month", flat=True)) == [
        202505
    ]
    assert reasons(may_cut([(case.account_id, order)], at=moment(CUT))[0]) == ["NOTHING_OWED", "NOT_OVERDUE_ENOUGH"]


def test_the_oldest_bill_that_money_does_not_cover_decides(case):
    release([(case.account, 202507, date(2025, 8, 1), 30_000)], issued_date=date(2025, 7, 20))
    AccountBalance.objects.filter(account=case.account).update(prepaid_fen=60_000)
    again = notice(case, "stop", "2025-08-06 09:00", planned="2025-08-13 10:00", served="2025-08-07 09:00")
    assert again.pk
    answer = may_cut([(case.account_id, None)], at=moment(CUT))[0]
    assert answer.facts["unpaid_fen"] == 20_000
    assert "NOT_OVERDUE_ENOUGH" in reasons(answer)


def test_an_important_user_needs_the_copy_and_the_director(proposer, approvers):
    opened = open_case(overdue_account(important_grade="first"))
    notice(opened, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    stop = notice(opened, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    number = propose_cut(notice=stop.pk, staff=proposer, at=moment("2025-08-11 09:00")).order
    other = approver("third", "manager")
    decide_cut(order=number, approve=True, staff=approvers[0], at=moment("2025-08-11 10:00"))
    refused = {"approve": True, "staff": other, "at": moment("2025-08-11 10:00")}
    assert code_of(UnableToOrderCutError, decide_cut, order=number, **refused) == "ROLE_MISSING"
    decide_cut(order=number, approve=True, staff=approvers[1], at=moment("2025-08-11 10:00"))
    final(opened)
    answer = reserve_cut(order=number, staff=None, at=moment(CUT)).answer
    assert reasons(answer) == ["AUTHORITY_NOT_COPIED"]


def test_a_copied_authority_lets_the_cut_of_an_important_user_go_on(proposer, approvers):
    opened = open_case(overdue_account(important_grade="second"))
    notice(opened, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    stop = notice(opened, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    AuthorityCopy.objects.create(notice=stop, authority="县发展改革委", copied_at=moment("2025-08-07 15:00"))
    number = ordered(opened, proposer, approvers)
    final(opened)
    assert [one.state for one in carry_out_due(at=moment(CUT))] == ["recorded"]
    assert CutOrder.objects.get(pk=number).state == "recorded"


def test_a_resident_is_looked_at_by_a_person_first(proposer, approvers):
    opened = open_case(overdue_account(category="residential"))
    notice(opened, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    stop = notice(opened, "stop", "2025-08-04 09:00", planned=CUT, served="2025-08-05 09:00")
    number = ordered(opened, proposer, approvers)
    final(opened)
    answer = may_cut([(opened.account_id, number)], at=moment(CUT))[0]
    assert reasons(answer) == ["VULNERABLE_NOT_REVIEWED"]
    VulnerableReview.objects.create(
        account=opened.account,
        reviewed_at=moment("2025-08-11 10:00"),
        valid_to_at=moment("2025-08-18 10:00"),
        outcome="may_proceed",
        note="two adults at home",
        reviewer=approvers[0],
    )
    assert stop.pk
    assert reasons(may_cut([(opened.account_id, number)], at=moment(CUT))[0]) == []


def test_a_home_that_must_be_protected_is_not_cut(proposer, approvers):
    opened = open_case(overdue_account(category="residential"))
    VulnerableReview.objects.create(
        account=opened.account,
        reviewed_at=moment("2025-08-11 10:00"),
        valid_to_at=moment("2025-08-18 10:00"),
        outcome="protect",
        note="oxygen",
        reviewer=approvers[0],
    )
    answer = may_cut([(opened.account_id, None)], at=moment(CUT))[0]
    assert {"PROTECTED", "VULNERABLE_NOT_REVIEWED"} <= set(reasons(answer))
    assert answer.protected_by == ("vulnerable",)


def test_one_approval_is_not_enough(case, proposer, approvers):
    number = propose_cut(notice=stop_of(case), staff=proposer, at=moment("2025-08-11 09:00")).order
    decide_cut(order=number, approve=True, staff=approvers[0], at=moment("2025-08-11 10:00"))
    final(case)
    assert code_of(UnableToCutError, reserve_cut, order=number, staff=None, at=moment(CUT)) == "WRONG_STATE"
    assert reasons(may_cut([(case.account_id, number)], at=moment(CUT))[0]) == ["NOT_APPROVED"]


def test_the_table_itself_refuses_an_order_approved_by_one(case, proposer, approvers):
    number = propose_cut(notice=stop_of(case), staff=proposer, at=moment("2025-08-11 09:00")).order
    decide_cut(order=number, approve=True, staff=approvers[0], at=moment("2025-08-11 10:00"))
    with pytest.raises(IntegrityError, match="1 of 2 approvals"), transaction.atomic():
        CutOrder.objects.filter(pk=number).update(state="approved")


def test_the_table_itself_refuses_the_proposer_as_approver(case, proposer):
    number = propose_cut(notice=stop_of(case), staff=proposer, at=moment("2025-08-11 09:00")).order
    with pytest.raises(IntegrityError, match="may not approve"), transaction.atomic():
        CutApproval.objects.create(
            order_id=number, approver=proposer, role="manager", approved=True, at=moment("2025-08-11 10:00")
        )


def test_who_decided_once_does_not_decide_again(case, proposer, approvers):
    number = propose_cut(notice=stop_of(case), staff=proposer, at=moment("2025-08-11 09:00")).order
    said = {"order": number, "approve": True, "staff": approvers[0], "at": moment("2025-08-11 10:00")}
    decide_cut(**said)
    assert code_of(UnableToOrderCutError, decide_cut, **said) == "DECIDED_BEFORE"


def test_one_refusal_ends_an_order_and_says_why(case, proposer, approvers):
    number = propose_cut(notice=stop_of(case), staff=proposer, at=moment("2025-08-11 09:00")).order
    silent = {"order": number, "approve": False, "staff": approvers[0], "at": moment("2025-08-11 10:00")}
    assert code_of(UnableToOrderCutError, decide_cut, **silent) == "REASON_MISSING"
    ended = decide_cut(**silent, note="he pays tomorrow")
    assert (ended.state, ended.ended_reason) == ("refused", "he pays tomorrow")


def test_nobody_proposes_or_approves_without_the_right(case, proposer, approvers):
    nobody = entitled("nobody")
    at = moment("2025-08-11 09:00")
    assert code_of(UnableToOrderCutError, propose_cut, notice=stop_of(case), staff=nobody, at=at) == "NO_RIGHT"
    number = propose_cut(notice=stop_of(case), staff=proposer, at=at).order
    assert code_of(UnableToOrderCutError, decide_cut, order=number, approve=True, staff=nobody, at=at) == "NO_RIGHT"
    assert code_of(UnableToOrderCutError, cancel_cut, order=number, staff=nobody, at=at, reason="x") == "NO_RIGHT"


def test_an_account_has_one_living_order(case, proposer):
    at = moment("2025-08-11 09:00")
    propose_cut(notice=stop_of(case), staff=proposer, at=at)
    assert code_of(UnableToOrderCutError, propose_cut, notice=stop_of(case), staff=proposer, at=at) == "ORDER_LIVES"


def test_what_waiting_does_not_mend_is_not_proposed(case, proposer):
    OpenItem.objects.filter(account=case.account).update(disputed=True)
    at = moment("2025-08-11 09:00")
    assert code_of(UnableToOrderCutError, propose_cut, notice=stop_of(case), staff=proposer, at=at) == "CONDITION_FAILS"
    assert CutOrder.objects.count() == 0


def test_a_notice_that_was_not_served_or_whose_time_passed_carries_no_order(case, proposer):
    later = notice(case, "stop", "2025-08-07 09:00", planned="2025-08-13 10:00")
    at = moment("2025-08-11 09:00")
    assert code_of(UnableToOrderCutError, propose_cut, notice=later.pk, staff=proposer, at=at) == "NOTICE_NOT_SERVED"
    serve(later, "2025-08-08 09:00")
    passed = moment("2025-08-13 10:00")
    assert code_of(UnableToOrderCutError, propose_cut, notice=later.pk, staff=proposer, at=passed) == "TIME_PASSED"


def test_before_and_after_the_stated_time_nothing_is_cut(order):
    early, late = moment("2025-08-12 09:59"), moment("2025-08-12 11:01")
    assert code_of(UnableToCutError, reserve_cut, order=order, staff=None, at=early) == "NOT_THE_STATED_TIME"
    assert code_of(UnableToCutError, reserve_cut, order=order, staff=None, at=late) == "NOT_THE_STATED_TIME"


def test_an_order_whose_time_has_passed_expires(order):
    assert expire_cuts(at=moment("2025-08-12 11:00")) == []
    assert expire_cuts(at=moment("2025-08-12 11:01")) == [order]
    assert CutOrder.objects.get(pk=order).state == "expired"


def test_while_all_cuts_are_stopped_nothing_is_cut(order, proposer):
    director = entitled("releaser", "release_stopallswitch")
    switch_cuts(stop=True, reason="flood", staff=proposer, at=moment("2025-08-12 09:30"))
    assert code_of(UnableToCutError, reserve_cut, order=order, staff=None, at=moment(CUT)) == "ALL_STOPPED"
    assert carry_out_due(at=moment(CUT)) == []
    assert (
        code_of(UnableToSwitchCutsError, switch_cuts, stop=False, reason="over", staff=proposer, at=moment(CUT))
        == "NO_RIGHT"
    )
    switch_cuts(stop=False, reason="over", staff=director, at=moment(CUT))
    assert switch_standing().stopped is False
    assert [one.state for one in carry_out_due(at=moment(CUT))] == ["recorded"]


def test_stopping_between_reservation_and_cut_stops_the_cut(order, proposer):
    reserve_cut(order=order, staff=None, at=moment(CUT))
    switch_cuts(stop=True, reason="flood", staff=proposer, at=moment("2025-08-12 10:01"))
    assert (
        code_of(UnableToCutError, record_cut, order=order, staff=None, at=moment("2025-08-12 10:02")) == "ALL_STOPPED"
    )


def test_a_cancelled_order_is_not_carried_out(order, proposer):
    cancel_cut(order=order, staff=proposer, at=moment("2025-08-12 09:50"), reason="promised at the door")
    assert carry_out_due(at=moment(CUT)) == []
    assert CutOrder.objects.get(pk=order).ended_reason == "promised at the door"
