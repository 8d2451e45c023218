import pytest

from zaikong.application.imports.sheet import UnableToReadFileError
from zaikong.store.models import DailyUse, Meter, MeteringFinding, RegisterReading, RegisterState

from .desk import AS_OF, CUSTOMER, METER, codes, counts, csv, faults, rows, take, text

pytestmark = pytest.mark.django_db

READING = {"meter_no": "M0001", "read_at": "2025-08-01 00:00:00", "register": "total", "value": "101.50"}


@pytest.fixture(autouse=True)
def meter(tmp_path):
    take("customers", csv(tmp_path, rows(CUSTOMER, {}, {"account_no": "4100000002"}), "customers.csv"))
    take("meters", csv(tmp_path, rows(METER, {}), "meters.csv"))
    RegisterState.objects.create(meter=Meter.objects.get(), register=0, value_centi=10_000, read_date="2025-07-30")


def readings(folder, *changes, name="file.csv", **options):
    return take("readings", csv(folder, rows(READING, *changes), name), **options)


def test_a_row_becomes_a_reading_and_the_use_of_its_day(tmp_path):
    report = readings(tmp_path, {})
    assert (counts(report), report.details["measured"]) == ((1, 1, 0, 0, 0), 1)
    assert RegisterReading.objects.get().value_centi == 10_150
    assert (DailyUse.objects.get().centi_kwh, DailyUse.objects.get().use_date) == (150, AS_OF)
    assert counts(readings(tmp_path, {}, name="again.csv")) == (1, 0, 1, 0, 0)


def test_the_meter_may_be_named_by_its_account(tmp_path):
    header = "户号,抄表时间,示数类型,示数\n"
    report = take("readings", text(tmp_path, header + "4100000001,2025年8月1日,正向有功总,101.50\n"))
    assert (counts(report), DailyUse.objects.get().centi_kwh) == ((1, 1, 0, 0, 0), 150)


def test_an_account_that_names_no_one_meter_is_rejected(tmp_path):
    take("meters", csv(tmp_path, rows(METER, {"meter_no": "M0002"}), "meters.csv"))
    blank = {"meter_no": ""}
    report = readings(
        tmp_path,
        {"account_no": "4100000001", **blank},
        {"account_no": "4100000002", **blank},
        {"account_no": "", **blank},
        {"account_no": "4100000002"},
        {"account_no": "4100000001"},
        accept_partial=True,
    )
    assert [(line, code) for line, _, _, code in faults(report)] == [
        (2, "METER_AMBIGUOUS"),
        (3, "METER_UNKNOWN"),
        (4, "EMPTY"),
        (5, "METER_ELSEWHERE"),
    ]
    assert counts(report) == (5, 1, 0, 4, 0)


def test_what_metering_holds_or_refuses_is_loaded_with_findings(tmp_path):
    report = readings(tmp_path, {"value": "50"}, {"meter_no": "M9999"})
    assert (counts(report), report.details["held"], report.details["refused"]) == ((2, 2, 0, 0, 0), 1, 1)
    assert codes(report) == ["ESTIMATE_WITHOUT_HISTORY", "METER_UNKNOWN", "READING_BACKWARDS"]
    assert MeteringFinding.objects.count() == 3


def test_a_file_of_another_county_is_refused(tmp_path):
    with pytest.raises(UnableToReadFileError, match="names no meter that is known here"):
        readings(tmp_path, {"meter_no": "M9999"})
    assert not RegisterReading.objects.exists()


def test_a_file_that_names_neither_account_nor_meter_is_refused(tmp_path):
    with pytest.raises(UnableToReadFileError) as refusal:
        take("readings", csv(tmp_path, rows(READING, {}).drop("meter_no")))
    assert refusal.value.code == "HEADER_WRONG"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"value": "-1"}, "NUMBER_TOO_SMALL"),
        ({"value": "1.234"}, "NUMBER_TOO_FINE"),
        ({"value": ""}, "EMPTY"),
        ({"register": "sum"}, "WORD_UNKNOWN"),
        ({"read_at": "noon"}, "TIME_UNREADABLE"),
    ],
)
def test_what_cannot_be_read_is_rejected(tmp_path, change, code):
    assert [fault[3] for fault in faults(readings(tmp_path, change))] == [code]
