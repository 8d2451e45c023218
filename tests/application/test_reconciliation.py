from datetime import date

import polars as pl
import pytest

from ledger_desk import batch, make_account, receipt
from zaikong.application.payments import credit
from zaikong.application.reconciliation import UnableToReconcileError, read_statement, reconcile

pytestmark = pytest.mark.django_db

DAY, NEXT = date(2025, 7, 10), date(2025, 7, 11)
TODAY = date(2025, 7, 31)


def stated(*rows):
    return pl.DataFrame(list(rows), schema={"channel_ref": pl.String, "amount_fen": pl.Int64}, orient="row")


def against(*rows):
    return reconcile(stated(*rows), channel="bank", from_date=DAY, to_date=NEXT)


def codes(result):
    return dict(result.mismatches.select("channel_ref", "code").iter_rows())


@pytest.fixture
def ledger():
    """Ten receipts of the bank, one of another channel, in every state a receipt can have."""
    number = make_account().account_no
    rows = [receipt(f"r{n}", number, 100 * n) for n in range(1, 6)]
    rows += [receipt("lost", "9999", 50), receipt("other-day", number, 70, "2025-07-09")]
    rows += [receipt("moving", number, 30, kind="in_transit"), receipt("due", number, 20, kind="in_transit")]
    rows += [receipt("back", number, 60), receipt("back", "", 60, kind="bounce")]
    credit(batch(*rows, receipt("w1", number, 999, channel="wechat")), booked_date=TODAY)


EVERYTHING = (
    ("r1", 100),
    ("r2", 200),
    ("r3", 300),
    ("r4", 400),
    ("r5", 500),
    ("lost", 50),
    ("back", 60),
    ("back", -60),
)


def test_two_sides_that_agree_have_no_findings(ledger):
    result = against(*EVERYTHING)
    assert (result.matched, result.findings(), result.difference_fen) == (7, [], 0)
    assert (result.statement_fen, result.ledger_fen, result.in_transit_fen) == (1_550, 1_550, 50)


def test_each_way_to_differ_has_its_code_and_they_add_up_to_the_difference(ledger):
    result = against(
        ("r1", 100),
        ("r2", 250),
        ("r3", 300),
        ("r3", 300),
        ("r4", 400),
        ("r4", -400),
        ("lost", 50),
        ("new", 80),
        ("moving", 30),
        ("back", 60),
        ("other-day", 70),
    )
    assert codes(result) == {
        "r2": "AMOUNT_DIFFERS",
        "r3": "REPEATED_IN_STATEMENT",
        "r4": "TAKEN_BACK_BY_CHANNEL",
        "r5": "NOT_IN_STATEMENT",
        "new": "NOT_IN_LEDGER",
        "moving": "ARRIVED_NOT_CLEARED",
        "back": "TAKEN_BACK_IN_LEDGER",
        "other-day": "OTHER_DAY",
    }
    each = result.mismatches["statement_fen"].sum() - result.mismatches["ledger_fen"].sum()
    assert each == result.difference_fen == 1_240 - 1_620
    assert (result.matched, result.in_transit_fen) == (2, 20)
    finding = next(finding for finding in result.findings() if finding.code == "NOT_IN_LEDGER")
    assert finding.subject == "bank new"
    assert finding.message.endswith("(statement 0.80, ledger 0.00)")


def test_an_empty_statement_leaves_every_receipt_of_the_period_unmatched(ledger):
    result = against()
    assert set(codes(result).values()) == {"NOT_IN_STATEMENT"}
    assert result.difference_fen == -1_550


def test_credit_and_return_of_something_unknown_is_nothing(ledger):
    assert "odd" not in codes(against(*EVERYTHING, ("odd", 5), ("odd", -5)))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (stated(("", 5)), "STATEMENT_UNREADABLE"),
        (stated((None, 5)), "STATEMENT_UNREADABLE"),
        (stated(("r1", 0)), "STATEMENT_UNREADABLE"),
        (stated(("r1", None)), "STATEMENT_UNREADABLE"),
        (stated(("r1", 5)).drop("amount_fen"), "COLUMNS_WRONG"),
        (stated(("r1", 5)).with_columns(pl.col("amount_fen").cast(pl.Float64)), "COLUMNS_WRONG"),
    ],
)
def test_half_a_statement_is_refused(frame, code):
    with pytest.raises(UnableToReconcileError) as caught:
        reconcile(frame, channel="bank", from_date=DAY, to_date=NEXT)
    assert caught.value.code == code


def test_an_empty_period_is_refused():
    with pytest.raises(UnableToReconcileError, match="PERIOD_EMPTY"):
        reconcile(stated(), channel="bank", from_date=DAY, to_date=DAY)


HEADER = "account_no,paid_at,amount_yuan,channel,channel_ref,kind\n"


def test_a_file_in_the_form_of_payments_is_a_statement_with_money_back_negative(tmp_path):
    file = tmp_path / "bank.csv"
    lines = ["1,2025-07-10 10:00,1.00,bank,r1,", "1,2025-07-10 10:00,2.50,bank,r2,payment"]
    lines += ["1,2025-07-10 11:00,2.50,bank,r2,bounce", "1,2025-07-10 10:00,9.00,wechat,w1,"]
    lines += ["1,2025-07-10 10:00,7.00,bank,t1,in_transit"]
    file.write_text(HEADER + "\n".join(lines), encoding="utf-8")
    assert read_statement(file, channel="bank", as_of=TODAY).rows() == [("r1", 100), ("r2", 250), ("r2", -250)]


@pytest.mark.parametrize(
    ("line", "code"),
    [("1,2025-07-10 10:00,x,bank,r1,", "STATEMENT_UNREADABLE"), ("1,2025-07-10 10:00,1,wechat,r1,", "CHANNEL_ABSENT")],
)
def test_a_file_with_a_bad_row_or_of_another_channel_is_refused(tmp_path, line, code):
    file = tmp_path / "bank.csv"
    file.write_text(HEADER + line, encoding="utf-8")
    with pytest.raises(UnableToReconcileError) as caught:
        read_statement(file, channel="bank", as_of=TODAY)
    assert caught.value.code == code
