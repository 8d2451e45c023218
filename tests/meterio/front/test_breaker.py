import asyncio

from meter_toys import UNTIL, Toys, ToySession, keys_of
from zaikong.meterio.front import FrontEnd, Patience, Priority
from zaikong.meterio.outcome import Confirmed, Reason, Unknown
from zaikong.meterio.session import Verb

ONCE = Patience(
    answer_seconds=0.1,
    open_seconds=0.5,
    exchange_seconds=0.5,
    attempts=1,
    grace_seconds=0.1,
    breaker_meters=3,
    cool_down_seconds=0.3,
)


def story_of(story, **moods):
    async def told():
        async with (
            Toys(**moods) as toys,
            FrontEnd(opener=ToySession, credentials=keys_of, patience=ONCE) as front,
        ):

            async def read(number):
                return await front.ask(toys.meter(number), Verb.READ_RELAY, priority=Priority.READ)

            async def restore(number):
                return await front.ask(toys.meter(number), Verb.DIRECT_CLOSE, priority=Priority.RESTORE, until=UNTIL)

            return await story(toys, front, read, restore)

    return asyncio.run(told())


def test_some_silent_meters_in_a_row_give_the_line_up_at_once_without_a_byte():
    async def story(toys, front, read, _restore):
        for number in (1, 2, 3):
            await read(number)
        received = len(toys.got)
        answer = await read(4)
        return answer, len(toys.got) - received, front.figures().breaker_openings

    answer, sent, openings = story_of(story, m1="silent", m2="silent", m3="silent")
    assert answer.outcome == Unknown(Reason.CIRCUIT_OPEN)
    assert (answer.attempts, answer.sent, sent, openings) == (0, False, 0, 1)


def test_one_silent_meter_never_closes_its_line_to_the_others():
    async def story(_toys, front, read, _restore):
        for _ in range(8):
            await read(1)
        return await read(4), front.figures().breaker_openings

    answer, openings = story_of(story, m1="silent")
    assert isinstance(answer.outcome, Confirmed)
    assert openings == 0


def test_an_answer_between_says_that_the_line_lives():
    async def story(_toys, front, read, _restore):
        for number in (1, 2, 9, 3, 1):
            await read(number)
        return front.figures().breaker_openings

    assert story_of(story, m1="silent", m2="silent", m3="silent") == 0


def test_a_refusal_and_even_garbage_say_that_the_line_lives():
    async def story(_toys, front, read, _restore):
        for number in (1, 2, 8, 3, 1, 9, 2, 3):
            await read(number)
        return front.figures().breaker_openings

    assert story_of(story, m1="silent", m2="silent", m3="silent", m8="garbage", m9="refuses") == 0


def test_after_the_cool_down_one_probe_goes_and_its_answer_opens_the_line_to_all():
    async def story(toys, _front, read, _restore):
        for number in (1, 2, 3):
            await read(number)
        toys.moods["4"] = "slow 0.01"
        await asyncio.sleep(0.31)
        probes = await asyncio.gather(*(read(n) for n in (4, 5, 6)))
        return [type(probe.outcome) for probe in probes], (await read(5)).outcome

    outcomes, later = story_of(story, m1="silent", m2="silent", m3="silent")
    assert outcomes == [Confirmed, Unknown, Unknown]
    assert isinstance(later, Confirmed)


def test_a_probe_that_is_not_heard_gives_the_line_up_again():
    async def story(toys, front, read, _restore):
        for number in (1, 2, 3):
            await read(number)
        await asyncio.sleep(0.31)
        probe = await read(1)
        return probe.outcome, (await read(4)).outcome, front.figures().breaker_openings

    probe, after, openings = story_of(story, m1="silent", m2="silent", m3="silent")
    assert (probe.reason, after) == (Reason.SILENT, Unknown(Reason.CIRCUIT_OPEN))
    assert openings == 1


def test_a_restore_goes_through_an_open_breaker_and_its_answer_closes_it():
    async def story(toys, _front, read, restore):
        for number in (1, 2, 3):
            await read(number)
        given_up = (await read(4)).outcome
        back = await restore(5)
        return given_up, back.outcome, (await read(4)).outcome

    given_up, back, after = story_of(story, m1="silent", m2="silent", m3="silent")
    assert given_up == Unknown(Reason.CIRCUIT_OPEN)
    assert isinstance(back, Confirmed)
    assert isinstance(after, Confirmed)


def test_restores_that_fail_do_not_keep_the_others_from_probing():
    async def story(toys, _front, read, restore):
        for number in (1, 2, 3):
            await read(number)
        for _ in range(5):
            await restore(1)
        return (await read(4)).outcome

    assert isinstance(story_of(story, m1="silent", m2="silent", m3="silent"), Confirmed)


def test_who_waits_for_a_line_given_up_is_told_at_once_except_restores():
    async def story(toys, front, read, restore):
        for number in range(1, 30):
            toys.moods[str(number)] = "silent"
        asks = [asyncio.create_task(read(n)) for n in range(1, 30)]
        await asyncio.sleep(0.01)
        back = asyncio.create_task(restore(50))
        answers = await asyncio.gather(*asks)
        return [answer.outcome.reason for answer in answers], (await back).outcome

    reasons, back = story_of(story)
    assert reasons.count(Reason.SILENT) < 15  # those under way when the line was given up, and no more
    assert set(reasons) == {Reason.SILENT, Reason.CIRCUIT_OPEN}
    assert isinstance(back, Confirmed)


def test_a_line_given_up_says_nothing_of_another_line():
    async def story(_toys, front, read, _restore):
        for number in (1, 2, 3):
            await read(number)
        async with Toys() as other:
            return (await front.ask(other.meter(1), Verb.READ_RELAY, priority=Priority.READ)).outcome

    assert isinstance(story_of(story, m1="silent", m2="silent", m3="silent"), Confirmed)
