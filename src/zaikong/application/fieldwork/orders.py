"""How do two people carry out at the meter what the wire could not? 现场工单.

An order is issued, a crew of two is named, and what they did is confirmed with a photo. A cut by hand is still a cut: when
it is confirmed the rule is asked under the account's lock, as for any other, and without its word nothing is recorded.
Giving supply back asks nobody. Where a command is still in doubt the crew says how they found the relay, and that settles it.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from zaikong.application.decision_log import log_act
from zaikong.application.fieldwork.failures import end_failure
from zaikong.application.roles import EXECUTE_CUTS, permission
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import (
    CommandFailure,
    CutOrder,
    Evidence,
    FieldOrder,
    Meter,
    RestoreOrder,
    Staff,
)

_State = FieldOrder.State
_LIVE = (_State.ISSUED, _State.ASSIGNED)


class UnableToDoFieldWorkError(Refusal):
    """A field order that may not be issued, manned, confirmed or cancelled so."""


def issue_field_order(
    *,
    kind: str,
    at: datetime,
    due_by_at: datetime,
    cut_order: CutOrder | None = None,
    restore_order: RestoreOrder | None = None,
    failure: CommandFailure | None = None,
    staff: Staff | None = None,
) -> FieldOrder:
    """Send people to a meter; one live order for the same work, in the caller's transaction.

    Args:
        kind: One of `FieldOrder.Kind`.
        at: Now.
        due_by_at: By when it must be done.
        cut_order: The cut to be carried out by hand.
        restore_order: The supply to be given back by hand.
        failure: The failed command behind it.
        staff: Who issues it; None for the system.

    Raises:
        UnableToDoFieldWorkError: The account has no meter to go to.
    """
    standing = FieldOrder.objects.filter(
        kind=kind, cut_order=cut_order, restore_order=restore_order, failure=failure, state__in=_LIVE
    ).first()
    if standing is not None:
        return standing
    source = cut_order or restore_order or failure
    if source is None:
        raise _refused("NOTHING_TO_DO", "a field order needs the work it is for", "Name the cut, restore or failure.")
    meter = failure.command.meter if failure else Meter.objects.filter(account_id=source.account_id).last()
    if meter is None:
        raise _refused("METER_MISSING", "the account has no meter", "Enter its meter first.")
    order: FieldOrder = FieldOrder.objects.create(
        kind=kind,
        account_id=source.account_id,
        meter=meter,
        failure=failure,
        cut_order=cut_order,
        restore_order=restore_order,
        issued_at=at,
        issued_by=staff,
        due_by_at=due_by_at,
    )
    if failure is not None and failure.state == CommandFailure.State.OPEN:
        failure.state = CommandFailure.State.FIELD
        failure.save(update_fields=["state"])
    return order


@transaction.atomic
def issue_for_failure(*, failure: int, staff: Staff, at: datetime, due_by_at: datetime) -> FieldOrder:
    """Decide that people go to the meter of a failed command.

    Raises:
        UnableToDoFieldWorkError: No right, not open, or its cut or restore is over.
    """
    _entitled(staff)
    found = CommandFailure.objects.select_for_update(of=("self",)).select_related("command").filter(pk=failure).first()
    if found is None or found.state != CommandFailure.State.OPEN:
        raise _refused("NOT_OPEN", f"failure {failure} is not open", "Look at the list again.")
    command = found.command
    kind = "cut" if command.cut_order_id else "restore" if command.restore_order_id else "repair"
    return issue_field_order(
        kind=kind,
        cut_order=command.cut_order,
        restore_order=command.restore_order,
        failure=found,
        at=at,
        due_by_at=due_by_at,
        staff=staff,
    )


@transaction.atomic
def name_crew(*, order: int, first: Staff, second: Staff, staff: Staff, at: datetime) -> FieldOrder:
    """Name the two people who go.

    Raises:
        UnableToDoFieldWorkError: No right, the same person twice, one who may not carry out commands, or not waiting.
    """
    _entitled(staff)
    held = _locked(order)
    if held.state != _State.ISSUED:
        raise _refused("NOT_WAITING", f"field order {order} is {held.state}", "Only an issued order gets a crew.")
    if first.pk == second.pk:
        raise _refused("ONE_PERSON", "two people go, not one twice", "Name a colleague.")
    for person in (first, second):
        if not person.has_perm(permission(EXECUTE_CUTS)):
            raise _refused("CREW_NOT_ENTITLED", f"{person.username} may not work at meters", "Name a technician.")
    held.first, held.second, held.assigned_at, held.state = first, second, at, _State.ASSIGNED
    held.save(update_fields=["first", "second", "assigned_at", "state"])
    return held


@transaction.atomic
def confirm_field_order(
    *, order: int, staff: Staff, at: datetime, photo: Evidence, result: str, supply_on: bool
) -> FieldOrder:
    """Confirm what the crew did and how they left the supply, with a photo.

    Args:
        order: The field order.
        staff: One of the crew.
        at: Now, the moment of the work.
        photo: What proves it.
        result: What was done.
        supply_on: Whether supply was on when they left.

    Raises:
        UnableToDoFieldWorkError: Not of the crew, no photo, no result, not assigned, the result is not what the order is for,
            or the rule does not allow the cut: then nothing is recorded, and supply must be on.
    """
    held = _locked(order)
    if held.state != _State.ASSIGNED:
        raise _refused("NOT_ASSIGNED", f"field order {order} is {held.state}", "Name its crew first.")
    if staff.pk not in {held.first_id, held.second_id}:
        raise _refused("NOT_OF_THE_CREW", f"{staff.username} is not of the crew", "One of the crew confirms.")
    if photo.kind != Evidence.Kind.PHOTO:
        raise _refused("PHOTO_MISSING", "the work is proved by a photo", "Take a photo of the meter and its relay.")
    if not result.strip():
        raise _refused("RESULT_MISSING", "what was done is missing", "Say what was done and found.")
    _take_effect(held, staff=staff, at=at, supply_on=supply_on)
    held.state, held.done_at, held.photo, held.result = _State.DONE, at, photo, result.strip()[:200]
    held.save(update_fields=["state", "done_at", "photo", "result"])
    if held.failure is not None:
        end_failure(held.failure, at=at, reason="field order done")
    log_act(
        kind="field_work_done",
        subject=held.account.account_no,
        staff=staff,
        body={"field_order": held.pk, "kind": held.kind, "supply_on": supply_on, "photo_sha256": photo.sha256},
        as_of=at.astimezone(TIME_ZONE).date(),
        reason=result,
        at=at,
    )
    return held


@transaction.atomic
def cancel_field_order(*, order: int, staff: Staff, at: datetime, reason: str) -> FieldOrder:
    """Call the crew back; the failure behind it is open again. Giving supply back is never called off.

    Raises:
        UnableToDoFieldWorkError: No right, no reason, not live, or it is for giving supply back.
    """
    _entitled(staff)
    held = _locked(order)
    if held.state not in _LIVE:
        raise _refused("ENDED", f"field order {order} is {held.state}", "Nothing is left to cancel.")
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why.")
    if held.restore_order is not None and held.restore_order.state != RestoreOrder.State.DONE:
        raise _refused("SUPPLY_OWED", "supply must be given back", "Let the crew go, or restore over the wire first.")
    drop_field_order(held, reason=reason.strip())
    if held.failure is not None and held.failure.state == CommandFailure.State.FIELD:
        held.failure.state = CommandFailure.State.OPEN
        held.failure.save(update_fields=["state"])
    log_act(
        kind="field_order_cancelled",
        subject=held.account.account_no,
        staff=staff,
        body={"field_order": held.pk, "kind": held.kind},
        as_of=at.astimezone(TIME_ZONE).date(),
        reason=reason,
        at=at,
    )
    return held


def drop_field_order(order: FieldOrder, *, reason: str) -> None:
    """End a live order that nobody needs to go for any more, in the caller's transaction."""
    order.state, order.result = _State.CANCELLED, reason[:200]
    order.save(update_fields=["state", "result"])


def _take_effect(held: FieldOrder, *, staff: Staff, at: datetime, supply_on: bool) -> None:
    # cutting and restoring issue field orders themselves
    if held.kind == FieldOrder.Kind.CUT:
        _cut_by_hand(held, staff=staff, at=at, supply_on=supply_on)
    elif held.kind == FieldOrder.Kind.RESTORE:
        from zaikong.application.restoring.carrying import finish_restore  # noqa: PLC0415 -- it issues field orders

        if not supply_on:
            raise _refused("SUPPLY_STILL_OFF", "supply is not back", "Stay until it is, or send for help.")
        if held.restore_order is not None:
            finish_restore(restore=held.restore_order.pk, how="field", at=at, staff=staff)


def _cut_by_hand(held: FieldOrder, *, staff: Staff, at: datetime, supply_on: bool) -> None:
    from zaikong.application.cutting.executing import record_cut  # noqa: PLC0415 -- it issues field orders
    from zaikong.application.cutting.sending import settle_by_crew  # noqa: PLC0415 -- as above

    asked = held.cut_order
    if asked is None:
        raise _refused("NOTHING_TO_DO", "this field order names no cut", "Cancel it.")
    if asked.state == CutOrder.State.SENT:
        settle_by_crew(order=asked.pk, supply_on=supply_on, at=at)
        return
    if supply_on:
        return
    carried = record_cut(order=asked.pk, staff=staff, at=at)
    if not carried.certificate:
        why = ", ".join(failed.reason for failed in carried.answer.failed)
        raise _refused("CUT_NOT_ALLOWED", f"the rule does not allow this cut: {why}", "Give supply back at once.")


def _locked(order: int) -> FieldOrder:
    held = FieldOrder.objects.select_for_update(of=("self",)).select_related("account").filter(pk=order).first()
    if held is None:
        raise _refused("ORDER_UNKNOWN", f"there is no field order {order}", "Check the number.")
    return held


def _entitled(staff: Staff) -> None:
    if not staff.has_perm(permission(EXECUTE_CUTS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not order field work", "Ask a metering technician.")


def _refused(code: str, message: str, remedy: str, **fields: Any) -> UnableToDoFieldWorkError:
    return UnableToDoFieldWorkError(message, code=code, fields=fields, remedy=remedy)
