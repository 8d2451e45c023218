"""Whatever comes back, a session ends in an outcome, and says yes only where a yes is there."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from little_meter import ADDRESS, CREDENTIALS
from properties import examples
from zaikong.meterio.dlt645 import reading
from zaikong.meterio.dlt645.frames import Frame, packed
from zaikong.meterio.dlt645.line import TcpLine
from zaikong.meterio.dlt645.session import Dlt645Session
from zaikong.meterio.dlt645.words import RunStatus
from zaikong.meterio.outcome import Confirmed, Refused, Unknown
from zaikong.meterio.session import Endpoint, MeterAddress, Wire

UNTIL = datetime(2026, 12, 1, 8, 0)
PLACE = MeterAddress(Wire.DLT645, ADDRESS, Endpoint("127.0.0.1", 1))
AT_ONCE = 10
"""How many answers an example brings."""
EXAMPLES = 170
"""Three properties of so many examples are 102,000 answers in a thorough run."""


class Answering(TcpLine):
    """A real pair of sockets: when a question comes, the other end says what it has to say, and closes."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(PLACE.endpoint)
        self.answer = answer
        self.questions = 0

    async def _connected(self):
        ours, self.theirs = socket.socketpair()
        return await asyncio.open_connection(sock=ours)

    async def send(self, octets):
        await super().send(octets)
        assert self.theirs.recv(4096) == octets
        self.questions += 1
        self.theirs.sendall(self.answer)
        self.theirs.close()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


def outcome_of(verb, answer):
    """What `verb` ends in when `answer` is all that comes to its question."""

    async def talk():
        line = Answering(answer)
        async with Dlt645Session(PLACE, CREDENTIALS, timeout_seconds=5, line=line) as session:
            outcome = await verb(session)
        assert line.questions == 1
        return outcome

    return talk()


def close(session):
    return session.direct_close(until=UNTIL)


def read(session):
    return session.read_relay()


ADDRESSED = b"\x68" + packed(ADDRESS) + b"\x68"
YES = Frame(ADDRESS, 0x9C).encode(wake=0)
YES_IN_WORDS = Frame(ADDRESS, 0x9C, b"\x01\x00").encode(wake=0)
TOLD = Frame(ADDRESS, 0x91, packed(reading.RUN_STATUS_3) + RunStatus(True, True).octets()).encode(wake=0)
NO = Frame(ADDRESS, 0xDC, b"\x20\x00").encode(wake=0)


def summed(octets, length):
    """Whether `octets` begin with a frame of `length` bytes whose sum and end fit."""
    frame = octets[:length]
    return len(frame) == length and frame[-1] == 0x16 and sum(frame[:-2]) & 0xFF == frame[-2]


def holds_yes(answer):
    """Whether a yes to a direct close stands anywhere in `answer`: found without a line of what is tested."""
    for at in range(len(answer)):
        rest = answer[at:]
        if rest == b"" or not rest.startswith(ADDRESSED):
            continue
        if rest[8:10] == b"\x9c\x00" and summed(rest, 12):
            return True
        if rest[8:10] == b"\x9c\x02" and summed(rest, 14) and (rest[10] - 0x33) & 0x01:
            return True
    return False


def holds_status(answer):
    """Whether status word 3 of the meter stands anywhere in `answer`."""
    identified = ADDRESSED + b"\x91\x06\x36\x38\x33\x37"
    return any(answer[at:].startswith(identified) and summed(answer[at:], 18) for at in range(len(answer)))


@st.composite
def mutated(draw):
    """A right answer, spoilt: bytes changed, dropped, doubled, put in, cut off, or moved into other frames."""
    octets = bytearray(draw(st.sampled_from([YES, YES_IN_WORDS, TOLD, NO])))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(octets) - 1)))
        match draw(st.integers(0, 6)):
            case 0:
                octets[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case 1:
                del octets[at : at + 1]
            case 2:
                octets[at:at] = octets[at : at + 1]
            case 3:
                octets[at:at] = draw(st.binary(max_size=20))
            case 4:
                del octets[at:]
            case 5:
                octets[:] = draw(st.sampled_from([YES, YES_IN_WORDS, TOLD, NO]))[: at + 1] + octets
            case 6 if len(octets) > 12:
                # two bytes change and the sum does not
                octets[at], octets[at - 1] = (octets[at] + 1) & 0xFF, (octets[at - 1] - 1) & 0xFF
    return bytes(octets)


async def each(answers, verb, holds):
    """Every answer ends in an outcome, and in a yes only where one stands in it."""
    yes = 0
    for answer in answers:
        outcome = await outcome_of(verb, answer)
        assert isinstance(outcome, Confirmed | Refused | Unknown)
        if isinstance(outcome, Confirmed):
            assert holds(answer)
            yes += 1
        if isinstance(outcome, Refused):
            assert b"\xdc" in answer or b"\xd1" in answer
    return yes


@settings(max_examples=examples(EXAMPLES))
@given(st.lists(st.binary(max_size=64), min_size=AT_ONCE, max_size=AT_ONCE))
def test_bytes_at_random_confirm_nothing(runner, answers):
    assert runner.run(each(answers, close, lambda _: False)) == 0


@settings(max_examples=examples(EXAMPLES))
@given(st.lists(mutated(), min_size=AT_ONCE, max_size=AT_ONCE))
def test_a_spoilt_answer_confirms_no_command(runner, answers):
    runner.run(each(answers, close, holds_yes))


@settings(max_examples=examples(EXAMPLES))
@given(st.lists(mutated(), min_size=AT_ONCE, max_size=AT_ONCE))
def test_a_spoilt_answer_confirms_no_state(runner, answers):
    runner.run(each(answers, read, holds_status))


@pytest.mark.parametrize(
    ("verb", "answer", "holds"), [(close, YES, holds_yes), (close, YES_IN_WORDS, holds_yes), (read, TOLD, holds_status)]
)
def test_an_answer_that_is_right_is_confirmed_and_is_found_by_the_sieve(runner, verb, answer, holds):
    assert runner.run(each([answer, b"\xfe" + answer], verb, holds)) == 2
    assert not holds(NO)


def test_every_single_byte_changed_in_an_answer_confirms_nothing(runner):
    spoilt = [
        YES[:at] + bytes([octet]) + YES[at + 1 :] for at in range(len(YES)) for octet in range(256) if octet != YES[at]
    ]

    assert runner.run(each(spoilt[::7], close, lambda _: False)) == 0
