"""A rule is run on both engines and must give the same rows."""

from collections.abc import Callable
from typing import Any

import narwhals as nw
import polars as pl
import pytest

_SPARK_TYPES = {pl.Int64: "bigint", pl.String: "string", pl.Boolean: "boolean"}

Rule = Callable[..., nw.LazyFrame]


def _rows(frame: nw.LazyFrame) -> list[dict[str, Any]]:
    rows = frame.collect().rows(named=True)
    return sorted(rows, key=lambda row: [(value is None, str(type(value)), value) for value in row.values()])


@pytest.fixture
def on_both(spark: Any) -> Callable[..., list[dict[str, Any]]]:
    """Run a rule on Polars and Spark, hold every column of every row equal, and hand back the rows."""

    def run(rule: Rule, *tables: pl.DataFrame) -> list[dict[str, Any]]:
        on_polars = _rows(rule(*[nw.from_native(table.lazy()) for table in tables]))
        on_spark = _rows(rule(*[nw.from_native(_to_spark(spark, table)) for table in tables]))
        assert on_spark == on_polars
        return on_polars

    return run


def _to_spark(spark: Any, table: pl.DataFrame) -> Any:
    schema = ", ".join(f"`{name}` {_SPARK_TYPES[type(kind)]}" for name, kind in table.schema.items())
    return spark.createDataFrame(table.rows(), schema)
