"""Does money close and re-open a case at once?"""

from datetime import date

import pytest

from collection_desk import NIGHT, at, kinds, now, opened, pay
from ledger_desk import batch, entitled, receipt, release
from zaikong.application.allocating import apply_prepaid
from zaikong.application.collection.nightly import run_cases
from zaikong.application.payments import bounce_payment, credit, take_counter_payment
from zaikong.application.roles import TAKE_PAYMENTS, UNDO_PAYMENTS
from zaikong.store.models import CaseEvent, CollectionCase

pytestmark = pytest.mark.django_db


def test_a_receipt_that_pays_all_closes_the_case_at_once():
    case, _ = opened()
    pay(case, 20_000, 21)
    assert (now(case).state, now(case).closed_reason, now(case).open_fen) == ("closed", "paid", 0)
    assert kinds(case) == ["opened", "payment", "closed"]
    assert CaseEvent.objects.get(kind="payment").amount_fen == 10_000 + 110


def test_a_receipt_that_pays_a_part_is_noted_and_the_case_stays_open():
    case, _ = opened()
    pay(case, 4_000, 21)
    assert (now(case).state, now(case).open_fen) == ("open", 6_000)
    assert kinds(case) == ["opened", "payment"]


def test_money_over_the_counter_is_noted_at_the_minute_it_was_taken():
    case, _ = opened()
    cashier = entitled("till", TAKE_PAYMENTS)
    take_counter_payment(
        account_no=case.account.account_no,
        amount_fen=4_000,
        paid_at=at(21, 9, 30),
        booked_date=date(2025, 7, 21),
        cashier=cashier,
    )
    assert CaseEvent.objects.get(kind="payment").at == at(21, 9, 30)


def test_a_bounce_opens_the_case_again_in_its_episode():
    case, _ = opened()
    pay(case, 20_000, 21, ref="x")
    clerk = entitled("clerk", UNDO_PAYMENTS)
    bounce_payment(channel="bank", channel_ref="x", reason="no cover", staff=clerk, as_of=date(2025, 7, 23))
    assert (now(case).state, now(case).episode, now(case).open_fen) == ("open", 1, 10_000)
    assert (now(case).closed_at, now(case).closed_reason) == (None, "")
    assert kinds(case) == ["opened", "payment", "closed", "bounce", "reopened"]
    assert run_cases(as_of=date(2025, 7, 23)).opened == 0


def test_a_payment_and_its_bounce_in_one_file_leave_the_case_open():
    case, _ = opened()
    number = case.account.account_no
    rows = [receipt("x", number, 20_000, "2025-07-21"), receipt("x", number, 20_000, "2025-07-21", kind="bounce")]
    credit(batch(*rows), booked_date=date(2025, 7, 21))
    assert now(case).state == "open"
    assert kinds(case) == ["opened", "payment", "closed", "bounce", "reopened"]


def test_a_bounce_does_not_open_a_closed_case_for_a_debt_that_fell_due_later():
    case, _ = opened()
    pay(case, 10_110, 21, ref="first")
    release([(case.account, 202507, date(2025, 7, 25), 5_000)])
    pay(case, 5_000, 24, ref="second")
    pay(case, 5_000, 24, ref="second", kind="bounce", on=date(2025, 7, 28))
    assert now(case).state == "closed"
    run_cases(as_of=date(2025, 7, 28))
    assert CollectionCase.objects.filter(account=case.account).count() == 2


def test_prepaid_money_closes_a_case_too():
    case, _ = opened()
    release([(case.account, 202507, date(2025, 8, 25), 5_000)])
    pay(case, 10_110 + 5_000 + 70, 21)
    release([(case.account, 202508, date(2025, 7, 22), 60)])
    run_cases(as_of=date(2025, 7, 24))
    second = CollectionCase.objects.get(account=case.account, state="open")
    apply_prepaid(as_of=date(2025, 7, 25))
    assert now(second).state == "closed"


def test_the_case_of_an_account_whose_money_did_not_move_is_not_touched():
    case, _ = opened()
    other, _ = opened("4100000002")
    pay(case, 20_000, 21)
    assert (now(other).state, kinds(other)) == ("open", ["opened"])
    assert run_cases(as_of=NIGHT).open == 1
