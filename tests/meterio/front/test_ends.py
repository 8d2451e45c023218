"""Sessions that hang, raise, never let go; the end of a front end; reading back."""

import asyncio
from dataclasses import replace

import pytest

from meter_toys import UNTIL, PlainSession, Toys, ToySession, keys_of
from zaikong.meterio.front import FrontEnd, Patience, Priority
from zaikong.meterio.front.front_end import stands
from zaikong.meterio.outcome import Confirmed, Reason, Unknown
from zaikong.meterio.session import Position, RelayState, Verb

QUICK = Patience(
    answer_seconds=0.2,
    open_seconds=0.2,
    before_send_seconds=0.2,
    exchange_seconds=0.3,
    attempts=1,
    back_off_seconds=0.01,
    grace_seconds=0.05,
)


class Hangs(PlainSession):
    """Never answers of itself."""

    async def trip(self, *, until, delay_minutes=0):
        await asyncio.Event().wait()

    read_relay = direct_close = trip


class HangsOpening(PlainSession):
    async def __aenter__(self):
        await asyncio.Event().wait()


class HangsClosing(PlainSession):
    async def __aexit__(self, *fault):
        await super().__aexit__(*fault)
        await asyncio.Event().wait()


class Clings(PlainSession):
    """Does not let itself be ended, until told to."""

    released = None

    async def trip(self, *, until, delay_minutes=0):
        while not Clings.released.is_set():
            try:
                await Clings.released.wait()
            except asyncio.CancelledError:
                continue
        return Confirmed(None)


class Raises(PlainSession):
    async def trip(self, *, until, delay_minutes=0):
        raise ValueError("password c0ffee was wrong")


class RaisesOpening(PlainSession):
    async def __aenter__(self):
        raise ValueError("password c0ffee was wrong")


def trip_with(opener):
    async def story():
        async with Toys() as toys, FrontEnd(opener=opener, credentials=keys_of, patience=QUICK) as front:
            answer = await front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL)
        return answer, front.figures()

    return asyncio.run(story())


@pytest.mark.parametrize(
    ("opener", "reason", "sent"),
    [
        (Hangs, Reason.SILENT, True),
        (HangsOpening, Reason.UNREACHABLE, False),
        (Raises, Reason.BROKEN, True),
        (RaisesOpening, Reason.BROKEN, False),
    ],
)
def test_a_session_that_hangs_or_raises_is_an_outcome(opener, reason, sent):
    answer, figures = trip_with(opener)
    assert (answer.outcome.reason, answer.sent) == (reason, sent)
    assert figures.answered == figures.asked == 1
    assert "c0ffee" not in repr(answer)


def test_an_exception_is_told_by_its_kind_alone():
    answer, _figures = trip_with(Raises)
    assert answer.outcome == Unknown(Reason.BROKEN, "ValueError")


def test_credentials_that_cannot_be_had_are_an_outcome_too():
    def none(_address):
        raise LookupError("no key c0ffee")

    async def story():
        async with Toys() as toys, FrontEnd(opener=ToySession, credentials=none, patience=QUICK) as front:
            answer = await front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL)
            return answer, toys.got

    answer, got = asyncio.run(story())
    assert (answer.outcome, answer.sent, got) == (Unknown(Reason.BROKEN, "LookupError"), False, [])


def test_a_line_that_does_not_close_keeps_the_answer_and_gives_the_meter_back():
    patience = replace(QUICK, open_seconds=1.0, exchange_seconds=2.0, answer_seconds=2.0, grace_seconds=0.5)

    async def story():
        async with Toys() as toys, FrontEnd(opener=HangsClosing, credentials=keys_of, patience=patience) as front:
            one = await front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ)
            two = await front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ)
            return one.outcome, two.outcome, one.milliseconds

    one, two, took = asyncio.run(story())
    assert isinstance(one, Confirmed)
    assert isinstance(two, Confirmed)
    assert took < 450  # the answer does not wait for the closing


def test_a_session_that_clings_is_answered_for_and_its_meter_left_alone_until_it_lets_go():
    async def story():
        Clings.released = asyncio.Event()
        async with Toys() as toys, FrontEnd(opener=Clings, credentials=keys_of, patience=QUICK) as front:
            trip = await front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL)
            waiting = await front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ)
            other = await front.ask(toys.meter(8), Verb.READ_RELAY, priority=Priority.READ)
            hung = front.figures().hung
            Clings.released.set()
            await asyncio.sleep(0.02)
            after = await front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ)
            return trip, waiting, other, after, hung

    trip, waiting, other, after, hung = asyncio.run(story())
    assert (trip.outcome.reason, trip.sent) == (Reason.SILENT, True)
    assert (waiting.outcome.reason, waiting.sent) == (Reason.CIRCUIT_OPEN, False)
    assert isinstance(other.outcome, Confirmed)
    assert isinstance(after.outcome, Confirmed)
    assert hung == 1


def test_at_the_end_who_waits_is_withdrawn_who_runs_is_heard_and_who_comes_later_is_withdrawn():
    async def story():
        async with Toys(m7="slow 0.03") as toys:
            async with FrontEnd(opener=ToySession, credentials=keys_of, patience=QUICK) as front:
                running = asyncio.create_task(front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ))
                await toys.heard()
                asks = [
                    asyncio.create_task(front.ask(toys.meter(7), Verb.DIRECT_CLOSE, priority=priority, until=UNTIL))
                    for priority in (Priority.RESTORE, Priority.OTHER)
                ]
                await asyncio.sleep(0)
            late = await front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ)
            assert all(task.done() for task in [running, *asks])
            return running.result(), [task.result() for task in asks], late, front.figures(), toys.got

    running, waiting, late, figures, got = asyncio.run(story())
    assert isinstance(running.outcome, Confirmed)
    assert [answer.outcome for answer in waiting] == [Unknown(Reason.WITHDRAWN)] * 2
    assert (late.outcome.reason, late.sent) == (Reason.WITHDRAWN, False)
    assert figures.answered == figures.asked == 4
    assert len(got) == 1


def test_at_the_end_an_exchange_that_does_not_come_home_is_called_off():
    async def story():
        patient = Patience(answer_seconds=60, exchange_seconds=60, grace_seconds=0.05)
        async with Toys(m7="silent") as toys:
            async with FrontEnd(opener=ToySession, credentials=keys_of, patience=patient) as front:
                trip = asyncio.create_task(front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL))
                await toys.heard()
            return trip.result()

    answer = asyncio.run(story())
    assert (answer.outcome.reason, answer.sent) == (Reason.BROKEN, True)


def test_at_the_end_even_a_session_that_clings_leaves_no_ask_without_an_answer():
    async def story():
        Clings.released = asyncio.Event()
        patient = Patience(exchange_seconds=60, grace_seconds=0.05)
        async with Toys() as toys:
            async with FrontEnd(opener=Clings, credentials=keys_of, patience=patient) as front:
                trip = asyncio.create_task(front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL))
                await asyncio.sleep(0.02)
            Clings.released.set()
            return trip.result()

    answer = asyncio.run(story())
    assert (answer.outcome.reason, answer.sent) == (Reason.SILENT, True)


def test_once_it_ends_no_cut_is_sent_any_more_even_where_the_answer_was_yes():
    async def story():
        asked, said = asyncio.Event(), asyncio.Event()

        async def before_send():
            asked.set()
            await said.wait()
            return True

        patient = Patience(before_send_seconds=1, grace_seconds=0.5)
        async with Toys() as toys:
            front = FrontEnd(opener=ToySession, credentials=keys_of, patience=patient)
            trip = asyncio.create_task(
                front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL, before_send=before_send)
            )
            await asked.wait()
            closing = asyncio.create_task(front.close())
            await asyncio.sleep(0)
            said.set()
            await closing
            return trip.result(), toys.got

    answer, got = asyncio.run(story())
    assert (answer.outcome.reason, answer.sent, got) == (Reason.WITHDRAWN, False, [])


def test_a_repeat_still_to_come_at_the_end_answers_with_what_was_seen():
    async def story():
        patient = Patience(answer_seconds=0.02, back_off_seconds=60, back_off_at_most_seconds=60, attempts=3)
        async with Toys(m7="silent") as toys:
            async with FrontEnd(opener=ToySession, credentials=keys_of, patience=patient) as front:
                read = asyncio.create_task(front.ask(toys.meter(7), Verb.READ_RELAY, priority=Priority.READ))
                await asyncio.sleep(0.06)
            return read.result(), len(toys.got)

    answer, got = asyncio.run(story())
    assert (answer.outcome.reason, answer.attempts, got) == (Reason.SILENT, 1, 1)


def read_back_of(wanted, *, moves_after, deadline, commanded="open"):
    async def story():
        async with Toys() as toys, FrontEnd(opener=ToySession, credentials=keys_of, patience=QUICK) as front:
            meter = toys.meter(7)
            toys.relays[meter.address][0] = commanded
            toys.moves_after[meter.address] = moves_after
            seen = await front.read_back(meter, wanted, deadline_seconds=deadline)
            return seen, toys.count("read_relay")

    return asyncio.run(story())


def test_a_relay_is_read_until_it_stands_where_it_was_told():
    seen, received = read_back_of(Position.OPEN, moves_after=2, deadline=2.0)
    assert (seen.agreed, seen.state) == (True, RelayState(Position.OPEN, Position.OPEN))
    assert (seen.readings, received) == (2, 2)


def test_a_relay_that_holds_the_command_and_does_not_move_is_told_as_it_stands():
    seen, received = read_back_of(Position.OPEN, moves_after=99, deadline=0.3)
    assert (seen.agreed, seen.state) == (False, RelayState(Position.OPEN, Position.CLOSED))
    assert seen.readings == received == 2


def test_a_relay_that_cannot_be_read_is_not_taken_for_anything():
    async def story():
        async with Toys(m7="silent") as toys, FrontEnd(opener=ToySession, credentials=keys_of, patience=QUICK) as front:
            return await front.read_back(toys.meter(7), Position.OPEN, deadline_seconds=0.1)

    seen = asyncio.run(story())
    assert (seen.agreed, seen.state, seen.outcome.reason) == (False, None, Reason.SILENT)


@pytest.mark.parametrize(
    ("commanded", "actual", "pending", "stood_in"),
    [
        (Position.OPEN, Position.OPEN, None, {Position.OPEN}),
        (Position.OPEN, Position.CLOSED, None, set()),
        (Position.OPEN, Position.CLOSED, True, set()),
        (Position.CLOSED, Position.CLOSED, None, {Position.CLOSED, Position.PERMITTED}),
        (Position.CLOSED, Position.CLOSED, True, set()),
        (Position.CLOSED, Position.OPEN, False, {Position.PERMITTED}),
        (Position.PERMITTED, Position.OPEN, None, {Position.PERMITTED}),
        (Position.PERMITTED, Position.CLOSED, None, {Position.CLOSED, Position.PERMITTED}),
        (Position.UNKNOWN, Position.OPEN, None, set()),
        (Position.OPEN, Position.UNKNOWN, None, set()),
    ],
)
def test_where_a_relay_stands_is_said_by_command_and_position_together(commanded, actual, pending, stood_in):
    state = RelayState(commanded, actual, pending=pending)
    wanted = (Position.OPEN, Position.CLOSED, Position.PERMITTED)
    assert {position for position in wanted if stands(state, position)} == stood_in
