"""Which settlements does the benchmark rate?

A month's settlements of any number of accounts: seven homes in ten on steps, a quarter shops on four registers, one in
twenty on the two-part price with capacity and power factor. Each account's numbers hang on its own number and the seed
alone, so a part of a million is the same rows as in ten million; parts are drawn one at a time, in flat memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from zaikong.application.bench.parts import write_parquet
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.domain.billing.tou import hours_of_month
from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.period import Month, day_number
from zaikong.sim.draws import Stream, grown, looked_up

MONTH = Month(2025, 7)
"""The month that is billed: four registers are in use."""

PART_ROWS = 500_000
"""Settlements in one file: what is rated at a time, so what memory holds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Accounts that are billed alike.

    Attributes:
        share: How many of ten thousand accounts.
        group: `home`, `shop` or `plant`.
        book: Tariff book.
        plan: Plan of the book.
    """

    share: int
    group: str
    book: str
    plan: str


KINDS = (
    Kind(4200, "home", "cn.henan.residential", "month"),
    Kind(2800, "home", "cn.henan.residential", "year"),
    Kind(1700, "shop", "cn.henan.business", "single.lt1kv.tou"),
    Kind(800, "shop", "cn.henan.business", "single.10kv.tou"),
    Kind(250, "plant", "cn.henan.business", "two_part.10kv.kva"),
    Kind(150, "plant", "cn.henan.business", "two_part.10kv.demand"),
    Kind(100, "plant", "cn.henan.business", "two_part.10kv.contract_demand"),
)
"""The mix: 70 % steps by month or year, 25 % time of use, 5 % two-part."""

_SHOP_BOOK, _SHOP_PLAN = "cn.henan.business", "single.lt1kv.tou"
_TRANSFORMERS_KVA = (315, 400, 500, 630, 800, 1000, 1250, 1600)
_MILLION = 1_000_000
_SHARE = 10_000
_DAYS_OF_MONTH = 30
_OPENED_DAY = day_number(date(2020, 1, 1))
_MEDIAN_HOME, _MEDIAN_SHOP = 19_000, 300_000
"""Median use a month [0.01 kWh]."""


def write_population(
    folder: Path, *, accounts: int, seed: int, month: Month = MONTH, part_rows: int = PART_ROWS
) -> list[Path]:
    """Write the settlements as Parquet.

    Args:
        folder: An empty or missing folder.
        accounts: How many accounts.
        seed: Seed of every choice.
        month: The month that is billed.
        part_rows: Settlements in one file.

    Returns:
        The files in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for place, part in enumerate(parts(accounts, seed=seed, month=month, part_rows=part_rows)):
        file = folder / f"part-{place:05d}.parquet"
        write_parquet(part, file)
        files.append(file)
    return files


def parts(accounts: int, *, seed: int, month: Month = MONTH, part_rows: int = PART_ROWS) -> Iterator[pl.DataFrame]:
    """The settlements, at most `part_rows` at a time, as `settlements` gives them."""
    for first in range(1, accounts + 1, part_rows):
        yield settlements(first, min(first + part_rows, accounts + 1), seed=seed, month=month)


def settlements(first: int, end: int, *, seed: int, month: Month = MONTH) -> pl.DataFrame:
    """The settlements of the accounts numbered `[first, end)`.

    Returns:
        `SETTLEMENT_COLUMNS`, one row an account.
    """
    account = pl.col("account")
    kind = Stream.of(seed, "bench.kind").weighted([kind.share for kind in KINDS], account)
    return (
        pl.DataFrame({"account": pl.int_range(first, end, dtype=pl.Int64, eager=True)})
        .with_columns(kind=kind)
        .with_columns(
            group=looked_up([kind.group for kind in KINDS], pl.col("kind")),
            book=looked_up([kind.book for kind in KINDS], pl.col("kind")),
            plan=looked_up([kind.plan for kind in KINDS], pl.col("kind")),
            month=pl.lit(month.number, pl.Int64),
            from_day=pl.lit(day_number(month.start), pl.Int64),
            to_day=pl.lit(day_number(month.end), pl.Int64),
        )
        .with_columns(_capacity(seed))
        .with_columns(use=_use(seed, month))
        .with_columns(*_registers(seed, month), *_household(seed), *_demand(seed), *_no_loss())
        .select(*SETTLEMENT_COLUMNS)
    )


def with_facts(frame: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """What the checks before release read beside `SETTLEMENT_COLUMNS`, as a bill run lays it out.

    One settlement in a hundred holds estimated days, one in a thousand lacks days and will be held.
    """
    account = pl.col("account")
    register_sum = pl.sum_horizontal(f"{register}_centi_kwh" for register in REGISTERS)
    days = pl.col("to_day") - pl.col("from_day")
    estimated = Stream.of(seed, "bench.estimated").chance(100, account, pl.col("month"))
    missing = Stream.of(seed, "bench.missing").chance(10, account, pl.col("month"))
    two_part = pl.col("plan").str.starts_with("two_part")
    home = pl.col("book").str.ends_with("residential")
    zero = pl.lit(0, pl.Int64)
    return frame.with_columns(
        settlement=account,
        sequence=pl.lit(1, pl.Int64),
        kind=pl.lit("periodic"),
        category=pl.when(home).then(pl.lit("residential")).otherwise(pl.lit("business")),
        centi_kva=pl.when(two_part).then(pl.col("centi_kva_days") // _DAYS_OF_MONTH).otherwise(zero),
        centi_kwh=register_sum,
        largest_day_centi_kwh=register_sum // 15,
        days_known=days - pl.when(missing).then(2).otherwise(zero),
        estimated_days=pl.when(estimated).then(3).otherwise(zero),
        opened_day=pl.lit(_OPENED_DAY, pl.Int64),
        closed_day=pl.lit(None, pl.Int64),
    )


def _is(group: str) -> pl.Expr:
    return pl.col("group") == group


def _only(group: str, value: pl.Expr) -> pl.Expr:
    return pl.when(_is(group)).then(value).otherwise(0)


def _part(whole: pl.Expr, ten_thousandths: pl.Expr) -> pl.Expr:
    return whole * ten_thousandths // _SHARE


def _capacity(seed: int) -> pl.Expr:
    drawn = Stream.of(seed, "bench.kva").below(len(_TRANSFORMERS_KVA), pl.col("account"))
    return _only("plant", looked_up(_TRANSFORMERS_KVA, drawn) * 100).alias("centi_kva")


def _use(seed: int, month: Month) -> pl.Expr:
    """Use of the month [0.01 kWh], up to a fifth off the account's own level; three homes in a hundred are empty."""
    account = pl.col("account")
    season = 800 + Stream.of(seed, "bench.season").below(400, account, pl.lit(month.number))
    level = grown(Stream.of(seed, "bench.level").bell(account) * 7 // 10)
    hours = 60 + Stream.of(seed, "bench.hours").below(400, account)
    empty = Stream.of(seed, "bench.empty").chance(300, account)
    usual = (
        pl.when(_is("plant"))
        .then(pl.col("centi_kva") * hours)
        .when(_is("shop"))
        .then(_MEDIAN_SHOP * level // _MILLION)
        .when(empty)
        .then(0)
        .otherwise(_MEDIAN_HOME * level // _MILLION)
    )
    return usual * season // 1000


def _registers(seed: int, month: Month) -> list[pl.Expr]:
    account, use = pl.col("account"), pl.col("use")
    season = "sharp" in hours_of_month(_SHOP_BOOK, month, plan=_SHOP_PLAN)
    sharp = _part(use, 500 + Stream.of(seed, "bench.sharp").below(1500, account)) if season else pl.lit(0, pl.Int64)
    peak = _part(use, 2000 + Stream.of(seed, "bench.peak").below(2000, account))
    valley = _part(use, 500 + Stream.of(seed, "bench.valley").below(3000, account))
    reactive = _part(use, Stream.of(seed, "bench.reactive").below(8000, account))
    home = _is("home")
    return [
        pl.when(home).then(0).otherwise(sharp).alias("sharp_centi_kwh"),
        pl.when(home).then(0).otherwise(peak).alias("peak_centi_kwh"),
        pl.when(home).then(use).otherwise(use - sharp - peak - valley).alias("flat_centi_kwh"),
        pl.when(home).then(0).otherwise(valley).alias("valley_centi_kwh"),
        _only("plant", reactive).alias("centi_kvarh"),
    ]


def _household(seed: int) -> list[pl.Expr]:
    """What steps hang on: use since January, months in use, large households, low income."""
    account = pl.col("account")
    earlier = pl.col("use") * (3000 + Stream.of(seed, "bench.earlier").below(6000, account)) // 1000
    late = Stream.of(seed, "bench.late").chance(200, account)
    months = pl.when(late).then(6 + Stream.of(seed, "bench.months").below(6, account)).otherwise(12)
    large = Stream.of(seed, "bench.large").chance(1000, account)
    poor = Stream.of(seed, "bench.poor").chance(200, account)
    return [
        _only("home", earlier).alias("year_to_date_centi_kwh"),
        pl.when(_is("home")).then(months).otherwise(12).cast(pl.Int64).alias("months_in_use"),
        pl.when(_is("home") & large).then(10_000).otherwise(0).cast(pl.Int64).alias("household_extra_centi_kwh"),
        pl.when(_is("home") & poor).then(1_000).otherwise(0).cast(pl.Int64).alias("free_centi_kwh"),
    ]


def _demand(seed: int) -> list[pl.Expr]:
    account, kva = pl.col("account"), pl.col("centi_kva")
    measured = _part(kva, 4000 + Stream.of(seed, "bench.demand").below(5500, account))
    contract = _part(kva, 4000 + Stream.of(seed, "bench.contract").below(6000, account))
    return [
        (kva * _DAYS_OF_MONTH).alias("centi_kva_days"),
        measured.alias("centi_demand_kw"),
        contract.alias("centi_contract_demand_kw"),
        pl.when(_is("plant")).then(90).otherwise(0).cast(pl.Int64).alias("power_factor_standard"),
    ]


def _no_loss() -> list[pl.Expr]:
    absent = SETTLEMENT_COLUMNS[SETTLEMENT_COLUMNS.index("iron_w") :]
    return [pl.lit(0, pl.Int64).alias(name) for name in absent]
