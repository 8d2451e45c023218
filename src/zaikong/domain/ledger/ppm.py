"""How is an amount times a rate in parts per million added up and rounded once, when the product outgrows an int64?

A billion yuan of arrears, in fen, times 3,000 ppm a day, times thirty years of days is above 2**63. So an amount is
split into whole multiples of 4,000,000 and a rest; only the rests are rounded, and once, on their sum.
"""

import narwhals as nw

from zaikong.kernel.money import half_away

LARGEST_AMOUNT_FEN = 10**13
"""Largest absolute amount [fen]."""

LARGEST_WEIGHT = 200_000_000
"""Largest weight: rate times days [ppm]."""

_PPM = 1_000_000
_STEPS = 4
_UNIT = _PPM * _STEPS
_SHIFT_UNITS = 2**38


def multiples(amount: nw.Expr) -> nw.Expr:
    """Whole multiples in an amount, to the nearest; made a column first, because both parts read it.

    Args:
        amount: int64 up to `LARGEST_AMOUNT_FEN` [fen].
    """
    return half_away(amount, _UNIT)


def whole_part(high: nw.Expr, weight: nw.Expr) -> nw.Expr:
    """The part of `amount * weight` that is a whole number of millions; add it up and give it to `rounded_total`.

    Args:
        high: `multiples` of the amount.
        weight: int64, not negative, up to `LARGEST_WEIGHT` [ppm].
    """
    return high * weight * _STEPS


def rest_part(amount: nw.Expr, high: nw.Expr, weight: nw.Expr) -> nw.Expr:
    """The rest of `amount * weight`; add it up over at most 500 rows and give it to `rounded_total`."""
    return (amount - high * _UNIT) * weight * _STEPS


def rounded_total(whole: nw.Expr, rest: nw.Expr) -> nw.Expr:
    """The sum of amounts times weights over a million, rounded once, half up.

    Half up is half away from zero for totals that are not negative, the only ones charged.

    Args:
        whole: Sum of `whole_part`.
        rest: Sum of `rest_part`.

    Returns:
        int64 [fen].
    """
    # the shift keeps the rounded number positive where the rests sum below zero beside a positive whole
    return whole + half_away(rest + _SHIFT_UNITS * _UNIT, _UNIT) - _SHIFT_UNITS
