"""Who must be warned of tonight, how gravely, and how much may be lost?

Each cause of `levels.yaml` is judged by itself, so that a warning says why it stands. A cause has a subject, the day it
goes back to: the due day of the oldest unpaid bill, the day of a notice. The same cause of the same subject is one
warning, however long it lasts. An account without exposure is not warned of.

    expected loss = probability of not being paid * exposure * share that is lost

Basis: 国网 practice of blue to red warnings as `levels.yaml` cites it.
"""

from collections.abc import Mapping
from typing import Final

import narwhals as nw

from zaikong.domain.credit.behaviour_table import GRADE_NAMES
from zaikong.domain.warning.level_table import WarningLevels
from zaikong.kernel.money import half_away, natural_quotient
from zaikong.kernel.probe import Probe, hits

RISK_COLUMNS: Final = (
    "account",
    "category",
    "exposure_fen",
    "guarantee_fen",
    "grade",
    "scored",
    "score_ppm",
    "oldest_due_day",
    "days_overdue",
    "periods_overdue",
    "prepaid",
    "prepaid_cover_days",
    "use_trend_permille",
    "use_stopped_days",
    "adverse_signal",
    "signal_day",
)
"""What a warning reads of an account: `scored` is false where no score stands; `signal_day` is 0 without a signal."""

WARNING_COLUMNS: Final = (
    "account",
    "cause",
    "subject_day",
    "level",
    "observed",
    "limit",
    "probability_ppm",
    "exposure_fen",
    "expected_loss_fen",
)
"""Columns of a warning found; `level` is 1 blue to 4 red."""

_MILLION: Final = 1_000_000
_UNIT: Final = 2**8


def expected_losses(accounts: nw.LazyFrame, *, table: WarningLevels) -> nw.LazyFrame:
    """Adds what may be lost.

    Args:
        accounts: `RISK_COLUMNS`.
        table: The edition in force.

    Returns:
        The rows with `probability_ppm` [ppm], `at_risk_fen` (exposure less guarantee) and `expected_loss_fen` [fen].
    """
    chances: Mapping[str, int] = {str(name): ppm for name, ppm in table.probability_by_grade_ppm.items()}
    by_grade: nw.Expr = nw.lit(max(table.probability_by_grade_ppm.values()), nw.Int64)
    for number, name in enumerate(GRADE_NAMES, start=1):
        chance = nw.lit(chances[name], nw.Int64)
        by_grade = nw.when(nw.col("grade") == number).then(chance).otherwise(by_grade)
    share: nw.Expr = nw.lit(max(table.loss_share_permille.values()), nw.Int64)
    for category, permille in table.loss_share_permille.items():
        share = nw.when(nw.col("category") == category).then(nw.lit(permille, nw.Int64)).otherwise(share)
    at_risk = nw.max_horizontal(nw.col("exposure_fen") - nw.col("guarantee_fen"), nw.lit(0, nw.Int64))
    return (
        accounts.with_columns(
            probability_ppm=nw.when(nw.col("scored")).then(nw.col("score_ppm")).otherwise(by_grade),
            at_risk_fen=at_risk,
            _share=share,
        )
        .with_columns(_lost=_part(nw.col("at_risk_fen"), nw.col("_share") * 1000))
        .with_columns(expected_loss_fen=_part(nw.col("_lost"), nw.col("probability_ppm")))
        .drop("_share", "_lost")
    )


def _part(fen: nw.Expr, ppm: nw.Expr) -> nw.Expr:
    """A part of an amount, rounded to the fen; whole millions are multiplied apart so that nothing leaves int64."""
    whole, rest = natural_quotient(fen, _MILLION), fen % _MILLION
    return whole * ppm + half_away(rest * ppm * _UNIT, _MILLION * _UNIT)


def warnings_of(accounts: nw.LazyFrame, *, table: WarningLevels) -> nw.LazyFrame:
    """Every cause of every account that gives a level.

    Args:
        accounts: `RISK_COLUMNS`, one row an account.
        table: The edition in force.

    Returns:
        `WARNING_COLUMNS`, one row an account and cause.
    """
    exposed = expected_losses(
        accounts.filter(nw.col("exposure_fen") >= table.smallest_exposure_fen), table=table
    ).with_columns(use_drop_permille=nw.max_horizontal(1000 - nw.col("use_trend_permille"), nw.lit(0, nw.Int64)))
    probes = []
    for code, cause in table.causes.items():
        taken: nw.Expr = nw.lit(False)
        measure, concerned = nw.col(cause.measure), _concerned(cause.measure)
        for number, limit in cause.limits:
            reached = measure >= limit if cause.rises else measure <= limit
            probes.append(Probe(code, "note", reached & ~taken & concerned, measure, limit, {"level": number}))
            taken = taken | reached
    keep = ("account", "probability_ppm", "exposure_fen", "expected_loss_fen", "oldest_due_day", "signal_day")
    found = hits(exposed, probes, keep=keep)
    of_bill = nw.col("code").is_in(["BILL_OVERDUE", "PERIODS_OPEN", "SCORE_HIGH"])
    subject = (
        nw.when(of_bill)
        .then(nw.col("oldest_due_day"))
        .otherwise(nw.when(nw.col("code") == "SIGNAL").then(nw.col("signal_day")).otherwise(nw.lit(0, nw.Int64)))
    )
    return found.with_columns(cause=nw.col("code"), subject_day=subject).select(*WARNING_COLUMNS)


def _concerned(measure: str) -> nw.Expr:
    """Prepaid cover concerns prepaid accounts alone; a score only where it stands."""
    if measure == "prepaid_cover_days":
        return nw.col("prepaid")
    if measure == "probability_ppm":
        return nw.col("scored")
    return nw.lit(True)


STORED_COLUMNS: Final = ("warning", "account", "cause", "subject_day", "level", "is_closed")
"""What is known of earlier warnings: their number, what they were about, the level they have or were closed at."""

MOVE_COLUMNS: Final = ("warning", "move", *WARNING_COLUMNS)
"""What becomes of each warning: `move` is `open`, `raise`, `lower`, `reopen`, `keep` or `close`; `warning` is 0 for a new one."""


def moves(found: nw.LazyFrame, stored: nw.LazyFrame) -> nw.LazyFrame:
    """Set tonight's warnings beside the earlier ones.

    A warning closes when its cause is gone. One that a person or the night has closed comes back only at a higher level:
    the same cause of the same subject is not told twice.

    Args:
        found: `WARNING_COLUMNS` of tonight.
        stored: `STORED_COLUMNS`.

    Returns:
        `MOVE_COLUMNS`.
    """
    key = ["account", "cause", "subject_day"]
    before = stored.select("warning", *key, _level=nw.col("level"), _closed=nw.col("is_closed"))
    both = found.join(before, on=key, how="left")
    new = nw.col("warning").is_null()
    move = (
        nw.when(new)
        .then(nw.lit("open"))
        .when(nw.col("_closed") & (nw.col("level") > nw.col("_level")))
        .then(nw.lit("reopen"))
        .when(nw.col("_closed"))
        .then(nw.lit("silent"))
        .when(nw.col("level") > nw.col("_level"))
        .then(nw.lit("raise"))
        .when(nw.col("level") < nw.col("_level"))
        .then(nw.lit("lower"))
        .otherwise(nw.lit("keep"))
    )
    standing = both.with_columns(move=move, warning=nw.coalesce(nw.col("warning"), nw.lit(0, nw.Int64)))
    zero = nw.lit(0, nw.Int64)
    gone = (
        before.filter(~nw.col("_closed"))
        .join(found.select(*key), on=key, how="anti")
        .with_columns(
            move=nw.lit("close"),
            level=nw.col("_level"),
            **dict.fromkeys(("observed", "limit", "probability_ppm", "exposure_fen", "expected_loss_fen"), zero),
        )
    )
    return nw.concat([standing.filter(nw.col("move") != "silent").select(*MOVE_COLUMNS), gone.select(*MOVE_COLUMNS)])
