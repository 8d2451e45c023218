"""What does a customer's power factor add to the bill, or take off it?

The power factor is rounded half-up to two decimals and then looked up. With `m = 2c - 1` it is at least c/100 when
`Wp / sqrt(Wp^2 + Wq^2) >= m / 200`, that is when `Wp^2 (40000 - m^2) >= Wq^2 m^2`: a comparison of integers, made in
parts of 18 bits so that it stays in int64. A tie cannot occur, because `40000 - m^2` is no square for odd m.

Basis: 〔83〕水电财字215号 (table of the adjustment for standards 0.90, 0.85 and 0.80).
"""

import narwhals as nw

from zaikong.kernel.money import natural_quotient

STANDARDS = (90, 85, 80)
"""Standards the table knows [0.01]."""

LARGEST_ENERGY_COMPARED = 2**35
"""Active and reactive energy below this are compared exactly [0.01 kWh]."""

_PART = 2**18
_SURE = 2**40
"""Beyond this the high parts decide alone."""

_BITS = (64, 32, 16, 8, 4, 2, 1)
_SQUARES = 40_000


def with_power_factor(frame: nw.LazyFrame, *, active: str, reactive: str) -> nw.LazyFrame:
    """Measure the power factor, rounded half-up to two decimals.

    Args:
        frame: Settlements with the columns named next.
        active: Column of active energy with losses [0.01 kWh], not negative.
        reactive: Column of reactive energy, sum of absolute values [0.01 kvarh], not negative.

    Returns:
        The frame with `power_factor` [0.01]; 0 where there was no active energy.
    """
    limbs = [(f"_p{place}", f"_q{place}") for place in (2, 1, 0)]
    squared = dict(zip([p for p, _ in limbs], _square(active), strict=True))
    squared |= dict(zip([q for _, q in limbs], _square(reactive), strict=True))
    frame = frame.with_columns(**squared, power_factor=nw.lit(0, dtype=nw.Int64))
    # The hundredths are found bit by bit, each tried as a column of its own.
    for bit in _BITS:
        m = 2 * (nw.col("power_factor") + bit) - 1
        high, middle, low = (nw.col(p) * (_SQUARES - nw.col("_m2")) - nw.col(q) * nw.col("_m2") for p, q in limbs)
        reached = (_sure(_sure(high) * _PART + middle) * _PART + low >= 0) & (nw.col("_m2") < _SQUARES)
        tried = nw.when(reached).then(nw.col("power_factor") + bit).otherwise(nw.col("power_factor"))
        frame = frame.with_columns(_m2=m * m).with_columns(power_factor=tried)
    measured = nw.when(nw.col(active) > 0).then(nw.col("power_factor")).otherwise(nw.lit(0, dtype=nw.Int64))
    return frame.with_columns(power_factor=measured).drop(*squared, "_m2")


def _square(column: str) -> tuple[nw.Expr, nw.Expr, nw.Expr]:
    """The square in parts of 2**36, 2**18 and 1; the parts carry no further than int64 holds."""
    low = nw.col(column) % _PART
    high = natural_quotient(nw.col(column), _PART)
    return high * high, 2 * high * low, low * low


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


def _sure(part: nw.Expr) -> nw.Expr:
    """A high part, cut where its sign alone decides."""
    low, high = nw.lit(-_SURE, dtype=nw.Int64), nw.lit(_SURE, dtype=nw.Int64)
    return nw.max_horizontal(nw.min_horizontal(part, high), low)
