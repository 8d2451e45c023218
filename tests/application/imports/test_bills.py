import pytest

from zaikong.store.models import Bill, Leg, OpenItem

from .desk import BILL, CUSTOMER, counts, csv, faults, rows, take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def accounts(tmp_path):
    take("customers", csv(tmp_path, rows(CUSTOMER, {}, {"account_no": "4100000002"}), "customers.csv"))


def bills(folder, *changes, name="file.csv", **options):
    return take("bills", csv(folder, rows(BILL, *changes), name), **options)


def test_a_row_becomes_a_bill_with_its_open_item_and_legs(tmp_path):
    report = bills(tmp_path, {"amount_yuan": "1,234.50"}, {"account_no": "4100000002", "amount_yuan": "0"})
    assert (counts(report), report.details) == ((2, 2, 0, 0, 0), {"posted_fen": 123_450})
    bill = Bill.objects.get(account__account_no="4100000001")
    assert (bill.kind, bill.month, str(bill.issued_date), str(bill.due_date)) == (
        "imported",
        202506,
        "2025-07-01",
        "2025-07-20",
    )
    assert (bill.centi_kwh, bill.total_fen) == (10_000, 123_450)
    assert OpenItem.objects.get().open_fen == 123_450
    assert sum(Leg.objects.values_list("amount_fen", flat=True)) == 0


def test_a_month_is_billed_once(tmp_path):
    bills(tmp_path, {})
    assert counts(bills(tmp_path, {"kwh": "100.00"}, name="again.csv")) == (1, 0, 1, 0, 0)
    report = bills(tmp_path, {"amount_yuan": "57"}, {"period": "2025-05"}, name="third.csv")
    assert (faults(report), counts(report)) == (
        [(2, "amount_yuan", "57", "MONTH_BILLED")],
        (2, 0, 0, 1, 1),
    )
    assert Bill.objects.count() == 1


def test_one_month_twice_in_a_file_is_refused_both_times(tmp_path):
    report = bills(tmp_path, {}, {"amount_yuan": "57"})
    assert [fault[3] for fault in faults(report)] == ["KEY_TWICE", "KEY_TWICE"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account_no": "4199999999"}, "ACCOUNT_UNKNOWN"),
        ({"amount_yuan": "-1"}, "NUMBER_TOO_SMALL"),
        ({"amount_yuan": "1.005"}, "NUMBER_TOO_FINE"),
        ({"amount_yuan": "12,40"}, "NUMBER_UNREADABLE"),
        ({"amount_yuan": "99999999999"}, "NUMBER_TOO_LARGE"),
        ({"period": "2025-13"}, "MONTH_UNREADABLE"),
        ({"issued_date": "2025-08-01"}, "DATE_IN_FUTURE"),
        ({"issued_date": "2025-05-31"}, "ISSUED_BEFORE_MONTH"),
        ({"due_date": "2025-06-30"}, "DUE_DATE_WRONG"),
        ({"due_date": "2026-07-03"}, "DUE_DATE_WRONG"),
    ],
)
def test_what_cannot_be_a_bill_is_refused(tmp_path, change, code):
    assert [fault[3] for fault in faults(bills(tmp_path, change))] == [code]
    assert Bill.objects.count() == 0
