"""What can be said to a DL/T 698.45 meter, and what can it say?

Plain types without bytes. A question and its answer share a service number (PIID, 0 to 63); the answer to an attribute or
a method names it again. No password is shown by any `repr`.

Basis: DL/T 698.45-2017 6.3 (APDU); a time tag is 6.3.3's `TimeTag`: when it was sent, and how long it may be under way.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from dlt698.model import Data

PIID_MASK = 0x3F
"""Bits of a PIID that number the exchange; the others are priority and the meter's wish to be asked."""

ADDRESS_DIGITS = 12

MINUTES = 1
_SECONDS_OF_UNIT = (1, 60, 3600, 86400, 30 * 86400, 365 * 86400)


@dataclass(frozen=True, slots=True)
class TimeTag:
    """When something was sent, and how long it may be under way.

    Attributes:
        sent_at: By the meter's clock, without a zone, to the second.
        unit: 0 s, 1 min, 2 h, 3 d, 4 month, 5 year.
        interval: How many; 0 sets no limit.
    """

    UNITS: ClassVar[int] = len(_SECONDS_OF_UNIT)

    sent_at: datetime
    unit: int
    interval: int

    @classmethod
    def expiring(cls, at: datetime, *, window_minutes: int) -> "TimeTag":
        """A tag that is valid through `window_minutes` [min] before `at`, and not after it."""
        return cls(at - timedelta(minutes=window_minutes), MINUTES, window_minutes)

    @property
    def expires_at(self) -> datetime | None:
        """Last moment to obey; None where there is no limit."""
        if not self.interval:
            return None
        return self.sent_at + timedelta(seconds=_SECONDS_OF_UNIT[self.unit] * self.interval)


@dataclass(frozen=True, slots=True)
class Get:
    """Read attributes.

    Attributes:
        attributes: OAD of each.
        listed: Whether it is asked as a list, as several must be.
    """

    attributes: tuple[int, ...]
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Got:
    """What attributes hold: value or DAR of each, in the order asked."""

    results: tuple[tuple[int, Data | int], ...]
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Set:
    """Set one attribute."""

    attribute: int
    value: Data


@dataclass(frozen=True, slots=True)
class WasSet:
    """How setting one attribute went."""

    attribute: int
    dar: int


@dataclass(frozen=True, slots=True)
class Act:
    """Operate one method."""

    method: int
    parameter: Data


@dataclass(frozen=True, slots=True)
class Acted:
    """How operating one method went."""

    method: int
    dar: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What an association rests on: wished by the master, granted by the meter, which may only take away.

    Attributes:
        protocol: Services, a bit each [eight bytes].
        function: Functions, a bit each [sixteen bytes].
        version: Of the application layer.
        send_bytes: Longest frame the speaker sends [byte].
        receive_bytes: Longest frame the speaker takes [byte].
        window: Frames the speaker takes before it answers.
        apdu_bytes: Longest APDU the speaker handles [byte].
        timeout_seconds: How long the association lasts without a word [s].
    """

    protocol: bytes = b"\xff" * 8
    function: bytes = b"\xff" * 16
    version: int = 16
    send_bytes: int = 1024
    receive_bytes: int = 1024
    window: int = 1
    apdu_bytes: int = 1024
    timeout_seconds: int = 100


@dataclass(frozen=True, slots=True)
class Connect:
    """Ask for an association.

    Attributes:
        password: General password; None asks for a public association, or stands for security this codec does not speak.
        spoken: Whether the security asked for is none or a password.
        terms: What is wished.
    """

    password: str | None = field(default=None, repr=False)
    spoken: bool = True
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True)
class Connected:
    """Answer to a wish for an association.

    Attributes:
        result: 0 granted, 1 password wrong, 2 to 5 as `objects.CONNECT_RESULTS`, 255 other.
        terms: What is granted; a meter that has every service asked for sends the wish back.
    """

    result: int
    terms: Terms = Terms()


@dataclass(frozen=True, slots=True)
class Release:
    """End an association."""


@dataclass(frozen=True, slots=True)
class Released:
    """Answer to the end of an association: 0 done."""

    result: int = 0


@dataclass(frozen=True, slots=True)
class Failed:
    """A service the meter did not perform (ERROR response): 1 unreadable, 2 not supported, 255 other."""

    kind: int


@dataclass(frozen=True, slots=True)
class LinkCall:
    """A device at the other end logs in, beats or logs out.

    Attributes:
        kind: 0 log in, 1 beat, 2 log out.
        heartbeat_seconds: Between beats [s].
        requested_at: `date_time` of the device [ten bytes], sent back to it.
    """

    kind: int
    heartbeat_seconds: int
    requested_at: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """Answer to a `LinkCall`: the times asked, and 0 for yes."""

    requested_at: tuple[int, ...]
    result: int = 0


@dataclass(frozen=True, slots=True)
class Other:
    """Something whole that this codec does not speak of, such as a report nobody asked for."""

    name: str


Content = (
    Get
    | Got
    | Set
    | WasSet
    | Act
    | Acted
    | Connect
    | Connected
    | Release
    | Released
    | Failed
    | LinkCall
    | LinkAnswer
    | Other
)
"""What can be said at all."""
Question = Get | Set | Act | Connect | Release | LinkAnswer
"""What a master says."""
Answer = Got | WasSet | Acted | Connected | Released | Failed | LinkCall
"""What a meter says."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said.

    Attributes:
        address: Communication address of the meter [twelve digits].
        piid: Number of the exchange [0 to 63].
        content: What is said.
        client: Address of the master; 0 for any.
        tag: Its time tag.
        from_meter: Whether the meter said it.
        addressed: Whether it goes to one meter: neither a wildcard, a group nor everyone.
        flags: Bits beside the number: 80H is priority, 40H a meter that has something to report.
    """

    address: str
    piid: int
    content: Content
    client: int = 0
    tag: TimeTag | None = None
    from_meter: bool = False
    addressed: bool = True
    flags: int = 0
