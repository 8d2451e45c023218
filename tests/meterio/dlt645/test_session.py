"""A session over real sockets: what it says of every answer a line can bring, and of none."""

import asyncio
import socket
from datetime import datetime

import pytest

from little_meter import (
    ADDRESS,
    CLOSE,
    CREDENTIALS,
    LittleMeter,
    county_meter,
    listening,
    obeying,
)
from zaikong.meterio.dlt645 import control, reading
from zaikong.meterio.dlt645.control import Operation
from zaikong.meterio.dlt645.frames import Frame, Function, UnableToEncodeError, packed
from zaikong.meterio.dlt645.session import Dlt645Session
from zaikong.meterio.dlt645.words import ErrorByte, RunStatus
from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Position, Registers, RelayState, Wire
from zaikong.meterio.sessions import open_session

UNTIL = datetime(2026, 12, 1, 8, 0)
CLOSED = RunStatus(relay_open=False, command_open=False)
OPEN = RunStatus(relay_open=True, command_open=True)


def told(status: RunStatus, *, address: str = ADDRESS) -> bytes:
    """An answer to the question for status word 3."""
    return Frame(address, 0x91, packed(reading.RUN_STATUS_3) + status.octets()).encode()


def closed_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


# -- a meter that does what it should


def test_every_verb_is_confirmed_by_a_meter_that_obeys():
    meter = county_meter()

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            assert await session.read_relay() == Confirmed(
                RelayState(Position.CLOSED, Position.CLOSED, retained=False, pending=False)
            )
            assert await session.trip(until=UNTIL) == Confirmed(None)
            assert await session.read_relay() == Confirmed(
                RelayState(Position.OPEN, Position.OPEN, retained=False, pending=False)
            )
            assert await session.permit_close(until=UNTIL) == Confirmed(None)
            assert await session.direct_close(until=UNTIL) == Confirmed(None)
            assert await session.retain(on=True, until=UNTIL) == Confirmed(None)
            assert await session.retain(on=False, until=UNTIL) == Confirmed(None)
            assert await session.set_time(at=datetime(2026, 12, 1, 3, 4, 5)) == Confirmed(None)
            return len(desk.lines)

    assert asyncio.run(talk()) == 1
    assert meter.told == [
        Operation.TRIP,
        Operation.PERMIT_CLOSE,
        Operation.DIRECT_CLOSE,
        Operation.RETAIN_ON,
        Operation.RETAIN_OFF,
    ]
    assert meter.stored[reading.DATE].hex() == "02011226"
    assert meter.stored[reading.TIME].hex() == "050403"


def test_registers_and_clock_are_read_as_they_stand():
    async def talk():
        async with listening(obeying(county_meter())) as desk, desk.session() as session:
            return await session.read_registers(), [frame.identifier for frame in desk.asked]

    outcome, asked = asyncio.run(talk())
    shown = {"total": 12_345_678, "sharp": 1, "peak": 20_000, "flat": 300, "valley": 99_999_999, "reactive": -250}
    assert outcome == Confirmed(Registers(shown, datetime(2026, 11, 30, 23, 59, 58)))
    assert asked == [reading.ENERGY_BLOCK, reading.REACTIVE, reading.DATE, reading.TIME]


def test_a_meter_without_block_rates_reactive_and_clock_tells_its_total():
    meter = LittleMeter(stored={reading.ENERGY["total"]: reading.energy_octets(26)})

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            return await session.read_registers()

    assert asyncio.run(talk()) == Confirmed(Registers({"total": 26}, None))


def test_a_meter_whose_block_cannot_be_read_is_read_one_by_one():
    meter = county_meter()
    meter.stored[reading.ENERGY_BLOCK] = bytes(5)

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            return await session.read_registers()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Confirmed)
    assert outcome.value.values["valley"] == 99_999_999


def test_a_meter_without_a_total_refuses_its_registers():
    async def talk():
        async with listening(obeying(LittleMeter())) as desk, desk.session() as session:
            return await session.read_registers()

    assert asyncio.run(talk()) == Refused("NO_SUCH_DATA", "02")


@pytest.mark.parametrize("identifier", [reading.REACTIVE, reading.DATE, reading.TIME, reading.ENERGY["peak"]])
def test_a_register_that_cannot_be_read_makes_the_reading_unknown(identifier):
    meter = county_meter()
    meter.stored[identifier] = b"\xff" * len(meter.stored[identifier])
    del meter.stored[reading.ENERGY_BLOCK]

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            return await session.read_registers()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is Reason.MALFORMED


def test_a_date_read_before_midnight_is_read_again_behind_it():
    meter = county_meter()
    days = iter(("26113001", "26120102"))

    def script(frame):
        if frame.identifier == reading.DATE:
            meter.stored[reading.DATE] = packed(next(days))
        meter.stored[reading.TIME] = packed("000000")
        return obeying(meter)(frame)

    async def talk():
        async with listening(script) as desk, desk.session() as session:
            return await session.read_registers()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Confirmed)
    assert outcome.value.clock == datetime(2026, 12, 1)


# -- a meter that says no


def test_wrong_credentials_are_refused_and_move_nothing():
    meter = county_meter()

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session(credentials=Credentials("000000")) as session:
            return [
                await session.trip(until=UNTIL),
                await session.direct_close(until=UNTIL),
                await session.set_time(at=UNTIL),
            ]

    assert asyncio.run(talk()) == [Refused("PASSWORD", "04")] * 3
    assert meter.told == []


def test_a_meter_with_retained_supply_refuses_to_trip_and_says_so_in_its_error_word():
    meter = county_meter()
    meter.extended = True
    meter.status = RunStatus(relay_open=False, command_open=False, retained=True)

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            return await session.trip(until=UNTIL), await session.read_relay()

    tripped, relay = asyncio.run(talk())
    assert tripped == Refused("RETAINED", "0020")
    assert relay == Confirmed(RelayState(Position.CLOSED, Position.CLOSED, retained=True, pending=False))
    assert meter.told == []


def test_a_meter_that_answers_with_execution_words_is_confirmed():
    meter = county_meter()
    meter.extended = True

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            return [
                await session.trip(until=UNTIL),
                await session.permit_close(until=UNTIL),
                await session.direct_close(until=UNTIL),
                await session.retain(on=True, until=UNTIL),
            ]

    assert asyncio.run(talk()) == [Confirmed(None)] * 4


# -- a trip never comes sooner than asked


def delay_of(meter: LittleMeter) -> int:
    minutes = control.read_delay(meter.stored[control.TRIP_DELAY])
    assert isinstance(minutes, int)
    return minutes


@pytest.mark.parametrize(("stands", "asked"), [(0, 5), (5, 0), (3, 30), (30, 3), (7, 7)])
def test_a_trip_sets_the_delay_it_asks_for(stands, asked):
    meter = county_meter()
    meter.stored[control.TRIP_DELAY] = control.delay_octets(stands)

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            outcome = await session.trip(until=UNTIL, delay_minutes=asked)
            return outcome, [frame.function for frame in desk.asked]

    outcome, asked_for = asyncio.run(talk())
    assert outcome == Confirmed(None)
    assert delay_of(meter) == asked
    writes = [Function.WRITE] if stands != asked else []
    assert asked_for == [Function.READ, *writes, Function.CONTROL]


@pytest.mark.parametrize(
    ("stands", "asked", "trips"), [(0, 5, False), (5, 0, True), (30, 3, True), (3, 30, False), (None, 5, False)]
)
def test_a_meter_that_will_not_have_its_delay_set_trips_later_or_not_at_all(stands, asked, trips):
    meter = county_meter()
    del meter.stored[control.TRIP_DELAY]
    if stands is not None:
        meter.stored[control.TRIP_DELAY] = control.delay_octets(stands)

    def script(frame):
        if frame.function == Function.WRITE:
            return [frame.refusal(address=ADDRESS, error=bytes([ErrorByte.PASSWORD])).encode()]
        return obeying(meter)(frame)

    async def talk():
        async with listening(script) as desk, desk.session() as session:
            return await session.trip(until=UNTIL, delay_minutes=asked)

    outcome = asyncio.run(talk())
    assert outcome == (Confirmed(None) if trips else Refused("PASSWORD", "04"))
    assert meter.told == ([Operation.TRIP] if trips else [])


def test_a_meter_without_the_parameter_trips_at_once_where_that_was_asked():
    meter = LittleMeter()

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:
            return await session.trip(until=UNTIL)

    assert asyncio.run(talk()) == Confirmed(None)
    assert meter.told == [Operation.TRIP]


@pytest.mark.parametrize("silent", [Function.READ, Function.WRITE])
def test_no_trip_is_sent_where_the_delay_is_not_known(silent):
    meter = county_meter()

    def script(frame):
        return [] if frame.function == silent else obeying(meter)(frame)

    async def talk():
        async with listening(script) as desk, desk.session(timeout_seconds=0.3) as session:
            return await session.trip(until=UNTIL, delay_minutes=5)

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is Reason.SILENT
    assert "no trip was sent" in outcome.detail
    assert meter.told == []


# -- a line or a meter that does anything else


def patience(acts, reason) -> float:
    """How long to wait [s]: long where something ends the waiting, so that a slow machine changes nothing."""
    return 5 if CLOSE in acts or reason is Reason.MALFORMED else 0.3


BAD_SUM = bytearray(told(OPEN))
BAD_SUM[-2] ^= 0x01


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        ([], Reason.SILENT),
        ([CLOSE], Reason.BROKEN),
        ([told(OPEN)[:14], CLOSE], Reason.BROKEN),
        ([told(OPEN)[:14]], Reason.GARBAGE),
        ([b"\x00\x01\x02", CLOSE], Reason.GARBAGE),
        ([b"\xfe\xfe\xfe\xfe"], Reason.SILENT),
        ([b"\x00\x01\x02"], Reason.GARBAGE),
        ([bytes(BAD_SUM), CLOSE], Reason.CHECK_SUM),
        ([bytes(BAD_SUM)], Reason.CHECK_SUM),
        ([told(OPEN, address="000000000162"), CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0x91, packed("04000502") + b"\x50\x00").encode(), CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0x9C).encode(), CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0xD4, b"\x04").encode(), CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0x11, packed("04000502")).encode(), CLOSE], Reason.FOREIGN),
        ([Frame("999999999999", 0x91, packed(reading.RUN_STATUS_3) + b"\x50\x00").encode(), CLOSE], Reason.FOREIGN),
        ([Frame("AAAAAAAAAAAA", 0x91, packed(reading.RUN_STATUS_3) + b"\x50\x00").encode(), CLOSE], Reason.FOREIGN),
        ([bytes(BAD_SUM), told(OPEN, address="000000000162"), b"\x00", CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0x91, packed(reading.RUN_STATUS_3) + b"\x50").encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0x91, packed(reading.RUN_STATUS_3) + b"\x50\x00\x00").encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0xB1, packed(reading.RUN_STATUS_3) + b"\x50\x00").encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0x91).encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0xD1).encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0xD1, b"\x02\x00").encode()], Reason.MALFORMED),
    ],
)
def test_what_is_no_answer_is_unknown_and_says_what_it_was(acts, reason):
    async def talk():
        async with (
            listening(lambda _: acts) as desk,
            desk.session(timeout_seconds=patience(acts, reason)) as session,
        ):
            return await session.read_relay()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is reason


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        ([], Reason.SILENT),
        ([CLOSE], Reason.BROKEN),
        ([Frame(ADDRESS, 0x91).encode(), CLOSE], Reason.FOREIGN),
        ([Frame("000000000162", 0x9C).encode(), CLOSE], Reason.FOREIGN),
        # what another master says is no answer, whatever it is about
        ([Frame(ADDRESS, 0x1C).encode(), CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0x1C, b"\x01\x00").encode(), CLOSE], Reason.FOREIGN),
        ([Frame(ADDRESS, 0x9C, b"\x01").encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0x9C, b"\x02\x00").encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0xBC).encode()], Reason.MALFORMED),
        ([Frame(ADDRESS, 0xDC, b"").encode()], Reason.MALFORMED),
    ],
)
def test_a_command_is_not_confirmed_by_anything_but_its_own_yes(acts, reason):
    async def talk():
        async with (
            listening(lambda _: acts) as desk,
            desk.session(timeout_seconds=patience(acts, reason)) as session,
        ):
            return await session.direct_close(until=UNTIL)

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is reason


def test_a_line_that_cannot_be_opened_is_unreachable_each_time_and_sends_nothing():
    address = MeterAddress(Wire.DLT645, ADDRESS, Endpoint("127.0.0.1", closed_port()))

    async def talk():
        async with Dlt645Session(address, CREDENTIALS, timeout_seconds=1) as session:
            return await session.read_relay(), await session.trip(until=UNTIL), await session.read_registers()

    for outcome in asyncio.run(talk()):
        assert isinstance(outcome, Unknown)
        assert outcome.reason is Reason.UNREACHABLE


@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint("no such host", 1),
        Endpoint("x" * 70 + ".test", 1),
        Endpoint("127.0.0.1", 70_000),
        Endpoint("/dev/none", 0),
    ],
)
def test_a_place_that_cannot_be_is_unreachable(endpoint):
    address = MeterAddress(Wire.DLT645, ADDRESS, endpoint)

    async def talk():
        async with Dlt645Session(address, CREDENTIALS, timeout_seconds=5) as session:
            return await session.read_relay()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is Reason.UNREACHABLE


def test_an_answer_behind_noise_an_echo_and_a_foreign_frame_is_the_answer():
    acts = [
        reading.ask(ADDRESS, reading.RUN_STATUS_3).encode(),
        b"\x00\x68\x01",
        told(CLOSED, address="000000000162"),
        0.01,
        told(OPEN)[:5],
        0.01,
        told(OPEN)[5:],
    ]

    async def talk():
        async with listening(lambda _: acts) as desk, desk.session() as session:
            return await session.read_relay()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Confirmed)
    assert outcome.value.actual is Position.OPEN


def test_the_echo_of_a_question_is_no_answer():
    async def talk():
        script = lambda frame: [frame.encode()]  # noqa: E731 -- one line of a script
        async with listening(script) as desk, desk.session(timeout_seconds=0.1) as session:
            return await session.read_relay()

    assert asyncio.run(talk()) == Unknown(Reason.SILENT)


# -- an answer that comes late is nobody's


def test_a_late_answer_is_not_taken_for_the_answer_to_the_same_question_asked_again():
    late = iter(([0.4, told(CLOSED)], [told(OPEN)]))

    async def talk():
        async with listening(lambda _: next(late)) as desk, desk.session(timeout_seconds=0.3) as session:
            first = await session.read_relay()
            second = await session.read_relay()
            return first, second, len(desk.lines)

    first, second, lines = asyncio.run(talk())
    assert first == Unknown(Reason.SILENT)
    assert isinstance(second, Confirmed)
    assert second.value.actual is Position.OPEN
    assert lines == 2


def test_a_late_yes_to_one_command_is_no_yes_to_the_next():
    yes = Frame(ADDRESS, 0x9C).encode()
    late = iter(([0.15, yes], []))

    async def talk():
        async with listening(lambda _: next(late)) as desk, desk.session(timeout_seconds=0.1) as session:
            return await session.direct_close(until=UNTIL), await session.retain(on=True, until=UNTIL)

    assert asyncio.run(talk()) == (Unknown(Reason.SILENT), Unknown(Reason.SILENT))


def test_a_second_yes_to_one_command_is_no_yes_to_the_next():
    yes = Frame(ADDRESS, 0x9C).encode()
    doubled = iter(([yes, yes], []))

    async def talk():
        async with listening(lambda _: next(doubled)) as desk, desk.session(timeout_seconds=0.3) as session:
            first = await session.direct_close(until=UNTIL)
            await asyncio.sleep(0.05)
            return first, await session.retain(on=True, until=UNTIL)

    assert asyncio.run(talk()) == (Confirmed(None), Unknown(Reason.SILENT))


def test_an_exchange_called_off_leaves_no_answer_for_the_next():
    late = iter(([0.1, told(CLOSED)], [told(OPEN)]))

    async def talk():
        async with listening(lambda _: next(late)) as desk, desk.session() as session:
            asking = asyncio.create_task(session.read_relay())
            await asyncio.sleep(0.05)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            return await session.read_relay()

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Confirmed)
    assert outcome.value.actual is Position.OPEN


def test_a_line_closed_while_nothing_was_asked_is_opened_again():
    async def talk():
        async with listening(lambda _: [told(OPEN), CLOSE]) as desk, desk.session() as session:
            first = await session.read_relay()
            await asyncio.sleep(0.05)
            second = await session.read_relay()
            return first, second, len(desk.lines)

    first, second, lines = asyncio.run(talk())
    assert isinstance(first, Confirmed)
    assert first == second
    assert lines == 2


# -- the last word before a command


def test_a_command_is_not_sent_against_the_last_word_which_is_asked_when_all_is_prepared():
    meter = county_meter()
    asked_when: list[list[int]] = []

    async def talk():
        async with listening(obeying(meter)) as desk, desk.session() as session:

            async def last_word():
                asked_when.append([frame.function for frame in desk.asked])
                return Unknown(Reason.WITHDRAWN, "paid")

            session.last_word = last_word
            tripped = await session.trip(until=UNTIL, delay_minutes=5)
            read = await session.read_relay()
            session.last_word = None
            return tripped, read, await session.direct_close(until=UNTIL)

    tripped, read, closed = asyncio.run(talk())
    assert tripped == Unknown(Reason.WITHDRAWN, "paid")
    assert asked_when == [[Function.READ, Function.WRITE]]
    assert isinstance(read, Confirmed)
    assert closed == Confirmed(None)
    assert meter.told == [Operation.DIRECT_CLOSE]


def test_a_line_that_cannot_be_opened_asks_for_no_last_word():
    address = MeterAddress(Wire.DLT645, ADDRESS, Endpoint("127.0.0.1", closed_port()))

    async def last_word():
        raise AssertionError

    async def talk():
        async with Dlt645Session(address, CREDENTIALS, timeout_seconds=1) as session:
            session.last_word = last_word
            return await session.direct_close(until=UNTIL)

    outcome = asyncio.run(talk())
    assert isinstance(outcome, Unknown)
    assert outcome.reason is Reason.UNREACHABLE


# -- what a session is made of


@pytest.mark.parametrize("address", ["999999999999", "AAAAAAAAAAAA", "AAAAAAAA0161", "161", "00000000016 "])
def test_a_session_is_with_one_meter_and_never_with_all(address):
    with pytest.raises(UnableToEncodeError):
        Dlt645Session(MeterAddress(Wire.DLT645, address, Endpoint("127.0.0.1", 1)), CREDENTIALS, timeout_seconds=1)


@pytest.mark.parametrize(("wire", "name"), [(Wire.DLT645, "Dlt645Session"), (Wire.DLT698, "Dlt698Session")])
def test_the_protocol_a_meter_names_chooses_its_session(wire, name):
    session = open_session(MeterAddress(wire, ADDRESS, Endpoint("127.0.0.1", 1)), CREDENTIALS, timeout_seconds=1)

    assert type(session).__name__ == name
