"""Virtual meters whose time stands still until it is told to pass."""

from datetime import datetime, timedelta

from zaikong.meterio.session import Credentials, Wire
from zaikong.meterio.sessions import open_session
from zaikong.sim.virtual_meters import CREDENTIALS, VirtualClock, VirtualMeter

START = datetime(2024, 7, 1, 10)
UNTIL = START + timedelta(minutes=30)
ADDRESSES = {Wire.DLT645: "410000000001", Wire.DLT698: "410000000002"}
WIRES = tuple(Wire)
WRONG = Credentials("999999")


class Stopped:
    """A clock of the machine that a test moves."""

    def __init__(self, at: float = 1000.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def still_clock(start: datetime = START) -> VirtualClock:
    return VirtualClock(start, ticks=Stopped())


def made_meter(wire: Wire = Wire.DLT645, **terms) -> VirtualMeter:
    terms.setdefault("clock", still_clock())
    return VirtualMeter(ADDRESSES[wire], wire, **terms)


def session(park, address: str, *, credentials: Credentials = CREDENTIALS, timeout_seconds: float = 0.12):
    return open_session(park.address_of(address), credentials, timeout_seconds=timeout_seconds)
