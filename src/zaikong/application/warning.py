"""Whom does the night warn of, and what becomes of the warnings that stand?

Each cause is one warning however long it lasts. It rises and falls with its measure, closes by itself when its cause is
gone, and comes back only at a higher level.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.domain.warning.level_table import LEVELS, WarningLevels, warning_levels
from zaikong.domain.warning.levels import RISK_COLUMNS, STORED_COLUMNS, expected_losses, moves, warnings_of
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import RiskWarning, Staff
from zaikong.store.queries import warnings as reads

LONGEST_NOTE = 300
"""Room for a note of what was done [characters]."""


class UnableToHandleWarningError(Refusal):
    """A warning that cannot be handled so."""


@dataclass(frozen=True, slots=True)
class Warned:
    """What a night's warnings did.

    Attributes:
        open: Warnings that stand now.
        moves: `open`, `raise`, `lower`, `reopen`, `keep`, `close` to how many.
        expected_loss_fen: Of all accounts [fen].
    """

    open: int
    moves: Mapping[str, int]
    expected_loss_fen: int


@transaction.atomic
def warn(facts: pl.DataFrame, grades: pl.DataFrame, *, as_of: date) -> Warned:
    """Open, move and close warnings at the end of a business date.

    Args:
        facts: As `grading.standing_facts` gives them.
        grades: `account`, `grade` of tonight.
        as_of: The business date.
    """
    table = warning_levels(as_of=as_of).value
    risks = _risks(facts, grades)
    entry = checked(nw.from_native(risks.lazy()), RISK_COLUMNS, rule="warnings")
    losses = collected(expected_losses(entry, table=table))
    reads.expect_losses(losses.select("account", "probability_ppm", "expected_loss_fen"))
    found = warnings_of(entry, table=table)
    stored = nw.from_native(reads.stored_warnings().select(STORED_COLUMNS).lazy())
    moved = _with_steps(collected(moves(found, stored)), table, as_of=as_of)
    _open(moved.filter(pl.col("move") == "open"), as_of=as_of)
    reads.move_warnings(moved.filter(pl.col("move") != "open"), as_of=as_of)
    return Warned(
        open=moved.filter(pl.col("move") != "close").height,
        moves=dict(moved.group_by("move").len().sort("move").iter_rows()),
        expected_loss_fen=int(losses["expected_loss_fen"].sum()),
    )


def handle_warning(warning_id: int, *, staff: Staff, note: str) -> None:
    """Note what was done about a warning, and who did it; it closes when its cause is gone.

    Raises:
        UnableToHandleWarningError: No such open warning, no note, or one that is too long.
    """
    if not note.strip():
        raise UnableToHandleWarningError(
            "a note is missing", code="NOTE_MISSING", fields={"note": ""}, remedy="Say what was done."
        )
    if len(note.strip()) > LONGEST_NOTE:
        raise UnableToHandleWarningError(
            f"the note has more than {LONGEST_NOTE} characters",
            code="NOTE_TOO_LONG",
            fields={"characters": len(note.strip())},
            remedy="Say it shorter.",
        )
    updated = RiskWarning.objects.filter(pk=warning_id, closed_date=None).update(handled_note=note.strip(), owner=staff)
    if not updated:
        raise UnableToHandleWarningError(
            f"there is no open warning {warning_id}",
            code="WARNING_UNKNOWN",
            fields={"warning": warning_id},
            remedy="Look again: it may have closed by itself.",
        )


def _risks(facts: pl.DataFrame, grades: pl.DataFrame) -> pl.DataFrame:
    return (
        facts.join(grades.select("account", "grade"), on="account", how="inner")
        .join(reads.latest_scores(), on="account", how="left")
        .with_columns(scored=pl.col("score_ppm").is_not_null(), score_ppm=pl.col("score_ppm").fill_null(0))
        .select(RISK_COLUMNS)
    )


def _with_steps(moved: pl.DataFrame, table: WarningLevels, *, as_of: date) -> pl.DataFrame:
    steps = {number: table.next_steps[name] for number, name in enumerate(LEVELS, start=1)}
    deadlines = {number: as_of + timedelta(days=step.days) for number, step in steps.items()}
    return moved.with_columns(
        next_step=pl.col("level").replace_strict({k: step.code for k, step in steps.items()}, return_dtype=pl.String),
        deadline=pl.col("level").replace_strict(deadlines, return_dtype=pl.Date),
    )


def _open(rows: pl.DataFrame, *, as_of: date) -> None:
    subject = pl.when(pl.col("subject_day") > 0).then(pl.col("subject_day").cast(pl.Int32).cast(pl.Date))
    reads.open_new(
        rows.join(reads.owners(), on="account", how="left").select(
            pl.col("account").alias("account_id"),
            "cause",
            subject.alias("subject_date"),
            "level",
            pl.lit(as_of).alias("opened_date"),
            pl.lit(as_of).alias("level_date"),
            "observed",
            "limit",
            "probability_ppm",
            "exposure_fen",
            "expected_loss_fen",
            "next_step",
            "deadline",
            "owner_id",
            pl.lit("").alias("handled_note"),
        )
    )
