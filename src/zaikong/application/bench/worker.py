"""One measurement in a process of its own, so that its peak memory is its own.

Run as `python -m zaikong.application.bench.worker JOB`, with a job as JSON. The last line printed is the answer as JSON: a
measure, or a refusal with the exit code 2.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from zaikong.application.bench.memory import peak_bytes
from zaikong.application.bench.parts import Steps
from zaikong.application.bench.population import MONTH, write_population
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal

REFUSED = 2


def population(job: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the settlements."""
    files = write_population(
        Path(job["folder"]), accounts=job["accounts"], seed=job["seed"], part_rows=job["part_rows"]
    )
    return {"files": len(files)}


def rating(job: Mapping[str, Any]) -> dict[str, Any]:
    """Rate them on Polars."""
    from zaikong.application.bench.rating import rate_files, shipped_prices  # noqa: PLC0415 -- a job loads what it needs

    prices = shipped_prices()
    return _timed(job, lambda files, out: rate_files(files, out, prices=prices))


def rating_on_spark(job: Mapping[str, Any]) -> dict[str, Any]:
    """Rate them on Spark, in a session that is started before the clock."""
    from zaikong.application.bench.rating import rate_on_spark, spark_session  # noqa: PLC0415 -- as above

    session = spark_session()
    measure = _timed(job, lambda files, out: rate_on_spark(files[0].parent, out, session=session))
    session.stop()
    return measure


def floor(job: Mapping[str, Any]) -> dict[str, Any]:
    """Write the same with the cheapest program."""
    from zaikong.application.bench.floor import constants, work_floor  # noqa: PLC0415 -- as above
    from zaikong.application.bench.rating import shipped_prices  # noqa: PLC0415 -- as above

    prices = constants(shipped_prices(), day=day_number(MONTH.start))
    return _timed(job, lambda files, out: work_floor(files, out, prices=prices))


def compare(job: Mapping[str, Any]) -> dict[str, Any]:
    """See that both wrote the same rows."""
    from zaikong.application.bench.agreement import agreed  # noqa: PLC0415 -- as above

    return asdict(agreed(Path(job["rating"]), Path(job["floor"])))


def posting(job: Mapping[str, Any]) -> dict[str, Any]:
    """Rate, check and post months."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zaikong.settings")
    import django  # noqa: PLC0415 -- starts the database; only to post

    django.setup()
    from zaikong.application.bench.database import own_database, settings_of_durability  # noqa: PLC0415 -- needs Django
    from zaikong.application.bench.posting import post_months  # noqa: PLC0415 -- as above

    with own_database():
        posted = post_months(Path(job["folder"]), accounts=job["accounts"], months=job["months"], seed=job["seed"])
        months = [asdict(month) for month in posted]
        durability = settings_of_durability()
    return {"months": months, "durability": durability, "peak_bytes": peak_bytes()}


def prepaid_money(job: Mapping[str, Any]) -> dict[str, Any]:
    """Draw what prepaid accounts have and agreed."""
    from zaikong.application.bench.balances_engine import write_money  # noqa: PLC0415 -- as above

    files = sorted(Path(job["folder"]).glob("*.parquet"))
    write_money(files, Path(job["money"]), seed=job["seed"])
    return {"files": len(files)}


def balances(job: Mapping[str, Any]) -> dict[str, Any]:
    """Rate and estimate prepaid accounts on Polars."""
    from zaikong.application.bench.balances_engine import estimate_files  # noqa: PLC0415 -- as above

    counts: dict[str, int] = {}
    load = os.getloadavg()[0]

    def work(files: list[Path], out: Path) -> Steps:
        steps, found = estimate_files(files, Path(job["money"]), out)
        counts.update(found)
        return steps

    return _timed(job, work) | counts | {"load_before": round(load, 2)}


def balances_night(job: Mapping[str, Any]) -> dict[str, Any]:
    """Run the night step over tables of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zaikong.settings")
    import django  # noqa: PLC0415 -- starts the database; only for tables

    django.setup()
    from zaikong.application.bench.balances_tables import measure_nights  # noqa: PLC0415 -- needs Django
    from zaikong.application.bench.database import own_database, settings_of_durability  # noqa: PLC0415 -- as above

    with own_database():
        nights = measure_nights(accounts=job["accounts"], seed=job["seed"])
        durability = settings_of_durability()
    return {**nights, "durability": durability, "peak_bytes": peak_bytes()}


JOBS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "population": population,
    "rating": rating,
    "rating_on_spark": rating_on_spark,
    "floor": floor,
    "compare": compare,
    "posting": posting,
    "prepaid_money": prepaid_money,
    "balances": balances,
    "balances_night": balances_night,
}
"""Measure to what it does."""


def _timed(job: Mapping[str, Any], work: Callable[[list[Path], Path], Steps]) -> dict[str, Any]:
    files, out = sorted(Path(job["folder"]).glob("*.parquet")), Path(job["out"])
    used, started = process_time(), perf_counter()
    steps = work(files, out)
    seconds, processor = perf_counter() - started, process_time() - used
    return {
        "seconds": seconds,
        "processor_seconds": processor,
        "steps": steps.seconds,
        "peak_bytes": peak_bytes(),
        "bytes_in": sum(file.stat().st_size for file in files),
        "bytes_out": sum(file.stat().st_size for file in out.rglob("*.parquet")),
    }


def main(text: str) -> int:
    """Do one job and print its answer.

    Returns:
        The exit code.
    """
    job = json.loads(text)
    try:
        answer = JOBS[job["measure"]](job)
    except Refusal as refusal:
        names = ("message", "code", "fields", "article", "remedy")
        print(json.dumps({"refusal": {name: getattr(refusal, name) for name in names}}, default=str))  # noqa: T201 -- the answer
        return REFUSED
    print(json.dumps(answer))  # noqa: T201 -- the answer
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
