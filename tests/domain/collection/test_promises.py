"""A promise is kept or broken by the ledger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.collection.promises import OUTCOME_COLUMNS, PAID_COLUMNS, PROMISE_COLUMNS, promise_outcomes

from .made import TODAY, entry, rows_of, table

MADE = 1_000_000


def promise(**facts):
    return {"promise": 1, "account": 1, "amount_fen": 10_000, "made_s": MADE, "promised_day": TODAY} | facts


def money(fen, *, at=MADE + 1, day=TODAY, account=1):
    return {"account": account, "paid_s": at, "effective_day": day, "amount_fen": fen}


def stood(*paid, as_of_day=TODAY, grace_days=1, promises=None):
    frame = promise_outcomes(
        entry(PROMISE_COLUMNS, promises or [promise()]),
        entry(PAID_COLUMNS, list(paid)),
        as_of_day=as_of_day,
        grace_days=grace_days,
    )
    return rows_of(frame, "promise")


def state(*paid, **terms):
    row = stood(*paid, **terms)[0]
    return row["promise_state"], row["short_fen"]


@pytest.mark.parametrize(
    ("paid", "as_of_day", "answer"),
    [
        ([], TODAY - 5, ("open", 10_000)),
        ([], TODAY, ("open", 10_000)),
        ([], TODAY + 1, ("open", 10_000)),
        ([], TODAY + 2, ("broken", 10_000)),
        ([money(10_000)], TODAY, ("kept", 0)),
        ([money(9_999)], TODAY, ("open", 1)),
        ([money(9_999)], TODAY + 2, ("broken", 1)),
        ([money(4_000), money(6_000, day=TODAY + 1)], TODAY + 2, ("kept", 0)),
        ([money(10_000, day=TODAY + 2)], TODAY + 2, ("broken", 10_000)),
        ([money(12_000)], TODAY + 9, ("kept", 0)),
    ],
)
def test_money_until_the_end_of_grace_decides(paid, as_of_day, answer):
    assert state(*paid, as_of_day=as_of_day) == answer


def test_money_taken_before_the_promise_does_not_keep_it_even_on_the_same_day():
    assert state(money(10_000, at=MADE)) == ("open", 10_000)
    assert state(money(10_000, at=MADE + 1, day=TODAY - 3)) == ("kept", 0)


def test_a_bounce_takes_back_what_kept_a_promise():
    paid, back = money(10_000), money(-10_000)
    assert state(paid, back) == ("open", 10_000)
    assert state(paid, back, as_of_day=TODAY + 2) == ("broken", 10_000)


def test_a_bounce_of_older_money_spoils_no_later_promise():
    old, back = money(7_000, at=MADE - 9), money(-7_000, at=MADE - 9)
    assert state(old, back, money(10_000)) == ("kept", 0)


def test_money_of_another_account_keeps_nothing():
    assert state(money(10_000, account=2)) == ("open", 10_000)


def test_without_grace_the_promised_day_is_the_last():
    assert state(as_of_day=TODAY, grace_days=0) == ("open", 10_000)
    assert state(as_of_day=TODAY + 1, grace_days=0) == ("broken", 10_000)


def told(one, paid, today, grace):
    last = one["promised_day"] + grace
    got = sum(
        m["amount_fen"]
        for m in paid
        if m["account"] == one["account"] and m["paid_s"] > one["made_s"] and m["effective_day"] <= last
    )
    return "kept" if got >= one["amount_fen"] else "broken" if today > last else "open"


MONEY = st.builds(
    money,
    st.integers(-5_000, 9_000),
    at=st.integers(MADE - 2, MADE + 3),
    day=st.integers(TODAY - 3, TODAY + 4),
    account=st.integers(1, 2),
)


@given(st.lists(MONEY, max_size=6), st.integers(0, 3), st.integers(TODAY - 2, TODAY + 5))
def test_columns_say_what_one_promise_at_a_time_says(paid, grace, today):
    promises = [promise(), promise(promise=2, account=2, amount_fen=3_000, made_s=MADE + 1, promised_day=TODAY - 1)]
    got = stood(*paid, as_of_day=today, grace_days=grace, promises=promises)
    assert [row["promise_state"] for row in got] == [told(one, paid, today, grace) for one in promises]


@pytest.mark.spark
def test_spark_keeps_and_breaks_the_same_promises(on_both):
    promises = [
        promise(promise=n, account=n % 9, amount_fen=n * 700, promised_day=TODAY + n % 5 - 3) for n in range(30)
    ]
    paid = [money(n * 311 % 6_000 - 900, at=MADE + n % 3, day=TODAY + n % 6 - 3, account=n % 9) for n in range(60)]
    rows = on_both(
        lambda a, b: promise_outcomes(a, b, as_of_day=TODAY, grace_days=1),
        table(PROMISE_COLUMNS, promises),
        table(PAID_COLUMNS, paid),
    )
    assert set(rows[0]) == set(OUTCOME_COLUMNS)
    assert {row["promise_state"] for row in rows} == {"open", "kept", "broken"}
