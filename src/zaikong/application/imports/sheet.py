"""Which rows does a file hold, as text?

What a file is, is read from its content, not from its name: CSV (`,` `;` tab or `|`), Excel and Parquet come out as one
frame of text columns with the place of each row, before anybody asks what the text means.

    UnableToReadFileError        FILE_MISSING, FILE_UNREADABLE, FILE_EMPTY, FILE_COMPRESSED, FILE_KIND_UNKNOWN,
                                 PARQUET_DAMAGED, PARQUET_NESTED, EXCEL_DAMAGED, EXCEL_LOCKED, EXCEL_SHEETS_AMBIGUOUS,
                                 QUOTE_OPEN, HEADER_DUPLICATE
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from zaikong.kernel.finding import Finding
from zaikong.kernel.refusal import Refusal

LINE: Final = "#line"
"""Column of a row's place: its first line in a CSV file, its row in an Excel sheet, its number (from 1) in Parquet."""


class UnableToReadFileError(Refusal):
    """A file cannot be read as a table."""


def _no_torn_rows() -> pl.DataFrame:
    """The shape of `Sheet.torn`, empty."""
    return pl.DataFrame(schema={LINE: pl.Int64, "text": pl.String, "found": pl.Int64})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's rows as text.

    Attributes:
        path: The file.
        sha256: Hash of its content.
        form: What it is, in words a user knows, such as `CSV, GB18030, separator ;`.
        columns: Its header as written, no two alike.
        rows: `LINE` (int64) and one text column for each of `columns`; nothing is null, nothing has outer blanks.
        torn: Rows that could not be split into columns: `LINE`, `text`, `found` (number of columns found, 0 where
            quotation marks are misplaced).
        notes: What a reader should know about the file as a whole.
    """

    path: Path
    sha256: str
    form: str
    columns: tuple[str, ...]
    rows: pl.DataFrame
    torn: pl.DataFrame = field(default_factory=_no_torn_rows)
    notes: tuple[Finding, ...] = ()

    @property
    def height(self) -> int:
        """Rows in the file, those that could not be split included."""
        return self.rows.height + self.torn.height


def content_of(path: Path) -> bytes:
    """Read a file whole.

    Raises:
        UnableToReadFileError: `FILE_MISSING`, `FILE_UNREADABLE`, `FILE_EMPTY`.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise refused(path, "FILE_MISSING", "does not exist", "Check the path.") from error
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise refused(path, "FILE_UNREADABLE", reason, "Check that it is a file and that you may read it.") from error
    if not content.strip():
        raise refused(path, "FILE_EMPTY", "is empty", "Export it again; a file holds a header line and rows.")
    return content


def sha256_of(content: bytes) -> str:
    """Hash by which the same content is known again."""
    return hashlib.sha256(content).hexdigest()


def tidy(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Text columns without nulls and without outer blanks, and without rows that are blank throughout."""
    texts = [pl.col(name).fill_null("").str.strip_chars(" \t\r\n\v\f\u00a0\u3000\ufeff\u200b") for name in columns]
    filled = frame.with_columns(texts)
    return filled.filter(pl.any_horizontal(pl.col(name) != "" for name in columns))


def unique_header(path: Path, names: list[str]) -> tuple[str, ...]:
    """A header without trailing empty names.

    Raises:
        UnableToReadFileError: `HEADER_DUPLICATE`, naming both places; an empty name between others counts as a name.
    """
    places: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if name in places:
            shown = f"column name {name!r}" if name else "an empty column name"
            raise refused(
                path,
                "HEADER_DUPLICATE",
                f"has {shown} twice, as column {places[name]} and column {place}",
                "Rename or delete one of them.",
            )
        places[name] = place
    return tuple(names)


def refused(path: Path, code: str, what: str, remedy: str) -> UnableToReadFileError:
    """The refusal of a file."""
    return UnableToReadFileError(f"{path} {what}", code=code, fields={"file": str(path)}, remedy=remedy)
