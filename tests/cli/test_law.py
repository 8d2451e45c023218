"""`zaikong law`."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zaikong.cli.law import app
from zaikong.domain.law import parameters
from zaikong.domain.law.parameters import PARAMETERS, unverified
from zaikong.kernel.dated import UnableToFindValueError

FOLDER = Path(parameters.__file__).parent / "parameters"


def ran(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "250"})
    return result.exit_code, result.stdout


def test_the_shipped_parameters_pass_and_the_unverified_are_named():
    code, text = ran("check")
    assert (code, text.splitlines()[-1]) == (0, f"{len(PARAMETERS)} parameters, 0 faults")
    assert [line.split(":")[0] for line in text.splitlines()[:-1]] == [
        f"{finding.code} {finding.subject}" for finding in unverified()
    ]


def test_faults_are_printed_and_exit_with_one(tmp_path):
    code, text = ran("check", str(tmp_path))
    assert (code, text.splitlines()[-1]) == (1, f"{len(PARAMETERS)} parameters, {len(PARAMETERS)} faults")
    assert text.count("FILE_UNREADABLE") == len(PARAMETERS)


@pytest.mark.parametrize("kind", PARAMETERS, ids=lambda kind: kind.name)
def test_a_value_whose_source_is_taken_away_fails_the_check(tmp_path, kind):
    for shipped in FOLDER.glob("*.yaml"):
        shutil.copy(shipped, tmp_path)
    file = tmp_path / f"{kind.name}.yaml"
    text = re.sub(r"source: [^,]+, ", "", file.read_text(encoding="utf-8"), count=1)
    file.write_text(text, encoding="utf-8")
    code, printed = ran("check", str(tmp_path))
    assert code == 1
    assert f"DATED_FILE_WRONG {kind.name}.yaml: " in printed
    assert "versions.0.basis.source: Field required" in printed


@pytest.mark.parametrize(("day", "minimum"), [("2024-05-31", 100), ("2024-06-01", 0)])
def test_what_is_in_force_is_shown_for_the_day(day, minimum):
    code, text = ran("show", "--date", day, "--place", "cn.henan")
    assert code == 0
    assert f"minimum_fen {minimum}" in text


def test_what_is_not_yet_in_force_is_said():
    code, text = ran("show", "--date", "2022-06-01")
    assert code == 0
    assert [line.split("│")[1].strip() for line in text.splitlines() if "not in force" in line] == [
        "claim_times",
    ]


def test_the_narrowest_place_decides():
    code, text = ran("show", "--date", "2025-06-01", "--place", "cn.henan.county")
    assert code == 0
    assert "promise (cn.henan.county)" in text
    assert "2012 (cn.henan)" in text


def test_a_day_before_the_law_is_refused():
    with pytest.raises(UnableToFindValueError):
        CliRunner().invoke(app, ["show", "--date", "1980-01-01"], catch_exceptions=False)


def test_a_date_that_is_none_is_a_usage_error():
    assert ran("show", "--date", "tomorrow")[0] == 2
