"""How does a file enter the tables: read whole, judged whole, loaded whole or not at all?

One file, one transaction. Rows at fault are written beside the file before anything is loaded; sound rows load only
when there is no other, or when asked to. The same content handed in again changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Final

import polars as pl
from django.db import transaction

from zaikong.application.imports import bills, customers, daily_use, meters, payments, readings, signals
from zaikong.application.imports.fields import KINDS
from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.reading import sheet_of
from zaikong.application.imports.rejected_file import write_rejected
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.report import FileReport, ImportReport
from zaikong.application.imports.sheet import LINE, Sheet
from zaikong.application.imports.table import Table, single, table_of
from zaikong.kernel.finding import Finding
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import ImportBatch, Staff
from zaikong.store.queries import imports as queries

LOADERS: Final[Mapping[str, Loader]] = MappingProxyType(
    {
        "customers": customers.LOADER,
        "meters": meters.LOADER,
        "readings": readings.LOADER,
        "daily_use": daily_use.LOADER,
        "bills": bills.LOADER,
        "payments": payments.LOADER,
        "signals": signals.LOADER,
    }
)
"""How each kind is loaded."""


class UnableToImportError(Refusal):
    """There is no such kind of file."""


def load(
    kind: str,
    files: Iterable[Path],
    *,
    as_of: date,
    accept_partial: bool = False,
    create_missing: bool | None = None,
    ignore: Collection[str] = (),
    staff: Staff | None = None,
) -> ImportReport:
    """Load files of one kind, each in a transaction of its own, in the order given.

    Args:
        kind: One of `KINDS`.
        files: The files.
        as_of: Business date.
        accept_partial: Load the sound rows of a file that has others.
        create_missing: Whether a customers file may bring new stations and collectors; None: only while there is no
            station at all.
        ignore: Columns to read past, as written in the file.
        staff: Who loads them.

    Returns:
        A report a file. A file at fault is reported; it does not keep the next one from loading.

    Raises:
        UnableToImportError: `KIND_UNKNOWN`.
        UnableToReadFileError, UnableToDecodeError, UnableToMatchHeaderError: A file is no table of this kind; earlier
            files are loaded.
        UnableToWriteRejectedRowsError: Rejected rows would be lost; the file is not loaded.
    """
    _refuse_unknown(kind)
    terms = Terms(as_of=as_of, create_missing=create_missing)
    return ImportReport(
        kind,
        tuple(
            _load_file(kind, file, terms, accept_partial=accept_partial, ignore=ignore, staff=staff) for file in files
        ),
    )


def _refuse_unknown(kind: str) -> None:
    if kind not in KINDS:
        raise UnableToImportError(
            f"there is no kind of file {kind!r}",
            code="KIND_UNKNOWN",
            fields={"kind": kind},
            remedy="Kinds are " + ", ".join(KINDS) + ".",
        )


@dataclass(frozen=True, slots=True)
class _Judged:
    """A file that has been read."""

    sheet: Sheet
    table: Table
    rejections: Rejections


def _load_file(
    kind: str, path: Path, terms: Terms, *, accept_partial: bool, ignore: Collection[str], staff: Staff | None
) -> FileReport:
    started = perf_counter()
    kinds = {name: make(terms.as_of) for name, make in KINDS.items()}
    sheet = sheet_of(path, kinds[kind])
    loader = LOADERS[kind]
    with transaction.atomic():
        queries.lock()
        if loader.once and (earlier := queries.settled_batch(kind, sheet.sha256)):
            return _known_before(kind, sheet, earlier, perf_counter() - started)
        table, rejections = table_of(sheet, kinds[kind], kinds, ignore=ignore)
        table = single(table, rejections) if loader.single else table
        judged = _Judged(sheet, table, rejections)
        write = loader.prepare(table, rejections, terms)
        if rejections.height and not accept_partial:
            return _nothing_loaded(kind, judged, perf_counter() - started)
        return _loaded(kind, judged, write, terms, accept_partial=accept_partial, staff=staff, started=started)


def _loaded(
    kind: str, judged: _Judged, write: Write, terms: Terms, *, accept_partial: bool, staff: Staff | None, started: float
) -> FileReport:
    with transaction.atomic():
        written = write()
        spoiled = judged.rejections.height > 0 and not accept_partial
        if spoiled:
            transaction.set_rollback(True)
    if spoiled:
        return _nothing_loaded(kind, judged, perf_counter() - started)
    sheet, faults = judged.sheet, judged.rejections.frame
    rejected_file = write_rejected(sheet, faults) if faults.height else None
    rejected = faults[LINE].n_unique()
    unchanged = written.unchanged + judged.table.repeats
    if written.loaded or rejected:
        _keep_batch(kind, sheet, written, faults, unchanged=unchanged, as_of=terms.as_of, staff=staff)
    return FileReport(
        path=sheet.path,
        kind=kind,
        form=sheet.form,
        rows=sheet.height,
        loaded=written.loaded,
        unchanged=unchanged,
        rejected=rejected,
        details=written.details,
        rejections=faults,
        rejected_path=rejected_file,
        notes=(*sheet.notes, *written.notes, *written.loose),
        seconds=perf_counter() - started,
    )


def _keep_batch(
    kind: str,
    sheet: Sheet,
    written: Written,
    faults: pl.DataFrame,
    *,
    unchanged: int,
    as_of: date,
    staff: Staff | None,
) -> None:
    batch = ImportBatch.objects.create(
        kind=kind,
        file_name=sheet.path.name[-300:],
        sha256=sheet.sha256,
        rows=sheet.height,
        loaded=written.loaded,
        unchanged=unchanged,
        rejected=faults[LINE].n_unique(),
        as_of_date=as_of,
        staff=staff,
    )
    loose = pl.DataFrame(
        [(0, "", note.subject, note.code, note.message) for note in written.loose], schema=faults.schema, orient="row"
    )
    queries.keep_rejections(batch.pk, pl.concat([faults, loose]).rename({LINE: "line"}))


def _known_before(kind: str, sheet: Sheet, earlier: queries.Batch, seconds: float) -> FileReport:
    note = Finding(
        "FILE_KNOWN",
        str(sheet.path),
        f"The same content was loaded as {earlier.file_name} for {earlier.as_of_date}; nothing was changed.",
    )
    return FileReport(
        path=sheet.path,
        kind=kind,
        form=sheet.form,
        rows=sheet.height,
        unchanged=sheet.height,
        notes=(note,),
        seconds=seconds,
    )


def _nothing_loaded(kind: str, judged: _Judged, seconds: float) -> FileReport:
    sheet, faults = judged.sheet, judged.rejections.frame
    rejected = faults[LINE].n_unique()
    return FileReport(
        path=sheet.path,
        kind=kind,
        form=sheet.form,
        rows=sheet.height,
        rejected=rejected,
        waiting=sheet.height - rejected,
        rejections=faults,
        rejected_path=write_rejected(sheet, faults),
        notes=sheet.notes,
        seconds=seconds,
    )
