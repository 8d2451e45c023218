"""What is an account's available balance (可用余额), and which threshold has it passed?

Available = settled less estimated: money prepaid less posted unpaid bills, less use not yet billed. A warning is passed
when the balance is *below* its threshold; at exactly 30 yuan the warning at 30 is not yet due, as 可用余额 < 预警金额
is written in the agreements. Supply may be asked to be cut only when it is *below* the overdraft limit; at exactly the
limit the customer still has what was agreed. The limit says how far below zero the balance may go: 0 for no overdraft,
20 yuan for a balance down to -20. Being below it is one condition of a cut, never a permission.

Basis: the prepayment agreement (《河南省供用电条例》 article 41).
"""

import narwhals as nw

BALANCE_COLUMNS = ("account", "settled_fen", "estimated_fen", "overdraft_limit_fen", "strategy")
"""What `available_balances` reads of an account; `overdraft_limit_fen` is not negative."""

THRESHOLD_COLUMNS = ("strategy", "warn_fen")
"""What it reads of a strategy: one row per warning threshold."""


def available_balances(balances: nw.LazyFrame, thresholds: nw.LazyFrame) -> nw.LazyFrame:
    """Available balance and warning level of each account.

    Args:
        balances: One row per account with `BALANCE_COLUMNS` [fen].
        thresholds: Rows with `THRESHOLD_COLUMNS` [fen], any number a strategy, in any order.

    Returns:
        One row per account: `account`, `available_fen` [fen], `warning_level` the number of warnings passed (1 the
        highest threshold), `below_limit` whether the balance is below the overdraft limit.
    """
    known = balances.with_columns(available_fen=nw.col("settled_fen") - nw.col("estimated_fen"))
    passed = (
        known.select("account", "strategy", "available_fen")
        .join(thresholds.select(THRESHOLD_COLUMNS), on="strategy", how="inner")
        .filter(nw.col("available_fen") < nw.col("warn_fen"))
        .with_columns(_one=nw.lit(1, dtype=nw.Int64))
        .group_by("account")
        .agg(warning_level=nw.col("_one").sum())
    )
    return known.join(passed, on="account", how="left").select(
        "account",
        "available_fen",
        warning_level=nw.coalesce(nw.col("warning_level"), nw.lit(0)),
        below_limit=nw.col("available_fen") < -nw.col("overdraft_limit_fen"),
    )
