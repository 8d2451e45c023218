"""How does what waits in the outbox reach its provider, once, and never look sent before it was?

Each message is claimed and committed, handed over outside any transaction, and its outcome is recorded. One sender runs
at a time. What a sender that died left claimed is read back where the target can be read, and is otherwise `unknown`: it
is not sent again by itself, because nobody knows that it was not sent; a person decides (`settle_unknown`).

A message whose bills were paid while it waited is not sent. One whose provider was never reached goes back and is tried
again, `MOST_ATTEMPTS` times in all. What failed or is unknown is written into the cases of its bills and returned as
findings: it is work.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from zaikong.application.collection.entries import require_right
from zaikong.application.messaging.targets import Handed, Parcel, Refused, Taken, Target, Unknown
from zaikong.application.messaging.told import FAILED, LONGEST_REASON, SENT, tell_cases
from zaikong.application.roles import HANDLE_CASES
from zaikong.domain.collection.contact import contact_terms, next_allowed
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Dispute, MessageItem, OpenItem, OutboundMessage, Staff
from zaikong.store.queries import balances

MOST_ATTEMPTS: Final = 3
_PAUSE: Final = timedelta(minutes=10)
_LOCK: Final = 0x5A41_4D53

State = OutboundMessage.State


class UnableToSendMessagesError(Refusal):
    """Sending may not begin."""


class UnableToSettleMessageError(Refusal):
    """A message is not one whose fate a person decides."""


@dataclass(slots=True)
class Sent:
    """What a sender did.

    Attributes:
        sent: Messages handed over.
        failed: Messages given up.
        idle: Messages that were about nothing any more.
        unknown: Messages nobody knows of.
        again: Messages that wait for another attempt.
        findings: One a message that failed or is unknown.
    """

    sent: int = 0
    failed: int = 0
    idle: int = 0
    unknown: int = 0
    again: int = 0
    findings: list[Finding] = field(default_factory=list)


def reference_of(message_id: int) -> str:
    """Our reference of a message, which a provider gets and a receipt names."""
    return f"M{message_id}"


def send_waiting(*, targets: Mapping[str, Target], clock: Callable[[], datetime], most: int | None = None) -> Sent:
    """Hand over every message whose time has come.

    Args:
        targets: Where each channel leads.
        clock: Gives the time, with its zone.
        most: Largest number handed over; all when not given.

    Raises:
        UnableToSendMessagesError: Inside a transaction, or while another sender runs.
    """
    if connection.in_atomic_block:
        raise UnableToSendMessagesError(
            "messages are not sent inside a transaction",
            code="SENDING_IN_TRANSACTION",
            remedy="Commit the order first, then send.",
        )
    outcome = Sent()
    with _only_sender():
        for message in list(OutboundMessage.objects.filter(state=State.SENDING).order_by("pk")):
            _take_up_orphan(message, targets[message.channel], clock(), outcome)
        begun = clock()
        done = 0
        while (most is None or done < most) and (message := _claim(begun)) is not None:
            done += 1
            if message.state == State.FAILED:
                outcome.idle += 1
                continue
            handed = targets[message.channel].hand_over(_parcel(message), at=clock())
            _record(message, handed, clock(), outcome)
    return outcome


@transaction.atomic
def settle_unknown(*, message_id: int, was_sent: bool, staff: Staff, note: str, now: datetime) -> None:
    """Record what a person found out about a message nobody knew of.

    Args:
        message_id: The message.
        was_sent: Whether the provider had it.
        staff: Who asked.
        note: How it was found out.
        now: The time.

    Raises:
        UnableToSettleMessageError: It is not unknown, the note is missing, or the right to handle cases is.
    """
    require_right(staff, HANDLE_CASES, error=UnableToSettleMessageError)
    message = OutboundMessage.objects.select_for_update().filter(pk=message_id, state=State.UNKNOWN).first()
    if message is None or not note.strip():
        raise UnableToSettleMessageError(
            f"message {message_id} is not unknown" if message is None else "a note is missing",
            code="MESSAGE_NOT_UNKNOWN" if message is None else "NOTE_MISSING",
            fields={"message": message_id},
            remedy="Look at its state." if message is None else "Say how it was found out.",
        )
    if was_sent:
        message.state, message.sent_at, message.failure = State.SENT, now, ""
        message.save(update_fields=["state", "sent_at", "failure"])
        tell_cases(message, SENT, note.strip(), at=now, staff=staff)
    else:
        _fail(message, f"not sent: {note.strip()}", now, staff)


@contextmanager
def _only_sender() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        free = cursor.fetchone()[0]
    if not free:
        raise UnableToSendMessagesError(
            "another sender is at work", code="SENDER_BUSY", remedy="Wait until it has ended."
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _claim(begun: datetime) -> OutboundMessage | None:
    """The next message whose time had come, claimed and committed; given up where its bills are paid."""
    with transaction.atomic():
        message: OutboundMessage | None = (
            OutboundMessage.objects.select_for_update()
            .filter(state=State.QUEUED, not_before_at__lte=begun)
            .order_by("-statutory", "not_before_at", "pk")
            .first()
        )
        if message is not None and not _is_owed(message, begun):
            message.state, message.failed_at, message.failure = State.FAILED, begun, "nothing is owed any more"
            message.save(update_fields=["state", "failed_at", "failure"])
        elif message is not None:
            message.state, message.attempts = State.SENDING, message.attempts + 1
            message.provider_ref = reference_of(message.pk)
            message.save(update_fields=["state", "attempts", "provider_ref"])
    return message


def _is_owed(message: OutboundMessage, at: datetime) -> bool:
    about_balance = balances.is_still_due(message.pk, at=at)
    if about_balance is not None:
        return about_balance
    disputes = Dispute.objects.filter(state="open", bill=None)
    named = MessageItem.objects.filter(message=message).exclude(account_id__in=disputes.values("account_id"))
    bills = named.values("bill_id")
    return bool(OpenItem.objects.filter(bill_id__in=bills, open_fen__gt=0, disputed=False).exists())


def _parcel(message: OutboundMessage) -> Parcel:
    return Parcel(reference_of(message.pk), message.channel, message.address, message.subject, message.body)


def _take_up_orphan(message: OutboundMessage, target: Target, now: datetime, outcome: Sent) -> None:
    """What a sender that died left: read back, never assumed."""
    had = target.has(reference_of(message.pk))
    handed: Handed = Unknown("the sender ended before the outcome was recorded")
    if had is not None:
        handed = Taken() if had else Refused("the sender ended before it was handed over", again=True)
    _record(message, handed, now, outcome)


@transaction.atomic
def _record(message: OutboundMessage, handed: Handed, now: datetime, outcome: Sent) -> None:
    if isinstance(handed, Taken):
        message.state, message.sent_at = State.SENT, now
        message.save(update_fields=["state", "sent_at"])
        tell_cases(message, SENT, "", at=now)
        outcome.sent += 1
    elif isinstance(handed, Unknown):
        message.state, message.failure = State.UNKNOWN, handed.reason[:LONGEST_REASON]
        message.save(update_fields=["state", "failure"])
        tell_cases(message, FAILED, handed.reason, at=now)
        outcome.unknown += 1
        outcome.findings.append(_finding("MESSAGE_UNKNOWN", message, handed.reason))
    elif handed.again and message.attempts < MOST_ATTEMPTS:
        terms = contact_terms(as_of=now.astimezone(TIME_ZONE).date()).value
        message.state = State.QUEUED
        message.not_before_at = next_allowed(now + _PAUSE, channel=message.channel, terms=terms)
        message.save(update_fields=["state", "not_before_at"])
        outcome.again += 1
    else:
        _fail(message, handed.reason, now)
        outcome.failed += 1
        outcome.findings.append(_finding("MESSAGE_FAILED", message, handed.reason))


def _fail(message: OutboundMessage, reason: str, now: datetime, staff: Staff | None = None) -> None:
    message.state, message.failed_at, message.failure = State.FAILED, now, reason[:LONGEST_REASON]
    message.save(update_fields=["state", "failed_at", "failure"])
    tell_cases(message, FAILED, reason, at=now, staff=staff)


def _finding(code: str, message: OutboundMessage, reason: str) -> Finding:
    said = f"{message.step} by {message.channel} to customer {message.customer_id}: {reason}"
    return Finding(code, reference_of(message.pk), said)
