"""The checker names every constraint that a plan breaks."""

import polars as pl
import pytest
from small_days import STOP, TODAY, cases, collectors, day, pins

from zaikong.application.worklist import plan as planning
from zaikong.application.worklist.check import broken
from zaikong.application.worklist.day import UnableToPlanDayError
from zaikong.application.worklist.plan import plan
from zaikong.kernel.finding import Finding

FINAL = {"days_overdue": 40, "final_notice_day": TODAY}
TEAM = [{"partner": 2, "skills": 3}, {"partner": 1}, {"station": 2}]


def one_day(**facts):
    return day([{"open_fen": 900_000} | facts], TEAM)


def codes(planned_day, rows, trips, checked_day=None, **said):
    value = int(rows["net_fen"].sum()) - int(trips["cost_fen"].sum())
    return [found.code for found in broken(checked_day or planned_day, rows, trips, value_fen=value, **said)]


def with_cases(planned_day, **facts):
    """The same day, but its case is another than the plan was made for."""
    changed = planned_day.cases.with_columns(**{name: pl.lit(value) for name, value in facts.items()})
    return type(planned_day)(
        planned_day.day,
        planned_day.working_day,
        planned_day.table,
        changed.with_columns(pl.col(pl.Int32).cast(pl.Int64)),
        planned_day.collectors,
        planned_day.routes,
        planned_day.pins,
    )


def with_parts(planned_day, **parts):
    fields = ("day", "working_day", "table", "cases", "collectors", "routes", "pins")
    return type(planned_day)(**{name: parts.get(name, getattr(planned_day, name)) for name in fields})


def test_a_plan_as_made_breaks_nothing():
    planned = one_day()
    made = plan(planned)
    assert codes(planned, made.rows, made.trips) == []


@pytest.mark.parametrize(
    ("facts", "then", "code"),
    [
        ({}, {"disputed": True}, "LEFT_ALONE"),
        ({}, {"paused_to_day": TODAY + 1}, "LEFT_ALONE"),
        ({}, {"promise_due_day": TODAY + 1}, "LEFT_ALONE"),
        ({}, {"contacts_today": 1}, "CONTACT_LIMIT"),
        ({}, {"contacts_7d": 3}, "CONTACT_LIMIT"),
        ({}, {"days_overdue": 1}, "TOO_EARLY"),
        ({}, {"demand_from_day": TODAY + 1}, "GATE_CLOSED"),
        (STOP, {"stop_notice_from_day": TODAY + 1}, "GATE_CLOSED"),
        (STOP, {"stop_notice_from_day": 0}, "GATE_CLOSED"),
        (STOP, {"under_review": True}, "GATE_CLOSED"),
        (FINAL, {"final_notice_day": TODAY + 1}, "GATE_CLOSED"),
        (
            {"category": "industrial", "days_overdue": 90, "demand_from_day": 0, "legal_from_day": TODAY},
            {"legal_from_day": 0},
            "GATE_CLOSED",
        ),
        ({}, {"needs_skills": 4}, "SKILL_MISSING"),
        ({}, {"station": 2}, "WRONG_STATION"),
        ({}, {"route": "R9"}, "ROUTE_WRONG"),
        ({}, {"case": 7}, "CASE_UNKNOWN"),
    ],
)
def test_a_plan_made_for_other_facts_is_found_broken(facts, then, code):
    planned = one_day(**facts)
    made = plan(planned)
    assert made.rows.height == 1
    assert code in codes(planned, made.rows, made.trips, with_cases(planned, **then))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"collector": 3}, "WRONG_STATION"),
        ({"companion": 3}, "NOT_PARTNERS"),
        ({"action": "SING"}, "ACTION_UNKNOWN"),
        ({"minutes": 5}, "MINUTES_WRONG"),
        ({"expected_fen": 1}, "FIGURES_WRONG"),
        ({"cost_fen": 1}, "FIGURES_WRONG"),
        ({"after_ppm": 1_000_000}, "FIGURES_WRONG"),
        ({"own": False}, "FIGURES_WRONG"),
    ],
)
def test_a_row_that_was_changed_is_found(row, code):
    planned = one_day()
    made = plan(planned)
    changed = made.rows.with_columns(**{name: pl.lit(value) for name, value in row.items()})
    assert code in codes(planned, changed.with_columns(pl.col(pl.Int32).cast(pl.Int64)), made.trips)


def test_a_stop_notice_served_alone_is_found():
    planned = one_day(**STOP)
    made = plan(planned)
    alone = made.rows.with_columns(companion=pl.lit(0, pl.Int64))
    assert "PEOPLE_WRONG" in codes(planned, alone, made.trips)


def test_a_case_listed_twice_is_found():
    planned = one_day()
    made = plan(planned)
    assert "CASE_TWICE" in codes(planned, pl.concat([made.rows, made.rows]), made.trips)


def test_hours_exceeded_are_found_with_the_way_counted():
    planned = one_day()
    made = plan(planned)
    needed = int(made.rows["minutes"].sum() + made.trips["minutes"].sum())
    for minutes, found in ((needed, []), (needed - 1, ["HOURS_EXCEEDED"])):
        team = collectors({"minutes": minutes, "partner": 2, "skills": 3}, {"partner": 1}, {"station": 2})
        assert codes(planned, made.rows, made.trips, with_parts(planned, collectors=team)) == found


def test_a_visit_without_its_way_and_a_way_that_costs_too_little_are_found():
    planned = one_day()
    made = plan(planned)
    assert codes(planned, made.rows, made.trips.clear()) == ["WAY_NOT_PAID"]
    assert codes(planned, made.rows, made.trips.with_columns(cost_fen=pl.lit(0, pl.Int64))) == ["TRIP_WRONG"]
    assert codes(planned, made.rows, pl.concat([made.trips, made.trips])) == ["TRIP_WRONG"]


def test_work_on_a_day_of_rest_is_found():
    planned = one_day()
    made = plan(planned)
    assert "REST_DAY" in codes(planned, made.rows, made.trips, with_parts(planned, working_day=False))


def test_what_a_person_ruled_out_and_what_a_person_kept_is_found():
    planned = one_day()
    made = plan(planned)
    for hand, code in (
        ({"pin": "exclude", "case": 1}, ["EXCLUDED_BY_HAND"]),
        ({"pin": "exclude", "case": 1, "collector": 1}, ["EXCLUDED_BY_HAND"]),
        ({"pin": "exclude", "case": 1, "collector": 2}, []),
        ({"pin": "keep", "case": 1, "collector": 2}, ["KEPT_BY_HAND"]),
        ({"pin": "keep", "case": 1, "collector": 1, "action": "CALL"}, ["KEPT_BY_HAND"]),
        ({"pin": "keep", "case": 1, "collector": 1}, []),
    ):
        assert codes(planned, made.rows, made.trips, with_parts(planned, pins=pins(hand))) == code


def test_a_kept_case_may_be_missing_only_when_the_plan_says_so():
    planned = with_parts(day([{}, {}], [{}]), pins=pins({"case": 2}))
    made = plan(planned)
    without = made.rows.filter(pl.col("case") != 2)
    told = Finding("WORK_DOES_NOT_FIT", "case 2", "")
    assert codes(planned, without, made.trips) == ["KEPT_BY_HAND"]
    assert codes(planned, without, made.trips, findings=[told]) == []


def test_a_worth_that_its_rows_do_not_add_up_to_is_found():
    planned = one_day()
    made = plan(planned)
    faults = broken(planned, made.rows, made.trips, value_fen=made.value_fen + 1)
    assert [found.code for found in faults] == ["WORTH_WRONG"]


def test_a_plan_that_breaks_a_constraint_is_refused(monkeypatch):
    monkeypatch.setattr(planning, "broken", lambda *_, **__: [Finding("HOURS_EXCEEDED", "1", "too long")])
    with pytest.raises(UnableToPlanDayError, match="PLAN_BROKEN"):
        plan(one_day())


def test_the_frames_of_these_days_are_as_declared():
    assert cases({}).height == collectors({}).height == 1
