"""Meters that are none: real servers of both protocols on loopback, for tests, measures and the demo.

*Owns*: how a meter behaves, what goes wrong with it on order, and its own record of what it did. *Does not own*: the
frames (`zaikong.meterio`), who asks and why. *Its times*: a clock handed in; the record keeps the machine's seconds.
"""

from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.energy import by_day, constant, county_uses
from zaikong.sim.virtual_meters.faults import Fault, FaultKind, clock_wrong, refuses, silent, slow
from zaikong.sim.virtual_meters.making import make_meters
from zaikong.sim.virtual_meters.meter import CREDENTIALS, VirtualMeter
from zaikong.sim.virtual_meters.record import Act, ActKind
from zaikong.sim.virtual_meters.server import ConcentratorPlace, MeterPark
from zaikong.sim.virtual_meters.thread import ThreadedPark, park_in_thread

__all__ = [
    "CREDENTIALS",
    "Act",
    "ActKind",
    "ConcentratorPlace",
    "Fault",
    "FaultKind",
    "MeterPark",
    "ThreadedPark",
    "VirtualClock",
    "VirtualMeter",
    "by_day",
    "clock_wrong",
    "constant",
    "county_uses",
    "make_meters",
    "park_in_thread",
    "refuses",
    "silent",
    "slow",
]
