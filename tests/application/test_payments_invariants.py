"""Whatever happens in whatever order, no fen is lost, made or counted twice.

A machine of random receipts, repeats, bounces, clearings, bills, reversals of bills, prepaid runs, waivers and
assignments works on the real database and keeps its own small book of what was handed in; after every step the night's
proof finds nothing and the book agrees with the ledger.
"""

from datetime import date, timedelta

import polars as pl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger_desk import balance_by_gl, batch, entitled, make_account, receipt, release, reverse_bill
from properties import examples
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import assign_unallocated, credit
from zaikong.application.proving import prove_balances
from zaikong.application.statement import statement
from zaikong.application.waiver import decide_waiver, late_fee_owed, request_waiver
from zaikong.store import bulk
from zaikong.store.models import OpenItem

START = date(2025, 11, 25)
UNKNOWN = "9999999999"
STANDING = {"credited", "unallocated", "in_transit"}

amounts = st.integers(1, 30_000)
places = st.integers(0, 2)


class LedgerMachine(RuleBasedStateMachine):
    """Three accounts: a resident, a business, a business with its own rate; days go on over the turn of the year."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.day = START
        self.receipts = {}
        self.bills = []

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def open_accounts(self):
        terms = ({}, {"category": "business"}, {"category": "industrial", "late_fee_ppm": 1500})
        self.accounts = [make_account(f"410000000{n}", **more) for n, more in enumerate(terms)]
        self.clerk = entitled("clerk", "undo_payment", "request_latefeewaiver")
        self.manager = entitled("manager", "approve_latefeewaiver")

    def number(self, place):
        return self.accounts[place].account_no if place < len(self.accounts) else UNKNOWN

    def hand_in(self, *rows):
        return credit(batch(*rows), booked_date=self.day)["outcome"].to_list()

    @rule(days=st.integers(1, 25))
    def days_pass(self, days):
        self.day += timedelta(days=days)

    @rule(bills=st.lists(st.tuples(places, amounts, st.integers(-5, 20)), min_size=1, max_size=3))
    def bills_are_released(self, bills):
        month = self.day.year * 100 + self.day.month
        asked = [(self.accounts[place], month, self.day + timedelta(days=due), fen) for place, fen, due in bills]
        self.bills += release(asked, issued_date=self.day)

    @rule(
        rows=st.lists(
            st.tuples(
                st.integers(0, 3),
                amounts,
                st.integers(0, 9),
                st.sampled_from(["payment", "topup", "in_transit"]),
                st.booleans(),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def receipts_arrive(self, rows):
        handed = []
        for place, fen, ago, kind, named in rows:
            reference = f"r{len(self.receipts)}"
            month = self.day.year * 100 + self.day.month if named else None
            handed.append(
                receipt(reference, self.number(place), fen, self.day - timedelta(days=ago), kind=kind, month=month)
            )
            state = "in_transit" if kind == "in_transit" else "unallocated" if place == 3 else "credited"
            self.receipts[reference] = {"row": handed[-1], "known": place < 3, "state": state}
        expected = [self.receipts[row["channel_ref"]]["state"] for row in handed]
        assert self.hand_in(*handed) == expected

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), kind=st.sampled_from(["payment", "cleared", "bounce", "reversal", "in_transit"]))
    def something_is_said_of_known_receipts(self, data, kind):
        references = data.draw(st.lists(st.sampled_from(sorted(self.receipts)), min_size=1, max_size=4))
        rows, expected = [], []
        for reference in references:
            kept = self.receipts[reference]
            rows.append({**kept["row"], "kind": kind})
            expected.append(self.becomes(kept, kind))
        assert self.hand_in(*rows) == expected

    def becomes(self, kept, kind):
        if kind in {"bounce", "reversal"} and kept["state"] in STANDING:
            kept["state"] = "bounced" if kind == "bounce" else "reversed"
            return kept["state"]
        if kind in {"payment", "cleared"} and kept["state"] == "in_transit":
            kept["state"] = "credited" if kept["known"] else "unallocated"
            return "cleared"
        return "refused" if kind == "cleared" and kept["state"] not in STANDING else "duplicate"

    @precondition(lambda self: self.receipts)
    @rule(data=st.data())
    def a_reference_comes_with_another_amount(self, data):
        kept = self.receipts[data.draw(st.sampled_from(sorted(self.receipts)))]
        row = {**kept["row"], "kind": "payment", "amount_fen": kept["row"]["amount_fen"] + 1}
        assert self.hand_in(row) == ["refused"]

    @rule()
    def prepaid_money_is_applied(self):
        apply_prepaid(as_of=self.day)
        assert apply_prepaid(as_of=self.day).accounts == 0

    @precondition(lambda self: self.bills)
    @rule(data=st.data())
    def a_bill_is_reversed(self, data):
        bill = data.draw(st.sampled_from(self.bills))
        self.bills.remove(bill)
        reverse_bill(bill, issued_date=self.day)

    @precondition(lambda self: self.bills)
    @rule(data=st.data(), approve=st.booleans())
    def a_late_fee_is_waived(self, data, approve):
        bill = data.draw(st.sampled_from(self.bills))
        owed = late_fee_owed(bill=bill, as_of=self.day)
        if owed:
            fen = data.draw(st.integers(1, owed))
            asked = request_waiver(bill=bill, amount_fen=fen, reason="flood", staff=self.clerk, as_of=self.day)
            decide_waiver(waiver=asked.pk, approve=approve, staff=self.manager, as_of=self.day)
            assert late_fee_owed(bill=bill, as_of=self.day) == owed - (fen if approve else 0)

    @precondition(lambda self: any(kept["state"] == "unallocated" for kept in self.receipts.values()))
    @rule(data=st.data(), place=places)
    def unallocated_money_is_assigned(self, data, place):
        waiting = sorted(name for name, kept in self.receipts.items() if kept["state"] == "unallocated")
        reference = data.draw(st.sampled_from(waiting))
        assign_unallocated(
            channel="bank",
            channel_ref=reference,
            account_no=self.number(place),
            reason="rang up",
            staff=self.clerk,
            as_of=self.day,
        )
        self.receipts[reference]["state"] = "credited"

    @invariant()
    def the_proof_finds_nothing(self):
        assert prove_balances(as_of=self.day) == []

    @invariant()
    def no_fen_is_lost_made_or_counted_twice(self):
        handed = dict.fromkeys(STANDING, 0)
        for kept in self.receipts.values():
            if kept["state"] in STANDING:
                handed[kept["state"]] += kept["row"]["amount_fen"]
        gl = balance_by_gl()
        assert gl.get("1002", 0) == handed["credited"] + handed["unallocated"]
        assert gl.get("1012", 0) == handed["in_transit"]
        settled = bulk.fetch(
            "SELECT coalesce(sum(principal_fen), 0)::bigint, coalesce(sum(late_fee_fen), 0)::bigint FROM zaikong_allocation",
            {"principal": pl.Int64, "fee": pl.Int64},
        )
        principal, fee = settled.row(0)
        assert handed["credited"] == principal + fee - gl.get("2203", 0)
        assert fee == -gl.get("6301", 0)

    @invariant()
    def no_item_is_overpaid_and_what_is_paid_off_owes_its_fee_only(self):
        for item in OpenItem.objects.all():
            assert 0 <= item.open_fen <= item.amount_fen
            assert item.late_fee_paid_fen >= 0

    @invariant()
    def statements_foot(self):
        for account in getattr(self, "accounts", ()):
            made = statement(account_no=account.account_no, from_date=START, to_date=self.day + timedelta(days=1))
            assert made.closing_fen == made.receivable_fen - made.prepaid_fen - made.in_transit_fen


DEEP = examples(8)


@pytest.mark.django_db
def test_the_ledger_holds_whatever_happens():
    run_state_machine_as_test(
        LedgerMachine,
        settings=settings(
            max_examples=DEEP,
            stateful_step_count=14,
            suppress_health_check=list(HealthCheck),
            derandomize=DEEP == 8,
        ),
    )
