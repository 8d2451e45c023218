"""A payment settles the named bill, then the oldest."""

from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.ledger.allocation import (
    OPEN_BILL_COLUMNS,
    PAYMENT_COLUMNS,
    allocate,
    payment_rounds,
    still_open,
)
from zaikong.engine.dictionary import checked


def table(columns: tuple[str, ...], rows: list[tuple[int, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")


def entry(columns: tuple[str, ...], rows: list[tuple[int, ...]]) -> nw.LazyFrame:
    return checked(nw.from_native(table(columns, rows).lazy()), columns, rule="allocate")


def settle(
    bills: list[tuple[int, ...]], payments: list[tuple[int, ...]], order: Any = "principal_first"
) -> tuple[list[tuple[int, ...]], dict[int, int]]:
    """Applied `(payment, bill, principal, late fee)` in order and what is left by payment."""
    applied, unapplied = allocate(entry(OPEN_BILL_COLUMNS, bills), entry(PAYMENT_COLUMNS, payments), order=order)
    rows = applied.collect().select("payment", "bill", "principal_fen", "late_fee_fen").rows()
    left = {row["payment"]: row["unapplied_fen"] for row in unapplied.collect().rows(named=True)}
    return sorted(rows), left


TWO = [(1, 5, 100, 10_000, 400), (2, 5, 130, 10_000, 100)]


def test_the_oldest_bill_is_settled_whole_before_the_next():
    assert settle(TWO, [(9, 5, 15_000, 0)]) == ([(9, 1, 10_000, 400), (9, 2, 4_600, 0)], {9: 0})


def test_the_fee_goes_first_where_the_contract_says_so():
    assert settle(TWO, [(9, 5, 10_500, 0)], "fee_first") == ([(9, 1, 10_000, 400), (9, 2, 0, 100)], {9: 0})
    assert settle(TWO, [(9, 5, 300, 0)], "fee_first") == ([(9, 1, 0, 300)], {9: 0})


def test_the_named_bill_goes_before_an_older_one():
    assert settle(TWO, [(9, 5, 10_200, 2)]) == ([(9, 1, 100, 0), (9, 2, 10_000, 100)], {9: 0})
    assert settle(TWO, [(9, 5, 10_050, 2)], "fee_first") == ([(9, 2, 9_950, 100)], {9: 0})


def test_bills_of_one_due_day_go_by_number():
    bills = [(8, 5, 100, 500, 0), (3, 5, 100, 500, 0)]
    assert settle(bills, [(9, 5, 700, 0)]) == ([(9, 3, 500, 0), (9, 8, 200, 0)], {9: 0})


def test_what_no_bill_takes_stays_unapplied():
    assert settle(TWO, [(9, 5, 25_000, 0)]) == ([(9, 1, 10_000, 400), (9, 2, 10_000, 100)], {9: 4_500})


def test_a_payment_without_bills_stays_whole():
    assert settle([], [(9, 5, 700, 0)]) == ([], {9: 700})
    assert settle(TWO, [(9, 6, 700, 1)]) == ([], {9: 700})


def test_a_bill_with_nothing_owed_gets_nothing():
    bills = [(1, 5, 90, 0, 0), (2, 5, 100, 500, 0)]
    assert settle(bills, [(9, 5, 700, 1)]) == ([(9, 2, 500, 0)], {9: 200})


def test_a_bill_that_owes_only_its_late_fee_is_settled():
    assert settle([(1, 5, 90, 0, 30)], [(9, 5, 700, 0)]) == ([(9, 1, 0, 30)], {9: 670})


def test_a_named_bill_that_is_not_open_leaves_the_order_as_it_is():
    assert settle(TWO, [(9, 5, 10_000, 77)]) == ([(9, 1, 10_000, 0)], {9: 0})


def test_one_fen_moves_exactly():
    assert settle([(1, 5, 90, 1, 1)], [(9, 5, 1, 0)]) == ([(9, 1, 1, 0)], {9: 0})
    assert settle([(1, 5, 90, 1, 1)], [(9, 5, 1, 0)], "fee_first") == ([(9, 1, 0, 1)], {9: 0})


def test_payments_of_one_account_are_numbered_by_day_then_number():
    rows = [(4, 1, 20), (3, 1, 20), (2, 1, 21), (1, 2, 30)]
    frame = nw.from_native(table(("payment", "account", "day"), rows).lazy())
    numbered = payment_rounds(frame).collect().select("payment", "round").rows()
    assert sorted(numbered) == [(1, 1), (2, 3), (3, 1), (4, 2)]


def one_by_one(bills: list[tuple[int, ...]], payment: tuple[int, ...], order: str) -> tuple[Any, int]:
    """The same, written as a person would do it."""
    number, account, left, named = payment
    mine = [row for row in bills if row[1] == account]
    rows = []
    for bill, _, _, principal, fee in sorted(mine, key=lambda row: (row[0] != named, row[2], row[0])):
        first = min(left, principal if order == "principal_first" else fee)
        second = min(left - first, fee if order == "principal_first" else principal)
        left -= first + second
        if first + second:
            shares = (first, second) if order == "principal_first" else (second, first)
            rows.append((number, bill, *shares))
    return rows, left


@st.composite
def counters(draw: st.DrawFn) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    money = st.integers(0, 5_000)
    bills = [
        (number, draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(money), draw(money))
        for number in range(1, draw(st.integers(0, 8)) + 1)
    ]
    payments = [
        (10 + account, account, draw(st.integers(0, 20_000)), draw(st.integers(0, len(bills)))) for account in (1, 2, 3)
    ]
    return bills, payments


@given(counters(), st.sampled_from(["principal_first", "fee_first"]))
def test_the_rule_agrees_with_paying_bill_by_bill(counter, order):
    bills, payments = counter
    expected = [one_by_one(bills, payment, order) for payment in payments]
    rows, left = settle(bills, payments, order)
    assert rows == sorted(row for done, _ in expected for row in done)
    assert left == {payment[0]: rest for payment, (_, rest) in zip(payments, expected, strict=True)}


@given(counters())
def test_no_fen_is_made_or_lost(counter):
    bills, payments = counter
    rows, left = settle(bills, payments)
    assert sum(row[2] + row[3] for row in rows) + sum(left.values()) == sum(payment[2] for payment in payments)


def test_rounds_settle_what_the_round_before_left():
    bills = entry(OPEN_BILL_COLUMNS, TWO)
    first, _ = allocate(bills, entry(PAYMENT_COLUMNS, [(8, 5, 10_200, 0)]))
    left = still_open(bills, first)
    assert sorted(left.collect().rows()) == [(1, 5, 100, 0, 200), (2, 5, 130, 10_000, 100)]
    second, rest = allocate(left, entry(PAYMENT_COLUMNS, [(9, 5, 20_000, 0)]))
    assert sorted(second.collect().rows()) == [(9, 5, 1, 0, 200), (9, 5, 2, 10_000, 100)]
    assert rest.collect().rows() == [(9, 5, 9_700)]
    assert still_open(left, second).collect().rows() == []


@pytest.mark.spark
@pytest.mark.parametrize("order", ["principal_first", "fee_first"])
def test_spark_allocates_the_same(on_both, order):
    bills = table(OPEN_BILL_COLUMNS, [(n, n % 9, n * 7 % 13, n * 131, n * 17 % 50) for n in range(1, 60)])
    payments = table(PAYMENT_COLUMNS, [(n + 100, n, n * 4_000, [0, n + 9, n + 18][n % 3]) for n in range(12)])
    applied = on_both(lambda b, p: allocate(b, p, order=order)[0], bills, payments)
    left = on_both(lambda b, p: allocate(b, p, order=order)[1], bills, payments)
    used = sum(row["principal_fen"] + row["late_fee_fen"] for row in applied)
    assert used + sum(row["unapplied_fen"] for row in left) == payments["amount_fen"].sum()


@pytest.mark.spark
def test_spark_numbers_rounds_and_keeps_what_is_open_the_same(on_both):
    payments = table(("payment", "account", "day"), [(n, n % 4, n * 5 % 7) for n in range(1, 20)])
    assert {row["round"] for row in on_both(payment_rounds, payments)} == {1, 2, 3, 4, 5}
    bills = table(OPEN_BILL_COLUMNS, [(n, n % 9, n * 7 % 13, n * 131, n) for n in range(1, 30)])
    paid = table(PAYMENT_COLUMNS, [(n + 100, n, n * 300, 0) for n in range(9)])
    on_both(lambda b, p: still_open(b, partial(allocate, order="fee_first")(b, p)[0]), bills, paid)
