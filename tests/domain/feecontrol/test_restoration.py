"""When supply must be given back."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from zaikong.domain.feecontrol.restoration import CAUSES, RESTORE_COLUMNS, must_restore, restoration_law
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import HOUR, moment_number

CUT = moment_number(datetime(2024, 7, 1, 10, 0))
NOW = CUT + 48 * HOUR
DAY_LAW = restoration_law(as_of=date(2024, 7, 1)).value


def cuts(rows: list[dict[str, Any]]) -> pl.DataFrame:
    sound = dict.fromkeys(RESTORE_COLUMNS, 0) | {"cut_done_at": CUT}
    return pl.DataFrame(
        [{**sound, "account": place, **row} for place, row in enumerate(rows, start=1)],
        schema=dict.fromkeys(RESTORE_COLUMNS, pl.Int64),
    )


def answer(*, now: int = NOW, **causes: int | None) -> tuple[Any, ...]:
    frame = checked(nw.from_native(cuts([causes]).lazy()), RESTORE_COLUMNS, rule="must_restore", nullable=CAUSES)
    return must_restore(frame, as_of_at=now, law=DAY_LAW).collect().rows()[0][1:]


NOTHING = (False, "", 0, 0, False)


def test_nothing_has_happened():
    assert answer() == NOTHING
    assert answer(**dict.fromkeys(CAUSES)) == NOTHING


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_alone_gives_supply_back_within_its_hours(cause):
    at = CUT + 30 * HOUR
    assert answer(**{cause: at}) == (True, cause.removesuffix("_at"), at, at + 24 * HOUR, False)


def test_the_first_cause_decides_and_the_rest_change_nothing():
    first, later = CUT + HOUR, CUT + 2 * HOUR
    assert answer(paid_at=later, security_at=first, instalment_at=None) == (
        True,
        "security",
        first,
        first + 24 * HOUR,
        True,
    )


def test_of_two_at_once_the_graver_is_named():
    assert answer(paid_at=CUT + HOUR, wrong_cut_at=CUT + HOUR)[1] == "wrong_cut"


def test_a_cause_before_the_cut_runs_from_the_cut():
    assert answer(paid_at=CUT - HOUR) == (True, "paid", CUT, CUT + 24 * HOUR, True)


def test_a_cause_not_yet_known_is_none():
    assert answer(paid_at=NOW + 1) == NOTHING
    assert answer(paid_at=NOW)[0] is True


def test_supply_that_is_not_cut_is_not_given_back():
    assert answer(cut_done_at=0, paid_at=CUT) == NOTHING


def test_late_is_after_the_last_moment():
    by = CUT + 24 * HOUR
    assert answer(paid_at=CUT, now=by)[4] is False
    assert answer(paid_at=CUT, now=by + 1)[4] is True


@pytest.mark.parametrize(
    ("day", "place", "hours"),
    [
        ("2024-05-31", "cn", 72),
        ("2024-06-01", "cn", 24),
        ("2012-12-31", "cn.henan", 72),
        ("2013-01-01", "cn.henan", 24),
        ("2020-01-01", "cn.henan.county", 24),
    ],
)
def test_the_hours_are_those_of_the_day_and_place(day, place, hours):
    assert restoration_law(as_of=date.fromisoformat(day), jurisdiction=place).value.hours == hours


@pytest.mark.spark
def test_spark_gives_the_same_answer(on_both):
    rows: list[dict[str, Any]] = [
        {name: (None, 0, CUT + step * HOUR)[(step + place) % 3] for place, name in enumerate(CAUSES)}
        for step in range(30)
    ]
    rows += [{"cut_done_at": 0, "paid_at": CUT}, {}]
    got = on_both(partial(must_restore, as_of_at=NOW, law=DAY_LAW), cuts(rows))
    assert {row["must_restore"] for row in got} == {True, False}


def test_a_day_is_a_day():
    assert timedelta(microseconds=24 * HOUR) == timedelta(days=1)
