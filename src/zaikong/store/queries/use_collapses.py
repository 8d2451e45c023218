"""Which use is watched, which collapses stand, and what did a night see of them?"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import polars as pl

from zaikong.store import bulk
from zaikong.store.models import UseCollapse

_EPOCH: Final = "date '1970-01-01'"
_ACCOUNTS_AT_A_TIME: Final = 100_000
_BEYOND: Final = 2**62
_USE: Final = {"account": pl.Int64, "day": pl.Int64, "centi_kwh": pl.Int64, "source": pl.String}
_STANDING: Final = {
    "account": pl.Int64,
    "collapse": pl.String,
    "onset_day": pl.Int64,
    "alarm_day": pl.Int64,
    "usual_centi_kwh": pl.Int64,
}
_SEEN: Final = {**_STANDING, "collapse_state": pl.String, "observed_centi_kwh": pl.Int64}
_SQL_TYPES: Final = {name: "text" if kind == pl.String else "bigint" for name, kind in _SEEN.items()}
_WATCHED: Final = "a.category <> 'residential' AND (a.closed_date IS NULL OR a.closed_date > %s)"


def lock() -> None:
    """Let one process at a time watch use, until the end of the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_use_collapse'))")


def watched_accounts(*, as_of: date) -> Iterator[tuple[int, int]]:
    """Ranges of account keys, the second not included, each with about as many accounts watched.

    Homes are not watched: that they stand empty says nothing about a debt.
    """
    bounds = bulk.fetch(
        f"SELECT id FROM (SELECT a.id, row_number() OVER (ORDER BY a.id) AS place FROM zaikong_account a WHERE {_WATCHED}) k "
        "WHERE place % %s = 1 ORDER BY id",
        {"id": pl.Int64},
        [as_of, _ACCOUNTS_AT_A_TIME],
    )["id"].to_list()
    # a collapse may still stand of an account that is watched no more: the ranges cover every key
    first = [0, *bounds[1:]]
    yield from zip(first, [*first[1:], _BEYOND], strict=True)


def daily_use(accounts: tuple[int, int], *, until: date, days: int) -> pl.DataFrame:
    """The use that counts of the accounts watched in a range: `account`, `day`, `centi_kwh`, `source`.

    Args:
        accounts: Range of account keys, the second not included.
        until: Last day.
        days: Days up to and with it.
    """
    return bulk.fetch(
        f"""
        SELECT u.account_id, u.use_date - {_EPOCH}, u.centi_kwh, u.source
        FROM zaikong_dailyuse u JOIN zaikong_account a ON a.id = u.account_id
        WHERE u.current AND u.use_date > %s AND u.use_date <= %s AND a.id >= %s AND a.id < %s AND {_WATCHED}
        """,
        _USE,
        [until - timedelta(days), until, *accounts, until],
    )


def standing(accounts: tuple[int, int], *, before: date) -> pl.DataFrame:
    """The collapses of a range of accounts that stood when a night began, as that night found them."""
    return bulk.fetch(
        f"""
        SELECT account_id, CASE WHEN stopped_date < %s THEN 'stop' ELSE 'drop' END,
               onset_date - {_EPOCH}, alarm_date - {_EPOCH}, usual_centi_kwh
        FROM zaikong_usecollapse
        WHERE alarm_date < %s AND (ended_date IS NULL OR ended_date >= %s) AND account_id >= %s AND account_id < %s
        """,
        _STANDING,
        [before, before, before, *accounts],
    )


def keep(seen: pl.DataFrame, *, night: date) -> None:
    """Write what a night saw; what an earlier run of the same night wrote is replaced.

    Args:
        seen: Rows of `use_collapses` but those of state `holiday`, of every account watched.
        night: The morning they are seen on.
    """
    bulk.execute("DELETE FROM zaikong_usecollapse WHERE alarm_date = %s", [night])
    bulk.stage(seen.select(list(_SEEN)), "collapse_seen", _SQL_TYPES)
    bulk.execute(
        f"""
        UPDATE zaikong_usecollapse c SET
            stopped_date = CASE WHEN c.stopped_date < %s THEN c.stopped_date WHEN k.collapse = 'stop' THEN %s END,
            observed_centi_kwh = coalesce(k.observed_centi_kwh, c.observed_centi_kwh),
            ended_date = CASE WHEN k.collapse_state IN ('recovered', 'settled') THEN %s END,
            outcome = CASE WHEN k.collapse_state IN ('recovered', 'settled') THEN k.collapse_state ELSE '' END
        FROM collapse_seen k
        WHERE c.account_id = k.account AND c.alarm_date = {_EPOCH} + k.alarm_day::int AND k.collapse_state <> 'opened'
        """,
        [night, night, night],
    )
    bulk.execute(
        f"""
        INSERT INTO zaikong_usecollapse
            (account_id, onset_date, alarm_date, stopped_date, usual_centi_kwh, observed_centi_kwh, outcome)
        SELECT account, {_EPOCH} + onset_day::int, {_EPOCH} + alarm_day::int,
               CASE WHEN collapse = 'stop' THEN {_EPOCH} + alarm_day::int END, usual_centi_kwh, observed_centi_kwh, ''
        FROM collapse_seen WHERE collapse_state = 'opened' ORDER BY account
        """
    )


def later_night(night: date) -> date | None:
    """A night after this one that has seen or ended a collapse, if there is one."""
    found = bulk.fetch(
        "SELECT max(seen) FROM (SELECT alarm_date AS seen FROM zaikong_usecollapse "
        "UNION ALL SELECT ended_date FROM zaikong_usecollapse UNION ALL SELECT stopped_date FROM zaikong_usecollapse) k "
        "WHERE seen > %s",
        {"seen": pl.Date},
        [night],
    )["seen"].to_list()
    return found[0] if found else None


def of_account(account: int) -> list[UseCollapse]:
    """Collapses of an account, the latest first."""
    return list(UseCollapse.objects.filter(account_id=account))


def standing_facts(*, night: date) -> pl.DataFrame:
    """Collapses that stand: `account`, `collapse`, `days_low`, `usual_centi_kwh`, `observed_centi_kwh`."""
    return bulk.fetch(
        "SELECT account_id, CASE WHEN stopped_date IS NULL THEN 'drop' ELSE 'stop' END, %s - onset_date, "
        "usual_centi_kwh, coalesce(observed_centi_kwh, 0) FROM zaikong_usecollapse WHERE ended_date IS NULL "
        "ORDER BY account_id",
        {
            "account": pl.Int64,
            "collapse": pl.String,
            "days_low": pl.Int64,
            "usual_centi_kwh": pl.Int64,
            "observed_centi_kwh": pl.Int64,
        },
        [night],
    )
