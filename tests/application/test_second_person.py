"""Does the second person say yes themselves?"""

import pytest

from collection_desk import make_staff, opened
from zaikong.application.second_person import UnableToConfirmError, second_person
from zaikong.store.models import Station

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return opened()[0].account


@pytest.fixture
def chief():
    staff = make_staff("chief")
    staff.is_staff = True
    staff.set_password("kan-hao-dian-fei-9")
    staff.save()
    return staff


def _asked(account, **given):
    terms = {"username": "chief", "password": "kan-hao-dian-fei-9", **given}
    return second_person(account=account.pk, **terms)


def test_log_in_and_password_name_the_second_person(account, chief):
    assert _asked(account, username=" chief ") == chief


@pytest.mark.parametrize("given", [{"password": "wrong"}, {"password": ""}, {"username": "nobody"}])
def test_a_wrong_word_confirms_nothing(account, chief, given):
    with pytest.raises(UnableToConfirmError) as refusal:
        _asked(account, **given)
    assert refusal.value.code == "APPROVER_NOT_CONFIRMED"
    assert "kan-hao" not in str(refusal.value.fields)


@pytest.mark.parametrize("column", ["is_active", "is_staff"])
def test_somebody_who_left_confirms_nothing(account, chief, column):
    setattr(chief, column, False)
    chief.save()
    with pytest.raises(UnableToConfirmError) as refusal:
        _asked(account)
    assert refusal.value.code == "APPROVER_NOT_CONFIRMED"


def test_somebody_of_another_station_confirms_nothing(account, chief):
    chief.station = Station.objects.create(code="S9", name="另一供电所")
    chief.save()
    with pytest.raises(UnableToConfirmError) as refusal:
        _asked(account)
    assert refusal.value.code == "APPROVER_ELSEWHERE"
