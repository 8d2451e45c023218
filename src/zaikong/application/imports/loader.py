"""What does each kind of file need of its loader?

A loader works in two steps inside one transaction: `prepare` sets the sound rows beside the tables and refuses those
that contradict them; `write` changes the tables. Between the two nothing has changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.table import Table
from zaikong.kernel.finding import Finding


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a file is loaded.

    Attributes:
        as_of: Business date.
        create_missing: Whether stations and collectors that are not known are created; None: only while there is no
            station at all.
    """

    as_of: date
    create_missing: bool | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a loader changed.

    Attributes:
        loaded: Rows that changed something.
        unchanged: Rows that said what was known already.
        details: Counts by word.
        notes: What a reader should know.
        loose: Findings that the same file may settle when it is handed in again, such as a collector not yet known.
    """

    loaded: int
    unchanged: int
    details: dict[str, int] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()
    loose: tuple[Finding, ...] = ()


Write = Callable[[], Written]


class Prepare(Protocol):
    """Sets rows beside the tables; returns what writes them."""

    def __call__(self, table: Table, rejections: Rejections, terms: Terms) -> Write:
        """Refuse rows by `rejections`, and return what writes the others."""


@dataclass(frozen=True, slots=True)
class Loader:
    """How one kind of file is loaded.

    Attributes:
        prepare: See the module.
        once: Whether a file known by its content is not read again.
        single: Whether rows with the same key contradict each other.
    """

    prepare: Prepare
    once: bool = True
    single: bool = True
