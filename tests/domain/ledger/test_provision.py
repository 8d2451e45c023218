"""Balance times loss rate, rounded once a group."""

from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.ledger.provision import BUCKET_COLUMNS, provisions
from zaikong.engine.dictionary import checked

MATRIX = [
    (1, 1_500_000_000, 3_000),
    (1, 750_000_000, 16_000),
    (1, 400_000_000, 36_000),
    (1, 250_000_000, 66_000),
    (1, 100_000_000, 106_000),
]


def table(rows: list[tuple[int, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(BUCKET_COLUMNS, pl.Int64), orient="row")


def provided(rows: list[tuple[int, ...]]) -> dict[int, Any]:
    frame = checked(nw.from_native(table(rows).lazy()), BUCKET_COLUMNS, rule="provisions")
    return {row["group"]: row for row in provisions(frame).collect().rows(named=True)}


def test_the_matrix_of_the_standard():
    assert provided(MATRIX) == {1: {"group": 1, "balance_fen": 3_000_000_000, "provision_fen": 58_000_000}}


def test_a_group_is_rounded_once():
    rows = [(1, 40, 10_000), (1, 40, 10_000), (2, 40, 10_000)]
    assert {group: row["provision_fen"] for group, row in provided(rows).items()} == {1: 1, 2: 0}


def test_half_a_fen_is_provided_for():
    assert provided([(1, 50, 10_000)])[1]["provision_fen"] == 1


def test_a_bucket_in_credit_lessens_no_other():
    row = provided([(1, 100_000, 10_000), (1, -50_000, 10_000)])[1]
    assert (row["balance_fen"], row["provision_fen"]) == (50_000, 1_000)


def test_a_rate_of_one_provides_for_everything():
    assert provided([(1, 10**13, 1_000_000)])[1]["provision_fen"] == 10**13


@pytest.mark.spark
def test_spark_provides_the_same(on_both):
    on_both(provisions, table([*MATRIX, (2, 50, 10_000), (2, -7, 10_000), (3, 10**13, 999_999)]))
