"""Does the page of a meter tell where it hangs, what it was asked, and what it shows at this moment?"""

import builders
import cut_builders
import fee_control_builders as made
import pytest
from django.utils import timezone

from zaikong.application.meter_keys import VARIABLE
from zaikong.application.roles import Role
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.faults import silent
from zaikong.sim.virtual_meters.meter import CREDENTIALS, VirtualMeter
from zaikong.sim.virtual_meters.thread import park_in_thread
from zaikong.store.models import Concentrator, DeviceFault, Meter, MeterExchange, RetainCheck

ADDRESS = "000000000777"


@pytest.fixture
def county(county: builders.County, monkeypatch: pytest.MonkeyPatch) -> builders.County:
    """The county on the day of the cuts, half an hour after them."""
    made.today()
    monkeypatch.setattr(timezone, "now", lambda: made.NOW)
    return county


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Keys that fit the virtual meters."""
    path = tmp_path / "keys.yaml"
    path.write_text(
        f'default: {{password: "{CREDENTIALS.password}", level: {CREDENTIALS.level}, operator: "{CREDENTIALS.operator}"}}',
        encoding="utf-8",
    )
    path.chmod(0o600)
    monkeypatch.setenv(VARIABLE, str(path))


@pytest.fixture(params=list(Wire))
def park(request: pytest.FixtureRequest):
    """A park of one meter."""
    with park_in_thread([VirtualMeter(ADDRESS, request.param, clock=VirtualClock(made.NOW))]) as one:
        yield one


def on(park, account) -> Meter:
    port = park.concentrators[0].endpoint.port
    meter = made.meter_of(account, port=port, wire=park.meters[0].wire.value)
    Meter.objects.filter(pk=meter.pk).update(address=ADDRESS)
    return meter


def test_the_page_tells_where_the_meter_hangs_and_who_accepted_its_device(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    device = made.device(meter, builders.staff(Role.METERING_TECHNICIAN))
    answer = signed_in(Role.METERING_TECHNICIAN).get(f"/meters/{meter.meter_no}/")
    page = answer.content.decode()
    for said in (
        *(meter.meter_no, "DL/T 645-2007", meter.address, "127.0.0.1:9000", device.order_no, "费控改造"),
        *(
            "跳闸后继电器断开",
            "示数可读",
            "载波模块更换",
            "消除用时",
            "3 小时 00 分",
            "时钟错误",
            "已持续",
            "5 小时 00 分",
        ),
    ):
        assert said in page
    assert [item.code for item in answer.context["acceptances"][0].checks] == ["registers_read", "trip_read_back"]
    assert [fault.state for fault in answer.context["faults"]] == ["open", "cleared"]


def test_commands_and_exchanges_stand_in_the_order_of_their_time(county: builders.County, signed_in) -> None:
    account = cut_builders.owing(county.near)
    meter = made.meter_of(account)
    made.sent_trip(account)
    made.exchanges(meter)
    answer = signed_in(Role.METERING_TECHNICIAN).get(f"/meters/{meter.meter_no}/")
    told = [
        (one.command.verb, one.command.state) if one.command else (one.exchange.verb, one.exchange.outcome)
        for one in answer.context["timeline"]
    ]
    assert told == [
        ("read_relay", "unknown"),
        ("read_relay", "refused"),
        ("read_relay", "confirmed"),
        ("trip", "unknown"),
        ("trip", "unknown"),
    ]
    page = answer.content.decode()
    for said in ("跳闸", "超时无应答", "电表处于保电状态", "合，供电", "命令位置", "实际位置"):
        assert said in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("keys")
def test_a_live_read_shows_registers_clock_and_relay(county: builders.County, signed_in, park) -> None:
    meter = on(park, county.seen)
    client = signed_in(Role.METERING_TECHNICIAN)
    address = f"/meters/{meter.meter_no}/"
    assert f'hx-post="{address}read/"' in client.get(address).content.decode()
    answer = client.post(f"{address}read/", headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in page
    for said in ("总", "电表时钟", "合，供电", "保电"):
        assert said in page
    assert list(MeterExchange.objects.order_by("pk").values_list("verb", "outcome", "staff")) == [
        ("read_registers", "confirmed", int(client.session["_auth_user_id"])),
        ("read_relay", "confirmed", int(client.session["_auth_user_id"])),
    ]
    assert CREDENTIALS.password not in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("keys")
def test_a_live_read_of_a_silent_meter_says_so_plainly(
    county: builders.County, signed_in, park, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zaikong.application.commanding import live_read

    brief = live_read.Patience(
        answer_seconds=0.2, open_seconds=0.3, exchange_seconds=0.5, overall_seconds=1, attempts=1
    )
    monkeypatch.setitem(live_read.read_now.__kwdefaults__, "patience", brief)
    park.meters[0].fail(silent())
    answer = signed_in(Role.MANAGER).post(f"/meters/{on(park, county.seen).meter_no}/read/")
    page = answer.content.decode()
    assert "<html" in page
    for said in ("未能读取示数", "未能读取继电器", "超时无应答"):
        assert said in page


def test_why_a_meter_cannot_be_read_is_said_in_words(county: builders.County, signed_in, monkeypatch) -> None:
    meter = made.meter_of(county.seen)
    monkeypatch.setenv(VARIABLE, "/nowhere/keys.yaml")
    client = signed_in(Role.METERING_TECHNICIAN)
    plain = client.post(f"/meters/{meter.meter_no}/read/")
    assert (plain.status_code, "本服务器未保存电表密钥" in plain.content.decode()) == (409, True)
    part = client.post(f"/meters/{meter.meter_no}/read/", headers={"HX-Request": "true"})
    assert (part.status_code, "KEYS_MISSING" in part.content.decode()) == (200, True)
    Concentrator.objects.update(in_service=False)
    assert "集中器停用" in client.post(f"/meters/{meter.meter_no}/read/").content.decode()
    Meter.objects.filter(pk=meter.pk).update(concentrator=None)
    assert "NO_CONCENTRATOR" in client.post(f"/meters/{meter.meter_no}/read/").content.decode()
    assert "/nowhere" not in plain.content.decode()


@pytest.mark.parametrize("role", [Role.COLLECTOR, Role.BILLING_CLERK, Role.AUDITOR, Role.DIRECTOR, Role.LEGAL_OFFICER])
def test_who_may_not_read_a_meter_sees_no_button_and_is_refused(role: Role, county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    client = signed_in(role)
    assert "立即抄读" not in client.get(f"/meters/{meter.meter_no}/").content.decode()
    assert client.post(f"/meters/{meter.meter_no}/read/").status_code == 403
    assert client.get(f"/meters/{meter.meter_no}/read/").status_code == 405


def test_a_meter_of_another_station_does_not_exist(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.unseen)
    client = signed_in(Role.METERING_TECHNICIAN, county.near)
    assert client.get(f"/meters/{meter.meter_no}/").status_code == 404
    assert client.post(f"/meters/{meter.meter_no}/read/").status_code == 404
    assert client.get("/meters/NONE/").status_code == 404


def test_the_network_and_the_commands_are_shown_to_who_may_see_them(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    made.device(meter, builders.staff(Role.METERING_TECHNICIAN))
    page = signed_in(Role.BILLING_CLERK).get(f"/meters/{meter.meter_no}/").content.decode()
    for hidden in ("接入地址", "命令与通信记录", "费控改造"):
        assert hidden not in page


def test_a_fault_is_reported_given_to_somebody_and_cleared(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    client = signed_in(Role.METERING_TECHNICIAN)
    address = f"/meters/{meter.meter_no}/"
    nothing = client.post(address, {"act": "report", "kind": "relay_stuck", "source": "round"})
    assert (nothing.status_code, "DEVICE_UNKNOWN" in nothing.content.decode()) == (409, True)
    made.device(meter, builders.staff(Role.METERING_TECHNICIAN))
    refused = client.post(address, {"act": "report", "kind": "", "source": "round"})
    assert (refused.status_code, "KIND_MISSING" in refused.content.decode()) == (409, True)
    client.post(address, {"act": "report", "kind": "relay_stuck", "source": "customer"})
    fault = DeviceFault.objects.get(kind="relay_stuck")
    assert (fault.state, fault.source) == ("open", "customer")
    mine = int(client.session["_auth_user_id"])
    nobody = client.post(address, {"act": "assign", "fault": fault.pk, "to": ""})
    assert (nobody.status_code, "NOT_A_TECHNICIAN" in nobody.content.decode()) == (409, True)
    client.post(address, {"act": "assign", "fault": fault.pk, "to": mine})
    fault.refresh_from_db()
    assert (fault.state, fault.assigned_to_id) == ("assigned", mine)
    silent_one = client.post(address, {"act": "clear", "fault": fault.pk, "resolution": " "})
    assert (silent_one.status_code, "RESOLUTION_MISSING" in silent_one.content.decode()) == (409, True)
    client.post(address, {"act": "clear", "fault": fault.pk, "resolution": "更换继电器"})
    fault.refresh_from_db()
    assert (fault.state, fault.resolution) == ("cleared", "更换继电器")


def test_faults_of_another_meter_are_out_of_reach(county: builders.County, signed_in) -> None:
    meter, other = made.meter_of(county.seen), made.meter_of(cut_builders.owing(county.near))
    made.device(other, builders.staff(Role.METERING_TECHNICIAN))
    fault = DeviceFault.objects.get(state="open")
    form = {"act": "clear", "fault": fault.pk, "resolution": "x"}
    assert signed_in(Role.METERING_TECHNICIAN).post(f"/meters/{meter.meter_no}/", form).status_code == 404
    assert signed_in(Role.MANAGER).post(f"/meters/{other.meter_no}/", form).status_code == 403
    assert signed_in(Role.MANAGER).post(f"/meters/{other.meter_no}/", {"act": "melt"}).status_code == 404


def test_checks_of_retained_supply_are_shown(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    RetainCheck.objects.create(
        check_date=made.NOW.date(),
        account=county.seen,
        meter=meter,
        business=True,
        hardware=False,
        difference="not_on_meter",
    )
    assert (
        "应保电而电表未保电" in signed_in(Role.METERING_TECHNICIAN).get(f"/meters/{meter.meter_no}/").content.decode()
    )


def test_a_meter_nobody_asked_says_so_in_both_languages(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    client = signed_in(Role.METERING_TECHNICIAN)
    assert "从未与该电表通信" in client.get(f"/meters/{meter.meter_no}/").content.decode()
    client.cookies["django_language"] = "en"
    page = client.get(f"/meters/{meter.meter_no}/").content.decode()
    for said in ("This meter was never asked anything.", "Read the meter now", "No device is ordered or in place."):
        assert said in page


def test_the_meters_of_an_account_lead_to_their_pages(county: builders.County, signed_in) -> None:
    meter = made.meter_of(county.seen)
    link = f'href="/meters/{meter.meter_no}/"'
    assert link in signed_in(Role.MANAGER).get("/accounts/4100000001/").content.decode()
    assert link not in signed_in(Role.CASHIER).get("/accounts/4100000001/").content.decode()


def test_the_page_asks_the_same_number_of_queries_for_one_entry_and_for_many(
    county: builders.County, signed_in, queries_of
) -> None:
    meter = made.meter_of(county.seen)
    made.device(meter, builders.staff(Role.METERING_TECHNICIAN))
    made.exchanges(meter)
    client = signed_in(Role.METERING_TECHNICIAN)
    one = queries_of(client, f"/meters/{meter.meter_no}/")
    for _ in range(3):
        made.exchanges(meter)
    assert queries_of(client, f"/meters/{meter.meter_no}/") == one
    assert one <= 24
