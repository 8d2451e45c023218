"""What has a front end done so far?"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from zaikong.meterio.front.terms import Answer
from zaikong.meterio.outcome import Confirmed, Reason, Refused

_KEPT = 100_000


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts since the front end began.

    Attributes:
        asked: Asks made.
        confirmed: Answered yes.
        refused: Answered no.
        unknown: Answered by nobody, by reason.
        retries: Attempts after the first.
        breaker_openings: How often a line was given up for a while.
        hung: Sessions that did not let go when told to.
        waiting: Attempts that wait for their turn now.
        running: Exchanges on their way now.
        latencies_ms: Of the last answers for which a line was opened, sorted [ms].
    """

    asked: int
    confirmed: int
    refused: int
    unknown: Mapping[Reason, int]
    retries: int
    breaker_openings: int
    hung: int
    waiting: int
    running: int
    latencies_ms: tuple[int, ...] = field(repr=False)

    @property
    def answered(self) -> int:
        """Answers given."""
        return self.confirmed + self.refused + sum(self.unknown.values())

    def latency_ms(self, permille: int) -> int:
        """The latency that so many in a thousand do not exceed; 0 before the first answer [ms].

        Args:
            permille: 500 for the median, 990 for the ninety-ninth in a hundred.
        """
        if not self.latencies_ms:
            return 0
        place = -(-len(self.latencies_ms) * permille // 1000)
        return self.latencies_ms[max(place, 1) - 1]


@dataclass(slots=True)
class Counters:
    """Counts as they grow; one loop, so nothing is locked."""

    asked: int = 0
    confirmed: int = 0
    refused: int = 0
    unknown: Counter[Reason] = field(default_factory=Counter)
    retries: int = 0
    breaker_openings: int = 0
    hung: int = 0
    latencies_ms: deque[int] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def count(self, answer: Answer) -> None:
        """Count one answer."""
        if isinstance(answer.outcome, Confirmed):
            self.confirmed += 1
        elif isinstance(answer.outcome, Refused):
            self.refused += 1
        else:
            self.unknown[answer.outcome.reason] += 1
        if answer.attempts:
            self.latencies_ms.append(answer.milliseconds)

    def figures(self, *, waiting: int, running: int) -> Figures:
        """What stands now."""
        return Figures(
            asked=self.asked,
            confirmed=self.confirmed,
            refused=self.refused,
            unknown=dict(self.unknown),
            retries=self.retries,
            breaker_openings=self.breaker_openings,
            hung=self.hung,
            waiting=waiting,
            running=running,
            latencies_ms=tuple(sorted(self.latencies_ms)),
        )
