"""How does a cut order get from a proposal to an approval, or to its end? 停电审批.

One person, or the night, proposes; two others approve, neither of them the proposer, one of them of a role the law of
the day names for a user of this importance. An order names the notice of cutting it rests on, and its time is the time
that notice states. An order whose time has passed expires: a new notice is needed, because supply is cut at the stated
time or not at all.

Basis: 《供电营业规则》 stop procedure (report and approval, notice, stop at the stated time); `docs/algorithms/cut_off.md`.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from zaikong.application import decision_log
from zaikong.application.cutting.asking import JURISDICTION, Answer, may_cut
from zaikong.application.roles import APPROVE_CUTS, PROPOSE_CUTS, Role, permission
from zaikong.domain.collection.templates import UnableToWriteMessageError
from zaikong.domain.law.parameters import CutApproval, in_law
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CaseEvent, CollectionCase, CutOrder, MeterCommand, Notice, Staff
from zaikong.store.models import CutApproval as Approval

LATEST_AFTER = timedelta(minutes=60)
"""How long after its stated time an order may still be carried out."""

TIMED = frozenset(
    {"NOT_APPROVED", "NO_FINAL_NOTICE", "FINAL_NOTICE_TOO_LATE", "AUTHORITY_NOT_COPIED", "VULNERABLE_NOT_REVIEWED"}
)
"""Conditions that may still be met between the proposal and the cut."""

_State = CutOrder.State
_ENDING = (_State.PROPOSED, _State.APPROVED, _State.RESERVED, _State.FAILED)
"""States a person or the time may end; what was sent only the meter ends."""

_LIVE = (*_ENDING, _State.SENT)


class UnableToOrderCutError(Refusal):
    """A cut that may not be proposed, approved or ended so, or not by this person."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An order as proposed.

    Attributes:
        order: Its number.
        outlook: What the rule says of its stated time with what is known today.
    """

    order: int
    outlook: Answer


@transaction.atomic
def propose_cut(*, notice: int, staff: Staff | None, at: datetime, scope: str = "") -> Proposed:
    """Propose to cut an account at the time its notice of cutting states.

    Args:
        notice: The notice of cutting, served.
        staff: Who proposes; None for the night.
        at: Now.
        scope: What is cut, such as the whole supply.

    Raises:
        UnableToOrderCutError: No right; the notice is no served notice of cutting of an open case, or its time has
            passed; an order lives already; or a condition fails that waiting does not mend.
    """
    if staff is not None:
        _entitled(staff, PROPOSE_CUTS, "propose a cut")
    said = _notice(notice, at)
    if CutOrder.objects.filter(account_id=said.account_id, state__in=_LIVE).exists():
        raise _refused("ORDER_LIVES", "a cut order of this account lives already", "Decide or cancel that one.")
    order = CutOrder.objects.create(
        account_id=said.account_id,
        case_id=said.case_id,
        notice=said,
        regime=said.account.payment_mode,
        scope=scope,
        planned_at=said.planned_cut_at,
        proposed_at=at,
        proposed_by=staff,
    )
    outlook = may_cut([(order.account_id, order.pk)], at=order.planned_at)[0]
    lasting = [failed for failed in outlook.failed if failed.reason not in TIMED]
    if lasting:
        raise _refused(
            "CONDITION_FAILS",
            "; ".join(f"{failed.reason} ({failed.basis})" for failed in lasting),
            "Mend what is named, or leave the account connected.",
        )
    _note(order, CaseEvent.Kind.CUT_PROPOSED, staff=staff, at=at, outcome="proposed")
    _log(order, "cut_proposed", staff, at, {"notice": said.notice_no})
    return Proposed(order.pk, outlook)


@transaction.atomic
def decide_cut(*, order: int, approve: bool, staff: Staff, at: datetime, note: str = "") -> CutOrder:
    """Give one person's word on an order; the last one needed approves it, one refusal ends it.

    Args:
        order: The order.
        approve: Whether the person approves.
        staff: Who decides; not who proposed, and not twice.
        at: Now.
        note: Why; a refusal needs one.

    Raises:
        UnableToOrderCutError: No right, not waiting, the same person, no role the law names among those who approve, or
            a refusal without a reason.
    """
    _entitled(staff, APPROVE_CUTS, "approve or refuse a cut")
    asked = _locked(order)
    if asked.state != _State.PROPOSED:
        raise _refused("NOT_WAITING", f"order {order} is {asked.state}", "Only a proposed order is decided.")
    if asked.proposed_by_id == staff.pk:
        raise _refused("SAME_PERSON", "who proposes a cut may not approve it", "Ask a colleague.")
    if Approval.objects.filter(order=asked, approver=staff).exists():
        raise _refused("DECIDED_BEFORE", "you have given your word on this order", "A second person must decide.")
    if not approve and not note.strip():
        raise _refused("REASON_MISSING", "a refusal needs a reason", "Say why.")
    Approval.objects.create(
        order=asked, approver=staff, role=_role(asked, staff), approved=approve, at=at, note=note.strip()[:200]
    )
    _log(asked, "cut_decided", staff, at, {"approved": approve, "note_sha256": decision_log.text_hash(note.strip())})
    if not approve:
        _end(asked, _State.REFUSED, at, note.strip())
    elif _enough(asked):
        asked.state = _State.APPROVED
        asked.save(update_fields=["state"])
        _announce(asked, at)
    _note(
        asked,
        CaseEvent.Kind.CUT_DECIDED,
        staff=staff,
        at=at,
        outcome="approved" if approve else "refused",
        note=note,
    )
    return asked


@transaction.atomic
def cancel_cut(*, order: int, staff: Staff, at: datetime, reason: str) -> CutOrder:
    """End an order before it is carried out; whoever may propose or approve may cancel.

    Raises:
        UnableToOrderCutError: No right, ended already, or no reason.
    """
    if not any(staff.has_perm(permission(right)) for right in (PROPOSE_CUTS, APPROVE_CUTS)):
        _entitled(staff, PROPOSE_CUTS, "cancel a cut")
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why.")
    asked = _locked(order)
    if asked.state not in _ENDING:
        raise _refused("ENDED", f"order {order} is {asked.state}", "Nothing is left to cancel.")
    _end(asked, _State.CANCELLED, at, reason.strip())
    _note(asked, CaseEvent.Kind.CUT_DECIDED, staff=staff, at=at, outcome="cancelled", note=reason)
    _log(asked, "cut_cancelled", staff, at, {"reason_sha256": decision_log.text_hash(reason.strip())})
    return asked


@transaction.atomic
def expire_cuts(*, at: datetime) -> list[int]:
    """End every order whose stated time has passed by more than `LATEST_AFTER`.

    Returns:
        The orders ended.
    """
    late = CutOrder.objects.select_for_update().filter(state__in=_ENDING, planned_at__lt=at - LATEST_AFTER)
    ended = []
    for order in late.order_by("pk"):
        _end(order, _State.EXPIRED, at, "the stated time has passed")
        _note(order, CaseEvent.Kind.CUT_DECIDED, staff=None, at=at, outcome="expired")
        _log(order, "cut_expired", None, at, {})
        ended.append(order.pk)
    return ended


def _announce(order: CutOrder, at: datetime) -> None:
    """Put the last notice of a prepaid cut into the outbox at once; where it cannot be, the night names the finding."""
    from zaikong.application.balances.last_notice import UnableToGiveLastNoticeError, order_last_notice  # noqa: PLC0415 -- prepaid only

    if order.regime == CutOrder.Regime.PREPAID:
        with suppress(UnableToGiveLastNoticeError, UnableToWriteMessageError):
            order_last_notice(order=order.pk, at=at)


def _notice(number: int, at: datetime) -> Notice:
    said = Notice.objects.select_related("account", "case").filter(pk=number).first()
    if said is None or said.kind != Notice.Kind.STOP:
        raise _refused("NOTICE_UNKNOWN", f"{number} is no notice of cutting", "Issue and serve one first.")
    if said.state != Notice.State.SERVED:
        raise _refused("NOTICE_NOT_SERVED", f"{said.notice_no} is {said.state}", "Record its service first.")
    case = said.case
    if case is None or case.state == CollectionCase.State.CLOSED or case.episode != said.episode:
        raise _refused("CASE_OVER", f"{said.notice_no} belongs to no open case", "Begin with a new notice.")
    if _is_cut(case):
        raise _refused("ALREADY_CUT", f"supply of {said.account.account_no} is cut already", "Nothing is left to cut.")
    if said.planned_cut_at is None or said.planned_cut_at <= at:
        raise _refused("TIME_PASSED", f"the time {said.notice_no} states has passed", "Issue and serve a new notice.")
    return said


def _is_cut(case: CollectionCase) -> bool:
    """Whether supply was cut in this case and has not been given back since."""
    last = CutOrder.objects.filter(case=case, state=_State.RECORDED).order_by("-ended_at").first()
    restored = CaseEvent.objects.filter(case=case, kind=CaseEvent.Kind.RESTORED)
    return last is not None and not restored.filter(at__gte=last.ended_at).exists()


def _role(order: CutOrder, staff: Staff) -> str:
    """As what the person approves: a role the law names for this importance if they have one."""
    held = set(staff.groups.values_list("name", flat=True))
    named = _named_roles(order)
    first = next((role for role in named if role in held), "")
    return first or next((role.value for role in Role if role.value in held), "staff")


def _named_roles(order: CutOrder) -> tuple[str, ...]:
    on = order.planned_at.astimezone(TIME_ZONE).date()
    approval = in_law(CutApproval, as_of=on, jurisdiction=JURISDICTION).value
    return tuple(approval.roles.get(order.account.important_grade, ()))


def _enough(order: CutOrder) -> bool:
    given = list(Approval.objects.filter(order=order, approved=True).values_list("role", flat=True))
    if len(given) < order.approvals_needed:
        return False
    named = _named_roles(order)
    if set(given) & set(named):
        return True
    raise _refused(
        "ROLE_MISSING",
        f"a cut of this user needs the approval of one of: {', '.join(named) or 'nobody, it is never cut'}",
        "Ask a person of that role.",
    )


def _locked(order: int) -> CutOrder:
    asked = CutOrder.objects.select_for_update(of=("self",)).select_related("account", "case").filter(pk=order).first()
    if asked is None:
        raise _refused("ORDER_UNKNOWN", f"there is no cut order {order}", "Check the number.")
    return asked


def _end(order: CutOrder, state: Any, at: datetime, reason: str) -> None:
    order.state, order.ended_at, order.ended_reason = state, at, reason[:200]
    order.save(update_fields=["state", "ended_at", "ended_reason"])
    MeterCommand.objects.filter(cut_order=order, state=MeterCommand.State.QUEUED).update(
        state=MeterCommand.State.WITHDRAWN, code="order_ended", ended_at=at
    )


def _note(order: CutOrder, kind: Any, *, staff: Staff | None, at: datetime, outcome: str, note: str = "") -> None:
    if order.case_id is not None:
        CaseEvent.objects.create(
            case_id=order.case_id,
            kind=kind,
            at=at,
            staff=staff,
            outcome=outcome,
            note=note.strip()[:500],
            facts={"order": order.pk},
        )


def _log(order: CutOrder, kind: str, staff: Staff | None, at: datetime, body: dict[str, object]) -> None:
    decision_log.append(
        kind=kind,
        subject=order.account.account_no,
        actor=staff.username if staff else "night",
        body={"order": order.pk, **body},
        as_of=at.astimezone(TIME_ZONE).date(),
        at=at,
    )


def _entitled(staff: Staff, right: str, what: str) -> None:
    if not staff.has_perm(permission(right)):
        raise _refused("NO_RIGHT", f"{staff.username} may not {what}", "Ask somebody whose role may.")


def _refused(code: str, message: str, remedy: str) -> UnableToOrderCutError:
    return UnableToOrderCutError(message, code=code, remedy=remedy)
