"""The front end over the sessions of both protocols, and virtual meters behind real sockets."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest

from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import FrontEnd, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Reason, Refused
from zaikong.meterio.session import Position, Verb, Wire
from zaikong.meterio.sessions import open_session
from zaikong.sim.virtual_meters import (
    CREDENTIALS,
    ActKind,
    Fault,
    FaultKind,
    MeterPark,
    VirtualClock,
    VirtualMeter,
    silent,
)

NOW = datetime(2025, 9, 1, 10, 0, tzinfo=TIME_ZONE)
UNTIL = NOW + timedelta(minutes=5)
QUICK = Patience(answer_seconds=0.2, exchange_seconds=2.0, attempts=3, back_off_seconds=0.01, grace_seconds=0.2)
ADDRESSES = [f"{number:012d}" for number in range(1, 41)]
BOTH = pytest.mark.parametrize("wire", list(Wire))


def told(wire, story, *, patience=QUICK, limits=None):
    async def run():
        clock = VirtualClock(NOW)
        meters = [VirtualMeter(address, wire, clock=clock) for address in ADDRESSES]
        async with await MeterPark.start(meters, per_concentrator=20) as park:
            front = FrontEnd(
                opener=open_session, credentials=lambda _address: CREDENTIALS, patience=patience, limits=limits
            )
            async with front:
                return await story(park, front)

    return asyncio.run(run())


def trip(front, park, before_send, *, delay_minutes=0):
    return front.ask(
        park.address_of(ADDRESSES[0]),
        Verb.TRIP,
        priority=Priority.CUT,
        until=UNTIL,
        delay_minutes=delay_minutes,
        before_send=before_send,
    )


@BOTH
def test_a_cut_is_asked_about_once_all_is_prepared_and_the_bytes_follow_at_once(wire):
    async def story(park, front):
        meter, said = park.meter(ADDRESSES[0]), []

        async def before_send():
            said.append((meter.record.asked, meter.trips_taken))
            await asyncio.sleep(0.05)
            said.append(time.monotonic())
            return True

        answer = await trip(front, park, before_send)
        back = await front.read_back(park.address_of(ADDRESSES[0]), Position.OPEN, deadline_seconds=2)
        return answer, back, said, meter

    answer, back, said, meter = told(wire, story)
    (asked, trips), yes_at = said
    assert isinstance(answer.outcome, Confirmed)
    assert (answer.sent, back.agreed, meter.supply_on, meter.trips_taken, trips) == (True, True, False, 1, 0)
    assert asked == 1  # the delay was read (645) or the association made (698) before the question, not after it
    assert meter.last(ActKind.TRIP_TAKEN).ticks - yes_at < 0.25


@BOTH
def test_a_no_when_all_is_prepared_leaves_the_supply_on(wire):
    async def story(park, front):
        async def before_send():
            return False

        answer = await trip(front, park, before_send)
        return answer, park.meter(ADDRESSES[0])

    answer, meter = told(wire, story)
    assert (answer.outcome.reason, answer.sent) == (Reason.WITHDRAWN, False)
    assert (meter.supply_on, meter.trips_taken) == (True, 0)


@BOTH
def test_a_meter_that_is_silent_while_it_is_prepared_is_never_asked_about(wire):
    async def story(park, front):
        asked = []

        async def before_send():
            asked.append("asked")
            return True

        park.meter(ADDRESSES[0]).fail(silent())
        answer = await trip(front, park, before_send)
        return answer, asked, park.meter(ADDRESSES[0]).trips_taken

    answer, asked, trips = told(wire, story)
    assert (answer.outcome.reason, answer.sent, asked, trips) == (Reason.SILENT, False, [], 0)


@BOTH
def test_a_concentrator_that_is_down_is_never_asked_about(wire):
    async def story(park, front):
        asked = []

        async def before_send():
            asked.append("asked")
            return True

        await park.take_down(park.concentrator_of(ADDRESSES[0]).code)
        return await trip(front, park, before_send), asked

    answer, asked = told(wire, story)
    assert (answer.outcome.reason, answer.sent, asked) == (Reason.UNREACHABLE, False, [])


@BOTH
@pytest.mark.parametrize("kind", [FaultKind.MOVES_BUT_ANSWER_LOST, FaultKind.HANGS_UP, FaultKind.HALF_FRAME])
def test_a_cut_whose_answer_is_spoiled_is_taken_once_and_settled_by_reading(wire, kind):
    async def story(park, front):
        meter = park.meter(ADDRESSES[0])

        async def before_send():
            meter.fail_next(1, Fault(kind, commands_only=True))
            return True

        answer = await trip(front, park, before_send)
        back = await front.read_back(park.address_of(ADDRESSES[0]), Position.OPEN, deadline_seconds=2)
        return answer, back, meter

    answer, back, meter = told(wire, story)
    assert not isinstance(answer.outcome, Confirmed | Refused)
    assert (answer.sent, answer.attempts, meter.trips_taken) == (True, 1, 1)
    assert (back.agreed, meter.supply_on) == (True, False)


@BOTH
def test_forty_meters_are_cut_and_given_back_at_once(wire):
    async def story(park, front):
        async def one(address):
            where = park.address_of(address)
            await front.ask(where, Verb.TRIP, priority=Priority.CUT, until=UNTIL)
            cut = await front.read_back(where, Position.OPEN, deadline_seconds=20)
            await front.ask(where, Verb.DIRECT_CLOSE, priority=Priority.RESTORE, until=UNTIL)
            back = await front.read_back(where, Position.CLOSED, deadline_seconds=20)
            return cut.agreed, back.agreed

        seen = await asyncio.gather(*(one(address) for address in ADDRESSES))
        return seen, [meter.times_opened for meter in park.meters], front.figures()

    seen, opened, figures = told(wire, story, patience=Patience(answer_seconds=20, exchange_seconds=30))
    assert seen == [(True, True)] * 40
    assert opened == [1] * 40
    assert figures.answered == figures.asked == figures.confirmed
