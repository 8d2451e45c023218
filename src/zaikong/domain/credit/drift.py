"""Has the county moved away from the one the score was learned on?

Two things are watched. PSI, the population stability index, sets the shares of tonight's rows in the bins of a look-up
table beside those of the rows learned from. Calibration sets what was foretold beside what came true. Where either is
beyond its limit the score is suspended and the rule grade counts, until a person has fitted it anew.

    PSI = sum over bins of (share now - share then) * ln(share now / share then)

Basis: practice of credit scoring (0.1 slight, 0.25 large).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Final

SMALLEST_SHARE: Final = 0.0005
"""A bin without rows counts as this share, so that its logarithm is finite."""

PROBABILITY: Final = "probability"
"""Name of the score among the features."""

Shares = Mapping[str, Mapping[str, int]]
"""Feature to the rows in each of its bins, bins named by their points."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From where a score no longer stands.

    Attributes:
        feature_psi: PSI of a feature.
        score_psi: PSI of the probability.
        ratio_low: Fewest observed for each foretold.
        ratio_high: Most observed for each foretold.
        fewest_rows: Rows with an outcome below which calibration is not judged.
        deviations: Standard deviations by which observed and foretold must differ as well.
    """

    feature_psi: float = 0.5
    score_psi: float = 0.25
    ratio_low: float = 0.6
    ratio_high: float = 1.6
    fewest_rows: int = 300
    deviations: float = 3.0


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watch found.

    Attributes:
        psi: Feature to PSI; `probability` is the score's own.
        foretold: Sum of the probabilities of rows with an outcome.
        observed: Rows of them that came true.
        rows: How many.
        faults: Why the score does not stand; empty where it does.
    """

    psi: Mapping[str, float]
    foretold: float
    observed: int
    rows: int
    faults: tuple[str, ...]


def stability(then: Mapping[str, int], now: Mapping[str, int]) -> float:
    """PSI of one feature; 0 where either side has no rows.

    Args:
        then: Rows learned from, by bin.
        now: Rows of tonight, by bin.
    """
    whole_then, whole_now = sum(then.values()), sum(now.values())
    if not whole_then or not whole_now:
        return 0.0
    found = 0.0
    for name in {*then, *now}:
        before = max(then.get(name, 0) / whole_then, SMALLEST_SHARE)
        after = max(now.get(name, 0) / whole_now, SMALLEST_SHARE)
        found += (after - before) * log(after / before)
    return found


def watched(
    then: Shares,
    now: Shares,
    outcomes: Sequence[tuple[float, int]],
    *,
    judged: Collection[str],
    limits: Limits = Limits(),
) -> Watched:
    """Judge a score.

    Args:
        then: Of the rows learned from.
        now: Of tonight's window.
        judged: Features whose PSI can suspend the score, beside the probability's own; that of others is only told.
        outcomes: Probability and outcome (0 or 1) of the rows of the window whose outcome is known.
        limits: From where it no longer stands.
    """
    psi = {name: stability(bins, now.get(name, {})) for name, bins in then.items()}
    foretold, observed, rows = sum(p for p, _ in outcomes), sum(bad for _, bad in outcomes), len(outcomes)
    return Watched(
        psi,
        foretold,
        observed,
        rows,
        (
            *_moved({name: value for name, value in psi.items() if name in {*judged, PROBABILITY}}, limits),
            *_miscalibrated(outcomes, limits),
        ),
    )


def _moved(psi: Mapping[str, float], limits: Limits) -> list[str]:
    return [
        f"PSI_HIGH {name} {value:.3f}"
        for name, value in psi.items()
        if value > (limits.score_psi if name == PROBABILITY else limits.feature_psi)
    ]


def _miscalibrated(outcomes: Sequence[tuple[float, int]], limits: Limits) -> list[str]:
    if len(outcomes) < limits.fewest_rows:
        return []
    foretold, observed = sum(p for p, _ in outcomes), sum(bad for _, bad in outcomes)
    spread = sqrt(sum(p * (1 - p) for p, _ in outcomes))
    ratio = observed / foretold if foretold else float("inf")
    beyond = not limits.ratio_low <= ratio <= limits.ratio_high
    if beyond and abs(observed - foretold) > limits.deviations * spread:
        return [f"CALIBRATION_OFF {observed} came true, {foretold:.0f} were foretold"]
    return []
