"""Balances, cuts, restores, failures and field orders for the pages' tests: supply cut on 12 August 2025 at ten."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

import builders
import cut_builders

from commanding_desk import metered
from cutting_desk import moment
from zaikong.application.commanding.exchanges import keep_outcome
from zaikong.application.cutting.executing import reserve_cut
from zaikong.application.fieldwork.failures import open_failure
from zaikong.application.fieldwork.orders import issue_field_order, name_crew
from zaikong.application.restoring.ordering import order_restore
from zaikong.application.roles import Role
from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import Position, RelayState, Verb
from zaikong.store.models import (
    AcceptanceItem,
    Account,
    CommandFailure,
    CutBreach,
    CutOrder,
    DeviceAcceptance,
    DeviceFault,
    Evidence,
    FeeControlDevice,
    FieldOrder,
    Meter,
    MeterCommand,
    PrepaidBalance,
    PrepaymentAgreement,
    RestoreOrder,
    Staff,
    Station,
)

CUT_AT = moment(cut_builders.CUT)
NOW = CUT_AT + timedelta(minutes=30)
"""The time the pages are looked at."""

PNG = b"\x89PNG\r\n\x1a\nrelay"

_numbers = count(1)


def today() -> None:
    """Make the console's business date the day of the cuts."""
    cut_builders.today(date(2025, 8, 12))


def signed_paper(kind: str = "document") -> Evidence:
    """A proof that was handed in."""
    number = next(_numbers)
    content = f"paper {number}".encode()
    return Evidence.objects.create(
        kind=kind,
        sha256=sha256(content).hexdigest(),
        content=content,
        media_type="application/pdf",
        added_at=moment("2025-07-01 09:00"),
    )


def balance(of: Account, *, level: int = 0, available_fen: int = 10_000, **fields: Any) -> PrepaidBalance:
    """What the night left of an account that pays ahead."""
    Account.objects.filter(pk=of.pk).update(payment_mode="prepaid")
    defaults = {
        "as_of_date": date(2025, 8, 11),
        "settled_fen": available_fen,
        "estimated_fen": 0,
        "overdraft_limit_fen": 0,
        "daily_fen": 500,
        "days_left": max(available_fen, 0) // 500,
    }
    return PrepaidBalance.objects.create(
        account=of, warning_level=level, available_fen=available_fen, **{**defaults, **fields}
    )


def agreement(of: Account, *, signed: bool = True, **fields: Any) -> PrepaymentAgreement:
    """An agreement, drafted or in force."""
    defaults = {
        "agreement_no": f"PA-20250701-{next(_numbers):06d}",
        "strategy": "lv_resident",
        "warn_fen": [5_000, 2_000],
        "warn_days": [],
        "drafted_at": moment("2025-07-01 09:00"),
    }
    row = PrepaymentAgreement.objects.create(account=of, **{**defaults, **fields})
    if signed:
        row.state, row.signed_at, row.signed_by_name = "in_force", moment("2025-07-01 10:00"), "王小明"
        row.from_date, row.evidence = date(2025, 7, 1), signed_paper()
        row.save()
    return row


def meter_of(of: Account, **terms: Any) -> Meter:
    """The one meter of an account, with a relay and on a wire."""
    return metered(of, address=f"{next(_numbers):012d}", **terms)


def cut(at: Station, *, wired: bool = True, **fields: Any) -> CutOrder:
    """A firm whose supply was cut by hand, with its certificate."""
    account = cut_builders.owing(at, **fields)
    if wired:
        meter_of(account)
    order: CutOrder = cut_builders.certified(account).order
    order.refresh_from_db()
    return order


def approved(at: Station, *, wired: bool = True, **where: Any) -> CutOrder:
    """A firm whose cut two have approved."""
    account = cut_builders.owing(at)
    if wired:
        meter_of(account, **where)
    return cut_builders.approved(account)


def restore(of: CutOrder, *, hours_gone: int = 0, **fields: Any) -> RestoreOrder:
    """Supply to be given back, its clock begun so many hours before `NOW`."""
    since = NOW - timedelta(hours=hours_gone)
    return RestoreOrder.objects.create(
        account=of.account,
        cut_order=of,
        cause=fields.pop("cause", "paid"),
        since_at=since,
        due_by_at=since + timedelta(hours=24),
        ordered_at=since,
        **fields,
    )


def sent_trip(of: Account) -> CutOrder:
    """A cut whose command went out and whose end nobody knows."""
    order = cut_builders.approved(of)
    reserve_cut(order=order.pk, staff=None, at=CUT_AT)
    CutOrder.objects.filter(pk=order.pk).update(state="sent", sent_at=CUT_AT)
    trip = MeterCommand.objects.create(
        meter=Meter.objects.get(account=of), account=of, verb="trip", cut_order=order, ordered_at=CUT_AT
    )
    keep_outcome(
        meter=trip.meter_id,
        verb=Verb.TRIP,
        outcome=Unknown(Reason.SILENT),
        at=CUT_AT,
        milliseconds=3000,
        command=trip.pk,
    )
    trip.state, trip.sent_at, trip.expires_at, trip.code = "sent", CUT_AT, CUT_AT + timedelta(minutes=2), ""
    trip.save()
    trip.state, trip.code = "unknown", "unknown:silent"
    trip.save()
    order.refresh_from_db()
    return order


def failure(at: Station, *, urgent: bool = True, cause: str = "silent", hours_gone: int = 1) -> CommandFailure:
    """A close that did not bring supply back."""
    order = cut(at)
    back = restore(order, hours_gone=hours_gone)
    command = MeterCommand.objects.create(
        meter=Meter.objects.get(account=order.account),
        account=order.account,
        verb="direct_close",
        restore_order=back,
        ordered_at=back.since_at,
    )
    keep_outcome(
        meter=command.meter_id,
        verb=Verb.DIRECT_CLOSE,
        outcome=Unknown(Reason.SILENT),
        at=NOW - timedelta(minutes=20),
        milliseconds=9000,
        command=command.pk,
    )
    command.state, command.sent_at, command.expires_at = "sent", back.since_at, back.since_at + timedelta(minutes=2)
    command.save()
    command.state, command.code = "unknown", "unknown:silent"
    command.save()
    return open_failure(command=command, cause=cause, at=NOW - timedelta(minutes=20), urgent=urgent)


def field_order(at: Station, *, kind: str = "restore", crew: tuple[Staff, Staff] | None = None) -> FieldOrder:
    """Work at a meter; with a crew, the crew is named."""
    if kind == "restore":
        found = failure(at)
        order = issue_field_order(
            kind=kind,
            restore_order=found.command.restore_order,
            failure=found,
            at=NOW,
            due_by_at=found.command.restore_order.due_by_at,
        )
    else:
        asked = cut_builders.approved(cut_builders.owing(at))
        meter_of(asked.account)
        reserve_cut(order=asked.pk, staff=None, at=CUT_AT)
        order = issue_field_order(kind=kind, cut_order=asked, at=CUT_AT, due_by_at=CUT_AT + timedelta(hours=1))
    if crew:
        name_crew(order=order.pk, first=crew[0], second=crew[1], staff=crew[0], at=NOW)
    order.refresh_from_db()
    return order


def exchanges(of: Meter, at: datetime = NOW) -> None:
    """One exchange of each outcome."""
    relay = RelayState(commanded=Position.CLOSED, actual=Position.CLOSED, retained=False, pending=False)
    told = (Confirmed(relay), Refused("RETAINED"), Unknown(Reason.SILENT))
    for outcome in told:
        keep_outcome(meter=of.pk, verb=Verb.READ_RELAY, outcome=outcome, at=at - timedelta(minutes=5), milliseconds=120)


def device(of: Meter, by: Staff) -> FeeControlDevice:
    """An accepted device with its checks and two faults, one of them cleared after three hours."""
    day = moment("2025-08-01 09:00")
    row = FeeControlDevice.objects.create(
        order_no=f"ZZ20250801{next(_numbers):05d}",
        account=of.account,
        kind="smart meter with relay",
        reason="费控改造",
        ordered_at=day,
        ordered_by=by,
    )
    row.meter, row.state, row.installed_at, row.installed_by = of, "installed", day + timedelta(hours=2), by
    row.save()
    run = DeviceAcceptance.objects.create(
        device=row,
        acceptance_no=f"{row.order_no}-1",
        begun_at=day + timedelta(hours=3),
        ended_at=day + timedelta(hours=3, minutes=2),
        staff=by,
        passed=True,
    )
    AcceptanceItem.objects.create(
        acceptance=run, place=2, code="trip_read_back", outcome="passed", detail={"actual": "open"}, milliseconds=640
    )
    AcceptanceItem.objects.create(
        acceptance=run, place=1, code="registers_read", outcome="passed", detail={"total": 4711}, milliseconds=210
    )
    row.state, row.accepted_at = "accepted", day + timedelta(hours=4)
    row.save()
    cleared = DeviceFault.objects.create(
        device=row, kind="silent", source="reading", opened_at=day + timedelta(hours=5)
    )
    cleared.state, cleared.cleared_at, cleared.cleared_by = "cleared", day + timedelta(hours=8), by
    cleared.resolution = "载波模块更换"
    cleared.save()
    DeviceFault.objects.create(device=row, kind="clock_wrong", source="round", opened_at=NOW - timedelta(hours=5))
    return row


def breach(of: CutOrder, **fields: Any) -> CutBreach:
    """A breach that was found, with supply back."""
    defaults = {
        "kind": "late_restore",
        "breach_at": NOW - timedelta(hours=2),
        "found_at": NOW - timedelta(hours=1),
        "basis": "《河南省供用电条例》 第五十一条",
        "facts": {"stands": True, "restored": True},
        "minutes_off": 1_500,
        "minutes_late": 60,
        "compensation_fen": 20_000,
        "compensation_table": "2026",
    }
    return CutBreach.objects.create(account=of.account, cut_order=of, **{**defaults, **fields})


def ordered_back(of: CutOrder) -> RestoreOrder:
    """Supply ordered back by hand, as the board does."""
    return order_restore(cut_order=of.pk, cause="wrong_cut", staff=builders.staff(Role.METERING_TECHNICIAN), at=NOW)
