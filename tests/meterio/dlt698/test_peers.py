"""Peers that are not ours: the `dlt698` package's meter answers our session, its client asks a meter of our codec."""

import asyncio

import pytest
from dlt698 import (
    AsyncClient,
    ClientOptions,
    ConnectionProfile,
    Data,
    DeviceLayout,
    Oad,
    Omd,
    Server,
    ServerOptions,
    SessionOptions,
    Wiring,
)
from dlt698 import _native as native
from dlt698.codec import encode_data

from dlt698_peers import ADDRESS, CLOCK, REGISTERS, UNTIL, OwnMeter, PackageMeter, session_to
from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.outcome import Confirmed, Reason, Refused
from zaikong.meterio.session import Position, Registers, RelayState

PROFILES = [ConnectionProfile.local_preset, ConnectionProfile.local_public, ConnectionProfile.remote_public]
SHOWN = dict(zip(("total", "sharp", "peak", "flat", "valley"), REGISTERS, strict=True))
CLOSED = RelayState(Position.CLOSED, Position.CLOSED, retained=False, pending=False)


def asked(story, **meter):
    """What comes of `story` with a meter of the package, and what that meter was called to do."""

    async def told():
        async with PackageMeter(**meter) as peer, session_to(peer.port) as session:
            return await story(session), peer.called

    return asyncio.run(told())


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_meter_of_the_package_is_read_whether_it_wants_a_log_in_an_association_or_none(profile):
    async def story(session):
        return await session.read_registers(), await session.read_relay()

    (registers, relay), called = asked(story, profile=profile)
    assert registers == Confirmed(Registers(SHOWN, CLOCK))
    assert relay == Confirmed(CLOSED)
    assert called == []


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_meter_of_the_package_is_called_to_do_what_the_session_is_told(profile):
    async def story(session):
        return [
            await session.trip(until=UNTIL, delay_minutes=3),
            await session.permit_close(until=UNTIL),
            await session.direct_close(until=UNTIL),
            await session.retain(on=True, until=UNTIL),
            await session.retain(on=False, until=UNTIL),
        ]

    outcomes, called = asked(story, profile=profile)
    assert outcomes == [Confirmed(None)] * 5
    assert called == [
        ("8000-129", "0101020451f205020111031200000300"),
        ("8000-130", "0101020251f20502011600"),
        ("8000-130", "0101020251f20502011601"),
        ("8001-127", "00"),
        ("8001-128", "00"),
    ]


def test_the_clock_of_a_meter_of_the_package_is_set():
    async def story(session):
        return await session.set_time(at=UNTIL), (await session.read_registers()).value.clock

    assert asked(story)[0] == (Confirmed(None), UNTIL)


@pytest.mark.parametrize(("dar", "word"), [(3, "DENIED"), (15, "PASSWORD"), (32, "EXPIRED"), (200, "DAR_200")])
def test_a_meter_of_the_package_that_refuses_is_heard(dar, word):
    async def story(session):
        return await session.trip(until=UNTIL)

    outcome, called = asked(story, dar=dar)
    assert outcome == Refused(word, f"DAR {dar}")
    assert [method for method, _ in called] == ["8000-129"]


def test_a_meter_of_the_package_with_another_address_stays_unknown():
    async def told():
        async with (
            PackageMeter() as peer,
            session_to(peer.port, address="202611300018", timeout_seconds=0.3) as session,
        ):
            return await session.trip(until=UNTIL), peer.called

    outcome, called = asyncio.run(told())
    assert outcome.reason in {Reason.SILENT, Reason.BROKEN}
    assert called == []


def test_the_packages_own_server_with_its_device_of_standard_objects_is_read():
    options = ServerOptions()
    options.protocol = SessionOptions(
        role=native.Role.server, server=native.ServerAddress(bytes=bytes.fromhex(ADDRESS)[::-1])
    )
    layout = native.DeviceOptions(layout=DeviceLayout(tariff_count=4, wiring=Wiring.three_phase))
    with Server(native.Device(layout), options) as server:
        server.set(Oad(oi=0x0010, attribute=2), Data.array([Data.uint32(register) for register in REGISTERS]))
        server.set(Oad(oi=0x0030, attribute=2), Data.array([Data.int32(n) for n in (-5, -5, 0, 0, 0)]))
        words = [Data.bit_string(16, b"\x00\x00") for _ in range(7)]
        words[2] = values.bits_value(frozenset({objects.RELAY_OPEN_BIT, objects.COMMAND_OPEN_BIT}))
        server.set(Oad(oi=0x2014, attribute=2), Data.array(words))
        server.start_tcp("127.0.0.1", 0, ConnectionProfile.local_public)

        async def told():
            async with session_to(server.local_port) as session:
                return await session.read_registers(), await session.read_relay()

        registers, relay = asyncio.run(told())
    assert registers == Confirmed(Registers(SHOWN | {"reactive": -5}))
    assert relay == Confirmed(RelayState(Position.OPEN, Position.OPEN, retained=False, pending=False))


class Client:
    """The package's own client, with the association or without."""

    def __init__(self, port, profile=ConnectionProfile.local_public):
        self._port, self._profile = port, profile

    async def __aenter__(self):
        options = ClientOptions()
        server = native.ServerAddress(bytes=bytes.fromhex(ADDRESS)[::-1])
        tag = native.Ti(unit=1, interval=5)
        clock = native.DateTime(value=[CLOCK.year >> 8, CLOCK.year & 255, 12, 1, 2, 9, 0, 0, 0, 0])
        options.protocol = SessionOptions(server=server, request_time_tag=tag, calendar_clock=lambda: clock)
        self._client = AsyncClient(options)
        await self._client.connect_tcp("127.0.0.1", self._port, self._profile)
        return self._client

    async def __aexit__(self, *_fault):
        await self._client.aclose()


def asking(story, **meter):
    """What the package's client is told by a meter of our codec, and that meter."""

    async def told():
        async with OwnMeter(**meter) as peer, Client(peer.port) as client:
            return await story(client), peer

    return asyncio.run(told())


def test_the_packages_client_associates_and_reads_a_meter_of_our_codec():
    async def story(client):
        energy = await client.get(native.Oad(oi=0x0010, attribute=2, index=0))
        several = await client.get_list(
            [objects.oad(objects.RELAY), objects.oad(objects.CLOCK), objects.oad(0x9999_02_00)]
        )
        return energy, several

    (energy, several), _ = asking(story, wants_association=True)
    assert encode_data(energy.data) == encode_data(values.energy_value(REGISTERS))
    relay, clock, none = (item.result for item in several.attributes)
    assert encode_data(relay) == encode_data(values.relay_value(values.RelayUnit(open=False)))
    assert encode_data(clock) == encode_data(values.clock_value(CLOCK))
    assert none == objects.DAR_UNDEFINED


def test_the_packages_client_commands_a_meter_of_our_codec():
    relay = Data.oad(native.Oad(oi=0xF205, attribute=2, index=1))
    trip = Data.array([Data.structure([relay, Data.uint8(0), Data.uint16(0), Data.boolean(False)])])
    close = Data.array([Data.structure([relay, Data.enumeration(1)])])

    async def story(client):
        dars = []
        for oi, method, parameter in (
            (0x8000, 129, trip),
            (0x8001, 127, Data.null()),
            (0x8000, 129, trip),
            (0x8001, 128, Data.null()),
            (0x8000, 130, close),
        ):
            dars.append((await client.action(Omd(oi=oi, method=method, mode=0), parameter)).dar)
        return dars

    dars, meter = asking(story)
    assert dars == [0, 0, objects.DAR_OTHER, 0, 0]
    assert (meter.open, meter.retained) == (False, False)


def test_the_packages_client_sets_the_clock_of_a_meter_of_our_codec():
    async def story(client):
        return await client.set(objects.oad(objects.CLOCK), values.clock_value(UNTIL))

    dar, meter = asking(story)
    assert dar == objects.DONE
    assert meter.clock == UNTIL


def test_the_time_tag_of_the_packages_client_is_read_and_judged():
    async def story(client):
        return (await client.action(Omd(oi=0x8001, method=127, mode=0), Data.null())).dar

    dar, meter = asking(story)
    assert dar == objects.DONE
    assert meter.heard[-1].tag.sent_at == CLOCK
    assert (meter.heard[-1].tag.unit, meter.heard[-1].tag.interval) == (1, 5)
