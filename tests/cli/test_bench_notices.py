"""`zaikong bench notices`."""

import json

from typer.testing import CliRunner

from papers_read import pdf_text
from zaikong.cli.bench import app


def ran(*arguments):
    result = CliRunner().invoke(app, ["notices", *arguments])
    return result.exit_code, result.stdout


def test_the_figures_are_one_json_object_and_the_file_is_left(tmp_path):
    code, text = ran("--count", "4", "--json", "--folder", str(tmp_path))
    figures = json.loads(text)
    assert (code, figures["count"], figures["same_bytes_twice"], figures["aim"]) == (
        0,
        4,
        True,
        {"seconds": 60, "reached": True},
    )
    content = (tmp_path / "notices.pdf").read_bytes()
    assert len(content) == figures["bytes"]
    assert "停2025-000004" in pdf_text(content)


def test_the_same_seed_gives_the_same_file():
    hashes = [json.loads(ran("--count", "2", "--json", "--seed", seed)[1])["sha256"] for seed in ("1", "1", "2")]
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_figures_are_a_table_too():
    code, text = ran("--count", "2")
    assert (code, "2 notices in one PDF" in text) == (0, True)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert ran("--count", "2", "--folder", str(tmp_path / "none"))[0] == 2
