"""How old is what is owed?

Each open bill lies in one of five buckets by its days past due: not due, 1 to 30, 31 to 60, 61 to 90, over 90. The
buckets add up to the open balance. Of it, `cross_year_fen` is what was due in an earlier calendar year (陈欠); it cuts
across the buckets. A period is open while any bill of its month is unpaid, due or not: the count of accounts with one,
two, three and more periods open is the measure of how far supply runs ahead of payment.

Basis: 《电力供应与使用条例》 article 39 for the step at 30 days; IFRS 9 B5.5.37 for the step at 90.
"""

import narwhals as nw

OPEN_BILL_COLUMNS = ("bill", "account", "month", "due_day", "open_fen")
"""What `ageing` reads; bills with nothing open may be left in."""

BUCKETS = ("not_due_fen", "days_1_30_fen", "days_31_60_fen", "days_61_90_fen", "over_90_fen")
"""Bucket columns, youngest first; they add up to `open_fen`."""

_FIRST_DAY = (None, 1, 31, 61, 91)
"""First day past due of each bucket [day]."""


def ageing(bills: nw.LazyFrame, *, as_of_day: int, year_start_day: int) -> nw.LazyFrame:
    """Ageing of each account.

    Args:
        bills: One row per bill with `OPEN_BILL_COLUMNS`.
        as_of_day: The day; a bill due on it is not overdue [day].
        year_start_day: 1 January of the year of `as_of_day`; what was due before it crossed a year [day].

    Returns:
        One row per account with anything open: `account`, the `BUCKETS`, `cross_year_fen`, `overdue_fen`, `open_fen`
        [fen], `periods_open`, `periods_overdue`, `oldest_due_day` [day].
    """
    owed = bills.filter(nw.col("open_fen") != 0)
    amounts = (
        owed.with_columns(_late=nw.lit(as_of_day) - nw.col("due_day"))
        .with_columns(**_in_buckets(), cross_year_fen=_open_where(nw.col("due_day") < year_start_day))
        .group_by("account")
        .agg(
            *[nw.col(name).sum() for name in (*BUCKETS, "cross_year_fen", "open_fen")],
            oldest_due_day=nw.col("due_day").min(),
        )
        .with_columns(overdue_fen=nw.col("open_fen") - nw.col("not_due_fen"))
    )
    return amounts.join(_periods(owed, as_of_day), on="account", how="left").select(
        "account",
        *BUCKETS,
        "cross_year_fen",
        "overdue_fen",
        "open_fen",
        "periods_open",
        "periods_overdue",
        "oldest_due_day",
    )


def ageing_total(accounts: nw.LazyFrame) -> nw.LazyFrame:
    """Ageing of all accounts together.

    Args:
        accounts: What `ageing` gave.

    Returns:
        One row: sums of the `BUCKETS`, `cross_year_fen`, `overdue_fen`, `open_fen` [fen], and `accounts_open`,
        `accounts_1_period`, `accounts_2_periods`, `accounts_3_periods`, `accounts_over_3_periods`.
    """
    periods = nw.col("periods_open")
    sums = (*BUCKETS, "cross_year_fen", "overdue_fen", "open_fen")
    counts = {
        "accounts_open": periods > 0,
        "accounts_1_period": periods == 1,
        "accounts_2_periods": periods == 2,  # noqa: PLR2004 -- the number in the name
        "accounts_3_periods": periods == 3,  # noqa: PLR2004 -- the number in the name
        "accounts_over_3_periods": periods > 3,  # noqa: PLR2004 -- the number in the name
    }
    marked = accounts.with_columns(**{name: condition.cast(nw.Int64) for name, condition in counts.items()})
    return marked.select(*[nw.coalesce(nw.col(name).sum(), nw.lit(0)).alias(name) for name in (*sums, *counts)])


def _open_where(condition: nw.Expr) -> nw.Expr:
    return nw.when(condition).then(nw.col("open_fen")).otherwise(nw.lit(0))


def _in_buckets() -> dict[str, nw.Expr]:
    late = nw.col("_late")
    columns = {BUCKETS[0]: _open_where(late <= 0)}
    for place in range(1, len(BUCKETS)):
        first, after = _FIRST_DAY[place], _FIRST_DAY[place + 1] if place + 1 < len(BUCKETS) else None
        columns[BUCKETS[place]] = _open_where((late >= first) & (late < after) if after else late >= first)
    return columns


def _periods(owed: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    return (
        owed.group_by("account", "month")
        .agg(_due=nw.col("due_day").min())
        .with_columns(_open=nw.lit(1, dtype=nw.Int64), _overdue=(nw.col("_due") < as_of_day).cast(nw.Int64))
        .group_by("account")
        .agg(periods_open=nw.col("_open").sum(), periods_overdue=nw.col("_overdue").sum())
    )
