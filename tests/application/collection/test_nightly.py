"""Does the night open, refresh and close the cases there should be?"""

from datetime import date

import pytest

from collection_desk import NIGHT, kinds, make_staff, now, opened, owing, pay
from ledger_desk import release, reverse_bill
from zaikong.application.collection.nightly import run_cases
from zaikong.store.models import CaseEvent, CollectionCase, OpenItem

pytestmark = pytest.mark.django_db


def test_the_night_opens_a_case_with_collector_ladder_and_oldest_due_date():
    collector = make_staff("collector")
    account, _ = owing(collector=collector)
    done = run_cases(as_of=NIGHT)
    case = CollectionCase.objects.get(account=account)
    assert (done.open, done.opened, done.open_fen, done.without_ladder) == (1, 1, 10_000, 0)
    assert (case.state, case.episode, case.open_fen, case.overdue_since_date) == ("open", 1, 10_000, date(2025, 7, 10))
    assert (case.collector, case.ladder, case.strategy_edition) == (collector, "standard", "2026")
    assert kinds(case) == ["opened"]


def test_a_night_run_again_changes_nothing():
    case, _ = opened()
    again = run_cases(as_of=NIGHT)
    assert (again.open, again.opened, again.changed, again.resumed) == (1, 0, 0, 0)
    assert kinds(case) == ["opened"]


def test_an_item_due_today_is_not_overdue_and_a_disputed_one_opens_nothing():
    owing("4100000001", due=NIGHT)
    _, bill = owing("4100000002")
    OpenItem.objects.filter(pk=bill).update(disputed=True)
    assert run_cases(as_of=NIGHT).open == 0
    assert run_cases(as_of=date(2025, 7, 21)).open == 1


def test_the_case_is_closed_when_its_bill_was_reversed_and_the_night_finds_nothing_overdue():
    case, bill = opened()
    reverse_bill(bill, issued_date=date(2025, 7, 21))
    run_cases(as_of=date(2025, 7, 21))
    assert (now(case).state, now(case).closed_reason) == ("closed", "nothing_overdue")
    assert kinds(case) == ["opened", "closed"]


def test_a_debt_overdue_after_the_case_was_closed_is_a_new_case():
    case, _ = opened()
    pay(case, 20_000, 21)
    release([(case.account, 202507, date(2025, 7, 25), 30_000)])
    run_cases(as_of=date(2025, 7, 31))
    both = CollectionCase.objects.filter(account=case.account).order_by("id")
    assert [(row.state, row.episode) for row in both] == [("closed", 1), ("open", 1)]
    assert CaseEvent.objects.filter(case=both[1]).count() == 1
