"""Which thresholds were passed tonight, and who is told? Once a fall of the balance, whatever runs again.

What is passed is appended with the message that tells of it, where one could be ordered; a threshold is recorded the
night it is passed, told or not, and told as soon as its customer can be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import narwhals as nw
import polars as pl

from zaikong.application.balances.telling import Told, order_warnings
from zaikong.application.documents.letterhead import letterhead
from zaikong.application.messaging.ordering import Supplier
from zaikong.domain.feecontrol.crossing import (
    FALL_COLUMNS,
    PASSED_COLUMNS,
    TOLD_COLUMNS,
    crossings,
    falls,
    warnings_due,
)
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import TIME_ZONE, moment_number
from zaikong.store.queries import balances as reads


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """What tonight's crossings came to.

    Attributes:
        states: `crossing.STATE_COLUMNS` after tonight.
        by_kind: Crossings recorded tonight by kind.
        told: What was ordered.
    """

    states: pl.DataFrame
    by_kind: Mapping[str, int]
    told: Told


def cross_thresholds(balances: pl.DataFrame, thresholds: pl.DataFrame, *, as_of: date, now: datetime) -> Crossed:
    """Record tonight's crossings and order their messages, in the transaction of the caller.

    Args:
        balances: `crossing.FALL_COLUMNS` and what `estimate.BALANCE_ANSWER` names.
        thresholds: `estimate.THRESHOLD_COLUMNS`.
        as_of: The business date.
        now: The moment of tonight.
    """
    at = moment_number(now)
    entry = checked(nw.from_native(balances.lazy()), FALL_COLUMNS, rule="crossings")
    limits = nw.from_native(thresholds.lazy())
    known = reads.passed(at=now)
    record = checked(nw.from_native(known.lazy()), PASSED_COLUMNS, rule="crossings")
    new = collected(crossings(entry, limits, record, at=at))
    states = collected(falls(entry, limits, at=at))
    passed = pl.concat([known.select(PASSED_COLUMNS), new.select(PASSED_COLUMNS)])
    told = order_warnings(
        _due(states, passed, now).join(
            balances.select("account", "available_fen", "overdraft_limit_fen"), on="account"
        ),
        supplier=_supplier(),
        as_of=as_of,
        now=now,
    )
    _append(new, told, as_of=as_of)
    return Crossed(states, dict(new.group_by("crossing").len().sort("crossing").iter_rows()), told)


def _due(states: pl.DataFrame, passed: pl.DataFrame, now: datetime) -> pl.DataFrame:
    told = checked(nw.from_native(reads.told(at=now).lazy()), TOLD_COLUMNS, rule="warnings_due")
    return collected(warnings_due(nw.from_native(states.lazy()), nw.from_native(passed.lazy()), told))


def _supplier() -> Supplier:
    head = letterhead()
    return Supplier(company=head.supplier_name, hotline=head.contact_phone)


def _append(new: pl.DataFrame, told: Told, *, as_of: date) -> None:
    named = pl.DataFrame(
        list(told.messages.items()), schema={"account": pl.Int64, "message_id": pl.Int64}, orient="row"
    )
    recovered = pl.col("crossing") == "recovered"
    reads.append_crossings(
        new.join(named, on="account", how="left")
        .select(
            pl.col("account").alias("account_id"),
            pl.col("crossing").alias("kind"),
            "threshold",
            "available_fen",
            pl.lit(as_of).alias("night_date"),
            pl.col("fallen_at").cast(pl.Datetime("us")).dt.replace_time_zone(TIME_ZONE.key),
            pl.when(~recovered).then(pl.col("message_id")).alias("message_id"),
        )
        .sort("account_id", "kind", "threshold")
    )
