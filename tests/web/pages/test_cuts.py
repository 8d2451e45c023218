"""What do the pages of cut orders say, to whom, and what can be decided there?"""

from datetime import date, timedelta

import builders
import cut_builders
import fee_control_builders
import pytest
from django.utils import timezone, translation
from procrastinate.contrib.django.models import ProcrastinateJob

from cutting_desk import moment
from zaikong.application.cutting.orders import cancel_cut, decide_cut
from zaikong.application.cutting.switch import switch_cuts, switch_standing
from zaikong.application.roles import Role
from zaikong.domain.law.cutting import REASONS
from zaikong.store.models import CutOrder, Dispute, FieldOrder, MeterCommand, OpenItem
from zaikong.web import business_day, cut_words


@pytest.fixture
def county(county: builders.County) -> builders.County:
    """The county on 11 August 2025."""
    cut_builders.today()
    return county


def states() -> list[str]:
    return list(CutOrder.objects.order_by("pk").values_list("state", flat=True))


def test_the_inbox_tells_who_owes_what_since_when_and_what_the_rule_says(county: builders.County, signed_in) -> None:
    cut_builders.proposed(cut_builders.owing(county.near, account_no="4100000777", name="安澜县新光机械有限公司"))
    page = signed_in(Role.MANAGER).get("/cuts/").content.decode()
    for said in (
        *("安澜县新光机械有限公司", "4100000777", "500.00", "41", "2025-08-12 10:00", "0/2"),
        *("停电前未再次通知", "未经审批", "批准", "驳回", "等您处理"),
    ):
        assert said in page


def test_a_person_is_masked_and_a_firm_is_not(county: builders.County, signed_in) -> None:
    cut_builders.proposed(cut_builders.owing(county.near, name="王小明", usci=""))
    page = signed_in(Role.MANAGER).get("/cuts/").content.decode()
    assert "王**" in page
    assert "王小明" not in page


def test_what_waits_for_the_reader_stands_first(county: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    mine = builders.Staff.objects.get(pk=client.session["_auth_user_id"])
    said = cut_builders.proposed(cut_builders.owing(county.near))
    waits = cut_builders.proposed(cut_builders.owing(county.near))
    decide_cut(order=said.pk, approve=True, staff=mine, at=moment("2025-08-11 07:00"))
    context = client.get("/cuts/").context
    assert [(row.pk, row.mine, row.given) for row, _ in context["table"]] == [
        (waits.pk, True, 0),
        (said.pk, False, 1),
    ]
    assert context["mine"] == 1


def test_an_approved_order_waits_for_who_carries_it_out(county: builders.County, signed_in) -> None:
    cut_builders.approved(cut_builders.owing(county.near))
    assert signed_in(Role.METERING_TECHNICIAN).get("/cuts/").context["mine"] == 1
    assert signed_in(Role.MANAGER).get("/cuts/").context["mine"] == 0


def test_conditions_that_stand_against_the_cut_are_told_from_those_still_to_come(
    county: builders.County, signed_in
) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    Dispute.objects.create(
        account=order.account,
        raised_at=moment("2025-08-11 00:00") - timedelta(minutes=1),
        raised_by_name="张三",
        subject="meter",
        answer_due_date=date(2025, 8, 19),
    )
    ((_, said),) = signed_in(Role.MANAGER).get("/cuts/").context["table"]
    assert [one.reason for one in said.stands] == ["DISPUTED"]
    assert {"NO_FINAL_NOTICE", "NOT_APPROVED"} <= {one.reason for one in said.waits}
    assert all(str(one.basis) for one in said.answer.failed)


def test_two_people_approve_and_the_order_is_approved(county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    form = {"act": "approve", "order": order.pk}
    answer = signed_in(Role.MANAGER).post("/cuts/", form, follow=True)
    assert "您的批准已登记" in answer.content.decode()
    assert states() == ["proposed"]
    answer = signed_in(Role.DIRECTOR).post(f"/cuts/{order.pk}/", form, follow=True)
    assert answer.redirect_chain == [(f"/cuts/{order.pk}/", 302)]
    assert "工单已批准" in answer.content.decode()
    assert states() == ["approved"]


def test_one_person_does_not_approve_twice(county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    client = signed_in(Role.MANAGER)
    form = {"act": "approve", "order": order.pk}
    client.post("/cuts/", form)
    answer = client.post("/cuts/", form)
    assert answer.status_code == 409
    assert "您已对本工单表态" in answer.content.decode()


def test_a_refusal_needs_a_reason_and_ends_the_order(county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    client = signed_in(Role.MANAGER)
    form = {"act": "refuse", "order": order.pk}
    answer = client.post("/cuts/", {**form, "reason": " "})
    assert (answer.status_code, states()) == (409, ["proposed"])
    assert "REASON_MISSING" in answer.content.decode()
    client.post("/cuts/", {**form, "reason": "客户已联系"})
    assert states() == ["refused"]
    page = client.get("/cuts/?state=refused").content.decode()
    assert "客户已联系" in page
    assert "客户已联系" in client.get(f"/cuts/{order.pk}/").content.decode()


def test_a_collector_proposes_from_a_served_notice_and_may_cancel(county: builders.County, signed_in) -> None:
    stop = cut_builders.noticed(cut_builders.owing(county.near)).notice_set.get(kind="stop")
    client = signed_in(Role.COLLECTOR, county.near)
    assert [row.pk for row in client.get("/cuts/").context["ready"]] == [stop.pk]
    client.post("/cuts/", {"act": "propose", "notice": stop.pk})
    order = CutOrder.objects.get()
    assert (order.state, order.proposed_by_id) == ("proposed", int(client.session["_auth_user_id"]))
    assert client.get("/cuts/").context["ready"] == []
    client.post(f"/cuts/{order.pk}/", {"act": "cancel", "reason": "已缴清"})
    assert states() == ["cancelled"]


def test_a_proposal_the_rule_forbids_is_refused_on_the_page(county: builders.County, signed_in) -> None:
    account = cut_builders.owing(county.near)
    stop = cut_builders.noticed(account).notice_set.get(kind="stop")
    OpenItem.objects.filter(account=account).update(disputed=True)
    answer = signed_in(Role.COLLECTOR, county.near).post("/cuts/", {"act": "propose", "notice": stop.pk})
    assert answer.status_code == 409
    page = answer.content.decode()
    for said in ("CONDITION_FAILS", "规则不允许在该时间停电", "无欠费 (《电力供应与使用条例》 第三十九条)"):
        assert said in page
    assert states() == []


def test_an_order_is_carried_out_at_its_time_and_its_certificate_is_linked(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 10:05"))
    answer = client.post(f"/cuts/{order.pk}/", {"act": "reserve"}, follow=True)
    assert states() == ["reserved"]
    assert "规则此刻允许停电" in answer.content.decode()
    assert 'value="record"' in answer.content.decode()
    client.post(f"/cuts/{order.pk}/", {"act": "record"})
    assert states() == ["recorded"]
    page = client.get(f"/cuts/{order.pk}/").content.decode()
    assert "LC-20250812-" in page
    assert "满足" in page
    assert "不满足" not in page


def queued() -> list[dict[str, int]]:
    return list(ProcrastinateJob.objects.filter(task_name="zaikong.cut").values_list("args", flat=True))


def test_an_approved_cut_of_a_meter_on_the_wire_is_queued_and_not_recorded_by_hand(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = fee_control_builders.approved(county.near)
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 10:05"))
    page = client.get(f"/cuts/{order.pk}/").content.decode()
    assert ('value="wire"' in page, 'value="reserve"' in page) == (True, False)
    answer = client.post(f"/cuts/{order.pk}/", {"act": "wire"}, follow=True)
    assert "停电已排队等待执行" in answer.content.decode()
    assert (states(), queued()) == (["approved"], [{"order": order.pk}])


def test_without_a_wire_a_cut_is_carried_out_by_hand(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 10:05"))
    page = client.get(f"/cuts/{order.pk}/").content.decode()
    assert ('value="wire"' in page, 'value="reserve"' in page) == (False, True)
    refused = client.post(f"/cuts/{order.pk}/", {"act": "wire"})
    assert (refused.status_code, queued()) == (409, [])
    assert "没有唯一可远程控制的电表" in refused.content.decode()


def test_a_cut_whose_one_command_is_spent_or_whose_crew_is_out_is_not_sent_again(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = fee_control_builders.approved(county.near)
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 10:05"))
    trip = MeterCommand.objects.create(
        meter=order.account.meter_set.get(),
        account=order.account,
        verb="trip",
        cut_order=order,
        ordered_at=moment("2025-08-12 10:01"),
    )
    trip.state, trip.code = "withdrawn", "unreachable"
    trip.save()
    page = client.get(f"/cuts/{order.pk}/").content.decode()
    assert ('value="wire"' in page, 'value="reserve"' in page) == (False, True)
    for said in ("跳闸", "已撤回", "无法连接，未发送"):
        assert said in page
    refused = client.post(f"/cuts/{order.pk}/", {"act": "wire"})
    assert (refused.status_code, "TRIP_SPENT" in refused.content.decode(), queued()) == (409, True, [])


def test_a_county_of_the_past_sends_nothing_over_the_wire(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = fee_control_builders.approved(county.near)
    cut_builders.today(date(2025, 8, 12))
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-15 10:05"))
    refused = signed_in(Role.METERING_TECHNICIAN).post(f"/cuts/{order.pk}/", {"act": "wire"})
    assert (refused.status_code, "BOOKS_BEHIND" in refused.content.decode(), queued()) == (409, True, [])


def test_a_sent_order_tells_its_command_its_exchanges_and_that_nobody_knows_yet(
    county: builders.County, signed_in
) -> None:
    account = cut_builders.owing(county.near)
    meter = fee_control_builders.meter_of(account)
    order = fee_control_builders.sent_trip(account)
    client = signed_in(Role.METERING_TECHNICIAN)
    page = client.get(f"/cuts/{order.pk}/").content.decode()
    for said in (
        "已下发",
        "尚不知是否已停电",
        "跳闸",
        "超时无应答",
        f"/meters/{meter.meter_no}/",
        "2025-08-12 10:00:00",
    ):
        assert said in page
    listed = client.get("/cuts/").context
    assert ([row.pk for row, _ in listed["table"]], listed["living"]) == ([order.pk], 1)
    assert [row.state for row, _ in client.get("/cuts/?state=sent").context["table"]] == ["sent"]


def test_an_order_tells_how_its_supply_comes_back_and_who_goes_out(county: builders.County, signed_in) -> None:
    work = fee_control_builders.field_order(county.near)
    page = signed_in(Role.MANAGER).get(f"/cuts/{work.restore_order.cut_order_id}/").content.decode()
    for said in ("复电", "欠费已缴", "剩余", "现场复电", "已派发", "合闸"):
        assert said in page
    assert FieldOrder.objects.count() == 1


def test_a_command_that_was_not_carried_out_leaves_supply_on(county: builders.County, signed_in) -> None:
    account = cut_builders.owing(county.near)
    fee_control_builders.meter_of(account)
    order = fee_control_builders.sent_trip(account)
    CutOrder.objects.filter(pk=order.pk).update(state="failed")
    page = signed_in(Role.METERING_TECHNICIAN).get(f"/cuts/{order.pk}/").content.decode()
    for said in ("未执行", "命令未执行，仍在供电"):
        assert said in page


def test_a_cut_the_rule_does_not_allow_is_not_carried_out(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    OpenItem.objects.filter(account=order.account).update(disputed=True)
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 10:05"))
    answer = client.post(f"/cuts/{order.pk}/", {"act": "reserve"}, follow=True)
    assert states() == ["cancelled"]
    assert "规则不允许停电" in answer.content.decode()
    assert "无欠费" in client.get("/cuts/?state=cancelled").content.decode()


def test_money_on_its_way_after_the_reservation_ends_the_order(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 10:05"))
    client.post(f"/cuts/{order.pk}/", {"act": "reserve"})
    builders.payment(order.notice.noticeitem_set.get().bill, amount_fen=50_000, state="in_transit")
    answer = client.post(f"/cuts/{order.pk}/", {"act": "record"}, follow=True)
    assert states() == ["cancelled"]
    page = answer.content.decode()
    assert "缴费在途" in page
    assert "如已停电，请立即恢复供电" in page


def test_before_its_time_an_order_is_not_carried_out(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-12 09:59"))
    answer = client.post(f"/cuts/{order.pk}/", {"act": "reserve"})
    assert answer.status_code == 409
    assert "NOT_THE_STATED_TIME" in answer.content.decode()


@pytest.mark.parametrize(
    ("clock", "time"),
    [
        ("2025-08-11 10:05", "2025-08-11 10:05"),
        ("2025-08-10 22:30", "2025-08-10 22:30"),
        ("2025-08-12 00:10", "2025-08-12 00:10"),
        ("2025-08-13 00:10", "2025-08-11 00:10"),
    ],
)
def test_the_clock_tells_the_time_of_a_cut_while_the_books_keep_pace(
    clock: str, time: str, county: builders.County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: moment(clock))
    assert business_day.lawful_time() == moment(time)


def test_a_cut_is_not_recorded_while_the_books_are_behind(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    cut_builders.today(date(2025, 8, 12))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-15 10:05"))
    assert 'value="reserve"' not in client.get(f"/cuts/{order.pk}/").content.decode()
    answer = client.post(f"/cuts/{order.pk}/", {"act": "reserve"})
    assert (answer.status_code, states()) == (409, ["approved"])
    assert "BOOKS_BEHIND" in answer.content.decode()


def test_each_condition_stands_with_its_fact_proof_article_and_edition(county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    answer = signed_in(Role.AUDITOR).get(f"/cuts/{order.pk}/")
    rows = {row.code: row for row in answer.context["conditions"]}
    assert list(rows) == [code for code in REASONS if code in rows]
    served = rows["NO_NOTICE"]
    assert (served.met, [one["number"] for one in served.proofs]) == (
        True,
        [order.notice.notice_no],
    )
    assert rows["NO_FINAL_NOTICE"].met is False
    assert all(row.source for row in rows.values())
    assert all(row.editions for code, row in rows.items() if code != "FACT_MISSING")
    page = answer.content.decode()
    assert order.notice.notice_no in page
    assert order.notice.contents_sha256[:12] in page
    assert "签收" in page


def test_everybody_near_a_cut_stops_them_all_and_only_a_director_lets_them_go_on(
    county: builders.County, signed_in
) -> None:
    collector = signed_in(Role.COLLECTOR, county.near)
    refused = collector.post("/cuts/", {"act": "stop", "reason": ""})
    assert (refused.status_code, switch_standing().stopped) == (409, False)
    answer = collector.post("/cuts/", {"act": "stop", "reason": "强降温"}, follow=True)
    assert switch_standing().stopped is True
    assert "强降温" in answer.content.decode()
    for role, address in ((Role.CASHIER, "/"), (Role.MANAGER, "/warnings/"), (Role.AUDITOR, "/cuts/")):
        page = signed_in(role).get(address).content.decode()
        assert "已停止一切停电操作" in page
        assert "强降温" in page
    assert collector.post("/cuts/", {"act": "release", "reason": "x"}).status_code == 403
    signed_in(Role.DIRECTOR).post("/cuts/", {"act": "release", "reason": "回暖"})
    assert switch_standing().stopped is False
    assert "已停止一切停电操作" not in signed_in(Role.MANAGER).get("/").content.decode()


def test_the_banner_does_not_reach_who_is_not_signed_in(county: builders.County, client) -> None:
    switch_cuts(stop=True, reason="强降温", staff=builders.staff(Role.DIRECTOR), at=moment("2025-08-11 07:00"))
    assert "强降温" not in client.get("/login/").content.decode()


def test_while_stopped_nothing_is_carried_out(
    county: builders.County, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = cut_builders.approved(cut_builders.owing(county.near))
    switch_cuts(stop=True, reason="强降温", staff=builders.staff(Role.DIRECTOR), at=moment("2025-08-11 07:00"))
    client = signed_in(Role.METERING_TECHNICIAN)
    monkeypatch.setattr(timezone, "now", lambda: moment("2025-08-11 10:05"))
    assert "此刻可否停电" not in client.get(f"/cuts/{order.pk}/").content.decode()
    answer = client.post(f"/cuts/{order.pk}/", {"act": "reserve"})
    assert (answer.status_code, states()) == (409, ["approved"])
    assert "ALL_STOPPED" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "act", "status"),
    [
        (Role.COLLECTOR, "approve", 403),
        (Role.METERING_TECHNICIAN, "approve", 403),
        (Role.LEGAL_OFFICER, "refuse", 403),
        (Role.AUDITOR, "cancel", 403),
        (Role.MANAGER, "propose", 403),
        (Role.MANAGER, "reserve", 403),
        (Role.DIRECTOR, "record", 403),
        (Role.MANAGER, "wire", 403),
        (Role.MANAGER, "release", 403),
        (Role.MANAGER, "restore", 404),
        (Role.CASHIER, "approve", 403),
        (Role.BILLING_CLERK, "stop", 403),
    ],
)
def test_who_has_no_right_does_nothing(role: Role, act: str, status: int, county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    form = {"act": act, "order": order.pk, "reason": "x"}
    client = signed_in(role)
    assert client.post("/cuts/", form).status_code == status
    assert client.post(f"/cuts/{order.pk}/", form).status_code == status
    assert (states(), switch_standing().stopped) == (["proposed"], False)


def test_the_forms_are_offered_to_who_may_use_them(county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    legal = signed_in(Role.LEGAL_OFFICER).get("/cuts/").content.decode()
    assert 'value="approve"' not in legal
    assert 'value="stop"' in legal
    assert 'value="release"' not in legal
    manager = signed_in(Role.MANAGER).get(f"/cuts/{order.pk}/").content.decode()
    assert 'value="approve"' in manager
    assert 'value="cancel"' in manager
    assert 'value="reserve"' not in manager


def test_a_station_sees_and_decides_its_own_orders_only(county: builders.County, signed_in) -> None:
    far = cut_builders.proposed(cut_builders.owing(county.far, name="远方公司"))
    near = cut_builders.proposed(cut_builders.owing(county.near))
    stop = cut_builders.noticed(cut_builders.owing(county.far)).notice_set.get(kind="stop")
    client = signed_in(Role.MANAGER, county.near)
    answer = client.get("/cuts/")
    assert [row.pk for row, _ in answer.context["table"]] == [near.pk]
    assert answer.context["living"] == 1
    assert "远方公司" not in answer.content.decode()
    assert client.get(f"/cuts/{far.pk}/").status_code == 404
    assert client.post("/cuts/", {"act": "approve", "order": far.pk}).status_code == 404
    assert client.post(f"/cuts/{far.pk}/", {"act": "approve"}).status_code == 404
    collector = signed_in(Role.COLLECTOR, county.near)
    assert collector.post("/cuts/", {"act": "propose", "notice": stop.pk}).status_code == 404
    assert collector.post("/cuts/", {"act": "cancel", "order": "x", "reason": "x"}).status_code == 404
    assert CutOrder.objects.filter(state="proposed").count() == 2


def test_orders_are_listed_by_state(county: builders.County, signed_in) -> None:
    manager = builders.staff(Role.MANAGER)
    gone = cut_builders.proposed(cut_builders.owing(county.near))
    cancel_cut(order=gone.pk, staff=manager, at=moment("2025-08-11 07:00"), reason="x")
    cut_builders.approved(cut_builders.owing(county.near))
    client = signed_in(Role.MANAGER)
    listed = {
        state: [row.state for row, _ in client.get(f"/cuts/?state={state}").context["table"]]
        for state in ("", "proposed", "approved", "cancelled", "nonsense")
    }
    assert listed == {
        "": ["approved"],
        "proposed": [],
        "approved": ["approved"],
        "cancelled": ["cancelled"],
        "nonsense": ["approved"],
    }


def test_an_inbox_without_orders_says_so(county: builders.County, signed_in) -> None:
    page = signed_in(Role.MANAGER).get("/cuts/").content.decode()
    assert "这里没有停电工单" in page
    assert "停电正常进行" in page


def test_the_pages_speak_english_too(county: builders.County, signed_in) -> None:
    order = cut_builders.proposed(cut_builders.owing(county.near))
    client = signed_in(Role.MANAGER)
    client.cookies["django_language"] = "en"
    page = client.get("/cuts/").content.decode()
    for said in ("Cuts of supply", "last notice not served", "waits for you", "Stop all cuts"):
        assert said in page
    page = client.get(f"/cuts/{order.pk}/").content.decode()
    for said in ("a notice of cutting was served", "Notices and their service", "proposed"):
        assert said in page


def test_the_pages_ask_the_same_number_of_queries_for_one_order_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)
    order = cut_builders.proposed(cut_builders.owing(county.near))
    decide_cut(order=order.pk, approve=True, staff=builders.staff(Role.DIRECTOR), at=moment("2025-08-11 07:00"))
    one, own = queries_of(client, "/cuts/"), queries_of(client, f"/cuts/{order.pk}/")
    for _ in range(2):
        more = cut_builders.proposed(cut_builders.owing(county.far))
        decide_cut(order=more.pk, approve=True, staff=builders.staff(Role.DIRECTOR), at=moment("2025-08-11 07:00"))
    assert queries_of(client, "/cuts/") == one
    assert queries_of(client, f"/cuts/{order.pk}/") == own
    assert max(one, own) <= 36


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_condition_has_words(language: str) -> None:
    with translation.override(language):
        for met in (True, False):
            assert [code for code in REASONS if cut_words.condition(code, met=met) == code] == []


def test_a_code_nobody_knows_is_shown_as_it_is() -> None:
    assert cut_words.condition("SNOW", met=True) == "SNOW"
    assert (cut_words.fact("snow"), cut_words.fact_said("snow", "deep")) == ("snow", "deep")
    assert cut_words.moment(0) == "–"


def test_a_refusal_without_words_says_its_message() -> None:
    assert cut_words.refusal("SNOW", "too much snow") == ["too much snow"]
