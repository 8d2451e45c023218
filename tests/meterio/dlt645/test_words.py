"""Status, execution and error words, bit by bit."""

import pytest

from zaikong.meterio.dlt645.frames import Frame, Function, Unreadable, decode
from zaikong.meterio.dlt645.words import ErrorByte, ErrorWord, RunStatus, read_run_status, refusal
from zaikong.meterio.outcome import Refused
from zaikong.meterio.session import Position, RelayState


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        ("68 61 10 01 30 12 15 68 91 06 36 38 33 37 83 33 BE 16", RunStatus(relay_open=True, command_open=True)),
        ("68 61 10 01 30 12 15 68 91 06 36 38 33 37 33 33 6E 16", RunStatus(relay_open=False, command_open=False)),
    ],
)
def test_a_public_answer_tells_the_relay_after_a_trip_and_after_a_close(octets, status):
    frame = decode(bytes.fromhex(octets))

    assert isinstance(frame, Frame)
    assert frame.identifier == "04000503"
    assert read_run_status(frame.data[4:]) == status
    assert frame.encode(wake=0) == bytes.fromhex(octets)
    assert status.octets() == frame.data[4:]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("1000", RunStatus(relay_open=True, command_open=False)),
        ("4000", RunStatus(relay_open=False, command_open=True)),
        ("8000", RunStatus(relay_open=False, command_open=False, warning=True)),
        ("0010", RunStatus(relay_open=False, command_open=False, retained=True)),
        # time set, supply mode, programming, zone set, kind of meter, prices, identity, accounts: not of the relay
        ("2fef", RunStatus(relay_open=False, command_open=False)),
    ],
)
def test_each_bit_of_status_word_3_means_one_thing(word, status):
    assert read_run_status(bytes.fromhex(word)) == status


def test_public_words_of_a_meter_with_retained_supply_on_and_off():
    on, off = (read_run_status(bytes.fromhex(word)[::-1]) for word in ("114f", "014f"))

    assert (on.retained, off.retained) == (True, False)


@pytest.mark.parametrize("octets", [b"", b"\x10", b"\x10\x00\x00"])
def test_a_status_word_of_another_length_is_unreadable(octets):
    assert isinstance(read_run_status(octets), Unreadable)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (RunStatus(False, False), RelayState(Position.CLOSED, Position.CLOSED, False, False)),
        (RunStatus(True, True), RelayState(Position.OPEN, Position.OPEN, False, False)),
        # told to trip and did not move: it may yet
        (RunStatus(False, True), RelayState(Position.OPEN, Position.CLOSED, False, True)),
        (RunStatus(False, False, warning=True), RelayState(Position.CLOSED, Position.CLOSED, False, True)),
        # told to close, and waits for the button or did not move
        (RunStatus(True, False), RelayState(Position.CLOSED, Position.OPEN, False, False)),
        (RunStatus(True, True, warning=True), RelayState(Position.OPEN, Position.OPEN, False, False)),
        (RunStatus(False, False, retained=True), RelayState(Position.CLOSED, Position.CLOSED, True, False)),
    ],
)
def test_what_a_status_says_of_the_relay(status, state):
    assert status.relay() == state
    assert read_run_status(status.octets()) == status


@pytest.mark.parametrize(
    ("octets", "refused"),
    [
        ("68 12 90 78 56 34 12 68 D1 01 35 8D 16", Refused("NO_SUCH_DATA", "02")),
        ("FE FE FE FE 68 60 07 92 04 00 91 68 D1 01 37 67 16", Refused("PASSWORD", "04")),
    ],
)
def test_a_public_refusal_says_why(octets, refused):
    frame = decode(bytes.fromhex(octets))

    assert isinstance(frame, Frame)
    assert frame.is_error
    assert refusal(frame.function, frame.data) == refused


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ErrorByte.OTHER, "OTHER"),
        (ErrorByte.NO_SUCH_DATA, "NO_SUCH_DATA"),
        (ErrorByte.PASSWORD, "PASSWORD"),
        (ErrorByte.BAUD_RATE, "BAUD_RATE"),
        (ErrorByte.YEAR_ZONES, "YEAR_ZONES"),
        (ErrorByte.DAY_SLOTS, "DAY_SLOTS"),
        (ErrorByte.RATES, "RATES"),
        (ErrorByte.OTHER | ErrorByte.PASSWORD, "PASSWORD"),
        (0x00, "ERROR_00"),
        (0x80, "ERROR_80"),
    ],
)
def test_each_bit_of_the_error_byte_has_its_word(error, code):
    assert refusal(Function.CONTROL, bytes([error])) == Refused(code, f"{int(error):02X}")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ErrorWord.SUSPENDED, "SUSPENDED"),
        (ErrorWord.MAC, "MAC"),
        (ErrorWord.PASSWORD, "PASSWORD"),
        (ErrorWord.NOT_AUTHENTICATED, "NOT_AUTHENTICATED"),
        (ErrorWord.EXPIRED, "EXPIRED"),
        (ErrorWord.RETAINED, "RETAINED"),
        (ErrorWord.TRIAL_RETAINED, "RETAINED"),
        (ErrorWord.TRIAL_TIME, "TRIAL_TIME"),
        (ErrorWord.TRIAL_OPEN, "ALREADY_OPEN"),
        (ErrorWord.PASSWORD | ErrorWord.RETAINED, "RETAINED"),
        (0x8020, "RETAINED"),
        (0x8000, "ERROR_8000"),
    ],
)
def test_each_bit_of_the_error_word_has_its_word(error, code):
    assert refusal(Function.CONTROL, int(error).to_bytes(2, "little")) == Refused(code, f"{int(error):04X}")


@pytest.mark.parametrize(
    ("function", "octets"),
    [(Function.READ, b"\x02\x00"), (Function.CONTROL, b""), (Function.CONTROL, b"\x20\x00\x00"), (Function.WRITE, b"")],
)
def test_an_error_word_of_another_length_is_unreadable(function, octets):
    assert isinstance(refusal(function, octets), Unreadable)
