"""Each stored figure is spoilt in turn, past the verbs, and the proof must name it."""

from datetime import date

import pytest
from django.db import connection

from ledger_desk import batch, make_account, proof, receipt, release
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import credit
from zaikong.application.proving import prove_balances

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


@pytest.fixture
def ledger():
    """A bill paid late, one open, one paid from prepaid money, money in transit, unknown and bounced."""
    account, other = make_account(), make_account("4100000002")
    release([(account, 202505, date(2025, 6, 20), 10_000), (other, 202506, date(2025, 7, 20), 5_000)])
    credit(
        batch(
            receipt("r1", account.account_no, 13_000, "2025-07-10"),
            receipt("t1", account.account_no, 300, kind="in_transit"),
            receipt("u1", "9999", 400),
            receipt("b1", other.account_no, 5_000),
            receipt("b1", "", 5_000, kind="bounce"),
        ),
        booked_date=TODAY,
    )
    release([(account, 202506, date(2025, 7, 20), 1_000)])
    apply_prepaid(as_of=TODAY)


def spoil(statement):
    """Change rows the way only a fault outside the verbs could: the append-only guards are off for it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount > 0
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_sound_ledger_has_no_differences(ledger):
    assert proof() == []


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE zaikong_accountbalance SET receivable_fen = receivable_fen + 1", ["RECEIVABLE_DIFFERS"] * 2),
        (
            "UPDATE zaikong_accountbalance SET prepaid_fen = prepaid_fen + 1 WHERE receivable_fen > 0",
            ["PREPAID_DIFFERS", "PREPAID_SUM_DIFFERS"],
        ),
        (
            "DELETE FROM zaikong_accountbalance WHERE receivable_fen > 0",
            ["RECEIVABLE_DIFFERS"],
        ),
        (
            "UPDATE zaikong_openitem SET open_fen = open_fen - 1 WHERE amount_fen = 5000",
            ["ITEM_OPEN_DIFFERS", "OPEN_ITEMS_DIFFER"],
        ),
        ("UPDATE zaikong_openitem SET amount_fen = amount_fen + 1 WHERE amount_fen = 5000", ["ITEM_AMOUNT_DIFFERS", "ITEM_OPEN_DIFFERS"]),
        ("DELETE FROM zaikong_openitem WHERE amount_fen = 10000", ["ITEM_AMOUNT_DIFFERS"]),
        (
            "UPDATE zaikong_openitem SET bill_id = 999999 WHERE amount_fen = 1000",
            ["ITEM_AMOUNT_DIFFERS", "ITEM_AMOUNT_DIFFERS", "ITEM_FEE_DIFFERS", "ITEM_OPEN_DIFFERS"],
        ),
        ("UPDATE zaikong_openitem SET late_fee_paid_fen = 1 WHERE amount_fen = 5000", ["ITEM_FEE_DIFFERS"]),
        ("UPDATE zaikong_openitem SET late_fee_waived_fen = 1 WHERE amount_fen = 5000", ["ITEM_WAIVER_DIFFERS"]),
        ("UPDATE zaikong_openitem SET late_fee_fixed_fen = 1 WHERE amount_fen = 10000", ["LATE_FEE_FIXED_DIFFERS"]),
        (
            "UPDATE zaikong_allocation SET late_fee_fen = late_fee_fen + 100000 WHERE late_fee_fen > 0 AND payment_id > 0",
            ["ITEM_FEE_DIFFERS", "PAYMENT_OVERSPENT", "LATE_FEE_DIFFERS"],
        ),
        ("UPDATE zaikong_payment SET amount_fen = 399 WHERE channel_ref = 'u1'", ["PAYMENT_LEGS_DIFFER", "UNIDENTIFIED_DIFFERS"]),
        ("UPDATE zaikong_payment SET amount_fen = 299 WHERE channel_ref = 't1'", ["PAYMENT_LEGS_DIFFER", "HELD_DIFFERS"]),
        ("UPDATE zaikong_payment SET state = 'credited' WHERE channel_ref = 'b1'", ["PAYMENT_LEGS_DIFFER"]),
        ("UPDATE zaikong_leg SET amount_fen = amount_fen - 1 WHERE gl = '6001' AND amount_fen = -5000", ["LEDGER_NOT_ZERO"]),
    ],
)  # fmt: skip
def test_every_spoilt_figure_is_named(ledger, statement, codes):
    spoil(statement)
    assert sorted(proof()) == sorted(codes)


def test_a_difference_says_both_amounts(ledger):
    spoil("UPDATE zaikong_accountbalance SET receivable_fen = receivable_fen + 1 WHERE receivable_fen > 0")
    (finding,) = prove_balances(as_of=TODAY)
    assert finding.subject == "4100000002"
    assert finding.message == "stored receivable and its legs differ: 50.01 and 50.00 yuan"
