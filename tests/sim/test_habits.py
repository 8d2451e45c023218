"""Several hundred habits, and who has which."""

import polars as pl
import pytest

from zaikong.sim.county import County
from zaikong.sim.habits import _SEGMENTS, _WEIGHTS, CHANNELS, all_habits, habit_table


def test_there_are_several_hundred_habits_and_no_two_are_alike():
    assert len(all_habits()) == len(set(all_habits())) > 300
    assert habit_table()["habit"].to_list() == list(range(len(all_habits())))


def test_every_archetype_has_habits_and_a_weight():
    assert {habit.archetype for habit in all_habits()} == set(_WEIGHTS)


@pytest.mark.parametrize("place", range(len(_SEGMENTS)))
def test_the_weights_of_a_segment_are_a_whole(place):
    assert sum(weights[place] for weights in _WEIGHTS.values()) == 10_000


def test_the_largest_firms_pay_in_time(county: County):
    kinds = county.habits.filter(segment="large_firm").join(habit_table(), on="habit")["archetype"]
    assert set(kinds) <= {"auto_debit", "on_issue", "in_time", "at_due"}


def test_habits_are_as_common_as_their_weights(county: County):
    homes = county.habits.filter(segment="home").join(habit_table(), on="habit")
    share = homes.select((pl.col("archetype") == "on_issue").mean()).item()
    assert abs(share - 0.245) < 0.03


def test_firms_pay_as_firms_and_people_as_people(county: County):
    table = county.habits.join(habit_table(), on="habit").with_columns(
        channel=pl.col("channel").replace_strict(dict(enumerate(CHANNELS)), return_dtype=pl.String)
    )
    paying = table.filter(~pl.col("archetype").is_in(["partial", "never", "after_harvest", "pay_day"]))
    people = paying.filter(pl.col("segment").is_in(["home", "farm"]))
    assert "bank_transfer" not in set(people["channel"])
    firms = paying.filter(pl.col("segment").is_in(["firm", "large_firm", "public"]))
    assert set(firms["channel"]) <= {"bank_transfer", "bank_debit", "grid_app", "counter_card"}


def test_a_few_change_their_habit(county: County):
    changing = county.habits.filter(pl.col("drifts_after").is_not_null())
    assert 0.02 < changing.height / county.habits.height < 0.05
    assert changing.filter(pl.col("habit") != pl.col("later_habit")).height > 0.8 * changing.height


def test_a_top_up_lasts_some_weeks(county: County):
    prepaid = county.habits.filter(payment_mode="prepaid")
    daily = county.daily_use.group_by("account_no").agg(pl.col("centi_kwh").mean() * 0.65)
    lasting = prepaid.join(daily, on="account_no").filter(pl.col("centi_kwh") > 300)
    days = lasting.select(pl.col("topup_fen") / pl.col("centi_kwh"))["topup_fen"]
    assert 20 < days.median() < 60
