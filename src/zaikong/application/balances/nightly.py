"""What has each account that pays ahead left at the end of a business date, and what follows from it?

The use since the last bill is the exposure step's: rated once a night by the account's own book. Here it meets the
account's money, its agreement and its grade; levels and crossings are the rules', the messages are ordered, cuts are
proposed. A night run again finds its crossings and messages there and writes none twice.
"""

from dataclasses import dataclass, field
from datetime import date

import polars as pl
from django.db import transaction

from zaikong.application.balances.assessing import balances_of, limits_of, with_strategies
from zaikong.application.balances.crossings import Crossed, cross_thresholds
from zaikong.application.collection.ledger import end_of_day
from zaikong.domain.feecontrol.fee_strategy import strategies_on
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import balances as reads


class UnableToAssessBalancesError(Refusal):
    """The night has not measured its exposures yet, or a later one has estimated already."""


@dataclass(frozen=True, slots=True)
class Balances:
    """What a night's balances came to.

    Attributes:
        accounts: Accounts that pay ahead.
        below_limit: Of them those below their overdraft limit.
        available_fen: What is available to all of them [fen].
        estimated_fen: Their use not yet billed [fen].
        crossed: Thresholds passed tonight, by kind.
        messages: Messages ordered.
        withheld: Why a customer got none, to how many.
        findings: What a person must look at.
    """

    accounts: int
    below_limit: int
    available_fen: int
    estimated_fen: int
    crossed: dict[str, int]
    messages: int
    withheld: dict[str, int]
    findings: list[Finding] = field(default_factory=list)


@transaction.atomic
def run_balances(*, as_of: date) -> Balances:
    """Bring the balances of all accounts that pay ahead to the end of a business date.

    Args:
        as_of: The business date, whose exposures are measured.

    Raises:
        UnableToAssessBalancesError: They are not, or a later night has estimated already.
        UnableToFindValueError: No strategies are in force.
    """
    if not reads.exposures_of(as_of=as_of):
        raise UnableToAssessBalancesError(
            f"no exposure of {as_of} is on record",
            code="EXPOSURE_MISSING",
            fields={"as_of": as_of},
            remedy="Run the night's step `exposure` first.",
        )
    latest = reads.latest_night()
    if latest is not None and latest > as_of:
        raise UnableToAssessBalancesError(
            f"the balances of {latest} are on record",
            code="NIGHT_PAST",
            fields={"as_of": as_of},
            remedy=f"Estimate {latest} or a later night: falls that began since would be lost.",
        )
    accounts = reads.prepaid_accounts(as_of=as_of)
    table = strategies_on(as_of=as_of).value
    given, findings = with_strategies(accounts, table)
    limits = limits_of(given, reads.agreed_limits(as_of=as_of), table)
    balances, thresholds = balances_of(given, limits)
    now = end_of_day(as_of)
    facts = balances.join(accounts.select("account", "fallen_at", "taken_back"), on="account")
    crossed = cross_thresholds(facts, thresholds, as_of=as_of, now=now)
    reads.replace_balances(_rows(balances, accounts, crossed, as_of=as_of))
    return Balances(
        accounts=balances.height,
        below_limit=int(balances["below_limit"].sum()),
        available_fen=int(balances["available_fen"].sum()),
        estimated_fen=int(balances["estimated_fen"].sum()),
        crossed=dict(crossed.by_kind),
        messages=crossed.told.queued,
        withheld=dict(crossed.told.withheld),
        findings=[*findings, *crossed.told.findings],
    )


def _rows(balances: pl.DataFrame, accounts: pl.DataFrame, crossed: Crossed, *, as_of: date) -> pl.DataFrame:
    since = pl.when(pl.col("fallen_at") > 0).then(pl.col("fallen_at"))
    return (
        balances.join(accounts.select("account", "measured_to_day", "billed_recently_fen"), on="account")
        .join(crossed.states, on="account")
        .select(
            pl.col("account").alias("account_id"),
            pl.lit(as_of).alias("as_of_date"),
            pl.col("measured_to_day").cast(pl.Int32).cast(pl.Date).alias("measured_to_date"),
            "settled_fen",
            "estimated_fen",
            "billed_recently_fen",
            "available_fen",
            "overdraft_limit_fen",
            pl.col("average_daily_fen").alias("daily_fen"),
            pl.col("use_days_left").clip(upper_bound=_MOST_DAYS).alias("days_left"),
            "warning_level",
            "below_limit",
            timestamped(since).alias("fallen_at"),
        )
        .sort("account_id")
    )


_MOST_DAYS = 2_000_000_000
"""What the table's column holds [day]."""


def timestamped(moment: pl.Expr) -> pl.Expr:
    """Moment numbers as times with their zone, for the tables."""
    return moment.cast(pl.Datetime("us")).dt.replace_time_zone(TIME_ZONE.key)
