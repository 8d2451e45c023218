"""What weights, thresholds, vetoes and steps decide a behaviour grade on a given day?

They are dated rows of `grades/behaviour.yaml`. Every ladder must fall from its weight step by step, so that a worse
fact never earns more points; a file that says otherwise is refused.

Basis: the index set and the vetoes of 武经电[2005]60号 and 昆明 2022 as `grades/behaviour.yaml` cites them; weights and
thresholds are the company's own.
"""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from zaikong.domain.credit.editions import edition_on
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import Basis
from zaikong.kernel.refusal import Refusal

GRADE_NAMES: Final = ("D", "C", "B", "A", "AA", "AAA")
"""Names of the grades, the worst first; the number of a grade is its place from 1, and 0 is no grade yet."""

BEST: Final = len(GRADE_NAMES)

FILE: Final = "grades/behaviour.yaml"

INDEX_MEASURES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "on_time": ("on_time_permille",),
        "overdue": ("overdue_12m",),
        "longest": ("longest_overdue_days",),
        "arrears": ("arrears_permille",),
        "cover": ("prepaid_cover_days",),
        "use": ("use_trend_permille", "use_stopped_days"),
        "conduct": ("days_since_theft", "days_since_breach", "broken_promises_12m"),
        "industry": ("industry_risk",),
        "signal": ("adverse_signal",),
        "guarantee": ("guarantee_permille",),
    }
)
"""Each index and what it is judged by; the worst of its measures gives the points."""

HIGHER_IS_BETTER: Final = frozenset(
    {
        "on_time_permille",
        "prepaid_cover_days",
        "use_trend_permille",
        "days_since_theft",
        "days_since_breach",
        "guarantee_permille",
    }
)
"""Measures with steps `at_least`; the others have steps `at_most`."""

FULL_POINTS: Final = 100

GradeName = Literal["D", "C", "B", "A", "AA", "AAA"]
VetoCode = Literal[
    "BANKRUPTCY", "DISHONEST", "THEFT", "OLD_ARREARS", "ARREARS_MONTHS", "BREACH", "CLOSURE_ORDER", "ARREARS_OPEN"
]


class UnableToNameGradeError(Refusal):
    """A number or a name is no behaviour grade."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """One step of a ladder: a limit and the points it earns."""

    at_least: int | None = None
    at_most: int | None = None
    points: int = Field(ge=0)

    @model_validator(mode="after")
    def _one_limit(self) -> "Step":
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a step has either at_least or at_most")
        return self

    @property
    def limit(self) -> int:
        """The limit, whichever way it is held."""
        return self.at_least if self.at_least is not None else self.at_most or 0


class Ladder(_Row):
    """How one measure earns points.

    Attributes:
        measure: Its name.
        code: Reason code when points are lost by it.
        zh: The reason, in Chinese.
        en: The reason, in English.
        steps: Best first.
        otherwise: Points below the last step.
    """

    measure: str
    code: str = Field(pattern=r"^[A-Z][A-Z0-9_]+$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    steps: tuple[Step, ...] = Field(min_length=1)
    otherwise: int = Field(ge=0)

    @property
    def rises(self) -> bool:
        """Whether more of the measure is better."""
        return self.measure in HIGHER_IS_BETTER

    @model_validator(mode="after")
    def _falls(self) -> "Ladder":
        if any((step.at_least is not None) != self.rises for step in self.steps):
            raise ValueError(f"steps of {self.measure} are {'at_least' if self.rises else 'at_most'}")
        for better, worse in pairwise(self.steps):
            if (better.limit <= worse.limit) if self.rises else (better.limit >= worse.limit):
                raise ValueError(f"limit {worse.limit} of {self.measure} does not follow {better.limit}")
        points = [*(step.points for step in self.steps), self.otherwise]
        if any(better <= worse for better, worse in pairwise(points)):
            raise ValueError(f"points of {self.measure} do not fall: {points}")
        return self


class Index(_Row):
    """One index of the grade.

    Attributes:
        weight: Points it can earn.
        zh: Its name in Chinese.
        en: Its name in English.
        ladders: One a measure.
        postpaid_points: Least points of an account that is not asked to prepay; only for `cover`.
    """

    weight: int = Field(gt=0)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    ladders: tuple[Ladder, ...] = Field(min_length=1)
    postpaid_points: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _full(self) -> "Index":
        for ladder in self.ladders:
            if ladder.steps[0].points != self.weight:
                raise ValueError(f"the best step of {ladder.measure} earns {ladder.steps[0].points}, not {self.weight}")
        if self.postpaid_points > self.weight:
            raise ValueError("postpaid_points is above the weight")
        return self


class Veto(_Row):
    """A fact that holds a grade down whatever the points.

    Attributes:
        code: Which fact.
        grade: Best grade it allows.
        limit: Its limit: days of a bar, months, or fen; 0 where it has none.
        zh: What it says, in Chinese.
        en: What it says, in English.
        basis: Where it comes from.
    """

    code: VetoCode
    grade: GradeName
    limit: int = Field(default=0, ge=0)
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)
    basis: Basis


class History(_Strict):
    """History a grade above the neutral one needs [month, bill]."""

    months: int = Field(ge=0)
    bills: int = Field(ge=1)


class RaisingCost(_Strict):
    """What weighs how much when the smallest change is chosen [permille]; arrears are owed anyway and weigh nothing.

    Attributes:
        prepay: A fen prepaid: it stays the customer's.
        guarantee: A fen guaranteed.
        month: A month of waiting, of a monthly bill.
    """

    prepay: int = Field(ge=0, le=1000)
    guarantee: int = Field(ge=0, le=1000)
    month: int = Field(ge=0, le=1000)


class Raising(_Row):
    """How a way up is looked for.

    Attributes:
        pay_within_days: Days from today to the day arrears must be paid by [day].
        months: Months of punctual payment that are tried, rising from 0.
        cost: What weighs how much.
    """

    pay_within_days: int = Field(ge=1, le=30)
    months: tuple[int, ...] = Field(min_length=1, max_length=9)
    cost: RaisingCost

    @model_validator(mode="after")
    def _rising(self) -> "Raising":
        if self.months[0] != 0 or any(a >= b for a, b in pairwise(self.months)) or self.months[-1] > 24:  # noqa: PLR2004 -- two years are no suggestion
            raise ValueError("months rise from 0 to 24 at most")
        return self


class Wording(_Row):
    """A reason that is no index and no veto."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Behaviour(Parameter):
    """The rule of a behaviour grade.

    Attributes:
        grades: Lowest total of each grade but D.
        neutral_grade: Best grade of an account without history.
        history: What history means.
        clean_months: Clean months before an upgrade, by the grade left.
        indices: The ten indices.
        vetoes: Facts that hold a grade down.
        raising: How a way up is looked for.
        words: Wording of `HISTORY_SHORT` and `UPGRADE_WAITS`.
    """

    name: ClassVar[str] = "behaviour"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    grades: dict[GradeName, int]
    neutral_grade: GradeName
    history: History
    clean_months: dict[GradeName, int]
    indices: dict[str, Index]
    vetoes: tuple[Veto, ...]
    raising: Raising
    words: dict[Literal["HISTORY_SHORT", "UPGRADE_WAITS"], Wording]

    @model_validator(mode="after")
    def _whole(self) -> "Behaviour":
        for faults in (self._grade_faults(), self._index_faults(), self._word_faults()):
            if faults:
                raise ValueError(faults)
        return self

    def _grade_faults(self) -> str:
        lows = [self.grades.get(name, -1) for name in GRADE_NAMES[1:]]
        if len(self.grades) != len(lows) or not 0 < lows[0] < lows[1] < lows[2] < lows[3] < lows[4] <= FULL_POINTS:
            return f"grades: thresholds of {', '.join(GRADE_NAMES[1:])} rise within 1 to {FULL_POINTS}"
        if sorted(self.clean_months) != sorted(GRADE_NAMES[:-1]) or min(self.clean_months.values()) < 1:
            return f"clean_months: one number of at least 1 for each of {', '.join(GRADE_NAMES[:-1])}"
        return ""

    def _index_faults(self) -> str:
        if {name: tuple(ladder.measure for ladder in index.ladders) for name, index in self.indices.items()} != dict(
            INDEX_MEASURES
        ):
            return f"indices: each of {', '.join(INDEX_MEASURES)} with its own measures, in this order"
        total = sum(index.weight for index in self.indices.values())
        if total != FULL_POINTS:
            return f"indices: weights add up to {total}, not {FULL_POINTS}"
        if any(index.postpaid_points for name, index in self.indices.items() if name != "cover"):
            return "indices: postpaid_points belongs to cover"
        return ""

    def _word_faults(self) -> str:
        codes = [ladder.code for index in self.indices.values() for ladder in index.ladders]
        codes += [veto.code for veto in self.vetoes]
        if len(set(codes)) != len(codes):
            return "codes: one reason, one code"
        return "" if len(self.words) == 2 else "words: HISTORY_SHORT and UPGRADE_WAITS"  # noqa: PLR2004 -- two words

    def lowest_total(self, grade: int) -> int:
        """Lowest total of a grade; 0 for the worst."""
        return 0 if grade <= 1 else self.grades[GRADE_NAMES[grade - 1]]

    def strictest_first(self) -> tuple[Veto, ...]:
        """The vetoes, the one that allows least first."""
        return tuple(sorted(self.vetoes, key=lambda veto: grade_number(veto.grade)))

    def wording(self) -> dict[str, tuple[str, str]]:
        """Reason code to its Chinese and English words."""
        rows: list[Ladder | Veto] = [ladder for index in self.indices.values() for ladder in index.ladders]
        rows += self.vetoes
        return {row.code: (row.zh, row.en) for row in rows} | {
            code: (word.zh, word.en) for code, word in self.words.items()
        }


def behaviour_table(*, as_of: date) -> Version[Behaviour]:
    """The edition of the rule in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return edition_on(Behaviour, FILE, as_of=as_of)


def grade_name(number: int) -> str:
    """Name of a grade, such as 6 for `AAA`; empty for 0, no grade yet.

    Raises:
        UnableToNameGradeError: `GRADE_UNKNOWN`.
    """
    if not 0 <= number <= BEST:
        raise _unknown(number)
    return GRADE_NAMES[number - 1] if number else ""


def grade_number(name: str) -> int:
    """Number of a grade, such as `AAA` for 6.

    Raises:
        UnableToNameGradeError: `GRADE_UNKNOWN`.
    """
    if name not in GRADE_NAMES:
        raise _unknown(name)
    return GRADE_NAMES.index(name) + 1


def _unknown(grade: object) -> UnableToNameGradeError:
    return UnableToNameGradeError(
        f"{grade!r} is no behaviour grade",
        code="GRADE_UNKNOWN",
        fields={"grade": grade},
        remedy=f"The grades are {', '.join(reversed(GRADE_NAMES))}, numbered {BEST} down to 1.",
    )
