"""A suggestion, carried out, raises the grade."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.credit.behaviour_table import BEST
from zaikong.domain.credit.raising import RAISING_COLUMNS, RAISING_WORDS, raising, suggestion_words
from zaikong.engine.dictionary import dictionary
from zaikong.kernel.period import date_of_day, day_number

from .behaviour_facts import SOUND, TABLE, TODAY, accounts, entered, graded, raised, table

D, C, B, A, AA, AAA = range(1, 7)


def suggestion(**facts: Any) -> dict[str, Any]:
    return raised([facts])[0]


def asked(row: dict[str, Any]) -> tuple[Any, ...]:
    names = (
        "raising_code",
        "reached_grade",
        "pay_fen",
        "on_time_months",
        "prepay_fen",
        "keep_cover_days",
        "more_guarantee_fen",
    )
    return tuple(row[name] for name in names)


def test_every_column_is_in_the_dictionary():
    assert [name for name in RAISING_COLUMNS if name not in dictionary()] == []


def test_the_best_grade_needs_nothing():
    assert asked(suggestion()) == ("BEST_GRADE", 0, 0, 0, 0, 0, 0)


def test_three_punctual_months_end_the_wait_for_an_upgrade():
    assert asked(suggestion(previous_grade=AA, clean_months=0)) == ("RAISED", AAA, 0, 3, 0, 0, 0)
    assert asked(suggestion(previous_grade=AA, clean_months=2)) == ("RAISED", AAA, 0, 1, 0, 0, 0)


def test_a_little_prepaid_is_less_burden_than_a_year_of_waiting():
    late = {"on_time_12m": 11, "overdue_12m": 1, "longest_overdue_days": 5, "guarantee_fen": 0, "industry_risk": 2,
            "previous_grade": AA, "clean_months": 5, "prepaid_cover_days": 29}  # fmt: skip
    # 83 points: seven short, of which cover and guarantee bring four; the late bill leaves after seven months
    assert graded([late])[0]["total_points"] == 100 - 4 - 3 - 3 - 2 - 3 - 2
    assert asked(suggestion(**late)) == ("RAISED", AAA, 0, 9, 0, 0, 0)
    waiting = late | {
        "on_time_12m": 12,
        "overdue_12m": 0,
        "longest_overdue_days": 0,
        "industry_risk": 3,
        "use_stopped_days": 12,
    }
    # 88 points: one day of cover, 3.34 yuan rounded up to the yuan, brings the two that lack
    assert asked(suggestion(**waiting)) == ("RAISED", AAA, 0, 0, 400, 30, 0)


def test_a_guarantee_is_asked_for_where_it_is_the_least():
    facts = {"guarantee_fen": 19_000, "industry_risk": 3, "use_stopped_days": 12, "previous_grade": AA,
             "clean_months": 5, "prepaid_cover_days": 29}  # fmt: skip
    assert graded([facts])[0]["total_points"] == 89
    assert asked(suggestion(**facts)) == ("RAISED", AAA, 0, 0, 400, 30, 0)
    assert asked(suggestion(**facts | {"monthly_bill_fen": 10**6})) == ("RAISED", AAA, 0, 0, 0, 0, 1_000)


def test_arrears_are_paid_first_and_the_clean_months_count_from_the_payment():
    facts = {"arrears_fen": 9_000, "disputed_fen": 1_000, "on_time_12m": 11, "overdue_12m": 1, "longest_overdue_days": 3,
             "previous_grade": AAA, "clean_months": 0}  # fmt: skip
    row = suggestion(**facts)
    assert (row["grade"], row["pay_by_day"]) == (A, TODAY + 7)
    assert asked(row) == ("RAISED", AA, 8_000, 3, 0, 0, 0)


def test_a_new_account_rises_when_its_history_is_long_enough():
    assert asked(suggestion(months_known=0, bills_12m=0, on_time_12m=0)) == ("RAISED", A, 0, 6, 0, 0, 0)
    assert asked(suggestion(months_known=4, bills_12m=4, on_time_12m=4)) == ("RAISED", A, 0, 3, 0, 0, 0)


@pytest.mark.parametrize(
    ("facts", "code", "until"),
    [
        ({"theft_day": TODAY - 10}, "THEFT", TODAY + 720),
        ({"adverse_signal": 4}, "BANKRUPTCY", 0),
        ({"adverse_signal": 3}, "DISHONEST", 0),
        ({"adverse_signal": 2}, "CLOSURE_ORDER", 0),
    ],
)
def test_a_veto_that_outlasts_the_year_is_named_with_its_end(facts, code, until):
    row = suggestion(**facts)
    assert asked(row) == ("VETOED", 0, 0, 0, 0, 0, 0)
    assert (row["veto_code"], row["veto_until_day"]) == (code, until)


def test_a_bar_that_ends_within_the_year_is_waited_for():
    assert asked(suggestion(breach_day=TODAY - 200)) == ("RAISED", B, 0, 6, 0, 0, 0)
    assert asked(suggestion(breach_day=TODAY - 20)) == ("RAISED", B, 0, 12, 0, 0, 0)


def test_old_arrears_are_a_veto_that_paying_ends():
    row = suggestion(arrears_fen=9_000, old_arrears_fen=9_000)
    assert row["veto_code"] == "OLD_ARREARS"
    assert asked(row) == ("RAISED", C, 9_000, 6, 0, 0, 0)


def test_points_that_no_suggestion_moves_may_leave_the_grade_out_of_reach():
    facts = {"use_trend_permille": 0, "industry_risk": 3, "previous_grade": AA, "clean_months": 12}
    assert asked(suggestion(**facts)) == ("OUT_OF_REACH", 0, 0, 0, 0, 0, 0)


def test_every_answer_has_words():
    assert set(RAISING_WORDS) == {"BEST_GRADE", "RAISED", "VETOED", "OUT_OF_REACH"}


def test_a_suggestion_is_said_in_two_languages():
    owing = suggestion(arrears_fen=9_000, on_time_12m=11, overdue_12m=1, longest_overdue_days=3, previous_grade=AAA)
    assert suggestion_words(owing) == (
        "2025-06-08 前缴清欠费 90.00 元；连续 3 个月按时缴费，可升至 AA",
        "pay 90.00 yuan by 2025-06-08; pay every bill of 3 months on time: raises the grade to AA",
    )
    short = suggestion(prepaid_cover_days=29, industry_risk=3, use_stopped_days=12, guarantee_fen=0, previous_grade=AA,
                       clean_months=5)  # fmt: skip
    assert suggestion_words(short) == (
        "预存 4.00 元并保持可用 30 天，可升至 AAA",
        "prepay 4.00 yuan and keep 30 days covered: raises the grade to AAA",
    )
    assert suggestion_words(suggestion(theft_day=TODAY - 10)) == (
        "否决项解除前不能升级（2027-05-22 起）",
        "no upgrade before the veto ends (2027-05-22)",
    )
    assert suggestion_words(suggestion()) == RAISING_WORDS["BEST_GRADE"]
    guaranteed = suggestion(
        guarantee_fen=19_000,
        industry_risk=3,
        use_stopped_days=12,
        previous_grade=AA,
        clean_months=5,
        prepaid_cover_days=29,
        monthly_bill_fen=10**6,
    )
    assert suggestion_words(guaranteed)[0] == "补充担保 10.00 元，可升至 AAA"


# A customer with a history of bills, from which facts are counted as a night counts them.


@dataclass(frozen=True)
class Customer:
    """Days late of each bill by the month it came due (0 is the present one), and what does not depend on bills."""

    late: tuple[tuple[int, int], ...]
    opened: int
    open_month: int | None
    held: int
    moved: int
    still: tuple[tuple[str, Any], ...]


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    months = draw(st.integers(1, 20))
    # monthly, every second month, or three times a month
    every, times = draw(st.sampled_from([(1, 1), (1, 1), (2, 1), (1, 3)]))
    days = st.sampled_from([0, 0, 0, 0, 1, 7, 8, 16, 40, 70])
    late = [(-month, draw(days)) for month in range(0, months, every) for _ in range(times)]
    owes = draw(st.integers(0, 3)) == 0
    open_month = draw(st.sampled_from([0, 0, -1, -2])) if owes else None
    facts = draw(accounts())
    still = {name: facts[name] for name in (
        "monthly_bill_fen", "prepaid", "prepaid_cover_days", "use_trend_permille", "use_stopped_days", "theft_day",
        "breach_day", "adverse_signal", "guarantee_fen", "exposure_fen", "industry_risk", "broken_promises_12m",
        "repayment_agreement")}  # fmt: skip
    return Customer(
        tuple(late), months, open_month, draw(st.integers(0, BEST)), draw(st.integers(0, 14)), tuple(still.items())
    )


OWED_FEN = 7_000


def as_they_stand(customer: Customer) -> list[tuple[int, int]]:
    """Each bill and its days late so far: a paid one is at most as late as it is old, an open one just as late."""
    return [
        (month, 30 * -month + 5 if month == customer.open_month else min(days, 30 * -month))
        for month, days in customer.late
    ]


def facts_of(customer: Customer) -> dict[str, Any]:
    """Facts of tonight."""
    late = as_they_stand(customer)
    owes = any(month == customer.open_month for month, _ in late)
    window = [days for month, days in late if month > -12]
    ends = [month + -(-days // 30) for month, days in late if days]
    age = 0 if owes else max(0, -max(ends, default=-customer.opened))
    promises = dict(customer.still)["broken_promises_12m"] if any(window) else 0
    return (
        SOUND
        | dict(customer.still)
        | {
            "months_known": customer.opened,
            "bills_12m": len(window),
            "on_time_12m": window.count(0),
            "overdue_12m": len(window) - window.count(0),
            "longest_overdue_days": max(window, default=0),
            "broken_promises_12m": promises,
            "arrears_fen": OWED_FEN if owes else 0,
            "arrears_months_this_year": 1 if owes else 0,
            "previous_grade": customer.held,
            "clean_months": min(age, customer.moved),
        }
    )


def months_after(day: int, months: int) -> int:
    start = date_of_day(day)
    years, month = divmod(start.month - 1 + months, 12)
    return day_number(date(start.year + years, month + 1, start.day))


def after(customer: Customer, row: dict[str, Any]) -> dict[str, Any]:
    """Facts once the suggestion was carried out, counted anew from the bills."""
    months, before = row["on_time_months"], facts_of(customer)
    late = as_they_stand(customer)
    if before["arrears_fen"]:
        late = [(month, days + 7 if month == customer.open_month else days) for month, days in late]
    steps = sorted({month for month, _ in customer.late})
    gap = steps[-1] - steps[-2] if len(steps) > 1 else 1
    times = len(customer.late) // len(steps)
    late += [(month, 0) for month in range(1, months + 1) if month % gap == 0 for _ in range(times)]
    window = [days for month, days in late if months - 12 < month <= months]
    bill = max(before["monthly_bill_fen"], 1)
    stays = row["grade"] == before["previous_grade"] and not before["arrears_fen"]
    return before | {
        "as_of_day": months_after(max(TODAY, row["pay_by_day"]), months),
        "months_known": customer.opened + months,
        "bills_12m": len(window),
        "on_time_12m": window.count(0),
        "overdue_12m": len(window) - window.count(0),
        "longest_overdue_days": max(window, default=0),
        "broken_promises_12m": before["broken_promises_12m"] if any(window) else 0,
        "arrears_fen": before["arrears_fen"] - row["pay_fen"],
        "arrears_months_this_year": 0,
        "prepaid_cover_days": before["prepaid_cover_days"] + row["prepay_fen"] * 30 // bill,
        "guarantee_fen": before["guarantee_fen"] + row["more_guarantee_fen"],
        "previous_grade": row["grade"],
        "clean_months": (before["clean_months"] if stays else 0) + months,
    }


@settings(max_examples=examples(12))
@given(st.lists(customers(), min_size=30, max_size=30))
def test_a_suggestion_carried_out_raises_the_grade(county):
    rows = raised([facts_of(customer) for customer in county])
    assert [row["grade"] for row in rows] == [row["grade"] for row in graded([facts_of(each) for each in county])]
    told = [(customer, row) for customer, row in zip(county, rows, strict=True) if row["raising_code"] == "RAISED"]
    reached = graded([after(customer, row) for customer, row in told]) if told else []
    for (_, row), then in zip(told, reached, strict=True):
        assert row["reached_grade"] == row["grade"] + 1
        assert then["grade"] >= row["reached_grade"]


@settings(max_examples=examples(6))
@given(st.lists(accounts(), min_size=30, max_size=30))
def test_an_account_that_is_asked_for_nothing_is_not_promised_a_rise(county):
    for facts, row in zip(county, raised(county), strict=True):
        nothing = (0, 0, 0, 0)
        said = (row["pay_fen"], row["on_time_months"], row["prepay_fen"], row["more_guarantee_fen"])
        assert (row["raising_code"] == "RAISED") == (said != nothing)
        assert row["pay_fen"] == (max(facts["arrears_fen"] - facts["disputed_fen"], 0) if said != nothing else 0)
        assert (row["keep_cover_days"] > 0) == (row["prepay_fen"] > 0)
        assert (row["raising_code"] == "BEST_GRADE") == (row["grade"] == BEST)


MANY = [SOUND | {"previous_grade": held, "clean_months": clean, **facts}
        for held in (0, D, B, AA) for clean in (0, 3)
        for facts in ({}, {"arrears_fen": 9_000}, {"breach_day": TODAY - 200}, {"theft_day": TODAY - 5},
                      {"prepaid_cover_days": 0, "guarantee_fen": 0}, {"use_trend_permille": 0, "industry_risk": 3},
                      {"on_time_12m": 9, "overdue_12m": 3, "longest_overdue_days": 20})]  # fmt: skip


@pytest.mark.spark
def test_suggestions_are_the_same_on_spark(on_both):
    # two spans of months are enough to show it, and a third of the plan
    short = TABLE.model_copy(update={"raising": TABLE.raising.model_copy(update={"months": (0, 6)})})
    rows = on_both(lambda frame: raising(frame, table=short), table(MANY))
    assert {row["raising_code"] for row in rows} == set(RAISING_WORDS)


def test_the_largest_amounts_of_the_dictionary_are_asked_for_to_the_yuan():
    cover, bill, exposure = (dictionary()[name] for name in ("prepaid_cover_days", "monthly_bill_fen", "exposure_fen"))
    facts = {"industry_risk": 3, "use_trend_permille": 0, "previous_grade": B, "clean_months": 5, "guarantee_fen": 0,
             "prepaid_cover_days": cover.low, "monthly_bill_fen": bill.high, "exposure_fen": exposure.high}  # fmt: skip
    seven_days = -(-(7 - cover.low) * bill.high // 3_000) * 100
    row = suggestion(**facts | {"previous_grade": A})
    assert asked(row) == ("RAISED", AA, 0, 0, seven_days, 7, 0)
    row = suggestion(**facts | {"previous_grade": A, "industry_risk": 1})
    assert asked(row) == ("RAISED", AA, 0, 0, 0, 0, exposure.high // 2)


def burden(facts: dict[str, Any], row: dict[str, Any]) -> int:
    cost = TABLE.raising.cost
    asked_for = (
        (facts["monthly_bill_fen"] * row["on_time_months"], cost.month),
        (row["prepay_fen"], cost.prepay),
        (row["more_guarantee_fen"], cost.guarantee),
    )
    return sum(fen * permille // 1000 for fen, permille in asked_for)


@settings(max_examples=examples(3))
@given(st.lists(accounts(), min_size=40, max_size=40))
def test_no_other_number_of_months_is_less_burden(county):
    whole = raised(county)
    for months in ((0,), (0, 3), (0, 12)):
        narrower = TABLE.model_copy(update={"raising": TABLE.raising.model_copy(update={"months": months})})
        rows = raising(entered(county), table=narrower).sort("account").collect().rows(named=True)
        for facts, best, other in zip(county, whole, rows, strict=True):
            if other["raising_code"] == "RAISED":
                assert best["raising_code"] == "RAISED"
                assert burden(facts, best) <= burden(facts, other)
