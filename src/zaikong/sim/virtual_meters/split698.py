"""Which questions of DL/T 698.45 are in a stream of bytes, as a meter finds them?

A meter hears whatever is on its line. It begins at every 68, believes a length only after the check sum of the head, and
a frame only after that of the whole; what fails either is noise, and the search goes on one byte later.

Basis: DL/T 698.45-2017 5.3 (frame, HCS, FCS).
"""

from dlt698.protocol.link import crc16

from zaikong.meterio.dlt698.frames import LONGEST, FrameError, read_frame
from zaikong.meterio.dlt698.messages import Message
from zaikong.meterio.outcome import Reason
from zaikong.sim.virtual_meters.grants import with_wish

_START = 0x68
_LENGTH_BITS = 0x3FFF
_ADDRESS_BITS = 0x0F
_BEFORE_ADDRESS = 5
_SHORTEST = 12
_WHOLE = frozenset({Reason.MALFORMED, Reason.FOREIGN})
"""Flaws of what a frame carries; the frame itself is whole."""


class Splitter:
    """Finds frames, however the stream is cut up; what is whole and not understood is passed over."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def pending(self) -> int:
        """How many bytes wait for the rest of their frame [byte]."""
        return len(self._rest)

    def feed(self, octets: bytes) -> list[Message]:
        """Take bytes as they come; return the messages they complete."""
        self._rest += octets
        found: list[Message] = []
        while (size := self._next_size()) is not None:
            if size == 0:
                self._rest = self._rest[1:]
                continue
            message = _read(self._rest[:size])
            self._rest = self._rest[size if message is not False else 1 :]
            if isinstance(message, Message):
                found.append(message)
        return found

    def flush(self) -> list[Message]:
        """The frame that was begun does not end: give it up, and find what it hid."""
        found: list[Message] = []
        while self._rest:
            self._rest = self._rest[1:]
            found += self.feed(b"")
        return found

    def _next_size(self) -> int | None:
        """How long the frame is that begins here [byte]; 0 for none, None where more bytes must tell."""
        begun = self._rest.find(_START)
        self._rest = self._rest[begun:] if begun >= 0 else b""
        rest = self._rest
        if len(rest) < _BEFORE_ADDRESS:
            return None
        size = (int.from_bytes(rest[1:3], "little") & _LENGTH_BITS) + 2
        if not _SHORTEST <= size <= LONGEST:
            return 0
        head = _BEFORE_ADDRESS + (rest[4] & _ADDRESS_BITS) + 2
        if len(rest) < head + 2:
            return None
        if crc16(rest[1:head]) != int.from_bytes(rest[head : head + 2], "little"):
            return 0
        return size if len(rest) >= size else None


def _read(octets: bytes) -> Message | bool:
    """The message; True where the frame is whole and says nothing a meter knows, False where it is noise."""
    try:
        return with_wish(read_frame(octets), octets)
    except FrameError as error:
        return error.reason in _WHOLE
