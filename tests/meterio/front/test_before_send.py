import asyncio
from dataclasses import replace

import pytest

from meter_toys import UNTIL, PlainSession, Toys, ToySession, keys_of
from zaikong.meterio.front import FrontEnd, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Reason, Unknown
from zaikong.meterio.session import Verb

QUICK = Patience(
    answer_seconds=0.3,
    before_send_seconds=2.0,
    exchange_seconds=1.0,
    back_off_seconds=0.01,
    grace_seconds=0.1,
    max_gap_seconds=5.0,
)


def ask_to_trip(before_send, *, mood="good", opener=ToySession, verb=Verb.TRIP, clock=None, patience=QUICK):
    """One ask, the answer, and what the meter got."""

    async def story():
        async with Toys(m7=mood) as toys:
            async with FrontEnd(opener=opener, credentials=keys_of, patience=patience, clock=clock) as front:
                answer = await front.ask(
                    toys.meter(7),
                    verb,
                    priority=Priority.CUT if verb is Verb.TRIP else Priority.RESTORE,
                    until=UNTIL,
                    before_send=before_send,
                )
            return answer, [said for _address, said in toys.got]

    return asyncio.run(story())


def saying(word):
    async def before_send():
        return word

    return before_send


both = pytest.mark.parametrize("opener", [ToySession, PlainSession])
"""Whether the session puts the last question itself, or the front end before it is told anything."""


@both
def test_a_yes_sends(opener):
    answer, got = ask_to_trip(saying(True), opener=opener)
    assert (answer.outcome, answer.sent, got) == (Confirmed(None), True, ["trip"])


@both
@pytest.mark.parametrize("word", [False, None, 1, "yes"])
def test_anything_but_yes_sends_nothing(word, opener):
    answer, got = ask_to_trip(saying(word), opener=opener)
    assert (answer.outcome, answer.sent, got) == (Unknown(Reason.WITHDRAWN), False, [])


@both
def test_a_question_that_fails_sends_nothing_and_tells_only_of_what_kind_it_was(opener):
    async def before_send():
        raise RuntimeError("password c0ffee")

    answer, got = ask_to_trip(before_send, opener=opener)
    assert (answer.outcome, got) == (Unknown(Reason.WITHDRAWN, "RuntimeError"), [])
    assert "c0ffee" not in repr(answer)


@both
def test_a_question_that_takes_too_long_sends_nothing(opener):
    async def before_send():
        await asyncio.sleep(10)
        return True

    answer, got = ask_to_trip(before_send, opener=opener, patience=replace(QUICK, before_send_seconds=0.1))
    assert (answer.outcome, got) == (Unknown(Reason.WITHDRAWN, "TimeoutError"), [])
    assert answer.milliseconds < 5000


@both
def test_a_slow_yes_sends_because_only_what_comes_after_it_counts(opener):
    async def before_send():
        await asyncio.sleep(0.06)
        return True

    answer, got = ask_to_trip(before_send, opener=opener)
    assert (answer.outcome, got) == (Confirmed(None), ["trip"])


@both
@pytest.mark.parametrize(("gap", "sends"), [(5.0, True), (5.001, False)])
def test_a_yes_that_has_grown_old_sends_nothing(gap, sends, opener):
    times = [0.0]

    def clock():
        """Stands still until somebody said yes, and jumps by the gap when next looked at."""
        times.append(times[-1] + gap)
        return times[-2]

    answer, got = ask_to_trip(saying(True), clock=clock, opener=opener)
    assert got == (["trip"] if sends else [])
    assert answer.sent is sends
    if not sends:
        assert answer.outcome.reason is Reason.WITHDRAWN


class Prepares(ToySession):
    """Asks for an association, as it may, before it is ready to send a trip."""

    def __init__(self, address, credentials, *, timeout_seconds):
        super().__init__(address, credentials, timeout_seconds=timeout_seconds)
        Prepares.events = []

    async def trip(self, *, until, delay_minutes=0):
        Prepares.events.append("prepares")
        await asyncio.sleep(0.01)
        ask, self.last_word = self.last_word, self._watched(self.last_word)
        return await super().trip(until=until) if ask else None

    def _watched(self, last_word):
        async def asked():
            refusal = await last_word()
            Prepares.events.append(f"answered {refusal}")
            return refusal

        return asked


def test_it_is_asked_when_all_is_prepared_and_nothing_runs_between_its_yes_and_the_command():
    async def before_send():
        Prepares.events.append("asked")
        await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_soon(lambda: Prepares.events.append("another callback"))
        Prepares.events.append("yes")
        return True

    answer, _got = ask_to_trip(before_send, opener=Prepares)
    assert isinstance(answer.outcome, Confirmed)
    assert Prepares.events[:5] == ["prepares", "asked", "yes", "answered None", "another callback"]


def test_a_trip_that_never_gets_ready_to_be_sent_asks_nobody_and_was_not_sent():
    asked = []

    class NeverReady(ToySession):
        async def trip(self, *, until, delay_minutes=0):
            await asyncio.Event().wait()

    async def before_send():
        asked.append("asked")
        return True

    answer, got = ask_to_trip(before_send, opener=NeverReady)
    assert (answer.outcome.reason, answer.sent, asked, got) == (Reason.SILENT, False, [], [])


def test_a_session_that_does_not_ask_itself_must_end_before_the_yes_has_grown_old():
    class Dawdles(PlainSession):
        """Has other things to say first, and says the trip when the yes is old."""

        async def trip(self, *, until, delay_minutes=0):
            await asyncio.sleep(0.15)
            return await super().trip(until=until)

    hasty = replace(QUICK, max_gap_seconds=0.1)
    answer, got = ask_to_trip(saying(True), opener=Dawdles, patience=hasty)
    assert (answer.outcome.reason, got) == (Reason.SILENT, [])
    patient = replace(QUICK, max_gap_seconds=5.0, exchange_seconds=5.0)
    answer, got = ask_to_trip(saying(True), opener=Dawdles, patience=patient)
    assert (answer.outcome, got) == (Confirmed(None), ["trip"])


def test_another_ask_of_the_meter_waits_while_the_last_question_is_open():
    async def story():
        async with Toys() as toys, FrontEnd(opener=ToySession, credentials=keys_of, patience=QUICK) as front:
            asked, said = asyncio.Event(), asyncio.Event()

            async def before_send():
                asked.set()
                await said.wait()
                return True

            trip = asyncio.create_task(
                front.ask(toys.meter(7), Verb.TRIP, priority=Priority.CUT, until=UNTIL, before_send=before_send)
            )
            await asked.wait()
            restore = asyncio.create_task(
                front.ask(toys.meter(7), Verb.DIRECT_CLOSE, priority=Priority.RESTORE, until=UNTIL)
            )
            await asyncio.sleep(0.03)
            before = list(toys.got)
            said.set()
            await asyncio.gather(trip, restore)
            return before, [verb for _address, verb in toys.got]

    assert asyncio.run(story()) == ([], ["trip", "direct_close"])


def test_it_is_asked_again_before_every_repeat_and_a_no_ends_them():
    words = iter([True, False, True])

    async def before_send():
        return next(words)

    answer, got = ask_to_trip(before_send, mood="silent", verb=Verb.DIRECT_CLOSE)
    assert got == ["direct_close"]
    assert (answer.outcome, answer.attempts, answer.sent) == (Unknown(Reason.WITHDRAWN), 2, True)


def test_a_trip_whose_answer_was_lost_is_asked_about_once_and_never_sent_again():
    asked = []

    async def before_send():
        asked.append("asked")
        return True

    answer, got = ask_to_trip(before_send, mood="drops")
    assert (asked, got) == (["asked"], ["trip"])
    assert (answer.outcome.reason, answer.sent) == (Reason.BROKEN, True)
