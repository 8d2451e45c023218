"""The measure of balances: what the engine and the tables are asked for is what they did."""

import polars as pl

from zaikong.application.bench.balances import _report
from zaikong.application.bench.balances_engine import estimate_files, write_money
from zaikong.application.bench.population import write_population


def test_every_account_gets_a_balance_and_its_crossings(tmp_path):
    files = write_population(tmp_path / "settlements", accounts=300, seed=1, part_rows=200)
    write_money(files, tmp_path / "money", seed=1)

    steps, counts = estimate_files(files, tmp_path / "money", tmp_path / "out")

    balances = pl.read_parquet(tmp_path / "out" / "balances")
    crossings = pl.read_parquet(tmp_path / "out" / "crossings")
    assert (balances.height, balances["account"].n_unique()) == (300, 300)
    assert (counts["balances"], counts["crossings"]) == (300, crossings.height)
    assert counts["below_limit"] == balances["below_limit"].sum() == crossings.filter(crossing="limit").height > 0
    passed = crossings.filter(pl.col("crossing") != "limit").height
    assert passed == balances["warning_level"].sum() > 0
    assert counts["available_fen"] == balances["available_fen"].sum()
    assert set(steps.seconds) == {"read", "check", "rate", "balance", "write"}


def test_the_figures_are_held_against_the_aim():
    run = {
        "seconds": 4.0,
        "processor_seconds": 6.0,
        "steps": {"rate": 1.0},
        "peak_bytes": 1 << 20,
        "bytes_in": 1,
        "bytes_out": 2,
        "balances": 500_000,
        "crossings": 1,
        "below_limit": 1,
        "available_fen": 1,
        "load_before": 0.5,
    }
    slow = {"second_night": {"seconds": 6.0}}
    aims = _report(500_000, [run, run | {"seconds": 9.0}], slow)["aims"]
    assert aims["engine_seconds_per_million"] == {"aim": 10.0, "got": 8.0, "reached": True}
    assert aims["night_step_seconds_per_million"] == {"aim": 10.0, "got": 12.0, "reached": False}
    assert "night_step_seconds_per_million" not in _report(500_000, [run], None)["aims"]
