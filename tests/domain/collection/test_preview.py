"""What lies ahead is what the nights would do, one after another."""

from datetime import date, timedelta

import pytest

from zaikong.domain.collection.ladder import (
    DEBT_COLUMNS,
    DONE_COLUMNS,
    HOLD_COLUMNS,
    TRANSIT_COLUMNS,
    positions,
)
from zaikong.domain.collection.ladder_table import ladders_on
from zaikong.domain.collection.preview import preview
from zaikong.domain.collection.trial import UnableToTryStrategyError, tried
from zaikong.domain.law.calendar import is_working_day
from zaikong.kernel.period import day_number

from .made import entry

DUE = date(2025, 9, 22)
LADDERS = ladders_on(as_of=DUE)


def debt(**facts):
    base = {
        "bill": 1,
        "account": 1,
        "ladder": "standard",
        "due_day": day_number(DUE),
        "open_fen": 20_000,
        "disputed": False,
        "resumed_day": 0,
    }
    return base | facts


def frames(debts, done=(), holds=(), transit=()):
    return (
        entry(DEBT_COLUMNS, debts),
        entry(DONE_COLUMNS, list(done)),
        entry(HOLD_COLUMNS, list(holds)),
        entry(TRANSIT_COLUMNS, list(transit)),
    )


def ahead(debts, done=(), holds=(), transit=(), *, as_of=date(2025, 9, 15), resident=True, days=60):
    return preview(*frames(debts, done, holds, transit), as_of=as_of, resident=resident, days=days)


def told(found):
    return [(step.bill, step.step.step, str(step.day)) for step in found.steps]


def test_an_ordinary_resident():
    found = ahead([debt()])
    assert [(one, day) for _, one, day in told(found)] == [
        ("BILL_NOTICE", "2025-09-17"),
        ("DUE_REMINDER", "2025-09-21"),
        ("FIRST_DEMAND", "2025-09-23"),
        ("VOICE_CALL", "2025-09-27"),
        ("DEMAND_NOTICE", "2025-10-09"),
        ("FIELD_ORDER", "2025-10-13"),
        ("STOP_NOTICE", "2025-10-23"),
    ]
    # a Saturday: the voice call waits for the Sunday worked in exchange; the day of the letter lies in the holidays
    assert {step.step.step: (f"{step.at:%m-%d %H:%M}", step.why) for step in found.steps if step.why} == {
        "VOICE_CALL": ("09-28 09:00", "hours"),
        "DEMAND_NOTICE": ("10-09 09:00", "rest_day"),
        "FIELD_ORDER": ("10-13 09:00", "rest_day"),
    }
    assert (found.cut.notice_day, found.cut.cut_day) == (date(2025, 10, 23), date(2025, 10, 30))
    assert found.held == {}


def test_another_customer_may_be_cut_after_three_days():
    assert ahead([debt()], resident=False).cut.cut_day == date(2025, 10, 26)


@pytest.mark.parametrize(
    ("due", "notice", "cut", "because"),
    [
        (date(2025, 10, 20), date(2025, 11, 20), date(2025, 11, 27), ""),
        # served on a Friday the seventh day is the eve of a rest day: the notice goes on Monday
        (date(2025, 10, 21), date(2025, 11, 24), date(2025, 12, 1), "QUIET_WINDOW"),
    ],
)
def test_a_notice_that_leaves_no_day_to_cut_is_served_later(due, notice, cut, because):
    got = ahead([debt(due_day=day_number(due))], as_of=due, days=90).cut
    assert (got.notice_day, got.cut_day, got.later_because) == (notice, cut, because)


@pytest.mark.parametrize("ladder", ["public", "careful"])
def test_a_ladder_without_a_stop_notice_ends_without_a_cut(ladder):
    assert ahead([debt(ladder=ladder)], days=120).cut is None


def test_a_cut_beyond_the_days_asked_for_is_not_foretold():
    assert ahead([debt()], days=40).cut is None


def test_what_is_held_today_is_named_and_goes_on_when_the_hold_ends():
    pause = {"bill": 1, "hold": "pause", "until_day": day_number(date(2025, 10, 9))}
    found = ahead([debt()], holds=[pause])
    assert found.held == {1: "pause"}
    assert told(found)[0] == (1, "DEMAND_NOTICE", "2025-10-09")


def test_disputed_debts_have_nothing_ahead_and_debts_without_a_ladder_neither():
    assert told(ahead([debt(disputed=True)])) == told(ahead([debt(ladder="")])) == []


def nights(debts, done, holds, transit, *, as_of, days):
    """The rule, night by night, every step taken and proven the day it falls due."""
    done, steps = list(done), []
    for offset in range(days):
        today = as_of + timedelta(days=offset)
        answer = positions(*frames(debts, done, holds, transit), as_of_day=day_number(today), ladders=LADDERS)
        for row in sorted(answer.collect().rows(named=True), key=lambda row: row["bill"]):
            if not row["step"]:
                continue
            step = LADDERS[row["ladder"]].step_named(row["step"])
            if step.is_message or is_working_day(today):
                steps.append((row["bill"], row["step"], str(today)))
                done.append({"bill": row["bill"], "step": row["step"], "day": day_number(today), "proven": True})
    return steps


def test_it_is_what_the_nights_would_do():
    start = date(2025, 9, 25)
    first = day_number(start)
    debts = [
        debt(bill=1, due_day=first - 12, ladder="firm"),
        debt(bill=2, due_day=first + 9, ladder="gentle", open_fen=9_000),
        debt(bill=3, due_day=first - 50, ladder="large", resumed_day=first - 5),
        debt(bill=4, due_day=first - 3, disputed=True),
    ]
    done = [
        {"bill": 1, "step": "DEMAND_NOTICE", "day": first - 1, "proven": True},
        {"bill": 3, "step": "STOP_NOTICE", "day": first - 9, "proven": True},
        {"bill": 2, "step": "BILL_NOTICE", "day": first - 1, "proven": False},
    ]
    holds = [
        {"bill": 1, "hold": "promise", "until_day": first + 6},
        {"bill": 3, "hold": "protection", "until_day": first + 21},
    ]
    transit = [{"account": 1, "in_transit_fen": 15_000}]
    found = ahead(debts, done, holds, transit, as_of=start, days=45)
    assert told(found) == nights(debts, done, holds, transit, as_of=start, days=45)
    assert len(found.steps) == 9


def test_the_strategy_is_tried_on_a_debt_that_does_not_exist():
    trial = tried(
        grade="D", category="business", owed_fen=6_000_000, due_date=DUE, vulnerable=False, as_of=DUE, days=10
    )
    assert (trial.ladder, trial.row, trial.code) == ("large", "large_weak", "MATCHED")
    assert [step.step.step for step in trial.preview.steps] == [
        "DUE_REMINDER",
        "FIRST_DEMAND",
        "PHONE_CALL",
        "VISIT",
        "DEMAND_NOTICE",
    ]


@pytest.mark.parametrize("change", [{"grade": "E"}, {"category": "street"}, {"owed_fen": 0}])
def test_what_is_no_debt_is_not_tried(change):
    facts = {"grade": "D", "category": "public", "owed_fen": 1} | change
    with pytest.raises(UnableToTryStrategyError) as refused:
        tried(**facts, due_date=DUE, vulnerable=False, as_of=DUE, days=10)
    assert refused.value.code == "TRIAL_WRONG"
