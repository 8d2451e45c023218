"""Which actions are open for a case on a day, and if none is, why?

A case that is disputed, paused, or under a promise whose day has not come is left alone altogether. An action further
waits for its days overdue, for the law's gate, for the contact limits, and for a working day if it reaches the customer.
A missing gate opens nothing.

Basis: a stop notice only after demand and a reasonable period, a last notice thirty minutes before the cut on its day
(《民法典》 article 654; 供电营业规则); rest days and contact limits are the company's own.
"""

from typing import Final

import narwhals as nw

from zaikong.domain.collection.uplift.table import Action, CollectionUplift

CASE_COLUMNS: Final = (
    "case",
    "category",
    "grade",
    "open_fen",
    "days_overdue",
    "contacts_today",
    "contacts_7d",
    "disputed",
    "under_review",
    "paused_to_day",
    "promise_due_day",
    "demand_from_day",
    "stop_notice_from_day",
    "final_notice_day",
    "legal_from_day",
)
"""What the openings read of a case; a day is 0 where there is none, `paused_to_day` is the first day after the pause."""

_GATE_COLUMN: Final = {
    "demand": "demand_from_day",
    "stop_notice": "stop_notice_from_day",
    "final_notice": "final_notice_day",
    "legal": "legal_from_day",
}


def closed_reasons(cases: nw.LazyFrame, *, day: int) -> nw.LazyFrame:
    """Why a case is left alone today.

    Args:
        cases: `CASE_COLUMNS`.
        day: Today [day].

    Returns:
        The rows with `closed`: `DISPUTED`, `PAUSED`, `PROMISED`, `NOTHING_OPEN`, or empty when work may be done.
    """
    return cases.with_columns(
        closed=nw.when(nw.col("open_fen") <= 0)
        .then(nw.lit("NOTHING_OPEN"))
        .otherwise(
            nw.when(nw.col("disputed"))
            .then(nw.lit("DISPUTED"))
            .otherwise(
                nw.when(nw.col("paused_to_day") > day)
                .then(nw.lit("PAUSED"))
                .otherwise(
                    nw.when(nw.col("promise_due_day") > day).then(nw.lit("PROMISED")).otherwise(nw.lit("")),
                ),
            ),
        )
    )


def openings(cases: nw.LazyFrame, *, table: CollectionUplift, day: int, working_day: bool) -> nw.LazyFrame:
    """Every action that may be taken today.

    Args:
        cases: `CASE_COLUMNS`.
        table: The edition in force.
        day: Today [day].
        working_day: Whether customers may be reached today.

    Returns:
        `CASE_COLUMNS` and `action`, one row a case and open action.
    """
    free = closed_reasons(cases, day=day).filter(nw.col("closed") == "").drop("closed")
    parts = [
        free.filter(_may(action, table=table, day=day)).with_columns(action=nw.lit(code))
        for code, action in table.actions.items()
        if working_day or not action.contact
    ]
    return nw.concat(parts) if parts else free.filter(nw.lit(False)).with_columns(action=nw.lit(""))


def _may(action: Action, *, table: CollectionUplift, day: int) -> nw.Expr:
    may = nw.col("days_overdue") >= action.from_days
    if action.gate == "final_notice":
        may = may & (nw.col("final_notice_day") == day)
    elif action.gate != "none":
        opens = nw.col(_GATE_COLUMN[action.gate])
        may = may & (opens > 0) & (opens <= day)
    if action.gate in {"stop_notice", "final_notice"}:
        may = may & ~nw.col("under_review")
    if action.counted:
        may = may & (nw.col("contacts_today") < table.limits.per_day) & (nw.col("contacts_7d") < table.limits.per_week)
    return may
