"""Does an account show what is left of its prepaid money, on what terms, and can two people act on it there?"""

from datetime import date, timedelta

import builders
import fee_control_builders as made
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from zaikong.application.roles import Role
from zaikong.store.models import (
    Account,
    AccountBalance,
    AccountExposure,
    BalanceCrossing,
    DebtRecovery,
    HumanConfirmation,
    PaymentModeSwitch,
    PrepaidBalance,
    PrepaymentAgreement,
    PrepaymentRefund,
)

PAGE = "/accounts/4100000001/prepayment/"
PDF = b"%PDF-1.4 signed"


@pytest.fixture
def county(county: builders.County, monkeypatch: pytest.MonkeyPatch) -> builders.County:
    """The county on the day of the cuts; the seen account pays ahead and has 300 yuan."""
    made.today()
    monkeypatch.setattr(timezone, "now", lambda: made.NOW)
    AccountBalance.objects.filter(account=county.seen).update(prepaid_fen=30_000)
    made.balance(county.seen, level=1, available_fen=4_000, estimated_fen=2_000, billed_recently_fen=10_000)
    AccountExposure.objects.filter(account=county.seen).update(as_of_date=date(2025, 8, 11))
    return county


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("signed.pdf", PDF, content_type="application/pdf")


def test_the_balance_is_shown_with_its_parts(county: builders.County, signed_in) -> None:
    answer = signed_in(Role.MANAGER).get(PAGE)
    money = answer.context["money"]
    assert (money.prepaid_fen, money.owed_fen, money.estimated_fen, money.available_fen) == (
        30_000,
        6_000,
        2_000,
        22_000,
    )
    page = answer.content.decode()
    for said in ("可用余额", "220.00", "减：未缴账单", "60.00", "减：未出账用电", "20.00", "1 级", "2025-08-11"):
        assert said in page


def test_an_account_without_an_estimate_is_shown_too(county: builders.County, signed_in) -> None:
    page = signed_in(Role.MANAGER).get("/accounts/4100000002/prepayment/").content.decode()
    for said in ("尚无夜间估算", "后付费", "尚未起草协议"):
        assert said in page


def test_crossings_topups_and_their_share_for_old_debt_are_listed(county: builders.County, signed_in) -> None:
    agreement = made.agreement(county.seen, old_debt_permille=300)
    DebtRecovery.objects.create(
        payment=county.payment, agreement=agreement, permille=300, share_fen=1_200, recovered_fen=1_200
    )
    BalanceCrossing.objects.create(
        account=county.seen,
        kind="warn",
        threshold=5_000,
        available_fen=4_000,
        night_date=date(2025, 8, 11),
        fallen_at=made.NOW,
    )
    page = signed_in(Role.COLLECTOR, county.near).get(PAGE).content.decode()
    for said in (agreement.agreement_no, "30.0 %", "12.00", "50.00 元", "预警阈值", "50.00 · 20.00", "生效"):
        assert said in page


def test_an_agreement_is_drafted_by_one_and_signed_by_another_with_its_paper(
    county: builders.County, signed_in
) -> None:
    clerk = signed_in(Role.INTAKE_CLERK)
    form = {"act": "draft", "warn_yuan": "100 50", "overdraft": "0", "old_debt": "30.5", "phone": "13812341234"}
    wrong = clerk.post(PAGE, {**form, "old_debt": "many"})
    assert (wrong.status_code, "NUMBER_UNREADABLE" in wrong.content.decode()) == (409, True)
    assert 'value="100 50"' in wrong.content.decode()
    falls = clerk.post(PAGE, {**form, "warn_yuan": "50 100"})
    assert (falls.status_code, "TERMS_WRONG" in falls.content.decode()) == (409, True)
    answer = clerk.post(PAGE, form, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    draft = PrepaymentAgreement.objects.get()
    assert (draft.state, draft.warn_fen, draft.old_debt_permille) == ("draft", [10_000, 5_000], 305)

    manager = signed_in(Role.MANAGER)
    sign = {
        "act": "sign",
        "agreement": draft.agreement_no,
        "signed_by_name": "张三丰",
        "from_date": "2025-08-12",
        "evidence_kind": "document",
    }
    without = manager.post(PAGE, {**sign, "explained": "1"})
    assert (without.status_code, "EVIDENCE_UNKNOWN" in without.content.decode()) == (409, True)
    unexplained = manager.post(PAGE, {**sign, "files": paper()})
    assert "NOT_EXPLAINED" in unexplained.content.decode()
    assert unexplained.context["kept_count"] == 1
    manager.post(PAGE, {**sign, "explained": "1", "kept": unexplained.context["kept_token"]})
    draft.refresh_from_db()
    assert (draft.state, draft.signed_by_name, bytes(draft.evidence.content)) == ("in_force", "张三丰", PDF)
    paper_of = manager.get(f"{PAGE}{draft.agreement_no}/pdf/")
    assert (paper_of.headers["Content-Type"], paper_of.content[:5]) == ("application/pdf", b"%PDF-")

    early = manager.post(PAGE, {"act": "end", "agreement": draft.agreement_no, "reason": "x", "on": "2025-08-20"})
    assert "DATE_WRONG" in early.content.decode()
    manager.post(PAGE, {"act": "end", "agreement": draft.agreement_no, "reason": "用户申请", "on": "2025-08-12"})
    draft.refresh_from_db()
    assert (draft.state, draft.ended_reason) == ("ended", "用户申请")


def test_a_draft_is_withdrawn(county: builders.County, signed_in) -> None:
    draft = made.agreement(county.seen, signed=False)
    signed_in(Role.COLLECTOR, county.near).post(
        PAGE, {"act": "withdraw", "agreement": draft.agreement_no, "reason": "条款有误"}
    )
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


def test_a_refund_is_asked_for_approved_by_another_and_paid_out(county: builders.County, signed_in) -> None:
    cashier = signed_in(Role.CASHIER, county.near)
    form = {"act": "request", "amount": "50.00", "payee": "张三丰", "reason": "多存"}
    high = cashier.post(PAGE, {**form, "amount": "900"})
    assert (high.status_code, "REFUND_TOO_HIGH" in high.content.decode()) == (409, True)
    cashier.post(PAGE, form)
    refund = PrepaymentRefund.objects.get()
    assert (refund.state, refund.amount_fen) == ("requested", 5_000)
    manager = signed_in(Role.MANAGER)
    silent = manager.post(PAGE, {"act": "refuse", "refund": refund.pk, "reason": ""})
    assert (silent.status_code, "REASON_MISSING" in silent.content.decode()) == (409, True)
    manager.post(PAGE, {"act": "approve", "refund": refund.pk})
    cashier.post(PAGE, {"act": "pay_out", "refund": refund.pk, "channel": "counter"})
    refund.refresh_from_db()
    assert (refund.state, bool(refund.transaction)) == ("paid", True)
    assert AccountBalance.objects.get(account=county.seen).prepaid_fen == 25_000


def test_a_switch_is_ordered_on_a_ground_and_approved_by_another(county: builders.County, signed_in) -> None:
    Account.objects.filter(pk=county.seen.pk).update(payment_mode="post_paid")
    PrepaidBalance.objects.all().delete()
    clerk = signed_in(Role.INTAKE_CLERK)
    form = {
        "act": "order_switch",
        "to_mode": "prepaid",
        "ground": "agreed",
        "effective_date": "2025-08-15",
        "reason": "客户申请",
        "evidence_kind": "document",
    }
    missing = clerk.post(PAGE, form)
    assert (missing.status_code, "CONSENT_MISSING" in missing.content.decode()) == (409, True)
    unready = clerk.post(PAGE, {**form, "files": paper()})
    assert "NOT_READY" in unready.content.decode()
    made.agreement(county.seen)
    made.meter_of(county.seen)
    clerk.post(PAGE, {**form, "kept": unready.context["kept_token"]})
    switch = PaymentModeSwitch.objects.get()
    assert (switch.state, switch.to_mode, bytes(switch.consent.content)) == ("ordered", "prepaid", PDF)
    manager = signed_in(Role.MANAGER)
    manager.post(PAGE, {"act": "approve_switch", "switch": switch.pk})
    switch.refresh_from_db()
    assert switch.approved_by_id == int(manager.session["_auth_user_id"])
    manager.post(PAGE, {"act": "cancel_switch", "switch": switch.pk, "reason": "客户反悔"})
    switch.refresh_from_db()
    assert (switch.state, switch.ended_reason) == ("cancelled", "客户反悔")


def test_a_person_gives_their_word_that_supply_may_be_cut(county: builders.County, signed_in) -> None:
    manager = signed_in(Role.MANAGER)
    assert 'value="confirm_cut"' not in manager.get(PAGE).content.decode()
    refused = manager.post(PAGE, {"act": "confirm_cut", "note": "已核对"})
    assert (refused.status_code, HumanConfirmation.objects.count()) == (409, 0)
    assert "BALANCE_SUFFICIENT" in refused.content.decode()
    AccountBalance.objects.filter(account=county.seen).update(prepaid_fen=0)
    made.agreement(county.seen)
    PrepaidBalance.objects.update(
        below_limit=True, available_fen=-8_000, fallen_at=made.NOW - timedelta(days=2), warning_level=3
    )
    assert 'value="confirm_cut"' in manager.get(PAGE).content.decode()
    manager.post(PAGE, {"act": "confirm_cut", "note": "已电话联系本人"})
    assert HumanConfirmation.objects.get().note == "已电话联系本人"
    assert "已电话联系本人" in manager.get(PAGE).content.decode()


def test_papers_of_another_account_are_out_of_reach(county: builders.County, signed_in) -> None:
    other = made.agreement(county.unseen)
    PrepaymentRefund.objects.create(
        account=county.unseen,
        amount_fen=100,
        reason="x",
        payee="x",
        requested_by=builders.staff(Role.CASHIER),
        requested_at=made.NOW,
    )
    manager = signed_in(Role.MANAGER)
    posts = [
        {"act": "end", "agreement": other.agreement_no, "reason": "x", "on": "2025-08-12"},
        {"act": "approve", "refund": PrepaymentRefund.objects.get().pk},
        {"act": "approve_switch", "switch": "1"},
        {"act": "spend"},
    ]
    assert [manager.post(PAGE, form).status_code for form in posts] == [404] * len(posts)
    near = signed_in(Role.MANAGER, county.near)
    assert near.get("/accounts/4100000002/prepayment/").status_code == 404
    assert near.get(f"/accounts/4100000002/prepayment/{other.agreement_no}/pdf/").status_code == 404


@pytest.mark.parametrize(
    ("role", "act"),
    [
        (Role.CASHIER, "draft"),
        (Role.INTAKE_CLERK, "sign"),
        (Role.COLLECTOR, "end"),
        (Role.CASHIER, "approve"),
        (Role.MANAGER, "request"),
        (Role.CASHIER, "order_switch"),
        (Role.INTAKE_CLERK, "approve_switch"),
        (Role.COLLECTOR, "confirm_cut"),
        (Role.AUDITOR, "draft"),
        (Role.LEGAL_OFFICER, "pay_out"),
    ],
)
def test_who_has_no_right_does_nothing(role: Role, act: str, county: builders.County, signed_in) -> None:
    client = signed_in(role)
    assert client.post(PAGE, {"act": act}).status_code == 403
    assert f'value="{act}"' not in client.get(PAGE).content.decode()


def test_the_tab_speaks_english_and_comes_alone_when_asked_by_the_tabs(county: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    client.cookies["django_language"] = "en"
    part = client.get(PAGE, headers={"HX-Request": "true", "HX-Target": "zk-tab"}).content.decode()
    assert "<html" not in part
    for said in ("less use not yet billed", "Available", "Agreements", "Top-ups"):
        assert said in part


def test_the_tab_asks_the_same_number_of_queries_for_one_paper_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)

    def crossing(threshold: int) -> None:
        BalanceCrossing.objects.create(
            account=county.seen,
            kind="warn",
            threshold=threshold,
            available_fen=1,
            night_date=date(2025, 8, 11),
            fallen_at=made.NOW,
        )

    made.agreement(county.seen, signed=False)
    crossing(5_000)
    one = queries_of(client, PAGE)
    for number in range(2):
        made.agreement(county.seen, signed=False)
        crossing(number)
    assert queries_of(client, PAGE) == one
    assert one <= 44
