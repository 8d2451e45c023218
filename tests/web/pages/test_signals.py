"""Who decides whom a signal is about, and what do they see?"""

import builders
import pytest

from zaikong.application.roles import Role
from zaikong.domain.credit.signal_matching import DOUBTS
from zaikong.store.models import SignalMatch
from zaikong.web import credit_words


@pytest.fixture
def proposed(county: builders.County) -> SignalMatch:
    builders.day_book()
    return builders.match(county.seen, "张三丰粮油加工有限公司", score=91, doubt="FORM")


def test_both_names_stand_side_by_side_with_score_and_doubt(proposed: SignalMatch, signed_in) -> None:
    page = signed_in(Role.MANAGER).get("/signals/").content.decode()
    for said in (
        "张三丰粮油加工有限公司",
        "张三丰</p>",
        "4100000001",
        ">91<",
        "组织形式不同",
        "法院执行",
        "人民法院公告",
    ):
        assert said in page


@pytest.mark.parametrize(
    ("decision", "state", "told"),
    [
        ("confirm", "confirmed", "已确认该信号属于此客户"),
        ("reject", "rejected", "已否定该匹配"),
    ],
)
def test_a_person_decides_with_a_reason(decision: str, state: str, told: str, proposed: SignalMatch, signed_in) -> None:
    client = signed_in(Role.LEGAL_OFFICER)
    form = {"match": proposed.pk, "decision": decision, "reason": "与营业执照核对"}
    answer = client.post("/signals/", form, follow=True)
    proposed.refresh_from_db()
    assert (proposed.state, proposed.reason, proposed.decided_by.pk) == (
        state,
        "与营业执照核对",
        int(client.session["_auth_user_id"]),
    )
    page = answer.content.decode()
    assert told in page
    assert answer.context["waiting"].count == 0
    assert "与营业执照核对" in page


def test_a_decision_without_a_reason_is_refused(proposed: SignalMatch, signed_in) -> None:
    answer = signed_in(Role.MANAGER).post("/signals/", {"match": proposed.pk, "decision": "confirm", "reason": " "})
    assert answer.status_code == 409
    assert "REASON_MISSING" in answer.content.decode()
    proposed.refresh_from_db()
    assert proposed.state == "proposed"


def test_a_reason_that_does_not_fit_is_refused(proposed: SignalMatch, signed_in) -> None:
    form = {"match": proposed.pk, "decision": "confirm", "reason": "长" * 201}
    answer = signed_in(Role.MANAGER).post("/signals/", form)
    assert answer.status_code == 409
    assert "REASON_TOO_LONG" in answer.content.decode()


def test_nothing_is_decided_twice(proposed: SignalMatch, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    client.post("/signals/", {"match": proposed.pk, "decision": "reject", "reason": "不是同一家"})
    answer = client.post("/signals/", {"match": proposed.pk, "decision": "confirm", "reason": "是同一家"})
    assert answer.status_code == 409
    assert "MATCH_DECIDED" in answer.content.decode()


def test_who_may_not_decide_is_refused_and_sees_no_form(proposed: SignalMatch, signed_in) -> None:
    collector = signed_in(Role.COLLECTOR)
    assert 'name="reason"' not in collector.get("/signals/").content.decode()
    form = {"match": proposed.pk, "decision": "confirm", "reason": "x"}
    assert collector.post("/signals/", form).status_code == 403
    assert signed_in(Role.CASHIER).get("/signals/").status_code == 403


def test_a_match_of_another_station_is_not_seen_and_not_decided(
    proposed: SignalMatch, county: builders.County, signed_in
) -> None:
    far = builders.match(county.unseen, "李四商贸有限公司")
    client = signed_in(Role.MANAGER, county.near)
    answer = client.get("/signals/")
    assert [row.pk for row in answer.context["waiting"].rows.object_list] == [proposed.pk]
    assert answer.context["unmatched"] is None
    form = {"match": far.pk, "decision": "confirm", "reason": "x"}
    assert client.post("/signals/", form).status_code == 404
    assert client.post("/signals/", {**form, "match": "x"}).status_code == 404
    assert client.post("/signals/", {**form, "match": proposed.pk, "decision": "x"}).status_code == 404


def test_the_county_sees_signals_about_nobody_known(proposed: SignalMatch, county: builders.County, signed_in) -> None:
    builders.signal("无名化工有限公司")
    builders.match(
        county.seen,
        "别家有限公司",
        state="rejected",
        decided_by=builders.staff(Role.MANAGER),
        decided_date=builders.TODAY,
        reason="不是",
    )
    answer = signed_in(Role.AUDITOR).get("/signals/")
    assert {row.subject_name for row in answer.context["unmatched"]} == {"无名化工有限公司", "别家有限公司"}
    assert [row.reason for row in answer.context["decided"]] == ["不是"]


def test_the_page_asks_the_same_number_of_queries_for_one_match_and_for_three(
    proposed: SignalMatch, county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)
    one = queries_of(client, "/signals/")
    builders.match(county.unseen, "李四商贸有限公司")
    builders.match(builders.account(county.near), "王五商贸有限公司")
    assert queries_of(client, "/signals/") == one
    assert one <= 20


def test_every_doubt_has_words() -> None:
    assert set(credit_words.DOUBTS) == set(DOUBTS)
