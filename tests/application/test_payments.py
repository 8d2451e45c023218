from datetime import date

import pytest
from ledger_desk import balance_by_gl, batch, make_account, receipt, release

from zaikong.application.payments import credit
from zaikong.store.models import AccountBalance, Allocation, OpenItem, Payment

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


def test_a_receipt_pays_the_bill_it_meets_and_the_rest_stays_prepaid():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 20), 10_000)])
    outcome = credit(batch(receipt("r1", account.account_no, 12_000)), booked_date=TODAY)
    assert outcome.select("outcome", "code", "principal_fen", "late_fee_fen", "prepaid_fen").row(0) == (
        "credited",
        "",
        10_000,
        0,
        2_000,
    )
    assert OpenItem.objects.get(bill_id=bill).open_fen == 0
    stored = AccountBalance.objects.get(account=account)
    assert (stored.receivable_fen, stored.prepaid_fen) == (0, 2_000)
    assert balance_by_gl() == {"1002": 12_000, "2203": -2_000, "6001": -10_000}


def test_late_fee_runs_to_the_day_paid_not_the_day_booked():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    outcome = credit(batch(receipt("r1", account.account_no, 20_000, "2025-07-11")), booked_date=TODAY)
    assert outcome["late_fee_fen"][0] == 100


def test_principal_first_leaves_the_late_fee_for_the_next_receipt():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    credit(batch(receipt("r1", account.account_no, 10_000, "2025-07-11")), booked_date=TODAY)
    item = OpenItem.objects.get(bill_id=bill)
    assert (item.open_fen, item.late_fee_fixed_fen, item.late_fee_paid_fen) == (0, 100, 0)
    outcome = credit(batch(receipt("r2", account.account_no, 150, "2025-07-21")), booked_date=TODAY)
    assert outcome.select("principal_fen", "late_fee_fen", "prepaid_fen").row(0) == (0, 100, 50)


def test_a_bounce_opens_the_items_again():
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 7, 1), 10_000)])
    credit(batch(receipt("r1", account.account_no, 12_000, "2025-07-11")), booked_date=TODAY)
    outcome = credit(batch(receipt("r1", "", 12_000, kind="bounce")), booked_date=TODAY)
    assert outcome["outcome"][0] == "bounced"
    item = OpenItem.objects.get(bill_id=bill)
    assert (item.open_fen, item.late_fee_fixed_fen, item.late_fee_paid_fen) == (10_000, 0, 0)
    assert Payment.objects.get().state == "bounced"
    assert balance_by_gl() == {"1122": 10_000, "6001": -10_000}
    assert Allocation.objects.count() == 2
