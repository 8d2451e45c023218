"""Is a collector's day shown in the order of work, and is it kept what came of it?"""

from datetime import date

import builders
import case_builders
import pytest
from case_builders import photo
from django.test import Client

from zaikong.application.roles import Role
from zaikong.store.models import CaseEvent, Notice, NoticeService, Staff, WorkListChange, WorkListRow, WorkPlanRun

Listed = tuple[Staff, WorkListRow]


@pytest.fixture
def listed(county: builders.County) -> Listed:
    """A collector with one row on the list of 9 October."""
    return case_builders.planned(county)


@pytest.fixture
def thumb(listed: Listed) -> Client:
    """The collector's own phone."""
    client = Client()
    client.force_login(listed[0])
    return client


def _state(row: WorkListRow) -> str:
    return WorkListRow.objects.get(pk=row.pk).state


def test_the_own_list_shows_who_what_and_why(listed: Listed, thumb: Client) -> None:
    page = thumb.get("/day/").content.decode()
    row = listed[1]
    assert f'id="zk-row-{row.pk}"' in page
    assert f'href="/cases/{row.case_id}/"' in page
    assert "王*" in page
    assert "王五" not in page
    assert "50,000.00" in page
    assert "逾期 19 天" in page
    assert "为何是此户" in page


def test_the_list_of_a_colleague_is_not_shown_to_a_collector(listed: Listed, county: builders.County) -> None:
    other = case_builders.collector(county.near)
    client = Client()
    client.force_login(other)
    page = client.get(f"/day/?staff={listed[0].pk}").content.decode()
    assert f'id="zk-row-{listed[1].pk}"' not in page


def test_a_manager_chooses_a_collector_of_the_own_station_only(
    listed: Listed, county: builders.County, signed_in
) -> None:
    row = f'id="zk-row-{listed[1].pk}"'
    assert row in signed_in(Role.MANAGER).get(f"/day/?staff={listed[0].pk}").content.decode()
    far = signed_in(Role.MANAGER, county.far)
    assert row not in far.get(f"/day/?staff={listed[0].pk}").content.decode()
    form = {"act": "drop", "row": listed[1].pk, "reason": "x"}
    assert far.post(f"/day/?staff={listed[0].pk}", form).status_code == 404
    assert _state(listed[1]) == "listed"


def test_a_visit_with_a_photo_ticks_the_row_off(listed: Listed, thumb: Client) -> None:
    row = listed[1]
    assert row.action == "DEMAND_NOTICE"
    answer = thumb.post(
        "/day/", {"act": "done", "row": row.pk, "outcome": "absent", "evidence_kind": "photo", "files": photo()}
    )
    assert (answer.status_code, _state(row)) == (302, "done")
    event = CaseEvent.objects.get(case=row.case_id, kind="visit")
    assert (event.outcome, event.staff) == ("absent", listed[0])
    assert "完成" in thumb.get("/day/").content.decode()


def test_a_visit_without_proof_is_refused_and_the_row_stays(listed: Listed, thumb: Client) -> None:
    row = listed[1]
    answer = thumb.post("/day/", {"act": "done", "row": row.pk, "outcome": "absent", "note": "门锁着"})
    page = answer.content.decode()
    assert (answer.status_code, "EVIDENCE_MISSING" in page, "门锁着</textarea>" in page) == (409, True, True)
    assert '<option value="absent" selected>' in page
    assert (_state(row), CaseEvent.objects.filter(kind="visit").count()) == ("listed", 0)


def test_a_photo_is_kept_when_the_rest_is_refused(listed: Listed, thumb: Client) -> None:
    form = {"act": "done", "row": listed[1].pk, "outcome": "met", "evidence_kind": "photo"}
    refused = thumb.post("/day/", {**form, "files": photo()})
    assert "SPOKEN_TO_MISSING" in refused.content.decode()
    thumb.post("/day/", {**form, "spoken_to": "王五", "kept": refused.context["kept_token"]})
    assert _state(listed[1]) == "done"
    assert CaseEvent.objects.get(kind="visit").caseeventevidence_set.count() == 1


def test_a_file_of_another_type_is_refused(listed: Listed, thumb: Client) -> None:
    form = {"act": "done", "row": listed[1].pk, "outcome": "absent", "evidence_kind": "photo"}
    answer = thumb.post("/day/", {**form, "files": photo("virus.exe", b"MZ\x90\x00")})
    assert (answer.status_code, "TYPE_UNKNOWN" in answer.content.decode()) == (409, True)
    assert _state(listed[1]) == "listed"


def test_a_notice_is_served_from_the_list(listed: Listed, thumb: Client) -> None:
    row = listed[1]
    served = {
        "act": "done",
        "row": row.pk,
        "outcome": "signed",
        "spoken_to": "王五",
        "receiver_standing": "self",
        "evidence_kind": "photo",
    }
    answer = thumb.post("/day/", {**served, "files": photo()})
    assert "NOTICE_MISSING" in answer.content.decode()
    notice = Notice.objects.create(
        notice_no="催2025-000001",
        kind="demand",
        account=row.case.account,
        case=row.case,
        issued_at=row.case.opened_at,
        amount_fen=5_000_000,
        pay_by_date=date(2025, 10, 16),
        contents={},
        contents_sha256="0" * 64,
    )
    thumb.post("/day/", {**served, "files": photo()})
    assert _state(row) == "done"
    assert NoticeService.objects.get().notice == notice


def test_a_row_is_left_out_with_a_reason(listed: Listed, thumb: Client) -> None:
    form = {"act": "drop", "row": listed[1].pk}
    assert "REASON_MISSING" in thumb.post("/day/", form).content.decode()
    assert thumb.post("/day/", {**form, "reason": "道路不通"}).status_code == 302
    assert _state(listed[1]) == "dropped"
    change = WorkListChange.objects.get()
    assert (change.kind, change.staff, change.reason) == ("exclude", listed[0], "道路不通")


def test_a_row_of_a_colleague_is_neither_done_nor_left_out(listed: Listed, county: builders.County) -> None:
    client = Client()
    client.force_login(case_builders.collector(county.near))
    done = {"act": "done", "row": listed[1].pk, "outcome": "absent", "witness_1": "甲", "witness_2": "乙"}
    assert client.post("/day/", done).status_code == 403
    refused = client.post("/day/", {"act": "drop", "row": listed[1].pk, "reason": "x"})
    assert "ROW_UNKNOWN" in refused.content.decode()
    assert _state(listed[1]) == "listed"


def test_the_planner_plans_again_and_changes_by_hand(listed: Listed, signed_in) -> None:
    manager, address = signed_in(Role.MANAGER), f"/day/?staff={listed[0].pk}"
    number = listed[1].case.account.account_no
    assert manager.post(address, {"act": "plan"}).status_code == 302
    assert WorkPlanRun.objects.filter(standing=True).count() == 1
    form = {"account_no": number, "reason": "客户要求"}
    assert manager.post(address, {"act": "exclude", **form}).status_code == 302
    assert not WorkListRow.objects.filter(run__standing=True, case=listed[1].case, state="listed").exists()
    assert "客户要求" in manager.get(address).content.decode()
    assert manager.post(address, {"act": "pin", "action": "CALL", **form}).status_code == 302
    pinned = WorkListRow.objects.get(run__standing=True, case=listed[1].case)
    assert (pinned.action, pinned.by_hand) == ("CALL", True)
    assert manager.post(address, {"act": "release", **form}).status_code == 302
    assert WorkListChange.objects.count() == 3


def test_a_change_that_cannot_be_made_says_why(listed: Listed, signed_in) -> None:
    manager, address = signed_in(Role.MANAGER), f"/day/?staff={listed[0].pk}"
    number = listed[1].case.account.account_no
    unknown = manager.post(address, {"act": "exclude", "account_no": "9", "reason": "x"})
    assert (unknown.status_code, "CASE_UNKNOWN" in unknown.content.decode()) == (409, True)
    half = manager.post(address, {"act": "pin", "account_no": number, "reason": "急"})
    assert "PIN_INCOMPLETE" in half.content.decode()
    assert 'value="急"' in half.content.decode()


def test_who_does_not_plan_changes_nothing(listed: Listed, thumb: Client, signed_in) -> None:
    for act in ("plan", "pin", "exclude", "release"):
        assert thumb.post("/day/", {"act": act}).status_code == 403
    assert thumb.post("/day/", {"act": "forgive"}).status_code == 404
    assert thumb.post("/day/", {"act": "drop", "row": "x", "reason": "x"}).status_code == 404
    auditor = signed_in(Role.AUDITOR)
    page = auditor.get(f"/day/?staff={listed[0].pk}").content.decode()
    assert f'id="zk-row-{listed[1].pk}"' in page
    assert "登记并完成" not in page
    assert auditor.post("/day/", {"act": "drop", "row": listed[1].pk, "reason": "x"}).status_code == 403


def test_a_day_without_plan_or_collector_says_so(county: builders.County, signed_in) -> None:
    case_builders.opened(county, night=case_builders.NIGHT)
    assert "您的可见范围内没有催费员" in signed_in(Role.MANAGER).get("/day/").content.decode()
    staff = case_builders.collector(county.near)
    client = Client()
    client.force_login(staff)
    assert "今日任务尚未安排" in client.get("/day/").content.decode()


def test_what_the_ladder_asks_for_and_no_list_has_is_shown(county: builders.County) -> None:
    case = case_builders.opened(county, night=case_builders.NIGHT)
    staff = case_builders.collector(county.near)
    case.collector = staff
    case.save()
    owing = builders.bill(county.seen, builders.run(202507), total_fen=900_000, due_date=date(2025, 9, 1))
    client = Client()
    client.force_login(staff)
    page = client.get("/day/").content.decode()
    assert owing.account_id == case.account_id
    assert "阶梯今日应办" in page
    assert f'href="/cases/{case.pk}/"' in page


def test_a_list_of_three_asks_as_much_as_a_list_of_one(
    listed: Listed, county: builders.County, thumb: Client, queries_of
) -> None:
    thumb.get("/day/")
    one = queries_of(thumb, "/day/")
    row = WorkListRow.objects.get(pk=listed[1].pk)
    case_builders.more_cases(county.near, 2, night=case_builders.NIGHT)
    others = [case_builders.case_of(account) for account in builders.Account.objects.exclude(pk=row.case.account_id)]
    for rank, case in enumerate(others[-2:], start=50):
        WorkListRow.objects.create(
            run=row.run,
            staff=row.staff,
            case=case,
            action=row.action,
            rank=rank,
            route=row.route,
            minutes=row.minutes,
            cost_fen=row.cost_fen,
            probability_before_ppm=row.probability_before_ppm,
            probability_after_ppm=row.probability_after_ppm,
            exposure_fen=row.exposure_fen,
            expected_fen=row.expected_fen,
            why=row.why,
        )
    assert queries_of(thumb, "/day/") == one
    assert one < 30
