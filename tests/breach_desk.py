"""Cuts that were carried out lawfully, for the tests of our own breaches."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import transaction

from cutting_desk import moment, notice, open_case, overdue_account
from prepayment_desk import staff_of
from zaikong.application.cutting.executing import record_cut, reserve_cut
from zaikong.application.cutting.orders import decide_cut, propose_cut
from zaikong.store import bulk
from zaikong.store.models import CutOrder, RestoreOrder, Staff

CUT = "2025-08-12T10:00"
CUT_AT = moment(CUT)


def approver(name, role):
    staff = staff_of(name, "approve_cutorder")
    staff.groups.add(Group.objects.get(name=role))
    return Staff.objects.get(pk=staff.pk)


def cut_account(account_no="4100000001", **terms):
    """An account whose supply was cut at `CUT_AT` with its certificate; returns the order."""
    account = overdue_account(account_no, **terms)
    case = open_case(account)
    notice(case, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    stop = notice(case, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    notice(case, "final", "2025-08-12 09:25", planned=CUT, served="2025-08-12 09:25")
    asker = staff_of("asker", "propose_cutorder")
    order = propose_cut(notice=stop.pk, staff=asker, at=moment("2025-08-11 09:00")).order
    for name, role in (("one", "manager"), ("two", "director")):
        decide_cut(order=order, approve=True, staff=approver(name, role), at=moment("2025-08-11 10:00"))
    reserve_cut(order=order, staff=None, at=CUT_AT)
    carried = record_cut(order=order, staff=None, at=CUT_AT)
    assert carried.certificate, carried.answer.failed
    return CutOrder.objects.get(pk=order)


def nobody_ordered(order):
    """Take away the restore order that the credit wrote, as if nobody had."""
    with transaction.atomic():
        bulk.execute("SET LOCAL session_replication_role = replica")
        bulk.execute("DELETE FROM zaikong_restoreorder WHERE cut_order_id = %s", [order.pk])
        bulk.execute("SET LOCAL session_replication_role = origin")


def given_back(order, *, since, done=None, hours=24, **fields):
    """A restore order as the executor writes it."""
    restore = RestoreOrder.objects.filter(cut_order=order).first()
    if restore is None:
        restore = RestoreOrder.objects.create(
            account=order.account,
            cut_order=order,
            cause="paid",
            since_at=since,
            due_by_at=since + timedelta(hours=hours),
            ordered_at=since,
            **fields,
        )
    if done is not None:
        RestoreOrder.objects.filter(pk=restore.pk).update(state="done", done_at=done, how="remote")
    return restore
