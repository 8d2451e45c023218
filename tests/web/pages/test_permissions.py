"""Who may open which page?"""

import builders
import pytest
from django.test import Client

from zaikong.application.collection.nightly import run_cases
from zaikong.application.roles import Role
from zaikong.store.models import CollectionCase

PAGES = {
    "/": "any",
    "/accounts/": "account",
    "/accounts/4100000001/": "account",
    "/accounts/4100000001/ledger/": "leg",
    "/accounts/4100000001/statement/": "leg",
    "/accounts/4100000001/payments/": "payment",
    "/accounts/4100000001/use/": "dailyuse",
    "/accounts/4100000001/findings/": "meteringfinding",
    "/accounts/4100000001/credit/": "creditstanding",
    "/accounts/4100000001/credit/reasons/": "creditstanding",
    "/bills/{bill}/": "bill",
    "/bill-runs/": "billrun",
    "/bill-runs/{run}/": "billrun",
    "/held-bills/": "billdraft",
    "/held-bills/{draft}/": "billdraft",
    "/warnings/": "riskwarning",
    "/signals/": "signalmatch",
    "/accounts/4100000001/ahead/": "collectioncase",
    "/accounts/4100000001/collection/": "collectioncase",
    "/cases/": "collectioncase",
    "/cases/{case}/": "collectioncase",
    "/cases/{case}/ladder/": "collectioncase",
    "/day/": "worklistrow",
    "/accounts/4100000001/contracts/": "supplycontract",
    "/notices/": "notice",
    "/guarantees/": "guarantee",
    "/limitation/": "limitationevent",
    "/cuts/": "cutorder",
    "/fee-control/": "board",
    "/fee-control/?tab=field": "board",
    "/meters/{meter}/": "meter",
    "/breaches/": "cutbreach",
    "/accounts/4100000001/prepayment/": "prepaidbalance",
    "/certificates/": "cutorder",
    "/strategy/": "collectioncase",
    "/decisions/": "decisionrecord",
    "/decisions/export/": "decisionrecord",
    "/fairness/": "decisionrecord",
    "/first-grades/": "firstgrade",
    "/first-grades/overrides/": "staff",
    "/day-books/2025-09-30/": "daybook",
    "/month-closes/202509/": "monthclose",
}
"""Address of a page to the table its reader must be allowed to see."""

_ACCOUNT = {"any", "account", "bill"}
_MONEY = _ACCOUNT | {"leg", "payment"}
_CREDIT = {"creditstanding", "riskwarning", "signalmatch"}
_CONTRACTS = {"supplycontract", "guarantee"}
_PREPAID = {"prepaidbalance", "board"}
_CASES = {"collectioncase", "cutorder", "notice", "limitationevent", "meter"} | _CONTRACTS | _PREPAID
_WORK = {"worklistrow"}
_LOG = {"decisionrecord"}
_OVERSIGHT = {"firstgrade", "staff", "cutbreach"}
_ALL = _MONEY | {"dailyuse", "meteringfinding", "billrun", "billdraft", "daybook", "monthclose", "meter"}

SEEN = {
    Role.INTAKE_CLERK: _ACCOUNT | _CONTRACTS | _PREPAID | {"firstgrade", "meter"},
    Role.BILLING_CLERK: _ALL,
    Role.CASHIER: _MONEY | _PREPAID,
    Role.COLLECTOR: _MONEY | _CREDIT | _CASES | _WORK | {"dailyuse"},
    Role.METERING_TECHNICIAN: {"any", "account", "dailyuse", "meteringfinding", "cutorder", "board", "meter"},
    Role.MANAGER: _ALL | _CREDIT | _CASES | _WORK | _LOG | _OVERSIGHT,
    Role.DIRECTOR: _ALL | _CREDIT | _CASES | _WORK | _LOG | _OVERSIGHT,
    Role.LEGAL_OFFICER: _MONEY | _CREDIT | _CASES | _LOG | {"dailyuse", "cutbreach"},
    Role.AUDITOR: _ALL | _CREDIT | _CASES | _WORK | _LOG | _OVERSIGHT,
}


@pytest.fixture
def closes(county: builders.County) -> None:
    builders.day_book()
    builders.month_close()
    run_cases(as_of=builders.TODAY)


def _addresses(county: builders.County) -> dict[str, str]:
    case = CollectionCase.objects.filter(account=county.seen).first()
    numbers = {
        "bill": county.bill.pk,
        "run": county.run.pk,
        "draft": county.draft.pk,
        "case": case.pk if case else 0,
        "meter": county.seen.meter_set.get().meter_no,
    }
    return {address.format(**numbers): table for address, table in PAGES.items()}


@pytest.mark.parametrize("role", SEEN)
def test_each_role_opens_its_pages_and_no_other(role: Role, county: builders.County, closes: None, signed_in) -> None:
    client = signed_in(role)
    answered = {address: client.get(address).status_code for address in _addresses(county)}
    expected = {address: 200 if table in SEEN[role] else 403 for address, table in _addresses(county).items()}
    assert answered == expected


def test_nobody_opens_a_page_without_signing_in(county: builders.County, closes: None) -> None:
    client = Client()
    answers = {address: client.get(address) for address in _addresses(county)}
    assert {(answer.status_code, answer.url.split("?")[0]) for answer in answers.values()} == {(302, "/login/")}


def test_a_customer_does_not_enter_the_console(county: builders.County) -> None:
    person = builders.staff(Role.CUSTOMER)
    person.is_staff = False
    person.save()
    client = Client()
    client.force_login(person)
    assert [client.get(address).status_code for address in _addresses(county)] == [302] * len(PAGES)


def test_closed_figures_of_the_county_are_not_shown_to_a_station(
    county: builders.County, closes: None, signed_in
) -> None:
    client = signed_in(Role.MANAGER, county.near)
    assert client.get("/day-books/2025-09-30/").status_code == 403
    assert client.get("/month-closes/202509/").status_code == 403
    page = client.get("/").content.decode()
    assert "/day-books/" not in page


def test_the_side_bar_offers_only_what_the_reader_may_open(county: builders.County, signed_in) -> None:
    page = signed_in(Role.METERING_TECHNICIAN).get("/").content.decode()
    assert 'href="/accounts/"' in page
    assert "/zaikong/meteringfinding/" in page
    assert "/bill-runs/" not in page
    assert "/zaikong/payment/" not in page


def test_a_refused_page_stands_in_the_frame_and_says_why(county: builders.County, signed_in) -> None:
    answer = signed_in(Role.CASHIER).get("/bill-runs/")
    assert answer.status_code == 403
    assert "您的岗位无权打开此页面" in answer.content.decode()


def test_an_address_that_is_no_page_answers_404_in_the_frame(county: builders.County, signed_in) -> None:
    answer = signed_in(Role.CASHIER).get("/accounts/9999999999/")
    assert answer.status_code == 404
    assert "您的可见范围内没有这个户号" in answer.content.decode()


def test_a_day_the_calendar_does_not_have_is_no_page(county: builders.County, signed_in) -> None:
    assert signed_in(Role.MANAGER).get("/day-books/2025-02-30/").status_code == 404
    assert signed_in(Role.MANAGER).get("/month-closes/202513/").status_code == 404
