"""`zaikong worklist` and `zaikong bench worklist`: figures as JSON, refusals without a traceback."""

import json
from datetime import date

import pytest
from django.contrib.auth.models import Group
from typer.testing import CliRunner

from collection_desk import at, make_staff, opened
from zaikong.application.roles import ensure_roles
from zaikong.application.worklist.planning import plan_day
from zaikong.cli.bench import app as bench
from zaikong.cli.worklist import app
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Staff, Station

runner = CliRunner()


def test_the_measure_prints_its_figures_as_json():
    answer = runner.invoke(bench, ["worklist", "--collectors", "2", "--cases", "50", "--json"])
    assert (answer.exit_code, json.loads(answer.stdout)["broken"]) == (0, 0)


@pytest.mark.django_db
def test_a_day_is_planned_and_shown():
    opened("4100000001", 100_000)
    ensure_roles()
    zhang = make_staff("zhang")
    Staff.objects.filter(pk=zhang.pk).update(station=Station.objects.get(code="S1"))
    zhang.groups.add(Group.objects.get(name="collector"))
    planned = runner.invoke(app, ["plan", "--date", "2025-07-21", "--station", "S1", "--json"])
    assert (planned.exit_code, json.loads(planned.stdout)["rows"]) == (0, 1)
    shown = runner.invoke(app, ["show", "--date", "2025-07-21", "--collector", "zhang", "--json"])
    assert [row["account_no"] for row in json.loads(shown.stdout)] == ["4100000001"]


@pytest.mark.django_db
def test_an_unknown_station_is_refused():
    Station.objects.create(code="S1", name="城关供电所")
    refused = runner.invoke(app, ["plan", "--date", "2025-07-21", "--station", "S9"])
    assert isinstance(refused.exception, Refusal)
    assert refused.exception.code == "STATION_UNKNOWN"


@pytest.mark.django_db
def test_a_day_without_cases_has_an_empty_list():
    made = plan_day(business_date=date(2025, 7, 21), at=at(21, 7))
    assert (made.rows, made.runs, made.gap_ppm) == (0, (), 0)
