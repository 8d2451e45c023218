"""What goes out, and how: the import files back out as they came, and every table.

What was exported can be imported again and changes nothing. Identity and telephone numbers are masked unless asked for
whole; an import sets a masked number beside the one it has.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from zaikong.application.imports.fields import KINDS, REGISTER_NAMES
from zaikong.application.imports.masked import mask_of_identifier, mask_of_phone
from zaikong.application.table_files import write_frame
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import exports as queries

_HUNDREDTHS: Final = {
    "customers": ("capacity_kva", "contract_demand_kw"),
    "readings": ("value",),
    "daily_use": ("kwh", "sharp", "peak", "flat", "valley", "kvarh"),
    "bills": ("kwh", "amount_yuan"),
    "payments": ("amount_yuan",),
}
"""Columns that are stored in hundredths of what the file shows."""

_MASKS: Final = {"id_no": mask_of_identifier, "phone": mask_of_phone}
"""Columns that identify a person, in any table."""

_OWN_MASKS: Final = {
    "applicationdocument": {"number": mask_of_identifier},
    "outboundmessage": {"address": mask_of_phone},
}
"""Columns that do so in one table: the number of a paper, where a message went."""

_CENT: Final = Decimal("0.01")
_MILLE: Final = Decimal("0.001")


class UnableToExportError(Refusal):
    """There is no such kind of file or table."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written.

    Attributes:
        name: Kind or table.
        path: The file.
        rows: Rows in it.
        masked: Columns shown masked.
    """

    name: str
    path: Path
    rows: int
    masked: tuple[str, ...]


def export(kind: str, path: Path, *, unmasked: bool = False) -> ExportReport:
    """Write the rows of a kind of import file in the format of that file.

    Args:
        kind: One of `imports.KINDS`.
        path: Ends in .csv, .xlsx or .parquet.
        unmasked: Whether identity and telephone numbers are written whole.

    Raises:
        UnableToExportError: `KIND_UNKNOWN`.
        UnableToWriteFileError: `FORM_UNKNOWN`, `FILE_UNWRITABLE`.
    """
    if kind not in KINDS:
        raise UnableToExportError(
            f"there is no kind of file {kind!r}",
            code="KIND_UNKNOWN",
            fields={"kind": kind},
            remedy="Kinds are " + ", ".join(KINDS) + "; other tables go by `export table`.",
        )
    return _written(kind, _as_filed(kind, queries.rows_of(kind)), path, unmasked=unmasked)


def export_table(name: str, path: Path, *, unmasked: bool = False) -> ExportReport:
    """Write every row of a table, columns as stored (money in fen, energy in 0.01 kWh).

    Args:
        name: What one row is, such as `account` or `bill_line`; case and `_` do not matter.
        path: Ends in .csv, .xlsx or .parquet.
        unmasked: Whether identity and telephone numbers are written whole.

    Raises:
        UnableToExportError: `TABLE_UNKNOWN`.
        UnableToWriteFileError: `FORM_UNKNOWN`, `FILE_UNWRITABLE`.
    """
    plain = name.lower().replace("_", "").replace("-", "")
    if plain not in queries.tables():
        raise UnableToExportError(
            f"there is no table {name!r}",
            code="TABLE_UNKNOWN",
            fields={"table": name},
            remedy="Tables are " + ", ".join(table_names()) + ".",
        )
    return _written(plain, queries.rows_of_table(plain), path, unmasked=unmasked)


def table_names() -> list[str]:
    """Every table that can be exported."""
    return sorted(queries.tables())


def _written(name: str, rows: pl.DataFrame, path: Path, *, unmasked: bool) -> ExportReport:
    masks = {**_MASKS, **_OWN_MASKS.get(name, {})}
    masked = () if unmasked else tuple(column for column in masks if column in rows.columns)
    shown = rows.with_columns(masks[column](pl.col(column)).alias(column) for column in masked)
    write_frame(shown, path, title=name)
    return ExportReport(name, path, shown.height, masked)


def _as_filed(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    shown = rows.with_columns(_decimal(name, _CENT, 2) for name in _HUNDREDTHS.get(kind, ()))
    if kind == "customers":
        standard = pl.when(pl.col("power_factor_standard") == 0).then(pl.lit("0"))
        written = pl.format("0.{}", pl.col("power_factor_standard"))
        return shown.with_columns(
            _decimal("late_fee_permille", _MILLE, 3),
            low_income=pl.when("low_income").then(pl.lit("yes")).otherwise(pl.lit("no")),
            power_factor_standard=standard.otherwise(written),
        )
    if kind == "readings":
        names = dict(enumerate(REGISTER_NAMES))
        return shown.with_columns(pl.col("register").replace_strict(names, return_dtype=pl.String), _local("read_at"))
    if kind == "bills":
        return shown.with_columns(_month("period"))
    return shown.with_columns(_month("bill_period"), _local("paid_at")) if kind == "payments" else shown


def _decimal(name: str, unit: Decimal, places: int) -> pl.Expr:
    kind = pl.Decimal(20, places)
    return (pl.col(name).cast(kind) * pl.lit(unit, dtype=kind)).cast(kind).alias(name)


def _local(name: str) -> pl.Expr:
    return pl.col(name).dt.replace_time_zone(None)


def _month(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String)
    return (text.str.slice(0, 4) + "-" + text.str.slice(4, 2)).alias(name)
