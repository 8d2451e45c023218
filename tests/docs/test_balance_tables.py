"""The worked tables of the page on balances, run through the rules."""

from datetime import date, timedelta
from decimal import Decimal

import narwhals as nw
import polars as pl
import pytest

from balance_desk import MONDAY, night, pay, prepaid_account, used
from fall_desk import Account
from ledger_desk import release
from zaikong.application.cases.bill import Input, answer
from zaikong.domain.credit.behaviour_table import grade_number
from zaikong.domain.feecontrol.estimate import LIMIT_COLUMNS, MONEY_COLUMNS, prepaid_balances, thresholds_in_fen
from zaikong.domain.feecontrol.fee_strategy import strategies_on
from zaikong.engine.dictionary import checked
from zaikong.kernel.money import fen_of_yuan
from zaikong.store.queries.balances import available_now_fen

from .tables import table

PAGE = "balance.md"
STEPS = [{"up_to_kwh": 180, "price": "0.56"}, {"up_to_kwh": 260, "price": "0.61"}, {"price": "0.86"}]


@pytest.mark.parametrize("row", table(PAGE, "balance"), ids=str)
def test_each_row_of_the_balance(row):
    names = ("prepaid", "open", "estimated", "a day", "cap", "grade allows")
    money = pl.DataFrame(
        [(1, *(fen_of_yuan(row[name]) for name in names))], schema=dict.fromkeys(MONEY_COLUMNS, pl.Int64), orient="row"
    )
    limits = pl.DataFrame({"account": [1, 1], "crossing": ["warn", "warn"], "threshold": [3_000, 500]})
    entry = checked(nw.from_native(money.lazy()), MONEY_COLUMNS, rule="prepaid_balances")
    agreed = checked(nw.from_native(limits.lazy()), LIMIT_COLUMNS, rule="prepaid_balances")
    (found,) = prepaid_balances(entry, thresholds_in_fen(agreed, entry)).collect().rows(named=True)
    assert found["available_fen"] == fen_of_yuan(row["available"])
    assert found["overdraft_limit_fen"] == fen_of_yuan(row["limit"])
    assert found["use_days_left"] == (int(row["days left"]) if row["days left"] else None)
    assert (found["warning_level"], found["below_limit"]) == (int(row["warned"]), row["below limit"] == "yes")


@pytest.mark.parametrize("row", table(PAGE, "month"), ids=str)
def test_each_day_of_the_month(row):
    kwh = Decimal(row["kWh so far"])
    assert kwh == int(row["day"]) * 10
    first = date(2024, 6, 1)
    found = answer(
        Input.model_validate(
            {
                "tariff": {"energy": {"tiers": {"period": "month", "steps": STEPS}}},
                "period": [first.isoformat(), (first + timedelta(days=int(row["day"]))).isoformat()],
                "kwh": kwh,
            }
        )
    )
    assert found["total_yuan"] == Decimal(row["bill so far"])
    assert Decimal(row["a straight line from day 18"]) == kwh * Decimal("0.56")


@pytest.mark.django_db
@pytest.mark.parametrize("row", table(PAGE, "since"), ids=str)
def test_each_bill_that_comes_after_the_estimate(row):
    account = prepaid_account()
    pay(account, fen_of_yuan(row["prepaid"]), MONDAY)
    billed = fen_of_yuan(row["open at night"])
    if billed:
        release([(account, 202506, MONDAY, billed)], issued_date=MONDAY)
    used(account, fen_of_yuan(row["estimated"]), MONDAY, billed=billed)
    night(MONDAY)
    assert available_now_fen(account.pk) == fen_of_yuan(row["available then"])
    since = fen_of_yuan(row["billed since"])
    if since:
        release([(account, 202507, date(2025, 8, 10), since)], issued_date=MONDAY)
    assert available_now_fen(account.pk) == fen_of_yuan(row["available now"])


@pytest.mark.parametrize("row", table(PAGE, "strategies"), ids=str)
def test_each_strategy(row):
    found = strategies_on(as_of=MONDAY).value.named(row["strategy"])
    *categories, voltage = row["of"].split()
    assert (list(found.categories), found.high_voltage) == (categories, voltage == "high")
    assert [one.limit for one in found.warn_fen] == [fen_of_yuan(fen) for fen in row["warned below yuan"].split()]
    assert [one.limit for one in found.warn_days] == [int(days) for days in row["below days"].split()]
    grades = [*(grade_number(name) for name in ("AAA", "AA", "A", "B", "C", "D")), 0]
    allowed = [fen_of_yuan(fen) for fen in row["overdraft AAA AA A B C D none"].split()]
    assert [found.allowance_fen(grade) for grade in grades] == allowed


def test_every_strategy_stands_on_the_page():
    shipped = {row.strategy for row in strategies_on(as_of=MONDAY).value.rows}
    assert {row["strategy"] for row in table(PAGE, "strategies")} == shipped


def test_the_nights_of_the_fall():
    account = Account([3_000, 500])
    for place, row in enumerate(table(PAGE, "falls"), start=1):
        found = account.night(fen_of_yuan(row["available"]), taken_back=row["taken back"] == "yes")
        assert (int(row["night"]), account.at) == (place, place)
        assert ", ".join(f"{kind} {threshold}" for kind, threshold in found) == row["passed"]
        assert bool(account.due) == (row["told"] == "yes")
