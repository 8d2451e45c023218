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
_UNITY = 100
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
    for name, column in (("_p", active), ("_q", reactive)):
        low = nw.col(column) % _PART
        high = natural_quotient(nw.col(column), _PART)
        frame = frame.with_columns(_low=low, _high=high).with_columns(
            (nw.col("_high") * nw.col("_high")).alias(f"{name}2"),
            (2 * nw.col("_high") * nw.col("_low")).alias(f"{name}1"),
            (nw.col("_low") * nw.col("_low")).alias(f"{name}0"),
        )
    # The hundredths are found bit by bit, each tried as a column of its own.
    frame = frame.with_columns(power_factor=nw.lit(0, dtype=nw.Int64))
    for bit in _BITS:
        frame = (
            frame.with_columns(_m=2 * (nw.col("power_factor") + bit) - 1)
            .with_columns(_of_q=nw.col("_m") * nw.col("_m"))
            .with_columns(_of_p=_SQUARES - nw.col("_of_q"))
            .with_columns(
                **{
                    f"_d{part}": nw.col(f"_p{part}") * nw.col("_of_p") - nw.col(f"_q{part}") * nw.col("_of_q")
                    for part in (0, 1, 2)
                }
            )
            .with_columns(_sum=_sure("_d2") * _PART + nw.col("_d1"))
            .with_columns(_sum=_sure("_sum") * _PART + nw.col("_d0"))
            .with_columns(
                power_factor=nw.when((nw.col("_sum") >= 0) & (nw.col("_m") < 2 * _UNITY))
                .then(nw.col("power_factor") + bit)
                .otherwise(nw.col("power_factor"))
            )
        )
    own = [f"_{name}{part}" for name in "pqd" for part in (0, 1, 2)]
    measured = nw.when(nw.col(active) > 0).then(nw.col("power_factor")).otherwise(nw.lit(0, dtype=nw.Int64))
    return frame.with_columns(power_factor=measured).drop(*own, "_low", "_high", "_m", "_of_p", "_of_q", "_sum")


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


def _sure(column: str) -> nw.Expr:
    """A high part, cut where its sign alone decides."""
    low, high = nw.lit(-_SURE, dtype=nw.Int64), nw.lit(_SURE, dtype=nw.Int64)
    return nw.max_horizontal(nw.min_horizontal(nw.col(column), high), low)
