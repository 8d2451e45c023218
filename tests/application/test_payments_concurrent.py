"""Real connections, real threads: each thread holds its own session of the database."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import polars as pl
import pytest
from django.db import connection

from ledger_desk import balance_by_gl, batch, entitled, make_account, proof, receipt, release
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import credit, reverse_payment, take_counter_payment
from zaikong.application.payments.changing import UnableToChangePaymentError
from zaikong.application.statement import statement
from zaikong.kernel.period import TIME_ZONE
from zaikong.store import bulk
from zaikong.store.models import Allocation, OpenItem, Payment
from zaikong.store.queries.statement import one_snapshot

pytestmark = pytest.mark.django_db(transaction=True)

TODAY = date(2025, 7, 31)
THREADS = 10


def at_once(jobs):
    """Run jobs in threads that start together; returns their answers in order."""
    barrier = Barrier(len(jobs))

    def run(job):
        try:
            barrier.wait()
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def test_the_same_receipt_delivered_ten_times_at_once_credits_once():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    rows = batch(receipt("r1", account.account_no, 12_000, "2025-07-11"))
    answers = at_once([lambda: credit(rows, booked_date=TODAY)] * THREADS)
    assert sorted(answer["outcome"][0] for answer in answers) == ["credited"] + ["duplicate"] * 9
    assert (Payment.objects.count(), Allocation.objects.count()) == (1, 1)
    assert OpenItem.objects.get(bill_id=bill).open_fen == 0
    assert balance_by_gl() == {"1002": 12_000, "2203": -1_900, "6001": -10_000, "6301": -100}
    assert proof() == []


def test_batches_over_the_same_accounts_in_opposite_order_all_succeed():
    accounts = [make_account(f"41000000{n:02}") for n in range(30)]
    release([(account, 202506, date(2025, 7, 1), 10_000) for account in accounts])

    def job(number):
        order = accounts if number % 2 else accounts[::-1]
        rows = [receipt(f"{number}-{account.account_no}", account.account_no, 1_500, "2025-07-11") for account in order]
        shared = [receipt(f"shared-{account.account_no}", account.account_no, 100, "2025-07-11") for account in order]
        return lambda: credit(batch(*rows, *shared), booked_date=TODAY)

    answers = at_once([job(number) for number in range(8)])
    credited = sum((answer["outcome"] == "credited").sum() for answer in answers)
    assert credited == 30 * 8 + 30
    assert balance_by_gl()["1002"] == 30 * (8 * 1_500 + 100)
    assert set(OpenItem.objects.values_list("open_fen", flat=True)) == {0}
    assert proof() == []


def test_a_receipt_its_bounce_prepaid_runs_and_the_counter_do_not_get_in_each_others_way():
    accounts = [make_account(f"41000000{n:02}") for n in range(10)]
    clerk, cashier = entitled("clerk", "undo_payment"), entitled("cashier", "take_payment")
    numbers = [account.account_no for account in accounts]
    credit(batch(*[receipt(f"old-{number}", number, 3_000) for number in numbers]), booked_date=TODAY)
    release([(account, 202506, date(2025, 7, 1), 10_000) for account in accounts])
    noon = batch(receipt("x", "1", 1))["paid_at"][0].astimezone(TIME_ZONE)
    at_once(
        [
            lambda: credit(batch(*[receipt(f"new-{n}", n, 4_000) for n in numbers]), booked_date=TODAY),
            lambda: credit(batch(*[receipt(f"old-{n}", "", 3_000, kind="bounce") for n in numbers]), booked_date=TODAY),
            lambda: apply_prepaid(as_of=TODAY),
            lambda: apply_prepaid(as_of=TODAY),
            lambda: [
                take_counter_payment(
                    account_no=n, amount_fen=2_000, paid_at=noon, booked_date=TODAY, cashier=cashier, channel_ref=n
                )
                for n in reversed(numbers)
            ],
        ]
    )
    reverse_payment(channel="counter", channel_ref=numbers[0], reason="x", staff=clerk, as_of=TODAY)
    assert balance_by_gl()["1002"] == 10 * 4_000
    assert balance_by_gl()["1001"] == 9 * 2_000
    assert proof() == []


def test_of_two_reversals_at_once_one_is_refused():
    account = make_account()
    clerk = entitled("clerk", "undo_payment")
    credit(batch(receipt("r1", account.account_no, 500)), booked_date=TODAY)

    def job():
        try:
            return reverse_payment(channel="bank", channel_ref="r1", reason="x", staff=clerk, as_of=TODAY).state
        except UnableToChangePaymentError as refusal:
            return refusal.code

    assert sorted(at_once([job, job])) == ["STATE_WRONG", "reversed"]
    assert balance_by_gl() == {}


def test_a_statement_sees_one_moment_while_money_goes_on_coming():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])

    def pay(number):
        return lambda: [
            credit(batch(receipt(f"{number}-{n}", account.account_no, 50, "2025-07-11")), booked_date=TODAY)
            for n in range(6)
        ]

    def read():
        return [
            statement(account_no=account.account_no, from_date=date(2025, 7, 1), to_date=date(2025, 8, 1)).closing_fen
            for _ in range(12)
        ]

    seen, _, _ = at_once([read, pay(1), pay(2)])
    assert seen == sorted(seen, reverse=True)
    assert balance_by_gl()["1122"] == 10_000 - 600


def test_one_snapshot_holds_for_every_query_in_it():
    with one_snapshot():
        assert bulk.fetch("SELECT current_setting('transaction_isolation')", {"level": pl.String})["level"][0] == (
            "repeatable read"
        )
