"""Control code 1CH byte for byte: frames seen in public, and what a meter reads and answers."""

from datetime import UTC, datetime

import pytest

from little_meter import CREDENTIALS, OPERATOR, PASSWORD
from zaikong.meterio.dlt645 import control
from zaikong.meterio.dlt645.control import Operation
from zaikong.meterio.dlt645.frames import Frame, UnableToEncodeError, Unreadable, decode
from zaikong.meterio.dlt645.words import ExecutionWord
from zaikong.meterio.session import Credentials

UNTIL = datetime(2099, 12, 30, 0, 0, 0)

# frame, address, operation, level and password, operator, spans, until
PUBLIC = [
    (
        "68 61 10 01 30 12 15 68 1C 10 35 6A 39 35 34 33 33 33 4D 33 33 33 33 63 45 CC 2C 16",
        ("151230011061", Operation.TRIP, 2, "370602", "00000001", 0, datetime(2099, 12, 30)),
    ),
    (
        "68 61 10 01 30 12 15 68 1C 10 35 6A 39 35 34 33 33 33 4E 33 33 33 33 63 45 CC 2D 16",
        ("151230011061", Operation.PERMIT_CLOSE, 2, "370602", "00000001", 0, datetime(2099, 12, 30)),
    ),
    (
        "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4F 33 34 34 34 34 34 CC 21 16",
        ("201910280004", Operation.DIRECT_CLOSE, 2, "000000", "31313131", 0, datetime(2099, 1, 1, 1, 1, 1)),
    ),
    (
        "68 04 00 28 10 19 20 68 1C 10 35 33 33 33 64 64 64 64 4D 33 34 34 34 34 34 CC 1F 16",
        ("201910280004", Operation.TRIP, 2, "000000", "31313131", 0, datetime(2099, 1, 1, 1, 1, 1)),
    ),
    (
        "68 34 00 00 00 19 20 68 1C 10 35 33 33 33 64 64 64 64 4D 33 34 34 34 34 34 CC 17 16",
        ("201900000034", Operation.TRIP, 2, "000000", "31313131", 0, datetime(2099, 1, 1, 1, 1, 1)),
    ),
]


@pytest.mark.parametrize(("octets", "said"), PUBLIC)
def test_a_public_control_frame_reads_and_is_made_again_to_the_byte(octets, said):
    address, operation, level, password, operator, spans, until = said
    octets = bytes.fromhex(octets)
    frame = decode(octets)

    assert isinstance(frame, Frame)
    command = control.read_command(frame)
    assert isinstance(command, control.Command)
    assert (frame.address, command.operation, command.spans, command.until) == (address, operation, spans, until)

    credentials = Credentials(password, level=level, operator=operator)
    assert command.authority == control.authority(credentials)
    assert control.command(address, operation, credentials=credentials, until=until).encode(wake=0) == octets


@pytest.mark.parametrize(
    "octets",
    [
        # a command without any expiry, and one with an hour 31 in the place of the day: neither is ever in force
        "68 06 10 24 05 19 20 68 1C 10 35 33 33 33 33 33 33 33 4D 33 33 33 33 33 33 33 C0 16",
        # enciphered, 98 level
        "68 11 11 11 11 11 11 68 1C 1C CB 33 33 33 AB 89 67 45"
        " 1E 64 F4 36 A4 F5 83 0A 0B 3D FC B1 13 77 1D 00 39 DD 8E B9 7D 16",
    ],
)
def test_a_public_frame_that_says_nothing_to_us_is_unreadable_but_comes_back_to_the_byte(octets):
    octets = bytes.fromhex(octets)
    frame = decode(octets)

    assert isinstance(frame, Frame)
    assert isinstance(control.read_command(frame), Unreadable)
    assert frame.encode(wake=0) == octets


@pytest.mark.parametrize(
    "octets",
    [
        "FE FE FE FE 68 09 00 51 05 03 26 68 1C 10 35 33 33 33 33 33 33 33 4D 34 8C 8C 56 64 45 CC 82 16",
        "FE FE FE FE 68 09 00 51 05 03 26 68 1C 10 35 33 33 33 33 33 33 33 4E 34 8C 8C 56 64 45 CC 83 16",
    ],
)
def test_a_public_frame_with_a_span_where_none_belongs_is_read_with_it(octets):
    frame = decode(bytes.fromhex(octets))

    assert isinstance(frame, Frame)
    command = control.read_command(frame)
    assert isinstance(command, control.Command)
    assert (command.spans, command.until) == (1, datetime(2099, 12, 31, 23, 59, 59))
    assert frame.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize("octets", ["68 61 10 01 30 12 15 68 9C 00 35 16", "68 09 00 51 05 03 26 68 9C 00 F4 16"])
def test_a_public_answer_without_a_word_says_yes(octets):
    frame = decode(bytes.fromhex(octets))

    assert isinstance(frame, Frame)
    assert (frame.control, frame.is_error) == (0x9C, False)
    assert control.read_taken(Operation.TRIP, frame.data) == ExecutionWord(0)
    assert frame.encode(wake=0) == bytes.fromhex(octets)


def test_password_and_operator_go_in_their_order():
    frame = control.command("000000000161", Operation.TRIP, credentials=CREDENTIALS, until=UNTIL)

    assert frame.data.hex(" ") == "02 a1 b2 c3 21 43 65 87 1a 00 00 00 00 30 12 99"


def test_a_moment_with_a_zone_is_sent_as_the_clock_of_the_meter():
    until = datetime(2026, 11, 30, 18, 5, 9, tzinfo=UTC)
    frame = control.command("000000000161", Operation.TRIP, credentials=CREDENTIALS, until=until)

    assert frame.data[10:].hex(" ") == "09 05 02 01 12 26"


@pytest.mark.parametrize("operation", [Operation.TRIAL_THEN_CLOSE, Operation.TRIAL_THEN_PERMIT])
def test_a_trip_with_an_end_of_its_own_lasts_steps_of_five_minutes(operation):
    frame = control.command("000000000161", operation, credentials=CREDENTIALS, until=UNTIL, minutes=25)
    command = control.read_command(frame)

    assert isinstance(command, control.Command)
    assert (command.spans, command.minutes) == (5, 25)


@pytest.mark.parametrize(
    ("operation", "minutes"),
    [
        (Operation.TRIP, 5),
        (Operation.TRIAL_THEN_CLOSE, 0),
        (Operation.TRIAL_THEN_CLOSE, 7),
        (Operation.TRIAL_THEN_CLOSE, 1280),
        (Operation.TRIAL_THEN_CLOSE, -5),
    ],
)
def test_minutes_that_no_command_can_say_are_not_sent(operation, minutes):
    with pytest.raises(UnableToEncodeError):
        control.command("000000000161", operation, credentials=CREDENTIALS, until=UNTIL, minutes=minutes)


def test_a_year_of_another_century_is_not_sent():
    with pytest.raises(UnableToEncodeError):
        control.command("000000000161", Operation.TRIP, credentials=CREDENTIALS, until=datetime(2126, 1, 1))


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("a1b2c", operator=OPERATOR),
        Credentials("a1b2cg", operator=OPERATOR),
        Credentials(PASSWORD, operator="1234567"),
        Credentials(PASSWORD, operator="1234567f"),
        Credentials(PASSWORD, level=100, operator=OPERATOR),
    ],
)
def test_credentials_without_form_are_refused_without_being_told(credentials):
    with pytest.raises(UnableToEncodeError) as refused:
        control.authority(credentials)

    assert credentials.password not in str(refused.value)
    assert credentials.operator not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_command_does_not_show_who_gave_it():
    frame = control.command("000000000161", Operation.TRIP, credentials=CREDENTIALS, until=UNTIL)
    shown = repr(frame) + repr(control.read_command(frame))

    assert PASSWORD not in shown
    assert "\\xa1" not in shown


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        (Operation.TRIP, ExecutionWord.TRIP),
        (Operation.TRIP, ExecutionWord.TRIP_DELAYED),
        (Operation.TRIP, ExecutionWord.TRIP_HELD),
        (Operation.PERMIT_CLOSE, ExecutionWord.PERMIT_CLOSE),
        (Operation.DIRECT_CLOSE, ExecutionWord.DIRECT_CLOSE),
        (Operation.TRIAL_THEN_CLOSE, ExecutionWord.TRIAL),
        (Operation.RETAIN_ON, ExecutionWord.RETAIN_ON),
        (Operation.RETAIN_OFF, ExecutionWord.RETAIN_OFF),
        (Operation.ALARM_ON, ExecutionWord.ALARM_ON),
        (Operation.ALARM_OFF, ExecutionWord.ALARM_OFF),
    ],
)
def test_the_execution_word_of_an_operation_is_taken_and_of_no_other(operation, word):
    assert control.read_taken(operation, word.to_bytes(2, "little")) == word
    others = [other for other in Operation if not word & control._TAKEN[other]]
    assert others
    for other in others:
        assert isinstance(control.read_taken(other, word.to_bytes(2, "little")), Unreadable)


def test_an_execution_word_of_another_length_is_unreadable():
    assert isinstance(control.read_taken(Operation.TRIP, b"\x04"), Unreadable)
    assert isinstance(control.read_taken(Operation.TRIP, b"\x04\x00\x00"), Unreadable)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(15),
        bytes(17),
        bytes(8) + bytes.fromhex("1f00000000301299"),
        bytes(8) + bytes.fromhex("1a00a00000301299"),
    ],
)
def test_data_that_are_no_command_are_unreadable(data):
    assert isinstance(control.read_command(Frame("000000000161", 0x1C, data)), Unreadable)


def test_the_trip_delay_is_four_digits_low_byte_first():
    assert control.delay_octets(1234).hex(" ") == "34 12"
    assert control.read_delay(b"\x34\x12") == 1234
    for wrong in (-1, 10_000):
        with pytest.raises(UnableToEncodeError):
            control.delay_octets(wrong)
    assert isinstance(control.read_delay(b"\x34"), Unreadable)
    assert isinstance(control.read_delay(b"\xff\xff"), Unreadable)
