"""Which files were taken in before, and what was rejected of them?"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from zaikong.store import bulk
from zaikong.store.models import ImportBatch


@dataclass(frozen=True, slots=True)
class Batch:
    """A file taken in before.

    Attributes:
        file_name: Its name then.
        as_of_date: Business date it was taken in for.
    """

    file_name: str
    as_of_date: date


def lock() -> None:
    """Let one process at a time take in files, until the end of the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_import'))")


def settled_batch(kind: str, sha256: str) -> Batch | None:
    """The batch that took in this content whole, if there is one; a batch with rejections left may be tried again."""
    batch = ImportBatch.objects.filter(kind=kind, sha256=sha256, importrejection__isnull=True).order_by("id").first()
    return Batch(batch.file_name, batch.as_of_date) if batch else None


def keep_rejections(batch: int, rows: pl.DataFrame) -> int:
    """Keep what was rejected of a batch: `line`, `column`, `value`, `code`, `reason`."""
    return bulk.write(
        rows.select(
            pl.lit(batch).alias("batch_id"),
            "line",
            pl.col("column").pipe(_storable, 60),
            pl.col("value").pipe(_storable, 200),
            pl.concat_str("code", pl.lit(": "), "reason").pipe(_storable, 300).alias("reason"),
        ),
        "zaikong_importrejection",
    )


def _storable(text: pl.Expr, longest: int) -> pl.Expr:
    r"""Text that a column takes: no NUL, not the mark `\N` of a null, not too long."""
    return text.fill_null("").str.replace_all("\x00", "").str.replace(r"^\\N$", r"\N ").str.slice(0, longest)
