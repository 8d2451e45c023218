"""What do the pages of contracts and guarantees show, to whom, and what can be done there?"""

from datetime import date

import builders
import cut_builders
import paper_builders as papers
import pytest

from papers_read import docx_text, pdf_text
from supply_contracts import PREPAYMENT, SURETY
from zaikong.application.roles import Role
from zaikong.store.models import Account, Guarantee, SupplyContract


@pytest.fixture
def county(county: builders.County) -> builders.County:
    """The county on 11 August 2025."""
    cut_builders.today()
    return county


@pytest.fixture
def firm(county: builders.County) -> Account:
    """A firm that owes 500 yuan since 1 July."""
    return cut_builders.owing(county.near, account_no="4100000777", name="安澜县新光机械有限公司", late_fee_ppm=2000)


TAB = "/accounts/4100000777/contracts/"
DRAFT = f"{TAB}draft/"
GUARANTEE = {
    "act": "add",
    "kind": "bank",
    "guarantor": "安澜农商银行",
    "document_no": "BH-7",
    "maximum": "300.00",
    "from_date": "2025-01-01",
    "to_date": "2025-11-09",
}


def typed(client, **changes) -> dict:
    """The form of a draft as a browser would send it back."""
    form = {}
    for group in client.get(DRAFT).context["groups"]:
        for one in group["fields"]:
            field, value = one["field"], one["value"]
            if field.kind == "flag":
                form |= {field.path: "1"} if value else {}
            else:
                form[field.path] = list(value) if field.kind == "many" else value
    return {**form, **changes}


def test_the_tab_lists_versions_and_guarantees_with_coverage(county: builders.County, signed_in, firm) -> None:
    papers.signed(firm)
    papers.drafted(firm, {"late_fee": {"daily_ppm": 5000}})
    papers.guaranteed(firm)
    answer = signed_in(Role.LEGAL_OFFICER).get(TAB)
    page = answer.content.decode()
    assert [(row.version, row.state) for row in answer.context["versions"]] == [(2, "draft"), (1, "in_force")]
    for said in ("1 项问题", "未发现问题", "光明商贸有限公司", "剩 9 天", "80.00"):
        assert said in page
    coverage = answer.context["coverage"]
    assert (coverage["owed_fen"] > 50_000, coverage["covered_fen"]) == (True, 8_000)
    assert coverage["uncovered_fen"] == coverage["owed_fen"] - 8_000


def test_the_tab_comes_alone_when_asked_for_by_the_tabs(county: builders.County, signed_in, firm) -> None:
    papers.signed(firm)
    headers = {"HX-Request": "true", "HX-Target": "zk-tab"}
    page = signed_in(Role.COLLECTOR).get(TAB, headers=headers).content.decode()
    assert page.lstrip().startswith('<section id="zk-tab"')


def test_an_account_without_a_contract_says_so_and_offers_the_first(county: builders.County, signed_in, firm) -> None:
    page = signed_in(Role.INTAKE_CLERK).get(TAB).content.decode()
    assert "尚未录入供用电合同" in page
    assert "起草首个版本" in page
    assert "起草" not in signed_in(Role.COLLECTOR).get(TAB).content.decode()


def test_a_finding_names_its_article_and_how_to_mend_it(county: builders.County, signed_in, firm) -> None:
    draft = papers.drafted(firm, {"late_fee": {"daily_ppm": 5000}})
    answer = signed_in(Role.MANAGER).get(f"/contracts/{draft.pk}/")
    (fault,) = answer.context["faults"]
    page = answer.content.decode()
    assert (fault.code, fault.found) == ("LATE_FEE_OUTSIDE_BAND", "5‰")
    for said in (fault.title_zh, fault.mend_zh, fault.article, "有 1 条导致不能签署", "供用电合同"):
        assert said in page


def test_a_new_version_begins_with_the_present_one(county: builders.County, signed_in, firm) -> None:
    before = papers.signed(firm, {"guarantees": [SURETY]})
    client = signed_in(Role.INTAKE_CLERK)
    answer = client.post(DRAFT, typed(client))
    after = SupplyContract.objects.get(version=2)
    assert (answer.status_code, answer.url) == (302, f"/contracts/{after.pk}/")
    assert after.terms == before.terms
    assert (after.findings, after.state) == ([], "draft")


def test_what_is_typed_becomes_terms(county: builders.County, signed_in, firm) -> None:
    papers.signed(firm)
    client = signed_in(Role.INTAKE_CLERK)
    changes = {
        "late_fee.daily_ppm": "1.5",
        "payment.due_days_after_bill": "10",
        "payment.methods": ["online", "counter", "love"],
        "restore.within_hours": "12",
        "supply.capacity_centi_kva": "315.5",
        "dispute.hotlines": "95598，12398、12345",
        "prepayment.agreed": "1",
        "prepayment.warn_below_fen": "50.00",
        "prepayment.cut_below_fen": "-10",
        "guarantee.kind": "bank",
        "guarantee.maximum_fen": "3000",
    }
    client.post(DRAFT, typed(client, **changes))
    terms = SupplyContract.objects.get(version=2).terms
    assert (terms["late_fee"]["daily_ppm"], terms["payment"]["due_days_after_bill"]) == (1500, 10)
    assert terms["payment"]["methods"] == ["online", "counter"]
    assert (terms["restore"]["within_hours"], terms["supply"]["capacity_centi_kva"]) == (12, 31_550)
    assert terms["dispute"]["hotlines"] == ["95598", "12398", "12345"]
    assert (terms["prepayment"]["warn_below_fen"], terms["prepayment"]["cut_below_fen"]) == (5_000, -1_000)
    assert [(one["kind"], one["maximum_fen"]) for one in terms["guarantees"]] == [("bank", 300_000)]


def test_clauses_that_are_taken_out_are_gone(county: builders.County, signed_in, firm) -> None:
    second = {**SURETY, "guarantor": "第二担保人"}
    papers.drafted(firm, {"prepayment": PREPAYMENT, "guarantees": [SURETY, second], "charging": "prepayment"})
    client = signed_in(Role.INTAKE_CLERK)
    form = typed(client, **{"guarantee.kind": "", "late_fee.daily_ppm": "", "charging": "post_paid"})
    del form["prepayment.agreed"]
    client.post(DRAFT, form)
    terms = SupplyContract.objects.get(version=2).terms
    assert (terms["prepayment"], terms["late_fee"]["daily_ppm"]) == (None, None)
    assert [one["guarantor"] for one in terms["guarantees"]] == ["第二担保人"]


def test_the_first_version_begins_with_register_letterhead_and_law(county: builders.County, signed_in, firm) -> None:
    client = signed_in(Role.INTAKE_CLERK)
    client.post(DRAFT, typed(client))
    first = SupplyContract.objects.get()
    assert (first.terms["customer"]["name"], first.terms["account_no"]) == ("安澜县新光机械有限公司", "4100000777")
    cut = first.terms["cut"]
    assert (cut["after_overdue_days"], cut["notice_days"], cut["final_notice_minutes"]) == (30, 3, 30)
    found = {fault["code"] for fault in first.findings}
    assert {"SUPPLY_MODE_MISSING", "BREACH_MISSING", "HOTLINES_MISSING"} <= found
    assert not found & {"CUT_TOO_EARLY", "STOP_NOTICE_TOO_SHORT", "FINAL_NOTICE_TOO_SHORT", "RESTORE_TOO_LATE"}


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("late_fee.daily_ppm", "two", "NUMBER_UNREADABLE"),
        ("cut.notice_days", "7.5", "NUMBER_UNREADABLE"),
        ("payment.settlements_a_month", "9", "TERMS_WRONG"),
        ("to_date", "2025-01-01", "TERMS_WRONG"),
        ("guarantee.maximum_fen", "much", "MONEY_UNREADABLE"),
    ],
)
def test_a_term_that_cannot_be_read_is_refused_and_the_rest_kept(
    county: builders.County, signed_in, firm, path: str, text: str, code: str
) -> None:
    client = signed_in(Role.INTAKE_CLERK)
    answer = client.post(DRAFT, typed(client, **{path: text, "breach": "双倍赔偿"}))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert code in page
    assert 'value="双倍赔偿"' in page
    assert SupplyContract.objects.count() == 0


def test_a_second_person_signs_and_the_old_version_is_superseded(county: builders.County, signed_in, firm) -> None:
    old = papers.signed(firm)
    draft = papers.drafted(firm, {"payment": {"due_day_of_month": 25}})
    form = {"act": "sign", "signed_by_name": "李光明", "signed_date": "2025-08-11"}
    page = signed_in(Role.MANAGER).post(f"/contracts/{draft.pk}/", form, follow=True).content.decode()
    assert "合同已生效" in page
    assert dict(SupplyContract.objects.values_list("pk", "state")) == {old.pk: "superseded", draft.pk: "in_force"}


def test_who_drafted_does_not_sign(county: builders.County, signed_in, firm) -> None:
    drafter = builders.staff(Role.MANAGER)
    draft = papers.drafted(firm)
    client = signed_in(Role.MANAGER)
    both = builders.Staff.objects.get(pk=client.session["_auth_user_id"])
    both.groups.add(builders.Group.objects.get(name="intake_clerk"))
    client.post(DRAFT, typed(client))
    mine = SupplyContract.objects.get(version=2)
    assert (mine.drafted_by, draft.drafted_by == drafter) == (both, False)
    form = {"act": "sign", "signed_by_name": "李光明", "signed_date": "2025-08-11"}
    answer = client.post(f"/contracts/{mine.pk}/", form)
    assert answer.status_code == 409
    assert "起草人不得签署" in answer.content.decode()


def test_an_unlawful_contract_is_not_signed_and_what_was_typed_stays(county: builders.County, signed_in, firm) -> None:
    draft = papers.drafted(firm, {"late_fee": {"daily_ppm": 5000}})
    form = {"act": "sign", "signed_by_name": "李光明", "signed_date": "2025-08-11"}
    answer = signed_in(Role.DIRECTOR).post(f"/contracts/{draft.pk}/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    for said in ("CONTRACT_UNLAWFUL", "LATE_FEE_OUTSIDE_BAND", 'value="李光明"'):
        assert said in page
    assert SupplyContract.objects.get().state == "draft"


def test_a_draft_is_withdrawn(county: builders.County, signed_in, firm) -> None:
    draft = papers.drafted(firm)
    client = signed_in(Role.INTAKE_CLERK)
    client.post(f"/contracts/{draft.pk}/", {"act": "withdraw"})
    assert SupplyContract.objects.get().state == "withdrawn"
    assert "NOT_A_DRAFT" in client.post(f"/contracts/{draft.pk}/", {"act": "withdraw"}).content.decode()


def test_a_contract_comes_as_pdf_and_word(county: builders.County, signed_in, firm) -> None:
    contract = papers.signed(firm)
    client = signed_in(Role.COLLECTOR)
    pdf, word = (client.get(f"/contracts/{contract.pk}/{form}/") for form in ("pdf", "word"))
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert word.headers["Content-Type"].endswith("wordprocessingml.document")
    assert "HT-4100000777" in pdf_text(pdf.content)
    assert "HT-4100000777" in docx_text(word.content)


def test_a_guarantee_is_recorded_renewed_and_released(county: builders.County, signed_in, firm) -> None:
    clerk = signed_in(Role.INTAKE_CLERK)
    clerk.post(TAB, GUARANTEE)
    old = Guarantee.objects.get()
    assert (old.kind, old.maximum_fen, old.to_date) == ("bank", 30_000, date(2025, 11, 9))
    renewal = {
        "act": "renew",
        "guarantee": old.pk,
        "document_no": "BH-8",
        "from_date": "2025-11-09",
        "to_date": "2026-11-09",
    }
    clerk.post(TAB, {**GUARANTEE, **renewal})
    assert Guarantee.objects.get(document_no="BH-8").renews == old
    assert clerk.post(TAB, {"act": "end", "guarantee": old.pk}).status_code == 403
    manager = signed_in(Role.MANAGER)
    form = {"act": "end", "guarantee": old.pk, "state": "released", "reason": "已换新保函"}
    page = manager.post(TAB, form, follow=True).content.decode()
    old.refresh_from_db()
    assert old.state == "released"
    assert "担保已终止" in page


def test_a_refused_guarantee_says_why_and_keeps_what_was_typed(county: builders.County, signed_in, firm) -> None:
    form = {**GUARANTEE, "kind": "third_party", "guarantor": "安澜县财政局", "state_organ": "1"}
    answer = signed_in(Role.COLLECTOR, county.near).post(TAB, form)
    page = answer.content.decode()
    assert answer.status_code == 409
    for said in ("国家机关不得作保证人", "民法典", 'value="安澜县财政局"', 'value="BH-7"'):
        assert said in page
    assert Guarantee.objects.count() == 0


def test_renewing_or_ending_none_or_that_of_another_account_is_not_found(
    county: builders.County, signed_in, firm
) -> None:
    other = papers.guaranteed(cut_builders.owing(county.near))
    clerk, manager = signed_in(Role.INTAKE_CLERK), signed_in(Role.MANAGER)
    for number in ("", other.pk):
        assert clerk.post(TAB, {**GUARANTEE, "act": "renew", "guarantee": number}).status_code == 404
        assert manager.post(TAB, {"act": "end", "guarantee": number, "state": "called"}).status_code == 404
    assert clerk.post(TAB, {"act": "eat"}).status_code == 404


def test_who_has_no_right_does_nothing(county: builders.County, signed_in, firm) -> None:
    draft = papers.drafted(firm)
    auditor = signed_in(Role.AUDITOR)
    assert auditor.get(DRAFT).status_code == 403
    assert auditor.post(TAB, GUARANTEE).status_code == 403
    assert {auditor.post(f"/contracts/{draft.pk}/", {"act": act}).status_code for act in ("sign", "withdraw")} == {403}
    assert auditor.post(f"/contracts/{draft.pk}/", {"act": "burn"}).status_code == 404
    assert signed_in(Role.CASHIER).get(f"/contracts/{draft.pk}/").status_code == 403


def test_a_station_sees_its_own_contracts_and_guarantees_only(county: builders.County, signed_in) -> None:
    far = cut_builders.owing(county.far, account_no="4100000888")
    contract, guarantee = papers.drafted(far), papers.guaranteed(far)
    client = signed_in(Role.INTAKE_CLERK, county.near)
    addresses = ["/accounts/4100000888/contracts/", "/accounts/4100000888/contracts/draft/"]
    addresses += [f"/contracts/{contract.pk}/{form}" for form in ("", "pdf/", "word/")]
    assert {client.get(address).status_code for address in addresses} == {404}
    assert client.post(f"/contracts/{contract.pk}/", {"act": "withdraw"}).status_code == 404
    assert client.post("/accounts/4100000888/contracts/", GUARANTEE).status_code == 404
    assert client.get("/guarantees/").context["rows"].paginator.count == 0
    rows = signed_in(Role.INTAKE_CLERK, county.far).get("/guarantees/").context["rows"].object_list
    assert {one["guarantee"] for one in rows} == {guarantee.pk}


def test_lapsing_guarantees_stand_on_their_rungs(county: builders.County, signed_in, firm) -> None:
    papers.guaranteed(firm, "BZ-1", date(2025, 8, 18))
    papers.guaranteed(firm, "BZ-2", date(2025, 9, 10))
    papers.guaranteed(firm, "BZ-3", date(2027, 9, 10))
    answer = signed_in(Role.MANAGER).get("/guarantees/")
    assert {rung.days: rung.guarantees for rung in answer.context["rungs"]} == {0: 0, 7: 1, 30: 1, 90: 0}
    page = answer.content.decode()
    for said in ("BZ-1", "BZ-2", "7 天内", "30 天内", "不再担保其后债务"):
        assert said in page
    assert "BZ-3" not in page
    only = signed_in(Role.MANAGER).get("/guarantees/?rung=7").context["rows"].object_list
    assert [one["row"].document_no for one in only] == ["BZ-1"]


def test_the_pages_ask_the_same_number_of_queries_for_one_row_and_for_three(
    county: builders.County, signed_in, queries_of, firm
) -> None:
    client = signed_in(Role.MANAGER)
    contract = papers.signed(firm)
    papers.guaranteed(firm)
    pages = (TAB, f"/contracts/{contract.pk}/", "/guarantees/")
    one = [queries_of(client, address) for address in pages]
    for number in ("BZ-2", "BZ-3"):
        papers.drafted(firm)
        papers.guaranteed(firm, number)
        papers.guaranteed(cut_builders.owing(county.far), number)
    assert [queries_of(client, address) for address in pages] == one
    assert max(one) <= 30


def test_the_pages_speak_english_too(county: builders.County, signed_in, firm) -> None:
    draft = papers.drafted(firm, {"late_fee": {"daily_ppm": 5000}})
    client = signed_in(Role.INTAKE_CLERK)
    client.cookies["django_language"] = "en"
    assert "keeps it from being signed" in client.get(f"/contracts/{draft.pk}/").content.decode()
    assert "Draft and check" in client.get(DRAFT).content.decode()
    assert "Nothing secures this account." in client.get(TAB).content.decode()
    assert "No guarantee lapses within 90 days." in client.get("/guarantees/").content.decode()
