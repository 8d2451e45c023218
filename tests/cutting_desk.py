"""Cases, notices and their service for the tests of cutting, at exact moments."""

import hashlib
import json
from datetime import date, datetime, timedelta
from itertools import count

from ledger_desk import make_account, release
from zaikong.kernel.period import TIME_ZONE
from zaikong.store.models import CollectionCase, Notice, NoticeItem, NoticeService, OpenItem

_serial = count(1)


def moment(text):
    """`2025-08-12 10:00` by the clock in Asia/Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=TIME_ZONE)


def overdue_account(account_no="4100000001", *, category="business", due=date(2025, 7, 1), fen=50_000, **terms):
    """An account with one open bill."""
    account = make_account(account_no, category=category, **terms)
    release([(account, 202506, due, fen)], issued_date=due - timedelta(days=10))
    return account


def open_case(account, *, opened="2025-07-02 06:00", **fields):
    return CollectionCase.objects.create(
        account=account,
        opened_at=moment(opened),
        overdue_since_date=OpenItem.objects.filter(account=account).earliest("due_date").due_date,
        **fields,
    )


def notice(case, kind, issued, *, planned=None, served=None, **fields):
    """A notice of a case that names what is open; with `served` also its service, signed for."""
    contents = {"kind": kind, "serial": next(_serial)}
    text = json.dumps(contents, sort_keys=True)
    row = Notice.objects.create(
        notice_no=f"T{contents['serial']:06d}",
        kind=kind,
        account=case.account,
        case=case,
        episode=case.episode,
        issued_at=moment(issued),
        amount_fen=50_000,
        pay_by_date=moment(issued).date() + timedelta(days=5),
        planned_cut_at=moment(planned) if planned else None,
        contents=contents,
        contents_sha256=hashlib.sha256(text.encode()).hexdigest(),
        **fields,
    )
    for item in OpenItem.objects.filter(account=case.account, open_fen__gt=0):
        NoticeItem.objects.create(notice=row, bill=item.bill, open_fen=item.open_fen, late_fee_fen=0)
    if served:
        serve(row, served)
    return row


def serve(row, served, **fields):
    """Record that a notice was signed for."""
    service = NoticeService.objects.create(
        notice=row,
        served_at=moment(served),
        **{"method": "signed", "receiver_name": "张三", "receiver_standing": "self"} | fields,
    )
    if row.state == "issued":
        row.state = "served"
        row.save(update_fields=["state"])
    return service
