"""Which columns may a rule see, of what type, unit and size?

`columns.csv` is the column dictionary. Every entry of a rule into an engine passes `checked`, which refuses a missing
column, a wrong type, a null, and a value outside the declared bounds: Polars wraps int64 silently, so bounds are what
keeps every product inside `kernel.money.LARGEST_ROUNDED`.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import narwhals as nw

from zaikong.kernel.refusal import Refusal

_TYPES: dict[str, nw.dtypes.DType] = {
    "int64": nw.Int64(),
    "string": nw.String(),
    "bool": nw.Boolean(),
    "float64": nw.Float64(),
}


class UnableToEnterEngineError(Refusal):
    """A frame does not have the columns its rule declares."""


@dataclass(frozen=True, slots=True)
class Column:
    """One row of the dictionary.

    Attributes:
        name: Column name, the same everywhere.
        type: `int64`, `string`, `bool` or `float64`.
        unit: Unit of one count, empty for names and codes.
        low: Smallest value allowed, or None.
        high: Largest value allowed, or None.
        meaning: What it says.
    """

    name: str
    type: str
    unit: str
    low: int | None
    high: int | None
    meaning: str


@cache
def dictionary() -> dict[str, Column]:
    """Every declared column by name."""
    text = files("zaikong.engine").joinpath("columns.csv").read_text(encoding="utf-8")
    return {
        row["name"]: Column(
            row["name"],
            row["type"],
            row["unit"],
            int(row["low"]) if row["low"] else None,
            int(row["high"]) if row["high"] else None,
            row["meaning"],
        )
        for row in csv.DictReader(text.splitlines())
    }


def checked(frame: nw.LazyFrame, columns: Iterable[str], *, rule: str, nullable: Iterable[str] = ()) -> nw.LazyFrame:
    """Check a frame against the dictionary at a rule's entry.

    Args:
        frame: Any engine's lazy frame.
        columns: Names the rule reads.
        rule: Name of the rule, for the error.
        nullable: Those of them that may hold nulls.

    Returns:
        The frame with exactly these columns, in this order.

    Raises:
        UnableToEnterEngineError: Names every column that is undeclared, missing, of another type, null or out of
            bounds, with the number of rows.
    """
    names = list(columns)
    schema = frame.collect_schema()
    faults = [fault for name in names if (fault := _shape_fault(name, schema))]
    if not faults:
        faults = _value_faults(frame, names, set(nullable))
    if faults:
        raise UnableToEnterEngineError(
            f"{rule}: " + "; ".join(faults),
            code="COLUMNS_WRONG",
            fields={"rule": rule},
            remedy="See engine/columns.csv for types, units and bounds.",
        )
    return frame.select(names)


def _shape_fault(name: str, schema: nw.Schema) -> str:
    column = dictionary().get(name)
    if column is None:
        return f"{name} is not in the column dictionary"
    if name not in schema:
        return f"{name} is missing"
    if schema[name] != _TYPES[column.type]:
        return f"{name} is {schema[name]}, not {column.type}"
    return ""


def _value_faults(frame: nw.LazyFrame, names: list[str], nullable: set[str]) -> list[str]:
    probes = []
    for name in names:
        column = dictionary()[name]
        if name not in nullable:
            probes.append(nw.col(name).is_null().cast(nw.Int64).sum().alias(f"{name}|is null"))
        if column.low is not None:
            probes.append((nw.col(name) < column.low).cast(nw.Int64).sum().alias(f"{name}|is below {column.low}"))
        if column.high is not None:
            probes.append((nw.col(name) > column.high).cast(nw.Int64).sum().alias(f"{name}|is above {column.high}"))
    if not probes:
        return []
    counts = frame.select(*probes).collect().rows(named=True)[0]
    return [f"{name.split('|')[0]} {name.split('|')[1]} in {count} rows" for name, count in counts.items() if count]
