"""`zaikong cut`."""

import pytest
from typer.testing import CliRunner

from cutting_desk import moment, notice, open_case, overdue_account
from ledger_desk import entitled
from zaikong.application.cutting.orders import decide_cut, propose_cut
from zaikong.application.cutting.switch import UnableToSwitchCutsError, switch_standing
from zaikong.cli.cut import app
from zaikong.store.models import LegalityCertificate, Staff

pytestmark = pytest.mark.django_db

CUT = "2025-08-12T10:00"


def ran(*words, code=0):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def case():
    opened = open_case(overdue_account())
    notice(opened, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    notice(opened, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    notice(opened, "final", "2025-08-12 09:25", planned=CUT, served="2025-08-12 09:25")
    return opened


def approver(name, role):
    from django.contrib.auth.models import Group

    staff = entitled(name, "approve_cutorder")
    staff.groups.add(Group.objects.get(name=role))
    return Staff.objects.get(pk=staff.pk)


def test_asking_names_every_condition_that_fails_with_its_basis(case):
    told = ran("ask", case.account.account_no, "--at", CUT, code=1)

    assert "NOT_APPROVED" in told
    assert "公司停电审批规定" in told


def test_what_is_due_is_carried_out_and_certified(case):
    order = propose_cut(
        notice=case.notice_set.get(kind="stop").pk,
        staff=entitled("asker", "propose_cutorder"),
        at=moment("2025-08-11 09:00"),
    ).order
    for name, role in (("one", "manager"), ("two", "director")):
        decide_cut(order=order, approve=True, staff=approver(name, role), at=moment("2025-08-11 10:00"))

    told = ran("due", "--at", CUT)

    assert LegalityCertificate.objects.get().certificate_no in told
    assert "1 looked at, 0 expired" in told


def test_all_cuts_are_stopped_by_one_and_released_by_another(db):
    entitled("collector", "stop_stopallswitch")
    entitled("director", "release_stopallswitch")
    assert "stopped" in ran("stop", "--reason", "flood", "--staff", "collector", "--at", CUT)
    with pytest.raises(UnableToSwitchCutsError):
        ran("release", "--reason", "over", "--staff", "collector", "--at", CUT)
    ran("release", "--reason", "over", "--staff", "director", "--at", CUT)
    assert switch_standing().stopped is False


def test_a_moment_that_is_none_is_told(case):
    assert "not a moment" in ran("ask", case.account.account_no, "--at", "noon", code=2)
