"""Which meters a park has."""

from collections import Counter

from zaikong.meterio.session import Credentials, Wire
from zaikong.sim.virtual_meters import FaultKind, make_meters

from .made import still_clock


def described(meters):
    return [(each.address, each.wire, each.registers, each.faults.standing) for each in meters]


def test_the_same_seed_makes_the_same_meters_and_another_one_others():
    made = [described(make_meters(50, clock=still_clock(), seed=seed, faulty_permille=200)) for seed in (3, 3, 4)]
    assert made[0] == made[1] != made[2]


def test_protocols_come_in_turn_and_addresses_once():
    meters = make_meters(101, clock=still_clock())
    assert Counter(each.wire for each in meters) == {Wire.DLT645: 51, Wire.DLT698: 50}
    assert len({each.address for each in meters}) == 101
    assert {len(each.address) for each in meters} == {12}


def test_the_registers_of_a_meter_add_up():
    for meter in make_meters(20, clock=still_clock()):
        shown = meter.registers
        assert shown["total"] == shown["sharp"] + shown["peak"] + shown["flat"] + shown["valley"] > 0


def test_so_many_of_a_thousand_are_faulty_and_every_kind_in_turn():
    meters = make_meters(2_000, clock=still_clock(), faulty_permille=50)
    kinds = Counter(each.faults.standing.kind for each in meters if each.faults.standing is not None)
    assert kinds.total() == 100
    assert set(kinds) == set(FaultKind)
    assert max(kinds.values()) - min(kinds.values()) <= 1
    assert make_meters(2_000, clock=still_clock())[7].faults.standing is None


def test_meters_ask_for_the_credentials_they_are_given():
    (meter,) = make_meters(1, clock=still_clock(), credentials=Credentials("123456", level=4))
    assert (meter.credentials.password, meter.credentials.level) == ("123456", 4)
