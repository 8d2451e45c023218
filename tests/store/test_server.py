"""The embedded server through a crash of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from zaikong.store.server import data_folder, drop_embedded

WORK = """
import os, signal
from zaikong.store import server
import psycopg
settings = server.django_database()
place = dict(host=settings["HOST"], port=settings["PORT"], user="postgres", dbname=settings["NAME"])
link = psycopg.connect(**place)
{work}
"""
CRASH = """
link.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number"); link.commit()
link.execute("INSERT INTO kept VALUES (0)")
os.kill(int((server.data_folder() / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
"""
COUNT = "print(link.execute('SELECT count(*) FROM kept').fetchone()[0])"


def ran(work: str, folder: Path) -> subprocess.CompletedProcess[str]:
    import os

    env = {**os.environ, "ZAIKONG_VAR": str(folder), "DATABASE_URL": ""}
    return subprocess.run(
        [sys.executable, "-c", WORK.format(work=work)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ZAIKONG_VAR", str(tmp_path / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield tmp_path / "var"
    drop_embedded()


def test_what_was_committed_is_there_after_the_server_was_killed(folder):
    crashed = ran(CRASH, folder)
    assert (crashed.returncode, crashed.stderr) == (0, "")

    again = ran(COUNT, folder)

    assert (again.returncode, again.stdout.strip()) == (0, "1000")


def test_a_folder_removed_and_made_again_begins_with_no_data(folder):
    assert ran("link.execute('CREATE TABLE kept (number int)'); link.commit()", folder).returncode == 0
    first = data_folder()
    shutil.rmtree(folder)

    again = ran("print(link.execute(\"SELECT to_regclass('kept')\").fetchone()[0])", folder)

    assert (again.returncode, again.stdout.strip()) == (0, "None")
    shutil.rmtree(first.parent, ignore_errors=True)


def test_a_folder_that_moves_takes_its_data_along(folder, tmp_path, monkeypatch):
    assert ran(CRASH.replace("os.kill", "0 and os.kill"), folder).returncode == 0
    moved = folder.rename(tmp_path / "moved")
    monkeypatch.setenv("ZAIKONG_VAR", str(moved))

    again = ran(COUNT, moved)

    assert (again.returncode, again.stdout.strip()) == (0, "1000")


def test_dropping_leaves_nothing_behind(folder):
    assert ran("", folder).returncode == 0
    data = data_folder()
    assert (data / "PG_VERSION").exists()

    drop_embedded()

    assert (data.exists(), list(folder.glob("pg*"))) == (False, [])
