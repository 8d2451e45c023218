"""Which points does each bin of each feature get?

Boosted trees of a single split: every tree asks one question of one feature, so the trees of a feature add up to one
look-up table and the whole is additive, without any approximation. Several fits, each without one part of the rows, are
averaged; the part left out shows what the fit says of rows it has not seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from zaikong.kernel.refusal import Refusal

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_DEFAULT_LEFT = 2
_MISSING_IS_NAN = 8
_MISSING_KINDS = 12
_STUMP = 2
_ZERO_IS = 0.0


class UnableToFitError(Refusal):
    """There is nothing to learn from, or no library to learn with."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the tables are fitted.

    Attributes:
        bags: Fits averaged, each without one part of the rows.
        rounds: Trees of each fit.
        rate: How far each tree goes.
        feature_share: Share of the features each tree may ask.
        row_share: Share of the rows each tree sees.
        least_rows: Fewest rows on either side of a split.
        l2: Penalty on large steps.
        most_bins: Bins of a feature.
    """

    bags: int = 5
    rounds: int = 1_000
    rate: float = 0.05
    feature_share: float = 0.1
    row_share: float = 0.4
    least_rows: int = 40
    l2: float = 20.0
    most_bins: int = 64


@dataclass(frozen=True, slots=True)
class Tables:
    """Additive tables in log-odds.

    Attributes:
        intercept: Log-odds of the average row.
        points: For each feature the points of its bins, centred on the rows.
        missing: For each feature the points where it is missing.
        out_of_fold: Log-odds of each row by the fit that did not see it, shape (n,).
    """

    intercept: float
    points: list[Floats]
    missing: list[float]
    out_of_fold: Floats


def fit_tables(
    places: Floats, sizes: Sequence[int], directions: Sequence[int], label: Ints, *, plan: Plan, seed: int
) -> Tables:
    """Fit the tables.

    Args:
        places: Bin of each row and feature, shape (n, features), NaN where missing.
        sizes: Number of bins of each feature.
        directions: Way each feature's points may turn.
        label: 0 or 1, shape (n,).
        plan: How.
        seed: Of every choice.

    Raises:
        UnableToFitError: `LIBRARY_MISSING`.
    """
    part = parts(label, plan.bags, seed=seed)
    base = float(np.log(label.mean() / (1 - label.mean())))
    whole = [np.zeros(size + 1) for size in sizes]
    constant, out_of_fold = 0.0, np.zeros(len(label))
    for bag in range(plan.bags):
        seen = part != bag
        booster = _boosted(places[seen], directions, label[seen], base=base, plan=plan, seed=seed + bag)
        offset, tables = _collapsed(booster, sizes)
        out_of_fold[~seen] = base + offset + _read(tables, places[~seen])
        constant += offset / plan.bags
        whole = [total + table / plan.bags for total, table in zip(whole, tables, strict=True)]
    return _centred(base + constant, whole, places, out_of_fold)


def parts(label: Ints, count: int, *, seed: int) -> Ints:
    """Cut rows into parts that hold the same share of each class, shape (n,)."""
    source, part = np.random.default_rng(seed), np.zeros(len(label), dtype=np.int64)
    for value in (0, 1):
        rows = source.permutation(np.flatnonzero(label == value))
        part[rows] = np.arange(len(rows)) % count
    return part


def lightgbm() -> Any:
    """The library, imported only where something is fitted.

    Raises:
        UnableToFitError: `LIBRARY_MISSING`.
    """
    try:
        import lightgbm as library  # noqa: PLC0415 -- heavy, and never needed to score
    except ImportError as error:
        raise UnableToFitError(
            "LightGBM is not installed",
            code="LIBRARY_MISSING",
            remedy="Install the extra: uv sync --extra credit. Scoring needs none of it.",
        ) from error
    return library


def _boosted(places: Floats, directions: Sequence[int], label: Ints, *, base: float, plan: Plan, seed: int) -> Any:
    library = lightgbm()
    settings = {
        "objective": "binary",
        "num_leaves": _STUMP,
        "learning_rate": plan.rate,
        "feature_fraction": plan.feature_share,
        "bagging_fraction": plan.row_share,
        "bagging_freq": 1,
        "min_data_in_leaf": min(plan.least_rows, max(5, len(label) // 40)),
        "lambda_l2": plan.l2,
        "monotone_constraints": list(directions),
        "boost_from_average": False,
        "deterministic": True,
        "num_threads": 1,
        "force_col_wise": True,
        "feature_pre_filter": False,
        "seed": seed,
        "verbose": -1,
    }
    bins = {"max_bin": 255, "min_data_in_bin": 1, "verbose": -1, "feature_pre_filter": False}
    rows = library.Dataset(places, label, init_score=np.full(len(label), base), params=bins)
    return library.train(settings, rows, num_boost_round=plan.rounds)


def _collapsed(booster: Any, sizes: Sequence[int]) -> tuple[float, list[Floats]]:
    """Add the trees up into tables; the last entry of a table is for missing."""
    tables, offset = [np.zeros(size + 1) for size in sizes], 0.0
    for tree in _trees(booster.model_to_string()):
        leaves = [float(value) for value in tree["leaf_value"].split()]
        if len(leaves) != _STUMP:
            offset += sum(leaves)
            continue
        left, right = leaves
        threshold, kind = float(tree["threshold"]), int(tree["decision_type"])
        table = tables[int(tree["split_feature"])]
        table[:-1] += np.where(np.arange(len(table) - 1) <= threshold, left, right)
        by_default = bool(kind & _DEFAULT_LEFT) if kind & _MISSING_KINDS == _MISSING_IS_NAN else threshold >= _ZERO_IS
        table[-1] += left if by_default else right
    return offset, tables


def _trees(text: str) -> Iterator[dict[str, str]]:
    for block in text.split("\nTree=")[1:]:
        lines = block.split("\n\n", maxsplit=1)[0].splitlines()[1:]
        yield dict(line.split("=", maxsplit=1) for line in lines if "=" in line)


def _read(tables: Sequence[Floats], places: Floats) -> Floats:
    total = np.zeros(len(places))
    for column, table in enumerate(tables):
        place = places[:, column]
        total += table[np.where(np.isnan(place), len(table) - 1, place).astype(np.int64)]
    return total


def _centred(intercept: float, tables: Sequence[Floats], places: Floats, out_of_fold: Floats) -> Tables:
    """Points count from the average row; where nothing was ever missing, a missing value says nothing."""
    points, missing = [], []
    for column, table in enumerate(tables):
        place = places[:, column]
        absent = np.isnan(place)
        mean = float(table[np.where(absent, len(table) - 1, place).astype(np.int64)].mean())
        intercept += mean
        points.append(table[:-1] - mean)
        missing.append(float(table[-1] - mean) if absent.any() else 0.0)
    return Tables(intercept, points, missing, out_of_fold)


def merged(edges: Sequence[int | str], points_e6: Sequence[int]) -> tuple[tuple[int | str, ...], tuple[int, ...]]:
    """Put neighbouring bins of equal points together."""
    kept = [place for place, (one, other) in enumerate(pairwise(points_e6)) if one != other]
    return tuple(edges[place] for place in kept), (*(points_e6[place] for place in kept), points_e6[-1])
