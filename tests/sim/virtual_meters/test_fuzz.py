"""Whatever bytes arrive: no line raises, no answer is anything but a whole frame, and no noise moves a relay."""

import random

import pytest
from dlt698.protocol.link import decode_frame, encode_frame
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.meterio.dlt645 import control, reading
from zaikong.meterio.dlt645.frames import Frame, decode
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import frame_bytes, read_frame
from zaikong.meterio.dlt698.messages import Act, Acted, Connect, Get, Message, Release, Set, TimeTag, WasSet
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import CREDENTIALS
from zaikong.sim.virtual_meters.line645 import Line645
from zaikong.sim.virtual_meters.line698 import Line698
from zaikong.sim.virtual_meters.lines import Line

from .made import ADDRESSES, START, UNTIL, WIRES, made_meter

MANY = examples(5_000)  # 100,000 in a thorough run
A645, A698 = ADDRESSES[Wire.DLT645], ADDRESSES[Wire.DLT698]
TAG = TimeTag.expiring(UNTIL, window_minutes=60)

SAID645 = [
    *(reading.ask(A645, identifier) for identifier in (reading.ENERGY_BLOCK, reading.RUN_STATUS_3, reading.DATE)),
    *(
        control.command(A645, operation, credentials=CREDENTIALS, until=UNTIL, minutes=10 if trial else 0)
        for operation in control.Operation
        for trial in [operation in {control.Operation.TRIAL_THEN_CLOSE, control.Operation.TRIAL_THEN_PERMIT}]
    ),
    reading.write(A645, control.TRIP_DELAY, authority=control.authority(CREDENTIALS), octets=b"\x00\x00"),
]
SAID698 = [
    Message(A698, 1, content, tag=TAG)
    for content in (
        Connect(CREDENTIALS.password),
        Get((objects.ENERGY, objects.RELAY, objects.RUN_STATUS)),
        Act(objects.TRIP, values.trip_parameter(values.TripOrder())),
        Act(objects.CLOSE, values.close_parameter(values.CloseOrder(direct=True))),
        Act(objects.RETAIN_ON, values.nothing()),
        Set(objects.CLOCK, values.clock_value(START)),
        Release(),
    )
]
WHOLE = {Wire.DLT645: [each.encode() for each in SAID645], Wire.DLT698: [frame_bytes(each) for each in SAID698]}


def made_line(wire: Wire) -> Line:
    meter = made_meter(wire)
    return (Line645 if wire is Wire.DLT645 else Line698)({meter.address: meter})


def is_whole(wire: Wire, octets: bytes) -> bool:
    if wire is Wire.DLT645:
        answer = decode(octets)
        return isinstance(answer, Frame) and answer.from_meter and answer.address == A645
    message = read_frame(octets)
    return message.from_meter and message.address == A698


def fed(line: Line, wire: Wire, octets: bytes) -> None:
    for reply in (*line.feed(octets), *line.flush()):
        assert is_whole(wire, reply.octets)
    assert line.pending is False


@pytest.mark.parametrize("wire", WIRES)
@given(chunks=st.lists(st.binary(max_size=80), max_size=4))
@settings(max_examples=examples(100))
def test_random_bytes_are_borne_and_move_nothing(wire, chunks):
    line = made_line(wire)
    for octets in chunks:
        fed(line, wire, octets)
    (meter,) = line.meters.values()
    assert meter.acts == ()


def mutated(octets: bytes, chance: random.Random) -> bytes:
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place] = chance.choice((0x68, 0x16, 0xFE, 0xFF, 0x00, chance.randrange(256)))
            case 2:
                del changed[place : place + chance.randint(1, 5)]
            case 3:
                changed[place:place] = chance.randbytes(chance.randint(1, 5))
            case 4:
                changed += changed[: chance.randrange(len(changed))]
        changed = changed or bytearray(b"\x68")
    return bytes(changed)


@pytest.mark.parametrize("wire", WIRES)
def test_mutated_frames_are_borne_and_the_line_still_answers(wire):
    """Half as random bytes with the marks of a frame, half as true frames with something changed."""
    chance = random.Random(20240701)
    line = made_line(wire)
    (meter,) = line.meters.values()
    for number in range(MANY):
        octets = mutated(chance.choice(WHOLE[wire]), chance) if number % 2 else marked(chance)
        fed(line, wire, octets)
        meter.record.acts.clear()
    assert len(line.feed(WHOLE[wire][1])) == 1


def marked(chance: random.Random) -> bytes:
    return bytes(chance.choice((0x68, 0x16, 0x11, 0x1C, chance.randrange(256))) for _ in range(chance.randrange(60)))


def resealed645(octets: bytes, chance: random.Random) -> bytes:
    """Data changed and the sum put right: a whole frame that says something else."""
    frame = decode(octets)
    assert isinstance(frame, Frame)
    data = mutated(frame.data, chance)[:200] if frame.data else b""
    return Frame(A645, chance.choice((frame.control, chance.randrange(0x80))), data).encode()


def test_whole_frames_of_nonsense_are_answered_by_whole_frames():
    chance = random.Random(7)
    line = made_line(Wire.DLT645)
    (meter,) = line.meters.values()
    for _ in range(MANY):
        octets = resealed645(chance.choice(WHOLE[Wire.DLT645]), chance)
        (reply,) = line.feed(octets)
        assert is_whole(Wire.DLT645, reply.octets)
        meter.record.acts.clear()


def resealed698(octets: bytes, chance: random.Random) -> bytes:
    """A message changed and both sums put right: a whole frame that says something else, or nothing."""
    frame = decode_frame(octets)
    frame.payload = mutated(frame.payload, chance)[:500]
    return encode_frame(frame)


def test_whole_698_frames_of_nonsense_are_answered_by_whole_frames_or_not_at_all():
    chance = random.Random(7)
    line = made_line(Wire.DLT698)
    (meter,) = line.meters.values()
    answered = 0
    for _ in range(MANY):
        octets = resealed698(chance.choice(WHOLE[Wire.DLT698]), chance)
        replies = line.feed(octets)
        assert all(is_whole(Wire.DLT698, reply.octets) for reply in replies)
        answered += len(replies)
        meter.record.acts.clear()
    assert answered > MANY // 50


@pytest.mark.parametrize("year", [1, 1999, 2099, 9999])
def test_a_clock_is_not_set_where_it_would_run_out(year):
    line = made_line(Wire.DLT698)
    at = START.replace(year=year)
    for content in (Connect(CREDENTIALS.password), Set(objects.CLOCK, values.clock_value(at))):
        (reply,) = line.feed(frame_bytes(Message(A698, 1, content)))
    assert read_frame(reply.octets).content == WasSet(objects.CLOCK, 8)
    (meter,) = line.meters.values()
    with pytest.raises(ValueError, match=str(year)):
        meter.set_clock(at)


def test_a_time_tag_that_holds_beyond_the_calendar_sets_no_limit():
    line = made_line(Wire.DLT698)
    for content in (Connect(CREDENTIALS.password), Act(objects.RETAIN_ON, values.nothing())):
        tag = TimeTag(START.replace(year=9999), unit=5, interval=60_000)
        (reply,) = line.feed(frame_bytes(Message(A698, 1, content, tag=tag)))
    assert read_frame(reply.octets).content == Acted(objects.RETAIN_ON, 0)


@pytest.mark.parametrize("wire", WIRES)
@given(octets=st.binary(min_size=1, max_size=40), place=st.integers(0, 200))
@settings(max_examples=examples(100))
def test_a_command_with_a_byte_changed_is_never_obeyed(wire, octets, place):
    """The check sums keep every single wrong byte out: nothing is done that was not said."""
    line = made_line(wire)
    (meter,) = line.meters.values()
    if wire is Wire.DLT698:
        fed(line, wire, WHOLE[wire][0])
    trip = WHOLE[wire][3 if wire is Wire.DLT645 else 2]
    begun = trip.index(b"\x68")
    place = begun + place % (len(trip) - begun)
    changed = trip[:place] + bytes([trip[place] ^ (octets[0] or 1)]) + trip[place + 1 :]
    fed(line, wire, changed)
    assert (meter.acts, meter.supply_on) == ((), True)
