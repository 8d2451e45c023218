"""Files in: read whole, every bad row reported, none lost; the same content twice changes nothing."""

from typing import TYPE_CHECKING, Any

from zaikong.application.imports.fields import KINDS
from zaikong.application.imports.report import FileReport, ImportReport

if TYPE_CHECKING:
    from zaikong.application.imports.intake import UnableToImportError, load

__all__ = ["KINDS", "FileReport", "ImportReport", "UnableToImportError", "load"]


def __getattr__(name: str) -> Any:
    # files are read without a database as well, so what needs the tables is imported when it is asked for
    if name in __all__:
        from zaikong.application.imports import intake  # noqa: PLC0415 -- see above

        return getattr(intake, name)
    raise AttributeError(name)
