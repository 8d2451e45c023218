"""How is energy held, read and printed?

Energy is integer centi-kWh (0.01 kWh, int64), the resolution of a smart meter's register; reactive energy likewise in
0.01 kvarh, power in 0.01 kW, capacity in 0.01 kVA.
"""

from decimal import Decimal

from zaikong.kernel.money import scaled

CENTI = 100
"""Centi-kWh in one kWh (and 0.01 kW in one kW, 0.01 kVA in one kVA)."""

REGISTERS = ("sharp", "peak", "flat", "valley")
"""Time-of-use registers 尖 峰 平 谷, in the order every column set uses."""


def centi_of_kwh(text: str | float | Decimal) -> int:
    """Read kWh (or kW, kVA, kvarh) with at most two decimals as 0.01 of it."""
    return scaled(text, CENTI)


def kwh_text(centi_kwh: int) -> str:
    """Print 0.01 kWh as kWh: whole numbers without decimals, others with two."""
    sign = "-" if centi_kwh < 0 else ""
    whole, rest = divmod(abs(centi_kwh), CENTI)
    return f"{sign}{whole:,}" + (f".{rest:02d}" if rest else "")
