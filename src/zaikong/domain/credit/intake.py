"""Which first grade, A to E, does an application for supply get, and what is still needed to be sure?

Each item of the category's card is judged by a fact of the application once a paper proves it. What is not proved is
not judged: it takes no points away, it is named and asked for, and the grade is provisional. The score as it stands is
that of the judged items; beside it stand the worst and the best score the open items could still make. A clerk may
override the grade with a reason; the override keeps what was proposed.

Basis: `cards/*.yaml`, `grades/first_grade.yaml`. 《个人信息保护法》 article 24: a person may have the grade explained and
decided by a person. No trait of a person is a fact here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from zaikong.domain.credit.intake_card import (
    FACTS,
    FIRST_GRADES,
    MEASURE_FACTS,
    PAPER_NAMES,
    FirstGradeName,
    FirstGradeRule,
    IntakeVeto,
    Item,
    Outcome,
    card,
    first_grade_rule,
)
from zaikong.kernel.refusal import Refusal

SHORTEST_REASON: Final = 4
"""An override's reason has at least so many characters."""

CAPACITY_CUT, CLOSURE_ORDER, DISHONEST, BANKRUPTCY = 1, 2, 3, 4

_FULL = 100
_PERMILLE = 1000
_MOST_PERMILLE = 1_000_000
_LARGEST_FEN = 10**15


class UnableToGradeApplicationError(Refusal):
    """The facts of an application contradict each other or the calendar."""


class UnableToOverrideGradeError(Refusal):
    """An override has no reason, no author, no such grade, or changes nothing."""


class EarlierAccount(BaseModel):
    """What the company's own records say of an account the applicant had, or has.

    Attributes:
        account_no: Its number.
        bills: Bills that came due.
        on_time: Of them those paid by their due day.
        arrears_fen: Still open past the due day [fen].
        repayment_agreement: State of an agreement on arrears.
        theft_on: Day of the last theft of electricity.
        breach_on: Day of the last breach of use.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    account_no: str = Field(min_length=1)
    bills: int = Field(ge=0)
    on_time: int = Field(ge=0)
    arrears_fen: int = Field(default=0, ge=0, le=_LARGEST_FEN)
    repayment_agreement: Literal["none", "honoured", "broken"] = "none"
    theft_on: date | None = None
    breach_on: date | None = None

    @model_validator(mode="after")
    def _counted(self) -> "EarlierAccount":
        if self.on_time > self.bills:
            raise ValueError("on_time is above bills")
        return self


class IntakeApplication(BaseModel):
    """Facts and papers of an application, as far as they are known; None is not known, 0 or empty is none.

    Attributes:
        category: User category.
        papers: Kinds of paper on file, keys of `PAPER_NAMES`.
        established_on: Day of establishment on the licence.
        registered_capital_fen: Registered capital [fen].
        premises: Whether the premises are the applicant's.
        monthly_bill_fen: Bill expected for a month [fen].
        capacity_centi_kva: Capacity asked for [0.01 kVA].
        industry_risk: 0 none to 3 high.
        earlier_accounts: Accounts of the same customer; empty when there are none.
        adverse_signal: 0 none 1 capacity cut 2 closure order 3 court execution or dishonest list 4 bankruptcy.
        bank_credit_line_fen: Credit line of a bank [fen].
        guarantee_fen: Guarantee offered [fen].
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    category: Literal["residential", "agricultural", "business", "industrial", "public"]
    papers: frozenset[str] = frozenset()
    established_on: date | None = None
    registered_capital_fen: int | None = Field(default=None, ge=0, le=_LARGEST_FEN)
    premises: Literal["owned", "rented"] | None = None
    monthly_bill_fen: int | None = Field(default=None, gt=0, le=_LARGEST_FEN)
    capacity_centi_kva: int | None = Field(default=None, gt=0)
    industry_risk: int | None = Field(default=None, ge=0, le=3)
    earlier_accounts: tuple[EarlierAccount, ...] | None = None
    adverse_signal: int | None = Field(default=None, ge=0, le=4)
    bank_credit_line_fen: int | None = Field(default=None, ge=0, le=_LARGEST_FEN)
    guarantee_fen: int | None = Field(default=None, ge=0, le=_LARGEST_FEN)

    @field_validator("papers")
    @classmethod
    def _known(cls, papers: frozenset[str]) -> frozenset[str]:
        unknown = sorted(papers - set(PAPER_NAMES))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: choose of {', '.join(PAPER_NAMES)}")
        return papers


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What one item earned.

    Attributes:
        code: Reason code.
        weight: Points it can earn.
        points: Points it earned, None while it is not judged.
        observed: What was measured, None where there is nothing to measure.
        zh: Item and outcome in Chinese.
        en: Item and outcome in English.
    """

    code: str
    weight: int
    points: int | None
    observed: int | None
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A paper or fact that is asked for.

    Attributes:
        kind: `paper` or `fact`.
        any_of: Papers any one of which will do, or the one fact.
        items: Codes of the items that wait for it.
        zh: The request in Chinese.
        en: The request in English.
    """

    kind: Literal["paper", "fact"]
    any_of: tuple[str, ...]
    items: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class VetoResult:
    """A veto that holds the grade down.

    Attributes:
        code: Which.
        grade: Best grade it allows.
        until: First day it is over, None while the fact stands.
        account_no: The earlier account it comes from, empty for none.
        zh: What it says, in Chinese.
        en: What it says, in English.
    """

    code: str
    grade: FirstGradeName
    until: date | None
    account_no: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class FirstGrade:
    """The first grade of an application, with everything it rests on.

    Attributes:
        category: User category.
        as_of: Business date.
        card_edition: Edition of the card.
        rule_edition: Edition of grades and vetoes.
        items: One result an item of the card.
        judged_weight: Weight that was judged, of 100.
        score: Score as it stands, 0 to 100; None where nothing is judged.
        lowest_score: Score if every open item earned nothing.
        highest_score: Score if every open item earned all.
        grade: Grade as it stands; None while too little is judged.
        lowest_grade: Worst grade it may become.
        highest_grade: Best grade it may become.
        provisional: Whether anything is still open.
        missing: What is asked for.
        vetoes: What holds the grade down, the strictest first.
        verified: Whether every number behind it was read in its source.
    """

    category: str
    as_of: date
    card_edition: str
    rule_edition: str
    items: tuple[ItemResult, ...]
    judged_weight: int
    score: int | None
    lowest_score: int
    highest_score: int
    grade: FirstGradeName | None
    lowest_grade: FirstGradeName
    highest_grade: FirstGradeName
    provisional: bool
    missing: tuple[Missing, ...]
    vetoes: tuple[VetoResult, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class GradeOverride:
    """A clerk's own grade in place of the proposed one.

    Attributes:
        proposed: Grade that was proposed, None where there was none.
        grade: Grade the clerk gives.
        upward: Whether it is better than the proposed one.
        against: Codes of the vetoes it goes against.
        provisional: Whether papers were open.
        reason: Why.
        staff: Who.
        card_edition: Edition of the card the proposal came from.
        as_of: Business date of the proposal.
    """

    proposed: FirstGradeName | None
    grade: FirstGradeName
    upward: bool
    against: tuple[str, ...]
    provisional: bool
    reason: str
    staff: str
    card_edition: str
    as_of: date


def application_of(facts: Mapping[str, Any]) -> IntakeApplication:
    """Read the facts of a form or a file.

    Raises:
        UnableToGradeApplicationError: `APPLICATION_WRONG`, every fault by its field.
    """
    try:
        return IntakeApplication.model_validate(facts)
    except ValidationError as error:
        faults = {".".join(str(step) for step in fault["loc"]): fault["msg"] for fault in error.errors()}
        raise UnableToGradeApplicationError(
            "; ".join(f"{field}: {fault}" for field, fault in faults.items()),
            code="APPLICATION_WRONG",
            fields=dict(faults),
            remedy="Mend the fields named.",
        ) from error


def grade_application(application: IntakeApplication, *, as_of: date) -> FirstGrade:
    """Grade an application by the card in force.

    Args:
        application: Facts and papers so far.
        as_of: Business date; decides the edition, years and bars.

    Raises:
        UnableToGradeApplicationError: `FACT_IN_FUTURE`.
        UnableToFindValueError: No card is in force.
    """
    _refuse_future(application, as_of)
    scorecard, rule = card(application.category, as_of=as_of), first_grade_rule(as_of=as_of)
    judged = [_judged(item, application, as_of) for item in scorecard.value.items]
    vetoes = _vetoes(application, rule.value, as_of)
    missing = _missing(scorecard.value.items, judged, application)
    weight = sum(each.weight for each in judged if each.points is not None)
    points = sum(each.points for each in judged if each.points is not None)
    score = _share(points, weight) if weight else None
    highest = points + _FULL - weight
    enough = score is not None and weight >= rule.value.least_judged
    bases = [scorecard.basis, rule.basis, *(veto.basis for veto in rule.value.vetoes)]
    return FirstGrade(
        category=application.category,
        as_of=as_of,
        card_edition=scorecard.edition,
        rule_edition=rule.edition,
        items=tuple(judged),
        judged_weight=weight,
        score=score,
        lowest_score=points,
        highest_score=highest,
        grade=_held(rule.value.grade_of(score or 0), vetoes) if enough else None,
        lowest_grade=_worst([rule.value.grade_of(points), *_possible_caps(application, rule.value), *_caps(vetoes)]),
        highest_grade=_held(rule.value.grade_of(highest), vetoes),
        provisional=bool(missing),
        missing=missing,
        vetoes=vetoes,
        verified=all(basis.verified for basis in bases),
    )


def override_grade(first: FirstGrade, grade: str, reason: str, staff: str) -> GradeOverride:
    """Put a clerk's grade in place of the proposed one.

    Args:
        first: The proposal.
        grade: `A` to `E`.
        reason: Why, in a few words at least.
        staff: Who decides.

    Raises:
        UnableToOverrideGradeError: As `overriding_grade` says.
    """
    known = overriding_grade(first.grade, grade, reason, staff)
    return GradeOverride(
        proposed=first.grade,
        grade=known,
        upward=first.grade is not None and _place(known) < _place(first.grade),
        against=tuple(veto.code for veto in first.vetoes if _place(known) < _place(veto.grade)),
        provisional=first.provisional,
        reason=reason.strip(),
        staff=staff.strip(),
        card_edition=first.card_edition,
        as_of=first.as_of,
    )


def overriding_grade(proposed: str | None, grade: str, reason: str, staff: str) -> FirstGradeName:
    """The grade a clerk may put in place of a proposed one.

    Args:
        proposed: Grade of the scorecard, None or empty where too little was judged.
        grade: `A` to `E`.
        reason: Why, in a few words at least.
        staff: Who decides.

    Raises:
        UnableToOverrideGradeError: `GRADE_UNKNOWN`, `GRADE_SAME`, `REASON_MISSING` or `STAFF_MISSING`.
    """
    known: FirstGradeName | None = next((name for name in _NAMES if name == grade), None)
    if known is None:
        raise _no_override("GRADE_UNKNOWN", f"{grade!r} is no first grade", f"Choose of {', '.join(FIRST_GRADES)}.")
    if known == proposed:
        raise _no_override("GRADE_SAME", f"{grade} is the grade that was proposed", "Keep it, or choose another.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise _no_override("REASON_MISSING", "an override needs its reason", "Say why in a few words.")
    if not staff.strip():
        raise _no_override("STAFF_MISSING", "an override needs its author", "Log in and try again.")
    return known


_NAMES: tuple[FirstGradeName, ...] = ("A", "B", "C", "D", "E")


def _place(grade: str) -> int:
    return FIRST_GRADES.index(grade)


def _worst(grades: Iterable[FirstGradeName]) -> FirstGradeName:
    return max(grades, key=_place)


def _caps(vetoes: Sequence[VetoResult]) -> list[FirstGradeName]:
    return [veto.grade for veto in vetoes]


def _held(grade: FirstGradeName, vetoes: Sequence[VetoResult]) -> FirstGradeName:
    return _worst([grade, *_caps(vetoes)])


def _share(points: int, weight: int) -> int:
    """Points of 100 as the judged items have them, half up."""
    return divmod(2 * points * _FULL + weight, 2 * weight)[0]


def _refuse_future(application: IntakeApplication, as_of: date) -> None:
    days = {"established_on": application.established_on}
    for account in application.earlier_accounts or ():
        days |= {
            f"{account.account_no}.theft_on": account.theft_on,
            f"{account.account_no}.breach_on": account.breach_on,
        }
    late = {name: day for name, day in days.items() if day is not None and day > as_of}
    if late:
        raise UnableToGradeApplicationError(
            f"{', '.join(late)} lies after {as_of}",
            code="FACT_IN_FUTURE",
            fields=late,
            remedy="Mend the date.",
        )


# Measures.


def _years(application: IntakeApplication, as_of: date) -> int | None:
    start = application.established_on
    if start is None:
        return None
    return as_of.year - start.year - ((as_of.month, as_of.day) < (start.month, start.day))


def _to_bill(amount_fen: int | None, application: IntakeApplication) -> int | None:
    if amount_fen is None or application.monthly_bill_fen is None:
        return None
    return min(divmod(amount_fen * _PERMILLE, application.monthly_bill_fen)[0], _MOST_PERMILLE)


def _record(application: IntakeApplication) -> int | None:
    accounts = application.earlier_accounts or ()
    bills = sum(account.bills for account in accounts)
    return divmod(sum(account.on_time for account in accounts) * _PERMILLE, bills)[0] if bills else None


_MEASURES: Final[Mapping[str, Callable[[IntakeApplication, date], int | None]]] = MappingProxyType(
    {
        "years_established": _years,
        "capital_permille": lambda application, _: _to_bill(application.registered_capital_fen, application),
        "premises_owned": lambda application, _: int(application.premises == "owned"),
        "monthly_bill_fen": lambda application, _: application.monthly_bill_fen,
        "capacity_centi_kva": lambda application, _: application.capacity_centi_kva,
        "industry_risk": lambda application, _: application.industry_risk,
        "record_permille": lambda application, _: _record(application),
        "adverse_signal": lambda application, _: application.adverse_signal,
        "bank_line_permille": lambda application, _: _to_bill(application.bank_credit_line_fen, application),
        "guarantee_permille": lambda application, _: _to_bill(application.guarantee_fen, application),
    }
)

_NONE: Final[Mapping[str, Callable[[IntakeApplication], bool]]] = MappingProxyType(
    {
        "record_permille": lambda application: (
            application.earlier_accounts is not None and not sum(each.bills for each in application.earlier_accounts)
        ),
        "bank_line_permille": lambda application: application.bank_credit_line_fen == 0,
        "guarantee_permille": lambda application: application.guarantee_fen == 0,
    }
)
"""Whether there is none of the measure: nothing that a paper could prove."""


def _open_facts(item: Item, application: IntakeApplication) -> list[str]:
    if item.none is not None and _NONE[item.measure](application):
        return []
    return [fact for fact in MEASURE_FACTS[item.measure] if getattr(application, fact) is None]


def _lacks_paper(item: Item, application: IntakeApplication) -> bool:
    if item.none is not None and _NONE[item.measure](application):
        return False
    return bool(item.papers) and not application.papers & set(item.papers)


def _judged(item: Item, application: IntakeApplication, as_of: date) -> ItemResult:
    if item.none is not None and _NONE[item.measure](application):
        return _result(item, item.none, None)
    if _open_facts(item, application) or _lacks_paper(item, application):
        return ItemResult(item.code, item.weight, None, None, f"{item.zh}：待核，未评", f"{item.en}: not judged yet")
    observed = _MEASURES[item.measure](application, as_of)
    assert observed is not None
    meets = (
        band for band in item.bands if (observed >= band.limit if band.at_least is not None else observed <= band.limit)
    )
    return _result(item, next(meets, item.otherwise), observed)


def _result(item: Item, outcome: Outcome, observed: int | None) -> ItemResult:
    return ItemResult(
        item.code, item.weight, outcome.points, observed, f"{item.zh}：{outcome.zh}", f"{item.en}: {outcome.en}"
    )


# What is asked for.


def _missing(
    items: Sequence[Item], judged: Sequence[ItemResult], application: IntakeApplication
) -> tuple[Missing, ...]:
    papers: dict[tuple[str, ...], list[str]] = {}
    facts: dict[str, list[str]] = {}
    for item, result in zip(items, judged, strict=True):
        if result.points is not None:
            continue
        if _lacks_paper(item, application):
            papers.setdefault(item.papers, []).append(item.code)
        for fact in _open_facts(item, application):
            facts.setdefault(fact, []).append(item.code)
    return (
        *(_missing_paper(kinds, codes) for kinds, codes in papers.items()),
        *(Missing("fact", (fact,), tuple(codes), f"请补充{FACTS[fact][0]}", f"Give the {FACTS[fact][1]}.")
          for fact, codes in facts.items()),
    )  # fmt: skip


def _missing_paper(kinds: tuple[str, ...], codes: Sequence[str]) -> Missing:
    names = "或".join(PAPER_NAMES[kind] for kind in kinds)
    return Missing("paper", kinds, tuple(codes), f"请提供{names}", f"Bring {' or '.join(kinds).replace('_', ' ')}.")


# Vetoes.


_SIGNAL_VETOES: Final[Mapping[str, int]] = MappingProxyType(
    {"BANKRUPTCY": BANKRUPTCY, "DISHONEST": DISHONEST, "CLOSURE_ORDER": CLOSURE_ORDER}
)


def _vetoes(application: IntakeApplication, rule: FirstGradeRule, as_of: date) -> tuple[VetoResult, ...]:
    found = [hit for veto in rule.vetoes for hit in _hits(veto, application, as_of)]
    return tuple(sorted(found, key=lambda hit: -_place(hit.grade)))


def _hits(veto: IntakeVeto, application: IntakeApplication, as_of: date) -> list[VetoResult]:
    if veto.code in _SIGNAL_VETOES:
        return [_hit(veto, None, "")] if application.adverse_signal == _SIGNAL_VETOES[veto.code] else []
    hits = []
    for account in application.earlier_accounts or ():
        honoured = account.repayment_agreement == "honoured"
        stands = account.arrears_fen > 0 and honoured == (veto.code == "ARREARS_AGREED")
        day = {"THEFT": account.theft_on, "BREACH": account.breach_on}.get(veto.code)
        until = day + timedelta(days=veto.days) if day else None
        if until is not None and as_of < until:
            hits.append(_hit(veto, until, account.account_no))
        elif veto.code in {"OLD_ARREARS", "ARREARS_AGREED"} and stands:
            hits.append(_hit(veto, None, account.account_no))
    return hits


def _hit(veto: IntakeVeto, until: date | None, account_no: str) -> VetoResult:
    return VetoResult(veto.code, veto.grade, until, account_no, veto.zh, veto.en)


def _possible_caps(application: IntakeApplication, rule: FirstGradeRule) -> list[FirstGradeName]:
    """Caps of vetoes that nobody has looked for yet."""
    return [
        veto.grade
        for veto in rule.vetoes
        if (application.adverse_signal if veto.code in _SIGNAL_VETOES else application.earlier_accounts) is None
    ]


def _no_override(code: str, message: str, remedy: str) -> UnableToOverrideGradeError:
    return UnableToOverrideGradeError(message, code=code, remedy=remedy)
