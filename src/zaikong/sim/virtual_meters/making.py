"""Which meters does a park of so many have, and which of them are faulty?

Everything is drawn from one seed: protocol in turn, load, opening registers, faults. The same seed makes the same park.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

from zaikong.meterio.session import Credentials, Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.energy import DayUse, constant
from zaikong.sim.virtual_meters.faults import Fault, FaultKind, clock_wrong, refuses, silent, slow
from zaikong.sim.virtual_meters.meter import CREDENTIALS, VirtualMeter

SLOW_SECONDS: Final = 20.0
"""How slow a slow meter is: longer than anybody waits [s]."""

FAULTS: Final[Mapping[FaultKind, Fault]] = MappingProxyType(
    {
        FaultKind.SILENT: silent(),
        FaultKind.SLOW: slow(SLOW_SECONDS),
        FaultKind.GARBAGE: Fault(FaultKind.GARBAGE),
        FaultKind.HALF_FRAME: Fault(FaultKind.HALF_FRAME),
        FaultKind.WRONG_ADDRESS: Fault(FaultKind.WRONG_ADDRESS),
        FaultKind.WRONG_CHECK_SUM: Fault(FaultKind.WRONG_CHECK_SUM),
        FaultKind.HANGS_UP: Fault(FaultKind.HANGS_UP),
        FaultKind.REFUSES: refuses(),
        FaultKind.MOVES_BUT_ANSWER_LOST: Fault(FaultKind.MOVES_BUT_ANSWER_LOST),
        FaultKind.SAYS_YES_AND_DOES_NOT_MOVE: Fault(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE),
        FaultKind.CLOCK_WRONG: clock_wrong(),
        FaultKind.POWER_LOST: Fault(FaultKind.POWER_LOST),
    }
)
"""One fault of every kind, as a park plants them."""

_FIRST_ADDRESS = 41_00_00_00_00_00
_PERMILLE = 1000
_BUSIEST_CENTI_KWH = 4_000
_HIGHEST_CENTI_KWH = 99_999_99


def make_meters(
    count: int,
    *,
    clock: VirtualClock,
    seed: int = 1,
    faulty_permille: int = 0,
    wires: Sequence[Wire] = tuple(Wire),
    credentials: Credentials = CREDENTIALS,
) -> list[VirtualMeter]:
    """Meters of a park.

    Args:
        count: How many.
        clock: The time they live in.
        seed: Seed of every choice.
        faulty_permille: How many of a thousand are faulty, rounded down; the kinds of `FAULTS` in turn.
        wires: Protocols, in turn.
        credentials: What each asks for before it obeys.
    """
    meters = [_made(number, clock, seed, wires[number % len(wires)], credentials) for number in range(count)]
    faulty = sorted(range(count), key=lambda number: _drawn(seed, "faulty", number))[
        : count * faulty_permille // _PERMILLE
    ]
    kinds = tuple(FAULTS.values())
    for turn, number in enumerate(sorted(faulty)):
        meters[number].fail(kinds[turn % len(kinds)])
    return meters


def _made(number: int, clock: VirtualClock, seed: int, wire: Wire, credentials: Credentials) -> VirtualMeter:
    shown = _drawn(seed, "opening", number) % _HIGHEST_CENTI_KWH
    night, day = shown // 4, shown // 3
    opening: DayUse = (shown, 0, day, shown - day - night, night, 0)
    return VirtualMeter(
        f"{_FIRST_ADDRESS + number:012d}",
        wire,
        clock=clock,
        use=constant(_drawn(seed, "use", number) % _BUSIEST_CENTI_KWH),
        opening=opening,
        credentials=credentials,
    )


def _drawn(seed: int, purpose: str, number: int) -> int:
    """A whole number that depends on nothing but its own counters."""
    return int.from_bytes(blake2b(f"{seed}/virtual.{purpose}/{number}".encode(), digest_size=8).digest(), "big")
