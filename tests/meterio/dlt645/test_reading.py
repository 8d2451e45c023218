"""Registers, clock and parameters, byte for byte."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from little_meter import CREDENTIALS
from zaikong.meterio.dlt645 import control, moments, reading
from zaikong.meterio.dlt645.frames import Frame, UnableToEncodeError, Unreadable, decode
from zaikong.meterio.session import Credentials

BLOCK = "68 12 00 00 00 10 20 68 91 18 33 32 34 33 5C 34 33 33 95 33 33 33 93 33 33 33 36 33 33 33 35 33 33 33 74 16"
LONGER_BLOCK = (
    "68 02 00 00 00 10 20 68 91 18 33 32 34 33 67 5C 33 33 99 3A 33 33 48 39 33 33 B3 37 33 33 A4 43 33 33 5D 16"
)


@pytest.mark.parametrize(
    ("octets", "address", "identifier"),
    [
        ("68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16", "000000000161", "00010000"),
        ("68 12 00 00 00 10 20 68 11 04 33 32 34 33 F3 16", "201000000012", reading.ENERGY_BLOCK),
        ("68 61 10 01 30 12 15 68 11 04 36 38 33 37 86 16", "151230011061", reading.RUN_STATUS_3),
        ("68 18 55 60 06 00 00 68 11 04 34 34 33 37 8A 16", "000006605518", reading.DATE),
        ("68 18 55 60 06 00 00 68 11 04 35 34 33 37 8B 16", "000006605518", reading.TIME),
    ],
)
def test_a_public_question_is_made_to_the_byte(octets, address, identifier):
    assert reading.ask(address, identifier).encode(wake=0) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("octets", "centi"),
    [
        ("68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16", 26),
        ("68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16", 123_456),
        ("68 61 10 01 30 12 15 68 91 08 33 33 34 33 AB 39 33 33 49 16", 678),
        ("68 91 40 02 01 18 07 68 91 08 33 33 34 33 33 33 33 33 F5 16", 0),
        ("FE FE 68 72 00 32 09 17 20 68 91 08 33 33 34 33 B9 34 33 33 6D 16", 186),
    ],
)
def test_a_public_answer_shows_its_register(octets, centi):
    octets = bytes.fromhex(octets)
    frame = decode(octets)

    assert isinstance(frame, Frame)
    assert reading.read_energy(frame.data[4:]) == centi
    assert reading.energy_octets(centi) == frame.data[4:]
    assert frame.encode(wake=octets.count(0xFE)) == octets


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (BLOCK, {"total": 129, "sharp": 62, "peak": 60, "flat": 3, "valley": 2}),
        (LONGER_BLOCK, {"total": 2934, "sharp": 766, "peak": 615, "flat": 480, "valley": 1071}),
    ],
)
def test_a_public_block_shows_the_total_and_the_rates_in_their_order(octets, shown):
    frame = decode(bytes.fromhex(octets))

    assert isinstance(frame, Frame)
    assert reading.read_energy_block(frame.data[4:]) == shown
    assert frame.encode(wake=0) == bytes.fromhex(octets)


def test_a_block_shows_as_many_registers_as_there_are_and_never_more_than_five():
    one = reading.energy_octets(7)

    assert reading.read_energy_block(one) == {"total": 7}
    assert reading.read_energy_block(one * 3) == {"total": 7, "sharp": 7, "peak": 7}
    assert list(reading.read_energy_block(one * 8)) == ["total", "sharp", "peak", "flat", "valley"]


@pytest.mark.parametrize("octets", [b"", bytes(3), bytes(5), bytes(4) + b"\xff" * 4, b"\x0a\x00\x00\x00"])
def test_a_block_that_is_no_registers_is_unreadable(octets):
    assert isinstance(reading.read_energy_block(octets), Unreadable)


@given(st.integers(0, 99_999_999))
def test_every_register_comes_back(centi):
    assert reading.read_energy(reading.energy_octets(centi)) == centi


@given(st.integers(-79_999_999, 79_999_999))
def test_every_signed_register_comes_back(centi):
    assert reading.read_energy(reading.energy_octets(centi, signed=True), signed=True) == centi


def test_a_register_turns_over_at_a_million():
    assert reading.energy_octets(100_000_001) == reading.energy_octets(1)


def test_the_broadcast_of_time_is_made_to_the_byte():
    public = "68 99 99 99 99 99 99 68 08 06 84 55 43 38 39 4A 4B 16"

    assert reading.broadcast_time(datetime(2017, 6, 5, 10, 22, 51)).encode(wake=0) == bytes.fromhex(public)
    frame = decode(bytes.fromhex(public))
    assert isinstance(frame, Frame)
    assert moments.read_moment(frame.data) == datetime(2017, 6, 5, 10, 22, 51)


def test_a_public_order_to_set_the_date_is_made_to_the_byte():
    public = "68 01 00 14 03 18 00 68 14 10 34 34 33 37 35 43 43 43 44 44 44 44 37 43 38 4B 01 16"
    credentials = Credentials("101010", operator="11111111")
    order = reading.write(
        "001803140001",
        reading.DATE,
        authority=control.authority(credentials),
        octets=moments.date_octets(datetime(2018, 5, 10)),
    )

    assert order.encode(wake=0) == bytes.fromhex(public)


def test_sunday_is_day_nought():
    assert moments.date_octets(datetime(2026, 11, 29)).hex(" ") == "00 29 11 26"
    assert moments.date_octets(datetime(2026, 11, 30)).hex(" ") == "01 30 11 26"


def test_a_clock_is_written_as_the_meter_keeps_it():
    at = datetime(2026, 11, 30, 18, 5, 9, tzinfo=UTC)

    assert moments.date_octets(at).hex(" ") == "02 01 12 26"
    assert moments.time_octets(at).hex(" ") == "09 05 02"
    assert moments.read_clock(moments.date_octets(at), moments.time_octets(at)) == datetime(2026, 12, 1, 2, 5, 9)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)))
def test_every_moment_of_the_century_comes_back(at):
    at = at.replace(microsecond=0)

    assert moments.read_moment(moments.moment_octets(at)) == at
    assert moments.read_clock(moments.date_octets(at), moments.time_octets(at)) == at


@pytest.mark.parametrize("year", [1999, 2100])
def test_a_year_without_two_digits_is_not_written(year):
    with pytest.raises(UnableToEncodeError):
        moments.date_octets(datetime(year, 1, 1))


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        ("00311326", "000000"),
        ("00300226", "000000"),
        ("00ff1126", "000000"),
        ("00301126", "600000"),
        ("00301126", "000024"),
        ("00301126", "0000"),
        ("301126", "000000"),
    ],
)
def test_a_clock_at_no_moment_is_unreadable(day, clock):
    assert isinstance(moments.read_clock(bytes.fromhex(day), bytes.fromhex(clock)), Unreadable)


def test_an_order_carries_its_authority_between_identifier_and_data():
    order = reading.write("000000000161", "04001401", authority=control.authority(CREDENTIALS), octets=b"\x05\x00")

    assert order.data.hex(" ") == "01 14 00 04 02 a1 b2 c3 21 43 65 87 05 00"
