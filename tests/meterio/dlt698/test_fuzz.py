"""Bytes nobody should send: they crash no session and confirm nothing.

Each example is put to every verb, each time turned or set another way: 750 examples are 6,000 spoilt answers, and a
thorough run has twenty times as many.
"""

import asyncio
from dataclasses import replace

from dlt698 import Dlt698Error
from dlt698.codec import decode_data, decode_frame, encode_frame
from dlt698.protocol.link import Frame
from hypothesis import given, settings
from hypothesis import strategies as st

from dlt698_peers import ADDRESS, PASSWORD, UNTIL, OwnMeter, session_to
from properties import examples
from zaikong.meterio.dlt698 import values
from zaikong.meterio.dlt698.frames import FrameError, Stream, frame_bytes, read_frame
from zaikong.meterio.dlt698.messages import Act, Connect, Get, Message
from zaikong.meterio.dlt698.session import Dlt698Session
from zaikong.meterio.outcome import Confirmed, Refused, Unknown
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire

VERBS = (
    lambda session: session.read_registers(),
    lambda session: session.read_relay(),
    lambda session: session.trip(until=UNTIL),
    lambda session: session.permit_close(until=UNTIL),
    lambda session: session.direct_close(until=UNTIL),
    lambda session: session.retain(on=True, until=UNTIL),
    lambda session: session.retain(on=False, until=UNTIL),
    lambda session: session.set_time(at=UNTIL),
)
READERS = (
    values.read_energy,
    values.read_reactive,
    values.read_clock,
    values.read_relay,
    values.read_word,
    values.read_first_bit,
    values.read_retained,
    values.read_trip,
    values.read_close,
)


class MeterLine:
    """A line without a socket to a meter whose answers are bent; behind them the other side closes."""

    def __init__(self, bend):
        self.meter = OwnMeter()
        self.bend = bend
        self.is_open = True
        self._coming = []

    async def open(self):
        pass

    async def renew(self):
        self._coming = []

    async def discard(self):
        self._coming = []

    async def send(self, octets):
        for asked in Stream().feed(octets):
            answer = replace(asked, content=self.meter._content(asked, associated=True), from_meter=True)
            self._coming += self.bend(asked, frame_bytes(answer))

    async def receive(self):
        return self._coming.pop(0) if self._coming else b""

    async def close(self):
        pass


def outcomes(bend):
    """What every verb comes to at a meter whose answers are bent."""

    async def story():
        found = []
        for verb in VERBS:
            where = MeterAddress(Wire.DLT698, ADDRESS, Endpoint("nowhere", 1))
            line = MeterLine(bend)
            async with Dlt698Session(where, Credentials(PASSWORD), timeout_seconds=1, line=line) as session:
                found.append(await verb(session))
        return found

    return asyncio.run(story())


def pieces(octets, cuts):
    """The bytes in pieces; none of them empty, as an empty one ends the line."""
    ends = sorted({cut % (len(octets) + 1) for cut in cuts} | {len(octets)})
    return [octets[start:end] for start, end in zip([0, *ends], ends, strict=False) if octets[start:end]]


HEADS = st.sampled_from(
    [b"", b"\x68", b"\xfe\xfe\x68", b"\x68\x17\x00\xc3\x05\x17\x00\x30\x11\x26\x20\x00", b"\x68\xff\x3f\xc3\x05"]
)
NOISE = st.builds(lambda head, tail: head + tail, HEADS, st.binary(max_size=80))
CUTS = st.lists(st.integers(0, 200), max_size=3)


@settings(max_examples=examples(250))
@given(noise=NOISE, cuts=CUTS, only_commands=st.booleans())
def test_bytes_at_random_crash_nothing_and_confirm_nothing(noise, cuts, only_commands):
    def bend(asked, genuine):
        if only_commands and isinstance(asked.content, Connect):
            return [genuine]
        turned.append(1)
        turn = len(turned) % max(len(noise), 1)
        return pieces(noise[turn:] + noise[:turn], cuts)

    turned = []
    assert {type(one) for one in outcomes(bend)} <= {Unknown}


@st.composite
def mutations(draw):
    """A change of a frame that its check sums must find: of two neighbouring bytes, of its length, or of its end."""
    kind = draw(st.sampled_from(["change", "cut", "insert", "drop", "double", "swap"]))
    at, octets = draw(st.integers(0, 300)), draw(st.binary(min_size=1, max_size=2))

    def mutate(frame, times):
        place = (at + 37 * times) % len(frame)
        match kind:
            case "change":
                changed = bytes(a ^ b for a, b in zip(frame[place : place + len(octets)], octets, strict=False))
                return frame[:place] + changed + frame[place + len(changed) :]
            case "cut":
                return frame[:place]
            case "insert":
                return frame[:place] + octets + frame[place:]
            case "drop":
                return frame[:place] + frame[place + len(octets) :]
            case "double":
                return frame[:place] + frame[place : place + 8] + frame[place:]
            case _:
                return frame[:place] + frame[place : place + 2][::-1] + frame[place + 2 :]

    return mutate


@settings(max_examples=examples(500))
@given(mutate=mutations(), cuts=CUTS)
def test_mutated_answers_crash_nothing_and_confirm_nothing(mutate, cuts):
    spared = []

    def bend(asked, genuine):
        if isinstance(asked.content, Connect):
            return [genuine]
        mutated = mutate(genuine, len(spared))
        spared.append(genuine in mutated)
        return pieces(mutated, cuts)

    for outcome, is_spared in zip(outcomes(bend), spared, strict=True):
        assert isinstance(outcome, Confirmed if is_spared else Unknown)


@settings(max_examples=examples(250))
@given(
    payload=st.binary(max_size=60), head=st.sampled_from([b"", b"\x85\x02", b"\x87\x01", b"\x86\x01", b"\x82", b"\xee"])
)
def test_whole_frames_with_content_at_random_crash_nothing_and_confirm_nothing(payload, head):
    def bend(asked, genuine):
        whole = decode_frame(genuine)
        number = bytes([asked.piid]) if head else b""
        frame = Frame(client=whole.client, control=whole.control, payload=head + number + payload, server=whole.server)
        return [encode_frame(frame)]

    assert {type(one) for one in outcomes(bend)} <= {Unknown, Refused}


@settings(max_examples=examples(250))
@given(at=st.integers(0, 300), octet=st.integers(1, 255))
def test_answers_changed_and_checked_anew_are_confirmed_for_the_right_question_alone(at, octet):
    def bend(asked, genuine):
        if isinstance(asked.content, Connect):
            return [genuine]
        whole = decode_frame(genuine)
        place = at % len(whole.payload)
        payload = whole.payload[:place] + bytes([whole.payload[place] ^ octet]) + whole.payload[place + 1 :]
        bent.append((asked, payload))
        return [encode_frame(Frame(client=0, control=whole.control, payload=payload, server=whole.server))]

    bent = []
    for outcome in outcomes(bend):
        assert isinstance(outcome, Confirmed | Refused | Unknown)
        asked, payload = bent.pop(0)
        while bent and isinstance(bent[0][0].content, Get) and isinstance(asked.content, Act):
            bent.pop(0)  # the error word, asked for behind a refusal
        if isinstance(outcome, Confirmed):
            assert payload[2] & 0x3F == asked.piid
            assert not isinstance(asked.content, Act) or payload[3:7] == asked.content.method.to_bytes(4, "big")


@settings(max_examples=examples(500))
@given(noise=st.lists(NOISE, max_size=5))
def test_a_stream_of_noise_raises_nothing_and_finds_no_message(noise):
    stream = Stream()
    for octets in noise:
        assert all(isinstance(found, FrameError) for found in stream.feed(octets))


@settings(max_examples=examples(500))
@given(payload=st.binary(max_size=60), control=st.integers(0, 255))
def test_a_whole_frame_with_content_at_random_is_a_message_or_a_frame_error(payload, control):
    server = decode_frame(frame_bytes(Message(ADDRESS, 1, Connect()))).server
    try:
        octets = encode_frame(Frame(client=0, control=control, payload=payload, server=server))
        read = read_frame(octets)
    except (FrameError, Dlt698Error):
        return
    assert read.address == ADDRESS


@settings(max_examples=examples(500))
@given(octets=st.builds(lambda tag, rest: bytes([tag]) + rest, st.integers(0, 96), st.binary(max_size=40)))
def test_a_value_at_random_is_read_or_unreadable(octets):
    try:
        value = decode_data(octets)
    except Dlt698Error:
        return
    for read in READERS:
        try:
            read(value)
        except values.UnreadableValueError:
            continue


@settings(max_examples=examples(5))
@given(noise=st.binary(min_size=1, max_size=80))
def test_bytes_at_random_over_a_socket_confirm_nothing_and_the_next_question_is_answered(noise):
    async def story():
        async with OwnMeter(bend=lambda asked, answer: [noise, None]) as meter, session_to(meter.port) as session:
            spoilt = await session.read_relay()
            meter.bend = lambda asked, answer: [frame_bytes(answer)]
            return spoilt, await session.read_relay()

    spoilt, sound = asyncio.run(story())
    assert isinstance(spoilt, Unknown)
    assert isinstance(sound, Confirmed)
