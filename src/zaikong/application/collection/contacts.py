"""What does a collector write down of a call or a visit, and what proves a visit?

A visit counts only with a proof: a photo, a film or a signature, or the names of two different witnesses. A call needs
none. Who was spoken to is kept, because a demand of the law must reach somebody who may receive it.

Basis: 《诉讼时效规定》 article 8 for who may receive a demand.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from zaikong.application.collection.entries import (
    LONGEST_NAME,
    locked_case,
    require_alive,
    require_evidence,
    require_moment,
    require_right,
    require_room,
    require_text,
    write_event,
)
from zaikong.application.roles import HANDLE_CASES
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CaseEvent, CollectionCase, Evidence, Staff

_Kind = CaseEvent.Kind
_WITNESSES = 2
_PROOFS = (str(Evidence.Kind.PHOTO), str(Evidence.Kind.VIDEO), str(Evidence.Kind.SIGNATURE))


class CallOutcome(StrEnum):
    """What came of a call."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    MESSAGE_LEFT = "message_left"


class VisitOutcome(StrEnum):
    """What came of a visit."""

    MET = "met"
    ABSENT = "absent"
    REFUSED = "refused"
    NOTICE_LEFT = "notice_left"
    NOT_FOUND = "not_found"


class UnableToLogContactError(Refusal):
    """A call, visit or note that cannot be written down so."""


@transaction.atomic
def log_call(
    *,
    case: int,
    outcome: str,
    staff: Staff,
    at: datetime,
    spoken_to: str = "",
    note: str = "",
    evidence: Sequence[int] = (),
) -> CaseEvent:
    """Write down a call.

    Args:
        case: The case.
        outcome: One of `CallOutcome`.
        staff: Who called.
        at: When.
        spoken_to: With whom; asked for where somebody was reached.
        note: What was said.
        evidence: Proofs, such as a recording.

    Raises:
        UnableToLogContactError: An unknown or closed case, an unknown outcome, nobody named, a moment before the case.
    """
    require_right(staff, HANDLE_CASES, error=UnableToLogContactError)
    _require_outcome(outcome, CallOutcome)
    found, moment = _open_case(case, at)
    person = _person(spoken_to, asked=outcome == CallOutcome.REACHED)
    proofs = require_evidence(evidence, error=UnableToLogContactError)
    said = require_room(note, name="note", error=UnableToLogContactError)
    kind, facts = str(_Kind.CALL), {"spoken_to": person}
    return write_event(found, kind, at=moment, staff=staff, outcome=outcome, note=said, facts=facts, evidence=proofs)


@transaction.atomic
def log_visit(
    *,
    case: int,
    outcome: str,
    staff: Staff,
    at: datetime,
    spoken_to: str = "",
    note: str = "",
    evidence: Sequence[int] = (),
    witnesses: Sequence[str] = (),
) -> CaseEvent:
    """Write down a visit with its proof.

    Args:
        case: The case.
        outcome: One of `VisitOutcome`.
        staff: Who went.
        at: When.
        spoken_to: Whom they met; asked for where somebody was met.
        note: What was found.
        evidence: Proofs: a photo, a film or a signature.
        witnesses: Two names in place of them.

    Raises:
        UnableToLogContactError: As for a call, and a visit without proof or with a witness named twice.
    """
    require_right(staff, HANDLE_CASES, error=UnableToLogContactError)
    _require_outcome(outcome, VisitOutcome)
    found, moment = _open_case(case, at)
    person = _person(spoken_to, asked=outcome == VisitOutcome.MET)
    names = _witnesses(witnesses)
    kinds = () if len(names) >= _WITNESSES else _PROOFS
    proofs = require_evidence(evidence, error=UnableToLogContactError, kinds=kinds)
    said = require_room(note, name="note", error=UnableToLogContactError)
    kind, facts = str(_Kind.VISIT), {"spoken_to": person, "witnesses": names}
    return write_event(found, kind, at=moment, staff=staff, outcome=outcome, note=said, facts=facts, evidence=proofs)


@transaction.atomic
def add_note(*, case: int, note: str, staff: Staff, at: datetime, evidence: Sequence[int] = ()) -> CaseEvent:
    """Write a note into a case; also into a closed one.

    Raises:
        UnableToLogContactError: An unknown case, no text or too long a one, unknown proofs.
    """
    require_right(staff, HANDLE_CASES, error=UnableToLogContactError)
    error = UnableToLogContactError
    found = locked_case(case, error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    said = require_text(note, name="note", error=error)
    proofs = require_evidence(evidence, error=error)
    return write_event(found, str(_Kind.NOTE), at=moment, staff=staff, note=said, evidence=proofs)


def _open_case(case: int, at: datetime) -> tuple[CollectionCase, datetime]:
    """The case, locked and alive, and the moment in its time zone."""
    found = locked_case(case, error=UnableToLogContactError)
    require_alive(found, error=UnableToLogContactError)
    return found, require_moment(at, error=UnableToLogContactError, not_before=found.opened_at)


def _require_outcome(outcome: str, outcomes: type[StrEnum]) -> None:
    if outcome not in {str(each) for each in outcomes}:
        raise UnableToLogContactError(
            f"{outcome!r} is no outcome",
            code="OUTCOME_UNKNOWN",
            fields={"outcome": outcome},
            remedy="Use one of: " + ", ".join(outcomes) + ".",
        )


def _person(spoken_to: str, *, asked: bool) -> str:
    read = require_text if asked else require_room
    return read(spoken_to, name="spoken_to", error=UnableToLogContactError, longest=LONGEST_NAME)


def _witnesses(witnesses: Sequence[str]) -> list[str]:
    error = UnableToLogContactError
    names = [require_text(name, name="witness", error=error, longest=LONGEST_NAME) for name in witnesses]
    if len(set(names)) < len(names):
        raise error(
            "a witness is named twice",
            code="WITNESS_TWICE",
            fields={"witnesses": names},
            remedy="Name two different people.",
        )
    return names
