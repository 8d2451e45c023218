"""What time is it for virtual meters, and how does a test let hours pass without waiting?

Two times are kept apart: the wall clock, which a meter shows and by which commands expire, and the seconds that pass,
by which delays run. Both go forward by `skip`; the log alone keeps to what truly passed, so that it can be set beside
other clocks of the machine.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from zaikong.kernel.period import TIME_ZONE


class VirtualClock:
    """The time of one or of many meters.

    Args:
        start: The wall clock now; with a zone it is turned into that of Asia/Shanghai, without one it is taken as such.
        ticks: Seconds that pass, never backwards; a test hands in its own [s].
    """

    __slots__ = ("_began", "_skips", "_start", "ticks")

    def __init__(self, start: datetime, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._start = start.astimezone(TIME_ZONE).replace(tzinfo=None) if start.tzinfo else start
        self.ticks = ticks
        self._began = ticks()
        self._skips: tuple[tuple[float, float], ...] = ()

    def elapsed(self) -> float:
        """Seconds that have passed for the meters [s]."""
        return self.ticks() - self._began + sum(seconds for _, seconds in self._skips)

    def wall(self) -> datetime:
        """The wall clock, without a zone, as a meter keeps it."""
        return self.wall_at(self.elapsed())

    def wall_at(self, elapsed: float) -> datetime:
        """The wall clock when `elapsed` [s] had passed."""
        return self._start + timedelta(seconds=elapsed)

    def ticks_at(self, elapsed: float) -> float:
        """The true moment, by `ticks`, at which `elapsed` [s] had passed; what was skipped over was one moment."""
        skipped = sum(min(seconds, elapsed - begun) for begun, seconds in self._skips if begun < elapsed)
        return self._began + elapsed - skipped

    def skip(self, seconds: float) -> None:
        """Let `seconds` [s] pass at once.

        Raises:
            ValueError: Time does not go back.
        """
        if seconds < 0:
            raise ValueError("time does not go back")
        self._skips = (*self._skips, (self.elapsed(), seconds))
