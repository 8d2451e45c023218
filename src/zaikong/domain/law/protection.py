"""Is an account protected at a moment, and is the moment one in which nobody of its class is cut?

A protection (保电) stands from its first moment to its end, or until the longest term of its reason has passed, whichever
comes first: it ends by itself and is looked at again. One of a reason the law's list does not know stands until its end
is recorded; nothing is lost by a word.

A quiet window is a time of the day, a day of rest, the day before one, a day of every year such as an examination, or a
day a person has declared, such as one of great heat. A day the calendar does not cover is unknown, and an unknown fact
refuses a cut.

Basis: practice of the trade (`parameters/protection.yaml`, `parameters/quiet_windows.yaml`); no national statute.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import narwhals as nw

from zaikong.domain.law.calendar import is_working_day
from zaikong.domain.law.values import Protection, QuietWindows
from zaikong.kernel.money import natural_quotient
from zaikong.kernel.period import DAY, MINUTE, date_of_day

PROTECTION_COLUMNS: Final = ("account", "protection_reason", "from_at", "to_at")
"""A protection; `to_at` is 0 where no end is recorded [us]."""

MOMENT_COLUMNS: Final = ("account", "cut_at", "resident")
"""A moment asked about for an account [us]."""

QUIET_DAY_COLUMNS: Final = ("day", "quiet_reason")
"""A day of the calendar; `quiet_reason` is empty where the day is not quiet."""


@dataclass(frozen=True, slots=True)
class DeclaredDays:
    """Quiet days a person declared, `[from_day, to_day)` [day], such as those of a heat warning."""

    from_day: int
    to_day: int
    reason: str


def protected_accounts(protections: nw.LazyFrame, moments: nw.LazyFrame, *, law: Protection) -> nw.LazyFrame:
    """Which accounts are protected at their moment.

    Args:
        protections: Rows with `PROTECTION_COLUMNS`, any number an account.
        moments: One row an account with `MOMENT_COLUMNS`.
        law: Reasons and their longest terms.

    Returns:
        One row an account: `account`, `protected`.
    """
    end: nw.Expr = nw.when(nw.col("to_at") > 0).then(nw.col("to_at"))
    term: nw.Expr = nw.lit(None, nw.Int64)
    for code, reason in law.reasons.items():
        own = nw.col("from_at") + reason.longest_days * DAY
        term = nw.when(nw.col("protection_reason") == code).then(own).otherwise(term)
    standing = (
        protections.join(moments.select("account", "cut_at"), on="account", how="inner")
        .with_columns(_end=nw.min_horizontal(end, term))
        .filter(nw.col("from_at") <= nw.col("cut_at"))
        .filter(nw.col("_end").is_null() | (nw.col("cut_at") < nw.col("_end")))
        .select("account")
        .unique()
        .with_columns(_stands=nw.lit(True))
    )
    return moments.join(standing, on="account", how="left").select(
        "account", protected=nw.coalesce(nw.col("_stands"), nw.lit(False))
    )


def quiet_days(
    from_day: int, to_day: int, *, law: QuietWindows, declared: Iterable[DeclaredDays] = ()
) -> Iterator[tuple[int, str]]:
    """Each day of a half-open period and why it is quiet, empty where it is not.

    Args:
        from_day: First day [day].
        to_day: Day after the last [day].
        law: The windows in force.
        declared: Days a person declared.

    Yields:
        Day number and `declared` reason, `rest_day`, `eve`, `yearly`, or nothing.
    """
    spans = tuple(declared)
    for day in range(from_day, to_day):
        named = next((span.reason for span in spans if span.from_day <= day < span.to_day), "")
        yield day, named or _quiet_reason(day, law)


def _quiet_reason(number: int, law: QuietWindows) -> str:
    day = date_of_day(number)
    if law.rest_days and not is_working_day(day):
        return "rest_day"
    if law.eves and not is_working_day(day + timedelta(days=1)):
        return "eve"
    if any(span.first <= f"{day:%m-%d}" <= span.last for span in law.yearly):
        return "yearly"
    return ""


def is_extreme(law: QuietWindows, *, highest_celsius: int, lowest_celsius: int) -> bool:
    """Whether a forecast asks for a day to be declared quiet [degree Celsius]."""
    return highest_celsius >= law.heat_celsius or lowest_celsius <= law.cold_celsius


def quiet_moments(moments: nw.LazyFrame, calendar: nw.LazyFrame, *, law: QuietWindows) -> nw.LazyFrame:
    """Which moments lie in a quiet window.

    Args:
        moments: One row an account with `MOMENT_COLUMNS`.
        calendar: The rows of `quiet_days` with `QUIET_DAY_COLUMNS`.
        law: The windows in force.

    Returns:
        One row an account: `account`, `quiet_window` (null where the class has windows and the calendar does not cover
        the day), `quiet_reason` (`hours` before those of the day; empty where it is not quiet).
    """
    resident = nw.col("resident")
    concerned = (resident & nw.lit(law.resident)) | (~resident & nw.lit(law.other))
    clock = nw.col("cut_at") % DAY
    hours = (clock < law.day_from_minute * MINUTE) | (clock >= law.day_to_minute * MINUTE)
    reason = nw.when(hours).then(nw.lit("hours")).otherwise(nw.col("quiet_reason"))
    return (
        moments.with_columns(day=natural_quotient(nw.col("cut_at"), DAY))
        .join(calendar.select(QUIET_DAY_COLUMNS), on="day", how="left")
        # an unknown class may have windows: only one known to have none is free of them
        .with_columns(quiet_reason=nw.when(~concerned).then(nw.lit("")).otherwise(reason))
        .select("account", quiet_window=nw.col("quiet_reason") != "", quiet_reason="quiet_reason")
    )
