"""Does the console work in a browser: signed in, searched, explained, drawn, and nothing fetched from elsewhere?"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from urllib.parse import urlsplit

import builders
import case_builders
import cut_builders
import fee_control_builders
import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from zaikong.application.meter_keys import VARIABLE
from zaikong.application.roles import Role, ensure_roles
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.meter import CREDENTIALS, VirtualMeter
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import FieldOrder, Meter, Payment, WorkListRow

pytestmark = pytest.mark.browser

NO = "4100000001"


@pytest.fixture
def county(transactional_db: None) -> builders.County:
    ensure_roles()
    made = builders.county()
    for day in (28, 29, 30):
        builders.day_book(date(2025, 9, day), received_fen=day * 1_000_000)
    return made


@pytest.fixture
def watched(window: Page, live_server) -> Iterator[Page]:
    """A page that fails the test for an error in its console or a request to another host."""
    faults: list[str] = []
    window.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on("requestfailed", lambda asked: faults.append(f"failed: {asked.url}") if _broken(asked) else None)
    window.on(
        "request", lambda asked: faults.append(f"foreign: {asked.url}") if _foreign(asked.url, live_server) else None
    )
    yield window
    assert faults == []


def _broken(asked: Request) -> bool:
    """Whether a request failed, rather than being dropped because the reader went on to another page."""
    return "ERR_ABORTED" not in (asked.failure or "")


def _foreign(address: str, live_server) -> bool:
    parts = urlsplit(address)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(live_server.url).netloc


@pytest.fixture
def enter(watched: Page, live_server) -> Callable[..., Page]:
    def sign_in(role: Role, station=None) -> Page:
        person = builders.staff(role, station)
        watched.goto(live_server.url)
        watched.get_by_label("用户名").fill(person.username)
        watched.get_by_label("密码").fill(builders.PASSWORD)
        watched.get_by_role("button", name="登录").click()
        expect(watched.get_by_role("heading", name="工作台")).to_be_visible()
        return watched

    return sign_in


def test_a_manager_finds_an_account_and_sees_how_its_bill_came_about(county: builders.County, enter) -> None:
    page = enter(Role.MANAGER)
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("张三")
    page.locator("#zk-found a", has_text="张三丰").click()
    expect(page).to_have_url(re.compile(rf"/accounts/{NO}/$"))
    page.get_by_title("查看账单说明").click()
    expect(page.get_by_text("178.57 kWh × 0.56 = 95.00")).to_be_visible()


def test_the_daily_use_is_drawn_when_its_tab_is_opened(county: builders.County, enter, live_server) -> None:
    page = enter(Role.COLLECTOR, county.near)
    page.goto(f"{live_server.url}/accounts/{NO}/")
    page.get_by_role("tab", name="日用电量").click()
    expect(page.locator(".js-plotly-plot .barlayer .trace")).to_have_count(4)
    expect(page).to_have_url(re.compile("/use/$"))
    expect(page.get_by_text("2 天为估算")).to_be_visible()
    page.get_by_text("31 天", exact=True).click()
    expect(page.locator(".js-plotly-plot .barlayer .trace").first.locator(".point")).to_have_count(31)


def test_the_switch_in_the_header_turns_the_page_to_english(county: builders.County, enter, live_server) -> None:
    page = enter(Role.MANAGER)
    page.goto(f"{live_server.url}/accounts/{NO}/")
    page.locator("button[value=en]").click()
    expect(page.get_by_role("tab", name="Daily use")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/accounts/{NO}/$"))
    page.locator("button[value=zh-hans]").click()
    expect(page.get_by_role("tab", name="日用电量")).to_be_visible()


def test_the_account_page_fits_a_phone(county: builders.County, enter, live_server) -> None:
    page = enter(Role.COLLECTOR, county.near)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/accounts/{NO}/")
    expect(page.locator(".zk-account")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_cashier_takes_money_and_sees_the_receipt(county: builders.County, enter) -> None:
    page = enter(Role.CASHIER, county.near)
    page.locator("#nav-sidebar").get_by_text("收费", exact=True).click()
    page.get_by_label("户号", exact=True).fill(NO)
    page.get_by_role("button", name="查看用户").click()
    page.get_by_label("金额（元）").fill("60.00")
    page.get_by_role("button", name="收款并打印凭证").click()
    expect(page.get_by_role("heading", name="电费收费凭证")).to_be_visible()
    assert Payment.objects.exclude(pk=county.payment.pk).get().amount_fen == 6_000


def test_a_clerk_discards_a_held_bill(county: builders.County, enter) -> None:
    page = enter(Role.BILLING_CLERK, county.near)
    page.get_by_role("link", name="拦截账单").first.click()
    page.get_by_role("link", name="处理", exact=True).click()
    page.get_by_label("原因").fill("用户已销户")
    page.get_by_role("button", name="作废").click()
    expect(page.get_by_text(f"户号 {NO} 的账单已作废")).to_be_visible()


def test_a_collector_sees_why_an_account_has_its_grade_and_what_would_raise_it(
    county: builders.County, enter, live_server
) -> None:
    builders.graded(county.seen, 6, night=date(2025, 8, 31))
    builders.graded(county.seen, 1, before=6)
    page = enter(Role.COLLECTOR, county.near)
    page.goto(f"{live_server.url}/accounts/{NO}/")
    page.get_by_role("tab", name="信用").click()
    expect(page).to_have_url(re.compile("/credit/$"))
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(1)
    expect(page.get_by_text("连续 6 个月按时缴清每期电费")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_a_collector_notes_what_was_done_about_a_warning(county: builders.County, enter) -> None:
    builders.graded(county.unseen, 6, night=date(2025, 8, 31))
    builders.graded(county.seen, 1)
    builders.warning(county.seen)
    builders.warning(county.seen, cause="USE_DROP", level=2, subject_date=None, observed=623)
    page = enter(Role.COLLECTOR, county.near)
    page.locator("#nav-sidebar").get_by_text("风险预警", exact=True).click()
    page.get_by_label("级别").select_option("红色")
    expect(page).to_have_url(re.compile("level=4"))
    expect(page.get_by_text("用电量下降 62.3 %")).to_have_count(0)
    page.get_by_text("登记处理情况").click()
    page.get_by_label("处理情况").fill("已上门，承诺周五缴清")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已上门，承诺周五缴清")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_manager_confirms_whose_signal_it_is(county: builders.County, enter) -> None:
    match = builders.match(county.seen, "张三丰粮油加工有限公司")
    page = enter(Role.MANAGER)
    page.locator("#nav-sidebar").get_by_text("外部信号", exact=True).click()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("原因").fill("与营业执照核对")
    page.get_by_role("button", name="确认").click()
    expect(page.get_by_text("已确认该信号属于此客户")).to_be_visible()
    match.refresh_from_db()
    assert match.state == "confirmed"


def test_a_director_approves_a_cut_on_a_phone_and_stops_them_all(county: builders.County, enter) -> None:
    cut_builders.today(date(2025, 10, 1))
    order = cut_builders.proposed(cut_builders.owing(county.near))
    page = enter(Role.DIRECTOR)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{page.url}cuts/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="批准").click()
    expect(page.get_by_text("您的批准已登记")).to_be_visible()
    page.locator("summary", has_text="全停").click()
    page.get_by_label("原因").fill("强降温")
    page.get_by_role("button", name="全停").click()
    expect(page.get_by_role("alert").get_by_text("已停止一切停电操作")).to_be_visible()
    assert list(order.cutapproval_set.values_list("approved", flat=True)) == [True]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_collector_works_through_the_day_with_a_thumb(county: builders.County, watched: Page, live_server) -> None:
    staff, row = case_builders.planned(county)
    page = watched
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/day/")
    page.get_by_label("用户名").fill(staff.username)
    page.get_by_label("密码").fill(builders.PASSWORD)
    page.get_by_role("button", name="登录").click()
    mine = page.locator(f"#zk-row-{row.pk}")
    mine.get_by_text("为何是此户、为何是今天").click()
    mine.get_by_text("完成", exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    low = page.evaluate(
        "[...document.querySelectorAll('.zk-day :is(a, summary, button, select, input[type=file])')]"
        ".filter((one) => one.offsetHeight > 0 && one.offsetHeight < 44).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert low == []
    mine.get_by_label("结果").select_option("absent")
    mine.locator("input[type=file]").set_input_files(
        {"name": "house.png", "mimeType": "image/png", "buffer": case_builders.PNG}
    )
    mine.get_by_role("button", name="登记并完成").click()
    expect(page.get_by_text("走访已登记")).to_be_visible()
    assert WorkListRow.objects.get(pk=row.pk).state == "done"
    page.goto(f"{live_server.url}/cases/{row.case_id}/")
    expect(page.locator(".zk-ladder li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.goto(f"{live_server.url}/cases/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture
def cut_day(transactional_db: None, monkeypatch: pytest.MonkeyPatch, settings) -> builders.County:
    """The county half an hour after the cuts of 12 August 2025; its clock stands years behind the browser's."""
    ensure_roles()
    made = builders.county()
    fee_control_builders.today()
    monkeypatch.setattr(timezone, "now", lambda: fee_control_builders.NOW)
    settings.SESSION_COOKIE_AGE = 100 * 365 * 86_400
    return made


def test_a_technician_sends_a_crew_and_confirms_the_work_on_a_phone(
    cut_day: builders.County, enter, live_server
) -> None:
    fee_control_builders.failure(cut_day.near)
    colleague = builders.staff(Role.METERING_TECHNICIAN, first_name="冯计量")
    page = enter(Role.METERING_TECHNICIAN)
    page.locator("#nav-sidebar").get_by_text("费控看板", exact=True).click()
    expect(page.locator(".zk-clock").first).to_contain_text("剩余 23 小时 00 分")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("tab", name="执行异常").click()
    page.locator("summary", has_text="派人处理").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="派发现场工单").click()
    expect(page.get_by_text("现场工单已派发")).to_be_visible()
    page.get_by_role("tab", name="现场工单").click()
    page.locator("summary", has_text="指定作业人员").click()
    page.get_by_label("作业人员一").select_option(index=1)
    page.get_by_label("作业人员二").select_option(label=str(colleague))
    if page.get_by_label("作业人员一").input_value() == page.get_by_label("作业人员二").input_value():
        page.get_by_label("作业人员一").select_option(index=2)
    page.get_by_role("button", name="指定作业人员").click()
    expect(page.get_by_text("作业人员已指定")).to_be_visible()
    page.locator("summary", has_text="确认作业").click()
    page.get_by_label("已供电").check()
    page.locator("input[type=file]").set_input_files(
        {"name": "relay.png", "mimeType": "image/png", "buffer": fee_control_builders.PNG}
    )
    page.get_by_label("作业内容与发现").fill("更换继电器后合闸")
    low = page.evaluate(
        "[...document.querySelectorAll('.zk-order-acts :is(summary, button, select, input[type=file])')]"
        ".filter((one) => one.offsetHeight > 0 && one.offsetHeight < 44).map((one) => one.outerHTML.slice(0, 80))"
    )
    assert low == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="确认作业").click()
    expect(page.get_by_text("现场作业已登记")).to_be_visible()
    order = FieldOrder.objects.get()
    assert (order.state, order.restore_order.state) == ("done", "done")


def test_a_technician_reads_a_meter_and_sees_the_answer_where_they_asked(
    cut_day: builders.County, enter, live_server, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    keys = tmp_path / "keys.yaml"
    keys.write_text(f'default: {{password: "{CREDENTIALS.password}", operator: "{CREDENTIALS.operator}"}}', "utf-8")
    keys.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(keys))
    clock = VirtualClock(fee_control_builders.NOW)
    with park_in_thread([VirtualMeter("000000000777", Wire.DLT645, clock=clock)]) as park:
        meter = fee_control_builders.meter_of(cut_day.seen, port=park.concentrators[0].endpoint.port)
        Meter.objects.filter(pk=meter.pk).update(address="000000000777")
        page = enter(Role.METERING_TECHNICIAN)
        page.goto(f"{live_server.url}/meters/{meter.meter_no}/")
        page.get_by_role("button", name="立即抄读").click()
        expect(page.locator("#zk-read").get_by_text("合，供电").first).to_be_visible()
        expect(page.locator("#zk-read").get_by_text("电表时钟")).to_be_visible()
        expect(page).to_have_url(re.compile(f"/meters/{meter.meter_no}/$"))
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_prepayment_and_breaches_fit_a_phone(cut_day: builders.County, enter, live_server) -> None:
    fee_control_builders.balance(cut_day.seen, level=2, available_fen=1_000)
    fee_control_builders.agreement(cut_day.seen)
    fee_control_builders.breach(fee_control_builders.cut(cut_day.near))
    page = enter(Role.MANAGER)
    page.set_viewport_size({"width": 390, "height": 844})
    for address in (
        "accounts/4100000001/prepayment/",
        "breaches/",
        "fee-control/?tab=balances",
        "fee-control/?tab=cuts",
    ):
        page.goto(f"{live_server.url}/{address}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
