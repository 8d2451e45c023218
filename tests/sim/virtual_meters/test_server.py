"""Many meters behind their concentrators: places, connections, ends."""

import asyncio
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from zaikong.meterio.dlt645 import reading
from zaikong.meterio.dlt645.frames import Frame, decode
from zaikong.meterio.outcome import Confirmed
from zaikong.meterio.session import Endpoint, MeterAddress, Wire
from zaikong.sim.virtual_meters import (
    ActKind,
    Fault,
    FaultKind,
    MeterPark,
    VirtualClock,
    make_meters,
    park_in_thread,
    slow,
)
from zaikong.sim.virtual_meters.line645 import Line645
from zaikong.sim.virtual_meters.server import REST_SECONDS, _Connection

from .made import ADDRESSES, START, UNTIL, made_meter, session, still_clock

ADDRESS = ADDRESSES[Wire.DLT645]
ENERGY = reading.ask(ADDRESS, reading.ENERGY["total"]).encode()


def parked(talk, meters=None, **terms):
    """What `talk(park)` returns."""

    async def run():
        async with await MeterPark.start(meters or [made_meter()], **terms) as park:
            return await talk(park)

    return asyncio.run(run())


async def opened(park, address=ADDRESS):
    where = park.address_of(address).endpoint
    return await asyncio.open_connection(where.host, where.port)


async def frame(reader) -> Frame:
    async with asyncio.timeout(2):
        octets = await reader.read(4096)
    answer = decode(octets)
    assert isinstance(answer, Frame)
    return answer


async def closed(writer) -> None:
    writer.close()
    await writer.wait_closed()


def test_meters_of_one_protocol_share_a_concentrator_and_no_more_than_so_many():
    meters = make_meters(25, clock=still_clock())

    async def talk(park):
        return [(place.code, place.wire, len(place.addresses)) for place in park.concentrators]

    assert parked(talk, meters, per_concentrator=10) == [
        ("V00001", Wire.DLT645, 10),
        ("V00002", Wire.DLT645, 3),
        ("V00003", Wire.DLT698, 10),
        ("V00004", Wire.DLT698, 2),
    ]


def test_every_meter_has_its_place_and_the_directory_tells_it(tmp_path):
    meters = make_meters(5, clock=still_clock())

    async def talk(park):
        park.write_directory(tmp_path / "park.json")
        return [park.address_of(meter.address) for meter in meters], park.concentrators

    addresses, places = parked(talk, meters, per_concentrator=2)
    listed = json.loads((tmp_path / "park.json").read_text(encoding="utf-8"))
    assert {(each["address"], each["wire"], each["host"], each["port"]) for each in listed["meters"]} == {
        (each.address, each.wire, each.endpoint.host, each.endpoint.port) for each in addresses
    }
    assert [(each["code"], each["port"]) for each in listed["concentrators"]] == [
        (place.code, place.endpoint.port) for place in places
    ]
    assert {each.endpoint.host for each in addresses} == {"127.0.0.1"}


def test_two_meters_of_one_address_are_refused():
    with pytest.raises(ValueError, match=ADDRESS):
        MeterPark([made_meter(), made_meter()])


def test_more_concentrators_than_ports_are_refused():
    with pytest.raises(ValueError, match="no 3 ports from 65534"):
        MeterPark(make_meters(3, clock=still_clock()), per_concentrator=1, port_from=65_534)


def test_ports_go_up_from_the_first():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        first = held.getsockname()[1]

    async def talk(park):
        return [place.endpoint.port for place in park.concentrators]

    try:
        ports = parked(talk, make_meters(3, clock=still_clock()), per_concentrator=1, port_from=first)
    except OSError:  # somebody else listens there at this moment
        return
    assert ports == [first, first + 1, first + 2]


def test_a_taken_port_leaves_nothing_open():
    async def run():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            park = MeterPark(make_meters(1, clock=still_clock()), port_from=port)
            with pytest.raises(OSError, match="in use"):
                await park.open()
            return park._servers

    assert asyncio.run(run()) == {}


def test_a_park_that_was_closed_listens_no_more():
    async def run():
        park = await MeterPark.start([made_meter()])
        where = park.address_of(ADDRESS).endpoint
        reader, writer = await asyncio.open_connection(where.host, where.port)
        await park.close()
        assert await reader.read() == b""
        await closed(writer)
        with pytest.raises(OSError, match="failed"):
            await asyncio.open_connection(where.host, where.port)

    asyncio.run(run())


def test_pipelined_questions_are_answered_in_order():
    meter = made_meter(opening=(1, 2, 3, 4, 5, 0))

    async def talk(park):
        reader, writer = await opened(park)
        writer.write(b"".join(reading.ask(ADDRESS, each).encode() for each in reading.ENERGY.values()))
        got = b""
        while got.count(b"\x16") < 5:
            got += await reader.read(4096)
        await closed(writer)
        return [reading.read_energy(decode(b"\x68" + each).data[4:]) for each in got.split(b"\xfe\xfe\xfe\xfe\x68")[1:]]

    assert parked(talk, [meter]) == [1, 2, 3, 4, 5]


def test_many_connections_are_served_side_by_side():
    async def talk(park):
        lines = [await opened(park) for _ in range(200)]
        for _, writer in lines:
            writer.write(ENERGY)
        answers = [await frame(reader) for reader, _ in lines]
        for _, writer in lines:
            await closed(writer)
        return {each.control for each in answers}, len(answers)

    assert parked(talk) == ({0x91}, 200)


def test_a_slow_meter_holds_up_nobody_else():
    slow_one, other = make_meters(2, clock=still_clock(), wires=[Wire.DLT645])

    async def talk(park):
        slow_one.fail(slow(0.2))
        reader, writer = await opened(park, slow_one.address)
        asked = reading.ENERGY["total"]
        writer.write(reading.ask(slow_one.address, asked).encode() + reading.ask(other.address, asked).encode())
        order = [(await frame(reader)).address, (await frame(reader)).address]
        await closed(writer)
        return order

    assert parked(talk, [slow_one, other]) == [other.address, slow_one.address]


def test_a_slow_answer_to_who_has_gone_is_dropped():
    meter = made_meter()

    async def talk(park):
        meter.fail(slow(0.05))
        _, writer = await opened(park)
        writer.write(ENERGY)
        await writer.drain()
        await asyncio.sleep(0.02)
        await closed(writer)
        await asyncio.sleep(0.1)
        return meter.record.asked

    assert parked(talk, [meter]) == 1


def test_half_a_frame_is_given_up_and_the_connection_goes_on():
    async def talk(park):
        reader, writer = await opened(park)
        writer.write(bytes.fromhex("68010000000041681CFF") + ENERGY)
        answer = await frame(reader)
        writer.write(ENERGY)
        again = await frame(reader)
        await closed(writer)
        return answer.control, again.control

    assert REST_SECONDS < 1
    assert parked(talk) == (0x91, 0x91)


def test_a_half_open_client_is_let_go_after_a_while():
    async def talk(park):
        reader, writer = await opened(park)
        async with asyncio.timeout(2):
            ended = await reader.read()
        await closed(writer)
        return ended

    assert parked(talk, idle_seconds=0.05) == b""


def test_who_keeps_talking_is_not_let_go():
    async def talk(park):
        reader, writer = await opened(park)
        answers = []
        for _ in range(4):
            await asyncio.sleep(0.06)
            writer.write(ENERGY)
            answers.append((await frame(reader)).control)
        await closed(writer)
        return answers

    assert parked(talk, idle_seconds=0.2) == [0x91] * 4


def test_who_asks_and_never_reads_is_no_longer_heard_until_it_reads():
    meter = made_meter()

    async def talk():
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        for end in (near, far):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        connections = set()
        await loop.connect_accepted_socket(
            lambda: _Connection(Line645({ADDRESS: meter}), connections, idle_seconds=60), far
        )
        asked = 0
        while asked < 100_000 * len(ENERGY):
            try:
                asked += near.send(ENERGY * 50)
            except BlockingIOError:
                before = meter.record.asked
                await asyncio.sleep(0.02)
                if meter.record.asked == before:
                    break
        stalled, sent = meter.record.asked, asked // len(ENERGY)
        while meter.record.asked == stalled < sent:
            await loop.sock_recv(near, 65536)
        (connection,) = connections
        connection.end()
        await connection.ended
        near.close()
        return stalled, sent

    stalled, sent = asyncio.run(talk())
    assert stalled < sent  # what was sent waits in the system; what was answered is bounded
    assert stalled < 20_000


def test_a_client_that_resets_its_connection_harms_nobody():
    async def talk(park):
        for _ in range(20):
            _, writer = await opened(park)
            writer.write(ENERGY[:9])
            writer.transport.abort()
        reader, writer = await opened(park)
        writer.write(ENERGY)
        answer = await frame(reader)
        await closed(writer)
        return answer.control

    assert parked(talk) == 0x91


def test_a_hang_up_ends_the_connection_and_no_other():
    meter = made_meter()

    async def talk(park):
        first, second = await opened(park), await opened(park)
        meter.fail_next(1, Fault(FaultKind.HANGS_UP))
        first[1].write(ENERGY)
        try:
            ended = await first[0].read()
        except ConnectionResetError:
            ended = b""
        second[1].write(ENERGY)
        answer = await frame(second[0])
        for _, writer in (first, second):
            writer.transport.abort()
        return ended, answer.control

    assert parked(talk, [meter]) == (b"", 0x91)


# -- in a thread


def test_a_park_in_a_thread_is_looked_at_and_switched_from_outside():
    meters = make_meters(2, clock=still_clock())
    with park_in_thread(meters) as park:
        assert park.meters == tuple(meters)

        async def ask():
            outcomes = []
            for meter in meters:
                async with session(park, meter.address, timeout_seconds=1.0) as line:
                    outcomes.append(type(await line.trip(until=UNTIL)).__name__)
            return outcomes

        assert asyncio.run(ask()) == ["Confirmed", "Confirmed"]
        assert [park.meter(meter.address).times_opened for meter in meters] == [1, 1]
        park.meter(meters[0].address).fail(Fault(FaultKind.REFUSES))
        assert asyncio.run(ask()) == ["Refused", "Confirmed"]
        assert meters[0].last(ActKind.OPENED).ticks <= 1000
        assert park.address_of(meters[0].address) == MeterAddress(
            Wire.DLT645, meters[0].address, Endpoint("127.0.0.1", park.concentrators[0].endpoint.port)
        )


def test_a_concentrator_of_a_threaded_park_goes_down_and_comes_back():
    with park_in_thread([made_meter()]) as park:
        (place,) = park.concentrators
        where = (place.endpoint.host, place.endpoint.port)
        park.take_down(place.code)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(where, timeout=1).close()
        park.bring_up(place.code)
        socket.create_connection(where, timeout=1).close()


def test_a_threaded_park_whose_port_is_taken_says_so_and_ends():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), park_in_thread([made_meter()], port_from=port):
            pass


def test_a_meter_is_looked_at_and_switched_while_it_is_asked():
    """Every trip taken moved the contact, whoever looked meanwhile and however often the meter was switched."""
    meter = made_meter(clock=VirtualClock(START))
    ended = threading.Event()

    def meddle():
        while not ended.is_set():
            meter.fail(slow(0.0001))
            assert meter.relay.contact_closed in {True, False}
            meter.set_ampere(5)
            meter.mend()

    async def talk(park):
        async with session(park, meter.address, timeout_seconds=2.0) as line:
            for _ in range(40):
                assert type(await line.trip(until=UNTIL)) is Confirmed
                assert type(await line.direct_close(until=UNTIL)) is Confirmed

    with park_in_thread([meter]) as park, ThreadPoolExecutor(2) as others:
        meddling = [others.submit(meddle) for _ in range(2)]
        try:
            asyncio.run(talk(park))
        finally:
            ended.set()
        for each in meddling:
            each.result()
    assert (meter.trips_taken, meter.times_opened, meter.closes_taken, meter.times_closed) == (40, 40, 40, 40)
