"""Which thresholds does a balance pass tonight that it had not passed before, and whom must be told?

A *fall* begins when a balance sinks below its first threshold, whichever that is, and ends when it is below none. In one
fall each threshold is passed once, however often the balance goes up and down below the first; recovered and fallen
again, it is passed again. At exactly a threshold it is not passed.

Money that came in and was taken back (a bounced cheque, a payment reversed) begins a new fall: the customer may have
thought it paid, so every threshold is passed anew and told anew.

A customer is told when more thresholds of the fall are passed than any message of this fall that is not known to have
failed has told of. So a message that failed, or could not be written, is made good on a later night, and none is written
twice.

Basis: the prepayment agreement; 《民法典》 article 654 (notice beforehand).
"""

from typing import Final

import narwhals as nw

FALL_COLUMNS: Final = ("account", "available_fen", "overdraft_limit_fen", "below_limit", "fallen_at", "taken_back")
"""What is read of an account: the balance of tonight, when its present fall began (0 for none), and whether money was
taken back since."""

PASSED_COLUMNS: Final = ("account", "crossing", "threshold", "fallen_at")
"""A crossing that is on record."""

CROSSING_COLUMNS: Final = (*PASSED_COLUMNS, "available_fen")
"""A crossing of tonight."""

STATE_COLUMNS: Final = ("account", "fallen_at")
"""When the present fall of an account began; 0 where it is in none."""

TOLD_COLUMNS: Final = ("account", "fallen_at", "warning_level")
"""How many thresholds of a fall the best message of it has told of."""

DUE_COLUMNS: Final = ("account", "fallen_at", "warning_level", "overdrawn")
"""Whom to tell: of how many thresholds of the fall, and whether the overdraft limit is among them."""

LIMIT: Final = "limit"
RECOVERED: Final = "recovered"


def falls(balances: nw.LazyFrame, thresholds: nw.LazyFrame, *, at: int) -> nw.LazyFrame:
    """The present fall of each account after tonight.

    Args:
        balances: One row an account with `FALL_COLUMNS`.
        thresholds: `estimate.THRESHOLD_COLUMNS`.
        at: The moment of tonight, when a new fall begins [us].

    Returns:
        One row an account with `STATE_COLUMNS`.
    """
    return _moved(balances, thresholds, at).select("account", nw.col("_after").alias("fallen_at"))


def crossings(balances: nw.LazyFrame, thresholds: nw.LazyFrame, passed: nw.LazyFrame, *, at: int) -> nw.LazyFrame:
    """What is passed tonight and was not before, and what has recovered.

    Args:
        balances: One row an account with `FALL_COLUMNS`.
        thresholds: `estimate.THRESHOLD_COLUMNS`.
        passed: `PASSED_COLUMNS` of the fall on record and of any that began tonight, no row twice.
        at: The moment of tonight [us].

    Returns:
        Rows with `CROSSING_COLUMNS`; a recovery has the threshold 0 and the beginning of the fall it ends.
    """
    moved = _moved(balances, thresholds, at)
    standing = moved.filter(nw.col("_after") > 0).select("account", nw.col("_after").alias("fallen_at"))
    fallen = _below(balances, thresholds).join(standing, on="account", how="inner")
    ended = moved.filter((nw.col("fallen_at") > 0) & (nw.col("_after") != nw.col("fallen_at"))).select(
        "account", "fallen_at", "available_fen", crossing=nw.lit(RECOVERED), threshold=nw.lit(0, nw.Int64)
    )
    both = nw.concat([fallen.select(CROSSING_COLUMNS), ended.select(CROSSING_COLUMNS)])
    return both.join(passed.select(PASSED_COLUMNS), on=list(PASSED_COLUMNS), how="anti").select(CROSSING_COLUMNS)


def warnings_due(states: nw.LazyFrame, passed: nw.LazyFrame, told: nw.LazyFrame) -> nw.LazyFrame:
    """Whom must be told tonight.

    Args:
        states: `STATE_COLUMNS`, as `falls` gives them.
        passed: `PASSED_COLUMNS` with those of tonight, no row twice.
        told: `TOLD_COLUMNS` of messages that are not known to have failed, any number an account.

    Returns:
        Rows with `DUE_COLUMNS`.
    """
    both = ["account", "fallen_at"]
    one, zero = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)
    counted = (
        passed.filter(nw.col("crossing") != RECOVERED)
        .with_columns(_one=one, _limit=(nw.col("crossing") == LIMIT).cast(nw.Int64))
        .group_by(*both)
        .agg(warning_level=nw.col("_one").sum(), _limits=nw.col("_limit").sum())
    )
    best = told.group_by(*both).agg(_told=nw.col("warning_level").max())
    return (
        states.filter(nw.col("fallen_at") > 0)
        .select(*both)
        .join(counted, on=both, how="inner")
        .join(best, on=both, how="left")
        .filter(nw.col("warning_level") > nw.coalesce(nw.col("_told"), zero))
        .with_columns(overdrawn=nw.col("_limits") > 0)
        .select(DUE_COLUMNS)
    )


def _below(balances: nw.LazyFrame, thresholds: nw.LazyFrame) -> nw.LazyFrame:
    """Every threshold a balance is below: `account`, `crossing`, `threshold`, `available_fen`."""
    columns = ("account", "crossing", "threshold", "available_fen")
    low = thresholds.join(balances.select("account", "available_fen"), on="account", how="inner").filter(
        nw.col("available_fen") < nw.col("warn_fen")
    )
    limit = balances.filter("below_limit").with_columns(
        crossing=nw.lit(LIMIT), threshold=nw.lit(0, nw.Int64) - nw.col("overdraft_limit_fen")
    )
    return nw.concat([low.select(columns), limit.select(columns)])


def _moved(balances: nw.LazyFrame, thresholds: nw.LazyFrame, at: int) -> nw.LazyFrame:
    """`FALL_COLUMNS` with `_after`, the beginning of the fall after tonight, 0 for none."""
    falling = _below(balances, thresholds).select("account").unique().with_columns(_falling=nw.lit(True))
    begun = nw.col("fallen_at")
    anew = (begun == 0) | (nw.col("taken_back") & (begun < at))
    after = (
        nw.when(nw.col("_falling").is_null())
        .then(nw.lit(0, nw.Int64))
        .when(anew)
        .then(nw.lit(at, nw.Int64))
        .otherwise(begun)
    )
    return balances.select(FALL_COLUMNS).join(falling, on="account", how="left").with_columns(_after=after)
