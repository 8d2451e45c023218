"""Is somebody in need behind an account, and did a person look? 困难用户, 弱势用户复核.

Before a home is cut a person looks whether a cut would endanger somebody; the look is good for a time. A finding that
somebody must be protected is a word against the cut; the protection itself is given by `protections.protect`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from zaikong.application.collection.entries import (
    living_case,
    lock_account,
    locked_case,
    require_alive,
    require_evidence,
    require_moment,
    require_right,
    require_text,
    write_event,
)
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.decision_log import log_act
from zaikong.application.roles import HANDLE_CASES
from zaikong.domain.collection.case_terms import case_terms
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, CaseEvent, CollectionCase, Staff, VulnerableReview

_LONGEST_NOTE = 300


class UnableToReviewError(Refusal):
    """A finding about a home that cannot be written down so."""


@transaction.atomic
def mark_hardship(
    *, case: int, hardship: bool, note: str, staff: Staff, at: datetime, evidence: Sequence[int] = ()
) -> CollectionCase:
    """Note that a customer is in hardship, or is not any more; the strategy treats the home as vulnerable.

    Raises:
        UnableToReviewError: An unknown or closed case, no note, or nothing would change.
    """
    require_right(staff, HANDLE_CASES, error=UnableToReviewError)
    error = UnableToReviewError
    found = locked_case(case, error=error)
    require_alive(found, error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    said = require_text(note, name="note", error=error)
    if found.hardship == hardship:
        raise error(
            "that is noted already",
            code="HARDSHIP_KNOWN",
            fields={"hardship": hardship},
            remedy="Nothing is left to do.",
        )
    proofs = require_evidence(evidence, error=error)
    found.hardship = hardship
    found.save(update_fields=["hardship"])
    kind, outcome = str(CaseEvent.Kind.HARDSHIP), "found" if hardship else "over"
    write_event(found, kind, at=moment, staff=staff, outcome=outcome, note=said, evidence=proofs)
    return found


@transaction.atomic
def review_vulnerable_home(
    *, account: int, outcome: str, note: str, staff: Staff, at: datetime, evidence: int | None = None
) -> VulnerableReview:
    """Write down what a person found who looked whether a cut would endanger somebody.

    Args:
        account: The account.
        outcome: One of `VulnerableReview.Outcome`.
        note: What was found.
        staff: Who looked.
        at: When they looked; the finding is good from then on for the company's term.
        evidence: A proof.

    Raises:
        UnableToReviewError: Unknown account, outcome or proof, or no note.
    """
    require_right(staff, HANDLE_CASES, error=UnableToReviewError)
    error = UnableToReviewError
    if not Account.objects.filter(pk=account).exists():
        raise error(
            f"there is no account {account}", code="ACCOUNT_UNKNOWN", fields={"account": account}, remedy="Look again."
        )
    if outcome not in VulnerableReview.Outcome.values:
        raise error(
            f"{outcome!r} is no outcome",
            code="OUTCOME_UNKNOWN",
            fields={"outcome": outcome},
            remedy="Use one of: " + ", ".join(VulnerableReview.Outcome.values) + ".",
        )
    lock_account(account)
    moment = require_moment(at, error=error)
    said = require_text(note, name="note", error=error, longest=_LONGEST_NOTE)
    proofs = require_evidence([] if evidence is None else [evidence], error=error)
    days = case_terms(as_of=business_date_of(moment)).review_days
    review = VulnerableReview.objects.create(
        account_id=account,
        reviewed_at=moment,
        valid_to_at=moment + timedelta(days=days),
        outcome=outcome,
        note=said,
        reviewer=staff,
        evidence=proofs[0] if proofs else None,
    )
    case = living_case(account)
    if case is not None:
        kind, facts = str(CaseEvent.Kind.VULNERABLE_REVIEW), {"review": review.pk}
        write_event(case, kind, at=moment, staff=staff, outcome=outcome, note=said, facts=facts, evidence=proofs)
    log_act(
        kind="home_reviewed",
        subject=review.account.account_no,
        staff=staff,
        body={"review": review.pk, "outcome": outcome, "evidence": [proof.sha256 for proof in proofs]},
        as_of=business_date_of(moment),
        reason=said,
        at=moment,
    )
    return review
