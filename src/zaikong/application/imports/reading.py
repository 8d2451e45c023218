"""What does a file of a given kind hold, read without a database and without loading it?"""

from datetime import date
from pathlib import Path

from zaikong.application.imports.fields import KINDS, Kind
from zaikong.application.imports.files import read_file
from zaikong.application.imports.headers import known_names, plain_name
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import Sheet, refused
from zaikong.application.imports.table import Table, single, table_of
from zaikong.application.imports.workbook import Knows


def read_rows(kind: str, path: Path, *, as_of: date) -> tuple[Table, Rejections]:
    """Read a file as a kind.

    Args:
        kind: One of `KINDS`.
        path: The file.
        as_of: The business date; nothing in the file may be later.

    Returns:
        Its sound rows, each key once, and the faults of the others.

    Raises:
        UnableToReadFileError: The file cannot be read, or holds no rows.
        UnableToMatchHeaderError: The header is not that of the kind.
    """
    kinds = {name: make(as_of) for name, make in KINDS.items()}
    table, rejections = table_of(sheet_of(path, kinds[kind]), kinds[kind], kinds)
    return single(table, rejections), rejections


def sheet_of(path: Path, kind: Kind) -> Sheet:
    """The rows of a file that should hold a kind, as texts.

    Raises:
        UnableToReadFileError: The file cannot be read, or holds no rows.
    """
    sheet = read_file(path, knows=_knows(kind))
    if sheet.height == 0:
        raise refused(path, "FILE_EMPTY", "has a header and no rows", "Export it again, with its rows.")
    return sheet


def _knows(kind: Kind) -> Knows:
    names = known_names(kind)
    return lambda text: plain_name(text) in names
