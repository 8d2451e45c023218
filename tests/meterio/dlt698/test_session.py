import asyncio
import logging
import os
import threading
import tty
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dlt698 import Data
from dlt698.codec import decode_frame, encode_frame
from dlt698.protocol.link import AddressType, Frame, ServerAddress

from dlt698_peers import ADDRESS, CLOCK, PASSWORD, UNTIL, OwnMeter, session_to
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.frames import Stream, UnableToSayError, frame_bytes
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
    Released,
    Set,
    TimeTag,
    WasSet,
)
from zaikong.meterio.dlt698.session import Dlt698Session
from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Position, Registers, RelayState, Wire

SHORT = 0.4
"""How long is waited for what never comes [s]: an answer that does come is there long before."""
LONG = 10.0
CLOSED = RelayState(Position.CLOSED, Position.CLOSED, retained=False, pending=False)
VERBS = {
    "read_registers": lambda session: session.read_registers(),
    "read_relay": lambda session: session.read_relay(),
    "trip": lambda session: session.trip(until=UNTIL),
    "permit_close": lambda session: session.permit_close(until=UNTIL),
    "direct_close": lambda session: session.direct_close(until=UNTIL),
    "retain_on": lambda session: session.retain(on=True, until=UNTIL),
    "retain_off": lambda session: session.retain(on=False, until=UNTIL),
    "set_time": lambda session: session.set_time(at=UNTIL),
}
COMMANDS = {name: call for name, call in VERBS.items() if not name.startswith("read")}


def told(*calls, meter=None, timeout_seconds=LONG, **session):
    """The outcomes of `calls` in one session with a meter, and the meter."""

    async def story():
        async with (
            meter or OwnMeter() as peer,
            session_to(peer.port, timeout_seconds=timeout_seconds, **session) as speaking,
        ):
            return [await call(speaking) for call in calls], peer

    return asyncio.run(story())


def outcome(call, *, bend=None, timeout_seconds=LONG, **meter):
    """The outcome of one call at a meter whose answers are bent, associations excepted."""

    def bent(asked, answer):
        if isinstance(asked.content, Connect) or bend is None:
            return [frame_bytes(answer)]
        return bend(asked, answer)

    return told(call, meter=OwnMeter(bend=bent, **meter), timeout_seconds=timeout_seconds)[0][0]


def telling(content):
    """A bend that answers this instead."""
    return lambda asked, answer: [frame_bytes(replace(answer, content=content))]


def test_registers_and_clock_are_read_in_one_question():
    (read,), meter = told(VERBS["read_registers"])
    assert read == Confirmed(
        Registers(
            {
                "total": 123456,
                "sharp": 10000,
                "peak": 20000,
                "flat": 30000,
                "valley": 63456,
                "reactive": -321,
            },
            CLOCK,
        )
    )
    assert [asked.content for asked in meter.heard] == [Get((objects.ENERGY, objects.REACTIVE, objects.CLOCK))]


def test_a_meter_without_a_reactive_register_or_a_clock_tells_the_rest():
    meter = OwnMeter()
    meter.lacks = {objects.REACTIVE, objects.CLOCK}
    (read,), _ = told(VERBS["read_registers"], meter=meter)
    assert read.value.clock is None
    assert set(read.value.values) == {"total", "sharp", "peak", "flat", "valley"}


def test_trip_and_close_move_the_relay_and_are_seen():
    outcomes, meter = told(
        VERBS["read_relay"],
        VERBS["trip"],
        VERBS["read_relay"],
        VERBS["permit_close"],
        VERBS["read_relay"],
        VERBS["direct_close"],
        VERBS["read_relay"],
    )
    assert outcomes == [
        Confirmed(CLOSED),
        Confirmed(None),
        Confirmed(RelayState(Position.OPEN, Position.OPEN, retained=False, pending=False)),
        Confirmed(None),
        Confirmed(RelayState(Position.PERMITTED, Position.OPEN, retained=False, pending=False)),
        Confirmed(None),
        Confirmed(CLOSED),
    ]
    assert [said.content.method for said in meter.heard if isinstance(said.content, Act)] == [
        objects.TRIP,
        objects.CLOSE,
        objects.CLOSE,
    ]


def test_a_delayed_trip_is_taken_and_waits():
    outcomes, meter = told(lambda session: session.trip(until=UNTIL, delay_minutes=30), VERBS["read_relay"])
    assert outcomes == [
        Confirmed(None),
        Confirmed(RelayState(Position.OPEN, Position.CLOSED, retained=False, pending=True)),
    ]
    trip = next(said.content for said in meter.heard if isinstance(said.content, Act))
    assert values.read_trip(trip.parameter) == (values.TripOrder(delay_minutes=30),)


def test_a_meter_that_keeps_supply_says_why_it_does_not_trip():
    outcomes, _ = told(VERBS["retain_on"], VERBS["trip"], VERBS["read_relay"], VERBS["retain_off"], VERBS["trip"])
    assert outcomes == [
        Confirmed(None),
        Refused("RETAINED", "DAR 255"),
        Confirmed(replace(CLOSED, retained=True)),
        Confirmed(None),
        Confirmed(None),
    ]


def test_where_the_error_word_tells_nothing_the_dar_does():
    for bend in (
        lambda asked, answer: [
            frame_bytes(replace(answer, content=Acted(objects.TRIP, 3))),
            *([None] if isinstance(asked.content, Get) else []),
        ],
        lambda asked, answer: [
            frame_bytes(
                replace(answer, content=Got(((objects.ERRORS, Data.boolean(True)),), listed=False))
                if isinstance(asked.content, Get)
                else replace(answer, content=Acted(objects.TRIP, 3))
            )
        ],
        lambda asked, answer: (
            [None] if isinstance(asked.content, Get) else [frame_bytes(replace(answer, content=Acted(objects.TRIP, 3)))]
        ),
    ):
        assert outcome(VERBS["trip"], bend=bend) == Refused("DENIED", "DAR 3")


def test_setting_the_clock_sets_it():
    outcomes, meter = told(VERBS["set_time"], VERBS["read_registers"])
    assert outcomes[0] == Confirmed(None)
    assert outcomes[1].value.clock == UNTIL == meter.clock


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "set_time"])
def test_a_command_holds_until_its_last_second_and_not_after(name):
    for late, expected in ((0, Confirmed(None)), (1, Refused("EXPIRED", "DAR 32"))):
        meter = OwnMeter()
        meter.clock = UNTIL + timedelta(seconds=late)
        outcomes, _ = told(COMMANDS[name], meter=meter)
        assert outcomes == [expected]


def test_an_expiry_with_a_zone_is_told_by_the_meters_clock():
    outcomes, meter = told(lambda session: session.trip(until=datetime(2026, 12, 1, 1, 30, tzinfo=UTC)))
    assert outcomes == [Confirmed(None)]
    assert meter.heard[-1].tag.expires_at == UNTIL


def test_a_wrong_password_is_refused_and_nothing_is_commanded():
    for name, call in COMMANDS.items():
        outcomes, meter = told(call, password="246810")
        assert outcomes == [Refused("PASSWORD", "CONNECT")], name
        assert {type(said.content) for said in meter.heard} == {Connect}


def test_a_meter_that_wants_an_association_to_be_read_gets_one_by_password():
    outcomes, meter = told(VERBS["read_registers"], VERBS["read_relay"], meter=OwnMeter(wants_association=True))
    assert [type(one) for one in outcomes] == [Confirmed, Confirmed]
    assert [type(said.content) for said in meter.heard] == [Get, Connect, Get, Get]
    assert meter.heard[1].content.password == PASSWORD


def test_reading_a_meter_that_is_shut_with_a_wrong_password_is_refused():
    outcomes, _ = told(VERBS["read_relay"], meter=OwnMeter(wants_association=True), password="246810")
    assert outcomes == [Refused("PASSWORD", "CONNECT")]


def test_every_command_asks_for_an_association_before_it_and_reading_does_not():
    _, meter = told(VERBS["trip"], VERBS["read_relay"], VERBS["direct_close"])
    assert [type(said.content) for said in meter.heard] == [Connect, Act, Get, Connect, Act]


@pytest.mark.parametrize(
    ("granted", "expected"),
    [
        ([Connected(255), Connected(0)], Confirmed(None)),
        ([Connected(255), Connected(255)], Confirmed(None)),
        ([Failed(1)], Confirmed(None)),
        ([Connected(5)], Refused("VERSION", "CONNECT")),
        ([Connected(255), Connected(4)], Refused("SIGNATURE", "CONNECT")),
    ],
)
def test_a_meter_without_passwords_is_commanded_on_what_it_grants(granted, expected):
    left = list(granted)

    def bend(asked, answer):
        if isinstance(asked.content, Connect):
            return [frame_bytes(replace(answer, content=left.pop(0)))]
        return [frame_bytes(answer)]

    outcomes, _ = told(VERBS["direct_close"], meter=OwnMeter(bend=bend))
    assert outcomes == [expected]
    assert left == []


def test_the_number_of_the_exchange_is_another_each_time_and_wraps():
    _, meter = told(*[VERBS["read_registers"]] * 70)
    numbers = [said.piid for said in meter.heard]
    assert numbers == [(numbers[0] + step) % 64 for step in range(70)]


def test_sessions_do_not_all_begin_with_the_same_number():
    assert len({told(VERBS["read_relay"])[1].heard[0].piid for _ in range(12)}) > 1


@pytest.mark.parametrize("dar", [dar for dar in range(1, 256) if dar in objects.DAR or dar in {36, 254}])
@pytest.mark.parametrize("name", ["trip", "direct_close", "retain_on", "set_time"])
def test_every_dar_is_a_refusal_with_its_word(name, dar):
    def bend(asked, answer):
        said = answer.content
        if isinstance(said, Acted | WasSet):
            return [frame_bytes(replace(answer, content=replace(said, dar=dar)))]
        return [frame_bytes(answer)]

    assert outcome(VERBS[name], bend=bend) == Refused(objects.DAR.get(dar, f"DAR_{dar}"), f"DAR {dar}")


@pytest.mark.parametrize("name", ["read_registers", "read_relay"])
def test_an_attribute_that_is_refused_refuses_the_reading(name):
    def bend(asked, answer):
        results = tuple((number, 4) for number in asked.content.attributes)
        return [frame_bytes(replace(answer, content=Got(results)))]

    assert outcome(VERBS[name], bend=bend) == Refused("UNDEFINED_OBJECT", "DAR 4")


@pytest.mark.parametrize("name", VERBS)
@pytest.mark.parametrize(("kind", "word"), [(1, "UNREADABLE"), (2, "UNSUPPORTED"), (255, "OTHER")])
def test_a_service_not_performed_is_a_refusal(name, kind, word):
    assert outcome(VERBS[name], bend=telling(Failed(kind))) == Refused(word, "ERROR")


def spoilt(octets, at):
    return octets[:at] + bytes([octets[at] ^ 0x01]) + octets[at + 1 :]


def readdressed(answer, **address):
    plain = decode_frame(frame_bytes(answer))
    server = ServerAddress(**({"bytes": plain.server.bytes, "logical": 0, "type": AddressType.single} | address))
    return encode_frame(Frame(client=plain.client, control=plain.control, payload=plain.payload, server=server))


def payload_of(answer, change):
    plain = decode_frame(frame_bytes(answer))
    return encode_frame(
        Frame(client=plain.client, control=plain.control, payload=change(plain.payload), server=plain.server)
    )


FAULTS = {
    "silent": (lambda asked, answer: [], Reason.SILENT),
    "closes": (lambda asked, answer: [None], Reason.BROKEN),
    "half, then closes": (lambda asked, answer: [frame_bytes(answer)[:20], None], Reason.BROKEN),
    "half, then silence": (lambda asked, answer: [frame_bytes(answer)[:20]], Reason.GARBAGE),
    "garbage": (lambda asked, answer: [b"\x00\x11\x22\x33" * 9], Reason.GARBAGE),
    "a flood": (lambda asked, answer: [b"\x68\x11\x00" * 20_000], Reason.CHECK_SUM),
    "text": (lambda asked, answer: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], Reason.GARBAGE),
    "frame check": (lambda asked, answer: [spoilt(frame_bytes(answer), -2)], Reason.CHECK_SUM),
    "head check": (lambda asked, answer: [spoilt(frame_bytes(answer), 12)], Reason.CHECK_SUM),
    "content changed": (lambda asked, answer: [spoilt(frame_bytes(answer), 20)], Reason.CHECK_SUM),
    "end byte": (lambda asked, answer: [frame_bytes(answer)[:-1] + b"\x99"], Reason.GARBAGE),
    "another meter": (lambda asked, answer: [frame_bytes(replace(answer, address="202611300018"))], Reason.FOREIGN),
    "a group": (lambda asked, answer: [readdressed(answer, type=AddressType.group)], Reason.FOREIGN),
    "another device in it": (lambda asked, answer: [readdressed(answer, logical=1)], Reason.FOREIGN),
    "a short address": (lambda asked, answer: [readdressed(answer, bytes=b"\x17\x00\x30")], Reason.FOREIGN),
    "another master": (lambda asked, answer: [frame_bytes(replace(answer, client=7))], Reason.FOREIGN),
    "an earlier number": (
        lambda asked, answer: [frame_bytes(replace(answer, piid=answer.piid - 1 & 63))],
        Reason.FOREIGN,
    ),
    "another service": (telling(Released()), Reason.FOREIGN),
    "an association": (telling(Connected(0)), Reason.FOREIGN),
    "another method": (telling(Acted(0x8000_80_00, 0)), Reason.FOREIGN),
    "another attribute set": (telling(WasSet(0x4000_03_00, 0)), Reason.FOREIGN),
    "other attributes": (telling(Got(((0x0020_02_00, Data.uint32(1)),))), Reason.FOREIGN),
    "no attributes": (
        lambda asked, answer: [payload_of(answer, lambda payload: b"\x85\x02" + payload[2:3] + bytes(3))],
        Reason.MALFORMED,
    ),
    "another time tag": (
        lambda asked, answer: [frame_bytes(replace(answer, tag=TimeTag(CLOCK, 1, 5)))],
        Reason.FOREIGN,
    ),
    "our own question": (lambda asked, answer: [frame_bytes(asked)], Reason.FOREIGN),
    "a report": (
        lambda asked, answer: [payload_of(answer, lambda _: bytes.fromhex("8801000100100200010600000001 0000"))],
        Reason.FOREIGN,
    ),
    "a ciphered answer": (
        lambda asked, answer: [
            payload_of(answer, lambda payload: b"\x90\x00" + bytes([len(payload)]) + payload + b"\x00")
        ],
        Reason.FOREIGN,
    ),
    "cut short inside": (lambda asked, answer: [payload_of(answer, lambda payload: payload[:-3])], Reason.MALFORMED),
    "more than belongs": (
        lambda asked, answer: [payload_of(answer, lambda payload: payload + b"\x01")],
        Reason.MALFORMED,
    ),
    "nothing inside": (lambda asked, answer: [payload_of(answer, lambda _: b"")], Reason.MALFORMED),
}


WAITED = [name for name, (_, reason) in FAULTS.items() if reason in {Reason.SILENT, Reason.GARBAGE}]


def ended(fault):
    """The bend of a fault behind which the meter hangs up, so that nobody has to wait, and how long is waited."""
    bend, _ = FAULTS[fault]
    if fault in WAITED:
        return bend, SHORT
    return lambda asked, answer: [*bend(asked, answer), None], LONG


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (name, fault)
        for name in ("read_relay", "trip", "direct_close", "set_time")
        for fault in FAULTS
        if fault not in WAITED
    ]
    + [(name, fault) for name in ("read_relay", "trip") for fault in WAITED],
)
def test_nothing_but_the_answer_is_taken_and_what_came_is_said(name, fault):
    bend, timeout_seconds = ended(fault)
    assert outcome(VERBS[name], bend=bend, timeout_seconds=timeout_seconds).reason is FAULTS[fault][1]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_command_whose_answer_is_spoilt_is_sent_once(fault):
    bend, timeout_seconds = ended(fault)

    def bent(asked, answer):
        return bend(asked, answer) if isinstance(asked.content, Act) else [frame_bytes(answer)]

    _, meter = told(VERBS["trip"], meter=OwnMeter(bend=bent), timeout_seconds=timeout_seconds)
    assert [type(said.content) for said in meter.heard].count(Act) == 1


@pytest.mark.parametrize("fault", ["another meter", "an earlier number", "frame check", "cut short inside"])
def test_what_is_no_answer_is_waited_past_until_the_time_is_up(fault):
    bend, reason = FAULTS[fault]
    assert outcome(VERBS["read_relay"], bend=bend, timeout_seconds=SHORT).reason is reason


def test_a_command_the_meter_has_no_association_for_is_sent_once():
    _, meter = told(VERBS["trip"], meter=OwnMeter(bend=telling(Failed(2))))
    assert [type(said.content) for said in meter.heard] == [Connect, Act]


@pytest.mark.parametrize("name", ["trip", "set_time"])
def test_where_the_association_fails_it_is_said_that_nothing_was_commanded(name):
    outcomes, meter = told(COMMANDS[name], meter=OwnMeter(bend=lambda asked, answer: []), timeout_seconds=SHORT)
    assert outcomes == [Unknown(Reason.SILENT, "asking for an association; nothing else was sent")]
    assert {type(said.content) for said in meter.heard} == {Connect}


@pytest.mark.parametrize(
    ("name", "number", "value"),
    [
        ("read_registers", objects.ENERGY, Data.uint32(1)),
        ("read_registers", objects.ENERGY, Data.array([])),
        ("read_registers", objects.CLOCK, Data.date_time_s([255] * 7)),
        ("read_registers", objects.REACTIVE, Data.visible_string("much")),
        ("read_relay", objects.RELAY, Data.boolean(True)),
        ("read_relay", objects.COMMANDS, Data.null()),
        ("read_relay", objects.RUN_STATUS, Data.bit_string(8, b"\x00")),
        ("read_relay", objects.RETAINED, Data.enumeration(9)),
        ("read_relay", objects.EXECUTION, Data.uint16(0)),
        ("read_relay", objects.ALARMS, Data.uint8(0)),
    ],
)
def test_a_value_that_its_object_cannot_hold_is_malformed(name, number, value):
    def bend(asked, answer):
        results = tuple((one, value if one == number else held) for one, held in answer.content.results)
        return [frame_bytes(replace(answer, content=Got(results)))]

    assert outcome(VERBS[name], bend=bend).reason is Reason.MALFORMED


def test_attributes_in_another_order_answer_another_question():
    def bend(asked, answer):
        return [frame_bytes(replace(answer, content=Got(answer.content.results[::-1]))), None]

    assert outcome(VERBS["read_relay"], bend=bend).reason is Reason.FOREIGN


def test_noise_and_the_answers_of_others_are_waited_past():
    def bend(asked, answer):
        return [
            b"\xfe\xfe\xfe\xfe\x00\x68\x02",
            frame_bytes(replace(answer, address="202611300018")),
            frame_bytes(replace(answer, piid=answer.piid + 9 & 63, content=Acted(objects.TRIP, 3))),
            spoilt(frame_bytes(answer), -2),
            frame_bytes(answer),
        ]

    assert outcome(VERBS["trip"], bend=bend) == Confirmed(None)
    assert outcome(VERBS["read_relay"], bend=bend) == Confirmed(CLOSED)


def test_an_answer_in_single_bytes_is_taken():
    def bend(asked, answer):
        return [bytes([octet]) for octet in frame_bytes(answer)]

    assert outcome(VERBS["read_relay"], bend=bend) == Confirmed(CLOSED)


def test_the_time_tag_sent_back_is_taken():
    def bend(asked, answer):
        assert answer.tag == asked.tag is not None
        return [frame_bytes(answer)]

    assert outcome(VERBS["trip"], bend=bend) == Confirmed(None)
    assert outcome(VERBS["trip"], bend=lambda asked, answer: [frame_bytes(replace(answer, tag=None))]) == Confirmed(
        None
    )


def test_a_late_answer_is_not_taken_for_the_next_one():
    late = []

    def bend(asked, answer):
        """Nothing in time; the answer to each question comes with the next one."""
        sent, late[:] = list(late), [frame_bytes(answer)]
        return sent

    meter = OwnMeter(bend=bend)
    outcomes, _ = told(*[VERBS["read_relay"]] * 3, meter=meter, timeout_seconds=SHORT)
    assert [one.reason for one in outcomes] == [Reason.SILENT, Reason.FOREIGN, Reason.FOREIGN]


def test_a_late_yes_to_another_command_does_not_confirm_this_one():
    late = []

    def bend(asked, answer):
        if isinstance(asked.content, Connect):
            return [frame_bytes(answer)]
        sent, late[:] = list(late), [frame_bytes(answer)]
        return sent

    outcomes, _ = told(*[VERBS["trip"], VERBS["direct_close"]] * 3, meter=OwnMeter(bend=bend), timeout_seconds=0.15)
    assert {type(one) for one in outcomes} == {Unknown}


def test_after_an_unknown_outcome_the_meter_is_asked_on_a_new_connection():
    answers = iter([[], None])

    def bend(asked, answer):
        silence = next(answers)
        return [frame_bytes(answer)] if silence is None else silence

    ports = []

    class Watched(OwnMeter):
        async def _serve(self, reader, writer):
            ports.append(writer.get_extra_info("peername"))
            await super()._serve(reader, writer)

    outcomes, _ = told(VERBS["read_relay"], VERBS["read_relay"], meter=Watched(bend=bend), timeout_seconds=SHORT)
    assert [type(one) for one in outcomes] == [Unknown, Confirmed]
    assert len(ports) == 2


def test_a_line_that_the_meter_closed_meanwhile_is_opened_again():
    async def story():
        async with OwnMeter() as meter:
            meter.bend = lambda asked, answer: [frame_bytes(answer), None]
            async with session_to(meter.port) as session:
                first = await session.read_relay()
                await asyncio.sleep(0.05)
                second = await session.read_relay()
                await asyncio.sleep(0.05)
                return first, second, await session.trip(until=UNTIL)

    first, second, third = asyncio.run(story())
    assert first == second == Confirmed(CLOSED)
    # the meter hangs up behind the association too: what that does to the command is a matter of microseconds
    assert third == Confirmed(None) or third.reason is Reason.BROKEN


def test_a_cancelled_question_leaves_no_answer_to_the_next():
    async def story():
        slow = asyncio.Event()

        class Slow(OwnMeter):
            async def _send(self, writer, asked, content):
                if len(self.heard) == 1:
                    slow.set()
                    await asyncio.sleep(0.1)
                return await super()._send(writer, asked, content)

        async with Slow() as meter, session_to(meter.port) as session:
            asking = asyncio.create_task(session.read_registers())
            await slow.wait()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            return await session.read_relay()

    assert asyncio.run(story()) == Confirmed(CLOSED)


def test_where_nobody_listens_the_meter_is_unreachable_for_every_verb():
    async def story():
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        async with session_to(port) as session:
            return [await call(session) for call in VERBS.values()]

    outcomes = asyncio.run(story())
    assert {one.reason for one in outcomes} == {Reason.UNREACHABLE}
    assert all(one.reason.nothing_sent for one in outcomes)


def test_a_host_that_is_none_is_unreachable():
    async def story():
        where = MeterAddress(Wire.DLT698, ADDRESS, Endpoint("no such host.invalid", 4059))
        async with Dlt698Session(where, Credentials(PASSWORD), timeout_seconds=LONG) as session:
            return await session.read_relay()

    assert asyncio.run(story()).reason is Reason.UNREACHABLE


def test_a_device_that_logs_in_is_answered_and_then_asked():
    at = (7, 234, 12, 1, 2, 9, 0, 0, 0, 0)
    login = frame_bytes(Message(ADDRESS, 9, LinkCall(0, 60, at), from_meter=True))
    outcomes, meter = told(VERBS["read_relay"], meter=OwnMeter(first=login))
    assert outcomes == [Confirmed(CLOSED)]
    answered = next(said for said in meter.heard if isinstance(said.content, LinkAnswer))
    assert (answered.piid, answered.content) == (9, LinkAnswer(at))


def test_a_log_in_alone_is_no_answer():
    login = frame_bytes(Message(ADDRESS, 9, LinkCall(1, 60, (0,) * 10), from_meter=True))
    assert (
        outcome(VERBS["read_relay"], bend=lambda asked, answer: [login], timeout_seconds=SHORT).reason is Reason.SILENT
    )


def test_no_password_is_shown_by_anything(caplog):
    caplog.set_level(logging.DEBUG)
    shown = []
    for fault in ("silent", "our own question", "garbage", "frame check", "cut short inside"):
        outcomes, meter = told(
            *VERBS.values(), meter=OwnMeter(bend=FAULTS[fault][0]), timeout_seconds=0.03, password="secret42"
        )
        shown += [repr(outcomes), str(outcomes), repr(meter.heard)]
    session = session_to(1, password="secret42")
    shown += [repr(session), str(session), caplog.text]
    assert not [text for text in shown if "secret" in text or b"secret42".hex() in text]


@pytest.mark.parametrize("address", ["20261130001", "2026113000170", "AAAAAAAAAAAA", "20261130001A", ""])
def test_a_session_is_with_one_meter(address):
    with pytest.raises(UnableToSayError):
        session_to(1, address=address)


def test_a_password_that_no_frame_carries_is_refused_and_not_shown():
    with pytest.raises(UnableToSayError) as error:
        session_to(1, password="secret42" * 1000)
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.mark.parametrize("delay", [-1, 256, 10**6])
def test_a_delay_that_no_command_carries_is_not_sent(delay):
    async def story():
        async with OwnMeter() as meter, session_to(meter.port) as session:
            with pytest.raises(UnableToSayError):
                await session.trip(until=UNTIL, delay_minutes=delay)
            return meter.heard

    assert asyncio.run(story()) == []


def test_hundreds_of_sessions_share_one_loop_and_no_thread():
    async def story():
        async with OwnMeter() as meter:
            before = threading.active_count()

            async def one():
                async with session_to(meter.port, timeout_seconds=20) as session:
                    return await session.read_relay()

            outcomes = await asyncio.gather(*(one() for _ in range(300)))
            return outcomes, threading.active_count() - before

    outcomes, threads = asyncio.run(story())
    assert outcomes == [Confirmed(CLOSED)] * 300
    assert threads == 0


def test_a_meter_on_a_serial_line_is_read_and_commanded():
    async def story():
        master, slave = os.openpty()
        tty.setraw(slave)
        meter, stream = OwnMeter(), Stream()
        loop = asyncio.get_running_loop()

        def heard():
            for asked in stream.feed(os.read(master, 4096)):
                content = meter._content(asked, associated=True)
                os.write(master, frame_bytes(replace(asked, content=content, from_meter=True)))

        loop.add_reader(master, heard)
        try:
            where = MeterAddress(Wire.DLT698, ADDRESS, Endpoint(os.ttyname(slave), 0, 9600))
            async with Dlt698Session(where, Credentials(PASSWORD), timeout_seconds=LONG) as session:
                return [
                    await session.trip(until=UNTIL),
                    await session.read_relay(),
                    await session.read_registers(),
                ]
        finally:
            loop.remove_reader(master)
            os.close(master)
            os.close(slave)

    tripped, relay, registers = asyncio.run(story())
    assert tripped == Confirmed(None)
    assert relay == Confirmed(RelayState(Position.OPEN, Position.OPEN, retained=False, pending=False))
    assert registers.value.values["total"] == 123456


def test_the_session_is_a_meter_session_and_sets_no_tag_where_it_reads():
    _, meter = told(*VERBS.values())
    tagged = {type(said.content) for said in meter.heard if said.tag is not None}
    assert tagged == {Act}
    assert {type(said.content) for said in meter.heard} == {Get, Connect, Act, Set}
    assert not [said for said in meter.heard if isinstance(said.content, Other)]
