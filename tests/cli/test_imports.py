import json
import os
import subprocess
import sys

import pytest
from django.db import connection
from typer.testing import CliRunner

from zaikong.cli import app
from zaikong.store.models import Account

pytestmark = pytest.mark.django_db

HEADER = "户号,户名,用户类别,用电地址,供电所,抄表段,电价,缴费方式,签约日期\n"
ROW = "4100000001,张三,居民,解放路1号,城关,R1,cn.henan.residential,后付费,2020-01-01\n"
BAD = "4100000002,李四,居名,解放路2号,城关,R1,cn.henan.residential,后付费,2020-01-01\n"


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str):
        return CliRunner().invoke(app, list(words))

    return invoke


def file(folder, *rows: str, name: str = "file.csv") -> str:
    (folder / name).write_text(HEADER + "".join(rows), encoding="utf-8")
    return name


def test_all_rows_loaded_is_success(run, tmp_path):
    done = run("import", "customers", file(tmp_path, ROW), "--as-of", "2025-07-31")
    assert done.exit_code == 0, done.output
    assert "STATION_CREATED 1 stations were created from the file." in done.output
    assert Account.objects.count() == 1


def test_rejected_rows_are_shown_and_exit_with_1(run, tmp_path):
    done = run("import", "customers", file(tmp_path, ROW, BAD))
    assert done.exit_code == 1
    assert "WORD_UNKNOWN" in done.output
    assert "file.csv.rejected.csv" in done.output
    assert "Nothing was loaded: 1 sound rows wait." in " ".join(done.output.split())
    assert Account.objects.count() == 0


def test_sound_rows_load_when_asked_to_and_still_exit_with_1(run, tmp_path):
    done = run("import", "customers", file(tmp_path, ROW, BAD), "--accept-partial")
    assert (done.exit_code, Account.objects.count()) == (1, 1)


def test_the_json_report_is_one_object(run, tmp_path):
    done = run("import", "customers", file(tmp_path, ROW, BAD), "--json")
    told = json.loads(done.stdout)
    (report,) = told["files"]
    assert {name: report[name] for name in ("rows", "loaded", "unchanged", "rejected", "waiting")} == {
        "rows": 2,
        "loaded": 0,
        "unchanged": 0,
        "rejected": 1,
        "waiting": 1,
    }
    assert report["rejections"] == [
        {
            "line": 3,
            "column": "用户类别",
            "value": "居名",
            "code": "WORD_UNKNOWN",
            "reason": "category (用户类别) is not understood. Write residential 居民, agricultural 农业, business 商业, "
            "industrial 工业 or public 公共.",
        }
    ]


def test_a_refused_file_does_not_keep_the_next_one_out(run, tmp_path):
    done = run("import", "customers", "none[1].csv", file(tmp_path, ROW))
    assert done.exit_code == 2
    assert "FILE_MISSING: none[1].csv does not exist" in done.output
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["meters"], "HEADER_WRONG"),
        (["signals"], "HEADER_WRONG"),
        (["customers", "--as-of", "31.7.2025"], "is not a date; write YYYY-MM-DD"),
        (["invoices"], "No such command"),
    ],
)
def test_a_users_mistake_is_told_without_traceback(run, tmp_path, words, said):
    done = run("import", words[0], file(tmp_path, ROW), *words[1:])
    assert done.exit_code == 2
    assert said in done.output
    assert "Traceback" not in done.output


def test_options_reach_the_loader(run, tmp_path):
    run("import", "customers", file(tmp_path, ROW))
    other = BAD.replace("居名", "居民").replace("城关", "城东")
    path = tmp_path / "second.csv"
    path.write_text(HEADER.replace("\n", ",备注\n") + other.replace("\n", ",x\n"), encoding="utf-8")
    assert run("import", "customers", "second.csv").exit_code == 2
    assert run("import", "customers", "second.csv", "--ignore-column", "备注").exit_code == 1
    assert run("import", "customers", "second.csv", "--ignore-column", "备注", "--create-missing").exit_code == 0


@pytest.mark.django_db(transaction=True)
def test_a_database_gone_in_the_middle_is_told_without_traceback(run, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fail_now() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;"
            "CREATE TRIGGER fail_now BEFORE INSERT ON zaikong_premise FOR EACH ROW EXECUTE FUNCTION fail_now()"
        )
    try:
        done = run("import", "customers", file(tmp_path, ROW))
    finally:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION fail_now CASCADE")
    assert done.exit_code == 3, done.exception
    assert "nothing was half done" in done.output
    assert Account.objects.count() == 0
    assert run("import", "customers", "file.csv").exit_code == 0


def test_no_database_at_the_address_is_told_without_traceback(tmp_path):
    name = file(tmp_path, ROW)
    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    done = subprocess.run(
        [sys.executable, "-c", "from zaikong.cli import main; main()", "import", "customers", name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert "DATABASE" in done.stderr


def test_exports_name_what_they_masked(run, tmp_path):
    run("import", "customers", file(tmp_path, ROW))
    done = run("export", "customers", "out.xlsx")
    assert (done.exit_code, done.output.strip()) == (
        0,
        "out.xlsx: 1 rows; masked: id_no, phone (--unmasked writes them whole)",
    )
    told = json.loads(run("export", "table", "account", "out.parquet", "--unmasked", "--json").stdout)
    assert told == {"name": "account", "file": "out.parquet", "rows": 1, "masked": []}
    assert run("import", "customers", "out.xlsx").exit_code == 0


def test_help_lists_every_kind(run):
    shown = run("import", "--help").output
    assert all(
        kind in shown for kind in ("customers", "meters", "readings", "daily_use", "bills", "payments", "signals")
    )
