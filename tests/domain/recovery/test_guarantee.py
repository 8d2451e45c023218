"""What guarantees secure, and when they lapse."""

from datetime import date, timedelta

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.recovery.guarantee import (
    DEBT_COLUMNS,
    GUARANTEE_COLUMNS,
    coverage,
    earliest_due,
    lapsing,
    months_later,
    period_days,
)
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number

TODAY = date(2025, 7, 31)
TODAY_DAY = day_number(TODAY)
IN_JUNE = day_number(date(2025, 6, 30))
DUE = day_number(date(2025, 7, 15))
START, END = day_number(date(2025, 1, 1)), day_number(date(2026, 7, 1))


def debts(*rows):
    sound = {"bill": 1, "account": 1, "incurred_day": IN_JUNE, "due_day": DUE, "owed_fen": 10_000}
    return pl.DataFrame([sound | row for row in rows], schema=dict.fromkeys(DEBT_COLUMNS, pl.Int64))


def guarantees(*rows):
    sound = {"guarantee": 1, "account": 1, "guarantee_kind": "third_party", "maximum_fen": 6_000}
    sound |= {"from_day": START, "to_day": END}
    made = [sound | period_days(row.pop("months", None), as_of=TODAY) | row for row in map(dict, rows)]
    kinds = {name: pl.String if name == "guarantee_kind" else pl.Int64 for name in GUARANTEE_COLUMNS}
    return pl.DataFrame(made, schema=kinds)


def lazy(frame, columns):
    return checked(nw.from_native(frame.lazy()), columns, rule="guarantee")


def rows_of(rule, owed, secured, as_of_day=TODAY_DAY):
    answer = rule(lazy(owed, DEBT_COLUMNS), lazy(secured, GUARANTEE_COLUMNS), as_of_day=as_of_day)
    return answer.collect().rows(named=True)


def covered(owed, secured):
    return {row["account"]: (row["covered_fen"], row["uncovered_fen"]) for row in rows_of(coverage, owed, secured)}


def ends(owed, secured):
    return sorted(
        (r["guarantee"], r["ending"], r["rung_days"], r["at_stake_fen"]) for r in rows_of(lapsing, owed, secured)
    )


def test_a_guarantee_covers_up_to_its_maximum():
    assert covered(debts({}), guarantees({})) == {1: (6_000, 4_000)}
    assert covered(debts({"owed_fen": 5_000}), guarantees({})) == {1: (5_000, 0)}
    assert covered(debts({}, {"account": 2}), guarantees({})) == {1: (6_000, 4_000), 2: (0, 10_000)}


def test_an_account_without_debt_has_no_row():
    assert covered(debts({"owed_fen": 0}), guarantees({})) == {}


def test_a_debt_is_covered_when_it_was_incurred_in_the_time_of_the_guarantee():
    for incurred, fen in ((START - 1, 0), (START, 6_000), (END - 1, 6_000), (END, 0)):
        assert covered(debts({"incurred_day": incurred}), guarantees({}))[1][0] == fen


def test_two_guarantees_add_up_and_cover_no_debt_twice():
    two = guarantees({}, {"guarantee": 2, "maximum_fen": 3_000})
    assert covered(debts({}), two) == {1: (9_000, 1_000)}
    assert covered(debts({"owed_fen": 7_000}), two) == {1: (7_000, 0)}


def test_a_renewal_covers_what_came_after_the_old_guarantee():
    middle = day_number(date(2025, 6, 1))
    secured = guarantees({"to_day": middle}, {"guarantee": 2, "from_day": middle})
    owed = debts({"incurred_day": middle - 1, "owed_fen": 4_000}, {"bill": 2, "owed_fen": 9_000})
    assert covered(owed, secured) == {1: (10_000, 3_000)}


def test_the_period_is_six_months_after_the_due_day_where_none_was_agreed():
    for due, fen in ((date(2025, 1, 31), 6_000), (date(2025, 1, 30), 0)):
        assert covered(debts({"due_day": day_number(due)}), guarantees({}))[1][0] == fen
    long_ago = debts({"due_day": day_number(date(2025, 1, 30))})
    assert covered(long_ago, guarantees({"months": 24}))[1][0] == 6_000
    assert covered(long_ago, guarantees({"months": 0}))[1][0] == 0


def test_a_bank_guarantee_is_called_before_its_last_day_and_a_pledge_as_long_as_the_debt():
    old = debts({"due_day": day_number(date(2023, 1, 1))})
    assert covered(old, guarantees({"guarantee_kind": "bank"}))[1][0] == 6_000
    assert covered(old, guarantees({"guarantee_kind": "bank", "to_day": TODAY_DAY + 1}))[1][0] == 6_000
    assert covered(old, guarantees({"guarantee_kind": "bank", "to_day": TODAY_DAY}))[1][0] == 0
    assert covered(old, guarantees({"guarantee_kind": "pledge", "to_day": TODAY_DAY}))[1][0] == 6_000


@pytest.mark.parametrize(
    ("days", "rung"), [(91, None), (90, 90), (31, 90), (30, 30), (8, 30), (7, 7), (1, 7), (0, 0), (-5, 0)]
)
def test_a_cover_that_ends_climbs_the_ladder(days, rung):
    secured = guarantees({"to_day": TODAY_DAY + days, "guarantee_kind": "pledge"})
    assert ends(debts({}), secured) == ([] if rung is None else [(1, "cover", rung, 6_000)])


@pytest.mark.parametrize(
    ("lapses", "rung"), [(90, None), (89, 90), (30, 90), (29, 30), (7, 30), (6, 7), (0, 7), (-1, 0)]
)
def test_a_claim_whose_period_runs_out_climbs_the_ladder(lapses, rung):
    """The last day to call lies so many days ahead; a rung is reached when on its day it could be called no more."""
    last = TODAY + timedelta(days=lapses)
    due = months_later(last, -12)
    told = ends(debts({"due_day": day_number(due)}), guarantees({"months": 12, "from_day": START - 300}))
    assert told == ([] if rung is None else [(1, "claim", rung, 10_000)])


def test_debts_of_one_guarantee_stand_on_their_own_rungs():
    owed = debts({"due_day": day_number(date(2024, 12, 1))}, {"bill": 2, "due_day": day_number(date(2025, 2, 5))})
    assert ends(owed, guarantees({})) == [(1, "claim", 0, 10_000), (1, "claim", 7, 10_000)]


def test_months_end_on_the_last_day_where_there_is_no_such_day():
    assert months_later(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert months_later(date(2023, 8, 31), 6) == date(2024, 2, 29)
    assert months_later(date(2025, 12, 15), 6) == date(2026, 6, 15)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(1, 240))
def test_the_earliest_due_day_is_the_first_whose_period_still_holds(on, months):
    day = earliest_due(on, months)
    assert months_later(day, months) >= on > months_later(day - timedelta(days=1), months)


_DEBT = st.builds(
    dict,
    account=st.integers(1, 2),
    incurred_day=st.integers(START - 40, START + 200),
    due_day=st.integers(DUE - 300, DUE),
    owed_fen=st.integers(0, 5_000),
)
_GUARANTEE = st.builds(
    dict,
    account=st.integers(1, 2),
    guarantee_kind=st.sampled_from(["bank", "third_party", "pledge", "mortgage"]),
    maximum_fen=st.integers(1, 8_000),
    from_day=st.integers(START - 60, START + 100),
    to_day=st.integers(START + 101, END),
    months=st.sampled_from([None, 1, 12]),
)


def best_cover(account, owed, secured):
    """The most that could be covered: the largest flow from guarantees to debts, by minimum cut over sets of guarantees."""
    mine = [debt for debt in owed if debt["account"] == account]
    held = [each for each in secured if each["account"] == account]

    def reaches(each, debt):
        limit = {"third_party": each["period_from_day"], "bank": 0 if each["to_day"] > TODAY_DAY else 2**31}
        in_time = each["from_day"] <= debt["incurred_day"] < each["to_day"]
        return in_time and debt["due_day"] >= limit.get(each["guarantee_kind"], 0)

    def cut(chosen):
        kept = [each for place, each in enumerate(held) if not chosen >> place & 1]
        paid = sum(each["maximum_fen"] for place, each in enumerate(held) if chosen >> place & 1)
        return paid + sum(debt["owed_fen"] for debt in mine if any(reaches(each, debt) for each in kept))

    return min(cut(chosen) for chosen in range(2 ** len(held)))


@given(st.lists(_DEBT, min_size=1, max_size=6), st.lists(_GUARANTEE, max_size=4))
def test_coverage_is_never_more_than_could_be_called(owed, secured):
    listed = debts(*[debt | {"bill": place + 1} for place, debt in enumerate(owed)])
    held = guarantees(*[each | {"guarantee": place + 1} for place, each in enumerate(secured)])
    answer = covered(listed, held)
    for account, (fen, rest) in answer.items():
        best = best_cover(account, listed.to_dicts(), held.to_dicts())
        assert 0 <= fen <= best
        assert fen + rest == sum(debt["owed_fen"] for debt in owed if debt["account"] == account)
        if sum(each["account"] == account for each in secured) <= 1:
            assert fen == best


@pytest.mark.spark
def test_spark_agrees(on_both):
    owed = debts({}, {"bill": 2, "account": 2}, {"bill": 3, "due_day": day_number(date(2024, 12, 1))})
    secured = guarantees(
        {}, {"guarantee": 2, "maximum_fen": 3_000, "to_day": TODAY_DAY + 20}, {"guarantee": 3, "account": 2}
    )
    on_both(lambda d, g: coverage(d, g, as_of_day=TODAY_DAY), owed, secured)
    on_both(lambda d, g: lapsing(d, g, as_of_day=TODAY_DAY), owed, secured)
