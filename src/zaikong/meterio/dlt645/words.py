"""What do the status, execution and error words of a meter say?

Three words: run-status word 3 (04000503) holds where the relay was told to stand and where it stands, apart; the
execution word says how a control command was taken; the error byte of the 2007 standard, or the error word of its later
extension, says why it was not. All go least byte first.

Basis: DL/T 645-2007 annex C (run-status word 3, error byte); Q/GDW 1365 and its supplement of 2014 (execution and error
word, answered where the master asked for them); readings in `docs/algorithms/meter_exchange.md`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag

from zaikong.meterio.dlt645.frames import Function, Unreadable
from zaikong.meterio.outcome import Refused
from zaikong.meterio.session import Position, RelayState

WORD_OCTETS = 2
"""Length of a status, execution or error word [byte]."""

_RELAY_OPEN = 1 << 4
_COMMAND_OPEN = 1 << 6
_WARNING = 1 << 7
_RETAINED = 1 << 12


class ErrorByte(IntFlag):
    """Why a meter refuses, as the 2007 standard says it: one byte of an answer D1, D4 or DC."""

    OTHER = 1 << 0
    NO_SUCH_DATA = 1 << 1
    PASSWORD = 1 << 2
    BAUD_RATE = 1 << 3
    YEAR_ZONES = 1 << 4
    DAY_SLOTS = 1 << 5
    RATES = 1 << 6


class ErrorWord(IntFlag):
    """Why a meter refuses a control command, as the extension says it: two bytes of an answer DC."""

    SUSPENDED = 1 << 0
    """Too many bad codes: the meter is hung up (挂起)."""
    MAC = 1 << 1
    PASSWORD = 1 << 2
    """Wrong, or not allowed to; also what has no bit of its own."""
    NOT_AUTHENTICATED = 1 << 3
    EXPIRED = 1 << 4
    RETAINED = 1 << 5
    """A trip while 保电 is on."""
    TRIAL_RETAINED = 1 << 6
    """A trip with an end of its own while 保电 is on."""
    TRIAL_TIME = 1 << 7
    """A trip with an end of its own, and the time is no time."""
    TRIAL_OPEN = 1 << 8
    """A trip with an end of its own while supply is off already."""


class ExecutionWord(IntFlag):
    """How a meter took a control command: two bytes of an answer 9C, where it sends any."""

    DIRECT_CLOSE = 1 << 0
    PERMIT_CLOSE = 1 << 1
    TRIP = 1 << 2
    TRIP_DELAYED = 1 << 3
    """It will trip when its delay (04001401) has passed."""
    TRIAL = 1 << 4
    """A trip with an end of its own."""
    TRIP_HELD = 1 << 5
    """It will trip when the current has fallen."""
    RETAIN_ON = 1 << 8
    RETAIN_OFF = 1 << 9
    ALARM_ON = 1 << 10
    ALARM_OFF = 1 << 11


_BYTE_CODES = {
    ErrorByte.PASSWORD: "PASSWORD",
    ErrorByte.NO_SUCH_DATA: "NO_SUCH_DATA",
    ErrorByte.BAUD_RATE: "BAUD_RATE",
    ErrorByte.YEAR_ZONES: "YEAR_ZONES",
    ErrorByte.DAY_SLOTS: "DAY_SLOTS",
    ErrorByte.RATES: "RATES",
    ErrorByte.OTHER: "OTHER",
}
_WORD_CODES = {
    ErrorWord.RETAINED: "RETAINED",
    ErrorWord.TRIAL_RETAINED: "RETAINED",
    ErrorWord.EXPIRED: "EXPIRED",
    ErrorWord.SUSPENDED: "SUSPENDED",
    ErrorWord.MAC: "MAC",
    ErrorWord.NOT_AUTHENTICATED: "NOT_AUTHENTICATED",
    ErrorWord.TRIAL_TIME: "TRIAL_TIME",
    ErrorWord.TRIAL_OPEN: "ALREADY_OPEN",
    ErrorWord.PASSWORD: "PASSWORD",
}
"""Most telling first: the password bit also stands for whatever has no bit of its own."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What run-status word 3 says of the relay.

    Attributes:
        relay_open: Whether supply is off at the contact (bit 4).
        command_open: Whether the meter was told to take supply away (bit 6).
        warning: Whether the alarm before a trip is on (bit 7).
        retained: Whether 保电 is on (bit 12); meters older than the extension always say no.
    """

    relay_open: bool
    command_open: bool
    warning: bool = False
    retained: bool = False

    def octets(self) -> bytes:
        """The word as sent, with every bit that is not of the relay at nought."""
        bits = (
            (self.relay_open, _RELAY_OPEN),
            (self.command_open, _COMMAND_OPEN),
            (self.warning, _WARNING),
            (self.retained, _RETAINED),
        )
        return sum(bit for on, bit in bits if on).to_bytes(WORD_OCTETS, "little")

    def relay(self) -> RelayState:
        """The same in words common to both protocols.

        A trip is waiting while the alarm before it is on, and while the meter was told to trip and has not: for its
        delay, for the current to fall, or for good. The word does not tell a permission to close from an order to: both
        are *told closed*, and supply is off until the customer presses the button.
        """
        return RelayState(
            commanded=Position.OPEN if self.command_open else Position.CLOSED,
            actual=Position.OPEN if self.relay_open else Position.CLOSED,
            retained=self.retained,
            pending=not self.relay_open and (self.warning or self.command_open),
        )


def read_run_status(octets: bytes) -> RunStatus | Unreadable:
    """Run-status word 3 of its two bytes."""
    if len(octets) != WORD_OCTETS:
        return Unreadable(f"a status word of {len(octets)} bytes")
    word = int.from_bytes(octets, "little")
    return RunStatus(
        relay_open=bool(word & _RELAY_OPEN),
        command_open=bool(word & _COMMAND_OPEN),
        warning=bool(word & _WARNING),
        retained=bool(word & _RETAINED),
    )


def refusal(function: int, octets: bytes) -> Refused | Unreadable:
    """Why the meter refuses, from the data of an answer with the error bit.

    One byte is the error byte of the standard; two, for a control command only, the error word of the extension.
    """
    if len(octets) == 1:
        return _named(octets, ((bit.value, code) for bit, code in _BYTE_CODES.items()))
    if len(octets) == WORD_OCTETS and function == Function.CONTROL:
        return _named(octets, ((bit.value, code) for bit, code in _WORD_CODES.items()))
    return Unreadable(f"an error word of {len(octets)} bytes")


def _named(octets: bytes, codes: Iterable[tuple[int, str]]) -> Refused:
    word = int.from_bytes(octets, "little")
    sent = octets[::-1].hex().upper()
    return Refused(next((code for bit, code in codes if word & bit), f"ERROR_{sent}"), sent)
