"""How are arrears agreed to be paid off, and what follows from the agreement? 分期还款协议.

One person proposes, another approves, the customer signs. With the signature the debt is acknowledged, which interrupts
limitation; the case rests, and no cut is made for it while the agreement is honoured. Whether it is honoured the ledger
says (`collection.ledger`): a default opens the case again in a new episode, so that the ladder and the notice before a
cut begin anew.

Basis: 《民法典》 article 195.
"""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl
from django.db import transaction
from django.db.models import Max, Sum

from zaikong.application.collection.entries import (
    LONGEST_NAME,
    locked_case,
    owed,
    require_evidence,
    require_moment,
    require_right,
    require_room,
    require_state,
    require_text,
    write_event,
)
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.collection.pauses import end_pause
from zaikong.application.collection.promises import withdraw
from zaikong.application.decision_log import log_act
from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.application.roles import APPROVE_CASES, HANDLE_CASES
from zaikong.domain.collection.case_terms import case_terms
from zaikong.domain.recovery.instalments import InstalmentPlan, schedule
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import (
    Allocation,
    CaseEvent,
    CollectionCase,
    Evidence,
    Instalment,
    InstalmentAgreement,
    InstalmentBill,
    LimitationEvent,
    OpenItem,
    PromiseToPay,
    Staff,
)

_Case = CollectionCase.State
_State = InstalmentAgreement.State
_LONGEST_NOTE = 300


class UnableToAgreeInstalmentsError(Refusal):
    """An agreement that cannot be proposed, approved, signed or withdrawn so."""


@transaction.atomic
def propose_instalments(
    *,
    case: int,
    count: int,
    first_date: date,
    staff: Staff,
    at: datetime,
    first_fen: int = 0,
    bills: Sequence[int] | None = None,
    note: str = "",
) -> InstalmentAgreement:
    """Draft an agreement over what is past its due day.

    Args:
        case: A case that is not closed and has no agreement.
        count: Number of instalments, a month apart.
        first_date: Day of the first.
        staff: Who proposes.
        at: When; late fee is acknowledged up to this day.
        first_fen: What is paid down first; 0 for equal parts [fen].
        bills: The bills covered; all that are past their due day and not disputed where None.
        note: What a reader should know.

    Returns:
        The draft, with its bills and schedule.

    Raises:
        UnableToAgreeInstalmentsError: The case is closed or has an agreement, a bill is not past its due day or is
            disputed, nothing is, or the schedule is too long or begins in the past.
        UnableToScheduleInstalmentsError: The amount cannot be shared out so.
    """
    require_right(staff, HANDLE_CASES, error=UnableToAgreeInstalmentsError)
    error = UnableToAgreeInstalmentsError
    found = locked_case(case, error=error)
    require_state(found, str(_Case.OPEN), str(_Case.PROMISED), str(_Case.PAUSED), str(_Case.CUT), error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    said = require_room(note, name="note", error=error, longest=_LONGEST_NOTE)
    if InstalmentAgreement.objects.filter(case=found, state=_State.DRAFT).exists():
        raise error(
            "a draft waits already", code="DRAFT_OPEN", fields={"case": case}, remedy="Sign or withdraw it first."
        )
    today = business_date_of(moment)
    longest = case_terms(as_of=today).instalment_months
    if count > longest or first_date < today:
        raise error(
            f"{count} instalments from {first_date} are not at most {longest} from {today} on",
            code="SCHEDULE_WRONG",
            fields={"count": count, "first_date": first_date},
            remedy="Agree on fewer instalments, the first not in the past.",
        )
    covered = _covered(found.account_id, bills, today)
    total = _sum(covered)
    agreement = InstalmentAgreement.objects.create(
        agreement_no=_number(found, today),
        account_id=found.account_id,
        case=found,
        acknowledged_fen=total,
        proposed_by=staff,
        proposed_date=today,
        note=said,
    )
    _write_parts(
        agreement, covered, schedule(amount_fen=total, count=count, first_date=first_date, first_fen=first_fen)
    )
    _told(found, agreement, "proposed", at=moment, staff=staff)
    return agreement


@transaction.atomic
def approve_instalments(*, agreement: int, staff: Staff, at: datetime) -> InstalmentAgreement:
    """Approve a draft; who proposed it does not.

    Raises:
        UnableToAgreeInstalmentsError: Unknown, no draft, approved already, or the same person.
    """
    require_right(staff, APPROVE_CASES, error=UnableToAgreeInstalmentsError)
    error = UnableToAgreeInstalmentsError
    draft, case = _draft(agreement)
    moment = require_moment(at, error=error, not_before=case.opened_at)
    if draft.approved_by_id is not None:
        raise error(
            "it is approved already",
            code="AGREEMENT_APPROVED",
            fields={"agreement": agreement},
            remedy="Let it be signed.",
        )
    if draft.proposed_by_id == staff.pk:
        raise error(
            "who proposes does not approve",
            code="SAME_PERSON",
            fields={"agreement": agreement},
            remedy="Ask a manager.",
        )
    draft.approved_by = staff
    draft.save(update_fields=["approved_by"])
    _told(case, draft, "approved", at=moment, staff=staff)
    log_act(
        kind="instalments_approved",
        subject=case.account.account_no,
        staff=staff,
        body={"agreement_no": draft.agreement_no, "acknowledged_fen": draft.acknowledged_fen},
        as_of=business_date_of(moment),
        at=moment,
    )
    return draft


@transaction.atomic
def sign_instalments(
    *, agreement: int, signed_by_name: str, evidence: int, staff: Staff, at: datetime
) -> InstalmentAgreement:
    """Put an approved draft into force with the customer's signature.

    Args:
        agreement: The draft.
        signed_by_name: Who signed for the customer.
        evidence: The signed paper.
        staff: Who saw it signed.
        at: When.

    Raises:
        UnableToAgreeInstalmentsError: Unknown, no draft, not approved, no signed paper, or the debt is not what the draft
            says any more.
    """
    require_right(staff, HANDLE_CASES, error=UnableToAgreeInstalmentsError)
    error = UnableToAgreeInstalmentsError
    draft, case = _draft(agreement)
    moment = require_moment(at, error=error, not_before=case.opened_at)
    if draft.approved_by_id is None:
        raise error(
            "it is not approved",
            code="AGREEMENT_NOT_APPROVED",
            fields={"agreement": agreement},
            remedy="Have it approved.",
        )
    require_state(case, str(_Case.OPEN), str(_Case.PROMISED), str(_Case.PAUSED), str(_Case.CUT), error=error)
    name = require_text(signed_by_name, name="signed_by_name", error=error, longest=LONGEST_NAME)
    papers = (str(Evidence.Kind.DOCUMENT), str(Evidence.Kind.SIGNATURE), str(Evidence.Kind.PHOTO))
    proofs = require_evidence([evidence], error=error, kinds=papers)
    today = business_date_of(moment)
    _unchanged(draft, today)
    draft.state, draft.signed_date, draft.signed_by_name, draft.evidence = _State.ACTIVE, today, name, proofs[0]
    draft.save(update_fields=["state", "signed_date", "signed_by_name", "evidence"])
    _rest(case, today)
    restore_ended_cuts(pl.Series("account", [draft.account_id], pl.Int64), at=moment)
    _acknowledge(draft, today, staff)
    _told(case, draft, "signed", at=moment, staff=staff, note=name, proofs=proofs, marks=_marks(draft))
    return draft


@transaction.atomic
def withdraw_instalments(*, agreement: int, reason: str, staff: Staff, at: datetime) -> InstalmentAgreement:
    """Withdraw a draft.

    Raises:
        UnableToAgreeInstalmentsError: Unknown, no draft, or no reason.
    """
    require_right(staff, HANDLE_CASES, error=UnableToAgreeInstalmentsError)
    error = UnableToAgreeInstalmentsError
    draft, case = _draft(agreement)
    moment = require_moment(at, error=error, not_before=case.opened_at)
    said = require_text(reason, name="reason", error=error)
    draft.state, draft.ended_date = _State.WITHDRAWN, business_date_of(moment)
    draft.save(update_fields=["state", "ended_date"])
    _told(case, draft, "withdrawn", at=moment, staff=staff, note=said)
    return draft


def _draft(agreement: int) -> tuple[InstalmentAgreement, CollectionCase]:
    """A draft and its case, both locked."""
    error = UnableToAgreeInstalmentsError
    case = InstalmentAgreement.objects.filter(pk=agreement).values_list("case_id", flat=True).first()
    if case is None:
        raise error(
            f"there is no agreement {agreement}",
            code="AGREEMENT_UNKNOWN",
            fields={"agreement": agreement},
            remedy="Look again.",
        )
    locked = locked_case(case, error=error)
    found = InstalmentAgreement.objects.select_for_update().get(pk=agreement)
    if found.state != str(_State.DRAFT):
        raise error(
            f"agreement {found.agreement_no} is {found.state}",
            code="AGREEMENT_NOT_DRAFT",
            fields={"agreement": agreement},
            remedy="Propose another.",
        )
    return found, locked


def _covered(account: int, bills: Sequence[int] | None, today: date) -> pl.DataFrame:
    error = UnableToAgreeInstalmentsError
    items = owed(account, on=today)
    overdue = items.filter((items["due_day"] < day_number(today)) & ~items["disputed"] & (items["open_fen"] > 0))
    covered = overdue if bills is None else overdue.filter(overdue["bill"].is_in(list(bills)))
    if bills is not None and covered.height < len(set(bills)):
        raise error(
            "a bill is not past its due day, is disputed, or is not the account's",
            code="BILL_NOT_COVERED",
            fields={"bills": sorted(set(bills) - set(covered["bill"].to_list()))},
            remedy="Name bills that are past their due day and not disputed.",
        )
    if covered.is_empty():
        raise error(
            "nothing is past its due day",
            code="NOTHING_OVERDUE",
            fields={"account": account},
            remedy="Nothing to agree on.",
        )
    return covered


def _sum(covered: pl.DataFrame) -> int:
    """Principal and late fee [fen]."""
    return int(covered.select(pl.col("open_fen").sum() + pl.col("late_fee_fen").sum()).item())


def _number(case: CollectionCase, today: date) -> str:
    """A number nobody else draws: the case is locked."""
    place = InstalmentAgreement.objects.filter(case=case).count() + 1
    return f"FQ{today:%Y%m%d}-{case.pk}-{place}"


def _write_parts(agreement: InstalmentAgreement, covered: pl.DataFrame, plan: Sequence[InstalmentPlan]) -> None:
    InstalmentBill.objects.bulk_create(
        InstalmentBill(
            agreement=agreement, bill_id=row["bill"], principal_fen=row["open_fen"], late_fee_fen=row["late_fee_fen"]
        )
        for row in covered.iter_rows(named=True)
    )
    Instalment.objects.bulk_create(
        Instalment(agreement=agreement, number=part.number, due_date=part.due_date, amount_fen=part.amount_fen)
        for part in plan
    )


def _unchanged(draft: InstalmentAgreement, today: date) -> None:
    """Refuse a draft whose debt is another by now: something was paid, disputed or corrected, or its first day is over."""
    said = dict(InstalmentBill.objects.filter(agreement=draft).values_list("bill_id", "principal_fen"))
    owing = OpenItem.objects.filter(pk__in=said, disputed=False).values_list("bill_id", "open_fen")
    first = Instalment.objects.filter(agreement=draft).order_by("number").values_list("due_date", flat=True).first()
    if dict(owing) != said or first is None or first < today:
        raise UnableToAgreeInstalmentsError(
            f"the debt is not the {yuan_text(draft.acknowledged_fen)} yuan of the draft any more, or its first day is over",
            code="DEBT_CHANGED",
            fields={"agreement": draft.agreement_no},
            remedy="Withdraw the draft and propose it anew.",
        )


def _rest(case: CollectionCase, today: date) -> None:
    """Let the case rest on the agreement; an open promise and a pause end."""
    for promise in PromiseToPay.objects.select_for_update().filter(case=case, state=PromiseToPay.State.OPEN):
        withdraw(promise, on=today)
    end_pause(case, on=today)
    case.state = _Case.INSTALMENT
    case.save(update_fields=["state"])


def _acknowledge(agreement: InstalmentAgreement, today: date, staff: Staff) -> None:
    LimitationEvent.objects.bulk_create(
        LimitationEvent(
            account_id=agreement.account_id,
            bill_id=bill,
            kind=LimitationEvent.Kind.ACKNOWLEDGED,
            event_date=today,
            agreement=agreement,
            evidence=agreement.evidence,
            recorded_by=staff,
        )
        for bill in _bills(agreement)
        if not _acknowledged(agreement.account_id, bill, today)
    )


def _acknowledged(account: int, bill: int, today: date) -> bool:
    kind = LimitationEvent.Kind.ACKNOWLEDGED
    return LimitationEvent.objects.filter(account_id=account, bill_id=bill, kind=kind, event_date=today).exists()


def _bills(agreement: InstalmentAgreement) -> list[int]:
    return list(
        InstalmentBill.objects.filter(agreement=agreement).order_by("bill_id").values_list("bill_id", flat=True)
    )


def _marks(agreement: InstalmentAgreement) -> dict[str, int]:
    """Where the ledger stood at the signing, so that only what comes after it counts towards the instalments."""
    bills = _bills(agreement)
    last = Allocation.objects.filter(bill_id__in=bills).aggregate(last=Max("pk"))["last"]
    waived = OpenItem.objects.filter(pk__in=bills).aggregate(fen=Sum("late_fee_waived_fen"))["fen"]
    return {"allocations_before": last or 0, "waived_before_fen": waived or 0}


def _told(
    case: CollectionCase,
    agreement: InstalmentAgreement,
    outcome: str,
    *,
    at: datetime,
    staff: Staff,
    note: str = "",
    proofs: Sequence[Evidence] = (),
    marks: dict[str, int] | None = None,
) -> None:
    write_event(
        case,
        str(CaseEvent.Kind.INSTALMENT),
        at=at,
        staff=staff,
        outcome=outcome,
        amount_fen=agreement.acknowledged_fen,
        note=note,
        facts={"agreement": agreement.pk, "agreement_no": agreement.agreement_no, **(marks or {})},
        evidence=proofs,
    )
