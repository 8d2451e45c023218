from collections.abc import Callable
from datetime import date, timedelta
from statistics import median

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.credit.use_collapse import (
    ALARMS,
    COLLAPSE_COLUMNS,
    COLLAPSE_NULLABLE,
    DAILY_USE_COLUMNS,
    STANDING,
    STANDING_COLUMNS,
    use_collapses,
    windows_of,
)
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number

START = day_number(date(2025, 6, 2))  # a Monday, and no quiet day in the 120 days after it
LEVEL = 100_00
NOTHING = pl.DataFrame(
    schema={name: pl.String if name == "collapse" else pl.Int64 for name in STANDING_COLUMNS},
)

Use = Callable[[int], int]


def series(*uses: Use, days: int = 110, start: int = START, source: str = "measured") -> pl.DataFrame:
    rows = [
        (account, start + step, use(step), source) for account, use in enumerate(uses, start=1) for step in range(days)
    ]
    kinds = {"account": pl.Int64, "day": pl.Int64, "centi_kwh": pl.Int64, "source": pl.String}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def falls(*, at: int = 60, to: int = LEVEL // 2, until: int = 999) -> Use:
    return lambda step: to if at <= step < until else LEVEL


def night(daily_use: pl.DataFrame, as_of_day: int, standing: pl.DataFrame = NOTHING) -> pl.DataFrame:
    use = checked(nw.from_native(daily_use.lazy()), DAILY_USE_COLUMNS, rule="use_collapses")
    before = checked(nw.from_native(standing.lazy()), STANDING_COLUMNS, rule="use_collapses")
    rows = use_collapses(use, before, as_of_day=as_of_day)
    checked(rows, COLLAPSE_COLUMNS, rule="use_collapses", nullable=COLLAPSE_NULLABLE)
    return rows.collect().to_native()


def nights(daily_use: pl.DataFrame, first: int, last: int) -> list[tuple[int, str, str, int]]:
    """Steps of a series to the changes they bring: step, state, collapse, days low."""
    standing, changes = NOTHING, []
    for step in range(first, last):
        frames = nw.from_native(daily_use.lazy()), nw.from_native(standing.lazy())
        rows = use_collapses(*frames, as_of_day=int(daily_use["day"].min()) + step).collect().to_native()
        changes += [
            (step, row["collapse_state"], row["collapse"], row["days_low"])
            for row in rows.iter_rows(named=True)
            if row["collapse_state"] != "open"
        ]
        standing = rows.filter(pl.col("collapse_state").is_in(STANDING)).select(STANDING_COLUMNS)
    return changes


def test_a_drop_by_half_is_told_after_seven_low_days_and_once():
    assert nights(series(falls()), 50, 100) == [(67, "opened", "drop", 7)]


def test_a_stop_is_told_as_a_stop():
    assert nights(series(falls(to=0)), 50, 80) == [(67, "opened", "stop", 7)]


def test_an_alarm_says_what_was_usual_and_what_is_seen():
    row = night(series(falls(to=0)), START + 70).row(0, named=True)
    assert row == {
        "account": 1,
        "collapse": "stop",
        "onset_day": START + 60,
        "alarm_day": START + 70,
        "usual_centi_kwh": LEVEL,
        "collapse_state": "opened",
        "observed_centi_kwh": 0,
        "days_low": 10,
    }


def test_a_drop_that_becomes_a_stop_is_told_again():
    use = series(lambda step: LEVEL if step < 60 else LEVEL // 2 if step < 75 else 0)
    assert nights(use, 50, 90) == [(67, "opened", "drop", 7), (80, "escalated", "stop", 20)]


def test_an_alarm_ends_when_use_is_back_and_a_second_fall_is_told_again():
    use = series(lambda step: LEVEL // 5 if 50 <= step < 65 or step >= 95 else LEVEL)
    assert [change[:2] for change in nights(use, 45, 105)] == [(57, "opened"), (73, "recovered"), (102, "opened")]


def test_a_new_level_is_the_usual_one_after_seventy_days():
    use = series(falls(at=40), days=125)
    assert [change[:2] for change in nights(use, 35, 122)] == [(47, "opened"), (118, "settled")]


def test_a_standstill_shorter_than_a_week_is_no_alarm():
    assert nights(series(falls(to=0, until=66)), 50, 90) == []


def test_a_fall_to_seventy_percent_is_none_and_one_just_below_is_one_once_ten_days_show_it():
    assert nights(series(falls(to=LEVEL * 70 // 100)), 50, 90) == []
    assert [change[0] for change in nights(series(falls(to=LEVEL * 70 // 100 - 1)), 50, 90)] == [70]


def test_days_off_every_week_are_usual():
    assert nights(series(lambda step: 0 if step % 7 >= 5 else LEVEL), 40, 100) == []


def test_one_huge_day_raises_no_alarm_and_delays_one_by_a_day():
    assert nights(series(lambda step: 50 * LEVEL if step == 70 else LEVEL), 50, 100) == []
    assert nights(series(lambda step: LEVEL if step < 60 else 3 * LEVEL if step == 63 else 0), 50, 80) == [
        (68, "opened", "drop", 7),
        (69, "escalated", "stop", 8),
    ]


def test_an_account_that_hardly_uses_anything_is_not_watched():
    assert nights(series(lambda step: 0 if step >= 60 else 499), 50, 90) == []
    assert [change[0] for change in nights(series(lambda step: 0 if step >= 60 else 500), 50, 90)] == [67]


def test_estimated_days_are_no_evidence():
    assert nights(series(falls(to=0), source="estimated"), 50, 90) == []


def test_eight_known_days_of_ten_are_enough_and_seven_are_not():
    use = series(falls(to=0))
    for missing, expected in ((2, ["opened"]), (3, [])):
        known = use.filter(~pl.col("day").is_between(START + 70 - missing, START + 69))
        assert night(known, START + 70)["collapse_state"].to_list() == expected


def test_an_open_alarm_without_recent_use_stays_open():
    standing = night(series(falls(to=0)), START + 70).select(STANDING_COLUMNS)
    row = night(series(falls(), days=0), START + 75, standing).row(0, named=True)
    assert (row["collapse_state"], row["observed_centi_kwh"], row["days_low"]) == ("open", None, 15)


def test_days_from_the_night_on_are_not_seen():
    use = series(falls(to=0))
    told = night(use, START + 68)
    assert told.equals(night(use.filter(pl.col("day") < START + 68), START + 68))


def test_around_the_spring_festival_low_use_is_shown_and_is_no_alarm():
    start = day_number(date(2024, 11, 4))
    festival = day_number(date(2025, 1, 29)) - start
    changes = nights(series(falls(at=festival - 12, to=0, until=festival + 15), start=start), 60, 110)
    assert {state for _, state, *_ in changes} == {"holiday"}


def test_who_does_not_come_back_after_the_spring_festival_is_told_then():
    start = day_number(date(2024, 11, 4))
    festival = day_number(date(2025, 1, 29)) - start
    use = series(falls(at=festival - 12, to=0), days=140, start=start)
    told = [change for change in nights(use, 60, 135) if change[1] in ALARMS]
    assert [(step - festival, state, collapse) for step, state, collapse, _ in told] == [(31, "opened", "stop")]


def test_a_week_of_holiday_is_skipped_and_not_waited_out():
    start = day_number(date(2024, 8, 5))
    october = day_number(date(2024, 10, 1)) - start
    assert nights(series(falls(at=october, to=0, until=october + 7), start=start), 50, 90) == []
    told = nights(series(falls(at=october - 4, to=0), start=start), 50, 90)
    assert [(step - october, state) for step, state, *_ in told] == [(10, "opened")]


def test_windows_lie_within_seventy_days_and_do_not_overlap():
    for step in range(0, 730, 3):
        as_of_day = day_number(date(2024, 1, 1) + timedelta(step))
        windows = windows_of(as_of_day)
        assert len(windows.recent) == 10
        assert list(windows.recent) == sorted(windows.recent, reverse=True)
        assert max(windows.recent) < as_of_day
        if windows.reference:
            assert 21 <= len(windows.reference) <= 35
            assert as_of_day - 70 <= min(windows.reference) <= max(windows.reference) < min(windows.recent)


@given(st.lists(st.integers(0, 3 * LEVEL), min_size=50, max_size=50))
def test_the_rule_says_what_its_definition_says(uses):
    as_of_day = START + 50
    told = night(series(uses.__getitem__, days=50), as_of_day)
    windows = windows_of(as_of_day)
    by_day = {START + step: use for step, use in enumerate(uses)}
    usual = {
        weekday: _half_up(median(by_day[day] for day in windows.reference if day % 7 == weekday))
        for weekday in range(7)
    }
    expected = sum(usual[day % 7] for day in windows.recent)
    low = sum(by_day[day] * 100 < usual[day % 7] * 70 for day in windows.recent)
    observed = sum(by_day[day] for day in windows.recent)
    collapsed = low >= 7 and observed * 100 < expected * 70 and expected // 10 >= 500
    assert told.height == int(collapsed)
    if collapsed:
        assert told["onset_day"].item() == windows.recent[low - 1]
        assert (told["usual_centi_kwh"].item(), told["observed_centi_kwh"].item()) == (expected // 10, observed // 10)


def _half_up(value: float) -> int:
    return int(value + 0.5)


@pytest.mark.spark
def test_both_engines_say_the_same(on_both):
    uses = [
        *(falls(at=at, to=to) for at, to in ((60, 0), (61, 5_100), (63, 3_333), (75, 0))),
        lambda step: (step * 7_919) % 20_011,
        lambda step: LEVEL if step < 60 else 0 if step % 3 else LEVEL,
        lambda step: -5 if step > 60 else LEVEL,
    ]
    use = series(*uses, days=75)
    standing = pl.DataFrame(
        [
            (1, "drop", START + 60, START + 66, LEVEL),
            (4, "stop", START + 20, START + 30, LEVEL),
            (99, "drop", START - 40, START - 30, LEVEL),
        ],
        schema=NOTHING.schema,
        orient="row",
    )
    rows = on_both(lambda daily, before: use_collapses(daily, before, as_of_day=START + 71), use, standing)
    assert [(row["account"], row["collapse_state"], row["collapse"]) for row in rows] == [
        (1, "escalated", "stop"),
        (2, "opened", "drop"),
        (3, "opened", "drop"),
        (4, "recovered", "stop"),
        (6, "opened", "drop"),
        (7, "opened", "stop"),
        (99, "settled", "drop"),
    ]
