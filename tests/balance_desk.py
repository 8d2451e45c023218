"""Customers who pay ahead, night by night, for the tests of balances: money, use not yet billed, messages that arrive."""

import hashlib
from datetime import date, datetime, time, timedelta
from itertools import count

from ledger_desk import batch, make_account, receipt
from zaikong.application.balances.nightly import run_balances
from zaikong.application.payments import credit
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import (
    AccountExposure,
    CreditStanding,
    Evidence,
    OutboundMessage,
    PrepaidBalance,
    PrepaymentAgreement,
)

MONDAY = date(2025, 7, 14)
"""A week of working days without an eve before its Friday."""

_serial = count(1)


def moment(day, clock="10:00"):
    hour, minute = map(int, clock.split(":"))
    return datetime.combine(day, time(hour, minute), TIME_ZONE)


def prepaid_account(account_no="4100000001", *, phone="13800000001", category="residential", grade=0, **terms):
    """An account that pays ahead by a signed agreement."""
    account = make_account(account_no, category=category)
    account.payment_mode = "prepaid"
    account.save()
    account.customer.phone = phone
    account.customer.save()
    if grade:
        standing(account, grade)
    agreement(account, **terms)
    return account


def agreement(account, *, from_date=date(2025, 1, 1), **terms):
    number = next(_serial)
    facts = {"strategy": "lv_resident", "overdraft_cap_fen": 0, "cut_mode": "approved"} | terms
    row = PrepaymentAgreement.objects.create(
        agreement_no=f"YG{number:06d}", account=account, drafted_at=moment(from_date), **facts
    )
    paper = Evidence(kind="signature", media_type="application/pdf", content=f"paper {number}".encode())
    paper.sha256, paper.added_at = hashlib.sha256(paper.content).hexdigest(), moment(from_date)
    paper.save()
    row.state, row.from_date, row.signed_at, row.signed_by_name = "in_force", from_date, moment(from_date), "张三"
    row.evidence = paper
    row.save()
    return row


def standing(account, grade):
    return CreditStanding.objects.update_or_create(
        account=account,
        defaults={"grade": grade, "points": 50, "as_of_date": MONDAY, "since_date": MONDAY, "table_edition": "2026"},
    )


def pay(account, fen, day, ref=None):
    """Money at the counter, at once prepaid where nothing is owed."""
    ref = ref or f"p{next(_serial)}"
    credit(batch(receipt(ref, account.account_no, fen, day)), booked_date=day)
    return ref


def used(account, fen, day, *, daily=0, billed=0):
    """What the night measured as used and not yet billed."""
    return AccountExposure.objects.update_or_create(
        account=account,
        defaults={
            "as_of_date": day,
            "unbilled_fen": fen,
            "average_daily_fen": daily,
            "billed_recently_fen": billed,
            "measured_to_date": day,
        },
    )


def night(day, *uses):
    """One night's balances over what was measured: `(account, fen)` each, with the average day where it matters."""
    for account, fen, *daily in uses:
        used(account, fen, day, daily=daily[0] if daily else 0)
    return run_balances(as_of=day)


def balance(account):
    return PrepaidBalance.objects.get(pk=account.pk)


def crossed(account):
    """Crossings in the order they were recorded: kind and threshold."""
    return [(row.kind, row.threshold) for row in account.balancecrossing_set.order_by("pk")]


def messages(account):
    return list(OutboundMessage.objects.filter(customer=account.customer).order_by("pk"))


def delivered(message, at):
    """The provider says that it arrived."""
    for state, times in (("sending", {}), ("sent", {"sent_at": at}), ("delivered", {"delivered_at": at})):
        message.state = state
        for name, value in times.items():
            setattr(message, name, value)
        message.save()
    return message


def failed(message, at):
    message.state, message.failed_at, message.failure = "failed", at, "no such number"
    message.save()


def after(day, days=1):
    return day + timedelta(days=days)
