"""Which settlements end on a day, and when their bills fall due."""

from datetime import date

import pytest

from zaikong.domain.billing.schedule import Settlement, due_date, settlements_ending
from zaikong.kernel.dated import UnableToFindValueError
from zaikong.kernel.period import Month


def test_on_the_last_day_of_a_month_every_account_settles_and_large_ones_close():
    assert [(s.settlements_a_month, s.sequence, s.kind) for s in settlements_ending(date(2025, 2, 28))] == [
        (1, 1, "periodic"),
        (2, 2, "closing"),
        (3, 3, "closing"),
        (4, 4, "closing"),
    ]


def test_a_closing_settlement_covers_the_whole_month():
    closing = settlements_ending(date(2025, 7, 31))[2]

    assert (closing.from_date, closing.to_date) == (date(2025, 7, 1), date(2025, 8, 1))


def test_on_the_tenth_those_of_three_settlements_have_their_first():
    assert settlements_ending(date(2025, 7, 10)) == [Settlement(3, 1, "interim", date(2025, 7, 1), date(2025, 7, 11))]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_interim_settlements_cover_the_month_without_gap_but_its_last_part(count):
    parts = [s for day in Month(2025, 7).days() for s in settlements_ending(day) if s.settlements_a_month == count]
    interim = [part for part in parts if part.kind == "interim"]

    assert interim[0].from_date == date(2025, 7, 1)
    assert [part.from_date for part in interim[1:]] == [part.to_date for part in interim[:-1]]
    assert [part.sequence for part in parts] == list(range(1, count + 1))


def test_on_other_days_nothing_settles():
    assert settlements_ending(date(2025, 7, 9)) == []


@pytest.mark.parametrize(
    ("issued", "kind", "due"),
    [
        (date(2025, 6, 30), "periodic", date(2025, 7, 21)),  # 20 July is a Sunday
        (date(2025, 7, 31), "periodic", date(2025, 8, 20)),
        (date(2025, 9, 26), "interim", date(2025, 10, 9)),  # National Day and Mid-Autumn: 1 to 8 October
    ],
)
def test_a_due_date_moves_off_days_of_rest(issued, kind, due):
    assert due_date(issued, kind=kind) == due


def test_a_day_before_the_first_schedule_is_refused():
    with pytest.raises(UnableToFindValueError):
        settlements_ending(date(2019, 12, 31))
