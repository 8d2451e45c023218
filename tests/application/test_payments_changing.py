from datetime import date, datetime

import pytest

from ledger_desk import balance_by_gl, batch, entitled, make_account, make_staff, proof, receipt, release
from zaikong.application.payments import (
    PaidLine,
    UnableToChangePaymentError,
    UnableToPrintReceiptError,
    UnableToTakePaymentError,
    assign_unallocated,
    bounce_payment,
    clear_in_transit,
    credit,
    printed_receipt,
    reverse_payment,
    take_counter_payment,
)
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import OpenItem, Payment, PaymentChange

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)
NOON = datetime(2025, 7, 31, 12, tzinfo=TIME_ZONE)


@pytest.fixture
def cashier():
    return entitled("cashier", "take_payment")


@pytest.fixture
def clerk():
    return entitled("clerk", "undo_payment")


def over_the_counter(cashier, account_no="4100000001", amount_fen=12_000, **more):
    return take_counter_payment(
        account_no=account_no, amount_fen=amount_fen, paid_at=NOON, booked_date=TODAY, cashier=cashier, **more
    )


def refusal(act, **arguments):
    with pytest.raises(UnableToChangePaymentError) as caught:
        act(**{"channel": "bank", "channel_ref": "r1", "reason": "wrong account", "as_of": TODAY} | arguments)
    return caught.value.code


def test_the_receipt_says_what_was_settled_and_what_is_left(cashier):
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    printed = over_the_counter(cashier)
    assert printed.lines == (PaidLine(202506, 10_000, 300),)
    assert (printed.prepaid_fen, printed.receivable_fen, printed.balance_fen) == (1_700, 0, 1_700)
    assert (printed.account_no, printed.customer) == ("4100000001", "户4100000001")
    assert (printed.cashier, printed.channel, printed.state) == ("cashier", "counter", "credited")
    assert printed_receipt(payment=printed.number) == printed


def test_the_same_till_reference_prints_the_first_receipt_again(cashier):
    make_account()
    first = over_the_counter(cashier, channel_ref="till-7")
    assert over_the_counter(cashier, channel_ref="till-7") == first
    assert balance_by_gl() == {"1001": 12_000, "2203": -12_000}


def test_payments_without_a_reference_get_one_each(cashier):
    make_account()
    references = {over_the_counter(cashier).channel_ref for _ in range(2)}
    assert len(references) == 2


def test_a_top_up_at_the_counter_is_marked(cashier):
    make_account()
    over_the_counter(cashier, topup=True)
    assert Payment.objects.get().topup is True


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"account_no": "nobody"}, "ACCOUNT_UNKNOWN"),
        ({"amount_fen": 0}, "AMOUNT_NOT_POSITIVE"),
        ({"amount_fen": -1}, "AMOUNT_NOT_POSITIVE"),
        ({"designated_month": 202500}, "MONTH_UNREADABLE"),
        ({"channel_ref": "till-1"}, "RECEIPT_CONFLICT"),
    ],
)
def test_the_counter_refuses_what_cannot_be_taken(cashier, arguments, code):
    make_account()
    over_the_counter(cashier, amount_fen=5, channel_ref="till-1")
    with pytest.raises(UnableToTakePaymentError) as caught:
        over_the_counter(cashier, **arguments)
    assert caught.value.code == code
    assert Payment.objects.count() == 1


def test_who_has_no_right_takes_no_money():
    make_account()
    with pytest.raises(UnableToTakePaymentError, match="NOT_ENTITLED"):
        over_the_counter(make_staff("stranger"))


def test_a_receipt_that_does_not_exist_is_not_printed():
    with pytest.raises(UnableToPrintReceiptError, match="RECEIPT_UNKNOWN"):
        printed_receipt(payment=4711)


def test_a_reversal_keeps_who_and_why_and_opens_the_items(cashier, clerk):
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    printed = over_the_counter(cashier)
    done = reverse_payment(
        channel="counter", channel_ref=printed.channel_ref, reason="wrong account", staff=clerk, as_of=TODAY
    )
    assert done.state == "reversed"
    assert OpenItem.objects.get().open_fen == 10_000
    change = PaymentChange.objects.get()
    assert (change.staff, change.reason, change.from_state, change.to_state) == (
        clerk,
        "wrong account",
        "credited",
        "reversed",
    )
    assert balance_by_gl() == {"1122": 10_000, "6001": -10_000}
    assert proof() == []


def test_a_reprint_of_a_reversed_receipt_shows_what_it_settled_and_that_it_is_reversed(cashier, clerk):
    account = make_account()
    release([(account, 202506, date(2025, 7, 31), 10_000)])
    printed = over_the_counter(cashier)
    reverse_payment(channel="counter", channel_ref=printed.channel_ref, reason="x", staff=clerk, as_of=TODAY)
    again = printed_receipt(payment=printed.number)
    assert (again.lines, again.prepaid_fen, again.state) == (printed.lines, 2_000, "reversed")


def test_who_took_the_money_does_not_take_it_back():
    both = entitled("both", "take_payment", "undo_payment")
    make_account()
    printed = over_the_counter(both)
    assert refusal(reverse_payment, channel="counter", channel_ref=printed.channel_ref, staff=both) == "SAME_PERSON"


def test_a_bounce_noted_by_hand_equals_one_from_a_file(clerk):
    account = make_account()
    credit(batch(receipt("r1", account.account_no, 500)), booked_date=TODAY)
    done = bounce_payment(channel="bank", channel_ref="r1", reason="no funds", staff=clerk, as_of=TODAY)
    assert (done.state, balance_by_gl()) == ("bounced", {})


def test_money_that_arrives_pays_with_the_late_fee_of_the_day_it_was_paid(clerk):
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    credit(batch(receipt("r1", account.account_no, 10_050, "2025-07-06", kind="in_transit")), booked_date=TODAY)
    done = clear_in_transit(channel="bank", channel_ref="r1", reason="seen at the bank", staff=clerk, as_of=TODAY)
    assert done.state == "credited"
    assert balance_by_gl() == {"1002": 10_050, "6001": -10_000, "6301": -50}
    assert proof() == []


def test_money_of_an_unknown_payer_that_arrives_waits_unallocated(clerk):
    credit(batch(receipt("r1", "9999", 500, kind="in_transit")), booked_date=TODAY)
    done = clear_in_transit(channel="bank", channel_ref="r1", reason="seen", staff=clerk, as_of=TODAY)
    assert (done.state, balance_by_gl()) == ("unallocated", {"1002": 500, "224102": -500})


def test_assigned_money_pays_its_account_and_can_still_be_reversed(clerk):
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    credit(batch(receipt("r1", "9999", 10_050, "2025-07-06")), booked_date=TODAY)
    done = assign_unallocated(
        channel="bank", channel_ref="r1", account_no=account.account_no, reason="rang up", staff=clerk, as_of=TODAY
    )
    assert (done.state, done.account, done.account_no_given) == ("credited", account, "9999")
    assert balance_by_gl() == {"1002": 10_050, "6001": -10_000, "6301": -50}
    assert proof() == []
    reverse_payment(channel="bank", channel_ref="r1", reason="not his", staff=clerk, as_of=TODAY)
    assert balance_by_gl() == {"1122": 10_000, "6001": -10_000}
    assert proof() == []


def test_each_act_refuses_a_payment_that_is_not_in_its_state(clerk):
    account = make_account()
    credit(batch(receipt("r1", account.account_no, 500)), booked_date=TODAY)
    assert refusal(clear_in_transit, staff=clerk) == "STATE_WRONG"
    assert refusal(assign_unallocated, staff=clerk, account_no=account.account_no) == "STATE_WRONG"
    reverse_payment(channel="bank", channel_ref="r1", reason="x", staff=clerk, as_of=TODAY)
    assert refusal(reverse_payment, staff=clerk) == "STATE_WRONG"
    assert refusal(bounce_payment, staff=clerk) == "STATE_WRONG"


def test_acts_refuse_strangers_missing_reasons_unknown_payments_and_days_before_the_booking(clerk):
    credit(batch(receipt("r1", "9999", 500)), booked_date=TODAY)
    assert refusal(reverse_payment, staff=make_staff("stranger")) == "NOT_ENTITLED"
    assert refusal(reverse_payment, staff=clerk, reason="  ") == "REASON_MISSING"
    assert refusal(reverse_payment, staff=clerk, channel_ref="r2") == "RECEIPT_UNKNOWN"
    assert refusal(reverse_payment, staff=clerk, as_of=date(2025, 7, 30)) == "NOT_YET_BOOKED"
    assert refusal(assign_unallocated, staff=clerk, account_no="8888") == "ACCOUNT_UNKNOWN"


def test_an_inactive_clerk_may_do_nothing(clerk):
    clerk.is_active = False
    clerk.save()
    credit(batch(receipt("r1", "9999", 500)), booked_date=TODAY)
    assert refusal(reverse_payment, staff=clerk) == "NOT_ENTITLED"
