from datetime import date

import polars as pl
import pytest

from ledger_desk import batch, entitled, make_account, receipt, release, reverse_bill
from zaikong.application.account_lookup import UnableToFindAccountError
from zaikong.application.allocating import apply_prepaid
from zaikong.application.payments import assign_unallocated, credit
from zaikong.application.posting import post_legs
from zaikong.application.statement import UnableToStateAccountError, statement
from zaikong.application.waiver import decide_waiver, request_waiver

pytestmark = pytest.mark.django_db

JULY, AUGUST, SEPTEMBER = date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 1)


def take(*rows, on):
    return credit(batch(*rows), booked_date=on)


def rows_of(made):
    return made.lines.select("event", "month", "channel_ref", "debit_fen", "credit_fen", "balance_fen").rows()


@pytest.fixture
def account():
    """Billed 100 yuan in July, paid late and too much, billed again in August, its prepaid money used."""
    account = make_account()
    release([(account, 202506, date(2025, 7, 10), 10_000)], issued_date=JULY)
    take(receipt("r1", account.account_no, 12_000, "2025-07-20"), on=date(2025, 7, 20))
    release([(account, 202507, date(2025, 8, 10), 5_000)], issued_date=AUGUST)
    apply_prepaid(as_of=AUGUST)
    return account


def test_lines_lead_from_the_opening_to_the_closing_balance(account):
    july = statement(account_no=account.account_no, from_date=JULY, to_date=AUGUST)
    assert rows_of(july) == [
        ("bill_released", 202506, None, 10_000, 0, 10_000),
        ("payment_received", None, "r1", 0, 12_000, -2_000),
        ("late_fee_collected", 202506, "r1", 100, 0, -1_900),
    ]
    assert (july.opening_fen, july.closing_fen, july.prepaid_fen, july.receivable_fen) == (0, -1_900, 1_900, 0)
    august = statement(account_no=account.account_no, from_date=AUGUST, to_date=SEPTEMBER)
    assert rows_of(august) == [("bill_released", 202507, None, 5_000, 0, 3_100)]
    assert (august.opening_fen, august.closing_fen) == (july.closing_fen, 3_100)
    assert (august.receivable_fen, august.prepaid_fen) == (3_100, 0)


def test_what_was_settled_names_bill_and_receipt_and_prepaid_money_has_none(account):
    whole = statement(account_no=account.account_no, from_date=JULY, to_date=SEPTEMBER)
    assert whole.settled.select("month", "channel_ref", "principal_fen", "late_fee_fen").rows() == [
        (202506, "r1", 10_000, 100),
        (202507, None, 1_900, 0),
    ]
    assert whole.total("bill_released") == 15_000


def test_late_fee_not_yet_paid_stands_beside_the_balance_as_it_was_on_the_last_day(account):
    owed = statement(account_no=account.account_no, from_date=AUGUST, to_date=date(2025, 8, 21)).late_fee_owed_fen
    assert owed == 31
    take(receipt("r2", account.account_no, 5_000, "2025-08-30"), on=date(2025, 8, 30))
    assert statement(account_no=account.account_no, from_date=AUGUST, to_date=date(2025, 8, 21)).late_fee_owed_fen == 31
    assert statement(account_no=account.account_no, from_date=AUGUST, to_date=SEPTEMBER).late_fee_owed_fen == 0


def test_a_waiver_counts_from_the_day_it_was_decided(account):
    bill = release([(account, 202508, date(2025, 9, 1), 10_000)], issued_date=SEPTEMBER)[0]
    day = date(2025, 9, 11)
    asker, manager = entitled("asker", "request_latefeewaiver"), entitled("manager", "approve_latefeewaiver")
    asked = request_waiver(bill=bill, amount_fen=90, reason="flood", staff=asker, as_of=day)
    decide_waiver(waiver=asked.pk, approve=True, staff=manager, as_of=day)
    before = statement(account_no=account.account_no, from_date=JULY, to_date=day)
    after = statement(account_no=account.account_no, from_date=JULY, to_date=date(2025, 9, 12))
    assert (before.late_fee_owed_fen, after.late_fee_owed_fen) == (96 + 90, 99 + 100 - 90)


def test_bounces_reversals_transit_and_assigned_money_are_lines_that_foot(account):
    number, day = account.account_no, date(2025, 8, 5)
    take(receipt("r1", "", 12_000, kind="bounce"), receipt("t1", number, 700, "2025-08-05", kind="in_transit"), on=day)
    take(receipt("u1", "9999", 400, "2025-08-05"), on=day)
    clerk = entitled("clerk", "undo_payment")
    assign_unallocated(channel="bank", channel_ref="u1", account_no=number, reason="rang", staff=clerk, as_of=day)
    bill = release([(account, 202507, date(2025, 8, 20), 300)], issued_date=day)[0]
    reverse_bill(bill, issued_date=day)
    made = statement(account_no=number, from_date=day, to_date=SEPTEMBER)
    assert {event: (debit, credit) for event, _, _, debit, credit, _ in rows_of(made)} == {
        "payment_reversed": (12_000, 0),
        "late_fee_returned": (0, 100),
        "payment_in_transit": (0, 700),
        "unidentified_assigned": (0, 400),
        "bill_released": (300, 0),
        "bill_reversed": (0, 300),
    }
    assert made.opening_fen == 3_100
    assert made.closing_fen == 3_100 + 12_000 - 100 - 700 - 400
    assert (made.receivable_fen, made.prepaid_fen, made.in_transit_fen) == (14_600, 0, 700)


def test_an_account_without_movement_has_an_empty_statement():
    make_account()
    made = statement(account_no="4100000001", from_date=JULY, to_date=AUGUST)
    assert (made.opening_fen, made.closing_fen, made.lines.height, made.late_fee_owed_fen) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"account_no": "nobody"}, "ACCOUNT_UNKNOWN"), ({"to_date": JULY}, "PERIOD_EMPTY")],
)
def test_no_account_and_no_period_are_refused(arguments, code):
    make_account()
    asked = {"account_no": "4100000001", "from_date": JULY, "to_date": AUGUST} | arguments
    with pytest.raises((UnableToFindAccountError, UnableToStateAccountError)) as caught:
        statement(**asked)
    assert caught.value.code == code


def test_a_ledger_that_does_not_foot_is_not_stated(account):
    stray = [
        {"transaction": 1, "event": "late_fee_collected", "gl": gl, "account": owner, "bill": None, "amount_fen": fen}
        for gl, owner, fen in (("224101", account.pk, 5), ("6301", None, -5))
    ]
    post_legs(pl.DataFrame(stray, schema_overrides={"bill": pl.Int64}), booked_date=JULY)
    with pytest.raises(UnableToStateAccountError, match="STATEMENT_DOES_NOT_FOOT"):
        statement(account_no=account.account_no, from_date=JULY, to_date=AUGUST)


def test_a_statement_takes_a_fixed_number_of_queries(account, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        statement(account_no=account.account_no, from_date=JULY, to_date=SEPTEMBER)
