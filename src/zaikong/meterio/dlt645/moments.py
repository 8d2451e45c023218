"""How does DL/T 645-2007 write a date, a time and a moment?

Every part is two decimal digits, the smallest part first: a moment is `ss mm hh DD MM YY`, a date `WW DD MM YY` with
Sunday as day 0, a time `ss mm hh`. A meter keeps the wall clock of Asia/Shanghai and knows no zone.

Basis: DL/T 645-2007 annex A, data identifiers 04000101 and 04000102; the broadcast of time, control code 08H.
"""

from datetime import date, datetime, time, timedelta, timezone

from zaikong.meterio.dlt645.frames import UnableToEncodeError, Unreadable, decimal, packed

METER_ZONE = timezone(timedelta(hours=8))
"""Zone of a meter's clock; it has had no summer time since 1992."""

_CENTURY = range(2000, 2100)
_MOMENT_OCTETS = 6
_DATE_OCTETS = 4
_TIME_OCTETS = 3


def wall(at: datetime) -> datetime:
    """The wall clock of a meter at `at`; an `at` without a zone is that clock already."""
    return at if at.tzinfo is None else at.astimezone(METER_ZONE).replace(tzinfo=None)


def moment_octets(at: datetime) -> bytes:
    """`ss mm hh DD MM YY`.

    Raises:
        UnableToEncodeError: The year has no two digits in this century.
    """
    return packed(_inside(wall(at)).strftime("%y%m%d%H%M%S"))


def read_moment(octets: bytes) -> datetime | Unreadable:
    """The moment of `ss mm hh DD MM YY`, without a zone."""
    if len(octets) != _MOMENT_OCTETS:
        return Unreadable(f"a moment of {len(octets)} bytes")
    clock, day = octets[:3], octets[3:]
    return read_clock(b"\x00" + day, clock)


def date_octets(at: datetime) -> bytes:
    """`WW DD MM YY`, Sunday being day 0.

    Raises:
        UnableToEncodeError: The year has no two digits in this century.
    """
    return packed(_inside(wall(at)).strftime("%y%m%d0%w"))


def time_octets(at: datetime) -> bytes:
    """`ss mm hh`."""
    return packed(wall(at).strftime("%H%M%S"))


def read_clock(day: bytes, clock: bytes) -> datetime | Unreadable:
    """The moment of a date `WW DD MM YY` and a time `ss mm hh`, without a zone; the day of the week is not read."""
    if len(day) != _DATE_OCTETS or len(clock) != _TIME_OCTETS:
        return Unreadable(f"a clock of {len(day)} and {len(clock)} bytes")
    parts = [decimal(bytes([octet])) for octet in (*day[1:], *clock)]
    numbers = [part for part in parts if isinstance(part, int)]
    if len(numbers) != len(parts):
        return Unreadable("a clock with what is no number")
    dom, month, year, second, minute, hour = numbers
    try:
        return datetime.combine(date(_CENTURY.start + year, month, dom), time(hour, minute, second))
    except ValueError:
        return Unreadable("a clock at a moment that does not exist")


def _inside(at: datetime) -> datetime:
    if at.year not in _CENTURY:
        raise UnableToEncodeError("a meter knows the years 2000 to 2099")
    return at
