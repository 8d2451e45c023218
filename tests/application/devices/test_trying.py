"""The checks of the wire, tried on virtual meters of both protocols over real sockets."""

import asyncio
from datetime import datetime

import pytest

from zaikong.application.devices import trying
from zaikong.application.devices.trying import give_back, try_meter
from zaikong.domain.feecontrol.acceptance import checklist, judged, not_passed
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Patience
from zaikong.meterio.session import Wire
from zaikong.meterio.sessions import open_session
from zaikong.sim.virtual_meters import (
    CREDENTIALS,
    ActKind,
    Fault,
    FaultKind,
    MeterPark,
    VirtualClock,
    VirtualMeter,
    clock_wrong,
    refuses,
    silent,
)

NOW = datetime(2025, 9, 1, 10, 0, tzinfo=TIME_ZONE)
QUICK = Patience(
    answer_seconds=0.15, open_seconds=1.0, exchange_seconds=2.0, attempts=2, back_off_seconds=0.01, grace_seconds=0.2
)
HANDS = {check.code for check in checklist().checks if check.by == "hand"}
ADDRESS = "000000000042"
BOTH = pytest.mark.parametrize("wire", list(Wire))


def tried(wire, prepare=lambda _meter: None, *, verb=try_meter, **terms):
    """The trial of one meter, the meter afterwards, and the codes of the wire that were not passed."""

    async def story():
        meter = VirtualMeter(ADDRESS, wire, clock=VirtualClock(NOW))
        prepare(meter)
        async with await MeterPark.start([meter]) as park:
            trial = await verb(
                park.address_of(ADDRESS),
                opener=open_session,
                credentials=lambda _address: CREDENTIALS,
                clock=lambda: NOW,
                patience=QUICK,
                **terms,
            )
        return trial, meter, set(not_passed(judged(trial.results, relay="internal"))) - HANDS

    return asyncio.run(story())


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    """Relays of these meters move at once or never."""
    monkeypatch.setattr(trying, "MOVES_WITHIN_SECONDS", 0.25)
    monkeypatch.setattr(trying, "BACK_WITHIN_SECONDS", 0.5)


@BOTH
def test_a_sound_meter_passes_every_check_of_the_wire_and_ends_with_supply_on(wire):
    trial, meter, failed = tried(wire)
    assert failed == set()
    assert [result.code for result in trial.results] == [c.code for c in checklist().checks if c.by == "wire"]
    assert (trial.supply_back, meter.supply_on, meter.relay.retained, meter.relay.pending) == (True, True, False, False)
    assert meter.times_opened == 1  # supply went off once, and nowhere else
    assert sum(asked.verb.value == "trip" for asked in trial.asked) == 3


@BOTH
def test_a_meter_that_says_yes_and_does_not_move_fails_the_trip(wire):
    trial, meter, failed = tried(wire, lambda meter: meter.fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE)))
    assert "trip_read_back" in failed
    assert "registers_read" not in failed
    assert (meter.supply_on, trial.supply_back) == (True, True)


@BOTH
def test_a_meter_whose_clock_is_wrong_is_sent_no_command(wire):
    trial, meter, failed = tried(wire, lambda meter: meter.fail(clock_wrong(1800)))
    assert "clock_right" in failed
    assert {asked.verb.value for asked in trial.asked} == {"read_registers", "read_relay"}
    assert (meter.trips_taken, trial.supply_back) == (0, True)


@BOTH
def test_a_meter_that_refuses_every_command_fails_them_and_keeps_its_supply(wire):
    trial, meter, failed = tried(wire, lambda meter: meter.fail(refuses()))
    assert {"trip_read_back", "close_read_back", "retain_on"} <= failed
    assert (meter.supply_on, trial.supply_back) == (True, True)


@BOTH
def test_a_silent_meter_is_tried_no_further_than_reading(wire):
    trial, meter, failed = tried(wire, lambda meter: meter.fail(silent()))
    assert failed == {check.code for check in checklist().checks if check.by == "wire"}
    assert (meter.trips_taken, trial.supply_back) == (0, True)


def test_a_meter_that_obeys_any_key_fails_that_check_alone():
    def open_to_all(meter):
        meter.asks_password = False

    _trial, meter, failed = tried(Wire.DLT645, open_to_all)
    assert failed == {"wrong_key_refused"}
    assert meter.relay.retained is False


@BOTH
def test_a_meter_that_retains_at_the_beginning_is_sent_no_command(wire):
    def retain(meter):
        from zaikong.sim.virtual_meters.meter import Order
        from zaikong.sim.virtual_meters.relay import Event

        assert meter.obey(Order(Event.RETAIN), authorised=True) is None

    trial, meter, failed = tried(wire, retain)
    assert "relay_read_closed" in failed
    assert (meter.trips_taken, meter.relay.retained, trial.supply_back) == (0, True, True)


@BOTH
def test_a_trip_whose_answer_is_lost_is_given_back_all_the_same(wire):
    trial, meter, failed = tried(wire, lambda meter: meter.fail(Fault(FaultKind.MOVES_BUT_ANSWER_LOST)))
    assert "trip_read_back" in failed
    assert (meter.supply_on, trial.supply_back) == (True, True)
    assert sum(act.kind is ActKind.OPENED for act in meter.acts) >= 1


def trip(meter):
    from zaikong.sim.virtual_meters.meter import Order
    from zaikong.sim.virtual_meters.relay import Event

    assert meter.obey(Order(Event.TRIP), authorised=True) is None


@BOTH
def test_supply_left_off_is_given_back_and_nothing_else_is_done(wire):
    trial, meter, _failed = tried(wire, trip, verb=give_back)
    assert (meter.supply_on, trial.supply_back, trial.results) == (True, True, [])
    assert meter.trips_taken == 1


@BOTH
def test_supply_that_cannot_be_given_back_is_not_called_back(wire):
    def stuck(meter):
        trip(meter)
        meter.fail(Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))

    trial, meter, _failed = tried(wire, stuck, verb=give_back, within_seconds=0.3)
    assert (meter.supply_on, trial.supply_back) == (False, False)


def test_a_trip_still_pending_is_called_off():
    def pending(meter):
        from zaikong.sim.virtual_meters.meter import Order
        from zaikong.sim.virtual_meters.relay import Event

        assert meter.obey(Order(Event.TRIP, delay_minutes=1), authorised=True) is None

    for wire in Wire:
        trial, meter, _failed = tried(wire, pending, verb=give_back)
        assert (meter.relay.pending, meter.supply_on, trial.supply_back) == (False, True, True)


def test_exchanges_are_kept_with_their_times():
    trial, _meter, _failed = tried(Wire.DLT645)
    assert all(asked.at == NOW and asked.milliseconds >= 0 for asked in trial.asked)
    assert trial.asked[0].verb.value == "read_registers"
