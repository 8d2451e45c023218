"""What do the registers of a virtual meter show after so much use?

Use is given by the day and falls evenly on its hours; it is counted in whole numbers, so that many small looks and one
big one show the same. While supply is off nothing is used. A register rolls over when its digits are used up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import polars as pl

from zaikong.kernel.energy import CENTI, REGISTERS

NAMES: Final = ("total", *REGISTERS, "reactive")
"""Registers in the order of everything here."""
_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_DAY_MICROSECONDS = _DAY // _MICROSECOND
_DIGITS = 6

DayUse = tuple[int, int, int, int, int, int]
"""Use of one day on each register of `NAMES` [0.01 kWh, the last 0.01 kvarh]."""
DailyUse = Callable[[date], DayUse]
"""Use by day."""

_SHARES = (0, 45, 35, 20)
"""Of a constant load, on sharp, peak, flat and valley [%]."""
_WHOLE = 100


def constant(centi_kwh_a_day: int, *, reactive_percent: int = 0) -> DailyUse:
    """The same use every day [0.01 kWh], on fixed shares of the registers."""
    parts = [centi_kwh_a_day * share // _WHOLE for share in _SHARES]
    parts[2] += centi_kwh_a_day - sum(parts)
    use: DayUse = (
        centi_kwh_a_day,
        parts[0],
        parts[1],
        parts[2],
        parts[3],
        centi_kwh_a_day * reactive_percent // _WHOLE,
    )
    return lambda _: use


def by_day(days: Mapping[date, DayUse], *, otherwise: DayUse = (0, 0, 0, 0, 0, 0)) -> DailyUse:
    """Use as a county has it, and `otherwise` on days it does not know."""
    return lambda day: days.get(day, otherwise)


def county_uses(daily_use: pl.DataFrame) -> dict[str, DailyUse]:
    """The use of each account of a county, by its number.

    Args:
        daily_use: `account_no`, `date`, `centi_kwh`, `<register>_centi_kwh` and `centi_kvarh`, as `sim.county` draws them.
    """
    columns = ["centi_kwh", *(f"{name}_centi_kwh" for name in REGISTERS), "centi_kvarh"]
    days: dict[str, dict[date, DayUse]] = {}
    for account_no, day, *use in daily_use.select("account_no", "date", *columns).iter_rows():
        days.setdefault(account_no, {})[day] = (use[0], use[1], use[2], use[3], use[4], use[5])
    return {account_no: by_day(known) for account_no, known in days.items()}


@dataclass(slots=True)
class RegisterBank:
    """The registers of one meter.

    Attributes:
        use: Use by day while supply is on.
        opening: What each register of `NAMES` showed at first [0.01 of its unit].
        digits: Whole digits of a register.
    """

    use: DailyUse
    opening: DayUse = (0, 0, 0, 0, 0, 0)
    digits: int = _DIGITS
    _used: tuple[int, ...] = (0, 0, 0, 0, 0, 0)

    def advance(self, start: datetime, end: datetime) -> None:
        """Count the use from `start` to `end`, by the meter's clock; nothing where the clock went back."""
        while start < end:
            midnight = datetime.combine(start.date(), time()) + _DAY
            until = min(end, midnight)
            part = (until - start) // _MICROSECOND
            use = self.use(start.date())
            self._used = tuple(used + each * part for used, each in zip(self._used, use, strict=True))
            start = until

    def shown(self) -> dict[str, int]:
        """What each register shows [0.01 of its unit]."""
        full = 10**self.digits * CENTI
        return {
            name: (opening + used // _DAY_MICROSECONDS) % full
            for name, opening, used in zip(NAMES, self.opening, self._used, strict=True)
        }
