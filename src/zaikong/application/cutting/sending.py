"""How does a reserved cut go out over the wire, and what does it come to?

Three steps, each a transaction of its own, the wire between them:

- *prepare*: reserve the order at its time and write down the one trip it will ever have;
- *begin*: with the line to the meter open, under the account's lock, the rule is asked a last time. Allowed, the order and
  its command are `sent`: that commit is the sending, the bytes follow at once. Money accepted before it stops the cut,
  money accepted after it finds a cut that must be given back;
- *settle*: what the meter says of its relay ends the order. Off: recorded, with the certificate of the moment it was sent.
  On, and the command expired or refused: failed, work for a person. Not known: the order stays `sent` until somebody reads
  the meter. A trip is never sent a second time.

Basis: DESIGN of the two phases in `docs/algorithms/cut_off.md`; states in `docs/algorithms/fee_control.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from zaikong.application.certificate import draft_certificate
from zaikong.application.collection.entries import lock_account
from zaikong.application.commanding.meters import CommandableMeter, commandable_meter
from zaikong.application.cutting.asking import Answer
from zaikong.application.cutting.executing import (
    KEPT_OF_AN_ANSWER,
    Carried,
    ask_and_freeze,
    end_by_rule,
    ready_order,
    recorded,
    reserve_cut,
)
from zaikong.application.cutting.orders import LATEST_AFTER
from zaikong.application.fieldwork.failures import open_failure
from zaikong.application.fieldwork.orders import issue_field_order
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.outcome import Confirmed, Exchange, Refused, Unknown
from zaikong.meterio.session import Position, RelayState
from zaikong.store.models import CutOrder, MeterCommand, Staff

TRIP_LIVES = timedelta(minutes=2)
"""How long a meter may obey a trip after the rule was asked; until then `closed` may still become `open`."""

IN_DOUBT_AT_MOST = timedelta(minutes=10)
"""How long after its trip expired a cut may stay unsettled before two people go and look."""

SHORTEST_LIFE = timedelta(seconds=20)
"""A trip that would expire sooner is not begun."""

_Order = CutOrder.State
_Command = MeterCommand.State


class UnableToSendCutError(Refusal):
    """A cut that cannot be begun or settled so."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A trip that may go out once the rule is asked a last time.

    Attributes:
        order: The cut order.
        command: The one trip of the order.
        meter: Which meter.
        until: When the trip expires.
    """

    order: int
    command: int
    meter: CommandableMeter
    until: datetime


@transaction.atomic
def prepare_sending(*, order: int, at: datetime, staff: Staff | None = None) -> Prepared | Carried | None:
    """Reserve an order whose time has come, and write its trip down.

    Args:
        order: The order, approved or reserved.
        at: Now.
        staff: Who carries it out; None for the executor.

    Returns:
        What is to be sent; what the rule said where it is not reserved; None where the meter cannot be commanded, and a
        field order was issued instead.

    Raises:
        UnableToCutError: As `reserve_cut`.
    """
    asked = ready_order(order, staff, at, _Order.APPROVED, _Order.RESERVED)
    if asked.state == _Order.APPROVED:
        carried = reserve_cut(order=order, staff=staff, at=at)
        if carried.state != _Order.RESERVED:
            return carried
    meter = commandable_meter(asked.account_id)
    if meter is None:
        issue_field_order(kind="cut", cut_order=asked, at=at, due_by_at=asked.planned_at + LATEST_AFTER)
        return None
    trip, _made = MeterCommand.objects.get_or_create(
        cut_order=asked,
        verb=MeterCommand.Verb.TRIP,
        defaults={"meter_id": meter.meter, "account_id": asked.account_id, "ordered_at": at, "ordered_by": staff},
    )
    if trip.state != _Command.QUEUED:
        return None
    until = min(at + TRIP_LIVES, asked.planned_at + LATEST_AFTER)
    return Prepared(order=asked.pk, command=trip.pk, meter=meter, until=until)


@transaction.atomic
def begin_sending(*, prepared: Prepared, at: datetime, staff: Staff | None = None) -> Carried:
    """Ask the rule the last time and mark the cut sent; the bytes must follow at once.

    Args:
        prepared: What will be sent.
        at: Now, the moment of the sending.
        staff: Who carries it out; None for the executor.

    Returns:
        State `sent` where the rule allows it; otherwise what the order came to, and nothing may be sent.

    Raises:
        UnableToCutError: No right, all cuts stopped, not reserved, or the stated time has passed.
        UnableToCertifyError: The proofs do not bear the answer: no certificate, no cut.
        UnableToSendCutError: Too little of the command's life is left, or it was sent or called off before.
    """
    asked = ready_order(prepared.order, staff, at, _Order.RESERVED)
    trip = MeterCommand.objects.select_for_update(of=("self",)).get(pk=prepared.command)
    if trip.state != _Command.QUEUED:
        raise _refused("COMMAND_GONE", f"the trip of order {asked.pk} is {trip.state}", "Look at the order again.")
    if prepared.until - at < SHORTEST_LIFE:
        raise _refused("COMMAND_STALE", "the trip waited too long for its meter", "Prepare it again.")
    answer = ask_and_freeze(asked, at)
    if not answer.allowed:
        end_by_rule(asked, answer, at)
        asked.save(update_fields=KEPT_OF_AN_ANSWER)
        _end(trip, _Command.WITHDRAWN, "rule", at)
        return Carried(asked.pk, asked.state, answer)
    draft_certificate(order=asked, answer=answer, at=at)
    asked.state, asked.sent_at = _Order.SENT, at
    asked.save(update_fields=[*KEPT_OF_AN_ANSWER, "sent_at"])
    trip.state, trip.sent_at, trip.expires_at = _Command.SENT, at, prepared.until
    trip.save(update_fields=["state", "sent_at", "expires_at"])
    return Carried(asked.pk, asked.state, answer)


@transaction.atomic
def settle_sent(
    *, order: int, trip: Exchange[None] | None, relay: Exchange[RelayState], at: datetime, called_off: bool = False
) -> Carried | None:
    """End a sent order by what the meter says of its relay.

    Args:
        order: The order.
        trip: What came of the command itself; None where that was settled or lost before.
        relay: What the meter said when its relay was read.
        at: Now.
        called_off: Whether a close was confirmed after the trip, so that a command the meter holds cannot act any more.

    Returns:
        Recorded or failed; still `sent` where nobody can say yet; None where the order was settled before.
    """
    account = CutOrder.objects.filter(pk=order).values_list("account_id", flat=True).get()
    lock_account(account)
    asked = CutOrder.objects.select_for_update(of=("self",)).select_related("account", "notice").get(pk=order)
    if asked.state != _Order.SENT:
        return None
    command = MeterCommand.objects.select_for_update().get(cut_order=asked, verb=MeterCommand.Verb.TRIP)
    _note_trip(command, trip)
    answer = frozen_answer(asked)
    told = relay.value if isinstance(relay, Confirmed) else None
    if told is not None:
        command.relay_commanded, command.relay_actual = told.commanded.value, told.actual.value
    if told is not None and told.actual in {Position.OPEN, Position.PERMITTED}:
        _end(command, _Command.CONFIRMED, command.code, at)
        sent_at = asked.sent_at or at
        return recorded(asked, answer, staff=command.ordered_by, cut_at=sent_at, at=at)
    cause = _sure_failure(command, trip, told, at=at, called_off=called_off)
    if cause:
        return fail_sent(asked, command, cause, at=at, answer=answer)
    if command.state == _Command.SENT and not isinstance(trip, Confirmed):
        command.state = _Command.UNKNOWN
    command.save(update_fields=["state", "code", "relay_commanded", "relay_actual"])
    return Carried(asked.pk, asked.state, answer)


def fail_sent(asked: CutOrder, command: MeterCommand, cause: str, *, at: datetime, answer: Answer) -> Carried:
    """End a sent order as not carried out, in the caller's transaction: supply is known to be on."""
    refused = command.code.startswith("refused:")
    _end(command, _Command.REFUSED if refused else _Command.FAILED, command.code or cause, at)
    asked.state = _Order.FAILED
    asked.save(update_fields=["state"])
    open_failure(command=command, cause=cause, at=at)
    return Carried(asked.pk, asked.state, answer)


@transaction.atomic
def note_unsettled(*, order: int, at: datetime) -> bool:
    """See whether a sent order has been in doubt for too long; then somebody has to go and look.

    Returns:
        Whether the trip has expired, so that what the meter does not hold by now will not come.
    """
    trip = MeterCommand.objects.filter(
        cut_order=order, cut_order__state=_Order.SENT, verb=MeterCommand.Verb.TRIP
    ).first()
    if trip is None or trip.expires_at is None:
        return False
    if at >= trip.expires_at + IN_DOUBT_AT_MOST:
        failure = open_failure(command=trip, cause="unsettled", at=at, urgent=True)
        issue_field_order(kind="cut", cut_order=trip.cut_order, failure=failure, at=at, due_by_at=at + IN_DOUBT_AT_MOST)
    return at >= trip.expires_at


@transaction.atomic
def settle_by_crew(*, order: int, supply_on: bool, at: datetime) -> Carried | None:
    """End a sent order by what two people saw at the meter, in the caller's transaction.

    Args:
        order: The order.
        supply_on: Whether supply was on when they left.
        at: Now.

    Returns:
        Recorded or failed; None where it was settled before.
    """
    stands = Position.CLOSED if supply_on else Position.OPEN
    seen = Confirmed(RelayState(commanded=stands, actual=stands))
    return settle_sent(order=order, trip=None, relay=seen, at=at, called_off=True)


@transaction.atomic
def give_up_before_sending(*, order: int, cause: str, at: datetime) -> bool:
    """The meter was not reached before anything was sent: the trip is called off and becomes work for a person.

    Returns:
        Whether there was a waiting trip to call off; the order stays reserved for a cut by hand within its hour.
    """
    trip = (
        MeterCommand.objects.select_for_update()
        .filter(cut_order=order, verb=MeterCommand.Verb.TRIP, state=_Command.QUEUED)
        .first()
    )
    if trip is None:
        return False
    _end(trip, _Command.WITHDRAWN, cause, at)
    open_failure(command=trip, cause=cause, at=at)
    return True


def frozen_answer(order: CutOrder) -> Answer:
    """What the rule said when the order was last asked, as kept on it."""
    told: Mapping[str, Any] = order.facts
    return Answer(
        account=order.account_id,
        account_no=order.account.account_no,
        at=order.facts_at or order.planned_at,
        allowed=not order.reasons,
        failed=(),
        missing=(),
        facts=told["facts"],
        protected_by=(),
        notice=order.notice_id,
        proofs=tuple(told["proofs"]),
    )


def _note_trip(command: MeterCommand, trip: Exchange[None] | None) -> None:
    if isinstance(trip, Refused):
        command.code = f"refused:{trip.code}"[:40]
    elif isinstance(trip, Unknown):
        command.code = f"unknown:{trip.reason.value}"[:40]


def _sure_failure(
    command: MeterCommand, trip: Exchange[None] | None, told: RelayState | None, *, at: datetime, called_off: bool
) -> str:
    """Why supply is on and stays on; empty where that is not sure."""
    if isinstance(trip, Unknown) and trip.reason.nothing_sent:
        return trip.reason.value
    refused = command.code.startswith("refused:")
    if told is None:
        return command.code.removeprefix("refused:").lower() if refused else ""
    held = told.commanded in {Position.OPEN, Position.PERMITTED} or bool(told.pending)
    if told.actual is not Position.CLOSED or held:
        return ""
    if refused:
        return command.code.removeprefix("refused:").lower()
    if called_off:
        return "not_moved"
    expired = command.expires_at is not None and at >= command.expires_at
    return "not_carried_out" if expired and told.commanded is Position.CLOSED else ""


def _end(command: MeterCommand, state: Any, code: str, at: datetime) -> None:
    command.state, command.code, command.ended_at = state, code[:40], at
    command.save(update_fields=["state", "code", "ended_at", "relay_commanded", "relay_actual"])


def _refused(code: str, message: str, remedy: str) -> UnableToSendCutError:
    return UnableToSendCutError(message, code=code, remedy=remedy)
