"""An application walks the usual course and no other."""

from dataclasses import replace

import pytest

from zaikong.domain.registry.application import (
    STATES,
    TRANSITIONS,
    Applicant,
    Application,
    Premise,
    SupplyPoint,
    UnableToMoveApplicationError,
    moved,
    next_states,
)

SMALL = Application(
    "residential", Applicant("张三", "", "", ""), Premise("x", owner_applies=True), SupplyPoint("0.22", 800)
)
LARGE = replace(SMALL, category="industrial", supply_point=SupplyPoint("10", 63_000))


def walk(application):
    passed = [application.state]
    while next_states(application):
        application = replace(application, state=moved(application, next_states(application)[0]))
        passed.append(application.state)
    return passed


def test_a_large_application_is_designed_and_a_small_one_is_not():
    assert walk(LARGE) == ["accepted", "surveyed", "designed", "contracted", "metered", "energised"]
    assert walk(SMALL) == ["accepted", "surveyed", "contracted", "metered", "energised"]


def test_every_move_outside_the_table_is_refused():
    for state in STATES:
        application = replace(LARGE, state=state)
        for target in set(STATES) - set(next_states(application)):
            with pytest.raises(UnableToMoveApplicationError) as caught:
                moved(application, target)
            assert caught.value.code == "STATE_OUT_OF_ORDER"


def test_any_unfinished_application_can_be_withdrawn_even_with_papers_open():
    for state in TRANSITIONS:
        if TRANSITIONS[state]:
            assert moved(replace(SMALL, state=state), "withdrawn", open_findings=["PAPER_MISSING"]) == "withdrawn"


def test_nothing_goes_past_survey_while_papers_are_open():
    assert moved(SMALL, "surveyed", open_findings=["PAPER_MISSING"]) == "surveyed"
    with pytest.raises(UnableToMoveApplicationError) as caught:
        moved(replace(SMALL, state="surveyed"), "contracted", open_findings=["PAPER_MISSING"])
    assert caught.value.code == "PAPERS_OPEN"


def test_an_unknown_state_is_refused():
    for application, target in ((SMALL, "flying"), (replace(SMALL, state="flying"), "surveyed")):
        with pytest.raises(UnableToMoveApplicationError) as caught:
            moved(application, target)
        assert caught.value.code == "STATE_UNKNOWN"
