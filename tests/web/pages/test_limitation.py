"""Which claims does the page of limitation show, to whom, and how is an interruption written down there?"""

from datetime import date

import builders
import cut_builders
import paper_builders as papers
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from zaikong.application.roles import Role
from zaikong.store.models import Account, LimitationEvent, Station


@pytest.fixture
def county(county: builders.County) -> builders.County:
    """The county on 11 August 2025."""
    cut_builders.today()
    return county


def owing(at: Station, due: date = date(2022, 9, 1), **fields) -> Account:
    """A firm with a bill of 500 yuan; by default its claim runs out on 1 September 2025, in 21 days."""
    account = builders.account(at, **{"category": "business", "usci": "914100007X", **fields})
    builders.bill(account, builders.run(202208), total_fen=50_000, due_date=due)
    return account


@pytest.fixture
def firm(county: builders.County) -> Account:
    return owing(county.near, account_no="4100000777", name="安澜县新光机械有限公司")


def writing(**fields):
    form = {"account_no": "4100000777", "kind": "suit", "event_date": "2025-08-10", "evidence_kind": "document"}
    return {**form, "files": SimpleUploadedFile("立案通知.pdf", papers.PDF), **fields}


def claims(client, query: str = ""):
    return [one["claim"] for one in client.get(f"/limitation/{query}").context["claims"]]


def test_claims_stand_by_days_left_with_what_the_clock_runs_from(county: builders.County, signed_in, firm) -> None:
    owing(county.far, date(2022, 8, 1))
    owing(county.far, date(2022, 10, 1))
    answer = signed_in(Role.LEGAL_OFFICER).get("/limitation/")
    assert [one["claim"].days_left for one in answer.context["claims"]][:3] == [-10, 21, 51]
    tiles = {tile["alert"]: (tile["days"], tile["claims"], tile["fen"]) for tile in answer.context["tiles"]}
    assert (tiles[4], tiles[3], tiles[2]) == ((None, 1, 50_000), (30, 1, 50_000), (90, 1, 50_000))
    page = answer.content.decode()
    for said in ("安澜县新光机械有限公司", "剩 21 天", "已过 10 天", "2025-09-01", "到期日"):
        assert said in page


def test_only_claims_of_an_alert_are_listed_when_asked_for(county: builders.County, signed_in, firm) -> None:
    owing(county.far, date(2024, 8, 1))
    client = signed_in(Role.LEGAL_OFFICER)
    assert [claim.account_no for claim in claims(client, "?alert=3")] == ["4100000777"]
    assert len(claims(client, "?alert=x")) > 1


def test_a_served_notice_is_linked_as_the_proof(county: builders.County, signed_in, firm) -> None:
    demand = papers.served(papers.demanded(firm))
    page = signed_in(Role.LEGAL_OFFICER).get("/limitation/").content.decode()
    assert f"通知书 {demand.notice_no}" in page


def test_an_interruption_is_written_down_with_its_proof(county: builders.County, signed_in, firm) -> None:
    client = signed_in(Role.LEGAL_OFFICER)
    page = client.post("/limitation/", writing(note="（2025）安民初字第7号"), follow=True).content.decode()
    event = LimitationEvent.objects.get()
    assert (event.account, event.kind, event.event_date, event.bill) == (firm, "suit", date(2025, 8, 10), None)
    for said in ("时效重新起算", "立案通知.pdf", "（2025）安民初字第7号", "2028-08-10"):
        assert said in page
    assert client.get(f"/proofs/{event.evidence_id}/").content == papers.PDF


def test_a_bill_and_the_service_of_a_notice_can_be_named(county: builders.County, signed_in, firm) -> None:
    papers.served(papers.demanded(firm))
    client = signed_in(Role.COLLECTOR, county.near)
    context = client.get("/limitation/?account_no=4100000777").context
    (bill,), (service,) = context["bills"], context["services"]
    client.post("/limitation/", writing(files="", bill=bill.pk, service=service.pk, kind="acknowledged"))
    event = LimitationEvent.objects.get()
    assert (event.bill_id, event.service_id, event.evidence) == (bill.pk, service.pk, None)


def test_what_nothing_proves_is_refused_and_what_was_typed_stays(county: builders.County, signed_in, firm) -> None:
    answer = signed_in(Role.LEGAL_OFFICER).post("/limitation/", writing(files="", note="电话确认"))
    page = answer.content.decode()
    assert answer.status_code == 409
    for said in ("EVIDENCE_MISSING", 'value="电话确认"', 'value="2025-08-10"', 'value="4100000777"'):
        assert said in page
    assert LimitationEvent.objects.count() == 0


def test_a_file_kept_with_a_refused_form_need_not_be_chosen_again(county: builders.County, signed_in, firm) -> None:
    client = signed_in(Role.LEGAL_OFFICER)
    answer = client.post("/limitation/", writing(event_date="2025-08-12"))
    assert (answer.status_code, answer.context["kept_count"]) == (409, 1)
    assert "日期尚未到来" in answer.content.decode()
    client.post("/limitation/", writing(files="", kept=answer.context["kept_token"]))
    assert LimitationEvent.objects.get().evidence is not None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"account_no": "9"}, "ACCOUNT_UNKNOWN"),
        ({"kind": "rain"}, "KIND_UNKNOWN"),
        ({"event_date": ""}, "DATE_MISSING"),
        ({"files": SimpleUploadedFile("x.exe", b"MZ program")}, "TYPE_UNKNOWN"),
    ],
)
def test_a_form_that_does_not_do_is_refused(county: builders.County, signed_in, firm, changed, code) -> None:
    answer = signed_in(Role.LEGAL_OFFICER).post("/limitation/", writing(**changed))
    assert answer.status_code == 409
    assert code in answer.content.decode()


def test_who_may_not_handle_cases_looks_only(county: builders.County, signed_in, firm) -> None:
    auditor = signed_in(Role.AUDITOR)
    assert "zk-record" not in auditor.get("/limitation/").content.decode()
    assert auditor.post("/limitation/", writing()).status_code == 403
    assert signed_in(Role.CASHIER).get("/limitation/").status_code == 403


def test_a_station_sees_and_interrupts_its_own_claims_only(county: builders.County, signed_in, firm) -> None:
    far = owing(county.far, account_no="4100000888")
    client = signed_in(Role.COLLECTOR, county.near)
    assert "4100000888" not in {claim.account_no for claim in claims(client)}
    assert client.get("/limitation/?account_no=4100000888").context["account"] is None
    assert "ACCOUNT_UNKNOWN" in client.post("/limitation/", writing(account_no="4100000888")).content.decode()
    bill = far.bill_set.get().pk
    assert client.post("/limitation/", writing(bill=bill)).status_code == 404
    assert LimitationEvent.objects.count() == 0


def test_the_page_asks_the_same_number_of_queries_for_one_claim_and_for_three(
    county: builders.County, signed_in, queries_of, firm
) -> None:
    client = signed_in(Role.LEGAL_OFFICER)
    client.post("/limitation/", writing())
    one = queries_of(client, "/limitation/")
    for number in ("4100000801", "4100000802"):
        owing(county.far, account_no=number)
        client.post("/limitation/", writing(account_no=number))
    assert queries_of(client, "/limitation/") == one
    assert one <= 15
    assert LimitationEvent.objects.count() == 3


def test_the_page_speaks_english_too(county: builders.County, signed_in, firm) -> None:
    client = signed_in(Role.LEGAL_OFFICER)
    client.cookies["django_language"] = "en"
    page = client.get("/limitation/").content.decode()
    assert "21 days left" in page
    assert "Record an interruption" in page
