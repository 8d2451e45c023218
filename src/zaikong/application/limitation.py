"""Which claims run out next, from which event does each clock run, and what proves it? 诉讼时效台账.

Basis: `domain.law.limitation`; 诉讼时效规定 article 8: a demand counts from the day it reached the debtor.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.law.limitation import DEBT_COLUMNS, INTERRUPTION_COLUMNS, limitation_clock, limitation_law
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import date_of_day, day_number
from zaikong.store.queries import limitation as reads
from zaikong.store.queries.scope import Scope

COUNTY = Scope(station_id=None)


@dataclass(frozen=True, slots=True)
class Claim:
    """One debt and its clock.

    Attributes:
        bill: Bill.
        account_no: Account number.
        month: Billing month.
        due_date: Due day.
        open_fen: Principal open [fen].
        from_date: What the clock runs from: the due day or the last event that counted.
        expires_date: Last day.
        days_left: Days to it, negative once past [day].
        alert: How many alerts are passed; one more once expired; 0 for none.
        interruption: The event it runs from; empty for the due day.
        proof: What proves it.
    """

    bill: int
    account_no: str
    month: int
    due_date: date
    open_fen: int
    from_date: date
    expires_date: date
    days_left: int
    alert: int
    interruption: str
    proof: str


@dataclass(frozen=True, slots=True)
class Queue:
    """Claims by days left.

    Attributes:
        claims: The claims asked for, those that run out first in front.
        by_alert: Alert to how many claims and how much [fen], over the whole scope.
        alert_days: Days left from which each alert stands [day].
    """

    claims: list[Claim]
    by_alert: dict[int, tuple[int, int]]
    alert_days: tuple[int, ...]


def limitation_queue(*, as_of: date, scope: Scope = COUNTY, least_alert: int = 0, most: int = 200) -> Queue:
    """Claims by days left.

    Args:
        as_of: The day; what happens later is not known.
        scope: The part of the county that is seen.
        least_alert: Only claims with at least this alert.
        most: At most so many claims.
    """
    law = limitation_law(as_of=as_of)
    debts = reads.overdue_debts(as_of=as_of, scope=scope)
    events = reads.interruptions(as_of=as_of)
    clock = collected(
        limitation_clock(
            _entry(debts, DEBT_COLUMNS), _entry(events, INTERRUPTION_COLUMNS), as_of_day=day_number(as_of), law=law
        )
    ).join(debts, on="debt")
    sums = clock.group_by("alert").agg(pl.len(), pl.col("open_fen").sum()).sort("alert")
    first = clock.filter(pl.col("alert") >= least_alert).sort("days_left", "debt").head(most)
    proved = (
        events.sort("debt", "day", "interruption", "proof")
        .unique(["debt", "day"], keep="first", maintain_order=True)
        .rename({"day": "from_event_day"})
    )
    rows = first.join(proved, on=["debt", "from_event_day"], how="left").sort("days_left", "debt")
    return Queue(
        claims=[_claim(row) for row in rows.iter_rows(named=True)],
        by_alert={row[0]: (row[1], row[2]) for row in sums.iter_rows()},
        alert_days=tuple(law.alert_days),
    )


def _claim(row: dict[str, Any]) -> Claim:
    return Claim(
        bill=row["debt"],
        account_no=row["account_no"],
        month=row["month"],
        due_date=date_of_day(row["due_day"]),
        open_fen=row["open_fen"],
        from_date=date_of_day(row["from_event_day"]),
        expires_date=date_of_day(row["expires_day"]),
        days_left=row["days_left"],
        alert=row["alert"],
        interruption=row["interruption"] or "",
        proof=row["proof"] or "",
    )


def _entry(frame: pl.DataFrame, columns: tuple[str, ...]) -> nw.LazyFrame[Any]:
    return checked(nw.from_native(frame.select(list(columns)).lazy()), columns, rule="limitation_clock")
