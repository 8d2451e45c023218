"""Does the page of the decision log show, filter, verify and hand out the log, and to whom?"""

from datetime import date, datetime

import builders
import pytest

from zaikong.application import decision_log
from zaikong.application.roles import Role
from zaikong.kernel import chain
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.bulk import execute

DAY = date(2025, 8, 11)


@pytest.fixture
def logged(county: builders.County) -> builders.County:
    """A log of two decisions on two days behind its opening."""
    for number, (kind, subject) in enumerate((("waiver_decided", "4100000001"), ("case_paused", "4100000002"))):
        decision_log.append(
            kind=kind,
            subject=subject,
            actor="manager",
            body={"amount_fen": 1_234, "approved": True},
            as_of=DAY,
            at=datetime(2025, 8, 11 + number, 23, 59, tzinfo=TIME_ZONE),
        )
    return county


def test_records_stand_last_first_with_what_they_say_and_their_hash(logged: builders.County, signed_in) -> None:
    answer = signed_in(Role.AUDITOR).get("/decisions/")
    assert [(row.seq, row.kind) for row, _ in answer.context["table"]] == [
        (3, "case_paused"),
        (2, "waiver_decided"),
        (1, "log_opened"),
    ]
    assert answer.context["table"][0][1][:2] == [("amount_fen", "1234"), ("approved", "true")]
    page = answer.content.decode()
    last = decision_log.head()
    for said in (f"3:{last.hash}", "违约金减免决定", "案件暂缓", "4100000002", last.hash[:12]):
        assert said in page


@pytest.mark.parametrize(
    ("asked", "numbers"),
    [
        ("kind=waiver_decided", [2]),
        ("subject=4100000002", [3]),
        ("from=2025-08-12&to=2025-08-12", [3]),
        ("to=2025-08-11", [2]),
        ("kind=snow", []),
        ("from=nonsense&page=9", [3, 2, 1]),
    ],
)
def test_the_log_is_filtered(asked: str, numbers: list[int], logged: builders.County, signed_in) -> None:
    table = signed_in(Role.DIRECTOR).get(f"/decisions/?{asked}").context["table"]
    assert [row.seq for row, _ in table if "to=2025-08-11" not in asked or row.seq != 1] == numbers


def test_a_whole_log_is_verified_and_a_head_kept_elsewhere_is_found_in_it(logged: builders.County, signed_in) -> None:
    client = signed_in(Role.AUDITOR)
    answer = client.post("/decisions/")
    assert (answer.context["verified"].records, answer.context["verified"].faults) == (3, ())
    assert "已读 3 条记录" in answer.content.decode()
    last = decision_log.head()
    answer = client.post("/decisions/", {"anchor": f"{last.seq}:{last.hash}"})
    assert answer.context["verified"].faults == ()
    assert "另行留存的链头在日志之中" in answer.content.decode()
    answer = client.post("/decisions/", {"anchor": f"3:{'a' * 64}"})
    assert len(answer.context["verified"].faults) == 1
    assert "日志被改动过" in answer.content.decode()


def test_what_is_no_head_is_refused(logged: builders.County, signed_in) -> None:
    answer = signed_in(Role.AUDITOR).post("/decisions/", {"anchor": "snow"})
    assert answer.status_code == 409
    assert "ANCHOR_UNREADABLE" in answer.content.decode()


def test_a_record_that_was_touched_is_found_named_and_still_shown(logged: builders.County, signed_in) -> None:
    execute("ALTER TABLE zaikong_decisionrecord DISABLE TRIGGER USER")
    execute("UPDATE zaikong_decisionrecord SET record = 'snow' WHERE seq = 2")
    answer = signed_in(Role.AUDITOR).post("/decisions/")
    assert any("LINE_UNREADABLE" in fault for fault in answer.context["verified"].faults)
    assert answer.context["table"][1][1] == [("", "snow")]


def test_the_log_handed_out_is_whole(logged: builders.County, signed_in) -> None:
    answer = signed_in(Role.MANAGER).get("/decisions/export/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="decision-log-3.jsonl"'
    lines = b"".join(answer.streaming_content).splitlines(keepends=True)
    verdict = chain.verify(lines, anchors=[decision_log.head()])
    assert (verdict.records, verdict.faults) == (3, [])


@pytest.mark.parametrize("address", ["/decisions/", "/decisions/export/"])
def test_the_log_is_shown_to_oversight_of_the_county_only(address: str, logged: builders.County, signed_in) -> None:
    answers = {role: signed_in(role).get(address).status_code for role in Role if role != Role.CUSTOMER}
    oversight = {Role.MANAGER, Role.DIRECTOR, Role.LEGAL_OFFICER, Role.AUDITOR}
    assert answers == {role: 200 if role in oversight else 403 for role in answers}
    assert signed_in(Role.MANAGER, logged.near).get(address).status_code == 403


def test_an_empty_log_says_so_and_speaks_english(county: builders.County, signed_in) -> None:
    client = signed_in(Role.AUDITOR)
    assert "尚无决策" in client.get("/decisions/").content.decode()
    client.cookies["django_language"] = "en"
    assert "Nothing was decided yet." in client.get("/decisions/").content.decode()


def test_the_page_asks_the_same_number_of_queries_for_one_record_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.AUDITOR)
    decision_log.append(kind="case_paused", subject="4100000001", actor="manager", body={}, as_of=DAY)
    one = queries_of(client, "/decisions/")
    for _ in range(2):
        decision_log.append(kind="case_paused", subject="4100000001", actor="manager", body={}, as_of=DAY)
    assert queries_of(client, "/decisions/") == one
    assert one <= 14


def test_days_are_written_as_dates(logged: builders.County, signed_in) -> None:
    assert ("as_of_day", "2025-08-11") in signed_in(Role.AUDITOR).get("/decisions/").context["table"][0][1]
