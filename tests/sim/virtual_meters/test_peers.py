"""Clients that are not ours: those of the `dlt645` and `dlt698` packages talk to virtual meters over a real socket."""

import pytest
from dlt645 import MeterClientService
from dlt698 import Client, ClientOptions, ConnectionProfile, Data, Oad, Omd, SessionOptions
from dlt698.protocol.link import AddressType, ServerAddress

from zaikong.meterio.session import Wire
from zaikong.sim.virtual_meters import park_in_thread
from zaikong.sim.virtual_meters.energy import constant

from .made import ADDRESSES, made_meter, still_clock

OPENING = (123_456, 1, 30_000, 40_000, 53_455, 789)
PASSWORD_DAR = 15


@pytest.fixture(scope="module")
def service645():
    """One client for all tests: the package copies all its tables for each."""
    return MeterClientService.new_tcp_client("127.0.0.1", 0, timeout=1.0)


@pytest.fixture
def connect645(service645):
    def connect(place, address):
        service645.client.ip, service645.client.port = place.host, place.port
        # this package writes an address as its bytes go over the line
        service645.set_address(bytes.fromhex(address)[::-1].hex())
        assert service645.connect()
        return service645

    yield connect
    service645.disconnect()


@pytest.fixture
def client645(connect645):
    meter = made_meter(Wire.DLT645, opening=OPENING, use=constant(0))
    with park_in_thread([meter]) as park:
        yield connect645(park.address_of(meter.address).endpoint, meter.address), meter


@pytest.fixture
def client698():
    def connect(park, address):
        server = ServerAddress(bytes=bytes.fromhex(address)[::-1], type=AddressType.single)
        client = Client(ClientOptions(protocol=SessionOptions(server=server)))
        where = park.address_of(address).endpoint
        client.connect_tcp(where.host, where.port, ConnectionProfile.local_public)
        return client

    return connect


def trip_parameter() -> Data:
    relay = Data.oad(Oad(oi=0xF205, attribute=2, index=1))
    return Data.array([Data.structure([relay, Data.uint8(0), Data.uint16(0), Data.boolean(value=False)])])


@pytest.mark.parametrize(
    ("identifier", "value"),
    [(0x00000000, 1234.56), (0x00010000, 1234.56), (0x00010100, 0.01), (0x00010300, 400.0), (0x00020000, 0.0)],
)
def test_the_dlt645_package_reads_energy(client645, identifier, value):
    client, _ = client645
    assert client.read_00(identifier).value == value


def test_the_dlt645_package_reads_the_clock_the_address_and_run_status_word_3(client645):
    client, meter = client645
    assert client.read_04(0x04000101).value == "24070101"
    assert client.read_04(0x04000102).value == "100000"
    assert client.read_address().value == bytes.fromhex(meter.address)[::-1].hex()
    assert client.read_04(0x04000503).value == "0000"
    meter.overdraw()
    assert client.read_04(0x04000503).value == "0050"


def test_the_dlt645_package_is_told_that_there_is_no_such_data(client645):
    client, meter = client645
    assert client.read_00(0x00090000) is None
    assert meter.record.asked == 1


def test_the_dlt645_package_writes_the_trip_delay_with_the_password_only(client645):
    client, meter = client645
    # what the package sends: password, its first byte the level, and the operator; then the value
    client.write_04(0x04001401, "0005", "02999999")
    assert meter.trip_delay_minutes == 0
    client.write_04(0x04001401, "0005", "02000000")
    assert meter.trip_delay_minutes == 5


def test_the_dlt698_package_reads_energy_whole_and_by_register(client698):
    meter = made_meter(Wire.DLT698, opening=OPENING, use=constant(0))
    with park_in_thread([meter]) as park, client698(park, meter.address) as client:
        energy = client.get(Oad(oi=0x0010, attribute=2, index=0)).require_data().value
        assert [each.value for each in energy] == [123_456, 1, 30_000, 40_000, 53_455]
        assert client.get(Oad(oi=0x0010, attribute=2, index=3)).require_data().value == 30_000
        clock = client.get(Oad(oi=0x4000, attribute=2, index=0)).require_data().value
        assert list(clock) == [2024 >> 8, 2024 & 0xFF, 7, 1, 10, 0, 0]
        assert client.get(Oad(oi=0x9999, attribute=2, index=0)).dar == 4


def test_the_dlt698_package_trips_and_closes_a_meter_that_asks_no_password(client698):
    meter = made_meter(Wire.DLT698, asks_password=False)
    with park_in_thread([meter]) as park, client698(park, meter.address) as client:
        assert client.action(Omd(oi=0x8000, method=129), trip_parameter()).dar == 0
        assert (meter.supply_on, meter.times_opened) == (False, 1)
        relay = client.get(Oad(oi=0xF205, attribute=2, index=1)).require_data().value
        assert relay[1].value == 1
        closing = Data.structure([Data.oad(Oad(oi=0xF205, attribute=2, index=1)), Data.enumeration(1)])
        assert client.action(Omd(oi=0x8000, method=130), Data.array([closing])).dar == 0
        assert (meter.supply_on, meter.times_closed) == (True, 1)


def test_a_meter_that_asks_its_password_does_not_obey_a_public_association(client698):
    meter = made_meter(Wire.DLT698, clock=still_clock())
    with park_in_thread([meter]) as park, client698(park, meter.address) as client:
        assert client.action(Omd(oi=0x8000, method=129), trip_parameter()).dar == PASSWORD_DAR
        assert client.action(Omd(oi=0x8001, method=127), Data.null()).dar == PASSWORD_DAR
        later = Data.date_time_s([2025 >> 8, 2025 & 0xFF, 1, 1, 0, 0, 0])
        assert client.set(Oad(oi=0x4000, attribute=2, index=0), later) == PASSWORD_DAR
        assert (meter.supply_on, meter.relay.retained, meter.wall.year) == (True, False, 2024)


def test_many_meters_behind_one_concentrator_answer_each_for_itself(connect645):
    first = int(ADDRESSES[Wire.DLT645])
    meters = []
    for number in range(20):
        meters.append(made_meter(Wire.DLT645, opening=(number, 0, 0, 0, 0, 0), use=constant(0)))
        meters[-1].address = f"{first + number:012d}"
    with park_in_thread(meters) as park:
        for number, meter in enumerate(meters):
            client = connect645(park.concentrators[0].endpoint, meter.address)
            assert client.read_00(0x00010000).value == number / 100
