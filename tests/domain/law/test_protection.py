"""Protections that stand, and moments that are quiet."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.law.parameters import Protection, QuietWindows, in_law
from zaikong.domain.law.protection import (
    MOMENT_COLUMNS,
    PROTECTION_COLUMNS,
    QUIET_DAY_COLUMNS,
    DeclaredDays,
    is_extreme,
    protected_accounts,
    quiet_days,
    quiet_moments,
)
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import date_of_day, day_number, moment_number

AT = datetime(2024, 4, 10, 10, 0)
REASONS = in_law(Protection, as_of=AT.date()).value
WINDOWS = in_law(QuietWindows, as_of=AT.date()).value


def moments(*rows: tuple[datetime | None, bool | None]) -> pl.DataFrame:
    schema = {"account": pl.Int64, "cut_at": pl.Int64, "resident": pl.Boolean}
    written = [(n, moment_number(at) if at else None, resident) for n, (at, resident) in enumerate(rows, start=1)]
    return pl.DataFrame(written, schema=schema, orient="row")


def protections(*rows: tuple[int, str, datetime, datetime | None]) -> pl.DataFrame:
    schema = dict(zip(PROTECTION_COLUMNS, (pl.Int64, pl.String, pl.Int64, pl.Int64), strict=True))
    written = [(n, reason, moment_number(start), moment_number(end) if end else 0) for n, reason, start, end in rows]
    return pl.DataFrame(written, schema=schema, orient="row")


def protected(*rows: tuple[str, datetime, datetime | None]) -> bool:
    known = checked(nw.from_native(moments((AT, True)).lazy()), MOMENT_COLUMNS, rule="protected_accounts")
    entries = checked(
        nw.from_native(protections(*((1, *row) for row in rows)).lazy()), PROTECTION_COLUMNS, rule="protected_accounts"
    )
    (row,) = protected_accounts(entries, known, law=REASONS).collect().rows(named=True)
    found: bool = row["protected"]
    return found


def test_a_protection_stands_from_its_first_moment_until_its_end():
    second = timedelta(seconds=1)
    assert protected() is False
    assert protected(("safety", AT, None)) is True
    assert protected(("safety", AT + second, None)) is False
    assert protected(("safety", AT - timedelta(days=1), AT + second)) is True
    assert protected(("safety", AT - timedelta(days=1), AT)) is False


def test_it_ends_by_itself_after_its_longest_term():
    assert protected(("safety", AT - timedelta(days=30) + timedelta(seconds=1), None)) is True
    assert protected(("safety", AT - timedelta(days=30), None)) is False
    assert protected(("safety", AT - timedelta(days=30), AT + timedelta(days=9))) is False


def test_a_word_the_law_does_not_know_stands_until_it_is_ended():
    assert protected(("heart pump", AT - timedelta(days=3000), None)) is True
    assert protected(("heart pump", AT - timedelta(days=3000), AT)) is False


def test_one_of_several_is_enough_and_only_for_its_account():
    entries = protections((1, "safety", AT, AT), (1, "medical_device", AT, None), (7, "safety", AT, None))
    known = moments((AT, True), (AT, True))
    got = protected_accounts(nw.from_native(entries.lazy()), nw.from_native(known.lazy()), law=REASONS).collect()
    assert sorted(got.rows()) == [(1, True), (2, False)]


def quiet(at: datetime, *, resident: bool | None = True, declared: tuple[DeclaredDays, ...] = ()) -> tuple[Any, ...]:
    number = day_number(at.date())
    days = pl.DataFrame(
        list(quiet_days(number, number + 1, law=WINDOWS, declared=declared)),
        schema={"day": pl.Int64, "quiet_reason": pl.String},
        orient="row",
    )
    calendar = checked(nw.from_native(days.lazy()), QUIET_DAY_COLUMNS, rule="quiet_moments")
    known = checked(
        nw.from_native(moments((at, resident)).lazy()), MOMENT_COLUMNS, rule="quiet_moments", nullable=MOMENT_COLUMNS
    )
    return quiet_moments(known, calendar, law=WINDOWS).collect().rows()[0][1:]


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("2024-04-10T07:59:59", "hours"),
        ("2024-04-10T08:00:00", ""),
        ("2024-04-10T16:59:59", ""),
        ("2024-04-10T17:00:00", "hours"),
        ("2024-04-13T10:00:00", "rest_day"),
        ("2024-04-12T10:00:00", "eve"),
        ("2024-04-28T10:00:00", ""),  # a Sunday worked in exchange for the days of May
        ("2024-04-30T10:00:00", "eve"),
        ("2024-05-01T10:00:00", "rest_day"),
        ("2024-06-05T10:00:00", ""),
        ("2024-06-06T10:00:00", "yearly"),
        ("2024-12-31T10:00:00", "eve"),
        ("2025-01-02T10:00:00", ""),
    ],
)
def test_hours_days_of_rest_eves_and_examinations(at, reason):
    assert quiet(datetime.fromisoformat(at)) == (reason != "", reason)


def test_a_declared_day_is_quiet_from_its_first_to_its_last():
    first = day_number(AT.date())
    assert quiet(AT, declared=(DeclaredDays(first, first + 1, "heat"),)) == (True, "heat")
    assert quiet(AT, declared=(DeclaredDays(first - 1, first, "heat"),)) == (False, "")


def test_others_have_no_windows_and_an_unknown_class_may_have():
    night = AT.replace(hour=23)
    assert quiet(night, resident=False) == (False, "")
    assert quiet(night, resident=None) == (True, "hours")


def test_a_day_the_calendar_does_not_cover_is_unknown():
    calendar = pl.DataFrame([], schema={"day": pl.Int64, "quiet_reason": pl.String})
    known = moments((AT, True), (AT.replace(hour=3), True), (AT, False))
    got = quiet_moments(nw.from_native(known.lazy()), nw.from_native(calendar.lazy()), law=WINDOWS).collect().rows()
    assert sorted(got) == [(1, None, None), (2, True, "hours"), (3, False, "")]


def test_a_forecast_is_extreme_at_its_limits():
    assert is_extreme(WINDOWS, highest_celsius=35, lowest_celsius=20) is True
    assert is_extreme(WINDOWS, highest_celsius=34, lowest_celsius=-9) is False
    assert is_extreme(WINDOWS, highest_celsius=0, lowest_celsius=-10) is True


def test_a_cut_of_residents_finds_a_quiet_free_hour_on_most_working_days():
    days = dict(quiet_days(day_number(date(2024, 1, 1)), day_number(date(2025, 1, 1)), law=WINDOWS))
    free = [date_of_day(day) for day, reason in days.items() if reason == ""]
    assert len(free) > 180
    assert {day.isoweekday() for day in free} <= {1, 2, 3, 4, 5, 6, 7}


@pytest.mark.spark
def test_spark_gives_the_same(on_both):
    asked = [(AT + timedelta(hours=7 * n), n % 3 != 0) for n in range(60)]
    start = day_number(AT.date())
    calendar = pl.DataFrame(
        list(quiet_days(start, start + 15, law=WINDOWS)),
        schema={"day": pl.Int64, "quiet_reason": pl.String},
        orient="row",
    )
    on_both(partial(quiet_moments, law=WINDOWS), moments(*asked), calendar)
    entries = protections(
        *((n, ("safety", "vulnerable_home", "?")[n % 3], AT - timedelta(days=n * 5), None) for n in range(1, 60)),
        *((n, "important_event", AT, AT + timedelta(days=n)) for n in range(1, 60, 4)),
    )
    got = on_both(partial(protected_accounts, law=REASONS), entries, moments(*asked))
    assert {row["protected"] for row in got} == {True, False}
