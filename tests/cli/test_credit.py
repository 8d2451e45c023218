"""`zaikong credit`."""

import json
import subprocess
import sys

import polars as pl
import pytest
from typer.testing import CliRunner

from application.credit.made_tables import card, plain
from zaikong.application.credit.model_file import UnableToLoadModelError
from zaikong.cli.credit import app


def ran(*arguments):
    result = CliRunner().invoke(app, [str(each) for each in arguments], env={"COLUMNS": "250"}, catch_exceptions=False)
    return result.exit_code, result.stdout


@pytest.fixture
def card_file(tmp_path):
    path = tmp_path / "card.csv"
    card().write_csv(path)
    return path


def test_a_card_score_is_fitted_and_used_on_accounts_without_a_label(tmp_path, card_file):
    model, scores = tmp_path / "model.json", tmp_path / "scores.parquet"
    code, text = ran(
        *("fit", "--table", card_file, "--label", "default.payment.next.month", "--panel", "card", "-o", model)
    )
    assert (code, text.splitlines()[0]) == (0, "left out: ID (never read)")
    assert f"sha256 {json.loads(model.read_text(encoding='utf-8'))['sha256']}" in text
    fresh = tmp_path / "fresh.parquet"
    card(90, seed=2).drop("default.payment.next.month").write_parquet(fresh)
    assert ran("predict", "--model", model, "--table", fresh, "-o", scores) == (0, f"90 rows in {scores}\n")
    scored = pl.read_parquet(scores)
    assert scored.schema == {"row": pl.Int64, "probability": pl.Float64}
    assert scored["row"].to_list() == list(range(90))


def test_a_plain_score_takes_its_directions_from_options(tmp_path):
    plain().write_parquet(tmp_path / "t.parquet")
    options = ("--drop", "noise", "--increasing", "late_days", "--decreasing", "paid_share", "--name", "mine")
    code, _ = ran("fit", "--table", tmp_path / "t.parquet", "--label", "missed", "-o", tmp_path / "m.json", *options)
    model = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert (code, model["name"]) == (0, "mine")
    assert [(each["name"], each["direction"]) for each in model["features"]] == [("late_days", 1), ("paid_share", -1)]


def test_an_edited_model_scores_nothing(tmp_path, card_file):
    model, scores = tmp_path / "model.json", tmp_path / "scores.parquet"
    ran("fit", "--table", card_file, "--label", "default.payment.next.month", "--panel", "card", "-o", model)
    model.write_text(model.read_text(encoding="utf-8").replace('"version": "1"', '"version": "2"'), encoding="utf-8")
    with pytest.raises(UnableToLoadModelError) as raised:
        ran("predict", "--model", model, "--table", card_file, "-o", scores)
    assert (raised.value.code, scores.exists()) == ("MODEL_HASH_WRONG", False)


def test_a_refusal_is_a_sentence_and_exits_with_two(tmp_path):
    plain().with_columns(missed=pl.lit(0)).write_csv(tmp_path / "t.csv")
    asked = ["credit", "fit", "--table", tmp_path / "t.csv", "--label", "missed", "-o", tmp_path / "m.json"]
    program = "import sys; from zaikong.cli import main; sys.argv[0] = 'zaikong'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, asked)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "ONE_CLASS_ONLY: missed is 0 in every row")
    assert not (tmp_path / "m.json").exists()


def test_nothing_to_measure_is_refused(tmp_path):
    code = CliRunner().invoke(app, ["measure", "--no-speed", "--page", str(tmp_path / "p.md")]).exit_code
    assert (code, list(tmp_path.iterdir())) == (2, [])


def test_scoring_needs_no_learning_library(tmp_path):
    plain().write_csv(tmp_path / "t.csv")
    ran("fit", "--table", tmp_path / "t.csv", "--label", "missed", "-o", tmp_path / "m.json")
    program = (
        "import sys; sys.argv[0] = 'zaikong'\n"
        "from typer.testing import CliRunner; from zaikong.cli.credit import app\n"
        "assert CliRunner().invoke(app, sys.argv[1:]).exit_code == 0\n"
        "print(sorted({'lightgbm', 'sklearn', 'interpret', 'optbinning', 'toad', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    asked = ["predict", "--model", tmp_path / "m.json", "--table", tmp_path / "t.csv", "-o", tmp_path / "s.csv"]
    done = subprocess.run([sys.executable, "-c", program, *map(str, asked)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]"]
