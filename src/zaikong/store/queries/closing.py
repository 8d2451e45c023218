"""What did a business date move, and where do the books stand at its end? Sums for the day book and the month close."""

from datetime import date, timedelta
from typing import Any

import polars as pl

from zaikong.store import bulk

_INT = pl.Int64

BILLED_LATELY = timedelta(days=92)
"""How far back from an estimate bills are counted that it knows of."""


def movements(from_date: date, to_date: date) -> pl.DataFrame:
    """Turnover by event and general ledger account over `[from_date, to_date)`.

    Returns:
        `event`, `gl`, `debit_fen`, `credit_fen`, `transactions`.
    """
    return bulk.fetch(
        "SELECT event, gl, coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0)::bigint, "
        "coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0)::bigint, count(DISTINCT transaction) "
        "FROM zaikong_leg WHERE booked_date >= %s AND booked_date < %s GROUP BY event, gl ORDER BY event, gl",
        {"event": pl.String, "gl": pl.String, "debit_fen": _INT, "credit_fen": _INT, "transactions": _INT},
        [from_date, to_date],
    )


def balances_before(day: date) -> pl.DataFrame:
    """Balance of each general ledger account before a day (debit positive): `gl`, `balance_fen`."""
    return bulk.fetch(
        "SELECT gl, sum(amount_fen)::bigint FROM zaikong_leg WHERE booked_date < %s GROUP BY gl ORDER BY gl",
        {"gl": pl.String, "balance_fen": _INT},
        [day],
    )


def bills_issued(from_date: date, to_date: date) -> pl.DataFrame:
    """Bills issued over `[from_date, to_date)` by user category and kind: `category`, `kind`, `bills`, `centi_kwh`, `total_fen`."""
    return bulk.fetch(
        "SELECT a.category, b.kind, count(*), sum(b.centi_kwh)::bigint, sum(b.total_fen)::bigint FROM zaikong_bill b "
        "JOIN zaikong_account a ON a.id = b.account_id WHERE b.issued_date >= %s AND b.issued_date < %s "
        "GROUP BY a.category, b.kind ORDER BY a.category, b.kind",
        {"category": pl.String, "kind": pl.String, "bills": _INT, "centi_kwh": _INT, "total_fen": _INT},
        [from_date, to_date],
    )


def receipts(from_date: date, to_date: date) -> pl.DataFrame:
    """Receipts booked over `[from_date, to_date)` by channel and state now: `channel`, `state`, `receipts`, `amount_fen`."""
    return bulk.fetch(
        "SELECT channel, state, count(*), sum(amount_fen)::bigint FROM zaikong_payment "
        "WHERE booked_date >= %s AND booked_date < %s GROUP BY channel, state ORDER BY channel, state",
        {"channel": pl.String, "state": pl.String, "receipts": _INT, "amount_fen": _INT},
        [from_date, to_date],
    )


def unsettled_payments() -> dict[str, tuple[int, int]]:
    """Payments in transit and payments whose account is unknown: state to count and fen."""
    rows = bulk.fetch(
        "SELECT state, count(*), sum(amount_fen)::bigint FROM zaikong_payment "
        "WHERE state IN ('in_transit', 'unallocated') GROUP BY state",
        {"state": pl.String, "count": _INT, "amount_fen": _INT},
    )
    return {state: (count, fen) for state, count, fen in rows.iter_rows()}


def open_items() -> pl.DataFrame:
    """Items with anything open: `bill`, `account`, `month`, `from_day`, `due_day`, `open_fen`."""
    return bulk.fetch(
        "SELECT i.bill_id, i.account_id, i.month, b.from_date - date '1970-01-01', i.due_date - date '1970-01-01', "
        "i.open_fen FROM zaikong_openitem i JOIN zaikong_bill b ON b.id = i.bill_id WHERE i.open_fen > 0",
        {"bill": _INT, "account": _INT, "month": _INT, "from_day": _INT, "due_day": _INT, "open_fen": _INT},
    )


def account_money(month: int) -> pl.DataFrame:
    """Prepaid money and recent charge of every account.

    Args:
        month: The current month [YYYYMM]; the charge is that of the 12 months before it.

    Returns:
        `account`, `prepaid_fen`, `billed_fen`, `billed_days` of the 12 months before, `held_fen` and `held_from_day`
        of drafts that wait, `interim_fen` billed in interim bills of the month.
    """
    return bulk.fetch(
        """
        SELECT a.id, coalesce(p.prepaid_fen, 0), coalesce(r.fen, 0), coalesce(r.days, 0), coalesce(d.fen, 0), d.from_day,
            coalesce(i.fen, 0)
        FROM zaikong_account a
        LEFT JOIN zaikong_accountbalance p ON p.account_id = a.id
        LEFT JOIN (SELECT account_id, sum(total_fen)::bigint AS fen,
                       (max(to_date) - min(from_date))::bigint AS days
                   FROM zaikong_bill WHERE month >= %s AND month < %s AND kind <> 'interim' GROUP BY account_id) r
            ON r.account_id = a.id
        LEFT JOIN (SELECT account_id, sum(total_fen)::bigint AS fen, min(from_date) - date '1970-01-01' AS from_day
                   FROM zaikong_billdraft WHERE state = 'held' GROUP BY account_id) d ON d.account_id = a.id
        LEFT JOIN (SELECT b.account_id, sum(b.total_fen)::bigint AS fen FROM zaikong_bill b
                   WHERE b.month = %s AND b.kind = 'interim'
                   AND NOT EXISTS (SELECT 1 FROM zaikong_bill x WHERE x.reverses_id = b.id) GROUP BY b.account_id) i
            ON i.account_id = a.id
        """,
        {
            "account": _INT,
            "prepaid_fen": _INT,
            "billed_fen": _INT,
            "billed_days": _INT,
            "held_fen": _INT,
            "held_from_day": _INT,
            "interim_fen": _INT,
        },
        [month - 100, month, month],
    )


def billed_recently(as_of: date) -> pl.DataFrame:
    """What was billed lately to accounts that pay ahead: `account`, `billed_recently_fen`, credits left out.

    Read before anything else of an estimate: what is billed after it is then known to be billed after it.
    """
    return bulk.fetch(
        "SELECT b.account_id, sum(greatest(b.total_fen, 0))::bigint FROM zaikong_bill b "
        "JOIN zaikong_account a ON a.id = b.account_id AND a.payment_mode = 'prepaid' "
        "WHERE b.issued_date >= %s GROUP BY b.account_id",
        {"account": _INT, "billed_recently_fen": _INT},
        [as_of - BILLED_LATELY],
    )


def billed_to(month: int) -> pl.DataFrame:
    """Accounts whose whole month is billed or held: `account`, `to_day` (first day not yet covered)."""
    return bulk.fetch(
        "SELECT account_id, max(to_day) FROM ("
        "SELECT account_id, to_date - date '1970-01-01' AS to_day FROM zaikong_bill WHERE month = %s "
        "AND kind IN ('periodic', 'closing') UNION ALL SELECT account_id, to_date - date '1970-01-01' "
        "FROM zaikong_billdraft WHERE month = %s AND state = 'held' AND kind IN ('periodic', 'closing')) covered "
        "GROUP BY account_id",
        {"account": _INT, "to_day": _INT},
        [month, month],
    )


def year_totals(year: int, until: date) -> dict[str, int]:
    """What the collection rates of a year are made of, up to the day before `until` [fen].

    Returns:
        `receivable_fen`, `received_fen` (arrears brought forward included), `receivable_previous_years_fen`,
        `received_previous_years_fen`.
    """
    start = date(year, 1, 1)
    row = bulk.fetch(
        """
        SELECT
            coalesce((SELECT sum(total_fen) FROM zaikong_bill WHERE issued_date >= %s AND issued_date < %s), 0)::bigint,
            coalesce((SELECT sum(x.principal_fen) FROM zaikong_allocation x JOIN zaikong_bill b ON b.id = x.bill_id
                WHERE x.booked_date >= %s AND x.booked_date < %s AND b.issued_date >= %s), 0)::bigint,
            coalesce((SELECT sum(amount_fen) FROM zaikong_leg WHERE gl = '1122' AND booked_date < %s), 0)::bigint,
            coalesce((SELECT sum(x.principal_fen) FROM zaikong_allocation x JOIN zaikong_bill b ON b.id = x.bill_id
                WHERE x.booked_date >= %s AND x.booked_date < %s AND b.issued_date < %s), 0)::bigint
        """,
        {"issued": _INT, "received": _INT, "brought": _INT, "received_old": _INT},
        [start, until, start, until, start, start, start, until, start],
    ).row(0, named=True)
    return {
        "receivable_fen": row["issued"] + row["brought"],
        "received_fen": row["received"] + row["received_old"],
        "receivable_previous_years_fen": row["brought"],
        "received_previous_years_fen": row["received_old"],
    }


def exceptions(business_date: date) -> dict[str, Any]:
    """Open work: metering findings of the day by code, held bills, bill findings of the day's runs by code."""
    metering = bulk.fetch(
        "SELECT code, count(*) FROM zaikong_meteringfinding WHERE night_date = %s GROUP BY code ORDER BY code",
        {"code": pl.String, "count": _INT},
        [business_date],
    )
    billing = bulk.fetch(
        "SELECT f.code, count(*) FROM zaikong_billfinding f JOIN zaikong_billrun r ON r.id = f.run_id "
        "WHERE r.run_date = %s GROUP BY f.code ORDER BY f.code",
        {"code": pl.String, "count": _INT},
        [business_date],
    )
    held = bulk.fetch(
        "SELECT count(*), coalesce(sum(total_fen), 0)::bigint FROM zaikong_billdraft WHERE state = 'held'",
        {"count": _INT, "fen": _INT},
    ).row(0)
    return {
        "metering": dict(metering.iter_rows()),
        "billing": dict(billing.iter_rows()),
        "held_bills": held[0],
        "held_fen": held[1],
    }


def replace_exposures(frame: pl.DataFrame) -> int:
    """Replace each account's exposure by that of a new night."""
    bulk.execute("DELETE FROM zaikong_accountexposure")
    return bulk.write(frame, "zaikong_accountexposure")


def exposure_totals() -> dict[str, int]:
    """Sums over all accounts' exposures, and accounts by periods open."""
    names = (
        "not_due_fen",
        "days_1_30_fen",
        "days_31_60_fen",
        "days_61_90_fen",
        "over_90_fen",
        "cross_year_fen",
        "open_fen",
        "unbilled_fen",
        "prepaid_fen",
        "exposure_fen",
    )
    counts = {
        "accounts": "count(*)",
        "accounts_1_period": "count(*) FILTER (WHERE periods_open = 1)",
        "accounts_2_periods": "count(*) FILTER (WHERE periods_open = 2)",
        "accounts_3_periods": "count(*) FILTER (WHERE periods_open = 3)",
        "accounts_over_3_periods": "count(*) FILTER (WHERE periods_open > 3)",
        "exposed_accounts": "count(*) FILTER (WHERE exposure_fen > 0)",
        "median_exposure_days": (
            "coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY exposure_days) FILTER (WHERE exposure_fen > 0), 0)"
        ),
    }
    columns = [f"coalesce(sum({name}), 0)::bigint" for name in names] + [
        f"({text})::bigint" for text in counts.values()
    ]
    row = bulk.fetch(
        f"SELECT {', '.join(columns)} FROM zaikong_accountexposure", dict.fromkeys([*names, *counts], _INT)
    )
    return dict(row.row(0, named=True))
