"""Terms by grade, and the conditions a contract waits for."""

from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from zaikong.domain.credit import terms as module
from zaikong.domain.credit.behaviour_table import GRADE_NAMES, UnableToNameGradeError
from zaikong.domain.credit.intake_card import FIRST_GRADES
from zaikong.domain.credit.terms import (
    TERM_WORDS,
    Terms,
    UnableToProposeTermsError,
    behaviour_terms,
    propose_terms,
    unmet_conditions,
)
from zaikong.domain.registry.application import CATEGORIES

TODAY = date(2025, 6, 1)


def proposed(grade: Any, category: str = "industrial", bill: int | None = 20_000_000) -> Terms:
    return propose_terms(grade, category=category, monthly_bill_fen=bill, as_of=TODAY)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("grade", FIRST_GRADES)
def test_every_grade_of_every_category_has_terms(grade, category):
    found = proposed(grade, category)
    assert found.charging in {"post_paid", "split_settlement", "prepayment_device"}
    assert ("consent_recorded" in found.conditions) == (found.charging == "prepayment_device") == (grade in {"D", "E"})


@pytest.mark.parametrize(
    ("grade", "category", "bill", "charging", "settlements", "guarantee"),
    [
        ("A", "industrial", 10**9, "post_paid", 1, 0),
        ("B", "industrial", 9_999_999, "post_paid", 1, 0),
        ("B", "industrial", 10_000_000, "post_paid", 3, 0),
        ("B", "industrial", 50_000_000, "post_paid", 4, 0),
        ("B", "public", 50_000_000, "post_paid", 1, 0),
        ("C", "business", 9_999_999, "split_settlement", 2, 9_999_999),
        ("C", "business", 10_000_000, "split_settlement", 3, 10_000_000),
        ("C", "business", 49_999_999, "split_settlement", 3, 49_999_999),
        ("C", "business", 50_000_000, "split_settlement", 4, 50_000_000),
        ("C", "business", None, "split_settlement", 2, None),
        ("C", "residential", 20_000, "post_paid", 1, 0),
        ("D", "business", 10_000_000, "prepayment_device", 1, 0),
        ("E", "business", 10_000_000, "prepayment_device", 1, 20_000_000),
        ("E", "residential", 20_000, "prepayment_device", 1, 0),
    ],
)
def test_terms_follow_grade_category_and_bill(grade, category, bill, charging, settlements, guarantee):
    found = proposed(grade, category, bill)
    assert (found.charging, found.settlements_a_month, found.guarantee_fen) == (charging, settlements, guarantee)


def test_a_contract_waits_for_every_condition():
    found = proposed("E")
    assert unmet_conditions(found, []) == (
        "consent_recorded", "prepayment_agreement_signed", "manager_approved", "old_debt_settled")  # fmt: skip
    assert unmet_conditions(found, ["manager_approved", "old_debt_settled", "prepayment_agreement_signed"]) == (
        "consent_recorded",
    )
    assert unmet_conditions(found, found.conditions) == ()
    assert unmet_conditions(proposed("A"), []) == ()


@pytest.mark.parametrize(
    ("grade", "category", "code"), [(None, "business", "GRADE_OPEN"), ("A", "school", "CATEGORY_UNKNOWN")]
)
def test_without_a_grade_or_a_category_nothing_is_proposed(grade, category, code):
    with pytest.raises(UnableToProposeTermsError) as refusal:
        proposed(grade, category)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("grade", "charging"),
    [
        (6, "post_paid"),
        (5, "post_paid"),
        (4, "post_paid"),
        (3, "post_paid"),
        (2, "split_settlement"),
        (1, "prepayment_device"),
    ],
)
def test_every_behaviour_grade_has_terms(grade, charging):
    found = behaviour_terms(grade, as_of=TODAY)
    assert (GRADE_NAMES[grade - 1] in found.grades, found.charging) == (True, charging)


def test_no_behaviour_grade_no_terms():
    with pytest.raises(UnableToProposeTermsError) as refusal:
        behaviour_terms(0, as_of=TODAY)
    assert refusal.value.code == "GRADE_OPEN"
    with pytest.raises(UnableToNameGradeError):
        behaviour_terms(7, as_of=TODAY)


def test_every_word_of_the_tables_has_a_chinese_and_an_english_name():
    words = {
        w for kind in (module.Charging, module.Alternative, module.Condition, module.Measure) for w in get_args(kind)
    }
    assert set(TERM_WORDS) == words


def test_a_grade_never_reaches_a_price():
    domain = Path(module.__file__).parents[1]
    readers = [file.name for place in ("billing", "ledger", "law", "metering") for file in (domain / place).rglob("*.py")
               if "domain.credit" in file.read_text(encoding="utf-8")]  # fmt: skip
    written = [file.name for place in ("cards", "grades") for file in (domain / "credit" / place).glob("*.yaml")
               if "price_e8" in file.read_text(encoding="utf-8")]  # fmt: skip
    assert (readers, written) == ([], [])
