"""What does a virtual meter answer in DL/T 645-2007?

It knows its registers, its clock, run-status word 3 and the delay before a trip, and takes control code 1CH. What it
does not know it refuses as *no such data*. A control command it cannot read is refused as *other*.

Basis: DL/T 645-2007 control codes 08, 11, 13, 14, 1C; the frames are `zaikong.meterio.dlt645`'s.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from zaikong.meterio.dlt645 import control, reading
from zaikong.meterio.dlt645.control import Operation
from zaikong.meterio.dlt645.frames import BROADCAST, Frame, Function, Piece, Splitter, Unreadable, packed
from zaikong.meterio.dlt645.moments import date_octets, read_clock, read_moment, time_octets
from zaikong.meterio.dlt645.words import WORD_OCTETS, ErrorByte, ErrorWord
from zaikong.sim.virtual_meters.lines import Line
from zaikong.sim.virtual_meters.meter import YEARS, Order, VirtualMeter
from zaikong.sim.virtual_meters.relay import Denial, Event

EVENTS: Final = MappingProxyType(
    {
        Operation.TRIP: Event.TRIP,
        Operation.PERMIT_CLOSE: Event.PERMIT,
        Operation.DIRECT_CLOSE: Event.CLOSE,
        Operation.TRIAL_THEN_CLOSE: Event.TRIAL_CLOSE,
        Operation.TRIAL_THEN_PERMIT: Event.TRIAL_PERMIT,
        Operation.ALARM_ON: Event.ALARM,
        Operation.ALARM_OFF: Event.ALARM_OFF,
        Operation.RETAIN_ON: Event.RETAIN,
        Operation.RETAIN_OFF: Event.RETAIN_OFF,
    }
)
"""What each operation does to the relay."""

ERRORS: Final = MappingProxyType(
    {
        Denial.TRIP_RETAINED: ErrorWord.RETAINED,
        Denial.TRIAL_RETAINED: ErrorWord.TRIAL_RETAINED,
        Denial.TRIAL_TIME: ErrorWord.TRIAL_TIME,
        Denial.TRIPPED: ErrorWord.TRIAL_OPEN,
        Denial.OVERDRAWN: ErrorWord.SUSPENDED,
        Denial.PASSWORD: ErrorWord.PASSWORD,
        Denial.EXPIRED: ErrorWord.EXPIRED,
    }
)
"""How each refusal is said."""

_OCTETS_OF_IDENTIFIER = 4
_OCTETS_OF_AUTHORITY = 8
_OCTETS_OF_PASSWORD = 4
_ANY_OPERATOR = "00000000"
_COMBINED = "0000"
_FORWARD = "0001"
_REVERSE = "0002"
_BLOCK = "FF00"
_VOLTAGE = "02010100"
_CURRENT = "02020100"
_ADDRESS = "04000401"
_METER_NO = "04000402"
_MOMENT = "0400010C"
_CLOCK_REACH = timedelta(minutes=5)
_COMMANDS = frozenset({Function.WRITE, Function.CONTROL})


class Line645(Line[Frame]):
    """A connection that speaks DL/T 645-2007."""

    def __init__(self, meters: Mapping[str, VirtualMeter]) -> None:
        super().__init__(meters)
        self._splitter = Splitter()

    @property
    def pending(self) -> bool:
        """Whether bytes wait for the rest of their frame."""
        return self._splitter.pending > 0

    def _found(self, octets: bytes) -> list[Frame]:
        return _questions(self._splitter.feed(octets))

    def _rest(self) -> list[Frame]:
        return _questions(self._splitter.flush())

    def _meant(self, asked: Frame) -> list[VirtualMeter]:
        meter = self.meters.get(asked.address)
        if meter is not None:
            return [meter]
        if asked.address.isdecimal() and asked.address != BROADCAST:
            return []
        return [each for address, each in self.meters.items() if asked.is_for(address)]

    def _counts(self, asked: Frame) -> bool:
        del asked
        return True

    def _commands(self, asked: Frame) -> bool:
        return asked.function in _COMMANDS

    def _octets(self, answer: Frame, *, address: str) -> bytes:
        return Frame(address, answer.control, answer.data).encode()

    def _refused(self, meter: VirtualMeter, asked: Frame, code: int) -> Frame:
        size = WORD_OCTETS if asked.function == Function.CONTROL else 1
        error = code or (ErrorWord.PASSWORD if asked.function == Function.CONTROL else ErrorByte.OTHER)
        return asked.refusal(address=meter.address, error=error.to_bytes(size, "little"))

    def _answered(self, meter: VirtualMeter, asked: Frame, *, jammed: bool) -> Frame | None:
        if asked.address == BROADCAST:
            _hear_time(meter, asked)
            return None
        if asked.function == Function.READ:
            octets = _read(meter, asked.identifier)
            return _given(meter, asked, ErrorByte.NO_SUCH_DATA if octets is None else asked.data[:4] + octets)
        if asked.function == Function.READ_ADDRESS:
            return _given(meter, asked, packed(meter.address))
        if asked.function == Function.WRITE:
            return _given(meter, asked, _written(meter, asked))
        if asked.function == Function.CONTROL:
            return _controlled(meter, asked, jammed=jammed)
        return _given(meter, asked, ErrorByte.OTHER)


def _questions(pieces: Sequence[Piece]) -> list[Frame]:
    return [piece for piece in pieces if isinstance(piece, Frame) and not piece.from_meter]


def _given(meter: VirtualMeter, asked: Frame, what: bytes | ErrorByte) -> Frame:
    if isinstance(what, ErrorByte):
        return asked.refusal(address=meter.address, error=bytes([what]))
    return asked.answer(address=meter.address, data=what)


def _controlled(meter: VirtualMeter, asked: Frame, *, jammed: bool) -> Frame:
    told = control.read_command(asked)
    if isinstance(told, Unreadable):
        return _given(meter, asked, ErrorByte.OTHER)
    event = EVENTS[told.operation]
    order = Order(event, told.until, meter.trip_delay_minutes, told.minutes)
    denial = meter.obey(order, authorised=authorised(meter, told.authority), jammed=jammed)
    if denial is not None:
        return asked.refusal(address=meter.address, error=ERRORS[denial].to_bytes(WORD_OCTETS, "little"))
    return asked.answer(address=meter.address, data=meter.relay.execution_word.to_bytes(WORD_OCTETS, "little"))


def authorised(meter: VirtualMeter, authority: bytes) -> bool:
    """Whether `PA P0 P1 P2 C0..C3` are what the meter asks for; a meter without an operator of its own takes any."""
    wanted = control.authority(meter.credentials)
    size = _OCTETS_OF_PASSWORD if meter.credentials.operator == _ANY_OPERATOR else _OCTETS_OF_AUTHORITY
    return len(authority) == _OCTETS_OF_AUTHORITY and authority[:size] == wanted[:size]


def _read(meter: VirtualMeter, identifier: str) -> bytes | None:
    family, register = identifier[:4], identifier[4:]
    if family in {_COMBINED, _FORWARD, _REVERSE}:
        return _energy(meter, register, forward=family != _REVERSE)
    reader = _READERS.get(identifier)
    return None if reader is None else reader(meter)


def _energy(meter: VirtualMeter, register: str, *, forward: bool) -> bytes | None:
    names = {identifier[4:]: name for name, identifier in reading.ENERGY.items()}
    shown = meter.registers
    if register == _BLOCK:
        return b"".join(reading.energy_octets(shown[name] if forward else 0) for name in reading.ENERGY)
    if register not in names:
        return None
    return reading.energy_octets(shown[names[register]] if forward else 0)


def _current(meter: VirtualMeter) -> bytes:
    return packed(f"{meter.ampere * 1000 * meter.supply_on:06d}"[-6:])


_READERS: Final[Mapping[str, Callable[[VirtualMeter], bytes]]] = MappingProxyType(
    {
        reading.REACTIVE: lambda meter: reading.energy_octets(meter.registers["reactive"], signed=True),
        reading.RUN_STATUS_3: lambda meter: meter.relay.run_status_3.to_bytes(WORD_OCTETS, "little"),
        reading.DATE: lambda meter: date_octets(meter.wall),
        reading.TIME: lambda meter: time_octets(meter.wall),
        _MOMENT: lambda meter: time_octets(meter.wall) + date_octets(meter.wall),
        control.TRIP_DELAY: lambda meter: control.delay_octets(meter.trip_delay_minutes),
        _VOLTAGE: lambda _: packed("2200"),
        _CURRENT: _current,
        _ADDRESS: lambda meter: packed(meter.address),
        _METER_NO: lambda meter: packed(meter.address),
    }
)


def _written(meter: VirtualMeter, asked: Frame) -> bytes | ErrorByte:
    """Store what is to be written; nothing to say, or why not."""
    authority = asked.data[_OCTETS_OF_IDENTIFIER : _OCTETS_OF_IDENTIFIER + _OCTETS_OF_AUTHORITY]
    octets = asked.data[_OCTETS_OF_IDENTIFIER + _OCTETS_OF_AUTHORITY :]
    if meter.asks_password and not authorised(meter, authority):
        return ErrorByte.PASSWORD
    writer = _WRITERS.get(asked.identifier)
    return ErrorByte.NO_SUCH_DATA if writer is None else writer(meter, octets)


def _set_delay(meter: VirtualMeter, octets: bytes) -> bytes | ErrorByte:
    minutes = control.read_delay(octets)
    if isinstance(minutes, Unreadable):
        return ErrorByte.OTHER
    meter.trip_delay_minutes = minutes
    return b""


def _set_date(meter: VirtualMeter, octets: bytes) -> bytes | ErrorByte:
    return _set_clock(meter, read_clock(octets, time_octets(meter.wall)))


def _set_time(meter: VirtualMeter, octets: bytes) -> bytes | ErrorByte:
    return _set_clock(meter, read_clock(date_octets(meter.wall), octets))


def _set_moment(meter: VirtualMeter, octets: bytes) -> bytes | ErrorByte:
    return _set_clock(meter, read_clock(octets[3:], octets[:3]))


def _set_clock(meter: VirtualMeter, at: datetime | Unreadable) -> bytes | ErrorByte:
    if isinstance(at, Unreadable) or at.year not in YEARS:
        return ErrorByte.OTHER
    meter.set_clock(at)
    return b""


_WRITERS: Final[Mapping[str, Callable[[VirtualMeter, bytes], bytes | ErrorByte]]] = MappingProxyType(
    {control.TRIP_DELAY: _set_delay, reading.DATE: _set_date, reading.TIME: _set_time, _MOMENT: _set_moment}
)


def _hear_time(meter: VirtualMeter, asked: Frame) -> None:
    """Take a broadcast time that is less than five minutes away; nobody is told."""
    if asked.function != Function.BROADCAST_TIME:
        return
    at = read_moment(asked.data)
    if not isinstance(at, Unreadable) and at.year in YEARS and abs(at - meter.wall) < _CLOCK_REACH:
        meter.set_clock(at)
