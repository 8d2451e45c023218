"""What does a file of a given kind say, row by row, and which rows say nothing that can be used?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from zaikong.application.imports import headers
from zaikong.application.imports.fields import Field, Kind
from zaikong.application.imports.rejections import SAYINGS, Rejections
from zaikong.application.imports.sheet import LINE, Sheet

_FAULT: Final = "#fault"


@dataclass(frozen=True, slots=True)
class Table:
    """A file read as one kind.

    Attributes:
        sheet: The file.
        kind: What it holds.
        columns: Column name of the kind to column name of the file, for the columns the file has.
        rows: `LINE` and each of `columns` as a value (null where blank), the rows without fault.
        repeats: Rows that say word for word what an earlier row of the file says; they are not in `rows`.
    """

    sheet: Sheet
    kind: Kind
    columns: Mapping[str, str]
    rows: pl.DataFrame
    repeats: int = 0


def table_of(
    sheet: Sheet, kind: Kind, others: Mapping[str, Kind], *, ignore: Collection[str] = ()
) -> tuple[Table, Rejections]:
    """Read a file as one kind.

    Args:
        sheet: The file.
        kind: What it should hold.
        others: Kinds to suggest when the header is that of another.
        ignore: Columns of the file to read past.

    Returns:
        Its sound rows, and the faults of the others.

    Raises:
        UnableToMatchHeaderError: The header is not that of the kind.
    """
    columns = headers.match(sheet, kind, others, ignore=ignore)
    rejections = Rejections(sheet, kind, columns)
    read: list[pl.Series] = [sheet.rows[LINE]]
    sound = pl.repeat(True, sheet.rows.height, dtype=pl.Boolean, eager=True)
    for field in kind.fields:
        if field.name not in columns:
            continue
        values, faults = _column(field, sheet.rows[columns[field.name]])
        read.append(values)
        at_fault = faults != ""
        if at_fault.any():
            sound = sound & ~at_fault
            rejections.add(_faults(field, sheet.rows[LINE].filter(at_fault), faults.filter(at_fault)))
    rows = pl.DataFrame(read).filter(sound)
    return Table(sheet=sheet, kind=kind, columns=columns, rows=rows), rejections


def single(table: Table, rejections: Rejections) -> Table:
    """One row a key: a repeat is read once; rows that contradict each other are all refused."""
    named = [name for name in table.rows.columns if name != LINE]
    first = table.rows.unique(named, keep="first", maintain_order=True)
    repeats = table.rows.height - first.height
    key = [name for name in table.kind.key if name in named]
    if first.select(pl.struct(key).n_unique()).item() == first.height:
        return Table(table.sheet, table.kind, table.columns, first, repeats)
    marked = first.with_columns(lines=pl.col(LINE).min().over(key), last=pl.col(LINE).max().over(key))
    shown = " and ".join(field.title for field in table.kind.fields if field.name in key)
    kept = rejections.refuse(
        marked,
        pl.col("lines") != pl.col("last"),
        column=key[0],
        code="KEY_TWICE",
        reason=pl.format(
            "{} stands in lines {} and {} with different contents. Keep the true row.", pl.lit(shown), "lines", "last"
        ),
    )
    return Table(table.sheet, table.kind, table.columns, kept.drop("lines", "last"), repeats)


def _column(field: Field, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Values and faults of one column; a blank cell is null, and a fault where it may not be blank."""
    filled = texts != ""
    if filled.all():
        values, faults = field.reader(texts)
        return values.cast(field.kind).alias(field.name), faults
    places = filled.arg_true()
    read, wrong = field.reader(texts.filter(filled))
    values = pl.repeat(None, texts.len(), dtype=field.kind, eager=True).scatter(places, read.cast(field.kind))
    faults = pl.repeat("" if field.blank else "EMPTY", texts.len(), dtype=pl.String, eager=True)
    return values.alias(field.name), faults.scatter(places, wrong)


def _faults(field: Field, lines: pl.Series, codes: pl.Series) -> pl.DataFrame:
    said = pl.col("code").replace_strict(dict(SAYINGS), default="is wrong", return_dtype=pl.String)
    return pl.DataFrame({LINE: lines, "code": codes}).with_columns(
        column=pl.lit(field.name),
        reason=pl.format("{} {}. Write {}.", pl.lit(field.title), said, pl.lit(field.wants)),
    )
