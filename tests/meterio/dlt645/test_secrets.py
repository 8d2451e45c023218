"""Password and operator are told to the meter and to nobody else."""

import asyncio
import logging
import traceback
from datetime import datetime

import pytest
from loguru import logger

from little_meter import ADDRESS, CLOSE, CREDENTIALS, OPERATOR, PASSWORD, county_meter, listening, obeying
from zaikong.meterio.dlt645 import control
from zaikong.meterio.dlt645.frames import Frame, UnableToEncodeError
from zaikong.meterio.dlt645.session import Dlt645Session
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire

UNTIL = datetime(2026, 12, 1, 8, 0)

_sent = control.authority(CREDENTIALS)
_shifted = bytes((octet + 0x33) & 0xFF for octet in _sent)
SECRETS = [
    form
    for octets in (_sent[1:4], _sent[4:8], _shifted[1:4], _shifted[4:8])
    for form in (octets.hex(), octets.hex(" "), repr(octets)[2:-1], repr(list(octets))[1:-1])
] + [PASSWORD, OPERATOR]


def reveals(shown: str) -> list[str]:
    """Which secrets `shown` tells, in whatever form."""
    return [secret for secret in SECRETS if secret.lower() in shown.lower()]


@pytest.fixture
def told(caplog):
    """Everything that any logger is told."""
    caplog.set_level(logging.DEBUG)
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(str(message)), level=0)
    yield lambda: "\n".join([caplog.text, *lines])
    logger.remove(sink)


def echo(frame: Frame) -> list[bytes]:
    """A meter that hands back what it was sent, under its own control code."""
    return [
        Frame(ADDRESS, frame.control | 0x80, frame.data).encode(),
        Frame(ADDRESS, frame.control | 0xC0, frame.data).encode(),
    ]


SCRIPTS = {
    "obeys": obeying(county_meter()),
    "echoes": echo,
    "repeats the question": lambda frame: [frame.encode()],
    "spoils the question": lambda frame: [frame.encode()[:-2] + b"\x00\x16"],
    "breaks off in the question": lambda frame: [frame.encode()[:25], CLOSE],
    "closes": lambda _: [CLOSE],
    "is silent": lambda _: [],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_no_outcome_and_no_log_tells_a_secret_whatever_a_meter_does(script, told):
    async def talk():
        async with listening(script) as desk, desk.session(timeout_seconds=0.1) as session:
            shown = [repr(session), repr(vars(session))]
            outcomes = [
                await session.trip(until=UNTIL, delay_minutes=3),
                await session.direct_close(until=UNTIL),
                await session.permit_close(until=UNTIL),
                await session.retain(on=True, until=UNTIL),
                await session.set_time(at=UNTIL),
                await session.read_relay(),
            ]
            sent = b"".join(frame.data for frame in desk.asked)
            return [*shown, *map(repr, outcomes)], sent

    shown, sent = asyncio.run(talk(), debug=True)
    assert _sent in sent
    assert reveals("\n".join(shown)) == []
    assert reveals(told()) == []


def test_the_sieve_finds_every_form_of_a_secret():
    frame = control.command(ADDRESS, control.Operation.TRIP, credentials=CREDENTIALS, until=UNTIL)

    for shown in (frame.data.hex(), frame.data.hex(" "), repr(frame.data), repr(frame.encode()), frame.encode().hex()):
        assert reveals(shown)


@pytest.mark.parametrize(
    ("credentials", "address"),
    [
        (Credentials(PASSWORD + "f", operator=OPERATOR), ADDRESS),
        (Credentials(PASSWORD, operator=OPERATOR + "x"), ADDRESS),
        (Credentials(PASSWORD, level=1000, operator=OPERATOR), ADDRESS),
        (CREDENTIALS, "nobody"),
    ],
)
def test_a_session_that_cannot_be_does_not_say_with_what(credentials, address):
    place = MeterAddress(Wire.DLT645, address, Endpoint("127.0.0.1", 1))

    with pytest.raises(UnableToEncodeError) as refused:
        Dlt645Session(place, credentials, timeout_seconds=1)

    assert reveals("".join(traceback.format_exception_only(refused.value))) == []
    assert reveals(repr(credentials)) == []


def test_a_moment_that_cannot_be_sent_does_not_say_for_whom(told):
    async def talk():
        async with listening(obeying(county_meter())) as desk, desk.session() as session:
            with pytest.raises(UnableToEncodeError) as refused:
                await session.trip(until=datetime(2126, 1, 1))
            return refused.value, desk.asked

    refused, asked = asyncio.run(talk())
    assert reveals(repr(refused)) == []
    assert reveals(told()) == []
    # a trip that cannot be sent sets no delay either
    assert asked == []
