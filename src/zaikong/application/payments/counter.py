"""How does a cashier take money, and what is printed on the receipt?

A counter payment is a batch of one through the same verb as a bank's file. Its reference is the till's: the page that
sends the form twice gets the first receipt back, and the money is credited once.
"""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db import transaction

from zaikong.application.payments.crediting import credit
from zaikong.application.payments.receipts import RECEIPT, Kind, Outcome
from zaikong.application.roles import TAKE_PAYMENTS, permission
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store import bulk
from zaikong.store.models import Account, AccountBalance, Allocation, Payment, Staff

COUNTER = "counter"
"""Channel of money taken over the counter."""


class UnableToTakePaymentError(Refusal):
    """Money that may not be taken: account unknown, amount or reference unusable, nobody entitled to take it."""


class UnableToPrintReceiptError(Refusal):
    """No such payment."""


@dataclass(frozen=True, slots=True)
class PaidLine:
    """What a payment settled on one bill.

    Attributes:
        month: Billing month, YYYYMM.
        principal_fen: Of the bill [fen].
        late_fee_fen: Of its late fee [fen].
    """

    month: int
    principal_fen: int
    late_fee_fen: int


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """A receipt as it is printed.

    Attributes:
        number: Payment number.
        channel: Channel.
        channel_ref: Reference inside the channel.
        account_no: Account number, or the one given where no account has it.
        customer: Name of the customer; empty while the account is unknown.
        paid_at: Time of payment.
        booked_date: Business date.
        amount_fen: Amount [fen].
        state: Where the money is now.
        cashier: Who took it; empty for other channels.
        lines: What it settled when it was taken.
        prepaid_fen: What stayed as prepaid money [fen].
        receivable_fen: What the account owes on bills now [fen].
        balance_fen: Its prepaid balance now [fen].
    """

    number: int
    channel: str
    channel_ref: str
    account_no: str
    customer: str
    paid_at: datetime
    booked_date: date
    amount_fen: int
    state: str
    cashier: str
    lines: tuple[PaidLine, ...]
    prepaid_fen: int
    receivable_fen: int
    balance_fen: int


def take_counter_payment(
    *,
    account_no: str,
    amount_fen: int,
    paid_at: datetime,
    booked_date: date,
    cashier: Staff,
    channel_ref: str | None = None,
    designated_month: int | None = None,
    topup: bool = False,
) -> PrintedReceipt:
    """Take money over the counter.

    Args:
        account_no: Account number; it must exist.
        amount_fen: Amount [fen].
        paid_at: When; a time without a zone is local.
        booked_date: Business date.
        cashier: Who takes it.
        channel_ref: The till's reference, which makes the payment happen once; one is given where there is none.
        designated_month: Month the payer wants settled first, YYYYMM.
        topup: Whether it is a prepayment top-up.

    Returns:
        The receipt. The same reference, account and amount again return the first receipt.

    Raises:
        UnableToTakePaymentError: The cashier has no right to, the account is unknown, the amount or month is unusable,
            or the reference was used for other money.
    """
    if not (cashier.is_active and cashier.has_perm(permission(TAKE_PAYMENTS))):
        raise _refused("NOT_ENTITLED", f"{cashier.get_username()} may not take payments", "Ask a cashier.")
    with transaction.atomic():
        if not Account.objects.filter(account_no=account_no.strip()).exists():
            raise _refused("ACCOUNT_UNKNOWN", f"no account {account_no}", "Look the customer up by name or phone.")
        reference = channel_ref or f"{booked_date:%Y%m%d}-{cashier.pk}-{bulk.reserve('zaikong_payment_number', 1)}"
        row = {
            "channel": COUNTER,
            "channel_ref": reference,
            "account_no": account_no,
            "paid_at": paid_at if paid_at.tzinfo else paid_at.replace(tzinfo=TIME_ZONE),
            "amount_fen": amount_fen,
            "designated_month": designated_month,
            "kind": (Kind.TOPUP if topup else Kind.PAYMENT).value,
        }
        taken = credit(pl.DataFrame([row], schema=dict(RECEIPT)), booked_date=booked_date, cashier=cashier)
        outcome, code, message, payment = taken.select("outcome", "code", "message", "payment").row(0)
        if outcome == Outcome.REFUSED:
            raise _refused(code, message, "Correct the entry, or take it under a new reference.")
        return printed_receipt(payment=payment)


def printed_receipt(*, payment: int) -> PrintedReceipt:
    """The receipt of a payment of any channel, for print and reprint.

    Args:
        payment: Payment number.

    Raises:
        UnableToPrintReceiptError: No such payment.
    """
    paid = Payment.objects.select_related("account__customer", "cashier").filter(pk=payment).first()
    if paid is None:
        raise UnableToPrintReceiptError(
            f"there is no payment {payment}", code="RECEIPT_UNKNOWN", fields={"payment": payment}, remedy="Look again."
        )
    rows = Allocation.objects.filter(payment=paid, principal_fen__gte=0, late_fee_fen__gte=0).select_related("bill")
    lines = tuple(PaidLine(row.bill.month, row.principal_fen, row.late_fee_fen) for row in rows.order_by("id"))
    settled = sum(line.principal_fen + line.late_fee_fen for line in lines)
    balance = AccountBalance.objects.filter(account_id=paid.account_id).first()
    return PrintedReceipt(
        number=paid.pk,
        channel=paid.channel,
        channel_ref=paid.channel_ref,
        account_no=paid.account.account_no if paid.account else paid.account_no_given,
        customer=paid.account.customer.name if paid.account else "",
        paid_at=paid.paid_at,
        booked_date=paid.booked_date,
        amount_fen=paid.amount_fen,
        state=paid.state,
        cashier=paid.cashier.get_username() if paid.cashier else "",
        lines=lines,
        prepaid_fen=paid.amount_fen - settled if _credited_once(paid) else 0,
        receivable_fen=balance.receivable_fen if balance else 0,
        balance_fen=balance.prepaid_fen if balance else 0,
    )


def _credited_once(paid: Payment) -> bool:
    return paid.state == Payment.State.CREDITED or paid.paymentchange_set.filter(from_state="credited").exists()


def _refused(code: str, message: str, remedy: str) -> UnableToTakePaymentError:
    return UnableToTakePaymentError(message, code=code, remedy=remedy)
