"""`zaikong limitation`."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from ledger_desk import make_account, release
from zaikong.cli.limitation import app

pytestmark = pytest.mark.django_db


def ran(*words):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def _debt():
    release([(make_account(), 202209, date(2022, 10, 15), 50_000)], issued_date=date(2022, 10, 5))


@pytest.mark.usefixtures("_debt")
def test_a_claim_about_to_run_out_is_listed_with_its_days():
    told = ran("--date", "2025-09-30")
    assert "4100000001" in told
    assert "alert 3: 1 claims, 500.00 yuan" in told


@pytest.mark.usefixtures("_debt")
def test_json_tells_the_same():
    queue = json.loads(ran("--date", "2025-09-30", "--json"))
    assert [(claim["expires_date"], claim["days_left"]) for claim in queue["claims"]] == [("2025-10-15", 15)]
