"""What may a person do with a held bill: release it, rate it again, or discard it?"""

from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application.billing.checking import check_bills
from zaikong.application.billing.rated import RatedFrames, rate_frame
from zaikong.application.billing.run import write_drafts, write_findings
from zaikong.application.billing.settlements import settle
from zaikong.application.decision_log import log_act
from zaikong.application.posting import RATED_AMOUNTS, post_bills
from zaikong.domain.billing.schedule import Settlement, due_date
from zaikong.kernel.period import Month, day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Bill, BillDraft, BillRun, Staff
from zaikong.store.queries import settlements as reads


class UnableToDecideDraftError(Refusal):
    """A held bill cannot be released, rated again or discarded."""


def release_draft(draft_id: int, *, staff: Staff, reason: str, as_of: date) -> Bill:
    """Release a held bill as it was rated.

    Args:
        draft_id: The draft.
        staff: Who decides.
        reason: Why the finding is no fault.
        as_of: Business date: the bill is issued on it and its due date counts from it.

    Returns:
        The released bill.

    Raises:
        UnableToDecideDraftError: Decided before, no reason, or it was never rated.
    """
    with transaction.atomic():
        draft = _held(draft_id, reason)
        if not draft.lines:
            raise UnableToDecideDraftError(
                "this bill could not be rated",
                code="DRAFT_UNRATED",
                fields={"draft": draft_id},
                remedy="Mend its tariff or use, then rate it again.",
            )
        run = _run("release", draft, as_of)
        posted = post_bills(_bill_of(draft, as_of), _lines_of(draft), run_id=run.pk, issued_date=as_of)
        bill_id = int(posted["bill"][0])
        _decide(draft, str(BillDraft.State.RELEASED), staff=staff, reason=reason, as_of=as_of, bill_id=bill_id)
        BillRun.objects.filter(pk=run.pk).update(bills=1, total_fen=draft.total_fen)
        _log(draft, "released", staff=staff, reason=reason, as_of=as_of)
        return Bill.objects.get(pk=bill_id)


def discard_draft(draft_id: int, *, staff: Staff, reason: str, as_of: date) -> None:
    """Discard a held bill; its use stays unbilled and shows in the exposure until it is rated again.

    Raises:
        UnableToDecideDraftError: Decided before, or no reason.
    """
    with transaction.atomic():
        draft = _held(draft_id, reason)
        _decide(draft, str(BillDraft.State.DISCARDED), staff=staff, reason=reason, as_of=as_of)
        _log(draft, "discarded", staff=staff, reason=reason, as_of=as_of)


def rerate_draft(draft_id: int, *, staff: Staff, reason: str, as_of: date) -> list[str]:
    """Rate a held bill again from today's terms and use; the old draft is discarded, a new one is held or released.

    Returns:
        Codes of the findings that still hold it; empty when it was released.

    Raises:
        UnableToDecideDraftError: Decided before, or no reason.
    """
    with transaction.atomic():
        draft = _held(draft_id, reason)
        _decide(draft, str(BillDraft.State.DISCARDED), staff=staff, reason=reason, as_of=as_of)
        run = _run("rerate", draft, as_of)
        frame, rated = rate_again(draft.account_id, _settlement_of(draft))
        findings = check_bills(frame, rated, month=draft.month)
        write_findings(run.pk, findings)
        holding = sorted(findings.filter(pl.col("severity") == "hold")["code"].unique().to_list())
        if holding or rated.bills.is_empty():
            from zaikong.application.billing.run import unrated_settlements  # noqa: PLC0415 -- rarely needed

            write_drafts(run.pk, rated.bills, rated.lines, unrated_settlements(frame, rated))
            _log(draft, "rated_again", staff=staff, reason=reason, as_of=as_of)
            return holding or rated.unrated["code"].to_list()
        due = day_number(due_date(as_of, kind=draft.kind))
        posted = post_bills(
            rated.bills.with_columns(due_day=pl.lit(due, pl.Int64)), rated.lines, run_id=run.pk, issued_date=as_of
        )
        BillRun.objects.filter(pk=run.pk).update(bills=1, total_fen=int(posted["total_fen"][0]))
        _log(draft, "rated_again", staff=staff, reason=reason, as_of=as_of)
        return []


def rate_again(account_id: int, settlement: Settlement) -> tuple[pl.DataFrame, RatedFrames]:
    """Rate one account's settlement from its present terms and use.

    Returns:
        The settlement frame and what the rules made of it.
    """
    terms = reads.account_terms().filter(pl.col("account") == account_id)
    frame = settle(terms, settlement)
    month = Month.of(settlement.from_date).number
    interim = reads.billed_in(month) if settlement.kind == "closing" else None
    return frame, rate_frame(frame, interim=interim)


def _settlement_of(draft: BillDraft) -> Settlement:
    account = Account.objects.get(pk=draft.account_id)
    return Settlement(account.settlements_a_month, draft.sequence, draft.kind, draft.from_date, draft.to_date)


def _held(draft_id: int, reason: str) -> BillDraft:
    draft = BillDraft.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise UnableToDecideDraftError(
            f"there is no held bill {draft_id}", code="DRAFT_UNKNOWN", fields={"draft": draft_id}, remedy="Look again."
        )
    if draft.state != BillDraft.State.HELD:
        raise UnableToDecideDraftError(
            f"this held bill was {draft.state} on {draft.decided_date}",
            code="DRAFT_DECIDED",
            fields={"draft": draft_id},
            remedy="A released bill is corrected by a reversal.",
        )
    if not reason.strip():
        raise UnableToDecideDraftError(
            "a reason is missing", code="REASON_MISSING", fields={"reason": ""}, remedy="Say why."
        )
    return draft


def _run(word: str, draft: BillDraft, as_of: date) -> BillRun:
    kind = BillRun.Kind.RELEASE
    key = f"{word}/{draft.pk}"
    run: BillRun = BillRun.objects.create(key=key, kind=kind, month=draft.month, run_date=as_of)
    return run


def _decide(
    draft: BillDraft, state: str, *, staff: Staff, reason: str, as_of: date, bill_id: int | None = None
) -> None:
    draft.state, draft.decided_by, draft.reason = state, staff, reason.strip()
    draft.decided_date, draft.bill_id = as_of, bill_id
    draft.save(update_fields=["state", "decided_by", "reason", "decided_date", "bill"])


def _log(draft: BillDraft, done: str, *, staff: Staff, reason: str, as_of: date) -> None:
    body = {"draft": draft.pk, "done": done, "month": draft.month, "total_fen": draft.total_fen, "bill": draft.bill_id}
    account_no = draft.account.account_no
    log_act(kind="held_bill_decided", subject=account_no, staff=staff, body=body, as_of=as_of, reason=reason)


def _bill_of(draft: BillDraft, as_of: date) -> pl.DataFrame:
    amounts = {name: [getattr(draft, name)] for name in RATED_AMOUNTS}
    kept = _interim_funds(draft)
    return pl.DataFrame(
        {
            "settlement": [draft.account_id],
            "account": [draft.account_id],
            "month": [draft.month],
            "sequence": [draft.sequence],
            "kind": [draft.kind],
            "from_day": [day_number(draft.from_date)],
            "to_day": [day_number(draft.to_date)],
            "due_day": [day_number(due_date(as_of, kind=draft.kind))],
            "book": [draft.book],
            "plan": [draft.plan],
            "verified": [draft.verified],
            **amounts,
            "ledger_fund_fen": [draft.fund_fen - kept],
            "reverses": pl.Series([None], dtype=pl.Int64),
        }
    )


def _interim_funds(draft: BillDraft) -> int:
    if draft.kind != "closing":
        return 0
    interim = reads.billed_in(draft.month).filter(
        (pl.col("account") == draft.account_id) & (pl.col("kind") == "interim")
    )
    return int(interim["fund_fen"].sum())


_LINE_TYPES = {
    "line": pl.Int64,
    "item": pl.String,
    "quantity": pl.Int64,
    "unit": pl.String,
    "price_e8": pl.Int64,
    "amount_fen": pl.Int64,
    "from_day": pl.Int64,
    "to_day": pl.Int64,
    "price_from_day": pl.Int64,
}


def _lines_of(draft: BillDraft) -> pl.DataFrame:
    return pl.DataFrame(draft.lines, schema=_LINE_TYPES).with_columns(settlement=pl.lit(draft.account_id, pl.Int64))
