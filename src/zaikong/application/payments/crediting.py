"""How does a batch of receipts become credited money?

A receipt is known by channel and channel reference. Delivered ten times, in one file, in ten files or by ten
connections at once, it is credited once; the same reference with another amount or account number is a finding, never
a credit. The batch is one transaction over columns: receipts not known are written, those in transit that have arrived
are cleared, what was credited pays bills, bounces and reversals undo. Call it once a transaction: its locks are taken
in one order, so that batches over the same accounts wait for each other and never for ever.

Basis: 《民法典》 article 560 for what money settles.
"""

from datetime import date, datetime

import polars as pl
from django.db import transaction

from zaikong.application import allocating
from zaikong.application.booking import book, event
from zaikong.application.collection.ledger import end_of_day, ledger_moved, moved_by_account
from zaikong.application.payments.receipts import ARRIVALS, OUTCOME, Kind, Outcome, read_receipts
from zaikong.application.payments.undo import undo
from zaikong.application.restoring.ordering import restore_ended_cuts
from zaikong.store import bulk
from zaikong.store.models import Payment, Staff
from zaikong.store.queries import payments as queries
from zaikong.store.queries import prepayment as prepayment_queries

_State = Payment.State
_KEY = ("channel", "channel_ref")
_ARRIVAL = pl.col("kind").is_in(list(ARRIVALS))
_UNDOING = pl.col("kind").is_in([Kind.BOUNCE, Kind.REVERSAL])
_UNDONE = [_State.REVERSED, _State.BOUNCED]
_FIT = pl.col("code") == ""
_ASKED = "asked"


def credit(receipts: pl.DataFrame, *, booked_date: date, cashier: Staff | None = None) -> pl.DataFrame:
    """Take a batch of receipts.

    Args:
        receipts: One row a receipt, columns `receipts.RECEIPT`, in any order. Rows of kind `cleared`, `bounce` and
            `reversal` speak of a receipt that came before or stands in the same batch.
        booked_date: Business date they are booked on. Late fee runs to the day each was paid.
        cashier: Who took the money, where a person did.

    Returns:
        One row a receipt in the order given, columns `receipts.OUTCOME`; `receipts.findings` names those to look at.

    Raises:
        UnableToReadReceiptsError: The frame lacks a column or has a wrong type. A bad row never raises.
    """
    rows = read_receipts(receipts, booked_date=booked_date)
    with transaction.atomic():
        new = _written(rows, booked_date=booked_date, cashier=cashier)
        rows = _decided(rows, new, queries.locked_payments(rows.filter(_FIT)))
        queries.lock_accounts(rows.filter(pl.col("outcome").is_not_null())["account"])
        _receive(new, booked_date=booked_date)
        clear(rows.filter(pl.col("outcome") == Outcome.CLEARED), booked_date=booked_date)
        at = _taken_at(rows, booked_date) if cashier else end_of_day(booked_date)
        rows = rows.join(_credited(rows, booked_date=booked_date, at=at), on="row", how="left", maintain_order="left")
        rows = _undo(rows, booked_date=booked_date)
    return rows.with_columns(
        pl.col("principal_fen", "late_fee_fen", "prepaid_fen").fill_null(0), pl.col("message").fill_null("")
    ).select(list(OUTCOME))


def clear(rows: pl.DataFrame, *, booked_date: date, staff: Staff | None = None, reason: str = "arrived") -> None:
    """Book receipts in transit as arrived at the bank.

    Args:
        rows: `payment`, `account` (nullable), `state`, `amount_fen`, all in transit and locked.
        booked_date: Business date.
        staff: Who decided, where a person did.
        reason: Why.
    """
    if rows.is_empty():
        return
    book(event(rows.with_columns(key="payment"), "payment_cleared", key="key"), booked_date=booked_date)
    nobody = pl.col("account").is_null()
    queries.move_payments(
        rows.select(
            "payment",
            "account",
            "state",
            to_state=pl.when(nobody).then(pl.lit(str(_State.UNALLOCATED))).otherwise(pl.lit(str(_State.CREDITED))),
            reason=pl.lit(reason),
        ),
        booked_date=booked_date,
        staff_id=staff.pk if staff else None,
    )


def settle(money: pl.DataFrame, *, booked_date: date, at: datetime | None = None) -> pl.DataFrame:
    """Spread credited money over what its accounts owe, book it, and let their collection cases know.

    Args:
        money: Rows of `allocating.MONEY`; `payment` is the payment's number.
        booked_date: Business date.
        at: The moment a case notes it at; the end of the business date where none is given.

    Returns:
        One row a payment: `payment`, `principal_fen`, `late_fee_fen`, `prepaid_fen` [fen], which add up to it.
    """
    queries.lock_accounts(money["account"])
    applied, left, recovered = allocating.spread(money, booked_date=booked_date)
    applied = applied.with_columns(key="payment")
    left = left.with_columns(key="payment")
    numbers = book(
        pl.concat(
            [
                event(applied, "payment_allocated", amount="principal_fen", key="key"),
                event(applied, "late_fee_collected", amount="late_fee_fen", key="key"),
                event(left, "prepayment_topped_up", amount="unapplied_fen", key="key"),
            ]
        ),
        booked_date=booked_date,
    )
    allocating.record(applied, numbers, booked_date=booked_date)
    prepayment_queries.write_recoveries(recovered)
    moment = at or end_of_day(booked_date)
    ledger_moved(moved_by_account(applied), at=moment)
    # money that pays no bill may still end the reason of a cut: a prepaid balance that suffices again
    restore_ended_cuts(money["account"], at=moment)
    totals = applied.group_by("payment").agg(pl.col("principal_fen", "late_fee_fen").sum())
    return left.join(totals, on="payment", how="left").select(
        "payment",
        pl.col("principal_fen", "late_fee_fen").fill_null(0),
        pl.col("unapplied_fen").alias("prepaid_fen"),
    )


def _written(rows: pl.DataFrame, *, booked_date: date, cashier: Staff | None) -> pl.DataFrame:
    """Write the receipts not known before: `row`, `payment`, `account`, `channel`, `amount_fen`, `state`."""
    first = (
        rows.filter(_FIT & _ARRIVAL)
        .sort(pl.col("kind") == Kind.IN_TRANSIT, "row")
        .unique(_KEY, keep="first", maintain_order=True)
        .sort("paid_at", "row")
    )
    first = first.join(queries.accounts_by_number(first["account_no"]), on="account_no", how="left")
    start = bulk.reserve("zaikong_payment_number", first.height) if first.height else 0
    first = first.sort("paid_at", "row").with_columns(
        payment=start + pl.int_range(pl.len(), dtype=pl.Int64),
        state=pl.when(pl.col("kind") == Kind.IN_TRANSIT)
        .then(pl.lit(str(_State.IN_TRANSIT)))
        .when(pl.col("account").is_null())
        .then(pl.lit(str(_State.UNALLOCATED)))
        .otherwise(pl.lit(str(_State.CREDITED))),
        topup=pl.col("kind") == Kind.TOPUP,
    )
    written = queries.insert_payments(first, booked_date=booked_date, cashier_id=cashier.pk if cashier else None)
    return first.join(written.to_frame(), on="payment", how="semi").select(
        "row", "payment", "account", "channel", "amount_fen", "state"
    )


def _decided(rows: pl.DataFrame, new: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Set each row beside its payment and say what becomes of it; bounces and reversals are only `asked`."""
    beside = (
        rows.join(known, on=_KEY, how="left", maintain_order="left")
        .join(new.select("row", fresh=pl.lit(value=True)), on="row", how="left", maintain_order="left")
        .with_columns(account=pl.col("account_known"), fresh=pl.col("fresh").fill_null(value=False))
    )
    beside = beside.with_columns(
        pl.when(_FIT).then(_fault()).otherwise("code").alias("code"),
        arrives=(_ARRIVAL & (pl.col("kind") != Kind.IN_TRANSIT)) | (pl.col("kind") == Kind.CLEARED),
    )
    clears = _FIT & pl.col("arrives") & ~pl.col("fresh") & (pl.col("state") == _State.IN_TRANSIT)
    outcome = (
        pl.when(~_FIT)
        .then(pl.lit(Outcome.REFUSED.value))
        .when(pl.col("fresh"))
        .then(pl.col("state"))
        .when(_UNDOING)
        .then(pl.lit(_ASKED))
        .when(_first(clears))
        .then(pl.lit(Outcome.CLEARED.value))
        .otherwise(pl.lit(Outcome.DUPLICATE.value))
    )
    beside = beside.with_columns(outcome=outcome, message=_message())
    waiting = (pl.col("outcome") == Outcome.UNALLOCATED) | (
        pl.col("outcome").is_in([Outcome.IN_TRANSIT, Outcome.CLEARED]) & pl.col("account").is_null()
    )
    return beside.with_columns(
        code=pl.when(waiting).then(pl.lit("ACCOUNT_UNKNOWN")).otherwise("code"),
        message=pl.when(waiting)
        .then(pl.format("no account {}; the money waits until it is assigned", "account_no_known"))
        .otherwise("message"),
    )


def _first(acts: pl.Expr) -> pl.Expr:
    """Of several rows of one reference that would act, the first."""
    return acts & (acts.cast(pl.Int64).cum_sum().over(_KEY) == 1)


def _fault() -> pl.Expr:
    other = (pl.col("amount_fen") != pl.col("amount_known_fen")) | (
        (pl.col("account_no") != pl.col("account_no_known")) & (_ARRIVAL | (pl.col("account_no") != ""))
    )
    return (
        pl.when(pl.col("payment").is_null())
        .then(pl.lit("RECEIPT_UNKNOWN"))
        .when(other)
        .then(pl.lit("RECEIPT_CONFLICT"))
        .when((pl.col("kind") == Kind.CLEARED) & pl.col("state").is_in(_UNDONE))
        .then(pl.lit("RECEIPT_UNDONE"))
        .otherwise(pl.lit(""))
    )


def _message() -> pl.Expr:
    texts = {
        "RECEIPT_UNKNOWN": pl.format("{} {} was never received", *_KEY),
        "RECEIPT_UNDONE": pl.format("{} {} is {} and cannot clear", *_KEY, "state"),
        "RECEIPT_CONFLICT": pl.format(
            "{} {} is known with {} fen for account {}; now it says {} fen for account {}",
            *_KEY,
            "amount_known_fen",
            "account_no_known",
            "amount_fen",
            "account_no",
        ),
    }
    message = pl.col("message")
    for code, text in texts.items():
        message = pl.when(pl.col("code") == code).then(text).otherwise(message)
    return message


def _receive(new: pl.DataFrame, *, booked_date: date) -> None:
    rows = new.with_columns(key="payment")
    transit = pl.col("state").eq(str(_State.IN_TRANSIT))
    events = [
        event(rows.filter(transit), "payment_in_transit", key="key"),
        event(rows.filter(~transit), "payment_received", key="key"),
    ]
    book(pl.concat(events), booked_date=booked_date)


def _taken_at(rows: pl.DataFrame, booked_date: date) -> datetime:
    """When a person took the money; the end of the business date where it was taken on another day."""
    last: datetime | None = rows["paid_at"].max()  # type: ignore[assignment] # a column of moments
    return last if last is not None and last.date() == booked_date else end_of_day(booked_date)


def _credited(rows: pl.DataFrame, *, booked_date: date, at: datetime) -> pl.DataFrame:
    """Let the money credited now pay bills: `row`, `principal_fen`, `late_fee_fen`, `prepaid_fen`."""
    mine = rows.filter(
        pl.col("outcome").is_in([Outcome.CREDITED, Outcome.CLEARED]) & pl.col("account").is_not_null()
    ).select(
        "row",
        "payment",
        "account",
        amount_fen="amount_known_fen",
        day="paid_day_known",
        designated_month=pl.col("designated_known").fill_null(0),
        arrears_only="topup_known",
    )
    return (
        mine.select("row", "payment")
        .join(settle(mine.drop("row"), booked_date=booked_date, at=at), on="payment", how="left")
        .drop("payment")
    )


def _undo(rows: pl.DataFrame, *, booked_date: date) -> pl.DataFrame:
    """Carry out the bounces and reversals asked for."""
    asked = pl.col("outcome") == _ASKED
    if rows.filter(asked).is_empty():
        return rows
    now = queries.locked_payments(rows.filter(asked)).select("payment", state_now="state")
    rows = rows.join(now, on="payment", how="left", maintain_order="left")
    target = (
        pl.when(pl.col("kind") == Kind.BOUNCE).then(pl.lit(str(_State.BOUNCED))).otherwise(pl.lit(str(_State.REVERSED)))
    )
    acts = _first(asked & ~pl.col("state_now").is_in(_UNDONE))
    rows = rows.with_columns(
        outcome=pl.when(acts).then(target).when(asked).then(pl.lit(Outcome.DUPLICATE.value)).otherwise("outcome"),
        acts=acts,
    )
    refused = undo(
        rows.filter("acts").select(
            "payment", "account", "channel", "amount_fen", state="state_now", to_state="outcome", reason="kind"
        ),
        booked_date=booked_date,
    )
    return _told(rows, refused)


def _told(rows: pl.DataFrame, refused: pl.DataFrame) -> pl.DataFrame:
    beside = rows.join(refused, on="payment", how="left", maintain_order="left", suffix="_refused")
    no = pl.col("acts") & pl.col("code_refused").is_not_null()
    return beside.with_columns(
        outcome=pl.when(no).then(pl.lit(Outcome.REFUSED.value)).otherwise("outcome"),
        code=pl.when(no).then("code_refused").otherwise("code"),
        message=pl.when(no).then("message_refused").otherwise("message"),
    )
