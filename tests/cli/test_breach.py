"""`zaikong breach`."""

import pytest
from typer.testing import CliRunner

from breach_desk import cut_account
from prepayment_desk import staff_of
from zaikong.cli.breach import app
from zaikong.store.models import CaseEvent, CutBreach, Notice

pytestmark = pytest.mark.django_db

AT = "2025-08-15T10:00"


def ran(*words, code=0):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result.output


def test_a_breach_is_found_listed_decided_and_made_good():
    order = cut_account()
    assert "1 cuts looked at: 0 breaches new" in ran("find", "--at", AT)
    Notice.objects.filter(pk=order.notice_id).update(state="void", void_reason="x")
    CaseEvent.objects.create(case=order.case, kind=CaseEvent.Kind.RESTORED, at=order.ended_at)
    assert "1 wait for a decision" in ran("find", "--at", AT, code=1)
    listed = ran("list", "--state", "found")
    assert "notice" in listed
    assert order.account.account_no in listed
    number = str(CutBreach.objects.get().pk)
    staff_of("judge", "decide_cutbreach")
    staff_of("payer", "make_good_cutbreach")
    told = ran("decide", number, "--staff", "judge", "--reason", "served on another", "--at", AT)
    assert "is confirmed" in told
    assert "200.00 yuan credited" in ran("make-good", number, "--staff", "payer", "--at", AT)
    assert ran("find", "--at", AT).count("0 wait for a decision") == 1
    assert number in ran("list")


def test_a_moment_that_is_none_is_refused():
    assert "not a moment" in ran("find", "--at", "noon", code=2)
