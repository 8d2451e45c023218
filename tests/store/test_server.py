"""The embedded server through a crash of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from zaikong.store.server import data_folder

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
    yield tmp_path
    import shutil

    monkeypatch.setenv("ZAIKONG_VAR", str(tmp_path))
    shutil.rmtree(data_folder().parent, ignore_errors=True)


def test_what_was_committed_is_there_after_the_server_was_killed(folder):
    crashed = ran(CRASH, folder)
    assert (crashed.returncode, crashed.stderr) == (0, "")

    again = ran(COUNT, folder)

    assert (again.returncode, again.stdout.strip()) == (0, "1000")
