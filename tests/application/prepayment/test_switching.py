"""An account changes its payment mode on a ground, by two people, on its day, and only where what it rests on stands."""

from datetime import date, timedelta

import pytest

from cutting_desk import moment
from ledger_desk import batch, make_account, proof, receipt, release
from prepayment_desk import agreement, paper, staff_of, with_relay
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import credit
from zaikong.application.prepayment.switching import (
    Switched,
    UnableToSwitchModeError,
    apply_due_switches,
    approve_switch,
    cancel_switch,
    order_switch,
)
from zaikong.store.models import (
    Account,
    AccountBalance,
    DecisionRecord,
    FeeControlDevice,
    Meter,
    OpenItem,
    PaymentModeSwitch,
    PrepaymentAgreement,
)

pytestmark = pytest.mark.django_db

AT = moment("2025-07-20 10:00")
TODAY = date(2025, 7, 20)
LATER = date(2025, 8, 1)


@pytest.fixture
def account():
    return make_account()


def clerk():
    return staff_of("ordering", "order_paymentmodeswitch")


def manager():
    return staff_of("approving", "approve_paymentmodeswitch")


def ordered(account, **changed):
    asked = {
        "account_no": account.account_no,
        "to_mode": "prepaid",
        "ground": "agreed",
        "reason": "wants to pay ahead",
        "effective_date": TODAY,
        "staff": clerk(),
        "at": AT,
    } | changed
    if asked["ground"] == "agreed" and "consent" not in asked:
        asked["consent"] = paper().pk
    return order_switch(**asked)


def refusal(account, **changed):
    with pytest.raises(UnableToSwitchModeError) as caught:
        ordered(account, **changed)
    return caught.value


def ready(account):
    """Everything a switch to paying ahead needs."""
    with_relay(account)
    return agreement(account, at=AT)


def mode(account):
    return Account.objects.get(pk=account.pk).payment_mode


def test_a_switch_is_ordered_approved_and_done_on_its_day(account):
    signed = ready(account)
    switch = ordered(account, effective_date=LATER)
    approve_switch(switch=switch.pk, staff=manager(), at=AT)
    assert apply_due_switches(as_of=LATER - timedelta(days=1)) == Switched(0, 0, 0)
    assert mode(account) == "post_paid"
    assert apply_due_switches(as_of=LATER) == Switched(1, 0, 0)
    assert mode(account) == "prepaid"
    assert apply_due_switches(as_of=LATER) == Switched(0, 0, 0)
    done = PaymentModeSwitch.objects.get()
    assert (done.state, done.agreement, done.consent.kind) == ("done", signed, "signature")
    kinds = list(DecisionRecord.objects.filter(kind__contains="switch").order_by("seq").values_list("kind", "actor"))
    assert kinds == [
        ("switch_ordered", "ordering"),
        ("switch_approved", "approving"),
        ("payment_mode_switched", "night"),
    ]


@pytest.mark.parametrize(
    ("with_agreement", "with_meter", "missing"),
    [(False, True, ["agreement"]), (True, False, ["device"]), (False, False, ["agreement", "device"])],
)
def test_paying_ahead_needs_an_agreement_and_a_meter_that_can_be_commanded(
    account, with_agreement, with_meter, missing
):
    if with_agreement:
        agreement(account, at=AT)
    if with_meter:
        with_relay(account)
    caught = refusal(account)
    assert (caught.code, caught.fields["missing"]) == ("NOT_READY", missing)


def test_an_agreement_in_force_later_is_not_enough(account):
    with_relay(account)
    agreement(account, at=AT, from_date=LATER)
    assert refusal(account, effective_date=LATER - timedelta(days=1)).fields["missing"] == ["agreement"]
    assert ordered(account, effective_date=LATER).state == "ordered"


def test_an_accepted_device_stands_for_a_relay_and_a_removed_meter_does_not(account):
    agreement(account, at=AT)
    meter = with_relay(account)
    meter.removed_date = TODAY
    meter.save()
    assert refusal(account).fields["missing"] == ["device"]
    device = FeeControlDevice.objects.create(
        order_no="D1", account=account, kind="external breaker", reason="prepayment", ordered_at=AT
    )
    FeeControlDevice.objects.filter(pk=device.pk).update(state="installed", meter=meter, installed_at=AT)
    assert refusal(account).fields["missing"] == ["device"]
    FeeControlDevice.objects.filter(pk=device.pk).update(state="accepted", accepted_at=AT)
    assert ordered(account).state == "ordered"


def test_agreed_needs_the_consent_and_arrears_need_none_but_arrears(account):
    ready(account)
    caught = refusal(account, consent=None)
    assert (caught.code, caught.article) == ("CONSENT_MISSING", "《河南省供用电条例》 第四十一条")
    assert refusal(account, consent=paper(kind="photo").pk).code == "EVIDENCE_MISSING"
    caught = refusal(account, ground="arrears")
    assert (caught.code, caught.article) == ("NOT_IN_ARREARS", "《河南省供用电条例》 第四十一条")
    release([(account, 202506, TODAY, 5_000)], issued_date=TODAY - timedelta(days=10))
    assert refusal(account, ground="arrears").code == "NOT_IN_ARREARS"  # its due day has not passed
    switch = ordered(account, ground="arrears", at=AT + timedelta(days=1), effective_date=TODAY + timedelta(days=1))
    assert (switch.ground, switch.consent) == ("arrears", None)


def test_disputed_arrears_force_nobody_to_pay_ahead(account):
    ready(account)
    release([(account, 202505, TODAY - timedelta(days=30), 5_000)], issued_date=TODAY - timedelta(days=50))
    OpenItem.objects.update(disputed=True)
    assert refusal(account, ground="arrears").code == "NOT_IN_ARREARS"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ground": "whim"}, "GROUND_UNKNOWN"),
        ({"ground": "good_record"}, "GROUND_MISFIT"),
        ({"to_mode": "post_paid"}, "MODE_SAME"),
        ({"effective_date": TODAY - timedelta(days=1)}, "DATE_PASSED"),
        ({"reason": ""}, "REASON_MISSING"),
        ({"account_no": "41"}, "ACCOUNT_UNKNOWN"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(account, changed, code):
    ready(account)
    assert refusal(account, **changed).code == code


def test_nobody_orders_or_approves_without_the_right_and_nobody_both(account):
    ready(account)
    assert refusal(account, staff=staff_of("nobody")).code == "NOT_ENTITLED"
    both = staff_of("both", "order_paymentmodeswitch", "approve_paymentmodeswitch")
    switch = ordered(account, staff=both)
    for who, code in ((clerk(), "NOT_ENTITLED"), (both, "SAME_PERSON")):
        with pytest.raises(UnableToSwitchModeError) as caught:
            approve_switch(switch=switch.pk, staff=who, at=AT)
        assert caught.value.code == code
    approve_switch(switch=switch.pk, staff=manager(), at=AT)
    with pytest.raises(UnableToSwitchModeError) as caught:
        approve_switch(switch=switch.pk, staff=manager(), at=AT)
    assert caught.value.code == "APPROVED_ALREADY"


def test_one_switch_is_ordered_at_a_time_and_can_be_called_off(account):
    ready(account)
    switch = ordered(account)
    assert refusal(account).code == "SWITCH_ORDERED"
    done = cancel_switch(switch=switch.pk, reason="changed their mind", staff=clerk(), at=AT)
    assert (done.state, done.ended_reason) == ("cancelled", "changed their mind")
    for verb, more in ((cancel_switch, {"reason": "again"}), (approve_switch, {})):
        with pytest.raises(UnableToSwitchModeError) as caught:
            verb(
                switch=switch.pk,
                staff=staff_of("x", "order_paymentmodeswitch", "approve_paymentmodeswitch"),
                at=AT,
                **more,
            )
        assert caught.value.code == "NOT_ORDERED"
    assert ordered(account).state == "ordered"


def test_a_switch_nobody_approved_in_time_is_cancelled(account):
    ready(account)
    switch = ordered(account)
    with pytest.raises(UnableToSwitchModeError) as caught:
        approve_switch(switch=switch.pk, staff=manager(), at=AT + timedelta(days=1))
    assert caught.value.code == "DATE_PASSED"
    assert apply_due_switches(as_of=TODAY) == Switched(0, 0, 1)
    assert mode(account) == "post_paid"
    assert PaymentModeSwitch.objects.get().ended_reason == "nobody approved it in time"


def test_what_went_missing_since_the_order_cancels_the_switch(account):
    ready(account)
    approve_switch(switch=ordered(account).pk, staff=manager(), at=AT)
    Meter.objects.update(relay="none")
    assert apply_due_switches(as_of=TODAY) == Switched(0, 0, 1)
    assert (mode(account), PaymentModeSwitch.objects.get().state) == ("post_paid", "cancelled")


def test_a_switch_back_ends_the_agreement_and_leaves_the_money_as_balance(account):
    signed = ready(account)
    approve_switch(switch=ordered(account).pk, staff=manager(), at=AT)
    apply_due_switches(as_of=TODAY)
    credit(batch(receipt("t1", account.account_no, 8_000, TODAY, kind="topup")), booked_date=TODAY)
    later = AT + timedelta(days=5)
    back = ordered(account, to_mode="post_paid", at=later, effective_date=LATER)
    approve_switch(switch=back.pk, staff=manager(), at=later)
    assert apply_due_switches(as_of=LATER) == Switched(0, 1, 0)
    ended = PrepaymentAgreement.objects.get(pk=signed.pk)
    assert (mode(account), ended.state, ended.ended_date) == ("post_paid", "ended", LATER)
    assert AccountBalance.objects.get(account=account).prepaid_fen == 8_000
    assert proof(LATER) == []


def test_old_debt_is_protected_only_while_the_account_pays_ahead(account):
    release([(account, 202505, TODAY - timedelta(days=30), 5_000)], issued_date=TODAY - timedelta(days=50))
    ready(account)
    approve_switch(switch=ordered(account).pk, staff=manager(), at=AT)
    apply_due_switches(as_of=TODAY)
    credit(batch(receipt("t1", account.account_no, 3_000, TODAY, kind="topup")), booked_date=TODAY)
    assert apply_prepaid(as_of=TODAY).accounts == 0
    back = ordered(account, to_mode="post_paid", at=AT + timedelta(days=1), effective_date=LATER)
    approve_switch(switch=back.pk, staff=manager(), at=AT + timedelta(days=1))
    apply_due_switches(as_of=LATER)
    assert apply_prepaid(as_of=LATER).principal_fen == 3_000
    assert OpenItem.objects.get().open_fen == 2_000


def test_a_good_record_leads_back_without_consent_after_its_months(account):
    ready(account)
    approve_switch(switch=ordered(account).pk, staff=manager(), at=AT)
    apply_due_switches(as_of=TODAY)
    asked = {"to_mode": "post_paid", "ground": "good_record"}
    almost, full = moment("2026-07-19 10:00"), moment("2026-07-20 10:00")
    assert refusal(account, **asked, at=almost, effective_date=almost.date()).code == "RECORD_NOT_GOOD"
    release([(account, 202605, date(2026, 7, 19), 100)], issued_date=date(2026, 7, 1))
    assert refusal(account, **asked, at=full, effective_date=full.date()).code == "RECORD_NOT_GOOD"
    OpenItem.objects.update(open_fen=0)
    assert ordered(account, **asked, at=full, effective_date=full.date()).consent is None


def test_an_unknown_switch_is_refused():
    with pytest.raises(UnableToSwitchModeError) as caught:
        approve_switch(switch=0, staff=manager(), at=AT)
    assert caught.value.code == "SWITCH_UNKNOWN"
