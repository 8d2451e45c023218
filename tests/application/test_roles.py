"""Are the roles of the company groups with the rights they need, and no more?"""

import pytest
from django.contrib.auth.models import Group, Permission

from zaikong.application.roles import (
    APPROVE_CUTS,
    APPROVE_WAIVERS,
    DECIDE_BILLS,
    DECIDE_SIGNALS,
    EXECUTE_CUTS,
    GRADE_APPLICATIONS,
    HANDLE_WARNINGS,
    PROPOSE_CUTS,
    RELEASE_ALL_CUTS,
    REQUEST_WAIVERS,
    STOP_ALL_CUTS,
    TAKE_PAYMENTS,
    Role,
    UnableToStaffDemoError,
    ensure_demo_staff,
    ensure_roles,
    granted,
)
from zaikong.store.models import Staff, Station

pytestmark = pytest.mark.django_db

PASSWORD = "kan-hao-dian-fei-9"


def test_every_role_is_a_group() -> None:
    ensure_roles()
    assert set(Group.objects.values_list("name", flat=True)) == {role.value for role in Role}


def test_run_again_nothing_changes() -> None:
    ensure_roles()
    before = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    permissions = Permission.objects.count()
    ensure_roles()
    after = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    assert after == before
    assert Permission.objects.count() == permissions
    assert before["cashier"] == set(granted(Role.CASHIER))


def test_a_right_that_was_added_by_hand_is_taken_back() -> None:
    ensure_roles()
    cashier = Group.objects.get(name="cashier")
    cashier.permissions.add(Permission.objects.get(codename="delete_leg"))
    ensure_roles()
    assert not cashier.permissions.filter(codename="delete_leg").exists()


def test_each_right_to_act_belongs_to_the_roles_that_do_it() -> None:
    holders = {
        act: {role for role in Role if act in granted(role)}
        for act in (
            DECIDE_BILLS,
            TAKE_PAYMENTS,
            REQUEST_WAIVERS,
            APPROVE_WAIVERS,
            DECIDE_SIGNALS,
            HANDLE_WARNINGS,
            GRADE_APPLICATIONS,
        )
    }
    assert holders == {
        DECIDE_BILLS: {Role.BILLING_CLERK},
        TAKE_PAYMENTS: {Role.CASHIER},
        REQUEST_WAIVERS: {Role.CASHIER, Role.COLLECTOR},
        APPROVE_WAIVERS: {Role.MANAGER},
        DECIDE_SIGNALS: {Role.MANAGER, Role.LEGAL_OFFICER},
        HANDLE_WARNINGS: {Role.COLLECTOR, Role.MANAGER, Role.LEGAL_OFFICER},
        GRADE_APPLICATIONS: {Role.INTAKE_CLERK, Role.MANAGER},
    }


@pytest.mark.parametrize("table", ["creditstanding", "grademove", "billscore", "riskwarning"])
def test_credit_is_seen_by_those_who_act_on_it_and_who_check_it(table: str) -> None:
    seeing = {role for role in Role if f"view_{table}" in granted(role)}
    assert seeing == {Role.COLLECTOR, Role.MANAGER, Role.DIRECTOR, Role.LEGAL_OFFICER, Role.AUDITOR}


def test_first_grades_are_seen_where_applications_are() -> None:
    assert {role for role in Role if "view_firstgrade" in granted(role)} == {
        role for role in Role if "view_connectionapplication" in granted(role)
    }


def test_no_role_asks_for_a_waiver_and_approves_it() -> None:
    assert [role for role in Role if {REQUEST_WAIVERS, APPROVE_WAIVERS} <= set(granted(role))] == []


def test_who_proposes_or_carries_out_a_cut_does_not_approve_it() -> None:
    assert [
        role for role in Role if APPROVE_CUTS in granted(role) and {PROPOSE_CUTS, EXECUTE_CUTS} & set(granted(role))
    ] == []


def test_more_people_may_stop_all_cuts_than_let_them_go_on() -> None:
    stopping = {role for role in Role if STOP_ALL_CUTS in granted(role)}
    releasing = {role for role in Role if RELEASE_ALL_CUTS in granted(role)}

    assert releasing == {Role.DIRECTOR}
    assert stopping > releasing


def test_no_role_adds_changes_or_deletes_a_table() -> None:
    assert {word for role in Role for word in granted(role) if word.startswith(("add_", "change_", "delete_"))} == set()


def test_a_customer_may_do_nothing_in_the_console() -> None:
    assert granted(Role.CUSTOMER) == ()


def test_there_is_a_demonstration_log_in_for_each_role_of_the_console() -> None:
    Station.objects.create(code="S02", name="马头供电所")
    near = Station.objects.create(code="S01", name="城关供电所")
    logins = ensure_demo_staff(password=PASSWORD)
    assert [login.role for login in logins] == [role for role in Role if role is not Role.CUSTOMER]
    for login in logins:
        person = Staff.objects.get(username=login.username)
        assert person.check_password(PASSWORD)
        assert [group.name for group in person.groups.all()] == [login.role.value]
        assert (person.is_staff, person.is_superuser) == (True, False)
    stations = {login.username: Staff.objects.get(username=login.username).station for login in logins}
    assert {name for name, station in stations.items() if station == near} == {"cashier", "collector"}
    assert {name for name, station in stations.items() if station is None} == set(stations) - {"cashier", "collector"}


def test_a_log_in_that_exists_is_kept_and_gets_the_password() -> None:
    person = Staff.objects.create(username="billing", is_active=False)
    ensure_demo_staff(password=PASSWORD)
    again = Staff.objects.get(username="billing")
    assert (again.pk, again.is_active, again.check_password(PASSWORD)) == (person.pk, True, True)
    fingerprint = again.password
    ensure_demo_staff(password=PASSWORD)
    assert Staff.objects.get(username="billing").password == fingerprint


def test_a_weak_password_is_refused() -> None:
    with pytest.raises(UnableToStaffDemoError) as refused:
        ensure_demo_staff(password="demo")
    assert refused.value.code == "PASSWORD_WEAK"
    assert Staff.objects.count() == 0


@pytest.mark.parametrize(
    ("asks", "decides"),
    [
        ("draft_prepaymentagreement", "sign_prepaymentagreement"),
        ("request_prepaymentrefund", "approve_prepaymentrefund"),
        ("order_paymentmodeswitch", "approve_paymentmodeswitch"),
        ("decide_cutbreach", "make_good_cutbreach"),
    ],
)
def test_what_two_people_decide_about_prepayment_and_breaches_no_role_does_alone(asks: str, decides: str) -> None:
    holders = {act: {role for role in Role if act in granted(role)} for act in (asks, decides)}
    assert all(holders.values())
    assert holders[asks] & holders[decides] == set()
