"""Is this the answer to that question, and what do the answers about registers and the relay come to?

A question is answered only by what names the same exchange, the same meter and master, the same service and the same
attributes or method. Where two objects tell of the same thing and differ, nobody knows it.

Basis: DL/T 698.45-2017 6.3; `docs/algorithms/meter_exchange.md`.
"""

from collections.abc import Mapping

from dlt698.model import Data

from zaikong.meterio.dlt698 import objects, values
from zaikong.meterio.dlt698.messages import (
    Act,
    Acted,
    Answer,
    Connect,
    Connected,
    Content,
    Failed,
    Get,
    Got,
    Message,
    Set,
    WasSet,
)
from zaikong.meterio.outcome import Reason, Refused, Unknown
from zaikong.meterio.session import Position, Registers, RelayState

Results = Mapping[int, Data | int]
"""Attribute to its value, or to the DAR that stands for one."""


def judged(asked: Message, found: Message) -> Answer | Unknown:
    """`found` where it answers `asked`; else `Unknown(FOREIGN)` with what is wrong with it."""
    strange = _stranger(asked, found)
    if strange:
        return Unknown(Reason.FOREIGN, strange)
    answer = _matching(asked.content, found.content)
    return Unknown(Reason.FOREIGN, "another service or object") if answer is None else answer


def read_registers(results: Results) -> Registers | Refused:
    """Registers and clock; refused where the energy is.

    Raises:
        UnreadableValueError: One of them is not what its object holds.
    """
    energy = results[objects.ENERGY]
    if isinstance(energy, int):
        return Refused(objects.dar_word(energy), f"DAR {energy}")
    shown = values.read_energy(energy)
    reactive, clock = results[objects.REACTIVE], results[objects.CLOCK]
    if not isinstance(reactive, int):
        shown["reactive"] = values.read_reactive(reactive)
    return Registers(shown, None if isinstance(clock, int) else values.read_clock(clock))


def read_relay_state(results: Results) -> RelayState | Refused:
    """Where the relay was told to stand and where it stands; refused where no object tells where it stands.

    Raises:
        UnreadableValueError: One of them is not what its object holds.
    """
    actual = _actual(results)
    if actual is None:
        dar = results[objects.RELAY]
        return Refused(objects.dar_word(dar), f"DAR {dar}") if isinstance(dar, int) else _NO_RELAY
    commanded = _commanded(results)
    return RelayState(
        commanded=commanded, actual=actual, retained=_retained(results), pending=_pending(results, commanded, actual)
    )


_NO_RELAY = Refused("NO_SUCH_OBJECT", "no relay")


def _stranger(asked: Message, found: Message) -> str:
    if not found.from_meter:
        return "a question"
    if found.address != asked.address or not found.addressed:
        return "another meter"
    if found.client != asked.client:
        return "another master"
    if found.piid != asked.piid:
        return "another exchange"
    return "" if found.tag in {None, asked.tag} else "another time tag"


def _matching(asked: Content, said: Content) -> Answer | None:
    match asked, said:
        case _, Failed():
            return said
        case Get(attributes, listed), Got(results, same) if listed == same:
            return said if tuple(number for number, _ in results) == attributes else None
        case Set(number, _), WasSet(same_number, _):
            return said if number == same_number else None
        case Act(number, _), Acted(same_number, _):
            return said if number == same_number else None
        case Connect(), Connected():
            return said
        case _:
            return None


def _status(results: Results) -> frozenset[int] | None:
    word = results[objects.RUN_STATUS]
    return None if isinstance(word, int) else values.read_word(word)


def _agreed(*told: bool | None) -> Position | None:
    """Where what is told agrees: open for True; None where nothing is told."""
    known = {one for one in told if one is not None}
    if not known:
        return None
    if len(known) > 1:
        return Position.UNKNOWN
    return Position.OPEN if known.pop() else Position.CLOSED


def _actual(results: Results) -> Position | None:
    relay, outputs, status = results[objects.RELAY], results[objects.OUTPUTS], _status(results)
    told = None if status is None else objects.RELAY_OPEN_BIT in status
    if not isinstance(relay, int):
        unit = values.read_relay(relay)
        return _agreed(unit.open, told) if unit.wired else Position.UNKNOWN
    if told is None and not isinstance(outputs, int):
        told = values.read_first_bit(outputs)
    return _agreed(told)


def _commanded(results: Results) -> Position:
    commands, status = results[objects.COMMANDS], _status(results)
    position = _agreed(
        None if isinstance(commands, int) else values.read_first_bit(commands),
        None if status is None else objects.COMMAND_OPEN_BIT in status,
    )
    if position is Position.CLOSED and _executed(results) & {objects.PERMIT_CLOSE_BIT, objects.DIRECT_CLOSE_BIT} == {
        objects.PERMIT_CLOSE_BIT
    }:
        return Position.PERMITTED
    return position or Position.UNKNOWN


def _executed(results: Results) -> frozenset[int]:
    word = results[objects.EXECUTION]
    return frozenset() if isinstance(word, int) else values.read_word(word)


def _retained(results: Results) -> bool | None:
    state, status = results[objects.RETAINED], _status(results)
    if not isinstance(state, int):
        return values.read_retained(state)
    return None if status is None else objects.RETAINED_BIT in status


def _pending(results: Results, commanded: Position, actual: Position) -> bool | None:
    """Whether a trip is waiting: an alarm before it is on, or the meter was told to trip and has not."""
    alarms, status = results[objects.ALARMS], _status(results)
    if isinstance(alarms, int) and status is None and commanded is Position.UNKNOWN:
        return None
    warned = not isinstance(alarms, int) and values.read_first_bit(alarms)
    warned = warned or (status is not None and objects.PRE_TRIP_BIT in status)
    return actual is Position.CLOSED and (warned or commanded is Position.OPEN)
