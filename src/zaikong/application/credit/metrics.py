"""How good is a set of probabilities against what came true?

Shapes: `label` (n,) of 0 and 1, `probability` (n,) of floats, `amount` (n,) of fen. Intervals are percentile bootstrap over
rows or, where rows of one account belong together, over accounts.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DECILES = 10
_TOPS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one set of probabilities; those of ranking are None where only one class is there.

    Attributes:
        n: Rows.
        positives: Rows that came true.
        auc: Share of pairs ranked rightly.
        ks: Largest distance between the two distributions.
        pr_auc: Average precision.
        brier: Mean squared error.
        mean_probability: Of all rows.
    """

    n: int
    positives: int
    auc: float | None
    ks: float | None
    pr_auc: float | None
    brier: float
    mean_probability: float


def quality(label: Ints, probability: Floats) -> Quality:
    """Measure a set of probabilities."""
    n, positives = len(label), int(label.sum())
    both = 0 < positives < n
    return Quality(
        n=n,
        positives=positives,
        auc=auc(label, probability) if both else None,
        ks=ks(label, probability) if both else None,
        pr_auc=average_precision(label, probability) if both else None,
        brier=float(np.mean((probability - label) ** 2)),
        mean_probability=float(probability.mean()),
    )


def auc(label: Ints, probability: Floats) -> float:
    """Area under the ROC curve; ties count half."""
    _, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    rank = (upto - (count - 1) / 2.0)[place]
    positives = int(label.sum())
    return float((rank[label == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(label) - positives)))


def ks(label: Ints, probability: Floats) -> float:
    """Largest distance between the shares of positives and negatives at or above a probability."""
    order = np.argsort(-probability, kind="stable")
    ordered, sorted_probability = label[order], probability[order]
    last = np.append(sorted_probability[1:] != sorted_probability[:-1], True)
    positives = np.cumsum(ordered) / ordered.sum()
    negatives = np.cumsum(1 - ordered) / (len(ordered) - ordered.sum())
    return float(np.max((positives - negatives)[last]))


def average_precision(label: Ints, probability: Floats) -> float:
    """Mean precision over the positives, ties taken together."""
    order = np.argsort(-probability, kind="stable")
    ordered, sorted_probability = label[order], probability[order]
    last = np.append(sorted_probability[1:] != sorted_probability[:-1], True)
    hits = np.cumsum(ordered)[last]
    precision = hits / (np.flatnonzero(last) + 1)
    return float(np.sum(np.diff(np.append(0, hits)) * precision) / ordered.sum())


def calibration(label: Ints, probability: Floats) -> list[dict[str, float]]:
    """Predicted and observed by tenth of the rows, lowest first."""
    order = np.argsort(probability, kind="stable")
    rows = []
    for number, part in enumerate(np.array_split(order, DECILES), start=1):
        if len(part):
            rows.append(
                {
                    "decile": number,
                    "n": len(part),
                    "predicted": float(probability[part].mean()),
                    "observed": float(label[part].mean()),
                }
            )
    return rows


def captured(label: Ints, probability: Floats, amount: Floats) -> dict[str, dict[str, float]]:
    """Of the yuan that stayed unpaid, the share among the 1, 5 and 10 % of rows ranked highest by expected loss and by risk."""
    lost = amount * label
    whole = lost.sum()
    ranks = {"by_risk": probability, "by_expected_loss": probability * amount}
    return {
        name: {
            f"top_{top}_percent": float(lost[np.argsort(-score, kind="stable")[: _top(len(label), top)]].sum() / whole)
            if whole > 0
            else 0.0
            for top in _TOPS
        }
        for name, score in ranks.items()
    }


def lift(label: Ints, probability: Floats) -> dict[str, float]:
    """How many times the base rate comes true among the rows ranked highest."""
    order, base = np.argsort(-probability, kind="stable"), label.mean()
    return {
        f"top_{top}_percent": float(label[order[: _top(len(label), top)]].mean() / base) if base else 0.0
        for top in _TOPS
    }


def intervals(
    measures: Mapping[str, Callable[[Ints, Floats], float]],
    label: Ints,
    probability: Floats,
    *,
    group: Ints | None = None,
    resamples: int = 300,
    seed: int = 42,
) -> dict[str, list[float] | None]:
    """95 % bootstrap intervals.

    Args:
        measures: Name to measure.
        label: What came true.
        probability: What was said.
        group: Rows drawn together, such as those of one account; each row by itself where left out.
        resamples: How many.
        seed: Of the draws.

    Returns:
        Name to lower and upper end; None where no draw held both classes.
    """
    draws: dict[str, list[float]] = {name: [] for name in measures}
    for rows in resampled(len(label), group=group, resamples=resamples, seed=seed):
        drawn = label[rows]
        if 0 < drawn.sum() < len(drawn):
            for name, measure in measures.items():
                draws[name].append(measure(drawn, probability[rows]))
    return {name: list(ends_of(found)) if found else None for name, found in draws.items()}


def ends_of(drawn: Floats | list[float]) -> tuple[float, float]:
    """Ends of the interval that holds 95 % of what was drawn."""
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def resampled(n: int, *, group: Ints | None, resamples: int, seed: int) -> Iterator[Ints]:
    """Row numbers of each resample."""
    source = np.random.default_rng(seed)
    if group is None:
        for _ in range(resamples):
            yield source.integers(0, n, n)
        return
    _, place = np.unique(group, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 2))
    for _ in range(resamples):
        chosen = source.integers(0, place.max() + 1, place.max() + 1)
        lengths = starts[chosen + 1] - starts[chosen]
        offsets = np.repeat(starts[chosen] - np.append(0, np.cumsum(lengths)[:-1]), lengths)
        yield order[offsets + np.arange(lengths.sum())]


def _top(n: int, percent: int) -> int:
    return max(1, n * percent // 100)
