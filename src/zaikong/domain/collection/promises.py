"""Was a promise to pay kept, is it still in force, or is it broken? The ledger says, nobody else.

A promise is kept once what was paid since it was made, and counts as paid by its last day, reaches the amount. The last
day is the promised day and the days of grace after it; then it is broken. Money that bounces is taken back with the
time and the day of the payment it undoes, so a promise kept by it opens again or breaks, and a bounce of an older
payment spoils no later promise.
"""

from typing import Final

import narwhals as nw

PROMISE_COLUMNS: Final = ("promise", "account", "amount_fen", "made_s", "promised_day")
"""What was promised: the amount, the second it was made, the day it is due."""

PAID_COLUMNS: Final = ("account", "paid_s", "effective_day", "amount_fen")
"""Money applied to an account's bills: when it was taken, the day it counts from, negative where it was taken back."""

OUTCOME_COLUMNS: Final = ("promise", "account", "promise_state", "paid_fen", "short_fen", "last_day")
"""`promise_state` is `open`, `kept` or `broken`; `paid_fen` counts towards it; `last_day` is the last one to pay."""


def promise_outcomes(promises: nw.LazyFrame, paid: nw.LazyFrame, *, as_of_day: int, grace_days: int) -> nw.LazyFrame:
    """How each promise stands at the end of a day.

    Args:
        promises: `PROMISE_COLUMNS`, one row a promise; at most one of an account is in force at a time.
        paid: `PAID_COLUMNS`.
        as_of_day: The business date; the last day to pay is still open on it [day].
        grace_days: Days after the promised day in which money may still arrive [day].

    Returns:
        `OUTCOME_COLUMNS`, one row a promise.
    """
    zero = nw.lit(0, nw.Int64)
    termed = promises.with_columns(last_day=nw.col("promised_day") + nw.lit(grace_days, nw.Int64))
    money = paid.select("account", "paid_s", "effective_day", _paid="amount_fen")
    counted = (
        termed.select("promise", "account", "made_s", "last_day")
        .join(money, on="account", how="inner")
        .filter((nw.col("paid_s") > nw.col("made_s")) & (nw.col("effective_day") <= nw.col("last_day")))
        .group_by("promise")
        .agg(paid_fen=nw.col("_paid").sum())
    )
    short = nw.max_horizontal(nw.col("amount_fen") - nw.col("paid_fen"), zero)
    return (
        termed.join(counted, on="promise", how="left")
        .with_columns(paid_fen=nw.coalesce(nw.col("paid_fen"), zero))
        .with_columns(short_fen=short)
        .with_columns(
            promise_state=nw.when(nw.col("short_fen") == 0)
            .then(nw.lit("kept"))
            .when(nw.col("last_day") < as_of_day)
            .then(nw.lit("broken"))
            .otherwise(nw.lit("open"))
        )
        .select(*OUTCOME_COLUMNS)
    )
