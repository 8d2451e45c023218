"""Does every code of collection have a word on the pages?"""

from types import SimpleNamespace

import pytest
from builders import TODAY
from django.utils import translation

from zaikong.application.collection.contacts import CallOutcome, VisitOutcome
from zaikong.application.collection.disputes import DECISIONS
from zaikong.application.collection.promises import CHANNELS
from zaikong.application.notice_service import ORGANISATION_STANDINGS, PERSON_STANDINGS, PROOFS
from zaikong.domain.collection.ladder import PROOF
from zaikong.domain.collection.ladder_table import HOLDS
from zaikong.domain.collection.uplift.table import collection_uplift
from zaikong.store.models import CaseEvent, Protection, VulnerableReview
from zaikong.web import case_words as words
from zaikong.web import paper_words


def test_every_choice_a_verb_takes_is_offered_and_no_other():
    assert set(words.CALLS) == set(CallOutcome)
    assert set(words.VISITS) == set(VisitOutcome)
    assert set(words.PROMISE_CHANNELS) == set(CHANNELS)
    assert set(words.DECISIONS) == set(DECISIONS)
    assert set(words.SERVICES) < set(PROOFS)
    assert set(words.STANDINGS) == {*PERSON_STANDINGS, *ORGANISATION_STANDINGS}


def test_every_event_has_a_word_and_a_symbol():
    assert {*words.EVENT_ICONS} - {"queued", "in_transit"} == set(CaseEvent.Kind.values)
    assert set(words.EVENT_MARKS) < set(words.EVENT_ICONS)
    with translation.override("en"):
        assert [words.event_kind(code) for code in ("call", "queued", "in_transit", "new")] == [
            "call",
            "message waits",
            "money on its way",
            "new",
        ]


def test_every_outcome_a_case_keeps_has_a_word():
    kept = {*CallOutcome, *VisitOutcome, *DECISIONS, *Protection.Reason.values, *VulnerableReview.Outcome.values}
    assert kept - set(words.OUTCOMES) == set()
    assert words.outcome("new") == "new"


def test_every_hold_and_action_has_a_word():
    assert {*HOLDS, PROOF} - set(words.HOLDS) == set()
    actions = collection_uplift(as_of=TODAY).value.actions
    assert set(words.ACTION_ICONS) == set(actions)
    with translation.override("en"):
        assert words.titled(actions["CALL"]) == "call"
        assert words.titled(None) == ""


def test_a_refusal_is_said_as_on_the_page_it_belongs_to():
    with translation.override("en"):
        assert words.remedy("REASON_MISSING") == "The reason is missing. Say why."
        assert words.remedy("CALL_UNFIT") == paper_words.remedy("CALL_UNFIT") != ""
        assert words.remedy("NEVER_SEEN") == ""


def test_the_facts_a_reader_needs_are_told_and_keys_are_not():
    facts = {
        "spoken_to": "张三",
        "witnesses": ["甲", "乙"],
        "dispute": 7,
        "to_at": "2025-08-27T00:00:00+08:00",
        "channel": "phone",
    }
    with translation.override("en"):
        told = words.facts_said(SimpleNamespace(facts=facts))
    assert told == [
        ("spoken to", "张三"),
        ("witnesses", "甲, 乙"),
        ("way", "by telephone"),
        ("until", "2025-08-27 00:00"),
    ]


@pytest.mark.parametrize(("own", "sentences"), [(True, 6), (False, 7)])
def test_why_a_row_is_on_a_list_is_said_sentence_by_sentence(own: bool, sentences: int):
    why = {
        "today": "WORTH_MOST",
        "deadline": "PROMISE_DUE",
        "deadline_date": "2025-08-30",
        "hour_fen": 12_300,
        "time_fen": 4_100,
        "second_action": "VISIT",
        "second_net_fen": 900,
        "displaced_case": 5,
        "displaced_net_fen": 700,
        "own": own,
    }
    row = SimpleNamespace(why=why, expected_fen=5_000, cost_fen=1_000)
    with translation.override("en"):
        told = words.why_said(row, collection_uplift(as_of=TODAY).value.actions)
    assert len(told) == sentences
    assert told[1] == "On 2025-08-30 a promise falls due."
    assert "case 5" in told[5]
