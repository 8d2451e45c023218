"""A reversal cancels its bill to the fen; a closing bill and its interim bills add up to the month."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from narwhals import from_native

from zaikong.domain.billing.correction import (
    INTERIM_COLUMNS,
    INTERIM_SETTLED,
    REVERSED_AMOUNTS,
    interim_lines,
    less_interim,
    reversed_bills,
    reversed_lines,
)

LINES = {
    "settlement": [1, 1],
    "line": [5, 19],
    "item": ["ENERGY_PEAK", "POWER_FACTOR"],
    "quantity": [12_345, -75],
    "unit": ["kwh", "percent"],
    "price_e8": [90_000_000, 5_000_000_000],
    "amount_fen": [11_111, -3_750],
}
BILLS = pl.DataFrame(
    {
        "account": [1, 2, 3],
        "kind": ["closing", "closing", "periodic"],
        "settlement": [11, 12, 13],
        "total_fen": [90_000, 70_000, 50_000],
        "fund_fen": [900, 700, 500],
    }
)
INTERIM = pl.DataFrame(
    [
        (1, "interim", 1, 20_332, 20_342, 250, 25_000),
        (1, "interim", 2, 20_342, 20_352, 900, 90_001),
        (1, "rebill", 3, 20_332, 20_342, 5, 5),
        (3, "interim", 1, 20_332, 20_342, 7, 7),
    ],
    schema=list(INTERIM_COLUMNS),
    orient="row",
)


def lazy(frame):
    return from_native(frame.lazy())


def rows(frame):
    return frame.collect().rows(named=True)


def by_account(frame):
    """The rows in the order of their accounts: a join promises none."""
    return sorted(rows(frame), key=lambda row: row["account"])


@given(st.lists(st.integers(-(10**12), 10**12), min_size=len(REVERSED_AMOUNTS), max_size=len(REVERSED_AMOUNTS)))
def test_a_reversal_and_its_bill_cancel_in_every_amount(amounts):
    bill = pl.DataFrame({name: [amount] for name, amount in zip(REVERSED_AMOUNTS, amounts, strict=True)}).with_columns(
        bill=pl.lit(42, pl.Int64), kind=pl.lit("periodic"), power_factor=pl.lit(93), reverses=pl.lit(None, pl.Int64)
    )
    reversal = rows(reversed_bills(lazy(bill)))[0]
    assert [reversal[name] + bill[name][0] for name in REVERSED_AMOUNTS] == [0] * len(REVERSED_AMOUNTS)
    assert (reversal["kind"], reversal["reverses"], reversal["power_factor"]) == ("reversal", 42, 93)


def test_a_reversed_line_is_still_quantity_times_price():
    peak, factor = rows(reversed_lines(lazy(pl.DataFrame(LINES))))
    assert (peak["quantity"], peak["price_e8"], peak["amount_fen"]) == (-12_345, 90_000_000, -11_111)
    assert (factor["quantity"], factor["price_e8"], factor["amount_fen"]) == (-75, -5_000_000_000, 3_750)


def test_reversing_a_reversal_gives_the_lines_back():
    again = reversed_lines(reversed_lines(lazy(pl.DataFrame(LINES))))
    assert again.collect().to_native().to_dict(as_series=False) == LINES


def test_a_closing_bill_is_the_month_less_its_interim_bills():
    first, second, third = by_account(less_interim(lazy(BILLS), lazy(INTERIM)))
    assert (first["other_fen"], first["total_fen"], first["ledger_fund_fen"]) == (-115_001, -25_001, -250)
    assert (second["other_fen"], second["total_fen"], second["ledger_fund_fen"]) == (0, 70_000, 700)
    assert (third["other_fen"], third["total_fen"], third["ledger_fund_fen"]) == (0, 50_000, 500)


def test_closing_and_interim_bills_add_up_to_the_month():
    closed = by_account(less_interim(lazy(BILLS), lazy(INTERIM)))[0]
    settled = INTERIM.filter((pl.col("account") == 1) & (pl.col("kind") == "interim"))
    assert closed["total_fen"] + settled["total_fen"].sum() == 90_000
    assert closed["ledger_fund_fen"] + settled["fund_fen"].sum() == 900


def test_each_interim_bill_is_a_line_of_its_own():
    found = sorted(rows(interim_lines(lazy(BILLS), lazy(INTERIM))), key=lambda row: row["line"])
    assert [(row["settlement"], row["line"], row["item"], row["amount_fen"]) for row in found] == [
        (11, 10_001, INTERIM_SETTLED, -25_000),
        (11, 10_002, INTERIM_SETTLED, -90_001),
    ]
    assert [(row["from_day"], row["to_day"]) for row in found] == [(20_332, 20_342), (20_342, 20_352)]


@pytest.mark.spark
def test_spark_corrects_alike(on_both):
    on_both(less_interim, BILLS, INTERIM)
    on_both(interim_lines, BILLS, INTERIM)
    assert len(on_both(reversed_lines, pl.DataFrame(LINES))) == 2
