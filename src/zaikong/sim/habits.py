"""In which ways do customers pay, and which way is whose?

A habit is an archetype with its own numbers: when the money comes (counted from the bill, the due date, pay day or the
harvest), through which channel, all at once or in parts. There are several hundred; a customer keeps one, a few change.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from itertools import accumulate

import polars as pl

from zaikong.sim.draws import Stream, looked_up

CHANNELS = ("counter_cash", "counter_card", "bank_debit", "wechat", "alipay", "grid_app", "bank_transfer")
"""Ways money comes in: 柜台现金, 柜台刷卡, 银行代扣, 微信, 支付宝, 网上国网, 对公转账."""

CASH, CARD, DEBIT, WECHAT, ALIPAY, APP, TRANSFER = range(len(CHANNELS))

ANCHORS = ("issued", "due", "pay_day", "harvest", "never")
"""What a payment is counted from."""

PERSONAL = (CASH, CARD, WECHAT, ALIPAY, APP)
CORPORATE = (TRANSFER, DEBIT, APP, CARD)


@dataclass(frozen=True, slots=True)
class Habit:
    """One way of paying.

    Attributes:
        archetype: Its family.
        channel: Place in `CHANNELS`.
        anchor: See `ANCHORS`.
        lag_low: Fewest days after the anchor; negative is before [days].
        lag_high: Most days after the anchor [days].
        pay_day: Day of the month wages come, 0 where it does not matter.
        odd_lag: Days added for bills of odd months: two bills at once, or every other one late [days].
        first_permille: Part paid first; 1000 is all.
        rest_days: Days until the rest follows [days].
    """

    archetype: str
    channel: int
    anchor: str
    lag_low: int = 0
    lag_high: int = 0
    pay_day: int = 0
    odd_lag: int = 0
    first_permille: int = 1000
    rest_days: int = 0

    @property
    def latest_days(self) -> int:
        """Most days from the anchor to the last of the money [days]."""
        return self.lag_high + self.odd_lag + self.rest_days


_SEGMENTS = ("home", "farm", "public", "small_firm", "firm", "large_firm")

_WEIGHTS = {
    #                home  farm  public small firm large, in ten-thousandths of the segment
    "auto_debit": (1900, 600, 2600, 1300, 2300, 3400),
    "on_issue": (2450, 1500, 1500, 1500, 1700, 2600),
    "in_time": (2390, 2000, 2490, 2680, 2710, 2900),
    "at_due": (1300, 1400, 2000, 2000, 1900, 1100),
    "pay_day": (830, 300, 300, 500, 300, 0),
    "late": (520, 930, 700, 1030, 560, 0),
    "two_at_once": (120, 300, 100, 180, 60, 0),
    "alternating": (130, 200, 100, 220, 120, 0),
    "partial": (60, 100, 50, 200, 120, 0),
    "after_reminder": (190, 300, 120, 240, 100, 0),
    "after_harvest": (20, 2200, 0, 0, 0, 0),
    "very_late": (78, 150, 40, 130, 130, 0),
    "never": (12, 20, 0, 20, 0, 0),
}
"""How common each archetype is; tuned so that arrears age like the public record, see `docs/measures/county.md`."""

_DRIFTERS_IN_TEN_THOUSAND = 350
_UNIT = 100_000_000
_SEGMENT_CAPACITIES = (100, 2_000)
_TOP_UPS_FEN = (5_000, 10_000, 20_000, 30_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000)
_FEN_PER_KWH = 65
_TOP_UP_DAYS = 25


def habit_table() -> pl.DataFrame:
    """Every habit: `habit` (its number) and the columns of `Habit`."""
    return (
        pl.DataFrame([asdict(habit) for habit in all_habits()])
        .with_row_index("habit")
        .with_columns(pl.col("habit").cast(pl.Int64))
    )


@cache
def all_habits() -> tuple[Habit, ...]:
    """Every habit in order of its number."""
    return tuple(habit for family in _FAMILIES for habit in family())


def choose_habits(seed: int, accounts: pl.DataFrame, use: pl.DataFrame) -> pl.DataFrame:
    """Give every account a habit.

    Args:
        seed: The county's seed.
        accounts: `account`, `account_no`, `category`, `capacity_kva`, `payment_mode`.
        use: `account`, `centi_kwh` of the history, from which top-ups are sized.

    Returns:
        `account`, `account_no`, `segment`, `habit`, `later_habit` and `drifts_after` (day number from which the later
        one holds; null for most), `payment_mode`, `topup_fen`, `topup_late_days`.
    """
    who = pl.col("account")
    mean = use.group_by("account").agg((pl.col("centi_kwh").sum() // pl.len()).alias("daily"))
    chosen = (
        accounts.select("account", "account_no", "category", "capacity_kva", "payment_mode")
        .join(mean, on="account", how="left", maintain_order="left")
        .with_columns(segment=_segment())
    )
    drifts = Stream.of(seed, "habit.drifts").chance(_DRIFTERS_IN_TEN_THOUSAND, who)
    needed = pl.col("daily").fill_null(0) * _FEN_PER_KWH * _TOP_UP_DAYS // 100
    above = sum(((needed > size).cast(pl.Int64) for size in _TOP_UPS_FEN[:-1]), start=pl.lit(0, dtype=pl.Int64))
    return chosen.with_columns(
        habit=_habit_at(_even(seed, "habit", 0), _even(seed, "habit.which", 1)),
        later_habit=_habit_at(
            Stream.of(seed, "habit.later").below(_UNIT, who), Stream.of(seed, "habit.later.which").below(_UNIT, who)
        ),
        drifts_after=pl.when(drifts).then(_FIRST_DRIFT + Stream.of(seed, "habit.drift.day").below(_DRIFT_DAYS, who)),
        topup_fen=looked_up(_TOP_UPS_FEN, above),
        topup_late_days=looked_up((0, 0, 0, 0, 1, 1, 2, 4, 9, 20), Stream.of(seed, "habit.topup.late").below(10, who)),
    ).select(
        "account",
        "account_no",
        pl.col("segment").pipe(lambda place: looked_up(_SEGMENTS, place)).alias("segment"),
        "habit",
        "later_habit",
        "drifts_after",
        "payment_mode",
        "topup_fen",
        "topup_late_days",
    )


_FIRST_DRIFT = 19_967
"""Habits change from 2024-09-01 on [day number]."""
_DRIFT_DAYS = 360


def _segment() -> pl.Expr:
    category, kva = pl.col("category"), pl.col("capacity_kva")
    small, large = _SEGMENT_CAPACITIES
    return (
        pl.when(category == "residential")
        .then(0)
        .when(category == "agricultural")
        .then(1)
        .when(category == "public")
        .then(2)
        .when(kva < small)
        .then(3)
        .when(kva < large)
        .then(4)
        .otherwise(5)
    )


def _even(seed: int, purpose: str, axis: int) -> pl.Expr:
    """A place from 0 to `_UNIT` - 1 that falls evenly over a segment's accounts from the smallest to the largest.

    Drawn freely, the few firms that owe long would be all large in one county and all small in another. The steps are
    those of the plane's most even sequence (Roberts 2018, "R2": inverse powers of the plastic number).
    """
    steps = (75_487_767, 56_984_029)
    rank = pl.col("daily").fill_null(0).rank("ordinal").over("segment").cast(pl.Int64)
    start = Stream.of(seed, purpose).below(_UNIT, pl.col("segment"))
    return (start + rank * steps[axis]) % _UNIT


def _habit_at(archetype_place: pl.Expr, habit_place: pl.Expr) -> pl.Expr:
    """A habit number: the archetype by the segment's weights, then one of its habits that the segment can use.

    Args:
        archetype_place: Place among the archetypes, 0 to `_UNIT` - 1.
        habit_place: Place among the archetype's habits, from the earliest to the latest.
    """
    archetypes = list(_WEIGHTS)
    cut = archetype_place * 10_000 // _UNIT
    bounds = [list(accumulate(_WEIGHTS[name][place] for name in archetypes)) for place in range(len(_SEGMENTS))]
    archetype = sum(
        (
            (cut >= looked_up([segment[upto] for segment in bounds], pl.col("segment"))).cast(pl.Int64)
            for upto in range(len(archetypes) - 1)
        ),
        start=pl.lit(0, dtype=pl.Int64),
    )
    numbers = {name: [n for n, habit in enumerate(all_habits()) if habit.archetype == name] for name in archetypes}
    corporate = pl.col("segment") > 1
    usable = [
        sorted(
            [n for n in numbers[name] if all_habits()[n].channel in (CORPORATE if firm else (*PERSONAL, DEBIT))]
            or numbers[name],
            key=lambda n: all_habits()[n].latest_days,
        )
        for firm in (False, True)
        for name in archetypes
    ]
    place = archetype + pl.when(corporate).then(len(archetypes)).otherwise(0)
    count = looked_up([len(each) for each in usable], place)
    first = looked_up(list(accumulate([0, *(len(each) for each in usable[:-1])])), place)
    return looked_up([n for each in usable for n in each], first + habit_place * count // _UNIT)


def _auto_debit() -> Iterator[Habit]:
    for early in range(10):
        yield Habit("auto_debit", DEBIT, "due", -early, -early)


def _on_issue() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for lag in range(8):
            yield Habit("on_issue", channel, "issued", lag, lag + 2)


def _in_time() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for low, high in ((3, 9), (5, 12), (8, 15), (2, 14)):
            yield Habit("in_time", channel, "issued", low, high)


def _at_due() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for low, high in ((-3, -1), (-2, 0), (-1, 0), (0, 0)):
            yield Habit("at_due", channel, "due", low, high)


def _pay_day() -> Iterator[Habit]:
    for channel in PERSONAL:
        for day in (5, 8, 10, 12, 15, 18, 20, 25):
            yield Habit("pay_day", channel, "pay_day", 0, 2, pay_day=day)


def _late() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for low, high in ((1, 3), (2, 6), (4, 9), (7, 14), (10, 20), (15, 28), (25, 40), (32, 62)):
            yield Habit("late", channel, "due", low, high)


def _two_at_once() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for low, high in ((-5, 0), (-1, 3), (2, 8)):
            yield Habit("two_at_once", channel, "due", low, high, odd_lag=31)


def _alternating() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for late in (9, 16, 24, 33, 45):
            yield Habit("alternating", channel, "due", -4, 0, odd_lag=late)


def _partial() -> Iterator[Habit]:
    for channel in (CASH, WECHAT, TRANSFER):
        for first in (300, 500, 700, 850):
            for rest in (10, 20, 35, 60):
                yield Habit("partial", channel, "due", -2, 3, first_permille=first, rest_days=rest)


def _after_reminder() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for reminded in (1, 4, 8, 16, 26):
            yield Habit("after_reminder", channel, "due", reminded, reminded + 2)


def _after_harvest() -> Iterator[Habit]:
    for channel in PERSONAL:
        for low, high in ((0, 12), (8, 30)):
            yield Habit("after_harvest", channel, "harvest", low, high)


def _very_late() -> Iterator[Habit]:
    for channel in range(len(CHANNELS)):
        for low, high in ((40, 68), (64, 96), (72, 99), (92, 190)):
            yield Habit("very_late", channel, "due", low, high)


def _never() -> Iterator[Habit]:
    yield Habit("never", CASH, "never")


_FAMILIES = (
    _auto_debit,
    _on_issue,
    _in_time,
    _at_due,
    _pay_day,
    _late,
    _two_at_once,
    _alternating,
    _partial,
    _after_reminder,
    _after_harvest,
    _very_late,
    _never,
)
