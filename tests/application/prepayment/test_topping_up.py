"""The share of a top-up recovers old debt, the rest is the customer's, and nothing of it is eaten by old debt."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutting_desk import moment
from ledger_desk import balance_by_gl, batch, entitled, make_account, proof, receipt, release, reverse_bill
from prepayment_desk import agreement, prepaid_account
from properties import examples
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import assign_unallocated, bounce_payment, credit, reverse_payment
from zaikong.application.payments.counter import UnableToTakePaymentError
from zaikong.application.prepayment.topping_up import UnableToTopUpError, balance_of, top_up
from zaikong.store.models import (
    AccountBalance,
    Allocation,
    DebtRecovery,
    OpenItem,
    PrepaidBalance,
    PrepaymentAgreement,
)
from zaikong.store.queries.prepayment import recovered_of

pytestmark = pytest.mark.django_db

SIGNED = moment("2025-07-20 10:00")
FIRST = date(2025, 7, 20)
OLD = FIRST - timedelta(days=1)
DAY = date(2025, 7, 25)


def account_with(*dues_and_fen, permille=300, **terms):
    """A home that pays ahead from 20 July and owes bills given as (due date, fen)."""
    account = make_account(**terms)
    bills = release([(account, 202506, due, fen) for due, fen in dues_and_fen], issued_date=date(2025, 6, 20))
    made = prepaid_account(account, at=SIGNED, old_debt_permille=permille)
    return account, made, bills


def pay(account, fen, *, ref="t1", kind="topup", day=DAY, **more):
    return credit(batch(receipt(ref, account.account_no, fen, day, kind=kind, **more)), booked_date=day)


def open_fen(bill):
    return OpenItem.objects.get(pk=bill).open_fen


def prepaid_of(account):
    return AccountBalance.objects.get(pk=account.pk).prepaid_fen


def test_the_share_recovers_old_debt_and_the_rest_stays():
    account, made, (bill,) = account_with((OLD, 50_000))
    pay(account, 10_000)
    recovery = DebtRecovery.objects.get()
    assert (recovery.permille, recovery.share_fen, recovery.recovered_fen) == (300, 3_000, 3_000)
    assert (recovery.agreement, recovery.payment.channel_ref) == (made, "t1")
    assert (open_fen(bill), prepaid_of(account)) == (47_000, 7_000)
    assert proof(DAY) == []


def test_the_night_leaves_the_rest_alone_and_pays_bills_of_the_time_from_it():
    account, _, (old,) = account_with((OLD, 50_000))
    pay(account, 10_000)
    assert apply_prepaid(as_of=DAY).accounts == 0
    (new,) = release([(account, 202507, FIRST + timedelta(days=20), 4_000)], issued_date=DAY)
    assert apply_prepaid(as_of=DAY).principal_fen == 4_000
    assert (open_fen(old), open_fen(new), prepaid_of(account)) == (47_000, 0, 3_000)
    assert proof(DAY) == []


@pytest.mark.parametrize(("due", "left"), [(OLD, 47_000), (FIRST, 40_000)])
def test_a_bill_that_falls_due_on_the_first_day_is_not_old_and_is_paid_as_a_whole(due, left):
    account, _, (bill,) = account_with((due, 50_000))
    pay(account, 10_000)
    assert open_fen(bill) == left
    assert proof(DAY) == []


def test_of_bills_of_the_time_what_is_due_is_paid_with_the_rest_at_once():
    account, _, (old, due, later) = account_with((OLD, 50_000), (FIRST, 2_000), (DAY + timedelta(days=9), 1_000))
    pay(account, 10_000)
    # the day it was paid is past 20 July: 2,000 bears five days at 1 per thousand
    assert (open_fen(old), open_fen(due), open_fen(later)) == (47_000, 0, 1_000)
    assert OpenItem.objects.get(pk=due).late_fee_paid_fen == 10
    assert prepaid_of(account) == 10_000 - 3_000 - 2_000 - 10
    assert proof(DAY) == []


def test_old_debt_is_recovered_oldest_first_with_its_late_fee_and_never_beyond():
    account, made, (older, younger) = account_with((date(2025, 6, 30), 1_000), (OLD, 100))
    pay(account, 10_000)
    # 1,000 for 25 days and 100 for 6 days, at 1 per thousand a day: 25 and 1 fen
    recovery = DebtRecovery.objects.get()
    assert (recovery.share_fen, recovery.recovered_fen) == (3_000, 1_126)
    assert (open_fen(older), open_fen(younger), prepaid_of(account)) == (0, 0, 8_874)
    pay(account, 10_000, ref="t2")
    assert DebtRecovery.objects.count() == 1
    assert recovered_of(made) == 1_126
    assert prepaid_of(account) == 18_874
    assert proof(DAY) == []


def test_a_disputed_old_bill_is_left_alone():
    account, _, (bill,) = account_with((OLD, 50_000))
    OpenItem.objects.update(disputed=True)
    pay(account, 10_000)
    assert (open_fen(bill), prepaid_of(account), DebtRecovery.objects.count()) == (50_000, 10_000, 0)


def test_a_share_of_nothing_recovers_nothing():
    account, _, (bill,) = account_with((OLD, 50_000), permille=0)
    pay(account, 10_000)
    apply_prepaid(as_of=DAY)
    assert (open_fen(bill), prepaid_of(account), DebtRecovery.objects.count()) == (50_000, 10_000, 0)


def test_a_month_the_payer_names_is_paid_first_and_the_share_is_of_what_is_left():
    account, _, (bill,) = account_with((OLD, 50_000))
    (other,) = release([(account, 202504, date(2025, 5, 20), 4_000)], issued_date=date(2025, 5, 1))
    pay(account, 10_000, month=202504)
    fee = OpenItem.objects.get(pk=other).late_fee_paid_fen
    rest = 10_000 - 4_000 - fee
    recovery = DebtRecovery.objects.get()
    assert open_fen(other) == 0
    assert recovery.share_fen == (rest * 300 + 500) // 1000
    assert open_fen(bill) == 50_000 - recovery.recovered_fen
    assert prepaid_of(account) == rest - recovery.recovered_fen
    assert proof(DAY) == []


def test_money_the_channel_does_not_call_a_top_up_is_one_under_an_agreement():
    account, _, (bill,) = account_with((OLD, 50_000))
    pay(account, 10_000, kind="payment")
    assert (open_fen(bill), prepaid_of(account)) == (47_000, 7_000)


def test_money_paid_before_the_first_day_pays_arrears_as_before():
    account, _, (bill,) = account_with((OLD, 50_000))
    credit(batch(receipt("t1", account.account_no, 10_000, OLD, kind="topup")), booked_date=DAY)
    assert (open_fen(bill), prepaid_of(account), DebtRecovery.objects.count()) == (40_000, 0, 0)


def test_an_agreement_says_nothing_before_the_account_is_switched():
    account = make_account()
    (bill,) = release([(account, 202506, OLD, 50_000)], issued_date=date(2025, 6, 20))
    agreement(account, at=SIGNED, old_debt_permille=300)
    pay(account, 10_000)
    assert (open_fen(bill), prepaid_of(account)) == (40_000 + OpenItem.objects.get().late_fee_paid_fen, 0)


def test_an_account_that_pays_ahead_without_an_agreement_pays_arrears_as_before():
    account = make_account()
    account.payment_mode = "prepaid"
    account.save()
    (bill,) = release([(account, 202506, OLD, 5_000)], issued_date=date(2025, 6, 20))
    pay(account, 10_000)
    assert open_fen(bill) == 0


@pytest.mark.parametrize("undo", [reverse_payment, bounce_payment])
def test_a_top_up_taken_back_undoes_recovery_and_balance(undo):
    account, made, (old,) = account_with((OLD, 50_000))
    pay(account, 10_000)
    release([(account, 202507, FIRST + timedelta(days=20), 4_000)], issued_date=DAY)
    apply_prepaid(as_of=DAY)
    undo(channel="bank", channel_ref="t1", reason="wrong", staff=entitled("clerk", "undo_payment"), as_of=DAY)
    assert (open_fen(old), prepaid_of(account), recovered_of(made)) == (50_000, 0, 0)
    assert sorted(OpenItem.objects.values_list("open_fen", flat=True)) == [4_000, 50_000]
    assert DebtRecovery.objects.get().recovered_fen == 3_000  # what it was stays written
    assert balance_by_gl() == {"1122": 54_000, "6001": -54_000}
    assert proof(DAY) == []


def test_money_in_transit_recovers_only_when_it_arrives():
    account, _, (bill,) = account_with((OLD, 50_000))
    pay(account, 10_000, kind="in_transit")
    assert (open_fen(bill), DebtRecovery.objects.count()) == (50_000, 0)
    pay(account, 10_000, kind="cleared")
    assert (open_fen(bill), prepaid_of(account)) == (47_000, 7_000)
    assert proof(DAY) == []


def test_money_of_an_unknown_payer_recovers_when_it_is_assigned():
    account, _, (bill,) = account_with((OLD, 50_000))
    credit(batch(receipt("t1", "4199999999", 10_000, DAY, kind="topup")), booked_date=DAY)
    assign_unallocated(
        channel="bank",
        channel_ref="t1",
        account_no=account.account_no,
        reason="rang up",
        staff=entitled("clerk", "undo_payment"),
        as_of=DAY,
    )
    assert (open_fen(bill), prepaid_of(account), DebtRecovery.objects.get().recovered_fen) == (47_000, 7_000, 3_000)


def test_an_old_bill_reversed_gives_back_what_was_recovered_as_balance():
    account, _, (bill,) = account_with((OLD, 50_000))
    pay(account, 10_000)
    reverse_bill(bill, issued_date=DAY)
    assert prepaid_of(account) == 10_000
    assert proof(DAY) == []


def test_a_cashier_tops_up_once_and_prints_what_became_of_it():
    account, _, _ = account_with((OLD, 50_000))
    asked = {
        "account_no": account.account_no,
        "amount_fen": 10_000,
        "paid_at": moment("2025-07-25 09:00"),
        "booked_date": DAY,
        "cashier": entitled("cashier", "take_payment"),
        "channel_ref": "till-1",
    }
    for _ in range(2):
        done = top_up(**asked)
        assert (done.permille, done.share_fen, done.recovered_fen, done.prepaid_fen) == (300, 3_000, 3_000, 7_000)
    assert prepaid_of(account) == 7_000
    with pytest.raises(UnableToTakePaymentError):
        top_up(**asked | {"amount_fen": 1})


def test_nobody_tops_up_an_account_that_pays_afterwards():
    account = make_account()
    with pytest.raises(UnableToTopUpError) as caught:
        top_up(
            account_no=account.account_no,
            amount_fen=1,
            paid_at=SIGNED,
            booked_date=FIRST,
            cashier=entitled("cashier", "take_payment"),
        )
    assert caught.value.code == "NOT_PREPAID"


def test_a_balance_says_its_parts_and_how_old_its_estimate_is():
    account, made, _ = account_with((OLD, 50_000), (FIRST + timedelta(days=30), 2_000))
    pay(account, 10_000)
    pay(account, 500, ref="t2", kind="in_transit")
    bare = balance_of(account, as_of=DAY)
    assert (bare.estimated_on, bare.estimate_age_days, bare.estimated_fen) == (None, None, 0)
    PrepaidBalance.objects.create(
        account=account,
        as_of_date=DAY - timedelta(days=1),
        settled_fen=0,
        estimated_fen=1_200,
        billed_recently_fen=52_000,
        available_fen=0,
        overdraft_limit_fen=0,
    )
    told = balance_of(account, as_of=DAY)
    assert told.agreement_no == made.agreement_no
    assert (told.prepaid_fen, told.owed_fen, told.settled_fen) == (7_000, 2_000, 5_000)
    assert (told.estimated_fen, told.available_fen, told.estimate_age_days) == (1_200, 3_800, 1)
    assert (told.old_debt_fen, told.recovered_fen, told.in_transit_fen, told.disputed_fen) == (47_000, 3_000, 500, 0)
    OpenItem.objects.filter(open_fen=2_000).update(disputed=True)
    told = balance_of(account, as_of=DAY)
    assert (told.available_fen, told.disputed_fen) == (5_800, 2_000)


def topup_lists():
    return st.lists(st.tuples(st.integers(1, 60_000), st.integers(0, 5)), min_size=1, max_size=6)


@given(
    debts=st.lists(st.tuples(st.integers(1, 60), st.integers(1, 50_000)), max_size=3),
    permille=st.integers(0, 1000),
    paid=topup_lists(),
    back=st.integers(0, 6),
    seal=st.booleans(),
)
@settings(max_examples=examples(25), suppress_health_check=list(HealthCheck))
def test_to_the_fen_whatever_is_owed_agreed_and_paid(debts, permille, paid, back, seal):
    with transaction.atomic():
        account = make_account(category="residential" if seal else "business")
        if debts:
            release(
                [(account, 202506, FIRST - timedelta(days=days), fen) for days, fen in debts],
                issued_date=date(2025, 4, 1),
            )
        made = prepaid_account(account, at=SIGNED, old_debt_permille=permille)
        for place, (fen, later) in enumerate(paid):
            day = DAY + timedelta(days=later)
            owed_before = sum(OpenItem.objects.values_list("open_fen", flat=True))
            kept_before = (
                AccountBalance.objects.filter(pk=account.pk).values_list("prepaid_fen", flat=True).first() or 0
            )
            credit(batch(receipt(f"t{place}", account.account_no, fen, day, kind="topup")), booked_date=day)
            apply_prepaid(as_of=day)
            row = DebtRecovery.objects.filter(payment__channel_ref=f"t{place}").first()
            recovered = row.recovered_fen if row else 0
            assert prepaid_of(account) - kept_before + recovered == fen
            share = (fen * permille * 2 + 1000) // 2000
            assert recovered <= share
            allocated = Allocation.objects.filter(payment__channel_ref=f"t{place}")
            assert sum(line.principal_fen + line.late_fee_fen for line in allocated) == recovered
            left = sum(OpenItem.objects.values_list("open_fen", flat=True))
            assert recovered == share or left == 0
            assert owed_before - left <= recovered
        gone = paid[:back]
        rows = [receipt(f"t{n}", "", fen, DAY, kind="bounce") for n, (fen, _) in enumerate(gone)]
        last = DAY + timedelta(days=6)
        if rows:
            assert credit(batch(*rows), booked_date=last)["outcome"].to_list() == ["bounced"] * len(rows)
        standing = sum(fen for fen, _ in paid[back:])
        assert prepaid_of(account) + recovered_of(made) == standing
        assert proof(last) == []
        transaction.set_rollback(True)


def test_without_old_debt_an_agreement_changes_nothing_of_what_money_pays():
    account, _, bills = account_with((FIRST, 3_000), (DAY + timedelta(days=5), 2_000))
    pay(account, 4_000)
    assert DebtRecovery.objects.count() == 0
    assert [open_fen(bill) for bill in bills] == [0, 2_000]
    assert PrepaymentAgreement.objects.get().state == "in_force"
