"""What do the values of a DL/T 698.45 meter's objects say, and how is one built?

Both ways stand here, so that a master and a virtual meter cannot differ. What cannot be read raises
`UnreadableValueError`, never a guess.

Basis: DL/T 698.45-2017 7.3 (classes 1, 8 and 22), appendix E and F.3; `docs/algorithms/meter_exchange.md`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dlt698.model import Data, DataType

from zaikong.meterio.dlt698 import objects

_WORD_BITS = 16
_RELAY_BITS = 8
_RELAY_FIELDS = 4
_TRIP_FIELDS = 4
_CLOSE_FIELDS = 2


class UnreadableValueError(Exception):
    """A value that is not what its object holds."""


@dataclass(frozen=True, slots=True)
class RelayUnit:
    """What an object F205 says of a relay.

    Attributes:
        open: Whether it stands open: supply is off.
        wired: Whether what it switches is connected to it.
    """

    open: bool
    wired: bool = True


@dataclass(frozen=True, slots=True)
class TripOrder:
    """Parameter of method 129.

    Attributes:
        relay: Attribute that names the relay.
        delay_minutes: Alarm before the trip [min].
        limit_minutes: How long supply stays off [min]; 0 until it is told to close.
        closes_itself: Whether it closes by itself after that.
    """

    relay: int = objects.FIRST_RELAY
    delay_minutes: int = 0
    limit_minutes: int = 0
    closes_itself: bool = False


@dataclass(frozen=True, slots=True)
class CloseOrder:
    """Parameter of method 130.

    Attributes:
        relay: Attribute that names the relay.
        direct: Whether it closes at once; else the customer may close it by the button.
    """

    direct: bool
    relay: int = objects.FIRST_RELAY


def energy_value(registers: Sequence[int]) -> Data:
    """Total and rates [0.01 kWh] as an array."""
    return Data.array([Data.uint32(register) for register in registers])


def read_energy(value: Data) -> dict[str, int]:
    """Total and rates by register name [0.01 kWh]; a rate beyond the fourth is `rate_<n>`, left out while it is zero."""
    numbers = [_whole(item) for item in _items(value, DataType.array)]
    if not numbers:
        raise UnreadableValueError("no total")
    names = ["total", *objects.RATES, *(f"rate_{n}" for n in range(len(objects.RATES) + 1, len(numbers)))]
    named = zip(names[: len(numbers)], numbers, strict=True)
    return {name: number for name, number in named if number or not name.startswith("rate_")}


def reactive_value(register: int) -> Data:
    """Combined reactive energy 1 [0.01 kvarh]."""
    return Data.int32(register)


def read_reactive(value: Data) -> int:
    """Combined reactive energy 1 [0.01 kvarh]; an array stands for its total."""
    if value.type == DataType.array:
        value = _items(value, DataType.array, least=1)[0]
    return _whole(value)


def clock_value(at: datetime) -> Data:
    """Date and time as the meter keeps it, without a zone."""
    return Data.date_time_s(moment_octets(at))


def read_clock(value: Data) -> datetime:
    """Date and time as the meter keeps it, without a zone."""
    return moment(_typed(value, DataType.date_time_s))


def moment_octets(at: datetime) -> list[int]:
    """The seven bytes of a `date_time_s`."""
    return [at.year >> 8, at.year & 0xFF, at.month, at.day, at.hour, at.minute, at.second]


def moment(octets: Sequence[int]) -> datetime:
    """The date and time of a `date_time_s`, without a zone."""
    try:
        high, low, month, day, hour, minute, second = octets
        return datetime(high << 8 | low, month, day, hour, minute, second)  # noqa: DTZ001 -- a meter keeps no zone
    except ValueError as fault:
        raise UnreadableValueError("no such date and time") from fault


def relay_value(unit: RelayUnit) -> Data:
    """A relay unit: descriptor, state, kind of switch (kept), wiring."""
    states = [int(unit.open), 1, int(not unit.wired)]
    return Data.structure([Data.visible_string(""), *(Data.enumeration(state) for state in states)])


def read_relay(value: Data) -> RelayUnit:
    """A relay unit; an array stands for its first."""
    if value.type == DataType.array:
        value = _items(value, DataType.array, least=1)[0]
    _, state, _, wiring = _exactly(value, _RELAY_FIELDS)
    return RelayUnit(open=_either(state), wired=not _either(wiring))


def bits_value(bits: Mapping[int, bool] | frozenset[int], *, size: int = _WORD_BITS) -> Data:
    """A bit string of `size` bits; bit 0 is sent first, as the highest of the first byte."""
    chosen = {bit for bit in bits if not isinstance(bits, Mapping) or bits[bit]}
    word = sum(1 << (size - 1 - bit) for bit in chosen)
    return Data.bit_string(size, word.to_bytes(size // 8, "big"))


def relay_bits_value(*, first: bool) -> Data:
    """A bit a relay, of which there is one."""
    return bits_value({0: first}, size=_RELAY_BITS)


def read_bits(value: Data, *, least: int = 1) -> frozenset[int]:
    """The bits that are set, the first one sent being bit 0; fewer than `least` bits cannot be read."""
    if value.type == DataType.array:
        value = _items(value, DataType.array, least=1)[0]
    sent = _typed(value, DataType.bit_string)
    if sent.bit_count < least or len(sent.value) * 8 < sent.bit_count:
        raise UnreadableValueError("too few bits")
    return frozenset(bit for bit in range(sent.bit_count) if sent.value[bit // 8] >> (7 - bit % 8) & 1)


def read_first_bit(value: Data) -> bool:
    """Whether the bit of the first relay is set."""
    return 0 in read_bits(value)


def read_word(value: Data) -> frozenset[int]:
    """The bits that are set in a word of sixteen."""
    return read_bits(value, least=_WORD_BITS)


def retained_value(*, on: bool) -> Data:
    """State of 保电."""
    return Data.enumeration(int(on))


def read_retained(value: Data) -> bool:
    """Whether 保电 is on, told or by itself."""
    state: int = _typed(value, DataType.enumeration)
    if state not in {0, 1, 2}:
        raise UnreadableValueError("no such state of 保电")
    return state != 0


def trip_parameter(order: TripOrder) -> Data:
    """Parameter of method 129: one relay."""
    fields = [
        Data.oad(objects.oad(order.relay)),
        Data.uint8(order.delay_minutes),
        Data.uint16(order.limit_minutes),
        Data.boolean(order.closes_itself),
    ]
    return Data.array([Data.structure(fields)])


def read_trip(value: Data) -> tuple[TripOrder, ...]:
    """The relays a parameter of method 129 trips."""
    orders = []
    for item in _items(value, DataType.array, least=1):
        relay, delay, limit, closes = _exactly(item, _TRIP_FIELDS)
        orders.append(
            TripOrder(
                objects.oad_number(_typed(relay, DataType.oad)),
                _typed(delay, DataType.uint8),
                _typed(limit, DataType.uint16),
                _typed(closes, DataType.boolean),
            )
        )
    return tuple(orders)


def close_parameter(order: CloseOrder) -> Data:
    """Parameter of method 130: one relay."""
    return Data.array([Data.structure([Data.oad(objects.oad(order.relay)), Data.enumeration(int(order.direct))])])


def read_close(value: Data) -> tuple[CloseOrder, ...]:
    """The relays a parameter of method 130 closes or permits to close."""
    orders = []
    for item in _items(value, DataType.array, least=1):
        relay, command = _exactly(item, _CLOSE_FIELDS)
        orders.append(CloseOrder(direct=_either(command), relay=objects.oad_number(_typed(relay, DataType.oad))))
    return tuple(orders)


def nothing() -> Data:
    """Parameter of a method that takes none."""
    return Data.null()


def _typed(value: Data, kind: DataType) -> Any:
    if value.type != kind:
        raise UnreadableValueError(f"{value.type.name} where {kind.name} belongs")
    return value.value


def _items(value: Data, kind: DataType, *, least: int = 0) -> list[Data]:
    items: list[Data] = _typed(value, kind)
    if len(items) < least:
        raise UnreadableValueError(f"{len(items)} where {least} belong")
    return items


def _exactly(value: Data, count: int) -> list[Data]:
    items = _items(value, DataType.structure)
    if len(items) != count:
        raise UnreadableValueError(f"{len(items)} where {count} belong")
    return items


def _whole(value: Data) -> int:
    if value.type not in {DataType.uint32, DataType.int32}:
        raise UnreadableValueError(f"{value.type.name} where a register belongs")
    return value.as_uint32() if value.type == DataType.uint32 else value.as_int32()


def _either(value: Data) -> bool:
    state: int = _typed(value, DataType.enumeration)
    if state not in {0, 1}:
        raise UnreadableValueError(f"no such state: {state}")
    return state == 1
