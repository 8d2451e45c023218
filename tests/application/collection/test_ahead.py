"""Does one account's ladder say what the nightly rule says of it?"""

from datetime import date

import pytest

from collection_desk import NIGHT, at, make_staff, opened, pay
from zaikong.application.collection.ahead import ahead_of
from zaikong.application.collection.climbing import where_debts_stand
from zaikong.application.collection.contacts import log_call
from zaikong.application.collection.promises import take_promise

pytestmark = pytest.mark.django_db

MONDAY = date(2025, 7, 21)


@pytest.fixture
def case():
    return opened("4100000001", 500_000)[0]


def test_an_account_stands_where_the_county_says_it_stands(case):
    opened("4100000002", 700_000, due=date(2025, 7, 1))
    whole = where_debts_stand(as_of=NIGHT).filter(account=case.account_id)
    alone = where_debts_stand(as_of=NIGHT, accounts=[case.account_id])
    assert alone.height == 1
    assert alone.equals(whole)
    assert where_debts_stand(as_of=NIGHT, accounts=[]).is_empty()


def test_the_rungs_are_those_of_the_ladder_and_one_is_todays(case):
    found = ahead_of(case.account_id, as_of=MONDAY, resident=True)
    step = where_debts_stand(as_of=MONDAY, accounts=[case.account_id])["step"].item()
    assert found.ladder.ladder
    assert len(found.rungs) == len(found.ladder.steps)
    assert [rung.step.step for rung in found.rungs if rung.today] == [step]
    assert found.coming.step.step == step
    assert found.last is None


def test_a_call_is_the_last_step_taken_and_proven_when_somebody_was_reached(case):
    log_call(case=case.pk, outcome="reached", spoken_to="张三", staff=make_staff(), at=at(21))
    found = ahead_of(case.account_id, as_of=MONDAY, resident=True)
    assert (found.last.step.step, found.last.taken_date, found.last.proven) == ("PHONE_CALL", MONDAY, True)


def test_a_promise_holds_the_next_step_back(case):
    take_promise(
        case=case.pk,
        amount_fen=500_000,
        promised_date=date(2025, 7, 28),
        made_by_name="张三",
        channel="phone",
        staff=make_staff(),
        at=at(21),
    )
    found = ahead_of(case.account_id, as_of=MONDAY, resident=True)
    assert [rung.waits_for for rung in found.rungs if rung.waits_for][-1:] in (["promise"], ["proof"])
    assert not any(rung.today for rung in found.rungs)
    assert set(found.preview.held.values()) == {"promise"}


def test_nothing_owed_has_no_ladder(case):
    pay(case, 600_000, 21)
    assert ahead_of(case.account_id, as_of=date(2025, 7, 22), resident=True) is None
