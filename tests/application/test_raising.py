"""Is one account explained by the same facts and rules that graded the county?"""

from datetime import date

import polars as pl
import pytest

from ledger_desk import make_account, release
from zaikong.application.account_lookup import UnableToFindAccountError
from zaikong.application.grading import reasons_of, standing_facts
from zaikong.application.raising import UnableToExplainGradeError, explained_account, explained_grade

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)


@pytest.fixture
def accounts():
    """An account with an overdue bill, one with a bill that is not due, and one without a bill."""
    late, fresh, free = make_account(), make_account("4100000002"), make_account("4100000003")
    release([(late, 202506, date(2025, 7, 1), 10_000), (fresh, 202506, date(2025, 8, 20), 10_000)])
    return late, fresh, free


def test_the_facts_of_one_account_are_those_read_with_all_others(accounts) -> None:
    whole = standing_facts(as_of=TODAY)
    for account in accounts:
        one = standing_facts(as_of=TODAY, accounts=[account.pk])
        assert one.to_dicts() == whole.filter(pl.col("account") == account.pk).to_dicts()
    assert standing_facts(as_of=TODAY, accounts=[]).is_empty()
    assert whole.height == 3


def test_the_reasons_are_those_of_the_night_and_the_change_names_the_arrears(accounts) -> None:
    late, _fresh, _free = accounts
    found = explained_grade(late.pk, as_of=TODAY)
    night = reasons_of(standing_facts(as_of=TODAY), as_of=TODAY)
    assert found.reasons == night.filter(pl.col("account") == late.pk).sort("place").to_dicts()
    assert (found.grade, found.change["raising_code"], found.change["pay_fen"]) == (2, "RAISED", 10_000)
    assert found.change["reached_grade"] == 3


def test_an_account_is_explained_by_its_number_once_a_night_has_graded_it(accounts) -> None:
    late = accounts[0]
    with pytest.raises(UnableToFindAccountError):
        explained_account("nobody", as_of=TODAY)
    with pytest.raises(UnableToExplainGradeError) as refusal:
        explained_account(late.account_no)
    assert refusal.value.code == "NOT_GRADED"
    assert explained_account(late.account_no, as_of=TODAY) == (TODAY, explained_grade(late.pk, as_of=TODAY))


def test_an_account_nobody_knows_is_not_explained(db) -> None:
    assert explained_grade(999_999, as_of=TODAY) is None
