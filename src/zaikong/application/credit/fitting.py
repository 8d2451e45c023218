"""How is a score fitted to what came true?

What comes out is a model of look-up tables (`domain.credit.score_model`); the library that found them is not needed
to read them. Rows hold one label of 0 or 1; what cannot be learned from is refused by name.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from zaikong.application.credit.binning import Binned, binned
from zaikong.application.credit.calibrating import broken_line, stretch
from zaikong.application.credit.feature_column import FeatureColumn
from zaikong.application.credit.metrics import auc
from zaikong.application.credit.stumps import Plan, Tables, UnableToFitError, fit_tables, merged
from zaikong.domain.credit.score_model import ScoreFeature, ScoreModel, Training, forbidden_among

__all__ = ["LEAST_OF_A_CLASS", "LEAST_ROWS", "FeatureColumn", "fit_score", "read_label", "refuse_forbidden"]

LEAST_ROWS: Final = 200
LEAST_OF_A_CLASS: Final = 20
_MICRO: Final = 1_000_000
_LARGEST_POINTS: Final = 10**9
_LIBRARIES: Final = ("lightgbm", "numpy", "polars")


def fit_score(
    table: pl.DataFrame,
    columns: Sequence[FeatureColumn],
    label: str,
    *,
    name: str,
    version: str = "1",
    panel: str = "",
    seed: int = 42,
    plan: Plan | None = None,
    dropped: Mapping[str, str] | None = None,
    from_date: str = "",
    to_date: str = "",
) -> ScoreModel:
    """Fit a score.

    Args:
        table: The columns and the label, one row each case.
        columns: What to learn from; a constant column, or one equal to an earlier one, is left out, and the model says so.
        label: Column of 0 and 1 that the score foretells.
        name: What is scored.
        version: Of this fit.
        panel: `card` where the columns come from `card_panel`.
        seed: Seed of every choice.
        plan: How; the default suits ten thousands of rows.
        dropped: Columns left out before, with the reason.
        from_date: First day of the rows, where known.
        to_date: Last day of the rows, where known.

    Returns:
        The model.

    Raises:
        UnableToFitError: `LABEL_MISSING`, `LABEL_NOT_BINARY`, `ONE_CLASS_ONLY`, `TOO_FEW_ROWS`, `TOO_FEW_OF_A_CLASS`,
            `COLUMN_FORBIDDEN`, `NO_FEATURES`, `LIBRARY_MISSING`.
        UnableToBinError: `COLUMN_NOT_NUMERIC`, `NUMBER_TOO_LARGE`.
    """
    plan = plan or Plan()
    refuse_forbidden([column.name for column in columns])
    truth = read_label(table, label)
    kept, bins, left_out = _telling(table, columns, plan.most_bins)
    tables = fit_tables(
        np.stack([each.place for each in bins], axis=1),
        [len(each.edges) + 1 for each in bins],
        [column.direction for column in kept],
        truth,
        plan=plan,
        seed=seed,
    )
    shift, slope = stretch(tables.out_of_fold, truth)
    return ScoreModel(
        name=name,
        version=version,
        label=label,
        panel="card" if panel == "card" else "",
        intercept_e6=_whole(tables.intercept * slope + shift),
        features=_features(kept, bins, tables, slope),
        calibration=broken_line(tables.out_of_fold * slope + shift, truth, seed=seed),
        training=Training(
            rows=len(truth),
            positives=int(truth.sum()),
            seed=seed,
            bags=plan.bags,
            rounds=plan.rounds,
            from_date=from_date,
            to_date=to_date,
            dropped={**(dropped or {}), **left_out},
            libraries={library: version_of(library) for library in _LIBRARIES},
            out_of_fold_auc=f"{auc(truth, tables.out_of_fold):.4f}",
        ),
    )


def read_label(table: pl.DataFrame, label: str) -> npt.NDArray[np.int64]:
    """The label as 0 and 1, shape (n,).

    Raises:
        UnableToFitError: See `fit_score`.
    """
    if label not in table.columns:
        raise _refused("LABEL_MISSING", f"the table has no column {label}", "Name a column with --label.", label)
    column = table[label]
    plain = column.dtype.is_numeric() or column.dtype == pl.Boolean
    truth = column.cast(pl.Float64).to_numpy() if plain and not column.null_count() else np.array([np.nan])
    if not np.isin(truth, (0.0, 1.0)).all():
        raise _refused(
            "LABEL_NOT_BINARY",
            f"{label} holds something else than 0 and 1",
            "Give 1 where it came true, else 0.",
            label,
        )
    answer: npt.NDArray[np.int64] = truth.astype(np.int64)
    _refuse_too_few(answer, label)
    return answer


def refuse_forbidden(columns: Sequence[str]) -> None:
    """Refuse columns no model may look at.

    Raises:
        UnableToFitError: `COLUMN_FORBIDDEN`.
    """
    if barred := forbidden_among(columns):
        raise UnableToFitError(
            f"no model may look at {', '.join(barred)}",
            code="COLUMN_FORBIDDEN",
            fields={"columns": barred},
            article="《中华人民共和国个人信息保护法》第二十四条",
            remedy=f"Leave them out: --drop {','.join(barred)}.",
        )


def _refuse_too_few(truth: npt.NDArray[np.int64], label: str) -> None:
    rows, positives = len(truth), int(truth.sum())
    if rows < LEAST_ROWS:
        raise _refused("TOO_FEW_ROWS", f"{rows} rows are too few to learn from", f"Give {LEAST_ROWS} or more.", label)
    if positives in {0, rows}:
        raise _refused(
            "ONE_CLASS_ONLY",
            f"{label} is {truth[0]} in every row",
            "Give rows of both kinds: paid and not paid.",
            label,
        )
    fewer = min(positives, rows - positives)
    if fewer < LEAST_OF_A_CLASS:
        raise _refused(
            "TOO_FEW_OF_A_CLASS",
            f"{label} is {int(positives <= rows - positives)} in {fewer} rows only",
            f"Give {LEAST_OF_A_CLASS} or more of each kind; until then use the rule grade.",
            label,
        )


def _telling(
    table: pl.DataFrame, columns: Sequence[FeatureColumn], most_bins: int
) -> tuple[list[FeatureColumn], list[Binned], dict[str, str]]:
    """The columns that can tell rows apart, their bins, and those left out with the reason."""
    kept, bins, left_out = [], [], {}
    seen: dict[bytes, str] = {}
    for column in columns:
        cut = binned(table[column.name], most_bins=most_bins)
        mark = repr(cut.edges).encode() + cut.place.tobytes()
        absent = np.isnan(cut.place)
        if not cut.edges and (absent.all() or not absent.any()):
            left_out[column.name] = "constant"
        elif mark in seen:
            left_out[column.name] = f"equal to {seen[mark]}"
        else:
            seen[mark] = column.name
            kept.append(column)
            bins.append(cut)
    if not kept:
        raise UnableToFitError(
            "no column tells the rows apart",
            code="NO_FEATURES",
            fields={"dropped": left_out},
            remedy="Give at least one column of numbers that is not constant.",
        )
    return kept, bins, left_out


def _features(
    columns: Sequence[FeatureColumn], bins: Sequence[Binned], tables: Tables, slope: float
) -> tuple[ScoreFeature, ...]:
    features = []
    for column, cut, points, missing in zip(columns, bins, tables.points, tables.missing, strict=True):
        edges, points_e6 = merged(cut.edges, [_whole(each * slope) for each in points])
        features.append(
            ScoreFeature.model_validate(
                {
                    "name": column.name,
                    "unit": column.unit,
                    "direction": column.direction,
                    "edges": edges,
                    "points_e6": points_e6,
                    "missing_e6": _whole(missing * slope),
                }
            )
        )
    return tuple(features)


def _whole(log_odds: float) -> int:
    return int(np.clip(np.rint(log_odds * _MICRO), -_LARGEST_POINTS, _LARGEST_POINTS))


def _refused(code: str, message: str, remedy: str, label: str) -> UnableToFitError:
    return UnableToFitError(message, code=code, fields={"label": label}, remedy=remedy)
