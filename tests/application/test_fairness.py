"""Which accounts an action was open for is read from cases, notices, cut orders and grades."""

import json
from datetime import date

import polars as pl
import pytest
from typer.testing import CliRunner

from cutting_desk import notice, open_case, overdue_account
from zaikong.application.fairness import audit_fairness, audit_rows
from zaikong.cli.audit import app
from zaikong.store.models import CreditStanding, GradeMove
from zaikong.store.queries.fairness import low_grades, open_actions

pytestmark = pytest.mark.django_db

JULY, SEPTEMBER = date(2025, 7, 1), date(2025, 9, 1)
CUT = "2025-08-12 10:00"


@pytest.fixture
def accounts():
    """One account told of a cut, one whose notice was voided, one left alone; all 62 days overdue by September."""
    told, void, alone = (open_case(overdue_account(f"41000000{n:02}")) for n in (1, 2, 3))
    notice(told, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    wrong = notice(void, "stop", "2025-08-06 09:00", planned=CUT)
    wrong.state, wrong.void_reason = "void", "wrong amount"
    wrong.save()
    GradeMove.objects.create(
        account=alone.account, moved_date=date(2025, 6, 1), grade_before=0, grade=2, points=50, table_edition="x"
    )
    for grade, case in ((2, told), (3, void), (6, alone)):
        CreditStanding.objects.create(
            account=case.account, as_of_date=JULY, grade=grade, points=50, since_date=JULY, table_edition="x"
        )
    return told, void, alone


def test_cases_of_the_period_are_rows_with_their_circumstances(accounts):
    rows = open_actions(from_date=JULY, to_date=SEPTEMBER).sort("action", "acted", "standing_grade")
    assert rows.select("action", "acted", "days_overdue", "owed_fen", "standing_grade").rows() == [
        ("cut", False, 62, 50_000, 0),
        ("notice", False, 62, 50_000, 0),
        ("notice", False, 62, 50_000, 2),
        ("notice", True, 62, 50_000, 0),
    ]
    assert set(rows.select("category", "station", "area").rows()) == {("business", "城关供电所", "R1")}


def test_a_case_outside_the_period_is_no_row(accounts):
    assert open_actions(from_date=date(2025, 6, 1), to_date=JULY).is_empty()
    assert open_actions(from_date=JULY, to_date=date(2025, 8, 1))["acted"].to_list() == [False] * 3


def test_low_grades_are_read_with_what_is_owed(accounts):
    rows = low_grades(as_of=date(2025, 7, 31), low=2)
    assert rows.select("acted", "days_overdue", "owed_fen", "standing_grade").sort("acted").rows() == [
        (False, 30, 50_000, 0),
        (False, 30, 50_000, 0),
        (True, 30, 50_000, 0),
    ]


def test_too_few_are_not_judged(accounts):
    rows = audit_fairness(from_date=JULY, to_date=SEPTEMBER)
    assert {(row.action, row.dimension, row.verdict) for row in rows} == {
        (action, dimension, "too_few")
        for action in ("notice", "cut", "low_grade")
        for dimension in ("category", "station", "area")
    }


def test_a_station_that_tells_everybody_is_found():
    rows = pl.DataFrame(
        {
            "action": ["notice"] * 600,
            "acted": [n % 2 == 0 or n < 100 for n in range(600)],
            "days_overdue": [40] * 600,
            "owed_fen": [10_000] * 600,
            "standing_grade": [3] * 600,
            "category": ["residential"] * 600,
            "station": [f"S{n // 100}" for n in range(600)],
            "area": [f"R{n // 10}" for n in range(600)],
        }
    )
    first = audit_rows(rows, seed=1)[0]
    assert (first.dimension, first.group, first.verdict, first.gap_ppm) == ("station", "S0", "gap", 500_000)


def test_the_command_prints_rows(accounts):
    words = ["fairness", "--from", "2025-07-01", "--to", "2025-09-01"]
    told = CliRunner().invoke(app, words, catch_exceptions=False)
    assert (told.exit_code, told.output) == (0, "9 groups compared, 0 with a gap that circumstances do not explain\n")
    rows = json.loads(CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False).output)
    assert {row["verdict"] for row in rows} == {"too_few"}
    assert "R1" in CliRunner().invoke(app, [*words, "--all"], catch_exceptions=False).output
