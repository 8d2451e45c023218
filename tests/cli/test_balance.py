"""`zaikong balance`."""

import json

import pytest
from typer.testing import CliRunner

from balance_desk import MONDAY, night, pay, prepaid_account
from ledger_desk import make_account
from zaikong.application.balances.nightly import UnableToAssessBalancesError
from zaikong.application.balances.shown import UnableToShowBalanceError
from zaikong.cli.balance import app
from zaikong.store.models import AccountExposure, Night, PrepaidBalance

pytestmark = pytest.mark.django_db


def ran(*words):
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_balance_is_shown_as_of_the_night_and_now():
    account = prepaid_account()
    pay(account, 10_000, MONDAY)
    night(MONDAY, (account, 9_600, 100))
    pay(account, 5_000, MONDAY)

    told = ran("show", account.account_no)
    assert all(text in told for text in ("2025-07-14", "4.00", "54.00", "warn", "30.00", "5.00", "queued"))

    figures = json.loads(ran("show", account.account_no, "--json"))
    assert (figures["available_fen"], figures["available_now_fen"], figures["days_left"]) == (400, 5_400, 4)
    assert [(row["kind"], row["threshold"]) for row in figures["crossings"]] == [("warn", 3_000), ("warn", 500)]


def test_an_account_without_a_balance_is_refused():
    account = make_account()
    with pytest.raises(UnableToShowBalanceError) as caught:
        ran("show", account.account_no)
    assert caught.value.code == "BALANCE_UNKNOWN"


def test_all_balances_are_estimated_again_for_the_last_night():
    account = prepaid_account()
    Night.objects.create(business_date=MONDAY)
    pay(account, 2_000, MONDAY)

    figures = json.loads(ran("run", "--date", MONDAY.isoformat(), "--json"))

    assert (figures["accounts"], figures["available_fen"], figures["crossed"]) == (1, 2_000, {"warn": 1})
    assert PrepaidBalance.objects.get().available_fen == 2_000
    assert AccountExposure.objects.get().as_of_date == MONDAY
    assert "accounts" in ran("run", "--date", MONDAY.isoformat())


def test_a_date_that_is_not_the_last_night_is_refused():
    Night.objects.create(business_date=MONDAY)
    with pytest.raises(UnableToAssessBalancesError) as caught:
        ran("run", "--date", "2025-07-13")
    assert caught.value.code == "NIGHT_NOT_LAST"
