"""What comes back on a line: frames found in any stream, answers to what is known, nothing to what is not."""

from dataclasses import replace

import pytest
from dlt698.protocol.link import AddressType, ServerAddress, decode_frame, encode_frame

from zaikong.meterio.dlt645 import control, reading
from zaikong.meterio.dlt645.frames import ANYONE, BROADCAST, Frame, Function, decode, packed
from zaikong.meterio.dlt645.words import ErrorByte
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import frame_bytes, read_frame
from zaikong.meterio.dlt698.messages import (
    Act,
    Acted,
    Connect,
    Connected,
    Failed,
    Get,
    Message,
    Release,
    Released,
    Set,
    TimeTag,
    WasSet,
)
from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import CREDENTIALS
from zaikong.sim.virtual_meters.energy import constant
from zaikong.sim.virtual_meters.line645 import Line645
from zaikong.sim.virtual_meters.line698 import ALARM_OFF, ALARM_ON, Line698
from zaikong.sim.virtual_meters.lines import another
from zaikong.sim.virtual_meters.relay import Phase
from zaikong.sim.virtual_meters.split698 import Splitter

from .made import ADDRESSES, START, UNTIL, made_meter

A645, A698 = ADDRESSES[Wire.DLT645], ADDRESSES[Wire.DLT698]
AUTHORITY = control.authority(CREDENTIALS)
ENERGY = reading.ask(A645, reading.ENERGY["total"]).encode()
TAG = TimeTag.expiring(UNTIL, window_minutes=60)
PASSWORD = CREDENTIALS.password


@pytest.fixture
def meter645():
    return made_meter(Wire.DLT645, opening=(100, 0, 0, 0, 0, 0), use=constant(0))


@pytest.fixture
def line645(meter645):
    return Line645({meter645.address: meter645})


@pytest.fixture
def meter698():
    return made_meter(Wire.DLT698, opening=(100, 0, 0, 0, 0, 0), use=constant(0))


@pytest.fixture
def line698(meter698):
    return Line698({meter698.address: meter698})


def said645(line, frame: Frame) -> Frame:
    (reply,) = line.feed(frame.encode())
    answer = decode(reply.octets)
    assert isinstance(answer, Frame)
    return answer


def message(content, *, piid=7, tag=None, address=A698) -> Message:
    return Message(address, piid, content, client=3, tag=tag)


def said698(line, content, **terms):
    (reply,) = line.feed(frame_bytes(message(content, **terms)))
    answer = read_frame(reply.octets)
    assert (answer.address, answer.piid, answer.client, answer.from_meter) == (A698, 7, 3, True)
    return answer.content


def control_frame(operation: int, *, spans: int = 0, authority: bytes = AUTHORITY, rest: bytes | None = None) -> Frame:
    when = control.command(A645, control.Operation.TRIP, credentials=CREDENTIALS, until=UNTIL).data[-6:]
    return Frame(A645, Function.CONTROL, authority + (bytes([operation, spans]) + when if rest is None else rest))


# -- DL/T 645-2007


def test_a_question_and_its_answer_byte_by_byte(line645):
    (reply,) = line645.feed(bytes.fromhex("FEFEFEFE 68 01 00 00 00 00 41 68 11 04 33 33 34 33 F4 16".replace(" ", "")))
    assert reply.octets.hex(" ").upper() == ("FE FE FE FE 68 01 00 00 00 00 41 68 91 08 33 33 34 33 33 34 33 33 45 16")


@pytest.mark.parametrize("size", [1, 2, 7, 19])
def test_a_question_may_come_in_pieces(line645, size):
    pieces = [ENERGY[begin : begin + size] for begin in range(0, len(ENERGY), size)]
    replies = [line645.feed(piece) for piece in pieces]
    assert [len(each) for each in replies] == [0] * (len(pieces) - 1) + [1]
    assert line645.pending is False


def test_questions_may_come_together_and_among_noise(line645):
    replies = line645.feed(b"\x00\x16" + ENERGY * 2 + b"\x99\x68" + ENERGY)
    assert len(replies) == 3


def test_what_a_frame_that_never_ends_hides_is_answered_when_it_is_given_up(line645):
    begun = bytes.fromhex("68010000000041681CFF")
    assert line645.feed(begun + ENERGY) == []
    assert line645.pending
    assert len(line645.flush()) == 1
    assert line645.pending is False


def test_frames_for_nobody_and_answers_of_meters_are_passed_over(line645, meter645):
    foreign = reading.ask(another(A645), reading.ENERGY["total"])
    assert line645.feed(foreign.encode()) == []
    assert line645.feed(Frame(A645, 0x91, b"\x00" * 8).encode()) == []
    assert meter645.record.asked == 0


def test_the_only_meter_answers_who_asks_anyone_and_of_two_nobody_is_understood(meter645):
    asked = Frame(ANYONE, Function.READ_ADDRESS)
    assert said645(Line645({A645: meter645}), asked).data == packed(A645)
    other = made_meter(Wire.DLT645)
    other.address = another(A645)
    assert Line645({A645: meter645, other.address: other}).feed(asked.encode()) == []


def test_a_broadcast_of_time_is_heard_within_five_minutes_and_never_answered(line645, meter645):
    near, far = START.replace(minute=4), START.replace(minute=30)
    assert line645.feed(reading.broadcast_time(far).encode()) == []
    assert meter645.wall == START
    assert line645.feed(reading.broadcast_time(near).encode()) == []
    assert meter645.wall == near
    assert line645.feed(Frame(BROADCAST, Function.CONTROL, b"").encode()) == []


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (reading.ask(A645, "00099900"), ErrorByte.NO_SUCH_DATA),
        (reading.ask(A645, "00010900"), ErrorByte.NO_SUCH_DATA),
        (Frame(A645, Function.READ), ErrorByte.NO_SUCH_DATA),
        (Frame(A645, Function.READ_MORE, b"\x00" * 4), ErrorByte.OTHER),
        (Frame(A645, 0x16, b"\x99" * 4), ErrorByte.OTHER),
        (reading.write(A645, "04000999", authority=AUTHORITY, octets=b"\x01"), ErrorByte.NO_SUCH_DATA),
        (reading.write(A645, reading.DATE, authority=b"\x02" * 8, octets=b"\x01" * 4), ErrorByte.PASSWORD),
        (reading.write(A645, reading.DATE, authority=AUTHORITY, octets=b"\x01"), ErrorByte.OTHER),
        (reading.write(A645, control.TRIP_DELAY, authority=AUTHORITY, octets=b"\xaa\xaa"), ErrorByte.OTHER),
        (Frame(A645, Function.WRITE, b"\x01"), ErrorByte.PASSWORD),
        (control_frame(0x77), ErrorByte.OTHER),
        (control_frame(0x1A, rest=b"\x1a"), ErrorByte.OTHER),
        (control_frame(0x1A, rest=b"\x1a\x00" + b"\xff" * 6), ErrorByte.OTHER),
    ],
)
def test_what_it_does_not_know_it_refuses(line645, meter645, frame, error):
    answer = said645(line645, frame)
    assert (answer.is_error, answer.function, answer.data) == (True, frame.function, bytes([error]))
    assert meter645.supply_on


@pytest.mark.parametrize(
    ("operation", "spans", "phase", "word"),
    [
        (0x1A, 0, Phase.OPEN, "0400"),
        (0x1B, 0, Phase.CLOSED, "0200"),
        (0x1C, 0, Phase.CLOSED, "0100"),
        (0x1D, 2, Phase.TRIAL_CLOSE, "1000"),
        (0x1E, 2, Phase.TRIAL_PERMIT, "1000"),
        (0x2A, 0, Phase.CLOSED, "0004"),
        (0x2B, 0, Phase.CLOSED, "0008"),
        (0x3A, 0, Phase.CLOSED_RETAINED, "0001"),
        (0x3B, 0, Phase.CLOSED, "0002"),
    ],
)
def test_each_operation_of_control_code_1c(line645, meter645, operation, spans, phase, word):
    answer = said645(line645, control_frame(operation, spans=spans))
    assert (answer.control, answer.data.hex(), meter645.relay.phase) == (0x9C, word, phase)


def test_a_trial_without_spans_is_refused_with_the_error_word(line645):
    answer = said645(line645, control_frame(0x1D))
    assert (answer.control, answer.data.hex()) == (0xDC, "8000")


@pytest.mark.parametrize("place", range(4))
def test_every_byte_of_level_and_password_counts(line645, meter645, place):
    wrong = bytearray(AUTHORITY)
    wrong[place] ^= 0x01
    assert said645(line645, control_frame(0x1A, authority=bytes(wrong))).data.hex() == "0400"
    assert meter645.supply_on


def test_an_operator_counts_where_the_meter_knows_one(meter645):
    line = Line645({A645: meter645})
    other = AUTHORITY[:4] + packed("00000009")
    assert said645(line, control_frame(0x1A, authority=other)).control == 0x9C
    meter645.credentials = replace(CREDENTIALS, operator="00000007")
    assert said645(line, control_frame(0x1A, authority=other)).control == 0xDC


def test_moment_and_current_are_read(line645, meter645):
    assert said645(line645, reading.ask(A645, "0400010C")).data[4:].hex() == "00001001010724"
    assert said645(line645, reading.ask(A645, "02020100")).data[4:] == packed("005000")
    meter645.overdraw()
    assert said645(line645, reading.ask(A645, "02020100")).data[4:] == packed("000000")


def test_the_moment_is_written_at_once(line645, meter645):
    later = START.replace(year=2025, minute=5)
    octets = packed("100500") + packed("25070102")
    assert said645(line645, reading.write(A645, "0400010C", authority=AUTHORITY, octets=octets)).control == 0x94
    assert meter645.wall == later


# -- DL/T 698.45


@pytest.mark.parametrize("size", [1, 5, 16])
def test_a_698_question_may_come_in_pieces(line698, size):
    octets = frame_bytes(message(Get((objects.ENERGY,), listed=False)))
    pieces = [octets[begin : begin + size] for begin in range(0, len(octets), size)]
    assert [len(line698.feed(piece)) for piece in pieces] == [0] * (len(pieces) - 1) + [1]
    assert line698.pending is False


def test_698_questions_among_noise_are_all_found(line698):
    octets = frame_bytes(message(Get((objects.ENERGY,), listed=False)))
    assert len(line698.feed(b"\x68\x10\x00\x43" + octets + b"\x00\x68" + octets + octets)) == 3


def test_a_length_is_believed_only_after_the_check_sum_of_the_head(line698):
    noise = bytes.fromhex("68F0074305") + bytes(9)
    octets = frame_bytes(message(Get((objects.ENERGY,), listed=False)))
    assert len(line698.feed(noise + octets)) == 1


def test_a_698_frame_that_never_ends_hides_nothing_for_long(line698):
    octets = frame_bytes(message(Get((objects.ENERGY,) * 5)))
    assert line698.feed(octets[:-4]) == []
    assert line698.pending
    assert line698.feed(octets[: len(octets) // 2]) == []
    assert line698.flush() == []
    assert line698.pending is False
    assert line698.feed(octets[:20] + octets[:20]) == []
    assert [len(line698.flush()), len(line698.feed(octets))] == [0, 1]


def test_what_a_698_frame_hid_is_answered_when_it_is_given_up(line698):
    long = frame_bytes(message(Get((objects.ENERGY,) * 40)))
    short = frame_bytes(message(Get((objects.ENERGY,), listed=False)))
    assert line698.feed(long[:30] + short) == []
    assert len(line698.flush()) == 1


def test_a_whole_frame_that_says_nothing_is_passed_over_as_a_whole():
    octets = frame_bytes(message(Get((objects.ENERGY,), listed=False)))
    split = Splitter()
    assert split.feed(octets.replace(b"\x05\x01", b"\x7d\x01")) == []
    assert [each.content for each in split.feed(octets)] == [Get((objects.ENERGY,), listed=False)]


def test_without_the_password_nothing_is_obeyed(line698, meter698):
    trip = Act(objects.TRIP, values.trip_parameter(values.TripOrder()))
    assert said698(line698, trip, tag=TAG) == Acted(objects.TRIP, objects.DAR_PASSWORD)
    assert said698(line698, Connect()).result == 0
    assert said698(line698, trip, tag=TAG) == Acted(objects.TRIP, objects.DAR_PASSWORD)
    assert said698(line698, Connect("999999")).result == 1
    assert said698(line698, Connect(spoken=False)).result in {0, 255}
    assert said698(line698, trip, tag=TAG) == Acted(objects.TRIP, objects.DAR_PASSWORD)
    assert meter698.supply_on


def test_an_association_ends_when_it_is_released_and_when_a_wrong_password_comes(line698):
    retain = Act(objects.RETAIN_ON, values.nothing())
    for ends in (Release(), Connect("999999"), Connect()):
        assert said698(line698, Connect(PASSWORD)) == Connected(0)
        assert said698(line698, retain, tag=TAG) == Acted(objects.RETAIN_ON, 0)
        assert isinstance(said698(line698, ends), Released | Connected)
        assert said698(line698, retain, tag=TAG) == Acted(objects.RETAIN_ON, objects.DAR_PASSWORD)


def test_a_wildcard_reaches_the_only_meter_and_of_two_nobody_is_understood(line698, meter698):
    frame = decode_frame(frame_bytes(message(Get((objects.ENERGY,), listed=False))))
    frame.server = ServerAddress(bytes=b"\xaa" * 6, type=AddressType.wildcard)
    (reply,) = line698.feed(encode_frame(frame))
    assert read_frame(reply.octets).address == A698
    other = made_meter(Wire.DLT698)
    other.address = another(A698)
    assert Line698({A698: meter698, other.address: other}).feed(encode_frame(frame)) == []


def test_an_association_is_of_its_connection_and_of_its_meter(meter698):
    other = made_meter(Wire.DLT698)
    other.address = another(A698)
    meters = {A698: meter698, other.address: other}
    first, second = Line698(meters), Line698(meters)
    retain = Act(objects.RETAIN_ON, values.nothing())
    assert said698(first, Connect(PASSWORD)) == Connected(0)
    assert said698(second, retain) == Acted(objects.RETAIN_ON, objects.DAR_PASSWORD)
    (reply,) = first.feed(frame_bytes(message(retain, address=other.address)))
    assert read_frame(reply.octets).content == Acted(objects.RETAIN_ON, objects.DAR_PASSWORD)
    assert said698(first, retain) == Acted(objects.RETAIN_ON, 0)


@pytest.mark.parametrize(
    ("act", "phase"),
    [
        (Act(objects.TRIP, values.trip_parameter(values.TripOrder())), Phase.OPEN),
        (Act(objects.TRIP, values.trip_parameter(values.TripOrder(delay_minutes=5))), Phase.WAITING),
        (Act(objects.TRIP, values.trip_parameter(values.TripOrder(limit_minutes=5))), Phase.TRIAL_PERMIT),
        (
            Act(objects.TRIP, values.trip_parameter(values.TripOrder(limit_minutes=5, closes_itself=True))),
            Phase.TRIAL_CLOSE,
        ),
        (Act(objects.CLOSE, values.close_parameter(values.CloseOrder(direct=True))), Phase.CLOSED),
        (Act(objects.CLOSE, values.close_parameter(values.CloseOrder(direct=False))), Phase.CLOSED),
        (Act(objects.RETAIN_ON, values.nothing()), Phase.CLOSED_RETAINED),
        (Act(ALARM_ON, values.nothing()), Phase.CLOSED),
        (Act(ALARM_OFF, values.nothing()), Phase.CLOSED),
    ],
)
def test_each_method(line698, meter698, act, phase):
    assert said698(line698, Connect(PASSWORD)) == Connected(0)
    assert said698(line698, act, tag=TAG) == Acted(act.method, 0)
    assert meter698.relay.phase is phase


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (Act(0x8000_99_00, values.nothing()), Acted(0x8000_99_00, 4)),
        (Act(objects.TRIP, values.nothing()), Acted(objects.TRIP, 7)),
        (Act(objects.CLOSE, values.nothing()), Acted(objects.CLOSE, 7)),
        (Act(objects.TRIP, values.trip_parameter(values.TripOrder(relay=0xF205_02_02))), Acted(objects.TRIP, 8)),
        (
            Act(objects.CLOSE, values.close_parameter(values.CloseOrder(direct=True, relay=0xF205_02_02))),
            Acted(objects.CLOSE, 8),
        ),
        (Set(0x4116_02_00, values.nothing()), WasSet(0x4116_02_00, 4)),
        (Set(objects.ENERGY, values.nothing()), WasSet(objects.ENERGY, 3)),
        (Set(objects.CLOCK, values.nothing()), WasSet(objects.CLOCK, 7)),
    ],
)
def test_what_a_698_meter_does_not_know_it_refuses(line698, meter698, asked, answer):
    assert said698(line698, Connect(PASSWORD)) == Connected(0)
    assert said698(line698, asked) == answer
    assert (meter698.supply_on, meter698.wall) == (True, START)


def test_elements_of_an_attribute_are_told_one_by_one(line698):
    asked = (objects.ENERGY | 1, objects.ENERGY | 5, objects.ENERGY | 6, objects.CLOCK | 1, 0x4001_02_00)
    told = [result if isinstance(result, int) else result.value for _, result in said698(line698, Get(asked)).results]
    assert told == [100, 0, 4, 4, bytes.fromhex(A698)]


def test_more_than_a_frame_holds_is_an_error_and_no_silence(line698):
    assert said698(line698, Get((objects.ENERGY,) * 100)) == Failed(255)


def test_a_refusal_stands_in_the_error_word(line698):
    assert said698(line698, Connect(PASSWORD)) == Connected(0)
    assert said698(line698, Act(objects.RETAIN_ON, values.nothing())) == Acted(objects.RETAIN_ON, 0)
    trip = Act(objects.TRIP, values.trip_parameter(values.TripOrder()))
    assert said698(line698, trip, tag=TAG) == Acted(objects.TRIP, objects.DAR_DENIED)
    ((_, word),) = said698(line698, Get((objects.ERRORS,), listed=False)).results
    assert values.read_word(word) == {5}
