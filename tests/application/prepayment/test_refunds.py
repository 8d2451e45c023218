"""Prepaid money goes back by two people, never more than is free, and a bounce afterwards is claimed back."""

from datetime import date, timedelta

import polars as pl
import pytest

from cutting_desk import moment
from ledger_desk import balance_by_gl, batch, entitled, make_account, proof, receipt, release
from prepayment_desk import estimated, prepaid_account, staff_of
from zaikong.application.allocating import apply_prepaid
from zaikong.application.booking import book, event
from zaikong.application.payments import bounce_payment, credit
from zaikong.application.payments.changing import UnableToChangePaymentError
from zaikong.application.prepayment.refunds import (
    UnableToRefundError,
    decide_refund,
    pay_out_refund,
    refundable,
    request_refund,
    settle_claim,
)
from zaikong.application.statement import statement
from zaikong.store.models import (
    AccountBalance,
    DecisionRecord,
    OpenItem,
    PrepaidBalance,
    PrepaymentRefund,
    Station,
)

pytestmark = pytest.mark.django_db

AT = moment("2025-07-25 10:00")
DAY = date(2025, 7, 25)
PAID = DAY - timedelta(days=10)


@pytest.fixture
def account():
    made = make_account()
    prepaid_account(made, at=moment("2025-07-10 10:00"))
    estimated(made, as_of=DAY)
    credit(batch(receipt("t1", made.account_no, 10_000, PAID, kind="topup")), booked_date=PAID)
    return made


def asking():
    return staff_of("asking", "request_prepaymentrefund")


def deciding():
    return staff_of("deciding", "approve_prepaymentrefund")


def requested(account, fen=4_000, **changed):
    asked = {
        "account_no": account.account_no,
        "amount_fen": fen,
        "reason": "moving away",
        "payee": "李光明 6222 0000",
        "staff": asking(),
        "at": AT,
    }
    return request_refund(**asked | changed)


def approved(account, fen=4_000):
    return decide_refund(refund=requested(account, fen).pk, approve=True, staff=deciding(), at=AT)


def paid(account, fen=4_000, channel="bank"):
    return pay_out_refund(refund=approved(account, fen).pk, channel=channel, staff=asking(), at=AT)


def refusal(act, *given, **named):
    with pytest.raises(UnableToRefundError) as caught:
        act(*given, **named)
    return caught.value


def prepaid_of(account):
    return AccountBalance.objects.get(pk=account.pk).prepaid_fen


def test_a_refund_is_asked_for_approved_paid_and_booked(account):
    done = paid(account)
    assert (done.state, done.booked_date, done.amount_fen) == ("paid", DAY, 4_000)
    assert done.transaction is not None
    assert prepaid_of(account) == 6_000
    assert balance_by_gl() == {"1002": 6_000, "2203": -6_000}
    assert proof(DAY) == []
    told = statement(account_no=account.account_no, from_date=PAID, to_date=DAY + timedelta(days=1))
    assert told.closing_fen == -6_000
    log = DecisionRecord.objects.filter(kind__startswith="refund").order_by("seq").values_list("kind", "actor")
    assert list(log) == [("refund_requested", "asking"), ("refund_decided", "deciding"), ("refund_paid", "asking")]
    assert not DecisionRecord.objects.filter(record__contains="6222").exists()


def test_cash_goes_out_of_the_till(account):
    paid(account, channel="counter")
    assert balance_by_gl() == {"1001": -4_000, "1002": 10_000, "2203": -6_000}


def test_all_is_free_to_the_fen_and_one_fen_more_is_not(account):
    assert refundable(account, as_of=DAY).free_fen == 10_000
    caught = refusal(requested, account, 10_001)
    assert caught.code == "REFUND_TOO_HIGH"
    assert requested(account, 10_000).state == "requested"


def test_open_bills_old_debt_disputes_and_late_fees_are_not_free(account):
    old, disputed = date(2025, 7, 9), date(2025, 8, 20)
    release([(account, 202506, old, 1_000), (account, 202507, disputed, 700)], issued_date=date(2025, 6, 20))
    OpenItem.objects.filter(due_date=disputed).update(disputed=True)
    parts = refundable(account, as_of=DAY)
    # 1,000 due 9 July bears 16 days at 1 per thousand
    assert (parts.open_fen, parts.late_fee_fen, parts.free_fen) == (1_700, 16, 10_000 - 1_716)
    assert refusal(requested, account, 8_285).code == "REFUND_TOO_HIGH"
    assert requested(account, 8_284).amount_fen == 8_284


def test_use_not_yet_billed_is_not_free_and_the_higher_estimate_counts(account):
    estimated(account, 1_500, as_of=DAY)
    assert refundable(account, as_of=DAY).free_fen == 8_500
    night = {"settled_fen": 0, "billed_recently_fen": 0, "available_fen": 0, "overdraft_limit_fen": 0}
    PrepaidBalance.objects.create(account=account, as_of_date=DAY, estimated_fen=2_500, **night)
    assert refundable(account, as_of=DAY).free_fen == 7_500
    PrepaidBalance.objects.update(estimated_fen=-300)
    estimated(account, 0, as_of=DAY - timedelta(days=3))
    assert refundable(account, as_of=DAY).free_fen == 10_000  # a negative estimate frees nothing more


@pytest.mark.parametrize(("age", "code"), [(2, None), (3, "ESTIMATE_OLD"), (None, "ESTIMATE_MISSING")])
def test_nothing_is_paid_on_an_estimate_that_is_old_or_missing(age, code):
    account = make_account()
    prepaid_account(account, at=moment("2025-07-10 10:00"))
    credit(batch(receipt("t1", account.account_no, 10_000, PAID, kind="topup")), booked_date=PAID)
    if age is not None:
        estimated(account, as_of=DAY - timedelta(days=age))
    if code is None:
        assert requested(account).state == "requested"
    else:
        assert refusal(requested, account).code == code


@pytest.mark.parametrize(("channel", "ago", "free"), [("bank", 3, 0), ("bank", 4, 5_000), ("counter", 0, 5_000)])
def test_money_the_bank_may_still_take_back_is_not_free(channel, ago, free):
    account = make_account()
    prepaid_account(account, at=moment("2025-07-10 10:00"))
    estimated(account, as_of=DAY)
    day = DAY - timedelta(days=ago)
    credit(batch(receipt("t1", account.account_no, 5_000, day, kind="topup", channel=channel)), booked_date=day)
    assert refundable(account, as_of=DAY).free_fen == free


def test_money_in_transit_is_not_there_to_be_refunded(account):
    credit(batch(receipt("t2", account.account_no, 5_000, PAID, kind="in_transit")), booked_date=PAID)
    assert refundable(account, as_of=DAY).free_fen == 10_000


def test_refunds_that_wait_count_as_taken(account):
    requested(account, 6_000)
    assert refundable(account, as_of=DAY).free_fen == 4_000
    assert refusal(requested, account, 4_001).code == "REFUND_TOO_HIGH"


def test_what_is_owed_since_the_request_stops_approval_and_payment(account):
    first, second = requested(account, 3_000), approved(account, 6_000)
    release([(account, 202507, DAY + timedelta(days=20), 2_000)], issued_date=DAY)
    assert refusal(decide_refund, refund=first.pk, approve=True, staff=deciding(), at=AT).code == "REFUND_TOO_HIGH"
    assert refusal(pay_out_refund, refund=second.pk, channel="bank", staff=asking(), at=AT).code == "REFUND_TOO_HIGH"
    decide_refund(refund=first.pk, approve=False, reason="a bill came", staff=deciding(), at=AT)
    assert pay_out_refund(refund=second.pk, channel="bank", staff=asking(), at=AT).state == "paid"
    assert proof(DAY) == []


def test_one_person_is_never_enough(account):
    both = staff_of("both", "request_prepaymentrefund", "approve_prepaymentrefund")
    asked = requested(account, staff=both)
    assert refusal(decide_refund, refund=asked.pk, approve=True, staff=both, at=AT).code == "SAME_PERSON"
    other = requested(account)
    decide_refund(refund=other.pk, approve=True, staff=both, at=AT)
    assert refusal(pay_out_refund, refund=other.pk, channel="bank", staff=both, at=AT).code == "SAME_PERSON"
    assert refusal(requested, account, staff=deciding()).code == "NOT_ENTITLED"
    assert refusal(decide_refund, refund=asked.pk, approve=True, staff=asking(), at=AT).code == "NOT_ENTITLED"


def test_a_refund_goes_one_way_once(account):
    asked = requested(account)
    assert refusal(pay_out_refund, refund=asked.pk, channel="bank", staff=asking(), at=AT).code == "NOT_APPROVED"
    decide_refund(refund=asked.pk, approve=True, staff=deciding(), at=AT)
    assert refusal(decide_refund, refund=asked.pk, approve=True, staff=deciding(), at=AT).code == "REFUND_DECIDED"
    pay_out_refund(refund=asked.pk, channel="bank", staff=asking(), at=AT)
    assert refusal(pay_out_refund, refund=asked.pk, channel="bank", staff=asking(), at=AT).code == "NOT_APPROVED"
    late = {"refund": asked.pk, "approve": False, "reason": "too late", "staff": deciding(), "at": AT}
    assert refusal(decide_refund, **late).code == "REFUND_DECIDED"
    assert prepaid_of(account) == 6_000


def test_an_approved_refund_may_be_refused_until_it_is_paid(account):
    done = approved(account)
    asked = {"refund": done.pk, "approve": False, "staff": deciding(), "at": AT}
    assert refusal(decide_refund, **asked).code == "REASON_MISSING"
    assert decide_refund(**asked, reason="account of another").state == "refused"
    assert refundable(account, as_of=DAY).free_fen == 10_000


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fen": 0}, "AMOUNT_NOT_POSITIVE"),
        ({"fen": -5}, "AMOUNT_NOT_POSITIVE"),
        ({"reason": " "}, "REASON_MISSING"),
        ({"payee": ""}, "PAYEE_MISSING"),
        ({"account_no": "41"}, "ACCOUNT_UNKNOWN"),
    ],
)
def test_a_request_that_lacks_something_is_refused(account, changed, code):
    assert refusal(requested, account, **changed).code == code


def test_what_is_unknown_or_out_of_sight_is_refused(account):
    asked = requested(account)
    assert refusal(decide_refund, refund=0, approve=True, staff=deciding(), at=AT).code == "REFUND_UNKNOWN"
    boss = deciding()
    boss.station = Station.objects.create(code="S9", name="他所")
    boss.save()
    assert refusal(decide_refund, refund=asked.pk, approve=True, staff=boss, at=AT).code == "UNKNOWN"
    other = staff_of("other", "approve_prepaymentrefund")
    early = {"refund": asked.pk, "approve": True, "staff": other, "at": AT - timedelta(days=1)}
    assert refusal(decide_refund, **early).code == "MOMENT_TOO_EARLY"


def test_a_bounce_after_the_refund_is_claimed_back_and_later_money_settles_it(account):
    paid(account, 10_000)
    clerk = entitled("clerk", "undo_payment")
    bounce_payment(channel="bank", channel_ref="t1", reason="no cover", staff=clerk, as_of=DAY)
    assert balance_by_gl() == {"1002": -10_000, "1221": 10_000}
    assert proof(DAY) == []
    later = DAY + timedelta(days=8)
    credit(batch(receipt("t2", account.account_no, 12_000, DAY, kind="topup")), booked_date=DAY)
    estimated(account, as_of=later)
    parts = refundable(account, as_of=later)
    assert (parts.claimed_fen, parts.free_fen) == (10_000, 2_000)
    assert settle_claim(account_no=account.account_no, staff=asking(), at=AT) == 10_000
    assert settle_claim(account_no=account.account_no, staff=asking(), at=AT) == 0
    assert (prepaid_of(account), balance_by_gl()) == (2_000, {"1002": 2_000, "2203": -2_000})
    assert proof(DAY) == []
    bounce_payment(channel="bank", channel_ref="t2", reason="no cover", staff=clerk, as_of=DAY)
    assert balance_by_gl() == {"1002": -10_000, "1221": 10_000}
    assert proof(DAY) == []


def test_a_bounce_reopens_bills_before_it_claims(account):
    (bill,) = release([(account, 202507, DAY + timedelta(days=20), 3_000)], issued_date=DAY)
    paid(account, 7_000)
    apply_prepaid(as_of=DAY)
    assert prepaid_of(account) == 0
    rows = batch(receipt("t1", "", 10_000, DAY, kind="bounce"))
    assert credit(rows, booked_date=DAY)["outcome"].to_list() == ["bounced"]
    assert OpenItem.objects.get(pk=bill).open_fen == 3_000
    assert balance_by_gl() == {"1002": -7_000, "1122": 3_000, "1221": 7_000, "6001": -3_000}
    assert proof(DAY) == []


def test_prepaid_money_gone_in_a_way_no_refund_explains_is_still_refused(account):
    row = pl.DataFrame([{"transaction": 1, "account": account.pk, "amount_fen": 10_000}])
    book(event(row, "refund_claim_settled"), booked_date=DAY)  # prepaid money leaves without a refund
    clerk = entitled("clerk", "undo_payment")
    with pytest.raises(UnableToChangePaymentError) as caught:
        bounce_payment(channel="bank", channel_ref="t1", reason="x", staff=clerk, as_of=DAY)
    assert caught.value.code == "PREPAID_SPENT"
    assert PrepaymentRefund.objects.count() == 0
