"""How does a frame become a file that offices open: CSV, Excel or Parquet?

Written beside its final name and put in place whole, so that a full disk leaves no half file behind. Readable by its
owner only: what is exported tells who owes what.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import polars as pl
import xlsxwriter
from xlsxwriter.exceptions import XlsxWriterException

from zaikong.kernel.refusal import Refusal

FORMS: Final = (".csv", ".xlsx", ".parquet")
_SHEET_ROWS: Final = 1_048_575
"""Rows below the header of an Excel sheet."""

_SHEET_NAME: Final = 28


class UnableToWriteFileError(Refusal):
    """The file's form is not known, or there is no place to write it."""


def write_frame(frame: pl.DataFrame, path: Path, *, title: str) -> Path:
    """Write a frame in the form its name ends in.

    Args:
        frame: The rows; CSV and Excel show its column names as the header.
        path: Ends in one of `FORMS`; an existing file is replaced.
        title: Name of the sheet in Excel; what does not fit one sheet goes on in the next.

    Returns:
        The path.

    Raises:
        UnableToWriteFileError: `FORM_UNKNOWN`, `FILE_UNWRITABLE`.
    """
    form = path.suffix.lower()
    writers: Mapping[str, Callable[[pl.DataFrame, IO[bytes]], None]] = {
        ".csv": lambda rows, target: rows.write_csv(target, include_bom=True),
        ".xlsx": lambda rows, target: _write_workbook(rows, target, title),
        ".parquet": lambda rows, target: rows.write_parquet(target, compression="zstd"),
    }
    if form not in writers:
        raise UnableToWriteFileError(
            f"{path} ends in no form that can be written",
            code="FORM_UNKNOWN",
            fields={"file": str(path)},
            remedy="Name it .csv, .xlsx or .parquet.",
        )
    _put_in_place(path, lambda target: writers[form](frame, target))
    return path


def _put_in_place(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    draft = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as target:
            write(target)
        draft.replace(path)
    except (OSError, pl.exceptions.PolarsError, XlsxWriterException) as error:
        draft.unlink(missing_ok=True)
        raise UnableToWriteFileError(
            f"{path} cannot be written: {getattr(error, 'strerror', None) or error}",
            code="FILE_UNWRITABLE",
            fields={"file": str(path)},
            remedy="Make room, or choose a folder that exists and that you may write to.",
        ) from error


def _write_workbook(frame: pl.DataFrame, target: IO[bytes], title: str) -> None:
    """Write row by row through files beside the workbook, so that a million rows need no memory."""
    with tempfile.TemporaryDirectory() as folder:
        book = xlsxwriter.Workbook(
            target,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        try:
            _write_sheets(book, frame, title)
            book.close()
        except BaseException:
            book.fileclosed = True
            for sheet in book.worksheets():
                with suppress(OSError):
                    sheet.row_data_fh.close()
            raise


def _write_sheets(book: Any, frame: pl.DataFrame, title: str) -> None:
    forms = {
        pl.Date: book.add_format({"num_format": "yyyy-mm-dd"}),
        pl.Datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        pl.Decimal: book.add_format({"num_format": "0.00"}),
        pl.String: book.add_format({"num_format": "@"}),
    }
    bold = book.add_format({"bold": True})
    columns = [forms.get(kind.base_type()) for kind in frame.dtypes]
    for number, part in enumerate(_parts(frame), start=1):
        sheet = book.add_worksheet(title[:_SHEET_NAME] if number == 1 else f"{title[:_SHEET_NAME]} {number}")
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(frame.columns):
            sheet.set_column(place, place, 18, columns[place])
            sheet.write_string(0, place, name, bold)
        for line, row in enumerate(part.iter_rows(), start=1):
            for place, value in enumerate(row):
                _write_cell(sheet, line, place, value, columns[place])


def _parts(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield from frame.iter_slices(_SHEET_ROWS) if frame.height else [frame]


def _write_cell(sheet: Any, line: int, place: int, value: Any, form: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(line, place, value, form)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value.replace(tzinfo=None), form)
    elif isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int) and abs(value) >= 10**15:
        sheet.write_string(line, place, str(value))
    elif hasattr(value, "isoformat"):
        sheet.write_datetime(line, place, value, form)
    else:
        sheet.write_number(line, place, value, form)
