"""A schedule adds up to the fen, and an agreement is honoured, late, broken or fulfilled by what was paid."""

from datetime import date
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.law.calendar import is_working_day
from zaikong.domain.recovery.instalments import (
    AGREEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    MONEY_COLUMNS,
    STATE_COLUMNS,
    UnableToScheduleInstalmentsError,
    agreement_states,
    schedule,
)
from zaikong.engine.dictionary import checked

TODAY = 20_000


def table(columns, rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.Int64), orient="row")


def entry(columns, rows):
    return checked(nw.from_native(table(columns, rows).lazy()), columns, rule="instalments")


def test_equal_parts_add_up_and_the_first_take_what_is_over():
    parts = schedule(amount_fen=100_001, count=3, first_date=date(2026, 3, 10))
    assert [(part.number, str(part.due_date), part.amount_fen) for part in parts] == [
        (1, "2026-03-10", 33_334),
        (2, "2026-04-10", 33_334),
        (3, "2026-05-11", 33_333),
    ]


def test_a_first_payment_is_taken_off_the_rest():
    parts = schedule(amount_fen=100_000, count=3, first_date=date(2026, 3, 10), first_fen=50_001)
    assert [part.amount_fen for part in parts] == [50_001, 25_000, 24_999]


def test_a_due_day_of_rest_moves_past_the_holidays_and_over_the_year():
    parts = schedule(amount_fen=300, count=3, first_date=date(2025, 12, 1))
    assert [str(part.due_date) for part in parts] == ["2025-12-01", "2026-01-04", "2026-02-02"]


@given(
    st.integers(1, 10**9),
    st.integers(1, 60),
    st.dates(date(2020, 1, 1), date(2026, 6, 1)).filter(lambda day: day.day <= 28),
    st.integers(0, 10**9),
)
def test_a_schedule_is_whole_positive_in_order_and_on_working_days(amount, count, first, down):
    try:
        parts = schedule(amount_fen=amount, count=count, first_date=first, first_fen=down)
    except UnableToScheduleInstalmentsError:
        assert amount < count or (down and (count == 1 or amount - down < count - 1))
        return
    assert sum(part.amount_fen for part in parts) == amount
    assert len(parts) == count
    assert min(part.amount_fen for part in parts) > 0
    assert all(is_working_day(part.due_date) for part in parts)
    assert [part.due_date for part in parts] == sorted(part.due_date for part in parts)
    rest = [part.amount_fen for part in parts][1 if down else 0 :]
    assert max(rest) - min(rest) <= 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"count": 0}, "INSTALMENTS_WRONG"),
        ({"count": 61}, "INSTALMENTS_WRONG"),
        ({"amount_fen": 2}, "INSTALMENTS_WRONG"),
        ({"amount_fen": 0, "count": 1}, "INSTALMENTS_WRONG"),
        ({"first_date": date(2026, 1, 29)}, "FIRST_DATE_WRONG"),
        ({"first_fen": -1}, "FIRST_PAYMENT_WRONG"),
        ({"first_fen": 9_999}, "FIRST_PAYMENT_WRONG"),
        ({"first_fen": 100, "count": 1}, "FIRST_PAYMENT_WRONG"),
    ],
)
def test_what_cannot_be_shared_out_is_refused(change, code):
    with pytest.raises(UnableToScheduleInstalmentsError) as refused:
        schedule(**({"amount_fen": 10_000, "count": 3, "first_date": date(2026, 1, 5)} | change))
    assert refused.value.code == code


DUE = [(1, number, TODAY + 30 * (number - 1), 1_000) for number in (1, 2, 3)]


def stood(money, *, as_of_day, grace_days=3, instalments=None, agreements=((1, 7),)):
    frame = agreement_states(
        entry(AGREEMENT_COLUMNS, list(agreements)),
        entry(INSTALMENT_COLUMNS, DUE if instalments is None else instalments),
        entry(MONEY_COLUMNS, money),
        as_of_day=as_of_day,
        grace_days=grace_days,
    )
    return sorted(frame.collect().rows(named=True), key=lambda row: row["agreement"])


def state(money, **terms) -> Any:
    row = stood(money, **terms)[0]
    return row["agreement_state"], row["protects"], row["short_fen"], row["accelerated_fen"], row["defaulted_day"]


@pytest.mark.parametrize(
    ("day", "paid", "answer"),
    [
        (-1, [], ("honoured", True, 0, 0, 0)),
        (0, [], ("late", True, 1_000, 0, 0)),
        (3, [], ("late", True, 1_000, 0, 0)),
        (4, [], ("defaulted", False, 1_000, 3_000, TODAY + 4)),
        (4, [(1, TODAY + 3, 1_000)], ("honoured", True, 0, 0, 0)),
        (4, [(1, TODAY + 3, 999)], ("defaulted", False, 1, 2_001, TODAY + 4)),
        (4, [(1, TODAY + 4, 1_000)], ("defaulted", False, 0, 2_000, TODAY + 4)),
        (30, [(1, TODAY, 1_000)], ("late", True, 1_000, 0, 0)),
        (30, [(1, TODAY - 9, 2_000)], ("honoured", True, 0, 0, 0)),
        (64, [(1, TODAY, 2_000), (1, TODAY + 60, 1_000)], ("fulfilled", False, 0, 0, 0)),
        (64, [(1, TODAY, 2_000)], ("defaulted", False, 1_000, 1_000, TODAY + 64)),
        (80, [(1, TODAY + 70, 3_000)], ("fulfilled", False, 0, 0, TODAY + 4)),
    ],
)
def test_what_was_paid_by_the_end_of_grace_decides(day, paid, answer):
    assert state(paid, as_of_day=TODAY + day) == answer


def test_money_taken_back_breaks_what_it_had_kept():
    paid = [(1, TODAY, 1_000), (1, TODAY, -1_000)]
    assert state(paid, as_of_day=TODAY + 4) == ("defaulted", False, 1_000, 3_000, TODAY + 4)


def test_the_next_unpaid_instalment_is_named():
    assert stood([], as_of_day=TODAY - 5)[0]["next_due_day"] == TODAY
    assert stood([(1, TODAY - 6, 1_500)], as_of_day=TODAY - 5)[0]["next_due_day"] == TODAY + 30
    assert stood([(1, TODAY - 6, 3_000)], as_of_day=TODAY - 5)[0]["next_due_day"] == 0


def test_an_agreement_without_instalments_protects_nobody():
    assert state([], as_of_day=TODAY, instalments=[])[:2] == ("defaulted", False)


def told(instalments, paid, today, grace):
    """One agreement at a time, in the words of the agreement."""
    total = sum(fen for *_, fen in instalments)
    if sum(fen for _, day, fen in paid if day <= today) >= total:
        return "fulfilled"
    for _, number, due, _ in instalments:
        asked = sum(fen for _, n, _, fen in instalments if n <= number)
        got = sum(fen for _, day, fen in paid if day <= due + grace)
        if today > due + grace and got < asked:
            return "defaulted"
    fallen = sum(fen for _, _, due, fen in instalments if due <= today)
    return "late" if sum(fen for _, day, fen in paid if day <= today) < fallen else "honoured"


@given(
    st.lists(st.tuples(st.just(1), st.integers(TODAY - 5, TODAY + 80), st.integers(-500, 1_500)), max_size=6),
    st.integers(0, 5),
    st.integers(TODAY - 2, TODAY + 80),
)
def test_columns_say_what_one_agreement_at_a_time_says(paid, grace, today):
    row = stood(paid, as_of_day=today, grace_days=grace)[0]
    assert row["agreement_state"] == told(DUE, paid, today, grace)
    assert row["protects"] == (row["agreement_state"] in {"honoured", "late"})


@pytest.mark.spark
def test_spark_judges_the_same(spark):
    agreements = [(n, n + 100) for n in range(1, 30)]
    instalments = [(n, k, TODAY - n + 30 * (k - 1), 1_000 + n) for n in range(1, 29) for k in (1, 2, 3)]
    money = [(n % 30, TODAY - n % 40, n * 337 % 2_500 - 300) for n in range(90)]
    tables = [(AGREEMENT_COLUMNS, agreements), (INSTALMENT_COLUMNS, instalments), (MONEY_COLUMNS, money)]

    def rows(frames):
        frame = agreement_states(*frames, as_of_day=TODAY + 10, grace_days=3)
        return sorted(frame.collect().rows(named=True), key=lambda row: row["agreement"])

    on_polars = rows([nw.from_native(table(*one).lazy()) for one in tables])
    on_spark = rows(
        [
            nw.from_native(spark.createDataFrame(lines, ", ".join(f"{name} bigint" for name in names)))
            for names, lines in tables
        ]
    )
    assert on_spark == on_polars
    assert set(on_polars[0]) == set(STATE_COLUMNS)
    assert {row["agreement_state"] for row in on_polars} == {"honoured", "late", "defaulted", "fulfilled"}
