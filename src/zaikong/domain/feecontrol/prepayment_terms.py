"""What must a prepayment agreement 预购电协议 say, and which terms may it not have?

The terms are values, checked before anybody signs. What such an agreement has to state is a list: the formula of the
balance, the thresholds, who is warned where, that a message which arrived is notice, how supply is cut and given back,
safety load, what happens to old debt and to the rest of the money, and where to object. A clause that limits the customer
has to be set off and explained, or it is no part of the agreement.

Basis: 《河南省供用电条例》 article 41 (prepayment by agreement); 《民法典》 articles 496 (terms that must be pointed out and
explained), 560 (agreed order of payments); the list itself is practice and marked so.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise
from typing import Final

from pydantic import ConfigDict, Field

from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import in_force

STATEMENTS: Final = (
    "prominent",
    "formula",
    "warn",
    "cut",
    "contact",
    "delivered",
    "restore",
    "safety_load",
    "old_debt",
    "refund",
    "dispute",
)
"""What the paper of an agreement has to state, in the order it states it."""

CUT_MODES: Final = ("automatic", "approved")
RESTORE_MODES: Final = ("automatic", "safe")

ARTICLE_41: Final = "《河南省供用电条例》 第四十一条"
ARTICLE_496: Final = "《民法典》 第四百九十六条"

_FILE: Final = "prepayment_terms.yaml"
_WHOLE_PERMILLE: Final = 1000
_PHONE_DIGITS: Final = range(7, 16)


class PrepaymentTerms(Parameter):
    """The company's own figures on a day.

    Attributes:
        clearing_days: Business days in which money that came other than in cash can be taken back by the bank [day].
        estimate_days: Age at which an estimate of use is too old to pay money out by [day].
        good_record_months: Months without a bill overdue after which an account may return to paying afterwards.
        start_days: Furthest day from its signature on which an agreement may come into force [day].
    """

    name = "prepayment_terms"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    clearing_days: int = Field(ge=0, le=31)
    estimate_days: int = Field(ge=1, le=31)
    good_record_months: int = Field(ge=1, le=60)
    start_days: int = Field(ge=0, le=366)


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """What an agreement says in figures.

    Attributes:
        strategy: Fee-control strategy the account falls under.
        warn_fen: Balances below which the customer is warned, the highest first [fen].
        warn_days: Days of average use below which the customer is warned, the most first [day].
        overdraft_cap_fen: How far below zero the balance may go at most [fen].
        old_debt_permille: Share of each top-up that recovers old debt [0.1 %].
        cut_mode: One of `CUT_MODES`.
        restore_mode: One of `RESTORE_MODES`.
        phone: Where warnings go.
    """

    strategy: str
    warn_fen: tuple[int, ...]
    warn_days: tuple[int, ...]
    overdraft_cap_fen: int
    old_debt_permille: int
    cut_mode: str
    restore_mode: str
    phone: str


@dataclass(frozen=True, slots=True)
class TermFault:
    """One term that is missing or not allowed.

    Attributes:
        code: What is wrong.
        term: Which term, or which statement of the paper.
        article: The law that decides it, empty where it is practice.
        remedy: How to mend it.
    """

    code: str
    term: str
    article: str
    remedy: str


def prepayment_terms(*, as_of: date) -> PrepaymentTerms:
    """The figures in force on a day.

    Raises:
        UnableToFindValueError: None are in force.
    """
    return in_force(_editions(), as_of=as_of, what=_FILE).value


def check_agreement(terms: AgreementTerms, *, stated: frozenset[str]) -> tuple[TermFault, ...]:
    """Every fault of an agreement, none where it may be signed.

    Args:
        terms: What it says in figures.
        stated: What its paper states, of `STATEMENTS`.
    """
    faults = [*_threshold_faults(terms), *_figure_faults(terms), *_word_faults(terms)]
    faults += [
        TermFault(
            "STATEMENT_MISSING", name, ARTICLE_496 if name == "prominent" else "", "Use a wording that states it."
        )
        for name in STATEMENTS
        if name not in stated
    ]
    return tuple(faults)


def _threshold_faults(terms: AgreementTerms) -> list[TermFault]:
    faults = []
    if not (terms.warn_fen or terms.warn_days):
        faults.append(TermFault("WARNING_MISSING", "warn_fen", ARTICLE_41, "Agree at least one warning before a cut."))
    for name, levels in (("warn_fen", terms.warn_fen), ("warn_days", terms.warn_days)):
        if any(level <= 0 for level in levels):
            faults.append(TermFault("THRESHOLD_NOT_POSITIVE", name, "", "Warn while there is still money."))
        if any(lower >= higher for higher, lower in pairwise(levels)):
            faults.append(TermFault("THRESHOLDS_NOT_FALLING", name, "", "Write them from high to low, each once."))
    return faults


def _figure_faults(terms: AgreementTerms) -> list[TermFault]:
    faults = []
    if terms.overdraft_cap_fen < 0:
        faults.append(TermFault("OVERDRAFT_NEGATIVE", "overdraft_cap_fen", "", "Agree zero or more."))
    if not 0 <= terms.old_debt_permille <= _WHOLE_PERMILLE:
        faults.append(TermFault("SHARE_OUT_OF_RANGE", "old_debt_permille", "", "Agree from 0 to 1000 per thousand."))
    return faults


def _word_faults(terms: AgreementTerms) -> list[TermFault]:
    faults = []
    if not terms.strategy.strip():
        faults.append(TermFault("STRATEGY_MISSING", "strategy", "", "Name the fee-control strategy."))
    if terms.cut_mode not in CUT_MODES:
        faults.append(TermFault("CUT_MODE_UNKNOWN", "cut_mode", "", "Use one of: " + ", ".join(CUT_MODES) + "."))
    if terms.restore_mode not in RESTORE_MODES:
        remedy = "Use one of: " + ", ".join(RESTORE_MODES) + "."
        faults.append(TermFault("RESTORE_MODE_UNKNOWN", "restore_mode", "", remedy))
    digits = terms.phone.replace("-", "").replace(" ", "").removeprefix("+")
    if not digits:
        faults.append(TermFault("PHONE_MISSING", "phone", ARTICLE_41, "Write the phone that warnings go to."))
    elif not (digits.isascii() and digits.isdigit() and len(digits) in _PHONE_DIGITS):
        faults.append(TermFault("PHONE_WRONG", "phone", "", "Write a phone number in digits."))
    return faults


@cache
def _editions() -> tuple[Version[PrepaymentTerms], ...]:
    with as_file(files("zaikong.domain.feecontrol").joinpath(_FILE)) as path:
        return read_editions(PrepaymentTerms, path)
