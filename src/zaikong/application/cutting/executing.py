"""How is an approved cut carried out, and what stops it at the last moment?

Two phases. *Reserve*: at the stated time, under the account's lock, the rule is asked; allowed, the facts are frozen on
the order. *Record*: under the lock again the rule is asked once more, because money, a dispute or a protection may have
come in between; allowed still, the cut is recorded and its legality certificate issued in the same transaction. What
fails in either phase ends the order or leaves it waiting, with every reason on it. Recorded this way a cut is one by
hand; where the meter can be commanded, `cutting.sending` takes the place of the second phase.

Basis: `domain.feecontrol.cut_off`; DESIGN of the two phases in `docs/algorithms/cut_off.md`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from zaikong.application.certificate import issue_certificate
from zaikong.application.collection.entries import lock_account
from zaikong.application.commanding.meters import commandable_meter
from zaikong.application.cutting.asking import Answer, may_cut
from zaikong.application.cutting.orders import LATEST_AFTER
from zaikong.application.cutting.switch import switch_standing
from zaikong.application.roles import EXECUTE_CUTS, permission
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CaseEvent, CollectionCase, CutOrder, Staff

_State = CutOrder.State
KEPT_OF_AN_ANSWER = ("state", "facts", "reasons", "facts_at", "ended_at", "ended_reason")
"""Columns of an order that an answer of the rule changes."""

_WAITING = frozenset(
    {
        "PAYMENT_IN_TRANSIT",
        "QUIET_WINDOW",
        "NO_FINAL_NOTICE",
        "FINAL_NOTICE_TOO_LATE",
        "HUMAN_STEP_MISSING",
        "FACT_MISSING",
    }
)
"""Conditions that may be met within the hour; every other one ends the order."""


class UnableToCutError(Refusal):
    """A cut that may not be carried out so, now, or by this person."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of one phase.

    Attributes:
        order: The order.
        state: Its state now.
        answer: What the rule said.
        certificate: Number of the certificate; empty where none was issued.
    """

    order: int
    state: str
    answer: Answer
    certificate: str = ""


@transaction.atomic
def reserve_cut(*, order: int, staff: Staff | None, at: datetime) -> Carried:
    """Freeze the facts of an approved order at its stated time.

    Args:
        order: The order.
        staff: Who carries it out; None for the executor.
        at: Now.

    Returns:
        Reserved where the rule allows; else waiting or cancelled, with every reason.

    Raises:
        UnableToCutError: No right, all cuts stopped, not approved, or not the stated time.
    """
    asked = ready_order(order, staff, at, _State.APPROVED)
    answer = ask_and_freeze(asked, at)
    if answer.allowed:
        asked.state = _State.RESERVED
    elif not _may_wait(answer):
        end_by_rule(asked, answer, at)
    asked.save(update_fields=KEPT_OF_AN_ANSWER)
    return Carried(asked.pk, asked.state, answer)


@transaction.atomic
def record_cut(*, order: int, staff: Staff | None, at: datetime) -> Carried:
    """Ask once more and record the cut with its certificate.

    Args:
        order: The order, reserved, or failed over the wire.
        staff: Who carried it out; None for the executor.
        at: Now, the moment of the cut.

    Returns:
        Recorded where the rule still allows; else cancelled, with every reason.

    Raises:
        UnableToCutError: No right, all cuts stopped, not reserved, or the stated time has passed.
    """
    asked = ready_order(order, staff, at, _State.RESERVED, _State.FAILED)
    answer = ask_and_freeze(asked, at)
    if not answer.allowed:
        end_by_rule(asked, answer, at)
        asked.save(update_fields=KEPT_OF_AN_ANSWER)
        return Carried(asked.pk, asked.state, answer)
    return recorded(asked, answer, staff=staff, cut_at=at, at=at)


def recorded(asked: CutOrder, answer: Answer, *, staff: Staff | None, cut_at: datetime, at: datetime) -> Carried:
    """Record a cut that was carried out, with its certificate, in the caller's transaction.

    Args:
        asked: The order, held.
        answer: What the rule said at `cut_at`.
        staff: Who carried it out; None for the executor.
        cut_at: The moment the rule was asked last: of the command, or of the hand on the switch.
        at: When it became known that supply is off.
    """
    asked.state, asked.ended_at, asked.ended_reason = _State.RECORDED, at, "recorded"
    asked.save(update_fields=KEPT_OF_AN_ANSWER)
    if asked.case_id is not None:
        # money may have closed the case between the command and the meter's word: then supply is given back
        standing = CollectionCase.objects.filter(pk=asked.case_id, state=CollectionCase.State.OPEN)
        standing.update(state=CollectionCase.State.CUT)
        CaseEvent.objects.create(
            case_id=asked.case_id, kind=CaseEvent.Kind.CUT_RECORDED, at=cut_at, staff=staff, facts={"order": asked.pk}
        )
    certificate = issue_certificate(order=asked, answer=answer, staff=staff, at=cut_at)
    return Carried(asked.pk, asked.state, answer, certificate.certificate_no)


def carry_out_due(*, at: datetime, staff: Staff | None = None) -> list[Carried]:
    """Carry out by hand every approved order whose stated time has come, each in transactions of its own.

    Orders whose meter can be commanded are the worker's: what goes over the wire is never recorded without it.

    Args:
        at: Now.
        staff: Who carries them out; None for the executor.

    Returns:
        What came of each, in the order of their times; nothing while all cuts are stopped.
    """
    if switch_standing().stopped:
        return []
    due = CutOrder.objects.filter(
        state__in=(_State.APPROVED, _State.RESERVED), planned_at__lte=at, planned_at__gte=at - LATEST_AFTER
    )
    done = []
    for order, state, account in due.order_by("planned_at", "pk").values_list("pk", "state", "account_id"):
        if commandable_meter(account) is not None:
            continue
        carried = None if state == _State.RESERVED else reserve_cut(order=order, staff=staff, at=at)
        if carried is None or carried.state == _State.RESERVED:
            carried = record_cut(order=order, staff=staff, at=at)
        done.append(carried)
    return done


def ready_order(order: int, staff: Staff | None, at: datetime, *states: Any) -> CutOrder:
    """The order, held with its account's lock, in one of these states and at its time.

    Raises:
        UnableToCutError: No right, unknown, another state, all cuts stopped, or not the stated time.
    """
    if staff is not None and not staff.has_perm(permission(EXECUTE_CUTS)):
        raise _refused("NO_RIGHT", f"{staff.username} may not carry out a cut", "Ask somebody whose role may.")
    account = CutOrder.objects.filter(pk=order).values_list("account_id", flat=True).first()
    if account is None:
        raise _refused("ORDER_UNKNOWN", f"there is no cut order {order}", "Check the number.")
    # the lock every payment takes: money is either seen by the rule below, or comes after the cut and restores
    lock_account(account)
    asked = CutOrder.objects.select_for_update(of=("self",)).select_related("account", "notice").get(pk=order)
    if asked.state not in states:
        wanted = " or ".join(str(state) for state in states)
        raise _refused("WRONG_STATE", f"order {order} is {asked.state}, not {wanted}", "Look at the order again.")
    if switch_standing().stopped:
        raise _refused("ALL_STOPPED", "all cuts are stopped", "Wait until they are let go on.")
    if not asked.planned_at <= at <= asked.planned_at + LATEST_AFTER:
        local = asked.planned_at.astimezone(TIME_ZONE)
        raise _refused(
            "NOT_THE_STATED_TIME",
            f"the notice states {local:%Y-%m-%d %H:%M}; supply is cut then or within {LATEST_AFTER}",
            "Wait for the time, or issue a new notice.",
        )
    return asked


def ask_and_freeze(order: CutOrder, at: datetime) -> Answer:
    """Ask the rule and keep facts, proofs and reasons on the order, not yet saved."""
    answer = may_cut([(order.account_id, order.pk)], at=at)[0]
    order.facts = {"facts": dict(answer.facts), "proofs": [dict(row) for row in answer.proofs]}
    order.reasons = [{"reason": failed.reason, "basis": str(failed.basis)} for failed in answer.failed]
    order.facts_at = at
    return answer


def _may_wait(answer: Answer) -> bool:
    return all(failed.reason in _WAITING for failed in answer.failed)


def end_by_rule(order: CutOrder, answer: Answer, at: datetime) -> None:
    """End an order that the rule does not allow any more, with every reason; not yet saved."""
    order.state, order.ended_at = _State.CANCELLED, at
    order.ended_reason = ", ".join(failed.reason for failed in answer.failed)[:200]
    if order.case_id is not None:
        CaseEvent.objects.create(
            case_id=order.case_id,
            kind=CaseEvent.Kind.CUT_DECIDED,
            at=at,
            outcome="cancelled",
            facts={"order": order.pk, "reasons": [failed.reason for failed in answer.failed]},
        )


def _refused(code: str, message: str, remedy: str) -> UnableToCutError:
    return UnableToCutError(message, code=code, remedy=remedy)
