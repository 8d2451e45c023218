"""Which bytes ask a meter for its registers and its clock or set them, and what do the answers say?

Energy goes in four bytes, eight digits, the last two behind the point: 0.01 kWh or 0.01 kvarh. The block `0001FF00`
answers with the total and then the rates in their order: sharp, peak, flat, valley. The combined reactive energy has its
sign in the highest bit.

Basis: DL/T 645-2007 control codes 11H, 14H, 08H; annex A, data identifiers 0001, 0003, 040001.
"""

from datetime import datetime

from zaikong.meterio.dlt645.frames import BROADCAST, Frame, Function, Unreadable, decimal, packed
from zaikong.meterio.dlt645.moments import moment_octets

ENERGY_BLOCK = "0001FF00"
"""All registers of forward active energy."""
ENERGY = {
    "total": "00010000",
    "sharp": "00010100",
    "peak": "00010200",
    "flat": "00010300",
    "valley": "00010400",
}
"""Forward active energy, now, by register [0.01 kWh]."""
REACTIVE = "00030000"
"""Combined reactive energy 1, total, now [0.01 kvarh]."""
RUN_STATUS_3 = "04000503"
DATE = "04000101"
TIME = "04000102"

_ENERGY_OCTETS = 4
_SIGN = 0x80


def ask(address: str, identifier: str) -> Frame:
    """The question for the data of `identifier` [eight hex digits]."""
    return Frame(address, Function.READ, packed(identifier))


def write(address: str, identifier: str, *, authority: bytes, octets: bytes) -> Frame:
    """The order to store `octets` under `identifier`; `authority` is `control.authority`."""
    return Frame(address, Function.WRITE, packed(identifier) + authority + octets)


def broadcast_time(at: datetime) -> Frame:
    """What sets the clock of every meter that hears it and answers nothing.

    Meters take it once a day, when they are less than five minutes wrong, and not near midnight.
    """
    return Frame(BROADCAST, Function.BROADCAST_TIME, moment_octets(at))


def energy_octets(centi: int, *, signed: bool = False) -> bytes:
    """A register that shows `centi` [0.01 of its unit], as a meter sends it; it turns over at a million units."""
    octets = bytearray(packed(f"{abs(centi) % (8 * 10**7 if signed else 10**8):08d}"))
    if signed and centi < 0:
        octets[-1] |= _SIGN
    return bytes(octets)


def read_energy(octets: bytes, *, signed: bool = False) -> int | Unreadable:
    """What one register shows [0.01 of its unit]."""
    if len(octets) != _ENERGY_OCTETS:
        return Unreadable(f"a register of {len(octets)} bytes")
    negative = signed and bool(octets[-1] & _SIGN)
    centi = decimal(octets[:-1] + bytes([octets[-1] & ~_SIGN]) if negative else octets)
    return -centi if negative and isinstance(centi, int) else centi


def read_energy_block(octets: bytes) -> dict[str, int] | Unreadable:
    """What the registers of the block show, by name [0.01 kWh]: the total, and as many of the four rates as there are."""
    if not octets or len(octets) % _ENERGY_OCTETS:
        return Unreadable(f"a block of registers of {len(octets)} bytes")
    shown: dict[str, int] = {}
    for place, name in enumerate(ENERGY):
        one = octets[place * _ENERGY_OCTETS : (place + 1) * _ENERGY_OCTETS]
        if not one:
            break
        centi = read_energy(one)
        if isinstance(centi, Unreadable):
            return centi
        shown[name] = centi
    return shown
