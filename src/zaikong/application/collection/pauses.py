"""When is a case left alone for a time, and who may say so? 暂缓催收.

A pause names its end; no longer than the company's term, asked for by one person and approved by another. It ends by
itself in the night of its last day, or earlier when somebody takes the case up again.
"""

from datetime import date, datetime, timedelta

from django.db import transaction

from zaikong.application.collection.entries import (
    locked_case,
    require_moment,
    require_right,
    require_state,
    require_text,
    require_two_people,
    write_event,
)
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.decision_log import log_act
from zaikong.application.roles import HANDLE_CASES
from zaikong.domain.collection.case_terms import case_terms
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CaseEvent, CasePause, CollectionCase, PromiseToPay, Staff

_Case = CollectionCase.State
_LONGEST_REASON = 200


class UnableToPauseCaseError(Refusal):
    """A pause that cannot be granted, or not be ended."""


@transaction.atomic
def pause_case(*, case: int, to_date: date, reason: str, staff: Staff, approved_by: Staff, at: datetime) -> CasePause:
    """Leave a case alone until a day.

    Args:
        case: An open case, or one with a promise.
        to_date: First day no longer paused.
        reason: Why.
        staff: Who asks.
        approved_by: Who approves; another person.
        at: When it begins.

    Raises:
        UnableToPauseCaseError: The case is in no such state, the end is missing its term, no reason, or one person in
            both parts.
    """
    require_right(staff, HANDLE_CASES, error=UnableToPauseCaseError)
    error = UnableToPauseCaseError
    found = locked_case(case, error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    require_state(found, str(_Case.OPEN), str(_Case.PROMISED), error=error)
    said = require_text(reason, name="reason", error=error, longest=_LONGEST_REASON)
    require_two_people(staff, approved_by, error=error)
    today = business_date_of(moment)
    last = today + timedelta(days=case_terms(as_of=today).pause_days)
    if not today < to_date <= last:
        raise error(
            f"{to_date} is not after {today} and at most {last}",
            code="PAUSE_TERM_WRONG",
            fields={"to_date": to_date, "last": last},
            remedy="Pause for a shorter time and look at the case again.",
        )
    pause = CasePause.objects.create(case=found, from_date=today, to_date=to_date, reason=said, approved_by=approved_by)
    found.state = _Case.PAUSED
    found.save(update_fields=["state"])
    facts = {"pause": pause.pk, "to_date": str(to_date), "approved_by": approved_by.get_username()}
    write_event(found, str(CaseEvent.Kind.PAUSE), at=moment, staff=staff, note=said, facts=facts)
    subject = found.account.account_no
    log_act(kind="case_paused", subject=subject, staff=staff, body=facts, as_of=today, reason=said, at=moment)
    return pause


@transaction.atomic
def resume_case(*, case: int, reason: str, staff: Staff, at: datetime) -> CollectionCase:
    """Take a paused case up again before its pause ends.

    Raises:
        UnableToPauseCaseError: The case is not paused, or no reason.
    """
    require_right(staff, HANDLE_CASES, error=UnableToPauseCaseError)
    error = UnableToPauseCaseError
    found = locked_case(case, error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    require_state(found, str(_Case.PAUSED), error=error)
    said = require_text(reason, name="reason", error=error)
    end_pause(found, on=business_date_of(moment))
    promised = PromiseToPay.objects.filter(case=found, state=PromiseToPay.State.OPEN).exists()
    for state in (_Case.OPEN, _Case.PROMISED) if promised else (_Case.OPEN,):
        found.state = state
        found.save(update_fields=["state"])
    write_event(found, str(CaseEvent.Kind.RESUMED), at=moment, staff=staff, outcome="by_hand", note=said)
    return found


def end_pause(case: CollectionCase, *, on: date) -> None:
    """End the pause of a case that still runs; the event is the caller's."""
    CasePause.objects.filter(case=case, ended_date=None, to_date__gt=on).update(ended_date=on)
