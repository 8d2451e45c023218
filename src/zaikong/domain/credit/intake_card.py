"""Which scorecard judges an application, and what grade does its total give?

A card a user category stands in `cards/*.yaml`; grades and vetoes, the same for all, in `grades/first_grade.yaml`. Both
are dated. An item is judged by one measure of the application, once a paper that proves it is on file.

Basis: 武经电[2005]60号 for the vetoes; items and points are the company's own (the files say so row by row).
"""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.editions import edition_on
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.domain.registry.papers import PAPERS
from zaikong.kernel.dated import Basis

FIRST_GRADES: Final = ("A", "B", "C", "D", "E")
"""First grades, the best first."""

FirstGradeName = Literal["A", "B", "C", "D", "E"]

CREDIT_PAPERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lease_contract": "租赁合同",
        "bank_credit_letter": "银行授信证明",
        "guarantee_letter": "担保函",
    }
)
"""Papers asked for the grade only, beside those an application needs anyway."""

PAPER_NAMES: Final[Mapping[str, str]] = MappingProxyType({**PAPERS, **CREDIT_PAPERS})
"""Every kind of paper to its Chinese name."""

FACTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "established_on": ("成立日期", "day of establishment"),
        "registered_capital_fen": ("注册资本", "registered capital"),
        "premises": ("经营或居住场所", "premises"),
        "monthly_bill_fen": ("预计月电费", "expected monthly bill"),
        "capacity_centi_kva": ("申请容量", "capacity asked for"),
        "industry_risk": ("行业风险等级", "risk of the industry"),
        "earlier_accounts": ("历史用电户核查", "search for earlier accounts"),
        "adverse_signal": ("司法与失信核查", "check of court and dishonesty signals"),
        "bank_credit_line_fen": ("银行授信额度", "bank credit line"),
        "guarantee_fen": ("担保金额", "guarantee offered"),
    }
)
"""Facts of an application that an item may need, with their Chinese and English names."""

MEASURE_FACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "years_established": ("established_on",),
        "capital_permille": ("registered_capital_fen", "monthly_bill_fen"),
        "premises_owned": ("premises",),
        "monthly_bill_fen": ("monthly_bill_fen",),
        "capacity_centi_kva": ("capacity_centi_kva",),
        "industry_risk": ("industry_risk",),
        "record_permille": ("earlier_accounts",),
        "adverse_signal": ("adverse_signal",),
        "bank_line_permille": ("bank_credit_line_fen", "monthly_bill_fen"),
        "guarantee_permille": ("guarantee_fen", "monthly_bill_fen"),
    }
)
"""Each measure and the facts it needs; ratios are to a monthly bill."""

LESS_IS_BETTER: Final = frozenset({"monthly_bill_fen", "capacity_centi_kva", "industry_risk", "adverse_signal"})
MAY_BE_NONE: Final = frozenset({"record_permille", "bank_line_permille", "guarantee_permille"})
"""Measures of which there may be none at all: no earlier account, no line, no guarantee."""

CARD_FILES: Final = "cards/{category}.yaml"
RULE_FILE: Final = "grades/first_grade.yaml"
_FULL = 100


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Outcome(_Row):
    """Points and why, in two languages."""

    points: int = Field(ge=0, strict=True)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Band(Outcome):
    """An outcome for a measure of at least, or at most, a limit."""

    at_least: int | None = Field(default=None, strict=True)
    at_most: int | None = Field(default=None, strict=True)

    @model_validator(mode="after")
    def _one_limit(self) -> "Band":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a band has either at_least or at_most")
        return self

    @property
    def limit(self) -> int:
        """The limit, whichever way it is held."""
        return self.at_least if self.at_least is not None else self.at_most or 0


class Item(_Row):
    """One item of a card.

    Attributes:
        code: Reason code.
        measure: What it is judged by.
        weight: Points it can earn.
        papers: Kinds of paper, any of which proves it; none where the company's own records do.
        zh: Its name in Chinese.
        en: Its name in English.
        bands: Best first.
        otherwise: Below the last band.
        none: Where there is none of the measure.
    """

    code: str = Field(pattern=r"^[A-Z][A-Z_]+$")
    measure: str
    weight: int = Field(gt=0, strict=True)
    papers: tuple[str, ...]
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    bands: tuple[Band, ...] = Field(min_length=1)
    otherwise: Outcome
    none: Outcome | None = None

    @model_validator(mode="after")
    def _sound(self) -> "Item":
        for fault in (self._name_fault(), self._band_fault()):
            if fault:
                raise ValueError(fault)
        return self

    def _name_fault(self) -> str:
        if self.measure not in MEASURE_FACTS:
            return f"measure {self.measure} is none of {', '.join(MEASURE_FACTS)}"
        unknown = [paper for paper in self.papers if paper not in PAPER_NAMES]
        if unknown:
            return f"papers: {', '.join(unknown)} unknown"
        if (self.none is not None) != (self.measure in MAY_BE_NONE):
            return f"none: {'stands only for' if self.none else 'is missing for'} {self.measure}"
        return ""

    def _band_fault(self) -> str:
        falls = self.measure in LESS_IS_BETTER
        if any((band.at_most is not None) != falls for band in self.bands):
            return f"bands of {self.measure} are {'at_most' if falls else 'at_least'}"
        limits = [band.limit if falls else -band.limit for band in self.bands]
        points = [*(band.points for band in self.bands), self.otherwise.points]
        if any(a >= b for a, b in pairwise(limits)) or any(a <= b for a, b in pairwise(points)):
            return f"bands of {self.measure}: limits and points run from the best down"
        if points[0] != self.weight or (self.none and self.none.points > self.weight):
            return f"the best band earns {points[0]}, the weight is {self.weight}"
        return ""


class Card(Parameter):
    """The scorecard of a user category."""

    name: ClassVar[str] = "card"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    category: Literal["residential", "agricultural", "business", "industrial", "public"]
    items: tuple[Item, ...]

    @model_validator(mode="after")
    def _whole(self) -> "Card":
        total = sum(item.weight for item in self.items)
        if total != _FULL:
            raise ValueError(f"weights add up to {total}, not {_FULL}")
        if len({item.code for item in self.items}) != len(self.items):
            raise ValueError("one code, one item")
        return self


class IntakeVeto(_Row):
    """A fact that holds a first grade down whatever the points.

    Attributes:
        code: Which fact.
        grade: Best grade it allows.
        days: Days it lasts, 0 while the fact stands [day].
        zh: What it says, in Chinese.
        en: What it says, in English.
        basis: Where it comes from.
    """

    code: Literal["BANKRUPTCY", "DISHONEST", "THEFT", "BREACH", "OLD_ARREARS", "ARREARS_AGREED", "CLOSURE_ORDER"]
    grade: FirstGradeName
    days: int = Field(default=0, ge=0, strict=True)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    basis: Basis


class FirstGradeRule(Parameter):
    """What a total gives, and what holds it down.

    Attributes:
        grades: Lowest score of each grade but E.
        least_judged: Weight that must be judged before there is a grade at all.
        vetoes: Facts that hold it down.
    """

    name: ClassVar[str] = "first_grade"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    grades: dict[FirstGradeName, int]
    least_judged: int = Field(ge=1, le=_FULL, strict=True)
    vetoes: tuple[IntakeVeto, ...]

    @model_validator(mode="after")
    def _whole(self) -> "FirstGradeRule":
        if tuple(self.grades) != FIRST_GRADES[:-1]:
            raise ValueError("grades: a lowest score for A, B, C and D, in this order")
        lows = list(self.grades.values())
        if any(a <= b for a, b in pairwise([_FULL + 1, *lows, 0])):
            raise ValueError("grades: scores fall from A to D within 1 to 100")
        if len({veto.code for veto in self.vetoes}) != len(self.vetoes):
            raise ValueError("vetoes: one code, one veto")
        return self

    def grade_of(self, score: int) -> FirstGradeName:
        """The grade of a score of 0 to 100."""
        return next((name for name, low in self.grades.items() if score >= low), "E")


def card(category: str, *, as_of: date) -> Version[Card]:
    """The card of a user category in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return edition_on(Card, CARD_FILES.format(category=category), as_of=as_of)


def first_grade_rule(*, as_of: date) -> Version[FirstGradeRule]:
    """Grades and vetoes in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return edition_on(FirstGradeRule, RULE_FILE, as_of=as_of)
