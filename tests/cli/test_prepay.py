"""`zaikong prepay`."""

from datetime import date

import pytest
from typer.testing import CliRunner

from ledger_desk import batch, make_account, proof, receipt, release
from papers_read import pdf_text
from prepayment_desk import estimated, paper, prepaid_account, staff_of, with_relay
from zaikong.application.payments import credit
from zaikong.application.prepayment.agreements import UnableToSignPrepaymentError
from zaikong.cli.prepay import app
from zaikong.store.models import Account, AccountBalance, PaymentModeSwitch, PrepaymentAgreement, PrepaymentRefund

pytestmark = pytest.mark.django_db

AT = "2025-07-20T10:00"


def ran(*words, code=0):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_an_agreement_from_draft_to_its_end(tmp_path):
    account = make_account()
    staff_of("drafter", "draft_prepaymentagreement")
    staff_of("signer", "sign_prepaymentagreement", "handle_collectioncase")
    terms = ("--warn", "30", "--warn", "5", "--overdraft", "20", "--old-debt", "300", "--phone", "13800000000")
    assert "drafted" in ran("draft", account.account_no, "--staff", "drafter", *terms, "--at", AT)
    made = PrepaymentAgreement.objects.get()
    assert (made.warn_fen, made.overdraft_cap_fen, made.old_debt_permille) == ([3_000, 500], 2_000, 300)
    assert (made.cut_mode, made.restore_mode) == ("approved", "safe")
    printed = tmp_path / "agreement.pdf"
    ran("print", made.agreement_no, str(printed), "--staff", "drafter")
    assert "预购电协议" in pdf_text(printed.read_bytes())
    sign = ("sign", made.agreement_no, str(printed), "--name", "李光明", "--staff", "signer", "--at", AT)
    with pytest.raises(UnableToSignPrepaymentError, match="NOT_EXPLAINED"):
        ran(*sign)
    assert "in force from 2025-07-20" in ran(*sign, "--explained")
    ran("end", made.agreement_no, "--staff", "signer", "--reason", "moved", "--at", "2025-07-22T10:00")
    made.refresh_from_db()
    assert (made.state, made.ended_date) == ("ended", date(2025, 7, 22))


def test_modes_can_be_chosen():
    account = make_account()
    staff_of("drafter", "draft_prepaymentagreement")
    asked = ("draft", account.account_no, "--staff", "drafter", "--phone", "13800000000", "--at", AT)
    ran(*asked, "--automatic-cut", "--automatic-restore", "--warn-days", "7", "--warn-days", "3")
    made = PrepaymentAgreement.objects.get()
    assert (made.cut_mode, made.restore_mode, made.warn_days) == ("automatic", "automatic", [7, 3])


def test_a_top_up_says_what_recovered_old_debt_and_show_says_the_parts():
    account = make_account()
    release([(account, 202506, date(2025, 7, 9), 50_000)], issued_date=date(2025, 6, 20))
    prepaid_account(account, at=paper().added_at.replace(month=7, day=10), old_debt_permille=300)
    staff_of("cashier", "take_payment")
    told = ran("top-up", account.account_no, "100", "--staff", "cashier", "--at", AT)
    assert "old debt 30.00 (300 per thousand: 30.00), stays 70.00" in told
    shown = ran("show", account.account_no, "--date", "2025-07-20")
    for said in ("prepaid", "70.00", "old debt still to recover", "470.00", "no night has estimated it"):
        assert said in shown


def test_a_refund_goes_through_three_commands():
    account = make_account()
    day = date(2025, 7, 10)
    prepaid_account(account, at=paper().added_at.replace(month=7, day=10))
    estimated(account, as_of=date(2025, 7, 20))
    credit(batch(receipt("t1", account.account_no, 10_000, day, kind="topup")), booked_date=day)
    staff_of("asking", "request_prepaymentrefund")
    staff_of("deciding", "approve_prepaymentrefund")
    asked = ("--reason", "moving", "--payee", "李光明", "--staff", "asking", "--at", AT)
    ran("refund", "request", account.account_no, "40", *asked)
    number = str(PrepaymentRefund.objects.get().pk)
    assert "is approved" in ran("refund", "decide", number, "--staff", "deciding", "--at", AT)
    assert "40.00 yuan paid out" in ran("refund", "pay", number, "--channel", "bank", "--staff", "asking", "--at", AT)
    assert AccountBalance.objects.get().prepaid_fen == 6_000
    assert "0.00 yuan settled" in ran("refund", "settle-claim", account.account_no, "--staff", "asking", "--at", AT)
    ran("refund", "request", account.account_no, "10", *asked)
    other = str(PrepaymentRefund.objects.latest("pk").pk)
    told = ran("refund", "decide", other, "--refuse", "--reason", "no", "--staff", "deciding", "--at", AT)
    assert "is refused" in told
    assert proof(date(2025, 7, 20)) == []


def test_a_switch_is_ordered_approved_and_applied():
    account = make_account()
    with_relay(account)
    made = prepaid_account(account, at=paper().added_at.replace(month=7, day=10))
    Account.objects.update(payment_mode="post_paid")
    staff_of("ordering", "order_paymentmodeswitch")
    staff_of("approving", "approve_paymentmodeswitch")
    order = ("switch", "order", account.account_no, "prepaid", "--ground", "agreed", "--reason", "x")
    more = ("--consent", str(made.evidence_id), "--staff", "ordering", "--at", AT)
    ran(*order, *more, "--on", "2025-07-25")
    ran("switch", "cancel", str(PaymentModeSwitch.objects.get().pk), "--staff", "ordering", "--reason", "y", "--at", AT)
    ran(*order, *more)
    number = str(PaymentModeSwitch.objects.latest("pk").pk)
    assert "takes effect on 2025-07-20" in ran("switch", "approve", number, "--staff", "approving", "--at", AT)
    assert "1 pay ahead" in ran("switch", "apply", "--date", "2025-07-20")
    account.refresh_from_db()
    assert account.payment_mode == "prepaid"


def test_a_moment_that_is_none_is_refused():
    assert "not a moment" in ran("end", "PA-1", "--staff", "x", "--reason", "x", "--at", "noon", code=2)
