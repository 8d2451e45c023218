from datetime import date

import pytest

from zaikong.store.models import Meter, RegisterState

from .desk import CUSTOMER, METER, counts, csv, faults, rows, take

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def accounts(tmp_path):
    take("customers", csv(tmp_path, rows(CUSTOMER, {}, {"account_no": "4100000002"}), "customers.csv"))


def meters(folder, *changes, name="file.csv", **options):
    return take("meters", csv(folder, rows(METER, *changes), name), **options)


def test_a_row_becomes_a_meter_installed_with_its_contract(tmp_path):
    assert counts(meters(tmp_path, {"multiplier": "200", "protocol": "DL/T 698.45", "relay": "外置"})) == (
        1,
        1,
        0,
        0,
        0,
    )
    meter = Meter.objects.get()
    assert (meter.meter_no, meter.account.account_no, meter.multiplier, meter.digits) == ("M0001", "4100000001", 200, 6)
    assert (meter.protocol, meter.relay, meter.address, meter.installed_date) == (
        "dlt698",
        "external",
        "000000000001",
        date(2020, 1, 1),
    )


def test_the_same_rows_change_nothing_and_changed_ones_do(tmp_path):
    meters(tmp_path, {})
    assert counts(meters(tmp_path, {"protocol": "645"}, name="again.csv")) == (1, 0, 1, 0, 0)
    assert counts(meters(tmp_path, {"removed_date": "2025-07-01"}, name="third.csv")) == (1, 1, 0, 0, 0)
    assert counts(meters(tmp_path, {}, name="again.csv")) == (1, 0, 1, 0, 0)
    assert Meter.objects.get().removed_date == date(2025, 7, 1)


def test_an_unknown_account_is_refused(tmp_path):
    report = meters(tmp_path, {}, {"meter_no": "M0002", "account_no": "4199999999"})
    assert (faults(report), counts(report)) == (
        [(3, "account_no", "4199999999", "ACCOUNT_UNKNOWN")],
        (2, 0, 0, 1, 1),
    )
    assert Meter.objects.count() == 0


def test_a_meter_does_not_move_to_another_account(tmp_path):
    meters(tmp_path, {})
    report = meters(tmp_path, {"account_no": "4100000002"}, name="again.csv")
    assert faults(report) == [(2, "account_no", "4100000002", "METER_ELSEWHERE")]


@pytest.mark.parametrize(("column", "value"), [("multiplier", "20"), ("digits", "5")])
def test_a_meter_that_has_been_read_keeps_multiplier_and_digits(tmp_path, column, value):
    meters(tmp_path, {})
    RegisterState.objects.create(meter=Meter.objects.get(), register=0, value_centi=1, read_date=date(2025, 7, 1))
    report = meters(tmp_path, {column: value}, name="again.csv")
    assert faults(report) == [(2, column, value, "METER_ALREADY_READ")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"multiplier": "0"}, "NUMBER_TOO_SMALL"),
        ({"multiplier": "1.5"}, "NUMBER_TOO_FINE"),
        ({"digits": "12"}, "NUMBER_TOO_LARGE"),
        ({"protocol": "modbus"}, "WORD_UNKNOWN"),
        ({"address": "00-01"}, "WORD_UNKNOWN"),
        ({"meter_no": ""}, "EMPTY"),
        ({"installed_date": "2025-07-01", "removed_date": "2025-06-01"}, "REMOVED_BEFORE_INSTALLED"),
        ({"installed_date": "2026-07-01"}, "DATE_IN_FUTURE"),
    ],
)
def test_what_cannot_be_a_meter_is_refused(tmp_path, change, code):
    assert [fault[3] for fault in faults(meters(tmp_path, change))] == [code]
