from datetime import datetime

import pytest
from dlt698 import Data
from dlt698.codec import encode_data

from dlt698_peers import UNTIL
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.values import UnreadableValueError

# The table of DAR as the standard numbers it; 36 to 254 are not given.
GIVEN = [*range(36), 255]


def test_every_dar_of_the_standard_has_one_word_of_its_own():
    assert sorted(objects.DAR) == GIVEN
    assert len(set(objects.DAR.values())) == len(GIVEN)


def test_words_that_others_rely_on_keep_their_numbers():
    told = {0: "SUCCESS", 3: "DENIED", 4: "UNDEFINED_OBJECT", 6: "NO_SUCH_OBJECT", 15: "PASSWORD", 32: "EXPIRED"}
    assert {number: objects.dar_word(number) for number in told} == told


def test_what_has_no_word_is_said_by_its_number():
    assert [objects.dar_word(36), objects.dar_word(254)] == ["DAR_36", "DAR_254"]
    assert [objects.connect_word(1), objects.connect_word(9)] == ["PASSWORD", "CONNECT_9"]
    assert [objects.fault_word(1), objects.fault_word(9)] == ["UNREADABLE", "ERROR_9"]


@pytest.mark.parametrize("number", [objects.ENERGY, objects.RELAY, 0xFFFFFFFF, 0])
def test_an_attribute_and_a_method_are_integers_both_ways(number):
    assert objects.oad_number(objects.oad(number)) == number
    assert objects.omd_number(objects.omd(number)) == number


def test_attributes_and_methods_are_those_of_the_standard():
    assert (objects.oad(objects.ENERGY).oi, objects.oad(objects.ENERGY).attribute) == (0x0010, 2)
    assert (objects.oad(objects.RELAY).oi, objects.oad(objects.RELAY).index) == (0xF205, 1)
    methods = {
        (objects.omd(n).oi, objects.omd(n).method)
        for n in (objects.TRIP, objects.CLOSE, objects.RETAIN_ON, objects.RETAIN_OFF)
    }
    assert methods == {(0x8000, 129), (0x8000, 130), (0x8001, 127), (0x8001, 128)}


def test_energy_is_the_total_and_its_rates():
    assert values.read_energy(values.energy_value([500])) == {"total": 500}
    assert values.read_energy(values.energy_value([5, 1, 2, 0, 2])) == {
        "total": 5,
        "sharp": 1,
        "peak": 2,
        "flat": 0,
        "valley": 2,
    }


def test_a_rate_beyond_the_fourth_is_shown_where_it_has_counted():
    assert values.read_energy(values.energy_value([9, 1, 2, 0, 2, 4, 0])) == {
        "total": 9,
        "sharp": 1,
        "peak": 2,
        "flat": 0,
        "valley": 2,
        "rate_5": 4,
    }


def test_reactive_energy_may_be_negative_and_an_array_stands_for_its_total():
    assert values.read_reactive(values.reactive_value(-321)) == -321
    assert values.read_reactive(Data.array([Data.int32(7), Data.int32(9)])) == 7


def test_a_clock_is_the_meters_own():
    assert encode_data(values.clock_value(UNTIL)).hex() == "1c07ea0c01091e00"
    assert values.read_clock(values.clock_value(UNTIL)) == UNTIL == datetime(2026, 12, 1, 9, 30)


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("wired", [True, False])
def test_a_relay_says_where_it_stands_and_whether_it_is_wired(is_open, wired):
    unit = values.RelayUnit(open=is_open, wired=wired)
    assert values.read_relay(values.relay_value(unit)) == unit
    assert values.read_relay(Data.array([values.relay_value(unit)])) == unit


def test_the_first_bit_sent_is_bit_nought():
    assert encode_data(values.bits_value(frozenset({4, 12}))).hex() == "04100808"
    assert values.read_word(values.bits_value({4: True, 6: False, 12: True})) == {4, 12}
    assert encode_data(values.relay_bits_value(first=True)).hex() == "040880"
    assert values.read_first_bit(values.relay_bits_value(first=True))
    assert not values.read_first_bit(values.relay_bits_value(first=False))
    assert values.read_bits(Data.bit_string(3, b"\xff")) == {0, 1, 2}


@pytest.mark.parametrize(("state", "on"), [(0, False), (1, True), (2, True)])
def test_retained_is_told_or_by_itself(state, on):
    assert values.read_retained(Data.enumeration(state)) is on


def test_a_trip_and_a_close_are_read_as_they_were_built():
    order = values.TripOrder(delay_minutes=30, limit_minutes=600, closes_itself=True)
    assert values.read_trip(values.trip_parameter(order)) == (order,)
    assert encode_data(values.trip_parameter(values.TripOrder(delay_minutes=5))).hex() == (
        "0101020451f205020111051200000300"
    )
    for direct in (True, False):
        close = values.CloseOrder(direct=direct)
        assert values.read_close(values.close_parameter(close)) == (close,)


E_ = Data.enumeration
U = Data.uint32


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (values.read_energy, Data.array([])),
        (values.read_energy, U(5)),
        (values.read_energy, Data.array([Data.uint8(5)])),
        (values.read_reactive, Data.array([])),
        (values.read_reactive, Data.float32(1.5)),
        (values.read_clock, U(5)),
        (values.read_clock, Data.date_time_s([7, 234, 13, 1, 0, 0, 0])),
        (values.read_clock, Data.date_time_s([255] * 7)),
        (values.read_relay, Data.structure([E_(0), E_(0), E_(0)])),
        (values.read_relay, Data.structure([Data.visible_string(""), E_(2), E_(0), E_(0)])),
        (values.read_relay, Data.structure([Data.visible_string(""), E_(0), E_(0), E_(2)])),
        (values.read_relay, Data.structure([Data.visible_string(""), U(0), E_(0), E_(0)])),
        (values.read_relay, Data.array([])),
        (values.read_word, Data.bit_string(8, b"\x00")),
        (values.read_word, Data.array([])),
        (values.read_first_bit, Data.bit_string(0, b"")),
        (values.read_first_bit, Data.boolean(True)),
        (values.read_retained, E_(3)),
        (values.read_retained, Data.boolean(True)),
        (values.read_trip, Data.array([])),
        (values.read_trip, Data.null()),
        (values.read_trip, values.close_parameter(values.CloseOrder(direct=True))),
        (values.read_close, values.trip_parameter(values.TripOrder())),
        (values.read_close, Data.array([Data.structure([Data.oad(objects.oad(objects.RELAY)), E_(2)])])),
        (values.read_close, Data.array([])),
    ],
)
def test_what_an_object_does_not_hold_is_unreadable(read, value):
    with pytest.raises(UnreadableValueError):
        read(value)
