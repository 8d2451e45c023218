"""Is it worth asking anything over this line now?

Some different meters silent in a row say that the line is down, one silent meter says nothing of it. An open breaker
answers for the line at once; after a cool-down one ask goes through to probe. A restore always goes through: supply that
must be given back is worth a time-out.
"""

from dataclasses import dataclass, field

from zaikong.meterio.outcome import Confirmed, Exchange, Reason, Refused, Unknown

_DOWN = frozenset({Reason.SILENT, Reason.UNREACHABLE})
_HEARD = frozenset({Reason.GARBAGE, Reason.CHECK_SUM, Reason.FOREIGN, Reason.MALFORMED})


@dataclass(slots=True)
class Breaker:
    """The breaker of one line.

    Attributes:
        meters: Different meters silent in a row that open it.
        cool_down_seconds: How long it stays open before a probe [s].
        silent: Meters silent since the line was last heard.
        opened_at: When it opened, by the clock of the loop; None while closed [s].
        probing: Whether a probe is out.
    """

    meters: int
    cool_down_seconds: float
    silent: set[str] = field(default_factory=set)
    opened_at: float | None = None
    probing: bool = False

    def shut(self, now: float) -> bool:
        """Whether an ask that is no restore would be answered at once [now: s]."""
        if self.opened_at is None:
            return False
        return self.probing or now - self.opened_at < self.cool_down_seconds

    def probe(self) -> bool:
        """Begin a probe if the line is not known to work; what it found is told to `learn`.

        Returns:
            Whether this one is a probe.
        """
        if self.opened_at is None:
            return False
        self.probing = True
        return True

    def learn(self, meter: str, outcome: Exchange[object], *, now: float, probed: bool) -> bool:
        """Take in what came of an exchange.

        Args:
            meter: Communication address.
            outcome: What came.
            now: By the clock of the loop [s].
            probed: Whether it was the probe.

        Returns:
            Whether this opened the breaker.
        """
        if probed:
            self.probing = False
        if isinstance(outcome, Confirmed | Refused) or outcome.reason in _HEARD:
            self.silent.clear()
            self.opened_at = None
            return False
        if not isinstance(outcome, Unknown) or outcome.reason not in _DOWN:
            return False
        self.silent.add(meter)
        if self.opened_at is not None:
            # a restore that fails must not keep the others from ever probing
            self.opened_at = now if probed else self.opened_at
            return False
        if len(self.silent) < self.meters:
            return False
        self.opened_at = now
        return True
