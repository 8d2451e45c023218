"""How does money find the bills it pays?

Receipts of one account settle one after another in the order they were paid, each with the late fee as of its own day;
the rules are `domain.ledger.allocation` and `domain.ledger.late_fee`. Here the facts are fetched, the rules called day
by day, and the result written: allocations, open items, legs and balances, in the transaction of the caller.

Beyond the rules, three choices of policy:

- a designated month is settled first with all its items, also a disputed one, because its payer asked for it; without a
  designation a disputed item is left alone;
- a prepayment top-up settles arrears first, items due on or before the day it was paid, and the rest stays prepaid;
- prepaid money pays every item once it is released, due or not, and counts as paid on the day it is applied;
- where a prepayment agreement is in force, old debt (past due when it came into force) takes of what comes in no more
  than the share agreed, and nothing of what lies prepaid. A payment is a top-up then whatever its channel calls it; what
  its payer designates is settled first, as the agreement says.

Basis: 《民法典》 articles 560 (agreed order before designation before the legal order) and 561; the share
`domain.feecontrol.recovery_share`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.booking import book, event
from zaikong.application.collection.ledger import end_of_day, ledger_moved, moved_by_account
from zaikong.domain.feecontrol.recovery_share import DEBT_COLUMNS, TOPUP_COLUMNS, old_debts, recovery_shares
from zaikong.domain.law.late_fee import late_fee_law
from zaikong.domain.law.parameters import AllocationOrder, CrossYear, in_law
from zaikong.domain.ledger.allocation import (
    OPEN_BILL_COLUMNS,
    PAYMENT_COLUMNS,
    Order,
    allocate,
    payment_rounds,
    still_open,
)
from zaikong.domain.ledger.late_fee import APPLICATION_COLUMNS, BILL_COLUMNS, late_fees
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import date_of_day, day_number
from zaikong.store.queries import payments as queries
from zaikong.store.queries import prepayment as prepayment_queries

MONEY = {
    "payment": pl.Int64,
    "account": pl.Int64,
    "amount_fen": pl.Int64,
    "day": pl.Int64,
    "designated_month": pl.Int64,
    "arrears_only": pl.Boolean,
}
"""Columns of money to be spread: a key `payment`, its account, the day it was paid [day], the month its payer named (0
for none), and whether it settles only what is due."""

APPLIED = {
    "payment": pl.Int64,
    "account": pl.Int64,
    "bill": pl.Int64,
    "principal_fen": pl.Int64,
    "late_fee_fen": pl.Int64,
    "effective_day": pl.Int64,
}
"""Columns of money applied to a bill."""

RECOVERED = {
    "payment": pl.Int64,
    "agreement": pl.Int64,
    "old_debt_permille": pl.Int64,
    "share_fen": pl.Int64,
    "recovered_fen": pl.Int64,
}
"""Columns of what the share of a top-up recovered, one row a payment under an agreement with old debt."""

_NO_AGREEMENT = {"agreement": 0, "old_debt_permille": 0, "agreement_from_day": 0}


class Spread(NamedTuple):
    """Money spread over what accounts owe.

    Attributes:
        applied: Rows of `APPLIED`.
        left: One row a key: `payment`, `account`, `unapplied_fen` [fen].
        recovered: Rows of `RECOVERED`; what was recovered stands in `applied` too.
    """

    applied: pl.DataFrame
    left: pl.DataFrame
    recovered: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Applied:
    """What a run over prepaid money did.

    Attributes:
        accounts: Accounts whose prepaid money paid something.
        principal_fen: Principal settled [fen].
        late_fee_fen: Late fee settled [fen].
    """

    accounts: int
    principal_fen: int
    late_fee_fen: int


def apply_prepaid(*, as_of: date, accounts: Sequence[int] | None = None) -> Applied:
    """Let prepaid balances pay open items.

    Args:
        as_of: Business date; the items count as paid on it.
        accounts: Primary keys of the accounts to look at; all of them when not given.

    Returns:
        How much was applied. Run again, it finds nothing to do.
    """
    with transaction.atomic():
        asked = None if accounts is None else pl.Series("account", list(accounts), pl.Int64)
        owing = queries.accounts_with_prepaid_and_items(asked)
        if owing.is_empty():
            return Applied(0, 0, 0)
        queries.lock_accounts(owing)
        money = queries.prepaid_of_locked().filter(pl.col("prepaid_fen") > 0)
        applied, _, _ = spread(
            money.select(
                pl.col("account").alias("payment"),
                "account",
                pl.col("prepaid_fen").alias("amount_fen"),
                pl.lit(day_number(as_of), pl.Int64).alias("day"),
                pl.lit(0, pl.Int64).alias("designated_month"),
                pl.lit(value=False).alias("arrears_only"),
            ),
            booked_date=as_of,
            shares_topups=False,
        )
        applied = applied.with_columns(key=pl.col("account"), payment=pl.lit(None, pl.Int64))
        events = pl.concat(
            [
                event(applied, "prepayment_applied", amount="principal_fen", key="key"),
                event(applied, "prepaid_late_fee", amount="late_fee_fen", key="key"),
            ]
        )
        record(applied, book(events, booked_date=as_of), booked_date=as_of)
        ledger_moved(moved_by_account(applied), at=end_of_day(as_of))
    return Applied(
        accounts=applied["account"].n_unique(),
        principal_fen=int(applied["principal_fen"].sum()),
        late_fee_fen=int(applied["late_fee_fen"].sum()),
    )


def spread(money: pl.DataFrame, *, booked_date: date, shares_topups: bool = True) -> Spread:
    """Spread money over what the accounts locked last owe. Nothing is written.

    Args:
        money: Rows of `MONEY`, keys unique; their accounts are locked (`queries.lock_accounts`).
        booked_date: Business date; the order within a bill is the company's policy of that day.
        shares_topups: Whether the money comes in now, so that a share of it recovers old debt; prepaid money does not.

    Returns:
        What was applied, what is left, and what shares of top-ups recovered.
    """
    agreements = prepayment_queries.agreements_of_locked()
    items = _with_old_debt(with_law_facts(queries.items_of_locked()), agreements)
    applications = queries.paid_by_day(items["bill"])
    payers = _under_agreements(money, agreements, shares_topups=shares_topups)
    idle = payers.join(items.select("account").unique(), on="account", how="anti")
    payers = payers.join(items.select("account").unique(), on="account", how="semi")
    applied, left = [pl.DataFrame(schema=APPLIED)], [_untouched(idle)]
    recovered = [pl.DataFrame(schema=RECOVERED)]
    order = in_law(AllocationOrder, as_of=booked_date).value.order
    for day, paid in _rounds(payers):
        taken, rest, shares = _settled(paid, items, applications, day=day, order=order)
        items = _reduced(items, taken)
        applications = pl.concat(
            [applications, taken.select("bill", pl.lit(day, pl.Int64).alias("day"), "principal_fen")]
        )
        applied.append(taken.with_columns(effective_day=pl.lit(day, pl.Int64)))
        left.append(rest)
        recovered.append(shares)
    return Spread(pl.concat(applied), pl.concat(left), pl.concat(recovered))


def record(applied: pl.DataFrame, numbers: pl.DataFrame, *, booked_date: date) -> None:
    """Write allocations, or their undoing, and move the open items.

    Args:
        applied: Rows of `APPLIED` with `key`, the key their events were booked under; negative where undone.
        numbers: What `booking.book` returned.
        booked_date: Business date.
    """
    if applied.is_empty():
        return
    numbered = applied.join(numbers, left_on="key", right_on="transaction", how="left")
    items = with_law_facts(queries.items_of_bills(applied["bill"]))
    moved = items.drop("late_fee_fixed_fen").join(
        applied.group_by("bill").agg(pl.col("principal_fen", "late_fee_fen").sum()), on="bill"
    )
    fixed = _fees_that_stand(moved.filter(pl.col("open_fen") == pl.col("principal_fen")), applied)
    moved = moved.join(fixed, on="bill", how="left").with_columns(pl.col("late_fee_fixed_fen").fill_null(0))
    queries.write_allocations(numbered.rename({"number": "transaction"}), booked_date=booked_date)
    queries.move_items(moved)


def late_fees_of(items: pl.DataFrame, applications: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """Late fee of items, by the rule and the law.

    Args:
        items: Rows of the items, as `with_law_facts` completes them.
        applications: `bill`, `day`, `principal_fen`.
        day: Last day that accrues [day].

    Returns:
        What `domain.ledger.late_fee.late_fees` returns.
    """
    as_of = date_of_day(day)
    return collected(
        late_fees(
            checked(_lazy(items), BILL_COLUMNS, rule="late_fees"),
            checked(_lazy(applications), APPLICATION_COLUMNS, rule="late_fees"),
            as_of_day=day,
            law=late_fee_law(as_of=as_of),
            cross_year=in_law(CrossYear, as_of=as_of).value.mode,
        )
    )


def with_law_facts(items: pl.DataFrame) -> pl.DataFrame:
    """Items (`queries.OPEN_ITEM`) with what the late-fee rule reads: `resident`, `rate_ppm`, 0 for no bankruptcy."""
    return items.with_columns(
        resident=pl.col("category") == "residential",
        rate_ppm=pl.col("late_fee_ppm"),
        bankruptcy_day=pl.col("bankruptcy_day").fill_null(0),
    )


def _fees_that_stand(closed: pl.DataFrame, applied: pl.DataFrame) -> pl.DataFrame:
    """Late fee of items whose principal is paid with this: `bill`, `late_fee_fixed_fen`."""
    before = queries.paid_by_day(closed["bill"])
    now = applied.join(closed, on="bill", how="semi").select("bill", "principal_fen", day="effective_day")
    applications = pl.concat([before, now.select(before.columns)])
    late = applications.join(closed.select("bill", "due_day"), on="bill").filter(pl.col("day") > pl.col("due_day"))
    late_items = closed.drop("principal_fen", "late_fee_fen").join(late, on="bill", how="semi")
    if late_items.is_empty():
        return pl.DataFrame(schema={"bill": pl.Int64, "late_fee_fixed_fen": pl.Int64})
    paid = applications.join(late_items, on="bill", how="semi")
    fees = late_fees_of(late_items, paid, day=int(paid["day"].max()))  # type: ignore[arg-type] # an int column
    return fees.select("bill", late_fee_fixed_fen="late_fee_fen")


def _rounds(money: pl.DataFrame) -> list[tuple[int, pl.DataFrame]]:
    """The money by day, oldest first, with at most one receipt an account in each part."""
    numbered = collected(payment_rounds(_lazy(money)))
    of_day = pl.col("round") - pl.col("round").min().over("account", "day")
    parts = numbered.with_columns(round=of_day).partition_by("day", "round", as_dict=True)
    return [(int(day), part.drop("round")) for (day, _), part in sorted(parts.items(), key=lambda pair: pair[0])]


def _with_old_debt(items: pl.DataFrame, agreements: pl.DataFrame) -> pl.DataFrame:
    """Items with `old_debt`, whether they were past due when the agreement of their account came into force."""
    dated = items.join(agreements.select("account", "agreement_from_day"), on="account", how="left").with_columns(
        pl.col("agreement_from_day").fill_null(0)
    )
    old = collected(old_debts(checked(_lazy(dated), DEBT_COLUMNS, rule="old_debts")))
    return dated.drop("agreement_from_day").join(old, on="bill", how="left")


def _under_agreements(money: pl.DataFrame, agreements: pl.DataFrame, *, shares_topups: bool) -> pl.DataFrame:
    """Money with the agreement in force on the day it was paid: `agreement` (0 for none), `old_debt_permille`."""
    governed = pl.col("day") >= pl.col("agreement_from_day")
    return (
        money.join(agreements, on="account", how="left")
        .with_columns(
            pl.when(governed).then(pl.col(name)).fill_null(nothing).alias(name)
            for name, nothing in _NO_AGREEMENT.items()
        )
        .with_columns(old_debt_permille=pl.col("old_debt_permille") * int(shares_topups))
    )


def _settled(
    paid: pl.DataFrame, items: pl.DataFrame, applications: pl.DataFrame, *, day: int, order: Order
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """One receipt an account against its items as of the day it was paid: applied rows, the rest, the shares."""
    here = items.join(
        paid.select("account", "designated_month", "arrears_only", "agreement"), on="account", how="inner"
    )
    before = applications.join(here.select("bill"), on="bill", how="semi")
    fees = late_fees_of(here, before, day=day).select("bill", late_fee_fen="late_fee_due_fen")
    owed = here.join(fees, on="bill", how="left").rename({"open_fen": "principal_fen"})
    named = owed.filter(pl.col("month") == pl.col("designated_month"))
    old = pl.col("old_debt") & (pl.col("agreement") > 0)
    free = owed.filter(~pl.col("disputed") & ~old & (~pl.col("arrears_only") | (pl.col("due_day") <= day)))
    first, rest = _allocated(named, paid, order=order)
    second, rest, shares = _recovered(_left(owed.filter(~pl.col("disputed") & old), first), paid, rest, order=order)
    third, rest = _allocated(_left(free, first), _with_amount(paid, rest), order=order)
    applied = pl.concat([first, second, third])
    return applied.group_by("payment", "account", "bill", maintain_order=True).agg(pl.all().sum()), rest, shares


def _recovered(
    old: pl.DataFrame, paid: pl.DataFrame, rest: pl.DataFrame, *, order: Order
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Let old debt take the share agreed of what is left: applied rows, the rest, and the shares."""
    if old.is_empty():
        return pl.DataFrame(schema=APPLIED).drop("effective_day"), rest, pl.DataFrame(schema=RECOVERED)
    debt = old.group_by("account").agg(old_debt_fen=pl.sum_horizontal(pl.col("principal_fen", "late_fee_fen").sum()))
    topups = _with_amount(paid, rest).join(debt, on="account").filter(pl.col("old_debt_permille") > 0)
    shared = collected(recovery_shares(checked(_lazy(topups), TOPUP_COLUMNS, rule="recovery_shares")))
    asked = topups.drop("amount_fen").join(
        shared.select("payment", "share_fen", amount_fen="recovered_fen"), on="payment"
    )
    applied, _ = _allocated(old, asked, order=order)
    spent = shared.select("payment", "recovered_fen")
    kept = (
        rest.join(spent, on="payment", how="left", maintain_order="left")
        .with_columns(unapplied_fen=pl.col("unapplied_fen") - pl.col("recovered_fen").fill_null(0))
        .drop("recovered_fen")
    )
    return applied, kept, asked.rename({"amount_fen": "recovered_fen"}).select(list(RECOVERED))


def _left(owed: pl.DataFrame, applied: pl.DataFrame) -> pl.DataFrame:
    return collected(still_open(_lazy(owed), _lazy(applied)))


def _with_amount(paid: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """The receipts with what is left of each as their amount."""
    return paid.drop("amount_fen").join(rest.rename({"unapplied_fen": "amount_fen"}), on=["payment", "account"])


def _allocated(bills: pl.DataFrame, paid: pl.DataFrame, *, order: Order) -> tuple[pl.DataFrame, pl.DataFrame]:
    if bills.is_empty():
        return pl.DataFrame(schema=APPLIED).drop("effective_day"), _untouched(paid)
    payers = paid.filter(pl.col("amount_fen") > 0).with_columns(designated_bill=pl.lit(0, pl.Int64))
    applied, rest = allocate(
        checked(_lazy(bills), OPEN_BILL_COLUMNS, rule="allocate"),
        checked(_lazy(payers), PAYMENT_COLUMNS, rule="allocate"),
        order=order,
    )
    spent = _untouched(paid.filter(pl.col("amount_fen") <= 0))
    return collected(applied), pl.concat([collected(rest), spent])


def _untouched(paid: pl.DataFrame) -> pl.DataFrame:
    return paid.select("payment", "account", unapplied_fen="amount_fen")


def _reduced(items: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    moved = taken.group_by("bill").agg(_principal=pl.col("principal_fen").sum(), _fee=pl.col("late_fee_fen").sum())
    return (
        items.join(moved, on="bill", how="left")
        .with_columns(
            open_fen=pl.col("open_fen") - pl.col("_principal").fill_null(0),
            late_fee_paid_fen=pl.col("late_fee_paid_fen") + pl.col("_fee").fill_null(0),
        )
        .drop("_principal", "_fee")
    )


def _lazy(frame: pl.DataFrame) -> nw.LazyFrame[Any]:
    return nw.from_native(frame.lazy())
