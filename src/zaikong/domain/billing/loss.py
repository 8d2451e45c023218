"""How much energy does the customer's own transformer lose before a low-voltage meter?

    active:   iron kW * hours + shape * copper kW * (Wp^2 + Wq^2) / (S^2 * hours), whole kWh, half-up
    reactive: the same with no-load and load kvar

Worked by long division on integers, so that no engine differs and a half is a half.

Basis: loss formula of the supplier's billing practice for supply at high voltage metered at low voltage (高供低计).
"""

import narwhals as nw

from zaikong.kernel.energy import CENTI
from zaikong.kernel.money import half_away, whole_quotient

LARGEST_LOSS_ENERGY = 1_000_000_000
"""Largest active or reactive use of a customer with a transformer loss [0.01 kWh]."""

LARGEST_LOAD_HOURS = 100_000
"""Largest square of load over capacity, times hours: ten times full load for a month [h]."""

_DIGIT = 2**6
_DIGITS = 7
_PER_KWH = 1_000_000
"""Milliwatt-hours in one kWh."""


def with_transformer_loss(
    frame: nw.LazyFrame, loss: str, *, no_load: str, load: str, active: str, reactive: str
) -> nw.LazyFrame:
    """Work out the energy lost in each settlement.

    Args:
        frame: Settlements with `loss_centi_kva` [0.01 kVA], 0 where there is no loss, `loss_hours` on line [h],
            `loss_shape_milli` load shape factor [0.001] and the columns named next.
        loss: Name of the column to add.
        no_load: Column of iron loss [W], or of no-load reactive power [var].
        load: Column of copper loss at full load [W], or of load reactive power [var].
        active: Column of metered active energy [0.01 kWh], at most `LARGEST_LOSS_ENERGY`.
        reactive: Column of metered reactive energy [0.01 kvarh], at most `LARGEST_LOSS_ENERGY`.

    Returns:
        The frame with `loss` in whole kWh [0.01 kWh], 0 where capacity or hours are 0.
    """
    # Each step is a column of its own: as one expression it would repeat itself at every digit.
    divided = (
        frame.with_columns(
            _known=(nw.col("loss_centi_kva") > 0) & (nw.col("loss_hours") > 0),
            _square=nw.col(active) * nw.col(active) + nw.col(reactive) * nw.col(reactive),
            _factor=nw.col("loss_shape_milli") * nw.col(load),
        )
        .with_columns(
            _divisor=nw.when(nw.col("_known"))
            .then(nw.col("loss_centi_kva") * nw.col("loss_centi_kva") * nw.col("loss_hours"))
            .otherwise(nw.lit(1, dtype=nw.Int64))
        )
        .with_columns(_load_hours=whole_quotient(nw.col("_square"), nw.col("_divisor")))
        .with_columns(_rest=nw.col("_square") - nw.col("_load_hours") * nw.col("_divisor"))
    )
    load_hours = nw.min_horizontal(nw.col("_load_hours"), nw.lit(LARGEST_LOAD_HOURS, dtype=nw.Int64))
    # Milliwatt-hours; what the long division drops cannot reach the next half.
    lost = nw.col(no_load) * nw.col("loss_hours") * 1000 + nw.col("_factor") * load_hours + nw.col("_quotient")
    return (
        _with_quotient(divided)
        .with_columns(
            nw.when(nw.col("_known"))
            .then(half_away(lost * 4, _PER_KWH * 4) * CENTI)
            .otherwise(nw.lit(0, dtype=nw.Int64))
            .alias(loss),
            overloaded=nw.col("_known") & (nw.col("_load_hours") >= LARGEST_LOAD_HOURS),
        )
        .drop("_known", "_square", "_factor", "_divisor", "_load_hours", "_rest", "_quotient")
    )


def _with_quotient(frame: nw.LazyFrame) -> nw.LazyFrame:
    """`_factor * _rest / _divisor` without its fraction, one digit of the factor at a time as in long division."""
    zero = nw.lit(0, dtype=nw.Int64)
    frame = frame.with_columns(_quotient=zero, _carried=zero)
    for place in reversed(range(_DIGITS)):
        digit = nw.col("_factor") % _DIGIT ** (place + 1) - nw.col("_factor") % _DIGIT**place
        frame = (
            frame.with_columns(_digit=whole_quotient(digit, nw.lit(_DIGIT**place, dtype=nw.Int64)))
            .with_columns(_carried=nw.col("_carried") * _DIGIT + nw.col("_digit") * nw.col("_rest"))
            .with_columns(_taken=whole_quotient(nw.col("_carried"), nw.col("_divisor")))
            .with_columns(
                _quotient=nw.col("_quotient") * _DIGIT + nw.col("_taken"),
                _carried=nw.col("_carried") - nw.col("_taken") * nw.col("_divisor"),
            )
        )
    return frame.drop("_digit", "_carried", "_taken")
