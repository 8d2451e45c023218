"""What is a virtual meter, and what does it do when it is asked, told, or touched?

It speaks no protocol: `lines` put what it knows into the words of one. It has a relay, registers that advance while
supply is on, a clock that may be wrong, a password, faults on order, and a record of what it truly did. Nothing runs in
it by itself: whoever looks or asks makes it catch up with the time that has passed. It may be looked at and switched
from any thread.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import RLock
from types import MappingProxyType
from typing import Final

from zaikong.meterio.session import Credentials, Wire
from zaikong.sim.virtual_meters.clock import VirtualClock
from zaikong.sim.virtual_meters.energy import DailyUse, DayUse, RegisterBank, constant
from zaikong.sim.virtual_meters.faults import Fault, FaultKind, FaultSwitch
from zaikong.sim.virtual_meters.record import Act, ActKind, MeterRecord
from zaikong.sim.virtual_meters.relay import (
    COMMANDS,
    THRESHOLD_AMPERE,
    Denial,
    Event,
    RelayStand,
    Surroundings,
    Trail,
    settle,
    step,
)

CREDENTIALS: Final = Credentials("000000", level=2, operator="00000000")
"""What a virtual meter asks for where nothing else is said."""
YEARS: Final = range(2000, 2099)
"""Years a meter's clock can be set to; the last one it can show is the one after."""
USUAL_USE: Final = constant(1_000)
"""10 kWh a day."""

_TAKEN: Final = MappingProxyType(
    {
        Event.TRIP: ActKind.TRIP_TAKEN,
        Event.TRIAL_CLOSE: ActKind.TRIAL_TAKEN,
        Event.TRIAL_PERMIT: ActKind.TRIAL_TAKEN,
        Event.PERMIT: ActKind.PERMIT_TAKEN,
        Event.CLOSE: ActKind.CLOSE_TAKEN,
        Event.RETAIN: ActKind.RETAIN_TAKEN,
        Event.RETAIN_OFF: ActKind.RETAIN_OFF_TAKEN,
        Event.ALARM: ActKind.ALARM_TAKEN,
        Event.ALARM_OFF: ActKind.ALARM_OFF_TAKEN,
        Event.BUTTON: ActKind.BUTTON,
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """A command as a meter understands it, whatever its protocol.

    Attributes:
        event: What it is told.
        until: When the command expires, by the meter's clock; None where it does not.
        delay_minutes: Announced so long before [min].
        trial_minutes: How long a trial lasts [min].
    """

    event: Event
    until: datetime | None = None
    delay_minutes: int = 0
    trial_minutes: int = 0


class VirtualMeter:
    """One meter.

    Args:
        address: Communication address, twelve digits.
        wire: Its protocol.
        clock: The time it lives in.
        use: Use by day while supply is on.
        opening: What the registers show at first [0.01 of their unit].
        credentials: What it asks for before it obeys.
        asks_password: Whether it asks at all; some meters are handed out open.
        clock_offset: How far its clock is ahead.
        ampere: Current while supply is on [A].
        threshold_ampere: Above this current its relay must not open [A].
    """

    __slots__ = (
        "_clock",
        "_clock_offset",
        "_powered_since",
        "_reached",
        "_registers",
        "_stand",
        "address",
        "ampere",
        "asks_password",
        "credentials",
        "faults",
        "lock",
        "record",
        "threshold_ampere",
        "trip_delay_minutes",
        "wire",
    )

    def __init__(
        self,
        address: str,
        wire: Wire,
        *,
        clock: VirtualClock,
        use: DailyUse = USUAL_USE,
        opening: DayUse = (0, 0, 0, 0, 0, 0),
        credentials: Credentials = CREDENTIALS,
        asks_password: bool = True,
        clock_offset: timedelta = timedelta(),
        ampere: int = 5,
        threshold_ampere: int = THRESHOLD_AMPERE,
    ) -> None:
        self.address = address
        self.wire = wire
        self.credentials = credentials
        self.asks_password = asks_password
        self.ampere = ampere
        self.threshold_ampere = threshold_ampere
        self.trip_delay_minutes = 0
        self.faults = FaultSwitch()
        self.record = MeterRecord()
        self.lock = RLock()
        self._clock = clock
        self._clock_offset = clock_offset
        self._registers = RegisterBank(use, opening)
        self._stand = RelayStand()
        self._reached = clock.elapsed()
        self._powered_since = self._reached

    # What can be seen.

    @property
    def relay(self) -> RelayStand:
        """Where the relay stands now."""
        with self.lock:
            self._catch_up()
            return self._stand

    @property
    def supply_on(self) -> bool:
        """Whether the contact is closed."""
        return self.relay.contact_closed

    @property
    def powered(self) -> bool:
        """Whether the meter itself has power."""
        return not self.faults.has(FaultKind.POWER_LOST)

    @property
    def registers(self) -> dict[str, int]:
        """What each register shows [0.01 of its unit]."""
        with self.lock:
            self._catch_up()
            return self._registers.shown()

    @property
    def wall(self) -> datetime:
        """What the meter's clock shows, without a zone."""
        return self._wall_at(self._clock.elapsed())

    @property
    def trips_taken(self) -> int:
        """How many trips it accepted, moved or not."""
        return self._counted(ActKind.TRIP_TAKEN)

    @property
    def closes_taken(self) -> int:
        """How many orders to close it accepted."""
        return self._counted(ActKind.CLOSE_TAKEN)

    @property
    def times_opened(self) -> int:
        """How often its contact opened."""
        return self._counted(ActKind.OPENED)

    @property
    def times_closed(self) -> int:
        """How often its contact closed."""
        return self._counted(ActKind.CLOSED)

    @property
    def acts(self) -> tuple[Act, ...]:
        """What it did up to now, in order."""
        with self.lock:
            self._catch_up()
            return tuple(self.record.acts)

    def last(self, kind: ActKind) -> Act:
        """The last time it did `kind`.

        Raises:
            LookupError: It never did.
        """
        with self.lock:
            self._catch_up()
            return self.record.last(kind)

    # What a test or a bench switches.

    def fail(self, fault: Fault) -> None:
        """Let a fault stand until `mend`."""
        self._switch(fault)

    def fail_next(self, count: int, fault: Fault) -> None:
        """Let a fault spoil the next `count` exchanges; one exchange is one frame it is asked.

        Raises:
            ValueError: The fault is a condition of the meter, not of an exchange.
        """
        with self.lock:
            self.faults.fails_next(count, fault)

    def mend(self) -> None:
        """Lift every fault. A contact that was stuck stays where it is until it is told again."""
        with self.lock:
            self.faults.clear_next()
        self._switch(None)

    def set_ampere(self, ampere: int) -> None:
        """Change the current that flows while supply is on [A]; a held trip sees it at once."""
        with self.lock:
            self._catch_up()
            self.ampere = ampere
            self._catch_up()

    # What happens at the meter.

    def press_button(self) -> None:
        """Hold the button for three seconds: closes where it was permitted, does nothing else."""
        self.happen(Event.BUTTON)

    def overdraw(self) -> None:
        """The purse of a local meter falls below its limit."""
        self.happen(Event.OVERDRAW)

    def credit(self) -> None:
        """The purse is filled."""
        self.happen(Event.CREDIT)

    def happen(self, event: Event) -> None:
        """Let something happen at the meter that nobody ordered over the wire.

        Raises:
            ValueError: It is a command.
        """
        if event in COMMANDS:
            raise ValueError(f"{event} comes over the wire")
        with self.lock:
            self._catch_up()
            if self.powered:
                self._stepped(Order(event), jammed=self.faults.has(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE))

    # What comes over the wire; called by `lines` with the lock held.

    def asked(self, *, counts: bool, command: bool) -> Fault | None:
        """A frame is understood; catch up and tell the fault that spoils it.

        Args:
            counts: Whether it uses up one of the exchanges that `fail_next` spoils; making a connection does not.
            command: Whether it tells the meter to do something.
        """
        self.record.asked += 1
        self._catch_up()
        return self.faults.take(command=command) if counts else self.faults.standing_for(command=command)

    def obey(self, order: Order, *, authorised: bool, jammed: bool = False) -> Denial | None:
        """Do what is ordered.

        Args:
            order: What.
            authorised: Whether password, level and operator were right.
            jammed: Whether the contact cannot move this time.

        Returns:
            Why the meter refuses; None where it took the order.
        """
        denial = self._objection(order, authorised=authorised)
        if denial is None:
            denial = self._stepped(order, jammed=jammed)
        if denial is not None:
            self._stand = replace(self._stand, denial=denial)
            self._write(ActKind.DENIED, self._reached, denial)
        return denial

    def set_clock(self, at: datetime) -> None:
        """Set the clock to `at`, without a zone.

        Raises:
            ValueError: The clock cannot be set to such a year.
        """
        if at.year not in YEARS:
            raise ValueError(f"a meter's clock is not set to {at.year}")
        self._clock_offset = at - self._clock.wall()
        self._write(ActKind.CLOCK_SET, self._reached)

    def _objection(self, order: Order, *, authorised: bool) -> Denial | None:
        if self.asks_password and not authorised:
            return Denial.PASSWORD
        return Denial.EXPIRED if order.until is not None and self.wall > order.until else None

    def _stepped(self, order: Order, *, jammed: bool) -> Denial | None:
        trail = step(
            self._stand,
            order.event,
            self._around(jammed=jammed),
            delay_minutes=order.delay_minutes,
            trial_minutes=order.trial_minutes,
        )
        if isinstance(trail, Denial):
            return trail
        if order.event in _TAKEN:
            self._write(_TAKEN[order.event], self._reached)
        self._follow(trail)
        return None

    def _catch_up(self) -> None:
        """Live through the time since somebody last looked."""
        now = self._clock.elapsed()
        if self.powered:
            if self._stand.due is not None:
                jammed = self.faults.has(FaultKind.SAYS_YES_AND_DOES_NOT_MOVE)
                self._follow(settle(self._stand, replace(self._around(jammed=jammed), at=now)))
            self._use_until(now)
        self._reached = now

    def _follow(self, trail: Trail) -> None:
        for moment, stand in trail:
            self._use_until(moment)
            moved = stand.contact_closed is not self._stand.contact_closed
            self._stand = stand
            if moved:
                self._write(ActKind.CLOSED if stand.contact_closed else ActKind.OPENED, moment)

    def _use_until(self, moment: float) -> None:
        if self._stand.contact_closed:
            start, end = (self._clock.wall_at(at) + self._clock_offset for at in (self._reached, moment))
            self._registers.advance(start, end)
        self._reached = max(self._reached, moment)

    def _around(self, *, jammed: bool) -> Surroundings:
        return Surroundings(
            at=self._reached,
            ampere=self.ampere,
            threshold_ampere=self.threshold_ampere,
            jammed=jammed,
            powered_since=self._powered_since,
        )

    def _switch(self, fault: Fault | None) -> None:
        with self.lock:
            self._catch_up()
            before = self.powered
            self.faults.standing = fault
            if before != self.powered:
                self._powered_since = self._reached if self.powered else self._powered_since
                self._write(ActKind.POWER_BACK if self.powered else ActKind.POWER_LOST, self._reached)

    def _write(self, kind: ActKind, elapsed: float, word: str = "") -> None:
        self.record.acts.append(Act(kind, self._clock.ticks_at(elapsed), self._wall_at(elapsed), word))

    def _wall_at(self, elapsed: float) -> datetime:
        wrong = self.faults.standing
        off = wrong.seconds if wrong is not None and wrong.kind is FaultKind.CLOCK_WRONG else 0.0
        return self._clock.wall_at(elapsed) + self._clock_offset + timedelta(seconds=off)

    def _counted(self, kind: ActKind) -> int:
        with self.lock:
            self._catch_up()
            return self.record.count(kind)
