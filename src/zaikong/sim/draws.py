"""How is a random choice made that comes out the same on every machine and version?

A draw is a counter hashed with a key: nothing is drawn in sequence, so a row's draw depends on its own counters alone,
never on the order or number of other rows. Everything is integer: the hash, the uniform, the quantile. Library random
generators, `exp` and `log` differ in the last bit between versions; these do not.

Basis: splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from itertools import accumulate

import polars as pl

EXACT = 10_000
"""Chances and shares are given in ten-thousandths."""

_GOLDEN = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_HALF = 1 << 32
_STEPS = 1000
_LOG_RANGE = 8_000
_LOG_STEP = 10


@dataclass(frozen=True, slots=True)
class Stream:
    """An endless supply of draws for one purpose.

    Attributes:
        key: 64-bit key; two purposes never share one.
    """

    key: int

    @classmethod
    def of(cls, seed: int, purpose: str) -> "Stream":
        """The stream of a purpose under a seed.

        Args:
            seed: Any integer.
            purpose: A name, such as `household.level`.
        """
        digest = blake2b(f"{seed}/{purpose}".encode(), digest_size=8).digest()
        return cls(int.from_bytes(digest, "little"))

    def bits(self, *counters: pl.Expr) -> pl.Expr:
        """64 random bits a row.

        Args:
            counters: Integer columns (not negative) that tell the rows apart; their order matters.

        Returns:
            UInt64 column.
        """

        def hashed(columns: Sequence[pl.Series]) -> pl.Series:
            state = _word(self.key)
            for column in columns:
                state = _mixed((state ^ column.cast(pl.UInt64)) * _word(_GOLDEN) + _word(_GOLDEN))
            return state

        return pl.map_batches(list(counters), hashed, return_dtype=pl.UInt64)

    def uniform(self, *counters: pl.Expr) -> pl.Expr:
        """A uniform of 32 bits a row [2**-32], UInt64."""
        return self.bits(*counters) // pl.lit(_HALF, dtype=pl.UInt64)

    def below(self, bound: int | pl.Expr, *counters: pl.Expr) -> pl.Expr:
        """A whole number from 0 to `bound` - 1, Int64; `bound` is at most 2**32."""
        limit = pl.lit(bound, dtype=pl.UInt64) if isinstance(bound, int) else bound.cast(pl.UInt64)
        return (self.uniform(*counters) * limit // pl.lit(_HALF, dtype=pl.UInt64)).cast(pl.Int64)

    def chance(self, share: int | pl.Expr, *counters: pl.Expr) -> pl.Expr:
        """True in `share` of ten thousand rows."""
        return self.below(EXACT, *counters) < share

    def pick(self, values: Sequence[str], *counters: pl.Expr) -> pl.Expr:
        """One of `values`, each equally often."""
        return looked_up(values, self.below(len(values), *counters))

    def weighted(self, weights: Sequence[int], *counters: pl.Expr) -> pl.Expr:
        """The place of a weight, as often as the weights say, Int64."""
        bounds = list(accumulate(weights))
        place = self.below(bounds[-1], *counters)
        return sum(((place >= bound).cast(pl.Int64) for bound in bounds[:-1]), start=pl.lit(0, dtype=pl.Int64))

    def bell(self, *counters: pl.Expr) -> pl.Expr:
        """A bell-shaped number with mean 0 and standard deviation 1000, Int64: the sum of eight uniforms of 8 bits."""

        def summed(bits: pl.Series) -> pl.Series:
            total = _word(0)
            for shift in range(0, 64, 8):
                total = total + bits // (1 << shift) % 256
            # Eight uniforms on 0..255 have the mean 1020 and the standard deviation 209.02.
            return (total.cast(pl.Int64) - 1020) * 4784 // 1000

        return self.bits(*counters).map_batches(summed, return_dtype=pl.Int64)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution given by some of its quantiles, drawn by straight lines between them.

    Attributes:
        shares: Cumulative shares in ten-thousandths, rising; outside of them the nearest value holds.
        values: The value at each share.
    """

    shares: tuple[int, ...]
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse shares that do not rise: nothing could be read between them."""
        if not self.shares or len(self.shares) != len(self.values) or list(self.shares) != sorted(set(self.shares)):
            raise ValueError("quantiles need rising shares, one value each")

    def table(self) -> tuple[int, ...]:
        """The value at every thousandth, 1001 of them."""
        return tuple(self.at(step * EXACT // _STEPS) for step in range(_STEPS + 1))

    def at(self, share: int) -> int:
        """The value at a share in ten-thousandths."""
        right = bisect_right(self.shares, share)
        if right in (0, len(self.shares)):
            return self.values[max(right - 1, 0)]
        low, high = self.shares[right - 1], self.shares[right]
        below, above = self.values[right - 1], self.values[right]
        return below + (above - below) * (share - low) // (high - low)

    def drawn(self, uniform: pl.Expr) -> pl.Expr:
        """The value at a uniform of 32 bits, Int64."""
        table = pl.Series(self.table())

        def read(column: pl.Series) -> pl.Series:
            scaled = column.cast(pl.UInt64) * _STEPS
            place = (scaled // _HALF).cast(pl.Int64)
            return _between(table, place, (scaled % _HALF // 65_536).cast(pl.Int64), 65_536)

        return uniform.map_batches(read, return_dtype=pl.Int64)


def looked_up(values: Sequence[int] | Sequence[str], place: pl.Expr) -> pl.Expr:
    """The entry of a table at each row's place."""
    return pl.lit(pl.Series(values)).gather(place)


def grown(thousandths: pl.Expr) -> pl.Expr:
    """A factor in millionths for a natural logarithm in thousandths, kept between -8 and 8; Int64."""
    table = pl.Series(_FACTORS)

    def read(column: pl.Series) -> pl.Series:
        bounded = column.clip(-_LOG_RANGE, _LOG_RANGE) + _LOG_RANGE
        return _between(table, bounded // _LOG_STEP, bounded % _LOG_STEP, _LOG_STEP)

    return thousandths.map_batches(read, return_dtype=pl.Int64)


def ranked(seed: int, purpose: str, count: int, *, against: pl.Series | None = None, percent: int = 0) -> pl.Series:
    """A uniform of 32 bits for each of `count` rows, spread evenly: one in each `count`-th of the line, in any order.

    Even spreading keeps a small county's distribution on its quantiles.

    Args:
        seed: The county's seed.
        purpose: Name of the stream.
        count: Number of rows.
        against: Uniforms of 32 bits this one should run against: the higher there, the lower here.
        percent: How strongly, as a weight beside the draw's own 100.
    """
    stream = Stream.of(seed, purpose)
    rows = pl.DataFrame({"row": pl.int_range(count, eager=True)})
    own = rows.select(stream.uniform(pl.col("row")).cast(pl.Int64) * 100).to_series()
    score = own if against is None else own - against.cast(pl.Int64) * percent
    order = score.rank("ordinal").cast(pl.UInt64) - 1
    jitter = rows.select(stream.below(_HALF, pl.col("row"), pl.lit(1)).cast(pl.UInt64)).to_series()
    return ((order * _HALF + jitter) // count).alias(purpose)


def _between(table: pl.Series, place: pl.Series, rest: pl.Series, whole: int) -> pl.Series:
    left = table.gather(place)
    return left + (table.gather(place + 1) - left) * rest // whole


def _word(value: int) -> pl.Series:
    return pl.Series([value], dtype=pl.UInt64)


def _mixed(state: pl.Series) -> pl.Series:
    state = (state ^ (state // (1 << 30))) * _word(_FIRST)
    state = (state ^ (state // (1 << 27))) * _word(_SECOND)
    return state ^ (state // (1 << 31))


# Decimal's exponential is correctly rounded by its specification, hence the same everywhere.
_FACTORS = tuple(
    int((Decimal(log) / 1000).exp() * 1_000_000) for log in range(-_LOG_RANGE, _LOG_RANGE + 2 * _LOG_STEP, _LOG_STEP)
)
