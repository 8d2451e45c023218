"""Cut orders, their notices and approvals for the pages' tests: a firm to be cut on 12 August 2025 at ten."""

from datetime import date, timedelta
from typing import Any

import builders

import cutting_desk
from cutting_desk import moment
from zaikong.application.cutting.executing import record_cut, reserve_cut
from zaikong.application.cutting.orders import decide_cut, propose_cut
from zaikong.application.roles import Role
from zaikong.store.models import Account, CollectionCase, CutOrder, LegalityCertificate, Night, Staff, Station

TODAY = date(2025, 8, 11)
CUT = "2025-08-12 10:00"


def today(day: date = TODAY) -> None:
    """Close the night before, so that the console's business date is this day."""
    Night.objects.get_or_create(business_date=day - timedelta(days=1), defaults={"closed": True})


def owing(at: Station, **fields: Any) -> Account:
    """A firm whose bill fell due on 1 July."""
    by = builders.run(202506)
    account = builders.account(at, **{"category": "business", "usci": "914100007X", **fields})
    builders.bill(account, by, total_fen=50_000, due_date=date(2025, 7, 1))
    return account


def noticed(of: Account) -> CollectionCase:
    """Its case, demanded and told of the cut."""
    case = cutting_desk.open_case(of)
    cutting_desk.notice(case, "demand", "2025-07-09 09:00", served="2025-07-10 09:00")
    cutting_desk.notice(case, "stop", "2025-08-06 09:00", planned=CUT, served="2025-08-07 09:00")
    return case


def proposed(of: Account, *, by: Staff | None = None) -> CutOrder:
    """An order by the night, or by a person."""
    stop = noticed(of).notice_set.get(kind="stop")
    return CutOrder.objects.get(pk=propose_cut(notice=stop.pk, staff=by, at=moment("2025-08-11 06:00")).order)


def approved(of: Account, *, final: bool = True) -> CutOrder:
    """An order two have approved; told once more before the cut."""
    order = proposed(of)
    for role in (Role.MANAGER, Role.DIRECTOR):
        decide_cut(order=order.pk, approve=True, staff=builders.staff(role), at=moment("2025-08-11 07:00"))
    if final:
        cutting_desk.notice(order.case, "final", "2025-08-12 09:25", planned=CUT, served="2025-08-12 09:25")
    order.refresh_from_db()
    return order


def certified(of: Account) -> LegalityCertificate:
    """A cut that was recorded, with its certificate."""
    order = approved(of)
    reserve_cut(order=order.pk, staff=None, at=moment(CUT))
    record_cut(order=order.pk, staff=None, at=moment(CUT))
    return LegalityCertificate.objects.get(order=order)
