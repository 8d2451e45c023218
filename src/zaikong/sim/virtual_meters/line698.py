"""What does a virtual meter answer in DL/T 698.45?

It knows its energy, its clock, its relay, the words of fee control and 保电, and takes the methods that trip, close,
retain and alarm. Reading is open to everyone; to be obeyed a master must first be associated with the password, on the
same connection. What a meter does not know it refuses with a DAR, what it cannot read with an ERROR.

Basis: DL/T 698.45-2017 6.3 and appendix E; the frames are `zaikong.meterio.dlt698`'s.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, cast

from dlt698.model import Data, DataType

from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import UnableToSayError, frame_bytes
from zaikong.meterio.dlt698.messages import (
    Act,
    Acted,
    Connect,
    Content,
    Failed,
    Get,
    Got,
    LinkAnswer,
    LinkCall,
    Message,
    Release,
    Released,
    Set,
    TimeTag,
    WasSet,
)
from zaikong.sim.virtual_meters.grants import Grant, Wish, grant_bytes
from zaikong.sim.virtual_meters.lines import Line
from zaikong.sim.virtual_meters.meter import YEARS, Order, VirtualMeter
from zaikong.sim.virtual_meters.relay import Denial, Event, Phase
from zaikong.sim.virtual_meters.split698 import Splitter

DARS: Final = MappingProxyType(
    {
        Denial.TRIP_RETAINED: objects.DAR_DENIED,
        Denial.TRIAL_RETAINED: objects.DAR_DENIED,
        Denial.TRIAL_TIME: objects.DAR_OTHER,
        Denial.TRIPPED: objects.DAR_OTHER,
        Denial.OVERDRAWN: objects.DAR_OTHER,
        Denial.PASSWORD: objects.DAR_PASSWORD,
        Denial.EXPIRED: objects.DAR_EXPIRED,
    }
)
"""How each refusal is said; the error word tells the rest."""

ALARM_ON: Final = 0x8000_7F_00
"""Method 127: alarm."""
ALARM_OFF: Final = 0x8000_80_00
"""Method 128: alarm off."""

COMBINED: Final = 0x0000_02_00
"""Combined active energy [0.01 kWh]."""
REVERSE: Final = 0x0020_02_00
"""Reverse active energy [0.01 kWh]."""
METER_ADDRESS: Final = 0x4001_02_00
"""Communication address."""

_INDEX = 0xFF
_TYPE_MISMATCH = 7
_OUT_OF_RANGE = 8
_WRONG_PASSWORD = 1
_OTHER_SECURITY = 255
_NOT_SUPPORTED = 1
_FAILED_OTHERWISE = 255
_WORD = 16
_WORDS = 7
_THIRD = 3


class Line698(Line[Message]):
    """A connection that speaks DL/T 698.45."""

    def __init__(self, meters: Mapping[str, VirtualMeter]) -> None:
        super().__init__(meters)
        self._splitter = Splitter()
        self._associated: set[str] = set()

    @property
    def pending(self) -> bool:
        """Whether bytes wait for the rest of their frame."""
        return self._splitter.pending > 0

    def _found(self, octets: bytes) -> list[Message]:
        return _questions(self._splitter.feed(octets))

    def _rest(self) -> list[Message]:
        return _questions(self._splitter.flush())

    def _meant(self, asked: Message) -> list[VirtualMeter]:
        if asked.addressed:
            meter = self.meters.get(asked.address)
            return [] if meter is None else [meter]
        # a wildcard reaches the only meter behind a line; of several that answer nobody is understood
        return list(self.meters.values()) if len(self.meters) == 1 else []

    def _counts(self, asked: Message) -> bool:
        return not isinstance(asked.content, Connect | Release)

    def _commands(self, asked: Message) -> bool:
        return isinstance(asked.content, Set | Act)

    def _octets(self, answer: Message, *, address: str) -> bytes:
        if isinstance(answer.content, Grant):
            return grant_bytes(_from(answer, answer.content, address), answer.content)
        try:
            return frame_bytes(_from(answer, answer.content, address))
        except UnableToSayError:  # more was asked than one frame can answer
            return frame_bytes(_from(answer, Failed(_FAILED_OTHERWISE), address))

    def _refused(self, meter: VirtualMeter, asked: Message, code: int) -> Message:
        dar = code or objects.DAR_OTHER
        if isinstance(asked.content, Act):
            return _from(asked, Acted(asked.content.method, dar), meter.address)
        assert isinstance(asked.content, Set), "only a command is refused"
        return _from(asked, WasSet(asked.content.attribute, dar), meter.address)

    def _answered(self, meter: VirtualMeter, asked: Message, *, jammed: bool) -> Message:
        return _from(asked, self._content(meter, asked, jammed=jammed), meter.address)

    def _content(self, meter: VirtualMeter, asked: Message, *, jammed: bool) -> Content:
        content = asked.content
        if isinstance(content, Get):
            return Got(tuple((each, _read(meter, each)) for each in content.attributes), content.listed)
        if isinstance(content, Act):
            return Acted(content.method, self._acted(meter, asked, content, jammed=jammed))
        if isinstance(content, Set):
            return WasSet(content.attribute, self._was_set(meter, content))
        if isinstance(content, Wish):
            return self._connected(meter, content)
        if isinstance(content, Release):
            self._associated.discard(meter.address)
            return Released()
        return Failed(_NOT_SUPPORTED)

    def _connected(self, meter: VirtualMeter, wish: Wish) -> Content:
        self._associated.discard(meter.address)
        if not wish.spoken:
            return Grant(_OTHER_SECURITY, parameters=wish.parameters)
        if wish.password not in {None, meter.credentials.password}:
            return Grant(_WRONG_PASSWORD, parameters=wish.parameters)
        if wish.password is not None:
            self._associated.add(meter.address)
        return Grant(objects.DONE, parameters=wish.parameters)

    def _acted(self, meter: VirtualMeter, asked: Message, content: Act, *, jammed: bool) -> int:
        order = _order(asked, content)
        if isinstance(order, int):
            return order
        denial = meter.obey(order, authorised=meter.address in self._associated, jammed=jammed)
        return objects.DONE if denial is None else DARS[denial]

    def _was_set(self, meter: VirtualMeter, content: Set) -> int:
        if meter.asks_password and meter.address not in self._associated:
            return objects.DAR_PASSWORD
        if content.attribute != objects.CLOCK:
            return objects.DAR_DENIED if content.attribute in _READERS else objects.DAR_UNDEFINED
        try:
            at = values.read_clock(content.value)
        except values.UnreadableValueError:
            return _TYPE_MISMATCH
        if at.year not in YEARS:
            return _OUT_OF_RANGE
        meter.set_clock(at)
        return objects.DONE


def _questions(found: list[Message]) -> list[Message]:
    linked = LinkCall | LinkAnswer
    return [each for each in found if not each.from_meter and not isinstance(each.content, linked)]


def _from(asked: Message, content: Content, address: str) -> Message:
    return Message(address=address, piid=asked.piid, content=content, client=asked.client, from_meter=True)


def _order(asked: Message, content: Act) -> Order | int:
    """What a method tells the meter, or the DAR that says why it tells nothing."""
    until = None if asked.tag is None else _expiry(asked.tag)
    simple = _EVENTS.get(content.method)
    if simple is not None:
        return Order(simple, until)
    try:
        if content.method == objects.TRIP:
            return _trip(values.read_trip(content.parameter), until)
        if content.method == objects.CLOSE:
            return _close(values.read_close(content.parameter), until)
    except values.UnreadableValueError:
        return _TYPE_MISMATCH
    return objects.DAR_UNDEFINED


def _expiry(tag: TimeTag) -> datetime | None:
    """Last moment to obey; a tag that holds beyond the calendar sets no limit."""
    try:
        return tag.expires_at
    except OverflowError:
        return None


def _trip(told: tuple[values.TripOrder, ...], until: datetime | None) -> Order | int:
    first, *more = told
    if more or first.relay != objects.FIRST_RELAY:
        return _OUT_OF_RANGE
    trial = Event.TRIAL_CLOSE if first.closes_itself else Event.TRIAL_PERMIT
    return Order(trial if first.limit_minutes else Event.TRIP, until, first.delay_minutes, first.limit_minutes)


def _close(told: tuple[values.CloseOrder, ...], until: datetime | None) -> Order | int:
    first, *more = told
    if more or first.relay != objects.FIRST_RELAY:
        return _OUT_OF_RANGE
    return Order(Event.CLOSE if first.direct else Event.PERMIT, until)


def _read(meter: VirtualMeter, attribute: int) -> Data | int:
    """What an attribute holds, or the DAR that says why it is not told; an index behind it picks one element."""
    reader = _READERS.get(attribute)
    if reader is not None:
        return reader(meter)
    whole = _READERS.get(attribute & ~_INDEX)
    if whole is None:
        return objects.DAR_UNDEFINED
    value = whole(meter)
    if value.type != DataType.array:
        return objects.DAR_UNDEFINED
    elements = cast("list[Data]", value.value)
    place = (attribute & _INDEX) - 1
    return elements[place] if place < len(elements) else objects.DAR_UNDEFINED


def _energy(meter: VirtualMeter) -> Data:
    shown = meter.registers
    return values.energy_value([shown[name] for name in ("total", *objects.RATES)])


def _nothing_used(_: VirtualMeter) -> Data:
    return values.energy_value([0] * (1 + len(objects.RATES)))


def _word(bits: int) -> Data:
    return values.bits_value({bit: bool(bits >> bit & 1) for bit in range(_WORD)})


def _words(meter: VirtualMeter) -> Data:
    third = meter.relay.run_status_3
    return Data.array([_word(third if place == _THIRD else 0) for place in range(1, _WORDS + 1)])


def _relays(meter: VirtualMeter) -> Data:
    return Data.array([values.relay_value(values.RelayUnit(open=not meter.supply_on))])


_EVENTS: Final = MappingProxyType(
    {
        objects.RETAIN_ON: Event.RETAIN,
        objects.RETAIN_OFF: Event.RETAIN_OFF,
        ALARM_ON: Event.ALARM,
        ALARM_OFF: Event.ALARM_OFF,
    }
)
"""Methods that say everything by their name."""

_READERS: Final[Mapping[int, Callable[[VirtualMeter], Data]]] = MappingProxyType(
    {
        COMBINED: _energy,
        objects.ENERGY: _energy,
        REVERSE: _nothing_used,
        objects.REACTIVE & ~_INDEX: lambda meter: Data.array([values.reactive_value(meter.registers["reactive"])]),
        objects.CLOCK: lambda meter: values.clock_value(meter.wall),
        METER_ADDRESS: lambda meter: Data.octet_string(bytes.fromhex(meter.address)),
        objects.RUN_STATUS & ~_INDEX: _words,
        objects.EXECUTION: lambda meter: _word(meter.relay.execution_word),
        objects.ERRORS: lambda meter: _word(meter.relay.error_word),
        objects.RELAY & ~_INDEX: _relays,
        objects.OUTPUTS: lambda meter: values.relay_bits_value(first=not meter.supply_on),
        objects.ALARMS: lambda meter: values.relay_bits_value(first=meter.relay.phase is Phase.WAITING),
        objects.COMMANDS: lambda meter: values.relay_bits_value(first=meter.relay.told_open),
        objects.RETAINED: lambda meter: values.retained_value(on=meter.relay.retained),
    }
)
