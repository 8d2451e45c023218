"""What does the page of an account say?"""

import re
from datetime import date

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role
from zaikong.store.models import Account, Bill, OpenItem

NO = "4100000001"


@pytest.fixture
def manager(county: builders.County, signed_in) -> Client:
    return signed_in(Role.MANAGER)


def test_the_header_shows_terms_and_balances(manager: Client) -> None:
    page = manager.get(f"/accounts/{NO}/").content.decode()
    assert "张三丰" in page
    assert "城关供电所" in page
    assert "河南省居民生活用电价格" in page
    assert "一户一表，按月阶梯" in page
    assert '<span class="zk-num">60.00</span>' in page
    assert '<span class="zk-num">70.00</span>' in page


def test_phone_and_identity_number_are_masked(manager: Client) -> None:
    page = manager.get(f"/accounts/{NO}/").content.decode()
    assert "138****1234" in page
    assert "13812341234" not in page
    assert "410***********0016" in page
    assert "410102199003070016" not in page


@pytest.mark.parametrize(
    "address", ["/accounts/?q=1381234", "/accounts/?q=张", "/zaikong/customer/", "/zaikong/account/?q=13812341234"]
)
def test_no_list_shows_a_phone_number_in_full(address: str, manager: Client) -> None:
    page = manager.get(address).content.decode()
    assert "410102199003070016" not in page
    assert re.findall(r">[^<>]*13812341234", page) == []


def test_the_record_of_a_customer_masks_phone_and_identity_number(county: builders.County, manager: Client) -> None:
    page = manager.get(f"/zaikong/customer/{county.seen.customer_id}/change/").content.decode()
    assert "138****1234" in page
    assert "13812341234" not in page
    assert "410102199003070016" not in page


def test_a_name_with_markup_is_shown_as_text(county: builders.County, signed_in) -> None:
    name = "<script>alert(1)</script>"
    county.seen.customer.name = name
    county.seen.customer.save()
    client = signed_in(Role.BILLING_CLERK)
    shown = [
        client.get(address).content.decode()
        for address in (
            f"/accounts/{NO}/",
            "/accounts/?q=41000",
            f"/bills/{county.bill.pk}/",
            f"/bill-runs/{county.run.pk}/",
            f"/held-bills/{county.draft.pk}/",
            "/held-bills/",
            "/zaikong/account/",
            "/zaikong/bill/",
            "/",
        )
    ]
    live = client.get("/accounts/", {"q": "<scr"}, headers={"HX-Request": "true"}).content.decode()
    assert [page for page in (*shown, live) if name in page] == []
    assert [page for page in (*shown, live) if "&lt;script&gt;alert(1)&lt;/script&gt;" not in page] == []


def test_bills_show_total_open_amount_and_days_overdue(county: builders.County, manager: Client) -> None:
    builders.day_book()
    page = manager.get(f"/accounts/{NO}/").content.decode()
    assert "2025-08" in page
    assert "100.00" in page
    assert "逾期 11 天" in page
    assert "电价待核" in page


def test_a_bill_is_paid_open_or_owes_nothing(county: builders.County, manager: Client) -> None:
    OpenItem.objects.filter(bill=county.bill).update(open_fen=0)
    assert "已结清" in manager.get(f"/accounts/{NO}/").content.decode()


def test_a_bill_is_explained_from_reading_to_money(county: builders.County, manager: Client) -> None:
    answer = manager.get(f"/bills/{county.bill.pk}/")
    explanation = answer.context["explanation"]
    [span] = explanation.registers
    assert (span.start_centi, span.end_centi, span.used_centi) == (100_000, 117_857, 17_857)
    assert [(line.item, line.formula, line.amount_fen) for line in explanation.lines] == [
        ("ENERGY_STEP_1", "178.57 kWh × 0.56 = 95.00", 9_500),
        ("FUND_x", "178.57 kWh × 0.028 = 5.00", 500),
    ]
    page = answer.content.decode()
    assert "电度电费 第一档" in page
    assert "178.57 kWh × 0.56 = 95.00" in page
    assert "河南省居民生活用电价格: 河南省居民生活用电阶梯电价方案" in page


def test_a_line_whose_amount_does_not_follow_says_so(county: builders.County, manager: Client) -> None:
    assert "金额与计算不符" in manager.get(f"/bills/{county.bill.pk}/").content.decode()


def test_a_bill_asked_by_htmx_comes_as_its_explanation_alone(county: builders.County, manager: Client) -> None:
    part = manager.get(f"/bills/{county.bill.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "电度电费 第一档" in part


def test_a_register_that_rolled_over_is_explained(county: builders.County, manager: Client) -> None:
    meter = builders.meter(county.seen, digits=4, multiplier=20)
    builders.reading(meter, date(2025, 7, 31), 999_000)
    builders.reading(meter, date(2025, 8, 31), 1_500)
    spans = manager.get(f"/bills/{county.bill.pk}/").context["explanation"].registers
    assert [span.used_centi for span in spans if span.meter_no == meter.meter_no] == [2_500 * 20]


def test_the_statement_opens_moves_and_closes(county: builders.County, manager: Client) -> None:
    builders.day_book()
    answer = manager.get(f"/accounts/{NO}/statement/?from=2025-08-01&to=2025-09-30")
    made = answer.context["statement"]
    assert (made.opening_fen, made.closing_fen, made.late_fee_owed_fen) == (0, 6_000, 60)
    assert [(row["day"], row["event"], row["balance_fen"]) for row in answer.context["rows"]] == [
        (date(2025, 9, 1), "bill_released", 10_000),
        (date(2025, 9, 7), "payment_received", 6_000),
    ]
    assert "期末余额" in answer.content.decode()


def test_a_statement_of_no_period_is_refused_in_place(county: builders.County, manager: Client) -> None:
    answer = manager.get(f"/accounts/{NO}/statement/?from=2025-09-30&to=2025-08-01")
    assert "PERIOD_EMPTY" in answer.content.decode()


def test_the_ledger_runs_on_from_leg_to_leg(county: builders.County, manager: Client) -> None:
    answer = manager.get(f"/accounts/{NO}/ledger/")
    rows = [(leg.event, leg.gl, leg.amount_fen, leg.owed_fen, leg.credit_fen) for leg in answer.context["legs"]]
    assert rows == [
        ("payment_allocated", "1122", -4_000, 6_000, 0),
        ("payment_allocated", "224101", 4_000, 10_000, 0),
        ("payment_received", "224101", -4_000, 10_000, 4_000),
        ("bill_released", "1122", 10_000, 10_000, 0),
    ]


def test_the_ledger_shows_every_leg_when_asked(county: builders.County, manager: Client) -> None:
    answer = manager.get(f"/accounts/{NO}/ledger/?all=1")
    assert [leg.gl for leg in answer.context["legs"]] == ["1122", "224101", "224101", "1001", "224110", "6001", "1122"]
    assert sum(leg.amount_fen for leg in answer.context["legs"]) == 0


def test_the_ledger_runs_on_over_the_turn_of_a_page(county: builders.County, manager: Client) -> None:
    for _ in range(30):
        builders.payment(county.bill, amount_fen=10)
    second = list(manager.get(f"/accounts/{NO}/ledger/?page=2").context["legs"])
    assert second[0].owed_fen == 5_860
    assert second[-1].owed_fen == 10_000


def test_payments_show_what_each_paid(county: builders.County, manager: Client) -> None:
    page = manager.get(f"/accounts/{NO}/payments/").content.decode()
    assert county.payment.channel_ref in page
    assert "营业厅" in page
    assert f'href="/bills/{county.bill.pk}/"' in page
    assert "40.00" in page


def test_the_chart_stacks_the_registers_and_marks_estimated_days(county: builders.County, manager: Client) -> None:
    figure = manager.get(f"/accounts/{NO}/use/").context["figure"]
    assert [trace["name"] for trace in figure["data"]] == ["尖", "峰", "平", "谷"]
    assert len(figure["data"][0]["x"]) == 40
    shapes = figure["data"][0]["marker"]["pattern"]["shape"]
    assert [place for place, shape in enumerate(shapes) if shape] == [35, 36]
    assert figure["layout"]["barmode"] == "stack"
    last = sum(trace["y"][-1] for trace in figure["data"])
    assert last == pytest.approx(10.0)


def test_an_account_without_registers_has_one_series(county: builders.County, manager: Client) -> None:
    builders.use(county.unseen, days=3)
    figure = manager.get("/accounts/4100000002/use/").context["figure"]
    assert [trace["name"] for trace in figure["data"]] == ["用电量"]


def test_an_account_without_anything_says_so_on_every_tab(county: builders.County, manager: Client) -> None:
    empty = builders.account(county.near)
    pages = [
        manager.get(f"/accounts/{empty.account_no}/{tab}").content.decode()
        for tab in ("", "ledger/", "payments/", "use/", "findings/")
    ]
    assert [page.count("zk-empty") > 0 for page in pages] == [True] * 5


def test_findings_say_what_was_seen_in_its_unit(county: builders.County, manager: Client) -> None:
    page = manager.get(f"/accounts/{NO}/findings/").content.decode()
    assert "零电量，历史有用电" in page
    assert "1,785.71" in page
    assert "电量突增" in page


def test_a_tab_asked_by_htmx_comes_alone(county: builders.County, manager: Client) -> None:
    headers = {"HX-Request": "true", "HX-Target": "zk-tab"}
    part = manager.get(f"/accounts/{NO}/ledger/", headers=headers).content.decode()
    assert "<html" not in part
    assert 'id="zk-tab"' in part


def test_the_whole_number_leads_straight_to_the_account(county: builders.County, manager: Client) -> None:
    answer = manager.get("/accounts/", {"q": f" {NO} "})
    assert (answer.status_code, answer.url) == (302, f"/accounts/{NO}/")


@pytest.mark.parametrize(
    ("text", "found"), [("张三", 1), ("三丰", 1), ("138123", 1), ("41000000", 2), ("138", 0), ("%", 0)]
)
def test_search_finds_by_number_name_and_phone(text: str, found: int, county: builders.County, manager: Client) -> None:
    assert len(manager.get("/accounts/", {"q": text}).context["accounts"]) == found


@pytest.mark.parametrize("tab", ["", "ledger/", "statement/", "payments/", "use/", "findings/"])
def test_a_tab_asks_the_same_number_of_queries_for_one_row_and_for_three(
    tab: str, county: builders.County, signed_in, queries_of
) -> None:
    one, three = builders.account(county.near), builders.account(county.near)
    _history(one, rows=1)
    _history(three, rows=3)
    client = signed_in(Role.MANAGER)
    asked = [queries_of(client, f"/accounts/{account.account_no}/{tab}") for account in (one, three)]
    assert asked[0] == asked[1]
    assert asked[0] <= 20


def _history(account: Account, *, rows: int) -> list[Bill]:
    builders.position(account)
    builders.meter(account)
    builders.use(account, days=rows)
    bills = [builders.bill(account, builders.run(202501 + place)) for place in range(rows)]
    for bill in bills:
        builders.payment(bill, amount_fen=100)
        builders.metering_finding(account)
        builders.draft(account, bill.run)
    return bills
