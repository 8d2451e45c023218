"""What did an account owe, what was billed and paid, and what does it owe now? 对账单.

A statement is read from the ledger's legs, so that it foots by construction and is checked to: opening balance and
lines give the closing balance, and the closing balance is what is owed on bills less prepaid money and money in
transit. A late fee appears when it is collected; what has accrued and is unpaid stands beside the balance.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from zaikong.application.account_lookup import account_by_number
from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.domain.ledger.postings import HELD, LATE_FEE_INCOME, PREPAID, RECEIVABLE
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import statement as reads

_CUSTOMER_GLS = (RECEIVABLE, PREPAID, HELD)


class UnableToStateAccountError(Refusal):
    """No such period, or a ledger that does not foot."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An account over the days `[from_date, to_date)`; a balance is positive where the customer owes.

    Attributes:
        account_no: Account number.
        customer: Name.
        from_date: First day.
        to_date: First day after.
        opening_fen: Balance before the first line [fen].
        closing_fen: Balance after the last [fen].
        lines: `day`, `event`, `month` (null), `bill` (null), `channel` (null), `channel_ref` (null), `debit_fen`,
            `credit_fen`, `balance_fen` after the line [fen], in the order booked.
        settled: What was paid on which bill: `day`, `effective_day`, `month`, `bill`, `channel` and `channel_ref` (null
            for prepaid money), `principal_fen`, `late_fee_fen`; negative where undone [fen].
        receivable_fen: Owed on bills at the end [fen].
        prepaid_fen: Prepaid money at the end [fen].
        in_transit_fen: Money of the account not yet arrived at the end [fen].
        late_fee_owed_fen: Late fee accrued to the last day, neither paid nor waived; not part of the balance [fen].
    """

    account_no: str
    customer: str
    from_date: date
    to_date: date
    opening_fen: int
    closing_fen: int
    lines: pl.DataFrame
    settled: pl.DataFrame
    receivable_fen: int
    prepaid_fen: int
    in_transit_fen: int
    late_fee_owed_fen: int

    def total(self, *events: str) -> int:
        """Sum of the lines of these events, debit positive [fen]."""
        chosen = self.lines.filter(pl.col("event").is_in(events))
        return int(chosen["debit_fen"].sum()) - int(chosen["credit_fen"].sum())


def statement(*, account_no: str, from_date: date, to_date: date) -> Statement:
    """The statement of an account.

    Args:
        account_no: Account number.
        from_date: First day, by booking.
        to_date: First day after.

    Raises:
        UnableToFindAccountError: No such account.
        UnableToStateAccountError: The period is empty, or the ledger does not foot.
    """
    if to_date <= from_date:
        raise UnableToStateAccountError(
            f"{from_date} to {to_date} is no period",
            code="PERIOD_EMPTY",
            fields={"from_date": from_date, "to_date": to_date},
            remedy="Give a first day and a later day that is not included.",
        )
    account = account_by_number(account_no)
    with reads.one_snapshot():
        opening = sum(reads.balances_before(account.pk, from_date, gls=_CUSTOMER_GLS).values())
        closing = reads.balances_before(account.pk, to_date, gls=_CUSTOMER_GLS)
        moved = reads.lines(account.pk, from_date=from_date, to_date=to_date, gls=_CUSTOMER_GLS, income=LATE_FEE_INCOME)
        made = Statement(
            account_no=account.account_no,
            customer=account.customer.name,
            from_date=from_date,
            to_date=to_date,
            opening_fen=opening,
            closing_fen=sum(closing.values()),
            lines=_with_balance(moved, opening),
            settled=reads.settled(account.pk, from_date=from_date, to_date=to_date),
            receivable_fen=closing[RECEIVABLE],
            prepaid_fen=-closing[PREPAID],
            in_transit_fen=-closing[HELD],
            late_fee_owed_fen=_late_fee_owed(account.pk, to_date),
        )
    _foots(made)
    return made


def _with_balance(moved: pl.DataFrame, opening: int) -> pl.DataFrame:
    amount = pl.col("amount_fen")
    return moved.select(
        "day",
        "event",
        "month",
        "bill",
        "channel",
        "channel_ref",
        debit_fen=pl.max_horizontal(amount, 0),
        credit_fen=pl.max_horizontal(-amount, 0),
        balance_fen=opening + amount.cum_sum(),
    )


def _late_fee_owed(account: int, to_date: date) -> int:
    items = reads.items_standing(account, before=to_date)
    if items.is_empty():
        return 0
    last = to_date - timedelta(days=1)
    fees = late_fees_of(with_law_facts(items), reads.applied_before(account, before=to_date), day=day_number(last))
    return int(fees["late_fee_due_fen"].sum())


def _foots(made: Statement) -> None:
    moved = made.opening_fen + int(made.lines["debit_fen"].sum()) - int(made.lines["credit_fen"].sum())
    if moved != made.closing_fen:
        raise UnableToStateAccountError(
            f"opening and lines give {yuan_text(moved)}, the ledger says {yuan_text(made.closing_fen)}",
            code="STATEMENT_DOES_NOT_FOOT",
            fields={"account_no": made.account_no},
            remedy="Run the night's proof; what it names is to be corrected by a reversal.",
        )
