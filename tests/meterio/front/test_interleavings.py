"""Whatever meters, sessions and those who ask do, in any order: every ask has one answer, and no cut is written twice.

The line is in memory here, because what is asked about is only the order of things.
"""

import asyncio
from collections import Counter
from datetime import datetime
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from zaikong.meterio.front import FrontEnd, Limits, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import (
    HARMLESS_TWICE,
    Credentials,
    Endpoint,
    MeterAddress,
    Position,
    RelayState,
    Verb,
    Wire,
)

UNTIL = datetime(2025, 9, 1, 12, 0)
PATIENCE = Patience(
    answer_seconds=0.01,
    open_seconds=0.01,
    before_send_seconds=0.02,
    exchange_seconds=0.01,
    overall_seconds=0.2,
    back_off_seconds=0.001,
    back_off_at_most_seconds=0.004,
    grace_seconds=0.02,
    breaker_meters=3,
    cool_down_seconds=0.01,
)
PRIORITIES = {Verb.TRIP: Priority.CUT, Verb.DIRECT_CLOSE: Priority.RESTORE, Verb.READ_RELAY: Priority.READ}
OUTCOMES = {
    "yes": Confirmed(RelayState(Position.CLOSED, Position.CLOSED)),
    "no": Refused("RETAINED"),
    **{reason.value: Unknown(reason) for reason in (Reason.SILENT, Reason.BROKEN, Reason.GARBAGE, Reason.UNREACHABLE)},
}
BEHAVIOURS = (*OUTCOMES, "hangs", "raises")
TEMPERS = ("good", "good", "hangs opening", "raises opening", "hangs closing", "raises closing")

ASKS = st.lists(
    st.fixed_dictionaries(
        {
            "meter": st.integers(0, 4),
            "verb": st.sampled_from([*PRIORITIES, Verb.RETAIN_OFF, Verb.RETAIN_ON]),
            "behaviours": st.lists(st.sampled_from(BEHAVIOURS), min_size=1, max_size=3),
            "word": st.sampled_from(["none", "yes", "no", "raises", "hangs"]),
            "ticks": st.integers(0, 6),
            "leaves_after": st.one_of(st.none(), st.integers(0, 12)),
        }
    ),
    min_size=1,
    max_size=14,
)


class Line:
    """What was written, and who was inside when."""

    def __init__(self):
        self.written = []
        self.at_meter, self.at_line = Counter(), Counter()
        self.most_at_meter = self.most_at_line = 0
        self.scripts = {}
        self.tempers = {}

    def enter(self, address):
        for crowd, place in ((self.at_meter, address.address), (self.at_line, address.endpoint)):
            crowd[place] += 1
        self.most_at_meter = max(self.most_at_meter, self.at_meter[address.address])
        self.most_at_line = max(self.most_at_line, self.at_line[address.endpoint])

    def leave(self, address):
        self.at_meter[address.address] -= 1
        self.at_line[address.endpoint] -= 1


class Scripted:
    """A session that does what the script of its ask says; which ask, its expiry tells."""

    def __init__(self, line, address):
        self.line, self.address = line, address

    async def __aenter__(self):
        self.line.enter(self.address)
        await self._temper("opening")
        return self

    async def __aexit__(self, *_fault):
        try:
            await self._temper("closing")
        finally:
            self.line.leave(self.address)

    async def _temper(self, when):
        await asyncio.sleep(0)
        temper = self.line.tempers[int(self.address.address)]
        if temper == f"hangs {when}":
            await asyncio.Event().wait()
        if temper == f"raises {when}":
            raise RuntimeError("secret")

    async def _do(self, number, verb):
        self.line.written.append((number, verb))
        await asyncio.sleep(0)
        script = self.line.scripts[number]
        behaviour = script.pop(0) if len(script) > 1 else script[0]
        if behaviour == "hangs":
            await asyncio.Event().wait()
        if behaviour == "raises":
            raise RuntimeError("secret")
        return OUTCOMES.get(behaviour, OUTCOMES["yes"])

    async def trip(self, *, until, delay_minutes=0):
        return await self._do(until.microsecond, Verb.TRIP)

    async def direct_close(self, *, until):
        return await self._do(until.microsecond, Verb.DIRECT_CLOSE)

    async def permit_close(self, *, until):
        raise NotImplementedError

    async def retain(self, *, on, until):
        return await self._do(until.microsecond, Verb.RETAIN_ON if on else Verb.RETAIN_OFF)

    async def read_relay(self):
        return await self._do(-1, Verb.READ_RELAY)


def opener_of(line):
    def opener(address, credentials, *, timeout_seconds):
        return Scripted(line, address)

    return opener


async def _one(front, line, number, ask, said):
    for _ in range(ask["ticks"]):
        await asyncio.sleep(0)

    async def before_send():
        await asyncio.sleep(0)
        said.append((number, ask["word"]))
        if ask["word"] == "raises":
            raise RuntimeError("secret")
        if ask["word"] == "hangs":
            await asyncio.Event().wait()
        return ask["word"] == "yes"

    verb = ask["verb"]
    line.scripts[-1] = ["yes"]
    return await front.ask(
        MeterAddress(Wire.DLT645, f"{ask['meter']:012d}", Endpoint("line", 1 + ask["meter"] % 2)),
        verb,
        priority=PRIORITIES.get(verb, Priority.OTHER),
        until=UNTIL.replace(microsecond=number),
        before_send=None if ask["word"] == "none" else before_send,
    )


@given(
    asks=ASKS,
    tempers=st.lists(st.sampled_from(TEMPERS), min_size=5, max_size=5),
    ends_after=st.one_of(st.none(), st.integers(0, 30)),
    per_line=st.integers(1, 3),
)
@example(
    asks=[
        {"meter": 0, "verb": Verb.TRIP, "behaviours": ["broken"], "word": "yes", "ticks": 0, "leaves_after": None},
        {
            "meter": 0,
            "verb": Verb.DIRECT_CLOSE,
            "behaviours": ["silent", "yes"],
            "word": "none",
            "ticks": 1,
            "leaves_after": None,
        },
    ],
    tempers=["good"] * 5,
    ends_after=None,
    per_line=1,
)
def test_every_ask_has_one_answer_and_no_cut_is_written_twice(asks, tempers, ends_after, per_line):
    async def story():
        line, said = Line(), []
        line.tempers = dict(enumerate(tempers))
        line.scripts.update({number: list(ask["behaviours"]) for number, ask in enumerate(asks)})
        front = FrontEnd(
            opener=opener_of(line),
            credentials=lambda _address: Credentials("c0ffee"),
            limits=Limits(per_line=per_line, in_all=4, line_reserve=0, reserve=0),
            patience=PATIENCE,
        )
        tasks = [asyncio.create_task(_one(front, line, number, ask, said)) for number, ask in enumerate(asks)]
        for tick in range(31):
            await asyncio.sleep(0)
            for task, ask in zip(tasks, asks, strict=True):
                if ask["leaves_after"] == tick:
                    task.cancel()
            if tick == ends_after:
                await front.close()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        waiting = front.figures().waiting
        await front.close()
        return line, said, answers, front.figures(), waiting

    line, said, answers, figures, waiting = asyncio.run(asyncio.wait_for(story(), 10))
    given_up = [answer for answer in answers if isinstance(answer, asyncio.CancelledError)]
    answered = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert len(given_up) + len(answered) == len(asks)
    assert len(given_up) <= sum(ask["leaves_after"] is not None for ask in asks)
    assert figures.answered == len(answered)
    assert (waiting, figures.waiting, figures.running) == (0, 0, 0)
    assert line.most_at_meter <= 1
    assert line.most_at_line <= per_line
    written = Counter(line.written)
    for number, (ask, answer) in enumerate(zip(asks, answers, strict=True)):
        _agrees(ask, answer, written[number, ask["verb"]])
    # what was written was allowed right before: the question of an ask never trails its command
    for number in {number for number, _verb in line.written if number >= 0 and asks[number]["word"] == "yes"}:
        assert (number, "yes") in said


def _agrees(ask, answer, times):
    """Whether an ask and its answer agree with how often its command was written."""
    if ask["verb"] is Verb.READ_RELAY:
        return
    assert times <= (PATIENCE.attempts if ask["verb"] in HARMLESS_TWICE else 1)
    if ask["word"] not in {"none", "yes"}:
        assert times == 0
    if not isinstance(answer, BaseException):
        # a byte may be on the line where the answer says so, and only there
        unreached = isinstance(answer.outcome, Unknown) and answer.outcome.reason is Reason.UNREACHABLE
        assert answer.sent is (times > 0) or (unreached and not answer.sent)
        assert not isinstance(answer.outcome, Confirmed) or times > 0


@given(asks=ASKS)
def test_the_same_seed_waits_the_same(asks):
    def waits(seed):
        async def story():
            front = FrontEnd(opener=opener_of(Line()), credentials=lambda _a: Credentials("c0ffee"), seed=seed)
            return [front._desk.spread.random() for _ in asks]

        return asyncio.run(story())

    assert waits(3) == waits(3)
    assert waits(3) != waits(4)
    assert all(one != other for one, other in pairwise(waits(3)))
