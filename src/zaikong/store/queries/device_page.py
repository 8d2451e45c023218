"""What is known of one meter: where it hangs, who accepted its device, what is wrong with it, what it was asked and told?

Each function asks a fixed number of queries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Q

from zaikong.store.models import (
    DeviceAcceptance,
    DeviceFault,
    FeeControlDevice,
    Meter,
    MeterCommand,
    MeterExchange,
    RegisterState,
    RetainCheck,
)
from zaikong.store.queries.scope import Scope

COMMAND_ROWS: Final = 30
"""Commands of a timeline, the last."""

EXCHANGE_ROWS: Final = 80
"""Exchanges of a timeline, the last."""

ACCEPTANCE_ROWS: Final = 5
FAULT_ROWS: Final = 30
CHECK_ROWS: Final = 7
"""Days of checks of retained supply."""

LONGEST_RESOLUTION: Final[int] = DeviceFault._meta.get_field("resolution").max_length
"""Room for what was done [characters]."""

_ACCOUNT: Final = ("account__customer", "account__supply_point__premise__station")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something at a moment of a meter's life.

    Attributes:
        at: When.
        command: The command ordered then; None for an exchange.
        exchange: The exchange begun then; None for a command.
    """

    at: datetime
    command: MeterCommand | None = None
    exchange: MeterExchange | None = None


def meter_by_number(meter_no: str, *, scope: Scope) -> Meter | None:
    """A meter with its account and concentrator, or None when out of sight."""
    rows = Meter.objects.select_related(*_ACCOUNT, "concentrator__station")
    return rows.filter(scope.rows("account"), meter_no=meter_no).first()


def registers_of(meter: Meter) -> Sequence[RegisterState]:
    """The last accepted value of each register."""
    return list(RegisterState.objects.filter(meter=meter).order_by("register"))


def devices_of(meter: Meter) -> Sequence[FeeControlDevice]:
    """Devices this meter carries or carried, and those ordered for its account and not yet in place; the last first."""
    ordered = Q(account=meter.account_id, meter=None)
    rows = FeeControlDevice.objects.filter(Q(meter=meter) | ordered).select_related("ordered_by", "installed_by")
    return list(rows.order_by("-pk"))


def acceptances_of(devices: Sequence[FeeControlDevice]) -> Sequence[DeviceAcceptance]:
    """The last runs of the checklist over devices, each with its checks in order; the last first."""
    rows = DeviceAcceptance.objects.filter(device__in=devices).select_related("device", "staff")
    found = list(rows.prefetch_related("items").order_by("-ended_at", "-pk")[:ACCEPTANCE_ROWS])
    for one in found:
        one.checks = sorted(one.items.all(), key=lambda item: item.place)
    return found


def faults_of(devices: Sequence[FeeControlDevice]) -> Sequence[DeviceFault]:
    """Faults of devices, open ones first, then the last cleared."""
    rows = DeviceFault.objects.filter(device__in=devices).select_related("device", "assigned_to", "cleared_by")
    return list(rows.order_by(F("cleared_at").desc(nulls_first=True), "-opened_at")[:FAULT_ROWS]) if devices else []


def fault_in_sight(fault: int, *, meter: Meter) -> DeviceFault | None:
    """A fault of a device of this meter, or None."""
    return DeviceFault.objects.filter(pk=fault, device__meter=meter).first()


def checks_of(meter: Meter) -> Sequence[RetainCheck]:
    """The last daily checks whether supply is retained as the books say."""
    return list(RetainCheck.objects.filter(meter=meter).order_by("-check_date")[:CHECK_ROWS])


def timeline(meter: Meter) -> list[Entry]:
    """The last commands and exchanges of a meter, the last first; of one moment, the exchange after its command."""
    commands = MeterCommand.objects.filter(meter=meter).select_related("ordered_by").order_by("-ordered_at", "-pk")
    exchanges = MeterExchange.objects.filter(meter=meter).select_related("staff").order_by("-at", "-pk")
    entries: list[tuple[Any, Entry]] = [
        *(((row.ordered_at, 0, row.pk), Entry(row.ordered_at, command=row)) for row in commands[:COMMAND_ROWS]),
        *(((row.at, 1, row.pk), Entry(row.at, exchange=row)) for row in exchanges[:EXCHANGE_ROWS]),
    ]
    return [entry for _place, entry in sorted(entries, key=lambda one: one[0], reverse=True)]


def commands_of_order(order: int) -> Sequence[MeterCommand]:
    """Commands of a cut order and of giving its supply back, the first first, each with its exchanges as `asked`."""
    rows = MeterCommand.objects.filter(Q(cut_order=order) | Q(restore_order__cut_order=order))
    found = list(
        rows.select_related("meter", "ordered_by").prefetch_related("meterexchange_set").order_by("ordered_at", "pk")
    )
    for one in found:
        one.asked = sorted(one.meterexchange_set.all(), key=lambda row: (row.at, row.pk))
    return found
