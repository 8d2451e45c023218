"""What do the known ways of making a score give on the same rows?

Only for comparison, never used to decide anything. Each rival takes training rows, their label and rows to score, and
gives probabilities. The scorecards and the plain EBM read the raw columns, as published; the challenger reads the same
features as our own score and may let them work on each other.
"""

import warnings
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from zaikong.application.credit.stumps import UnableToFitError, lightgbm, parts
from zaikong.domain.credit.card_features import card_feature_list

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Rival = Callable[[pl.DataFrame, Ints, pl.DataFrame], Floats]

LIBRARIES: Final = ("lightgbm", "interpret-core", "optbinning", "toad", "scikit-learn")

_ROUNDS: Final = 1_000
_PATIENCE: Final = 60
_PLANS: Final = (
    {"num_leaves": 8, "learning_rate": 0.03, "min_data_in_leaf": 60, "lambda_l2": 10.0},
    {"num_leaves": 16, "learning_rate": 0.02, "min_data_in_leaf": 60, "lambda_l2": 10.0},
    {"num_leaves": 31, "learning_rate": 0.02, "min_data_in_leaf": 100, "lambda_l2": 20.0},
)
"""Challengers tried inside each training part; the best on rows held back is fitted on all of it."""


def challenger(rows: pl.DataFrame, label: Ints, asked: pl.DataFrame) -> Floats:
    """LightGBM with interactions and monotone constraints, tuned inside the training rows."""
    library = lightgbm()
    directions = {feature.name: feature.direction for feature in card_feature_list()}
    monotone = [directions[name] for name in rows.columns]
    held = parts(label, 4, seed=42) == 0
    values = _matrix(rows)
    best: tuple[float, dict[str, Any], int] | None = None
    for plan in _PLANS:
        settings = _settings(plan, monotone)
        told = library.Dataset(values[~held], label[~held])
        booster = library.train(
            settings,
            told,
            num_boost_round=_ROUNDS,
            valid_sets=[library.Dataset(values[held], label[held], reference=told)],
            callbacks=[library.early_stopping(_PATIENCE, verbose=False)],
        )
        loss = float(booster.best_score["valid_0"]["binary_logloss"])
        if best is None or loss < best[0]:
            best = (loss, settings, booster.best_iteration)
    assert best is not None
    booster = library.train(best[1], library.Dataset(values, label), num_boost_round=best[2])
    return np.asarray(booster.predict(_matrix(asked)), dtype=np.float64)


def plain_ebm(rows: pl.DataFrame, label: Ints, asked: pl.DataFrame) -> Floats:
    """InterpretML's additive model without pairs, as it comes."""
    try:
        from interpret.glassbox import ExplainableBoostingClassifier  # noqa: PLC0415 -- heavy, only to compare
    except ImportError as error:
        raise _missing("interpret-core", "credit") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ExplainableBoostingClassifier(interactions=0, random_state=42, n_jobs=1)
        model.fit(_matrix(rows), label)
        return np.asarray(model.predict_proba(_matrix(asked))[:, 1], dtype=np.float64)


def optimal_binning(rows: pl.DataFrame, label: Ints, asked: pl.DataFrame) -> Floats:
    """Optbinning's weights of evidence under a logistic regression."""
    try:
        from optbinning import BinningProcess  # noqa: PLC0415 -- heavy, only to compare
    except ImportError as error:
        raise _missing("optbinning", "rivals") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = BinningProcess(rows.columns)
        told = process.fit_transform(_matrix(rows), label)
        return _logistic(np.asarray(told), label, np.asarray(process.transform(_matrix(asked))))


def toad_scorecard(rows: pl.DataFrame, label: Ints, asked: pl.DataFrame) -> Floats:
    """Toad's chi-merge bins and weights of evidence under a logistic regression."""
    try:
        import toad  # noqa: PLC0415 -- heavy, only to compare
    except ImportError as error:
        raise _missing("toad", "rivals") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame, question = _pandas(rows), _pandas(asked)
        frame["label"] = label
        combiner = toad.transform.Combiner()
        combiner.fit(frame, y="label", method="chi", min_samples=0.05)
        weights = toad.transform.WOETransformer()
        told = weights.fit_transform(combiner.transform(frame), label, exclude=["label"]).drop(columns="label")
        answer = weights.transform(combiner.transform(question))
        return _logistic(told.to_numpy(dtype=float), label, answer.to_numpy(dtype=float))


def _logistic(told: Floats, label: Ints, asked: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 -- heavy, only to compare

    model = LogisticRegression(max_iter=2_000).fit(told, label)
    return np.asarray(model.predict_proba(asked)[:, 1], dtype=np.float64)


def _settings(plan: dict[str, Any], monotone: list[int]) -> dict[str, Any]:
    return {
        **plan,
        "objective": "binary",
        "monotone_constraints": monotone,
        "feature_fraction": 0.3,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "seed": 42,
        "verbose": -1,
    }


def _matrix(rows: pl.DataFrame) -> Floats:
    values: Floats = rows.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    return values


def _pandas(rows: pl.DataFrame) -> Any:
    import pandas as pd  # noqa: PLC0415, TID251 -- toad knows no other frame

    return pd.DataFrame(rows.to_dict(as_series=False))


def _missing(library: str, extra: str) -> UnableToFitError:
    return UnableToFitError(
        f"{library} is not installed",
        code="LIBRARY_MISSING",
        fields={"library": library},
        remedy=f"Install the extra: uv sync --extra {extra}. Scoring needs none of it.",
    )
