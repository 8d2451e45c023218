"""Available balance and the thresholds it passes."""

from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.feecontrol.balance import BALANCE_COLUMNS, THRESHOLD_COLUMNS, available_balances
from zaikong.engine.dictionary import checked

THRESHOLDS = [(1, 3_000), (1, 500), (2, 20_000)]


def table(columns: tuple[str, ...], rows: list[tuple[int, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")


def levels(*rows: tuple[int, ...]) -> list[Any]:
    def entry(columns: tuple[str, ...], given: list[tuple[int, ...]]) -> nw.LazyFrame:
        return checked(nw.from_native(table(columns, given).lazy()), columns, rule="available_balances")

    answer = available_balances(entry(BALANCE_COLUMNS, list(rows)), entry(THRESHOLD_COLUMNS, THRESHOLDS))
    return sorted(answer.collect().rows())


@pytest.mark.parametrize(
    ("available", "level", "below"),
    [
        (3_001, 0, False),
        (3_000, 0, False),
        (2_999, 1, False),
        (500, 1, False),
        (499, 2, False),
        (0, 2, False),
        (-1, 2, True),
    ],
)
def test_a_threshold_is_passed_only_below_it(available, level, below):
    assert levels((7, available, 0, 0, 1)) == [(7, available, level, below)]


def test_use_not_yet_billed_comes_off():
    assert levels((7, 3_500, 1_240, 0, 1)) == [(7, 2_260, 1, False)]


def test_the_overdraft_agreed_is_still_the_customers():
    assert levels((7, -2_000, 0, 2_000, 1)) == [(7, -2_000, 2, False)]
    assert levels((7, -2_001, 0, 2_000, 1)) == [(7, -2_001, 2, True)]


def test_each_account_is_warned_by_its_own_strategy():
    assert levels((7, 1_000, 0, 0, 2), (8, 1_000, 0, 0, 1), (9, 1_000, 0, 0, 3)) == [
        (7, 1_000, 1, False),
        (8, 1_000, 1, False),
        (9, 1_000, 0, False),
    ]


@pytest.mark.spark
def test_spark_gives_the_same_levels(on_both):
    rows = [(n, n * 431 % 5_000 - 800, n * 7, n % 2 * 300, n % 3 + 1) for n in range(1, 60)]
    on_both(available_balances, table(BALANCE_COLUMNS, rows), table(THRESHOLD_COLUMNS, THRESHOLDS))
