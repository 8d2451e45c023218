"""Legs of business events: balanced, on the right accounts, undone by their reversal."""

from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.ledger.postings import CHART, EVENT_COLUMNS, EVENTS, balances, legs, trial_balance, unpostable
from zaikong.engine.dictionary import checked

_TYPES = {name: pl.String if name in {"event", "channel"} else pl.Int64 for name in EVENT_COLUMNS}


def table(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_TYPES, orient="row")


def entry(rows: list[tuple[Any, ...]]) -> nw.LazyFrame:
    return checked(nw.from_native(table(rows).lazy()), EVENT_COLUMNS, rule="legs")


def written(
    event: str, *, account: int = 7, bill: int = 3, channel: str = "", amount: int = 1_000, fund: int = 0
) -> set[Any]:
    rows = legs(entry([(1, event, account, bill, channel, amount, fund)])).collect().rows(named=True)
    return {(row["gl"], row["account"], row["amount_fen"]) for row in rows}


def test_a_released_bill_is_receivable_against_revenue_and_funds():
    assert written("bill_released", fund=60) == {("1122", 7, 1_000), ("6001", 7, -940), ("224110", 7, -60)}


def test_a_bill_without_funds_writes_no_leg_of_nothing():
    assert written("bill_released") == {("1122", 7, 1_000), ("6001", 7, -1_000)}


def test_a_bill_in_credit_goes_to_the_prepaid_balance():
    assert written("bill_credited", fund=60) == {("2203", 7, -1_000), ("6001", 7, 940), ("224110", 7, 60)}


def test_cash_lies_in_the_till_and_other_money_at_the_bank():
    assert written("payment_received", channel="counter") == {("1001", 7, 1_000), ("224101", 7, -1_000)}
    assert written("payment_received", channel="bank_file") == {("1002", 7, 1_000), ("224101", 7, -1_000)}


def test_money_of_an_unknown_payer_is_held_apart_until_it_is_assigned():
    assert written("payment_received", account=0, bill=0, channel="bank_file") == {
        ("1002", 0, 1_000),
        ("224102", 0, -1_000),
    }
    assert written("unidentified_assigned") == {("224102", 0, 1_000), ("224101", 7, -1_000)}


def test_money_in_transit_clears_to_the_bank_or_bounces():
    assert written("payment_in_transit") == {("1012", 7, 1_000), ("224101", 7, -1_000)}
    assert written("payment_cleared") == {("1002", 7, 1_000), ("1012", 7, -1_000)}
    assert written("payment_bounced") == {("1012", 7, -1_000), ("224101", 7, 1_000)}


def test_held_money_settles_bills_and_fees_and_fills_the_prepaid_balance():
    assert written("payment_allocated") == {("224101", 7, 1_000), ("1122", 7, -1_000)}
    assert written("late_fee_collected") == {("224101", 7, 1_000), ("6301", 7, -1_000)}
    assert written("prepayment_topped_up") == {("224101", 7, 1_000), ("2203", 7, -1_000)}
    assert written("prepayment_applied") == {("2203", 7, 1_000), ("1122", 7, -1_000)}
    assert written("prepaid_late_fee") == {("2203", 7, 1_000), ("6301", 7, -1_000)}


def test_a_refund_leaves_by_its_channel():
    assert written("prepayment_refunded", channel="counter") == {("2203", 7, 1_000), ("1001", 7, -1_000)}
    assert written("prepayment_refunded", channel="bank_transfer") == {("2203", 7, 1_000), ("1002", 7, -1_000)}


def test_a_refund_that_bounced_is_claimed_and_fills_the_prepaid_balance():
    assert written("refund_claimed") == {("1221", 7, 1_000), ("2203", 7, -1_000)}


def test_a_breach_of_our_own_is_made_good_into_the_prepaid_balance():
    assert written("compensation_credited") == {("6711", 7, 1_000), ("2203", 7, -1_000)}


def test_a_waiver_moves_memorandum_accounts_only():
    assert written("late_fee_waived") == {("9102", 7, 1_000), ("9101", 7, -1_000)}


def test_a_provision_is_expense_against_allowance():
    assert written("provision_raised", account=0, bill=0) == {("6702", 0, 1_000), ("1231", 0, -1_000)}


@pytest.mark.parametrize(
    ("event", "undoing"),
    [
        ("bill_released", "bill_reversed"),
        ("bill_credited", "bill_credit_reversed"),
        ("payment_received", "payment_reversed"),
        ("payment_in_transit", "payment_bounced"),
        ("payment_cleared", "clearing_reversed"),
        ("unidentified_assigned", "assignment_reversed"),
        ("payment_allocated", "allocation_reversed"),
        ("late_fee_collected", "late_fee_returned"),
        ("prepayment_topped_up", "topup_reversed"),
        ("prepayment_applied", "prepaid_use_reversed"),
        ("prepaid_late_fee", "prepaid_fee_returned"),
        ("prepayment_refunded", "refund_reversed"),
        ("refund_claimed", "refund_claim_settled"),
        ("compensation_credited", "compensation_reversed"),
        ("late_fee_waived", "waiver_withdrawn"),
        ("provision_raised", "provision_released"),
    ],
)
def test_an_undoing_takes_every_leg_back(event, undoing):
    forward = written(event, channel="counter", fund=60)
    assert written(undoing, channel="counter", fund=60) == {(gl, account, -fen) for gl, account, fen in forward}


def test_every_event_is_named_above():
    assert len(EVENTS) == 32
    assert max(len(event) for event in EVENTS) <= 24


def test_every_leg_is_on_the_chart():
    rows = [(n, event, 7, 3, "counter", 1_000, 10) for n, event in enumerate(EVENTS)]
    assert {row["gl"] for row in legs(entry(rows)).collect().rows(named=True)} <= set(CHART)


events = st.lists(
    st.tuples(
        st.sampled_from(EVENTS),
        st.integers(0, 3),
        st.sampled_from(["", "counter", "bank_file"]),
        st.integers(1, 10**13),
        st.integers(-(10**13), 10**13),
    ),
    min_size=1,
    max_size=40,
)


def numbered(rows: list[tuple[str, int, str, int, int]]) -> list[tuple[Any, ...]]:
    return [(n, event, account, n, channel, fen, fund) for n, (event, account, channel, fen, fund) in enumerate(rows)]


@given(events)
def test_every_transaction_sums_to_zero_and_has_two_legs_or_more(rows):
    written_legs = legs(entry(numbered(rows))).collect().to_native()
    by_transaction = written_legs.group_by("transaction").agg(pl.col("amount_fen").sum(), legs=pl.len())
    assert by_transaction["amount_fen"].unique().to_list() == [0]
    assert by_transaction.height == len(rows)
    assert by_transaction.filter(pl.col("legs") < 2).height == 0


@given(events)
def test_the_trial_balance_sums_to_zero(rows):
    trial = trial_balance(legs(entry(numbered(rows)))).collect().to_native()
    assert trial["balance_fen"].sum() == 0
    assert trial["debit_fen"].sum() == trial["credit_fen"].sum()


def test_an_unknown_event_writes_nothing_and_is_named():
    rows = [(1, "bill_relased", 7, 3, "", 1_000, 0), (2, "bill_released", 7, 3, "", 1_000, 0)]
    assert {row["transaction"] for row in legs(entry(rows)).collect().rows(named=True)} == {2}
    assert unpostable(entry(rows)).collect().rows() == [(1, "bill_relased", 7)]


def test_money_assigned_to_nobody_is_named():
    rows = [(1, "unidentified_assigned", 0, 0, "", 1_000, 0), (2, "payment_received", 0, 0, "", 1_000, 0)]
    assert unpostable(entry(rows)).collect().rows() == [(1, "unidentified_assigned", 0)]


LIFE = [
    (1, "bill_released", 7, 3, "", 10_000, 500),
    (2, "payment_received", 7, 0, "counter", 12_000, 0),
    (3, "payment_allocated", 7, 3, "", 10_000, 0),
    (4, "late_fee_collected", 7, 3, "", 400, 0),
    (5, "prepayment_topped_up", 7, 0, "", 1_500, 0),
    (6, "bill_released", 8, 4, "", 700, 0),
]


def test_balances_of_an_account_come_from_its_legs():
    rows = balances(legs(entry(LIFE))).collect().rows(named=True)
    assert sorted(rows, key=lambda row: row["account"]) == [
        {"account": 7, "receivable_fen": 0, "prepaid_fen": 1_500, "held_fen": 100},
        {"account": 8, "receivable_fen": 700, "prepaid_fen": 0, "held_fen": 0},
    ]


@pytest.mark.spark
def test_spark_writes_the_same_legs(on_both):
    rows = [(n, event, n % 3, n, ["counter", "bank_file", ""][n % 3], 1_000 + n, n) for n, event in enumerate(EVENTS)]
    on_both(legs, table(rows))


@pytest.mark.spark
def test_spark_gives_the_same_balances(on_both):
    on_both(lambda frame: balances(legs(frame)), table(LIFE))
    on_both(lambda frame: trial_balance(legs(frame)), table(LIFE))
    on_both(unpostable, table([*LIFE, (9, "nothing", 1, 1, "", 1, 0)]))
