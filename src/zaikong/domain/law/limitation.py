"""When does the limitation period 诉讼时效 of a debt end, and how many days are left?

A period of years runs from the due date and starts anew with each event that interrupts it, as long as it has not
ended; an event on its last day still does, one after it interrupts nothing, however many follow. What happened on or
before the due date interrupts nothing, for nothing ran. Twenty years from the due date the period ends whatever
happened. It ends on the day of the same date (28 February where 29 February is wanting). A last day that is a day of
rest is not moved on: the earlier day is the safe one.

A suit and a claim in bankruptcy interrupt until they end: the application records the end as one more event. The day a
demand counts from is that on which it reached the debtor; proving it is the caller's.

A period of an older law that still ran when a newer came into force has the years of the newer.

Basis: 《民法典》 articles 188, 195 and 202; 《最高人民法院关于审理民事案件适用诉讼时效制度若干问题的规定》 articles 8 and 11;
法释〔2018〕12号 for debts of before 1 October 2017.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import narwhals as nw

from zaikong.domain.law.parameters import NATION, Limitation, in_law, versions
from zaikong.kernel.money import natural_quotient
from zaikong.kernel.period import day_number

DEBT_COLUMNS: Final = ("debt", "due_day")
"""What `limitation_clock` reads of a debt."""

INTERRUPTION_COLUMNS: Final = ("debt", "interruption", "day")
"""What it reads of an event; `interruption` is one of `INTERRUPTIONS`."""

INTERRUPTIONS: Final = (
    "demand_delivered",
    "acknowledged",
    "part_payment",
    "payment_order",
    "suit",
    "claim_filed",
)
"""Events that start the period anew; a word that is none of these interrupts nothing."""

CLOCK_COLUMNS: Final = ("debt", "from_event_day", "expires_day", "days_left", "alert")
"""Answer: `from_event_day` the due day or the last event that counted; `alert` how many alert days are passed, one
more once the period has ended, 0 for none."""

_MARCH_1968_TO_EPOCH = 671
_FOUR_YEARS = 1461


@dataclass(frozen=True, slots=True)
class LimitationLaw:
    """The years of each law.

    Attributes:
        years: First day in force and years, oldest first [day, year].
        absolute_years: From the due date, whatever interrupts [year].
        alert_days: Days left from which each alert stands, the mildest first [day].
    """

    years: tuple[tuple[int, int], ...]
    absolute_years: int
    alert_days: tuple[int, ...]


def limitation_law(*, as_of: date, years: int | None = None, jurisdiction: str = NATION) -> LimitationLaw:
    """The law of limitation as known on a day.

    Args:
        as_of: Laws that take effect later are not looked at.
        years: One period for every debt instead, whatever its day [year].
        jurisdiction: The company's place.

    Raises:
        UnableToFindValueError: No law is in force.
    """
    now = in_law(Limitation, as_of=as_of, jurisdiction=jurisdiction).value
    known = sorted(
        (day_number(version.effective_from), version.value.years)
        for version in versions(Limitation)
        if version.jurisdiction == NATION and version.effective_from <= as_of
    )
    return LimitationLaw(
        years=((0, years),) if years else tuple(known),
        absolute_years=now.absolute_years,
        alert_days=now.alert_days,
    )


def limitation_clock(
    debts: nw.LazyFrame, interruptions: nw.LazyFrame, *, as_of_day: int, law: LimitationLaw
) -> nw.LazyFrame:
    """Where the clock of each debt stands.

    Args:
        debts: One row a debt with `DEBT_COLUMNS`.
        interruptions: Rows with `INTERRUPTION_COLUMNS`, any number a debt, in any order; those after `as_of_day` are
            not yet known.
        as_of_day: Day of the question [day].
        law: From `limitation_law`.

    Returns:
        One row a debt with `CLOCK_COLUMNS`.
    """
    starts = _starts(debts, interruptions, as_of_day)
    last = starts.group_by("debt").agg(from_event_day=nw.col("_start").max())
    gap = _ended(starts, law).group_by("debt").agg(_gap=nw.col("_start").min())
    absolute = years_later(nw.col("due_day"), law.absolute_years)
    return (
        debts.select("debt", "due_day")
        .join(last, on="debt", how="left")
        .join(gap, on="debt", how="left")
        .with_columns(from_event_day=nw.coalesce(nw.col("_gap"), nw.col("from_event_day")))
        .with_columns(expires_day=nw.min_horizontal(_end(nw.col("from_event_day"), law), absolute))
        .with_columns(days_left=nw.col("expires_day") - as_of_day)
        .with_columns(alert=_alert(law.alert_days))
        .select(CLOCK_COLUMNS)
    )


def years_later(day: nw.Expr, years: int) -> nw.Expr:
    """The day of the same date some years on; 28 February where 29 February is wanting.

    Args:
        day: int64 day number from 1970 on [day].
        years: How many [year]; the day found lies before March 2100.

    Returns:
        int64 day number [day].
    """
    # years are counted from 1 March, so that 29 February is the last day of one
    since = day + _MARCH_1968_TO_EPOCH
    year = natural_quotient(since * 4 + 3, _FOUR_YEARS)
    same = since - _march(year) + _march(year + years)
    last = _march(year + years + 1) - 1
    return nw.min_horizontal(same, last) - _MARCH_1968_TO_EPOCH


def _starts(debts: nw.LazyFrame, interruptions: nw.LazyFrame, as_of_day: int) -> nw.LazyFrame:
    """Days a period starts on or would: the due day and each event after it."""
    events = (
        interruptions.filter(nw.col("interruption").is_in(list(INTERRUPTIONS)), nw.col("day") <= as_of_day)
        .join(debts.select("debt", "due_day"), on="debt", how="inner")
        .filter(nw.col("day") > nw.col("due_day"))
        .select("debt", _start="day")
    )
    return nw.concat([debts.select("debt", _start="due_day"), events]).unique(["debt", "_start"])


def _ended(starts: nw.LazyFrame, law: LimitationLaw) -> nw.LazyFrame:
    """Starts whose period ended before the next one came."""
    following = nw.col("_start").shift(-1).over("debt", order_by="_start")
    return starts.with_columns(_next=following).filter(nw.col("_next") > _end(nw.col("_start"), law))


def _end(start: nw.Expr, law: LimitationLaw) -> nw.Expr:
    """Last day of a period, by the first law under which it had ended before a newer came."""
    *older, newest = law.years
    end = years_later(start, newest[1])
    for (_, years), (replaced, _) in reversed(list(zip(older, law.years[1:], strict=True))):
        own = years_later(start, years)
        end = nw.when(own < replaced).then(own).otherwise(end)
    return end


def _march(year: nw.Expr) -> nw.Expr:
    return natural_quotient(year * _FOUR_YEARS, 4)


def _alert(alert_days: Sequence[int]) -> nw.Expr:
    alert: nw.Expr = nw.lit(0, nw.Int64)
    for limit in alert_days:
        alert = alert + (nw.col("days_left") <= limit).cast(nw.Int64)
    return alert + (nw.col("days_left") < 0).cast(nw.Int64)
