"""How is supply given back, and when is it known to be back?

*Begin* writes the close command down before the first byte; *finish* ends the order once the relay was read closed, or the
crew says so. A close may be repeated: it harms nobody. What the wire does not bring back is urgent work for two people at
once, and the wire goes on trying beside them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from zaikong.application import decision_log
from zaikong.application.certificate import EXECUTOR
from zaikong.application.collection.entries import lock_account
from zaikong.application.commanding.meters import CommandableMeter, commandable_meter
from zaikong.application.fieldwork.failures import end_failure, open_failure
from zaikong.application.fieldwork.orders import drop_field_order, issue_field_order
from zaikong.kernel.period import TIME_ZONE, moment_number
from zaikong.meterio.outcome import Confirmed, Exchange, Refused, Unknown
from zaikong.meterio.session import Position, RelayState
from zaikong.store.models import (
    CaseEvent,
    CollectionCase,
    CommandFailure,
    CutOrder,
    FieldOrder,
    MeterCommand,
    RestoreOrder,
    Staff,
)
from zaikong.store.queries.restoring import safety_is_agreed

CLOSE_LIVES = timedelta(minutes=10)
"""How long a meter may obey a close."""

_State = RestoreOrder.State
_Command = MeterCommand.State


@dataclass(frozen=True, slots=True)
class Closing:
    """A close that is to go out now.

    Attributes:
        restore: The restore order.
        cut: The cut it ends.
        command: The close.
        verb: `direct_close`, or `permit_close` where the customer presses the button.
        meter: Which meter.
        until: When the close expires.
        cut_settled: Whether the cut is settled; where it is not, its trip may still be on its way until `trip_until`.
        trip_until: When the trip of the cut expires.
    """

    restore: int
    cut: int
    command: int
    verb: str
    meter: CommandableMeter
    until: datetime
    cut_settled: bool
    trip_until: datetime | None


@transaction.atomic
def begin_restore(*, restore: int, at: datetime) -> Closing | None:
    """Write a close down, to be sent at once.

    Returns:
        What to send; None where supply is back, safety is not confirmed, or no wire leads there: then two people go.
    """
    held = _locked(restore)
    if held.state in {_State.DONE, _State.WAITING_SAFETY}:
        return None
    cut = CutOrder.objects.get(pk=held.cut_order_id)
    meter = commandable_meter(held.account_id)
    if meter is None:
        if held.state == _State.QUEUED:
            held.state = _State.FAILED
            held.save(update_fields=["state"])
        issue_field_order(kind="restore", restore_order=held, at=at, due_by_at=held.due_by_at)
        return None
    if held.state == _State.FAILED:
        held.state = _State.QUEUED
        held.save(update_fields=["state"])
    if held.state == _State.QUEUED:
        held.state = _State.SENT
        held.save(update_fields=["state"])
    close = MeterCommand.objects.create(
        meter_id=meter.meter,
        account_id=held.account_id,
        verb=_verb(held),
        restore_order=held,
        ordered_at=at,
        ordered_by=held.ordered_by,
    )
    close.state, close.sent_at, close.expires_at = _Command.SENT, at, at + CLOSE_LIVES
    close.save(update_fields=["state", "sent_at", "expires_at"])
    trip = MeterCommand.objects.filter(cut_order=cut, verb=MeterCommand.Verb.TRIP).first()
    return Closing(
        restore=held.pk,
        cut=cut.pk,
        command=close.pk,
        verb=close.verb,
        meter=meter,
        until=at + CLOSE_LIVES,
        cut_settled=cut.state != CutOrder.State.SENT,
        trip_until=trip.expires_at if trip else None,
    )


@transaction.atomic
def settle_close(*, closing: Closing, close: Exchange[None], relay: Exchange[RelayState], at: datetime) -> RestoreOrder:
    """End a close by what the meter says of its relay.

    Returns:
        The order: done where supply is back and no trip can come any more; otherwise failed, with urgent work opened once.
    """
    held = _locked(closing.restore)
    command = MeterCommand.objects.select_for_update().get(pk=closing.command)
    if isinstance(close, Refused):
        command.code = f"refused:{close.code}"[:40]
    elif isinstance(close, Unknown):
        command.code = f"unknown:{close.reason.value}"[:40]
    told = relay.value if isinstance(relay, Confirmed) else None
    if told is not None:
        command.relay_commanded, command.relay_actual = told.commanded.value, told.actual.value
    back = told is not None and _is_back(told, closing.verb, close)
    command.state = _Command.CONFIRMED if back else _closed_state(close)
    command.ended_at = at
    command.save(update_fields=["state", "code", "ended_at", "relay_commanded", "relay_actual"])
    if back and CutOrder.objects.get(pk=closing.cut).state != CutOrder.State.SENT:
        return finish_restore(restore=held.pk, how="remote", at=at, staff=None)
    if not back and held.state != _State.DONE:
        _make_urgent(held, command, at=at)
    return held


@transaction.atomic
def finish_restore(*, restore: int, how: str, at: datetime, staff: Staff | None) -> RestoreOrder:
    """Supply is back: the order, its case and everything still open about it end; done before, nothing happens.

    Args:
        restore: The restore order.
        how: `remote`, `field`, or `never_cut` where it turned out that supply was never taken.
        at: Now.
        staff: Who says so; None for the meter.
    """
    held = _locked(restore)
    if held.state == _State.DONE:
        return held
    held.state, held.how, held.done_at = _State.DONE, how, at
    held.save(update_fields=["state", "how", "done_at"])
    for order in FieldOrder.objects.filter(restore_order=held, kind="restore", state__in=["issued", "assigned"]):
        if how != "field":
            drop_field_order(order, reason="supply is back over the wire")
    for failure in CommandFailure.objects.filter(command__restore_order=held).exclude(state="closed"):
        end_failure(failure, at=at, reason="supply is back")
    _tell_case(held, at=at, staff=staff)
    decision_log.append(
        kind="supply_restored",
        subject=held.account.account_no,
        actor=staff.username if staff else EXECUTOR,
        body={
            "restore": held.pk,
            "order": held.cut_order_id,
            "cause": held.cause,
            "how": how,
            "since": moment_number(held.since_at),
            "due_by": moment_number(held.due_by_at),
        },
        as_of=at.astimezone(TIME_ZONE).date(),
        at=at,
    )
    return held


@transaction.atomic
def never_cut(*, cut_order: int, at: datetime) -> None:
    """End the restore order of a cut that turned out never to have taken supply."""
    cut = CutOrder.objects.filter(pk=cut_order).first()
    restore = RestoreOrder.objects.filter(cut_order=cut_order).exclude(state=_State.DONE).first()
    if restore is not None and cut is not None and cut.state == CutOrder.State.FAILED:
        finish_restore(restore=restore.pk, how="never_cut", at=at, staff=None)


def _tell_case(held: RestoreOrder, *, at: datetime, staff: Staff | None) -> None:
    case = held.cut_order.case_id
    if case is None or held.how == "never_cut":
        return
    CollectionCase.objects.filter(pk=case, state=CollectionCase.State.CUT).update(state=CollectionCase.State.OPEN)
    CaseEvent.objects.create(
        case_id=case,
        kind=CaseEvent.Kind.RESTORED,
        at=at,
        staff=staff,
        outcome=held.how,
        facts={"restore": held.pk, "order": held.cut_order_id},
    )


def _make_urgent(held: RestoreOrder, command: MeterCommand, *, at: datetime) -> None:
    cause = command.code.partition(":")[2].lower() or "not_moved"
    standing = CommandFailure.objects.filter(command__restore_order=held).exclude(state="closed").order_by("pk").first()
    failure = standing or open_failure(command=command, cause=cause, at=at, urgent=True)
    if held.state == _State.SENT:
        held.state = _State.FAILED
        held.save(update_fields=["state"])
    issue_field_order(kind="restore", restore_order=held, failure=failure, at=at, due_by_at=held.due_by_at)


def _is_back(told: RelayState, verb: str, close: Exchange[None]) -> bool:
    """Closed; or, where the button is the customer's, holding the permission.

    A meter of DL/T 645 cannot tell a permission from a command to close, so there its yes and a relay no longer told to
    stand open are what can be known.
    """
    if told.actual is Position.CLOSED:
        return True
    if verb != str(MeterCommand.Verb.PERMIT_CLOSE):
        return False
    taken = isinstance(close, Confirmed) and told.commanded is Position.CLOSED
    return taken or told.commanded is Position.PERMITTED


def _closed_state(close: Exchange[None]) -> str:
    if isinstance(close, Refused):
        return str(_Command.REFUSED)
    return str(_Command.UNKNOWN if isinstance(close, Unknown) else _Command.FAILED)


def _verb(held: RestoreOrder) -> str:
    """The button where safety was agreed to be confirmed and nobody has; else the relay closes by itself."""
    by_button = held.safety_at is None and safety_is_agreed(held.account_id)
    return str(MeterCommand.Verb.PERMIT_CLOSE if by_button else MeterCommand.Verb.DIRECT_CLOSE)


def _locked(restore: int) -> RestoreOrder:
    """The order with its account's lock: a payment, a cut and a restore of one account come one after the other."""
    account = RestoreOrder.objects.filter(pk=restore).values_list("account_id", flat=True).get()
    lock_account(account)
    return RestoreOrder.objects.select_for_update(of=("self",)).select_related("account", "cut_order").get(pk=restore)
