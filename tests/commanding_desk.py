"""Accounts with a meter that can be commanded and an approved cut at its time, for the tests of commands."""

from datetime import date, timedelta

from django.contrib.auth.models import Group

from cutting_desk import moment, notice, open_case, overdue_account
from ledger_desk import batch, entitled, receipt
from zaikong.application.collection.evidence import add_evidence
from zaikong.application.cutting.orders import decide_cut, propose_cut
from zaikong.application.payments import credit
from zaikong.store.models import Concentrator, Meter, Staff

CUT = "2025-08-12 10:00"
CUT_AT = moment(CUT)
FEN = 50_000
PNG = b"\x89PNG\r\n\x1a\nrelay"


def metered(account, *, host="127.0.0.1", port=9000, address="000000000001", wire="dlt645", relay="internal", **terms):
    """Hang a meter with a relay on a concentrator, in place for an account."""
    terminal, _ = Concentrator.objects.get_or_create(code=f"{host}:{port}", defaults={"host": host, "port": port})
    return Meter.objects.create(
        meter_no=f"M{account.account_no}{Meter.objects.count()}",
        account=account,
        protocol=wire,
        address=address,
        concentrator=terminal,
        relay=relay,
        installed_date=date(2020, 1, 1),
        **terms,
    )


def person(name, *rights, role=None):
    try:
        return Staff.objects.get(username=name)
    except Staff.DoesNotExist:
        staff = entitled(name, *rights)
    if role:
        staff.groups.add(Group.objects.get(name=role))
    return Staff.objects.get(pk=staff.pk)


def technician(name="tech"):
    return person(name, "execute_cutorder")


def approved_order(number="4100000001", *, with_meter=True, **where):
    """A firm 42 days overdue, told of the cut, approved by two, told once more: its cut may go out at `CUT`."""
    case = open_case(overdue_account(number, fen=FEN))
    notice(case, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    stop = notice(case, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    if with_meter:
        metered(case.account, **where)
    proposer = person("proposer", "propose_cutorder")
    order = propose_cut(notice=stop.pk, staff=proposer, at=moment("2025-08-11 09:00")).order
    for name, role in (("first", "manager"), ("second", "director")):
        decide_cut(order=order, approve=True, staff=person(name, role=role), at=moment("2025-08-11 15:00"))
    notice(case, "final", "2025-08-12 09:25", planned=CUT, served="2025-08-12 09:25")
    return order


def pay_in_full(account_no="4100000001", *, ref="p1", kind="payment", fen=FEN + 20_000, day=date(2025, 8, 12)):
    """Money of the bank that covers principal and late fee; `kind="bounce"` takes it back."""
    return credit(batch(receipt(ref, account_no, fen, day, kind=kind)), booked_date=day)


def photo(staff, at=CUT_AT):
    return add_evidence(kind="photo", content=PNG, file_name="relay.png", staff=staff, at=at)


def later(**span):
    return CUT_AT + timedelta(**span)


__all__ = [
    "CUT",
    "CUT_AT",
    "FEN",
    "approved_order",
    "later",
    "metered",
    "pay_in_full",
    "person",
    "photo",
    "technician",
]
