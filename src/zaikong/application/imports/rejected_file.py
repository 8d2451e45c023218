"""Where do rejected rows go? To a file beside the one handed in, which can be mended and handed in as it is."""

import os
from pathlib import Path

import polars as pl

from zaikong.application.imports.headers import REJECTED_LINE, REJECTED_REASON
from zaikong.application.imports.sheet import LINE, Sheet
from zaikong.kernel.refusal import Refusal


class UnableToWriteRejectedRowsError(Refusal):
    """The file of rejected rows cannot be written, so nothing is loaded: no row is lost."""


def rejected_path(path: Path) -> Path:
    """`<file>.rejected.csv`."""
    return path.with_name(path.name + ".rejected.csv")


def write_rejected(sheet: Sheet, rejections: pl.DataFrame) -> Path:
    """Write every rejected row of a file: its columns as they came, its line, and the reasons.

    The file is readable by its owner only, because it holds what identifies people.

    Args:
        sheet: The file.
        rejections: Its faults.

    Returns:
        The path; a file of that name is replaced.

    Raises:
        UnableToWriteRejectedRowsError: No place to write it; nothing is left behind.
    """
    path = rejected_path(sheet.path)
    draft = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
            _rows(sheet, rejections).write_csv(target, include_bom=True)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UnableToWriteRejectedRowsError(
            f"{path} cannot be written: {error.strerror}",
            code="REJECTED_FILE_UNWRITABLE",
            fields={"file": str(path)},
            remedy="Make room, or move the file to a folder you may write to. Nothing was loaded.",
        ) from error
    return path


def _rows(sheet: Sheet, rejections: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in sheet.columns if name not in (REJECTED_LINE, REJECTED_REASON)]
    reasons = rejections.group_by(LINE, maintain_order=True).agg(pl.col("reason").str.join("; ")).sort(LINE)
    whole = sheet.rows.select(LINE, *columns)
    torn = sheet.torn.select(
        LINE,
        **{name: pl.col("text") if place == 0 else pl.lit("") for place, name in enumerate(columns)},
    )
    return (
        reasons.join(pl.concat([whole, torn]), on=LINE, how="left", maintain_order="left")
        .rename({LINE: REJECTED_LINE, "reason": REJECTED_REASON})
        .select(*columns, REJECTED_LINE, REJECTED_REASON)
    )
