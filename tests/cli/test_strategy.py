"""`zaikong strategy`."""

from typer.testing import CliRunner

from zaikong.cli.strategy import app


def ran(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "250"})
    return result.exit_code, result.stdout


def test_the_shipped_strategy_passes():
    assert ran("check") == (0, "8 rows, 6 ladders, 7 texts, 0 faults\n")


def test_rows_and_steps_are_shown():
    code, rows = ran("show", "--date", "2026-07-01")
    assert (code, "summer_peak" in rows, "vulnerable_household" in rows) == (0, True, True)
    code, steps = ran("show", "standard", "--date", "2026-07-01")
    assert (code, "DEMAND_NOTICE +7" in steps) == (0, True)


def test_a_debt_is_tried():
    code, text = ran("preview", "--grade", "D", "--date", "2025-09-15", "--due", "2025-09-22")
    assert code == 0
    assert "firm by row weak" in text
    assert text.splitlines()[-1] == "earliest lawful cut: 2025-10-30, notice 2025-10-23"
