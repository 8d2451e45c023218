"""Each threshold is passed once a fall of the balance, whatever the balance does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fall_desk import FALL, LIMIT, PASSED, STATE, TOLD, Account, frame
from zaikong.domain.feecontrol.crossing import crossings, falls, warnings_due


def test_exactly_at_a_threshold_nothing_is_passed():
    account = Account([3_000, 500])
    assert account.night(3_000) == []
    assert account.fallen_at == 0
    assert account.night(2_999) == [("warn", 3_000)]
    assert account.night(500) == []
    assert account.night(499) == [("warn", 500)]
    assert account.night(0) == []
    assert account.night(-1) == [("limit", 0)]


def test_up_and_down_below_the_first_threshold_passes_nothing_twice():
    account = Account([3_000, 500])
    assert account.night(400) == [("warn", 500), ("warn", 3_000)]
    assert [account.night(fen) for fen in (2_999, 100, 2_000, 499)] == [[], [], [], []]


def test_at_the_first_threshold_the_fall_is_over():
    account = Account([3_000])
    account.night(2_999)
    began = account.fallen_at
    assert account.night(3_000) == [("recovered", 0)]
    assert (account.fallen_at, account.record[-1][3]) == (0, began)
    assert account.night(2_999) == [("warn", 3_000)]
    assert account.fallen_at == 3


def test_without_a_warning_the_limit_alone_makes_a_fall():
    account = Account([], overdraft=2_000)
    assert account.night(-2_000) == []
    assert account.night(-2_001) == [("limit", -2_000)]
    assert account.night(-2_000) == [("recovered", 0)]


def test_money_taken_back_passes_everything_anew():
    account = Account([3_000, 500])
    account.night(400)
    assert account.night(450, taken_back=True) == [("recovered", 0), ("warn", 500), ("warn", 3_000)]
    assert account.fallen_at == 2
    assert account.night(450) == []


def test_money_taken_back_from_who_has_enough_passes_nothing():
    account = Account([3_000])
    assert account.night(9_000, taken_back=True) == []


def test_a_warning_is_due_until_a_message_stands():
    account = Account([3_000, 500])
    account.night(2_000, delivers=False)
    assert account.due == [(1, 1, 1, False)]
    account.night(2_000)
    assert account.due == [(1, 1, 1, False)]
    account.night(2_000)
    assert account.due == []
    account.night(-1)
    assert account.due == [(1, 1, 3, True)]


def test_who_has_recovered_is_told_nothing_of_a_fall_that_is_over():
    account = Account([3_000])
    account.night(2_000, delivers=False)
    account.night(3_500)
    assert account.due == []


histories = st.lists(st.tuples(st.integers(-3_000, 6_000), st.booleans(), st.integers(0, 9)), min_size=1, max_size=25)
levels = st.lists(st.integers(1, 5_000), unique=True, max_size=4).map(lambda own: sorted(own, reverse=True))


@given(levels, st.integers(0, 2_000), histories)
def test_over_any_history_each_threshold_is_passed_once_a_fall_and_told_once(thresholds, overdraft, nights):
    """Held against a plain loop over the nights that remembers what it has seen."""
    account = Account(thresholds, overdraft)
    fall: set[tuple[str, int]] = set()
    in_fall = False
    messages = 0
    for available, again, luck in nights:
        taken_back = luck == 0
        below = {("warn", fen) for fen in thresholds if available < fen}
        below |= {("limit", -overdraft)} if available < -overdraft else set()
        expected: set[tuple[str, int]] = set()
        if in_fall and (not below or taken_back):
            expected.add(("recovered", 0))
            in_fall, fall = False, set()
        if below:
            expected |= below - fall
            fall |= below
            in_fall = True
        found = account.night(available, taken_back=taken_back)
        assert (set(found), len(found)) == (expected, len(expected))
        assert (account.fallen_at > 0) == in_fall
        messages += bool(account.due)
        assert bool(account.due) == bool(expected - {("recovered", 0)})
        if again:
            assert account.night(available, taken_back=taken_back, again=True) == []
            assert account.due == []
    assert len(account.record) == len(set(account.record))
    assert len(account.told) == messages


@pytest.mark.spark
def test_spark_gives_the_same_crossings(on_both):
    numbers = range(1, 60)
    balances = frame(
        FALL,
        [
            (n, n * 431 % 5_000 - 900, n % 3 * 100, n * 431 % 5_000 - 900 < -(n % 3 * 100), n % 4, n % 5 == 0)
            for n in numbers
        ],
    )
    limits = frame(LIMIT, [(n, "warn", fen, fen) for n in numbers for fen in (3_000, 500)])
    passed = frame(PASSED, [(n, "warn", 3_000, n % 4) for n in numbers if n % 4])
    found = on_both(lambda *tables: crossings(*tables, at=9), balances, limits, passed)
    assert {row["crossing"] for row in found} == {"warn", "limit", "recovered"}
    on_both(lambda *tables: falls(*tables, at=9), balances, limits)
    states = frame(STATE, [(n, n % 4) for n in numbers])
    told = frame(TOLD, [(n, n % 4, n % 2) for n in numbers])
    assert on_both(warnings_due, states, passed, told) != []
