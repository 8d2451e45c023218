"""Devices on virtual meters behind real sockets, for the tests of devices."""

from contextlib import contextmanager
from datetime import date, timedelta

from cutting_desk import moment
from ledger_desk import entitled, make_account
from zaikong.application.devices.acceptance import Seen, accept_device
from zaikong.application.devices.orders import install_device, order_device
from zaikong.domain.feecontrol.acceptance import checklist
from zaikong.meterio.front import Patience
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import CREDENTIALS, VirtualClock, VirtualMeter, park_in_thread
from zaikong.store.models import Concentrator, Evidence, Meter, Staff

NOW = moment("2025-09-01 10:00")
NEW = date(2025, 8, 25)
"""Contract day of an account that nobody uses yet."""
QUICK = Patience(
    answer_seconds=0.2, open_seconds=1.0, exchange_seconds=2.0, attempts=2, back_off_seconds=0.01, grace_seconds=0.2
)
PNG = b"\x89PNG\r\n\x1a\nrelay"


def clock():
    return NOW


def keys(_address):
    return CREDENTIALS


def technician(name="fitter"):
    found = Staff.objects.filter(username=name).first()
    return found or entitled(name, "handle_feecontroldevice", "order_feecontroldevice", "mend_retaincheck")


def account(number="4100000001", *, contract_date=NEW, **terms):
    made = make_account(number, **terms)
    made.contract_date = contract_date
    made.save(update_fields=["contract_date"])
    return made


@contextmanager
def field(*addresses, wire=Wire.DLT645):
    """Virtual meters on their sockets."""
    ticking = VirtualClock(NOW)
    with park_in_thread([VirtualMeter(address, wire, clock=ticking) for address in addresses]) as park:
        yield park


def hang(park, owner, address="000000000042", *, relay="internal"):
    """The table's side of a virtual meter: its concentrator and its entry."""
    where = park.address_of(address)
    terminal, _ = Concentrator.objects.get_or_create(
        code=f"T{where.endpoint.port}", defaults={"host": where.endpoint.host, "port": where.endpoint.port}
    )
    return Meter.objects.create(
        meter_no=f"M{address}",
        account=owner,
        protocol=where.wire.value,
        address=address,
        concentrator=terminal,
        relay=relay,
        installed_date=date(2025, 8, 30),
    )


def ordered(owner, at=NOW - timedelta(days=3)):
    return order_device(account=owner.pk, kind="smart meter", reason="arrears", staff=technician(), at=at)


def installed(park, owner=None, address="000000000042", *, relay="internal"):
    device = ordered(owner or account())
    meter = hang(park, device.account, address, relay=relay)
    return install_device(device=device.pk, meter=meter.pk, staff=technician(), at=NOW - timedelta(hours=1))


def photo():
    import hashlib

    return Evidence.objects.create(
        kind="photo",
        sha256=hashlib.sha256(PNG).hexdigest(),
        media_type="image/png",
        file_name="relay.png",
        content=PNG,
        added_at=NOW,
    )


def all_seen(relay="internal", *, without=(), without_photo=(), failed=()):
    picture = photo().pk
    return [
        Seen(
            check.code, check.code not in failed, "seen at the meter", None if check.code in without_photo else picture
        )
        for check in checklist().by_hand(relay)
        if check.code not in without
    ]


def accept(device, **terms):
    terms = {"staff": technician(), "clock": clock, "credentials": keys, "patience": QUICK} | terms
    return accept_device(device=device.pk, **terms)
