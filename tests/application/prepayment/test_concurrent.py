"""Top-ups, a refund and the night at once, each over a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection

from cutting_desk import moment
from ledger_desk import balance_by_gl, batch, make_account, proof, receipt, release
from prepayment_desk import estimated, prepaid_account, staff_of
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import credit
from zaikong.application.prepayment.refunds import UnableToRefundError, decide_refund, pay_out_refund, request_refund
from zaikong.store.models import AccountBalance, DebtRecovery, OpenItem, PrepaymentRefund

pytestmark = pytest.mark.django_db(transaction=True)

AT = moment("2025-07-25 10:00")
DAY = date(2025, 7, 25)


def at_once(jobs):
    """Run jobs in threads that start together; returns their answers in order."""
    barrier = Barrier(len(jobs))

    def run(job):
        try:
            barrier.wait()
            return job()
        except UnableToRefundError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def customer(account_no="4100000001"):
    account = make_account(account_no)
    release([(account, 202506, date(2025, 7, 9), 50_000)], issued_date=date(2025, 6, 20))
    prepaid_account(account, at=moment("2025-07-10 10:00"), old_debt_permille=300)
    estimated(account, as_of=DAY)
    return account


def topup(account, ref, fen):
    rows = batch(receipt(ref, account.account_no, fen, DAY, kind="topup", channel="counter"))
    return lambda: credit(rows, booked_date=DAY)["outcome"][0]


def approved(account, fen):
    asked = request_refund(
        account_no=account.account_no,
        amount_fen=fen,
        reason="moving",
        payee="李光明",
        staff=staff_of("asking", "request_prepaymentrefund"),
        at=AT,
    )
    return decide_refund(refund=asked.pk, approve=True, staff=staff_of("deciding", "approve_prepaymentrefund"), at=AT)


def test_two_top_ups_and_a_refund_at_once_lose_no_fen():
    account = customer()
    credit(batch(receipt("t0", account.account_no, 200_000, DAY, kind="topup", channel="counter")), booked_date=DAY)
    # 60,000 would be the share; old debt takes 50,000 and its late fee, the rest is free
    refund = approved(account, 100_000)
    payer = staff_of("paying", "request_prepaymentrefund")

    def pay_out():
        return pay_out_refund(refund=refund.pk, channel="counter", staff=payer, at=AT).state

    answers = at_once(
        [topup(account, "t1", 10_000), topup(account, "t2", 7_000), pay_out, lambda: apply_prepaid(as_of=DAY).accounts]
    )
    assert answers[:2] == ["credited", "credited"]
    assert answers[2] == "paid"
    fee = OpenItem.objects.get().late_fee_paid_fen
    assert AccountBalance.objects.get().prepaid_fen == 217_000 - 50_000 - fee - 100_000
    assert balance_by_gl()["1001"] == 117_000
    assert proof(DAY) == []


def test_shares_of_top_ups_at_once_together_never_take_more_than_is_owed():
    account = customer()
    OpenItem.objects.get()
    answers = at_once([topup(account, f"t{n}", 40_000) for n in range(6)])
    assert answers == ["credited"] * 6
    item = OpenItem.objects.get()
    recovered = sum(DebtRecovery.objects.values_list("recovered_fen", flat=True))
    assert (item.open_fen, recovered) == (0, 50_000 + item.late_fee_paid_fen)
    assert AccountBalance.objects.get().prepaid_fen + recovered == 240_000
    assert proof(DAY) == []


def test_one_refund_is_paid_out_once_and_two_never_share_the_same_money():
    account = customer()
    OpenItem.objects.update(due_date=DAY + timedelta(days=30))  # no old debt: all of it is open and not free
    credit(batch(receipt("t0", account.account_no, 60_000, DAY, kind="topup", channel="counter")), booked_date=DAY)
    refund = approved(account, 10_000)
    payer = staff_of("paying", "request_prepaymentrefund")

    def pay_out():
        return pay_out_refund(refund=refund.pk, channel="counter", staff=payer, at=AT).state

    def ask():
        return request_refund(
            account_no=account.account_no, amount_fen=6_000, reason="x", payee="y", staff=payer, at=AT
        ).state

    answers = at_once([pay_out, pay_out, ask, ask])
    assert sorted(answers[:2]) == ["NOT_APPROVED", "paid"]
    assert answers[2:] == ["REFUND_TOO_HIGH"] * 2
    assert PrepaymentRefund.objects.filter(state="paid").count() == 1
    assert AccountBalance.objects.get().prepaid_fen == 50_000
    assert proof(DAY) == []
