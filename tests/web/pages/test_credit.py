"""What does the credit tab of an account say?"""

from datetime import date

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role
from zaikong.store.models import BillScore, CreditStanding

TAB = "/accounts/4100000001/credit/"
REASONS = f"{TAB}reasons/"


@pytest.fixture
def manager(county: builders.County, signed_in) -> Client:
    builders.day_book()
    return signed_in(Role.MANAGER)


def test_the_tab_says_the_grade_since_when_and_its_veto(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 1, probability_ppm=450_000, expected_loss_fen=12_345)
    page = manager.get(TAB).content.decode()
    assert '<span class="zk-chip zk-bad">D</span>' in page
    assert "自 2025-09-30 起" in page
    assert '<p class="zk-veto"><span class="zk-chip zk-bad">否决项</span> 有逾期未缴电费</p>' in page
    assert "123.45" in page
    assert "逾期概率 45.0 %" in page


def test_it_says_that_a_grade_is_no_price_and_no_public_list(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 6)
    assert "信用等级不影响电价，也不对外公布" in manager.get(TAB).content.decode()


def test_an_account_no_night_has_graded_says_so(manager: Client) -> None:
    answer = manager.get(TAB)
    assert "该户尚未评级" in answer.content.decode()
    assert answer.context["figure"] is None
    assert "已销户的户号不再评级" in manager.get(REASONS).content.decode()


def test_moves_are_told_with_reasons_and_ledger_transactions(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 6, night=date(2025, 7, 31))
    builders.graded(county.seen, 1, before=6)
    page = manager.get(TAB).content.decode()
    assert page.index("2025-09-30") < page.index("2025-07-31")
    assert '<span class="zk-chip zk-good">AAA</span> → <span class="zk-chip zk-bad">D</span>' in page
    assert "近12个月按时缴费率偏低 58.3 %" in page
    assert f'href="/accounts/{county.seen.account_no}/ledger/?all=1">186467</a>' in page


def test_the_chart_steps_from_grade_to_grade_up_to_the_last_night(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 6, night=date(2025, 7, 31))
    builders.graded(county.seen, 4, night=date(2025, 8, 31), before=6)
    CreditStanding.objects.update(as_of_date=builders.TODAY)
    [line] = manager.get(TAB).context["figure"]["data"]
    assert line["x"] == ["2025-07-31", "2025-08-31", "2025-09-30"]
    assert line["y"] == [6, 4, 4]
    assert line["line"]["shape"] == "hv"


def test_one_night_draws_no_line(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 6)
    assert manager.get(TAB).context["figure"] is None


def test_reasons_are_those_of_what_is_known_now(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 1)
    answer = manager.get(REASONS, headers={"HX-Request": "true"})
    assert [(row["code"], row["points_lost"]) for row in answer.context["found"].reasons if row["place"]] == [
        ("ON_TIME_RATE_LOW", 25),
        ("ARREARS_TO_BILL", 7),
        ("OVERDUE_LONG", 6),
        ("OVERDUE_OFTEN", 3),
        ("COVER_SHORT", 3),
    ]
    page = answer.content.decode()
    assert "<html" not in page
    assert "60.00 元" in page
    assert "按目前所知" not in page


def test_the_way_up_names_what_to_pay_until_when_and_the_grade_it_gives(
    county: builders.County, manager: Client
) -> None:
    builders.graded(county.seen, 1)
    answer = manager.get(REASONS)
    change = answer.context["change"]
    assert (change["raising_code"], change["pay_fen"], change["reached_grade"]) == ("RAISED", 6_000, 2)
    page = answer.content.decode()
    assert "在 2025-10-07 前缴清欠费" in page
    assert "连续 6 个月按时缴清每期电费" in page
    assert '<span class="zk-chip zk-bad">D</span> → <span class="zk-chip zk-warn">C</span>' in page


def test_a_browser_without_scripts_gets_the_reasons_as_a_page(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 1)
    page = manager.get(REASONS).content.decode()
    assert "<html" in page
    assert "连续 6 个月按时缴清每期电费" in page


def test_the_best_grade_has_no_way_up(county: builders.County, manager: Client) -> None:
    free = builders.account(county.near)
    builders.graded(free, 6)
    answer = manager.get(f"/accounts/{free.account_no}/credit/reasons/")
    assert answer.context["change"]["raising_code"] == "BEST_GRADE"
    assert "已是最高等级" in answer.content.decode()


def test_a_grade_that_would_move_now_says_so(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 6)
    assert "按目前所知" in manager.get(REASONS).content.decode()


def test_the_latest_score_confirmed_signals_and_warnings_are_told(county: builders.County, manager: Client) -> None:
    builders.graded(county.seen, 1)
    BillScore.objects.create(
        bill=county.bill,
        account=county.seen,
        scored_date=county.bill.issued_date,
        model_sha256="a" * 64,
        probability_ppm=412_345,
    )
    builders.match(county.seen, "张三丰加工厂", state="confirmed", doubt="")
    builders.match(county.seen, "张三峰加工厂")
    builders.warning(county.seen)
    builders.warning(county.seen, cause="USE_DROP", level=2, subject_date=None, closed_date=builders.TODAY)
    page = manager.get(TAB).content.decode()
    assert "41.2 %" in page
    assert "张三丰加工厂" in page
    assert "张三峰加工厂" not in page
    assert "逾期 31 天" in page
    assert page.index("逾期 31 天") < page.index("用电量骤降")


def test_the_tab_is_offered_to_those_who_may_see_credit_only(county: builders.County, signed_in) -> None:
    assert TAB in signed_in(Role.COLLECTOR).get("/accounts/4100000001/").content.decode()
    assert TAB not in signed_in(Role.CASHIER).get("/accounts/4100000001/").content.decode()
    assert signed_in(Role.CASHIER).get(TAB).status_code == 403
    assert signed_in(Role.CASHIER).get(REASONS).status_code == 403


def test_the_header_shows_the_grade_to_those_who_may_see_credit(county: builders.County, signed_in) -> None:
    mark = '<span class="zk-chip zk-good">AAA</span>'
    builders.graded(county.seen, 6)
    assert mark in signed_in(Role.COLLECTOR).get("/accounts/4100000001/").content.decode()
    assert mark not in signed_in(Role.CASHIER).get("/accounts/4100000001/").content.decode()


def test_the_credit_of_another_station_is_not_seen(county: builders.County, signed_in) -> None:
    builders.graded(county.unseen, 1)
    client = signed_in(Role.COLLECTOR, county.near)
    assert client.get("/accounts/4100000002/credit/").status_code == 404
    assert client.get("/accounts/4100000002/credit/reasons/").status_code == 404


def test_the_tab_asks_the_same_number_of_queries_for_one_move_and_for_three(
    county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.MANAGER)
    one, three = builders.account(county.near), builders.account(county.near)
    for account, moves in ((one, 1), (three, 3)):
        for place in range(moves):
            builders.graded(account, 6 - place, night=date(2025, 7 + place, 1), before=7 - place if place else 0)
            builders.warning(account, subject_date=date(2025, 7 + place, 2))
            builders.match(account, f"某某公司{account.pk}{place}", state="confirmed", doubt="")
    asked = [queries_of(client, f"/accounts/{account.account_no}/credit/") for account in (one, three)]
    assert asked[0] == asked[1]
    assert asked[0] <= 20
