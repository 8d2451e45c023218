"""No plan breaks a constraint, none is above its bound, and the gap it tells is true."""

import pytest
from hypothesis import HealthCheck, given, settings
from small_days import ON, STOP, TABLE, TODAY, best_of_all, day, days

from zaikong.application.worklist.block import blocks
from zaikong.application.worklist.check import broken
from zaikong.application.worklist.day import Day, UnableToPlanDayError, no_pins
from zaikong.application.worklist.habits import HABITS, by_habit
from zaikong.application.worklist.plan import plan, release
from zaikong.application.worklist.rows import rows_of, trips_of
from zaikong.sim.collection_outcomes import draw_morning

ALL = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TINY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def acts(made):
    return sorted(made.rows.select("case", "action", "collector").rows())


@ALL
@given(days())
def test_no_plan_breaks_a_constraint_or_exceeds_its_bound(one_day):
    made = plan(one_day, steps=0.2, threads=1)
    assert broken(one_day, made.rows, made.trips, value_fen=made.value_fen, findings=made.findings) == []
    assert made.value_fen <= made.bound_fen
    assert sorted([*made.rows["case"], *made.unlisted["case"]]) == one_day.cases["case"].to_list()


@TINY
@given(days(most_cases=4, most_collectors=2))
def test_the_best_of_all_plans_lies_between_the_plan_and_its_bound(one_day):
    made = plan(one_day, steps=1.0, threads=1)
    best = best_of_all(one_day)
    assert made.value_fen <= best <= made.bound_fen
    assert (best - made.value_fen) * 1_000_000 <= made.gap_ppm * max(made.bound_fen, 0)


@TINY
@given(days(most_cases=4, most_collectors=2))
def test_the_bound_holds_without_a_search_as_well(one_day):
    made = plan(one_day, steps=0, threads=1)
    assert made.value_fen <= best_of_all(one_day) <= made.bound_fen


@TINY
@given(days(most_cases=12))
def test_habits_keep_the_same_constraints(one_day):
    choice = blocks(one_day)
    said = [finding for block in choice for finding in release(block)]
    facts = one_day.cases.sort("case")
    for habit in HABITS:
        done = []
        for block in choice:
            mine = facts.filter(facts["case"].is_in(block.case_ids.tolist()))
            order = {name: mine[name].to_numpy() for name in ("open_fen", "days_overdue")}
            done.append((block, by_habit(block, habit, **order)))
        rows, trips = rows_of(one_day, done), trips_of(done)
        worth = sum(taking.value_fen for _, taking in done)
        faults = broken(one_day, rows, trips, value_fen=worth, findings=said)
        assert {fault.code for fault in faults} <= {"KEPT_BY_HAND"}


def test_the_same_morning_gives_the_same_plan_on_any_number_of_threads():
    rows = [{"open_fen": 7_000 * n, "station": n % 2 + 1, "route": f"R{n % 3}"} for n in range(1, 40)]
    one_day = day(rows, [{"minutes": 150}, {"minutes": 90, "station": 2}])
    first, second = plan(one_day, threads=1), plan(one_day, threads=2)
    assert first.rows.equals(second.rows)
    assert (first.value_fen, first.bound_fen) == (second.value_fen, second.bound_fen)


@pytest.mark.parametrize("steps", [1e-9, 1e-4, 1e-3])
def test_a_search_that_ends_before_it_finds_anything_proves_nothing(steps):
    drawn = draw_morning(1, cases=600, collectors=5, day=TODAY)
    one_day = Day(TODAY, True, TABLE, drawn.cases, drawn.collectors, drawn.routes, no_pins())
    made, better = plan(one_day, steps=steps, threads=1), plan(one_day, steps=0.5, threads=1)
    assert made.value_fen <= better.bound_fen
    assert better.value_fen <= made.bound_fen


def test_a_station_without_collectors_has_no_list_and_says_so():
    made = plan(day([{"station": 2}], [{}]))
    assert made.unlisted.select("case", "reason").rows() == [(1, "NOBODY_MAY")]


def test_a_stop_notice_needs_two_of_whom_one_is_certified():
    alone = plan(day([STOP], [{"skills": 1}]))
    uncertified = plan(day([STOP], [{"partner": 2}, {"partner": 1}]))
    both = plan(day([STOP], [{"partner": 2}, {"partner": 1, "skills": 1}]))
    assert "STOP_NOTICE" not in {*alone.rows["action"], *uncertified.rows["action"]}
    assert both.rows.select("collector", "companion", "action").rows() == [(1, 2, "STOP_NOTICE")]


@pytest.mark.parametrize(("opens", "listed"), [(TODAY - 1, True), (TODAY, True), (TODAY + 1, False), (0, False)])
def test_a_stop_notice_waits_for_its_gate(opens, listed):
    made = plan(day([STOP | {"stop_notice_from_day": opens}], [{"partner": 2}, {"partner": 1, "skills": 1}]))
    assert (made.rows["action"].to_list() == ["STOP_NOTICE"]) == listed


@pytest.mark.parametrize(("due", "listed"), [(TODAY - 1, True), (TODAY, True), (TODAY + 1, False)])
def test_a_promise_is_left_to_its_day(due, listed):
    assert (plan(day([{"promise_due_day": due}], [{}])).rows.height == 1) == listed


def test_the_last_notice_is_on_the_list_on_its_day_however_small_the_debt():
    cut = {"days_overdue": 40, "final_notice_day": TODAY, "open_fen": 100}
    made = plan(day([cut, {"open_fen": 900_000}], [{"minutes": 8}]))
    assert acts(made) == [(1, "FINAL_NOTICE", 1)]
    assert made.rows["today"].to_list() == ["ONLY_TODAY"]


def test_visits_are_made_where_the_way_is_shared():
    near = [{"open_fen": 60_000, "route": "R1"} for _ in range(5)]
    made = plan(
        day([*near, {"open_fen": 60_000, "route": "R2"}], [{"minutes": 139}], ways={"R1": (40, 0), "R2": (40, 0)})
    )
    assert made.trips["route"].to_list() == ["R1"]


def test_the_own_collector_is_preferred_but_another_may_help():
    made = plan(day([{"owner": 2}, {"owner": 1}], [{"minutes": 6}, {"minutes": 6}]))
    assert acts(made) == [(1, "CALL", 2), (2, "CALL", 1)]
    away = plan(day([{"owner": 2}], [{"minutes": 6}, {"minutes": 0}]))
    assert away.rows.select("collector", "own").rows() == [(1, False)]
    assert away.rows["expected_fen"][0] < made.rows["expected_fen"][0]


def test_a_row_tells_what_it_displaces_and_what_else_could_be_done():
    made = plan(day([{"open_fen": 90_000}, {"open_fen": 80_000}], [{"minutes": 6}]))
    row = made.rows.row(0, named=True)
    left = made.unlisted.row(0, named=True)
    assert (row["case"], row["displaced_case"], row["displaced_action"]) == (1, 2, "CALL")
    assert (row["net_fen"] > row["displaced_net_fen"], row["second_action"]) == (True, "DEMAND_NOTICE")
    assert (left["reason"], left["action"], left["net_fen"]) == ("DISPLACED", "CALL", row["displaced_net_fen"])


@pytest.mark.parametrize(
    ("case_rows", "team", "hand"),
    [
        ([{}], [{"partner": 2}, {}], []),
        ([{}], [{"partner": 2}, {"partner": 1, "station": 2}], []),
        ([{}], [{"minutes": -1}], []),
        ([{}, {"case": 1}], [{}], []),
        ([{}], [{}], [{"case": 9}]),
        ([{}], [{}], [{"case": 1, "collector": 9}]),
        ([{}], [{}], [{"case": 1, "action": "SING"}]),
        ([{}], [{}], [{"case": 1, "pin": "maybe"}]),
    ],
)
def test_facts_that_contradict_one_another_are_refused(case_rows, team, hand):
    with pytest.raises(UnableToPlanDayError, match="WORK_DAY_UNSOUND"):
        plan(day(case_rows, team, hand=hand))


def test_pins_that_do_not_fit_beside_one_another_are_told():
    hand = [{"case": 1, "collector": 1, "action": "CALL"}, {"case": 2, "collector": 1, "action": "CALL"}]
    made = plan(day([{}, {"open_fen": 200_000}], [{"minutes": 6}], hand=hand))
    assert acts(made) == [(2, "CALL", 1)]
    assert [(found.code, found.subject) for found in made.findings] == [("WORK_DOES_NOT_FIT", "case 1")]


def test_the_date_of_these_mornings_is_a_working_day():
    assert ON.weekday() < 5
