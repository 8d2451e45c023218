"""Do the work lists of a day stand as planned, and are changes by hand kept?"""

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission

from collection_desk import at, make_staff, opened
from zaikong.application.roles import PLAN_WORK, ensure_roles
from zaikong.application.worklist.planning import (
    UnableToChangeWorkListError,
    change_by_hand,
    plan_day,
    tick_off,
)
from zaikong.store.models import (
    CaseEvent,
    CasePause,
    CollectionCase,
    Dispute,
    PromiseToPay,
    Staff,
    StaffCapacity,
    Station,
    WorkListChange,
    WorkListRow,
    WorkPlanRun,
)
from zaikong.store.queries.work_list import listed

pytestmark = pytest.mark.django_db

MONDAY = date(2025, 7, 21)


def collector(username="zhang", *, minutes=60, skills=()):
    ensure_roles()
    staff = make_staff(username)
    staff.station = Station.objects.get(code="S1")
    staff.save()
    staff.groups.add(Group.objects.get(name="collector"))
    StaffCapacity.objects.create(staff=staff, minutes_a_day=minutes, wage_fen_an_hour=3000, skills=list(skills))
    return staff


def planner(username="manager"):
    ensure_roles()
    staff = make_staff(username)
    staff.user_permissions.add(Permission.objects.get(codename=PLAN_WORK))
    return Staff.objects.get(pk=staff.pk)


def planned(day=MONDAY):
    return plan_day(business_date=day, at=at(21, 7))


def rows(day=MONDAY):
    return [(row["collector"], row["account_no"], row["action"], row["state"]) for row in listed(as_of=day).to_dicts()]


def change(case, kind, **terms):
    terms = {"reason": "the customer asked", "changed_by": terms.pop("changed_by", None) or planner(), **terms}
    return change_by_hand(business_date=MONDAY, case_id=case.pk, kind=kind, at=at(21, 8), **terms)


def test_the_list_of_a_day_stands_with_its_figures_and_reasons():
    opened("4100000001", 5_000_000)
    opened("4100000002", 90_000)
    collector(minutes=120)
    made = planned()
    run = WorkPlanRun.objects.get()
    assert (made.cases, made.rows, made.findings) == (2, 2, ())
    assert rows() == [
        ("zhang", "4100000001", "DEMAND_NOTICE", "listed"),
        ("zhang", "4100000002", "DEMAND_NOTICE", "listed"),
    ]
    assert (run.standing, run.value_fen, run.bound_fen >= run.value_fen) == (True, made.value_fen, True)
    row = WorkListRow.objects.get(rank=1)
    assert row.expected_fen - row.cost_fen == row.why["net_fen"]
    assert row.probability_before_ppm < row.probability_after_ppm


def test_planning_again_replaces_the_list_and_leaves_one_that_stands():
    opened()
    collector()
    planned()
    planned()
    assert list(WorkPlanRun.objects.order_by("id").values_list("standing", flat=True)) == [False, True]
    assert list(WorkListRow.objects.order_by("id").values_list("state", flat=True)) == ["dropped", "listed"]


def test_a_disputed_a_paused_and_a_promised_case_are_on_no_list():
    disputed, _ = opened("4100000001")
    Dispute.objects.create(
        account=disputed.account,
        raised_at=at(20),
        raised_by_name="王",
        subject="读数",
        answer_due_date=date(2025, 7, 27),
    )
    paused, _ = opened("4100000002")
    CasePause.objects.create(
        case=paused, from_date=MONDAY, to_date=date(2025, 7, 28), reason="灾情", approved_by=make_staff("boss")
    )
    promised, _ = opened("4100000003")
    PromiseToPay.objects.create(
        case=promised,
        amount_fen=100,
        promised_date=date(2025, 7, 25),
        made_at=at(20),
        made_by_name="李",
        channel="call",
    )
    opened("4100000004", 100_000)
    collector()
    made = planned()
    assert [row[1] for row in rows()] == ["4100000004"]
    assert made.unlisted == {"DISPUTED": 1, "PAUSED": 1, "PROMISED": 1}


def test_a_case_met_today_or_three_times_this_week_is_left_alone():
    today, _ = opened("4100000001", 100_000)
    CaseEvent.objects.create(case=today, at=at(21, 6), kind="call")
    week, _ = opened("4100000002", 100_000)
    for day in (15, 16, 17):
        CaseEvent.objects.create(case=week, at=at(day), kind="visit")
    collector()
    assert planned().unlisted == {"NO_ACTION_OPEN": 2}


def test_nobody_is_called_or_visited_on_a_day_of_rest():
    opened("4100000001", 100_000)
    collector()
    made = plan_day(business_date=date(2025, 7, 27), at=at(27, 7))
    assert (made.rows, made.unlisted) == (0, {"NO_ACTION_OPEN": 1})


def test_an_absent_collector_has_no_list():
    opened("4100000001", 100_000)
    staff = collector()
    StaffCapacity.objects.filter(staff=staff).update(absent_from_date=MONDAY, absent_to_date=date(2025, 7, 22))
    assert planned().unlisted == {"NOBODY_MAY": 1}
    assert plan_day(business_date=date(2025, 7, 22), at=at(22, 7)).rows == 1


def test_an_excluded_case_stays_off_when_the_day_is_planned_again():
    case, _ = opened("4100000001", 100_000)
    collector()
    planned()
    assert change(case, "exclude").unlisted == {"EXCLUDED_BY_HAND": 1}
    assert planned().unlisted == {"EXCLUDED_BY_HAND": 1}
    assert change(case, "release", changed_by=Staff.objects.get(username="manager")).rows == 1


def test_a_case_put_on_a_list_by_hand_displaces_a_worthier_one_and_says_so():
    small, _ = opened("4100000001", 2_000)
    opened("4100000002", 100_000)
    zhang = collector(minutes=6)
    planned()
    assert [row[1] for row in rows()] == ["4100000002"]
    change(small, "pin", collector=zhang, action="CALL")
    row = WorkListRow.objects.get(run__standing=True)
    assert (row.case, row.by_hand, row.why["today"]) == (small, True, "BY_HAND")
    assert row.why["displaced_case"] == CollectionCase.objects.get(account__account_no="4100000002").pk
    planned()
    assert [row[1] for row in rows()] == ["4100000001"]


def test_a_pin_that_the_law_or_the_hours_forbid_is_told_and_not_done():
    case, _ = opened("4100000001", 100_000)
    zhang = collector(minutes=6)
    made = change(case, "pin", collector=zhang, action="STOP_NOTICE")
    assert [(found.code, found.subject) for found in made.findings] == [("WORK_NOT_OPEN", f"case {case.pk}")]
    made = change(case, "pin", collector=zhang, action="VISIT", changed_by=Staff.objects.get(username="manager"))
    assert [found.code for found in made.findings] == ["WORK_DOES_NOT_FIT"]


def test_a_pin_to_a_collector_who_is_away_is_told():
    case, _ = opened("4100000001", 100_000)
    zhang = collector()
    StaffCapacity.objects.filter(staff=zhang).update(absent_from_date=MONDAY)
    collector("li")
    made = change(case, "pin", collector=zhang, action="CALL")
    assert [found.code for found in made.findings] == ["COLLECTOR_AWAY"]


def test_what_is_done_stays_done_and_its_minutes_are_gone():
    opened("4100000001", 100_000)
    opened("4100000002", 90_000)
    zhang = collector(minutes=11)
    planned()
    tick_off(WorkListRow.objects.get(run__standing=True).pk, staff=zhang, at=at(21, 9))
    planned()
    assert rows() == []
    assert WorkListRow.objects.filter(state="done").count() == 1


def test_another_collector_cannot_tick_a_row_off():
    opened("4100000001", 100_000)
    collector()
    planned()
    with pytest.raises(UnableToChangeWorkListError, match="ROW_UNKNOWN"):
        tick_off(WorkListRow.objects.get().pk, staff=make_staff("other"), at=at(21, 9))


@pytest.mark.parametrize(
    ("kind", "terms", "code"),
    [
        ("move", {}, "CHANGE_UNKNOWN"),
        ("exclude", {"reason": " "}, "REASON_MISSING"),
        ("pin", {}, "PIN_INCOMPLETE"),
        ("exclude", {"action": "SING"}, "ACTION_UNKNOWN"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(kind, terms, code):
    case, _ = opened("4100000001", 100_000)
    with pytest.raises(UnableToChangeWorkListError, match=code):
        change(case, kind, **terms)
    assert WorkListChange.objects.count() == 0


def test_who_may_not_plan_and_who_does_not_see_the_case_change_nothing():
    case, _ = opened("4100000001", 100_000)
    with pytest.raises(UnableToChangeWorkListError, match="NOT_ENTITLED"):
        change(case, "exclude", changed_by=make_staff("clerk"))
    elsewhere = planner("elsewhere")
    elsewhere.station = Station.objects.create(code="S9", name="北")
    elsewhere.save()
    with pytest.raises(UnableToChangeWorkListError, match="CASE_UNKNOWN"):
        change(case, "exclude", changed_by=elsewhere)
