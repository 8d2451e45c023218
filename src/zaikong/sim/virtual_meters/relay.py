"""What does a meter's relay do when it is told, when time passes, and when somebody presses its button?

One table: where the logic stands and what happens say where it stands next, or why the meter refuses. The contact is
kept apart from the logic, because a meter may hold a command and not move.

Basis: Q/GDW 1365 and DL/T 645-2007 control code 1CH; retained supply refuses every trip, and its end changes nothing
else; `docs/algorithms/virtual_meters.md` has the table and every reading of ours.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

MINUTE: Final = 60.0
"""[s]"""
THRESHOLD_AMPERE: Final = 30
"""Above this current a relay must not open [A]."""
HELD_MINUTES: Final = 10
"""How long a trip waits for the current to fall before it is carried out all the same [min]."""


class Phase(StrEnum):
    """Where the logic of a relay stands."""

    CLOSED = "closed"
    CLOSED_RETAINED = "closed_retained"
    WAITING = "waiting"
    """A trip runs its minutes; supply is on."""
    HELD = "held"
    """A trip is due and the current is too high; supply is on."""
    OPEN = "open"
    TRIAL_CLOSE = "trial_close"
    """Open for a time, then closed: 预跳闸 1."""
    TRIAL_PERMIT = "trial_permit"
    """Open for a time, then the button may close: 预跳闸 2."""
    PERMITTED = "permitted"
    """Open; the button may close."""
    PERMITTED_RETAINED = "permitted_retained"
    OVERDRAWN = "overdrawn"
    """Opened by a meter with a purse of its own."""


class Event(StrEnum):
    """What happens to a relay."""

    TRIP = "trip"
    PERMIT = "permit"
    CLOSE = "close"
    TRIAL_CLOSE = "trial_close"
    TRIAL_PERMIT = "trial_permit"
    ALARM = "alarm"
    ALARM_OFF = "alarm_off"
    RETAIN = "retain"
    RETAIN_OFF = "retain_off"
    BUTTON = "button"
    """The button is held for three seconds."""
    OVERDRAW = "overdraw"
    """The purse of a local meter falls below its limit."""
    CREDIT = "credit"
    """It is filled again."""
    TIME_OVER = "time_over"
    """The minutes of a delay or of a trial are over."""
    LOW_CURRENT = "low_current"
    """The current has fallen, or was waited for long enough."""


COMMANDS: Final = frozenset(
    {
        Event.TRIP,
        Event.PERMIT,
        Event.CLOSE,
        Event.TRIAL_CLOSE,
        Event.TRIAL_PERMIT,
        Event.ALARM,
        Event.ALARM_OFF,
        Event.RETAIN,
        Event.RETAIN_OFF,
    }
)
"""What comes over the wire; the rest happens at the meter."""


class Denial(StrEnum):
    """Why a meter refuses a command."""

    TRIP_RETAINED = "trip_retained"
    TRIAL_RETAINED = "trial_retained"
    TRIAL_TIME = "trial_time"
    """A trial without a time."""
    TRIPPED = "tripped"
    """A trial of what is open already."""
    OVERDRAWN = "overdrawn"
    """Supply may not come back before the purse is filled."""
    PASSWORD = "password"  # noqa: S105 -- a word, no password
    """Wrong password, level or operator."""
    EXPIRED = "expired"


_Cell = Phase | Denial
_C, _CR, _W, _H = Phase.CLOSED, Phase.CLOSED_RETAINED, Phase.WAITING, Phase.HELD
_O, _TC, _TP = Phase.OPEN, Phase.TRIAL_CLOSE, Phase.TRIAL_PERMIT
_P, _PR, _V = Phase.PERMITTED, Phase.PERMITTED_RETAINED, Phase.OVERDRAWN
_NO, _NT, _ON, _NV = Denial.TRIP_RETAINED, Denial.TRIAL_RETAINED, Denial.TRIPPED, Denial.OVERDRAWN


def _rows() -> dict[tuple[Phase, Event], _Cell]:
    phases: tuple[Phase, ...] = (_C, _CR, _W, _H, _O, _TC, _TP, _P, _PR, _V)
    rows: dict[Event, tuple[_Cell, ...]] = {
        #                    C    CR   W    H    O    TC   TP   P    PR   V
        Event.TRIP: (_W, _NO, _W, _W, _O, _O, _O, _O, _NO, _O),
        Event.PERMIT: (_C, _CR, _C, _C, _P, _P, _P, _P, _PR, _NV),
        Event.CLOSE: (_C, _CR, _C, _C, _C, _C, _C, _C, _CR, _NV),
        Event.TRIAL_CLOSE: (_W, _NT, _W, _W, _ON, _ON, _ON, _ON, _NT, _ON),
        Event.TRIAL_PERMIT: (_W, _NT, _W, _W, _ON, _ON, _ON, _ON, _NT, _ON),
        Event.ALARM: phases,
        Event.ALARM_OFF: phases,
        Event.RETAIN: (_CR, _CR, _CR, _CR, _PR, _PR, _PR, _PR, _PR, _PR),
        Event.RETAIN_OFF: (_C, _C, _W, _H, _O, _TC, _TP, _P, _P, _V),
        Event.BUTTON: (_C, _CR, _W, _H, _O, _TC, _TP, _C, _CR, _V),
        Event.OVERDRAW: (_V, _CR, _V, _V, _O, _V, _V, _V, _PR, _V),
        Event.CREDIT: (_C, _CR, _W, _H, _O, _TC, _TP, _P, _PR, _P),
        Event.TIME_OVER: (_C, _CR, _H, _H, _O, _C, _P, _P, _PR, _V),
        Event.LOW_CURRENT: (_C, _CR, _W, _O, _O, _TC, _TP, _P, _PR, _V),
    }
    return {(phase, event): cell for event, row in rows.items() for phase, cell in zip(phases, row, strict=True)}


TABLE: Final = MappingProxyType(_rows())
"""Where the logic stands next, or why the meter refuses. A trip goes by `WAITING` and `HELD`, each passed at once where
there is nothing to wait for; `HELD` ends in what the trip was towards, plain `OPEN` in the table."""

SUPPLY_ON: Final = frozenset({Phase.CLOSED, Phase.CLOSED_RETAINED, Phase.WAITING, Phase.HELD})
"""Where the contact should be closed."""
TOLD_OPEN: Final = frozenset(
    {Phase.WAITING, Phase.HELD, Phase.OPEN, Phase.TRIAL_CLOSE, Phase.TRIAL_PERMIT, Phase.OVERDRAWN}
)
"""Where the command state is open."""
RETAINED: Final = frozenset({Phase.CLOSED_RETAINED, Phase.PERMITTED_RETAINED})
TRIALS: Final = frozenset({Phase.TRIAL_CLOSE, Phase.TRIAL_PERMIT})

_TOWARDS: Final = MappingProxyType(
    {
        Event.TRIP: Phase.OPEN,
        Event.TRIAL_CLOSE: Phase.TRIAL_CLOSE,
        Event.TRIAL_PERMIT: Phase.TRIAL_PERMIT,
    }
)
_DONE_BIT: Final = MappingProxyType(
    {
        Event.CLOSE: 0,
        Event.PERMIT: 1,
        Event.TRIP: 2,
        Event.TRIAL_CLOSE: 4,
        Event.TRIAL_PERMIT: 4,
        Event.RETAIN: 8,
        Event.RETAIN_OFF: 9,
        Event.ALARM: 10,
        Event.ALARM_OFF: 11,
    }
)
_DELAYED_BIT, _HELD_BIT = 3, 5
_DENIAL_BIT: Final = MappingProxyType(
    {
        Denial.OVERDRAWN: 0,
        Denial.PASSWORD: 2,
        Denial.EXPIRED: 4,
        Denial.TRIP_RETAINED: 5,
        Denial.TRIAL_RETAINED: 6,
        Denial.TRIAL_TIME: 7,
        Denial.TRIPPED: 8,
    }
)


@dataclass(frozen=True, slots=True)
class RelayStand:
    """Everything a relay remembers, over a loss of power too.

    Attributes:
        phase: Where its logic stands.
        contact_closed: Whether current can flow.
        towards: What a trip on its way ends in.
        due: When the phase ends by itself [s]; None where it does not.
        trial_minutes: How long the trial on its way lasts [min].
        alarmed: Whether the alarm 报警 is on.
        overdrawn: Whether the purse of a local meter is below its limit.
        last: Last command carried out; None before the first.
        denial: Why the last command was refused; None where it was not.
    """

    phase: Phase = Phase.CLOSED
    contact_closed: bool = True
    towards: Phase = Phase.OPEN
    due: float | None = None
    trial_minutes: int = 0
    alarmed: bool = False
    overdrawn: bool = False
    last: Event | None = None
    denial: Denial | None = None

    @property
    def retained(self) -> bool:
        """Whether supply is retained 保电."""
        return self.phase in RETAINED

    @property
    def pending(self) -> bool:
        """Whether a trip is on its way."""
        return self.phase in {Phase.WAITING, Phase.HELD}

    @property
    def told_open(self) -> bool:
        """The command state: whether the relay is told to stand open. Permitted is told closed, and not yet so."""
        return self.phase in TOLD_OPEN

    @property
    def permitted(self) -> bool:
        """Whether the button may close."""
        return self.phase in {Phase.PERMITTED, Phase.PERMITTED_RETAINED}

    @property
    def execution_word(self) -> int:
        """The command execution word: what the last command came to, and what lasts [bits 0–11]."""
        bits = 0 if self.last is None else 1 << _DONE_BIT[self.last]
        if self.phase is Phase.WAITING:
            bits = bits & ~(1 << _DONE_BIT[Event.TRIP]) | 1 << _DELAYED_BIT
        if self.phase is Phase.HELD:
            bits |= 1 << _HELD_BIT
        if self.retained:
            bits |= 1 << _DONE_BIT[Event.RETAIN]
        if self.alarmed:
            bits |= 1 << _DONE_BIT[Event.ALARM]
        if self.permitted:
            bits |= 1 << _DONE_BIT[Event.PERMIT]
        return bits

    @property
    def error_word(self) -> int:
        """The command error word of the last command [bits 0–8]; 0 where it was carried out."""
        return 0 if self.denial is None else error_bits(self.denial)

    @property
    def run_status_3(self) -> int:
        """Run-status word 3: relay state bit 4, relay command bit 6 (1 is open), alarm before a trip bit 7, 保电 bit 12."""
        alarm = self.phase is Phase.WAITING
        return (not self.contact_closed) << 4 | self.told_open << 6 | alarm << 7 | self.retained << 12


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a relay sees around it.

    Attributes:
        at: Now [s], by a clock that never goes back.
        ampere: Current through the meter while the contact is closed [A].
        threshold_ampere: Above this current the relay must not open [A].
        held_minutes: How long a trip waits for it to fall [min].
        jammed: Whether the contact cannot move.
        powered_since: Since when the meter has power [s]: nothing happens before.
    """

    at: float
    ampere: int = 0
    threshold_ampere: int = THRESHOLD_AMPERE
    held_minutes: int = HELD_MINUTES
    jammed: bool = False
    powered_since: float = float("-inf")


Trail = tuple[tuple[float, RelayStand], ...]
"""What became of a relay, one stand after the other, each with the moment it began [s]."""


def error_bits(denial: Denial) -> int:
    """The error word that says `denial`."""
    return 1 << _DENIAL_BIT[denial]


def step(
    stand: RelayStand, event: Event, around: Surroundings, *, delay_minutes: int = 0, trial_minutes: int = 0
) -> Trail | Denial:
    """What comes of one event; time that has passed must have been settled before.

    Args:
        stand: Where the relay stands.
        event: What happens.
        around: What it sees.
        delay_minutes: How long a trip or trial is announced before [min].
        trial_minutes: How long a trial lasts [min].

    Returns:
        Where it stands then and what follows at once, or why the meter refuses.
    """
    cell = _cell(stand, event, trial_minutes)
    if isinstance(cell, Denial):
        return cell
    stand = _remembered(stand, event)
    if event in _TOWARDS and cell is Phase.WAITING:
        stand = replace(stand, towards=_TOWARDS[event], trial_minutes=trial_minutes)
        stand = _entered(stand, cell, around, at=around.at, delay=delay_minutes)
    elif cell is not stand.phase:
        stand = _entered(stand, cell, around, at=around.at)
    first = stand if event in {Event.ALARM, Event.ALARM_OFF} else _moved(stand, around)
    return (around.at, first), *settle(first, around)


def settle(stand: RelayStand, around: Surroundings) -> Trail:
    """Let time pass: delays end, held trips are carried out once the current allows, trials end.

    Returns:
        What happened by itself up to now, at the moments it was due and not when somebody looked; empty where nothing.
    """
    trail: list[tuple[float, RelayStand]] = []
    while (moment := _due(stand, around, trail[-1][0] if trail else around.at)) is not None:
        held = stand.phase is Phase.HELD
        cell = TABLE[stand.phase, Event.LOW_CURRENT if held else Event.TIME_OVER]
        assert isinstance(cell, Phase), "time is never refused"
        stand = _moved(_entered(stand, stand.towards if held else cell, around, at=moment), around)
        trail.append((moment, stand))
    return tuple(trail)


def _due(stand: RelayStand, around: Surroundings, reached: float) -> float | None:
    """When the next thing happened by itself, at or before now; None where nothing did."""
    if stand.phase is Phase.HELD and around.ampere <= around.threshold_ampere:
        return reached
    if stand.due is None or stand.due > around.at:
        return None
    return max(stand.due, around.powered_since)


def _cell(stand: RelayStand, event: Event, trial_minutes: int) -> _Cell:
    """The table, and what it cannot say because it depends on more than the phase."""
    cell = TABLE[stand.phase, event]
    if event in {Event.TRIAL_CLOSE, Event.TRIAL_PERMIT} and cell is Phase.WAITING and trial_minutes <= 0:
        return Denial.TRIAL_TIME
    if event in {Event.CLOSE, Event.PERMIT} and stand.overdrawn and not stand.retained:
        return Denial.OVERDRAWN
    if event is Event.BUTTON and stand.overdrawn and not stand.retained:
        return stand.phase
    if event is Event.RETAIN_OFF and stand.overdrawn and stand.retained:
        return Phase.OVERDRAWN
    return cell


def _remembered(stand: RelayStand, event: Event) -> RelayStand:
    if event in COMMANDS:
        stand = replace(stand, last=event, denial=None)
    if event in {Event.ALARM, Event.ALARM_OFF}:
        return replace(stand, alarmed=event is Event.ALARM)
    if event in {Event.OVERDRAW, Event.CREDIT}:
        return replace(stand, overdrawn=event is Event.OVERDRAW)
    return stand


def _entered(stand: RelayStand, phase: Phase, around: Surroundings, *, at: float, delay: int = 0) -> RelayStand:
    minutes = {Phase.WAITING: delay, Phase.HELD: around.held_minutes}.get(phase)
    if phase in TRIALS:
        minutes = stand.trial_minutes
    return replace(stand, phase=phase, due=None if minutes is None else at + minutes * MINUTE)


def _moved(stand: RelayStand, around: Surroundings) -> RelayStand:
    return stand if around.jammed else replace(stand, contact_closed=stand.phase in SUPPLY_ON)
