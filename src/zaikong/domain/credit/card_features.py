"""What does six months of bills and payments of a card account say about its next payment?

The layout is that of the public record of card holders (Yeh and Lien 2009): a limit, six monthly bills and payments and
the state of each month, newest first. What a grade may not look at (`score_model.FORBIDDEN`) is not read.

A share of nothing is missing, not zero: a payment has no share of a bill that is not positive. Features whose name ends
in `_clean`, `_past` or `_late` speak only of accounts never late in the six months, late before but not now, and late
now; for others they are missing. So the model reads, for instance, the limit differently where a payment is open. `cell_` and `pattern_` number
the boxes of two or three bands or states fixed beforehand, one table each.

Basis: behaviour scoring of revolving accounts; delay streaks with recency and depth, paid share, use of the limit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce
from itertools import pairwise
from typing import Final

import narwhals as nw

from zaikong.kernel.money import natural_quotient, whole_quotient

MONTHS: Final = (1, 2, 3, 4, 5, 6)
"""Months back, the newest first."""

_STATES: Final = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")
CARD_COLUMNS: Final = (
    "LIMIT_BAL",
    *_STATES,
    *(f"BILL_AMT{month}" for month in MONTHS),
    *(f"PAY_AMT{month}" for month in MONTHS),
)
"""Whole numbers without gaps that `card_features` reads; a state counts months of delay, 0 and below is not late."""

CARD_IGNORED: Final = ("ID", "SEX", "EDUCATION", "MARRIAGE", "AGE")
"""Columns of the layout that are never read."""

_LARGEST_AMOUNT: Final = 10**12
_LOWEST_STATE: Final = -2
_LONGEST_DELAY: Final = 9
_HIGHEST_SHARE: Final = 3_000
_FULL: Final = 1_000
_DEEP: Final = 2
_NEVER: Final = 6


@dataclass(frozen=True, slots=True)
class CardFeature:
    """One feature.

    Attributes:
        name: Its column.
        unit: Unit of one count.
        direction: +1 where more of it can only raise the chance of a missed payment, -1 lower, 0 where either may be.
        values: int64 column over those of an earlier stage; null where it says nothing.
    """

    name: str
    unit: str
    direction: int
    values: nw.Expr


def card_features(rows: nw.LazyFrame, *, keep: tuple[str, ...] = ()) -> nw.LazyFrame:
    """Work out every feature.

    Args:
        rows: `CARD_COLUMNS`, int64 without nulls.
        keep: Further columns to hand on.

    Returns:
        `keep` and the features named by `card_feature_list`, int64, null where a feature says nothing.
    """
    return (
        rows.select(*keep, *_entry())
        .with_columns(*_monthly())
        .with_columns(*_summaries())
        .with_columns(*(feature.values.alias(feature.name) for feature in _plain()))
        .with_columns(*(feature.values.alias(feature.name) for feature in (*_split(), *_cells())))
        .select(*keep, *(feature.name for feature in card_feature_list()))
    )


@cache
def card_feature_list() -> tuple[CardFeature, ...]:
    """Every feature in order."""
    return (*_plain(), *_split(), *_cells())


_SEGMENTS: Final = ("clean", "past", "late")
_SPLIT: Final = (
    "limit",
    "util_1",
    "util_mean",
    "util_max",
    "util_trend",
    "headroom",
    "bill_1",
    "bill_own",
    "bill_range",
    "bill_growth_1",
    "spend_mean",
    "spend_max",
    "paid_1",
    "paid_2",
    "paid_mean",
    "paid_max",
    "paid_min",
    "paid_last_2",
    "paid_last_3",
    "paid_share_1",
    "paid_share_2",
    "paid_share_mean",
    "paid_share_min",
    "paid_total",
    "paid_of_limit",
    "paid_cover",
    "zero_paid",
    "since_paid",
    "owed_late",
    "late_double",
    "late_harmonic",
    "late_sum",
    "deep_count",
    "state_double",
    "months_revolving",
    "months_cleared",
    "months_idle",
)


@cache
def _plain() -> tuple[CardFeature, ...]:
    """Features worked out from the months."""
    return (
        CardFeature("limit", "NT$", -1, nw.col("_limit")),
        *_delays(),
        *_habits(),
        *_uses(),
        *_payments(),
        *_movements(),
        *_crossings(),
        *_patterns(),
    )


def _split() -> Iterator[CardFeature]:
    """Plain features for one segment each."""
    known = {feature.name: feature for feature in _plain()}
    for name in _SPLIT:
        for place, segment in enumerate(_SEGMENTS):
            only = nw.when(nw.col("_segment") == place).then(nw.col(name))
            yield CardFeature(f"{name}_{segment}", known[name].unit, known[name].direction, only)


_BANDS: Final = {
    "limit": (20_000, 50_000, 80_000, 120_000, 160_000, 220_000, 320_000),
    "util_mean": (5, 50, 200, 400, 600, 800, 950),
    "util_1": (5, 50, 200, 400, 600, 800, 950),
    "paid_share_min": (-1, 0, 25, 40, 60, 100, 999),
    "spend_mean": (0, 500, 1_000, 2_000, 3_500, 7_000, 15_000),
    "spend_max": (500, 1_500, 3_000, 6_000, 12_000, 25_000, 50_000),
    "paid_mean": (300, 1_000, 1_700, 2_500, 4_000, 7_000, 15_000),
    "_standing": (0, 1, 2, 3, 4, 5, 6),
}
"""Last value of each of eight bands but the last, fixed beforehand; missing is in the first."""

_CELLS: Final = {
    "cell_limit_util": ("limit", "util_mean"),
    "cell_limit_share": ("limit", "paid_share_min"),
    "cell_share_spend": ("paid_share_min", "spend_mean"),
    "cell_share_util": ("paid_share_min", "util_mean"),
    "cell_util_move": ("util_1", "util_mean"),
    "cell_standing_share": ("_standing", "paid_share_min"),
    "cell_standing_spend": ("_standing", "spend_mean"),
    "cell_standing_spend_max": ("_standing", "spend_max"),
    "cell_standing_limit": ("_standing", "limit"),
    "cell_standing_util": ("_standing", "util_1"),
    "cell_standing_paid": ("_standing", "paid_mean"),
}
"""Boxes of two bands: eight times the first band plus the second, so a limit is read beside its use."""


def _cells() -> Iterator[CardFeature]:
    for name, (rows, columns) in _CELLS.items():
        yield CardFeature(name, "cell of 8 × 8", 0, _band(rows) * 8 + _band(columns))


def _band(name: str) -> nw.Expr:
    return _total([_flag(nw.col(name) > edge) for edge in _BANDS[name]])


def _entry() -> Iterator[nw.Expr]:
    yield nw.col("LIMIT_BAL").clip(0, _LARGEST_AMOUNT).alias("_limit")
    for month, state in zip(MONTHS, _STATES, strict=True):
        yield nw.col(state).clip(_LOWEST_STATE, _LONGEST_DELAY).alias(f"_state_{month}")
        yield nw.col(f"BILL_AMT{month}").clip(-_LARGEST_AMOUNT, _LARGEST_AMOUNT).alias(f"_bill_{month}")
        yield nw.col(f"PAY_AMT{month}").clip(0, _LARGEST_AMOUNT).alias(f"_paid_{month}")


def _monthly() -> Iterator[nw.Expr]:
    for month in MONTHS:
        yield nw.col(f"_state_{month}").clip(0, _LONGEST_DELAY).alias(f"_late_{month}")
        yield _permille(nw.col(f"_bill_{month}"), nw.col("_limit")).alias(f"_util_{month}")
    for month in MONTHS[:-1]:
        bill, before, paid = (nw.col(name) for name in (f"_bill_{month}", f"_bill_{month + 1}", f"_paid_{month}"))
        yield _permille(paid, before).clip(0, _HIGHEST_SHARE).alias(f"_share_{month}")
        yield (bill - before + paid).alias(f"_spend_{month}")


def _summaries() -> Iterator[nw.Expr]:
    late = _months("_late")
    worst = nw.max_horizontal(*late)
    yield worst.alias("_worst")
    clean = nw.when(worst <= 0).then(nw.lit(0, nw.Int64))
    yield clean.otherwise(nw.when(late[0] <= 0).then(nw.lit(1, nw.Int64)).otherwise(nw.lit(2, nw.Int64))).alias(
        "_segment"
    )
    yield _standing(_months("_state"), late, worst).alias("_standing")
    yield _total(_months("_paid")).alias("_paid_sum")
    yield _total(_months("_bill")).alias("_bill_sum")
    yield _mean(_months("_util")).alias("_util_mean")


def _standing(states: list[nw.Expr], late: list[nw.Expr], worst: nw.Expr) -> nw.Expr:
    """From 0, idle and never late, to 7, two months late or more."""
    classes = (
        (late[0] >= _DEEP, 7),
        ((late[0] > 0) & (late[1] > 0), 6),
        (late[0] > 0, 5),
        (late[1] + late[2] > 0, 4),
        (worst > 0, 3),
        (states[0] == 0, 2),
        (states[0] == -1, 1),
    )
    standing: nw.Expr = nw.lit(0, nw.Int64)
    for condition, number in reversed(classes):
        standing = nw.when(condition).then(nw.lit(number, nw.Int64)).otherwise(standing)
    return standing


def _delays() -> Iterator[CardFeature]:
    late = _months("_late")
    yield CardFeature("late_worst", "months", 1, nw.col("_worst"))
    yield CardFeature("late_worst_3", "months", 1, nw.max_horizontal(*late[:3]))
    yield CardFeature("late_count", "months", 1, _count(late, 1))
    yield CardFeature("deep_count", "months", 1, _count(late, _DEEP))
    yield CardFeature("late_sum", "months", 1, _total(late))
    yield CardFeature("late_sum_3", "months", 1, _total(late[:3]))
    yield CardFeature("late_sum_old", "months", 1, _total(late[3:]))
    for name, weights in _WEIGHTS.items():
        yield CardFeature(f"late_{name}", "weighted months", 1, _weighted(late, weights))
    yield CardFeature("since_late", "months", -1, _since([each > 0 for each in late]))
    yield CardFeature("since_deep", "months", -1, _since([each >= _DEEP for each in late]))
    yield CardFeature("late_streak", "months", 1, _streak([each > 0 for each in late]))
    yield CardFeature("late_step", "months", 0, late[0] - late[1])
    yield CardFeature("late_trend", "months", 0, _total(late[:2]) - _total(late[2:4]))


_WEIGHTS: Final = {
    "linear": (6, 5, 4, 3, 2, 1),
    "double": (32, 16, 8, 4, 2, 1),
    "triple": (243, 81, 27, 9, 3, 1),
    "harmonic": (60, 30, 20, 15, 12, 10),
}
"""How much a month of delay weighs by its recency, newest first."""


def _habits() -> Iterator[CardFeature]:
    states = _months("_state")
    for month, state in zip(MONTHS, states, strict=True):
        yield CardFeature(f"state_{month}", "code", 0, state)
    yield CardFeature("state_sum", "code", 0, _total(states))
    yield CardFeature("state_linear", "weighted code", 0, _weighted(states, _WEIGHTS["linear"]))
    yield CardFeature("state_double", "weighted code", 0, _weighted(states, _WEIGHTS["double"]))
    yield CardFeature("state_least", "code", 0, nw.min_horizontal(*states))
    for name, code in (("revolving", 0), ("cleared", -1), ("idle", -2)):
        counted = [nw.when(state == code).then(1).otherwise(0).cast(nw.Int64) for state in states]
        yield CardFeature(f"months_{name}", "months", 0, _total(counted))


def _uses() -> Iterator[CardFeature]:
    bills, uses = _months("_bill"), _months("_util")
    for month, bill, use in zip(MONTHS, bills, uses, strict=True):
        yield CardFeature(f"bill_{month}", "NT$", 0, bill)
        yield CardFeature(f"util_{month}", "permille of limit", 0, use)
    yield CardFeature("util_mean", "permille of limit", 0, nw.col("_util_mean"))
    yield CardFeature("util_max", "permille of limit", 0, nw.max_horizontal(*uses))
    yield CardFeature("util_min", "permille of limit", 0, nw.min_horizontal(*uses))
    yield CardFeature("util_step", "permille of limit", 0, uses[0] - uses[1])
    yield CardFeature("util_rise", "permille of limit", 0, uses[0] - uses[5])
    yield CardFeature("util_trend", "permille of limit", 0, _mean(uses[:3]) - _mean(uses[3:]))
    yield CardFeature("headroom", "NT$", -1, nw.col("_limit") - bills[0])
    yield CardFeature("bill_mean", "NT$", 0, _mean(bills))
    spread = nw.max_horizontal(*bills) - nw.min_horizontal(*bills)
    yield CardFeature("bill_range", "permille of limit", 0, _permille(spread, nw.col("_limit")))
    yield CardFeature("bills_not_positive", "months", 0, len(MONTHS) - _count(bills, 1))


def _payments() -> Iterator[CardFeature]:
    paid, shares = _months("_paid"), _months("_share", MONTHS[:-1])
    for month, each in zip(MONTHS, paid, strict=True):
        yield CardFeature(f"paid_{month}", "NT$", -1, each)
        yield CardFeature(f"paid_of_limit_{month}", "permille of limit", -1, _permille(each, nw.col("_limit")))
    for month, share in zip(MONTHS[:-1], shares, strict=True):
        yield CardFeature(f"paid_share_{month}", "permille of bill", -1, share)
    billed = _total([nw.when(share.is_null()).then(0).otherwise(1).cast(nw.Int64) for share in shares])
    full = _total([share.clip(0, _FULL).fill_null(0) for share in shares])
    yield CardFeature("paid_share_min", "permille of bill", -1, nw.min_horizontal(*shares))
    yield CardFeature("paid_share_max", "permille of bill", -1, nw.max_horizontal(*shares))
    yield CardFeature("paid_share_mean", "permille of bill", -1, _quotient(full, billed))
    paid_sum = nw.col("_paid_sum")
    yield CardFeature("paid_total", "permille of bills", -1, _share(paid_sum, nw.col("_bill_sum")))
    yield CardFeature("paid_of_limit", "permille of limit", -1, _permille(paid_sum, nw.col("_limit")))
    yield CardFeature("paid_mean", "NT$", -1, _mean(paid))
    yield CardFeature("paid_max", "NT$", -1, nw.max_horizontal(*paid))
    yield CardFeature("paid_min", "NT$", -1, nw.min_horizontal(*paid))
    yield CardFeature("paid_last_2", "NT$", -1, _total(paid[:2]))
    yield CardFeature("paid_last_3", "NT$", -1, _total(paid[:3]))
    yield CardFeature("paid_cover", "permille of bill", -1, _share(_mean(paid), nw.col("_bill_1")))
    yield CardFeature("paid_cover_3", "permille of bill", -1, _share(_total(paid[:3]), nw.col("_bill_1")))
    yield CardFeature("paid_own", "permille of mean", -1, _share(paid[0], _mean(paid)))
    yield CardFeature("zero_paid", "months", 1, len(MONTHS) - _count(paid, 1))
    yield CardFeature("zero_paid_3", "months", 1, 3 - _count(paid[:3], 1))
    yield CardFeature("zero_share", "months", 1, _total([_flag(share <= 0) for share in shares]))
    yield CardFeature("since_paid", "months", 1, _since([each > 0 for each in paid]))


def _movements() -> Iterator[CardFeature]:
    spends, bills = _months("_spend", MONTHS[:-1]), _months("_bill")
    limit = nw.col("_limit")
    yield CardFeature("spend_1", "permille of limit", 0, _permille(spends[0], limit))
    yield CardFeature("spend_of_limit", "permille of limit", 0, _permille(_mean(spends), limit))
    yield CardFeature("spend_mean", "NT$", 0, _mean(spends))
    yield CardFeature("spend_max", "NT$", 0, nw.max_horizontal(*spends))
    yield CardFeature("spend_none", "months", 0, len(spends) - _count(spends, 1))
    mean = _mean(bills)
    yield CardFeature("bill_own", "permille of mean", 0, _permille(bills[0], mean).clip(-6_000, 6_000))
    yield CardFeature("bill_growth_1", "permille", 0, _permille(bills[0] - bills[1], bills[1]).clip(-5_000, 5_000))
    yield CardFeature("bill_growth_5", "permille", 0, _permille(bills[0] - bills[5], bills[5]).clip(-5_000, 9_000))


def _crossings() -> Iterator[CardFeature]:
    """Delay beside what is owed and what was paid: late with a full card is not late with a small bill."""
    late, uses = _months("_late"), [_within(use) for use in _months("_util")]
    mean = _within(nw.col("_util_mean"))
    yield CardFeature("late_by_util", "months × permille", 1, late[0] * uses[0])
    yield CardFeature("worst_by_util", "months × permille", 1, nw.col("_worst") * mean)
    yield CardFeature("double_by_util", "months × permille", 1, _weighted(late, _WEIGHTS["double"]) * uses[0])
    unpaid = _FULL - nw.col("_share_1").clip(0, _FULL).fill_null(_FULL)
    yield CardFeature("late_by_unpaid", "months × permille", 1, late[0] * unpaid)
    owed = [each * use for each, use in zip(late, uses, strict=True)]
    yield CardFeature("owed_late", "months × permille", 1, _total(owed))


def _patterns() -> Iterator[CardFeature]:
    """States beside one another: late after a month without use is not late after a late month."""
    states = [state.clip(_LOWEST_STATE, 3) - _LOWEST_STATE for state in _months("_state")]
    late = [state.clip(0, 3) for state in _months("_late")]
    for month, (newer, older) in enumerate(pairwise(states), start=1):
        yield CardFeature(f"pattern_{month}_{month + 1}", "cell of 6 × 6", 0, newer * 6 + older)
    yield CardFeature("pattern_late_3", "cell of 4 × 4 × 4", 0, late[0] * 16 + late[1] * 4 + late[2])
    yield CardFeature("pattern_late_count", "cell of 4 × 7", 0, late[0] * 7 + _count(late, 1))
    revolving = _total([_flag(state == 0) for state in _months("_state")])
    yield CardFeature("pattern_revolving", "cell of 6 × 7", 0, states[0] * 7 + revolving)


def _months(stem: str, months: tuple[int, ...] = MONTHS) -> list[nw.Expr]:
    return [nw.col(f"{stem}_{month}") for month in months]


def _total(columns: list[nw.Expr]) -> nw.Expr:
    return reduce(lambda one, other: one + other, columns)


def _mean(columns: list[nw.Expr]) -> nw.Expr:
    return whole_quotient(_total(columns), len(columns))


def _weighted(columns: list[nw.Expr], weights: tuple[int, ...]) -> nw.Expr:
    return _total([column * weight for column, weight in zip(columns, weights, strict=True)])


def _flag(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.lit(1, nw.Int64)).otherwise(nw.lit(0, nw.Int64))


def _count(columns: list[nw.Expr], least: int) -> nw.Expr:
    return _total([_flag(column >= least) for column in columns])


def _since(hits: list[nw.Expr]) -> nw.Expr:
    """Months since the newest hit; `_NEVER` where there is none."""
    since: nw.Expr = nw.lit(_NEVER, nw.Int64)
    for back, hit in reversed(list(enumerate(hits))):
        since = nw.when(hit).then(nw.lit(back, nw.Int64)).otherwise(since)
    return since


def _streak(hits: list[nw.Expr]) -> nw.Expr:
    """Hits in a row up to the newest month."""
    streak: nw.Expr = nw.lit(0, nw.Int64)
    for hit in reversed(hits):
        streak = nw.when(hit).then(streak + 1).otherwise(nw.lit(0, nw.Int64))
    return streak


def _quotient(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """A natural number over another, null where the other is not positive."""
    return nw.when(whole > 0).then(natural_quotient(part, nw.when(whole > 0).then(whole).otherwise(1)))


def _permille(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    return nw.when(whole > 0).then(whole_quotient(part * _FULL, nw.when(whole > 0).then(whole).otherwise(1)))


def _share(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    return _permille(part, whole).clip(0, _HIGHEST_SHARE)


def _within(use: nw.Expr) -> nw.Expr:
    """Use of the limit between nothing and one and a half limits; nothing where there is no limit."""
    return use.fill_null(0).clip(0, 1_500)
