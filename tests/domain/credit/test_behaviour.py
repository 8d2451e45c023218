"""Points, vetoes, movement and reasons of the behaviour grade."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.credit.behaviour import (
    BEHAVIOUR_COLUMNS,
    GRADE_COLUMNS,
    POINT_COLUMNS,
    REASON_COLUMNS,
    behaviour_grades,
    behaviour_reasons,
)
from zaikong.domain.credit.behaviour_table import BEST, UnableToNameGradeError, grade_name, grade_number
from zaikong.engine.dictionary import dictionary

from .behaviour_facts import SOUND, TABLE, TODAY, accounts, grade, graded, reasons, table

D, C, B, A, AA, AAA = range(1, 7)


def test_every_column_is_in_the_dictionary():
    assert [name for name in (*BEHAVIOUR_COLUMNS, *GRADE_COLUMNS, *REASON_COLUMNS) if name not in dictionary()] == []


def test_a_customer_that_never_was_late_has_all_the_points():
    row = grade()
    assert {name: row[name] for name in POINT_COLUMNS} == {
        f"{name}_points": index.weight for name, index in TABLE.indices.items()
    }
    assert (row["total_points"], row["raw_grade"], row["grade"], row["veto_code"]) == (100, AAA, AAA, "")


def around(better: int, worse: int, points: int, less: int) -> list[tuple[int, int]]:
    return [(better, points), (worse, less)]


STEPS = [
    ("overdue", "overdue_12m", [(0, 15), (1, 12), (2, 8), (3, 5), (4, 2), (5, 2), (6, 0), (60, 0)]),
    ("longest", "longest_overdue_days", [(0, 15), (1, 12), (7, 12), (8, 9), (15, 9), (16, 5), (30, 5), (31, 2), (60, 2), (61, 0)]),
    ("arrears", "arrears_fen", [(0, 10), (1, 6), (5_000, 6), (5_001, 3), (10_000, 3), (10_001, 1), (20_000, 1), (20_001, 0)]),
    ("cover", "prepaid_cover_days", [(30, 10), (29, 8), (15, 8), (14, 6), (7, 6), (6, 3), (3, 3), (2, 1), (1, 1), (0, 0), (-4, 0)]),
    ("use", "use_trend_permille", [(1_500, 8), (701, 8), (700, 4), (501, 4), (500, 0), (0, 0)]),
    ("use", "use_stopped_days", [(9, 8), (10, 4), (29, 4), (30, 0)]),
    ("conduct", "theft_day", [(TODAY - 1460, 7), (TODAY - 1459, 3), (TODAY - 730, 3), (TODAY - 729, 0), (TODAY, 0)]),
    ("conduct", "breach_day", [(TODAY - 730, 7), (TODAY - 729, 4), (TODAY - 365, 4), (TODAY - 364, 0)]),
    ("conduct", "broken_promises_12m", [(0, 7), (1, 5), (2, 3), (3, 0)]),
    ("industry", "industry_risk", [(0, 4), (1, 3), (2, 1), (3, 0)]),
    ("signal", "adverse_signal", [(0, 4), (1, 2), (2, 0), (3, 0), (4, 0)]),
    ("guarantee", "guarantee_fen", [(20_000, 2), (19_999, 1), (10_000, 1), (9_999, 0), (0, 0)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("index", "fact", "value", "points"),
    [(index, fact, value, points) for index, fact, steps in STEPS for value, points in steps],
)
def test_each_step_holds_at_its_limit_and_not_beyond(index, fact, value, points):
    row = grade(**{fact: value})
    assert row[f"{index}_points"] == points
    assert row["total_points"] == sum(row[name] for name in POINT_COLUMNS) == 100 - TABLE.indices[index].weight + points


@pytest.mark.parametrize(
    ("bills", "on_time", "points"),
    [
        (12, 12, 25),
        (12, 11, 21),
        (10, 9, 21),
        (48, 43, 16),
        (10, 8, 16),
        (12, 9, 11),
        (10, 7, 11),
        (12, 8, 5),
        (10, 5, 5),
        (12, 5, 0),
        (1, 0, 0),
        (0, 0, 25),
    ],
)
def test_the_share_paid_on_time_is_compared_exactly(bills, on_time, points):
    assert grade(bills_12m=bills, on_time_12m=on_time)["on_time_points"] == points


@pytest.mark.parametrize(("cover", "points"), [(0, 7), (14, 7), (15, 8), (30, 10), (-3, 7)])
def test_who_is_not_asked_to_prepay_keeps_seven_points_and_earns_more_by_prepaying(cover, points):
    assert grade(prepaid=False, prepaid_cover_days=cover)["cover_points"] == points


@pytest.mark.parametrize(
    ("bill", "arrears", "points"), [(0, 0, 10), (0, 1, 0), (3, 4, 1), (3, 3, 3), (1, 10**12, 0), (10**12, 10**12, 3)]
)
def test_arrears_are_compared_to_a_monthly_bill_to_the_fen(bill, arrears, points):
    assert grade(monthly_bill_fen=bill, arrears_fen=arrears)["arrears_points"] == points


def test_disputed_money_is_no_arrears():
    row = grade(arrears_fen=30_000, disputed_fen=30_000, old_arrears_fen=30_000, arrears_months_this_year=3)
    assert (row["arrears_points"], row["veto_code"], row["grade"]) == (10, "", AAA)


def test_nothing_exposed_is_guaranteed():
    assert grade(exposure_fen=0, guarantee_fen=0)["guarantee_points"] == 2


# A total of exactly so many points, by facts that touch no veto and no history.
LOST: dict[int, dict[str, Any]] = {
    0: {},
    1: {"guarantee_fen": 10_000},
    2: {"guarantee_fen": 0},
    3: {"industry_risk": 2},
    4: {"use_trend_permille": 700},
    6: {"longest_overdue_days": 10},
    8: {"use_trend_permille": 0},
    10: {"prepaid_cover_days": 0},
    20: {"on_time_12m": 6},
    25: {"on_time_12m": 0},
    15: {"overdue_12m": 9},
    13: {"longest_overdue_days": 60},
}


def losing(points: int) -> dict[str, Any]:
    """Facts that lose exactly so many points, one fact a column."""
    chosen: dict[str, Any] = {}
    for lost, facts in sorted(LOST.items(), reverse=True):
        if lost and lost <= points and not set(facts) & set(chosen):
            chosen |= facts
            points -= lost
    assert points == 0
    return chosen


@pytest.mark.parametrize(
    ("total", "expected"),
    [(100, AAA), (90, AAA), (89, AA), (80, AA), (79, A), (70, A), (69, B), (60, B), (59, C), (45, C), (44, D)],
)
def test_each_grade_begins_at_its_total(total, expected):
    row = grade(**losing(100 - total))
    assert (row["total_points"], row["raw_grade"], row["grade"]) == (total, expected, expected)


VETOES = [
    ("BANKRUPTCY", D, {"adverse_signal": 4}, 0),
    ("DISHONEST", D, {"adverse_signal": 3}, 0),
    ("CLOSURE_ORDER", C, {"adverse_signal": 2}, 0),
    ("", AAA, {"adverse_signal": 1}, 0),
    ("THEFT", D, {"theft_day": TODAY - 729}, TODAY + 1),
    ("", AAA, {"theft_day": TODAY - 730}, 0),
    ("BREACH", C, {"breach_day": TODAY - 364}, TODAY + 1),
    ("", AAA, {"breach_day": TODAY - 365}, 0),
    ("OLD_ARREARS", D, {"arrears_fen": 1, "old_arrears_fen": 1}, 0),
    ("OLD_ARREARS", D, {"arrears_fen": 1, "old_arrears_fen": 1, "repayment_agreement": 2}, 0),
    ("ARREARS_OPEN", A, {"arrears_fen": 1, "old_arrears_fen": 1, "repayment_agreement": 1}, 0),
    ("ARREARS_MONTHS", D, {"arrears_fen": 1, "arrears_months_this_year": 3}, 0),
    ("ARREARS_OPEN", A, {"arrears_fen": 1, "arrears_months_this_year": 2}, 0),
    ("ARREARS_OPEN", A, {"arrears_fen": 1}, 0),
    ("", AAA, {"arrears_fen": 0}, 0),
    ("THEFT", D, {"theft_day": TODAY - 1, "breach_day": TODAY - 1, "arrears_fen": 1}, TODAY + 729),
    ("BREACH", C, {"breach_day": TODAY - 1, "arrears_fen": 1}, TODAY + 364),
]


@pytest.mark.parametrize(("code", "cap", "facts", "until"), VETOES, ids=str)
def test_each_veto_holds_the_grade_down_until_its_end(code, cap, facts, until):
    row = grade(**facts)
    assert (row["veto_code"], row["capped_grade"], row["grade"], row["veto_until_day"]) == (code, cap, cap, until)
    assert row["raw_grade"] == max(row["raw_grade"], cap)


def test_every_veto_of_the_table_is_tried():
    assert {row[0] for row in VETOES} - {""} == {veto.code for veto in TABLE.vetoes}


@pytest.mark.parametrize(
    ("months", "bills", "previous", "expected"),
    [
        (6, 3, 0, AAA),
        (5, 3, 0, B),
        (6, 2, 0, B),
        (0, 0, 0, B),
        (5, 5, D, C),
        (5, 5, B, B),
        (5, 5, AA, AA),
        (40, 0, AAA, AAA),
    ],
)
def test_without_history_the_grade_is_neutral_or_the_one_held(months, bills, previous, expected):
    row = grade(months_known=months, bills_12m=bills, on_time_12m=bills, previous_grade=previous, clean_months=12)
    assert row["grade"] == expected


def test_a_new_account_that_is_late_already_is_not_neutral():
    row = grade(months_known=2, bills_12m=2, on_time_12m=0, overdue_12m=2, longest_overdue_days=40, arrears_fen=9_000)
    assert (row["total_points"], row["raw_grade"], row["grade"]) == (48, C, C)


MOVES = [
    # held, allowed by points, clean months, then
    (AAA, losing(25), 12, A),
    (AA, {}, 3, AAA),
    (AA, {}, 2, AA),
    (B, {}, 3, A),
    (B, {}, 120, A),
    (C, {}, 6, B),
    (C, {}, 5, C),
    (D, {}, 6, C),
    (D, {}, 5, D),
    (A, {}, 2, A),
    (AAA, {}, 0, AAA),
    (A, losing(25), 0, A),
    (D, {"theft_day": TODAY - 1}, 60, D),
    (D, {"breach_day": TODAY - 1}, 6, C),
    (C, {"breach_day": TODAY - 1}, 60, C),
]


@pytest.mark.parametrize(("held", "facts", "clean", "then"), MOVES, ids=str)
def test_down_at_once_and_up_one_step_after_clean_months(held, facts, clean, then):
    assert grade(previous_grade=held, clean_months=clean, **facts)["grade"] == then


@pytest.mark.parametrize(("arrears", "disputed", "then"), [(1, 0, B), (1, 1, A), (0, 0, A)])
def test_no_upgrade_while_undisputed_arrears_are_open(arrears, disputed, then):
    row = grade(previous_grade=B, clean_months=12, arrears_fen=arrears, disputed_fen=disputed)
    assert row["grade"] == then


@settings(max_examples=examples(60))
@given(accounts(), st.sampled_from(["arrears_fen", "overdue_12m", "longest_overdue_days", "broken_promises_12m",
                                    "industry_risk", "adverse_signal", "use_stopped_days", "arrears_months_this_year"]),
       st.integers(1, 40))  # fmt: skip
def test_more_of_what_is_bad_never_raises_points_or_grade(facts, name, more):
    high = dictionary()[name].high or 0
    before, after = graded([facts, facts | {name: min(facts[name] + more, high)}])
    assert all(after[column] <= before[column] for column in (*POINT_COLUMNS, "total_points", "raw_grade"))
    assert after["capped_grade"] <= before["capped_grade"]
    assert after["grade"] <= before["grade"]


@settings(max_examples=examples(60))
@given(accounts(), st.sampled_from(["prepaid_cover_days", "use_trend_permille", "guarantee_fen", "disputed_fen",
                                    "clean_months", "months_known"]), st.integers(1, 30_000))  # fmt: skip
def test_more_of_what_is_good_never_lowers_points_or_grade(facts, name, more):
    high = dictionary()[name].high or 1_000
    before, after = graded([facts, facts | {name: min(facts[name] + more, high)}])
    assert all(after[column] >= before[column] for column in (*POINT_COLUMNS, "total_points", "raw_grade", "grade"))


@settings(max_examples=examples(60))
@given(accounts())
def test_a_grade_rises_by_one_step_at_most_and_stays_below_its_caps(facts):
    row = grade(**facts)
    assert 0 <= row["total_points"] == sum(row[name] for name in POINT_COLUMNS) <= 100
    assert 1 <= row["grade"] <= row["capped_grade"] <= row["raw_grade"] <= BEST
    assert facts["previous_grade"] == 0 or row["grade"] <= facts["previous_grade"] + 1


def test_reasons_name_what_lost_most_first():
    found = reasons(
        top=3, on_time_12m=9, overdue_12m=3, longest_overdue_days=40, guarantee_fen=0, theft_day=TODAY - 800
    )
    assert found == [
        {"account": 0, "place": 1, "code": "ON_TIME_RATE_LOW", "points_lost": 14, "observed": 750, "limit": 1000},
        {"account": 0, "place": 2, "code": "OVERDUE_LONG", "points_lost": 13, "observed": 40, "limit": 0},
        {"account": 0, "place": 3, "code": "OVERDUE_OFTEN", "points_lost": 10, "observed": 3, "limit": 0},
    ]


def test_the_worst_measure_of_an_index_is_its_reason():
    assert reasons(use_trend_permille=600, use_stopped_days=31) == [
        {"account": 0, "place": 1, "code": "USE_STOPPED", "points_lost": 8, "observed": 31, "limit": 9}
    ]


@pytest.mark.parametrize(
    ("facts", "row"),
    [
        ({"theft_day": TODAY - 100}, ("THEFT", 93 - 44, 100, 730)),
        ({"adverse_signal": 4}, ("BANKRUPTCY", 96 - 44, 4, 0)),
        ({"arrears_fen": 300, "disputed_fen": 100}, ("ARREARS_OPEN", 96 - 79, 200, 0)),
        ({"breach_day": TODAY - 9, "on_time_12m": 0, "overdue_12m": 9}, ("BREACH", 0, 9, 365)),
        ({"months_known": 4}, ("HISTORY_SHORT", 0, 4, 6)),
        ({"previous_grade": C, "clean_months": 1}, ("UPGRADE_WAITS", 0, 1, 6)),
    ],
)
def test_what_is_no_index_is_named_too(facts, row):
    found = [tuple(each[name] for name in ("code", "points_lost", "observed", "limit"))
             for each in reasons(**facts) if each["place"] == 0]  # fmt: skip
    assert found == [row]


def test_the_best_customer_has_no_reasons():
    assert reasons() == []


@settings(max_examples=examples(40))
@given(accounts())
def test_reasons_of_indices_add_up_to_what_the_total_lacks(facts):
    found, row = reasons(top=10, **facts), grade(**facts)
    assert sum(each["points_lost"] for each in found if each["place"]) == 100 - row["total_points"]
    assert [each["place"] for each in found if each["place"]] == list(
        range(1, 1 + len([each for each in found if each["place"]]))
    )
    assert {each["code"] for each in found} <= set(TABLE.wording())
    assert row["grade"] == BEST or found


def test_names_and_numbers_of_grades():
    assert [grade_name(number) for number in range(7)] == ["", "D", "C", "B", "A", "AA", "AAA"]
    assert [grade_number(grade_name(number)) for number in range(1, 7)] == list(range(1, 7))


@pytest.mark.parametrize("ask", [lambda: grade_name(7), lambda: grade_name(-1), lambda: grade_number("E")])
def test_what_is_no_grade_is_refused(ask):
    with pytest.raises(UnableToNameGradeError) as refusal:
        ask()
    assert refusal.value.code == "GRADE_UNKNOWN"


MANY = [{"previous_grade": held, **facts} for held in range(7) for facts in (*LOST.values(), *(v[2] for v in VETOES))]


@pytest.mark.spark
def test_grades_are_the_same_on_spark(on_both):
    rows = on_both(lambda frame: behaviour_grades(frame, table=TABLE), table(MANY))
    assert {row["grade"] for row in rows} == set(range(1, 7))


@pytest.mark.spark
def test_reasons_are_the_same_on_spark(on_both):
    rows = on_both(lambda frame: behaviour_reasons(frame, table=TABLE), table(MANY))
    assert {row["place"] for row in rows} == {0, 1, 2}


def test_no_fact_is_a_trait_of_a_person():
    traits = {"sex", "gender", "age", "marriage", "marital", "education", "ethnicity", "nationality", "address", "name"}
    assert {word for name in SOUND for word in name.split("_")} & traits == set()
