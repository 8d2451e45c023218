"""How is a meter spoken to, whatever its protocol?

One interface over DL/T 645-2007 and DL/T 698.45. Every call is one exchange and ends in `Confirmed`, `Refused` or
`Unknown`; none raises for what a meter or a line does. A session never repeats a command by itself: whether a repeat is
harmless is decided by whoever asks (`meterio.front`).

Basis: DL/T 645-2007 control code 1CH; DL/T 698.45 objects 8000, 8001, F205; `docs/algorithms/meter_exchange.md`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from zaikong.meterio.outcome import Exchange, Unknown


class Wire(StrEnum):
    """Protocol of a meter, as `Meter.protocol` names it."""

    DLT645 = "dlt645"
    DLT698 = "dlt698"


class Position(StrEnum):
    """Where a relay stands, or is told to stand."""

    CLOSED = "closed"
    """Supply is on."""
    OPEN = "open"
    """Supply is off."""
    PERMITTED = "permitted"
    """Supply is off; the customer may press the button to close."""
    UNKNOWN = "unknown"
    """The meter does not tell."""


class Verb(StrEnum):
    """What a meter can be asked."""

    READ_REGISTERS = "read_registers"
    READ_RELAY = "read_relay"
    TRIP = "trip"
    PERMIT_CLOSE = "permit_close"
    DIRECT_CLOSE = "direct_close"
    RETAIN_ON = "retain_on"
    RETAIN_OFF = "retain_off"
    SET_TIME = "set_time"


HARMLESS_TWICE = frozenset({Verb.READ_REGISTERS, Verb.READ_RELAY, Verb.PERMIT_CLOSE, Verb.DIRECT_CLOSE, Verb.RETAIN_ON})
"""Verbs that may be repeated without asking: reading, and giving or keeping supply. Never one that can take it away."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a meter is reached.

    Attributes:
        host: Host of the terminal or concentrator, or the path of a serial device where `port` is 0.
        port: TCP port; 0 for a serial line.
        baud: Speed of a serial line [bit/s].
    """

    host: str
    port: int
    baud: int = 2400

    @property
    def serial(self) -> bool:
        """Whether it is a serial line."""
        return self.port == 0


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a meter asks for before it obeys. Shown nowhere: neither `repr` nor an exception tells it.

    Attributes:
        password: Three bytes, as sent [hex, six digits].
        level: Password level, such as 2.
        operator: Operator code [eight digits].
    """

    password: str = field(repr=False)
    level: int = 2
    operator: str = field(default="00000000", repr=False)


@dataclass(frozen=True, slots=True)
class MeterAddress:
    """Which meter, and how to reach it.

    Attributes:
        wire: Its protocol.
        address: Communication address, twelve digits.
        endpoint: Where it is reached.
    """

    wire: Wire
    address: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Registers:
    """What the registers show.

    Attributes:
        values: Register name (`total`, `sharp`, `peak`, `flat`, `valley`, `reactive`) to value [0.01 of its unit].
        clock: What the meter's clock says, where it was asked; without a zone, as the meter keeps it.
    """

    values: Mapping[str, int]
    clock: datetime | None = None


@dataclass(frozen=True, slots=True)
class RelayState:
    """What a meter says of its relay: the two are separate, because a meter may hold a command and not move.

    Attributes:
        commanded: Where it was told to stand.
        actual: Where it stands.
        retained: Whether 保电 is on; None where the meter does not tell.
        pending: Whether a trip is waiting: delayed, or held back by a high current; None where it does not tell.
    """

    commanded: Position
    actual: Position
    retained: bool | None = None
    pending: bool | None = None


LastWord = Callable[[], Awaitable[Unknown | None]]
"""Why a command may not be sent, or None where it may; asked when nothing is left to do but to write its bytes."""


class MeterSession(Protocol):
    """A line to one meter. Not to be used by two tasks at once.

    A command that prepares its way first (an association, the delay of a trip) asks `last_word` once all is prepared and the
    line is ready, right before the bytes of the command itself; what it answers instead of None is the outcome, and nothing
    of the command is sent. A line that cannot be opened never comes to ask.

    `until` is when a command expires, by the wall clock of the meter (Asia/Shanghai): a meter that gets it later must
    refuse it. A naive `datetime` is taken as that clock.
    """

    last_word: LastWord | None

    async def __aenter__(self) -> Self:
        """Open the line; a line that cannot be opened shows in the first exchange as `Unknown(UNREACHABLE)`."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the line."""
        ...

    async def read_registers(self) -> Exchange[Registers]:
        """Read every register the meter has."""
        ...

    async def read_relay(self) -> Exchange[RelayState]:
        """Read where the relay was told to stand and where it stands."""
        ...

    async def trip(self, *, until: datetime, delay_minutes: int = 0) -> Exchange[None]:
        """Take supply away after `delay_minutes` [min]. `Confirmed` says the meter took the command, not that it moved."""
        ...

    async def permit_close(self, *, until: datetime) -> Exchange[None]:
        """Let the customer close by the button."""
        ...

    async def direct_close(self, *, until: datetime) -> Exchange[None]:
        """Give supply back at once."""
        ...

    async def retain(self, *, on: bool, until: datetime) -> Exchange[None]:
        """Switch 保电 on or off: while it is on the meter refuses to trip."""
        ...

    async def set_time(self, *, at: datetime) -> Exchange[None]:
        """Set the meter's clock."""
        ...
