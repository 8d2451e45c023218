"""How do settlements and money in Parquet become balances and crossings in Parquet?

The rules are those of every night; here is only how their columns come and go. One file of a part's accounts is held at a
time.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import narwhals as nw
import polars as pl

from zaikong.application.balances.assessing import balances_of, limits_of, with_strategies
from zaikong.application.bench.parts import Steps, write_parquet
from zaikong.application.bench.rating import shipped_prices
from zaikong.domain.billing import rating
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.domain.feecontrol.crossing import FALL_COLUMNS, PASSED_COLUMNS, crossings, falls
from zaikong.domain.feecontrol.estimate import LIMIT_COLUMNS
from zaikong.domain.feecontrol.fee_strategy import strategies_on
from zaikong.engine.dictionary import checked
from zaikong.sim.draws import Stream

NIGHT = date(2025, 7, 20)
"""The night that is measured; the month of `population` is billed whole, so every account has a month's use."""

AT = 1_752_998_399_000_000
"""Its last second [us]."""

_PREPAID = ("residential", "business")


def write_money(files: Sequence[Path], out: Path, *, seed: int) -> None:
    """Draw what each account has prepaid, owes and agreed, one file beside each file of settlements."""
    out.mkdir(parents=True, exist_ok=True)
    for file in files:
        write_parquet(money_of(pl.read_parquet(file, columns=["account", "book", "plan"]), seed=seed), out / file.name)


def money_of(accounts: pl.DataFrame, *, seed: int) -> pl.DataFrame:
    """What each account has prepaid, owes and agreed.

    Args:
        accounts: `account`, `book`, `plan`.
        seed: Seed of every choice.

    Returns:
        The columns of `queries.balances.ACCOUNTS` but for the estimate.
    """
    account = pl.col("account")
    home, plant = pl.col("book").str.ends_with("residential"), pl.col("plan").str.starts_with("two_part")
    topup = Stream.of(seed, "bench.topup").below(200_000, account)
    size = pl.when(home).then(1).when(plant).then(800).otherwise(25)
    owes = Stream.of(seed, "bench.owes").chance(300, account)
    zero = pl.lit(0, pl.Int64)
    return accounts.select(
        "account",
        category=pl.when(home).then(pl.lit("residential")).otherwise(pl.lit("business")),
        high_voltage=pl.col("plan").str.contains("10kv"),
        prepaid_fen=topup * size,
        open_fen=pl.when(owes).then(Stream.of(seed, "bench.owed").below(9_000, account)).otherwise(zero),
        held_fen=zero,
        interim_fen=zero,
        average_daily_fen=Stream.of(seed, "bench.daily").below(900, account) * size,
        grade=Stream.of(seed, "bench.grade").below(7, account),
        strategy_name=pl.lit(""),
        overdraft_cap_fen=pl.lit(2_000, pl.Int64),
        fallen_at=zero,
        taken_back=pl.lit(value=False),
    )


def estimate_files(files: Sequence[Path], money: Path, out: Path) -> tuple[Steps, dict[str, int]]:
    """Rate, estimate and write.

    Args:
        files: Settlements, `SETTLEMENT_COLUMNS`.
        money: Folder of `write_money`.
        out: Folder for `balances` and `crossings`.

    Returns:
        Seconds of the steps, and what was written.

    Raises:
        UnableToEnterEngineError: A column breaks the column dictionary.
    """
    steps, prices, counts = (
        Steps(),
        shipped_prices(),
        {"balances": 0, "crossings": 0, "below_limit": 0, "available_fen": 0},
    )
    for name in ("balances", "crossings"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for file in files:
        with steps.step("read"):
            rows, held = pl.read_parquet(file), pl.read_parquet(money / file.name)
        with steps.step("check"):
            entry = checked(nw.from_native(rows.lazy()), SETTLEMENT_COLUMNS, rule="rating")
        with steps.step("rate"):
            groups = rating.rated(entry, prices, keep=rating.in_memory)
            bills: pl.DataFrame = rating.bills(groups).select("account", "total_fen").to_native().collect()  # type: ignore[attr-defined] # a Polars frame
        with steps.step("balance"):
            balances, crossed = _estimated(bills, held)
        with steps.step("write"):
            write_parquet(balances, out / "balances" / file.name)
            write_parquet(crossed, out / "crossings" / file.name)
        counts["balances"] += balances.height
        counts["crossings"] += crossed.height
        counts["below_limit"] += int(balances["below_limit"].sum())
        counts["available_fen"] += int(balances["available_fen"].sum())
    return steps, counts


def _estimated(bills: pl.DataFrame, money: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    table = strategies_on(as_of=NIGHT).value
    accounts = money.join(bills, on="account", how="left").with_columns(
        estimated_fen=pl.col("total_fen").fill_null(0) - pl.col("interim_fen") + pl.col("held_fen")
    )
    given, _ = with_strategies(accounts, table)
    agreed = pl.DataFrame(schema=dict(zip(LIMIT_COLUMNS, (pl.Int64, pl.String, pl.Int64), strict=True)))
    balances, thresholds = balances_of(given, limits_of(given, agreed, table))
    facts = balances.join(money.select("account", "fallen_at", "taken_back"), on="account")
    entry = checked(nw.from_native(facts.lazy()), FALL_COLUMNS, rule="crossings")
    limits = nw.from_native(thresholds.lazy())
    passed = pl.LazyFrame(schema=dict(zip(PASSED_COLUMNS, (pl.Int64, pl.String, pl.Int64, pl.Int64), strict=True)))
    new, states = pl.collect_all(
        [
            crossings(entry, limits, nw.from_native(passed), at=AT).to_native(),
            falls(entry, limits, at=AT).to_native(),
        ]
    )
    return balances.join(states, on="account"), new
