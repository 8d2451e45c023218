"""Is an action taken against a class, a station or an area more or less often than its circumstances explain?

In each circumstance (days overdue, debt, grade) the action fell on some accounts; if the group does not matter, it could
as well have fallen on any others of them. A permutation test draws those other ways: in each circumstance the group's share
of the actions is hypergeometric, so drawing counts is drawing permutations. What a group got above what its circumstances
explain is its gap. All groups of all actions are one family of tests, corrected by Holm.

A gap is a question, not a verdict: the law itself treats residents and important users otherwise.

Basis: stratified permutation (Mantel, Haenszel 1959); Sato 1989; Holm 1979. 《个人信息保护法》 articles 24, 55.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["gap", "small", "none", "too_few"]

PPM: Final = 1_000_000
_FIRST_DRAWS: Final = 2_000
_LOOK_CLOSER: Final = 0.1
_DEVIATIONS: Final = 1.959964
"""Standard deviations on either side of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class FairnessTerms:
    """When a gap is worth a person's look.

    Attributes:
        alpha: Chance of any false alarm over the whole family.
        least_gap_ppm: A gap smaller than this is called small however sure it is [ppm].
        least_accounts: A group of fewer accounts in mixed circumstances is not judged.
        least_expected: Nor one with fewer expected actions, or expected omissions.
    """

    alpha: float = 0.05
    least_gap_ppm: int = 20_000
    least_accounts: int = 20
    least_expected: int = 5


@dataclass(frozen=True, slots=True)
class GroupGap:
    """One group's row of the audit.

    Attributes:
        action: What was or was not done.
        dimension: `category`, `station` or `area`.
        group: Which of them.
        accounts: Accounts of the group.
        acted: To how many the action was taken.
        expected: To how many it would have been, by the rates of their circumstances [0.01 accounts].
        rate_ppm: Rate of the group [ppm].
        rate_of_rest_ppm: Rate of all others [ppm].
        gap_ppm: Rate less the others' rate in like circumstances (Mantel-Haenszel): what they do not explain [ppm].
        gap_low_ppm: Lower end of its 95 % interval [ppm].
        gap_high_ppm: Upper end [ppm].
        ratio_permille: Actions over expected actions [0.1 %].
        p_value: Chance of so large a gap if the group did not matter.
        p_adjusted: The same, by Holm over the family.
        verdict: `gap`; `small` where it is sure but small; `none`; `too_few`.
    """

    action: str
    dimension: str
    group: str
    accounts: int
    acted: int
    expected: int
    rate_ppm: int
    rate_of_rest_ppm: int
    gap_ppm: int
    gap_low_ppm: int
    gap_high_ppm: int
    ratio_permille: int
    p_value: float
    p_adjusted: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Counts:
    """A group beside everybody of its circumstances, one place a circumstance."""

    mine: NDArray[np.int64]
    mine_acted: NDArray[np.int64]
    all: NDArray[np.int64]
    all_acted: NDArray[np.int64]

    @property
    def expected(self) -> float:
        """Actions the group would have got."""
        return float((self.mine * self.all_acted / self.all).sum())

    @property
    def weight(self) -> float:
        """What actions above expectation are divided by to give the Mantel-Haenszel difference of rates."""
        return float((self.mine * (self.all - self.mine) / self.all).sum())

    @property
    def informative(self) -> "_Counts":
        """Circumstances in which the group could have fared otherwise: others are there, and not all fared alike."""
        mixed = (self.mine < self.all) & (self.all_acted > 0) & (self.all_acted < self.all)
        return _Counts(self.mine[mixed], self.mine_acted[mixed], self.all[mixed], self.all_acted[mixed])


def fairness_audit(
    cells: Iterable[Mapping[str, Any]], *, seed: int, terms: FairnessTerms | None = None
) -> list[GroupGap]:
    """Test every group of every action.

    Args:
        cells: `fairness_cells.CELL_COLUMNS`.
        seed: Seed of every draw.
        terms: When a gap is worth a look.

    Returns:
        One row a group, the surest gaps first.
    """
    asked = terms or FairnessTerms()
    random = np.random.default_rng(seed)
    counted = _counted(cells)
    family = sum(_enough(counts.informative, asked) for _, counts in counted)
    tested = [
        (key, counts, _p_value(counts.informative, random, family) if _enough(counts.informative, asked) else None)
        for key, counts in counted
    ]
    adjusted = _holm([p for _, _, p in tested if p is not None])
    rows = []
    for key, counts, p in tested:
        rows.append(_row(key, counts, p, 1.0 if p is None else next(adjusted), terms=asked))
    return sorted(rows, key=lambda row: (row.p_adjusted, row.p_value, -abs(row.gap_ppm), row.action, row.group))


def _counted(cells: Iterable[Mapping[str, Any]]) -> list[tuple[tuple[str, str, str], _Counts]]:
    """Counts of each group in its circumstances, in a fixed order."""
    whole: dict[tuple[str, str], dict[tuple[int, ...], list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    parts: dict[tuple[str, str, str], dict[tuple[int, ...], list[int]]] = defaultdict(dict)
    for cell in cells:
        place = (cell["days_band"], cell["fen_band"], cell["standing_grade"])
        counts = [int(cell["accounts"]), int(cell["acted"])]
        parts[cell["action"], cell["dimension"], cell["group"]][place] = counts
        both = whole[cell["action"], cell["dimension"]][place]
        both[0] += counts[0]
        both[1] += counts[1]
    return [(key, _side_by_side(parts[key], whole[key[:2]])) for key in sorted(parts)]


def _side_by_side(part: Mapping[tuple[int, ...], list[int]], whole: Mapping[tuple[int, ...], list[int]]) -> _Counts:
    places = sorted(part)
    table = np.array([[*part[place], *whole[place]] for place in places], dtype=np.int64)
    return _Counts(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _enough(counts: _Counts, terms: FairnessTerms) -> bool:
    accounts, expected = int(counts.mine.sum()), counts.expected
    return accounts >= terms.least_accounts and terms.least_expected <= expected <= accounts - terms.least_expected


def _p_value(counts: _Counts, random: np.random.Generator, family: int) -> float:
    """Two-sided; looked at again with draws enough for the whole family where it may matter."""
    p = _drawn(counts, random, _FIRST_DRAWS)
    return _drawn(counts, random, max(10_000, 100 * family)) if p < _LOOK_CLOSER else p


def _drawn(counts: _Counts, random: np.random.Generator, draws: int) -> float:
    others = counts.all - counts.mine
    acted = np.zeros(draws, dtype=np.int64)
    for mine, rest, hits in zip(counts.mine, others, counts.all_acted, strict=True):
        acted += random.hypergeometric(mine, rest, hits, size=draws)
    off = abs(float(counts.mine_acted.sum()) - counts.expected)
    as_far = np.abs(acted - counts.expected) >= off - 1e-9
    return float((1 + as_far.sum()) / (1 + draws))


def _holm(values: list[float]) -> Any:
    """Adjusted values, in the order given."""
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted = [1.0] * len(values)
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, values[place] * (len(values) - rank)))
        adjusted[place] = highest
    return iter(adjusted)


def _row(
    key: tuple[str, str, str],
    counts: _Counts,
    p: float | None,
    adjusted: float,
    *,
    terms: FairnessTerms,
) -> GroupGap:
    mixed = counts.informative
    acted, expected = int(mixed.mine_acted.sum()), mixed.expected
    gap = (acted - expected) / mixed.weight if mixed.weight else 0.0
    low, high = _interval(mixed, gap) if p is not None else (-1.0, 1.0)
    rest = int((counts.all - counts.mine).sum())
    rest_acted = int((counts.all_acted - counts.mine_acted).sum())
    action, dimension, group = key
    return GroupGap(
        action=action,
        dimension=dimension,
        group=group,
        accounts=int(counts.mine.sum()),
        acted=int(counts.mine_acted.sum()),
        expected=_whole(counts.expected * 100),
        rate_ppm=_whole(PPM * counts.mine_acted.sum() / counts.mine.sum()),
        rate_of_rest_ppm=_whole(PPM * rest_acted / rest) if rest else 0,
        gap_ppm=_whole(PPM * gap),
        gap_low_ppm=_whole(PPM * low),
        gap_high_ppm=_whole(PPM * high),
        ratio_permille=_whole(1000 * acted / expected) if expected else 1000,
        p_value=round(p, 6) if p is not None else 1.0,
        p_adjusted=round(adjusted, 6),
        verdict=_verdict(p, adjusted, gap, terms),
    )


def _verdict(p: float | None, adjusted: float, gap: float, terms: FairnessTerms) -> Verdict:
    if p is None:
        return "too_few"
    if adjusted >= terms.alpha:
        return "none"
    return "gap" if abs(gap) * PPM >= terms.least_gap_ppm else "small"


def _interval(counts: _Counts, gap: float) -> tuple[float, float]:
    """95 % of a Mantel-Haenszel difference; its variance (Sato 1989) holds for many small circumstances as for few large."""
    mine, rest = counts.mine, counts.all - counts.mine
    acted, rest_acted = counts.mine_acted, counts.all_acted - counts.mine_acted
    skew = (mine**2 * rest_acted - rest**2 * acted + mine * rest * (rest - mine) / 2) / counts.all**2
    spread = (acted * (rest - rest_acted) + rest_acted * (mine - acted)) / (2 * counts.all)
    variance = max(float(gap * skew.sum() + spread.sum()), 0.0) / counts.weight**2
    half = _DEVIATIONS * float(np.sqrt(variance))
    return max(gap - half, -1.0), min(gap + half, 1.0)


def _whole(value: float) -> int:
    return round(float(value))
