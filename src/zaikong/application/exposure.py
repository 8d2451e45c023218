"""What is each account's exposure tonight: billed and open, used and not yet billed, less prepaid?

Use not yet billed is rated by the account's own book over the days since its last bill: steps, registers and capacity
included, because a month is not linear. A bill that a check holds counts as used and not billed.
"""

from datetime import date, timedelta
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.application.billing.rated import rate_frame
from zaikong.application.billing.settlements import settle
from zaikong.domain.billing.schedule import Settlement
from zaikong.domain.ledger.ageing import ageing
from zaikong.domain.warning.exposure import exposures
from zaikong.kernel.period import Month, day_number
from zaikong.store.queries import closing
from zaikong.store.queries import settlements as settlement_reads


def assess_exposure(*, as_of: date) -> pl.DataFrame:
    """Exposure of every account at the end of a day.

    Returns:
        One row an account with the columns of `AccountExposure`.
    """
    lately = closing.billed_recently(as_of)
    items = closing.open_items()
    money = closing.account_money(Month.of(as_of).number)
    unbilled = unbilled_use(as_of=as_of)
    accounts = (
        money.join(unbilled, on="account", how="left")
        .with_columns(
            unbilled_fen=pl.col("rated_fen").fill_null(0) + pl.col("held_fen"),
            unbilled_from_day=pl.min_horizontal("unbilled_from_day", "held_from_day"),
            # the calendar of a year with twelve bills; one bill at least makes a daily charge
            average_daily_fen=pl.when(pl.col("billed_days") > 0)
            .then(pl.max_horizontal(pl.col("billed_fen") // pl.col("billed_days"), pl.lit(0, pl.Int64)))
            .otherwise(0),
        )
        .with_columns(pl.col("unbilled_from_day").fill_null(day_number(as_of) + 1))
    )
    exposed: Any = exposures(
        nw.from_native(accounts.lazy()), nw.from_native(items.lazy()), as_of_day=day_number(as_of) + 1
    ).to_native()
    aged: Any = ageing(
        nw.from_native(items.lazy()),
        as_of_day=day_number(as_of),
        year_start_day=day_number(date(as_of.year, 1, 1)),
    ).to_native()
    facts = accounts.select("account", "average_daily_fen", "measured_to_day").join(lately, on="account", how="left")
    return _joined(exposed.collect(), aged.collect(), facts, as_of)


def unbilled_use(*, as_of: date) -> pl.DataFrame:
    """What the days of the month up to `as_of` would be billed if they were billed now, interim bills taken off.

    Returns:
        `account`, `rated_fen`, `unbilled_from_day`, `measured_to_day` (the last day whose use is known, counted from the
        first; null where none is); accounts whose month is billed or held are left out.
    """
    month = Month.of(as_of)
    covered = settlement_reads.account_terms().join(
        closing.billed_to(month.number).filter(pl.col("to_day") > day_number(as_of)), on="account", how="anti"
    )
    open_terms = covered.filter(
        (pl.col("opened_day") <= day_number(as_of))
        & (pl.col("closed_day").is_null() | (pl.col("closed_day") > day_number(month.start)))
    )
    frame = settle(open_terms, Settlement(1, 1, "estimate", month.start, as_of + timedelta(days=1)))
    rated = rate_frame(frame)
    measured = frame.select(
        "account",
        measured_to_day=pl.when(pl.col("days_known") > 0).then(pl.col("from_day") + pl.col("days_known") - 1),
    )
    interim = closing.account_money(month.number).select("account", "interim_fen")
    return (
        rated.bills.select("account", "total_fen", "from_day")
        .join(interim, on="account", how="left")
        .join(measured, on="account", how="left")
        .select(
            "account",
            "measured_to_day",
            rated_fen=pl.col("total_fen") - pl.col("interim_fen").fill_null(0),
            unbilled_from_day="from_day",
        )
    )


def _joined(exposed: pl.DataFrame, aged: pl.DataFrame, facts: pl.DataFrame, as_of: date) -> pl.DataFrame:
    buckets = ("not_due_fen", "days_1_30_fen", "days_31_60_fen", "days_61_90_fen", "over_90_fen", "cross_year_fen")
    return (
        exposed.join(aged.drop("open_fen"), on="account", how="left")
        .join(facts, on="account", how="left")
        .with_columns(pl.col(*buckets, "periods_open", "billed_recently_fen").fill_null(0))
        .select(
            pl.col("account").alias("account_id"),
            pl.lit(as_of).alias("as_of_date"),
            *buckets,
            "open_fen",
            "unbilled_fen",
            "prepaid_fen",
            "exposure_fen",
            pl.col("exposure_days").fill_null(0),
            "periods_open",
            pl.col("oldest_due_day").cast(pl.Int32).cast(pl.Date).alias("oldest_due_date"),
            "average_daily_fen",
            "billed_recently_fen",
            pl.col("measured_to_day").cast(pl.Int32).cast(pl.Date).alias("measured_to_date"),
        )
    )
