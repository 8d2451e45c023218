"""Does the page of a certificate say what it says, to whom, and does it check it?"""

import hashlib
from io import BytesIO

import builders
import cut_builders
import pytest
from pypdf import PdfReader

from zaikong.application.roles import Role
from zaikong.store.bulk import execute


@pytest.fixture
def county(county: builders.County) -> builders.County:
    """The county on 11 August 2025."""
    cut_builders.today()
    return county


def test_a_certificate_shows_conditions_evidence_law_and_approvals(county: builders.County, signed_in) -> None:
    certificate = cut_builders.certified(cut_builders.owing(county.near, name="安澜县新光机械有限公司"))
    page = signed_in(Role.AUDITOR).get(f"/certificates/{certificate.pk}/").content.decode()
    for said in (
        *(certificate.certificate_no, certificate.sha256, "安澜县新光机械有限公司", "2025-08-12 10:00"),
        *("停电通知书已送达", "合法", "审批岗位", "第三十九条", "营销主任"),
    ):
        assert said in page
    assert "不满足" not in page


def test_a_certificate_that_stands_is_verified(county: builders.County, signed_in) -> None:
    certificate = cut_builders.certified(cut_builders.owing(county.near))
    answer = signed_in(Role.COLLECTOR, county.near).post(f"/certificates/{certificate.pk}/")
    assert answer.context["checked"].faults == ()
    assert answer.context["checked"].records == certificate.decision_id
    assert "证书通过核验" in answer.content.decode()


def test_a_record_changed_in_the_log_is_named(county: builders.County, signed_in) -> None:
    certificate = cut_builders.certified(cut_builders.owing(county.near))
    execute("ALTER TABLE zaikong_decisionrecord DISABLE TRIGGER USER")
    execute(
        "UPDATE zaikong_decisionrecord SET record = replace(record, 'cut_proposed', 'cut_prepared') "
        "WHERE kind = 'cut_proposed'"
    )
    answer = signed_in(Role.AUDITOR).post(f"/certificates/{certificate.pk}/")
    assert [fault.split()[0] for fault in answer.context["checked"].faults] == ["HASH_MISMATCH"]
    assert "证书未通过核验" in answer.content.decode()


def test_the_json_comes_to_the_byte_and_the_pdf_says_the_same(county: builders.County, signed_in) -> None:
    certificate = cut_builders.certified(cut_builders.owing(county.near))
    client = signed_in(Role.AUDITOR)
    told = client.get(f"/certificates/{certificate.pk}/json/")
    assert hashlib.sha256(told.content).hexdigest() == certificate.sha256
    assert told.headers["Content-Disposition"] == f'attachment; filename="{certificate.certificate_no}.json"'
    paper = client.get(f"/certificates/{certificate.pk}/pdf/")
    assert paper.headers["Content-Type"] == "application/pdf"
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(paper.content)).pages)
    text = text.replace("\u200b", "").replace("\n", "")
    for said in ("停电合法性证书", certificate.certificate_no, "已送达停电通知书", certificate.sha256):
        assert said in text
    assert paper.content == client.get(f"/certificates/{certificate.pk}/pdf/").content
    client.cookies["django_language"] = "en"
    english = client.get(f"/certificates/{certificate.pk}/pdf/").content
    assert "Certificate of lawful cut-off" in PdfReader(BytesIO(english)).pages[0].extract_text()


def test_a_station_sees_its_own_certificates_only(county: builders.County, signed_in) -> None:
    far = cut_builders.certified(cut_builders.owing(county.far))
    near = cut_builders.certified(cut_builders.owing(county.near))
    client = signed_in(Role.COLLECTOR, county.near)
    assert [row.pk for row in client.get("/certificates/").context["rows"].object_list] == [near.pk]
    assert {client.get(f"/certificates/{far.pk}/{form}").status_code for form in ("", "json/", "pdf/")} == {404}
    assert client.post(f"/certificates/{far.pk}/").status_code == 404


def test_who_may_not_see_certificates_is_refused(county: builders.County, signed_in) -> None:
    certificate = cut_builders.certified(cut_builders.owing(county.near))
    client = signed_in(Role.CASHIER)
    addresses = ["/certificates/", *(f"/certificates/{certificate.pk}/{form}" for form in ("", "json/", "pdf/"))]
    assert {client.get(address).status_code for address in addresses} == {403}


def test_before_the_first_cut_the_list_says_so_and_speaks_english(county: builders.County, signed_in) -> None:
    client = signed_in(Role.AUDITOR)
    assert "尚无停电记录" in client.get("/certificates/").content.decode()
    client.cookies["django_language"] = "en"
    assert "No cut was recorded yet." in client.get("/certificates/").content.decode()
    certificate = cut_builders.certified(cut_builders.owing(county.near))
    assert "Every condition of the law" in client.get(f"/certificates/{certificate.pk}/").content.decode()


def test_the_pages_ask_the_same_number_of_queries_for_one_certificate_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.AUDITOR)
    certificate = cut_builders.certified(cut_builders.owing(county.near))
    one, own = queries_of(client, "/certificates/"), queries_of(client, f"/certificates/{certificate.pk}/")
    for _ in range(2):
        cut_builders.certified(cut_builders.owing(county.far))
    assert (queries_of(client, "/certificates/"), queries_of(client, f"/certificates/{certificate.pk}/")) == (one, own)
    assert max(one, own) <= 12
