"""Which meter of an account can be commanded, and where is it reached?

A meter that is in place, has a relay and a protocol, hangs on a concentrator in service, and whose device, where there is
one, was accepted. An account with two such meters is not cut over the wire: half a cut is none, so people go there.
"""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from zaikong.meterio.session import Endpoint, MeterAddress, Wire
from zaikong.store.models import FeeControlDevice, Meter, RegisterState
from zaikong.store.models.metering import Register

_WIRES = tuple(wire.value for wire in Wire)


@dataclass(frozen=True, slots=True)
class CommandableMeter:
    """A meter that can be read and commanded.

    Attributes:
        meter: Its key.
        meter_no: Its number.
        concentrator: Code of what it hangs on.
        internal_relay: Whether the relay, and so the button to close it, is in the meter itself.
        address: How it is reached.
    """

    meter: int
    meter_no: str
    concentrator: str
    internal_relay: bool
    address: MeterAddress


def commandable_meter(account: int) -> CommandableMeter | None:
    """The one meter that takes and gives the supply of an account; None where there is none, or not only one."""
    live = list(_reachable().filter(account_id=account, removed_date__isnull=True).exclude(relay="none")[:2])
    others = Meter.objects.filter(account_id=account, removed_date__isnull=True).count()
    if len(live) != 1 or others != 1:
        return None
    return _told(live[0])


def readable_meter(meter: int) -> CommandableMeter | None:
    """A meter that can be read, whether or not it has a relay or was accepted; None where it is not reached."""
    found = _wired().filter(pk=meter).first()
    return None if found is None else _told(found)


def readable_meters(*, station: str = "") -> list[tuple[CommandableMeter, frozenset[str]]]:
    """Every meter on a wire and in place, with the registers its account is billed by, in the order of their lines.

    Args:
        station: Only meters of accounts of this station's code; all where empty.
    """
    rows = _wired().filter(removed_date__isnull=True, account__closed_date__isnull=True)
    if station:
        rows = rows.filter(account__supply_point__premise__station__code=station)
    known: dict[int, set[str]] = {}
    for meter, register in RegisterState.objects.filter(meter__in=rows).values_list("meter_id", "register"):
        known.setdefault(meter, set()).add(Register(register).name.lower())
    return [
        # a meter nobody has read before begins with its total
        (_told(row), frozenset(known.get(row.pk, {"total"})))
        for row in rows.order_by("concentrator_id", "address")
    ]


def _wired() -> QuerySet[Meter]:
    return (
        Meter.objects.select_related("concentrator")
        .filter(protocol__in=_WIRES, concentrator__in_service=True)
        .exclude(address="")
    )


def _reachable() -> QuerySet[Meter]:
    not_accepted = FeeControlDevice.objects.filter(~Q(state__in=["accepted", "retired"]), meter__isnull=False)
    return _wired().exclude(pk__in=not_accepted.values("meter_id"))


def _told(row: Meter) -> CommandableMeter:
    terminal = row.concentrator
    return CommandableMeter(
        meter=row.pk,
        meter_no=row.meter_no,
        concentrator=terminal.code,
        internal_relay=row.relay == "internal",
        address=MeterAddress(
            wire=Wire(row.protocol),
            address=row.address.zfill(12),
            endpoint=Endpoint(host=terminal.host, port=terminal.port, baud=terminal.baud),
        ),
    )
