import pytest

from zaikong.store.models import AccountBalance, OpenItem, Payment

from .desk import BILL, CUSTOMER, PAYMENT, codes, counts, csv, faults, rows, take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bill(tmp_path):
    take("customers", csv(tmp_path, rows(CUSTOMER, {}), "customers.csv"))
    take("bills", csv(tmp_path, rows(BILL, {}), "bills.csv"))


def payments(folder, *changes, name="file.csv", **options):
    return take("payments", csv(folder, rows(PAYMENT, *changes), name), **options)


def test_a_payment_pays_its_bill(tmp_path):
    report = payments(tmp_path, {})
    assert (counts(report), report.details) == ((1, 1, 0, 0, 0), {"credited": 1, "credited_fen": 5_600})
    assert OpenItem.objects.get().open_fen == 0


def test_a_receipt_delivered_again_is_counted_unchanged(tmp_path):
    assert counts(payments(tmp_path, {}, {})) == (2, 1, 1, 0, 0)
    assert counts(payments(tmp_path, {}, {"channel_ref": "r2"}, name="again.csv")) == (2, 1, 1, 0, 0)
    assert Payment.objects.count() == 2
    assert AccountBalance.objects.get().prepaid_fen == 5_600


def test_money_for_an_unknown_account_is_kept_not_rejected(tmp_path):
    report = payments(tmp_path, {"account_no": "4199999999"}, {"account_no": "", "channel_ref": "r2"})
    assert (counts(report), codes(report)) == ((2, 2, 0, 0, 0), ["ACCOUNT_UNKNOWN"])
    assert set(Payment.objects.values_list("state", flat=True)) == {"unallocated"}


def test_one_reference_with_two_amounts_is_rejected(tmp_path):
    payments(tmp_path, {})
    report = payments(tmp_path, {"amount_yuan": "57"}, {"channel_ref": "r2"}, name="again.csv")
    assert (faults(report), counts(report)) == (
        [(2, "channel_ref", "r1", "RECEIPT_CONFLICT")],
        (2, 0, 0, 1, 1),
    )
    assert Payment.objects.count() == 1
    report = payments(tmp_path, {"amount_yuan": "57"}, {"channel_ref": "r2"}, name="again.csv", accept_partial=True)
    assert counts(report) == (2, 1, 0, 1, 0)


def test_kinds_are_understood_in_chinese(tmp_path):
    report = payments(
        tmp_path,
        {"kind": "在途"},
        {"kind": "预存", "channel_ref": "r2"},
        {"kind": "", "channel_ref": "r3", "bill_period": "2025-06"},
        {"kind": "冲正", "channel_ref": "r3"},
    )
    assert counts(report) == (4, 4, 0, 0, 0)
    assert dict(Payment.objects.values_list("channel_ref", "state")) == {
        "r1": "in_transit",
        "r2": "credited",
        "r3": "reversed",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_yuan": "0"}, "NUMBER_TOO_SMALL"),
        ({"amount_yuan": "-56"}, "NUMBER_TOO_SMALL"),
        ({"paid_at": "2025-08-01 00:00:00"}, "DATE_IN_FUTURE"),
        ({"channel": ""}, "EMPTY"),
        ({"channel_ref": ""}, "EMPTY"),
        ({"channel_ref": "1.23456789012346E+17"}, "DIGITS_LOST"),
        ({"kind": "gift"}, "WORD_UNKNOWN"),
        ({"kind": "reversal", "channel_ref": "never"}, "RECEIPT_UNKNOWN"),
        ({"bill_period": "June"}, "MONTH_UNREADABLE"),
    ],
)
def test_what_says_nothing_is_rejected(tmp_path, change, code):
    assert [fault[3] for fault in faults(payments(tmp_path, change))] == [code]
    assert Payment.objects.count() == 0
