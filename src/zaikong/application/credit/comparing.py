"""Is one set of probabilities better than another on the same rows, or is it chance?

Paired bootstrap: each resample draws the same rows for every score, as weights on sorted rows, so that a thousand
resamples are a few passes over one matrix.
"""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from zaikong.application.credit.metrics import Floats, Ints, ends_of, resampled

RESAMPLES = 1_000
_AT_ONCE = 50


def paired_intervals(
    label: Ints, first: Floats, second: Floats, *, resamples: int = RESAMPLES, seed: int = 42
) -> dict[str, tuple[float, float]]:
    """95 % intervals of first minus second.

    Returns:
        `auc` and `brier`, each lower and upper end.
    """
    one, other = _Ranked(label, first), _Ranked(label, second)
    error = (first - label) ** 2 - (second - label) ** 2
    areas, errors = [], []
    for weights in _draws(len(label), resamples, seed):
        areas.append(one.areas(weights) - other.areas(weights))
        errors.append(weights @ error / len(label))
    return {"auc": ends_of(np.concatenate(areas)), "brier": ends_of(np.concatenate(errors))}


def interval_of_area(
    label: Ints, probability: Floats, *, resamples: int = RESAMPLES, seed: int = 42
) -> tuple[float, float]:
    """95 % interval of the area under the ROC curve."""
    ranked = _Ranked(label, probability)
    return ends_of(np.concatenate([ranked.areas(weights) for weights in _draws(len(label), resamples, seed)]))


def calibration_error(label: Ints, probability: Floats, *, groups: int = 10) -> float:
    """Mean distance between predicted and observed over groups of equal size, weighted by rows."""
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    return float(sum(abs(probability[part].sum() - label[part].sum()) for part in parts) / len(label))


class _Ranked:
    """Rows sorted by a score once, ties together."""

    def __init__(self, label: Ints, probability: Floats) -> None:
        self._order = np.argsort(probability, kind="stable")
        ordered = probability[self._order]
        self._starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        self._positive = label[self._order].astype(np.float64)

    def areas(self, weights: Floats) -> Floats:
        """The area under each row of weights, shape (resamples,)."""
        sorted_weights = weights[:, self._order]
        positive = np.add.reduceat(sorted_weights * self._positive, self._starts, axis=1)
        negative = np.add.reduceat(sorted_weights * (1 - self._positive), self._starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        areas: Floats = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
        return areas


def _draws(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    drawn = (np.bincount(rows, minlength=n) for rows in resampled(n, group=None, resamples=resamples, seed=seed))
    while weights := list(islice(drawn, _AT_ONCE)):
        yield np.stack(weights).astype(np.float64)
