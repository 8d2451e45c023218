"""How do the cuts of the sample county reach its meters, and how does supply come back?

Meters with a relay hang on two terminals, one a protocol. On a day on which something is to be cut or given
back virtual meters listen behind real sockets, stand as the tables say, and the worker of the product speaks to them; a few
retain supply or do not answer. What the wire does not give back a crew of two does in the morning.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Final

import yaml
from django.db.models import Q

from zaikong.application.collection.evidence import add_evidence
from zaikong.application.commanding.worker import Pace, run_worker
from zaikong.application.demo.lived import DayLived, counter_of, moment
from zaikong.application.demo.people import DemoTeam
from zaikong.application.fieldwork.orders import confirm_field_order, name_crew
from zaikong.application.meter_keys import keys_file
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Patience
from zaikong.meterio.keyring import MODE
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.energy import DayUse
from zaikong.sim.virtual_meters.faults import silent
from zaikong.sim.virtual_meters.meter import CREDENTIALS, Order, VirtualMeter
from zaikong.sim.virtual_meters.relay import Event
from zaikong.sim.virtual_meters.thread import ThreadedPark, park_in_thread
from zaikong.store.models import Concentrator, CutOrder, FieldOrder, Meter, MeterCommand, RegisterState, RestoreOrder

_TERMINALS: Final = {Wire.DLT645: "ZD-645", Wire.DLT698: "ZD-698"}
_ONE_TERMINAL: Final = 1_000_000
_RETAINED_EVERY: Final = 17
_SILENT_EVERY: Final = 23
_PHOTO: Final = b"\x89PNG\r\n\x1a\n"
_BRIEF: Final = Patience(answer_seconds=0.4, exchange_seconds=3.0, overall_seconds=4.0, attempts=2)
_CREW_AT: Final = 8 * 60 + 30
_MORNING_AFTER: Final = timedelta(days=1)


def hang_meters() -> int:
    """Hang every meter with a relay on the terminal of its protocol; returns how many hang there newly."""
    hung = 0
    for wire, code in _TERMINALS.items():
        terminal, _made = Concentrator.objects.get_or_create(code=code, defaults={"host": "127.0.0.1", "port": 1})
        loose = Meter.objects.filter(protocol=wire.value, concentrator__isnull=True).exclude(relay="none")
        hung += loose.exclude(address="").update(concentrator=terminal)
    return hung


def carry_due_cuts(day: date, lived: DayLived) -> None:
    """Carry out over the wire the cuts of a day that were announced and still may be, each at its time.

    Args:
        day: The day.
        lived: Where it is counted what they came to.
    """
    due = CutOrder.objects.filter(
        state="approved",
        planned_at__gte=moment(day, 0),
        planned_at__lt=moment(day + timedelta(days=1), 0),
        account__meter__concentrator__isnull=False,
    )
    for planned in sorted(set(due.values_list("planned_at", flat=True))):
        orders = list(due.filter(planned_at=planned).values_list("pk", flat=True))
        _work(planned)
        for state in CutOrder.objects.filter(pk__in=orders).values_list("state", flat=True):
            lived.done[f"cut_{state}"] += 1


def give_supply_back(day: date, team: DemoTeam) -> None:
    """Give back what the money of a day ended, over the wire and, where it does not reach, by a crew the morning after.

    The crew also looks at meters nobody hears: where a cut is still in doubt they find supply on.
    """
    if RestoreOrder.objects.exclude(state="done").exists() or CutOrder.objects.filter(state="sent").exists():
        _work(moment(day + _MORNING_AFTER, 0))
    at = moment(day + _MORNING_AFTER, _CREW_AT)
    in_doubt = Q(kind="cut", cut_order__state="sent")
    for work in FieldOrder.objects.filter(in_doubt | Q(kind="restore"), state="issued").order_by("pk"):
        name_crew(order=work.pk, first=team.technician, second=team.second, staff=team.technician, at=at)
        photo = add_evidence(
            kind="photo",
            content=_PHOTO + f"现场 {work.pk}".encode(),
            file_name="relay.png",
            staff=team.technician,
            at=at,
        )
        confirm_field_order(
            order=work.pk,
            staff=team.technician,
            at=at,
            photo=photo,
            result="现场核实，供电正常",
            supply_on=True,
        )


def write_sample_keys() -> None:
    """Write the keys of the sample county's meters, where nobody has put keys yet."""
    file = keys_file()
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    entry = {"password": CREDENTIALS.password, "level": CREDENTIALS.level, "operator": CREDENTIALS.operator}
    file.touch(mode=MODE)
    file.write_text(yaml.safe_dump({"default": entry}), encoding="utf-8")


@contextmanager
def meters_up(at: datetime, *, everything: bool = False) -> Iterator[tuple[ThreadedPark, VirtualClock]]:
    """Let the county's meters listen, and the terminals' addresses say where.

    Args:
        at: What time it is for them.
        everything: All meters on the terminals; otherwise those of accounts that are to be cut, are cut, or are to get
            supply back.
    """
    clock = VirtualClock(at)
    meters = [_virtual(row, clock) for row in _rows(everything=everything)]
    with park_in_thread(meters, per_concentrator=_ONE_TERMINAL) as park:
        for place in park.concentrators:
            Concentrator.objects.filter(code=_TERMINALS[place.wire]).update(
                host=place.endpoint.host, port=place.endpoint.port
            )
        yield park, clock


def _work(at: datetime) -> None:
    with meters_up(at) as (_park, clock):
        asyncio.run(
            run_worker(
                credentials=lambda _address: CREDENTIALS,
                clock=lambda: clock.wall().replace(tzinfo=TIME_ZONE),
                patience=_BRIEF,
                pace=Pace(jobs=16, desk_threads=2),
                once=True,
                look_seconds=0.5,
            )
        )


def _rows(*, everything: bool) -> list[Meter]:
    rows = Meter.objects.filter(concentrator__code__in=_TERMINALS.values(), removed_date__isnull=True)
    if not everything:
        busy = CutOrder.objects.filter(state__in=["approved", "reserved", "sent", "recorded"])
        rows = rows.filter(account__in=busy.values("account"))
    return list(rows.select_related("account").order_by("pk"))


def _virtual(row: Meter, clock: VirtualClock) -> VirtualMeter:
    meter = VirtualMeter(
        row.address.zfill(12), Wire(row.protocol), clock=clock, opening=_shown(row), credentials=CREDENTIALS
    )
    number = counter_of(row.account.account_no)
    if number % _RETAINED_EVERY == 0:
        meter.obey(Order(Event.RETAIN), authorised=True)
    elif _is_off(row):
        meter.obey(Order(Event.TRIP), authorised=True)
    if number % _SILENT_EVERY == 0:
        meter.fail(silent())
    return meter


def _shown(row: Meter) -> DayUse:
    values = dict(RegisterState.objects.filter(meter=row).values_list("register", "value_centi"))
    total = values.get(0) or sum(values.get(place, 0) for place in range(1, 5))
    return (total, values.get(1, 0), values.get(2, 0), values.get(3, 0), values.get(4, 0), values.get(5, 0))


def _is_off(row: Meter) -> bool:
    """Whether the relay stands open: the last trip that was confirmed has not been followed by supply given back."""
    last = MeterCommand.objects.filter(meter=row, verb="trip", state="confirmed").order_by("-pk").first()
    if last is None:
        return False
    return not RestoreOrder.objects.filter(cut_order=last.cut_order_id, state="done").exists()
