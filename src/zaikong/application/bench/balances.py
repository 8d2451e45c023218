"""How long does the nightly estimate of prepaid balances take: on the engine, and with its tables?

On the engine: settlements and money of every account in Parquet are rated by the account's own book, held against
thresholds, and written as balances and crossings in Parquet. With tables: the night step over a database of its own, in
which every account pays ahead by an agreement; a first night finds everything new, a second one, a day of use later,
is what a night is like. The use itself is rated by the night's exposure step, which every county needs anyway.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from zaikong.application.bench.billing import run_job
from zaikong.application.bench.population import PART_ROWS

AIM_SECONDS_PER_MILLION = 10.0
"""What rating, balances and levels of a million accounts may take."""

_MIB = 1 << 20
_MILLION = 1_000_000


def bench_balances(
    *,
    accounts: int,
    repeat: int = 3,
    tables: bool = True,
    seed: int = 1,
    part_rows: int = PART_ROWS,
    folder: Path | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure the nightly estimate.

    Args:
        accounts: Accounts that pay ahead.
        repeat: Times the engine is measured.
        tables: Whether the night step is measured as well.
        seed: Seed of settlements and money.
        part_rows: Accounts in one file.
        folder: Where to put the files for the time being; the system's folder for such by default.
        told: Hears what is being measured.

    Returns:
        The figures, plain enough for JSON: `engine`, `tables` (None when left out), cores, and the aim.

    Raises:
        UnableToMeasureError: A measurement failed.
    """
    with TemporaryDirectory(prefix="zaikong-bench-", dir=folder) as name:
        place = Path(name)
        told(f"{accounts:,} accounts")
        common = {"folder": str(place / "settlements"), "accounts": accounts, "seed": seed}
        run_job({"measure": "population", "part_rows": part_rows, **common})
        run_job({"measure": "prepaid_money", "money": str(place / "money"), **common})
        engine = []
        for turn in range(1, repeat + 1):
            told(f"engine, {turn} of {repeat}")
            job = {"measure": "balances", "money": str(place / "money"), "out": str(place / f"out-{turn}"), **common}
            engine.append(run_job(job))
    told("night step")
    night = run_job({"measure": "balances_night", "accounts": accounts, "seed": seed}) if tables else None
    return _report(accounts, engine, night)


def _report(accounts: int, engine: list[dict[str, Any]], night: Mapping[str, Any] | None) -> dict[str, Any]:
    best = min(engine, key=lambda run: float(run["seconds"]))
    per_million = best["seconds"] * _MILLION / accounts
    return {
        "accounts": accounts,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": engine[0]["load_before"],
        "engine": {
            "seconds": [round(run["seconds"], 3) for run in engine],
            "best_seconds": round(best["seconds"], 3),
            "processor_seconds": round(best["processor_seconds"], 3),
            "steps": {name: round(seconds, 3) for name, seconds in best["steps"].items()},
            "peak_mib": round(max(run["peak_bytes"] for run in engine) / _MIB),
            "bytes_in": best["bytes_in"],
            "bytes_out": best["bytes_out"],
            **{name: best[name] for name in ("balances", "crossings", "below_limit", "available_fen")},
        },
        "tables": night,
        "aims": {
            "engine_seconds_per_million": {
                "aim": AIM_SECONDS_PER_MILLION,
                "got": round(per_million, 2),
                "reached": per_million < AIM_SECONDS_PER_MILLION,
            },
        }
        | ({} if night is None else {"night_step_seconds_per_million": _night_aim(night, accounts)}),
    }


def _night_aim(night: Mapping[str, Any], accounts: int) -> dict[str, Any]:
    got = night["second_night"]["seconds"] * _MILLION / accounts
    return {"aim": AIM_SECONDS_PER_MILLION, "got": round(got, 2), "reached": got < AIM_SECONDS_PER_MILLION}
