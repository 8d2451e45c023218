"""What would be lost, and how many days of use that is."""

from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.warning.exposure import ACCOUNT_COLUMNS, OPEN_BILL_COLUMNS, exposures
from zaikong.engine.dictionary import checked

TODAY = 20_000


def table(columns: tuple[str, ...], rows: list[tuple[int, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")


def exposed(account: tuple[int, ...], *bills: tuple[int, ...]) -> dict[str, Any]:
    def entry(columns: tuple[str, ...], rows: list[tuple[int, ...]]) -> nw.LazyFrame:
        return checked(nw.from_native(table(columns, rows).lazy()), columns, rule="exposures")

    answer = exposures(entry(ACCOUNT_COLUMNS, [account]), entry(OPEN_BILL_COLUMNS, list(bills)), as_of_day=TODAY)
    return answer.collect().rows(named=True)[0]


def test_billed_and_unbilled_less_prepaid():
    assert exposed((1, 900, TODAY - 9, 200, 100), (1, TODAY - 70, 3_000), (1, TODAY - 40, 3_100)) == {
        "account": 1,
        "open_fen": 6_100,
        "unbilled_fen": 900,
        "prepaid_fen": 200,
        "exposure_fen": 6_800,
        "exposure_days": 68,
        "unpaid_use_days": 70,
        "oldest_unpaid_use_day": TODAY - 70,
    }


def test_without_an_open_bill_the_oldest_day_is_the_first_not_billed():
    row = exposed((1, 900, TODAY - 9, 200, 100), (1, TODAY - 70, 0), (2, TODAY - 90, 500))
    assert (row["exposure_fen"], row["exposure_days"], row["oldest_unpaid_use_day"]) == (700, 7, TODAY - 9)


def test_prepaid_money_that_covers_everything_leaves_no_exposure():
    for prepaid in (900, 5_000):
        row = exposed((1, 900, TODAY - 9, prepaid, 100))
        assert (row["exposure_fen"], row["exposure_days"], row["unpaid_use_days"]) == (0, 0, 0)
        assert row["oldest_unpaid_use_day"] == TODAY


def test_a_day_begun_is_a_day():
    assert exposed((1, 901, TODAY - 9, 0, 100))["exposure_days"] == 10
    assert exposed((1, 1, TODAY - 9, 0, 100))["exposure_days"] == 1


def test_an_account_without_recent_use_counts_the_days_since_its_unpaid_use():
    row = exposed((1, 0, TODAY - 9, 0, 0), (1, TODAY - 70, 3_000))
    assert (row["exposure_fen"], row["exposure_days"], row["unpaid_use_days"]) == (3_000, 70, 70)


@pytest.mark.spark
def test_spark_gives_the_same_exposure(on_both):
    accounts = [(n, n * 97 % 1_000, TODAY - n % 30, n * 31 % 2_000, n % 5 * 33) for n in range(1, 50)]
    bills = [(n % 40, TODAY - n * 3, n * 17 % 5 * 400) for n in range(1, 90)]
    rule = partial(exposures, as_of_day=TODAY)
    on_both(rule, table(ACCOUNT_COLUMNS, accounts), table(OPEN_BILL_COLUMNS, bills))
