"""What kind of file is this, and which rows does it hold?"""

import io
from pathlib import Path
from typing import Final

import polars as pl

from zaikong.application.imports.separated import separated_sheet
from zaikong.application.imports.sheet import LINE, Sheet, content_of, refused, sha256_of, tidy, unique_header
from zaikong.application.imports.workbook import Knows, workbook_sheet

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PARQUET: Final = b"PAR1"
_PACKED: Final = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7-Zip",
    b"Rar!": "RAR",
    b"(\xb5/\xfd": "zstd",
}
_FOREIGN: Final = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"<!DO": "a web page",
    b"<htm": "a web page",
}
_EXACT: Final = 10**15


def read_file(path: Path, *, knows: Knows) -> Sheet:
    """Read any file of the kinds taken in.

    Args:
        path: The file; its name does not matter.
        knows: Whether a text is the name of a column; finds the header in a workbook.

    Raises:
        UnableToReadFileError: See `sheet`.
        UnableToDecodeError: See `encoding`.
    """
    content = content_of(path)
    for mark, name in _PACKED.items():
        if content.startswith(mark):
            raise refused(path, "FILE_COMPRESSED", f"is packed ({name})", "Unpack it first.")
    for mark, name in _FOREIGN.items():
        if content[:4] == mark[:4]:
            raise refused(path, "FILE_KIND_UNKNOWN", f"is {name}", "Hand in CSV, Excel or Parquet.")
    if content.startswith(_PARQUET):
        return parquet_sheet(content, path=path)
    if content.startswith((_ZIP, _OLE)):
        return workbook_sheet(content, path=path, knows=knows)
    return separated_sheet(content, path=path)


def parquet_sheet(content: bytes, *, path: Path) -> Sheet:
    """Read Parquet, every column as text.

    Raises:
        UnableToReadFileError: `PARQUET_DAMAGED`, `PARQUET_NESTED`.
    """
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        raise refused(
            path, "PARQUET_DAMAGED", "is a Parquet file that is cut short or damaged", "Copy or export it again."
        ) from error
    nested = [name for name, kind in frame.schema.items() if kind.is_nested() or kind in (pl.Object, pl.Binary)]
    if nested:
        raise refused(
            path, "PARQUET_NESTED", f"has columns that are no plain values: {', '.join(nested)}", "Flatten them first."
        )
    columns = unique_header(path, [name.strip() for name in frame.columns])
    texts = frame.select(
        _plain_text(name, kind).alias(new) for new, (name, kind) in zip(columns, frame.schema.items(), strict=True)
    )
    return Sheet(
        path=path,
        sha256=sha256_of(content),
        form="Parquet",
        columns=columns,
        rows=tidy(texts.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE)), columns),
    )


def _plain_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_float():
        exact = column.cast(pl.Float64).round_sig_figs(15)
        whole = exact.is_finite() & (exact == exact.floor()) & (exact.abs() < _EXACT)
        return (
            pl.when(column.is_nan())
            .then(pl.lit(""))
            .when(whole)
            .then(pl.when(whole).then(exact).cast(pl.Int64).cast(pl.String))
            .otherwise(exact.cast(pl.String))
        )
    if isinstance(kind, pl.Datetime):
        local = column.dt.convert_time_zone("Asia/Shanghai") if kind.time_zone else column
        return local.dt.strftime("%Y-%m-%d %H:%M:%S")
    return column.cast(pl.String)
