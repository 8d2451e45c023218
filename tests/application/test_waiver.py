from datetime import date

import pytest
from django.db import IntegrityError

from ledger_desk import batch, entitled, make_account, proof, receipt, release, reverse_bill
from zaikong.application.payments import credit
from zaikong.application.waiver import UnableToWaiveLateFeeError, decide_waiver, late_fee_owed, request_waiver
from zaikong.store.models import LateFeeWaiver, Leg, OpenItem

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


@pytest.fixture
def asker():
    return entitled("asker", "request_latefeewaiver")


@pytest.fixture
def manager():
    return entitled("manager", "approve_latefeewaiver")


@pytest.fixture
def bill():
    """A bill of 100 yuan, 30 days overdue today: 3 yuan of late fee."""
    return release([(make_account(), 202506, date(2025, 7, 1), 10_000)])[0]


def code_of(act, **arguments):
    with pytest.raises(UnableToWaiveLateFeeError) as caught:
        act(**arguments)
    return caught.value.code


def ask(bill, staff, amount_fen=200, **more):
    return request_waiver(
        **{"bill": bill, "amount_fen": amount_fen, "reason": "flood", "staff": staff, "as_of": TODAY} | more
    )


def test_an_approved_waiver_lowers_what_is_owed_and_collected(bill, asker, manager):
    asked = ask(bill, asker)
    assert late_fee_owed(bill=bill, as_of=TODAY) == 300
    decided = decide_waiver(waiver=asked.pk, approve=True, staff=manager, as_of=TODAY)
    assert (decided.state, decided.decided_by, decided.decided_date) == ("approved", manager, TODAY)
    assert late_fee_owed(bill=bill, as_of=TODAY) == 100
    assert list(Leg.objects.filter(event="late_fee_waived").order_by("gl").values_list("gl", "amount_fen")) == [
        ("9101", -200),
        ("9102", 200),
    ]
    assert proof() == []
    outcome = credit(batch(receipt("r1", "4100000001", 20_000, "2025-07-31")), booked_date=TODAY)
    assert outcome["late_fee_fen"].to_list() == [100]
    assert proof() == []


def test_a_refused_waiver_changes_nothing(bill, asker, manager):
    decided = decide_waiver(waiver=ask(bill, asker).pk, approve=False, staff=manager, as_of=TODAY)
    assert (decided.state, late_fee_owed(bill=bill, as_of=TODAY)) == ("refused", 300)
    assert OpenItem.objects.get().late_fee_waived_fen == 0


def test_no_more_is_asked_for_than_is_owed_with_what_waits_already(bill, asker):
    assert code_of(ask, bill=bill, staff=asker, amount_fen=301) == "WAIVER_TOO_HIGH"
    ask(bill, asker, 300)
    assert code_of(ask, bill=bill, staff=asker, amount_fen=1) == "WAIVER_TOO_HIGH"


def test_a_waiver_is_not_approved_once_the_fee_has_been_paid(bill, asker, manager):
    asked = ask(bill, asker)
    credit(batch(receipt("r1", "4100000001", 10_150, "2025-07-31")), booked_date=TODAY)
    assert code_of(decide_waiver, waiver=asked.pk, approve=True, staff=manager, as_of=TODAY) == "WAIVER_TOO_HIGH"
    assert LateFeeWaiver.objects.get().state == "requested"
    assert OpenItem.objects.get().late_fee_waived_fen == 0


def test_a_fee_that_stands_after_the_principal_is_paid_can_be_waived_and_is_then_gone(bill, asker, manager):
    credit(batch(receipt("r1", "4100000001", 10_000, "2025-07-31")), booked_date=TODAY)
    decide_waiver(waiver=ask(bill, asker, 300).pk, approve=True, staff=manager, as_of=TODAY)
    outcome = credit(batch(receipt("r2", "4100000001", 50, "2025-07-31")), booked_date=TODAY)
    assert outcome["prepaid_fen"].to_list() == [50]
    assert proof() == []


def test_nothing_is_owed_on_a_reversed_bill(bill, asker):
    reverse_bill(bill, issued_date=TODAY)
    assert code_of(ask, bill=bill, staff=asker, amount_fen=1) == "WAIVER_TOO_HIGH"


def test_two_people_are_needed(bill):
    both = entitled("both", "request_latefeewaiver", "approve_latefeewaiver")
    asked = ask(bill, both)
    assert code_of(decide_waiver, waiver=asked.pk, approve=True, staff=both, as_of=TODAY) == "SAME_PERSON"
    with pytest.raises(IntegrityError, match="waiver_two_people"):
        LateFeeWaiver.objects.filter(pk=asked.pk).update(decided_by=both, state="approved")


def test_a_waiver_is_decided_once_and_not_before_it_was_asked_for(bill, asker, manager):
    asked = ask(bill, asker)
    early = date(2025, 7, 30)
    assert code_of(decide_waiver, waiver=asked.pk, approve=True, staff=manager, as_of=early) == "NOT_YET_ASKED"
    decide_waiver(waiver=asked.pk, approve=False, staff=manager, as_of=TODAY)
    assert code_of(decide_waiver, waiver=asked.pk, approve=True, staff=manager, as_of=TODAY) == "WAIVER_DECIDED"


def test_requests_and_decisions_need_their_rights(bill, asker, manager):
    assert code_of(ask, bill=bill, staff=manager) == "NOT_ENTITLED"
    asked = ask(bill, asker)
    assert code_of(decide_waiver, waiver=asked.pk, approve=True, staff=asker, as_of=TODAY) == "NOT_ENTITLED"


def test_unusable_requests_are_refused_with_their_reason(bill, asker, manager):
    assert code_of(ask, bill=bill, staff=asker, reason=" ") == "REASON_MISSING"
    assert code_of(ask, bill=bill, staff=asker, amount_fen=0) == "AMOUNT_NOT_POSITIVE"
    assert code_of(ask, bill=bill + 999, staff=asker) == "BILL_UNKNOWN"
    assert code_of(late_fee_owed, bill=bill + 999, as_of=TODAY) == "BILL_UNKNOWN"
    assert code_of(decide_waiver, waiver=4711, approve=True, staff=manager, as_of=TODAY) == "WAIVER_UNKNOWN"
