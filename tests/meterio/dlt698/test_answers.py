import pytest
from dlt698 import Data

from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.answers import read_registers, read_relay_state
from zaikong.meterio.outcome import Refused
from zaikong.meterio.session import Position, Registers, RelayState

LACKS = objects.DAR_UNDEFINED
NOTHING = dict.fromkeys(
    (
        objects.RELAY,
        objects.OUTPUTS,
        objects.COMMANDS,
        objects.ALARMS,
        objects.RETAINED,
        objects.EXECUTION,
        objects.RUN_STATUS,
    ),
    LACKS,
)


def relay(**told):
    """What a meter that tells only this comes to."""
    built = {
        "relay": (objects.RELAY, lambda is_open: values.relay_value(values.RelayUnit(open=is_open))),
        "unwired": (objects.RELAY, lambda is_open: values.relay_value(values.RelayUnit(open=is_open, wired=False))),
        "output": (objects.OUTPUTS, lambda on: values.relay_bits_value(first=on)),
        "command": (objects.COMMANDS, lambda on: values.relay_bits_value(first=on)),
        "alarm": (objects.ALARMS, lambda on: values.relay_bits_value(first=on)),
        "retained": (objects.RETAINED, Data.enumeration),
        "executed": (objects.EXECUTION, lambda *bits: values.bits_value(frozenset(*bits))),
        "status": (objects.RUN_STATUS, lambda *bits: values.bits_value(frozenset(*bits))),
    }
    return read_relay_state(NOTHING | {built[name][0]: built[name][1](value) for name, value in told.items()})


def position(is_open):
    return Position.OPEN if is_open else Position.CLOSED


@pytest.mark.parametrize("is_open", [True, False])
def test_the_relay_says_where_it_stands(is_open):
    assert relay(relay=is_open) == RelayState(Position.UNKNOWN, position(is_open))


@pytest.mark.parametrize("is_open", [True, False])
def test_the_output_stands_for_a_relay_that_is_not_told(is_open):
    assert relay(output=is_open).actual is position(is_open)


def test_the_run_status_word_stands_for_what_is_not_told():
    assert relay(status={4, 6, 12}) == RelayState(Position.OPEN, Position.OPEN, retained=True, pending=False)
    assert relay(status=set()) == RelayState(Position.CLOSED, Position.CLOSED, retained=False, pending=False)
    assert relay(status={6}) == RelayState(Position.OPEN, Position.CLOSED, retained=False, pending=True)


def test_where_two_objects_differ_nobody_knows_where_it_stands():
    assert relay(relay=True, status=set()).actual is Position.UNKNOWN
    assert relay(relay=False, status={4}).actual is Position.UNKNOWN
    assert relay(relay=True, command=True, status={4}).commanded is Position.UNKNOWN


def test_nobody_knows_what_a_relay_does_that_nothing_is_wired_to():
    assert relay(unwired=True).actual is Position.UNKNOWN
    assert relay(unwired=True, status={4}).actual is Position.UNKNOWN


def test_a_permission_to_close_is_told_by_the_execution_word():
    assert relay(relay=True, command=False, executed={1}).commanded is Position.PERMITTED
    assert relay(relay=True, command=False, executed={0}).commanded is Position.CLOSED
    assert relay(relay=True, command=False, executed={0, 1}).commanded is Position.CLOSED
    assert relay(relay=True, command=False).commanded is Position.CLOSED
    assert relay(relay=True, command=True, executed={1}).commanded is Position.OPEN


@pytest.mark.parametrize(("state", "on"), [(0, False), (1, True), (2, True)])
def test_retained_comes_from_its_own_object_before_the_word(state, on):
    assert relay(relay=True, retained=state, status={4, 12} if not on else {4}).retained is on


def test_a_trip_waits_while_its_alarm_is_on_or_it_was_told_and_has_not_moved():
    assert relay(relay=False, command=False, alarm=True).pending is True
    assert relay(relay=False, command=True, alarm=False).pending is True
    assert relay(relay=False, status={7}).pending is True
    assert relay(relay=False, command=False, alarm=False).pending is False
    assert relay(relay=True, command=True, alarm=True).pending is False
    assert relay(relay=False).pending is None


def test_a_meter_that_tells_no_position_refuses():
    assert relay() == Refused("UNDEFINED_OBJECT", "DAR 4")
    assert relay(command=True, retained=1) == Refused("UNDEFINED_OBJECT", "DAR 4")


def test_registers_leave_out_what_the_meter_lacks_but_not_the_energy():
    energy = values.energy_value([7])
    told = {objects.ENERGY: energy, objects.REACTIVE: LACKS, objects.CLOCK: LACKS}
    assert read_registers(told) == Registers({"total": 7})
    assert read_registers(told | {objects.ENERGY: 3}) == Refused("DENIED", "DAR 3")
