"""The limitation clock: what starts it anew, when it ends, what it warns of."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.law.limitation import (
    CLOCK_COLUMNS,
    DEBT_COLUMNS,
    INTERRUPTION_COLUMNS,
    INTERRUPTIONS,
    LimitationLaw,
    limitation_clock,
    limitation_law,
    years_later,
)
from zaikong.engine.dictionary import checked
from zaikong.kernel.dated import UnableToFindValueError
from zaikong.kernel.period import date_of_day, day_number

TODAY = date(2026, 1, 15)
LAW = limitation_law(as_of=TODAY)


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


def debts(rows: Iterable[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict.fromkeys(DEBT_COLUMNS, pl.Int64), orient="row")


def events(rows: Iterable[tuple[int, str, int]]) -> pl.DataFrame:
    schema = {"debt": pl.Int64, "interruption": pl.String, "day": pl.Int64}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def clock(due: str, *happened: tuple[str, str], as_of: str = "2026-01-15", law: LimitationLaw = LAW) -> dict[str, Any]:
    owed = checked(nw.from_native(debts([(1, day(due))]).lazy()), DEBT_COLUMNS, rule="limitation_clock")
    known = events((1, kind, day(when)) for when, kind in happened)
    rows = checked(nw.from_native(known.lazy()), INTERRUPTION_COLUMNS, rule="limitation_clock")
    (row,) = limitation_clock(owed, rows, as_of_day=day(as_of), law=law).collect().rows(named=True)
    return row


def expires(due: str, *happened: tuple[str, str], **asked: Any) -> str:
    return date_of_day(clock(due, *happened, **asked)["expires_day"]).isoformat()


@pytest.mark.parametrize("kind", INTERRUPTIONS)
def test_each_kind_of_event_starts_the_period_anew(kind):
    assert expires("2023-03-15", ("2024-05-20", kind)) == "2027-05-20"


def test_a_word_that_is_no_interruption_changes_nothing():
    assert expires("2023-03-15", ("2024-05-20", "called")) == "2026-03-15"


def test_an_event_not_yet_known_changes_nothing():
    assert expires("2023-03-15", ("2024-05-20", "suit"), as_of="2024-05-19") == "2026-03-15"
    assert expires("2023-03-15", ("2024-05-20", "suit"), as_of="2024-05-20") == "2027-05-20"


@pytest.mark.parametrize(
    ("as_of", "left", "alert"),
    [
        ("2025-09-15", 181, 0),
        ("2025-09-16", 180, 1),
        ("2025-12-14", 91, 1),
        ("2025-12-15", 90, 2),
        ("2026-02-12", 31, 2),
        ("2026-02-13", 30, 3),
        ("2026-03-15", 0, 3),
        ("2026-03-16", -1, 4),
    ],
)
def test_alerts_stand_from_their_day(as_of, left, alert):
    row = clock("2023-03-15", as_of=as_of)
    assert (row["days_left"], row["alert"]) == (left, alert)


def test_the_day_the_running_period_starts_from_is_said():
    assert clock("2023-03-15")["from_event_day"] == day("2023-03-15")
    assert clock("2023-03-15", ("2024-05-20", "suit"))["from_event_day"] == day("2024-05-20")
    assert clock("2019-03-15", ("2024-05-20", "suit"))["from_event_day"] == day("2019-03-15")


@pytest.mark.parametrize(
    ("due", "last"),
    [
        ("2015-09-29", "2017-09-29"),
        ("2015-09-30", "2017-09-30"),
        ("2015-10-01", "2018-10-01"),
        ("2016-06-01", "2019-06-01"),
    ],
)
def test_a_period_that_still_ran_in_october_2017_has_three_years(due, last):
    assert expires(due) == last


def test_an_old_period_ended_before_an_event_stays_ended():
    assert expires("2015-05-01", ("2017-06-01", "suit")) == "2017-05-01"
    assert expires("2015-05-01", ("2017-05-01", "suit")) == "2020-05-01"


def test_a_law_of_one_period_has_it_for_every_debt():
    assert expires("2015-05-01", law=limitation_law(as_of=TODAY, years=3)) == "2018-05-01"


def test_no_law_before_the_first():
    with pytest.raises(UnableToFindValueError):
        limitation_law(as_of=date(1986, 12, 31))


def by_hand(due: date, happened: list[date]) -> date:
    def later(start: date, years: int) -> date:
        try:
            return start.replace(year=start.year + years)
        except ValueError:
            return date(start.year + years, 2, 28)

    last = later(due, 3)
    for when in sorted(happened):
        if due < when <= last:
            last = later(when, 3)
    return min(last, later(due, 20))


DATES = st.dates(date(2018, 1, 1), date(2026, 12, 31))


@given(st.lists(st.tuples(DATES, st.lists(DATES, max_size=6)), min_size=1, max_size=20))
def test_the_clock_agrees_with_counting_by_hand(histories):
    owed = debts((n, day_number(due)) for n, (due, _) in enumerate(histories))
    rows = events((n, "suit", day_number(when)) for n, (_, all_days) in enumerate(histories) for when in all_days)
    got = limitation_clock(
        nw.from_native(owed.lazy()), nw.from_native(rows.lazy()), as_of_day=day("2027-01-01"), law=LAW
    )
    found = {row["debt"]: date_of_day(row["expires_day"]) for row in got.collect().rows(named=True)}
    assert found == {n: by_hand(due, all_days) for n, (due, all_days) in enumerate(histories)}


@pytest.mark.parametrize("years", [1, 2, 3, 20])
def test_the_same_date_years_on_for_every_day_of_eighty_years(years):
    days = list(range(day("1970-01-01"), day("2050-01-01")))
    frame = nw.from_native(pl.DataFrame({"day": days}).lazy())
    got = frame.select(later=years_later(nw.col("day"), years)).collect()["later"].to_list()

    def by_calendar(number: int) -> int:
        start = date_of_day(number)
        if (start.month, start.day) == (2, 29):
            return day_number(date(start.year + years, 3, 1)) - 1
        return day_number(start.replace(year=start.year + years))

    assert got == [by_calendar(number) for number in days]


@pytest.mark.spark
def test_spark_gives_the_same_clock(on_both):
    start = date(2014, 1, 1)
    owed = [(n, day_number(start + timedelta(days=61 * n))) for n in range(1, 60)]
    rows = [(n, INTERRUPTIONS[n % 6], due + 97 * n * step % 2500) for n, due in owed for step in range(1, 1 + n % 5)]
    got = on_both(partial(limitation_clock, as_of_day=day("2026-01-15"), law=LAW), debts(owed), events(rows))
    assert len(got) == len(owed)
    assert tuple(got[0]) == CLOCK_COLUMNS
    assert {row["alert"] for row in got} >= {0, 4}
