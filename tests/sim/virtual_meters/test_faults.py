"""Faults on order."""

import pytest

from zaikong.sim.virtual_meters import Fault, FaultKind, refuses, silent, slow
from zaikong.sim.virtual_meters.faults import CONDITIONS, FaultSwitch


def test_a_fault_stands_until_it_is_lifted():
    switch = FaultSwitch(standing=silent())
    assert [switch.take(command=command) for command in (True, False)] == [silent(), silent()]
    switch.standing = None
    assert switch.take(command=True) is None


def test_the_next_so_many_exchanges_fail_before_what_stands_does():
    switch = FaultSwitch(standing=slow(1))
    switch.fails_next(2, silent())
    assert [switch.take(command=False) for _ in range(3)] == [silent(), silent(), slow(1)]


def test_a_fault_of_commands_waits_for_a_command():
    switch = FaultSwitch()
    switch.fails_next(1, refuses())
    assert [switch.take(command=command) for command in (False, True, True)] == [None, refuses(), None]


def test_any_fault_can_be_kept_to_commands():
    fault = Fault(FaultKind.SILENT, commands_only=True)
    assert FaultSwitch(standing=fault).take(command=False) is None
    assert FaultSwitch(standing=fault).take(command=True) == fault


@pytest.mark.parametrize("kind", sorted(CONDITIONS))
def test_a_condition_of_the_meter_stands_or_does_not(kind):
    with pytest.raises(ValueError, match="stands or does not"):
        FaultSwitch().fails_next(1, Fault(kind))
