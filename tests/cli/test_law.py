"""`zaikong law`."""

import pytest
from typer.testing import CliRunner

from zaikong.cli.law import app
from zaikong.kernel.dated import UnableToFindValueError


def ran(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "250"})
    return result.exit_code, result.stdout


def test_the_shipped_parameters_pass_and_the_unverified_are_named():
    code, text = ran("check")
    assert (code, text.splitlines()[-1]) == (0, "5 parameters, 0 faults")
    assert [line.split(":")[0] for line in text.splitlines()[:-1]] == [
        "PARAMETER_UNVERIFIED late_fee 1996",
        "PARAMETER_UNVERIFIED late_fee 2024",
        "PARAMETER_UNVERIFIED late_fee_cross_year 2024",
    ]


def test_faults_are_printed_and_exit_with_one(tmp_path):
    code, text = ran("check", str(tmp_path))
    assert (code, text.splitlines()[-1]) == (1, "5 parameters, 5 faults")
    assert text.count("FILE_UNREADABLE") == 5


@pytest.mark.parametrize(("day", "minimum"), [("2024-05-31", 100), ("2024-06-01", 0)])
def test_what_is_in_force_is_shown_for_the_day(day, minimum):
    code, text = ran("show", "--date", day, "--place", "cn.henan")
    assert code == 0
    assert f"minimum_fen {minimum}" in text


def test_a_day_before_the_law_is_refused():
    with pytest.raises(UnableToFindValueError):
        CliRunner().invoke(app, ["show", "--date", "1990-01-01"], catch_exceptions=False)


def test_a_date_that_is_none_is_a_usage_error():
    assert ran("show", "--date", "tomorrow")[0] == 2
