"""Each debt's clock runs from its due day or from the last event that counted, and says what proves it."""

from datetime import date

import pytest

from cutting_desk import notice, open_case
from ledger_desk import batch, entitled, make_account, receipt, release
from zaikong.application.limitation import limitation_queue
from zaikong.application.payments import credit
from zaikong.application.payments.changing import reverse_payment
from zaikong.store.models import LimitationEvent
from zaikong.store.queries.scope import Scope

pytestmark = pytest.mark.django_db

TODAY = date(2025, 9, 30)


@pytest.fixture
def account():
    account = make_account(category="business")
    release([(account, 202209, date(2022, 10, 15), 50_000)], issued_date=date(2022, 10, 5))
    return account


def first(as_of=TODAY):
    return limitation_queue(as_of=as_of).claims[0]


def test_without_an_event_the_clock_runs_three_years_from_the_due_day(account):
    claim = first()
    assert (claim.from_date, claim.expires_date, claim.days_left) == (date(2022, 10, 15), date(2025, 10, 15), 15)
    assert (claim.alert, claim.interruption, claim.proof) == (3, "", "")


def test_alerts_stand_at_180_90_and_30_days_and_after_the_end(account):
    days = [date(2025, 4, 17), date(2025, 4, 18), date(2025, 7, 17), date(2025, 9, 15), date(2025, 10, 16)]
    assert [first(as_of=day).alert for day in days] == [0, 1, 2, 3, 4]


def test_a_served_demand_starts_it_anew_and_is_the_proof(account):
    case = open_case(account)
    demand = notice(case, "demand", "2025-06-01 09:00", served="2025-06-03 09:00")
    claim = first()
    assert (claim.from_date, claim.expires_date) == (date(2025, 6, 3), date(2028, 6, 3))
    assert (claim.interruption, claim.proof) == ("demand_delivered", demand.notice_no)


def test_a_demand_that_was_not_served_interrupts_nothing(account):
    notice(open_case(account), "demand", "2025-06-01 09:00")
    assert first().interruption == ""


def test_a_part_payment_starts_it_anew_until_it_is_undone(account):
    credit(batch(receipt("r1", account.account_no, 100, "2025-05-02")), booked_date=date(2025, 5, 2))
    claim = first()
    assert (claim.interruption, claim.from_date) == ("part_payment", date(2025, 5, 2))

    clerk = entitled("clerk", "undo_payment")
    reverse_payment(channel="bank", channel_ref="r1", reason="wrong account", staff=clerk, as_of=date(2025, 5, 5))
    assert first().interruption == ""


def test_what_was_recorded_for_the_account_counts_for_every_bill_due_then(account):
    release([(account, 202508, date(2025, 9, 15), 10_000)], issued_date=date(2025, 9, 5))
    LimitationEvent.objects.create(account=account, kind="acknowledged", event_date=date(2025, 9, 1))
    claims = limitation_queue(as_of=TODAY).claims
    assert [(claim.month, claim.interruption) for claim in claims] == [(202209, "acknowledged"), (202508, "")]


def test_an_event_after_the_day_asked_for_is_not_known(account):
    LimitationEvent.objects.create(account=account, kind="acknowledged", event_date=date(2025, 9, 1))
    assert first(as_of=date(2025, 8, 31)).interruption == ""


def test_an_event_after_the_end_revives_nothing(account):
    LimitationEvent.objects.create(account=account, kind="suit", event_date=date(2025, 10, 16))
    assert first(as_of=date(2025, 11, 1)).expires_date == date(2025, 10, 15)


def test_the_queue_is_by_days_left_with_sums_of_the_scope(account):
    release([(account, 202505, date(2025, 6, 15), 10_000)], issued_date=date(2025, 6, 5))
    queue = limitation_queue(as_of=TODAY)
    assert [claim.month for claim in queue.claims] == [202209, 202505]
    assert queue.by_alert == {0: (1, 10_000), 3: (1, 50_000)}
    assert [claim.month for claim in limitation_queue(as_of=TODAY, least_alert=1).claims] == [202209]
    assert limitation_queue(as_of=TODAY, scope=Scope(station_id=0)).claims == []
