"""What late fee does the law allow, on which days and how little at least?

Gives the rules over columns the editions as day numbers, consecutive ones with the same rates joined, so that a rule
counts no more periods than the rates really have.

Basis: 《供电营业规则》 (editions of 1996 and 2024); 《电力供应与使用条例》 article 39 for the band.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from zaikong.domain.law.parameters import NATION, LateFee, LateFeeBand, Version, in_law, versions
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal

ALWAYS = 2**31
"""A day number no date reaches: the end of what is still in force [day]."""


class UnableToFindEditionError(Refusal):
    """No edition of the late-fee rule has this name."""


@dataclass(frozen=True, slots=True)
class RatePeriod:
    """Rates of the days `[from_day, to_day)` [ppm a day]."""

    from_day: int
    to_day: int
    resident_ppm: int
    current_year_ppm: int
    cross_year_ppm: int


@dataclass(frozen=True, slots=True)
class MinimumPeriod:
    """Smallest total collected on one of the days `[from_day, to_day)` [fen]."""

    from_day: int
    to_day: int
    minimum_fen: int


@dataclass(frozen=True, slots=True)
class LateFeeLaw:
    """What a rule needs of the law.

    Attributes:
        rates: Rates by accrual day, oldest first.
        minimums: Minimum by the day of collection, only where there is one.
        band_low_ppm: Lowest daily rate a contract may agree.
        band_high_ppm: Highest; what a contract agrees above it is void.
    """

    rates: tuple[RatePeriod, ...]
    minimums: tuple[MinimumPeriod, ...]
    band_low_ppm: int
    band_high_ppm: int


def late_fee_law(*, as_of: date, edition: str | None = None, jurisdiction: str = NATION) -> LateFeeLaw:
    """The late-fee law as a rule reads it.

    Args:
        as_of: Day whose band for contract rates applies.
        edition: Name of one edition to apply to every day; by date when not given.
        jurisdiction: The company's place. A place that has no late-fee versions of its own follows the nation.

    Raises:
        UnableToFindEditionError: The edition is unknown there.
        UnableToFindValueError: No band is in force.
    """
    here = _line(jurisdiction)
    if edition is not None:
        named = [version for version in here if version.edition == edition]
        if not named:
            raise UnableToFindEditionError(
                f"no edition {edition!r} of the late-fee rule",
                code="EDITION_UNKNOWN",
                fields={"edition": edition, "jurisdiction": jurisdiction},
                remedy="Name one of " + ", ".join(version.edition for version in here) + ".",
            )
        spans = [(named[0], 0, ALWAYS)]
    else:
        spans = _spans(here)
    band = in_law(LateFeeBand, as_of=as_of, jurisdiction=jurisdiction).value
    return LateFeeLaw(
        rates=_rates(spans),
        minimums=tuple(MinimumPeriod(a, b, v.value.minimum_fen) for v, a, b in spans if v.value.minimum_fen),
        band_low_ppm=band.low_ppm,
        band_high_ppm=band.high_ppm,
    )


def late_fee_rates(*, jurisdiction: str = NATION) -> tuple[RatePeriod, ...]:
    """The rates by accrual day, oldest first, as `late_fee_law` gives them.

    Args:
        jurisdiction: The company's place.
    """
    return _rates(_spans(_line(jurisdiction)))


def _line(jurisdiction: str) -> list[Version[LateFee]]:
    place = jurisdiction
    while place != NATION and not any(version.jurisdiction == place for version in versions(LateFee)):
        place = place.rpartition(".")[0] or NATION
    return sorted((v for v in versions(LateFee) if v.jurisdiction == place), key=lambda v: v.effective_from)


def _spans(line: Sequence[Version[LateFee]]) -> list[tuple[Version[LateFee], int, int]]:
    """Each version with the days `[from, to)` it is in force."""
    return [(v, day_number(v.effective_from), day_number(v.effective_to) if v.effective_to else ALWAYS) for v in line]


def _rates(spans: Sequence[tuple[Version[LateFee], int, int]]) -> tuple[RatePeriod, ...]:
    return _joined([_rate_period(version.value, start, end) for version, start, end in spans])


def _rate_period(value: LateFee, from_day: int, to_day: int) -> RatePeriod:
    return RatePeriod(from_day, to_day, value.resident_ppm, value.current_year_ppm, value.cross_year_ppm)


def _joined(periods: Sequence[RatePeriod]) -> tuple[RatePeriod, ...]:
    joined: list[RatePeriod] = []
    for period in periods:
        if joined and _continues(joined[-1], period):
            joined[-1] = replace(joined[-1], to_day=period.to_day)
        else:
            joined.append(period)
    return tuple(joined)


def _continues(before: RatePeriod, after: RatePeriod) -> bool:
    def rates(period: RatePeriod) -> tuple[Any, ...]:
        return period.resident_ppm, period.current_year_ppm, period.cross_year_ppm

    return before.to_day == after.from_day and rates(before) == rates(after)
