"""How is prepaid money given back, and how much of it is free to go? 预存退费.

One person asks, another approves, and it is paid out by somebody who did not approve it. Free is what lies prepaid less
all that is open (old debt, disputed bills and late fees too), less use not yet billed by a fresh estimate, less money that
came other than in cash so lately that the bank may still take it back. What other refunds wait for counts as taken. The
sum is looked at three times, under the lock every payment takes: when asked, when approved, when paid out.

Should the bank take a top-up back after its money was paid out, the undoing books what is missing as a claim against the
customer (`1221`); `settle_claim` lets prepaid money that comes later settle it, and nothing is refunded before.

Basis: 《民法典》 article 985 (what was received without cause is given back); two people by company rule.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl
from django.db import transaction
from django.db.models import Sum

from zaikong.application.booking import book, event
from zaikong.application.collection.entries import owed, require_moment, require_right, require_room, require_text
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.prepayment.acts import logged, require_other, require_sight, seen_account
from zaikong.application.roles import APPROVE_REFUNDS, REQUEST_REFUNDS
from zaikong.domain.feecontrol.prepayment_terms import prepayment_terms
from zaikong.domain.ledger.postings import CASH_CHANNELS
from zaikong.kernel.money import yuan_text
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, PrepaymentRefund, Staff
from zaikong.store.queries import prepayment as queries

_State = PrepaymentRefund.State
_LONGEST_REASON = 200
_LONGEST_PAYEE = 120
_WAITING = (_State.REQUESTED, _State.APPROVED)


class UnableToRefundError(Refusal):
    """Money that may not be given back, or not so, or not by this person."""


@dataclass(frozen=True, slots=True)
class Refundable:
    """What of an account's prepaid money is free to go, and why not all.

    Attributes:
        prepaid_fen: Prepaid money [fen].
        open_fen: Open principal, of whatever age [fen].
        late_fee_fen: Late fee owed [fen].
        estimated_fen: Use not yet billed [fen].
        uncleared_fen: Money the bank may still take back [fen].
        claimed_fen: Paid out before and claimed back [fen].
        waiting_fen: Other refunds asked for and not paid yet [fen].
        free_fen: What is left, never below 0 [fen].
    """

    prepaid_fen: int
    open_fen: int
    late_fee_fen: int
    estimated_fen: int
    uncleared_fen: int
    claimed_fen: int
    waiting_fen: int
    free_fen: int


@transaction.atomic
def refundable(account: Account, *, as_of: date, besides: int | None = None) -> Refundable:
    """What of an account's prepaid money could be given back on a day.

    Args:
        account: The account; its money is locked.
        as_of: Business date.
        besides: A refund that does not count as waiting, because it is the one looked at.

    Raises:
        UnableToRefundError: `ESTIMATE_MISSING`, `ESTIMATE_OLD`: nobody knows what was used since the last bill.
    """
    items = owed(account.pk, on=as_of)
    terms = prepayment_terms(as_of=as_of)
    money = queries.money_of(account)
    waiting = PrepaymentRefund.objects.filter(account=account, state__in=_WAITING).exclude(pk=besides)
    parts = {
        "open_fen": int(items["open_fen"].sum()),
        "late_fee_fen": int(items["late_fee_fen"].sum()),
        "estimated_fen": _estimated(account, as_of, terms.estimate_days),
        "uncleared_fen": queries.uncleared_fen(
            account, since=as_of - timedelta(days=terms.clearing_days), cash_channels=CASH_CHANNELS
        ),
        "claimed_fen": queries.claimed_fen(account),
        "waiting_fen": waiting.aggregate(fen=Sum("amount_fen"))["fen"] or 0,
    }
    free = max(money.prepaid_fen - sum(parts.values()), 0)
    return Refundable(prepaid_fen=money.prepaid_fen, free_fen=free, **parts)


@transaction.atomic
def request_refund(
    *, account_no: str, amount_fen: int, reason: str, payee: str, staff: Staff, at: datetime
) -> PrepaymentRefund:
    """Ask for prepaid money to be given back.

    Args:
        account_no: Account.
        amount_fen: How much [fen].
        reason: Why.
        payee: To whom.
        staff: Who asks.
        at: When.

    Raises:
        UnableToRefundError: `NOT_ENTITLED`, `ACCOUNT_UNKNOWN`, `REASON_MISSING`, `PAYEE_MISSING`,
            `AMOUNT_NOT_POSITIVE`, `REFUND_TOO_HIGH`, `ESTIMATE_MISSING`, `ESTIMATE_OLD`.
    """
    error = UnableToRefundError
    require_right(staff, REQUEST_REFUNDS, error=error)
    moment = require_moment(at, error=error)
    said = require_text(reason, name="reason", error=error, longest=_LONGEST_REASON)
    to = require_text(payee, name="payee", error=error, longest=_LONGEST_PAYEE)
    if amount_fen <= 0:
        raise _refused("AMOUNT_NOT_POSITIVE", f"{amount_fen} fen is nothing to give back", "Give an amount above zero.")
    account = seen_account(account_no, staff=staff, error=error)
    _within(amount_fen, refundable(account, as_of=business_date_of(moment)))
    asked: PrepaymentRefund = PrepaymentRefund.objects.create(
        account=account, amount_fen=amount_fen, reason=said, payee=to, requested_by=staff, requested_at=moment
    )
    body = {"refund": asked.pk, "amount_fen": amount_fen}
    logged("refund_requested", account, body, staff=staff, at=moment, reason=said)
    return asked


@transaction.atomic
def decide_refund(*, refund: int, approve: bool, staff: Staff, at: datetime, reason: str = "") -> PrepaymentRefund:
    """Approve or refuse a refund another person asked for; an approved one may be refused until it is paid.

    Args:
        refund: Its number.
        approve: Whether it is granted.
        staff: Who decides; not the one who asked.
        at: When.
        reason: Why; asked for where it is refused.

    Raises:
        UnableToRefundError: `NOT_ENTITLED`, `REFUND_UNKNOWN`, `REFUND_DECIDED`, `SAME_PERSON`, `MOMENT_TOO_EARLY`,
            `REASON_MISSING`, `REFUND_TOO_HIGH`.
    """
    error = UnableToRefundError
    require_right(staff, APPROVE_REFUNDS, error=error)
    asked = _locked(refund, staff)
    moment = require_moment(at, error=error, not_before=asked.requested_at)
    open_states = (_State.REQUESTED,) if approve else _WAITING
    if asked.state not in open_states:
        raise _refused("REFUND_DECIDED", f"refund {refund} is {asked.state} already", "Ask anew if need be.")
    require_other(asked.requested_by, staff, what="who asked for a refund does not decide it", error=error)
    if approve:
        said = require_room(reason, name="reason", error=error, longest=_LONGEST_REASON)
        _within(asked.amount_fen, refundable(asked.account, as_of=business_date_of(moment), besides=asked.pk))
    else:
        said = require_text(reason, name="reason", error=error, longest=_LONGEST_REASON)
    asked.state = _State.APPROVED if approve else _State.REFUSED
    asked.decided_by, asked.decided_at = staff, moment
    asked.save(update_fields=["state", "decided_by", "decided_at"])
    body = {
        "refund": asked.pk,
        "amount_fen": asked.amount_fen,
        "approved": approve,
        "requested_by": asked.requested_by.get_username(),
    }
    logged("refund_decided", asked.account, body, staff=staff, at=moment, reason=said)
    return asked


@transaction.atomic
def pay_out_refund(*, refund: int, channel: str, staff: Staff, at: datetime) -> PrepaymentRefund:
    """Pay an approved refund out and book it.

    Args:
        refund: Its number.
        channel: By which channel: `counter` from the till, any other from the bank.
        staff: Who pays; not the one who approved.
        at: When.

    Raises:
        UnableToRefundError: `NOT_ENTITLED`, `REFUND_UNKNOWN`, `NOT_APPROVED`, `SAME_PERSON`, `MOMENT_TOO_EARLY`,
            `CHANNEL_MISSING`, `REFUND_TOO_HIGH`.
    """
    error = UnableToRefundError
    require_right(staff, REQUEST_REFUNDS, error=error)
    asked = _locked(refund, staff)
    if asked.state != _State.APPROVED:
        raise _refused("NOT_APPROVED", f"refund {refund} is {asked.state}", "Only an approved refund is paid, once.")
    moment = require_moment(at, error=error, not_before=asked.decided_at)
    require_other(asked.decided_by, staff, what="who approved a refund does not pay it out", error=error)
    way = require_text(channel, name="channel", error=error, longest=20)
    on = business_date_of(moment)
    _within(asked.amount_fen, refundable(asked.account, as_of=on, besides=asked.pk))
    row = {"transaction": 1, "account": asked.account_id, "channel": way, "amount_fen": asked.amount_fen}
    numbers = book(event(pl.DataFrame([row]), "prepayment_refunded"), booked_date=on)
    asked.state, asked.booked_date, asked.transaction = _State.PAID, on, int(numbers["number"][0])
    asked.save(update_fields=["state", "booked_date", "transaction"])
    body = {
        "refund": asked.pk,
        "amount_fen": asked.amount_fen,
        "channel": way,
        "transaction": asked.transaction,
        "approved_by": asked.decided_by.get_username() if asked.decided_by else "",
    }
    logged("refund_paid", asked.account, body, staff=staff, at=moment, reason=asked.reason)
    return asked


@transaction.atomic
def settle_claim(*, account_no: str, staff: Staff, at: datetime) -> int:
    """Let prepaid money settle what was refunded of a top-up the bank took back afterwards.

    Args:
        account_no: Account.
        staff: Who does it.
        at: When.

    Returns:
        What was settled; 0 where there is no claim or no money [fen].

    Raises:
        UnableToRefundError: `NOT_ENTITLED`, `ACCOUNT_UNKNOWN`.
    """
    error = UnableToRefundError
    require_right(staff, REQUEST_REFUNDS, error=error)
    moment = require_moment(at, error=error)
    account = seen_account(account_no, staff=staff, error=error)
    fen = min(queries.claimed_fen(account), queries.money_of(account).prepaid_fen)
    if fen <= 0:
        return 0
    row = {"transaction": 1, "account": account.pk, "amount_fen": fen}
    book(event(pl.DataFrame([row]), "refund_claim_settled"), booked_date=business_date_of(moment))
    logged("refund_claim_settled", account, {"amount_fen": fen}, staff=staff, at=moment)
    return fen


def _estimated(account: Account, as_of: date, longest_days: int) -> int:
    """Use not yet billed, the higher of the estimates that are fresh [fen]."""
    found = queries.estimates_of(account)
    if not found:
        raise _refused(
            "ESTIMATE_MISSING",
            "no night has estimated what was used since the last bill",
            "Pay out after the next night.",
        )
    fresh = [fen for day, fen in found if timedelta(0) <= as_of - day <= timedelta(days=longest_days)]
    if not fresh:
        last = max(day for day, _ in found)
        raise _refused("ESTIMATE_OLD", f"use was estimated on {last} last", "Pay out after the next night.")
    return max(0, *fresh)


def _within(amount_fen: int, of: Refundable) -> None:
    if amount_fen > of.free_fen:
        raise _refused(
            "REFUND_TOO_HIGH",
            f"{yuan_text(amount_fen)} yuan asked for, {yuan_text(of.free_fen)} free: prepaid "
            f"{yuan_text(of.prepaid_fen)}, open {yuan_text(of.open_fen)}, late fee {yuan_text(of.late_fee_fen)}, used and "
            f"not billed {yuan_text(of.estimated_fen)}, not cleared {yuan_text(of.uncleared_fen)}, claimed back "
            f"{yuan_text(of.claimed_fen)}, asked for before {yuan_text(of.waiting_fen)}",
            "Ask for no more than is free.",
        )


def _locked(refund: int, staff: Staff) -> PrepaymentRefund:
    found = PrepaymentRefund.objects.select_related("account").filter(pk=refund).first()
    if found is None:
        raise _refused("REFUND_UNKNOWN", f"there is no refund {refund}", "Check the number.")
    require_sight(found.account, staff=staff, error=UnableToRefundError)
    seen_account(found.account.account_no, staff=staff, error=UnableToRefundError)
    PrepaymentRefund.objects.select_for_update(of=("self",)).get(pk=refund)
    again: PrepaymentRefund = PrepaymentRefund.objects.select_related("account", "requested_by", "decided_by").get(
        pk=refund
    )
    return again


def _refused(code: str, message: str, remedy: str) -> UnableToRefundError:
    return UnableToRefundError(message, code=code, remedy=remedy)
