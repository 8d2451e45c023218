"""What do the pages of notices show, to whom, and what can be done there?"""

from datetime import timedelta

import builders
import cut_builders
import paper_builders as papers
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from cutting_desk import moment
from papers_read import docx_text, pdf_text
from zaikong.application.roles import Role
from zaikong.store.models import Account, AuthorityCopy, Evidence, Notice, NoticeService


@pytest.fixture
def county(county: builders.County, monkeypatch: pytest.MonkeyPatch) -> builders.County:
    """The county on 11 August 2025 at nine."""
    cut_builders.today()
    monkeypatch.setattr(timezone, "now", lambda: moment("2026-01-05 09:00"))
    return county


@pytest.fixture
def firm(county: builders.County) -> Account:
    return papers.owing(county.near, account_no="4100000777", name="安澜县新光机械有限公司")


def upload(content: bytes = papers.PDF, name: str = "回证.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def serving(**fields):
    form = {"act": "serve", "method": "signed", "served_at": "2025-08-11T08:30", "receiver_name": "李光明"}
    return {**form, "receiver_standing": "head", "evidence_kind": "signature", "files": upload(), **fields}


def listed(client, query: str = "") -> list[str]:
    return [row.notice_no for row in client.get(f"/notices/{query}").context["rows"].object_list]


def test_the_list_is_filtered_by_kind_state_station_planned_cut_and_text(
    county: builders.County, signed_in, firm
) -> None:
    stop = papers.warned(firm)
    demand = Notice.objects.get(kind="demand")
    far = papers.demanded(papers.owing(county.far, name="马头商行"))
    client = signed_in(Role.MANAGER)
    assert set(listed(client)) == {stop.notice_no, demand.notice_no, far.notice_no}
    assert listed(client, "?kind=stop") == [stop.notice_no]
    assert set(listed(client, "?state=issued")) == {stop.notice_no, far.notice_no}
    assert listed(client, "?state=served") == [demand.notice_no]
    assert listed(client, f"?station={county.far.pk}") == [far.notice_no]
    assert listed(client, "?q=马头") == [far.notice_no]
    assert len(listed(client, "?q=4100000777")) == 2
    assert listed(client, "?cut=today") == []
    cut_builders.today(papers.TODAY + timedelta(days=9))
    assert listed(client, "?cut=today") == [stop.notice_no]
    counts = client.get("/notices/").context["counts"]
    assert (counts.total, counts.unserved, counts.cut_today, counts.void) == (3, 2, 1, 0)


def test_several_ticked_notices_come_as_one_pdf(county: builders.County, signed_in, firm) -> None:
    one, two = papers.demanded(firm), papers.demanded(papers.owing(county.far))
    client = signed_in(Role.COLLECTOR)
    answer = client.post("/notices/", {"act": "print", "notice": [one.notice_no, two.notice_no]})
    content = b"".join(answer.streaming_content)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    text = pdf_text(content)
    assert all(notice.notice_no in text for notice in (one, two))
    everything = client.post("/notices/?kind=demand", {"act": "print_all"})
    assert pdf_text(b"".join(everything.streaming_content)).count(one.notice_no) == text.count(one.notice_no)


def test_printing_none_is_refused_in_words(county: builders.County, signed_in) -> None:
    answer = signed_in(Role.AUDITOR).post("/notices/", {"act": "print"})
    assert answer.status_code == 409
    assert "未选择通知书" in answer.content.decode()


def test_a_collector_issues_a_demand(county: builders.County, signed_in, firm) -> None:
    form = {"act": "issue", "account_no": "4100000777", "kind": "demand", "pay_by_date": "2025-08-16"}
    answer = signed_in(Role.COLLECTOR, county.near).post("/notices/", form, follow=True)
    made = Notice.objects.get()
    assert (made.kind, made.account_id, made.state) == ("demand", firm.pk, "issued")
    page = answer.content.decode()
    for said in (made.notice_no, "催缴", "安澜县新光机械有限公司", "500.00", "尚未送达"):
        assert said in page


def test_a_notice_of_cutting_is_issued_at_its_time(county: builders.County, signed_in, firm) -> None:
    papers.served(papers.demanded(firm))
    form = {"act": "issue", "account_no": "4100000777", "kind": "stop", "pay_by_date": "2025-08-16"}
    client = signed_in(Role.COLLECTOR, county.near)
    answer = client.post("/notices/", form)
    assert answer.status_code == 409
    assert "CUT_TIME_MISSING" in answer.content.decode()
    client.post("/notices/", {**form, "planned_cut_at": "2025-08-20T10:00"})
    assert Notice.objects.get(kind="stop").planned_cut_at == moment("2025-08-20 10:00")


def test_a_refused_issue_says_why_and_keeps_what_was_typed(county: builders.County, signed_in, firm) -> None:
    form = {"act": "issue", "account_no": "4100000777", "kind": "demand", "pay_by_date": "2025-08-01"}
    answer = signed_in(Role.COLLECTOR, county.near).post("/notices/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "缴费期限已过" in page
    assert 'value="2025-08-01"' in page
    assert 'value="4100000777"' in page
    assert Notice.objects.count() == 0


@pytest.mark.parametrize("changed", [{"kind": "love"}, {"pay_by_date": "soon"}, {"account_no": "9"}])
def test_a_form_that_cannot_be_read_issues_nothing(county: builders.County, signed_in, firm, changed) -> None:
    form = {"act": "issue", "account_no": "4100000777", "kind": "demand", "pay_by_date": "2025-08-16"}
    assert signed_in(Role.COLLECTOR).post("/notices/", {**form, **changed}).status_code == 409
    assert Notice.objects.count() == 0


def test_the_page_says_what_the_paper_says_and_the_files_too(county: builders.County, signed_in, firm) -> None:
    stop = papers.warned(firm)
    client = signed_in(Role.LEGAL_OFFICER)
    page = client.get(f"/notices/{stop.notice_no}/").content.decode()
    for said in ("2025年8月20日10时00分", stop.contents_sha256, "供电公司", "停电通知书"):
        assert said in page
    made = {form: client.get(f"/notices/{stop.notice_no}/{form}/") for form in ("pdf", "word", "slip")}
    assert {form: answer.headers["Content-Type"] for form, answer in made.items()} == {
        "pdf": "application/pdf",
        "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "slip": "application/pdf",
    }
    assert all(answer.headers["Content-Disposition"].startswith("attachment") for answer in made.values())
    assert stop.notice_no in pdf_text(made["pdf"].content)
    assert stop.notice_no in docx_text(made["word"].content)
    assert "送达回证" in pdf_text(made["slip"].content)
    assert client.get(f"/notices/{stop.notice_no}/html/").status_code == 404


def test_a_service_is_recorded_with_its_proof_and_listed(county: builders.County, signed_in, firm) -> None:
    demand = papers.demanded(firm)
    client = signed_in(Role.COLLECTOR, county.near)
    answer = client.post(f"/notices/{demand.notice_no}/", serving(), follow=True)
    assert answer.redirect_chain[-1][1] == 302
    service = NoticeService.objects.get()
    assert (service.method, service.served_at, service.receiver_name) == (
        "signed",
        moment("2025-08-11 08:30"),
        "李光明",
    )
    page = answer.content.decode()
    proof = Evidence.objects.get()
    for said in ("李光明", "单位负责人", "回证.pdf", proof.sha256[:12], "已送达"):
        assert said in page
    got = client.get(f"/proofs/{proof.pk}/")
    assert (got.content, got.headers["Content-Type"]) == (papers.PDF, "application/pdf")
    assert got.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_refused_service_keeps_the_file_and_the_words(county: builders.County, signed_in, firm) -> None:
    demand = papers.demanded(firm)
    client = signed_in(Role.COLLECTOR, county.near)
    address = f"/notices/{demand.notice_no}/"
    answer = client.post(address, serving(receiver_standing="self", note="门卫转交"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "此类人员不能签收" in page or "RECEIVER_UNFIT" in page
    assert "门卫转交" in page
    assert answer.context["kept_count"] == 1
    client.post(address, serving(files="", kept=answer.context["kept_token"]))
    assert NoticeService.objects.get().serviceevidence_set.get().evidence == Evidence.objects.get()


def test_a_kept_file_counts_for_its_own_notice_only(county: builders.County, signed_in, firm) -> None:
    one, two = papers.demanded(firm), papers.demanded(papers.owing(county.near))
    client = signed_in(Role.COLLECTOR, county.near)
    kept = client.post(f"/notices/{one.notice_no}/", serving(receiver_standing="self")).context["kept_token"]
    for token in (kept, "made-up"):
        answer = client.post(f"/notices/{two.notice_no}/", serving(files="", kept=token))
        assert answer.status_code == 409
        assert "EVIDENCE_MISSING" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "signature", "FILE_EMPTY"),
        (b"MZ program", "signature", "TYPE_UNKNOWN"),
        (papers.PDF, "photo", "TYPE_MISFIT"),
    ],
)
def test_a_wrong_file_is_refused(county: builders.County, signed_in, firm, content, kind, code) -> None:
    demand = papers.demanded(firm)
    form = serving(files=upload(content), evidence_kind=kind)
    answer = signed_in(Role.COLLECTOR, county.near).post(f"/notices/{demand.notice_no}/", form)
    assert answer.status_code == 409
    assert code in answer.content.decode()
    assert NoticeService.objects.count() == 0


def test_a_refused_paper_is_left_before_two_witnesses(county: builders.County, signed_in, firm) -> None:
    demand = papers.demanded(firm)
    client = signed_in(Role.COLLECTOR, county.near)
    form = serving(method="left", evidence_kind="photo", files=upload(papers.PNG), witness_1="王一")
    answer = client.post(f"/notices/{demand.notice_no}/", form)
    assert "WITNESSES_MISSING" in answer.content.decode()
    client.post(f"/notices/{demand.notice_no}/", {**form, "files": upload(papers.PNG), "witness_2": "赵二"})
    service = NoticeService.objects.get()
    assert (service.method, service.first_witness, service.second_witness) == ("left", "王一", "赵二")


def test_a_stop_notice_is_copied_to_the_authority_with_its_proof(county: builders.County, signed_in, firm) -> None:
    Account.objects.filter(pk=firm.pk).update(important_grade="first")
    stop = papers.warned(firm)
    client = signed_in(Role.LEGAL_OFFICER)
    address = f"/notices/{stop.notice_no}/"
    assert "依法须抄送" in client.get(address).content.decode()
    form = {
        "act": "copy",
        "authority": "某县发展和改革委员会",
        "copied_at": "2025-08-11T08:00",
        "evidence_kind": "document",
    }
    refused = client.post(address, form)
    assert refused.status_code == 409
    assert "EVIDENCE_MISSING" in refused.content.decode()
    client.post(address, {**form, "files": upload()})
    copy = AuthorityCopy.objects.get()
    assert (copy.notice_id, copy.copied_at) == (stop.pk, moment("2025-08-11 08:00"))
    assert "依法须抄送" not in client.get(address).content.decode()
    assert client.get(f"/proofs/{copy.evidence_id}/").status_code == 200


def test_a_notice_is_void_with_a_reason(county: builders.County, signed_in, firm) -> None:
    demand = papers.demanded(firm)
    client = signed_in(Role.COLLECTOR, county.near)
    address = f"/notices/{demand.notice_no}/"
    refused = client.post(address, {"act": "void", "reason": " "})
    assert (refused.status_code, "REASON_MISSING" in refused.content.decode()) == (409, True)
    page = client.post(address, {"act": "void", "reason": "户名有误"}, follow=True).content.decode()
    assert Notice.objects.get().state == "void"
    assert "户名有误" in page
    assert 'value="serve"' not in page


def test_who_may_not_serve_looks_only(county: builders.County, signed_in, firm) -> None:
    demand = papers.demanded(firm)
    auditor = signed_in(Role.AUDITOR)
    assert 'value="serve"' not in auditor.get(f"/notices/{demand.notice_no}/").content.decode()
    assert 'value="issue"' not in auditor.get("/notices/").content.decode()
    for act in ("serve", "copy", "void"):
        assert auditor.post(f"/notices/{demand.notice_no}/", {"act": act}).status_code == 403
    assert auditor.post("/notices/", {"act": "issue"}).status_code == 403
    assert auditor.post("/notices/", {"act": "burn"}).status_code == 404
    assert auditor.post(f"/notices/{demand.notice_no}/", {"act": "burn"}).status_code == 404
    assert signed_in(Role.CASHIER).get("/notices/").status_code == 403
    assert signed_in(Role.CASHIER).get(f"/notices/{demand.notice_no}/pdf/").status_code == 403


def test_a_station_sees_prints_and_serves_its_own_notices_only(county: builders.County, signed_in, firm) -> None:
    near = papers.demanded(firm)
    far = papers.served(papers.demanded(papers.owing(county.far)))
    client = signed_in(Role.COLLECTOR, county.near)
    assert listed(client) == [near.notice_no]
    assert listed(client, f"?station={county.far.pk}") == [near.notice_no]
    assert {client.get(f"/notices/{far.notice_no}/{form}").status_code for form in ("", "pdf/", "slip/")} == {404}
    assert client.post(f"/notices/{far.notice_no}/", serving()).status_code == 404
    assert client.post("/notices/", {"act": "print", "notice": [far.notice_no]}).status_code == 409
    form = {"act": "issue", "account_no": far.account.account_no, "kind": "demand", "pay_by_date": "2025-08-16"}
    assert "ACCOUNT_UNKNOWN" in client.post("/notices/", form).content.decode()
    assert client.get(f"/proofs/{Evidence.objects.get().pk}/").status_code == 404


def test_the_pages_ask_the_same_number_of_queries_for_one_notice_and_for_three(
    county: builders.County, signed_in, queries_of, firm
) -> None:
    client = signed_in(Role.MANAGER)
    notice = papers.served(papers.demanded(firm))
    one, own = queries_of(client, "/notices/"), queries_of(client, f"/notices/{notice.notice_no}/")
    for _ in range(2):
        papers.served(papers.demanded(papers.owing(county.far)))
        papers.served(notice)
    assert (queries_of(client, "/notices/"), queries_of(client, f"/notices/{notice.notice_no}/")) == (one, own)
    assert max(one, own) <= 20


def test_the_pages_speak_english_too(county: builders.County, signed_in, firm) -> None:
    stop = papers.warned(firm)
    client = signed_in(Role.COLLECTOR)
    client.cookies["django_language"] = "en"
    assert "Print the ticked ones as one PDF" in client.get("/notices/").content.decode()
    assert "Record a service" in client.get(f"/notices/{stop.notice_no}/").content.decode()
