"""What does a customer's power factor add to the bill, or take off it?

The power factor is rounded half-up to two decimals and then looked up. It is at least c/100 when
`Wp / sqrt(Wp^2 + Wq^2) >= (2c - 1) / 200`, that is when Wq/Wp stays below a root. Each root is replaced by the nearest
fraction no pair of energies can tell from it, so the comparison is exact on integers; a tie cannot occur, because
`200^2 - m^2` is no square for odd m.

Basis: 〔83〕水电财字215号 (table of the adjustment for standards 0.90, 0.85 and 0.80).
"""

from functools import cache
from math import isqrt

import narwhals as nw

STANDARDS = (90, 85, 80)
"""Standards the table knows [0.01]."""

LARGEST_ENERGY_COMPARED = 20_000_000_000
"""Largest active or reactive energy the comparison is exact for [0.01 kWh]."""

_LIMB = 2**17
_SURE = 2**35
"""Beyond this the high parts decide alone."""

_FINE = 10**40
"""Parts of one in which a root is held: no fraction of compared size lies between the root and its 40 decimals."""


@cache
def thresholds() -> tuple[tuple[int, int], ...]:
    """For power factor 0.01 to 1.00 the pair (a, r): reached when `a * active >= r * reactive`."""
    return tuple(_threshold(2 * hundredths - 1) for hundredths in range(1, 101))


def power_factor(active: nw.Expr, reactive: nw.Expr) -> nw.Expr:
    """Measured power factor, rounded half-up to two decimals.

    Args:
        active: Active energy with losses [0.01 kWh], not negative.
        reactive: Reactive energy, sum of absolute values [0.01 kvarh].

    Returns:
        Power factor [0.01]; 0 where there was no active energy.
    """
    reached = [_reached(active, reactive, *pair).cast(nw.Int64) for pair in thresholds()]
    return nw.when(active > 0).then(nw.sum_horizontal(*reached)).otherwise(nw.lit(0, dtype=nw.Int64))


def adjustment_rate(standard: nw.Expr, factor: nw.Expr) -> nw.Expr:
    """Rate of the adjustment.

    Args:
        standard: One of `STANDARDS` [0.01].
        factor: Measured power factor [0.01].

    Returns:
        Rate [0.01 %], negative for a reduction.
    """
    zero = nw.lit(0, dtype=nw.Int64)
    missing = standard - factor
    penalty = 50 * missing + 50 * nw.max_horizontal(missing - 20, zero) + 100 * nw.max_horizontal(missing - 25, zero)
    slow = nw.min_horizontal(-missing, 90 - standard)
    most = nw.when(standard == 90).then(5).when(standard == 85).then(4).otherwise(2).cast(nw.Int64)  # noqa: PLR2004 -- the table's standards
    fast = nw.min_horizontal(nw.max_horizontal(factor - 90, zero), most)
    return nw.when(missing > 0).then(penalty).otherwise(-10 * slow - 15 * fast)


def _reached(active: nw.Expr, reactive: nw.Expr, of_active: int, of_reactive: int) -> nw.Expr:
    """`of_active * active >= of_reactive * reactive` without leaving int64: high and low parts of the factors apart."""
    high = active * (of_active // _LIMB) - reactive * (of_reactive // _LIMB)
    low = active * (of_active % _LIMB) - reactive * (of_reactive % _LIMB)
    return high.clip(-_SURE, _SURE) * _LIMB + low >= 0


def _threshold(m: int) -> tuple[int, int]:
    """The pair for `cos >= m/200`; the root is that of reactive over active, or of its inverse above one."""
    below_one = m * m > 40_000 - m * m
    square = (40_000 - m * m, m * m) if below_one else (m * m, 40_000 - m * m)
    below, above = _neighbours(isqrt(square[0] * _FINE * _FINE // square[1]))
    return below if below_one else (above[1], above[0])


def _neighbours(root: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The nearest fractions below and above a root [1/_FINE] between 0 and 1, by walking the Stern-Brocot tree."""
    low, high = (0, 1), (1, 1)
    while True:
        past_low, past_high = root * low[1] - low[0] * _FINE, high[0] * _FINE - root * high[1]
        down = min(past_high // past_low, (LARGEST_ENERGY_COMPARED - high[1]) // low[1])
        high = (high[0] + down * low[0], high[1] + down * low[1])
        past_high = high[0] * _FINE - root * high[1]
        up = min(past_low // past_high, (LARGEST_ENERGY_COMPARED - low[1]) // high[1])
        low = (low[0] + up * high[0], low[1] + up * high[1])
        if down == up == 0:
            return low, high
