"""The column dictionary at a rule's entry."""

import narwhals as nw
import polars as pl
import pytest

from zaikong.engine import dictionary
from zaikong.engine.dictionary import UnableToEnterEngineError, checked


def enter(**columns):
    frame = nw.from_native(pl.LazyFrame(columns))
    return checked(frame, ["account", "centi_kwh"], rule="rate").collect().to_native()


def test_declared_columns_pass_and_others_are_left_outside():
    assert enter(account=[1], centi_kwh=[5], other=[1]).columns == ["account", "centi_kwh"]


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"account": [1]}, "centi_kwh is missing"),
        ({"account": [1], "centi_kwh": [1.5]}, "centi_kwh is Float64, not int64"),
        ({"account": [1, 2], "centi_kwh": [1, None]}, "centi_kwh is null in 1 rows"),
        ({"account": [1, 2], "centi_kwh": [1, 10_000_000_001]}, "centi_kwh is above 10000000000 in 1 rows"),
        ({"account": [-1], "centi_kwh": [1]}, "account is below 0 in 1 rows"),
    ],
)
def test_a_wrong_column_is_refused_by_name(columns, fault):
    with pytest.raises(UnableToEnterEngineError) as refusal:
        enter(**columns)

    assert refusal.value.message == f"rate: {fault}"
    assert refusal.value.code == "COLUMNS_WRONG"


def test_an_undeclared_column_is_refused():
    with pytest.raises(UnableToEnterEngineError, match="nonsense is not in the column dictionary"):
        checked(nw.from_native(pl.LazyFrame({"nonsense": [1]})), ["nonsense"], rule="rate")


def test_a_nullable_column_may_hold_nulls():
    frame = nw.from_native(pl.LazyFrame({"account": [1], "centi_kwh": pl.Series([None], dtype=pl.Int64)}))

    assert checked(frame, ["centi_kwh"], rule="rate", nullable=["centi_kwh"]).collect().shape == (1, 1)


def test_every_name_is_declared_once_with_a_known_type():
    text = (dictionary.files("zaikong.engine") / "columns.csv").read_text(encoding="utf-8")
    names = [line.split(",")[0] for line in text.splitlines()[1:]]

    assert len(names) == len(set(names)) == len(dictionary.dictionary())
    assert {column.type for column in dictionary.dictionary().values()} <= {"int64", "string", "bool", "float64"}
