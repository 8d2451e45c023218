"""What may be written down as an interruption of limitation?"""

from datetime import date

import pytest

from collection_desk import at, make_staff, opened, paper, pay
from zaikong.application.collection.interruptions import UnableToRecordInterruptionError, record_interruption
from zaikong.store.models import LimitationEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def whole():
    case, bill = opened()
    staff = make_staff("legal")
    return {
        "account": case.account_id,
        "bill": bill,
        "kind": "payment_order",
        "event_date": date(2025, 7, 21),
        "evidence": paper(staff).pk,
        "staff": staff,
        "at": at(22),
    }


def test_an_interruption_stands_with_its_proof_and_only_once(whole):
    event = record_interruption(**whole)
    assert (event.kind, event.bill_id, event.evidence_id) == ("payment_order", whole["bill"], whole["evidence"])
    with pytest.raises(UnableToRecordInterruptionError) as refusal:
        record_interruption(**whole)
    assert refusal.value.code == "INTERRUPTION_KNOWN"
    record_interruption(**{**whole, "bill": None})
    with pytest.raises(UnableToRecordInterruptionError):
        record_interruption(**{**whole, "bill": None})
    assert LimitationEvent.objects.count() == 2


def test_the_ledger_proves_a_part_payment(whole):
    part = {**whole, "kind": "part_payment", "evidence": None}
    with pytest.raises(UnableToRecordInterruptionError) as refusal:
        record_interruption(**part)
    assert refusal.value.code == "EVIDENCE_MISSING"
    pay(LimitationEvent(account_id=whole["account"]), 1_000, 21)
    assert record_interruption(**part).kind == "part_payment"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"account": 999_999}, "ACCOUNT_UNKNOWN"),
        ({"kind": "sigh"}, "KIND_UNKNOWN"),
        ({"bill": 999_999}, "BILL_UNKNOWN"),
        ({"event_date": date(2025, 7, 23)}, "DATE_IN_FUTURE"),
        ({"evidence": None}, "EVIDENCE_MISSING"),
        ({"evidence": 999_999}, "EVIDENCE_UNKNOWN"),
        ({"service": 999_999}, "SERVICE_UNKNOWN"),
        ({"note": "x" * 201}, "NOTE_TOO_LONG"),
    ],
)
def test_what_is_not_proved_is_refused(whole, other, code):
    with pytest.raises(UnableToRecordInterruptionError) as refusal:
        record_interruption(**{**whole, **other})
    assert refusal.value.code == code
