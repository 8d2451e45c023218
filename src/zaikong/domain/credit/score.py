"""How likely is a missed payment, and which facts say so?

The score is read off a model's tables as column expressions: the points of each feature, their sum, the calibration
line, the probability. Everything up to the log-odds is whole millionths and equal to the last digit on every engine;
only the final logistic is a floating number. Each score splits exactly:

    log-odds = intercept + points of each feature + calibration
"""

from collections.abc import Sequence
from functools import reduce
from typing import Final

import narwhals as nw

from zaikong.domain.credit.score_model import SLOPE_ONE, Calibration, ScoreFeature, ScoreModel
from zaikong.kernel.money import half_away, half_away_int
from zaikong.kernel.refusal import Refusal

SCORE_COLUMNS: Final = ("log_odds_e6", "probability")
"""What `score` adds: [1e-6 log-odds] and the probability."""

POINTS_SUFFIX: Final = "_points_e6"

_MILLIONTH: Final = 1e-6


class UnableToScoreError(Refusal):
    """Rows lack a column the model reads, or hold words where it reads numbers."""


def score(rows: nw.LazyFrame, model: ScoreModel, *, keep: Sequence[str] = ("row",)) -> nw.LazyFrame:
    """The probability of every row.

    Args:
        rows: The columns of the model's features, whole or floating; null or NaN is missing.
        model: The tables.
        keep: Further columns to hand on.

    Returns:
        `keep`, `log_odds_e6` [1e-6 log-odds], `probability`.

    Raises:
        UnableToScoreError: `FEATURE_MISSING`, `FEATURE_NOT_NUMERIC`; names every column.
    """
    return split(rows, model, keep=keep).select(*keep, *SCORE_COLUMNS)


def split(rows: nw.LazyFrame, model: ScoreModel, *, keep: Sequence[str] = ("row",)) -> nw.LazyFrame:
    """The probability of every row with what each feature adds to it.

    Args:
        rows: As for `score`.
        model: The tables.
        keep: Further columns to hand on.

    Returns:
        `keep`; `intercept_e6`, `<feature>_points_e6` for each feature and `calibration_e6`, which add up to
        `log_odds_e6` [all 1e-6 log-odds]; `probability`.

    Raises:
        UnableToScoreError: As for `score`.
    """
    schema = rows.collect_schema()
    _refuse_unreadable(schema, model)
    points = [f"{feature.name}{POINTS_SUFFIX}" for feature in model.features]
    looked_up = [
        _points(feature, floating=schema[feature.name].is_float()).alias(name)
        for feature, name in zip(model.features, points, strict=True)
    ]
    total = reduce(lambda one, other: one + other, (nw.col(name) for name in points)) + model.intercept_e6
    return (
        rows.select(*keep, *looked_up)
        .with_columns(intercept_e6=nw.lit(model.intercept_e6, nw.Int64), _total=total)
        .with_columns(log_odds_e6=_calibrated(nw.col("_total"), model.calibration))
        .with_columns(
            calibration_e6=nw.col("log_odds_e6") - nw.col("_total"),
            # one over one plus the odds against
            probability=((nw.col("log_odds_e6") * -_MILLIONTH).exp() + 1.0) ** -1.0,
        )
        .select(*keep, "intercept_e6", *points, "calibration_e6", *SCORE_COLUMNS)
    )


def _refuse_unreadable(schema: nw.Schema, model: ScoreModel) -> None:
    names = [feature.name for feature in model.features]
    if missing := [name for name in names if name not in schema]:
        raise UnableToScoreError(
            f"the table has no column {', '.join(missing)}, which the model reads",
            code="FEATURE_MISSING",
            fields={"columns": missing},
            remedy="Score a table of the layout the model was fitted on; nothing is guessed for a missing column.",
        )
    if words := [name for name in names if not schema[name].is_numeric()]:
        raise UnableToScoreError(
            f"{', '.join(words)} hold no numbers",
            code="FEATURE_NOT_NUMERIC",
            fields={"columns": words},
            remedy="Give numbers, as when the model was fitted.",
        )


def _points(feature: ScoreFeature, *, floating: bool) -> nw.Expr:
    value = nw.col(feature.name)
    missing = value.is_null()
    if floating:
        missing = missing | value.is_nan().fill_null(True)
    bounds = [edge if isinstance(edge, int) else float(edge) for edge in feature.edges]
    found = _looked_up(value, bounds, feature.points_e6)
    return nw.when(missing).then(nw.lit(feature.missing_e6, nw.Int64)).otherwise(found)


def _looked_up(value: nw.Expr, bounds: Sequence[float], points: Sequence[int]) -> nw.Expr:
    """Halve the bins until one is left: as deep as the logarithm of their number."""
    if len(points) == 1:
        return nw.lit(points[0], nw.Int64)
    middle = len(bounds) >> 1
    below = _looked_up(value, bounds[:middle], points[: middle + 1])
    above = _looked_up(value, bounds[middle + 1 :], points[middle + 1 :])
    return nw.when(value > bounds[middle]).then(above).otherwise(below)


def _calibrated(total: nw.Expr, calibration: Calibration | None) -> nw.Expr:
    if calibration is None:
        return total
    knots, slopes = calibration.knots_e6, calibration.slopes
    starts = [calibration.first_e6]
    for low, high, slope in zip(knots, knots[1:], slopes[1:], strict=False):
        starts.append(starts[-1] + half_away_int((high - low) * slope, SLOPE_ONE))
    line = starts[0] + half_away((total - knots[0]) * slopes[0], SLOPE_ONE)
    for knot, start, slope in zip(knots, starts, slopes[1:], strict=True):
        line = nw.when(total >= knot).then(start + half_away((total - knot) * slope, SLOPE_ONE)).otherwise(line)
    return line
