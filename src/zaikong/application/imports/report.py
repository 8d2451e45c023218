"""What became of a file?"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from zaikong.application.imports.rejections import REJECTION
from zaikong.application.imports.sheet import LINE
from zaikong.kernel.finding import Finding

_TOLD: Final = 1_000
"""Most rejections in the machine-readable report; the file of rejected rows holds all."""


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file.

    Attributes:
        path: The file.
        kind: What it holds.
        form: What it is, such as `CSV, UTF-8, separator ,`.
        rows: Rows in it.
        loaded: Rows that changed something.
        unchanged: Rows that said what was known already.
        rejected: Rows at fault.
        waiting: Sound rows not loaded because others are at fault.
        details: Counts of what was done, by word.
        rejections: The faults, columns `rejections.REJECTION`.
        rejected_path: Where the rejected rows were written, if any.
        notes: What else a reader should know.
        seconds: Time it took [s].
    """

    path: Path
    kind: str
    form: str
    rows: int
    loaded: int = 0
    unchanged: int = 0
    rejected: int = 0
    waiting: int = 0
    details: dict[str, int] = field(default_factory=dict)
    rejections: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(REJECTION)))
    rejected_path: Path | None = None
    notes: tuple[Finding, ...] = ()
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether every row is in the tables now."""
        return self.rejected == 0 and self.waiting == 0

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        return {
            "file": str(self.path),
            "kind": self.kind,
            "form": self.form,
            "rows": self.rows,
            "loaded": self.loaded,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "waiting": self.waiting,
            "details": self.details,
            "rejected_file": str(self.rejected_path) if self.rejected_path else None,
            "rejections": self.rejections.head(_TOLD).rename({LINE: "line"}).to_dicts(),
            "rejections_total": self.rejections.height,
            "notes": [{"code": note.code, "subject": note.subject, "message": note.message} for note in self.notes],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the files of one import.

    Attributes:
        kind: What they hold.
        files: One report a file, in the order given.
    """

    kind: str
    files: tuple[FileReport, ...]

    @property
    def rows(self) -> int:
        """Rows in the files."""
        return sum(file.rows for file in self.files)

    @property
    def loaded(self) -> int:
        """Rows that changed something."""
        return sum(file.loaded for file in self.files)

    @property
    def unchanged(self) -> int:
        """Rows that said what was known already."""
        return sum(file.unchanged for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows at fault."""
        return sum(file.rejected for file in self.files)

    @property
    def waiting(self) -> int:
        """Sound rows not loaded because others of their file are at fault."""
        return sum(file.waiting for file in self.files)

    @property
    def complete(self) -> bool:
        """Whether every row is in the tables now."""
        return all(file.complete for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The report for a program."""
        return {
            "kind": self.kind,
            "rows": self.rows,
            "loaded": self.loaded,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "waiting": self.waiting,
            "files": [file.as_json() for file in self.files],
        }
