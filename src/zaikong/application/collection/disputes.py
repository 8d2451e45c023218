"""What does a customer dispute, by when is it answered, and what becomes of the bills? 电费争议.

A disputed bill is marked in the ledger: nobody is dunned or cut for it, and money that names no month passes it by. When
the dispute is rejected or withdrawn the mark goes, unless another dispute covers the bill. When it is upheld the mark
stays on the bills that are wrong until their correction takes their place: a bill known to be wrong is not dunned for.

Basis: 《河南省供用电条例》 article 16 (an answer within 5 working days).
"""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from django.db import transaction
from django.db.models import Q, QuerySet

from zaikong.application.collection.entries import (
    LONGEST_NAME,
    living_case,
    lock_account,
    require_evidence,
    require_moment,
    require_right,
    require_text,
    write_event,
)
from zaikong.application.collection.ledger import business_date_of, ledger_moved
from zaikong.application.decision_log import log_act
from zaikong.application.roles import DECIDE_DISPUTES, HANDLE_CASES
from zaikong.domain.collection.case_terms import case_terms, working_days_after
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, CaseEvent, Dispute, Evidence, OpenItem, Staff

_State = Dispute.State
_LONGEST_TEXT = 300
DECISIONS = (str(_State.UPHELD), str(_State.REJECTED), str(_State.WITHDRAWN))
"""How a dispute may end."""


class UnableToDecideDisputeError(Refusal):
    """A dispute that cannot be raised, or not be decided so."""


@transaction.atomic
def raise_dispute(
    *,
    account: int,
    raised_by_name: str,
    subject: str,
    staff: Staff,
    at: datetime,
    bill: int | None = None,
    evidence: Sequence[int] = (),
) -> Dispute:
    """Write down that a customer disputes a bill, or all of them.

    Args:
        account: The account.
        raised_by_name: Who disputes.
        subject: What is disputed.
        staff: Who writes it down.
        at: When it was raised.
        bill: The bill; everything the account owes where None.
        evidence: Proofs.

    Returns:
        The dispute, with the day by which it is answered.

    Raises:
        UnableToDecideDisputeError: An unknown account, a bill that owes nothing, nothing owed at all, the same dispute
            open already, or a text missing.
    """
    require_right(staff, HANDLE_CASES, error=UnableToDecideDisputeError)
    error = UnableToDecideDisputeError
    if not Account.objects.filter(pk=account).exists():
        raise error(
            f"there is no account {account}", code="ACCOUNT_UNKNOWN", fields={"account": account}, remedy="Look again."
        )
    lock_account(account)
    moment = require_moment(at, error=error)
    name = require_text(raised_by_name, name="raised_by_name", error=error, longest=LONGEST_NAME)
    said = require_text(subject, name="subject", error=error, longest=_LONGEST_TEXT)
    proofs = require_evidence(evidence, error=error)
    items = _items(account, bill)
    if not items.exists():
        raise error(
            "nothing is owed that could be disputed",
            code="NOTHING_OWED",
            fields={"bill": bill},
            remedy="A bill that is paid is put right by a correction.",
        )
    if Dispute.objects.filter(account_id=account, bill_id=bill, state=_State.OPEN).exists():
        raise error(
            "that is disputed already",
            code="DISPUTE_OPEN",
            fields={"bill": bill},
            remedy="Decide the one that is open.",
        )
    today = business_date_of(moment)
    dispute = Dispute.objects.create(
        account_id=account,
        bill_id=bill,
        raised_at=moment,
        raised_by_name=name,
        subject=said,
        answer_due_date=working_days_after(today, case_terms(as_of=today).answer_working_days),
        recorded_by=staff,
    )
    items.update(disputed=True)
    _told(dispute, str(CaseEvent.Kind.DISPUTE), at=moment, staff=staff, note=said, proofs=proofs)
    return dispute


@transaction.atomic
def decide_dispute(
    *,
    dispute: int,
    outcome: str,
    decision: str,
    staff: Staff,
    at: datetime,
    wrong_bills: Sequence[int] = (),
    evidence: Sequence[int] = (),
) -> Dispute:
    """Decide a dispute.

    Args:
        dispute: The dispute.
        outcome: One of `DECISIONS`.
        decision: What was found, as the customer is told.
        staff: Who decides.
        at: When.
        wrong_bills: Of an upheld dispute over a whole account, the bills that are wrong; of one over a bill it is that
            bill.
        evidence: Proofs.

    Raises:
        UnableToDecideDisputeError: Unknown or decided before, no such outcome, no decision, or an upheld dispute over an
            account that names no bill it covers.
    """
    require_right(staff, DECIDE_DISPUTES, error=UnableToDecideDisputeError)
    error = UnableToDecideDisputeError
    found = Dispute.objects.filter(pk=dispute).first()
    if found is None:
        raise error(
            f"there is no dispute {dispute}", code="DISPUTE_UNKNOWN", fields={"dispute": dispute}, remedy="Look again."
        )
    lock_account(found.account_id)
    found = Dispute.objects.select_for_update().get(pk=dispute)
    if found.state != str(_State.OPEN):
        raise error(
            f"dispute {dispute} is {found.state}",
            code="DISPUTE_DECIDED",
            fields={"dispute": dispute},
            remedy="Raise it anew.",
        )
    if outcome not in DECISIONS:
        raise error(
            f"{outcome!r} decides nothing",
            code="OUTCOME_UNKNOWN",
            fields={"outcome": outcome},
            remedy=", ".join(DECISIONS),
        )
    moment = require_moment(at, error=error, not_before=found.raised_at)
    said = require_text(decision, name="decision", error=error, longest=_LONGEST_TEXT)
    proofs = require_evidence(evidence, error=error)
    wrong = _wrong(found, outcome, wrong_bills)
    found.state, found.decided_at, found.decided_by, found.decision = outcome, moment, staff, said
    found.save(update_fields=["state", "decided_at", "decided_by", "decision"])
    _free(found, wrong)
    _told(found, str(CaseEvent.Kind.DISPUTE_DECIDED), at=moment, staff=staff, note=said, proofs=proofs)
    log_act(
        kind="dispute_decided",
        subject=found.account.account_no,
        staff=staff,
        body={"dispute": found.pk, "outcome": outcome, "bill": found.bill_id, "wrong_bills": list(wrong)},
        as_of=business_date_of(moment),
        reason=said,
        at=moment,
    )
    return found


def _items(account: int, bill: int | None) -> QuerySet[OpenItem]:
    items = OpenItem.objects.filter(account_id=account, open_fen__gt=0)
    return items if bill is None else items.filter(bill_id=bill)


def _wrong(dispute: Dispute, outcome: str, wrong_bills: Sequence[int]) -> list[int]:
    if outcome != str(_State.UPHELD):
        return []
    if dispute.bill_id is not None:
        return [dispute.bill_id]
    covered = list(
        OpenItem.objects.filter(account_id=dispute.account_id, bill_id__in=wrong_bills).values_list(
            "bill_id", flat=True
        )
    )
    if not covered or len(covered) < len(set(wrong_bills)):
        raise UnableToDecideDisputeError(
            "an upheld dispute names the bills that are wrong",
            code="WRONG_BILLS_MISSING",
            fields={"wrong_bills": list(wrong_bills)},
            remedy="Name bills of the account; correct them afterwards.",
        )
    return covered


def _free(dispute: Dispute, wrong: Sequence[int]) -> None:
    """Take the mark off the bills nobody disputes any more."""
    others = Dispute.objects.filter(account_id=dispute.account_id, state=_State.OPEN)
    if others.filter(bill=None).exists():
        return
    upheld = Dispute.objects.filter(account_id=dispute.account_id, state=_State.UPHELD).exclude(bill=None)
    held = Q(bill_id__in=[*wrong]) | Q(bill_id__in=others.values("bill_id")) | Q(bill_id__in=upheld.values("bill_id"))
    _items(dispute.account_id, dispute.bill_id).exclude(held).update(disputed=False)


def _told(dispute: Dispute, kind: str, *, at: datetime, staff: Staff, note: str, proofs: Sequence[Evidence]) -> None:
    """Write the event, and bring the case to what is not disputed."""
    case = living_case(dispute.account_id)
    if case is None:
        return
    facts = {"dispute": dispute.pk, "bill": dispute.bill_id, "answer_due_date": str(dispute.answer_due_date)}
    write_event(case, str(kind), at=at, staff=staff, outcome=dispute.state, note=note, facts=facts, evidence=proofs)
    ledger_moved(pl.DataFrame({"account": [dispute.account_id], "amount_fen": [0]}), at=at)
