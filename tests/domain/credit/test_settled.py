"""The day each bill was paid in full, told from bills and receipts."""

import polars as pl
import pytest

from zaikong.domain.credit.settled import BILL_HISTORY_COLUMNS, NEVER, RECEIPT_COLUMNS, settled_bills


def bills(*rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(BILL_HISTORY_COLUMNS, pl.Int64), orient="row")


def receipts(*rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(RECEIPT_COLUMNS, pl.Int64), orient="row")


FIRST, SECOND = (1, 1, 10, 20, 100, 5), (1, 2, 40, 50, 200, 5)


def days(found):
    return {row["bill"]: (row["settled_day"], row["settled_known_day"]) for row in found}


@pytest.mark.spark
def test_money_pays_the_oldest_bill_first_and_the_last_of_it_settles(on_both):
    found = on_both(
        settled_bills, bills(FIRST, SECOND), receipts((1, 1, 15, 16, 99), (1, 2, 18, 18, 1), (1, 3, 60, 61, 200))
    )
    assert days(found) == {1: (18, 18), 2: (60, 61)}


@pytest.mark.spark
def test_what_is_not_reached_is_never_settled(on_both):
    found = on_both(settled_bills, bills(FIRST, SECOND), receipts((1, 1, 15, 15, 299)))
    assert days(found) == {1: (15, 15), 2: (NEVER, NEVER)}


@pytest.mark.spark
def test_money_there_before_the_bill_settles_it_when_it_is_issued(on_both):
    found = on_both(settled_bills, bills(FIRST, SECOND), receipts((1, 1, 5, 5, 1_000)))
    assert days(found) == {1: (10, 10), 2: (40, 40)}


@pytest.mark.spark
def test_a_bill_of_nothing_is_settled_and_a_bill_below_zero_is_money(on_both):
    found = on_both(
        settled_bills, bills((1, 1, 10, 20, 0, 0), (1, 2, 40, 50, 70, 5), (1, 3, 45, 50, -70, 0)), receipts()
    )
    assert days(found) == {1: (10, 10), 2: (45, 45)}


@pytest.mark.spark
def test_accounts_do_not_pay_for_each_other(on_both):
    found = on_both(settled_bills, bills(FIRST, (2, 2, 10, 20, 100, 5)), receipts((2, 1, 12, 12, 200)))
    assert days(found) == {1: (NEVER, NEVER), 2: (12, 12)}
