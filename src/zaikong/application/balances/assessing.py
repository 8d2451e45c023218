"""How do facts of accounts and the strategies in force become balances? No tables are touched here."""

from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.feecontrol.estimate import (
    DAYS,
    LIMIT_COLUMNS,
    MONEY_COLUMNS,
    THRESHOLD_COLUMNS,
    WARN,
    prepaid_balances,
    thresholds_in_fen,
)
from zaikong.domain.feecontrol.fee_strategy import FeeStrategies, FeeStrategy
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.finding import Finding


def with_strategies(accounts: pl.DataFrame, table: FeeStrategies) -> tuple[pl.DataFrame, list[Finding]]:
    """Add each account's `strategy_name` and `grade_allowance_fen`.

    Args:
        accounts: `queries.balances.ACCOUNTS`.
        table: The strategies in force.

    Returns:
        The accounts, and a finding for each name that no strategy has; the default of the account stands in for it.
    """
    keys = accounts.select("strategy_name", "category", "high_voltage", "grade").unique()
    known = {row.strategy for row in table.rows}
    rows = []
    for name, category, high, grade in keys.iter_rows():
        row = table.named(name) if name in known else table.default(category, high_voltage=high)
        rows.append((name, category, high, grade, row.strategy, row.allowance_fen(grade)))
    schema: dict[str, Any] = {**keys.schema, "chosen": pl.String, "grade_allowance_fen": pl.Int64}
    given = accounts.join(pl.DataFrame(rows, schema=schema, orient="row"), on=keys.columns, how="left")
    unknown = accounts.filter((pl.col("strategy_name") != "") & ~pl.col("strategy_name").is_in(sorted(known)))
    findings = [
        Finding("STRATEGY_UNKNOWN", str(account), f"there is no fee-control strategy {name!r}")
        for account, name in unknown.select("account", "strategy_name").iter_rows()
    ]
    return given.with_columns(strategy_name="chosen").drop("chosen"), findings


def limits_of(accounts: pl.DataFrame, agreed: pl.DataFrame, table: FeeStrategies) -> pl.DataFrame:
    """The thresholds of each account: what its agreement names, all of it, else what its strategy says.

    Returns:
        `estimate.LIMIT_COLUMNS`.
    """
    shipped = pl.DataFrame(
        [(row.strategy, kind, limit) for row in table.rows for kind, limit in _limits(row)],
        schema={"strategy_name": pl.String, "crossing": pl.String, "threshold": pl.Int64},
        orient="row",
    )
    usual = (
        accounts.select("account", "strategy_name")
        .join(agreed, on="account", how="anti")
        .join(shipped, on="strategy_name")
    )
    own = agreed.join(accounts.select("account"), on="account", how="semi")
    return pl.concat([usual.select(LIMIT_COLUMNS), own.select(LIMIT_COLUMNS)])


def balances_of(accounts: pl.DataFrame, limits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Balances of accounts, and what their thresholds mean tonight.

    Args:
        accounts: `estimate.MONEY_COLUMNS`.
        limits: `estimate.LIMIT_COLUMNS`.

    Returns:
        `estimate.BALANCE_ANSWER` and `estimate.THRESHOLD_COLUMNS`.
    """
    money = checked(nw.from_native(accounts.lazy()), MONEY_COLUMNS, rule="prepaid_balances")
    entry = checked(nw.from_native(limits.lazy()), LIMIT_COLUMNS, rule="prepaid_balances")
    thresholds = collected(thresholds_in_fen(entry, money)).select(THRESHOLD_COLUMNS)
    return collected(prepaid_balances(money, nw.from_native(thresholds.lazy()))), thresholds


def _limits(row: FeeStrategy) -> list[tuple[str, int]]:
    return [(WARN, one.limit) for one in row.warn_fen] + [(DAYS, one.limit) for one in row.warn_days]
