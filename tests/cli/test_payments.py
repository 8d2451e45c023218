"""`zaikong pay`."""

from datetime import date

import pytest
from typer.testing import CliRunner

from ledger_desk import batch, entitled, make_account, receipt, release
from zaikong.application.acting import UnableToFindStaffError
from zaikong.application.payments import UnableToTakePaymentError, credit
from zaikong.cli.payments import app
from zaikong.kernel.money import UnableToReadMoneyError
from zaikong.store.models import AccountBalance, Payment

pytestmark = pytest.mark.django_db

DAY = "2025-07-31"
TODAY = date(2025, 7, 31)


def ran(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def account():
    account = make_account()
    release([(account, 202506, date(2025, 7, 1), 10_000)])
    entitled("till", "take_payment", "request_latefeewaiver")
    entitled("boss", "undo_payment", "approve_latefeewaiver")
    return account


def test_money_taken_prints_what_it_settled(account):
    told = ran("take", account.account_no, "120", "--staff", "till", "--reference", "t1", "--date", DAY)
    assert "202506" in told
    assert "owed on bills 0.00, prepaid 17.00" in told
    number = Payment.objects.get().pk
    assert ran("receipt", number) == told


def test_a_month_and_a_top_up_can_be_named(account):
    ran("take", account.account_no, "1", "--staff", "till", "--month", "2025-06", "--topup", "--date", DAY)
    paid = Payment.objects.get()
    assert (paid.designated_month, paid.topup) == (202506, True)


def test_without_a_date_the_clock_gives_it(account):
    ran("take", account.account_no, "1", "--staff", "till")
    assert Payment.objects.get().booked_date >= date(2026, 1, 1)


@pytest.mark.parametrize(("verb", "state"), [("reverse", "reversed"), ("bounce", "bounced")])
def test_a_payment_is_taken_back(account, verb, state):
    credit(batch(receipt("r1", account.account_no, 500)), booked_date=TODAY)
    told = ran(verb, "bank", "r1", "--staff", "boss", "--reason", "wrong", "--date", DAY)
    assert told.strip() == f"bank r1: 5.00 yuan is {state}"


def test_money_in_transit_clears_and_unknown_money_is_assigned(account):
    rows = batch(receipt("r1", account.account_no, 500, kind="in_transit"), receipt("r2", "9999", 700))
    credit(rows, booked_date=TODAY)
    ran("clear", "bank", "r1", "--staff", "boss", "--reason", "seen", "--date", DAY)
    ran("assign", "bank", "r2", account.account_no, "--staff", "boss", "--reason", "rang", "--date", DAY)
    assert AccountBalance.objects.get().receivable_fen == 10_000 - 1_200


@pytest.mark.parametrize(("verb", "state"), [("approve", "approved"), ("refuse", "refused")])
def test_a_waiver_is_asked_for_by_one_and_decided_by_another(account, verb, state):
    bill = account.bill_set.get().pk
    told = ran("waive", "request", bill, "2", "--staff", "till", "--reason", "flood", "--date", DAY)
    number = told.split()[1]
    told = ran("waive", verb, number, "--staff", "boss", "--date", DAY)
    assert told.strip() == f"waiver {number} of 2.00 yuan is {state}"


def test_a_statement_prints_opening_lines_and_closing(account):
    credit(batch(receipt("r1", account.account_no, 500)), booked_date=TODAY)
    told = ran("statement", account.account_no, "--from", "2025-07-01", "--to", "2025-08-01")
    for text in ("opening balance", "bill released", "payment received", "bank r1", "closing balance", "95.00"):
        assert text in told


def test_a_reconciliation_that_differs_exits_with_one(account, tmp_path):
    credit(batch(receipt("r1", account.account_no, 500)), booked_date=TODAY)
    file = tmp_path / "bank.csv"
    file.write_text("account_no,paid_at,amount_yuan,channel,channel_ref\n1,2025-07-10 10:00,5.00,bank,r1\n")
    period = ("--from", "2025-07-01", "--to", "2025-08-01")
    assert "1 match" in ran("reconcile", "bank", file, *period)
    file.write_text("account_no,paid_at,amount_yuan,channel,channel_ref\n1,2025-07-10 10:00,6.00,bank,r1\n")
    assert "AMOUNT_DIFFERS" in ran("reconcile", "bank", file, *period, code=1)


def test_the_proof_says_that_all_agrees_or_exits_with_one(account):
    assert "agree" in ran("prove", "--date", DAY)
    AccountBalance.objects.update(receivable_fen=1)
    assert "RECEIVABLE_DIFFERS" in ran("prove", "--date", DAY, code=1)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("take", "9999", "1", "--staff", "till"), UnableToTakePaymentError),
        (("take", "9999", "1.005", "--staff", "till"), UnableToReadMoneyError),
        (("take", "9999", "1", "--staff", "nobody"), UnableToFindStaffError),
    ],
)
def test_mistakes_are_refused_not_guessed(account, words, error):
    with pytest.raises(error):
        ran(*words)


def test_a_date_that_is_none_is_a_usage_error(account):
    assert "is not a date" in ran("prove", "--date", "yesterday", code=2)
