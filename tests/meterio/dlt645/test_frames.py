"""Frames of DL/T 645-2007, byte for byte."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.meterio.dlt645.frames import (
    ANYONE,
    BROADCAST,
    Damaged,
    Flaw,
    Frame,
    Splitter,
    UnableToEncodeError,
    check_sum,
    decode,
    packed,
    unpacked,
)

ADDRESSED = bytes.fromhex("68 61 01 00 00 00 00 68")
ASKED = bytes.fromhex("68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16")
ANSWERED = bytes.fromhex("68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16")


def test_an_answer_of_the_standard_tells_its_energy():
    frame = decode(ANSWERED)

    assert isinstance(frame, Frame)
    assert (frame.address, frame.control, frame.identifier) == ("000000000161", 0x91, "00010000")
    assert (frame.from_meter, frame.is_error, frame.has_more) == (True, False, False)
    assert unpacked(frame.data[4:]) == "00000026"


def test_a_frame_after_bytes_that_wake_is_the_same_frame():
    assert decode(b"\xfe" * 4 + ASKED) == decode(ASKED) == Frame("000000000161", 0x11, packed("00010000"))


def test_a_frame_whose_sum_does_not_fit_is_said_so():
    bad = ASKED[:-2] + b"\x15\x16"

    assert Splitter().feed(bad) == [Damaged(Flaw.CHECK_SUM, bad)]
    assert decode(bad) == Damaged(Flaw.CHECK_SUM, bad)


def test_a_half_frame_is_said_so_only_when_nothing_more_comes():
    splitter = Splitter()

    assert splitter.feed(ASKED[:9]) == []
    assert splitter.pending == 9
    assert splitter.flush() == [Damaged(Flaw.HALF, ASKED[:9])]
    assert splitter.pending == 0


def test_garbage_is_one_piece_before_the_frame_it_hides_not():
    assert Splitter().feed(b"\x00\x68\x01" + ASKED) == [Damaged(Flaw.GARBAGE, b"\x00\x68\x01"), decode(ASKED)]


def test_nothing_and_waking_bytes_are_no_frame_and_no_garbage():
    assert Splitter().feed(b"\xfe" * 9) == []
    assert decode(b"") == Damaged(Flaw.NOTHING, b"")
    assert decode(b"\xfe\xfe") == Damaged(Flaw.NOTHING, b"\xfe\xfe")


def test_a_frame_behind_a_half_one_is_found_at_the_latest_when_nothing_more_comes():
    long = Frame("000000000161", 0x91, bytes(200)).encode(wake=0)
    splitter = Splitter()

    assert splitter.feed(long[:60] + ASKED) == []
    assert splitter.flush() == [
        Damaged(Flaw.HALF, long[:1]),
        Damaged(Flaw.GARBAGE, long[1:60]),
        decode(ASKED),
    ]


def test_a_bad_sum_hides_no_frame_that_lies_within_what_it_promised():
    # noise in the length made the frame promise exactly as much as ends with the next one
    head = ASKED[:9] + bytes([1 + len(ANSWERED) - 2])
    pieces = Splitter().feed(head + b"\x33" + ANSWERED)

    assert next(piece.flaw for piece in pieces if isinstance(piece, Damaged)) is Flaw.CHECK_SUM
    assert [piece for piece in pieces if isinstance(piece, Frame)] == [decode(ANSWERED)]


def test_bad_frames_nested_in_one_another_are_gone_through_once():
    # each promises to end where all end; the innermost one is right
    nested = ANSWERED
    for _ in range(30):
        nested = ADDRESSED + b"\x92" + bytes([len(nested) - 2]) + nested
        if len(nested) > 250:
            break
    begun = time.perf_counter()
    pieces = Splitter().feed(nested)

    assert time.perf_counter() - begun < 0.5
    assert pieces == [Damaged(Flaw.CHECK_SUM, nested[: -len(ANSWERED)]), decode(ANSWERED)]


def test_a_flood_without_a_frame_is_one_piece_of_garbage():
    flood = b"\x68\x11" * 30_000
    splitter = Splitter()
    begun = time.perf_counter()
    pieces = splitter.feed(flood)

    assert time.perf_counter() - begun < 1
    assert [piece.flaw for piece in pieces] == [Flaw.GARBAGE]
    assert splitter.pending < 267


@pytest.mark.parametrize(
    ("asked", "meter", "meant"),
    [
        ("000000000161", "000000000161", True),
        ("000000000161", "000000000162", False),
        ("AAAAAAAA0161", "000000000161", True),
        ("AAAAAAAA0161", "000000001161", False),
        (ANYONE, "000000000161", True),
        (BROADCAST, "000000000161", True),
    ],
)
def test_whom_an_address_means(asked, meter, meant):
    assert Frame(asked, 0x11).is_for(meter) is meant


def test_a_meter_answers_yes_or_no_under_its_own_address():
    question = Frame("AAAAAAAA0161", 0x11, packed("00010000"))

    assert question.answer(address="000000000161", data=b"\x01").control == 0x91
    assert question.answer(address="000000000161", more=True).control == 0xB1
    assert question.refusal(address="000000000161", error=b"\x02") == Frame("000000000161", 0xD1, b"\x02")


@pytest.mark.parametrize(
    ("address", "control", "data"), [("161", 0x11, b""), ("0" * 12, 256, b""), ("0" * 12, 1, bytes(256))]
)
def test_what_fits_no_frame_cannot_be_made(address, control, data):
    with pytest.raises(UnableToEncodeError):
        Frame(address, control, data)


def test_half_a_byte_cannot_be_packed():
    with pytest.raises(UnableToEncodeError):
        packed("123")


def test_a_frame_does_not_show_its_data():
    password = bytes.fromhex("02 12 34 56")

    assert "\\x12" not in repr(Frame("0" * 12, 0x1C, password))
    assert "octets" not in repr(Damaged(Flaw.HALF, password))


frames = st.builds(
    Frame,
    st.text("0123456789", min_size=12, max_size=12),
    st.integers(0, 255),
    st.binary(max_size=255),
)


@given(frames, st.integers(0, 6))
def test_every_frame_comes_back_as_it_was_sent(frame, wake):
    assert Splitter().feed(frame.encode(wake=wake)) == [frame]


@given(st.lists(frames | st.binary(max_size=30), max_size=4), st.lists(st.integers(0, 900), max_size=8))
def test_how_a_stream_is_cut_up_changes_no_frame(parts, cuts):
    stream = b"".join(part.encode(wake=1) if isinstance(part, Frame) else part for part in parts)
    cuts = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    splitter = Splitter()
    cut_up = [piece for begin, end in pairwise(cuts) for piece in splitter.feed(stream[begin:end])]

    whole = Splitter()
    assert [p for p in whole.feed(stream) if isinstance(p, Frame)] == [p for p in cut_up if isinstance(p, Frame)]
    assert whole.pending == splitter.pending


@given(st.lists(st.binary(max_size=300), min_size=10, max_size=10))
def test_no_bytes_make_the_splitter_fall_and_every_frame_it_finds_has_a_right_sum(streams):
    for stream in streams:
        splitter = Splitter()
        for piece in splitter.feed(stream) + splitter.flush():
            if isinstance(piece, Frame):
                again = piece.encode(wake=0)
                assert again in stream
                assert check_sum(again[:-2]) == again[-2]
        assert splitter.pending == 0
        assert isinstance(decode(stream), Frame | Damaged)
