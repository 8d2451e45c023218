"""`zaikong sim`."""

import json
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from zaikong.cli.sim import app
from zaikong.sim.enterprise_series import SHIFT_NOTE, UnableToReadDailyUseError
from zaikong.sim.virtual_meters import VirtualClock, make_meters, park_in_thread

CLASSES = ("31_60", "61_90", "91Plus")
RECORD = (
    ",".join(f"arrears{what}{each}" for what in ("Balance", "Customers") for each in CLASSES) + "\n50,30,20,6,3,1\n"
)


@pytest.fixture
def daily_use(tmp_path: Path) -> Path:
    days = [date(2015, 1, 1) + timedelta(step) for step in range(639)]
    path = tmp_path / "daily.parquet"
    pl.DataFrame({"customer": [1] * 639, "date": days, "kwh": [50] * 639}).write_parquet(path)
    return path


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "250"}, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_draw_writes_the_files_of_a_county_and_says_where_its_use_is_from(tmp_path: Path, daily_use: Path):
    folder = tmp_path / "county"
    output = ran("draw", str(folder), "--daily-use", str(daily_use), "--enterprises", "1", "--residents", "20")
    assert SHIFT_NOTE in output
    assert "96 files" in output
    assert sorted(path.name for path in folder.iterdir()) == [
        "customers.csv",
        "daily_use.parquet",
        "inbox",
        "meters.csv",
    ]
    assert pl.read_csv(folder / "customers.csv").height == 21


def test_calibrate_writes_figures_and_no_rows(tmp_path: Path, daily_use: Path):
    record = tmp_path / "record.csv"
    record.write_text(RECORD, encoding="utf-8")
    ran("calibrate", str(tmp_path / "out"), "--daily-use", str(daily_use), "--ageing", str(record))
    described = yaml.safe_load((tmp_path / "out" / "enterprises.yaml").read_text(encoding="utf-8"))
    assert described["level_kwh"][50] == 50
    aged = yaml.safe_load((tmp_path / "out" / "ageing.yaml").read_text(encoding="utf-8"))
    assert (aged["amount_share"], aged["customers_share"]) == ([5_000, 3_000, 2_000], [6_000, 3_000, 1_000])


def test_measure_sets_both_side_by_side():
    output = ran("measure", "--seed", "2")
    assert "mean use of all in a day" in output
    assert "drawn county" in output


def test_a_broken_file_is_refused(tmp_path: Path):
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1")
    with pytest.raises(UnableToReadDailyUseError):
        ran("draw", str(tmp_path / "county"), "--daily-use", str(broken))


def test_collapse_measure_counts_what_was_planted_and_found(tmp_path: Path):
    days = [date(2015, 3, 15) + timedelta(step) for step in range(200)]
    path = tmp_path / "daily.parquet"
    pl.DataFrame({"customer": [2] * 200, "date": days, "kwh": [50] * 200}).write_parquet(path)
    output = ran("collapse-measure", "--daily-use", str(path))
    assert "within 10 days" in output
    assert "alarms as recorded: 0 true, 0 false, 0 undecided" in output


def test_meters_start_tell_where_they_are_and_end_by_themselves(tmp_path: Path):
    file = tmp_path / "park.json"
    output = ran(
        *("meters", "--count", "30", "--per-concentrator", "10", "--faulty-permille", "100", "--seed", "3"),
        *("--directory", str(file), "--for-seconds", "0.1"),
    )
    listed = json.loads(file.read_text(encoding="utf-8"))
    assert (len(listed["meters"]), len(listed["concentrators"])) == (30, 4)
    for place in listed["concentrators"]:
        assert f"{place['host']}:{place['port']}" in output
    assert "faulty: garbage 1, silent 1, slow 1" in output
    assert "30 meters behind 4 concentrators ready" in output
    assert output.rstrip().endswith("all meters ended")


def test_meters_run_until_they_are_interrupted(tmp_path: Path):
    command = [sys.executable, "-c", "from zaikong.cli import main; main()", "sim", "meters", "--count", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        lines = iter(running.stdout)
        assert any("Ctrl-C" in line for line in lines)
        running.send_signal(signal.SIGINT)
        assert [line.strip() for line in lines] == ["all meters ended"]
    assert running.returncode == 0


def test_meters_on_a_taken_port_say_so(tmp_path: Path):
    with park_in_thread(make_meters(1, clock=VirtualClock(datetime(2024, 7, 1)))) as park:
        port = park.concentrators[0].endpoint.port
        with pytest.raises(OSError, match="in use"):
            ran("meters", "--count", "1", "--port-from", str(port), "--for-seconds", "0")


def test_meters_beyond_the_last_port_are_refused():
    result = CliRunner().invoke(app, ["meters", "--count", "300", "--port-from", "65534"])
    assert result.exit_code == 2
    assert "not so many ports" in result.output


def test_ask_meters_counts_what_is_answered(tmp_path: Path):
    with park_in_thread(make_meters(4, clock=VirtualClock(datetime(2024, 7, 1)))) as park:
        park.park.write_directory(tmp_path / "park.json")
        output = ran("ask-meters", str(tmp_path / "park.json"), "--seconds", "0.2", "--connections", "2")
        asked = sum(meter.record.asked for meter in park.meters)
    assert f"{asked:,} answered in 0.2 s" in output
    assert "0 not answered" in output
    assert "answer time [ms]: p50" in output
