"""How much of what an account owes is secured by guarantees, and which security is about to lapse?

A guarantee secures debts incurred in its time `[from_day, to_day)` up to its maximum, principal and late fee alike, as
long as it can still be called: a third party's until the guarantee period after each debt's due day has passed (what was
agreed, else the law's six months), a bank's until its last day, a pledge or mortgage as long as the debt. What several
guarantees secure is given out one after another, those that end first before the others, oldest debt first, so that no
debt is counted twice and the sum is never too high.

Basis: 《民法典》 articles 690 (maximum amount), 691 (late fee and costs), 692 (period); parameter `guarantee_period`.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import narwhals as nw

from zaikong.domain.law.parameters import NATION, GuaranteePeriod, in_law
from zaikong.kernel.period import Month, day_number

DEBT_COLUMNS: Final = ("bill", "account", "incurred_day", "due_day", "owed_fen")
"""Unpaid debts; `owed_fen` is principal and late fee."""

GUARANTEE_COLUMNS: Final = (
    "guarantee",
    "account",
    "guarantee_kind",
    "maximum_fen",
    "from_day",
    "to_day",
    "period_from_day",
    "period_7_from_day",
    "period_30_from_day",
    "period_90_from_day",
)
"""Guarantees in force; the `period_…` columns are the earliest due day still inside the guarantee period on the day
asked for and 7, 30 and 90 days later, as `period_days` gives them."""

RUNGS: Final = (7, 30, 90)
"""Days before a security lapses on which it is told, the last rung first [day]."""

MOST_GUARANTEES: Final = 4
"""Guarantees of one account that are counted; a fifth leaves the sum too low, never too high."""

THIRD_PARTY: Final = "third_party"
BANK: Final = "bank"


def coverage(debts: nw.LazyFrame, guarantees: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """What of each account's debt is secured.

    Args:
        debts: One row a debt with `DEBT_COLUMNS`.
        guarantees: One row a guarantee in force with `GUARANTEE_COLUMNS`.
        as_of_day: Day of the question [day].

    Returns:
        One row an account that owes: `account`, `owed_fen`, `covered_fen`, `uncovered_fen` [fen].
    """
    ranked = _ranked(guarantees, as_of_day)
    left = debts.select(DEBT_COLUMNS).filter(nw.col("owed_fen") > 0).with_columns(_left=nw.col("owed_fen"))
    for rank in range(1, MOST_GUARANTEES + 1):
        left = _after(left, ranked.filter(nw.col("_rank") == rank))
    sums = left.group_by("account").agg(owed_fen=nw.col("owed_fen").sum(), uncovered_fen=nw.col("_left").sum())
    return sums.select(
        "account", "owed_fen", covered_fen=nw.col("owed_fen") - nw.col("uncovered_fen"), uncovered_fen="uncovered_fen"
    )


def lapsing(debts: nw.LazyFrame, guarantees: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Which guarantees lapse soon, and for which debts the guarantee period runs out.

    Args:
        debts: As for `coverage`.
        guarantees: As for `coverage`.
        as_of_day: Day of the question [day].

    Returns:
        One row a guarantee and ending: `guarantee`, `account`, `ending` (`cover` for its last day, `claim` for the period
        to call it), `rung_days` (7, 30 or 90: the last rung passed; 0 where it has lapsed) and `at_stake_fen`, the
        maximum for a cover, the debts no longer callable for a claim [fen].
    """
    return nw.concat([_ending_covers(guarantees, as_of_day), _ending_claims(debts, guarantees)], how="vertical")


def period_days(agreed_months: int | None, *, as_of: date, jurisdiction: str = NATION) -> dict[str, int]:
    """The `period_…` columns of a guarantee period.

    Args:
        agreed_months: Months agreed, None or 0 where nothing is.
        as_of: Day of the question.
        jurisdiction: The company's place.

    Returns:
        Column to earliest due day still inside the period [day].
    """
    months = agreed_months or in_law(GuaranteePeriod, as_of=as_of, jurisdiction=jurisdiction).value.months
    names = {"period_from_day": 0} | {f"period_{rung}_from_day": rung for rung in RUNGS}
    return {name: day_number(earliest_due(as_of + timedelta(days=ahead), months)) for name, ahead in names.items()}


def months_later(day: date, months: int) -> date:
    """The same day some months on; the last of the month where there is none (《民法典》 article 202)."""
    month = Month.of(day).shifted(months)
    return date(month.year, month.month, min(day.day, monthrange(month.year, month.month)[1]))


def earliest_due(on: date, months: int) -> date:
    """The earliest due day whose guarantee period of some months still holds on a day."""
    day = months_later(on, -months) - timedelta(days=3)
    while months_later(day, months) < on:
        day += timedelta(days=1)
    return day


def _callable_from(as_of_day: int, column: str = "period_from_day") -> nw.Expr:
    """The earliest due day a guarantee can be called for; beyond every day where it cannot [day]."""
    by_bank = nw.when(nw.col("to_day") > as_of_day).then(nw.lit(0)).otherwise(nw.lit(_NEVER))
    return (
        nw.when(nw.col("guarantee_kind") == THIRD_PARTY)
        .then(nw.col(column))
        .otherwise(nw.when(nw.col("guarantee_kind") == BANK).then(by_bank).otherwise(nw.lit(0)))
    )


_NEVER: Final = 2**31


def _ranked(guarantees: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    return (
        guarantees.select(GUARANTEE_COLUMNS)
        .with_columns(_callable=_callable_from(as_of_day), _one=nw.lit(1, dtype=nw.Int64))
        .with_columns(_rank=nw.col("_one").cum_sum().over("account", order_by=("to_day", "guarantee")).cast(nw.Int64))
        .select("account", "maximum_fen", "from_day", "to_day", "_callable", "_rank")
    )


def _after(left: nw.LazyFrame, guarantee: nw.LazyFrame) -> nw.LazyFrame:
    """What is left of each debt after at most one guarantee an account."""
    held = left.join(guarantee, on="account", how="left").with_columns(_secured=_secured())
    through = nw.col("_secured").cum_sum().over("account", order_by=("due_day", "bill")).cast(nw.Int64)
    room = nw.coalesce(nw.col("maximum_fen"), nw.lit(0)) - (nw.col("_through") - nw.col("_secured"))
    taken = nw.max_horizontal(nw.min_horizontal(nw.col("_secured"), room), nw.lit(0))
    columns: Sequence[str] = (*DEBT_COLUMNS, "_left")
    return held.with_columns(_through=through).with_columns(_left=nw.col("_left") - taken).select(columns)


def _secured() -> nw.Expr:
    """What of a debt the guarantee beside it reaches, whatever its maximum [fen]."""
    in_time = (nw.col("incurred_day") >= nw.col("from_day")) & (nw.col("incurred_day") < nw.col("to_day"))
    reached = in_time & (nw.col("due_day") >= nw.col("_callable"))
    return nw.when(nw.coalesce(reached, nw.lit(value=False))).then(nw.col("_left")).otherwise(nw.lit(0))


def _ending_covers(guarantees: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    days = nw.col("to_day") - as_of_day
    rung = nw.lit(RUNGS[-1])
    for limit in reversed(RUNGS[:-1]):
        rung = nw.when(days <= limit).then(nw.lit(limit)).otherwise(rung)
    rung = nw.when(days <= 0).then(nw.lit(0)).otherwise(rung)
    return guarantees.filter(days <= RUNGS[-1]).select(
        "guarantee",
        "account",
        ending=nw.lit("cover"),
        rung_days=rung.cast(nw.Int64),
        at_stake_fen=nw.col("maximum_fen"),
    )


def _ending_claims(debts: nw.LazyFrame, guarantees: nw.LazyFrame) -> nw.LazyFrame:
    sureties = guarantees.filter(nw.col("guarantee_kind") == THIRD_PARTY)
    due, incurred = nw.col("due_day"), nw.col("incurred_day")
    rung = nw.lit(RUNGS[-1])
    for limit in reversed(RUNGS[:-1]):
        rung = nw.when(due < nw.col(f"period_{limit}_from_day")).then(nw.lit(limit)).otherwise(rung)
    rung = nw.when(due < nw.col("period_from_day")).then(nw.lit(0)).otherwise(rung)
    return (
        debts.select(DEBT_COLUMNS)
        .join(sureties.select(GUARANTEE_COLUMNS), on="account", how="inner")
        .filter((incurred >= nw.col("from_day")) & (incurred < nw.col("to_day")) & (nw.col("owed_fen") > 0))
        .filter(due < nw.col(f"period_{RUNGS[-1]}_from_day"))
        .with_columns(rung_days=rung.cast(nw.Int64))
        .group_by("guarantee", "account", "rung_days")
        .agg(at_stake_fen=nw.col("owed_fen").sum())
        .select("guarantee", "account", ending=nw.lit("claim"), rung_days="rung_days", at_stake_fen="at_stake_fen")
    )
