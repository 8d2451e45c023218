"""Frames for the rules of collection, typed by the column dictionary."""

from typing import Any

import narwhals as nw
import polars as pl

from zaikong.engine.dictionary import checked, dictionary

_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
TODAY = 20_000


def table(columns: tuple[str, ...], rows: list[dict[str, Any]], base: dict[str, Any] | None = None) -> pl.DataFrame:
    schema = {name: _TYPES[dictionary()[name].type] for name in columns}
    return pl.DataFrame([(base or {}) | row for row in rows], schema=schema)


def entry(columns: tuple[str, ...], rows: list[dict[str, Any]], base: dict[str, Any] | None = None) -> nw.LazyFrame:
    return checked(nw.from_native(table(columns, rows, base).lazy()), columns, rule="test")


def rows_of(frame: nw.LazyFrame, *keys: str) -> list[dict[str, Any]]:
    rows = frame.collect().rows(named=True)
    return sorted(rows, key=lambda row: tuple(row[key] for key in keys))
