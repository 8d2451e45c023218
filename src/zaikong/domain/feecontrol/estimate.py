"""What has each prepaid account left tonight, and for how many days of use?

Settled (月结余额) is prepaid money less what is posted and unpaid; estimated (测算电费) is the use since the last bill at
the price of the account's own book, as the rating rules give it: steps, registers and capacity included, because a month
is not linear, and with a bill that a check holds. What is available is settled less estimated.

A threshold is an amount, or days of average use; days become the amount they cost at the account's average day, so both
are passed by one comparison and no day is rounded. The overdraft limit is the lesser of what the agreement caps and what
the present grade allows.

Basis: the prepayment agreement (《河南省供用电条例》 article 41).
"""

from typing import Final

import narwhals as nw

from zaikong.domain.feecontrol.balance import BALANCE_COLUMNS, available_balances
from zaikong.kernel.money import natural_quotient

MONEY_COLUMNS: Final = (
    "account",
    "prepaid_fen",
    "open_fen",
    "estimated_fen",
    "average_daily_fen",
    "overdraft_cap_fen",
    "grade_allowance_fen",
)
"""What is read of an account; `open_fen` is the posted and unpaid principal its balance answers for."""

LIMIT_COLUMNS: Final = ("account", "crossing", "threshold")
"""What is read of a threshold: `warn` with its amount, or `days` with its days of use; any number an account."""

THRESHOLD_COLUMNS: Final = (*LIMIT_COLUMNS, "warn_fen")
"""A threshold with the balance it means tonight."""

BALANCE_ANSWER: Final = (
    "account",
    "settled_fen",
    "estimated_fen",
    "available_fen",
    "overdraft_limit_fen",
    "average_daily_fen",
    "use_days_left",
    "warning_level",
    "below_limit",
)
"""A balance; `use_days_left` is null where no use is known to divide by, and 0 where nothing is left."""

WARN: Final = "warn"
DAYS: Final = "days"


def thresholds_in_fen(limits: nw.LazyFrame, accounts: nw.LazyFrame) -> nw.LazyFrame:
    """The balance each threshold means tonight.

    Args:
        limits: Rows with `LIMIT_COLUMNS`.
        accounts: One row an account with `MONEY_COLUMNS`.

    Returns:
        Rows with `THRESHOLD_COLUMNS`.
    """
    days = nw.col("crossing") == DAYS
    meant = nw.when(days).then(nw.col("threshold") * nw.col("average_daily_fen")).otherwise(nw.col("threshold"))
    return (
        limits.join(accounts.select("account", "average_daily_fen"), on="account", how="inner")
        .with_columns(warn_fen=meant)
        .select(THRESHOLD_COLUMNS)
    )


def prepaid_balances(accounts: nw.LazyFrame, thresholds: nw.LazyFrame) -> nw.LazyFrame:
    """Balance, days left and warning level of each account.

    Args:
        accounts: One row an account with `MONEY_COLUMNS` [fen].
        thresholds: Rows with `THRESHOLD_COLUMNS`, as `thresholds_in_fen` gives them.

    Returns:
        One row an account with `BALANCE_ANSWER`.
    """
    settled = accounts.with_columns(
        settled_fen=nw.col("prepaid_fen") - nw.col("open_fen"),
        overdraft_limit_fen=nw.min_horizontal("overdraft_cap_fen", "grade_allowance_fen"),
        # each account is warned by thresholds of its own
        strategy=nw.col("account"),
    )
    levels = available_balances(
        settled.select(BALANCE_COLUMNS), thresholds.select(nw.col("account").alias("strategy"), "warn_fen")
    )
    daily = nw.col("average_daily_fen")
    charge = nw.when(daily > 0).then(daily)
    left = nw.max_horizontal(nw.col("available_fen"), nw.lit(0, nw.Int64))
    return (
        settled.join(levels, on="account", how="inner")
        .with_columns(use_days_left=nw.when(daily > 0).then(natural_quotient(left, charge)))
        .select(BALANCE_ANSWER)
    )
