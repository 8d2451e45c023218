"""Balances, thresholds in fen and days of use left."""

from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.feecontrol.estimate import (
    BALANCE_ANSWER,
    LIMIT_COLUMNS,
    MONEY_COLUMNS,
    THRESHOLD_COLUMNS,
    prepaid_balances,
    thresholds_in_fen,
)
from zaikong.engine.dictionary import checked

_LIMIT_TYPES = dict(zip(LIMIT_COLUMNS, (pl.Int64, pl.String, pl.Int64), strict=True))


def money(*rows: tuple[int, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(MONEY_COLUMNS, pl.Int64), orient="row")


def limits(*rows: tuple[int, str, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=_LIMIT_TYPES, orient="row")


def both(accounts: nw.LazyFrame, agreed: nw.LazyFrame) -> nw.LazyFrame:
    return prepaid_balances(accounts, thresholds_in_fen(agreed, accounts))


def answered(accounts: pl.DataFrame, agreed: pl.DataFrame) -> list[dict[str, Any]]:
    answer = both(
        checked(nw.from_native(accounts.lazy()), MONEY_COLUMNS, rule="prepaid_balances"),
        checked(nw.from_native(agreed.lazy()), LIMIT_COLUMNS, rule="prepaid_balances"),
    )
    assert answer.collect_schema().names() == list(BALANCE_ANSWER)
    return sorted(answer.collect().rows(named=True), key=lambda row: row["account"])


def test_each_part_of_a_balance():
    (row,) = answered(money((7, 10_000, 2_000, 3_000, 250, 900, 1_500)), limits((7, "warn", 6_000)))
    assert row == {
        "account": 7,
        "settled_fen": 8_000,
        "estimated_fen": 3_000,
        "available_fen": 5_000,
        "overdraft_limit_fen": 900,
        "average_daily_fen": 250,
        "use_days_left": 20,
        "warning_level": 1,
        "below_limit": False,
    }


@pytest.mark.parametrize(
    ("available", "daily", "days"),
    [(700, 100, 7), (699, 100, 6), (99, 100, 0), (0, 100, 0), (-1, 100, 0), (50, 0, None)],
)
def test_use_days_left_are_whole_days_that_the_balance_lasts(available, daily, days):
    (row,) = answered(money((1, max(available, 0), max(-available, 0), 0, daily, 0, 0)), limits())
    assert row["use_days_left"] == days


@pytest.mark.parametrize(("available", "level"), [(701, 0), (700, 0), (699, 1), (300, 1), (299, 2)])
def test_a_threshold_of_days_is_passed_below_their_cost(available, level):
    (row,) = answered(money((1, available, 0, 0, 100, 0, 0)), limits((1, "days", 7), (1, "days", 3)))
    assert row["warning_level"] == level


def test_days_of_nothing_are_passed_when_less_than_nothing_is_left():
    rows = answered(money((1, 0, 0, 0, 0, 0, 0), (2, 0, 1, 0, 0, 0, 0)), limits((1, "days", 7), (2, "days", 7)))
    assert [row["warning_level"] for row in rows] == [0, 1]


def test_the_thresholds_of_one_account_are_not_anothers():
    rows = answered(money((1, 100, 0, 0, 0, 0, 0), (2, 100, 0, 0, 0, 0, 0)), limits((1, "warn", 200)))
    assert [(row["account"], row["warning_level"]) for row in rows] == [(1, 1), (2, 0)]


def test_use_taken_back_is_the_customers():
    (row,) = answered(money((1, 100, 0, -40, 0, 0, 0)), limits())
    assert row["available_fen"] == 140


def test_a_threshold_in_days_becomes_the_cost_of_the_days():
    found = thresholds_in_fen(
        nw.from_native(limits((1, "days", 7), (1, "warn", 7)).lazy()),
        nw.from_native(money((1, 0, 0, 0, 123, 0, 0)).lazy()),
    )
    rows = found.collect().to_native()
    assert rows.columns == list(THRESHOLD_COLUMNS)
    assert sorted(rows.rows()) == [(1, "days", 7, 861), (1, "warn", 7, 7)]


@pytest.mark.spark
def test_spark_gives_the_same_balances(on_both):
    accounts = money(
        *(
            (n, n * 7_919 % 60_000, n * 131 % 9_000, n * 577 % 40_000 - 500, n % 5 * 91, n % 4 * 500, n % 7 * 300)
            for n in range(1, 70)
        )
    )
    agreed = limits(*((n, kind, size) for n in range(1, 70) for kind, size in (("warn", 3_000), ("days", 1 + n % 9))))
    rows = on_both(both, accounts, agreed)
    assert {row["warning_level"] for row in rows} == {0, 1, 2}
    assert {row["below_limit"] for row in rows} == {True, False}
