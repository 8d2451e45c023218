"""When a score no longer stands."""

from math import log

import pytest

from zaikong.domain.credit.drift import Limits, stability, watched

THEN = {"late_bills": {"-5": 900, "40": 100}, "probability": {"0": 900, "1": 100}}


def outcomes(rows, bad, chance):
    return [(chance, int(place < bad)) for place in range(rows)]


def test_the_same_shares_are_stable():
    assert stability({"a": 90, "b": 10}, {"a": 9_000, "b": 1_000}) == 0


def test_psi_is_that_of_the_formula():
    assert stability({"a": 90, "b": 10}, {"a": 80, "b": 20}) == pytest.approx(-0.1 * log(80 / 90) + 0.1 * log(20 / 10))


def test_a_bin_that_was_empty_counts_as_a_small_share():
    assert 0 < stability({"a": 100}, {"a": 99, "b": 1}) < 0.1


def test_a_score_at_home_stands():
    found = watched(THEN, THEN, outcomes(1_000, 100, 0.1), judged=["late_bills"])
    assert found.faults == ()
    assert (found.observed, found.rows) == (100, 1_000)
    assert found.foretold == pytest.approx(100)


def test_a_moved_feature_suspends_where_it_is_judged():
    now = THEN | {"late_bills": {"-5": 400, "40": 600}}
    assert [fault.split()[:2] for fault in watched(THEN, now, [], judged=["late_bills"]).faults] == [
        ["PSI_HIGH", "late_bills"]
    ]
    assert watched(THEN, now, [], judged=[]).faults == ()


def test_a_moved_probability_always_suspends():
    now = THEN | {"probability": {"0": 600, "1": 400}}
    assert len(watched(THEN, now, [], judged=[]).faults) == 1


@pytest.mark.parametrize(
    ("rows", "bad", "chance", "stands"),
    [
        (1_000, 159, 0.1, True),
        (1_000, 161, 0.1, False),
        (1_000, 61, 0.1, True),
        (1_000, 59, 0.1, False),
        (299, 299, 0.1, True),
        # twice as many as foretold, but of so few that chance explains it
        (300, 2, 1 / 300, True),
    ],
)
def test_calibration_is_judged_by_ratio_and_by_chance(rows, bad, chance, stands):
    found = watched({}, {}, outcomes(rows, bad, chance), judged=[], limits=Limits())
    assert (found.faults == ()) is stands
