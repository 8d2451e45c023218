"""Which accounts does a member of staff see?"""

import inspect
from types import ModuleType

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from zaikong.application.seeing import UnableToSeeAccountsError, scope_of
from zaikong.store.models import Staff, Station
from zaikong.store.queries import account_page, bill_runs, dashboard, search
from zaikong.store.queries.scope import Scope


def test_staff_of_a_station_see_its_accounts() -> None:
    scope = scope_of(Staff(is_staff=True, station=Station(pk=7)))
    assert scope == Scope(station_id=7)
    assert scope.rows() == Q(supply_point__premise__station=7)
    assert scope.rows("bill__account") == Q(bill__account__supply_point__premise__station=7)
    assert not scope.whole_county


def test_staff_of_the_county_see_all_accounts() -> None:
    scope = scope_of(Staff(is_staff=True))
    assert scope.whole_county
    assert scope.rows("account") == Q()


@pytest.mark.parametrize("person", [AnonymousUser(), Staff(is_staff=False), Staff(is_staff=True, is_active=False)])
def test_nobody_else_sees_any_account(person: object) -> None:
    with pytest.raises(UnableToSeeAccountsError) as refused:
        scope_of(person)
    assert refused.value.code == "NOT_STAFF"


_OF_NO_ACCOUNT = {"runs", "run_months", "run_by_id"}
"""Bill runs themselves belong to no account; what they hold is cut to the scope."""


@pytest.mark.parametrize("module", [account_page, bill_runs, dashboard, search])
def test_no_query_of_the_pages_forgets_the_scope(module: ModuleType) -> None:
    """A public query takes a scope, or a row that was read with one."""
    careless = {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and name not in _OF_NO_ACCOUNT
        and "scope" not in (parameters := inspect.signature(function).parameters)
        and not {"account", "bill", "draft"} & set(parameters)
    }
    assert careless == set()
