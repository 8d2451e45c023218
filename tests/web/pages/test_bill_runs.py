"""What do the pages of bill runs say, and who decides on a held bill?"""

from datetime import date

import builders
import pytest
from django.test import Client

from zaikong.application.roles import Role
from zaikong.store.models import BillDraft


@pytest.fixture
def clerk(county: builders.County, signed_in) -> Client:
    builders.day_book()
    return signed_in(Role.BILLING_CLERK)


def test_runs_are_listed_with_totals_and_what_still_waits(county: builders.County, clerk: Client) -> None:
    page = clerk.get("/bill-runs/").content.decode()
    assert county.run.key in page
    assert "200.00" in page
    assert clerk.get("/bill-runs/?month=202507").context["runs"].paginator.count == 0


def test_a_run_groups_its_findings_and_lists_its_held_bills(county: builders.County, clerk: Client) -> None:
    answer = clerk.get(f"/bill-runs/{county.run.pk}/")
    assert [(row.code, row.severity, row.count) for row in answer.context["findings"]] == [("USE_ZERO", "hold", 2)]
    page = answer.content.decode()
    assert "零电量，历史有用电" in page
    assert f'href="/held-bills/{county.draft.pk}/"' in page


def test_held_bills_can_be_cut_to_one_finding(county: builders.County, clerk: Client) -> None:
    other = builders.draft(builders.account(county.near), county.run, codes=("LARGE_BILL",))
    rows = clerk.get(f"/bill-runs/{county.run.pk}/?code=LARGE_BILL").context["held"].object_list
    assert [row.draft.pk for row in rows] == [other.pk]
    rows = clerk.get("/held-bills/?code=LARGE_BILL").context["held"].object_list
    assert [row.draft.pk for row in rows] == [other.pk]


def test_a_clerk_discards_a_held_bill_with_a_reason(county: builders.County, clerk: Client) -> None:
    answer = clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": "discard", "reason": "已销户"}, follow=True)
    assert answer.redirect_chain == [(f"/bill-runs/{county.run.pk}/", 302)]
    assert "户号 4100000001 的账单已作废" in answer.content.decode()
    draft = BillDraft.objects.get(pk=county.draft.pk)
    assert (draft.state, draft.reason, draft.decided_date) == ("discarded", "已销户", date(2025, 10, 1))
    assert draft.decided_by.groups.get().name == "billing_clerk"


def test_a_clerk_releases_a_held_bill_on_the_open_business_date(county: builders.County, clerk: Client) -> None:
    answer = clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": "release", "reason": "核实无误"}, follow=True)
    assert "户号 4100000001 的账单已发行" in answer.content.decode()
    draft = BillDraft.objects.get(pk=county.draft.pk)
    assert (draft.state, draft.bill.total_fen, draft.bill.issued_date) == ("released", 100_000, date(2025, 10, 1))
    assert draft.bill.openitem.open_fen == 100_000


def test_a_refusal_is_shown_beside_the_form_and_changes_nothing(county: builders.County, clerk: Client) -> None:
    answer = clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": "release", "reason": "  "})
    assert answer.status_code == 409
    assert "REASON_MISSING" in answer.content.decode()
    assert BillDraft.objects.get(pk=county.draft.pk).state == "held"


def test_a_bill_decided_before_is_refused(county: builders.County, clerk: Client) -> None:
    BillDraft.objects.filter(pk=county.draft.pk).update(state="discarded", decided_date=date(2025, 9, 29))
    answer = clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": "release", "reason": "核实无误"})
    assert answer.status_code == 409
    assert "DRAFT_DECIDED" in answer.content.decode()


def test_only_a_billing_clerk_decides(county: builders.County, signed_in) -> None:
    for role in (Role.MANAGER, Role.AUDITOR):
        client = signed_in(role)
        page = client.get(f"/held-bills/{county.draft.pk}/").content.decode()
        assert 'name="decision"' not in page
        answer = client.post(f"/held-bills/{county.draft.pk}/", {"decision": "release", "reason": "核实无误"})
        assert answer.status_code == 403
    assert BillDraft.objects.get(pk=county.draft.pk).state == "held"


def test_an_unknown_decision_changes_nothing(county: builders.County, clerk: Client) -> None:
    assert clerk.post(f"/held-bills/{county.draft.pk}/", {"decision": "burn", "reason": "x"}).status_code == 404
    assert BillDraft.objects.get(pk=county.draft.pk).state == "held"


def test_a_decision_from_another_site_is_refused(county: builders.County) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(builders.staff(Role.BILLING_CLERK))
    answer = client.post(f"/held-bills/{county.draft.pk}/", {"decision": "release", "reason": "核实无误"})
    assert answer.status_code == 403
    assert BillDraft.objects.get(pk=county.draft.pk).state == "held"


@pytest.mark.parametrize("address", ["/bill-runs/", "/bill-runs/{run}/", "/held-bills/"])
def test_a_list_asks_the_same_number_of_queries_for_one_row_and_for_three(
    address: str, county: builders.County, signed_in, queries_of
) -> None:
    client = signed_in(Role.BILLING_CLERK)
    one = queries_of(client, address.format(run=county.run.pk))
    for _ in range(2):
        builders.run()
        builders.draft(builders.account(county.near), county.run, codes=("USE_ZERO", "LARGE_BILL"))
    three = queries_of(client, address.format(run=county.run.pk))
    assert one == three
    assert one <= 13
