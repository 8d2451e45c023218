"""A message on a balance leaves while it is true, and is held back when it is not."""

import pytest

from balance_desk import MONDAY, after, messages, moment, night, pay, prepaid_account
from zaikong.application.messaging.sending import send_waiting
from zaikong.application.messaging.targets import targets_of

pytestmark = pytest.mark.django_db(transaction=True)

MORNING = moment(after(MONDAY), "08:30")


def sent(folder):
    return send_waiting(targets=targets_of({}, outbox=folder), clock=lambda: MORNING)


def test_a_warning_leaves_in_the_morning_and_once(tmp_path):
    account = prepaid_account()
    night(MONDAY, (account, 10))
    assert send_waiting(targets=targets_of({}, outbox=tmp_path), clock=lambda: moment(MONDAY, "23:59")).sent == 0
    assert sent(tmp_path).sent == 1
    assert sent(tmp_path).sent == 0
    (message,) = messages(account)
    assert (message.state, message.sent_at) == ("sent", MORNING)


def test_a_warning_of_who_has_topped_up_meanwhile_does_not_leave(tmp_path):
    account = prepaid_account()
    night(MONDAY, (account, 10))
    pay(account, 3_010, after(MONDAY))
    outcome = sent(tmp_path)
    assert (outcome.sent, outcome.idle) == (0, 1)
    (message,) = messages(account)
    assert (message.state, message.failure) == ("failed", "nothing is owed any more")
    assert list(tmp_path.iterdir()) == []
