"""Who may let a late fee off, how much of it, and what does that change? 违约金减免.

One person asks, another decides. No more can be let off than has accrued and is neither paid nor waived; requests that
wait count as taken. An approved waiver lowers what the account owes from that moment; the ledger notes it on memorandum
accounts, because a late fee is income only once it is collected.

Basis: 违约金减免审批 practice (two people); 《供电营业规则》 late-fee article for what accrues.
"""

from datetime import date

import polars as pl
from django.db import transaction
from django.db.models import F, Sum

from zaikong.application.allocating import late_fees_of, with_law_facts
from zaikong.application.booking import book, event
from zaikong.application.collection.ledger import end_of_day, ledger_moved
from zaikong.application.decision_log import log_act
from zaikong.application.roles import APPROVE_WAIVERS, REQUEST_WAIVERS, permission
from zaikong.kernel.money import yuan_text
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.models import LateFeeWaiver, OpenItem, Staff
from zaikong.store.queries import payments as queries

_State = LateFeeWaiver.State


class UnableToWaiveLateFeeError(Refusal):
    """A waiver that may not be asked for, or not be decided so or by this person."""


def late_fee_owed(*, bill: int, as_of: date) -> int:
    """Late fee of a bill accrued as of a day and neither paid nor waived [fen].

    Args:
        bill: Bill number.
        as_of: Last day that accrues.

    Raises:
        UnableToWaiveLateFeeError: The bill has no item.
    """
    with transaction.atomic():
        numbers = pl.Series("bill", [bill], pl.Int64)
        items = queries.items_of_bills(numbers)
        if items.is_empty():
            raise _refused("BILL_UNKNOWN", f"bill {bill} has no item that could owe a late fee", "Check the number.")
        fees = late_fees_of(with_law_facts(items), queries.paid_by_day(numbers), day=day_number(as_of))
        return int(fees["late_fee_due_fen"][0])


def request_waiver(*, bill: int, amount_fen: int, reason: str, staff: Staff, as_of: date) -> LateFeeWaiver:
    """Ask for a late fee to be let off.

    Args:
        bill: Bill number.
        amount_fen: How much of its late fee [fen].
        reason: Why.
        staff: Who asks.
        as_of: Business date.

    Returns:
        The request, to be decided by another person.

    Raises:
        UnableToWaiveLateFeeError: No right, no reason, nothing or more than what is owed and not asked for yet.
    """
    _entitled(staff, REQUEST_WAIVERS, "ask for a waiver")
    if not reason.strip():
        raise _refused("REASON_MISSING", "a reason is missing", "Say why.")
    if amount_fen <= 0:
        raise _refused("AMOUNT_NOT_POSITIVE", f"{amount_fen} fen is nothing to let off", "Give an amount above zero.")
    with transaction.atomic():
        _lock(bill)
        waiting = LateFeeWaiver.objects.filter(bill_id=bill, state=_State.REQUESTED).aggregate(fen=Sum("amount_fen"))
        _within(amount_fen, late_fee_owed(bill=bill, as_of=as_of) - (waiting["fen"] or 0), as_of)
        return LateFeeWaiver.objects.create(
            bill_id=bill, amount_fen=amount_fen, reason=reason.strip(), requested_by=staff, requested_date=as_of
        )


def decide_waiver(*, waiver: int, approve: bool, staff: Staff, as_of: date) -> LateFeeWaiver:
    """Approve or refuse a waiver.

    Args:
        waiver: Number of the request.
        approve: Whether it is granted.
        staff: Who decides; not the one who asked.
        as_of: Business date.

    Raises:
        UnableToWaiveLateFeeError: No right, unknown, decided before, the same person, or meanwhile paid so that less
            is owed.
    """
    _entitled(staff, APPROVE_WAIVERS, "decide a waiver")
    with transaction.atomic():
        asked = LateFeeWaiver.objects.select_for_update().filter(pk=waiver).first()
        if asked is None:
            raise _refused("WAIVER_UNKNOWN", f"there is no waiver {waiver}", "Check the number.")
        if asked.state != _State.REQUESTED:
            raise _refused("WAIVER_DECIDED", f"waiver {waiver} is {asked.state} already", "Ask anew if need be.")
        if asked.requested_by_id == staff.pk:
            raise _refused("SAME_PERSON", "who asked for a waiver does not decide it", "Ask a colleague.")
        if as_of < asked.requested_date:
            raise _refused("NOT_YET_ASKED", f"it was asked for on {asked.requested_date}", "Use a later date.")
        if approve:
            _grant(asked, as_of)
        asked.state = _State.APPROVED if approve else _State.REFUSED
        asked.decided_by, asked.decided_date = staff, as_of
        asked.save(update_fields=["state", "decided_by", "decided_date"])
        _log(asked, staff, as_of)
        return asked


def _grant(asked: LateFeeWaiver, as_of: date) -> None:
    account = _lock(asked.bill_id)
    _within(asked.amount_fen, late_fee_owed(bill=asked.bill_id, as_of=as_of), as_of)
    OpenItem.objects.filter(pk=asked.bill_id).update(late_fee_waived_fen=F("late_fee_waived_fen") + asked.amount_fen)
    row = {"transaction": 1, "account": account, "bill": asked.bill_id, "amount_fen": asked.amount_fen}
    book(event(pl.DataFrame([row]), "late_fee_waived"), booked_date=as_of)
    ledger_moved(pl.DataFrame({"account": [account], "amount_fen": [0]}), at=end_of_day(as_of))


def _log(decided: LateFeeWaiver, staff: Staff, as_of: date) -> None:
    body = {
        "waiver": decided.pk,
        "bill": decided.bill_id,
        "amount_fen": decided.amount_fen,
        "approved": decided.state == _State.APPROVED,
        "requested_by": decided.requested_by.get_username(),
    }
    account_no = decided.bill.account.account_no
    log_act(kind="waiver_decided", subject=account_no, staff=staff, body=body, as_of=as_of, reason=decided.reason)


def _lock(bill: int) -> int:
    """Lock the account of a bill and return its key."""
    item = OpenItem.objects.filter(pk=bill).only("account_id").first()
    if item is None:
        raise _refused("BILL_UNKNOWN", f"bill {bill} has no item that could owe a late fee", "Check the number.")
    account: int = item.account_id
    queries.lock_accounts(pl.Series("account", [account], pl.Int64))
    return account


def _within(amount_fen: int, owed_fen: int, as_of: date) -> None:
    if amount_fen > owed_fen:
        raise _refused(
            "WAIVER_TOO_HIGH",
            f"{yuan_text(amount_fen)} yuan is more than the {yuan_text(max(owed_fen, 0))} yuan still owed on {as_of}",
            "Ask for no more than is owed.",
        )


def _entitled(staff: Staff, right: str, what: str) -> None:
    if not (staff.is_active and staff.has_perm(permission(right))):
        raise _refused("NOT_ENTITLED", f"{staff.get_username()} may not {what}", "Ask somebody whose role may.")


def _refused(code: str, message: str, remedy: str) -> UnableToWaiveLateFeeError:
    return UnableToWaiveLateFeeError(message, code=code, remedy=remedy)
