"""How does a customer who pays ahead put money in, and what is left of it?

A top-up is a receipt like any other and goes the same way through `payments`; what is special is where it goes: the share
agreed recovers old debt, the rest pays what has fallen due under the agreement and stays as balance. Available balance is
prepaid money less posted unpaid bills less use not yet billed; old debt is not taken off it, since it is recovered by the
share alone, and neither is what the customer disputes. The estimate is the last night's, less what was billed of it
since, and its day is told.

Basis: the prepayment agreement (《河南省供用电条例》 article 41); 《民法典》 article 560.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from zaikong.application.account_lookup import account_by_number
from zaikong.application.payments import PrintedReceipt, take_counter_payment
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import Account, DebtRecovery, Staff
from zaikong.store.queries import prepayment as queries
from zaikong.store.queries.prepaid_now import available_now


class UnableToTopUpError(Refusal):
    """Money that cannot be taken ahead: nobody pays ahead on this account."""


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """What a top-up did.

    Attributes:
        receipt: As it is printed.
        permille: Share agreed for old debt [0.1 %].
        share_fen: That share of this top-up [fen].
        recovered_fen: What of it old debt took [fen].
        prepaid_fen: What stayed as balance [fen].
    """

    receipt: PrintedReceipt
    permille: int
    share_fen: int
    recovered_fen: int
    prepaid_fen: int


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of an account, with its parts.

    Attributes:
        account_no: Account number.
        agreement_no: Agreement in force, empty without one.
        prepaid_fen: Prepaid money [fen].
        owed_fen: Posted bills the balance answers for [fen].
        settled_fen: Prepaid less owed [fen].
        estimated_fen: Use not yet billed, as the night of `estimated_on` found it, less what was billed of it since [fen].
        available_fen: Settled less estimated [fen].
        estimated_on: Business date of that night; None where none has estimated this account, and the estimate is 0.
        estimate_age_days: Days since then, None without one [day].
        old_debt_fen: Principal of old debt still to be recovered by the share [fen].
        recovered_fen: What the agreement has recovered [fen].
        disputed_fen: Posted and disputed [fen].
        in_transit_fen: Money on its way [fen].
    """

    account_no: str
    agreement_no: str
    prepaid_fen: int
    owed_fen: int
    settled_fen: int
    estimated_fen: int
    available_fen: int
    estimated_on: date | None
    estimate_age_days: int | None
    old_debt_fen: int
    recovered_fen: int
    disputed_fen: int
    in_transit_fen: int


@transaction.atomic
def top_up(
    *,
    account_no: str,
    amount_fen: int,
    paid_at: datetime,
    booked_date: date,
    cashier: Staff,
    channel_ref: str | None = None,
    designated_month: int | None = None,
) -> ToppedUp:
    """Take money ahead over the counter.

    Args:
        account_no: Account number.
        amount_fen: Amount [fen].
        paid_at: When.
        booked_date: Business date.
        cashier: Who takes it.
        channel_ref: The till's reference, which makes the top-up happen once.
        designated_month: Month the payer wants settled first, YYYYMM.

    Returns:
        What became of it. The same reference, account and amount again return the first top-up.

    Raises:
        UnableToFindAccountError: `ACCOUNT_UNKNOWN`.
        UnableToTopUpError: `NOT_PREPAID`.
        zaikong.application.payments.UnableToTakePaymentError: The cashier has no right, or the entry is unusable.
    """
    account = account_by_number(account_no)
    if account.payment_mode != "prepaid":
        raise UnableToTopUpError(
            f"{account_no} does not pay ahead",
            code="NOT_PREPAID",
            fields={"account_no": account_no},
            remedy="Take an ordinary payment, or order a switch first.",
        )
    receipt = take_counter_payment(
        account_no=account_no,
        amount_fen=amount_fen,
        paid_at=paid_at,
        booked_date=booked_date,
        cashier=cashier,
        channel_ref=channel_ref,
        designated_month=designated_month,
        topup=True,
    )
    recovery = DebtRecovery.objects.filter(payment_id=receipt.number).first()
    return ToppedUp(
        receipt=receipt,
        permille=recovery.permille if recovery else 0,
        share_fen=recovery.share_fen if recovery else 0,
        recovered_fen=recovery.recovered_fen if recovery else 0,
        prepaid_fen=receipt.prepaid_fen,
    )


@transaction.atomic
def balance_of(account: Account, *, as_of: date) -> Balance:
    """The balance of an account now, with the last night's estimate.

    Args:
        account: The account.
        as_of: Business date, from which the age of the estimate is counted.
    """
    money = queries.money_of(account)
    agreement = queries.agreement_in_force(account)
    estimate = queries.estimate_of(account)
    settled = money.prepaid_fen - money.owed_fen
    available = available_now(account) if estimate else settled
    return Balance(
        account_no=account.account_no,
        agreement_no=agreement.agreement_no if agreement else "",
        prepaid_fen=money.prepaid_fen,
        owed_fen=money.owed_fen,
        settled_fen=settled,
        estimated_fen=settled - available,
        available_fen=available,
        estimated_on=estimate.as_of_date if estimate else None,
        estimate_age_days=(as_of - estimate.as_of_date).days if estimate else None,
        old_debt_fen=money.old_debt_fen,
        recovered_fen=queries.recovered_of(agreement) if agreement else 0,
        disputed_fen=money.disputed_fen,
        in_transit_fen=money.in_transit_fen,
    )
