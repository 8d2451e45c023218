from datetime import date

import polars as pl
import pytest
from django.db import DatabaseError, IntegrityError, transaction

from ledger_desk import entitled, make_account, make_staff
from zaikong.application.credit_signals import UnableToDecideSignalError, confirm_match, match_signals, reject_match
from zaikong.application.roles import DECIDE_SIGNALS, Role, granted
from zaikong.store.models import Account, Customer, Signal, SignalMatch, Station
from zaikong.store.queries import signal_review as review
from zaikong.store.queries import signals as queries
from zaikong.store.queries.scope import Scope

pytestmark = pytest.mark.django_db

TODAY = date(2025, 7, 31)
COUNTY = Scope(None)


@pytest.fixture
def clerk():
    return entitled("clerk", DECIDE_SIGNALS)


@pytest.fixture
def customer():
    return Customer.objects.create(name="河南天元建材有限公司")


@pytest.fixture
def proposed(customer):
    signal()
    match_signals(as_of=TODAY)
    return SignalMatch.objects.get()


def signal(name="河南天源建材有限公司", usci="", kind="bankruptcy"):
    return Signal.objects.create(
        subject_name=name,
        usci=usci,
        kind=kind,
        signal_date=date(2025, 7, 1),
        source="法院",
        known_date=date(2025, 7, 2),
    )


def code_of(act, **arguments):
    with pytest.raises(UnableToDecideSignalError) as caught:
        act(**arguments)
    return caught.value.code


def facts(as_of=date(2025, 12, 31)):
    return queries.confirmed_facts(as_of=as_of).rows()


def waiting(scope=COUNTY):
    return list(review.waiting(scope=scope, page=1).rows)


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_a_proposed_match_is_no_fact_until_a_person_confirms_it(proposed, clerk, customer):
    assert (proposed.state, proposed.score, proposed.doubt, facts()) == ("proposed", 75, "NAME", [])
    assert waiting() == [proposed]
    decided = confirm_match(match=proposed.pk, staff=clerk, reason=" 同一法人，名称笔误 ", as_of=date(2025, 8, 2))
    assert (decided.state, decided.decided_by, decided.decided_date, decided.reason) == (
        "confirmed",
        clerk,
        date(2025, 8, 2),
        "同一法人，名称笔误",
    )
    assert facts() == [(customer.pk, "bankruptcy", day("2025-07-01"), day("2025-08-02"))]
    assert facts(as_of=date(2025, 8, 1)) == []
    assert waiting() == []
    assert review.decided(scope=COUNTY) == [decided]


def test_a_rejected_match_is_no_fact_and_its_signal_is_listed_and_not_proposed_again(proposed, clerk):
    reject_match(match=proposed.pk, staff=clerk, reason="不是同一家", as_of=TODAY)
    assert facts() == []
    assert list(review.unmatched(page=1)) == [proposed.signal]
    assert match_signals(as_of=TODAY).proposed == 0


def test_a_match_by_identifier_is_known_from_the_day_it_was_found(customer):
    named = Customer.objects.create(name="甲", usci="91410100MA44444441")
    signal(name="", usci=named.usci)
    assert match_signals(as_of=TODAY).confirmed == 1
    assert facts() == [(named.pk, "bankruptcy", day("2025-07-01"), day("2025-07-31"))]
    assert match_signals(as_of=TODAY) == match_signals(as_of=TODAY)


def test_nothing_is_decided_twice_or_without_right_reason_or_date(proposed, clerk):
    asked = {"match": proposed.pk, "staff": clerk, "reason": "核实", "as_of": TODAY}
    assert code_of(confirm_match, **asked | {"staff": make_staff("passer-by")}) == "NOT_ENTITLED"
    assert code_of(confirm_match, **asked | {"reason": " "}) == "REASON_MISSING"
    assert code_of(reject_match, **asked | {"match": 0}) == "MATCH_UNKNOWN"
    assert code_of(reject_match, **asked | {"as_of": date(2025, 7, 30)}) == "NOT_YET_MATCHED"
    confirm_match(**asked)
    assert code_of(reject_match, **asked) == "MATCH_DECIDED"


def test_the_manager_and_the_legal_officer_decide():
    assert {role for role in Role if DECIDE_SIGNALS in granted(role)} == {Role.MANAGER, Role.LEGAL_OFFICER}


@pytest.mark.parametrize(
    "change",
    [
        {"state": "confirmed"},
        {"state": "rejected"},
        {"score": 99},
        {"reason": "x"},
    ],
)
def test_the_table_refuses_a_decision_that_is_none(proposed, change):
    with pytest.raises(DatabaseError), transaction.atomic():
        SignalMatch.objects.filter(pk=proposed.pk).update(**change)


def test_the_table_keeps_a_decision(proposed, clerk):
    confirm_match(match=proposed.pk, staff=clerk, reason="核实", as_of=TODAY)
    for change in ({"state": "rejected"}, {"state": "proposed"}, {"reason": "另一理由"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            SignalMatch.objects.filter(pk=proposed.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        proposed.delete()


def test_the_table_refuses_a_decision_without_all_its_parts(customer, clerk):
    about = signal()
    whole = {"signal": about, "customer": customer, "found_by": "name", "score": 75, "matched_date": TODAY}
    for wrong in (
        {"state": "rejected"},
        {"state": "confirmed", "decided_by": clerk},
        {"state": "confirmed", "decided_by": clerk, "decided_date": TODAY},
        {"state": "proposed", "score": 101},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SignalMatch.objects.create(**whole | wrong)


def test_a_signal_is_never_changed_and_never_about_nobody(proposed):
    about = Signal.objects.get()
    for act in (about.delete, lambda: Signal.objects.update(kind="closure_order")):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    for wrong in ({"subject_name": ""}, {"signal_date": date(2025, 7, 3)}):
        whole = {"subject_name": "甲", "kind": "bankruptcy", "signal_date": TODAY, "source": "x", "known_date": TODAY}
        known = {"known_date": date(2025, 7, 2)} if "signal_date" in wrong else {}
        with pytest.raises(IntegrityError), transaction.atomic():
            Signal.objects.create(**whole | wrong | known)


def test_a_station_sees_the_matches_of_its_own_customers(proposed, customer):
    account = make_account()
    Account.objects.filter(pk=account.pk).update(customer=customer)
    home = account.supply_point.premise.station_id
    other = Station.objects.create(code="far", name="远供电所").pk
    assert waiting(Scope(home)) == [proposed]
    assert waiting(Scope(other)) == []
    assert review.match_in_sight(proposed.pk, scope=Scope(home)) == proposed
    assert review.match_in_sight(proposed.pk, scope=Scope(other)) is None


def test_a_customer_with_several_accounts_is_matched_once(proposed, customer):
    for number in ("4100000011", "4100000012"):
        Account.objects.filter(pk=make_account(number).pk).update(customer=customer)
    home = Account.objects.first().supply_point.premise.station_id
    assert waiting(Scope(home)) == [proposed]


def test_facts_are_columns_even_when_there_are_none():
    assert queries.confirmed_facts(as_of=TODAY).schema == {
        "customer": pl.Int64,
        "kind": pl.String,
        "signal_day": pl.Int64,
        "known_day": pl.Int64,
    }
