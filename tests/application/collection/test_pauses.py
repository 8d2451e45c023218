"""How long is a case left alone?"""

from datetime import date

import pytest

from collection_desk import at, kinds, make_staff, now, opened, pay
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.pauses import UnableToPauseCaseError, pause_case, resume_case
from zaikong.application.collection.promises import take_promise
from zaikong.store.models import CasePause

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return opened()[0]


@pytest.fixture
def asker():
    return make_staff("collector")


@pytest.fixture
def manager():
    return make_staff("manager")


def paused(case, asker, manager, *, to=date(2025, 7, 25), on=21):
    return pause_case(case=case.pk, to_date=to, reason="flood", staff=asker, approved_by=manager, at=at(on))


def promise(case, staff):
    take_promise(
        case=case.pk,
        amount_fen=1_000,
        promised_date=date(2025, 8, 4),
        made_by_name="张三",
        channel="phone",
        staff=staff,
        at=at(21, 9),
    )


def test_a_pause_ends_by_itself_in_the_night_of_its_day(case, asker, manager):
    paused(case, asker, manager)
    assert run_cases(as_of=date(2025, 7, 24)).resumed == 0
    assert now(case).state == "paused"
    assert run_cases(as_of=date(2025, 7, 25)).resumed == 1
    assert (now(case).state, kinds(case)) == ("open", ["opened", "pause", "resumed"])
    assert run_cases(as_of=date(2025, 7, 25)).resumed == 0


def test_a_case_with_a_promise_comes_back_promised(case, asker, manager):
    promise(case, asker)
    paused(case, asker, manager)
    run_cases(as_of=date(2025, 7, 25))
    assert now(case).state == "promised"


def test_it_is_taken_up_again_by_hand(case, asker, manager):
    promise(case, asker)
    pause = paused(case, asker, manager)
    resume_case(case=case.pk, reason="water is gone", staff=asker, at=at(23))
    assert now(case).state == "promised"
    assert CasePause.objects.get(pk=pause.pk).ended_date == date(2025, 7, 23)
    with pytest.raises(UnableToPauseCaseError) as refusal:
        resume_case(case=case.pk, reason="again", staff=asker, at=at(23))
    assert refusal.value.code == "CASE_STATE_WRONG"


def test_payment_ends_the_pause_with_the_case(case, asker, manager):
    pause = paused(case, asker, manager)
    pay(case, 20_000, 22)
    assert now(case).state == "closed"
    assert CasePause.objects.get(pk=pause.pk).ended_date == date(2025, 7, 22)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"to_date": date(2025, 7, 21)}, "PAUSE_TERM_WRONG"),
        ({"to_date": date(2025, 8, 21)}, "PAUSE_TERM_WRONG"),
        ({"reason": " "}, "REASON_MISSING"),
        ({"reason": "x" * 201}, "REASON_TOO_LONG"),
        ({"approved_by": "asker"}, "SAME_PERSON"),
        ({"approved_by": "left"}, "NOT_ENTITLED"),
    ],
)
def test_a_pause_that_cannot_be_granted_says_why(case, asker, manager, asked, code):
    left = make_staff("left")
    left.is_active = False
    people = {"asker": asker, "left": left}
    whole = {
        "case": case.pk,
        "to_date": date(2025, 8, 20),
        "reason": "flood",
        "staff": asker,
        "approved_by": manager,
        "at": at(21),
    }
    named = {key: people.get(value, value) if isinstance(value, str) else value for key, value in asked.items()}
    with pytest.raises(UnableToPauseCaseError) as refusal:
        pause_case(**{**whole, **named})
    assert refusal.value.code == code
    assert pause_case(**whole).to_date == date(2025, 8, 20)
