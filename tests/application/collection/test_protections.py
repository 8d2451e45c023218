"""For how long is an account protected, and who says so?"""

from datetime import date, timedelta

import pytest

from collection_desk import at, kinds, make_staff, now, opened
from zaikong.application.collection.handing_over import UnableToHandOverError, hand_over
from zaikong.application.collection.nightly import run_cases
from zaikong.application.collection.protections import LAW_REASONS, UnableToProtectError, end_protection, protect
from zaikong.application.collection.reviews import UnableToReviewError, mark_hardship, review_vulnerable_home
from zaikong.store.models import Protection, Station

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return opened()[0]


@pytest.fixture
def people():
    return make_staff("collector"), make_staff("manager")


def asked(case, people, **other):
    return {
        "account": case.account_id,
        "reason": "medical",
        "note": "oxygen at home",
        "from_at": at(21),
        "to_at": at(21) + timedelta(days=60),
        "review_date": date(2025, 8, 15),
        "staff": people[0],
        "approved_by": people[1],
        "at": at(21),
    } | other


def test_a_protection_is_written_down_and_changes_the_ladder(case, people):
    protection = protect(**asked(case, people))
    assert (protection.reason, protection.approved_by) == ("medical", people[1])
    assert kinds(case) == ["opened", "protection"]
    run_cases(as_of=date(2025, 7, 22))
    assert now(case).ladder == "careful"
    run_cases(as_of=date(2025, 9, 20))
    assert now(case).ladder == "standard"


def test_it_is_ended_early_by_somebody_with_a_reason(case, people):
    protection = protect(**asked(case, people))
    end_protection(protection=protection.pk, reason="moved away", staff=people[1], at=at(25))
    stored = Protection.objects.get()
    assert (stored.ended_at, stored.ended_by) == (at(25), people[1])
    for act, code in (
        (
            lambda: end_protection(protection=protection.pk, reason="again", staff=people[1], at=at(26)),
            "PROTECTION_OVER",
        ),
        (lambda: end_protection(protection=0, reason="none", staff=people[1], at=at(26)), "PROTECTION_UNKNOWN"),
    ):
        with pytest.raises(UnableToProtectError) as refusal:
            act()
        assert refusal.value.code == code


def test_every_reason_has_its_longest_time_in_law(case, people):
    assert set(LAW_REASONS) == set(Protection.Reason.values)
    with pytest.raises(UnableToProtectError) as refusal:
        protect(**asked(case, people, reason="meter_fault", to_at=at(21) + timedelta(days=61)))
    assert (refusal.value.code, refusal.value.fields["longest_days"]) == ("PROTECTION_TERM_WRONG", 60)
    assert refusal.value.article


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"account": 999_999}, "ACCOUNT_UNKNOWN"),
        ({"reason": "weather"}, "REASON_UNKNOWN"),
        ({"to_at": at(21)}, "PROTECTION_TERM_WRONG"),
        ({"review_date": date(2025, 7, 20)}, "REVIEW_DATE_WRONG"),
        ({"review_date": date(2025, 12, 1)}, "REVIEW_DATE_WRONG"),
        ({"note": ""}, "NOTE_MISSING"),
    ],
)
def test_a_protection_that_cannot_be_given_says_why(case, people, other, code):
    with pytest.raises(UnableToProtectError) as refusal:
        protect(**asked(case, people, **other))
    assert refusal.value.code == code


def test_who_asks_does_not_approve(case, people):
    with pytest.raises(UnableToProtectError) as refusal:
        protect(**asked(case, people, approved_by=people[0]))
    assert refusal.value.code == "SAME_PERSON"


def test_hardship_is_noted_and_taken_back(case, people):
    mark_hardship(case=case.pk, hardship=True, note="lost work", staff=people[0], at=at(21))
    assert now(case).hardship
    run_cases(as_of=date(2025, 7, 21))
    assert now(case).ladder == "careful"
    with pytest.raises(UnableToReviewError) as refusal:
        mark_hardship(case=case.pk, hardship=True, note="again", staff=people[0], at=at(21))
    assert refusal.value.code == "HARDSHIP_KNOWN"
    mark_hardship(case=case.pk, hardship=False, note="found work", staff=people[0], at=at(22))
    assert not now(case).hardship


def test_a_look_at_a_home_is_good_for_its_term(case, people):
    review = review_vulnerable_home(
        account=case.account_id, outcome="may_proceed", note="two adults", staff=people[0], at=at(21)
    )
    assert review.valid_to_at == at(21) + timedelta(days=30)
    assert kinds(case) == ["opened", "vulnerable_review"]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"account": 999_999}, "ACCOUNT_UNKNOWN"),
        ({"outcome": "maybe"}, "OUTCOME_UNKNOWN"),
        ({"note": ""}, "NOTE_MISSING"),
        ({"evidence": 999_999}, "EVIDENCE_UNKNOWN"),
    ],
)
def test_a_look_that_says_nothing_is_refused(case, people, other, code):
    whole = {"account": case.account_id, "outcome": "protect", "note": "alone, 84", "staff": people[0], "at": at(21)}
    with pytest.raises(UnableToReviewError) as refusal:
        review_vulnerable_home(**{**whole, **other})
    assert refusal.value.code == code


def test_a_case_goes_to_a_colleague_of_the_station(case, people):
    hand_over(case=case.pk, to=people[1], note="leave", staff=people[0], at=at(21))
    assert now(case).collector == people[1]
    assert kinds(case) == ["opened", "handed_over"]
    stranger = make_staff("stranger")
    stranger.station = Station.objects.create(code="S9", name="其他供电所")
    gone = make_staff("gone")
    gone.is_active = False
    for to, code in ((people[1], "COLLECTOR_SAME"), (stranger, "STATION_OTHER"), (gone, "STAFF_INACTIVE")):
        with pytest.raises(UnableToHandOverError) as refusal:
            hand_over(case=case.pk, to=to, note="leave", staff=people[0], at=at(21))
        assert refusal.value.code == code
