"""The late-fee law as rules read it."""

from datetime import date

import pytest

from zaikong.domain.law import late_fee
from zaikong.domain.law.late_fee import (
    ALWAYS,
    LateFeeLaw,
    MinimumPeriod,
    RatePeriod,
    UnableToFindEditionError,
    late_fee_law,
)
from zaikong.domain.law.parameters import LateFee, Version, versions
from zaikong.kernel.period import day_number

FIRST = day_number(date(1996, 10, 8))
NEW = day_number(date(2024, 6, 1))


def version(
    jurisdiction: str, edition: str, start: date, end: date | None, *, ppm: int, minimum: int
) -> Version[LateFee]:
    basis = versions(LateFee)[0].basis
    return Version[LateFee](
        jurisdiction=jurisdiction,
        edition=edition,
        published=start,
        effective_from=start,
        effective_to=end,
        basis=basis,
        value=LateFee(resident_ppm=1000, current_year_ppm=ppm, cross_year_ppm=3000, minimum_fen=minimum),
    )


def test_two_editions_with_the_same_rates_are_one_rate_period():
    assert late_fee_law(as_of=date(2025, 1, 1)) == LateFeeLaw(
        rates=(RatePeriod(FIRST, ALWAYS, 1000, 2000, 3000),),
        minimums=(MinimumPeriod(FIRST, NEW, 100),),
        band_low_ppm=1000,
        band_high_ppm=3000,
    )


def test_a_named_edition_applies_to_every_day():
    old = late_fee_law(as_of=date(2025, 1, 1), edition="1996")
    assert (old.rates, old.minimums) == ((RatePeriod(0, ALWAYS, 1000, 2000, 3000),), (MinimumPeriod(0, ALWAYS, 100),))
    assert late_fee_law(as_of=date(2025, 1, 1), edition="2024").minimums == ()


def test_an_unknown_edition_is_refused():
    with pytest.raises(UnableToFindEditionError) as refusal:
        late_fee_law(as_of=date(2025, 1, 1), edition="2010")
    assert refusal.value.remedy == "Name one of 1996, 2024."


def test_a_change_of_rates_makes_a_new_period(monkeypatch):
    change = date(2030, 1, 1)
    known = (
        version("cn", "a", date(2024, 6, 1), change, ppm=2000, minimum=0),
        version("cn", "b", change, None, ppm=1500, minimum=0),
    )
    monkeypatch.setattr(late_fee, "versions", lambda kind: known)
    assert late_fee_law(as_of=date(2025, 1, 1)).rates == (
        RatePeriod(NEW, day_number(change), 1000, 2000, 3000),
        RatePeriod(day_number(change), ALWAYS, 1000, 1500, 3000),
    )


def test_a_province_with_its_own_versions_uses_them(monkeypatch):
    start = date(2024, 6, 1)
    known = (
        version("cn", "n", start, None, ppm=2000, minimum=0),
        version("cn.henan", "p", start, None, ppm=1800, minimum=50),
    )
    monkeypatch.setattr(late_fee, "versions", lambda kind: known)
    ours = late_fee_law(as_of=date(2025, 1, 1), jurisdiction="cn.henan.anyang")
    theirs = late_fee_law(as_of=date(2025, 1, 1), jurisdiction="cn.hebei")
    assert ours.rates == (RatePeriod(NEW, ALWAYS, 1000, 1800, 3000),)
    assert ours.minimums == (MinimumPeriod(NEW, ALWAYS, 50),)
    assert theirs.rates == (RatePeriod(NEW, ALWAYS, 1000, 2000, 3000),)
