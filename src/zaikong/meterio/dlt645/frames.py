"""Which frames of DL/T 645-2007 are in these bytes, and which bytes say this frame?

`68 A0..A5 68 C L DATA CS 16`, after any number of FE that wake the receiver. The address goes least byte first, every
data byte is sent with 33H added, CS is the sum of all before it from the first 68, modulo 256. Nothing here raises for
what was received: bytes that are no frame are a `Damaged` that says why.

Basis: DL/T 645-2007 5.2 (frame), 6 (control codes).
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

START = 0x68
END = 0x16
WAKE = 0xFE

ANSWER = 0x80
"""Bit of the control code: sent by the meter."""
ERROR = 0x40
"""Bit of the control code: the meter says no."""
MORE = 0x20
"""Bit of the control code: more frames belong to this answer."""
LONGEST = 0xFF
"""Most data in a frame [byte]; the standard keeps to 200."""
BROADCAST = "999999999999"
"""Address that every meter hears and none answers."""
ANYONE = "AAAAAAAAAAAA"
"""Address that the only meter on a line answers."""

_OVERHEAD = 12
_HEAD = 10
_OFFSET = 0x33
_UNKNOWN_NIBBLE = "A"
_ADDRESS = re.compile(r"[0-9A-F]{12}")


class UnableToEncodeError(ValueError):
    """A frame, number or text that cannot be sent: it has no place in the standard's form."""


class Function(IntEnum):
    """What a master asks, in the low five bits of the control code."""

    BROADCAST_TIME = 0x08
    READ = 0x11
    READ_MORE = 0x12
    READ_ADDRESS = 0x13
    WRITE = 0x14
    CONTROL = 0x1C
    """Trip, close, alarm, retain."""


class Flaw(StrEnum):
    """Why bytes are no frame."""

    NOTHING = "nothing"
    """No bytes, or only those that wake the receiver."""
    GARBAGE = "garbage"
    """Bytes that no frame begins with."""
    HALF = "half"
    """The beginning of a frame, and not its end."""
    CHECK_SUM = "check_sum"
    """A frame in form whose sum does not fit."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that are no frame.

    Attributes:
        flaw: Why.
        octets: The bytes; not shown, as a password may be among them.
    """

    flaw: Flaw
    octets: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, whole.

    Attributes:
        address: Of the meter, twelve digits, highest first; A stands for any digit, others only in what was received.
        control: Control code.
        data: Its data without the 33H; not shown, as a password may be among it.

    Raises:
        UnableToEncodeError: One of them fits no frame.
    """

    address: str
    control: int
    data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        """Refuse what no bytes can say."""
        if not _ADDRESS.fullmatch(self.address):
            raise UnableToEncodeError("an address has twelve digits")
        if not 0 <= self.control <= 0xFF:  # noqa: PLR2004 -- one byte
            raise UnableToEncodeError("a control code is one byte")
        if len(self.data) > LONGEST:
            raise UnableToEncodeError("a frame holds 255 bytes of data")

    @property
    def function(self) -> int:
        """Low five bits of the control code: what is asked or answered."""
        return self.control & 0x1F

    @property
    def from_meter(self) -> bool:
        """Whether a meter sent it."""
        return bool(self.control & ANSWER)

    @property
    def is_error(self) -> bool:
        """Whether the meter says no."""
        return self.from_meter and bool(self.control & ERROR)

    @property
    def has_more(self) -> bool:
        """Whether more frames belong to this answer."""
        return bool(self.control & MORE)

    @property
    def identifier(self) -> str:
        """Data identifier it begins with [eight hex digits, DI3 first], empty where there is none."""
        return unpacked(self.data[:4]) if len(self.data) >= 4 else ""  # noqa: PLR2004 -- four bytes

    def is_for(self, address: str) -> bool:
        """Whether a meter of `address` is meant: its own address, or one whose high digits are A, or everyone."""
        if self.address == BROADCAST:
            return True
        known = self.address.lstrip(_UNKNOWN_NIBBLE)
        return address.endswith(known)

    def answer(self, *, address: str, data: bytes = b"", more: bool = False) -> "Frame":
        """What the meter of `address` answers this question with when it says yes."""
        return Frame(address, self.function | ANSWER | (MORE if more else 0), data)

    def refusal(self, *, address: str, error: bytes) -> "Frame":
        """What the meter of `address` answers this question with when it says no; `error` is its error word."""
        return Frame(address, self.function | ANSWER | ERROR, error)

    def encode(self, *, wake: int = 4) -> bytes:
        """The bytes to send, after `wake` bytes of FE."""
        shifted = bytes((octet + _OFFSET) & 0xFF for octet in self.data)
        head = bytes([START, *packed(self.address), START, self.control, len(shifted)])
        body = head + shifted
        return bytes([WAKE] * wake) + body + bytes([check_sum(body), END])


Piece = Frame | Damaged
"""What a stream of bytes falls into."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Data of a whole frame that say nothing the standard knows.

    Attributes:
        what: What was looked for and how much was there; never the data themselves.
    """

    what: str


class Splitter:
    """Finds the frames in a stream, whatever stands between them and however it is cut up.

    Which frames are found does not depend on how the stream is cut up. A frame that was begun and never ended hides
    what comes after it until as many bytes as it promised are there, or until `flush`.
    """

    def __init__(self) -> None:
        self._rest = b""

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame [byte]."""
        return len(self._rest)

    def feed(self, octets: bytes) -> list[Piece]:
        """Take bytes as they come; return what is decided now, in their order."""
        pieces, self._rest = _split(self._rest + octets)
        return pieces

    def flush(self) -> list[Piece]:
        """Nothing more comes: decide what is left, looking for frames inside it. Empty where nothing is left."""
        begun, self._rest = self._rest, b""
        if not begun:
            return []
        inside = Splitter()
        pieces = inside.feed(begun[1:]) + inside.flush()
        if any(isinstance(piece, Frame) for piece in pieces):
            return [Damaged(Flaw.HALF, begun[:1]), *pieces]
        return [Damaged(Flaw.HALF, begun)]


def decode(octets: bytes) -> Piece:
    """The first frame in `octets`; where there is none, what is most like one: a bad sum, a half frame, garbage."""
    splitter = Splitter()
    pieces = splitter.feed(octets) + splitter.flush()
    for piece in pieces:
        if isinstance(piece, Frame):
            return piece
    flaws = {piece.flaw for piece in pieces if isinstance(piece, Damaged)}
    for flaw in (Flaw.CHECK_SUM, Flaw.HALF, Flaw.GARBAGE):
        if flaw in flaws:
            return Damaged(flaw, octets)
    return Damaged(Flaw.NOTHING, octets)


def check_sum(octets: bytes) -> int:
    """Sum of `octets`, modulo 256."""
    return sum(octets) & 0xFF


def packed(digits: str) -> bytes:
    """Digits, two a byte, least byte first, as numbers, addresses and times are sent.

    Raises:
        UnableToEncodeError: They are no even number of hex digits.
    """
    try:
        return bytes.fromhex(digits)[::-1]
    except ValueError:
        raise UnableToEncodeError("digits go two a byte") from None


def unpacked(octets: bytes) -> str:
    """The digits of `octets`, highest first; hex digits where a byte holds no decimal ones."""
    return octets[::-1].hex().upper()


def decimal(octets: bytes) -> int | Unreadable:
    """The number that `octets` hold, two digits a byte, least byte first."""
    digits = unpacked(octets)
    return int(digits) if digits.isdecimal() else Unreadable(f"{len(octets)} bytes that hold no number")


def _split(octets: bytes) -> tuple[list[Piece], bytes]:
    """What `octets` fall into, and the beginning of a frame that they end with."""
    pieces: list[Piece] = []
    at = given = 0
    while (begun := octets.find(START, at)) >= 0:
        size = _size(octets, begun)
        if size is None:
            break
        if size == 1:
            at = begun + 1
            continue
        piece = _judged(octets[begun : begun + size])
        if isinstance(piece, Damaged):
            size = _next_whole(octets[: begun + size], begun + 1) - begun
            piece = Damaged(piece.flaw, octets[begun : begun + size])
        pieces += [*_between(octets[given:begun]), piece]
        at = given = begun + size
    else:
        begun = len(octets)
    return pieces + _between(octets[given:begun]), octets[begun:]


def _next_whole(octets: bytes, at: int) -> int:
    """Where the first whole frame from `at` begins, its sum right; the end where there is none."""
    while (begun := octets.find(START, at)) >= 0:
        size = _size(octets, begun) or 1
        if size > 1 and isinstance(_judged(octets[begun : begun + size]), Frame):
            return begun
        at = begun + 1
    return len(octets)


def _size(octets: bytes, begun: int) -> int | None:
    """How many bytes the candidate at `begun` spans; 1 where it is no frame, None where more bytes must tell."""
    if begun + 7 >= len(octets):
        return None
    if octets[begun + 7] != START:
        return 1
    if begun + _HEAD > len(octets):
        return None
    size = octets[begun + 9] + _OVERHEAD
    if begun + size > len(octets):
        return None
    return size if octets[begun + size - 1] == END else 1


def _judged(octets: bytes) -> Piece:
    """A frame in form, and whether its sum fits."""
    if check_sum(octets[:-2]) != octets[-2]:
        return Damaged(Flaw.CHECK_SUM, octets)
    data = bytes((octet - _OFFSET) & 0xFF for octet in octets[_HEAD:-2])
    return Frame(unpacked(octets[1:7]), octets[8], data)


def _between(octets: bytes) -> list[Piece]:
    """Bytes before a frame: those that only wake the receiver are no garbage."""
    return [Damaged(Flaw.GARBAGE, octets)] if octets.strip(bytes([WAKE])) else []
