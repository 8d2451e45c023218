"""Who below their limit is asked to be cut, by whom it is decided, and what is said just before."""

from datetime import date, timedelta

import pytest

from balance_desk import (
    MONDAY,
    after,
    delivered,
    failed,
    messages,
    moment,
    night,
    pay,
    prepaid_account,
    used,
)
from ledger_desk import entitled, make_account
from zaikong.application.balances.last_notice import (
    UnableToGiveLastNoticeError,
    order_last_notice,
    order_last_notices,
)
from zaikong.application.balances.proposing import planned_prepaid_cut, propose_due, propose_prepaid_cut
from zaikong.application.collection.ledger import end_of_day
from zaikong.application.cutting.executing import carry_out_due
from zaikong.application.cutting.orders import UnableToOrderCutError, cancel_cut
from zaikong.application.night.steps import balances as balances_step
from zaikong.store.models import CutOrder, DecisionRecord, OutboundMessage, PrepaymentAgreement
from zaikong.store.queries.balances import is_still_due

from .cut_desk import (
    PLANNED,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    all_warned,
    approved,
    asked,
    person,
    reasons,
    reviewed,
    told,
    warned,
)

pytestmark = pytest.mark.django_db

NIGHT = end_of_day(TUESDAY)


def code_of(act, **arguments):
    with pytest.raises(UnableToOrderCutError) as caught:
        act(**arguments)
    return caught.value.code


def proposed(account, **changed):
    return propose_prepaid_cut(**{"account": account.pk, "staff": None, "at": NIGHT, "planned_at": PLANNED} | changed)


def test_by_approval_two_people_decide():
    order = CutOrder.objects.get(pk=proposed(warned()).order)
    assert (order.state, order.approvals_needed, order.regime, order.notice) == ("proposed", 2, "prepaid", None)
    assert (order.planned_at, order.proposed_by) == (PLANNED, None)
    assert DecisionRecord.objects.get(kind="cut_proposed").actor == "night"


def test_automatic_is_approved_at_once_by_nobody():
    order = CutOrder.objects.get(pk=proposed(warned(cut_mode="automatic")).order)
    assert (order.state, order.approvals_needed, order.cutapproval_set.count()) == ("approved", 0, 0)


def test_an_automatic_cut_that_cannot_be_announced_is_not_ordered():
    account = warned(cut_mode="automatic")
    account.customer.phone = ""
    account.customer.save()
    assert code_of(proposed, account=account) == "NOT_REACHED"
    found = propose_due(as_of=TUESDAY, at=NIGHT)
    assert (found.proposed, [one.code for one in found.findings]) == (0, ["NOT_REACHED"])
    assert CutOrder.objects.count() == 0


def test_an_automatic_cut_of_a_firm_goes_through_without_a_hand():
    account = warned(cut_mode="automatic")
    assert propose_due(as_of=TUESDAY, at=NIGHT).proposed == 1
    order = CutOrder.objects.get()
    assert order.planned_at == moment(WEDNESDAY)
    message = messages(account)[-1]
    assert order_last_notices(at=NIGHT) == []
    assert messages(account)[-1] == message
    assert message.not_before_at == moment(WEDNESDAY, "08:30")
    delivered(message, moment(WEDNESDAY, "08:33"))
    assert [carried.state for carried in carry_out_due(at=moment(WEDNESDAY))] == ["recorded"]


def test_the_step_of_the_night_tells_what_it_did_and_run_again_does_nothing():
    account = prepaid_account(category="business", strategy="lv_non_resident", cut_mode="automatic")
    pay(account, 4_000, MONDAY)
    night(MONDAY, (account, 5_000))
    delivered(messages(account)[0], moment(TUESDAY, "08:31"))
    used(account, 5_200, TUESDAY)

    told_of = balances_step(business_date=TUESDAY, inbox=None)
    again = balances_step(business_date=TUESDAY, inbox=None)

    assert told_of == {
        "accounts": 1,
        "below_limit": 1,
        "available_fen": -1_200,
        "estimated_fen": 5_200,
        "messages": 0,
        "cuts_proposed": 1,
        "findings": 0,
    }
    assert again == told_of | {"cuts_proposed": 0}
    assert [one.step for one in messages(account)] == ["BALANCE_OVERDRAWN", "PRE_CUT"]


def test_an_automatic_cut_of_a_home_still_waits_for_a_person():
    account = warned(category="residential", strategy="lv_resident", cut_mode="automatic")
    reviewed(account)
    proposed(account)
    order = CutOrder.objects.get()
    assert order.state == "approved"
    told(order.pk)
    assert reasons(asked(account, order.pk)) == ["HUMAN_STEP_MISSING"]
    assert [carried.state for carried in carry_out_due(at=PLANNED)] != ["recorded"]


def test_the_night_proposes_only_who_was_warned_in_time_and_each_once():
    account = prepaid_account(category="business", strategy="lv_non_resident")
    night(MONDAY, (account, 100))
    found = propose_due(as_of=MONDAY, at=end_of_day(MONDAY))
    assert (found.proposed, found.withheld) == (0, {"NOT_WARNED": 1})
    delivered(messages(account)[0], moment(TUESDAY, "08:31"))
    night(TUESDAY, (account, 100))

    assert propose_due(as_of=TUESDAY, at=NIGHT).proposed == 1
    assert propose_due(as_of=TUESDAY, at=NIGHT).proposed == 0
    assert CutOrder.objects.get().planned_at == moment(THURSDAY)


def test_the_night_leaves_who_is_at_the_limit_or_has_paid_since():
    at_limit, payer = all_warned("4100000001", "4100000002")
    pay(at_limit, 1_000, TUESDAY)
    night(TUESDAY, (at_limit, 5_000), (payer, 5_000))
    assert at_limit.prepaidbalance.available_fen == 0
    pay(payer, 50_000, TUESDAY)
    found = propose_due(as_of=TUESDAY, at=NIGHT)
    assert (found.proposed, found.withheld) == (0, {"BALANCE_SUFFICIENT": 1})
    assert at_limit.cutorder_set.count() == 0


def test_without_an_agreement_the_night_proposes_nothing():
    account = warned()
    PrepaymentAgreement.objects.update(state="ended", ended_date=MONDAY, ended_reason="left")
    assert propose_due(as_of=TUESDAY, at=NIGHT).proposed == 0
    assert code_of(proposed, account=account) == "NO_AGREEMENT"


def test_what_cannot_be_proposed():
    account = warned()
    assert code_of(proposed, account=account, staff=entitled("nobody")) == "NO_RIGHT"
    assert code_of(proposed, account=account, planned_at=NIGHT) == "TIME_PASSED"
    assert code_of(proposed, account=make_account("4100000009")) == "NOT_PREPAID"
    with pytest.raises(UnableToOrderCutError) as caught:
        propose_prepaid_cut(account=999_999, staff=None, at=NIGHT, planned_at=PLANNED)
    assert caught.value.code == "ACCOUNT_UNKNOWN"
    proposed(account)
    assert code_of(proposed, account=account) == "ORDER_LIVES"


def test_a_condition_that_waiting_does_not_mend_refuses_and_leaves_no_order():
    account = warned()
    pay(account, 5_000, TUESDAY)
    with pytest.raises(UnableToOrderCutError) as caught:
        proposed(account)
    assert (caught.value.code, "BALANCE_SUFFICIENT" in caught.value.message) == ("CONDITION_FAILS", True)
    assert CutOrder.objects.count() == 0


def test_an_account_that_is_cut_is_not_proposed_again():
    account = warned()
    told(approved(account))
    carry_out_due(at=PLANNED)
    night(WEDNESDAY, (account, 5_000))
    night(THURSDAY, (account, 5_000))
    assert propose_due(as_of=THURSDAY, at=end_of_day(THURSDAY)).proposed == 0
    assert code_of(proposed, account=account, at=end_of_day(THURSDAY), planned_at=moment(after(THURSDAY, 1))) == (
        "ALREADY_CUT"
    )


@pytest.mark.parametrize(
    ("night_of", "resident", "automatic", "planned"),
    [
        (date(2025, 7, 15), False, True, date(2025, 7, 16)),
        (date(2025, 7, 15), False, False, date(2025, 7, 17)),
        (date(2025, 7, 15), True, True, date(2025, 7, 17)),
        (date(2025, 7, 16), True, False, None),
        (date(2025, 7, 18), True, False, date(2025, 7, 21)),
        (date(2025, 7, 18), False, False, date(2025, 7, 20)),
        (date(2025, 9, 29), True, False, None),
    ],
)
def test_a_cut_is_planned_outside_quiet_days_while_the_estimate_stands(night_of, resident, automatic, planned):
    found = planned_prepaid_cut(resident=resident, automatic=automatic, as_of=night_of)
    assert found == (None if planned is None else moment(planned))


class TestLastNotice:
    """One for each approved order, in the hours before its time."""

    def test_two_peoples_approval_announces_the_cut_at_once(self):
        order = approved(warned())
        assert OutboundMessage.objects.filter(step__startswith="PRE_CUT").count() == 1
        assert order_last_notices(at=moment(WEDNESDAY, "19:00")) == []
        assert CutOrder.objects.get(pk=order).state == "approved"

    def test_it_is_written_once(self):
        order = approved(warned())
        first = order_last_notice(order=order, at=moment(WEDNESDAY, "15:01"))
        again = order_last_notice(order=order, at=moment(WEDNESDAY, "18:00"))
        assert first == again
        assert order_last_notices(at=moment(WEDNESDAY, "19:00")) == []
        assert OutboundMessage.objects.filter(step__startswith="PRE_CUT").count() == 1

    def test_one_that_failed_is_written_again(self):
        order = approved(warned())
        failed(order_last_notice(order=order, at=moment(WEDNESDAY, "15:01")), moment(THURSDAY, "08:31"))
        again = order_last_notice(order=order, at=moment(THURSDAY, "08:45"))
        assert (again.state, again.not_before_at) == ("queued", moment(THURSDAY, "08:45"))

    def test_two_orders_of_one_customer_have_a_notice_each(self):
        one, two = all_warned("4100000001", "4100000002", cut_mode="automatic")
        two.customer = one.customer
        two.save()
        for account in (one, two):
            order = proposed(account).order
            order_last_notice(order=order, at=moment(WEDNESDAY))
        assert [one.step for one in messages(one)[-2:]] == ["PRE_CUT", "PRE_CUT_2"]

    @pytest.mark.parametrize("broken", ["proposed", "late", "unknown", "nobody"])
    def test_it_is_refused(self, broken):
        account = warned()
        order = 999_999
        at = moment(WEDNESDAY)
        if broken == "proposed":
            order = proposed(account).order
        if broken == "nobody":
            # before the approval, which announces at once where it can
            account.customer.phone = ""
            account.customer.save()
        if broken in {"late", "nobody"}:
            order = approved(account)
        if broken == "late":
            at = PLANNED
        with pytest.raises(UnableToGiveLastNoticeError) as caught:
            order_last_notice(order=order, at=at)
        codes = {"proposed": "NOT_APPROVED", "late": "TIME_PASSED", "unknown": "NOT_APPROVED", "nobody": "NOT_REACHED"}
        assert caught.value.code == codes[broken]

    def test_what_cannot_be_written_is_a_finding_of_the_night(self):
        account = warned()
        account.customer.phone = ""
        account.customer.save()
        approved(account)
        assert [one.code for one in order_last_notices(at=moment(WEDNESDAY, "16:00"))] == ["NOT_REACHED"]

    def test_it_is_held_back_when_it_is_true_no_more(self):
        account = warned()
        order = approved(account)
        message = order_last_notice(order=order, at=moment(WEDNESDAY, "15:01"))
        morning = moment(THURSDAY, "08:30")
        assert is_still_due(message.pk, at=morning) is True
        assert is_still_due(message.pk, at=PLANNED) is False
        pay(account, 1_000, WEDNESDAY)
        assert is_still_due(message.pk, at=morning) is False

    def test_it_is_held_back_when_the_order_is_cancelled(self):
        order = approved(warned())
        message = order_last_notice(order=order, at=moment(WEDNESDAY, "15:01"))
        cancel_cut(order=order, staff=person("third", "manager"), at=moment(WEDNESDAY, "17:00"), reason="promised")
        assert is_still_due(message.pk, at=moment(THURSDAY, "08:30")) is False


class TestWarningStillDue:
    """A warning whose customer has topped up meanwhile is not sent."""

    def test_it_goes_while_the_balance_is_low(self):
        account = prepaid_account()
        pay(account, 5_000, MONDAY)
        night(MONDAY, (account, 4_600))
        (message,) = messages(account)
        morning = moment(TUESDAY, "08:30")
        assert is_still_due(message.pk, at=morning) is True
        pay(account, 2_599, TUESDAY)
        assert is_still_due(message.pk, at=morning) is True
        pay(account, 1, TUESDAY)
        assert is_still_due(message.pk, at=morning) is False

    def test_one_of_a_fall_that_is_over_does_not(self):
        account = prepaid_account()
        night(MONDAY, (account, 10))
        (message,) = messages(account)
        pay(account, 9_000, TUESDAY)
        night(TUESDAY, (account, 10))
        night(WEDNESDAY, (account, 8_900))
        assert is_still_due(message.pk, at=moment(THURSDAY)) is False
        assert is_still_due(messages(account)[-1].pk, at=moment(THURSDAY)) is True

    def test_days_of_use_are_held_against_what_they_cost(self):
        account = prepaid_account(category="industrial", strategy="hv_days")
        pay(account, 600, MONDAY)
        night(MONDAY, (account, 0, 100))
        (message,) = messages(account)
        assert is_still_due(message.pk, at=moment(TUESDAY)) is True
        pay(account, 100, TUESDAY)
        assert is_still_due(message.pk, at=moment(TUESDAY)) is False

    def test_a_message_about_bills_is_none_of_ours(self):
        account = prepaid_account()
        other = OutboundMessage.objects.create(
            customer=account.customer,
            business_date=MONDAY,
            step="BILL_NOTICE",
            template="bill_notice",
            template_edition="2026",
            language="zh",
            channel="sms",
            address="1",
            body="x",
            queued_at=moment(MONDAY),
            not_before_at=moment(MONDAY) + timedelta(hours=1),
        )
        assert is_still_due(other.pk, at=moment(MONDAY)) is None
