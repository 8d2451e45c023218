"""What do the pages of collection read?"""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collection_desk import at, make_staff, opened, owing, pay, photo
from zaikong.application.collection.contacts import log_call, log_visit
from zaikong.application.collection.disputes import raise_dispute
from zaikong.application.collection.handing_over import hand_over
from zaikong.application.collection.instalments import propose_instalments
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.promises import take_promise
from zaikong.application.collection.protections import protect
from zaikong.store.models import CollectionCase, Station
from zaikong.store.queries import case_page as page
from zaikong.store.queries.scope import Scope

pytestmark = pytest.mark.django_db

COUNTY = Scope(station_id=None)
TODAY = date(2025, 7, 22)


def elsewhere():
    return Scope(station_id=Station.objects.get_or_create(code="S9", defaults={"name": "其他"})[0].pk)


def found(**asked):
    rows = page.cases(page.Asked(**asked), scope=COUNTY, as_of=TODAY, page=1)
    return [row.account.account_no for row in rows]


@pytest.fixture
def three():
    """Cases of three amounts and ages; the last one is closed."""
    owing("4100000001", 10_000)
    owing("4100000002", 50_000, due=date(2025, 6, 1), category="business")
    owing("4100000003", 5_000)
    run_cases(as_of=date(2025, 7, 20))
    by_no = {case.account.account_no: case for case in CollectionCase.objects.select_related("account")}
    pay(by_no["4100000003"], 10_000, 21)
    return by_no


def test_cases_are_told_longest_overdue_first_and_by_what_is_asked(three):
    assert found() == ["4100000002", "4100000001"]
    assert found(state="closed") == ["4100000003"]
    assert found(category="business") == ["4100000002"]
    assert found(overdue_days=30) == ["4100000002"]
    assert found(from_fen=20_000) == ["4100000002"]
    assert found(text="0001") == ["4100000001"]
    assert found(text="户4100000002") == ["4100000002"]
    assert found(hardship=True) == []
    assert found(ladder="careful") == []
    assert found(collector=page.NOBODY) == ["4100000002", "4100000001"]


def test_a_collector_finds_their_own_and_is_named(three):
    staff = make_staff()
    hand_over(case=three["4100000001"].pk, to=staff, note="leave", staff=staff, at=at(21))
    assert found(collector=staff.pk) == ["4100000001"]
    assert page.collectors(scope=COUNTY) == [staff]
    assert page.collectors(scope=elsewhere()) == []


def test_sums_by_state_and_scope(three):
    sums = page.by_state(page.Asked(), scope=COUNTY, as_of=TODAY)
    assert sums == [page.StateSum("open", 2, 60_000)]
    assert page.by_state(page.Asked(), scope=elsewhere(), as_of=TODAY) == []
    assert list(page.cases(page.Asked(), scope=elsewhere(), as_of=TODAY, page=1)) == []
    case = three["4100000001"]
    assert page.case_by_id(case.pk, scope=COUNTY) == case
    assert page.case_by_id(case.pk, scope=elsewhere()) is None
    assert page.case_of_account(case.account_id, scope=COUNTY) == case
    assert page.case_of_account(case.account_id, scope=elsewhere()) is None


def test_a_list_of_one_and_of_two_asks_the_same_number_of_queries(three):
    def asked(**filters):
        with CaptureQueriesContext(connection) as told:
            for row in page.cases(page.Asked(**filters), scope=COUNTY, as_of=TODAY, page=1):
                assert row.account.customer.name
                assert row.account.supply_point.premise.station.name
        return len(told)

    assert asked() == asked(text="0001") == 2


def test_the_head_tells_what_is_owed_and_what_stands(three):
    staff, manager = make_staff(), make_staff("manager")
    case = three["4100000001"]
    take_promise(
        case=case.pk,
        amount_fen=1_000,
        promised_date=date(2025, 7, 30),
        made_by_name="张三",
        channel="phone",
        staff=staff,
        at=at(21),
    )
    log_call(case=case.pk, outcome="no_answer", staff=staff, at=at(21, 11))
    pay(case, 2_000, 22, ref="t", kind="in_transit")
    protect(
        account=case.account_id,
        reason="medical",
        note="oxygen",
        from_at=at(21),
        to_at=at(21) + timedelta(days=30),
        review_date=date(2025, 8, 1),
        staff=staff,
        approved_by=manager,
        at=at(21),
    )
    head = page.case_head(page.case_by_id(case.pk, scope=COUNTY), at=at(22))
    assert (head.overdue_days, head.overdue_fen, head.disputed_fen, head.in_transit_fen) == (12, 10_000, 0, 2_000)
    assert (head.promise.amount_fen, head.contacts, head.last_contact_at) == (1_000, 1, at(21, 11))
    assert [protection.reason for protection in head.protections] == ["medical"]
    assert page.protections_at(case.account_id, at=at(20)) == []
    due = page.protections_to_review(scope=COUNTY, at=at(22), until=date(2025, 8, 1))
    assert [row.account_id for row in due] == [case.account_id]
    assert page.protections_to_review(scope=COUNTY, at=at(22), until=date(2025, 7, 31)) == []


def test_the_history_is_one_line_after_another_with_its_proofs():
    case, _ = opened()
    staff = make_staff()
    proof = photo(staff)
    log_visit(case=case.pk, outcome="absent", staff=staff, at=at(21), evidence=[proof.pk])
    pay(case, 4_000, 22)
    pay(case, 100, 23, ref="late", kind="in_transit")
    told = page.timeline(case)
    assert [entry.kind for entry in told] == ["opened", "visit", "payment", "in_transit"]
    assert [row.pk for row in told[1].evidence] == [proof.pk]
    assert told[1].staff == staff
    assert page.evidence_by_id(proof.pk, scope=COUNTY).content == proof.content
    assert page.evidence_by_id(proof.pk, scope=elsewhere()) is None


def test_what_waits_for_an_answer_or_an_approval():
    case, bill = opened()
    staff = make_staff()
    propose_instalments(case=case.pk, count=2, first_date=date(2025, 7, 25), staff=staff, at=at(21))
    assert [draft.case_id for draft in page.drafts_to_approve(scope=COUNTY)] == [case.pk]
    raise_dispute(account=case.account_id, bill=bill, raised_by_name="张三", subject="no", staff=staff, at=at(21))
    assert [row.bill_id for row in page.answers_due(scope=COUNTY, until=date(2025, 7, 28))] == [bill]
    assert page.answers_due(scope=COUNTY, until=date(2025, 7, 27)) == []
    assert page.drafts_to_approve(scope=elsewhere()) == []
