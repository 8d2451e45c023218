"""The relay, row by row of its table, and what no order of events may bring about."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaikong.sim.virtual_meters.relay import (
    COMMANDS,
    RETAINED,
    SUPPLY_ON,
    TABLE,
    Denial,
    Event,
    Phase,
    RelayStand,
    Surroundings,
    error_bits,
    settle,
    step,
)

PAGE = Path(__file__).resolve().parents[3] / "docs" / "algorithms" / "virtual_meters.md"
NOW = Surroundings(0.0)
CLOSED = RelayStand()
TRIAL = {"trial_minutes": 5}


def after(*events: Event, stand: RelayStand = CLOSED, around: Surroundings = NOW, **minutes) -> RelayStand:
    for event in events:
        trail = step(stand, event, around, **minutes)
        assert not isinstance(trail, Denial), f"{event} was refused: {trail}"
        stand = trail[-1][1]
    return stand


def denied(event: Event, stand: RelayStand, **minutes) -> Denial:
    answer = step(stand, event, NOW, **minutes)
    assert isinstance(answer, Denial)
    return answer


# -- the table, against the page


def rows_of_page() -> dict[tuple[Phase, Event], str]:
    text = PAGE.read_text(encoding="utf-8").split("<!-- table: relay -->")[1].split("\n\n")[0]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.strip().splitlines()]
    return {(Phase(phase), Event(row[0])): cell for row in rows for phase, cell in zip(head[1:], row[1:], strict=True)}


def test_the_page_has_every_cell_of_the_table_and_no_other():
    assert set(rows_of_page()) == set(TABLE) == {(phase, event) for phase in Phase for event in Event}


@pytest.mark.parametrize("event", Event)
def test_a_row_of_the_table_is_the_row_of_the_page(event):
    page = rows_of_page()
    said = {phase: page[phase, event] for phase in Phase}
    held = {phase: TABLE[phase, event] for phase in Phase}
    assert said == {
        phase: "·" if cell is phase else f"**{cell}**" if isinstance(cell, Denial) else str(cell)
        for phase, cell in held.items()
    }


def test_the_meter_never_refuses_what_is_no_command():
    assert {event for (_, event), cell in TABLE.items() if isinstance(cell, Denial)} <= COMMANDS


# -- command by command


def test_a_trip_opens_and_a_direct_close_closes():
    tripped = after(Event.TRIP)
    assert (tripped.phase, tripped.contact_closed, tripped.told_open) == (Phase.OPEN, False, True)
    closed = after(Event.CLOSE, stand=tripped)
    assert (closed.phase, closed.contact_closed, closed.told_open) == (Phase.CLOSED, True, False)


def test_permission_closes_nothing_before_the_button_is_pressed():
    permitted = after(Event.TRIP, Event.PERMIT)
    assert (permitted.contact_closed, permitted.told_open, permitted.permitted) == (False, False, True)
    assert after(Event.BUTTON, stand=permitted).contact_closed


def test_the_button_does_nothing_without_permission():
    assert after(Event.TRIP, Event.BUTTON) == after(Event.TRIP)


def test_a_trip_withdraws_a_permission():
    assert after(Event.TRIP, Event.PERMIT, Event.TRIP, Event.BUTTON).contact_closed is False


def test_retained_supply_refuses_trips_and_changes_nothing():
    retained = after(Event.RETAIN)
    assert denied(Event.TRIP, retained) is Denial.TRIP_RETAINED
    assert denied(Event.TRIAL_CLOSE, retained, **TRIAL) is Denial.TRIAL_RETAINED


def test_retaining_what_is_open_lets_the_button_close_and_closes_nothing_itself():
    retained = after(Event.TRIP, Event.RETAIN)
    assert (retained.phase, retained.contact_closed) == (Phase.PERMITTED_RETAINED, False)
    assert after(Event.BUTTON, stand=retained).phase is Phase.CLOSED_RETAINED


def test_the_end_of_retaining_leaves_supply_as_it_is():
    assert after(Event.RETAIN, Event.RETAIN_OFF).phase is Phase.CLOSED
    assert after(Event.TRIP, Event.RETAIN, Event.RETAIN_OFF).phase is Phase.PERMITTED


def test_the_alarm_touches_nothing_else():
    assert after(Event.ALARM) == replace(CLOSED, alarmed=True, last=Event.ALARM)
    assert after(Event.ALARM, Event.ALARM_OFF).alarmed is False


# -- time


def test_a_delayed_trip_opens_when_its_minutes_are_over_and_not_before():
    waiting = after(Event.TRIP, delay_minutes=3)
    assert (waiting.phase, waiting.contact_closed, waiting.pending) == (Phase.WAITING, True, True)
    assert settle(waiting, Surroundings(179.9)) == ()
    moments = [(moment, stand.phase) for moment, stand in settle(waiting, Surroundings(999.0))]
    assert moments == [(180.0, Phase.HELD), (180.0, Phase.OPEN)]


@pytest.mark.parametrize("event", [Event.CLOSE, Event.PERMIT, Event.RETAIN])
def test_a_delayed_trip_is_called_off_by_what_gives_supply(event):
    called_off = after(event, stand=after(Event.TRIP, delay_minutes=3))
    assert settle(called_off, Surroundings(999.0)) == ()
    assert called_off.contact_closed


def test_a_trip_at_high_current_waits_until_it_falls():
    held = after(Event.TRIP, around=Surroundings(0.0, ampere=31))
    assert (held.phase, held.contact_closed, held.told_open, held.pending) == (Phase.HELD, True, True, True)
    assert settle(held, Surroundings(60.0, ampere=31)) == ()
    assert [(moment, stand.phase) for moment, stand in settle(held, Surroundings(60.0, ampere=30))] == [
        (60.0, Phase.OPEN)
    ]


def test_a_held_trip_does_not_wait_for_ever():
    held = after(Event.TRIP, around=Surroundings(0.0, ampere=99, held_minutes=10))
    assert settle(held, Surroundings(599.0, ampere=99)) == ()
    assert [(moment, stand.phase) for moment, stand in settle(held, Surroundings(601.0, ampere=99))] == [
        (600.0, Phase.OPEN)
    ]


@pytest.mark.parametrize(
    ("event", "phase", "closed"),
    [(Event.TRIAL_CLOSE, Phase.CLOSED, True), (Event.TRIAL_PERMIT, Phase.PERMITTED, False)],
)
def test_a_trial_opens_for_its_time_and_ends_by_itself(event, phase, closed):
    trial = after(event, **TRIAL)
    assert trial.contact_closed is False
    assert settle(trial, Surroundings(299.0)) == ()
    ((moment, ended),) = settle(trial, Surroundings(300.0))
    assert (moment, ended.phase, ended.contact_closed) == (300.0, phase, closed)


def test_a_trial_without_a_time_and_one_of_what_is_open_are_refused():
    assert denied(Event.TRIAL_CLOSE, CLOSED) is Denial.TRIAL_TIME
    assert denied(Event.TRIAL_PERMIT, after(Event.TRIP), **TRIAL) is Denial.TRIPPED


def test_nothing_happens_before_power_is_back():
    waiting = after(Event.TRIP, delay_minutes=1)
    trail = settle(waiting, Surroundings(500.0, powered_since=400.0))
    assert [moment for moment, _ in trail] == [400.0, 400.0]


# -- a contact that is stuck, and a purse that is empty


def test_a_stuck_contact_takes_the_command_and_stays():
    stuck = after(Event.TRIP, around=replace(NOW, jammed=True))
    assert (stuck.phase, stuck.contact_closed, stuck.told_open) == (Phase.OPEN, True, True)
    assert after(Event.ALARM, stand=stuck).contact_closed
    assert after(Event.TRIP, stand=stuck).contact_closed is False


def test_an_empty_purse_opens_and_no_order_closes_before_it_is_filled():
    empty = after(Event.OVERDRAW)
    assert (empty.phase, empty.contact_closed) == (Phase.OVERDRAWN, False)
    assert denied(Event.CLOSE, empty) is denied(Event.PERMIT, empty) is Denial.OVERDRAWN
    filled = after(Event.CREDIT, stand=empty)
    assert filled.phase is Phase.PERMITTED
    assert after(Event.CLOSE, stand=filled).contact_closed


def test_filling_the_purse_does_not_undo_what_the_master_tripped():
    assert after(Event.OVERDRAW, Event.TRIP, Event.CREDIT).phase is Phase.OPEN


def test_when_retaining_ends_a_local_meter_with_an_empty_purse_trips_by_itself():
    retained = after(Event.RETAIN, Event.OVERDRAW)
    assert retained.contact_closed
    assert after(Event.RETAIN_OFF, stand=retained).phase is Phase.OVERDRAWN


# -- the words a meter tells


@pytest.mark.parametrize(
    ("events", "minutes", "ampere", "word"),
    [
        ((), {}, 0, 0x0000),
        ((Event.CLOSE,), {}, 0, 0x0001),
        ((Event.TRIP, Event.PERMIT), {}, 0, 0x0002),
        ((Event.TRIP,), {}, 0, 0x0004),
        ((Event.TRIP,), {"delay_minutes": 1}, 0, 0x0008),
        ((Event.TRIAL_CLOSE,), TRIAL, 0, 0x0010),
        ((Event.TRIP,), {}, 99, 0x0024),
        ((Event.RETAIN,), {}, 0, 0x0100),
        ((Event.RETAIN_OFF,), {}, 0, 0x0200),
        ((Event.ALARM,), {}, 0, 0x0400),
        ((Event.ALARM_OFF,), {}, 0, 0x0800),
    ],
)
def test_the_execution_word_tells_what_the_last_command_came_to(events, minutes, ampere, word):
    stand = after(*events, around=replace(NOW, ampere=ampere), **minutes)
    assert f"{stand.execution_word:04x}" == f"{word:04x}"


@pytest.mark.parametrize(
    ("events", "minutes", "word"),
    [
        ((), {}, 0x0000),
        ((Event.TRIP,), {}, 0x0050),
        ((Event.TRIP, Event.PERMIT), {}, 0x0010),
        ((Event.TRIP,), {"delay_minutes": 1}, 0x00C0),
        ((Event.RETAIN,), {}, 0x1000),
        ((Event.TRIP, Event.RETAIN), {}, 0x1010),
    ],
)
def test_run_status_word_3_keeps_command_and_contact_apart(events, minutes, word):
    assert f"{after(*events, **minutes).run_status_3:04x}" == f"{word:04x}"


def test_run_status_word_3_of_a_stuck_contact():
    assert after(Event.TRIP, around=replace(NOW, jammed=True)).run_status_3 == 0x0040


@pytest.mark.parametrize(
    ("denial", "bit"),
    [
        (Denial.OVERDRAWN, 0),
        (Denial.PASSWORD, 2),
        (Denial.EXPIRED, 4),
        (Denial.TRIP_RETAINED, 5),
        (Denial.TRIAL_RETAINED, 6),
        (Denial.TRIAL_TIME, 7),
        (Denial.TRIPPED, 8),
    ],
)
def test_the_error_word_has_a_bit_for_every_refusal(denial, bit):
    assert error_bits(denial) == replace(CLOSED, denial=denial).error_word == 1 << bit


def test_a_command_that_is_taken_clears_the_error_word():
    assert after(Event.CLOSE, stand=replace(CLOSED, denial=Denial.EXPIRED)).error_word == 0


# -- whatever happens in whatever order

happenings = st.lists(
    st.tuples(st.sampled_from(Event), st.integers(0, 3), st.integers(0, 2), st.integers(0, 200), st.integers(0, 60)),
    max_size=25,
)


@given(happenings)
def test_no_order_of_events_opens_what_is_retained_and_a_sound_contact_is_where_it_should_be(events):
    stand, at = CLOSED, 0.0
    for event, delay, trial, seconds, ampere in events:
        at += seconds
        around = Surroundings(at, ampere=ampere)
        trail = settle(stand, around)
        stand = trail[-1][1] if trail else stand
        before = stand
        came = step(stand, event, around, delay_minutes=delay, trial_minutes=trial)
        if isinstance(came, Denial):
            continue
        for _, each in (*trail, *came):
            assert each.contact_closed is (each.phase in SUPPLY_ON)
        stand = came[-1][1]
        if before.phase in RETAINED and event is not Event.RETAIN_OFF:
            assert stand.contact_closed or not before.contact_closed
            assert stand.retained
        assert (stand.due is not None) is (
            stand.phase in {Phase.WAITING, Phase.HELD, Phase.TRIAL_CLOSE, Phase.TRIAL_PERMIT}
        )


@given(happenings)
def test_a_look_in_between_changes_nothing(events):
    """What settles in many looks and what settles in one is the same, as long as the current is."""
    stand, at = CLOSED, 0.0
    for event, delay, trial, _, _ in events:
        came = step(stand, event, Surroundings(at), delay_minutes=delay, trial_minutes=trial)
        stand = stand if isinstance(came, Denial) else came[-1][1]
        often = stand
        for look in (at + 30, at + 60, at + 90):
            seen = settle(often, Surroundings(look))
            often = seen[-1][1] if seen else often
        at += 90
        once = settle(stand, Surroundings(at))
        stand = once[-1][1] if once else stand
        assert often == stand
