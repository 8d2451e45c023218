"""What comes back on a line when bytes arrive, whatever the protocol and whatever is wrong with the meter?

A line is one connection to a concentrator. It finds the frames in the bytes, hands each to the meter it is meant for,
and turns the meter's answer into bytes, spoiled where a fault is on order. Bytes that are no frame, frames for nobody
and questions nobody knows get no answer or a refusal, never an exception.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from zaikong.sim.virtual_meters.faults import Fault, FaultKind
from zaikong.sim.virtual_meters.meter import VirtualMeter

Asked = TypeVar("Asked")
"""A question or an answer, in the words of a protocol."""

_JAMS = FaultKind.SAYS_YES_AND_DOES_NOT_MOVE
_LONGEST_GARBAGE = 24


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back.

    Attributes:
        octets: Bytes to send; empty where the connection ends instead.
        after: How much later [s].
        hang_up: Whether the connection ends.
    """

    octets: bytes
    after: float = 0.0
    hang_up: bool = False


class Line(ABC, Generic[Asked]):
    """One connection.

    Args:
        meters: Meters behind it, by address.
    """

    def __init__(self, meters: Mapping[str, VirtualMeter]) -> None:
        self.meters = meters

    def feed(self, octets: bytes) -> list[Reply]:
        """Take bytes as they come; return what goes back now, in order."""
        return [reply for asked in self._found(octets) for reply in self._replies(asked)]

    def flush(self) -> list[Reply]:
        """The rest of a frame did not come in time: give it up, and answer what it hid."""
        return [reply for asked in self._rest() for reply in self._replies(asked)]

    @property
    @abstractmethod
    def pending(self) -> bool:
        """Whether bytes wait for the rest of their frame."""

    @abstractmethod
    def _found(self, octets: bytes) -> list[Asked]:
        """The questions that are whole now."""

    @abstractmethod
    def _rest(self) -> list[Asked]:
        """The questions hidden behind a frame that never ended; nothing waits any longer."""

    @abstractmethod
    def _meant(self, asked: Asked) -> list[VirtualMeter]:
        """The meters a question is meant for."""

    @abstractmethod
    def _counts(self, asked: Asked) -> bool:
        """Whether it is an exchange, and not the making of a connection."""

    @abstractmethod
    def _commands(self, asked: Asked) -> bool:
        """Whether it tells a meter to do something, and not only to speak."""

    @abstractmethod
    def _answered(self, meter: VirtualMeter, asked: Asked, *, jammed: bool) -> Asked | None:
        """What the meter answers, having done what it was told; None for nothing."""

    @abstractmethod
    def _refused(self, meter: VirtualMeter, asked: Asked, code: int) -> Asked | None:
        """What the meter answers where it refuses on order."""

    @abstractmethod
    def _octets(self, answer: Asked, *, address: str) -> bytes:
        """The answer as the meter of `address` would send it."""

    def _replies(self, asked: Asked) -> list[Reply]:
        replies = [reply for meter in self._meant(asked) if (reply := self._reply(meter, asked)) is not None]
        # of several that answer at a time nobody is understood
        return replies if len(replies) == 1 else []

    def _reply(self, meter: VirtualMeter, asked: Asked) -> Reply | None:
        with meter.lock:
            fault = meter.asked(counts=self._counts(asked), command=self._commands(asked))
            kind = None if fault is None else fault.kind
            if kind is FaultKind.SILENT or not meter.powered:
                return None
            if fault is not None and kind is FaultKind.REFUSES:
                answer = self._refused(meter, asked, fault.code)
            else:
                answer = self._answered(meter, asked, jammed=kind is _JAMS)
        if answer is None or kind is FaultKind.MOVES_BUT_ANSWER_LOST:
            return None
        if kind is FaultKind.WRONG_ADDRESS:
            return Reply(self._octets(answer, address=another(meter.address)))
        return spoiled(fault, self._octets(answer, address=meter.address))


LineMaker = Callable[[Mapping[str, VirtualMeter]], Line[Any]]
"""Makes the line of a new connection."""


def another(address: str) -> str:
    """The address of another meter: the last digit differs."""
    return address[:-1] + str((int(address[-1]) + 5) % 10)


def spoiled(fault: Fault | None, octets: bytes) -> Reply:
    """The answer as the fault leaves it."""
    kind = None if fault is None else fault.kind
    if fault is not None and kind is FaultKind.SLOW:
        return Reply(octets, after=fault.seconds)
    if kind is FaultKind.GARBAGE:
        return Reply(_noise(octets))
    if kind is FaultKind.HALF_FRAME:
        return Reply(octets[: len(octets) - len(octets.lstrip(b"\xfe")) // 2])
    if kind is FaultKind.WRONG_CHECK_SUM:
        return Reply(octets[:-2] + bytes([octets[-2] ^ 0xFF]) + octets[-1:])
    if kind is FaultKind.HANGS_UP:
        return Reply(b"", hang_up=True)
    return Reply(octets)


def _noise(octets: bytes) -> bytes:
    """Bytes that no frame begins with, the same for the same answer."""
    return blake2b(octets, digest_size=_LONGEST_GARBAGE).digest().replace(b"\x68", b"\x00")
