"""A virtual meter without a line: what it counts, obeys and writes down."""

from datetime import timedelta

import pytest

from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import ActKind, Fault, FaultKind, VirtualClock, VirtualMeter, clock_wrong
from zaikong.sim.virtual_meters.energy import constant
from zaikong.sim.virtual_meters.meter import Order
from zaikong.sim.virtual_meters.relay import Denial, Event, Phase

from .made import START, UNTIL, Stopped, made_meter, still_clock

TRIP = Order(Event.TRIP, UNTIL)
DAY = 86_400


def told(meter: VirtualMeter, order: Order, **terms) -> Denial | None:
    with meter.lock:
        meter.asked(counts=True, command=True)
        return meter.obey(order, authorised=terms.pop("authorised", True), **terms)


def kinds(meter: VirtualMeter) -> list[ActKind]:
    return [act.kind for act in meter.acts]


def test_registers_advance_with_the_meters_own_clock():
    clock = still_clock()
    meter = made_meter(clock=clock, use=constant(2_400))
    clock.skip(DAY / 2)
    assert meter.registers["total"] == 1_200


def test_nothing_is_used_while_supply_is_off():
    clock = still_clock()
    meter = made_meter(clock=clock, use=constant(2_400))
    clock.skip(3_600)
    told(meter, Order(Event.TRIP))
    clock.skip(10 * DAY)
    told(meter, Order(Event.CLOSE))
    clock.skip(3_600)
    assert meter.registers["total"] == 200


def test_use_ends_when_a_delayed_trip_was_due_and_not_when_somebody_looks():
    clock = still_clock()
    meter = made_meter(clock=clock, use=constant(24 * 60))
    told(meter, Order(Event.TRIP, delay_minutes=5))
    clock.skip(DAY)
    assert meter.registers["total"] == 5
    assert meter.last(ActKind.OPENED).wall == START + timedelta(minutes=5)


def test_a_trip_is_written_down_as_taken_and_as_moved():
    meter = made_meter()
    assert told(meter, TRIP) is None
    assert kinds(meter) == [ActKind.TRIP_TAKEN, ActKind.OPENED]
    assert (meter.trips_taken, meter.times_opened, meter.supply_on) == (1, 1, False)


def test_a_repeated_trip_is_taken_twice_and_moves_once():
    meter = made_meter()
    assert [told(meter, TRIP), told(meter, TRIP)] == [None, None]
    assert (meter.trips_taken, meter.times_opened) == (2, 1)


def test_the_record_has_the_machines_seconds():
    ticks = Stopped(500.0)
    clock = VirtualClock(START, ticks=ticks)
    meter = made_meter(clock=clock)
    ticks.at = 512.5
    told(meter, TRIP)
    clock.skip(DAY)
    ticks.at = 600.0
    told(meter, Order(Event.CLOSE))
    assert [(act.kind, act.ticks) for act in meter.acts] == [
        (ActKind.TRIP_TAKEN, 512.5),
        (ActKind.OPENED, 512.5),
        (ActKind.CLOSE_TAKEN, 600.0),
        (ActKind.CLOSED, 600.0),
    ]
    assert meter.record.first_since(ActKind.CLOSED, 590.0).wall == START + timedelta(days=1, seconds=100)


@pytest.mark.parametrize("kind", [ActKind.CLOSED, ActKind.BUTTON])
def test_what_a_meter_never_did_is_not_found(kind):
    meter = made_meter()
    told(meter, TRIP)
    with pytest.raises(LookupError):
        meter.last(kind)
    with pytest.raises(LookupError):
        meter.record.first_since(ActKind.OPENED, 10**9)


@pytest.mark.parametrize(
    ("order", "authorised", "denial"),
    [
        (TRIP, False, Denial.PASSWORD),
        (Order(Event.TRIP, START - timedelta(seconds=1)), True, Denial.EXPIRED),
        (Order(Event.TRIP, START - timedelta(seconds=1)), False, Denial.PASSWORD),
        (Order(Event.TRIAL_CLOSE, UNTIL), True, Denial.TRIAL_TIME),
    ],
)
def test_a_refused_command_moves_nothing_and_is_written_down(order, authorised, denial):
    meter = made_meter()
    assert told(meter, order, authorised=authorised) is denial
    assert meter.supply_on
    assert [(act.kind, act.word) for act in meter.acts] == [(ActKind.DENIED, denial)]
    assert meter.relay.denial is denial


def test_a_command_holds_through_the_second_it_expires_in():
    assert told(made_meter(), Order(Event.TRIP, START)) is None


def test_an_open_meter_asks_for_no_password():
    assert told(made_meter(asks_password=False), TRIP, authorised=False) is None


def test_a_wrong_clock_shows_and_makes_commands_expire():
    meter = made_meter()
    meter.fail(clock_wrong(3_600))
    assert meter.wall == START + timedelta(hours=1)
    assert told(meter, TRIP) is Denial.EXPIRED
    meter.mend()
    assert (meter.wall, told(meter, TRIP)) == (START, None)


def test_a_clock_that_was_made_wrong_can_be_set():
    meter = made_meter(clock_offset=timedelta(days=-2))
    assert told(meter, Order(Event.TRIP, START - timedelta(days=1))) is None
    with meter.lock:
        meter.set_clock(START)
    assert meter.wall == START
    assert kinds(meter)[-1] is ActKind.CLOCK_SET


def test_power_lost_keeps_state_and_uses_nothing():
    clock = still_clock()
    meter = made_meter(clock=clock, use=constant(2_400))
    told(meter, Order(Event.TRIP, delay_minutes=30))
    clock.skip(600)
    meter.fail(Fault(FaultKind.POWER_LOST))
    clock.skip(DAY)
    before = meter.registers["total"]
    assert (before, meter.supply_on, meter.relay.phase) == (16, True, Phase.WAITING)
    meter.mend()
    assert (meter.registers["total"], meter.supply_on) == (16, False)
    assert kinds(meter) == [ActKind.TRIP_TAKEN, ActKind.POWER_LOST, ActKind.POWER_BACK, ActKind.OPENED]
    assert meter.last(ActKind.OPENED).wall == START + timedelta(days=1, seconds=600)


def test_a_trip_held_by_the_current_is_carried_out_when_it_falls():
    clock = still_clock()
    meter = made_meter(clock=clock, ampere=40)
    told(meter, TRIP)
    clock.skip(60)
    assert (meter.supply_on, meter.relay.pending) == (True, True)
    meter.set_ampere(12)
    assert meter.supply_on is False
    assert meter.last(ActKind.OPENED).wall == START + timedelta(seconds=60)


def test_a_stuck_contact_moves_again_only_when_it_is_told_again():
    meter = made_meter()
    meter.fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))
    assert told(meter, TRIP, jammed=True) is None
    meter.mend()
    assert (meter.supply_on, meter.times_opened, meter.trips_taken) == (True, 0, 1)
    told(meter, TRIP)
    assert (meter.supply_on, meter.times_opened) == (False, 1)


def test_a_trip_that_waits_does_not_move_a_stuck_contact_either():
    clock = still_clock()
    meter = made_meter(clock=clock)
    told(meter, Order(Event.TRIP, delay_minutes=1))
    meter.fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))
    clock.skip(120)
    assert (meter.relay.phase, meter.supply_on) == (Phase.OPEN, True)


def test_the_button_closes_what_is_permitted():
    meter = made_meter()
    told(meter, TRIP)
    meter.press_button()
    assert meter.supply_on is False
    told(meter, Order(Event.PERMIT))
    meter.press_button()
    assert meter.supply_on
    assert kinds(meter).count(ActKind.BUTTON) == 2


def test_a_meter_without_power_feels_no_button():
    meter = made_meter()
    told(meter, TRIP)
    told(meter, Order(Event.PERMIT))
    meter.fail(Fault(FaultKind.POWER_LOST))
    meter.press_button()
    assert meter.supply_on is False


def test_the_purse_of_a_local_meter_opens_and_is_filled():
    meter = made_meter()
    meter.overdraw()
    assert (meter.supply_on, told(meter, Order(Event.CLOSE))) == (False, Denial.OVERDRAWN)
    meter.credit()
    assert told(meter, Order(Event.CLOSE)) is None
    assert meter.supply_on


def test_what_comes_over_the_wire_does_not_happen_at_the_meter():
    with pytest.raises(ValueError, match="over the wire"):
        made_meter().happen(Event.TRIP)


def test_no_password_is_shown_by_a_meter():
    meter = made_meter(Wire.DLT698)
    assert meter.credentials.password not in repr(meter) + repr(meter.credentials)
