"""Our own sessions over real sockets: each verb, and what a session says of each fault."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from zaikong.meterio.outcome import Confirmed, Reason, Refused, Unknown
from zaikong.meterio.session import Position, Registers, RelayState, Wire
from zaikong.sim.virtual_meters import ActKind, Fault, FaultKind, MeterPark
from zaikong.sim.virtual_meters.energy import constant
from zaikong.sim.virtual_meters.faults import CONDITIONS
from zaikong.sim.virtual_meters.making import FAULTS

from .made import START, UNTIL, WIRES, WRONG, made_meter, session, still_clock

PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "virtual_meters.md"
SLOW_SECONDS = 0.5
OPEN, CLOSED, PERMITTED = Position.OPEN, Position.CLOSED, Position.PERMITTED


def rows_of_page() -> dict[FaultKind, tuple[str, str, str]]:
    text = PAGE.read_text(encoding="utf-8").split("<!-- table: faults -->")[1].strip().split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]
    return {FaultKind(row[0]): (row[1], row[2], row[3]) for row in rows}


def word(outcome) -> str:
    match outcome:
        case Confirmed():
            return "confirmed"
        case Refused():
            return "refused"
        case Unknown(reason):
            return str(reason)


def talked(wire: Wire, talk, *, timeout_seconds=1.0, credentials=None, **terms):
    """What `talk(session, meter)` returns over a real socket."""
    meter = made_meter(wire, **terms)

    async def run():
        async with await MeterPark.start([meter]) as park:
            kept = {} if credentials is None else {"credentials": credentials}
            async with session(park, meter.address, timeout_seconds=timeout_seconds, **kept) as line:
                return await talk(line, meter)

    return asyncio.run(run())


# -- every verb of a meter that works


@pytest.mark.parametrize("wire", WIRES)
def test_registers_and_clock_are_read(wire):
    clock = still_clock()

    async def talk(line, _):
        clock.skip(86_400)
        return await line.read_registers()

    outcome = talked(wire, talk, clock=clock, use=constant(1_000, reactive_percent=10), opening=(7, 0, 0, 0, 0, 5))
    values = {"total": 1_007, "sharp": 0, "peak": 450, "flat": 350, "valley": 200, "reactive": 105}
    assert outcome == Confirmed(Registers(values, START + timedelta(days=1)))


@pytest.mark.parametrize("wire", WIRES)
def test_each_verb_is_confirmed_and_seen_in_the_relay(wire):
    permitted = PERMITTED if wire is Wire.DLT698 else CLOSED  # run-status word 3 alone cannot tell them apart

    async def talk(line, meter):
        seen = []
        for act in (
            line.trip(until=UNTIL),
            line.permit_close(until=UNTIL),
            line.direct_close(until=UNTIL),
            line.trip(until=UNTIL, delay_minutes=5),
            line.retain(on=True, until=UNTIL),
            line.retain(on=False, until=UNTIL),
        ):
            assert await act == Confirmed(None)
            seen.append((await line.read_relay()).value)
        return seen

    assert talked(wire, talk) == [
        RelayState(OPEN, OPEN, retained=False, pending=False),
        RelayState(permitted, OPEN, retained=False, pending=False),
        RelayState(CLOSED, CLOSED, retained=False, pending=False),
        RelayState(OPEN, CLOSED, retained=False, pending=True),
        RelayState(CLOSED, CLOSED, retained=True, pending=False),
        RelayState(CLOSED, CLOSED, retained=False, pending=False),
    ]


@pytest.mark.parametrize("wire", WIRES)
def test_a_delayed_trip_opens_after_its_minutes(wire):
    clock = still_clock()

    async def talk(line, meter):
        assert await line.trip(until=UNTIL, delay_minutes=5) == Confirmed(None)
        clock.skip(299)
        assert meter.supply_on
        clock.skip(1)
        return (await line.read_relay()).value

    assert talked(wire, talk, clock=clock) == RelayState(OPEN, OPEN, retained=False, pending=False)


@pytest.mark.parametrize("wire", WIRES)
def test_a_trip_at_high_current_is_confirmed_and_pending(wire):
    async def talk(line, meter):
        assert await line.trip(until=UNTIL) == Confirmed(None)
        pending = (await line.read_relay()).value
        meter.set_ampere(10)
        return pending, (await line.read_relay()).value

    assert talked(wire, talk, ampere=45) == (
        RelayState(OPEN, CLOSED, retained=False, pending=True),
        RelayState(OPEN, OPEN, retained=False, pending=False),
    )


@pytest.mark.parametrize("wire", WIRES)
def test_the_clock_is_set(wire):
    async def talk(line, meter):
        assert await line.set_time(at=START) == Confirmed(None)
        return meter.wall

    assert talked(wire, talk, clock_offset=timedelta(days=-400)) == START


# -- what a meter refuses


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("case", "code"),
    [("retained", "RETAINED"), ("expired", "EXPIRED"), ("password", "PASSWORD"), ("overdrawn", "SUSPENDED")],
)
def test_a_refusal_has_its_word_and_nothing_moves(wire, case, code):
    async def talk(line, meter):
        if case == "overdrawn":
            meter.overdraw()
            outcome = await line.direct_close(until=UNTIL)
        else:
            if case == "retained":
                assert await line.retain(on=True, until=UNTIL) == Confirmed(None)
            outcome = await line.trip(until=START - timedelta(seconds=1) if case == "expired" else UNTIL)
        return outcome, meter.supply_on

    outcome, supply_on = talked(wire, talk, credentials=WRONG if case == "password" else None)
    assert isinstance(outcome, Refused)
    assert (outcome.code, supply_on) == (code, case != "overdrawn")


@pytest.mark.parametrize("wire", WIRES)
def test_a_wrong_password_sets_no_clock(wire):
    async def talk(line, meter):
        return await line.set_time(at=START + timedelta(days=1)), meter.wall

    outcome, wall = talked(wire, talk, credentials=WRONG)
    assert isinstance(outcome, Refused)
    assert (outcome.code, wall) == ("PASSWORD", START)


# -- what a session says of each fault


def test_the_page_tells_every_fault():
    assert set(rows_of_page()) == set(FaultKind) == set(FAULTS)


def ordered(meter, kind: FaultKind, *, commands_only: bool) -> None:
    fault = replace(FAULTS[kind], commands_only=commands_only)
    if kind is FaultKind.SLOW:
        fault = replace(fault, seconds=SLOW_SECONDS)
    if kind in CONDITIONS:
        meter.fail(replace(fault, commands_only=False))
    else:
        meter.fail_next(1, fault)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("kind", FaultKind)
def test_a_trip_under_a_fault_ends_and_is_done_as_the_page_says(wire, kind):
    done, ends, _ = rows_of_page()[kind]

    async def talk(line, meter):
        if kind in CONDITIONS:
            await line.read_relay()
        ordered(meter, kind, commands_only=True)
        outcome = await line.trip(until=UNTIL)
        meter.mend()
        return word(outcome), meter.trips_taken, meter.times_opened, (await line.read_relay()).value.actual

    taken = {"no": 0, "yes": 1, "taken, not moved": 1}[done]
    moved = int(done == "yes")
    assert talked(wire, talk, timeout_seconds=0.15) == (ends, taken, moved, OPEN if moved else CLOSED)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("kind", FaultKind)
def test_reading_under_a_fault_ends_as_the_page_says(wire, kind):
    async def talk(line, meter):
        ordered(meter, kind, commands_only=False)
        return word(await line.read_relay())

    assert talked(wire, talk, timeout_seconds=0.15) == rows_of_page()[kind][2]


@pytest.mark.parametrize("wire", WIRES)
def test_a_fault_that_stands_spoils_every_exchange_until_it_is_mended(wire):
    async def talk(line, meter):
        meter.fail(FAULTS[FaultKind.WRONG_CHECK_SUM])
        spoiled = [word(await line.read_relay()) for _ in range(2)]
        meter.mend()
        return [*spoiled, word(await line.read_relay())]

    assert talked(wire, talk, timeout_seconds=0.15) == ["check_sum", "check_sum", "confirmed"]


@pytest.mark.parametrize("wire", WIRES)
def test_a_slow_meter_is_understood_by_who_waits(wire):
    async def talk(line, meter):
        meter.fail_next(1, replace(FAULTS[FaultKind.SLOW], seconds=0.05))
        return word(await line.read_relay())

    assert talked(wire, talk) == "confirmed"


@pytest.mark.parametrize("wire", WIRES)
def test_the_answer_of_an_earlier_question_is_not_taken_for_a_later_one(wire):
    async def talk(line, meter):
        meter.fail_next(1, replace(FAULTS[FaultKind.SLOW], seconds=0.2))
        first = word(await line.read_relay())
        await line.trip(until=UNTIL)
        await asyncio.sleep(0.15)
        return first, (await line.read_relay()).value.actual

    assert talked(wire, talk, timeout_seconds=0.12) == ("silent", OPEN)


@pytest.mark.parametrize("wire", WIRES)
def test_an_ordered_refusal_carries_its_code(wire):
    async def talk(line, meter):
        meter.fail(Fault(FaultKind.REFUSES, code=1 << 1 if wire is Wire.DLT645 else 22))
        return await line.trip(until=UNTIL), meter.trips_taken

    outcome, taken = talked(wire, talk)
    assert (outcome.code, taken) == ("MAC" if wire is Wire.DLT645 else "ESAM", 0)


@pytest.mark.parametrize("wire", WIRES)
def test_a_concentrator_that_is_down_is_unreachable_and_comes_back(wire):
    meter = made_meter(wire)

    async def ask(park):
        async with session(park, meter.address) as line:
            return word(await line.read_relay())

    async def run():
        async with await MeterPark.start([meter]) as park:
            code = park.concentrator_of(meter.address).code
            up = await ask(park)
            await park.take_down(code)
            down = await ask(park)
            await park.bring_up(code)
            return up, down, await ask(park)

    assert asyncio.run(run()) == ("confirmed", Reason.UNREACHABLE, "confirmed")


def test_a_lost_answer_is_settled_by_reading_and_the_trip_was_executed_once():
    async def talk(line, meter):
        meter.fail_next(1, FAULTS[FaultKind.MOVES_BUT_ANSWER_LOST])
        outcome = await line.trip(until=UNTIL)
        read = (await line.read_relay()).value
        return word(outcome), read.actual, [act.kind for act in meter.acts]

    for wire in WIRES:
        assert talked(wire, talk, timeout_seconds=0.15) == (
            "silent",
            OPEN,
            [ActKind.TRIP_TAKEN, ActKind.OPENED],
        )
