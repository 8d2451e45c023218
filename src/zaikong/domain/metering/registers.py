"""What has each register of a meter moved since it was last taken?

All registers of an account are taken on the same day or not at all, so that the days between two readings are the same
for every one of them and the sum of the days is the difference of the registers.
"""

from functools import reduce
from typing import Final

import narwhals as nw

REGISTER_NAMES: Final = ("total", "sharp", "peak", "flat", "valley", "reactive")
"""Registers by the number columns hold: 总 尖 峰 平 谷 无功."""

TIME_OF_USE: Final = REGISTER_NAMES[1:5]
REACTIVE: Final = "reactive"
NEVER_SUSPECT: Final = -1
"""`suspect_centi` of a register that holds no unconfirmed spike."""

METER_COLUMNS: Final = ("meter", "account", "multiplier", "digits", "installed_day")
PREVIOUS_COLUMNS: Final = ("meter", "register", "previous_centi", "previous_day", "suspect_centi")
READING_COLUMNS: Final = ("reading", "meter", "register", "day", "value_centi")

_CENTI: Final = 100
_DIGITS: Final = range(3, 10)


def at(name: str, register: str) -> nw.Expr:
    """The column `name` of one register in a frame of one row a meter."""
    return nw.col(f"{name}_{register}")


def modulus(digits: str = "digits") -> nw.Expr:
    """The first value [0.01 of the register's unit] that a register of so many digits cannot show.

    A meter shows its digits and two decimals; digits outside 3 to 9 have modulus 0, so that no value fits.
    """
    value: nw.Expr = nw.lit(0, nw.Int64)
    for count in _DIGITS:
        value = nw.when(nw.col(digits) == count).then(nw.lit(_CENTI * 10**count, nw.Int64)).otherwise(value)
    return value


def meter_states(meters: nw.LazyFrame, previous: nw.LazyFrame) -> nw.LazyFrame:
    """Meters with the last value of every register side by side.

    Args:
        meters: `METER_COLUMNS`, one row a meter.
        previous: `PREVIOUS_COLUMNS`, one row a meter and register.

    Returns:
        One row a meter: its columns, `modulus`, `first_day` and `last_day` (earliest and latest `previous_day`, null
        for a meter with no value yet), and `previous_<register>`, `suspect_<register>`, null for one without value.
    """
    wide = previous.group_by("meter").agg(
        nw.col("previous_day").min().alias("first_day"),
        nw.col("previous_day").max().alias("last_day"),
        *_pivoted("previous", "previous_centi"),
        *_pivoted("suspect", "suspect_centi"),
    )
    return meters.with_columns(modulus=modulus()).join(wide, on="meter", how="left")


def meter_readings(readings: nw.LazyFrame) -> nw.LazyFrame:
    """Readings of one day with the registers side by side.

    Args:
        readings: `READING_COLUMNS` of sound rows of one day.

    Returns:
        One row a meter: `rows`, and `low_<register>`, `high_<register>`, null where the register was not read.
    """
    of = {name: nw.when(nw.col("register") == number).then(nw.col("value_centi")) for number, name in _numbered()}
    return readings.group_by("meter").agg(
        nw.len().cast(nw.Int64).alias("rows"),
        *(value.min().alias(f"low_{name}") for name, value in of.items()),
        *(value.max().alias(f"high_{name}") for name, value in of.items()),
    )


def register_use(register: str) -> nw.Expr:
    """(Current - previous) modulo the highest value, times the multiplier [0.01 kWh or kvarh]."""
    moved = at("low", register) - at("previous", register)
    turned = nw.when(moved < 0).then(moved + nw.col("modulus")).otherwise(moved)
    return turned * nw.col("multiplier")


def has(register: str) -> nw.Expr:
    """Whether the meter has a last value of this register, and so must be read on it."""
    return ~at("previous", register).is_null()


def was_read(register: str) -> nw.Expr:
    """Whether a value of this register came in."""
    return ~at("low", register).is_null()


def any_of(conditions: list[nw.Expr]) -> nw.Expr:
    """Whether one of the conditions holds; a null one does not."""
    return reduce(lambda left, right: left | right, [nw.when(each).then(True).otherwise(False) for each in conditions])


def total_of(terms: list[nw.Expr]) -> nw.Expr:
    """Sum of columns."""
    return reduce(lambda left, right: left + right, terms)


def by_register(name: str, register: str = "register") -> nw.Expr:
    """Picks `name_<register>` by the register's number in a row; null for a number that is none."""
    value: nw.Expr = nw.lit(None, nw.Int64)
    for number, each in _numbered():
        value = nw.when(nw.col(register) == number).then(at(name, each)).otherwise(value)
    return value


def _pivoted(name: str, column: str) -> list[nw.Expr]:
    return [
        nw.when(nw.col("register") == number).then(nw.col(column)).max().alias(f"{name}_{each}")
        for number, each in _numbered()
    ]


def _numbered() -> list[tuple[int, str]]:
    return list(enumerate(REGISTER_NAMES))
