"""Whose supply is retained by the books, which meters are compared with that, is a supply in use, and how long do faults last?"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
from django.db import connection
from django.db.models import Q, QuerySet

from zaikong.store import bulk
from zaikong.store.models import Account, CutOrder, DailyUse, FeeControlDevice, Meter, RestoreOrder
from zaikong.store.queries import cut_facts
from zaikong.store.queries.restoring import standing_cuts

IN_USE_DAYS = 62
"""How far back use counts for a supply being in use [day]."""

SHORT = frozenset({"promise", "pause"})
"""Reasons that end within days: the cut rule guards them at its moment, a switch at the meter would not keep up."""

_TRIAL_LOCK = "zaikong device trial"


def retained_by_books(accounts: Iterable[int], *, at: datetime) -> dict[int, tuple[str, ...]]:
    """Accounts whose supply is to be retained at the meter too, with the reasons in order of their words.

    Args:
        accounts: Which.
        at: The moment.
    """
    asked = sorted(set(accounts))
    if not asked:
        return {}
    frame = pl.DataFrame({"account": asked, "cut_order": [None] * len(asked)}, schema_overrides={"cut_order": pl.Int64})
    cut_facts.stage(frame, at=at, final_by=at)
    found = {row["account"]: _reasons(row) for row in cut_facts.facts().iter_rows(named=True)}
    return {account: reasons for account, reasons in found.items() if reasons}


def _reasons(row: dict[str, Any]) -> tuple[str, ...]:
    words = {word for word in row["protected_by"].split(",") if word} - SHORT
    words |= {"important_user"} if row["important_user"] != "none" else set()
    words |= {"dispute"} if row["disputed"] else set()
    words |= {"instalments"} if row["instalment_honoured"] else set()
    return tuple(sorted(words))


def meters_retaining() -> QuerySet[Meter]:
    """Meters in place that have a relay and are reached, in the order of their numbers."""
    return (
        Meter.objects.select_related("concentrator")
        .filter(removed_date__isnull=True, concentrator__in_service=True, protocol__in=("dlt645", "dlt698"))
        .exclude(address="")
        .exclude(relay="none")
        .order_by("meter_no")
    )


def in_use(account: Account, *, on: date) -> bool:
    """Whether somebody lives or works on this supply, as far as is known; what is not known counts as use.

    Args:
        account: Whose.
        on: The day.
    """
    since = on - timedelta(days=IN_USE_DAYS)
    known = DailyUse.objects.filter(account=account, current=True, use_date__gte=since)
    if known.exists():
        return known.filter(centi_kwh__gt=0).exists()
    return account.contract_date < since or DailyUse.objects.filter(account=account).exists()


def cut_stands(account: int) -> bool:
    """Whether a cut of the account took supply, may have, is about to, or is being given back."""
    if standing_cuts(pl.Series("account", [account], pl.Int64)):
        return True
    about = CutOrder.objects.filter(account_id=account, state="reserved").exists()
    return about or RestoreOrder.objects.filter(account_id=account).exclude(state="done").exists()


def on_trial() -> QuerySet[FeeControlDevice]:
    """Devices whose acceptance tripped, or may have, and whose supply was not read back on; the oldest first."""
    return FeeControlDevice.objects.filter(trial_since_at__isnull=False).order_by("trial_since_at")


def hold_trial(device: int) -> bool:
    """Hold the trial of a device for this connection; it goes with the connection, however the process ends.

    Returns:
        Whether it is held; not where another process is at it.
    """
    return bool(_locked("SELECT pg_try_advisory_lock(hashtext(%s), %s)", device))


def release_trial(device: int) -> None:
    """Let go of a trial held."""
    _locked("SELECT pg_advisory_unlock(hashtext(%s), %s)", device)


def _locked(statement: str, device: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_TRIAL_LOCK, device])
        return cursor.fetchone()[0]


def lock_numbers() -> None:
    """Let nobody else number a device until the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", ["zaikong device numbers"])


def fault_times(*, since: datetime, until: datetime) -> pl.DataFrame:
    """Faults by kind: how many were opened in a time, are still open at its end, and how long the cleared ones took.

    Args:
        since: First moment of opening.
        until: First moment after.

    Returns:
        `kind, opened, still_open, cleared, median_minutes, p90_minutes, oldest_open_minutes`, the kind `all` last; times are
        whole minutes, null where there is none [min].
    """
    moment = pl.DataFrame({"since": [since.isoformat()], "until": [until.isoformat()]})
    bulk.stage(moment, "fault_span", {"since": "timestamptz", "until": "timestamptz"})
    return bulk.fetch(_FAULTS, _FAULT_COLUMNS)


def devices_of(account: int) -> QuerySet[FeeControlDevice]:
    """Devices of an account that are not at their end."""
    return FeeControlDevice.objects.filter(~Q(state="retired"), account_id=account)


_FAULT_COLUMNS = {
    "kind": pl.String,
    "opened": pl.Int64,
    "still_open": pl.Int64,
    "cleared": pl.Int64,
    "median_minutes": pl.Int64,
    "p90_minutes": pl.Int64,
    "oldest_open_minutes": pl.Int64,
}

_MINUTES = "(extract(epoch FROM {}) / 60)::bigint"

_FAULTS = f"""
    SELECT coalesce(kind, 'all'), count(*), count(*) FILTER (WHERE open), count(*) FILTER (WHERE NOT open),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE NOT open),
        percentile_disc(0.9) WITHIN GROUP (ORDER BY minutes) FILTER (WHERE NOT open),
        max(minutes) FILTER (WHERE open)
    FROM (
        SELECT f.kind, f.cleared_at IS NULL OR f.cleared_at >= s.until AS open,
            CASE WHEN f.cleared_at IS NULL OR f.cleared_at >= s.until THEN {_MINUTES.format("s.until - f.opened_at")}
                 ELSE {_MINUTES.format("f.cleared_at - f.opened_at")} END AS minutes
        FROM zaikong_devicefault f CROSS JOIN fault_span s
        WHERE f.opened_at >= s.since AND f.opened_at < s.until
    ) faults
    GROUP BY GROUPING SETS ((kind), ())
    ORDER BY kind NULLS LAST
"""
