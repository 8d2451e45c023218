"""Buckets of age, the crossed year, and how many periods stand open."""

from datetime import date
from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.ledger.ageing import BUCKETS, OPEN_BILL_COLUMNS, ageing, ageing_total
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number

TODAY = day_number(date(2025, 3, 10))
NEW_YEAR = day_number(date(2025, 1, 1))


def table(rows: list[tuple[int, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(OPEN_BILL_COLUMNS, pl.Int64), orient="row")


def aged(rows: list[tuple[int, ...]]) -> nw.LazyFrame:
    frame = checked(nw.from_native(table(rows).lazy()), OPEN_BILL_COLUMNS, rule="ageing")
    return ageing(frame, as_of_day=TODAY, year_start_day=NEW_YEAR)


def by_account(rows: list[tuple[int, ...]]) -> dict[int, dict[str, Any]]:
    return {row["account"]: row for row in aged(rows).collect().rows(named=True)}


@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (-5, "not_due_fen"),
        (0, "not_due_fen"),
        (1, "days_1_30_fen"),
        (30, "days_1_30_fen"),
        (31, "days_31_60_fen"),
        (60, "days_31_60_fen"),
        (61, "days_61_90_fen"),
        (90, "days_61_90_fen"),
        (91, "over_90_fen"),
        (4_000, "over_90_fen"),
    ],
)
def test_a_bill_lies_in_the_bucket_of_its_days_past_due(late, bucket):
    row = by_account([(1, 1, 202501, TODAY - late, 500)])[1]
    assert {name: row[name] for name in BUCKETS if row[name]} == {bucket: 500}


def test_what_was_due_last_year_crossed_it_and_what_was_due_on_new_year_did_not():
    rows = [(1, 1, 202411, NEW_YEAR - 1, 300), (2, 1, 202412, NEW_YEAR, 200)]
    row = by_account(rows)[1]
    assert (row["cross_year_fen"], row["open_fen"], row["overdue_fen"]) == (300, 500, 500)


def test_periods_are_months_with_anything_open():
    rows = [
        (1, 1, 202501, TODAY - 20, 100),
        (2, 1, 202501, TODAY - 10, 100),
        (3, 1, 202502, TODAY + 5, 100),
        (4, 1, 202412, TODAY - 60, 0),
    ]
    row = by_account(rows)[1]
    assert (row["periods_open"], row["periods_overdue"], row["oldest_due_day"]) == (2, 1, TODAY - 20)


def test_a_paid_account_is_not_listed():
    assert by_account([(1, 1, 202501, TODAY - 20, 0)]) == {}


def test_the_total_counts_accounts_by_open_periods():
    rows = [
        (account * 10 + period, account, 202401 + period, TODAY - 30 * period, 100)
        for account, periods in enumerate([1, 1, 2, 3, 4, 6], start=1)
        for period in range(periods)
    ]
    total = ageing_total(aged(rows)).collect().rows(named=True)
    assert total == [
        {
            "not_due_fen": 600,
            "days_1_30_fen": 400,
            "days_31_60_fen": 300,
            "days_61_90_fen": 200,
            "over_90_fen": 200,
            "cross_year_fen": 400,
            "overdue_fen": 1_100,
            "open_fen": 1_700,
            "accounts_open": 6,
            "accounts_1_period": 2,
            "accounts_2_periods": 1,
            "accounts_3_periods": 1,
            "accounts_over_3_periods": 2,
        }
    ]


def test_the_total_of_nothing_is_zeros():
    assert set(ageing_total(aged([])).collect().row(0)) == {0}


open_bills = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.integers(202401, 202406),
        st.integers(TODAY - 200, TODAY + 30),
        st.one_of(st.just(0), st.integers(1, 10**9)),
    ),
    max_size=40,
)


@given(open_bills)
def test_the_trial_identities_hold(rows):
    bills = [(n, *row) for n, row in enumerate(rows)]
    total = ageing_total(aged(bills)).collect().rows(named=True)[0]
    assert sum(total[name] for name in BUCKETS) == total["open_fen"] == sum(row[3] for row in rows)
    assert total["overdue_fen"] == total["open_fen"] - total["not_due_fen"]
    assert total["cross_year_fen"] <= total["overdue_fen"]
    counted = [total[f"accounts_{name}"] for name in ("1_period", "2_periods", "3_periods", "over_3_periods")]
    assert sum(counted) == total["accounts_open"] == len({row[0] for row in rows if row[3]})


@pytest.mark.spark
def test_spark_ages_the_same(on_both):
    rows = [(n, n % 8, 202401 + n % 5, TODAY - n * 13 % 140 + 20, n % 4 * 97) for n in range(1, 60)]
    rule = partial(ageing, as_of_day=TODAY, year_start_day=NEW_YEAR)
    on_both(rule, table(rows))
    on_both(lambda frame: ageing_total(rule(frame)), table(rows))
