"""Files in: read whole, every bad row reported, none lost; the same content twice changes nothing."""

from zaikong.application.imports.fields import KINDS
from zaikong.application.imports.intake import LATER, UnableToImportError, load
from zaikong.application.imports.report import FileReport, ImportReport

__all__ = ["KINDS", "LATER", "FileReport", "ImportReport", "UnableToImportError", "load"]
