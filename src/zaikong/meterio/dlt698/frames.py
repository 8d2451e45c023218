"""Which bytes carry a message to or from a DL/T 698.45 meter, and which message do these bytes carry?

Both directions of both sides: a master writes questions and reads answers, a virtual meter the other way round. The link
frame, its two check sums and the rules of the APDU are the codec's (`dlt698`); its faults become a `FrameError` that says
what an exchange must end with. A message split over several link frames is not put together: no answer asked for here is
that long.

Basis: DL/T 698.45-2017 5 (link frame: HCS, FCS), 6 (APDU: LINK 1, CONNECT 2, RELEASE 3, GET 5, SET 6, ACTION 7, ERROR 110;
an answer adds 128).
"""

import re

from dlt698 import Dlt698Error, ErrorCode, Limits
from dlt698.codec import decode_apdu, decode_frame, encode_apdu, encode_frame
from dlt698.common import Error
from dlt698.protocol.link import AddressType, Frame, FrameStreamDecoder, ServerAddress

from zaikong.meterio.dlt698.apdus import content_of, native_of, piid_of, tag_of
from zaikong.meterio.dlt698.messages import (
    ADDRESS_DIGITS,
    PIID_MASK,
    Answer,
    Content,
    LinkAnswer,
    LinkCall,
    Message,
    Other,
)
from zaikong.meterio.dlt698.values import UnreadableValueError
from zaikong.meterio.outcome import Reason

LONGEST = 2048
"""Longest frame taken [byte]: a length beyond it is noise."""

# Control byte: direction (from the meter), started by the master, split, scrambled, function.
_FROM_METER = 0x80
_STARTED_BY_MASTER = 0x40
_SPLIT = 0x20
_FUNCTION = 0x07
_LINK = 0x01
_USER = 0x03

_ADDRESS = re.compile(rf"[0-9]{{{ADDRESS_DIGITS}}}")
_LIMITS = Limits(
    max_frame_bytes=LONGEST, max_stream_bytes=4 * LONGEST, max_data_bytes=LONGEST, max_elements=256, max_depth=8
)
_CHECKS = {ErrorCode.checksum_header: "HCS", ErrorCode.checksum_frame: "FCS"}


class UnableToSayError(ValueError):
    """A message that no frame can carry: an address that is none, or a number or text that does not fit."""


class FrameError(Exception):
    """Bytes that carry no message.

    Attributes:
        reason: What an exchange ends with that gets nothing better.
        detail: What is wrong, in the codec's words; never what was sent.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def frame_bytes(message: Message) -> bytes:
    """The whole link frame of a message.

    Raises:
        UnableToSayError: No frame can carry it.
    """
    if not _ADDRESS.fullmatch(message.address):
        raise UnableToSayError("an address has twelve digits")
    server = ServerAddress(bytes=bytes.fromhex(message.address)[::-1], logical=0, type=AddressType.single)
    try:
        payload = encode_apdu(native_of(message.content, piid=message.piid | message.flags, tag=message.tag), _LIMITS)
        return encode_frame(
            Frame(client=message.client, control=_control(message), payload=payload, server=server), _LIMITS
        )
    except (Dlt698Error, OverflowError, TypeError):  # their text may quote what was to be sent
        raise UnableToSayError("a number or text that fits no frame") from None


def read_frame(octets: bytes) -> Message:
    """The message of one whole link frame.

    Raises:
        FrameError: It carries none.
    """
    try:
        return _message(decode_frame(octets, _LIMITS))
    except Dlt698Error as fault:
        raise _frame_error(fault.code, fault.context) from None


class Stream:
    """Finds messages in bytes that come in any pieces, and noise between them.

    Attributes:
        loose: Bytes since the last message or fault that have not become one [byte].
    """

    def __init__(self) -> None:
        self._decoder = FrameStreamDecoder(_LIMITS)
        self.loose = 0

    def feed(self, octets: bytes) -> list[Message | FrameError]:
        """The messages and faults that these bytes complete, in order."""
        try:
            found = self._decoder.feed(octets)
        except Dlt698Error as fault:
            self._decoder.reset()
            return [_frame_error(fault.code, fault.context)]
        self.loose = 0 if found else self.loose + len(octets)
        return [_found(item) for item in found]


def _found(item: Frame | Error) -> Message | FrameError:
    if not isinstance(item, Frame):
        return _frame_error(item.code, item.context)
    try:
        return _message(item)
    except FrameError as error:
        return error


def _frame_error(code: ErrorCode, context: str) -> FrameError:
    if code in _CHECKS:
        return FrameError(Reason.CHECK_SUM, _CHECKS[code])
    return FrameError(Reason.GARBAGE, context)


def _control(message: Message) -> int:
    direction = _FROM_METER if message.from_meter else 0
    if isinstance(message.content, LinkCall | LinkAnswer):
        return direction | _LINK
    return direction | _STARTED_BY_MASTER | _USER


def _message(frame: Frame) -> Message:
    if frame.control & _SPLIT:
        raise FrameError(Reason.MALFORMED, "a part of a message")
    try:
        native = decode_apdu(frame.payload, _LIMITS)
    except Dlt698Error as fault:
        unknown = fault.code == ErrorCode.unsupported_service
        raise FrameError(Reason.FOREIGN if unknown else Reason.MALFORMED, fault.context) from None
    try:
        tag = tag_of(native)
    except UnreadableValueError as fault:
        raise FrameError(Reason.MALFORMED, "no such time tag") from fault
    number = piid_of(native)
    return Message(
        address=frame.server.bytes[::-1].hex().upper(),
        piid=number & PIID_MASK,
        content=_in_its_direction(content_of(native), frame.control),
        client=frame.client,
        tag=tag,
        from_meter=bool(frame.control & _FROM_METER),
        addressed=frame.server.type == AddressType.single and frame.server.logical == 0,
        flags=number & ~PIID_MASK,
    )


def _in_its_direction(content: Content, control: int) -> Content:
    """The content, or `Other` where the control byte says that it came the wrong way."""
    linked = isinstance(content, LinkCall | LinkAnswer)
    from_meter = isinstance(content, Answer)
    told = bool(control & _FROM_METER), bool(control & _STARTED_BY_MASTER), control & _FUNCTION
    if told == (from_meter, not linked, _LINK if linked else _USER):
        return content
    return Other(type(content).__name__)
