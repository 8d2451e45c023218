"""What came of an exchange with a meter?

Exactly one of three: the meter said yes, the meter said no, or nobody can say. *Unknown* is not a failure: a command
whose answer was lost may have been carried out, and only reading the meter tells. Nothing here is true or false by
itself, so that no `if` takes an outcome for a yes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, NoReturn, TypeVar

Value = TypeVar("Value", covariant=True)  # noqa: PLC0105 -- what was read or done


class Reason(StrEnum):
    """Why nobody can say what a meter did."""

    SILENT = "silent"
    """No answer in time."""
    UNREACHABLE = "unreachable"
    """No connection to the meter or to what it hangs on; nothing was sent."""
    BROKEN = "broken"
    """The connection ended inside the exchange."""
    GARBAGE = "garbage"
    """What came was no frame."""
    CHECK_SUM = "check_sum"
    """A frame whose check does not fit."""
    FOREIGN = "foreign"
    """A frame of another meter, or the answer to another question."""
    MALFORMED = "malformed"
    """A frame whose content cannot be read."""
    CIRCUIT_OPEN = "circuit_open"
    """What the meter hangs on has failed too often; nothing was sent."""
    WITHDRAWN = "withdrawn"
    """Called off before anything was sent."""

    @property
    def nothing_sent(self) -> bool:
        """Whether it is sure that the meter was asked nothing."""
        return self in {Reason.UNREACHABLE, Reason.CIRCUIT_OPEN, Reason.WITHDRAWN}


class _Outcome:
    def __bool__(self) -> NoReturn:
        raise TypeError("an exchange is confirmed, refused or unknown: ask which")


@dataclass(frozen=True, slots=True)
class Confirmed(_Outcome, Generic[Value]):
    """The meter said yes.

    Attributes:
        value: What it told; `None` where a command was merely accepted.
    """

    value: Value


@dataclass(frozen=True, slots=True)
class Refused(_Outcome):
    """The meter said no, in a frame that is whole.

    Attributes:
        code: Word for programs, such as `RETAINED`, `PASSWORD`, `EXPIRED`, or `ERROR_04` for one without a word.
        detail: What the meter sent about it, in hex or words; never a password or key.
    """

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unknown(_Outcome):
    """Nobody can say.

    Attributes:
        reason: Why.
        detail: What was seen; never a password or key.
    """

    reason: Reason
    detail: str = ""


Exchange = Confirmed[Value] | Refused | Unknown
"""Outcome of an exchange; `Exchange[RelayState]` for one that reads a relay."""
