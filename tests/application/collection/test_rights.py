"""Does every verb of a case refuse somebody without the right?"""

from datetime import date

import pytest

from collection_desk import PNG, at, make_staff, opened
from ledger_desk import entitled
from zaikong.application.collection.contacts import add_note, log_call, log_visit
from zaikong.application.collection.disputes import decide_dispute, raise_dispute
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.collection.handing_over import hand_over
from zaikong.application.collection.instalments import (
    approve_instalments,
    propose_instalments,
    sign_instalments,
    withdraw_instalments,
)
from zaikong.application.collection.interruptions import record_interruption
from zaikong.application.collection.pauses import pause_case, resume_case
from zaikong.application.collection.promises import take_promise, withdraw_promise
from zaikong.application.collection.protections import end_protection, protect
from zaikong.application.collection.reviews import mark_hardship, review_vulnerable_home
from zaikong.application.roles import HANDLE_CASES
from zaikong.kernel.refusal import Refusal

DAY = date(2025, 7, 25)
VERBS = [
    (log_call, {"case": 1, "outcome": "no_answer"}),
    (log_visit, {"case": 1, "outcome": "absent"}),
    (add_note, {"case": 1, "note": "x"}),
    (raise_dispute, {"account": 1, "raised_by_name": "x", "subject": "x"}),
    (decide_dispute, {"dispute": 1, "outcome": "rejected", "decision": "x"}),
    (add_evidence, {"kind": "photo", "content": PNG, "file_name": "x"}),
    (propose_instalments, {"case": 1, "count": 1, "first_date": DAY}),
    (approve_instalments, {"agreement": 1}),
    (sign_instalments, {"agreement": 1, "signed_by_name": "x", "evidence": 1}),
    (withdraw_instalments, {"agreement": 1, "reason": "x"}),
    (record_interruption, {"account": 1, "kind": "suit", "event_date": DAY}),
    (resume_case, {"case": 1, "reason": "x"}),
    (
        take_promise,
        {"case": 1, "amount_fen": 1, "promised_date": DAY, "made_by_name": "x", "channel": "phone"},
    ),
    (withdraw_promise, {"promise": 1, "reason": "x"}),
    (end_protection, {"protection": 1, "reason": "x"}),
    (mark_hardship, {"case": 1, "hardship": True, "note": "x"}),
    (review_vulnerable_home, {"account": 1, "outcome": "protect", "note": "x"}),
]


@pytest.mark.django_db
def test_nobody_acts_in_a_case_without_the_right():
    nobody, manager = entitled("nobody"), make_staff("manager")
    named = [
        (pause_case, {"case": 1, "to_date": DAY, "reason": "x", "approved_by": manager}),
        (hand_over, {"case": 1, "to": manager, "note": "x"}),
        (
            protect,
            {
                "account": 1,
                "reason": "event",
                "note": "x",
                "from_at": at(21),
                "to_at": at(22),
                "review_date": DAY,
                "approved_by": manager,
            },
        ),
    ]
    for verb, asked in VERBS + named:
        with pytest.raises(Refusal) as refusal:
            verb(**asked, staff=nobody, at=at(21))
        assert (verb.__name__, refusal.value.code) == (verb.__name__, "NOT_ENTITLED")


@pytest.mark.django_db
def test_who_may_handle_a_case_may_not_approve_in_it():
    case, _ = opened()
    one, other = entitled("one", HANDLE_CASES), entitled("other", HANDLE_CASES)
    with pytest.raises(Refusal) as refusal:
        pause_case(case=case.pk, to_date=DAY, reason="x", staff=one, approved_by=other, at=at(21))
    assert refusal.value.code == "NOT_ENTITLED"
