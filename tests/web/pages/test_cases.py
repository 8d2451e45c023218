"""What do the list of cases and the page of a case show, and what can be done there?"""

from datetime import timedelta

import builders
import case_builders
import pytest
from case_builders import paper, photo

from zaikong.application.collection.evidence import add_evidence
from zaikong.application.roles import Role
from zaikong.store.models import (
    CaseEvent,
    CasePause,
    CollectionCase,
    Dispute,
    Evidence,
    InstalmentAgreement,
    PromiseToPay,
    Protection,
    VulnerableReview,
)
from zaikong.web.business_day import business_date, business_time

PASSWORD = builders.PASSWORD


@pytest.fixture
def case(county: builders.County) -> CollectionCase:
    return case_builders.opened(county)


@pytest.fixture
def address(case: CollectionCase) -> str:
    return f"/cases/{case.pk}/"


@pytest.fixture
def desk(case: CollectionCase, signed_in):
    return signed_in(Role.COLLECTOR)


def _in(days: int) -> str:
    return (business_date() + timedelta(days=days)).isoformat()


def _kinds(case: CollectionCase) -> list[str]:
    return list(CaseEvent.objects.filter(case=case).order_by("id").values_list("kind", flat=True))


def test_the_list_shows_the_cases_with_their_sums(case: CollectionCase, desk) -> None:
    page = desk.get("/cases/").content.decode()
    assert page.count(f'href="/cases/{case.pk}/"') == 2
    assert "4100000001" in page
    assert "张**" in page
    assert "张三丰" not in page
    assert "160.00" in page  # both cases together


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("state=open", True),
        ("state=closed", False),
        ("days=11", True),
        ("days=12", False),
        ("from=60.00", True),
        ("from=60.01", False),
        ("category=residential", True),
        ("category=industrial", False),
        ("grade=0", True),
        ("grade=1", False),
        ("collector=0", True),
        ("q=410000000", True),
        ("q=nobody", False),
        ("order=amount", True),
        ("from=abc&days=-1&state=wrong&page=x", True),
    ],
)
def test_the_list_keeps_what_is_asked_for(case: CollectionCase, desk, query: str, seen: bool) -> None:
    page = desk.get(f"/cases/?{query}").content.decode()
    assert (f'href="/cases/{case.pk}/"' in page) is seen


def test_the_list_is_ordered_as_asked(case: CollectionCase, county: builders.County, desk) -> None:
    case_builders.more_cases(county.near, 1)
    largest = CollectionCase.objects.exclude(account__in=[county.seen, county.unseen]).get()
    numbers = [row.pk for row in desk.get("/cases/?order=amount").context["rows"]]
    assert numbers[0] == largest.pk
    newest = [row.overdue_since_date for row in desk.get("/cases/?order=newest").context["rows"]]
    assert newest == sorted(newest, reverse=True)


def test_a_case_of_another_station_is_not_seen(case: CollectionCase, county: builders.County, signed_in) -> None:
    near = signed_in(Role.COLLECTOR, county.near)
    far = case_builders.case_of(county.unseen)
    page = near.get("/cases/").content.decode()
    assert f'href="/cases/{case.pk}/"' in page
    assert f'href="/cases/{far.pk}/"' not in page
    assert "60.00" in page
    assert "160.00" not in page
    assert near.get(f"/cases/{far.pk}/").status_code == 404
    assert near.get(f"/cases/{far.pk}/ladder/").status_code == 404
    assert near.post(f"/cases/{far.pk}/", {"act": "note", "note": "x"}).status_code == 404
    assert near.get("/cases/999999/").status_code == 404


def test_a_list_of_three_asks_as_much_as_a_list_of_one(
    case: CollectionCase, county: builders.County, signed_in, queries_of
) -> None:
    near = signed_in(Role.COLLECTOR, county.near)
    one = queries_of(near, "/cases/")
    case_builders.more_cases(county.near, 2)
    assert queries_of(near, "/cases/") == one


def test_a_long_history_asks_as_much_as_a_short_one(case: CollectionCase, address: str, desk, queries_of) -> None:
    desk.post(address, {"act": "note", "note": "first", "evidence_kind": "photo", "files": photo()})
    desk.get(address)
    one = queries_of(desk, address)
    for number in range(3):
        content = case_builders.PNG + bytes([number])
        desk.post(address, {"act": "note", "note": "more", "evidence_kind": "photo", "files": photo(content=content)})
    desk.get(address)
    assert queries_of(desk, address) == one
    assert one < 50


def test_the_page_shows_head_and_history(case: CollectionCase, address: str, desk) -> None:
    page = desk.get(address).content.decode()
    assert "138****1234" in page
    assert "13812341234" not in page
    assert "60.00" in page
    assert "逾期 11 天" in page
    assert "立案" in page or "开启" in page


def test_the_ladder_comes_alone_for_the_page_and_whole_for_a_browser(address: str, desk) -> None:
    alone = desk.get(f"{address}ladder/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in alone
    assert "zk-ladder" in alone
    assert "<html" in desk.get(f"{address}ladder/").content.decode()


def test_a_call_is_written_down(case: CollectionCase, address: str, desk) -> None:
    answer = desk.post(address, {"act": "call", "outcome": "reached", "spoken_to": "张三丰", "note": "月底缴清"})
    assert (answer.status_code, answer.url) == (302, address)
    assert _kinds(case)[-1] == "call"
    assert "月底缴清" in desk.get(address).content.decode()


def test_a_refused_call_says_why_and_keeps_what_was_typed(case: CollectionCase, address: str, desk) -> None:
    answer = desk.post(address, {"act": "call", "outcome": "reached", "note": "月底缴清"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "SPOKEN_TO_MISSING" in page
    assert "缺少接听人或接待人" in page
    assert '<option value="reached" selected>' in page
    assert "月底缴清</textarea>" in page
    assert "call" not in _kinds(case)


def test_a_call_that_lies_ahead_or_before_the_case_is_refused(address: str, desk) -> None:
    ahead = desk.post(address, {"act": "call", "outcome": "no_answer", "at": f"{_in(1)}T10:00"})
    before = desk.post(address, {"act": "call", "outcome": "no_answer", "at": f"{_in(-9)}T10:00"})
    wrong = desk.post(address, {"act": "call", "outcome": "no_answer", "at": "yesterday"})
    assert [("TIME_IN_FUTURE" in ahead.content.decode()), ("MOMENT_TOO_EARLY" in before.content.decode())] == [True] * 2
    assert "DATE_MISSING" in wrong.content.decode()


def test_a_visit_keeps_its_photo_and_gives_it_back_to_the_byte(case: CollectionCase, address: str, desk) -> None:
    desk.post(address, {"act": "visit", "outcome": "absent", "evidence_kind": "photo", "files": photo("门口.png")})
    proof = Evidence.objects.get()
    assert _kinds(case)[-1] == "visit"
    answer = desk.get(f"/evidence/{proof.pk}/")
    assert answer.content == case_builders.PNG
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert f'href="/evidence/{proof.pk}/"' in desk.get(address).content.decode()


def test_a_proof_is_seen_by_who_sees_its_case_and_holds_the_right(
    case: CollectionCase, county: builders.County, address: str, desk, signed_in
) -> None:
    desk.post(address, {"act": "visit", "outcome": "absent", "evidence_kind": "photo", "files": photo()})
    link = f"/evidence/{Evidence.objects.get().pk}/"
    assert signed_in(Role.COLLECTOR, county.near).get(link).status_code == 200
    assert signed_in(Role.COLLECTOR, county.far).get(link).status_code == 404
    assert signed_in(Role.BILLING_CLERK).get(link).status_code == 403
    staff = builders.staff(Role.COLLECTOR)
    loose = add_evidence(kind="photo", content=photo().read() + b"2", file_name="", staff=staff, at=business_time())
    assert desk.get(f"/evidence/{loose.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (photo("virus.exe", b"MZ\x90\x00"), "TYPE_UNKNOWN"),
        (photo("page.png", b"<html><script>alert(1)</script>"), "TYPE_UNKNOWN"),
        (paper(), "TYPE_MISFIT"),
        (photo("none.png", b""), "FILE_EMPTY"),
        (photo("large.png", case_builders.PNG + b"0" * (10 * 1024 * 1024)), "FILE_TOO_LARGE"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(case: CollectionCase, address: str, desk, file, code: str) -> None:
    file.seek(0)
    answer = desk.post(
        address, {"act": "visit", "outcome": "absent", "note": "门锁着", "evidence_kind": "photo", "files": file}
    )
    assert answer.status_code == 409
    assert code in answer.content.decode()
    assert "门锁着</textarea>" in answer.content.decode()
    assert Evidence.objects.count() == 0
    assert "visit" not in _kinds(case)


def test_a_file_is_kept_when_the_form_is_refused(case: CollectionCase, address: str, desk) -> None:
    form = {"act": "visit", "outcome": "met", "evidence_kind": "photo"}
    answer = desk.post(address, {**form, "files": photo()})
    token = answer.context["kept_token"]
    assert (answer.status_code, answer.context["kept_count"]) == (409, 1)
    assert token in answer.content.decode()
    desk.post(address, {**form, "spoken_to": "张三丰", "kept": token})
    event = CaseEvent.objects.get(case=case, kind="visit")
    assert event.caseeventevidence_set.get().evidence == Evidence.objects.get()


def test_a_token_of_another_case_or_hand_gives_no_proof(
    case: CollectionCase, county: builders.County, address: str, desk
) -> None:
    far = case_builders.case_of(county.unseen)
    answer = desk.post(
        f"/cases/{far.pk}/", {"act": "visit", "outcome": "met", "evidence_kind": "photo", "files": photo()}
    )
    for token in (answer.context["kept_token"], "[1]:x:y"):
        refused = desk.post(address, {"act": "visit", "outcome": "absent", "kept": token})
        assert "EVIDENCE_MISSING" in refused.content.decode()


def test_a_promise_is_taken_and_withdrawn(case: CollectionCase, address: str, desk) -> None:
    form = {"act": "promise", "amount": "60", "promised_date": _in(5), "made_by_name": "张三丰", "channel": "phone"}
    assert desk.post(address, form).status_code == 302
    promise = PromiseToPay.objects.get()
    assert (promise.amount_fen, case_builders.case_of(case.account).state) == (6_000, "promised")
    assert "缴费承诺" in desk.get(address).content.decode()
    desk.post(address, {"act": "withdraw_promise", "promise": promise.pk, "reason": "记错"})
    promise.refresh_from_db()
    assert promise.state == "withdrawn"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"amount": "9999"}, "AMOUNT_WRONG"),
        ({"amount": "many"}, "MONEY_UNREADABLE"),
        ({"promised_date": ""}, "DATE_MISSING"),
        ({"promised_date": "2026-09-01"}, "PROMISED_DATE_WRONG"),
    ],
)
def test_a_promise_nobody_can_take_is_refused(address: str, desk, wrong: dict[str, str], code: str) -> None:
    form = {"act": "promise", "amount": "60", "promised_date": _in(5), "made_by_name": "张三丰", "channel": "phone"}
    answer = desk.post(address, form | wrong)
    assert (answer.status_code, code in answer.content.decode()) == (409, True)
    assert 'value="张三丰"' in answer.content.decode()
    assert PromiseToPay.objects.count() == 0


def test_a_dispute_is_raised_and_decided_by_who_may(
    case: CollectionCase, county: builders.County, address: str, desk, signed_in
) -> None:
    form = {"act": "dispute", "bill": county.bill.pk, "raised_by_name": "张三丰", "subject": "电量不对"}
    assert desk.post(address, form).status_code == 302
    dispute = Dispute.objects.get()
    assert "DISPUTE_OPEN" in desk.post(address, form).content.decode()
    decide = {"act": "decide_dispute", "dispute": dispute.pk, "outcome": "rejected", "decision": "抄表无误"}
    assert desk.post(address, decide).status_code == 403
    manager = signed_in(Role.MANAGER)
    assert "DECISION_MISSING" in manager.post(address, decide | {"decision": " "}).content.decode()
    assert manager.post(address, decide).status_code == 302
    dispute.refresh_from_db()
    assert (dispute.state, dispute.decision) == ("rejected", "抄表无误")


def test_a_bill_or_row_of_another_account_cannot_be_named(
    case: CollectionCase, county: builders.County, address: str, desk
) -> None:
    form = {"act": "dispute", "bill": county.far_bill.pk, "raised_by_name": "张三丰", "subject": "电量不对"}
    assert desk.post(address, form).status_code == 404
    far = case_builders.case_of(county.unseen)
    desk.post(
        f"/cases/{far.pk}/",
        {"act": "promise", "amount": "60", "promised_date": _in(5), "made_by_name": "李四", "channel": "phone"},
    )
    other = PromiseToPay.objects.get()
    assert desk.post(address, {"act": "withdraw_promise", "promise": other.pk, "reason": "x"}).status_code == 404
    assert desk.post(address, {"act": "withdraw_promise", "promise": "x", "reason": "x"}).status_code == 404


def test_a_pause_takes_a_second_person_with_their_password(case: CollectionCase, address: str, desk) -> None:
    manager = builders.staff(Role.MANAGER)
    form = {"act": "pause", "to_date": _in(10), "reason": "住院", "approver": manager.username}
    refused = desk.post(address, form | {"approver_password": "wrong"})
    assert "APPROVER_NOT_CONFIRMED" in refused.content.decode()
    assert f'value="{manager.username}"' in refused.content.decode()
    assert CasePause.objects.count() == 0
    assert desk.post(address, form | {"approver_password": PASSWORD}).status_code == 302
    assert CasePause.objects.get().approved_by == manager
    assert case_builders.case_of(case.account).state == "paused"
    assert "REASON_MISSING" in desk.post(address, {"act": "resume", "reason": ""}).content.decode()
    desk.post(address, {"act": "resume", "reason": "出院"})
    assert case_builders.case_of(case.account).state == "open"


def test_a_second_person_must_see_the_account_and_may_not_be_the_first(
    case: CollectionCase, county: builders.County, address: str, signed_in
) -> None:
    manager = signed_in(Role.MANAGER)
    own = manager.get(address).wsgi_request.user
    form = {"act": "pause", "to_date": _in(10), "reason": "住院", "approver_password": PASSWORD}
    assert "SAME_PERSON" in manager.post(address, form | {"approver": own.username}).content.decode()
    elsewhere = builders.staff(Role.MANAGER, county.far)
    assert "APPROVER_ELSEWHERE" in manager.post(address, form | {"approver": elsewhere.username}).content.decode()
    clerk = builders.staff(Role.COLLECTOR)
    assert "NOT_ENTITLED" in manager.post(address, form | {"approver": clerk.username}).content.decode()


def test_hardship_is_noted_once(case: CollectionCase, address: str, desk) -> None:
    form = {"act": "hardship", "hardship": "1", "note": "低保证"}
    assert desk.post(address, form).status_code == 302
    assert case_builders.case_of(case.account).hardship is True
    assert "HARDSHIP_KNOWN" in desk.post(address, form).content.decode()


def test_a_home_is_looked_at(address: str, desk) -> None:
    form = {"act": "review", "outcome": "protect", "note": "有制氧机"}
    assert "OUTCOME_UNKNOWN" in desk.post(address, form | {"outcome": ""}).content.decode()
    assert desk.post(address, form).status_code == 302
    assert VulnerableReview.objects.get().outcome == "protect"


def test_an_account_is_protected_and_the_protection_ended(case: CollectionCase, address: str, desk, signed_in) -> None:
    manager = builders.staff(Role.MANAGER)
    form = {"act": "protect", "reason": "medical", "to_date": _in(10), "review_date": _in(5), "note": "制氧机"}
    second = {"approver": manager.username, "approver_password": PASSWORD}
    late = desk.post(address, form | second | {"review_date": _in(20)})
    assert "REVIEW_DATE_WRONG" in late.content.decode()
    assert desk.post(address, form | second).status_code == 302
    protection = Protection.objects.get()
    assert (protection.reason, protection.approved_by) == ("medical", manager)
    end = {"act": "end_protection", "protection": protection.pk, "reason": "不再使用"}
    assert desk.post(address, end).status_code == 403
    chief = signed_in(Role.MANAGER)
    assert "REASON_MISSING" in chief.post(address, end | {"reason": ""}).content.decode()
    assert chief.post(address, end).status_code == 302
    protection.refresh_from_db()
    assert protection.ended_at is not None


def test_instalments_are_shown_proposed_approved_and_signed(
    case: CollectionCase, address: str, desk, signed_in
) -> None:
    terms = {"count": "3", "first_date": _in(9), "note": ""}
    shown = desk.post(address, {"act": "preview", **terms})
    assert (shown.status_code, len(shown.context["schedule"].parts)) == (200, 3)
    assert sum(fen for _number, _day, fen in shown.context["schedule"].parts) >= 6_000
    assert InstalmentAgreement.objects.count() == 0
    assert "SCHEDULE_WRONG" in desk.post(address, {"act": "preview", **terms, "count": "61"}).content.decode()
    assert "SCHEDULE_WRONG" in desk.post(address, {"act": "propose", **terms, "count": "61"}).content.decode()
    assert desk.post(address, {"act": "propose", **terms}).status_code == 302
    draft = InstalmentAgreement.objects.get()
    assert draft.acknowledged_fen == shown.context["schedule"].acknowledged_fen
    approve = {"act": "approve", "agreement": draft.pk}
    sign = {"act": "sign", "agreement": draft.pk, "signed_by_name": "张三丰", "evidence_kind": "document"}
    assert desk.post(address, approve).status_code == 403
    assert "AGREEMENT_NOT_APPROVED" in desk.post(address, sign | {"files": paper()}).content.decode()
    assert signed_in(Role.MANAGER).post(address, approve).status_code == 302
    assert "EVIDENCE_UNKNOWN" in desk.post(address, sign).content.decode()
    assert desk.post(address, sign | {"files": paper()}).status_code == 302
    assert case_builders.case_of(case.account).state == "instalment"
    assert draft.agreement_no in desk.get(address).content.decode()


def test_a_draft_is_withdrawn(address: str, desk) -> None:
    desk.post(address, {"act": "propose", "count": "3", "first_date": _in(9)})
    draft = InstalmentAgreement.objects.get()
    form = {"act": "withdraw_instalments", "agreement": draft.pk}
    assert "REASON_MISSING" in desk.post(address, form).content.decode()
    assert desk.post(address, form | {"reason": "改为承诺"}).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "withdrawn"


def test_a_case_is_handed_over_to_somebody_of_its_station(
    case: CollectionCase, county: builders.County, address: str, desk
) -> None:
    taker, stranger = case_builders.collector(county.near), case_builders.collector(county.far)
    form = {"act": "hand_over", "to": taker.pk, "note": "片区调整"}
    assert "NOTE_MISSING" in desk.post(address, form | {"note": ""}).content.decode()
    assert desk.post(address, form | {"to": stranger.pk}).status_code == 404
    assert desk.post(address, form).status_code == 302
    assert case_builders.case_of(case.account).collector == taker


def test_a_note_is_written(case: CollectionCase, address: str, desk) -> None:
    assert "NOTE_MISSING" in desk.post(address, {"act": "note", "note": " "}).content.decode()
    desk.post(address, {"act": "note", "note": "<b>已联系村委会</b>"})
    assert "&lt;b&gt;已联系村委会" in desk.get(address).content.decode()


def test_who_only_looks_is_offered_nothing_and_can_do_nothing(address: str, signed_in) -> None:
    for role in (Role.AUDITOR, Role.INTAKE_CLERK):
        client = signed_in(role)
        answer = client.get(address)
        if role == Role.AUDITOR:
            assert (answer.status_code, "zk-case-acts" in answer.content.decode()) == (200, False)
        assert client.post(address, {"act": "note", "note": "x"}).status_code == 403
        assert client.post(address, {"act": "preview", "count": "3", "first_date": _in(9)}).status_code == 403


def test_an_act_nobody_knows_is_not_found(address: str, desk) -> None:
    assert desk.post(address, {"act": "forgive"}).status_code == 404
    assert desk.post(address, {}).status_code == 404


def test_the_account_has_a_tab_that_leads_to_its_case(case: CollectionCase, county: builders.County, desk) -> None:
    page = desk.get("/accounts/4100000001/collection/").content.decode()
    assert f'href="/cases/{case.pk}/"' in page
    none = builders.account(county.near, account_no="4100000099")
    assert "从未立案催收" in desk.get(f"/accounts/{none.account_no}/collection/").content.decode()
    assert 'href="/accounts/4100000001/collection/"' in desk.get("/accounts/4100000001/").content.decode()
