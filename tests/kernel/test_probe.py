"""Conditions become rows, one a hit."""

import narwhals as nw
import polars as pl
import pytest

from zaikong.kernel.pin import pinned
from zaikong.kernel.probe import Probe, hits

ROWS = [(1, 5), (2, -3), (3, None), (4, 50)]
PROBES = [
    Probe("NEGATIVE", "hold", nw.col("x") < 0, nw.col("x"), 0, {"place": 7}),
    Probe("LARGE", "note", nw.col("x") > 4, nw.col("x"), 4, {"place": 8}),
    Probe("HUGE", "hold", nw.col("x") > 40, nw.col("x"), 40, {"place": 9}),
]
EXPECTED = [
    (1, 8, "LARGE", "note", 5, 4),
    (2, 7, "NEGATIVE", "hold", -3, 0),
    (4, 8, "LARGE", "note", 50, 4),
    (4, 9, "HUGE", "hold", 50, 40),
]


def test_each_hit_is_a_row_and_a_null_is_none():
    frame = nw.from_native(pl.LazyFrame(ROWS, schema={"a": pl.Int64, "x": pl.Int64}, orient="row"))
    found = hits(frame, PROBES, keep=["a"]).collect()
    assert found.columns == ["a", "place", "code", "severity", "observed", "limit"]
    assert sorted(found.rows()) == EXPECTED


def test_no_hit_leaves_an_empty_frame_of_the_same_columns():
    frame = nw.from_native(pl.LazyFrame({"a": [1], "x": [0]}))
    found = hits(frame, PROBES, keep=["a"]).collect()
    assert (found.columns, found.rows()) == (["a", "place", "code", "severity", "observed", "limit"], [])


def test_a_pinned_frame_has_the_same_rows():
    frame = nw.from_native(pl.LazyFrame({"a": [1, 2]})).with_columns(b=nw.col("a") * 2)
    assert pinned(frame).collect().rows() == [(1, 2), (2, 4)]


@pytest.mark.spark
def test_spark_finds_the_same_hits_and_pins(spark):
    frame = pinned(nw.from_native(spark.createDataFrame(ROWS, "a long, x long")))
    assert sorted(hits(frame, PROBES, keep=["a"]).collect("polars").rows()) == EXPECTED
