"""What is put into the outbox, once."""

from datetime import date, datetime

import pytest
from django.db import DatabaseError, transaction

from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.store.models import CollectionCase, ContactOptOut, MessageItem, OutboundMessage
from zaikong.store.queries import messages as reads

from .conftest import MORNING, TODAY

pytestmark = pytest.mark.django_db


def test_a_customer_with_two_accounts_gets_one_message_of_all_bills(desk):
    first = desk.account(1)
    second = desk.account(2, customer=first.customer)
    bills = [desk.debt(first), desk.debt(first, month=202505, step="", ladder_day=60), desk.debt(second)]
    held = desk.debt(second, month=202505, step="", held_by="dispute")
    ordered = desk.order()
    assert (ordered.queued, ordered.items, ordered.withheld, ordered.findings) == (1, 3, {}, ())
    message = OutboundMessage.objects.get()
    assert (message.state, message.channel, message.address, message.step) == (
        "queued",
        "sms",
        "13800000001",
        "FIRST_DEMAND",
    )
    # 100 yuan a bill, 30 days at 1 per mille a day
    assert "您有3笔电费逾期未交，共309.00元（其中违约金9.00元）" in message.body
    items = {item.bill_id: (item.step, item.open_fen, item.late_fee_fen) for item in MessageItem.objects.all()}
    assert items == {
        bills[0]: ("FIRST_DEMAND", 10_000, 300),
        bills[1]: ("", 10_000, 300),
        bills[2]: ("FIRST_DEMAND", 10_000, 300),
    }
    assert held not in items


def test_ordered_twice_it_is_written_once(desk):
    desk.debt(desk.account(1))
    assert desk.order().queued == 1
    again = desk.order()
    assert (again.queued, again.withheld) == (0, {"SENT_TODAY": 1})
    assert OutboundMessage.objects.count() == 1


def test_a_message_that_failed_today_is_not_written_again_today(desk):
    desk.debt(desk.account(1))
    desk.order()
    OutboundMessage.objects.update(state="failed", failed_at=MORNING, failure="refused")
    assert desk.order().queued == 0


def test_a_bill_knows_the_steps_messages_took(desk):
    account = desk.account(1)
    bill = desk.debt(account)
    other = desk.debt(account, month=202505, step="")
    desk.order()
    steps = reads.steps_by_message()
    assert steps.rows() == [(bill, "FIRST_DEMAND", day_number(TODAY), False)]
    assert other not in steps["bill"].to_list()


def test_at_night_a_message_waits_for_the_morning(desk):
    desk.debt(desk.account(1))
    desk.order(now=datetime(2025, 7, 31, 23, 0, tzinfo=TIME_ZONE))
    message = OutboundMessage.objects.get()
    assert message.not_before_at == datetime(2025, 8, 1, 8, 30, tzinfo=TIME_ZONE)


def test_a_customer_without_a_telephone_is_a_finding(desk):
    desk.debt(desk.account(1, phone=""))
    ordered = desk.order()
    assert (ordered.queued, ordered.withheld) == (0, {"NOT_REACHED": 1})
    assert [finding.code for finding in ordered.findings] == ["CUSTOMER_NOT_REACHED"]


def test_a_text_that_would_tell_too_much_is_a_finding_and_the_others_go(desk):
    bad, good = desk.account(1), desk.account(2, phone="13800000002")
    bad.customer.name, bad.customer.usci = "厂13912345678", "91410100MA00000000"
    bad.customer.save()
    desk.debt(bad)
    desk.debt(good)
    ordered = desk.order()
    assert (ordered.queued, [finding.code for finding in ordered.findings]) == (1, ["MESSAGE_TELLS_TOO_MUCH"])
    assert OutboundMessage.objects.get().customer_id == good.customer_id


def test_an_opt_out_in_force_stops_a_reminder_and_no_demand(desk):
    account = desk.account(1)
    opt_out = ContactOptOut.objects.create(customer=account.customer, channel="sms", from_date=date(2025, 1, 1))
    desk.debt(account, template="bill_notice", step="BILL_NOTICE", statutory=False, rank=1)
    assert desk.order().withheld == {"OPTED_OUT": 1}
    opt_out.to_date = TODAY
    opt_out.save()
    assert desk.order().queued == 1


def test_the_open_case_of_the_account_stands_beside_the_bill(desk):
    account = desk.account(1)
    case = CollectionCase.objects.create(account=account, opened_at=MORNING, overdue_since_date=date(2025, 7, 1))
    desk.debt(account)
    desk.order()
    assert MessageItem.objects.get().case_id == case.pk


def test_the_text_may_be_english(desk):
    desk.debt(desk.account(1))
    desk.order(language="en")
    message = OutboundMessage.objects.get()
    assert (message.language, message.subject) == ("en", "Demand: electricity bill past due")


def test_nobody_is_written_to_when_nothing_is_due(desk):
    desk.debt(desk.account(1), step="")
    assert desk.order().queued == 0


@pytest.mark.parametrize("state", ["sent", "delivered", "unknown"])
def test_the_table_lets_no_message_look_sent_that_was_not_handed_over(desk, state):
    desk.debt(desk.account(1))
    desk.order()
    with pytest.raises(DatabaseError), transaction.atomic():
        OutboundMessage.objects.update(state=state, sent_at=MORNING, delivered_at=MORNING)
