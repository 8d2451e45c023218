"""Handed over once, outside any transaction, and never sent before it was."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from ledger_desk import batch, entitled, make_staff, receipt
from zaikong.application.messaging.receipts import UnableToReadReceiptsError, take_receipts
from zaikong.application.messaging.sending import (
    UnableToSendMessagesError,
    UnableToSettleMessageError,
    reference_of,
    send_waiting,
    settle_unknown,
)
from zaikong.application.messaging.targets import targets_of
from zaikong.application.payments import credit
from zaikong.application.roles import HANDLE_CASES
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import CaseEvent, CollectionCase, Dispute, OutboundMessage
from zaikong.store.queries import messages as reads

from .conftest import MORNING, TODAY

pytestmark = pytest.mark.django_db(transaction=True)

LATER = MORNING + timedelta(hours=1)


@pytest.fixture
def message(desk):
    """One message of one debt with an open case, in the outbox."""
    account = desk.account(1)
    CollectionCase.objects.create(account=account, opened_at=MORNING, overdue_since_date=TODAY)
    desk.bill = desk.debt(account)
    desk.order()
    return OutboundMessage.objects.get()


def send(gateway=None, folder=None, *, at=MORNING, most=None):
    addresses = {"sms": gateway.address} if gateway else {}
    return send_waiting(targets=targets_of(addresses, outbox=folder), clock=lambda: at, most=most)


def events():
    return list(CaseEvent.objects.order_by("pk").values_list("kind", "outcome", "note"))


def state():
    return OutboundMessage.objects.get().state


def test_run_twice_it_is_sent_once(message, gateway):
    assert send(gateway).sent == 1
    assert send(gateway).sent == 0
    assert [told["reference"] for told in gateway.got] == [reference_of(message.pk)]
    now = OutboundMessage.objects.get()
    assert (now.state, now.sent_at, now.attempts, now.provider_ref) == ("sent", MORNING, 1, reference_of(message.pk))
    assert events() == [("message", "sent", "")]


def test_by_default_it_goes_to_the_file(message, tmp_path):
    assert send(folder=tmp_path).sent == 1
    (line,) = (tmp_path / "2025-07-31.jsonl").read_text(encoding="utf-8").splitlines()
    assert reference_of(message.pk) in line


def test_one_that_is_refused_never_looks_sent_and_is_work(message, gateway):
    gateway.answer = 500
    outcome = send(gateway)
    assert (outcome.sent, outcome.failed, [finding.code for finding in outcome.findings]) == (0, 1, ["MESSAGE_FAILED"])
    now = OutboundMessage.objects.get()
    assert (now.state, now.sent_at, now.failure) == ("failed", None, "the provider refused: error=500")
    assert events() == [("delivery_failed", "failed", "the provider refused: error=500")]
    assert send(gateway).sent == 0


def test_one_that_was_never_reached_is_tried_three_times(message, gateway):
    gateway.close()
    at, seen = MORNING, []
    for _ in range(4):
        outcome = send(gateway, at=at)
        seen.append((outcome.again, outcome.failed, state()))
        assert send(gateway, at=at + timedelta(minutes=9)).again == 0
        at += timedelta(minutes=10)
    assert seen == [(1, 0, "queued"), (1, 0, "queued"), (0, 1, "failed"), (0, 0, "failed")]


def test_one_nobody_knows_of_is_not_sent_again(message, gateway):
    gateway.answer = "silence"
    outcome = send(gateway)
    assert (outcome.unknown, [finding.code for finding in outcome.findings]) == (1, ["MESSAGE_UNKNOWN"])
    gateway.answer = 200
    assert send(gateway, at=LATER).sent == 0
    assert (state(), len(gateway.got)) == ("unknown", 1)
    assert events() == [("delivery_failed", "unknown", "the provider did not answer")]


class Dies:
    """A sender that dies after the provider took the message and before that was recorded."""

    def __init__(self, target):
        self._target = target

    def hand_over(self, parcel, *, at):
        self._target.hand_over(parcel, at=at)
        raise KeyboardInterrupt

    def has(self, reference):
        return self._target.has(reference)


def die(targets):
    with pytest.raises(KeyboardInterrupt):
        send_waiting(targets={name: Dies(target) for name, target in targets.items()}, clock=lambda: MORNING)
    assert state() == "sending"


def test_a_sender_that_died_leaves_a_provider_s_message_unknown(message, gateway):
    die(targets_of({"sms": gateway.address}, outbox=None))
    outcome = send(gateway, at=LATER)
    assert (outcome.sent, outcome.unknown, state(), len(gateway.got)) == (0, 1, "unknown", 1)


def test_a_sender_that_died_after_writing_the_file_is_read_back(message, tmp_path):
    die(targets_of({}, outbox=tmp_path))
    outcome = send(folder=tmp_path, at=LATER)
    assert (outcome.sent, state()) == (1, "sent")
    assert len((tmp_path / "2025-07-31.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_sender_that_died_before_writing_the_file_sends_again(message, tmp_path):
    OutboundMessage.objects.update(state="sending", attempts=1)
    assert send(folder=tmp_path, at=MORNING).again == 1
    assert send(folder=tmp_path, at=LATER).sent == 1


def test_a_message_waits_for_its_time(message, tmp_path):
    assert send(folder=tmp_path, at=MORNING - timedelta(minutes=1)).sent == 0
    assert send(folder=tmp_path).sent == 1


def test_a_bill_paid_while_the_message_waited_is_not_dunned(desk, message, tmp_path):
    credit(batch(receipt("r1", "4100000001", 20_000, "2025-07-31")), booked_date=TODAY)
    outcome = send(folder=tmp_path)
    assert (outcome.sent, outcome.idle, outcome.findings, state()) == (0, 1, [], "failed")
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_asked_for_are_sent_and_demands_of_the_law_first(desk, tmp_path):
    reminded, demanded = desk.account(1), desk.account(2, phone="13800000002")
    desk.debt(reminded, step="BILL_NOTICE", template="bill_notice", statutory=False, rank=1)
    desk.debt(demanded)
    desk.order()
    assert send(folder=tmp_path, most=1).sent == 1
    assert OutboundMessage.objects.get(state="sent").customer_id == demanded.customer_id


def test_inside_a_transaction_nothing_is_sent(message, gateway):
    with pytest.raises(UnableToSendMessagesError) as refused, transaction.atomic():
        send(gateway)
    assert (refused.value.code, gateway.got) == ("SENDING_IN_TRANSACTION", [])


def test_a_second_sender_is_refused(message, gateway):
    codes = []

    class Second:
        def hand_over(self, parcel, *, at):
            def try_it():
                try:
                    send(gateway)
                except UnableToSendMessagesError as error:
                    codes.append(error.code)
                finally:
                    connection.close()

            thread = threading.Thread(target=try_it)
            thread.start()
            thread.join()
            return targets["sms"].hand_over(parcel, at=at)

        def has(self, reference):
            return None

    targets = targets_of({"sms": gateway.address}, outbox=None)
    assert send_waiting(targets={"sms": Second()}, clock=lambda: MORNING).sent == 1
    assert (codes, len(gateway.got)) == (["SENDER_BUSY"], 1)


@pytest.mark.parametrize(
    ("was_sent", "ended", "kind"), [(True, "sent", "message"), (False, "failed", "delivery_failed")]
)
def test_a_person_decides_what_nobody_knew(message, gateway, was_sent, ended, kind):
    gateway.answer = "silence"
    send(gateway)
    staff = entitled("asker", HANDLE_CASES)
    settle_unknown(message_id=message.pk, was_sent=was_sent, staff=staff, note="asked the provider", now=LATER)
    assert (state(), events()[-1][0], CaseEvent.objects.last().staff) == (ended, kind, staff)


def test_only_an_unknown_message_is_decided_and_only_with_a_note(message, gateway):
    staff = entitled("asker", HANDLE_CASES)

    def code(note):
        with pytest.raises(UnableToSettleMessageError) as refused:
            settle_unknown(message_id=message.pk, was_sent=True, staff=staff, note=note, now=LATER)
        return refused.value.code

    assert code("asked") == "MESSAGE_NOT_UNKNOWN"
    gateway.answer = "silence"
    send(gateway)
    assert code("  ") == "NOTE_MISSING"


def test_who_may_not_handle_cases_decides_nothing(message, gateway):
    gateway.answer = "silence"
    send(gateway)
    with pytest.raises(UnableToSettleMessageError):
        settle_unknown(message_id=message.pk, was_sent=True, staff=make_staff(), note="asked", now=LATER)
    assert state() == "unknown"


def test_an_account_disputed_while_the_message_waited_is_not_dunned(desk, message, tmp_path):
    Dispute.objects.create(
        account=message.messageitem_set.get().account,
        raised_at=MORNING,
        raised_by_name="户主",
        subject="电量不对",
        answer_due_date=TODAY,
    )
    assert (send(folder=tmp_path).idle, list(tmp_path.iterdir())) == (1, [])


@pytest.mark.parametrize(
    ("before", "after"),
    [("sent", "queued"), ("sent", "sending"), ("delivered", "sent"), ("failed", "sent"), ("failed", "queued")],
)
def test_the_table_lets_no_message_go_back(message, tmp_path, before, after):
    send(folder=tmp_path)
    if before != "sent":
        OutboundMessage.objects.update(state=before, delivered_at=LATER, failed_at=LATER, failure="x")
    with pytest.raises(DatabaseError), transaction.atomic():
        OutboundMessage.objects.update(state=after)


def took(message, rows, *, now=LATER):
    text = "reference,state,time,reason\n" + "\n".join(rows).replace("REF", reference_of(message.pk))
    return take_receipts(text.encode("utf-8-sig"), now=now)


def test_a_receipt_proves_the_delivery_and_counts_once(message, gateway):
    send(gateway)
    row = "REF,delivered,2025-07-31T09:05:00,"
    first, second = took(message, [row]), took(message, [row])
    assert (first.delivered, first.repeated, second.delivered, second.repeated) == (1, 0, 0, 1)
    now = OutboundMessage.objects.get()
    assert (now.state, now.delivered_at) == ("delivered", datetime(2025, 7, 31, 9, 5, tzinfo=TIME_ZONE))
    assert reads.steps_by_message()["proven"].to_list() == [True]


def test_a_receipt_of_failure_is_work(message, gateway):
    send(gateway)
    assert took(message, ["REF,failed,2025-07-31T01:05:00Z,number not in use"]).failed == 1
    assert (state(), events()[-1]) == ("failed", ("delivery_failed", "failed", "number not in use"))
    assert reads.steps_by_message()["proven"].to_list() == [False]


def test_a_receipt_settles_what_nobody_knew(message, gateway):
    gateway.answer = "silence"
    send(gateway)
    assert took(message, ["REF,delivered,2025-07-31T09:05:00,"]).delivered == 1
    now = OutboundMessage.objects.get()
    assert (now.state, now.sent_at, now.failure) == ("delivered", now.delivered_at, "")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("M999999,delivered,2025-07-31T09:05:00,", "RECEIPT_WITHOUT_MESSAGE"),
        (",delivered,2025-07-31T09:05:00,", "RECEIPT_WITHOUT_MESSAGE"),
        ("REF,read,2025-07-31T09:05:00,", "RECEIPT_STATE_UNKNOWN"),
        ("REF,delivered,yesterday,", "RECEIPT_TIME_UNREADABLE"),
        ("REF,delivered,2025-07-31T10:00:01,", "RECEIPT_FROM_THE_FUTURE"),
        ("REF,delivered,2025-07-31T08:59:59,", "RECEIPT_TOO_EARLY"),
    ],
)
def test_each_bad_receipt_is_a_finding_with_its_line_and_the_others_count(message, gateway, row, code):
    send(gateway)
    outcome = took(message, [row, "REF,delivered,2025-07-31T09:05:00,"])
    assert (outcome.rows, outcome.delivered) == (2, 1)
    assert [(finding.code, finding.subject) for finding in outcome.findings] == [(code, "line 2")]


def test_a_receipt_that_contradicts_is_a_finding(message, gateway):
    send(gateway)
    outcome = took(message, ["REF,delivered,2025-07-31T09:05:00,", "REF,failed,2025-07-31T09:06:00,"])
    assert ([finding.code for finding in outcome.findings], state()) == (["RECEIPT_CONTRADICTS"], "delivered")


@pytest.mark.parametrize(
    ("content", "code"), [(b"reference,state\n", "COLUMN_MISSING"), (b"\xff\xfe\x00", "ENCODING_WRONG")]
)
def test_what_is_no_file_of_receipts_is_refused(content, code):
    with pytest.raises(UnableToReadReceiptsError) as refused:
        take_receipts(content, now=LATER)
    assert refused.value.code == code
