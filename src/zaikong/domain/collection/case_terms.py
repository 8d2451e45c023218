"""How long may a case rest on a promise, a pause, a review or an agreement, and how soon is a dispute answered?

Basis: 《河南省供用电条例》 article 16 for the answer to a query about a bill; the other figures are the company's own.
"""

from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import Final

from pydantic import ConfigDict, Field

from zaikong.domain.credit.editions import read_editions
from zaikong.domain.law.calendar import is_working_day, working_day_from
from zaikong.domain.law.parameters import Parameter, Version
from zaikong.kernel.dated import in_force
from zaikong.kernel.period import date_of_day, day_number

_FILE: Final = "case_terms.yaml"


class CaseTerms(Parameter):
    """The terms on a day.

    Attributes:
        promise_days: Furthest day a promise to pay may name, counted from the day it is made [day].
        promise_grace_days: Days after it in which the money may still arrive [day].
        pause_days: Longest pause [day].
        answer_working_days: Working days in which a dispute is answered.
        review_days: Days a review of a vulnerable home is good for [day].
        instalment_grace_days: Days after an instalment's due day in which it may still be paid [day].
        instalment_months: Longest schedule [months].
    """

    name = "case_terms"
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    promise_days: int = Field(ge=1, le=92)
    promise_grace_days: int = Field(ge=0, le=15)
    pause_days: int = Field(ge=1, le=183)
    answer_working_days: int = Field(ge=1, le=30)
    review_days: int = Field(ge=1, le=366)
    instalment_grace_days: int = Field(ge=0, le=30)
    instalment_months: int = Field(ge=1, le=60)


def case_terms(*, as_of: date) -> CaseTerms:
    """The terms in force on a day.

    Raises:
        UnableToFindValueError: None is in force.
    """
    return in_force(_editions(), as_of=as_of, what="case_terms").value


@cache
def _editions() -> tuple[Version[CaseTerms], ...]:
    with as_file(files("zaikong.domain.collection").joinpath(_FILE)) as path:
        return read_editions(CaseTerms, path)


def working_days_after(day: date, count: int) -> date:
    """The day a number of working days after a day; the day itself does not count (《民法典》 article 201)."""
    found = day
    for _ in range(count):
        found = working_day_from(date_of_day(day_number(found) + 1))
    return found if is_working_day(found) else working_day_from(found)
