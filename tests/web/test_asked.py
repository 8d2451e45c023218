"""Can anything that is typed break a page?"""

from datetime import date

import builders
import pytest
from django.http import QueryDict

from zaikong.application.roles import Role
from zaikong.web import asked

ODD = (
    "",
    "%00",
    "%EF%BB%BF",
    "²",
    "9" * 40,
    "-1",
    "1e9",
    "%F0%9F%92%A1",
    "'%20or%201=1",
    "0001-01-01",
    "9999-12-31",
    "x" * 5000,
)
"""As they stand in an address."""

ADDRESSES = (
    "/accounts/?q={}",
    "/accounts/4100000001/?page={}",
    "/accounts/4100000001/ledger/?page={}",
    "/accounts/4100000001/use/?days={}",
    "/accounts/4100000001/statement/?from={}",
    "/accounts/4100000001/statement/?to={}",
    "/bill-runs/?month={}",
    "/bill-runs/?page={}",
    "/held-bills/?code={}",
    "/day-books/?date={}",
    "/zaikong/leg/?q={}",
    "/zaikong/payment/?q={}",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_typed_into_an_address_breaks_a_page(address: str, county: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    client.raise_request_exception = False
    answers = {odd[:20]: client.get(address.format(odd)).status_code for odd in ODD}
    assert {odd: status for odd, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize(
    "address", ["/accounts/{}/", "/bills/{}/", "/bill-runs/{}/", "/receipts/{}/", "/day-books/{}/"]
)
def test_nothing_typed_into_a_path_breaks_a_page(address: str, county: builders.County, signed_in) -> None:
    client = signed_in(Role.MANAGER)
    client.raise_request_exception = False
    odd = [typed for typed in ODD if typed]
    assert {client.get(address.format(typed)).status_code for typed in odd} == {404}


@pytest.mark.parametrize("typed", ["\x00", "a\x00b", "²", "x" * 5000, "💡"])
def test_nothing_typed_into_a_form_breaks_a_page(typed: str, county: builders.County, signed_in) -> None:
    builders.day_book()
    clerk, cashier, collector = signed_in(Role.BILLING_CLERK), signed_in(Role.CASHIER), signed_in(Role.COLLECTOR)
    statuses = {
        clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": "discard", "reason": typed}).status_code,
        clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": typed, "reason": typed}).status_code,
        cashier.post("/counter/", {"account": typed, "token": typed, "amount": typed}).status_code,
        cashier.post(
            "/counter/", {"account": "4100000001", "token": "aa", "amount": typed, "month": typed}
        ).status_code,
        collector.post(f"/bills/{county.bill.pk}/", {"amount": typed, "reason": typed}).status_code,
        signed_in(Role.MANAGER).post("/waivers/", {"waiver": typed, "decision": "approve"}).status_code,
    }
    assert statuses <= {302, 403, 404, 409}


def test_texts_lose_what_cannot_be_printed() -> None:
    assert asked.text(QueryDict("q=%20a%00b%0Ac%07%20"), "q") == "ab\nc"
    assert asked.text(QueryDict(""), "q") == ""


def test_numbers_are_plain_digits() -> None:
    typed = {"7": 7, "007": 7, "-7": None, "7.0": None, "²": None, "٣": None, "": None, "9" * 16: None}
    assert {text: asked.number(QueryDict(f"n={text}"), "n") for text in typed} == typed


def test_dates_lie_in_the_times_of_the_company() -> None:
    assert asked.day(QueryDict("d=2025-07-31"), "d") == date(2025, 7, 31)
    assert asked.day(QueryDict("d=2025-02-30"), "d") is None
    assert asked.day(QueryDict("d=9999-12-31"), "d") is None
