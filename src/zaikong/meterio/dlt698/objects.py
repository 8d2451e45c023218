"""Which objects of a DL/T 698.45 meter are read, set and operated, and what do its words of refusal mean?

An attribute (OAD) and a method (OMD) are integers of four bytes, object identifier first, so that they read as in the
standard: `0x0010_02_00`. `values` builds and reads what they hold.

Basis: DL/T 698.45-2017 appendix E (objects), F.3 (run-status word 3), table of DAR;
`docs/algorithms/meter_exchange.md` says which of it was found where, and how sure it is.
"""

from collections.abc import Mapping

from dlt698.model import Oad, Omd

ENERGY = 0x0010_02_00
"""Forward active energy: total, then each rate [0.01 kWh]."""
REACTIVE = 0x0030_02_01
"""Combined reactive energy 1, total [0.01 kvarh], signed."""
CLOCK = 0x4000_02_00
"""Date and time."""
RELAY = 0xF205_02_01
"""First relay: descriptor, state, kind of switch, wiring."""
OUTPUTS = 0x8000_03_00
"""Outputs of remote control, a bit a relay: 1 tripped."""
ALARMS = 0x8000_04_00
"""Alarms before a trip, a bit a relay: 1 a trip is coming."""
COMMANDS = 0x8000_05_00
"""Commands, a bit a relay: 1 trip, 0 close."""
RETAINED = 0x8001_02_00
"""保电: 0 off, 1 on, 2 on by itself."""
RUN_STATUS = 0x2014_02_03
"""Run-status word 3."""
EXECUTION = 0x2040_02_00
"""Execution word of control commands."""
ERRORS = 0x2041_02_00
"""Error word of control commands."""

TRIP = 0x8000_81_00
"""Method 129: trip."""
CLOSE = 0x8000_82_00
"""Method 130: permit to close, or close."""
RETAIN_ON = 0x8001_7F_00
"""Method 127: 保电 on."""
RETAIN_OFF = 0x8001_80_00
"""Method 128: 保电 off."""

FIRST_RELAY = 0xF205_02_01
"""Relay named in a trip or close."""

RATES = ("sharp", "peak", "flat", "valley")
"""Registers of rates 1 to 4, behind the total."""

# Run-status word 3 (F.3): bit 0 is the first bit sent.
RELAY_OPEN_BIT = 4
COMMAND_OPEN_BIT = 6
PRE_TRIP_BIT = 7
RETAINED_BIT = 12

# Execution word: what the last command did.
DIRECT_CLOSE_BIT = 0
PERMIT_CLOSE_BIT = 1
TRIP_BIT = 2
DELAYED_TRIP_BIT = 3
HIGH_CURRENT_BIT = 5
RETAIN_ON_BIT = 8
RETAIN_OFF_BIT = 9

DAR: Mapping[int, str] = {
    0: "SUCCESS",
    1: "HARDWARE_FAULT",
    2: "TEMPORARY_FAULT",
    3: "DENIED",
    4: "UNDEFINED_OBJECT",
    5: "CLASS_MISMATCH",
    6: "NO_SUCH_OBJECT",
    7: "TYPE_MISMATCH",
    8: "OUT_OF_RANGE",
    9: "BLOCK_UNAVAILABLE",
    10: "TRANSFER_CANCELLED",
    11: "NO_TRANSFER",
    12: "BLOCK_WRITE_CANCELLED",
    13: "NO_BLOCK_WRITE",
    14: "BLOCK_NUMBER",
    15: "PASSWORD",
    16: "SPEED_FIXED",
    17: "TOO_MANY_SEASONS",
    18: "TOO_MANY_PERIODS",
    19: "TOO_MANY_RATES",
    20: "AUTHENTICATION_MISMATCH",
    21: "PURCHASED_TWICE",
    22: "ESAM",
    23: "AUTHENTICATION",
    24: "CUSTOMER_NUMBER",
    25: "PURCHASE_COUNT",
    26: "HOARDING",
    27: "ADDRESS",
    28: "SYMMETRIC_DECRYPTION",
    29: "ASYMMETRIC_DECRYPTION",
    30: "SIGNATURE",
    31: "SUSPENDED",
    32: "EXPIRED",
    33: "TIMEOUT",
    34: "ESAM_PARAMETER",
    35: "ESAM_LENGTH",
    255: "OTHER",
}
"""Data access results (DAR) of the standard: 0 is success, any other a refusal."""

DONE = 0
FAULT_UNREADABLE = 1
FAULT_UNSUPPORTED = 2
CONNECT_OTHER = 255
DAR_TEMPORARY = 2
DAR_DENIED = 3
DAR_UNDEFINED = 4
DAR_PASSWORD = 15
DAR_EXPIRED = 32
DAR_OTHER = 255

CONNECT_RESULTS: Mapping[int, str] = {
    1: "PASSWORD",
    2: "SYMMETRIC_DECRYPTION",
    3: "ASYMMETRIC_DECRYPTION",
    4: "SIGNATURE",
    5: "VERSION",
    255: "OTHER",
}
"""Why an association is not granted."""

FAULTS: Mapping[int, str] = {1: "UNREADABLE", 2: "UNSUPPORTED", 255: "OTHER"}
"""Why a service is not performed (ERROR); a meter also says 2 where an association is wanted."""

ERROR_WORDS: Mapping[int, str] = {
    0: "SUSPENDED",
    2: "PASSWORD",
    3: "AUTHENTICATION_EXPIRED",
    5: "RETAINED",
    6: "RETAINED",
    7: "PRE_TRIP_TIME",
    8: "ALREADY_TRIPPED",
}
"""Bits of the error word of control commands."""


def dar_word(dar: int) -> str:
    """The word of a data access result, `DAR_<n>` for one without."""
    return DAR.get(dar, f"DAR_{dar}")


def connect_word(result: int) -> str:
    """The word of an association that is not granted, `CONNECT_<n>` for one without."""
    return CONNECT_RESULTS.get(result, f"CONNECT_{result}")


def fault_word(kind: int) -> str:
    """The word of a service that is not performed, `ERROR_<n>` for one without."""
    return FAULTS.get(kind, f"ERROR_{kind}")


def oad(number: int) -> Oad:
    """The attribute as the codec wants it."""
    return Oad(oi=number >> 16, attribute=number >> 8 & 0xFF, index=number & 0xFF)


def oad_number(attribute: Oad) -> int:
    """The attribute as an integer."""
    return attribute.oi << 16 | attribute.attribute << 8 | attribute.index


def omd(number: int) -> Omd:
    """The method as the codec wants it."""
    return Omd(oi=number >> 16, method=number >> 8 & 0xFF, mode=number & 0xFF)


def omd_number(method: Omd) -> int:
    """The method as an integer."""
    return method.oi << 16 | method.method << 8 | method.mode
