"""Does a member of a station see the accounts of that station only, on every page?"""

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role

NEAR, FAR = "4100000001", "4100000002"


@pytest.fixture
def near(county: builders.County, signed_in) -> Client:
    """A collector of the first station."""
    return signed_in(Role.COLLECTOR, county.near)


@pytest.mark.parametrize("tab", ["", "ledger/", "payments/", "use/"])
def test_an_account_of_another_station_does_not_exist(tab: str, near: Client) -> None:
    assert near.get(f"/accounts/{NEAR}/{tab}").status_code == 200
    assert near.get(f"/accounts/{FAR}/{tab}").status_code == 404


def test_a_bill_of_another_station_does_not_exist(county: builders.County, near: Client) -> None:
    assert near.get(f"/bills/{county.bill.pk}/").status_code == 200
    assert near.get(f"/bills/{county.far_bill.pk}/").status_code == 404


def test_a_held_bill_of_another_station_does_not_exist(county: builders.County, signed_in) -> None:
    clerk = signed_in(Role.BILLING_CLERK, county.near)
    assert clerk.get(f"/held-bills/{county.draft.pk}/").status_code == 200
    assert clerk.get(f"/held-bills/{county.far_draft.pk}/").status_code == 404
    answer = clerk.post(f"/held-bills/{county.far_draft.pk}/", {"decision": "release", "reason": "核实无误"})
    assert answer.status_code == 404


@pytest.mark.parametrize("text", [FAR, "41000", "李", "1391234"])
def test_a_search_never_finds_an_account_of_another_station(text: str, near: Client) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = near.get("/accounts/", {"q": text}, headers=headers)
        assert answer.status_code == 200
        assert [account.account_no for account in answer.context["accounts"] if account.account_no != NEAR] == []


def test_the_county_finds_both(county: builders.County, signed_in) -> None:
    page = signed_in(Role.MANAGER).get("/accounts/", {"q": "41000"}).content.decode()
    assert NEAR in page
    assert FAR in page


def test_a_run_counts_and_lists_the_bills_of_the_station_only(county: builders.County, signed_in) -> None:
    clerk = signed_in(Role.BILLING_CLERK, county.near)
    answer = clerk.get(f"/bill-runs/{county.run.pk}/")
    totals = answer.context["totals"]
    assert (totals.bills, totals.total_fen, totals.held, totals.held_fen) == (1, 10_000, 1, 100_000)
    assert [(row.code, row.count) for row in answer.context["findings"]] == [("USE_ZERO", 1)]
    assert FAR not in answer.content.decode()
    whole = signed_in(Role.BILLING_CLERK).get(f"/bill-runs/{county.run.pk}/").context["totals"]
    assert (whole.bills, whole.total_fen, whole.held, whole.held_fen) == (2, 20_000, 2, 200_000)


def test_a_station_does_not_see_the_totals_of_the_county_in_the_list_of_runs(
    county: builders.County, signed_in
) -> None:
    page = signed_in(Role.BILLING_CLERK, county.near).get("/bill-runs/").content.decode()
    assert county.run.key in page
    assert "200.00" not in page


def test_the_first_page_sums_the_station_only(county: builders.County, signed_in) -> None:
    position = signed_in(Role.COLLECTOR, county.near).get("/").context["position"]
    assert (position.accounts, position.open_fen, position.exposure_fen) == (1, 6_000, 7_000)
    whole = signed_in(Role.MANAGER).get("/").context["position"]
    assert (whole.accounts, whole.open_fen, whole.exposure_fen) == (2, 16_000, 20_000)


@pytest.mark.parametrize("table", ["account", "customer", "bill", "openitem", "payment", "leg", "dailyuse", "meter"])
def test_a_list_of_records_holds_the_station_only(table: str, county: builders.County, signed_in) -> None:
    builders.payment(county.far_bill, amount_fen=100)
    builders.use(county.unseen, days=2)
    builders.meter(county.unseen)
    near = signed_in(Role.COLLECTOR, county.near).get(f"/zaikong/{table}/")
    whole = signed_in(Role.COLLECTOR).get(f"/zaikong/{table}/")
    seen = {"customer": "李四"}.get(table, FAR)
    assert near.status_code == 200
    assert seen not in near.content.decode()
    assert seen in whole.content.decode()


def test_a_record_of_another_station_cannot_be_opened(county: builders.County, signed_in) -> None:
    near = signed_in(Role.COLLECTOR, county.near)
    assert near.get(f"/zaikong/bill/{county.bill.pk}/change/").status_code == 200
    answer = near.get(f"/zaikong/bill/{county.far_bill.pk}/change/")
    assert (answer.status_code, answer.url) == (302, "/")


def test_tables_of_the_county_are_closed_to_a_station(county: builders.County, signed_in) -> None:
    builders.day_book()
    assert signed_in(Role.MANAGER, county.near).get("/zaikong/night/").status_code == 403
    assert signed_in(Role.MANAGER).get("/zaikong/night/").status_code == 200
