"""In which unit are the two numbers of a finding?

A finding keeps what was observed and the limit it broke as whole numbers; what they count depends on its code.
"""

from collections.abc import Callable
from typing import Any

from zaikong.kernel.period import date_of_day
from zaikong.web.templatetags import console

Show = Callable[[Any], Any]


def _date(day: int) -> str:
    return date_of_day(day).isoformat()


_ENERGY = (
    "USE_ZERO",
    "USE_TRIPLED",
    "USE_THIRD",
    "USE_NOT_BILLED",
    "USE_NEGATIVE",
    "REGISTER_MISSING",
    "SHARP_OUT_OF_SEASON",
    "REACTIVE_MISSING",
    "CAPACITY_MISSING",
    "CONTRACT_DEMAND_MISSING",
    "DEMAND_NOT_MEASURED",
    "ABOVE_CAPACITY",
    "DEMAND_ABOVE_CAPACITY",
    "DAY_SPIKE",
    "LOSS_ABSURD",
    "HOME_USE_LARGE",
    "METER_UNKNOWN",
    "READING_NEGATIVE",
    "READING_BEYOND_DIGITS",
    "READING_DUPLICATE",
    "READING_CONFLICT",
    "READING_BACKWARDS",
    "METER_ROLLED_OVER",
    "READING_FIRST",
    "REGISTERS_DO_NOT_ADD_UP",
    "USE_BEYOND_BOUNDS",
    "USE_SPIKE",
    "USE_SPIKE_CONFIRMED",
)
"""In 0.01 of kWh, kvarh, kVA, kW or of a register's unit."""

_MONEY = ("TOTAL_NEGATIVE", "CLOSING_NEGATIVE", "LINES_DO_NOT_ADD_UP", "FAR_FROM_LAST_YEAR", "LARGE_BILL")

_DAYS = (
    "PERIOD_DUPLICATE",
    "PERIOD_GAP",
    "ACCOUNT_CLOSED",
    "ACCOUNT_NOT_OPEN",
    "CLOCK_IN_FUTURE",
    "READING_BEFORE_INSTALLED",
    "READING_NOT_NEWER",
    "READING_LATE",
    "REGISTERS_OUT_OF_STEP",
)

_COUNTS = (
    "LINE_NEGATIVE",
    "PERIOD_LONG",
    "PERIOD_SHORT",
    "DAYS_MISSING",
    "ESTIMATED_MOSTLY",
    "ESTIMATED_SOME",
    "FIRST_BILL",
    "CATEGORY_MISMATCH",
    "REGISTER_UNKNOWN",
    "READING_WAITS",
    "READING_MISSING",
    "GAP_TOO_LONG",
    "READING_FROZEN",
    "ESTIMATE_WITHOUT_HISTORY",
)

KINDS: dict[str, tuple[Show, Show]] = {
    **dict.fromkeys(_ENERGY, (console.kwh, console.kwh)),
    **dict.fromkeys(_MONEY, (console.yuan, console.yuan)),
    **dict.fromkeys(_DAYS, (_date, _date)),
    **dict.fromkeys(_COUNTS, (console.thousands, console.thousands)),
    "POWER_FACTOR_OUT_OF_RANGE": (console.hundredths, console.hundredths),
    "PRICE_OUT_OF_BAND": (console.yuan, console.kwh),
    "GAP_TRUED_UP": (console.thousands, console.kwh),
}
"""Code to how its observed number and its limit are written."""


def observed(code: str, number: int) -> Any:
    """What was observed, in its unit."""
    return KINDS.get(code, _PLAIN)[0](number)


def limit(code: str, number: int) -> Any:
    """The limit that was broken, in its unit."""
    return KINDS.get(code, _PLAIN)[1](number)


_PLAIN: tuple[Show, Show] = (console.thousands, console.thousands)
