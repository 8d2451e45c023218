"""What may a person do with a receipt that is already in the books?

Take it back (冲正), note that the bank bounced it, note that money in transit has arrived, or give money of an unknown
payer to its account. Each is one act of one person with a reason, recorded beside the payment. Who took the money does
not take it back.
"""

from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application.booking import book, event
from zaikong.application.decision_log import log_act
from zaikong.application.payments.crediting import clear, settle
from zaikong.application.payments.undo import undo
from zaikong.application.roles import UNDO_PAYMENTS, permission
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, Payment, Staff
from zaikong.store.queries import payments as queries

_State = Payment.State


class UnableToChangePaymentError(Refusal):
    """A payment that is unknown or in a state that does not allow the act, or a person who may not."""


def reverse_payment(*, channel: str, channel_ref: str, reason: str, staff: Staff, as_of: date) -> Payment:
    """Take a payment back that should not have been booked; all it paid opens again.

    Args:
        channel: Channel.
        channel_ref: Reference inside the channel.
        reason: Why.
        staff: Who decides; not the cashier who took it.
        as_of: Business date.

    Raises:
        UnableToChangePaymentError: Unknown, already undone, no reason, no right, the cashier's own, or its prepaid
            money has been paid out.
    """
    return _undone(str(_State.REVERSED), channel, channel_ref, reason=reason, staff=staff, as_of=as_of)


def bounce_payment(*, channel: str, channel_ref: str, reason: str, staff: Staff, as_of: date) -> Payment:
    """Note that the bank took a payment back; late fee runs as if the money had never come. Otherwise as a reversal."""
    return _undone(str(_State.BOUNCED), channel, channel_ref, reason=reason, staff=staff, as_of=as_of)


def clear_in_transit(*, channel: str, channel_ref: str, reason: str, staff: Staff, as_of: date) -> Payment:
    """Note that money in transit has arrived; it pays bills with the late fee of the day it was paid.

    Raises:
        UnableToChangePaymentError: Unknown, not in transit, no reason or no right.
    """
    with transaction.atomic():
        row = _locked(channel, channel_ref, {str(_State.IN_TRANSIT)}, reason=reason, staff=staff, as_of=as_of)
        clear(row, booked_date=as_of, staff=staff, reason=reason.strip())
        _settle(row, as_of)
        return _logged(row, reason=reason, staff=staff, as_of=as_of)


def assign_unallocated(
    *, channel: str, channel_ref: str, account_no: str, reason: str, staff: Staff, as_of: date
) -> Payment:
    """Give money of an unknown payer to its account; it pays bills with the late fee of the day it was paid.

    Args:
        channel: Channel.
        channel_ref: Reference inside the channel.
        account_no: The account it belongs to.
        reason: How that was found out.
        staff: Who decides.
        as_of: Business date.

    Raises:
        UnableToChangePaymentError: Unknown payment or account, not unallocated, no reason or no right.
    """
    with transaction.atomic():
        row = _locked(channel, channel_ref, {str(_State.UNALLOCATED)}, reason=reason, staff=staff, as_of=as_of)
        account = Account.objects.filter(account_no=account_no.strip()).only("pk").first()
        if account is None:
            raise _refused("ACCOUNT_UNKNOWN", f"no account {account_no}", "Look the customer up by name or phone.")
        row = row.with_columns(account=pl.lit(account.pk, pl.Int64))
        book(event(row.with_columns(key="payment"), "unidentified_assigned", key="key"), booked_date=as_of)
        moved = row.select("payment", "account", "state", to_state=pl.lit(str(_State.CREDITED)), reason=pl.lit(reason))
        queries.move_payments(moved, booked_date=as_of, staff_id=staff.pk)
        _settle(row, as_of)
        return _logged(row, reason=reason, staff=staff, as_of=as_of)


def _undone(to_state: str, channel: str, channel_ref: str, *, reason: str, staff: Staff, as_of: date) -> Payment:
    allowed = {str(state) for state in (_State.CREDITED, _State.UNALLOCATED, _State.IN_TRANSIT)}
    with transaction.atomic():
        row = _locked(channel, channel_ref, allowed, reason=reason, staff=staff, as_of=as_of)
        asked = row.with_columns(to_state=pl.lit(to_state), reason=pl.lit(reason.strip()))
        refused = undo(asked, booked_date=as_of, staff=staff)
        if not refused.is_empty():
            raise _refused(refused["code"][0], refused["message"][0], "Recover it from the customer as a new debt.")
        return _logged(row, reason=reason, staff=staff, as_of=as_of)


def _locked(
    channel: str, channel_ref: str, allowed: set[str], *, reason: str, staff: Staff, as_of: date
) -> pl.DataFrame:
    """The payment as a row of a batch, locked, once it is sure that this person may change it now."""
    if not (staff.is_active and staff.has_perm(permission(UNDO_PAYMENTS))):
        raise _refused("NOT_ENTITLED", f"{staff.get_username()} may not change payments", "Ask a billing clerk.")
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why.")
    known = queries.locked_payments(pl.DataFrame({"channel": [channel.strip()], "channel_ref": [channel_ref.strip()]}))
    if known.is_empty():
        raise _refused("RECEIPT_UNKNOWN", f"{channel} {channel_ref} was never received", "Check channel and reference.")
    payment = Payment.objects.get(pk=known["payment"][0])
    if payment.state not in allowed:
        raise _refused(
            "STATE_WRONG", f"{channel} {channel_ref} is {payment.state}", "See what was done with it before."
        )
    if payment.booked_date > as_of:
        raise _refused("NOT_YET_BOOKED", f"it was booked on {payment.booked_date}, after {as_of}", "Use a later date.")
    if payment.cashier_id == staff.pk:
        raise _refused("SAME_PERSON", "who took the money does not take it back", "Ask a colleague.")
    return known.select(
        "payment",
        "channel",
        "state",
        account="account_known",
        amount_fen="amount_known_fen",
        day="paid_day_known",
        designated_month=pl.col("designated_known").fill_null(0),
        arrears_only="topup_known",
    )


def _settle(row: pl.DataFrame, as_of: date) -> None:
    columns = ("payment", "account", "amount_fen", "day", "designated_month", "arrears_only")
    credited = row.filter(pl.col("account").is_not_null()).select(columns)
    if not credited.is_empty():
        settle(credited, booked_date=as_of)


def _logged(row: pl.DataFrame, *, reason: str, staff: Staff, as_of: date) -> Payment:
    """The payment as it stands now, with a record of who moved it."""
    moved: Payment = Payment.objects.select_related("account").get(pk=row["payment"][0])
    body = {"state_before": row["state"][0], "state": moved.state, "amount_fen": moved.amount_fen}
    body |= {"account_no": moved.account.account_no if moved.account else ""}
    subject = f"payment {moved.pk}"
    log_act(kind="payment_changed", subject=subject, staff=staff, body=body, as_of=as_of, reason=reason)
    return moved


def _refused(code: str, message: str, remedy: str) -> UnableToChangePaymentError:
    return UnableToChangePaymentError(message, code=code, remedy=remedy)
