"""How much energy does the customer's own transformer lose before a low-voltage meter?

    active:   iron kW * hours + shape * copper kW * (Wp^2 + Wq^2) / (S^2 * hours), whole kWh, half-up
    reactive: the same with no-load and load kvar

Worked by long division on integers, so that no engine differs and a half is a half.

Basis: loss formula of the supplier's billing practice for supply at high voltage metered at low voltage (高供低计).
"""

import narwhals as nw

from zaikong.kernel.energy import CENTI
from zaikong.kernel.money import natural_quotient

LARGEST_LOSS_ENERGY = 1_000_000_000
"""Largest active or reactive use of a customer with a transformer loss [0.01 kWh]."""

LARGEST_LOAD_HOURS = 100_000
"""Largest square of load over capacity, times hours: ten times full load for a month [h]."""

LOSS_COLUMNS = ("iron_w", "copper_w", "iron_var", "copper_var", "loss_centi_kva", "loss_hours", "loss_shape_milli")
"""Iron loss and copper loss at full load [W], no-load and load reactive power [var], rated capacity [0.01 kVA], time on
line [h], load shape factor [0.001]. Capacity is 0 where there is no loss; its square times hours stays below 2**53, and
shape times load below 2**42."""

_DIGIT = 2**7
_DIGITS = 6
_PER_KWH = 1_000_000
_HALF_KWH = 500_000
"""Milliwatt-hours in one kWh."""


def with_transformer_loss(frame: nw.LazyFrame, *, active: str, reactive: str) -> nw.LazyFrame:
    """Work out what is lost in each settlement.

    Args:
        frame: Settlements with the columns of `LOSS_COLUMNS`.
        active: Column of metered active energy [0.01 kWh].
        reactive: Column of metered reactive energy [0.01 kvarh].

    Returns:
        The frame with `loss_centi_kwh` and `loss_centi_kvarh` in whole kWh and kvarh [0.01 kWh, 0.01 kvarh], 0 where
        capacity or hours are 0, and `loss_refused`, true where the use is negative, above `LARGEST_LOSS_ENERGY`, or
        more than a transformer of this capacity can have passed in these hours.
    """
    # Each step is a column of its own: as one expression it would repeat itself at every digit.
    lossy = nw.col("loss_centi_kva") > 0
    sane = (nw.col(active) >= 0) & (nw.col(active) <= LARGEST_LOSS_ENERGY) & (nw.col(reactive) <= LARGEST_LOSS_ENERGY)
    known = lossy & (nw.col("loss_hours") > 0) & sane
    divided = (
        frame.with_columns(
            _divisor=nw.when(known)
            .then(nw.col("loss_centi_kva") * nw.col("loss_centi_kva") * nw.col("loss_hours"))
            .otherwise(nw.lit(1, dtype=nw.Int64)),
            _square=nw.when(known)
            .then(nw.col(active) * nw.col(active) + nw.col(reactive) * nw.col(reactive))
            .otherwise(nw.lit(0, dtype=nw.Int64)),
            _factor_kwh=nw.col("loss_shape_milli") * nw.col("copper_w"),
            _factor_kvarh=nw.col("loss_shape_milli") * nw.col("copper_var"),
        )
        .with_columns(
            _load_hours=natural_quotient(nw.col("_square"), nw.col("_divisor")),
            _rest=nw.col("_square") % nw.col("_divisor"),
        )
        .with_columns(
            loss_refused=(lossy & ~sane) | (nw.col("_load_hours") >= LARGEST_LOAD_HOURS),
            _load_hours=nw.min_horizontal(nw.col("_load_hours"), nw.lit(LARGEST_LOAD_HOURS, dtype=nw.Int64)),
        )
    )
    return (
        _with_quotients(divided)
        .with_columns(loss_centi_kwh=_lost("kwh", "iron_w"), loss_centi_kvarh=_lost("kvarh", "iron_var"))
        .drop("_divisor", "_square", "_load_hours", "_rest", *(f"_{name}_{of}" for name in _OWN for of in _BOTH))
    )


_BOTH = ("kwh", "kvarh")
_OWN = ("factor", "quotient", "carried")


def _lost(of: str, no_load: str) -> nw.Expr:
    """Milliwatt-hours, then whole kWh; what the long division dropped cannot reach the next half."""
    fixed = nw.col(no_load) * nw.col("loss_hours") * 1000
    varying = nw.col(f"_factor_{of}") * nw.col("_load_hours") + nw.col(f"_quotient_{of}")
    lost = natural_quotient(fixed + varying + _HALF_KWH, _PER_KWH) * CENTI
    return nw.when(nw.col("loss_centi_kva") > 0).then(lost).otherwise(nw.lit(0, dtype=nw.Int64))


def _with_quotients(frame: nw.LazyFrame) -> nw.LazyFrame:
    """`_factor * _rest / _divisor` without its fraction, one digit of the factor at a time as in long division."""
    zero = nw.lit(0, dtype=nw.Int64)
    frame = frame.with_columns(**{f"_{name}_{of}": zero for name in ("quotient", "carried") for of in _BOTH})
    for place in reversed(range(_DIGITS)):
        step = {}
        for of in _BOTH:
            digit = natural_quotient(nw.col(f"_factor_{of}") % _DIGIT ** (place + 1), _DIGIT**place)
            carried = nw.col(f"_carried_{of}") * _DIGIT + digit * nw.col("_rest")
            taken = natural_quotient(carried, nw.col("_divisor"))
            step[f"_quotient_{of}"] = nw.col(f"_quotient_{of}") * _DIGIT + taken
            step[f"_carried_{of}"] = carried % nw.col("_divisor")
        frame = frame.with_columns(**step)
    return frame
