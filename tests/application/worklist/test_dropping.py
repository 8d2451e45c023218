"""Is a row left out with a reason, by who has the list, and does it stay out?"""

from datetime import date

import pytest
from django.contrib.auth.models import Group, Permission

from collection_desk import at, make_staff, opened
from zaikong.application.roles import PLAN_WORK, ensure_roles
from zaikong.application.worklist.dropping import drop_row
from zaikong.application.worklist.planning import UnableToChangeWorkListError, plan_day
from zaikong.store.models import Staff, StaffCapacity, Station, WorkListChange, WorkListRow

pytestmark = pytest.mark.django_db

MONDAY = date(2025, 7, 21)


@pytest.fixture
def row():
    opened("4100000001", 5_000_000)
    ensure_roles()
    staff = make_staff("zhang")
    staff.station = Station.objects.get(code="S1")
    staff.save()
    staff.groups.add(Group.objects.get(name="collector"))
    StaffCapacity.objects.create(staff=staff, minutes_a_day=300, wage_fen_an_hour=3000, skills=[])
    plan_day(business_date=MONDAY, at=at(21, 7))
    return WorkListRow.objects.select_related("staff").get()


def test_a_row_left_out_stays_out_when_the_day_is_planned_again(row):
    dropped = drop_row(row.pk, reason=" 道路不通 ", staff=row.staff, at=at(21, 9))
    change = WorkListChange.objects.get()
    assert (dropped.state, change.kind, change.staff, change.reason) == ("dropped", "exclude", row.staff, "道路不通")
    plan_day(business_date=MONDAY, at=at(21, 10))
    assert not WorkListRow.objects.filter(state="listed").exists()


def test_the_planner_leaves_out_what_is_on_another_list(row):
    planner = make_staff("manager")
    planner.user_permissions.add(Permission.objects.get(codename=PLAN_WORK))
    assert drop_row(row.pk, reason="重复", staff=Staff.objects.get(pk=planner.pk), at=at(21, 9)).state == "dropped"


def test_a_colleague_leaves_nothing_out_and_nothing_goes_twice(row):
    with pytest.raises(UnableToChangeWorkListError) as refusal:
        drop_row(row.pk, reason="x", staff=make_staff("other"), at=at(21, 9))
    assert refusal.value.code == "ROW_UNKNOWN"
    drop_row(row.pk, reason="x", staff=row.staff, at=at(21, 9))
    with pytest.raises(UnableToChangeWorkListError) as refusal:
        drop_row(row.pk, reason="x", staff=row.staff, at=at(21, 9))
    assert refusal.value.code == "ROW_UNKNOWN"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_a_reason_is_asked_for(row, reason):
    with pytest.raises(UnableToChangeWorkListError) as refusal:
        drop_row(row.pk, reason=reason, staff=row.staff, at=at(21, 9))
    assert (refusal.value.code, WorkListChange.objects.count()) == ("REASON_MISSING", 0)
