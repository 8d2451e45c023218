"""Accounts in arrears with a case, for the tests of collection."""

from datetime import date, datetime

from ledger_desk import batch, entitled, make_account, receipt, release
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.collection.nightly import run_cases
from zaikong.application.payments import credit
from zaikong.application.roles import APPROVE_CASES, DECIDE_DISPUTES, HANDLE_CASES
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import CaseEvent, CollectionCase

DUE = date(2025, 7, 10)
NIGHT = date(2025, 7, 20)


def make_staff(username="collector"):
    """Somebody who may handle cases, approve in them and decide disputes."""
    return entitled(username, HANDLE_CASES, APPROVE_CASES, DECIDE_DISPUTES)


def at(day, hour=10, minute=0):
    return datetime(2025, 7, day, hour, minute, tzinfo=TIME_ZONE)


def owing(number="4100000001", fen=10_000, *, due=DUE, **terms):
    """An account with one bill that was due on the 10th."""
    account = make_account(number, **terms)
    (bill,) = release([(account, 202506, due, fen)])
    return account, bill


def opened(number="4100000001", fen=10_000, *, due=DUE, **terms):
    """A case of such an account after the night of the 20th, and its bill."""
    account, bill = owing(number, fen, due=due, **terms)
    run_cases(as_of=NIGHT)
    return CollectionCase.objects.get(account=account), bill


def pay(case_or_account, fen, day, *, ref="r", kind="payment", on=None):
    """A receipt of the bank paid on a day of July, booked on that day or another."""
    account = getattr(case_or_account, "account", case_or_account)
    paid = date(2025, 7, day)
    return credit(batch(receipt(ref, account.account_no, fen, paid, kind=kind)), booked_date=on or paid)


def kinds(case):
    return list(CaseEvent.objects.filter(case=case).order_by("at", "id").values_list("kind", flat=True))


def now(case):
    """The case as it is stored now."""
    return CollectionCase.objects.get(pk=case.pk)


PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.7\n"


def photo(staff, content=PNG + b"house"):
    """A photo kept as a proof."""
    return add_evidence(kind="photo", content=content, file_name="house.png", staff=staff, at=at(20))


def paper(staff, content=PDF + b"signed"):
    """A signed paper kept as a proof."""
    return add_evidence(kind="document", content=content, file_name="signed.pdf", staff=staff, at=at(20))


__all__ = ["DUE", "NIGHT", "at", "kinds", "make_staff", "now", "opened", "owing", "paper", "pay", "photo"]
