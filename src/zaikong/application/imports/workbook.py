"""Which rows does an Excel workbook hold?

The header is sought in the first rows, because offices put a title above it. Numbers come out as Excel shows them (15
significant digits), whole ones without a point, so that an account number kept as a number is the number typed.
"""

import io
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum, XmlError, ZipError

from zaikong.application.imports.sheet import LINE, Sheet, refused, sha256_of, tidy, unique_header
from zaikong.kernel.finding import Finding

HEADER_SOUGHT: Final = 10
"""Rows in which the header is sought."""

_EXACT: Final = 10**15
"""Excel keeps 15 digits of a number."""

Knows = Callable[[str], bool]


def workbook_sheet(content: bytes, *, path: Path, knows: Knows) -> Sheet:
    """Read the sheet of a workbook that has the header.

    Args:
        content: The whole file (xlsx, xlsm, xlsb, xls or ods).
        path: The file, for errors.
        knows: Whether a name is a column's name; finds the header row.

    Raises:
        UnableToReadFileError: `EXCEL_DAMAGED`, `EXCEL_LOCKED`, `EXCEL_SHEETS_AMBIGUOUS`, `FILE_EMPTY`,
            `HEADER_DUPLICATE`.
    """
    tables = _filled_sheets(content, path)
    chosen = _chosen(tables, knows, path)
    rows = tables[chosen]
    top = _header_row(rows, knows)
    names = [_text(cell).strip() for cell in rows[top]]
    while len(names) > 1 and not names[-1]:
        names.pop()
    columns = unique_header(path, names)
    frame, beyond = _frame(rows[top + 1 :], columns, top + 2)
    others = [name for name in tables if name != chosen]
    return Sheet(
        path=path,
        sha256=sha256_of(content),
        form=f"Excel, sheet {chosen}",
        columns=columns,
        rows=tidy(frame, columns),
        torn=beyond,
        notes=tuple(
            Finding("SHEET_NOT_READ", f"{path} {name}", "This sheet has rows, but not the header, and was not read.")
            for name in others
        ),
    )


def _filled_sheets(content: bytes, path: Path) -> dict[str, list[list[Any]]]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in shown}
    except PasswordError as error:
        raise refused(path, "EXCEL_LOCKED", "is protected by a password", "Save it without one.") from error
    except (CalamineError, XmlError, ZipError, OSError, ValueError) as error:
        raise refused(
            path,
            "EXCEL_DAMAGED",
            f"is no readable workbook ({error})",
            "Open it in Excel and save it again, or export CSV.",
        ) from error
    filled = {name: rows for name, rows in tables.items() if any(any(cell != "" for cell in row) for row in rows)}
    if not filled:
        raise refused(path, "FILE_EMPTY", "has no visible sheet with rows", "Export it again.")
    return filled


def _chosen(tables: dict[str, list[list[Any]]], knows: Knows, path: Path) -> str:
    known = {name: _known(rows[_header_row(rows, knows)], knows) for name, rows in tables.items()}
    best = max(known.values())
    fitting = [name for name, count in known.items() if count == best]
    if best and len(fitting) > 1:
        raise refused(
            path,
            "EXCEL_SHEETS_AMBIGUOUS",
            f"has the same header in several sheets: {', '.join(fitting)}",
            "Keep one sheet a file.",
        )
    return fitting[0]


def _header_row(rows: list[list[Any]], knows: Knows) -> int:
    head = rows[:HEADER_SOUGHT]
    best = max(range(len(head)), key=lambda place: _known(head[place], knows))
    if _known(head[best], knows):
        return best
    return next(place for place, row in enumerate(rows) if any(cell != "" for cell in row))


def _known(row: list[Any], knows: Knows) -> int:
    return sum(isinstance(cell, str) and knows(cell) for cell in row)


def _frame(rows: list[list[Any]], columns: tuple[str, ...], first: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows as text with their places, and those that have a value under no header."""
    wide = len(columns)
    table = pl.DataFrame(
        {name: [_text(row[place]) if place < len(row) else "" for row in rows] for place, name in enumerate(columns)},
        schema=dict.fromkeys(columns, pl.String),
    ).with_columns(pl.int_range(first, first + len(rows), dtype=pl.Int64).alias(LINE))
    beyond = [place for place, row in enumerate(rows) if any(cell != "" for cell in row[wide:])]
    torn = pl.DataFrame(
        {
            LINE: [first + place for place in beyond],
            "text": ["\t".join(_text(cell) for cell in rows[place]) for place in beyond],
            "found": [max(at for at, cell in enumerate(rows[place], start=1) if cell != "") for place in beyond],
        },
        schema={LINE: pl.Int64, "text": pl.String, "found": pl.Int64},
    )
    return table.filter(~pl.col(LINE).is_in(torn[LINE].implode())), torn


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _number(cell: float) -> str:
    if abs(cell) < _EXACT and cell == int(cell):
        return str(int(cell))
    shown = f"{cell:.15g}"
    return format(Decimal(shown), "f") if abs(cell) < _EXACT else shown
