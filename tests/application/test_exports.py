import resource
from datetime import date

import polars as pl
import pytest
from django.apps import apps
from django.db import connection
from polars.testing import assert_frame_equal
from python_calamine import CalamineWorkbook

from zaikong.application import exports
from zaikong.application.imports import KINDS, load
from zaikong.application.metering import estimate_missing
from zaikong.application.table_files import UnableToWriteFileError, write_frame
from zaikong.store.models import Customer, Staff, Station

pytestmark = pytest.mark.django_db

AS_OF = date(2025, 7, 31)
ID_NO = "410105199001010011"

FILES = {
    "customers": (
        "account_no,name,category,usci,id_no,phone,address,station,route,collector,tariff,capacity_kva,voltage,important,"
        "payment_mode,contract_date,household_size,low_income,late_fee_permille,closed_date\n"
        f'4100000001,"张三,丰",residential,,{ID_NO},13812341234,解放路1号,城关,R1,E1,cn.henan.residential,,,,post_paid,'
        "2020-01-01,5,yes,,\n"
        '4100000002,"=1+1 ""甲""公司",industrial,91410100MA44444441,,0371-66666666,城东,城东,R2,,cn.henan.business,400.5,'
        "10kv,second,prepaid,2021-02-03,,,1.5,2025-07-01\n"
    ),
    "meters": (
        "account_no,meter_no,protocol,address,multiplier,digits,relay\n"
        "4100000001,M1,dlt645,0001,1,6,internal\n4100000002,M2,none,,200,5,none\n"
    ),
    "daily_use": "account_no,date,kwh,sharp,peak,flat,valley,kvarh\n4100000001,2025-07-29,12.34,1,2,3.34,6,0.5\n",
    "readings": (
        "meter_no,read_at,register,value\nM1,2025-07-30 23:58:00,total,100\nM1,2025-08-01 00:00:00,total,101.5\n"
        "M2,2025-08-01 00:00:00,valley,99999.99\nM9,2025-08-01 00:00:00,total,1\n"
    ),
    "bills": (
        "account_no,period,issued_date,due_date,kwh,amount_yuan\n"
        "4100000001,2025-06,2025-07-01,2025-07-20,100,56.00\n4100000002,2025-06,2025-07-01,2025-07-20,1000.5,1234567.89\n"
    ),
    "payments": (
        "account_no,paid_at,amount_yuan,channel,channel_ref,bill_period,kind\n"
        "4100000001,2025-07-10 09:30:15,56.00,counter,r1,2025-06,\n4199999999,2025-07-11 00:00:00,7.1,bank,r2,,\n"
        "4100000001,2025-07-12 08:00:00,20,wechat,r3,,topup\n4100000001,2025-07-12 08:00:00,20,bank,r4,,in_transit\n"
        "4100000001,2025-07-13 08:00:00,30,bank,r5,,\n4100000001,2025-07-13 08:00:00,30,bank,r5,,bounce\n"
    ),
    "signals": (
        "subject_name,usci,kind,date,source,document_no\n"
        '"=1+1 ""甲""公司",91410100MA44444441,bankruptcy,2025-07-01,法院公告,（2025）豫01破1号\n'
        "中牟华兴纸业有限公司,,closure_order,2025-07-02,县政府,\n"
    ),
}


@pytest.fixture
def county(tmp_path):
    for kind, content in FILES.items():
        path = tmp_path / f"{kind}.csv"
        path.write_text(content, encoding="utf-8")
        assert load(kind, [path], as_of=AS_OF).complete, kind


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.usefixtures("county")
def test_what_was_exported_can_be_imported_and_changes_nothing(tmp_path, kind, form):
    path = tmp_path / f"out.{form}"
    report = exports.export(kind, path)
    again = load(kind, [path], as_of=AS_OF)
    assert (again.rows, again.loaded, again.unchanged, again.rejected) == (report.rows, 0, report.rows, 0)
    settled_by_readings = 1 if kind == "daily_use" else 0
    assert report.rows == len(FILES[kind].splitlines()) - 1 + settled_by_readings


@pytest.mark.usefixtures("county")
def test_an_export_has_the_columns_of_its_import_file_in_their_order(tmp_path):
    for kind, make in KINDS.items():
        exports.export(kind, tmp_path / "out.parquet")
        written = pl.read_parquet(tmp_path / "out.parquet").columns
        assert sorted(written) == sorted(field.name for field in make(AS_OF).fields), kind


@pytest.mark.usefixtures("county")
def test_customers_come_out_as_text_a_person_reads(tmp_path):
    exports.export("customers", tmp_path / "out.csv", unmasked=True)
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    plan = "cn.henan.business:two_part.10kv.kva"
    assert lines[2] == (
        '4100000002,"=1+1 ""甲""公司",industrial,91410100MA44444441,"",0371-66666666,城东,城东,R2,"",'
        f'{plan},400.50,10kv,second,prepaid,2021-02-03,0,no,0,0.00,"","",1,1.500,,2025-07-01'
    )


@pytest.mark.usefixtures("county")
def test_numbers_of_people_are_masked_unless_asked_for(tmp_path):
    path = tmp_path / "out.parquet"
    assert exports.export("customers", path).masked == ("id_no", "phone")
    assert pl.read_parquet(path).select("id_no", "phone").row(0) == ("410***********0011", "138****1234")
    assert exports.export("customers", path, unmasked=True).masked == ()
    assert pl.read_parquet(path).select("id_no", "phone").row(0) == (ID_NO, "13812341234")
    exports.export_table("customer", path)
    assert pl.read_parquet(path)["id_no"].to_list() == ["410***********0011", ""]


@pytest.mark.usefixtures("county")
def test_a_whole_export_brings_another_installation_up(tmp_path):
    for kind in KINDS:
        exports.export(kind, tmp_path / f"{kind}.parquet", unmasked=True)
    tables = ", ".join(f'"{model._meta.db_table}"' for model in apps.get_app_config("zaikong").get_models())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    for kind in FILES:
        assert load(kind, [tmp_path / f"{kind}.parquet"], as_of=AS_OF).complete, kind
        exports.export(kind, tmp_path / "again.parquet", unmasked=True)
        there, here = pl.read_parquet(tmp_path / f"{kind}.parquet"), pl.read_parquet(tmp_path / "again.parquet")
        assert_frame_equal(there, here)


@pytest.mark.usefixtures("county")
def test_every_table_can_be_written_in_every_form(tmp_path):
    estimate_missing(night_date=AS_OF)
    for name in exports.table_names():
        for form in ("csv", "xlsx", "parquet"):
            report = exports.export_table(name, tmp_path / f"{name}.{form}")
            assert report.path.exists(), name
    assert exports.export_table("Daily_Use", tmp_path / "a.csv").name == "dailyuse"


def test_no_table_shows_a_password(tmp_path):
    Staff.objects.create_user("wu", password="a-long-password-of-wu")
    exports.export_table("staff", tmp_path / "staff.csv", unmasked=True)
    written = (tmp_path / "staff.csv").read_text(encoding="utf-8-sig")
    assert "password" not in written
    assert "pbkdf2" not in written


def test_excel_keeps_text_that_looks_like_a_formula_or_a_number(tmp_path):
    Customer.objects.create(name='=HYPERLINK("http://x")', usci="91410100MA44444441", industry="0012")
    Station.objects.create(code="007", name="http://x")
    exports.export_table("customer", tmp_path / "c.xlsx")
    exports.export_table("station", tmp_path / "s.xlsx")
    rows = CalamineWorkbook.from_path(tmp_path / "c.xlsx").get_sheet_by_index(0).to_python()
    assert rows[1][1:3] == ['=HYPERLINK("http://x")', "91410100MA44444441"]
    assert CalamineWorkbook.from_path(tmp_path / "s.xlsx").get_sheet_by_index(0).to_python()[1][1:] == [
        "007",
        "http://x",
    ]


@pytest.mark.parametrize("name", ["out.txt", "out", "out.xls"])
def test_other_forms_are_refused(tmp_path, name):
    with pytest.raises(UnableToWriteFileError) as refusal:
        exports.export("bills", tmp_path / name)
    assert refusal.value.code == "FORM_UNKNOWN"


def test_a_place_that_cannot_be_written_is_refused_and_left_clean(tmp_path):
    with pytest.raises(UnableToWriteFileError) as refusal:
        exports.export("bills", tmp_path / "none" / "out.csv")
    assert refusal.value.code == "FILE_UNWRITABLE"
    (tmp_path / "out.csv").mkdir()
    with pytest.raises(UnableToWriteFileError):
        exports.export("bills", tmp_path / "out.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_disk_that_takes_no_more_is_refused_and_left_clean(tmp_path, form):
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(UnableToWriteFileError, match=r"cannot be written: .*File too large") as refusal:
            write_frame(pl.select(a=pl.int_range(100_000).hash()), tmp_path / f"out.{form}", title="a")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert refusal.value.code == "FILE_UNWRITABLE"
    assert list(tmp_path.iterdir()) == []


def test_unknown_kinds_and_tables_are_refused_with_what_there_is(tmp_path):
    with pytest.raises(exports.UnableToExportError, match="invoices") as refusal:
        exports.export("invoices", tmp_path / "out.csv")
    assert refusal.value.code == "KIND_UNKNOWN"
    with pytest.raises(exports.UnableToExportError) as refusal:
        exports.export_table("auth_user", tmp_path / "out.csv")
    assert refusal.value.code == "TABLE_UNKNOWN"
    assert "account, " in refusal.value.remedy
