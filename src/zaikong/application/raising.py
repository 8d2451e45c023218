"""Why has one account its grade tonight, and what would raise it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw

from zaikong.application.account_lookup import account_by_number
from zaikong.application.grading import reasons_of, standing_facts
from zaikong.domain.credit.behaviour import BEHAVIOUR_COLUMNS
from zaikong.domain.credit.behaviour_table import behaviour_table
from zaikong.domain.credit.raising import raising
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CreditStanding


class UnableToExplainGradeError(Refusal):
    """An account that cannot be explained."""


@dataclass(frozen=True, slots=True)
class ExplainedGrade:
    """A grade by what is known now.

    Attributes:
        grade: Number of the grade; another than the standing one where something changed since the night.
        reasons: Rows of `behaviour.REASON_COLUMNS`, the veto first, then by points lost.
        change: The row of `raising.RAISING_COLUMNS`.
    """

    grade: int
    reasons: Sequence[Mapping[str, Any]]
    change: Mapping[str, Any]


def explained_grade(account: int, *, as_of: date) -> ExplainedGrade | None:
    """Explain the grade of one account.

    Args:
        account: Key of the account.
        as_of: Business date of its standing.

    Returns:
        The grade with its reasons and the smallest change that raises it; None for an account that is closed.
    """
    facts = standing_facts(as_of=as_of, accounts=[account])
    if facts.is_empty():
        return None
    table = behaviour_table(as_of=as_of).value
    entry = checked(nw.from_native(facts.select(BEHAVIOUR_COLUMNS).lazy()), BEHAVIOUR_COLUMNS, rule="raising")
    change = collected(raising(entry, table=table)).to_dicts()[0]
    return ExplainedGrade(
        grade=change["grade"],
        reasons=reasons_of(facts, as_of=as_of).sort("place").to_dicts(),
        change=change,
    )


def explained_account(account_no: str, *, as_of: date | None = None) -> tuple[date, ExplainedGrade | None]:
    """Explain the grade of the account with a number.

    Args:
        account_no: Account number.
        as_of: Business date; that of its standing where left out.

    Returns:
        The business date, and the grade; None for an account that is closed.

    Raises:
        UnableToFindAccountError: No such account.
        UnableToExplainGradeError: No night has graded it and no date is given.
    """
    account = account_by_number(account_no)
    standing = CreditStanding.objects.filter(account=account).first()
    day = as_of or (standing.as_of_date if standing else None)
    if day is None:
        raise UnableToExplainGradeError(
            f"no night has graded {account_no} yet",
            code="NOT_GRADED",
            fields={"account_no": account_no},
            remedy="Run the night, or name a date.",
        )
    return day, explained_grade(account.pk, as_of=day)
