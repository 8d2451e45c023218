"""How much would be lost if an account never paid again, and how many days of use is that?

Exposure = billed and open + used and not yet billed - prepaid, never below zero (money left over is no exposure). Open
bills count with their late fee only where the caller puts it into `open_fen`; the closes use principal.

Two measures of time, because money and days tell different things:

- `unpaid_use_days`: days from the first day of use not paid to the day asked for: from the first day of the oldest
  open bill's period or, when no bill is open, from the first day not yet billed. Prepaid money less than what is used
  does not move it: a day paid in part is not paid.
- `exposure_days`: exposure over the account's average daily charge, rounded up, so that any exposure is at least a day;
  the days of present use the exposure amounts to. Where an account has no recent use to divide by, it is
  `unpaid_use_days`.

Both are zero where nothing is exposed.
"""

import narwhals as nw

from zaikong.kernel.money import whole_quotient

ACCOUNT_COLUMNS = ("account", "unbilled_fen", "unbilled_from_day", "prepaid_fen", "average_daily_fen")
"""What `exposures` reads of an account: use not yet billed and the first day of it, prepaid money, average daily charge
of its recent use."""

OPEN_BILL_COLUMNS = ("account", "from_day", "open_fen")
"""What it reads of a bill: first day of its period, principal unpaid."""


def exposures(accounts: nw.LazyFrame, bills: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Exposure of each account.

    Args:
        accounts: One row per account with `ACCOUNT_COLUMNS` [fen, day].
        bills: Rows with `OPEN_BILL_COLUMNS` [fen, day]; bills with nothing open may be left in.
        as_of_day: First day whose use does not count: the day after the last one measured [day].

    Returns:
        One row per account: `account`, `open_fen`, `unbilled_fen`, `prepaid_fen`, `exposure_fen` [fen],
        `exposure_days`, `unpaid_use_days` [day], `oldest_unpaid_use_day` [day, `as_of_day` where nothing is exposed].
    """
    owed = (
        bills.filter(nw.col("open_fen") > 0)
        .group_by("account")
        .agg(open_fen=nw.col("open_fen").sum(), _oldest=nw.col("from_day").min())
    )
    at_risk = nw.col("open_fen") + nw.col("unbilled_fen") - nw.col("prepaid_fen")
    first = nw.min_horizontal(nw.coalesce(nw.col("_oldest"), nw.col("unbilled_from_day")), nw.lit(as_of_day))
    return (
        accounts.join(owed, on="account", how="left")
        .with_columns(open_fen=nw.coalesce(nw.col("open_fen"), nw.lit(0)))
        .with_columns(exposure_fen=nw.max_horizontal(at_risk, nw.lit(0)))
        .with_columns(
            oldest_unpaid_use_day=nw.when(nw.col("exposure_fen") > 0).then(first).otherwise(nw.lit(as_of_day))
        )
        .with_columns(unpaid_use_days=nw.lit(as_of_day) - nw.col("oldest_unpaid_use_day"))
        .select(
            "account",
            "open_fen",
            "unbilled_fen",
            "prepaid_fen",
            "exposure_fen",
            _days().alias("exposure_days"),
            "unpaid_use_days",
            "oldest_unpaid_use_day",
        )
    )


def _days() -> nw.Expr:
    exposed, daily = nw.col("exposure_fen"), nw.col("average_daily_fen")
    charge = nw.when(daily > 0).then(daily)
    return (
        nw.when(exposed == 0)
        .then(nw.lit(0))
        .otherwise(nw.coalesce(whole_quotient(exposed + charge - 1, charge), nw.col("unpaid_use_days")))
    )
