"""The checklist is whole, in order, and nothing on it passes unseen."""

import pytest

from zaikong.domain.feecontrol.acceptance import Check, Checklist, CheckResult, Outcome, checklist, judged, not_passed

CODES = [check.code for check in checklist().checks]


def passed(code, **terms):
    hand = checklist().check(code).by == "hand"
    return CheckResult(code, Outcome.PASSED, evidence=1 if hand else None, **terms)


def every(**changed):
    results = {code: passed(code) for code in CODES} | changed
    return [result for result in results.values() if result is not None]


def test_what_the_field_asks_for_is_on_the_list():
    assert set(CODES) >= {
        "trip_read_back",
        "close_read_back",
        "alarm_before_trip",
        "retain_on",
        "retain_off",
        "trip_refused_retained",
        "wrong_key_refused",
        "expired_refused",
        "power_down_keeps_state",
        "high_current_delays",
        "external_breaker_opens",
        "registers_read",
        "event_records",
        "sms_received",
        "paid_to_restored",
    }
    assert {check.within_ms for check in checklist().checks} == {0, 5000, 15000}
    assert checklist().check("registers_read").within_ms == 15000
    assert checklist().check("trip_read_back").within_ms == 5000


def test_a_device_that_showed_everything_passes():
    assert not_passed(judged(every(), relay="external")) == ()
    assert [result.code for result in judged(every(), relay="external")] == CODES


@pytest.mark.parametrize("code", CODES)
def test_each_check_left_out_keeps_a_device_from_passing(code):
    why = "NOT_TRIED" if checklist().check(code).by == "wire" else "NOT_CONFIRMED"
    results = judged(every(**{code: None}), relay="external")
    assert not_passed(results) == (code,)
    assert next(result for result in results if result.code == code).detail == {"why": why}


@pytest.mark.parametrize("code", [check.code for check in checklist().checks if check.by == "hand"])
def test_what_a_person_saw_passes_with_a_photo_alone(code):
    assert not_passed(judged(every(**{code: CheckResult(code, Outcome.PASSED)}), relay="external")) == (code,)


def test_the_outer_breaker_is_asked_of_none_who_has_none():
    results = judged(every(external_breaker_opens=None), relay="internal")
    assert not_passed(results) == ()
    assert results[CODES.index("external_breaker_opens")].outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE, Outcome.FAILED])
def test_nobody_calls_a_check_not_applicable_that_applies(outcome):
    assert not_passed(judged(every(retain_on=CheckResult("retain_on", outcome)), relay="internal")) == ("retain_on",)


@pytest.mark.parametrize(("took", "passes"), [(5000, True), (5001, False)])
def test_a_command_answered_too_late_has_not_passed(took, passes):
    results = judged(every(trip_read_back=passed("trip_read_back", milliseconds=took)), relay="internal")
    assert not_passed(results) == (() if passes else ("trip_read_back",))


def test_of_a_check_seen_twice_the_first_counts():
    twice = [CheckResult("retain_on", Outcome.FAILED), *every()]
    assert not_passed(judged(twice, relay="internal")) == ("retain_on",)


def test_a_list_that_names_a_check_twice_is_no_list():
    check = Check(code="trip_read_back", by="wire")
    with pytest.raises(ValueError, match="twice"):
        Checklist(basis=checklist().basis, checks=(check, check))
