"""How are settlements in Parquet rated into bills and lines in Parquet, on Polars and on Spark?

The rules are those of every bill run; here is only how their columns come and go.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.application.bench.parts import COMPRESSION, Steps, by_code, work_through
from zaikong.application.bench.refusal import UnableToMeasureError
from zaikong.domain.billing import lines, rating
from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.prices import price_columns, price_rows, prices_frame
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import TIME_ZONE


def rate_files(files: Sequence[Path], out: Path, *, prices: nw.LazyFrame) -> Steps:
    """Rate on Polars.

    Args:
        files: Settlements, `SETTLEMENT_COLUMNS`.
        out: Folder for `bills`, `lines` and, where there are any, `unrated`.
        prices: As `shipped_prices` gives it.

    Returns:
        Seconds of the steps: read, check, rate, lay out, write.

    Raises:
        UnableToEnterEngineError: A column breaks the column dictionary.
    """
    return work_through(files, out, partial(_rated, prices=prices))


def shipped_prices() -> nw.LazyFrame:
    """Every price of the shipped books."""
    return nw.from_native(prices_frame(all_books().values()).to_native().collect().lazy())


def _rated(rows: pl.DataFrame, steps: Steps, *, prices: nw.LazyFrame) -> Mapping[str, pl.DataFrame]:
    with steps.step("check"):
        entry = checked(nw.from_native(rows.lazy()), SETTLEMENT_COLUMNS, rule="rating")
    with steps.step("rate"):
        groups = rating.rated(entry, prices, keep=rating.in_memory)
    with steps.step("lay out"):
        line_frame: Any = lines.bill_lines(groups).to_native()
        frames: list[Any] = [rating.bills(groups).to_native(), by_code(line_frame), groups.unrated.to_native()]
        bills, bill_lines, unrated = pl.collect_all(frames)
    return {"bills": bills, "lines": bill_lines, "unrated": unrated}


def rate_on_spark(folder: Path, out: Path, *, session: Any) -> Steps:
    """Rate on Spark.

    Args:
        folder: Settlements as Parquet, `SETTLEMENT_COLUMNS`.
        out: Folder for `bills`, `lines` and `unrated`.
        session: As `spark_session` gives it.

    Returns:
        Seconds of the steps: check, and each table.

    Raises:
        UnableToEnterEngineError: A column breaks the column dictionary.
    """
    steps = Steps()
    columns = price_columns(price_rows(all_books().values()))
    table = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    prices = nw.from_native(session.createDataFrame(table).select(*columns).cache())
    with steps.step("check"):
        entry = checked(nw.from_native(session.read.parquet(str(folder))), SETTLEMENT_COLUMNS, rule="rating")
    groups = rating.rated(entry, prices, keep=_cached)
    frames: dict[str, Any] = {
        "bills": rating.bills(groups),
        "lines": lines.bill_lines(groups),
        "unrated": groups.unrated,
    }
    for name, frame in frames.items():
        with steps.step(name):
            frame.to_native().write.parquet(str(out / name), compression=f"{COMPRESSION}_raw")
    return steps


def _cached(frame: nw.LazyFrame) -> nw.LazyFrame:
    native: Any = frame.to_native()
    return nw.from_native(native.cache())


def spark_session() -> Any:
    """A session on this machine's cores.

    Raises:
        UnableToMeasureError: Spark is not installed.
    """
    if find_spec("pyspark") is None:
        raise UnableToMeasureError(
            "PySpark is not installed",
            code="EXTRA_MISSING",
            fields={"extra": "spark"},
            remedy="Install zaikong[spark], and a Java runtime of version 17 or newer.",
        )
    from pyspark.sql import SparkSession  # noqa: PLC0415 -- an extra

    session = (
        SparkSession.builder.master("local[*]")
        .appName("zaikong-bench")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", TIME_ZONE.key)
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    return session
