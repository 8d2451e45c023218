"""Does the board say how fee control stands, whose clock runs out, and can what failed be worked on there?"""

from datetime import timedelta

import builders
import cut_builders
import fee_control_builders as made
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from zaikong.application.cutting.switch import switch_standing
from zaikong.application.roles import Role
from zaikong.store.models import CommandFailure, CutOrder, FieldOrder, Meter, MeterExchange, RestoreOrder, Staff

BOARD = "/fee-control/"


@pytest.fixture
def county(county: builders.County, monkeypatch: pytest.MonkeyPatch) -> builders.County:
    """The county on the day of the cuts, half an hour after them."""
    made.today()
    monkeypatch.setattr(timezone, "now", lambda: made.NOW)
    return county


def me(client: Client) -> Staff:
    return Staff.objects.get(pk=client.session["_auth_user_id"])


def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("relay.png", made.PNG, content_type="image/png")


def test_the_board_counts_what_stands_waits_and_failed(county: builders.County, signed_in) -> None:
    made.failure(county.near)
    made.restore(made.cut(county.near), hours_gone=25)
    made.cut(county.far)
    made.approved(county.near)
    work = signed_in(Role.MANAGER).get(BOARD).context["work"]
    assert (work.cuts_standing, work.cuts_queued) == (3, 1)
    assert (work.restores, work.restores_late) == (2, 1)
    assert work.next_due_at == made.NOW - timedelta(hours=1)
    assert (work.failures, work.failures_urgent) == (1, 1)
    assert (work.field_orders, work.field_orders_late) == (0, 0)


def test_supply_that_is_back_is_not_counted_as_off(county: builders.County, signed_in) -> None:
    back = made.restore(made.cut(county.near))
    RestoreOrder.objects.filter(pk=back.pk).update(state="done", how="remote", done_at=made.NOW)
    answer = signed_in(Role.MANAGER).get(f"{BOARD}?tab=cuts")
    assert answer.context["work"].cuts_standing == 0
    assert answer.context["table"] == []
    assert "没有停电中的用户" in answer.content.decode()


def test_prepaid_accounts_are_counted_by_level(county: builders.County, signed_in) -> None:
    for level, below in ((0, False), (1, False), (1, False), (3, True)):
        made.balance(
            builders.account(county.near), level=level, available_fen=-500 if below else 9_000, below_limit=below
        )
    context = signed_in(Role.MANAGER).get(BOARD).context
    assert [(one.level, one.accounts, one.below_limit) for one in context["levels"]] == [
        (3, 1, 1),
        (1, 2, 0),
        (0, 1, 0),
    ]
    assert (context["prepaid"], context["warned"], context["below_limit"]) == (4, 3, 1)


def test_exchanges_of_the_last_day_are_counted_by_outcome_and_cause(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    made.exchanges(meter)
    made.exchanges(meter, at=made.NOW - timedelta(hours=25))
    answer = signed_in(Role.METERING_TECHNICIAN).get(BOARD)
    assert sorted((one.outcome, one.code, one.exchanges, one.meters) for one in answer.context["outcomes"]) == [
        ("confirmed", "", 1, 1),
        ("refused", "RETAINED", 1, 1),
        ("unknown", "silent", 1, 1),
    ]
    page = answer.content.decode()
    for said in ("电表处于保电状态", "超时无应答"):
        assert said in page


@pytest.mark.parametrize(
    ("hours_gone", "mark", "said"),
    [
        (1, "zk-good", "剩余 23 小时 00 分"),
        (12, "zk-warn", "剩余 12 小时 00 分"),
        (20, "zk-bad", "剩余 4 小时 00 分"),
        (26, "zk-bad", "超时 2 小时 00 分"),
    ],
)
def test_a_restore_has_a_clock_that_turns_red(
    hours_gone: int, mark: str, said: str, county: builders.County, signed_in
) -> None:
    made.restore(made.cut(county.near), hours_gone=hours_gone)
    page = signed_in(Role.METERING_TECHNICIAN).get(BOARD).content.decode()
    assert f'<span class="zk-clock {mark}"><span class="zk-num">{said}</span>' in page


def test_the_nearest_clock_stands_first(county: builders.County, signed_in) -> None:
    late = made.restore(made.cut(county.near), hours_gone=2)
    soon = made.restore(made.cut(county.far), hours_gone=20)
    assert [row.pk for row in signed_in(Role.MANAGER).get(BOARD).context["restores"]] == [soon.pk, late.pk]


def test_the_queue_holds_cuts_approved_reserved_and_sent(county: builders.County, signed_in) -> None:
    account = cut_builders.owing(county.near)
    made.meter_of(account)
    sent = made.sent_trip(account)
    waits = made.approved(county.near)
    answer = signed_in(Role.METERING_TECHNICIAN).get(BOARD)
    assert [row.pk for row in answer.context["cuts"]] == [sent.pk, waits.pk]
    assert f'href="/cuts/{sent.pk}/"' in answer.content.decode()


def test_safety_is_taken_down_and_supply_goes_on(county: builders.County, signed_in) -> None:
    restore = made.restore(made.cut(county.near), safety_needed=True, state="waiting")
    client = signed_in(Role.COLLECTOR, county.near)
    refused = client.post(BOARD, {"act": "safety", "restore": restore.pk, "confirmed_by": " "})
    assert (refused.status_code, "NAME_MISSING" in refused.content.decode()) == (409, True)
    client.post(BOARD, {"act": "safety", "restore": restore.pk, "confirmed_by": "李四"})
    restore.refresh_from_db()
    assert (restore.state, restore.safety_by, restore.safety_staff) == ("queued", "李四", me(client))


def test_supply_is_ordered_back_by_hand(county: builders.County, signed_in) -> None:
    order = made.cut(county.near)
    client = signed_in(Role.METERING_TECHNICIAN)
    address = f"{BOARD}?tab=cuts"
    refused = client.post(address, {"act": "restore", "cut": order.pk, "cause": ""})
    assert (refused.status_code, "CAUSE_UNKNOWN" in refused.content.decode()) == (409, True)
    answer = client.post(address, {"act": "restore", "cut": order.pk, "cause": "wrong_cut"}, follow=True)
    assert answer.redirect_chain == [(address, 302)]
    restore = RestoreOrder.objects.get()
    assert (restore.cut_order, restore.cause, restore.ordered_by) == (order, "wrong_cut", me(client))
    assert "停电有误" in client.get(BOARD).content.decode()


def test_urgent_failures_stand_first_with_their_cause_in_words(county: builders.County, signed_in) -> None:
    calm = made.failure(county.near, urgent=False, cause="retained")
    urgent = made.failure(county.near)
    answer = signed_in(Role.METERING_TECHNICIAN).get(f"{BOARD}?tab=failures")
    assert [row.pk for row, _due in answer.context["table"]] == [urgent.pk, calm.pk]
    page = answer.content.decode()
    for said in ("超时无应答", "电表处于保电状态", "紧急", "合闸"):
        assert said in page


def test_a_crew_is_sent_and_the_failure_is_in_its_hands(county: builders.County, signed_in) -> None:
    failure = made.failure(county.near)
    client = signed_in(Role.METERING_TECHNICIAN)
    client.post(f"{BOARD}?tab=failures", {"act": "send", "failure": failure.pk, "due_by": "2025-08-12T14:00"})
    order = FieldOrder.objects.get()
    assert (order.kind, order.failure, order.issued_by, f"{timezone.localtime(order.due_by_at):%H:%M}") == (
        "restore",
        failure,
        me(client),
        "14:00",
    )
    refused = client.post(f"{BOARD}?tab=failures", {"act": "send", "failure": failure.pk})
    assert (refused.status_code, "NOT_OPEN" in refused.content.decode()) == (409, True)
    closed = client.post(f"{BOARD}?tab=failures", {"act": "close", "failure": failure.pk, "reason": "已处理"})
    assert (closed.status_code, "CREW_OUT" in closed.content.decode()) == (409, True)


def test_without_a_time_a_crew_has_until_supply_must_be_back(county: builders.County, signed_in) -> None:
    failure = made.failure(county.near)
    signed_in(Role.METERING_TECHNICIAN).post(BOARD, {"act": "send", "failure": failure.pk})
    assert FieldOrder.objects.get().due_by_at == failure.command.restore_order.due_by_at


def test_a_failure_is_closed_with_a_reason(county: builders.County, signed_in) -> None:
    failure = made.failure(county.near)
    client = signed_in(Role.METERING_TECHNICIAN)
    address = f"{BOARD}?tab=failures"
    refused = client.post(address, {"act": "close", "failure": failure.pk, "reason": ""})
    assert refused.status_code == 409
    assert "REASON_MISSING" in refused.content.decode()
    client.post(address, {"act": "close", "failure": failure.pk, "reason": "客户自行合闸"})
    failure.refresh_from_db()
    assert (failure.state, failure.closed_reason) == ("closed", "客户自行合闸")
    assert client.get(address).context["table"] == []


def test_two_people_are_named_and_one_of_them_confirms_with_a_photo(county: builders.County, signed_in) -> None:
    order = made.field_order(county.near)
    client = signed_in(Role.METERING_TECHNICIAN)
    other = builders.staff(Role.METERING_TECHNICIAN)
    address = f"{BOARD}?tab=field"
    form = {"act": "name", "field": order.pk, "first": me(client).pk}
    assert "PERSON_MISSING" in client.post(address, form).content.decode()
    assert "ONE_PERSON" in client.post(address, {**form, "second": me(client).pk}).content.decode()
    client.post(address, {**form, "second": other.pk})
    order.refresh_from_db()
    assert (order.state, order.first, order.second) == ("assigned", me(client), other)

    done = {"act": "confirm", "field": order.pk, "evidence_kind": "photo", "supply": "on", "result": "更换继电器后合闸"}
    assert "PHOTO_MISSING" in client.post(address, done).content.decode()
    client.post(address, {**done, "files": photo()})
    order.refresh_from_db()
    assert (order.state, order.result, bytes(order.photo.content)) == ("done", "更换继电器后合闸", made.PNG)
    assert (order.restore_order.state, order.restore_order.how) == ("done", "field")
    assert CommandFailure.objects.get().state == "closed"
    listed = client.get(f"{address}&state=done").content.decode()
    assert f'href="/fee-control/field-orders/{order.pk}/photo/"' in listed
    answer = client.get(f"/fee-control/field-orders/{order.pk}/photo/")
    assert (answer.content, answer.headers["X-Content-Type-Options"]) == (made.PNG, "nosniff")


def test_a_photo_is_not_lost_when_the_form_is_refused(county: builders.County, signed_in) -> None:
    client = signed_in(Role.METERING_TECHNICIAN)
    order = made.field_order(county.near, crew=(me(client), builders.staff(Role.METERING_TECHNICIAN)))
    form = {"act": "confirm", "field": order.pk, "evidence_kind": "photo", "supply": "off", "result": "x"}
    refused = client.post(f"{BOARD}?tab=field", {**form, "files": photo()})
    assert (refused.status_code, "SUPPLY_STILL_OFF" in refused.content.decode()) == (409, True)
    assert refused.context["kept_count"] == 1
    client.post(f"{BOARD}?tab=field", {**form, "supply": "on", "kept": refused.context["kept_token"]})
    order.refresh_from_db()
    assert order.state == "done"


def test_a_cut_by_hand_is_certified_when_the_rule_allows_it(county: builders.County, signed_in) -> None:
    client = signed_in(Role.METERING_TECHNICIAN)
    order = made.field_order(county.near, kind="cut", crew=(me(client), builders.staff(Role.METERING_TECHNICIAN)))
    form = {"act": "confirm", "field": order.pk, "evidence_kind": "photo", "supply": "off", "result": "已断开表前开关"}
    client.post(f"{BOARD}?tab=field", {**form, "files": photo()})
    assert CutOrder.objects.get(pk=order.cut_order_id).state == "recorded"


def test_a_cut_by_hand_the_rule_forbids_names_every_reason_in_words(county: builders.County, signed_in) -> None:
    client = signed_in(Role.METERING_TECHNICIAN)
    order = made.field_order(county.near, kind="cut", crew=(me(client), builders.staff(Role.METERING_TECHNICIAN)))
    of = order.cut_order.notice.noticeitem_set.get().bill
    builders.payment(of, amount_fen=50_000, state="in_transit")
    form = {"act": "confirm", "field": order.pk, "evidence_kind": "photo", "supply": "off", "result": "x"}
    refused = client.post(f"{BOARD}?tab=field", {**form, "files": photo()})
    page = refused.content.decode()
    assert refused.status_code == 409
    for said in ("CUT_NOT_ALLOWED", "规则不允许停电", "缴费在途"):
        assert said in page
    assert CutOrder.objects.get(pk=order.cut_order_id).state == "reserved"


def test_a_crew_is_called_back_but_never_from_supply_that_is_owed(county: builders.County, signed_in) -> None:
    client = signed_in(Role.METERING_TECHNICIAN)
    owed = made.field_order(county.near)
    refused = client.post(BOARD, {"act": "cancel", "field": owed.pk, "reason": "x"})
    assert (refused.status_code, "SUPPLY_OWED" in refused.content.decode()) == (409, True)
    cut = made.field_order(county.near, kind="cut")
    client.post(f"{BOARD}?tab=field", {"act": "cancel", "field": cut.pk, "reason": "客户已缴费"})
    cut.refresh_from_db()
    assert (cut.state, cut.result) == ("cancelled", "客户已缴费")


def test_the_switch_stands_on_the_board_and_works_there(county: builders.County, signed_in) -> None:
    client = signed_in(Role.METERING_TECHNICIAN)
    answer = client.post(f"{BOARD}?tab=cuts", {"act": "stop", "reason": "强降温"}, follow=True)
    assert answer.redirect_chain == [(f"{BOARD}?tab=cuts", 302)]
    assert switch_standing().stopped is True
    assert client.post(BOARD, {"act": "release", "reason": "x"}).status_code == 403
    signed_in(Role.DIRECTOR).post(BOARD, {"act": "release", "reason": "回暖"})
    assert switch_standing().stopped is False


def test_balances_tell_level_money_days_and_agreement(county: builders.County, signed_in) -> None:
    signed = builders.account(county.near)
    made.balance(signed, level=2, available_fen=1_500)
    number = made.agreement(signed).agreement_no
    below = builders.account(county.near)
    made.balance(below, level=3, available_fen=-3_000, below_limit=True)
    made.balance(builders.account(county.near), level=0)
    client = signed_in(Role.MANAGER)
    answer = client.get(f"{BOARD}?tab=balances")
    assert [row.account_id for row in answer.context["rows"]] == [below.pk, signed.pk]
    page = answer.content.decode()
    for said in (number, "-30.00", "低于额度", "2 级", "未签协议", f"/accounts/{signed.account_no}/prepayment/"):
        assert said in page
    calm = client.get(f"{BOARD}?tab=balances&level=0").context["rows"]
    assert [row.warning_level for row in calm] == [0]


def test_a_station_sees_and_works_on_its_own_only(county: builders.County, signed_in) -> None:
    far = made.failure(county.far)
    field = made.field_order(county.far)
    standing = made.cut(county.far)
    made.exchanges(Meter.objects.get(account=standing.account))
    made.balance(builders.account(county.far), level=1)
    client = signed_in(Role.METERING_TECHNICIAN, county.near)
    for tab in ("queue", "cuts", "failures", "field"):
        context = client.get(f"{BOARD}?tab={tab}").context
        assert (context["work"].restores, context["work"].failures, context["work"].cuts_standing) == (0, 0, 0)
        assert context["outcomes"] == []
        assert "马头供电所" not in client.get(f"{BOARD}?tab={tab}").content.decode()
    assert signed_in(Role.MANAGER, county.near).get(f"{BOARD}?tab=balances").context["levels"] == []
    posts = [
        {"act": "send", "failure": far.pk},
        {"act": "close", "failure": far.pk, "reason": "x"},
        {"act": "cancel", "field": field.pk, "reason": "x"},
        {"act": "restore", "cut": standing.pk, "cause": "paid"},
        {"act": "safety", "restore": far.command.restore_order_id, "confirmed_by": "x"},
        {"act": "send", "failure": "x"},
    ]
    assert [client.post(BOARD, form).status_code for form in posts] == [404] * len(posts)
    assert client.get(f"/fee-control/field-orders/{field.pk}/photo/").status_code == 404


@pytest.mark.parametrize(
    ("role", "act", "status"),
    [
        (Role.MANAGER, "send", 403),
        (Role.AUDITOR, "close", 403),
        (Role.COLLECTOR, "restore", 403),
        (Role.DIRECTOR, "name", 403),
        (Role.LEGAL_OFFICER, "confirm", 403),
        (Role.AUDITOR, "safety", 403),
        (Role.CASHIER, "stop", 403),
        (Role.MANAGER, "release", 403),
        (Role.METERING_TECHNICIAN, "explode", 404),
        (Role.BILLING_CLERK, "stop", 403),
    ],
)
def test_who_has_no_right_does_nothing(role: Role, act: str, status: int, county: builders.County, signed_in) -> None:
    failure = made.failure(county.near)
    form = {"act": act, "failure": failure.pk, "restore": failure.command.restore_order_id, "reason": "x"}
    assert signed_in(role).post(BOARD, form).status_code == status
    failure.refresh_from_db()
    assert (failure.state, FieldOrder.objects.count(), switch_standing().stopped) == ("open", 0, False)


def test_who_sees_balances_only_sees_nothing_of_the_meters(county: builders.County, signed_in) -> None:
    made.failure(county.near)
    answer = signed_in(Role.CASHIER).get(BOARD)
    assert [name for name, _title in answer.context["tabs"]] == ["balances"]
    assert answer.context["work"] is None
    assert "全停" not in answer.content.decode()
    tabs = signed_in(Role.METERING_TECHNICIAN).get(f"{BOARD}?tab=balances").context
    assert (tabs["tab"], tabs["levels"]) == ("queue", [])


def test_an_empty_board_says_so(county: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    said = {
        "queue": "没有等待复电的用户",
        "cuts": "没有停电中的用户",
        "failures": "没有未关闭的执行异常",
        "field": "这里没有现场工单",
        "balances": "这里没有预购电用户",
    }
    assert [tab for tab, text in said.items() if text not in client.get(f"{BOARD}?tab={tab}").content.decode()] == []
    assert MeterExchange.objects.count() == 0


def test_the_board_speaks_english_too(county: builders.County, signed_in) -> None:
    made.failure(county.near)
    client = signed_in(Role.METERING_TECHNICIAN)
    client.cookies["django_language"] = "en"
    page = client.get(f"{BOARD}?tab=failures").content.decode()
    for said in ("Fee control board", "Restores under way", "no answer in time", "Send a crew", "Stop all cuts"):
        assert said in page


@pytest.mark.parametrize("tab", ["queue", "cuts", "failures", "field", "balances"])
def test_the_board_asks_the_same_number_of_queries_for_one_row_and_for_three(
    tab: str, county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)

    def row(at: builders.Station) -> None:
        made.field_order(at)
        made.approved(at)
        account = builders.account(at)
        made.balance(account, level=1)
        made.agreement(account)

    row(county.near)
    one = queries_of(client, f"{BOARD}?tab={tab}")
    row(county.near)
    row(county.far)
    assert queries_of(client, f"{BOARD}?tab={tab}") == one
    assert one <= 30
