"""What do the pages of closed days and months say?"""

from datetime import date

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role
from zaikong.web.closing_rows import tables_of
from zaikong.web.labels import LEDGER_ACCOUNTS


@pytest.fixture
def manager(signed_in) -> Client:
    return signed_in(Role.MANAGER)


def test_the_latest_closed_day_is_opened(manager: Client) -> None:
    for day in (28, 29, 30):
        builders.day_book(date(2025, 9, day))
    assert manager.get("/day-books/").url == "/day-books/2025-09-30/"
    assert manager.get("/day-books/?date=2025-09-28").url == "/day-books/2025-09-28/"
    assert manager.get("/day-books/?date=gestern").url == "/day-books/2025-09-30/"


def test_a_day_leads_to_the_day_before_and_the_day_after(manager: Client) -> None:
    for day in (27, 29, 30):
        builders.day_book(date(2025, 9, day))
    context = manager.get("/day-books/2025-09-29/").context
    assert (context["earlier"], context["later"]) == (date(2025, 9, 27), date(2025, 9, 30))
    assert manager.get("/day-books/2025-09-28/").status_code == 404


def test_a_day_book_shows_its_figures(manager: Client) -> None:
    builders.day_book()
    page = manager.get("/day-books/2025-09-30/").content.decode()
    assert "123.46" in page  # ten thousand yuan, in the headline
    assert "1,234,567.89" in page
    assert "98.2 %" in page
    assert "应收电费" in page
    assert "漏抄" in page


def test_before_the_first_close_the_pages_say_so(manager: Client) -> None:
    assert "尚无已关账的业务日" in manager.get("/day-books/").content.decode()
    assert "尚无已月结的月份" in manager.get("/month-closes/").content.decode()
    assert manager.get("/").status_code == 200


def test_a_month_leads_to_its_neighbours(manager: Client) -> None:
    for month in (202507, 202508, 202509):
        builders.month_close(month)
    assert manager.get("/month-closes/").url == "/month-closes/202509/"
    context = manager.get("/month-closes/202508/").context
    assert (context["earlier"], context["later"]) == (202507, 202509)
    assert manager.get("/month-closes/202501/").status_code == 404


def test_the_first_page_shows_the_last_closed_day_and_the_nights_before(manager: Client) -> None:
    for day in (28, 29, 30):
        builders.day_book(date(2025, 9, day), received_fen=day * 100)
    answer = manager.get("/")
    assert answer.context["book"].business_date == date(2025, 9, 30)
    bars = answer.context["trend"]["data"][0]
    assert bars["x"] == ["2025-09-28", "2025-09-29", "2025-09-30"]
    assert answer.context["business_date"] == date(2025, 10, 1)


def test_ageing_stands_in_the_order_of_age() -> None:
    table = next(table for table in tables_of(builders.FIGURES) if table.code == "ageing")
    assert [row[1].value for row in table.rows] == [80_000_000, 20_000_000, 10_000_000, 8_000_000, 5_456_789]
    assert table.total[1].value == 123_456_789


def test_the_trial_balance_is_summed() -> None:
    table = next(table for table in tables_of(builders.FIGURES) if table.code == "balances")
    assert [cell.value for cell in table.total][2:] == [0, 23_456_700, 23_456_700, 0]


def test_a_figure_nobody_knows_is_shown_under_its_own_name() -> None:
    tables = tables_of({"snow_fen": 7, "weather": {"rain_days": 3}})
    rows = [(str(row[0].value), row[1].value, row[1].kind) for table in tables for row in table.rows]
    assert rows == [("snow fen", 7, "money"), ("weather: rain days", 3, "count")]


def test_an_empty_close_is_no_fault(manager: Client) -> None:
    assert tables_of({}) == []
    from zaikong.store.models import DayBook

    DayBook.objects.create(business_date=date(2025, 9, 30), figures={})
    assert manager.get("/day-books/2025-09-30/").status_code == 200
    assert manager.get("/").status_code == 200


def test_every_ledger_account_of_the_chart_has_a_name() -> None:
    from zaikong.domain.ledger.postings import CHART

    assert set(LEDGER_ACCOUNTS) == set(CHART)
