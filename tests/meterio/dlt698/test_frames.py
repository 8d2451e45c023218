from dataclasses import replace
from datetime import datetime

import pytest
from dlt698.codec import decode_frame, encode_frame
from dlt698.protocol.link import Frame

from dlt698_peers import ADDRESS, PASSWORD, UNTIL
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import FrameError, Stream, UnableToSayError, frame_bytes, read_frame
from zaikong.meterio.dlt698.messages import (
    Act,
    Acted,
    Connect,
    Connected,
    Failed,
    Get,
    Got,
    LinkAnswer,
    LinkCall,
    Message,
    Other,
    Release,
    Released,
    Set,
    Terms,
    TimeTag,
    WasSet,
)
from zaikong.meterio.outcome import Reason

# Frames given in public manuals and tests of DL/T 698.45; each comes back to the same bytes.
GET_ENERGY = "681700430500000000000000727905010000100200 00D51D16"
GOT_ENERGY = (
    "683400C305000000000000009CA18501000010020001010506 0001E2400600002710060000 4E200600007530060000F7E00000CCB316"
)
GET_TOTAL = "68170043050000000000000072790501000010020100 0D0416"
GOT_TOTAL = "681E00C305000000000000009E548501000010020101060001E2400000 5AD416"
GET_REACTIVE = "681700430500000000000000727905010000500201 00BA1216"
GOT_REACTIVE = "681E00C305000000000000009E54850100005002010106 0000D431000077CF16"
GET_CLOCK = "68170043050000000000000072790501004000020000561F16"
GOT_CLOCK = "682100C305000000000000001DDB8501004000020001 1C07EA0A070E101A0000E4C516"
GET_OF_ONE = "68 17 00 43 05 05 01 00 00 00 00 00 FA 8D 05 01 01 00 10 02 00 00 FE 19 16"
GET_WITH_MASTER = "68 17 00 43 05 11 11 11 11 11 11 10 6A 36 05 01 00 40 00 02 00 00 56 1F 16"
GET_LIST = "68 1C 00 43 05 39 12 19 08 37 00 0B 7A 52 05 02 05 02 00 10 02 00 00 20 02 00 00 8D 28 16"
GET_LIST_OF_THREE = (
    "68 20 00 43 05 39 12 19 08 37 00 0B 4A 23 05 02 1E 03 00 00 02 00 00 10 02 00 00 20 02 00 00 7F 08 16"
)
GET_ADDRESS = "68 17 00 43 05 07 09 19 05 16 20 00 15 60 05 01 01 40 01 02 00 00 C6 07 16"
GOT_ADDRESS = "68 21 00 C3 05 10 00 00 00 00 00 10 55 7E 85 01 41 40 01 02 00 01 09 06 00 00 00 00 00 10 00 00 DD BA 16"
GET_STATUS = "6817004305000000000000007279050100201402 0000A80F16"
GOT_STATUS = "683700C305000000000000002F5F8501002014020001010704100410041080040410000004100000041000000410000004100000 0000252816"
SET_MODE = "68 1A 00 43 05 01 00 00 00 00 00 10 48 41 06 01 03 FF F0 02 00 09 01 02 00 9D 3D 16"
WAS_SET = "68 19 00 C3 05 01 00 00 00 00 00 10 2C 7B 86 01 03 FF F0 02 00 00 00 00 59 B5 16"
LOG_IN = "68 1E 00 81 05 00 00 00 00 00 00 00 07 29 01 00 00 00 05 07 EA 0A 07 03 05 3A 0A 01 07 19 3B 16"
TRIP_GROUP = (
    "68 31 00 43 85 01 00 00 00 00 00 10 39 2A 07 01 3B 80 00 81 00 01 01 02 04 51 F2 05 02 02 11 01 12 00 00 03 01"
    "01 07 E2 09 0B 0A 13 15 01 00 C8 F8 E2 16"
)
PUBLIC = {
    name: bytes.fromhex(text)
    for name, text in sorted(globals().items())
    if name.isupper() and isinstance(text, str) and text.startswith("68")
}

# Bodies of commands from public test benches, without a link frame.
TRIP_NOW = "07010B800081000101020451F20502011100120000030001 07EA0B1E090000010005"
PERMIT = "07012E800082000101020251F2050201160001 07EA0B1E090000010005"
CLOSE = "070100800082000101020251F2050200160100"
RETAIN_OFF = "070104800180000001 07EA0B1E090000010005"

SPOKEN = (
    Get((objects.ENERGY, objects.CLOCK)),
    Get((objects.ERRORS,), listed=False),
    Got(((objects.ENERGY, objects.DAR_DENIED),)),
    Set(objects.CLOCK, values.clock_value(UNTIL)),
    WasSet(objects.CLOCK, objects.DONE),
    Act(objects.RETAIN_ON, values.nothing()),
    Acted(objects.TRIP, objects.DAR_EXPIRED),
    Connect(),
    Connect(terms=Terms(protocol=b"\xf0" * 8, function=bytes(16), send_bytes=512, window=2, timeout_seconds=7200)),
    Connected(1),
    Release(),
    Released(),
    Failed(1),
    LinkCall(1, 60, (7, 234, 10, 7, 3, 5, 58, 10, 1, 7)),
    LinkAnswer((7, 234, 10, 7, 3, 5, 58, 10, 1, 7)),
)
FROM_METER = (Got, WasSet, Acted, Connected, Released, Failed, LinkCall)


def said(content, **more):
    return Message(ADDRESS, 5, content, from_meter=isinstance(content, FROM_METER), **more)


def bodies(text):
    """A public command body in a frame to the meter of the tests."""
    outer = decode_frame(frame_bytes(said(Release())))
    return encode_frame(
        Frame(client=0, control=0x43, payload=bytes.fromhex(text.replace(" ", "")), server=outer.server)
    )


@pytest.mark.parametrize("name", [name for name in PUBLIC if not name.endswith("GROUP")])
def test_a_public_frame_is_read_and_written_to_the_same_bytes(name):
    assert frame_bytes(read_frame(PUBLIC[name])) == PUBLIC[name]


def test_all_public_frames_are_there():
    assert len(PUBLIC) == 20


def test_public_energies_and_clock_are_read():
    assert values.read_energy(read_frame(PUBLIC["GOT_ENERGY"]).content.results[0][1]) == {
        "total": 123456,
        "sharp": 10000,
        "peak": 20000,
        "flat": 30000,
        "valley": 63456,
    }
    assert read_frame(PUBLIC["GET_ENERGY"]).content == Get((objects.ENERGY,), listed=False)
    assert values.read_clock(read_frame(PUBLIC["GOT_CLOCK"]).content.results[0][1]) == datetime(2026, 10, 7, 14, 16, 26)
    assert values.read_reactive(read_frame(PUBLIC["GOT_REACTIVE"]).content.results[0][1]) == 54321


def test_a_public_question_says_meter_master_and_number():
    asked = read_frame(PUBLIC["GET_LIST"])
    assert (asked.address, asked.client, asked.piid, asked.from_meter) == ("003708191239", 0x0B, 5, False)
    assert asked.content == Get((0x0010_02_00, 0x0020_02_00))


def test_a_public_log_in_is_read():
    called = read_frame(PUBLIC["LOG_IN"])
    assert called.content == LinkCall(0, 5, (0x07, 0xEA, 0x0A, 0x07, 0x03, 0x05, 0x3A, 0x0A, 0x01, 0x07))
    assert called.from_meter


def test_a_public_trip_of_a_group_is_read_and_is_to_no_single_meter():
    asked = read_frame(PUBLIC["TRIP_GROUP"])
    assert not asked.addressed
    assert asked.content.method == objects.TRIP
    assert values.read_trip(asked.content.parameter) == (
        values.TripOrder(relay=0xF205_02_02, delay_minutes=1, closes_itself=True),
    )
    assert asked.tag == TimeTag(datetime(2018, 9, 11, 10, 19, 21), 1, 200)
    assert asked.tag.expires_at == datetime(2018, 9, 11, 13, 39, 21)


@pytest.mark.parametrize("text", [TRIP_NOW, PERMIT, CLOSE, RETAIN_OFF])
def test_a_public_command_is_read_and_written_to_the_same_bytes(text):
    octets = bodies(text)
    assert frame_bytes(read_frame(octets)) == octets


def test_public_commands_say_trip_permit_close_and_retain_off():
    trip, permit, close, retain = (read_frame(bodies(text)).content for text in (TRIP_NOW, PERMIT, CLOSE, RETAIN_OFF))
    assert (trip.method, values.read_trip(trip.parameter)) == (objects.TRIP, (values.TripOrder(),))
    assert (permit.method, values.read_close(permit.parameter)) == (objects.CLOSE, (values.CloseOrder(direct=False),))
    assert values.read_close(close.parameter) == (values.CloseOrder(direct=True, relay=0xF205_02_00),)
    assert retain.method == objects.RETAIN_OFF


@pytest.mark.parametrize("content", SPOKEN, ids=lambda content: type(content).__name__)
def test_every_message_comes_back_as_it_was_said(content):
    tag = None if isinstance(content, LinkCall | LinkAnswer) else TimeTag(UNTIL, 1, 5)
    octets = frame_bytes(said(content, client=9, tag=tag))
    heard = read_frame(octets)
    assert frame_bytes(heard) == octets
    assert replace(heard, content=content) == said(content, client=9, tag=tag)
    if not isinstance(content, Set | Act):
        assert heard.content == content


@pytest.mark.parametrize("content", SPOKEN, ids=lambda content: type(content).__name__)
def test_a_message_that_comes_the_wrong_way_is_none_of_ours(content):
    turned = replace(said(content), from_meter=not said(content).from_meter)
    assert isinstance(read_frame(frame_bytes(turned)).content, Other)


def test_a_scrambled_frame_is_read():
    plain = decode_frame(frame_bytes(said(Acted(objects.TRIP, 0))))
    scrambled = encode_frame(Frame(client=0, control=plain.control | 0x08, payload=plain.payload, server=plain.server))
    assert plain.payload not in scrambled
    assert read_frame(scrambled) == said(Acted(objects.TRIP, 0))


def test_a_part_of_a_message_is_not_read():
    plain = decode_frame(frame_bytes(said(Acted(objects.TRIP, 0))))
    part = encode_frame(Frame(client=0, control=plain.control | 0x20, payload=plain.payload, server=plain.server))
    with pytest.raises(FrameError) as error:
        read_frame(part)
    assert error.value.reason is Reason.MALFORMED


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda octets: octets[:-3] + bytes([octets[-3] ^ 1]) + octets[-2:], Reason.CHECK_SUM),
        (lambda octets: octets[:12] + bytes([octets[12] ^ 1]) + octets[13:], Reason.CHECK_SUM),
        (lambda octets: octets[:14] + bytes([octets[14] ^ 1]) + octets[15:], Reason.CHECK_SUM),
        (lambda octets: octets[:-1] + b"\x17", Reason.GARBAGE),
        (lambda octets: octets[:9], Reason.GARBAGE),
        (lambda _: b"", Reason.GARBAGE),
        (lambda _: b"\x68", Reason.GARBAGE),
    ],
)
def test_spoiled_frames_say_what_is_wrong(spoil, reason):
    with pytest.raises(FrameError) as error:
        read_frame(spoil(PUBLIC["GOT_ENERGY"]))
    assert error.value.reason is reason


def test_a_service_that_is_not_spoken_of_is_foreign_and_a_broken_one_malformed():
    with pytest.raises(FrameError) as error:
        read_frame(bodies("100009"))
    assert error.value.reason is Reason.FOREIGN
    with pytest.raises(FrameError) as error:
        read_frame(bodies("85010000100200"))
    assert error.value.reason is Reason.MALFORMED


def test_a_time_tag_of_no_day_or_unit_is_malformed():
    for tag in ("07EA0D1E090000010005", "07EA0B1E090000090005"):
        with pytest.raises(FrameError) as error:
            read_frame(bodies("0701048001800000 01" + tag))
        assert error.value.reason is Reason.MALFORMED


def test_a_stream_finds_messages_in_pieces_and_between_noise():
    octets = b"\xfe\xfe\xfe\xfe\x00\x68\x11" + PUBLIC["GET_LIST"] + b"\x99" + PUBLIC["GET_ENERGY"]
    stream = Stream()
    found = [item for octet in octets for item in stream.feed(bytes([octet]))]
    assert [item.content for item in found if isinstance(item, Message)] == [
        read_frame(PUBLIC["GET_LIST"]).content,
        read_frame(PUBLIC["GET_ENERGY"]).content,
    ]


def test_a_stream_counts_what_has_not_become_a_message():
    stream = Stream()
    assert stream.feed(PUBLIC["GET_LIST"][:10]) == []
    assert stream.loose == 10
    assert len(stream.feed(PUBLIC["GET_LIST"][10:])) == 1
    assert stream.loose == 0


@pytest.mark.parametrize("address", ["", "12345678901", "1234567890123", "12345678901A", "１２３４５６７８９０１２"])
def test_an_address_is_twelve_digits(address):
    with pytest.raises(UnableToSayError):
        frame_bytes(replace(said(Release()), address=address))


def test_numbers_that_fit_no_frame_are_refused():
    for message in (replace(said(Release()), client=256), said(Connected(256)), said(Other("what"))):
        with pytest.raises(UnableToSayError):
            frame_bytes(message)


def test_a_password_is_sent_and_never_shown():
    asked = said(Connect(PASSWORD))
    assert PASSWORD.encode() in frame_bytes(asked)
    heard = read_frame(frame_bytes(asked))
    assert heard.content.password == PASSWORD
    assert PASSWORD not in repr(heard)
    with pytest.raises(UnableToSayError) as error:
        frame_bytes(said(Connect(PASSWORD * 1000)))
    assert PASSWORD not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


def test_security_that_is_not_spoken_is_said_to_be_none():
    signature = "0200001 0FFFFFFFFFFFFFFFF FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 0400 0400 01 0400 00000064 02 00 00 00"
    heard = read_frame(bodies(signature.replace(" ", "")))
    assert (heard.content.password, heard.content.spoken) == (None, False)


def test_an_interval_of_nought_sets_no_limit():
    assert TimeTag(UNTIL, 0, 0).expires_at is None
    assert TimeTag.expiring(UNTIL, window_minutes=1440) == TimeTag(datetime(2026, 11, 30, 9, 30), 1, 1440)
    assert TimeTag.expiring(UNTIL, window_minutes=1440).expires_at == UNTIL
