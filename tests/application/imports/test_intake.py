from contextlib import contextmanager
from datetime import date

import psycopg
import pytest
from django.db import connection
from django.db.utils import OperationalError

from zaikong.application.imports import UnableToImportError, load
from zaikong.application.imports.headers import UnableToMatchHeaderError
from zaikong.application.imports.rejected_file import UnableToWriteRejectedRowsError, rejected_path
from zaikong.application.imports.sheet import UnableToReadFileError
from zaikong.store.models import Account, Customer, ImportBatch, ImportRejection, Premise, Staff, Station

from .desk import AS_OF, CUSTOMER, codes, counts, csv, faults, rows, take, text

pytestmark = pytest.mark.django_db

SECOND = {"account_no": "4100000002"}
WRONG = {"account_no": "4100000003", "category": "?"}


def nothing_stands() -> bool:
    return not any(table.objects.exists() for table in (Account, Customer, Premise, Station, ImportBatch))


def test_one_bad_row_keeps_the_others_waiting(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {}, SECOND, WRONG))
    report = take("customers", path)
    assert counts(report) == (3, 0, 0, 1, 2)
    assert not report.complete
    assert nothing_stands()
    assert rejected_path(path).read_text(encoding="utf-8-sig").splitlines()[1].startswith("4100000003,张三,?,")


def test_sound_rows_load_when_asked_to_and_the_batch_keeps_the_others(tmp_path):
    staff = Staff.objects.create(username="wu")
    path = csv(tmp_path, rows(CUSTOMER, {}, WRONG))
    assert counts(take("customers", path, accept_partial=True, staff=staff)) == (2, 1, 0, 1, 0)
    batch = ImportBatch.objects.get()
    assert (batch.kind, batch.file_name, batch.rows, batch.loaded, batch.rejected, batch.as_of_date, batch.staff) == (
        "customers",
        "file.csv",
        2,
        1,
        1,
        AS_OF,
        staff,
    )
    kept = ImportRejection.objects.get()
    assert (kept.line, kept.column, kept.value) == (3, "category", "?")
    assert kept.reason.startswith("WORD_UNKNOWN: category (用户类别) is not understood.")


def test_the_mended_file_of_rejected_rows_loads_as_it_is(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {}, WRONG))
    take("customers", path, accept_partial=True)
    again = rejected_path(path)
    again.write_text(again.read_text(encoding="utf-8-sig").replace(",?,", ",居民,"), encoding="utf-8")
    assert counts(take("customers", again)) == (1, 1, 0, 0, 0)
    assert Account.objects.count() == 2


def test_the_same_content_under_another_name_changes_nothing_even_after_a_change(tmp_path):
    first = csv(tmp_path, rows(CUSTOMER, {}), "a.csv")
    take("customers", first)
    take("customers", csv(tmp_path, rows(CUSTOMER, {"name": "李四"}), "b.csv"))
    report = take("customers", first.rename(tmp_path / "c.csv"))
    assert (counts(report), codes(report)) == ((1, 0, 1, 0, 0), ["FILE_KNOWN"])
    assert report.notes[0].message == "The same content was loaded as a.csv for 2025-07-31; nothing was changed."
    assert Customer.objects.get().name == "李四"


def test_a_file_with_rows_left_may_be_handed_in_again(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {}, WRONG))
    take("customers", path, accept_partial=True)
    assert counts(take("customers", path, accept_partial=True)) == (2, 0, 1, 1, 0)


def test_a_torn_row_is_rejected_with_its_line_and_its_text(tmp_path):
    header = ",".join(CUSTOMER) + "\n"
    sound = ",".join(CUSTOMER.values()) + "\n"
    report = take("customers", text(tmp_path, header + sound.replace("解放路1号", "解放路,1号") + sound))
    assert [(line, code) for line, _, _, code in faults(report)] == [(2, "ROW_TORN")]
    assert report.rejections["reason"][0] == (
        "The row has 17 columns, the header 16. Quote a value that holds the separator."
    )


def test_a_repeated_row_is_read_once(tmp_path):
    assert counts(take("customers", csv(tmp_path, rows(CUSTOMER, {}, {}, {})))) == (3, 1, 2, 0, 0)


def test_several_files_are_reported_one_by_one(tmp_path):
    paths = [csv(tmp_path, rows(CUSTOMER, {}), "a.csv"), csv(tmp_path, rows(CUSTOMER, SECOND, WRONG), "b.csv")]
    report = load("customers", paths, as_of=AS_OF)
    assert (report.rows, report.loaded, report.unchanged, report.rejected, report.waiting) == (3, 1, 0, 1, 1)
    assert [file.complete for file in report.files] == [True, False]
    assert report.as_json()["files"][1]["rejections"][0]["code"] == "WORD_UNKNOWN"


def test_other_kinds_are_refused_by_name(tmp_path):
    with pytest.raises(UnableToImportError) as refusal:
        load("invoices", [tmp_path / "none.csv"], as_of=AS_OF)
    assert refusal.value.code == "KIND_UNKNOWN"


def test_a_header_without_rows_is_refused(tmp_path):
    with pytest.raises(UnableToReadFileError, match="a header and no rows"):
        take("customers", csv(tmp_path, rows(CUSTOMER, {}).clear()))


def test_a_wrong_header_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UnableToMatchHeaderError):
        take("customers", csv(tmp_path, rows(CUSTOMER, {}).drop("name")))
    assert nothing_stands()


def test_rejected_rows_that_cannot_be_written_keep_everything_out(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {}, WRONG))
    rejected_path(path).mkdir()
    with pytest.raises(UnableToWriteRejectedRowsError):
        take("customers", path, accept_partial=True)
    assert nothing_stands()


@contextmanager
def account_table_that_fails(action: str):
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION fail_now() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {action}; RETURN NEW; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER fail_now BEFORE INSERT ON zaikong_account FOR EACH ROW EXECUTE FUNCTION fail_now()"
        )
    try:
        yield
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION fail_now CASCADE")


@pytest.mark.django_db(transaction=True)
def test_a_database_gone_in_the_middle_leaves_nothing_half_done(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {}, SECOND))
    with (
        account_table_that_fails("PERFORM pg_terminate_backend(pg_backend_pid())"),
        pytest.raises((OperationalError, psycopg.OperationalError)),
    ):
        take("customers", path)
    assert nothing_stands()
    assert counts(take("customers", path)) == (2, 2, 0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_of_the_database_leaves_nothing_half_done(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {}))
    with (
        account_table_that_fails("RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'"),
        pytest.raises((OperationalError, psycopg.OperationalError)),
    ):
        take("customers", path)
    assert nothing_stands()


def test_dates_are_judged_by_the_business_date_not_the_clock(tmp_path):
    path = csv(tmp_path, rows(CUSTOMER, {"contract_date": "2020-01-01"}))
    report = take("customers", path, as_of=date(2019, 12, 31))
    assert [fault[3] for fault in faults(report)] == ["DATE_IN_FUTURE"]
