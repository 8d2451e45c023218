"""On what terms is each enterprise supplied: trade, capacity, voltage, tariff, metering, power-factor standard?

The series of daily use says how large a firm is; the rest is drawn. Capacity is the next standard transformer above the
firm's high days, spread over the hours its shifts work.

Basis: two parts from 315 kVA (发改价格〔2023〕526号); power-factor standards (〔83〕水电财字215号); important users
(电监安全〔2008〕43号).
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from zaikong.sim.draws import Stream, looked_up
from zaikong.sim.identities import firm_names, phones, uscis
from zaikong.sim.places import FIRM_WEIGHTS, settled
from zaikong.sim.registers import PATTERNS, power_factors

FIRM_ACCOUNT = 1_000_000
"""Account numbers of enterprises start after this."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of business.

    Attributes:
        industry: Its name.
        category: `industrial` or `business`.
        weight: How common it is among ordinary firms.
        large: How common it is among the largest.
        shifts: Weights of the patterns one, two, three, continuous, night, evening.
    """

    industry: str
    category: str
    weight: int
    large: int
    shifts: tuple[int, int, int, int, int, int]


_TRADES = (
    Trade("机械加工", "industrial", 14, 6, (60, 25, 10, 0, 5, 0)),
    Trade("金属制品", "industrial", 9, 8, (45, 30, 15, 5, 5, 0)),
    Trade("纺织", "industrial", 9, 12, (10, 30, 45, 15, 0, 0)),
    Trade("食品加工", "industrial", 8, 8, (35, 35, 15, 10, 5, 0)),
    Trade("农副产品", "industrial", 7, 4, (50, 25, 10, 5, 10, 0)),
    Trade("建材", "industrial", 7, 12, (30, 30, 15, 10, 15, 0)),
    Trade("化工", "industrial", 4, 16, (0, 10, 35, 55, 0, 0)),
    Trade("冶金铸造", "industrial", 3, 16, (5, 10, 25, 30, 30, 0)),
    Trade("塑料制品", "industrial", 7, 6, (20, 30, 35, 10, 5, 0)),
    Trade("家具木业", "industrial", 5, 0, (80, 15, 0, 0, 5, 0)),
    Trade("电子", "industrial", 5, 8, (20, 35, 35, 10, 0, 0)),
    Trade("包装印刷", "industrial", 5, 2, (45, 35, 15, 0, 5, 0)),
    Trade("汽车配件", "industrial", 4, 2, (30, 45, 25, 0, 0, 0)),
    Trade("商贸", "business", 8, 0, (60, 0, 0, 0, 0, 40)),
    Trade("餐饮住宿", "business", 5, 0, (10, 0, 0, 5, 0, 85)),
    Trade("冷链仓储", "business", 3, 0, (0, 5, 10, 65, 20, 0)),
    Trade("物流", "business", 3, 0, (40, 25, 15, 0, 20, 0)),
)
_SHIFT_NAMES = ("one", "two", "three", "continuous", "night", "evening")
_LOAD_PERCENT = {"one": 38, "two": 58, "three": 78, "continuous": 85, "night": 48, "evening": 45}
"""Mean load of the highest day over its peak, by pattern [%]."""

_LOW_VOLTAGE = (5, 10, 15, 20, 25, 30, 40, 50, 63, 80)
_HIGH_VOLTAGE = (
    *(100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000),
    *(10_000, 12_500, 16_000, 20_000, 25_000, 31_500, 40_000, 50_000, 63_000, 90_000, 120_000, 150_000, 180_000),
)
_CAPACITIES = (*_LOW_VOLTAGE, *_HIGH_VOLTAGE)
_WITH_LOSS = (100, 200, 315, 400, 630)
"""Transformers metered on the low side are of the sizes whose losses are tabled [kVA]."""

OWN_TRANSFORMER_KVA = 100
TWO_PART_KVA = 315
_HIGH_DAY = 0.98
"""Capacity is laid out for all but the highest two days in a hundred, which may load it fully."""
_LARGE_DAY_KWH = 10_000
_KV35_KVA, _KV110_KVA = 10_000, 40_000
_WORKS_KVA = 2_000
_LARGEST, _LARGE = 20, 60


def firms(seed: int, series: pl.DataFrame, *, start: date) -> pl.DataFrame:
    """Describe every enterprise of a series.

    Args:
        seed: The county's seed.
        series: `customer`, `date`, `kwh`.
        start: First day of the county's history; contracts are older.

    Returns:
        One row a firm: the import columns of customers and meters, and what the simulation needs beside them
        (`account`, `customer`, `pattern`, `power_factor`, `multiplier`, `digits`, `opening_centi`).
    """
    size = series.group_by("customer", maintain_order=True).agg(
        pl.col("kwh").quantile(_HIGH_DAY, "lower").cast(pl.Int64).alias("highest"),
        pl.col("kwh").max().alias("most"),
        pl.col("kwh").sum().alias("use"),
    )
    drawn = settled(seed, size.with_columns(account=FIRM_ACCOUNT + pl.col("customer")), FIRM_WEIGHTS)
    return drawn.pipe(_traded, seed).pipe(_sized, seed).pipe(_priced, seed).pipe(_signed, seed, start)


def _traded(firms: pl.DataFrame, seed: int) -> pl.DataFrame:
    who = pl.col("account")
    common = Stream.of(seed, "firm.trade").weighted([trade.weight for trade in _TRADES], who)
    large = Stream.of(seed, "firm.trade.large").weighted([trade.large for trade in _TRADES], who)
    trade = pl.when(pl.col("highest") > _LARGE_DAY_KWH).then(large).otherwise(common)
    place = Stream.of(seed, "firm.shift").below(100, who)
    firms = firms.with_columns(trade=trade, place=place)
    bounds = [[sum(each.shifts[: upto + 1]) for each in _TRADES] for upto in range(len(_SHIFT_NAMES) - 1)]
    shift = sum(
        ((pl.col("place") >= looked_up(bound, pl.col("trade"))).cast(pl.Int64) for bound in bounds),
        start=pl.lit(0, dtype=pl.Int64),
    )
    return firms.with_columns(
        industry=looked_up([each.industry for each in _TRADES], pl.col("trade")),
        category=looked_up([each.category for each in _TRADES], pl.col("trade")),
        pattern=looked_up([PATTERNS.index(name) for name in _SHIFT_NAMES], shift),
    ).drop("place")


def _sized(firms: pl.DataFrame, seed: int) -> pl.DataFrame:
    who = pl.col("account")
    load = looked_up([_LOAD_PERCENT.get(name, 50) for name in PATTERNS], pl.col("pattern"))
    # kVA = kWh / 24 h / load / 0.9 x reserve of 15 to 60 %, rounded up to the next size.
    reserve = 115 + Stream.of(seed, "firm.reserve").below(46, who)
    usual = pl.col("highest") * 100 * reserve // (24 * load * 90) + 1
    # No transformer carries more than its size round the clock.
    needed = pl.max_horizontal(usual, pl.col("most") * 100 // (24 * 90) + 1)
    least = looked_up(_LOW_VOLTAGE, Stream.of(seed, "firm.least").below(len(_LOW_VOLTAGE), who))
    capacity = _next_size(pl.max_horizontal(needed, least), _CAPACITIES)
    firms = firms.with_columns(capacity_kva=capacity)
    own = pl.col("capacity_kva") >= OWN_TRANSFORMER_KVA
    low_side = own & (pl.col("capacity_kva") <= _WITH_LOSS[-1]) & Stream.of(seed, "firm.low_side").chance(6_000, who)
    firms = firms.with_columns(low_side=low_side).with_columns(
        capacity_kva=pl.when("low_side").then(_next_size(pl.col("capacity_kva"), _WITH_LOSS)).otherwise("capacity_kva")
    )
    kva = pl.col("capacity_kva")
    voltage = (
        pl.when(kva < OWN_TRANSFORMER_KVA)
        .then(pl.lit("lt1kv"))
        .when(kva < _KV35_KVA)
        .then(pl.lit("10kv"))
        .when(kva < _KV110_KVA)
        .then(pl.lit("35kv"))
        .otherwise(pl.lit("110kv"))
    )
    return firms.with_columns(
        voltage=voltage,
        loss_model=pl.when("low_side").then(pl.concat_str(pl.lit("S11-"), kva.cast(pl.String))),
        power_factor=power_factors(seed, who),
    )


def _priced(firms: pl.DataFrame, seed: int) -> pl.DataFrame:
    who, kva, voltage = pl.col("account"), pl.col("capacity_kva"), pl.col("voltage")
    two_part = kva >= TWO_PART_KVA
    by_demand = two_part & Stream.of(seed, "firm.by_demand").chance(1_200, who)
    registers = (kva >= OWN_TRANSFORMER_KVA) | Stream.of(seed, "firm.registers").chance(5_000, who)
    plan = (
        pl.when(by_demand)
        .then(pl.concat_str(pl.lit("two_part."), voltage, pl.lit(".contract_demand")))
        .when(two_part)
        .then(pl.concat_str(pl.lit("two_part."), voltage, pl.lit(".kva")))
        .when(registers)
        .then(pl.concat_str(pl.lit("single."), voltage, pl.lit(".tou")))
        .otherwise(pl.concat_str(pl.lit("single."), voltage))
    )
    industrial = pl.col("category") == "industrial"
    standard = (
        pl.when(kva < OWN_TRANSFORMER_KVA).then(None).when(industrial & (kva > 160)).then(pl.lit(90)).otherwise(85)  # noqa: PLR2004 -- 160 kVA of the order of 1983
    )
    rank = pl.col("use").rank("ordinal", descending=True)
    return firms.with_columns(
        tariff=pl.concat_str(pl.lit("cn.henan.business:"), plan),
        power_factor_standard=standard,
        # Contract demand is at least two fifths of the capacity; these firms signed for 40 to 70 %.
        contract_demand_kw=pl.when(by_demand).then(kva * (40 + Stream.of(seed, "firm.demand").below(31, who)) // 100),
        settlements_a_month=pl.when(rank <= _LARGEST).then(3).when(rank <= _LARGE).then(2).otherwise(1),
        important=pl.when(
            pl.col("industry").is_in(["化工", "冶金铸造"])
            & (kva >= _WORKS_KVA)
            & Stream.of(seed, "firm.important").chance(2_500, who)
        )
        .then(pl.lit("second"))
        .otherwise(pl.lit("none")),
        payment_mode=pl.when((kva < TWO_PART_KVA) & Stream.of(seed, "firm.prepaid").chance(600, who))
        .then(pl.lit("prepaid"))
        .otherwise(pl.lit("post_paid")),
    )


def _signed(firms: pl.DataFrame, seed: int, start: date) -> pl.DataFrame:
    who = pl.col("account")
    return firms.with_columns(
        name=firm_names(seed, who, pl.col("industry")),
        usci=uscis(seed, who, pl.lit("91")),
        id_no=pl.lit(None, dtype=pl.String),
        phone=phones(seed, who),
        contract_date=pl.lit(start) - pl.duration(days=60 + Stream.of(seed, "firm.signed").below(4_000, who)),
        household_size=pl.lit(None, dtype=pl.Int64),
        low_income=pl.lit(False),
    )


def _next_size(needed: pl.Expr, sizes: tuple[int, ...]) -> pl.Expr:
    """The smallest size that is large enough; the largest where none is."""
    above = sum(((needed > size).cast(pl.Int64) for size in sizes[:-1]), start=pl.lit(0, dtype=pl.Int64))
    return looked_up(list(sizes), above)
