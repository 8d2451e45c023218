"""Drawn mornings are the same from the same seed, and outcomes follow one luck whatever is done."""

import polars as pl
import pytest

from zaikong.sim.collection_outcomes import CATEGORIES, draw_morning, outcomes

DAY = 20_460


def rows(count=20_000, *, before=200_000, after=400_000):
    return pl.DataFrame(
        {
            "case": range(1, count + 1),
            "category": [CATEGORIES[n % 5] for n in range(count)],
            "action_number": [n % 6 for n in range(count)],
            "open_fen": [100] * count,
            "before_ppm": [before] * count,
            "after_ppm": [after] * count,
        }
    )


def test_a_morning_is_drawn_the_same_again_and_differs_by_seed():
    first, again = (draw_morning(1, cases=500, collectors=20, day=DAY) for _ in range(2))
    other = draw_morning(2, cases=500, collectors=20, day=DAY)
    assert first.cases.equals(again.cases)
    assert first.collectors.equals(again.collectors)
    assert not first.cases.equals(other.cases)


def test_a_case_does_not_depend_on_how_many_others_there_are():
    few, many = (draw_morning(1, cases=n, collectors=20, day=DAY).cases for n in (100, 400))
    assert few.equals(many.head(100))


@pytest.mark.parametrize("count", [1, 7, 10, 11, 25])
def test_partners_return_and_work_at_one_station(count):
    team = draw_morning(3, cases=1, collectors=count, day=DAY).collectors
    pairs = team.filter(pl.col("partner") > 0).join(
        team.select(partner="collector", back="partner", beside="station"), on="partner", how="left"
    )
    assert pairs["back"].to_list() == pairs["collector"].to_list()
    assert pairs["beside"].to_list() == pairs["station"].to_list()


def test_cases_lie_on_known_routes_with_collectors_of_their_station():
    drawn = draw_morning(5, cases=3_000, collectors=30, day=DAY)
    assert drawn.cases.join(drawn.routes, on="route", how="anti").is_empty()
    owned = drawn.cases.filter(pl.col("owner") > 0).join(
        drawn.collectors.select(owner="collector", at="station"), on="owner", how="left"
    )
    assert owned["at"].to_list() == owned["station"].to_list()
    assert drawn.cases["open_fen"].min() > 0


def test_what_is_additional_is_paid_and_would_not_have_been_paid_unasked():
    came = outcomes(1, rows())
    unasked = outcomes(1, rows(after=200_000))
    extra = came["paid_fen"] - unasked["paid_fen"]
    assert extra.to_list() == came["additional_fen"].to_list()
    assert unasked["additional_fen"].sum() == 0


def test_on_the_whole_outcomes_are_near_the_table_and_by_action_they_are_not():
    came = outcomes(1, rows())
    share = came["additional_fen"].sum() / came["open_fen"].sum()
    by_action = came.group_by("action_number", "category").agg(
        (pl.col("true_after_ppm") - pl.col("true_before_ppm")).mean()
    )
    assert 0.15 < share < 0.25
    assert by_action["true_after_ppm"].max() > 1.5 * by_action["true_after_ppm"].min()


def test_chances_stay_chances():
    came = outcomes(2, rows(before=999_999, after=1_000_000))
    assert came.select(pl.max_horizontal("true_before_ppm", "true_after_ppm").max()).item() <= 1_000_000
    assert came.filter(pl.col("true_after_ppm") < pl.col("true_before_ppm")).is_empty()
