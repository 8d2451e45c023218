import asyncio
from dataclasses import replace

import pytest

from meter_toys import UNTIL, Toys, ToySession, keys_of
from zaikong.meterio.front import FrontEnd, Limits, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import Endpoint, MeterAddress, Position, RelayState, Verb, Wire

QUICK = Patience(
    answer_seconds=2.0,
    open_seconds=2.0,
    before_send_seconds=2.0,
    exchange_seconds=4.0,
    overall_seconds=20.0,
    attempts=3,
    back_off_seconds=0.01,
    grace_seconds=0.2,
    breaker_meters=3,
    cool_down_seconds=0.15,
)
DEAF = replace(QUICK, answer_seconds=0.1)
"""For meters that are silent: nobody waits long for what does not come."""

VERBS = {
    Verb.READ_REGISTERS: Priority.READ,
    Verb.READ_RELAY: Priority.SETTLE,
    Verb.TRIP: Priority.CUT,
    Verb.PERMIT_CLOSE: Priority.RESTORE,
    Verb.DIRECT_CLOSE: Priority.RESTORE,
    Verb.RETAIN_ON: Priority.OTHER,
    Verb.RETAIN_OFF: Priority.OTHER,
    Verb.SET_TIME: Priority.OTHER,
}
TWICE = {Verb.READ_REGISTERS, Verb.READ_RELAY, Verb.PERMIT_CLOSE, Verb.DIRECT_CLOSE, Verb.RETAIN_ON}


def front_end(*, patience=QUICK, opener=ToySession, **terms):
    return FrontEnd(opener=opener, credentials=keys_of, patience=patience, **terms)


def run(story):
    return asyncio.run(story())


def command(verb):
    """What `ask` needs for a verb."""
    if verb is Verb.SET_TIME:
        return {"at": UNTIL}
    return {} if verb in {Verb.READ_REGISTERS, Verb.READ_RELAY} else {"until": UNTIL}


def asking(front, meter, verb, **more):
    return front.ask(meter, verb, priority=VERBS[verb], **command(verb), **more)


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_reaches_its_meter_once_and_comes_back_confirmed(verb):
    async def story():
        async with Toys() as toys, front_end() as front:
            answer = await asking(front, toys.meter(7), verb)
            return answer, toys.got

    answer, got = run(story)
    assert isinstance(answer.outcome, Confirmed)
    assert (answer.attempts, answer.sent, answer.verb) == (1, True, verb)
    assert got == [("000000000007", verb.value)]


@pytest.mark.parametrize("mood", ["silent", "garbage", "drops"])
@pytest.mark.parametrize("verb", list(VERBS))
def test_only_what_is_harmless_twice_is_sent_again(verb, mood):
    async def story():
        async with Toys(m7=mood) as toys, front_end(patience=DEAF) as front:
            answer = await asking(front, toys.meter(7), verb)
            return answer, toys.count(verb.value), front.figures()

    answer, received, figures = run(story)
    times = 3 if verb in TWICE else 1
    reason = {"silent": Reason.SILENT, "garbage": Reason.GARBAGE, "drops": Reason.BROKEN}[mood]
    assert (answer.outcome.reason, answer.attempts, received) == (reason, times, times)
    assert answer.sent is True
    assert (figures.retries, dict(figures.unknown)) == (times - 1, {reason: 1})


def test_a_repeat_that_is_heard_ends_the_repeating():
    async def story():
        async with Toys(m7="deaf 1") as toys, front_end(patience=DEAF) as front:
            answer = await asking(front, toys.meter(7), Verb.READ_RELAY)
            return answer, toys.count("read_relay")

    answer, received = run(story)
    assert answer.outcome == Confirmed(RelayState(Position.CLOSED, Position.CLOSED))
    assert (answer.attempts, received) == (2, 2)


def test_a_refusal_is_an_answer_and_is_not_argued_with():
    async def story():
        async with Toys(m7="refuses") as toys, front_end() as front:
            answer = await asking(front, toys.meter(7), Verb.DIRECT_CLOSE)
            return answer, toys.count("direct_close"), front.figures()

    answer, received, figures = run(story)
    assert answer.outcome == Refused("RETAINED")
    assert (received, figures.refused, figures.confirmed) == (1, 1, 0)


def test_nothing_listens_so_nothing_was_sent_and_nobody_is_asked_whether_to_send():
    async def story():
        asked = []

        async def before_send():
            asked.append("asked")
            return True

        async with Toys() as toys:
            gone = toys.meter(7)
        async with front_end() as front:
            return await asking(front, gone, Verb.TRIP, before_send=before_send), asked

    answer, asked = run(story)
    assert answer.outcome == Unknown(Reason.UNREACHABLE)
    assert (answer.sent, answer.attempts, asked) == (False, 1, [])


def test_a_trip_never_goes_before_others_and_a_command_always_says_when_it_expires():
    async def story():
        async with front_end() as front:
            meter = MeterAddress(Wire.DLT645, "000000000007", Endpoint("127.0.0.1", 1))
            for wrong, verb in [
                ({"priority": Priority.RESTORE, "until": UNTIL}, Verb.TRIP),
                ({"priority": Priority.CUT}, Verb.TRIP),
                ({"priority": Priority.OTHER}, Verb.SET_TIME),
                ({"priority": Priority.OTHER, "until": UNTIL, "delay_minutes": 5}, Verb.RETAIN_ON),
            ]:
                with pytest.raises(ValueError, match=r"last|needs|delay"):
                    await front.ask(meter, verb, **wrong)
            return front.figures().asked

    assert run(story) == 0


def test_one_meter_is_never_asked_two_things_at_once_and_a_line_never_more_than_its_limit():
    async def story():
        limits = Limits(per_line=3, in_all=50, line_reserve=0)
        async with Toys() as toys, front_end(limits=limits) as front:
            for number in range(5):
                toys.moods[str(number)] = "slow 0.01"
            asks = [asking(front, toys.meter(n % 5), Verb.READ_REGISTERS) for n in range(30)]
            answers = await asyncio.gather(*asks)
            return answers, toys.most_at_a_meter, toys.most

    answers, at_a_meter, at_once = run(story)
    assert [isinstance(answer.outcome, Confirmed) for answer in answers] == [True] * 30
    assert (at_a_meter, at_once) == (1, 3)


def test_no_more_run_in_all_than_allowed_over_many_lines():
    async def story():
        async with Toys() as one, Toys() as two, front_end(limits=Limits(in_all=2, reserve=0)) as front:
            seen = []

            async def before_send():
                seen.append(front.figures().running)
                return True

            lines = [(one, n) for n in range(6)] + [(two, n) for n in range(6)]
            await asyncio.gather(
                *(asking(front, line.meter(n), Verb.READ_RELAY, before_send=before_send) for line, n in lines)
            )
            return seen

    seen = run(story)
    assert (len(seen), max(seen)) == (12, 2)


def test_who_waits_goes_by_urgency_then_by_arrival_on_one_meter():
    async def story():
        order = [
            Verb.TRIP,
            Verb.RETAIN_ON,
            Verb.READ_REGISTERS,
            Verb.SET_TIME,
            Verb.READ_RELAY,
            Verb.DIRECT_CLOSE,
            Verb.PERMIT_CLOSE,
        ]
        async with Toys(m7="slow 0.02") as toys, front_end() as front:
            first = asyncio.create_task(asking(front, toys.meter(7), Verb.READ_REGISTERS))
            await toys.heard()
            await asyncio.gather(first, *(asking(front, toys.meter(7), verb) for verb in order))
            return [verb for _address, verb in toys.got[1:]]

    assert run(story) == [
        "direct_close",
        "permit_close",
        "read_relay",
        "read_registers",
        "retain_on",
        "set_time",
        "trip",
    ]


def test_a_restore_of_another_meter_goes_before_waiting_reads_of_a_full_line():
    async def story():
        async with Toys() as toys, front_end(limits=Limits(per_line=1)) as front:
            toys.moods["1"] = "slow 0.03"
            first = asyncio.create_task(asking(front, toys.meter(1), Verb.READ_REGISTERS))
            await toys.heard()
            reads = [asking(front, toys.meter(n), Verb.READ_REGISTERS) for n in range(2, 6)]
            cut = asking(front, toys.meter(6), Verb.TRIP)
            restore = asking(front, toys.meter(9), Verb.DIRECT_CLOSE)
            await asyncio.gather(first, cut, *reads, restore)
            return [int(address) for address, _verb in toys.got]

    assert run(story) == [1, 9, 2, 3, 4, 5, 6]


def test_a_place_is_kept_for_a_restore_while_reads_hold_all_others():
    async def story():
        async with Toys() as toys, front_end(limits=Limits(per_line=3, line_reserve=1)) as front:
            for number in range(4):
                toys.moods[str(number)] = "slow 0.3"
            reads = [asyncio.create_task(asking(front, toys.meter(n), Verb.READ_REGISTERS)) for n in range(4)]
            await toys.heard(2)
            answer = await asking(front, toys.meter(50), Verb.DIRECT_CLOSE)
            done = sum(read.done() for read in reads)
            await asyncio.gather(*reads)
            return answer, done, toys.most

    answer, done, most = run(story)
    assert isinstance(answer.outcome, Confirmed)
    assert (done, most) == (0, 3)


def test_a_serial_line_carries_one_exchange_at_a_time():
    async def story():
        most = running = 0

        class OnSerial(ToySession):
            def __init__(self, address, credentials, *, timeout_seconds):
                super().__init__(toys.meter(int(address.address)), credentials, timeout_seconds=timeout_seconds)

            async def read_relay(self):
                nonlocal most, running
                running += 1
                most = max(most, running)
                outcome = await super().read_relay()
                running -= 1
                return outcome

        async with Toys() as toys, front_end(opener=OnSerial) as front:
            line = Endpoint("/dev/ttyS9", 0)
            meters = [MeterAddress(Wire.DLT645, f"{n:012d}", line) for n in range(6)]
            await asyncio.gather(*(asking(front, meter, Verb.READ_RELAY) for meter in meters))
            return most, toys.count("read_relay")

    assert run(story) == (1, 6)


def test_five_hundred_meters_are_asked_at_once_and_each_is_answered():
    async def story():
        async with Toys() as toys, front_end(limits=Limits(per_line=100, in_all=100)) as front:
            for number in range(0, 500, 20):
                toys.moods[str(number)] = "refuses"
            answers = await asyncio.gather(*(asking(front, toys.meter(n), Verb.READ_RELAY) for n in range(500)))
            return answers, front.figures(), toys.count("read_relay")

    answers, figures, received = run(story)
    assert [type(answer.outcome) for answer in answers] == [Confirmed if n % 20 else Refused for n in range(500)]
    assert (figures.asked, figures.confirmed, figures.refused, figures.answered) == (500, 475, 25, 500)
    assert (figures.waiting, figures.running, received) == (0, 0, 500)
    assert 0 <= figures.latency_ms(500) <= figures.latency_ms(990) <= figures.latency_ms(1000)
    assert figures.latency_ms(1000) == max(figures.latencies_ms)


def test_who_stops_waiting_frees_the_way_for_others_and_sends_nothing():
    async def story():
        async with Toys(m7="slow 0.05") as toys, front_end() as front:
            first = asyncio.create_task(asking(front, toys.meter(7), Verb.READ_REGISTERS))
            await toys.heard()
            gone = asyncio.create_task(asking(front, toys.meter(7), Verb.DIRECT_CLOSE))
            third = asyncio.create_task(asking(front, toys.meter(7), Verb.READ_RELAY))
            await asyncio.sleep(0.01)
            gone.cancel()
            await asyncio.gather(first, third)
            return [verb for _address, verb in toys.got], gone.cancelled()

    assert run(story) == (["read_registers", "read_relay"], True)


def test_who_goes_away_in_the_middle_gives_the_meter_back():
    async def story():
        async with Toys(m7="deaf 1") as toys, front_end(patience=DEAF) as front:
            gone = asyncio.create_task(asking(front, toys.meter(7), Verb.TRIP))
            await toys.heard()
            gone.cancel()
            answer = await asking(front, toys.meter(7), Verb.READ_RELAY)
            return answer, gone.cancelled(), toys.count("trip")

    answer, cancelled, trips = run(story)
    assert isinstance(answer.outcome, Confirmed)
    assert (cancelled, trips) == (True, 1)
