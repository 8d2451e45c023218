"""Which terms of payment does a grade lead to, and which of their conditions are still unmet?

Tables say it: `grades/first_terms.yaml` for an application, `grades/behaviour_terms.yaml` for an account. Terms say how,
when and against what guarantee is paid, never at which price. Prepayment always asks for consent on record, and a table
that forgets it is refused.

Basis: 《河南省供用电条例》 article 41 (预购电、预存电费、分期结算 by agreement).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.behaviour_table import GRADE_NAMES, GradeName, grade_name
from zaikong.domain.credit.editions import edition_on
from zaikong.domain.credit.intake_card import FIRST_GRADES, FirstGradeName
from zaikong.domain.law.parameters import Parameter
from zaikong.domain.registry.application import CATEGORIES
from zaikong.kernel.refusal import Refusal

FIRST_FILE: Final = "grades/first_terms.yaml"
BEHAVIOUR_FILE: Final = "grades/behaviour_terms.yaml"

Charging = Literal["post_paid", "split_settlement", "prepayment_device"]
Category = Literal["residential", "agricultural", "business", "industrial", "public"]
Alternative = Literal["auto_debit", "prepayment_device", "bank_guarantee", "insurance_bond", "third_party_guarantee"]
Condition = Literal[
    "contract_clause_signed",
    "consent_recorded",
    "prepayment_agreement_signed",
    "manager_approved",
    "old_debt_settled",
]
Measure = Literal[
    "e_bill",
    "value_services",
    "reminder_before_due",
    "auto_debit",
    "prepayment_device",
    "weekly_estimate",
    "manager_visit",
    "guarantee",
    "one_customer_one_plan",
    "legal_track",
]

TERM_WORDS: Final = MappingProxyType(
    {
        "post_paid": ("后付费", "post-paid"),
        "split_settlement": ("分次结算", "settled in parts"),
        "prepayment_device": ("预付费装置", "prepayment device"),
        "auto_debit": ("银行代扣", "automatic debit"),
        "bank_guarantee": ("银行保函", "bank guarantee"),
        "insurance_bond": ("电费保证保险", "insurance bond"),
        "third_party_guarantee": ("第三方担保", "guarantee of a third party"),
        "contract_clause_signed": ("合同条款已签", "contract clause signed"),
        "consent_recorded": ("用户同意记录已留存", "consent recorded"),
        "prepayment_agreement_signed": ("预付费协议已签", "prepayment agreement signed"),
        "manager_approved": ("主任已审批", "approved by a manager"),
        "old_debt_settled": ("旧欠已结清", "old debt settled"),
        "e_bill": ("电子账单", "electronic bill"),
        "value_services": ("增值服务", "value services"),
        "reminder_before_due": ("到期前提醒", "reminder before the due day"),
        "weekly_estimate": ("每周测算", "weekly estimate"),
        "manager_visit": ("客户经理走访", "visit"),
        "guarantee": ("担保", "guarantee"),
        "one_customer_one_plan": ("一户一策", "plan of its own"),
        "legal_track": ("法律途径", "legal steps"),
    }
)
"""Every word of the tables in Chinese and English."""

_FEWEST, _MOST = 2, 4


class UnableToProposeTermsError(Refusal):
    """There is no grade to propose terms for."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Split(_Row):
    """Settlements a month of a bill at least so large [fen]."""

    at_least_fen: int = Field(ge=0, strict=True)
    settlements_a_month: int = Field(ge=_FEWEST, le=_MOST, strict=True)


class FirstTermsRow(_Row):
    """Terms of some grades and categories.

    Attributes:
        grades: First grades it stands for.
        categories: User categories it stands for.
        split_from_fen: Bill from which a post-paid month is settled in parts, None for never [fen].
        charging: How is paid.
        guarantee_months: Guarantee in months of the expected bill.
        alternatives: What may stand in place of the charging or the guarantee.
        conditions: What must be on record before the terms hold.
        zh: The terms in Chinese.
        en: The terms in English.
    """

    grades: tuple[FirstGradeName, ...] = Field(min_length=1)
    categories: tuple[Category, ...] = Field(min_length=1)
    split_from_fen: int | None = Field(default=None, gt=0, strict=True)
    charging: Charging
    guarantee_months: int = Field(ge=0, le=12, strict=True)
    alternatives: tuple[Alternative, ...]
    conditions: tuple[Condition, ...]
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="after")
    def _consent(self) -> "FirstTermsRow":
        if self.charging == "prepayment_device" and "consent_recorded" not in self.conditions:
            raise ValueError("prepayment has the condition consent_recorded")
        return self


class FirstTerms(Parameter):
    """Terms by first grade and category; every pair has exactly one row."""

    name: ClassVar[str] = "first_terms"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    split_by_bill: tuple[Split, ...] = Field(min_length=1)
    rows: tuple[FirstTermsRow, ...]

    @model_validator(mode="after")
    def _complete(self) -> "FirstTerms":
        pairs = [(grade, kind) for row in self.rows for grade in row.grades for kind in row.categories]
        wanted = [(grade, kind) for grade in FIRST_GRADES for kind in CATEGORIES]
        wrong = [f"{grade} {kind}" for grade, kind in wanted if [str(g) + k for g, k in pairs].count(grade + kind) != 1]
        if wrong:
            raise ValueError(f"rows: one row each for {', '.join(wrong)}")
        if any(a.at_least_fen <= b.at_least_fen for a, b in pairwise(self.split_by_bill)):
            raise ValueError("split_by_bill: the largest bill first")
        if self.split_by_bill[-1].at_least_fen != 0:
            raise ValueError("split_by_bill: the last row is for any bill, at_least_fen 0")
        return self


class BehaviourTermsRow(_Row):
    """What some behaviour grades lead to."""

    grades: tuple[GradeName, ...] = Field(min_length=1)
    charging: Charging
    measures: tuple[Measure, ...]
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class BehaviourTerms(Parameter):
    """Measures by behaviour grade; every grade has exactly one row."""

    name: ClassVar[str] = "behaviour_terms"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    rows: tuple[BehaviourTermsRow, ...]

    @model_validator(mode="after")
    def _complete(self) -> "BehaviourTerms":
        if sorted(grade for row in self.rows for grade in row.grades) != sorted(GRADE_NAMES):
            raise ValueError("rows: each grade stands in one row")
        return self


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms proposed for an application.

    Attributes:
        charging: How is paid.
        settlements_a_month: 1, or 2 to 4 where a month is settled in parts.
        guarantee_fen: Guarantee asked for, None where the expected bill is not known yet [fen].
        alternatives: What may stand in its place.
        conditions: What must be on record first.
        zh: The terms in Chinese.
        en: The terms in English.
        edition: Edition of the table.
    """

    charging: Charging
    settlements_a_month: int
    guarantee_fen: int | None
    alternatives: tuple[str, ...]
    conditions: tuple[str, ...]
    zh: str
    en: str
    edition: str


def propose_terms(grade: FirstGradeName | None, *, category: str, monthly_bill_fen: int | None, as_of: date) -> Terms:
    """Terms a first grade, or the clerk's own in its place, leads to.

    Args:
        grade: First grade, None while too little is known.
        category: User category.
        monthly_bill_fen: Bill expected for a month, None where it is not known [fen].
        as_of: Business date.

    Raises:
        UnableToProposeTermsError: `GRADE_OPEN`, or `CATEGORY_UNKNOWN`.
    """
    if grade is None:
        raise UnableToProposeTermsError(
            "too little is known for a grade, so no terms follow from it",
            code="GRADE_OPEN",
            remedy="Bring the papers named, or override the grade with a reason.",
        )
    table = edition_on(FirstTerms, FIRST_FILE, as_of=as_of)
    row = next((row for row in table.value.rows if grade in row.grades and category in row.categories), None)
    if row is None:
        raise UnableToProposeTermsError(
            f"{category!r} is not a user category",
            code="CATEGORY_UNKNOWN",
            fields={"category": category},
            remedy=f"The categories are {', '.join(CATEGORIES)}.",
        )
    bill = monthly_bill_fen
    no_guarantee = row.guarantee_months == 0
    return Terms(
        charging=row.charging,
        settlements_a_month=_settlements(row, bill or 0, table.value),
        guarantee_fen=0 if no_guarantee else None if bill is None else bill * row.guarantee_months,
        alternatives=row.alternatives,
        conditions=row.conditions,
        zh=row.zh,
        en=row.en,
        edition=table.edition,
    )


def unmet_conditions(terms: Terms, recorded: Collection[str]) -> tuple[str, ...]:
    """Conditions of the terms that are not on record; a contract waits for all of them."""
    return tuple(condition for condition in terms.conditions if condition not in recorded)


def behaviour_terms(grade: int, *, as_of: date) -> BehaviourTermsRow:
    """What a behaviour grade leads to.

    Args:
        grade: Number of the grade, 1 to 6.
        as_of: Business date.

    Raises:
        UnableToProposeTermsError: `GRADE_OPEN` for 0, no grade yet.
        UnableToNameGradeError: No such grade.
    """
    name = grade_name(grade)
    if not name:
        raise UnableToProposeTermsError(
            "an account without a grade has no terms", code="GRADE_OPEN", remedy="Grade it."
        )
    table = edition_on(BehaviourTerms, BEHAVIOUR_FILE, as_of=as_of)
    return next(row for row in table.value.rows if name in row.grades)


def _settlements(row: FirstTermsRow, bill_fen: int, table: FirstTerms) -> int:
    parts = row.charging == "split_settlement" or (row.split_from_fen is not None and bill_fen >= row.split_from_fen)
    if not parts:
        return 1
    return next(split.settlements_a_month for split in table.split_by_bill if bill_fen >= split.at_least_fen)
