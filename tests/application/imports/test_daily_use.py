import pytest

from zaikong.store.models import Account, DailyUse

from .desk import AS_OF, CUSTOMER, counts, csv, faults, rows, take

pytestmark = pytest.mark.django_db

DAY = {"account_no": "4100000001", "date": "2025-07-01", "kwh": "12.34"}


@pytest.fixture(autouse=True)
def account(tmp_path):
    take("customers", csv(tmp_path, rows(CUSTOMER, {}), "customers.csv"))


def use(folder, *changes, name="file.csv", **options):
    return take("daily_use", csv(folder, rows(DAY, *changes), name), **options)


def test_a_row_becomes_a_day_of_use(tmp_path):
    whole = {"sharp": "1", "peak": "2", "flat": "3.34", "valley": "6", "kvarh": "0.5"}
    assert counts(use(tmp_path, whole)) == (1, 1, 0, 0, 0)
    day = DailyUse.objects.get()
    assert (str(day.use_date), day.centi_kwh, day.source, day.known_date, day.current) == (
        "2025-07-01",
        1_234,
        "imported",
        AS_OF,
        True,
    )
    assert (day.sharp_centi_kwh, day.peak_centi_kwh, day.flat_centi_kwh, day.valley_centi_kwh, day.centi_kvarh) == (
        100,
        200,
        334,
        600,
        50,
    )


def test_registers_must_add_up(tmp_path):
    assert faults(use(tmp_path, {"sharp": "1", "valley": "2"})) == [(2, "kwh", "12.34", "REGISTERS_DO_NOT_ADD_UP")]


def test_a_later_file_revises_the_day_and_keeps_what_it_replaces(tmp_path):
    use(tmp_path, {})
    report = use(tmp_path, {"kwh": "13"}, {"date": "2025-07-02"}, name="again.csv")
    assert (counts(report), report.details) == ((2, 2, 0, 0, 0), {"created": 1, "revised": 1})
    of_day = DailyUse.objects.filter(use_date="2025-07-01").order_by("id")
    assert [(day.centi_kwh, day.current) for day in of_day] == [(1_234, False), (1_300, True)]
    assert counts(use(tmp_path, {"kwh": "13.00"}, name="third.csv")) == (1, 0, 1, 0, 0)


def test_what_a_meter_measured_is_not_overwritten(tmp_path):
    DailyUse.objects.create(
        account=Account.objects.get(), use_date="2025-07-01", centi_kwh=999, source="measured", known_date=AS_OF
    )
    report = use(tmp_path, {}, {"date": "2025-07-02"}, accept_partial=True)
    assert (faults(report), counts(report)) == ([(2, "kwh", "12.34", "USE_MEASURED")], (2, 1, 0, 1, 0))
    assert counts(use(tmp_path, {"kwh": "9.99"}, name="same.csv")) == (1, 0, 1, 0, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kwh": "-1"}, "NUMBER_TOO_SMALL"),
        ({"kwh": "100000000.01"}, "NUMBER_TOO_LARGE"),
        ({"kwh": ""}, "EMPTY"),
        ({"date": "2025-08-01"}, "DATE_IN_FUTURE"),
        ({"account_no": "4199999999"}, "ACCOUNT_UNKNOWN"),
    ],
)
def test_what_cannot_be_use_is_refused(tmp_path, change, code):
    assert [fault[3] for fault in faults(use(tmp_path, change))] == [code]
