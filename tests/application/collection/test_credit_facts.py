"""Do promises, agreements and guarantees reach the facts a grade is decided by?"""

from datetime import date

import pytest

from collection_desk import at, make_staff, opened, paper, pay
from zaikong.application.collection.instalments import approve_instalments, propose_instalments, sign_instalments
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.promises import take_promise
from zaikong.application.grading import standing_facts
from zaikong.domain.credit.behaviour import AGREEMENT_BROKEN, AGREEMENT_HONOURED, NO_AGREEMENT
from zaikong.store.models import Guarantee

pytestmark = pytest.mark.django_db


def facts(case, as_of):
    (row,) = standing_facts(as_of=as_of, accounts=[case.account_id]).to_dicts()
    return row


def test_a_promise_broken_counts_for_a_year():
    case, _ = opened()
    take_promise(
        case=case.pk,
        amount_fen=1_000,
        promised_date=date(2025, 7, 22),
        made_by_name="张三",
        channel="phone",
        staff=make_staff(),
        at=at(21),
    )
    assert facts(case, date(2025, 7, 23))["broken_promises_12m"] == 0
    run_cases(as_of=date(2025, 7, 24))
    assert facts(case, date(2025, 7, 23))["broken_promises_12m"] == 0
    assert facts(case, date(2025, 7, 24))["broken_promises_12m"] == 1
    assert facts(case, date(2026, 7, 23))["broken_promises_12m"] == 1
    assert facts(case, date(2026, 7, 24))["broken_promises_12m"] == 0


def test_an_agreement_is_honoured_until_broken_and_forgotten_when_paid():
    case, _ = opened()
    staff, manager = make_staff(), make_staff("manager")
    draft = propose_instalments(case=case.pk, count=2, first_date=date(2025, 7, 25), staff=staff, at=at(21))
    assert facts(case, date(2025, 7, 21))["repayment_agreement"] == NO_AGREEMENT
    approve_instalments(agreement=draft.pk, staff=manager, at=at(21))
    sign_instalments(agreement=draft.pk, signed_by_name="张三", evidence=paper(staff).pk, staff=staff, at=at(21))
    assert facts(case, date(2025, 7, 21))["repayment_agreement"] == AGREEMENT_HONOURED
    run_cases(as_of=date(2025, 7, 29))
    assert facts(case, date(2025, 7, 28))["repayment_agreement"] == AGREEMENT_HONOURED
    assert facts(case, date(2025, 7, 29))["repayment_agreement"] == AGREEMENT_BROKEN
    pay(case, 20_000, 30)
    assert facts(case, date(2025, 7, 30))["repayment_agreement"] == NO_AGREEMENT


def test_a_guarantee_counts_while_it_is_in_force():
    case, _ = opened()
    Guarantee.objects.create(
        account=case.account,
        kind="bank",
        guarantor="农商行",
        document_no="B1",
        maximum_fen=500_000,
        from_date=date(2025, 1, 1),
        to_date=date(2025, 8, 1),
        recorded_date=date(2025, 1, 1),
    )
    assert facts(case, date(2025, 7, 31))["guarantee_fen"] == 500_000
    assert facts(case, date(2025, 8, 1))["guarantee_fen"] == 0
