"""Which edition of a credit table is in force, and what is wrong with its file?

A credit table (scorecard, thresholds, terms) is YAML with dated editions, read as the law's parameters are: a value
without a source is refused, and so are two editions in force on one day.
"""

from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from zaikong.domain.law.parameters import Parameter, Version, read_versions
from zaikong.kernel.dated import UnableToReadDatedFileError, in_force

Table = TypeVar("Table", bound=Parameter)


def read_editions(kind: type[Table], path: Path) -> tuple[Version[Table], ...]:
    """Read every edition of a table, the oldest first.

    Args:
        kind: The table.
        path: Its YAML file.

    Raises:
        UnableToReadDatedFileError: The file is wrong, or two editions are in force on one day; the message names file,
            line and reason.
    """
    read = sorted(read_versions(kind, path), key=lambda version: version.effective_from)
    for earlier, later in pairwise(read):
        if earlier.effective_to is None or earlier.effective_to > later.effective_from:
            raise UnableToReadDatedFileError(
                f"{path}:1: {earlier.edition} and {later.edition} are both in force on {later.effective_from}",
                code="EDITIONS_OVERLAP",
                fields={"file": str(path)},
                remedy="End the earlier edition on the first day of the later one.",
            )
    return tuple(read)


@cache
def editions(kind: type[Table], file: str) -> tuple[Version[Table], ...]:
    """Every shipped edition of a table.

    Args:
        kind: The table.
        file: Path below this package, such as `grades/behaviour.yaml`.
    """
    with as_file(files("zaikong.domain.credit").joinpath(file)) as path:
        return read_editions(kind, path)


def edition_on(kind: type[Table], file: str, *, as_of: date) -> Version[Table]:
    """The shipped edition in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return in_force(editions(kind, file), as_of=as_of, what=file)
