"""Which association does a virtual meter grant, and in which bytes?

A master wishes for services, functions and sizes, and may be granted nothing it did not wish for. The codec's messages
tell only whether an association is granted; this meter grants the whole wish, and says so in full.

Basis: DL/T 698.45-2017 6.3 (CONNECT).
"""

from dataclasses import dataclass, field, replace

from dlt698.codec import decode_apdu, decode_frame, encode_apdu, encode_frame
from dlt698.protocol import apdu
from dlt698.protocol.link import AddressType, Frame, ServerAddress

from zaikong.meterio.dlt698.messages import Connect, Connected, Message

_ANSWER = 0xC3
"""Control byte: from the meter, started by the master, user data."""


@dataclass(frozen=True, slots=True)
class Wish(Connect):
    """A wish for an association, with what is wished for."""

    parameters: apdu.AssociationParameters = field(default_factory=apdu.AssociationParameters, repr=False)


@dataclass(frozen=True, slots=True)
class Grant(Connected):
    """The answer to it."""

    parameters: apdu.AssociationParameters = field(default_factory=apdu.AssociationParameters, repr=False)


def with_wish(message: Message, octets: bytes) -> Message:
    """The message of a whole frame; one that asks for an association with what it wishes for."""
    if not isinstance(message.content, Connect):
        return message
    native = decode_apdu(decode_frame(octets).payload)
    assert isinstance(native, apdu.ConnectRequest), "what was read as one"
    wish = Wish(message.content.password, message.content.spoken, parameters=native.parameters)
    return replace(message, content=wish)


def grant_bytes(message: Message, grant: Grant) -> bytes:
    """The whole link frame of the answer."""
    native = apdu.ConnectResponse(result=grant.result, parameters=grant.parameters, piid_acd=message.piid)
    server = ServerAddress(bytes=bytes.fromhex(message.address)[::-1], logical=0, type=AddressType.single)
    return encode_frame(Frame(client=message.client, control=_ANSWER, payload=encode_apdu(native), server=server))
