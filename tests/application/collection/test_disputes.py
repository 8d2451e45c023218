"""What does a dispute do to the bills and the case?"""

from datetime import date

import pytest

from collection_desk import at, kinds, make_staff, now, opened
from ledger_desk import make_account, release
from zaikong.application.collection.disputes import UnableToDecideDisputeError, decide_dispute, raise_dispute
from zaikong.application.collection.nightly import run_cases
from zaikong.store.models import OpenItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return make_staff("clerk")


def raised(case, staff, *, bill=None, on=21):
    return raise_dispute(
        account=case.account_id, bill=bill, raised_by_name="张三", subject="meter runs fast", staff=staff, at=at(on)
    )


def decided(dispute, outcome, staff, **more):
    return decide_dispute(dispute=dispute.pk, outcome=outcome, decision="tested", staff=staff, at=at(24), **more)


def disputed(*bills):
    return [OpenItem.objects.get(pk=bill).disputed for bill in bills]


def test_a_disputed_bill_leaves_the_case_and_is_answered_in_five_working_days(staff):
    case, bill = opened()
    dispute = raised(case, staff, bill=bill)
    assert dispute.answer_due_date == date(2025, 7, 28)
    assert (disputed(bill), now(case).open_fen, now(case).state) == ([True], 0, "open")
    assert kinds(case) == ["opened", "dispute"]
    assert run_cases(as_of=date(2025, 7, 22)).open == 1


@pytest.mark.parametrize("outcome", ["rejected", "withdrawn"])
def test_what_is_not_upheld_is_asked_for_again(staff, outcome):
    case, bill = opened()
    decided(raised(case, staff, bill=bill), outcome, staff)
    assert (disputed(bill), now(case).open_fen) == ([False], 10_000)
    assert kinds(case) == ["opened", "dispute", "dispute_decided"]


def test_a_bill_found_wrong_is_not_asked_for_before_it_is_corrected(staff):
    case, bill = opened()
    decided(raised(case, staff, bill=bill), "upheld", staff)
    assert (disputed(bill), now(case).open_fen) == ([True], 0)


def test_of_a_whole_account_only_the_wrong_bills_stay_out(staff):
    case, bill = opened()
    (other,) = release([(case.account, 202507, date(2025, 7, 12), 3_000)])
    dispute = raised(case, staff)
    assert disputed(bill, other) == [True, True]
    with pytest.raises(UnableToDecideDisputeError) as refusal:
        decided(dispute, "upheld", staff)
    assert refusal.value.code == "WRONG_BILLS_MISSING"
    decided(dispute, "upheld", staff, wrong_bills=[other])
    assert (disputed(bill, other), now(case).open_fen) == ([False, True], 10_000)


def test_a_bill_stays_out_while_another_dispute_covers_it(staff):
    case, bill = opened()
    of_bill, of_all = raised(case, staff, bill=bill), raised(case, staff)
    decided(of_bill, "rejected", staff)
    assert disputed(bill) == [True]
    decided(of_all, "rejected", staff)
    assert disputed(bill) == [False]


def test_a_dispute_needs_no_case(staff):
    account = make_account()
    (bill,) = release([(account, 202506, date(2025, 8, 20), 10_000)])
    raise_dispute(account=account.pk, bill=bill, raised_by_name="张三", subject="too much", staff=staff, at=at(21))
    assert disputed(bill) == [True]


def test_what_cannot_be_disputed_or_decided_says_why(staff):
    case, bill = opened()
    whole = {
        "account": case.account_id,
        "bill": bill,
        "raised_by_name": "张三",
        "subject": "too much",
        "staff": staff,
        "at": at(21),
    }
    for asked, code in (
        ({"account": 999_999}, "ACCOUNT_UNKNOWN"),
        ({"bill": 999_999}, "NOTHING_OWED"),
        ({"subject": ""}, "SUBJECT_MISSING"),
        ({"raised_by_name": ""}, "RAISED_BY_NAME_MISSING"),
    ):
        with pytest.raises(UnableToDecideDisputeError) as refusal:
            raise_dispute(**{**whole, **asked})
        assert refusal.value.code == code
    dispute = raise_dispute(**whole)
    for act, code in (
        (lambda: raise_dispute(**whole), "DISPUTE_OPEN"),
        (lambda: decided(dispute, "perhaps", staff), "OUTCOME_UNKNOWN"),
    ):
        with pytest.raises(UnableToDecideDisputeError) as refusal:
            act()
        assert refusal.value.code == code
    with pytest.raises(UnableToDecideDisputeError) as refusal:
        decide_dispute(dispute=dispute.pk, outcome="rejected", decision=" ", staff=staff, at=at(24))
    assert refusal.value.code == "DECISION_MISSING"
    decided(dispute, "rejected", staff)
    with pytest.raises(UnableToDecideDisputeError) as refusal:
        decided(dispute, "rejected", staff)
    assert refusal.value.code == "DISPUTE_DECIDED"
    with pytest.raises(UnableToDecideDisputeError) as refusal:
        decide_dispute(dispute=999_999, outcome="rejected", decision="no", staff=staff, at=at(24))
    assert refusal.value.code == "DISPUTE_UNKNOWN"
