"""Frames of the metering rules from plain rows, on Polars or on Spark."""

import narwhals as nw
import polars as pl

from zaikong.domain.metering.history import DAILY_USE_COLUMNS, HISTORY_COLUMNS
from zaikong.domain.metering.registers import METER_COLUMNS, PREVIOUS_COLUMNS, READING_COLUMNS

TEXT = {"source", "category"}


def frame(rows, columns, spark=None):
    """Rows as dictionaries to a lazy frame of these columns."""
    table = [tuple(row[column] for column in columns) for row in rows]
    if spark is not None:
        types = ", ".join(f"{column} {'string' if column in TEXT else 'long'}" for column in columns)
        return nw.from_native(spark.createDataFrame(table, types))
    schema = {column: pl.String if column in TEXT else pl.Int64 for column in columns}
    return nw.from_native(pl.LazyFrame(table, schema=schema, orient="row"))


def meter_frame(rows, spark=None):
    return frame(rows, METER_COLUMNS, spark)


def previous_frame(rows, spark=None):
    return frame(rows, PREVIOUS_COLUMNS, spark)


def reading_frame(rows, spark=None):
    return frame(rows, READING_COLUMNS, spark)


def use_frame(rows, spark=None):
    return frame(rows, DAILY_USE_COLUMNS, spark)


def account_frame(pairs, spark=None):
    return frame(
        [{"account": account, "category": category} for account, category in pairs], ("account", "category"), spark
    )


def history_frame(rows, spark=None):
    return frame(rows, HISTORY_COLUMNS, spark)


def collected(lazy):
    """All rows as dictionaries."""
    return lazy.collect("polars").rows(named=True)


def daily(rows):
    """Daily use in the oracle's form."""
    return {
        (row["account"], row["day"]): {
            "source": row["source"],
            0: row["centi_kwh"] - sum(row[f"{name}_centi_kwh"] for name in ("sharp", "peak", "flat", "valley")),
            1: row["sharp_centi_kwh"],
            2: row["peak_centi_kwh"],
            3: row["flat_centi_kwh"],
            4: row["valley_centi_kwh"],
            5: row["centi_kvarh"],
        }
        for row in rows
    }


def registers(rows):
    return {
        (row["meter"], row["register"]): (row["previous_centi"], row["previous_day"], row["suspect_centi"])
        for row in rows
    }


def verdicts(rows):
    return {row["reading"]: (row["verdict"], row["code"]) for row in rows}


def codes(rows):
    return {(row["account"], row["meter"], row["register"], row["day"], row["code"]) for row in rows}


def history_rows(rows):
    return {row["account"]: row for row in rows}
