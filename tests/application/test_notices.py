"""Which notices are issued, what they ask for, and how they are served, voided and copied."""

from datetime import date, datetime, timedelta

import pytest
from django.db import ProgrammingError, transaction

from ledger_desk import batch, entitled, make_account, receipt, release
from papers_read import docx_text, pdf_text
from supply_contracts import contract
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.documents.contents import UnableToWriteNoticeError
from zaikong.application.notice_service import (
    UnableToServeNoticeError,
    copy_to_authority,
    record_service,
)
from zaikong.application.notices import (
    NoticeAsked,
    UnableToFindNoticeError,
    UnableToIssueNoticeError,
    UnableToVoidNoticeError,
    frozen_contents,
    issue_notice,
    issue_notices,
    notice_numbered,
    notice_pdf,
    notice_word,
    notices_pdf,
    receipt_pdf,
    void_notice,
)
from zaikong.application.payments import credit
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import (
    AccountBalance,
    CaseEvent,
    CollectionCase,
    DecisionRecord,
    Dispute,
    MessageItem,
    Notice,
    NoticeItem,
    OpenItem,
    OutboundMessage,
    Payment,
    Station,
    SupplyContract,
)

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)
NOW = datetime(2025, 7, 31, 9, 0, tzinfo=TIME_ZONE)
PAY_BY = date(2025, 8, 5)
CUT_AT = datetime(2025, 8, 7, 10, 0, tzinfo=TIME_ZONE)


@pytest.fixture
def clerk():
    return entitled("clerk", "serve_notice")


@pytest.fixture
def account():
    """A business that owes 100 yuan since 1 July (30 days at 2 permille: 6 yuan), in an open case."""
    made = make_account(category="business")
    release([(made, 202506, date(2025, 7, 1), 10_000)])
    case_of(made)
    return made


def case_of(account):
    return CollectionCase.objects.create(account=account, opened_at=NOW, overdue_since_date=date(2025, 7, 1))


def demand(account_no="4100000001", **more):
    return NoticeAsked(**{"account_no": account_no, "kind": "demand", "pay_by_date": PAY_BY} | more)


def stop(**more):
    return demand(**{"kind": "stop", "planned_cut_at": CUT_AT} | more)


def issue(asked, staff, at=NOW, as_of=TODAY):
    return issue_notice(asked=asked, staff=staff, at=at, as_of=as_of)


CONTENTS = {
    "video": b"\0\0\0\x18ftypmp42",
    "recording": b"OggS",
    "delivery_report": b'{"state": "delivered"}',
    "document": b"%PDF-1.7",
}
"""The first bytes of a file of each kind; the others are pictures."""


def proof(staff, kind="signature"):
    content = CONTENTS.get(kind, b"\x89PNG\r\n\x1a\n" + kind.encode())
    return add_evidence(kind=kind, content=content, file_name=kind, staff=staff, at=NOW).pk


def serve(notice, staff, at=NOW, **more):
    how = {
        "method": "signed",
        "receiver_name": "李光明",
        "receiver_standing": "self",
        "as_of": TODAY,
    }
    if "evidence" not in more:
        how["evidence"] = [proof(staff)]
    return record_service(**{"notice_no": notice.notice_no, "served_at": at, "staff": staff} | how | more)


def refusal(error, act, *given, **named):
    with pytest.raises(error) as caught:
        act(*given, **named)
    return caught.value.code


def unissued(asked, staff, **when):
    return refusal(UnableToIssueNoticeError, issue, asked, staff, **when)


def test_a_demand_asks_for_the_overdue_bill_with_its_late_fee(account, clerk):
    notice = issue(demand(), clerk)
    assert (notice.notice_no, notice.kind, notice.state, notice.amount_fen) == (
        "催2025-000001",
        "demand",
        "issued",
        10_600,
    )
    item = NoticeItem.objects.get()
    assert (item.open_fen, item.late_fee_fen) == (10_000, 600)
    contents = frozen_contents(notice)
    assert (contents.rates_ppm, contents.total_fen, contents.issued_date) == ((2000,), 10_600, TODAY)
    assert contents.legal_basis == (
        "《电力供应与使用条例》 第三十九条",
        "《中华人民共和国民法典》 第六百五十四条第一款",
    )


def test_a_notice_is_told_to_its_case_and_to_the_decision_log(account, clerk):
    notice = issue(demand(), clerk)
    event = CaseEvent.objects.get()
    assert (event.kind, event.outcome, event.amount_fen, event.facts["notice_no"]) == (
        "notice",
        "demand",
        10_600,
        notice.notice_no,
    )
    record = DecisionRecord.objects.get(kind="notice_issued")
    assert (record.subject, record.actor) == ("4100000001", "clerk")


def test_numbers_have_no_gap_and_are_counted_by_kind_and_year(account, clerk):
    first = issue(demand(), clerk)
    with pytest.raises(RuntimeError), transaction.atomic():
        issue(demand(), clerk)
        raise RuntimeError
    second = issue(demand(), clerk)
    serve(second, clerk)
    third = issue(stop(), clerk)
    assert [notice.notice_no for notice in (first, second, third)] == [
        "催2025-000001",
        "催2025-000002",
        "停2025-000001",
    ]
    later = date(2026, 1, 2)
    next_year = issue(demand(pay_by_date=date(2026, 1, 9)), clerk, at=NOW.replace(2026, 1, 2), as_of=later)
    assert (next_year.notice_no, frozen_contents(next_year).rates_ppm) == ("催2026-000001", (2000, 3000))


def test_a_batch_issues_what_it_can_and_reports_the_rest(account, clerk):
    make_account("4100000002")
    issued = issue_notices(asked=[demand("4100000002"), demand(), demand("9999")], staff=clerk, at=NOW, as_of=TODAY)
    assert [notice.notice_no for notice in issued.notices] == ["催2025-000001"]
    assert [(finding.code, finding.subject) for finding in issued.findings] == [
        ("NOTHING_OVERDUE", "4100000002"),
        ("ACCOUNT_UNKNOWN", "9999"),
    ]


def test_the_night_issues_without_a_person(account):
    notice = issue(demand(), None)
    assert (notice.issued_by, DecisionRecord.objects.get(kind="notice_issued").actor) == (None, "night")


def test_nothing_disputed_is_asked_for(account, clerk):
    other = release([(account, 202505, date(2025, 6, 1), 5_000)])[0]
    OpenItem.objects.filter(pk=other).update(disputed=True)
    assert issue(demand(), clerk).amount_fen == 10_600
    OpenItem.objects.update(disputed=False)
    assert issue(demand(), clerk).amount_fen == 10_600 + 5_000 + 600
    dispute(account, OpenItem.objects.get(pk=other).bill)
    assert issue(demand(), clerk).amount_fen == 10_600
    dispute(account, None)
    assert unissued(demand(), clerk) == "ACCOUNT_DISPUTED"


def dispute(account, bill):
    Dispute.objects.create(
        account=account, bill=bill, raised_at=NOW, raised_by_name="李光明", subject="表快", answer_due_date=TODAY
    )


def test_what_was_paid_is_not_asked_for(account, clerk):
    credit(batch(receipt("r1", "4100000001", 4_000, "2025-07-11")), booked_date=TODAY)
    assert issue(demand(), clerk).amount_fen == 6_000 + 80 + 360
    credit(batch(receipt("r2", "4100000001", 6_440, "2025-07-31")), booked_date=TODAY)
    assert unissued(demand(), clerk) == "NOTHING_OVERDUE"


def test_nothing_is_asked_for_while_prepaid_money_waits(account, clerk):
    AccountBalance.objects.filter(account=account).update(prepaid_fen=1)
    assert unissued(demand(), clerk) == "PREPAID_WAITS"


def test_no_stop_notice_goes_out_while_a_payment_is_on_its_way(account, clerk):
    serve(issue(demand(), clerk), clerk)
    Payment.objects.create(
        channel="bank",
        channel_ref="t1",
        account=account,
        account_no_given=account.account_no,
        amount_fen=1,
        paid_at=NOW,
        booked_date=TODAY,
        state="in_transit",
    )
    assert unissued(stop(), clerk) == "PAYMENT_IN_TRANSIT"
    assert issue(demand(), clerk).kind == "demand"


def test_a_bill_due_today_is_not_overdue(clerk):
    release([(make_account(), 202506, TODAY, 10_000)])
    assert unissued(demand(), clerk) == "NOTHING_OVERDUE"


def test_the_rate_of_the_contract_is_printed(clerk):
    release([(make_account(category="business", late_fee_ppm=1500), 202506, date(2025, 7, 1), 10_000)])
    assert frozen_contents(issue(demand(), clerk)).rates_ppm == (1500,)


def test_a_resident_is_asked_for_one_permille(clerk):
    release([(make_account(), 202506, date(2025, 7, 1), 10_000)])
    contents = frozen_contents(issue(demand(), clerk))
    assert (contents.rates_ppm, contents.late_fee_fen) == ((1000,), 300)


def test_a_stop_notice_needs_a_served_demand_of_this_episode(account, clerk):
    assert unissued(stop(), clerk) == "NOT_DEMANDED"
    asked = issue(demand(), clerk)
    assert unissued(stop(), clerk) == "NOT_DEMANDED"
    serve(asked, clerk)
    notice = issue(stop(), clerk)
    contents = frozen_contents(notice)
    assert contents.rests_on == "《电费催缴通知书》催2025-000001"
    assert (contents.stop.at, contents.stop.restore_hours, contents.stop.authority) == (CUT_AT, 24, "")
    CollectionCase.objects.update(episode=2)
    assert unissued(stop(), clerk) == "NOT_DEMANDED"


def test_a_delivered_message_is_a_demand_too(account, clerk):
    message = OutboundMessage.objects.create(
        customer=account.customer,
        business_date=TODAY,
        step="first",
        statutory=True,
        template="demand",
        template_edition="2025",
        language="zh",
        channel="sms",
        address="13800000000",
        body="请交费",
        not_before_at=NOW,
        queued_at=NOW,
    )
    case = CollectionCase.objects.get()
    bill = OpenItem.objects.get().bill
    MessageItem.objects.create(message=message, account=account, case=case, bill=bill, open_fen=1, late_fee_fen=0)
    assert unissued(stop(), clerk) == "NOT_DEMANDED"
    OutboundMessage.objects.update(state="sending")
    OutboundMessage.objects.update(state="sent", sent_at=NOW)
    OutboundMessage.objects.update(state="delivered", delivered_at=NOW)
    assert frozen_contents(issue(stop(), clerk)).rests_on == f"2025年7月31日送达的催交短信（{message.pk}号）"


def test_a_stop_notice_waits_as_long_as_the_law_says(account, clerk):
    serve(issue(demand(), clerk), clerk)
    soon = NOW + timedelta(days=3)
    assert issue(stop(planned_cut_at=soon, pay_by_date=date(2025, 8, 2)), clerk).planned_cut_at == soon
    early = stop(planned_cut_at=soon - timedelta(minutes=1), pay_by_date=date(2025, 8, 2))
    with pytest.raises(UnableToIssueNoticeError) as caught:
        issue(early, clerk)
    assert caught.value.code == "CUT_TOO_SOON"


def test_a_resident_is_told_a_week_before(clerk):
    made = make_account()
    release([(made, 202506, date(2025, 6, 1), 10_000)])
    case_of(made)
    serve(issue(demand(), clerk), clerk)
    assert unissued(stop(planned_cut_at=NOW + timedelta(days=6, hours=23)), clerk) == "CUT_TOO_SOON"
    assert issue(stop(planned_cut_at=NOW + timedelta(days=7)), clerk).kind == "stop"


def test_a_last_notice_rests_on_the_stop_notice_and_its_time(account, clerk):
    last = stop(kind="final")
    assert unissued(last, clerk) == "NO_STOP_NOTICE"
    serve(issue(demand(), clerk), clerk)
    serve(issue(stop(), clerk), clerk)
    other = stop(kind="final", planned_cut_at=CUT_AT + timedelta(hours=1))
    assert unissued(other, clerk) == "CUT_TIME_OTHER"
    made = issue(last, clerk, at=CUT_AT - timedelta(minutes=30))
    assert (made.notice_no, frozen_contents(made).rests_on) == ("再2025-000001", "《停电通知书》停2025-000001")
    assert unissued(last, clerk, at=CUT_AT - timedelta(minutes=29)) == "CUT_TOO_SOON"


def test_an_important_user_s_stop_notice_names_the_authority(clerk):
    made = make_account(category="industrial", important_grade="second")
    release([(made, 202506, date(2025, 6, 1), 10_000)])
    case_of(made)
    serve(issue(demand(), clerk), clerk)
    assert frozen_contents(issue(stop(), clerk)).stop.authority == "某县发展和改革委员会"


def test_unusable_requests_are_refused_with_their_reason(account, clerk):
    serve(issue(demand(), clerk), clerk)
    assert unissued(demand(pay_by_date=date(2025, 7, 30)), clerk) == "PAY_BY_WRONG"
    assert unissued(stop(pay_by_date=date(2025, 8, 8)), clerk) == "PAY_BY_WRONG"
    assert unissued(stop(planned_cut_at=None), clerk) == "CUT_TIME_MISSING"
    assert unissued(stop(planned_cut_at=CUT_AT.replace(tzinfo=None)), clerk) == "CUT_TIME_MISSING"
    assert unissued(demand(planned_cut_at=CUT_AT), clerk) == "CUT_TIME_UNWANTED"
    twice = {"asked": [demand(), demand()], "staff": clerk, "at": NOW, "as_of": TODAY}
    assert refusal(UnableToIssueNoticeError, issue_notices, **twice) == "ASKED_TWICE"


def test_rights_and_sight_are_asked_for(account, clerk):
    other = entitled("other", "take_payment")
    assert unissued(demand(), other) == "NOT_ENTITLED"
    clerk.station = Station.objects.create(code="S2", name="城东供电所")
    clerk.save()
    assert unissued(demand(), clerk) == "ACCOUNT_UNKNOWN"
    notice = issue(demand(), None)
    assert refusal(UnableToFindNoticeError, notice_numbered, notice.notice_no, staff=clerk) == "NOTICE_UNKNOWN"
    assert refusal(UnableToFindNoticeError, notices_pdf, notice_nos=[notice.notice_no], staff=clerk) == "NOTICE_UNKNOWN"
    assert refusal(UnableToServeNoticeError, serve, notice, other, evidence=[]) == "NOT_ENTITLED"


def test_the_paper_is_made_from_the_frozen_contents_and_stays_the_same(account, clerk):
    notice = issue(demand(), clerk)
    before = notice_pdf(notice_no=notice.notice_no, staff=clerk)
    account.customer.name = "改名"
    account.customer.save()
    OpenItem.objects.update(open_fen=1)
    assert notice_pdf(notice_no=notice.notice_no, staff=clerk).sha256 == before.sha256
    assert "户4100000001" in pdf_text(before.content)
    assert "106.00" in docx_text(notice_word(notice_no=notice.notice_no, staff=clerk).content)
    assert "送达回证" in pdf_text(receipt_pdf(notice_no=notice.notice_no, staff=clerk).content)
    many = notices_pdf(notice_nos=[notice.notice_no], staff=clerk)
    assert "共1份，合计106.00元" in pdf_text(many.content)


def test_contents_changed_past_the_guards_are_found(account, clerk):
    notice = issue(demand(), clerk)
    with pytest.raises(ProgrammingError, match="keeps_what_was_said"), transaction.atomic():
        Notice.objects.update(contents_sha256="0" * 64)
    notice.contents["pay_by_date"] = "2025-08-06"
    assert refusal(UnableToWriteNoticeError, frozen_contents, notice) == "CONTENTS_CHANGED"


def test_a_signed_notice_is_served(account, clerk):
    notice = issue(demand(), clerk)
    service = serve(notice, clerk)
    notice.refresh_from_db()
    assert (notice.state, service.method, service.receiver_standing) == ("served", "signed", "self")
    event = CaseEvent.objects.get(kind="served")
    assert (event.outcome, event.caseeventevidence_set.count()) == ("signed", 1)
    assert DecisionRecord.objects.filter(kind="notice_served").count() == 1


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("signed", "photo"),
        ("left", "photo"),
        ("left", "video"),
        ("mail", "receipt"),
        ("message", "delivery_report"),
        ("call", "recording"),
        ("public", "document"),
    ],
)
def test_each_way_of_service_is_recorded_with_its_proof_and_refused_without(account, clerk, method, kind):
    notice = issue(demand(), clerk)
    how = {"method": method, "witnesses": ["张三", "李四"]}
    wrong = proof(clerk, "witness")
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, **how, evidence=[]) == "EVIDENCE_MISSING"
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, **how, evidence=[wrong]) == "EVIDENCE_MISSING"
    assert serve(notice, clerk, **how, evidence=[proof(clerk, kind), wrong]).serviceevidence_set.count() == 2


@pytest.mark.parametrize("witnesses", [[], ["张三"], ["张三", "张三"], ["张三", " "], ["张三", "李四", "王五"]])
def test_a_refused_notice_needs_two_witnesses(account, clerk, witnesses):
    notice = issue(demand(), clerk)
    how = {"method": "left", "witnesses": witnesses, "evidence": [proof(clerk, "photo")]}
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, **how) == "WITNESSES_MISSING"


def test_who_may_sign_depends_on_the_receiver(account, clerk):
    notice = issue(demand(), clerk)
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, receiver_name=" ") == "RECEIVER_MISSING"
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, receiver_standing="") == "RECEIVER_UNFIT"
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, receiver_standing="mail_room") == "RECEIVER_UNFIT"
    account.customer.usci = "91410000000000000X"
    account.customer.save()
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, receiver_standing="self") == "RECEIVER_UNFIT"
    assert serve(notice, clerk, receiver_standing="mail_room").receiver_standing == "mail_room"


def test_a_stop_notice_by_message_needs_the_contract_s_consent(account, clerk):
    serve(issue(demand(), clerk), clerk)
    notice = issue(stop(), clerk)
    how = {"method": "message", "evidence": [proof(clerk, "delivery_report")]}
    with pytest.raises(UnableToServeNoticeError) as caught:
        serve(notice, clerk, **how)
    assert (caught.value.code, caught.value.article) == (
        "MESSAGE_NOT_AGREED",
        "《中华人民共和国民法典》 第四百九十六条",
    )
    draft = SupplyContract.objects.create(
        account=account,
        version=1,
        terms=contract().model_dump(mode="json"),
        terms_sha256="0" * 64,
        clauses_edition="x",
        drafted_date=TODAY,
    )
    draft.state, draft.signed_date, draft.from_date, draft.signed_by_name = "in_force", TODAY, TODAY, "李光明"
    draft.save()
    assert serve(notice, clerk, **how).method == "message"
    call = {"method": "call", "evidence": [proof(clerk, "recording")]}
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, **call) == "CALL_UNFIT"


def test_a_notice_is_not_served_before_it_was_issued_or_after_today(account, clerk):
    notice = issue(demand(), clerk)
    for when in (NOW - timedelta(seconds=1), NOW + timedelta(days=1), NOW.replace(tzinfo=None)):
        assert refusal(UnableToServeNoticeError, serve, notice, clerk, at=when) == "TIME_WRONG"


def test_unknown_things_are_refused(account, clerk):
    notice = issue(demand(), clerk)
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, evidence=[4711]) == "EVIDENCE_UNKNOWN"
    assert refusal(UnableToServeNoticeError, serve, notice, clerk, method="pigeon") == "METHOD_UNKNOWN"
    assert refusal(UnableToFindNoticeError, notice_pdf, notice_no="催2025-999999", staff=clerk) == "NOTICE_UNKNOWN"
    assert refusal(UnableToFindNoticeError, notices_pdf, notice_nos=[], staff=clerk) == "NOTICE_UNKNOWN"


def test_a_void_notice_stays_and_nothing_rests_on_it(account, clerk):
    notice = issue(demand(), clerk)
    serve(notice, clerk)
    void = {"notice_no": notice.notice_no, "staff": clerk, "as_of": TODAY}
    assert refusal(UnableToVoidNoticeError, void_notice, **void, reason=" ") == "REASON_MISSING"
    assert void_notice(**void, reason="金额有误").state == "void"
    assert refusal(UnableToVoidNoticeError, void_notice, **void, reason="again") == "NOTICE_VOID"
    assert refusal(UnableToServeNoticeError, serve, notice, clerk) == "NOTICE_VOID"
    assert unissued(stop(), clerk) == "NOT_DEMANDED"
    assert issue(demand(), clerk).notice_no == "催2025-000002"


def test_a_copy_goes_to_the_authority_with_its_proof(account, clerk):
    asked = issue(demand(), clerk)
    serve(asked, clerk)
    notice = issue(stop(), clerk)
    kept = proof(clerk, "receipt")
    copy = {"notice_no": notice.notice_no, "authority": "县发改委", "copied_at": NOW, "evidence": kept}
    copy |= {"staff": clerk, "as_of": TODAY}
    code = lambda **change: refusal(UnableToServeNoticeError, copy_to_authority, **copy | change)  # noqa: E731
    assert code(notice_no=asked.notice_no) == "NO_STOP_NOTICE"
    assert code(authority=" ") == "AUTHORITY_MISSING"
    assert code(evidence=4711) == "EVIDENCE_UNKNOWN"
    assert code(copied_at=NOW - timedelta(days=1)) == "TIME_WRONG"
    assert copy_to_authority(**copy).authority == "县发改委"
    void_notice(notice_no=notice.notice_no, reason="x", staff=clerk, as_of=TODAY)
    assert code() == "NOTICE_VOID"
