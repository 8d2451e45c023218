"""The measures of work lists: figures of a small county, and intervals."""

import pytest

from zaikong.application.bench.refusal import UnableToMeasureError
from zaikong.application.bench.worklist import _interval, bench_worklist, compare_worklist


def test_a_small_morning_is_planned_checked_and_bounded():
    figures = bench_worklist(collectors=3, cases=200, steps=0.2)
    assert (figures["broken"], figures["findings"]) == (0, 0)
    assert 0 < figures["value_fen"] <= figures["bound_fen"]
    assert sum(figures["actions"].values()) == figures["rows"]
    assert figures["rows"] + sum(figures["unlisted"].values()) == 200
    assert figures["aims"]["seconds"]["reached"]


def test_ways_of_working_are_compared_on_the_same_mornings():
    figures = compare_worklist(seeds=2, collectors=3, cases=150, steps=0.2)
    ways = figures["yuan_per_hour"]
    assert set(ways) == {"plan", "oldest_first", "largest_first", "gain_first"}
    for way, less in figures["plan_less"].items():
        mean = ways["plan"]["table_expected"]["mean"] - ways[way]["table_expected"]["mean"]
        assert less["table_expected"]["mean"] == pytest.approx(mean, abs=0.02)
        assert less["table_expected"]["mean"] >= 0


def test_one_seed_gives_no_interval():
    with pytest.raises(UnableToMeasureError, match="SEEDS_TOO_FEW"):
        compare_worklist(seeds=1, collectors=1, cases=1)


def test_an_interval_is_students():
    assert _interval([1.0, 2.0, 3.0]) == {"mean": 2.0, "low": -0.48, "high": 4.48}
