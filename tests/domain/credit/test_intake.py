"""The first grade: points, what is missing, vetoes, overrides."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.domain.credit.intake import (
    EarlierAccount,
    FirstGrade,
    GradeOverride,
    IntakeApplication,
    UnableToGradeApplicationError,
    UnableToOverrideGradeError,
    application_of,
    grade_application,
    override_grade,
)
from zaikong.domain.credit.intake_card import CREDIT_PAPERS, FACTS, FIRST_GRADES, PAPER_NAMES, card, first_grade_rule
from zaikong.domain.registry.application import CATEGORIES
from zaikong.kernel.dated import UnableToFindValueError

TODAY = date(2025, 6, 1)
RULE = first_grade_rule(as_of=TODAY).value

PERFECT: dict[str, Any] = {
    "category": "business",
    "papers": frozenset(PAPER_NAMES),
    "established_on": date(2015, 1, 1),
    "registered_capital_fen": 100_000_000,
    "premises": "owned",
    "monthly_bill_fen": 1_000_000,
    "capacity_centi_kva": 1_600,
    "industry_risk": 0,
    "earlier_accounts": (EarlierAccount(account_no="4100000001", bills=24, on_time=24),),
    "adverse_signal": 0,
    "bank_credit_line_fen": 10_000_000,
    "guarantee_fen": 3_000_000,
}


def first(**facts: Any) -> FirstGrade:
    return grade_application(IntakeApplication(**PERFECT | facts), as_of=TODAY)


def points(result: FirstGrade) -> dict[str, int | None]:
    return {item.code: item.points for item in result.items}


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_perfect_application_has_all_the_points_on_every_card(category):
    found = first(category=category, monthly_bill_fen=30_000, registered_capital_fen=100_000_000)
    assert (found.score, found.lowest_score, found.highest_score, found.judged_weight) == (100, 100, 100, 100)
    assert (found.grade, found.lowest_grade, found.highest_grade) == ("A", "A", "A")
    assert (found.provisional, found.missing, found.vetoes, found.card_edition) == (False, (), (), "2026")


def test_own_points_are_marked_unverified():
    assert first().verified is False


STEPS = [
    ("YEARS_ESTABLISHED", "established_on", [(date(2020, 6, 1), 15), (date(2020, 6, 2), 10), (date(2023, 6, 1), 10),
                                            (date(2023, 6, 2), 5), (date(2024, 6, 1), 5), (date(2024, 6, 2), 0)]),
    ("CAPITAL", "registered_capital_fen", [(24_000_000, 10), (23_999_999, 6), (12_000_000, 6), (11_999_999, 3),
                                           (6_000_000, 3), (5_999_999, 0), (0, 0)]),
    ("PREMISES", "premises", [("owned", 10), ("rented", 4)]),
    ("SIGNALS", "adverse_signal", [(0, 15), (1, 7), (2, 0), (4, 0)]),
    ("INDUSTRY", "industry_risk", [(0, 10), (1, 7), (2, 3), (3, 0)]),
    ("BANK_LINE", "bank_credit_line_fen", [(6_000_000, 5), (5_999_999, 3), (3_000_000, 3), (2_999_999, 2), (1, 2), (0, 1)]),
    ("GUARANTEE", "guarantee_fen", [(3_000_000, 10), (2_999_999, 7), (1_000_000, 7), (999_999, 4), (0, 3)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "fact", "value", "earned"),
    [(code, fact, value, earned) for code, fact, steps in STEPS for value, earned in steps],
)
def test_each_band_holds_at_its_limit_and_not_beyond(code, fact, value, earned):
    assert points(first(**{fact: value}))[code] == earned


@pytest.mark.parametrize(("bill", "earned"), [(1_000_000, 5), (1_000_001, 2), (5_000_000, 2), (5_000_001, 0)])
def test_a_larger_bill_earns_less(bill, earned):
    assert points(first(monthly_bill_fen=bill))["BILL_SIZE"] == earned


@pytest.mark.parametrize(
    ("accounts", "earned"),
    [
        ([(50, 49)], 20),
        ([(50, 48)], 14),
        ([(10, 9)], 14),
        ([(100, 89)], 7),
        ([(4, 3)], 7),
        ([(100, 74)], 0),
        ([(10, 10), (10, 8)], 14),
        ([], 13),
        ([(0, 0)], 13),
    ],
)
def test_the_record_is_that_of_all_earlier_accounts_together(accounts, earned):
    earlier = tuple(
        EarlierAccount(account_no=f"41{place}", bills=b, on_time=o) for place, (b, o) in enumerate(accounts)
    )
    assert points(first(earlier_accounts=earlier))["RECORD"] == earned


def test_a_missing_paper_lowers_nothing_and_is_asked_for():
    found = first(papers=frozenset(PAPER_NAMES) - {"business_licence"})
    assert {code for code, earned in points(found).items() if earned is None} == {
        "YEARS_ESTABLISHED",
        "CAPITAL",
        "INDUSTRY",
    }
    assert (found.score, found.lowest_score, found.highest_score, found.judged_weight) == (100, 65, 100, 65)
    assert (found.grade, found.lowest_grade, found.highest_grade, found.provisional) == ("A", "C", "A", True)
    (asked,) = found.missing
    assert (asked.kind, asked.any_of, asked.items) == (
        "paper", ("business_licence",), ("YEARS_ESTABLISHED", "CAPITAL", "INDUSTRY"))  # fmt: skip
    assert (asked.zh, asked.en) == ("请提供营业执照", "Bring business licence.")


def test_one_of_several_papers_is_enough():
    others = frozenset(PAPER_NAMES) - {"premise_title", "lease_contract"}
    assert points(first(papers=others | {"lease_contract"}, premises="rented"))["PREMISES"] == 4
    (asked,) = first(papers=others).missing
    assert (asked.any_of, asked.zh) == (("premise_title", "lease_contract"), "请提供用电地址权属证明或租赁合同")


def test_a_missing_fact_is_asked_for_by_its_name():
    found = first(industry_risk=None)
    assert [(each.kind, each.any_of, each.items, each.zh) for each in found.missing] == [
        ("fact", ("industry_risk",), ("INDUSTRY",), "请补充行业风险等级")
    ]
    assert points(found)["INDUSTRY"] is None


def test_nothing_offered_needs_no_paper():
    papers = frozenset(PAPER_NAMES) - {"guarantee_letter", "bank_credit_letter"}
    assert first(papers=papers, guarantee_fen=0, bank_credit_line_fen=0).provisional is False
    assert {each.any_of for each in first(papers=papers).missing} == {("guarantee_letter",), ("bank_credit_letter",)}


def test_where_too_little_is_judged_there_is_no_grade():
    found = grade_application(IntakeApplication(category="business"), as_of=TODAY)
    assert (found.grade, found.score, found.lowest_score, found.highest_score) == (None, None, 0, 100)
    assert (found.lowest_grade, found.highest_grade, found.provisional) == ("E", "A", True)
    assert {fact for each in found.missing if each.kind == "fact" for fact in each.any_of} == set(FACTS) - {
        "capacity_centi_kva"
    }


@pytest.mark.parametrize(("open_items", "grade"), [(("INDUSTRY",), "A"), (("RECORD", "SIGNALS", "INDUSTRY"), "A")])
def test_a_grade_stands_on_at_least_the_weight_the_table_asks_for(open_items, grade):
    facts = {"INDUSTRY": "industry_risk", "RECORD": "earlier_accounts", "SIGNALS": "adverse_signal"}
    found = first(**{facts[code]: None for code in open_items})
    assert (found.grade, found.judged_weight >= RULE.least_judged) == (grade, True)


def test_a_veto_nobody_looked_for_may_still_come():
    assert first(adverse_signal=None).lowest_grade == "E"
    assert first(earlier_accounts=None).lowest_grade == "E"


@pytest.mark.parametrize(
    ("score", "grade"),
    [(100, "A"), (85, "A"), (84, "B"), (70, "B"), (69, "C"), (55, "C"), (54, "D"), (40, "D"), (39, "E"), (0, "E")],
)
def test_each_grade_begins_at_its_score(score, grade):
    assert RULE.grade_of(score) == grade


def earlier(**facts: Any) -> tuple[EarlierAccount, ...]:
    return (EarlierAccount(account_no="4100000001", bills=24, on_time=24, **facts),)


VETOES = [
    ({"adverse_signal": 4}, [("BANKRUPTCY", "E", None)], "E"),
    ({"adverse_signal": 3}, [("DISHONEST", "E", None)], "E"),
    ({"adverse_signal": 2}, [("CLOSURE_ORDER", "D", None)], "D"),
    ({"adverse_signal": 1}, [], "A"),
    ({"earlier_accounts": earlier(theft_on=date(2023, 6, 3))}, [("THEFT", "E", date(2025, 6, 2))], "E"),
    ({"earlier_accounts": earlier(theft_on=date(2023, 6, 2))}, [], "A"),
    ({"earlier_accounts": earlier(breach_on=date(2024, 6, 2))}, [("BREACH", "D", date(2025, 6, 2))], "D"),
    ({"earlier_accounts": earlier(breach_on=date(2024, 6, 1))}, [], "A"),
    ({"earlier_accounts": earlier(arrears_fen=1)}, [("OLD_ARREARS", "E", None)], "E"),
    ({"earlier_accounts": earlier(arrears_fen=1, repayment_agreement="broken")}, [("OLD_ARREARS", "E", None)], "E"),
    ({"earlier_accounts": earlier(arrears_fen=1, repayment_agreement="honoured")}, [("ARREARS_AGREED", "C", None)], "C"),
    ({"earlier_accounts": earlier(repayment_agreement="honoured")}, [], "A"),
    ({"adverse_signal": 2, "earlier_accounts": earlier(arrears_fen=1)},
     [("OLD_ARREARS", "E", None), ("CLOSURE_ORDER", "D", None)], "E"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "vetoes", "grade"), VETOES, ids=str)
def test_each_veto_holds_the_grade_down_whatever_the_score(facts, vetoes, grade):
    found = first(**facts)
    assert [(each.code, each.grade, each.until) for each in found.vetoes] == vetoes
    assert (found.grade, found.highest_grade, found.lowest_grade) == (grade, grade, grade)


def test_every_veto_of_the_table_is_tried():
    assert {code for _, vetoes, _ in VETOES for code, _, _ in vetoes} == {veto.code for veto in RULE.vetoes}


def test_a_veto_names_the_account_it_comes_from():
    assert [each.account_no for each in first(earlier_accounts=earlier(arrears_fen=1)).vetoes] == ["4100000001"]


@pytest.mark.parametrize(
    "facts",
    [
        {"established_on": date(2025, 6, 2)},
        {"earlier_accounts": earlier(theft_on=date(2025, 6, 2))},
        {"earlier_accounts": earlier(breach_on=date(2026, 1, 1))},
    ],
)
def test_a_fact_of_the_future_is_refused(facts):
    with pytest.raises(UnableToGradeApplicationError) as refusal:
        first(**facts)
    assert refusal.value.code == "FACT_IN_FUTURE"


@pytest.mark.parametrize(
    ("facts", "fields"),
    [
        ({"category": "school"}, {"category"}),
        ({"category": "business", "papers": frozenset({"passport"})}, {"papers"}),
        ({"category": "business", "monthly_bill_fen": 0}, {"monthly_bill_fen"}),
        ({"category": "business", "monthly_bill_fen": 10.5}, {"monthly_bill_fen"}),
        (
            {"category": "business", "registered_capital_fen": -1, "industry_risk": 4},
            {"registered_capital_fen", "industry_risk"},
        ),
        ({"category": "residential", "age": 71}, {"age"}),
        ({"category": "residential", "sex": "F", "marital_state": 1}, {"sex", "marital_state"}),
        (
            {"category": "business", "earlier_accounts": ({"account_no": "1", "bills": 1, "on_time": 2},)},
            {"earlier_accounts.0"},
        ),
    ],
)
def test_a_wrong_application_is_refused_by_its_fields(facts, fields):
    with pytest.raises(UnableToGradeApplicationError) as refusal:
        application_of(facts)
    assert (refusal.value.code, set(refusal.value.fields)) == ("APPLICATION_WRONG", fields)


def test_no_fact_is_a_trait_of_a_person():
    traits = {
        "sex",
        "gender",
        "age",
        "marriage",
        "marital",
        "education",
        "ethnicity",
        "nationality",
        "address",
        "birth",
    }
    names = {*IntakeApplication.model_fields, *EarlierAccount.model_fields}
    assert {word for name in names for word in name.split("_")} & traits == set()


def test_before_the_first_edition_there_is_no_card():
    with pytest.raises(UnableToFindValueError):
        card("business", as_of=date(2014, 12, 31))


def test_papers_of_the_grade_stand_beside_those_of_the_application():
    assert set(CREDIT_PAPERS) <= set(PAPER_NAMES)
    asked = {paper for kind in CATEGORIES for item in card(kind, as_of=TODAY).value.items for paper in item.papers}
    assert asked <= set(PAPER_NAMES)
    assert set(CREDIT_PAPERS) <= asked


OPEN = st.sets(st.sampled_from(["established_on", "registered_capital_fen", "premises", "industry_risk", "earlier_accounts",
                                "adverse_signal", "bank_credit_line_fen", "guarantee_fen", "monthly_bill_fen"]))  # fmt: skip


@given(
    OPEN, st.sets(st.sampled_from(sorted(PAPER_NAMES))), st.sampled_from(CATEGORIES), st.integers(0, 4), st.booleans()
)
def test_what_comes_later_stays_within_the_range_that_was_shown(unknown, gone, category, signal, owned):
    facts = PERFECT | {"category": category, "adverse_signal": signal, "premises": "owned" if owned else "rented"}
    whole = grade_application(IntakeApplication(**facts), as_of=TODAY)
    partly = grade_application(
        IntakeApplication(**facts | dict.fromkeys(unknown) | {"papers": frozenset(PAPER_NAMES) - gone}), as_of=TODAY
    )
    assert partly.lowest_score <= whole.score <= partly.highest_score
    assert partly.score is None or partly.lowest_score <= partly.score <= partly.highest_score
    place = FIRST_GRADES.index
    assert place(partly.highest_grade) <= place(whole.grade) <= place(partly.lowest_grade)
    assert partly.provisional == any(item.points is None for item in partly.items) == bool(partly.missing)


@pytest.mark.parametrize("fact", ["registered_capital_fen", "guarantee_fen", "bank_credit_line_fen"])
def test_more_of_what_is_good_never_lowers_the_score(fact):
    scores = [first(**{fact: amount}).score for amount in (0, 1, 10**6, 3 * 10**6, 10**7, 3 * 10**7, 10**12)]
    assert all(a <= b for a, b in pairwise(scores))


def test_an_override_keeps_what_was_proposed():
    proposed = first(earlier_accounts=earlier(arrears_fen=1))
    assert override_grade(proposed, "C", " 欠费已于当日现金缴清 ", "u017") == GradeOverride(
        proposed="E",
        grade="C",
        upward=True,
        against=("OLD_ARREARS",),
        provisional=False,
        reason="欠费已于当日现金缴清",
        staff="u017",
        card_edition="2026",
        as_of=TODAY,
    )
    down = override_grade(first(), "B", "新址经营情况不明", "u017")
    assert (down.proposed, down.upward, down.against) == ("A", False, ())


def test_where_there_is_no_grade_a_clerk_may_give_one():
    nothing = grade_application(IntakeApplication(category="business"), as_of=TODAY)
    given_grade = override_grade(nothing, "D", "papers follow on Monday", "u017")
    assert (given_grade.proposed, given_grade.grade, given_grade.upward, given_grade.provisional) == (
        None,
        "D",
        False,
        True,
    )


@pytest.mark.parametrize(
    ("grade", "reason", "staff", "code"),
    [
        ("A", "a good reason", "u017", "GRADE_SAME"),
        ("F", "a good reason", "u017", "GRADE_UNKNOWN"),
        ("", "a good reason", "u017", "GRADE_UNKNOWN"),
        ("B", "   ", "u017", "REASON_MISSING"),
        ("B", "abc", "u017", "REASON_MISSING"),
        ("B", "a good reason", " ", "STAFF_MISSING"),
    ],
)
def test_an_override_needs_another_grade_a_reason_and_an_author(grade, reason, staff, code):
    with pytest.raises(UnableToOverrideGradeError) as refusal:
        override_grade(first(), grade, reason, staff)
    assert refusal.value.code == code
