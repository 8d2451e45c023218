"""What may a customer promise, and how is it taken down? 缴费承诺.

A promise names an amount that is owed and a day within the company's term. One is open at a time. Nobody says whether it
was kept: the ledger does, when money moves and every night (`collection.ledger`).
"""

from datetime import date, datetime, timedelta

import polars as pl
from django.db import transaction

from zaikong.application.collection.entries import (
    LONGEST_NAME,
    locked_case,
    owed,
    require_moment,
    require_right,
    require_state,
    require_text,
    write_event,
)
from zaikong.application.collection.ledger import business_date_of
from zaikong.application.roles import HANDLE_CASES
from zaikong.domain.collection.case_terms import case_terms
from zaikong.kernel.money import yuan_text
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import CaseEvent, CollectionCase, PromiseToPay, Staff

_Case = CollectionCase.State
CHANNELS = ("phone", "visit", "counter", "app", "letter")
"""How a promise may be made."""


class UnableToTakePromiseError(Refusal):
    """A promise that cannot be taken, or not be withdrawn."""


@transaction.atomic
def take_promise(
    *,
    case: int,
    amount_fen: int,
    promised_date: date,
    made_by_name: str,
    channel: str,
    staff: Staff,
    at: datetime,
) -> PromiseToPay:
    """Take down a promise to pay.

    Args:
        case: An open case.
        amount_fen: What is promised; at most what the account owes on the promised day, late fee included, without what
            is disputed [fen].
        promised_date: By when.
        made_by_name: Who promises.
        channel: One of `CHANNELS`.
        staff: Who takes it down.
        at: When it is made.

    Raises:
        UnableToTakePromiseError: The case is not open, a promise is open, the day lies before or beyond the term, or the
            amount is nothing or more than is owed.
    """
    require_right(staff, HANDLE_CASES, error=UnableToTakePromiseError)
    error = UnableToTakePromiseError
    found = locked_case(case, error=error)
    moment = require_moment(at, error=error, not_before=found.opened_at)
    if PromiseToPay.objects.filter(case=found, state=PromiseToPay.State.OPEN).exists():
        raise error(
            "a promise is open already",
            code="PROMISE_OPEN",
            fields={"case": case},
            remedy="Wait for its day, or withdraw it.",
        )
    require_state(found, str(_Case.OPEN), str(_Case.CUT), error=error)
    name = require_text(made_by_name, name="made_by_name", error=error, longest=LONGEST_NAME)
    if channel not in CHANNELS:
        raise error(
            f"{channel!r} is no channel",
            code="CHANNEL_UNKNOWN",
            fields={"channel": channel},
            remedy=", ".join(CHANNELS),
        )
    _within_term(promised_date, business_date_of(moment))
    _owed(found, amount_fen, promised_date)
    promise = PromiseToPay.objects.create(
        case=found,
        amount_fen=amount_fen,
        promised_date=promised_date,
        made_at=moment,
        made_by_name=name,
        channel=channel,
        taken_by=staff,
    )
    found.state = _Case.PROMISED
    found.save(update_fields=["state"])
    write_event(
        found,
        str(CaseEvent.Kind.PROMISE),
        at=moment,
        staff=staff,
        outcome="taken",
        amount_fen=amount_fen,
        note=name,
        facts={"promise": promise.pk, "promised_date": str(promised_date), "channel": channel},
    )
    return promise


@transaction.atomic
def withdraw_promise(*, promise: int, reason: str, staff: Staff, at: datetime) -> PromiseToPay:
    """Withdraw an open promise, such as one taken down wrongly; its case goes on.

    Raises:
        UnableToTakePromiseError: Unknown or decided before, or no reason.
    """
    require_right(staff, HANDLE_CASES, error=UnableToTakePromiseError)
    error = UnableToTakePromiseError
    asked = PromiseToPay.objects.filter(pk=promise).first()
    if asked is None:
        raise error(
            f"there is no promise {promise}", code="PROMISE_UNKNOWN", fields={"promise": promise}, remedy="Look again."
        )
    case = locked_case(asked.case_id, error=error)
    said = require_text(reason, name="reason", error=error)
    moment = require_moment(at, error=error, not_before=asked.made_at)
    asked.refresh_from_db()
    if asked.state != PromiseToPay.State.OPEN:
        raise error(
            f"promise {promise} is {asked.state}",
            code="PROMISE_DECIDED",
            fields={"promise": promise},
            remedy="Nothing is left to do.",
        )
    withdraw(asked, on=business_date_of(moment))
    if case.state == str(_Case.PROMISED):
        case.state = _Case.OPEN
        case.save(update_fields=["state"])
    write_event(
        case,
        str(CaseEvent.Kind.PROMISE),
        at=moment,
        staff=staff,
        outcome="withdrawn",
        amount_fen=asked.amount_fen,
        note=said,
        facts={"promise": asked.pk},
    )
    return asked


def withdraw(promise: PromiseToPay, *, on: date) -> None:
    """Take an open promise out of force; the event is the caller's."""
    promise.state, promise.decided_date = PromiseToPay.State.WITHDRAWN, on
    promise.save(update_fields=["state", "decided_date"])


def _within_term(promised_date: date, today: date) -> None:
    last = today + timedelta(days=case_terms(as_of=today).promise_days)
    if not today <= promised_date <= last:
        raise UnableToTakePromiseError(
            f"{promised_date} is not between {today} and {last}",
            code="PROMISED_DATE_WRONG",
            fields={"promised_date": promised_date, "last": last},
            remedy="Agree on an earlier day, or on instalments.",
        )


def _owed(case: CollectionCase, amount_fen: int, promised_date: date) -> None:
    items = owed(case.account_id, on=promised_date)
    free = items.filter(~items["disputed"])
    most = int(free.select(pl.col("open_fen").sum() + pl.col("late_fee_fen").sum()).item())
    if not 0 < amount_fen <= most:
        raise UnableToTakePromiseError(
            f"{yuan_text(amount_fen)} yuan is not above zero and at most {yuan_text(most)} yuan",
            code="AMOUNT_WRONG",
            fields={"amount_fen": amount_fen, "owed_fen": most},
            remedy="Promise what is owed, or a part of it.",
        )
