"""How many accounts a second are billed: rated into Parquet, beside the least that could take, and posted?

Each measure runs in fresh processes, as often as asked for, the rating and its floor by turns so that a busy machine slows
both. Every run reads the same files; what was written is compared row by row before a figure is given out.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from zaikong.application.bench.population import KINDS, PART_ROWS
from zaikong.application.bench.refusal import UnableToMeasureError

ENGINES = ("polars", "spark")

AIMS = {
    "rating_accounts_per_second": 1_000_000,
    "ratio_to_floor": 1.5,
    "rating_peak_mib": 2048,
    "posting_seconds_per_million": 25,
}
"""What the best figures are held against."""

_MIB = 1 << 20
_MILLION = 1_000_000

Told = Callable[[str], None]
"""Hears which measure begins."""


def bench_billing(
    *,
    accounts: int,
    engine: str = "polars",
    repeat: int = 3,
    post: bool = True,
    seed: int = 1,
    part_rows: int = PART_ROWS,
    folder: Path | None = None,
    told: Told = lambda _: None,
) -> dict[str, Any]:
    """Measure billing.

    Args:
        accounts: Accounts to bill, one settlement each.
        engine: One of `ENGINES`; the floor and the posting are the same for both.
        repeat: Times each measure is taken.
        post: Whether to post as well.
        seed: Seed of the settlements.
        part_rows: Settlements in one file.
        folder: Where to put the files for the time being; the system's folder for such by default.
        told: Hears what is being measured.

    Returns:
        The figures, plain enough for JSON: `rating`, `floor`, `ratio`, `posting` (None when left out), what was billed,
        the cores and versions, and each of `AIMS` with what was reached.

    Raises:
        UnableToMeasureError: The extra `bench` is missing, the two programs disagree, or a measurement failed.
    """
    _require_numpy()
    with TemporaryDirectory(prefix="zaikong-bench-", dir=folder) as name:
        place = Path(name)
        told(f"{accounts:,} settlements")
        common = {"folder": str(place / "settlements"), "accounts": accounts, "seed": seed}
        run_job({"measure": "population", "part_rows": part_rows, **common})
        rating, floor, agreement = _by_turns(place, engine=engine, repeat=repeat, told=told)
        posting = _posting(place, accounts=accounts, months=repeat, seed=seed, told=told) if post else None
    return report(accounts, engine=engine, rating=rating, floor=floor, agreement=agreement, posting=posting)


def _by_turns(place: Path, *, engine: str, repeat: int, told: Told) -> tuple[list[Any], list[Any], dict[str, Any]]:
    taken: dict[str, list[Any]] = {"rating": [], "floor": []}
    jobs = {"rating": "rating" if engine == "polars" else "rating_on_spark", "floor": "floor"}
    for turn in range(1, repeat + 1):
        for name, measure in jobs.items():
            told(f"{name}, {turn} of {repeat}")
            shutil.rmtree(place / name, ignore_errors=True)
            job = {"measure": measure, "folder": str(place / "settlements"), "out": str(place / name)}
            taken[name].append(run_job(job))
    told("rating beside floor, row by row")
    agreement = run_job({"measure": "compare", "rating": str(place / "rating"), "floor": str(place / "floor")})
    return taken["rating"], taken["floor"], agreement


def _posting(place: Path, *, accounts: int, months: int, seed: int, told: Told) -> dict[str, Any]:
    told(f"posting of {months} months after a first")
    job = {"measure": "posting", "folder": str(place / "posting"), "accounts": accounts, "months": months, "seed": seed}
    return run_job(job)


def run_job(job: Mapping[str, Any]) -> dict[str, Any]:
    """Do a job of `worker.JOBS` in a process of its own.

    Raises:
        UnableToMeasureError: The process refused or failed.
    """
    command = [sys.executable, "-m", "zaikong.application.bench.worker", json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own module
    lines = done.stdout.splitlines()
    answer: dict[str, Any] = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    if "refusal" in answer:
        said = answer["refusal"]
        raise UnableToMeasureError(said.pop("message"), **said)
    if done.returncode or not answer:
        said = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise UnableToMeasureError(
            f"the measure {job['measure']!r} failed: {said[-1]}",
            code="MEASURE_FAILED",
            fields={"measure": job["measure"]},
            remedy="Check free memory and disk space, and that the database runs; then run the command again.",
        )
    return answer


def _require_numpy() -> None:
    if find_spec("numpy") is None:
        raise UnableToMeasureError(
            "NumPy is not installed",
            code="EXTRA_MISSING",
            fields={"extra": "bench"},
            remedy="Install zaikong[bench]: the floor is a NumPy program.",
        )


def report(
    accounts: int,
    *,
    engine: str,
    rating: Sequence[Mapping[str, Any]],
    floor: Sequence[Mapping[str, Any]],
    agreement: Mapping[str, Any],
    posting: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Lay measurements out as figures: best and median of each, their ratio, and the aims."""
    figures: dict[str, Any] = {
        "accounts": accounts,
        "engine": engine,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "mix": {f"{kind.book} {kind.plan}": f"{kind.share / 100:g} %" for kind in KINDS},
        **agreement,
        "rating": _measured(rating, accounts),
        "floor": _measured(floor, accounts),
        "posting": None if posting is None else _posted(posting, accounts),
        "versions": _versions(engine),
    }
    figures["ratio"] = {
        which: round(figures["rating"][which]["seconds"] / figures["floor"][which]["seconds"], 2)
        for which in ("best", "median")
    }
    return figures | {"aims": _aims(figures)}


def _measured(runs: Sequence[Mapping[str, Any]], accounts: int) -> dict[str, Any]:
    ranked = sorted(runs, key=lambda run: float(run["seconds"]))
    best, median = ranked[0], ranked[(len(ranked) - 1) // 2]
    return {
        "best": _speed(best, accounts),
        "median": _speed(median, accounts),
        "seconds": [round(run["seconds"], 3) for run in runs],
        "peak_mib": round(max(run["peak_bytes"] for run in runs) / _MIB),
        "bytes_in": best["bytes_in"],
        "bytes_out": best["bytes_out"],
    }


def _speed(run: Mapping[str, Any], accounts: int) -> dict[str, Any]:
    speed = {
        "seconds": round(run["seconds"], 3),
        "accounts_per_second": round(accounts / run["seconds"]),
        "steps": {name: round(seconds, 3) for name, seconds in run["steps"].items()},
    }
    return speed | ({"processor_seconds": round(run["processor_seconds"], 3)} if "processor_seconds" in run else {})


def _posted(posting: Mapping[str, Any], accounts: int) -> dict[str, Any]:
    months = sorted(posting["months"], key=lambda month: float(month["seconds"]))
    median = months[(len(months) - 1) // 2]
    counts = ("bills", "lines", "legs", "held", "findings", "total_fen", "bytes_in", "bytes_database", "bytes_log")
    return {
        "best": _speed(months[0], accounts),
        "median": _speed(median, accounts),
        "seconds": [round(month["seconds"], 3) for month in posting["months"]],
        "peak_mib": round(posting["peak_bytes"] / _MIB),
        "durability": posting["durability"],
        **{name: median[name] for name in counts},
    }


def _versions(engine: str) -> dict[str, str]:
    from importlib.metadata import version  # noqa: PLC0415 -- read once

    names = ["polars", "narwhals", "numpy", *(["pyspark"] if engine == "spark" else [])]
    return {"python": sys.version.split()[0], **{name: version(name) for name in names}}


def _aims(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    got: dict[str, float | None] = {
        "rating_accounts_per_second": figures["rating"]["best"]["accounts_per_second"],
        "ratio_to_floor": figures["ratio"]["best"],
        "rating_peak_mib": figures["rating"]["peak_mib"],
        "posting_seconds_per_million": None,
    }
    if figures["posting"] is not None:
        per_million = figures["posting"]["best"]["seconds"] * _MILLION / figures["accounts"]
        got["posting_seconds_per_million"] = round(per_million, 1)
    return {
        name: {"aim": aim, "got": got[name], "reached": _reached(name, got[name], aim)} for name, aim in AIMS.items()
    }


def _reached(name: str, got: float | None, aim: float) -> bool | None:
    if got is None:
        return None
    return got >= aim if name.endswith("per_second") else got <= aim
