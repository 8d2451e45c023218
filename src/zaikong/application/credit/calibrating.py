"""What must be added to a sum of points so that ten in a hundred means ten in a hundred?

Both steps read only what fits said of rows they had not seen. The first stretches and shifts the sum, and goes into the
points themselves. The second is a broken line through the tenths of the rows; it is kept only where it foretells rows
it was not drawn through better than no line.
"""

import numpy as np
import numpy.typing as npt

from zaikong.domain.credit.score_model import SLOPE_ONE, Calibration

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MICRO = 1_000_000
_STEPS = 25
_GROUPS = 10
_FOLDS = 5
_LEAST_ROWS = 2_000
_LEAST_GAIN = 1e-5
"""Log-loss per row that a line must save."""


def stretch(log_odds: Floats, label: Ints) -> tuple[float, float]:
    """Shift and slope that make the log-odds likeliest; the slope stays between a half and two."""
    shift, slope = 0.0, 1.0
    for _ in range(_STEPS):
        chance = _chance(shift + slope * log_odds)
        weight, error = chance * (1 - chance) + 1e-12, label - chance
        moments = np.array([[weight.sum(), (weight * log_odds).sum()], [0.0, (weight * log_odds**2).sum()]])
        moments[1, 0] = moments[0, 1]
        if np.linalg.cond(moments) > 1e12:  # noqa: PLR2004 -- no spread in the log-odds: nothing to stretch
            return _logit(label.mean()) - float(log_odds.mean()), 1.0
        step = np.linalg.solve(moments, np.array([error.sum(), (error * log_odds).sum()]))
        shift, slope = shift + float(step[0]), slope + float(step[1])
    if not 0.5 <= slope <= 2.0 or not np.isfinite(shift):  # noqa: PLR2004 -- said in the docstring
        slope = float(np.clip(slope, 0.5, 2.0)) if np.isfinite(slope) else 1.0
        shift = float(_logit(label.mean()) - slope * log_odds.mean())
    return shift, slope


def broken_line(log_odds: Floats, label: Ints, *, seed: int) -> Calibration | None:
    """A rising line through the tenths of the rows, or None where it foretells nothing better."""
    if len(label) < _LEAST_ROWS:
        return None
    fold = np.random.default_rng(seed).permutation(len(label)) % _FOLDS
    bent = np.empty(len(label))
    for number in range(_FOLDS):
        knots, heights = _drawn(log_odds[fold != number], label[fold != number])
        bent[fold == number] = _read(knots, heights, log_odds[fold == number])
    if _loss(log_odds, label) - _loss(bent, label) < _LEAST_GAIN:
        return None
    return _whole(*_drawn(log_odds, label))


def _drawn(log_odds: Floats, label: Ints) -> tuple[Floats, Floats]:
    """Knots and heights; a tenth that would fall is put together with the one before."""
    order = np.argsort(log_odds, kind="stable")
    blocks: list[tuple[float, float, int]] = []
    for part in np.array_split(order, _GROUPS):
        block = (float(log_odds[part].sum()), float(label[part].sum()), len(part))
        while blocks and block[1] / block[2] <= blocks[-1][1] / blocks[-1][2]:
            before = blocks.pop()
            block = (block[0] + before[0], block[1] + before[1], block[2] + before[2])
        blocks.append(block)
    knots = np.array([total / count for total, _, count in blocks])
    heights = np.array([_logit((hits + 0.5) / (count + 1)) for _, hits, count in blocks])
    return knots, heights


def _read(knots: Floats, heights: Floats, log_odds: Floats) -> Floats:
    inside = np.interp(log_odds, knots, heights)
    return inside + np.minimum(log_odds - knots[0], 0) + np.maximum(log_odds - knots[-1], 0)


def _whole(knots: Floats, heights: Floats) -> Calibration:
    slopes = np.diff(heights) / np.maximum(np.diff(knots), 1e-6)
    inner = (min(int(slope * SLOPE_ONE + 0.5), 2**20) for slope in slopes)
    return Calibration(
        knots_e6=tuple(int(np.rint(knot * _MICRO)) for knot in knots),
        first_e6=int(np.rint(heights[0] * _MICRO)),
        slopes=(SLOPE_ONE, *inner, SLOPE_ONE),
    )


def _chance(log_odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -40, 40)))
    return chance


def _logit(chance: float) -> float:
    return float(np.log(chance / (1 - chance)))


def _loss(log_odds: Floats, label: Ints) -> float:
    return float(np.mean(np.logaddexp(0, log_odds) - label * log_odds))
