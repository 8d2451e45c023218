"""How does a day's use fall on the registers of a meter, and what does the meter then show?

Each firm works a pattern of hours; the province's hours of the month say which register each hour belongs to. The four
registers always add up to the day's total. A meter shows the sum of all use since it was made, divided by its
multiplier, and rolls over when its digits are used up; what is too small to show stays inside and shows later.

Basis: register hours from the tariff book `cn.henan.business` (豫发改价管〔2024〕283号).
"""

from datetime import date
from functools import cache
from math import isqrt
from types import MappingProxyType

import polars as pl

from zaikong.domain.billing.books import book
from zaikong.kernel.energy import CENTI, REGISTERS
from zaikong.sim.draws import EXACT, Quantiles, Stream, looked_up

SHIFTS = MappingProxyType(
    {
        "one": (8, *(8,) * 6, 40, *(100,) * 4, 70, *(100,) * 5, 40, *(12,) * 5),
        "two": (20, *(20,) * 5, *(100,) * 16, 30, 20),
        "three": (92, *(90,) * 6, *(100,) * 16, 95),
        "continuous": (100,) * 24,
        "night": (*(100,) * 7, 40, *(25,) * 12, 40, *(100,) * 3),
        "office": (6, *(6,) * 6, 30, *(100,) * 4, 60, *(100,) * 4, 70, *(20,) * 6),
        "evening": (15, *(10,) * 6, 20, *(45,) * 3, *(70,) * 3, *(50,) * 3, *(100,) * 5, 70, 40),
        "lighting": (*(100,) * 6, *(0,) * 12, *(100,) * 6),
    }
)
"""Use in each hour of a day, as weights, by working pattern."""

PATTERNS = tuple(SHIFTS)
_HOURS = 24
_BOOK, _PLAN = "cn.henan.business", "single.10kv.tou"
_JITTER = 100
_TANGENT = 10_000
_POWER_FACTOR = Quantiles((0, 500, 1500, 3000, 5000, 7500, 9000, 10_000), (68, 76, 83, 88, 91, 94, 96, 98))


def register_shares(*, as_of: date) -> pl.DataFrame:
    """The part of a day on each register, by working pattern and month.

    Args:
        as_of: The day whose register hours hold.

    Returns:
        `pattern` (place in `PATTERNS`), `month_of_year`, and `<register>_share` in ten-thousandths adding up to 10000.
    """
    hours = _hours_by_month(as_of)
    rows = []
    for pattern, weights in enumerate(SHIFTS.values()):
        whole = sum(weights)
        for month, registers in hours.items():
            parts = {
                register: sum(weights[hour] for hour in range(_HOURS) if registers[hour] == register)
                for register in REGISTERS
            }
            shares = {register: part * EXACT // whole for register, part in parts.items()}
            shares["flat"] = EXACT - sum(share for register, share in shares.items() if register != "flat")
            rows.append(
                {"pattern": pattern, "month_of_year": month, **{f"{name}_share": shares[name] for name in REGISTERS}}
            )
    return pl.DataFrame(rows)


def spread(seed: int, days: pl.DataFrame, *, as_of: date) -> pl.DataFrame:
    """Put each day's total on the four registers and add its reactive energy.

    Args:
        seed: The county's seed.
        days: `account` (number), `day` [day number], `date`, `pattern` (place in `PATTERNS`), `power_factor`
            [hundredths], `centi_kwh` [0.01 kWh].
        as_of: The day whose register hours hold.

    Returns:
        The rows with `sharp_centi_kwh` to `valley_centi_kwh` and `centi_kvarh`.
    """
    who, day = pl.col("account"), pl.col("day")
    shared = days.with_columns(month_of_year=pl.col("date").dt.month().cast(pl.Int64)).join(
        register_shares(as_of=as_of), on=["pattern", "month_of_year"], how="left", maintain_order="left"
    )
    # Up to a tenth of a register's part moves to the flat hours: nobody's day is drawn with a ruler.
    kept = {
        name: 1000 - Stream.of(seed, f"register.{name}").below(_JITTER, who, day)
        for name in ("sharp", "peak", "valley")
    }
    shared = shared.with_columns(
        (pl.col("centi_kwh") * pl.col(f"{name}_share") // EXACT * part // 1000).alias(f"{name}_centi_kwh")
        for name, part in kept.items()
    )
    sway = 970 + Stream.of(seed, "register.reactive").below(61, who, day)
    return shared.with_columns(
        flat_centi_kwh=pl.col("centi_kwh") - pl.sum_horizontal(f"{name}_centi_kwh" for name in kept),
        centi_kvarh=pl.col("centi_kwh") * looked_up(_tangents(), pl.col("power_factor")) // _TANGENT * sway // 1000,
    ).drop("month_of_year", *(f"{name}_share" for name in REGISTERS))


def power_factors(seed: int, account: pl.Expr) -> pl.Expr:
    """The usual power factor of each account [hundredths]."""
    return _POWER_FACTOR.drawn(Stream.of(seed, "register.power_factor").uniform(account))


def shown(cumulative_centi: pl.Expr, opening_centi: pl.Expr, multiplier: pl.Expr, digits: pl.Expr) -> pl.Expr:
    """What a register shows.

    Args:
        cumulative_centi: Use since the opening value [0.01 kWh on the primary side].
        opening_centi: What it showed then [0.01 of the register's unit].
        multiplier: Instrument transformer ratio.
        digits: Whole digits of the register.

    Returns:
        [0.01 of the register's unit], below 10 to the power of the digits.
    """
    return (opening_centi + cumulative_centi // multiplier) % full_scale(digits)


def full_scale(digits: pl.Expr) -> pl.Expr:
    """Where a register rolls over [0.01 of its unit]."""
    return looked_up([10**count * CENTI for count in range(10)], digits)


@cache
def _tangents() -> tuple[int, ...]:
    """Tangent of the phase angle in ten-thousandths at each power factor in hundredths."""
    return tuple(isqrt((10_000 - max(factor, 1) ** 2) * _TANGENT**2) // max(factor, 1) for factor in range(101))


def _hours_by_month(as_of: date) -> dict[int, tuple[str, ...]]:
    versions = book(_BOOK).plans[_PLAN].versions
    version = next(
        each
        for each in versions
        if each.effective_from <= as_of and (each.effective_to is None or as_of < each.effective_to)
    )
    return {month: table.table() for table in version.hours for month in table.months}
