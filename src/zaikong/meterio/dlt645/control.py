"""Which bytes tell a meter to trip, to close or to keep supply, and did it take them?

Control code 1CH: `PA P0 P1 P2`, the operator's code `C0..C3`, then `N1 N2 N3..N8`: what to do, five-minute spans of a
trip with an end of its own (else 00), and until when the command holds (`ss mm hh DD MM YY`). The meter answers 9C with
nothing or with its execution word, or DC with why not.

Basis: DL/T 645-2007 control code 1CH as extended by Q/GDW 1365 (1C, 1D, 1E); `docs/algorithms/meter_exchange.md`.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from zaikong.meterio.dlt645.frames import Frame, Function, UnableToEncodeError, Unreadable, packed, unpacked
from zaikong.meterio.dlt645.moments import moment_octets, read_moment
from zaikong.meterio.dlt645.words import WORD_OCTETS, ExecutionWord
from zaikong.meterio.session import Credentials

TRIP_DELAY = "04001401"
"""Parameter: how long the meter warns before it trips [min], four digits; 0 is at once."""
LONGEST_DELAY = 9999
"""What the parameter can hold [min]."""
SPAN_MINUTES = 5
"""Unit of the second byte of a trip with an end of its own [min]."""

_AUTHORITY_OCTETS = 8
_COMMAND_OCTETS = 16
_DELAY_OCTETS = 2
_PASSWORD = re.compile(r"[0-9A-Fa-f]{6}")
_OPERATOR = re.compile(r"[0-9]{8}")
_LEVELS = range(100)


class Operation(IntEnum):
    """What a meter is told, N1."""

    TRIP = 0x1A
    PERMIT_CLOSE = 0x1B
    DIRECT_CLOSE = 0x1C
    TRIAL_THEN_CLOSE = 0x1D
    """Trip for a time, then close."""
    TRIAL_THEN_PERMIT = 0x1E
    """Trip for a time, then let the customer close."""
    ALARM_ON = 0x2A
    ALARM_OFF = 0x2B
    RETAIN_ON = 0x3A
    RETAIN_OFF = 0x3B


_TRIALS = {Operation.TRIAL_THEN_CLOSE, Operation.TRIAL_THEN_PERMIT}
_TAKEN = {
    Operation.TRIP: ExecutionWord.TRIP | ExecutionWord.TRIP_DELAYED | ExecutionWord.TRIP_HELD,
    Operation.PERMIT_CLOSE: ExecutionWord.PERMIT_CLOSE,
    Operation.DIRECT_CLOSE: ExecutionWord.DIRECT_CLOSE,
    Operation.TRIAL_THEN_CLOSE: ExecutionWord.TRIAL | ExecutionWord.TRIP_HELD,
    Operation.TRIAL_THEN_PERMIT: ExecutionWord.TRIAL | ExecutionWord.TRIP_HELD,
    Operation.ALARM_ON: ExecutionWord.ALARM_ON,
    Operation.ALARM_OFF: ExecutionWord.ALARM_OFF,
    Operation.RETAIN_ON: ExecutionWord.RETAIN_ON,
    Operation.RETAIN_OFF: ExecutionWord.RETAIN_OFF,
}


@dataclass(frozen=True, slots=True)
class Command:
    """What a control frame tells a meter.

    Attributes:
        operation: What to do.
        until: When the command expires, by the meter's clock, without a zone.
        authority: Password and operator as sent, eight bytes; not shown.
        spans: How long a trip with an end of its own lasts [5 min]; 0 for every other operation.
    """

    operation: Operation
    until: datetime
    authority: bytes = field(repr=False)
    spans: int = 0

    @property
    def minutes(self) -> int:
        """How long a trip with an end of its own lasts [min]."""
        return self.spans * SPAN_MINUTES


def authority(credentials: Credentials) -> bytes:
    """`PA P0 P1 P2 C0 C1 C2 C3`: level and password as sent, then the operator's code, least byte first.

    Raises:
        UnableToEncodeError: They have no such form; the text says which, not what.
    """
    if not _PASSWORD.fullmatch(credentials.password):
        raise UnableToEncodeError("a password has six hex digits")
    if not _OPERATOR.fullmatch(credentials.operator):
        raise UnableToEncodeError("an operator code has eight digits")
    if credentials.level not in _LEVELS:
        raise UnableToEncodeError("a password level has two digits")
    return packed(f"{credentials.level:02d}") + bytes.fromhex(credentials.password) + packed(credentials.operator)


def command(
    address: str, operation: Operation, *, credentials: Credentials, until: datetime, minutes: int = 0
) -> Frame:
    """The frame that tells the meter of `address` to do `operation`.

    Args:
        address: Twelve digits.
        operation: What to do.
        credentials: What the meter asks for.
        until: When the command expires; a moment without a zone is the meter's clock.
        minutes: How long a trip with an end of its own lasts [min], in steps of five; 0 for every other operation.

    Raises:
        UnableToEncodeError: The moment, the minutes or the credentials cannot be sent.
    """
    spans, rest = divmod(minutes, SPAN_MINUTES)
    if rest or spans not in range(256) or bool(spans) != (operation in _TRIALS):
        raise UnableToEncodeError("a trip with an end of its own lasts 5 to 1275 minutes, in steps of five")
    told = bytes([operation, spans]) + moment_octets(until)
    return Frame(address, Function.CONTROL, authority(credentials) + told)


def read_command(frame: Frame) -> Command | Unreadable:
    """What a control frame tells, as a meter reads it."""
    if len(frame.data) != _COMMAND_OCTETS:
        return Unreadable(f"a control command of {len(frame.data)} bytes")
    told = frame.data[_AUTHORITY_OCTETS:]
    until = read_moment(told[2:])
    if isinstance(until, Unreadable):
        return until
    if told[0] not in {operation.value for operation in Operation}:
        return Unreadable("a control command without a known operation")
    return Command(Operation(told[0]), until, frame.data[:_AUTHORITY_OCTETS], told[1])


def read_taken(operation: Operation, octets: bytes) -> ExecutionWord | Unreadable:
    """How the meter took `operation`, from the data of its answer 9C; no bit where it sent no execution word.

    A word that says another operation was carried out is `Unreadable`: it answers somebody else's command.
    """
    if not octets:
        return ExecutionWord(0)
    if len(octets) != WORD_OCTETS:
        return Unreadable(f"an execution word of {len(octets)} bytes")
    word = ExecutionWord(int.from_bytes(octets, "little") & sum(ExecutionWord))
    if not word & _TAKEN[operation]:
        return Unreadable("an execution word of another operation")
    return word


def delay_octets(minutes: int) -> bytes:
    """`minutes` as the trip delay parameter holds it.

    Raises:
        UnableToEncodeError: It is no number of minutes, or too many.
    """
    if minutes not in range(LONGEST_DELAY + 1):
        raise UnableToEncodeError("a trip waits 0 to 9999 minutes")
    return packed(f"{minutes:04d}")


def read_delay(octets: bytes) -> int | Unreadable:
    """The trip delay parameter [min]."""
    digits = unpacked(octets)
    if len(octets) != _DELAY_OCTETS or not digits.isdecimal():
        return Unreadable(f"a trip delay of {len(octets)} bytes")
    return int(digits)
