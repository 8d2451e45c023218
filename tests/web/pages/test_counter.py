"""Does the counter take money once, from whom may take it, for whom it may see?"""

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role
from zaikong.store.models import OpenItem, Payment

NO = "4100000001"


@pytest.fixture
def cashier(county: builders.County, signed_in) -> Client:
    builders.day_book()
    return signed_in(Role.CASHIER, county.near)


def _form(client: Client, **fields: str) -> dict[str, str]:
    token = client.get("/counter/", {"account": NO}).context["token"]
    return {"account": NO, "token": token, "amount": "60.00", **fields}


def test_the_page_says_what_is_payable_with_the_late_fee_of_the_day(cashier: Client) -> None:
    context = cashier.get("/counter/", {"account": NO}).context
    # 60.00 yuan open, a home at 1‰ a day, due on 20 September, the open day is 1 October; 40.00 were paid in time
    assert (context["owed_fen"], context["late_fee_fen"], context["payable_fen"]) == (6_000, 66, 6_066)


def test_money_is_taken_on_the_open_business_date_and_leads_to_the_receipt(
    county: builders.County, cashier: Client
) -> None:
    answer = cashier.post("/counter/", _form(cashier))
    paid = Payment.objects.exclude(pk=county.payment.pk).get()
    assert (answer.status_code, answer.url) == (302, f"/receipts/{paid.pk}/")
    assert (paid.amount_fen, paid.channel, paid.state, str(paid.booked_date)) == (
        6_000,
        "counter",
        "credited",
        "2025-10-01",
    )
    assert paid.cashier.groups.get().name == "cashier"
    page = cashier.get(answer.url).content.decode()
    assert "电费收费凭证" in page
    assert "60.00" in page
    assert paid.channel_ref in page


def test_the_same_form_sent_twice_takes_the_money_once(county: builders.County, cashier: Client) -> None:
    form = _form(cashier)
    first, second = cashier.post("/counter/", form), cashier.post("/counter/", form)
    assert first.url == second.url
    assert Payment.objects.filter(channel="counter", amount_fen=6_000).count() == 1


def test_a_month_can_be_paid_first(county: builders.County, cashier: Client) -> None:
    later = builders.bill(county.seen, builders.run(202509), total_fen=5_000)
    cashier.post("/counter/", _form(cashier, amount="50.00", month="202509"))
    assert OpenItem.objects.get(bill=later).open_fen == 0
    assert OpenItem.objects.get(bill=county.bill).open_fen == 6_000


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("sixty", "MONEY_UNREADABLE"),
        ("0", "AMOUNT_NOT_POSITIVE"),
        ("-5", "AMOUNT_NOT_POSITIVE"),
        ("1.234", "MONEY_UNREADABLE"),
    ],
)
def test_an_unusable_amount_is_refused_beside_the_form(amount: str, code: str, cashier: Client) -> None:
    before = Payment.objects.count()
    answer = cashier.post("/counter/", _form(cashier, amount=amount))
    assert answer.status_code == 409
    page = answer.content.decode()
    assert code in page
    assert f'value="{amount}"' in page
    assert Payment.objects.count() == before


def test_a_form_without_its_token_is_refused(cashier: Client) -> None:
    before = Payment.objects.count()
    assert cashier.post("/counter/", _form(cashier, token="")).status_code == 403
    assert cashier.post("/counter/", _form(cashier, token="a b;c")).status_code == 403
    assert Payment.objects.count() == before


def test_an_account_of_another_station_cannot_be_opened_or_paid(county: builders.County, cashier: Client) -> None:
    page = cashier.get("/counter/", {"account": "4100000002"})
    assert page.context["account"] is None
    assert "李四" not in page.content.decode()
    assert cashier.post("/counter/", _form(cashier, account="4100000002")).status_code == 404


def test_a_receipt_of_another_station_does_not_exist(county: builders.County, cashier: Client) -> None:
    far = builders.payment(county.far_bill, amount_fen=100)
    assert cashier.get(f"/receipts/{county.payment.pk}/").status_code == 200
    assert cashier.get(f"/receipts/{far.pk}/").status_code == 404


def test_only_a_cashier_takes_money(county: builders.County, signed_in) -> None:
    for role in (Role.MANAGER, Role.COLLECTOR, Role.BILLING_CLERK):
        assert signed_in(role).get("/counter/").status_code == 403


def test_an_account_that_owes_nothing_says_so(county: builders.County, cashier: Client) -> None:
    empty = builders.account(county.near)
    assert "该户没有欠费" in cashier.get("/counter/", {"account": empty.account_no}).content.decode()
