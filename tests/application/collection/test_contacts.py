"""What may be written down of a call, a visit, a note?"""

import pytest

from collection_desk import at, make_staff, opened, pay, photo
from zaikong.application.collection.contacts import UnableToLogContactError, add_note, log_call, log_visit
from zaikong.store.models import CaseEventEvidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return opened()[0]


@pytest.fixture
def staff():
    return make_staff("collector")


def test_a_call_is_written_down_with_whom_was_spoken(case, staff):
    event = log_call(case=case.pk, outcome="reached", spoken_to=" 张三 ", note="will pay", staff=staff, at=at(21))
    assert (event.kind, event.outcome, event.facts, event.note) == (
        "call",
        "reached",
        {"spoken_to": "张三"},
        "will pay",
    )
    assert (event.at, event.staff) == (at(21), staff)


def test_a_visit_counts_with_a_photo_or_with_two_witnesses(case, staff):
    proof = photo(staff)
    event = log_visit(case=case.pk, outcome="absent", staff=staff, at=at(21), evidence=[proof.pk])
    assert CaseEventEvidence.objects.get(event=event).evidence_id == proof.pk
    event = log_visit(case=case.pk, outcome="absent", staff=staff, at=at(21), witnesses=["李四", "王五"])
    assert event.facts == {"spoken_to": "", "witnesses": ["李四", "王五"]}


def test_a_note_may_be_written_into_a_closed_case_a_call_may_not(case, staff):
    pay(case, 20_000, 21)
    assert add_note(case=case.pk, note="receipt sent", staff=staff, at=at(22)).kind == "note"
    with pytest.raises(UnableToLogContactError) as refusal:
        log_call(case=case.pk, outcome="no_answer", staff=staff, at=at(22))
    assert refusal.value.code == "CASE_CLOSED"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"outcome": "sang"}, "OUTCOME_UNKNOWN"),
        ({"outcome": "reached"}, "SPOKEN_TO_MISSING"),
        ({"case": 999_999}, "CASE_UNKNOWN"),
        ({"at": at(19)}, "MOMENT_TOO_EARLY"),
        ({"at": at(21).replace(tzinfo=None)}, "MOMENT_WITHOUT_ZONE"),
        ({"note": "x" * 501}, "NOTE_TOO_LONG"),
        ({"spoken_to": "x" * 81}, "SPOKEN_TO_TOO_LONG"),
        ({"evidence": [999_999]}, "EVIDENCE_UNKNOWN"),
    ],
)
def test_a_call_that_cannot_be_written_down_says_why(case, staff, asked, code):
    whole = {"case": case.pk, "outcome": "no_answer", "staff": staff, "at": at(21)}
    with pytest.raises(UnableToLogContactError) as refusal:
        log_call(**{**whole, **asked})
    assert refusal.value.code == code
    assert refusal.value.remedy


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "EVIDENCE_MISSING"),
        ({"witnesses": ["李四"]}, "EVIDENCE_MISSING"),
        ({"witnesses": ["李四", "李四 "]}, "WITNESS_TWICE"),
        ({"witnesses": ["李四", " "]}, "WITNESS_MISSING"),
    ],
)
def test_a_visit_without_proof_is_refused(case, staff, asked, code):
    with pytest.raises(UnableToLogContactError) as refusal:
        log_visit(case=case.pk, outcome="absent", staff=staff, at=at(21), **asked)
    assert refusal.value.code == code
