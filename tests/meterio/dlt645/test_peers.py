"""Somebody else's reading of the standard: the library `dlt645`, its server, its client and its frames."""

import asyncio
import subprocess
import sys
from datetime import datetime

from dlt645.aio import AsyncMeterClientService, AsyncMeterServerService
from dlt645.protocol.protocol import DLT645Protocol
from hypothesis import given
from hypothesis import strategies as st

from little_meter import ADDRESS, county_meter, listening, obeying
from zaikong.meterio.dlt645 import reading
from zaikong.meterio.dlt645.frames import BROADCAST, Frame, Splitter, packed
from zaikong.meterio.dlt645.session import Dlt645Session
from zaikong.meterio.dlt645.words import RunStatus
from zaikong.meterio.outcome import Confirmed, Refused
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Position, Registers, RelayState, Wire

UNTIL = datetime(2026, 12, 1, 8, 0)
AS_SENT = packed(ADDRESS).hex()
"""The library takes an address as it goes over the wire."""
OURS = Credentials("123456", operator="00000000")

frames = st.builds(Frame, st.text("0123456789", min_size=12, max_size=12), st.integers(0, 255), st.binary(max_size=255))


def peer_meter() -> AsyncMeterServerService:
    peer = AsyncMeterServerService.new_tcp_server("127.0.0.1", 0, 1.0)
    peer.set_address(AS_SENT)
    assert peer.set_password("02123456")
    shown = {0x00010000: 123456.78, 0x00010100: 1.5, 0x00010200: 2.25, 0x00010300: 0.01, 0x00010400: 0.0}
    assert all(peer.set_00(register, value) for register, value in (shown | {0x00030000: 7.5}).items())
    told = {0x04000101: "26113001", 0x04000102: "235958", 0x04000503: "1050"}
    assert all(peer.set_04(identifier, digits) for identifier, digits in told.items())
    return peer


def test_a_session_reads_and_sets_the_meter_of_the_library():
    peer = peer_meter()

    async def talk():
        assert await peer.start()
        address = MeterAddress(Wire.DLT645, ADDRESS, Endpoint("127.0.0.1", peer.server.port))
        try:
            async with Dlt645Session(address, OURS, timeout_seconds=5) as session:
                return [
                    await session.read_registers(),
                    await session.read_relay(),
                    await session.set_time(at=datetime(2026, 12, 1, 3, 4, 5)),
                    await session.read_registers(),
                    # it knows no control commands, and says so
                    await session.direct_close(until=UNTIL),
                ]
        finally:
            await peer.stop()

    before, relay, set_, after, closed = asyncio.run(talk())
    shown = {"total": 12_345_678, "sharp": 150, "peak": 225, "flat": 1, "valley": 0, "reactive": 750}
    assert before == Confirmed(Registers(shown, datetime(2026, 11, 30, 23, 59, 58)))
    assert relay == Confirmed(RelayState(Position.OPEN, Position.OPEN, retained=True, pending=False))
    assert set_ == Confirmed(None)
    assert after == Confirmed(Registers(shown, datetime(2026, 12, 1, 3, 4, 5)))
    assert closed == Refused("OTHER", "01")


def test_the_meter_of_the_library_refuses_a_wrong_password():
    peer = peer_meter()

    async def talk():
        assert await peer.start()
        address = MeterAddress(Wire.DLT645, ADDRESS, Endpoint("127.0.0.1", peer.server.port))
        try:
            async with Dlt645Session(address, Credentials("654321"), timeout_seconds=5) as session:
                return await session.set_time(at=datetime(2026, 12, 1, 3, 4, 5))
        finally:
            await peer.stop()

    assert asyncio.run(talk()) == Refused("PASSWORD", "04")


def test_the_client_of_the_library_reads_and_sets_a_meter_of_our_frames():
    meter = county_meter()
    meter.credentials = OURS
    meter.status = RunStatus(relay_open=True, command_open=True)

    async def talk():
        async with listening(obeying(meter)) as desk:
            client = AsyncMeterClientService.new_tcp_client("127.0.0.1", desk.port, 5.0)
            client.set_address(AS_SENT)
            assert await client.connect()
            try:
                read = [
                    (await client.read_00(0x00010000)).value,
                    (await client.read_00(0x00010300)).value,
                    (await client.read_00(0x00030000)).value,
                    (await client.read_04(0x04000101)).value,
                    (await client.read_04(0x04000102)).value,
                    (await client.read_04(0x04000503)).value,
                    (await client.read_address()).value,
                    # a refusal, which it does not tell from silence
                    await client.read_00(0x00010900),
                ]
                await client.write_04(0x04000102, "112233", "02123456")
                await client.broadcast_time_sync(datetime(2026, 11, 30, 1, 2, 3))
                await asyncio.sleep(0.05)
            finally:
                await client.disconnect()
            return read, desk.asked[-1]

    read, broadcast = asyncio.run(talk())
    assert read == [123456.78, 3.0, -2.5, "26113001", "235958", "0050", AS_SENT, None]
    assert meter.stored[reading.TIME].hex() == "332211"
    # it sends the year first, which the standard sends last
    assert (broadcast.address, broadcast.control, broadcast.data.hex()) == (BROADCAST, 0x08, "261130010203")


@given(frames, st.integers(0, 4))
def test_both_make_the_same_bytes_of_a_frame_and_the_same_frame_of_the_bytes(frame, wake):
    theirs = bytes(DLT645Protocol.build_frame(packed(frame.address), frame.control, frame.data, wake))

    assert frame.encode(wake=wake) == theirs
    assert Splitter().feed(theirs) == [frame]
    read = DLT645Protocol.deserialize(frame.encode(wake=wake))
    assert (bytes(read.addr), read.ctrl_code, bytes(read.data)) == (packed(frame.address), frame.control, frame.data)


def test_a_session_brings_neither_the_library_nor_its_logs_into_the_house():
    asked = (
        "import logging, sys; before = list(logging.root.handlers), logging.root.level\n"
        "import zaikong.meterio.dlt645.session, zaikong.meterio.sessions\n"
        "assert (list(logging.root.handlers), logging.root.level) == before\n"
        "print([name for name in ('dlt645', 'loguru') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"
