"""What is known of every account that pays ahead: its money, its use since the last bill, its agreement, its present fall?"""

from datetime import date, datetime

import polars as pl

from zaikong.kernel.period import TIME_ZONE
from zaikong.store import bulk
from zaikong.store.queries.closing import BILLED_LATELY
from zaikong.store.queries.prepayment import OLD_DEBTS

_INT = pl.Int64
_EPOCH = "date '1970-01-01'"
_LONGEST_DAYS = 366

ACCOUNTS = {
    "account": _INT,
    "customer": _INT,
    "category": pl.String,
    "high_voltage": pl.Boolean,
    "prepaid_fen": _INT,
    "open_fen": _INT,
    "estimated_fen": _INT,
    "average_daily_fen": _INT,
    "billed_recently_fen": _INT,
    "measured_to_day": _INT,
    "grade": _INT,
    "strategy_name": pl.String,
    "overdraft_cap_fen": _INT,
    "fallen_at": _INT,
    "taken_back": pl.Boolean,
}
"""Facts of an account that pays ahead; `measured_to_day` may be null, `strategy_name` is empty where none is agreed."""

ANSWERED_FOR = f"""
    i.open_fen > 0 AND NOT i.disputed
    AND NOT EXISTS (SELECT 1 FROM ({OLD_DEBTS}) d WHERE d.account_id = i.account_id AND d.bill_id = i.bill_id)
"""
"""Whether a balance answers for an item `i`: posted and unpaid, not disputed, no old debt under an agreement."""

AVAILABLE_NOW = f"""
    (coalesce((SELECT m.prepaid_fen FROM zaikong_accountbalance m WHERE m.account_id = b.account_id), 0)
    - coalesce((SELECT sum(i.open_fen) FROM zaikong_openitem i WHERE i.account_id = b.account_id AND {ANSWERED_FOR}), 0)
    - greatest(least(b.estimated_fen, 0), b.estimated_fen - greatest(0, (
        SELECT coalesce(sum(greatest(l.total_fen, 0)), 0) FROM zaikong_bill l
        WHERE l.account_id = b.account_id AND l.issued_date >= b.as_of_date - {BILLED_LATELY.days}
    ) - b.billed_recently_fen)))::bigint
"""
"""What is available at this moment by the estimate `b`: the ledger now less the estimate, so that a top-up counts at
once. A bill released since the estimate stands in the books and in the estimate, and is taken once."""

TAKEN_BACK = "c.from_state = 'credited' AND c.to_state IN ('reversed', 'bounced')"
"""A change of a payment that took credited money back."""


_DAILY = """
    CASE WHEN e.average_daily_fen > 0 OR e.measured_to_date IS NULL THEN e.average_daily_fen
    -- no bill yet to average over: the days of the month so far
    ELSE greatest(e.unbilled_fen, 0)
        / greatest(e.measured_to_date - greatest(date_trunc('month', e.as_of_date)::date, a.contract_date) + 1, 1)
    END
"""


def moment_number_sql(column: str) -> str:
    """A moment of the tables as `kernel.period.moment_number` has it [us]."""
    return f"(extract(epoch FROM ({column} AT TIME ZONE 'Asia/Shanghai')) * 1000000)::bigint"


def prepaid_accounts(*, as_of: date) -> pl.DataFrame:
    """Every account that pays ahead and has an exposure of this night: `ACCOUNTS`."""
    return bulk.fetch(
        f"""
        WITH owed AS (
            SELECT i.account_id, sum(i.open_fen)::bigint AS open_fen FROM zaikong_openitem i
            JOIN zaikong_account p ON p.id = i.account_id AND p.payment_mode = 'prepaid'
            WHERE {ANSWERED_FOR} GROUP BY i.account_id
        ),
        back AS (
            SELECT y.account_id, max(c.booked_date) AS booked_date FROM zaikong_paymentchange c
            JOIN zaikong_payment y ON y.id = c.payment_id
            WHERE {TAKEN_BACK} AND c.booked_date <= %s GROUP BY y.account_id
        )
        SELECT a.id, a.customer_id, a.category, lower(s.voltage) ~ '^[1-9][0-9]*kv$',
            coalesce(m.prepaid_fen, 0), coalesce(o.open_fen, 0), e.unbilled_fen, {_DAILY},
            e.billed_recently_fen, e.measured_to_date - {_EPOCH}, coalesce(c.grade, 0), coalesce(g.strategy, ''),
            coalesce(g.overdraft_cap_fen, (k.terms #>> '{{prepayment,overdraft_fen}}')::bigint, 0),
            coalesce({moment_number_sql("b.fallen_at")}, 0),
            coalesce(t.booked_date > (b.fallen_at AT TIME ZONE 'Asia/Shanghai')::date, false)
        FROM zaikong_account a
        JOIN zaikong_supplypoint s ON s.id = a.supply_point_id
        JOIN zaikong_accountexposure e ON e.account_id = a.id AND e.as_of_date = %s
        LEFT JOIN zaikong_accountbalance m ON m.account_id = a.id
        LEFT JOIN owed o ON o.account_id = a.id
        LEFT JOIN zaikong_creditstanding c ON c.account_id = a.id
        LEFT JOIN zaikong_prepaymentagreement g ON g.account_id = a.id AND g.state = 'in_force' AND g.from_date <= %s
        LEFT JOIN zaikong_supplycontract k ON k.account_id = a.id AND k.state = 'in_force'
            AND k.terms ->> 'payment_mode' = 'prepaid'
        LEFT JOIN zaikong_prepaidbalance b ON b.account_id = a.id
        LEFT JOIN back t ON t.account_id = a.id
        WHERE a.payment_mode = 'prepaid' AND (a.closed_date IS NULL OR a.closed_date > %s)
        """,
        ACCOUNTS,
        [as_of, as_of, as_of, as_of],
    )


def agreed_limits(*, as_of: date) -> pl.DataFrame:
    """Thresholds that agreements in force name themselves: `account`, `crossing`, `threshold`, no row twice."""
    return bulk.fetch(
        f"""
        SELECT DISTINCT g.account_id, w.kind, w.threshold::bigint FROM zaikong_prepaymentagreement g
        CROSS JOIN LATERAL (
            SELECT 'warn' AS kind, x AS threshold FROM jsonb_array_elements_text(g.warn_fen) x
            UNION ALL SELECT 'days', x FROM jsonb_array_elements_text(g.warn_days) x WHERE x::bigint <= {_LONGEST_DAYS}
        ) w
        WHERE g.state = 'in_force' AND g.from_date <= %s
        """,
        {"account": _INT, "crossing": pl.String, "threshold": _INT},
        [as_of],
    )


def passed(*, at: datetime) -> pl.DataFrame:
    """Crossings of present falls, and of falls that began at a moment: `crossing.PASSED_COLUMNS`."""
    return bulk.fetch(
        f"""
        SELECT c.account_id, c.kind, c.threshold, {moment_number_sql("c.fallen_at")} FROM zaikong_balancecrossing c
        LEFT JOIN zaikong_prepaidbalance b ON b.account_id = c.account_id
        WHERE c.fallen_at = b.fallen_at OR c.fallen_at = %s
        """,
        {"account": _INT, "crossing": pl.String, "threshold": _INT, "fallen_at": _INT},
        [_text(at)],
    )


def told(*, at: datetime) -> pl.DataFrame:
    """What messages that are not known to have failed have told of, of falls as `passed`: `crossing.TOLD_COLUMNS`."""
    return bulk.fetch(
        f"""
        SELECT t.account_id, {moment_number_sql("t.fallen_at")}, t.warning_level FROM zaikong_balancemessage t
        JOIN zaikong_outboundmessage m ON m.id = t.message_id AND m.state <> 'failed'
        LEFT JOIN zaikong_prepaidbalance b ON b.account_id = t.account_id
        WHERE t.kind = 'warning' AND (t.fallen_at = b.fallen_at OR t.fallen_at = %s)
        """,
        {"account": _INT, "fallen_at": _INT, "warning_level": _INT},
        [_text(at)],
    )


def addressed(accounts: pl.Series) -> pl.DataFrame:
    """Where warnings go: `account`, `account_no`, `customer`, `name`, `is_person`, `phone`, empty where none is known."""
    bulk.stage(accounts.unique().to_frame("account"), "account_asked", {"account": "bigint"})
    return bulk.fetch(
        """
        SELECT a.id, a.account_no, c.id, c.name, c.usci = '', coalesce(nullif(g.phone, ''), c.phone)
        FROM zaikong_account a JOIN account_asked q ON q.account = a.id JOIN zaikong_customer c ON c.id = a.customer_id
        LEFT JOIN zaikong_prepaymentagreement g ON g.account_id = a.id AND g.state = 'in_force'
        ORDER BY a.id
        """,
        {
            "account": _INT,
            "account_no": pl.String,
            "customer": _INT,
            "name": pl.String,
            "is_person": pl.Boolean,
            "phone": pl.String,
        },
    )


def replace_balances(frame: pl.DataFrame) -> int:
    """Replace every balance by that of a new night; columns as the table's."""
    bulk.execute("DELETE FROM zaikong_prepaidbalance")
    return bulk.write(frame, "zaikong_prepaidbalance")


def append_crossings(frame: pl.DataFrame) -> int:
    """Append crossings; columns as the table's."""
    return bulk.write(frame, "zaikong_balancecrossing")


def append_messages(frame: pl.DataFrame) -> list[int]:
    """Put statutory messages into the outbox, queued and in Chinese by short message; columns as the table's.

    Returns:
        Their numbers, in the order of the rows.
    """
    if frame.is_empty():
        return []
    numbers = bulk.fetch(
        "SELECT nextval(pg_get_serial_sequence('zaikong_outboundmessage', 'id')) FROM generate_series(1, %s)",
        {"id": _INT},
        [frame.height],
    )
    fixed = {"statutory": True, "language": "zh", "channel": "sms", "state": "queued", "attempts": 0}
    empty = dict.fromkeys(("failure", "provider_ref"), "")
    bulk.write(
        frame.with_columns(numbers["id"], **{name: pl.lit(value) for name, value in (fixed | empty).items()}),
        "zaikong_outboundmessage",
    )
    return numbers["id"].to_list()


def append_balance_messages(frame: pl.DataFrame) -> int:
    """Say which account each warning is about: `message_id`, `account_id`, `fallen_at`, `warning_level`, `available_fen`."""
    moment = pl.col("fallen_at").cast(pl.Datetime("us")).dt.replace_time_zone(TIME_ZONE.key)
    return bulk.write(frame.with_columns(moment, kind=pl.lit("warning")), "zaikong_balancemessage")


def exposures_of(*, as_of: date) -> int:
    """How many accounts have an exposure of this night."""
    row = bulk.fetch("SELECT count(*) FROM zaikong_accountexposure WHERE as_of_date = %s", {"count": _INT}, [as_of])
    return int(row["count"][0])


def available_now_fen(account: int) -> int:
    """What is available at this moment to an account that a night has estimated [fen]."""
    found = bulk.fetch(
        f"SELECT {AVAILABLE_NOW} FROM zaikong_prepaidbalance b WHERE b.account_id = %s", {"fen": _INT}, [account]
    )
    return int(found["fen"][0])


def latest_night() -> date | None:
    """The business date of the balances on record; None where there are none."""
    found = bulk.fetch("SELECT max(as_of_date) FROM zaikong_prepaidbalance", {"date": pl.Date})
    day: date | None = found["date"][0]
    return day


def to_propose(*, as_of: date) -> pl.DataFrame:
    """Accounts below their limit whose agreement lets their supply be cut, without a live order and not cut already.

    Returns:
        `account`, `resident`, `automatic`.
    """
    return bulk.fetch(
        f"""
        SELECT a.id, a.category = 'residential', g.cut_mode = 'automatic'
        FROM zaikong_prepaidbalance b
        JOIN zaikong_account a ON a.id = b.account_id AND a.payment_mode = 'prepaid'
        JOIN zaikong_prepaymentagreement g ON g.account_id = a.id AND g.state = 'in_force' AND g.from_date <= %s
        WHERE b.below_limit AND b.as_of_date = %s AND NOT {IS_CUT} AND NOT EXISTS (
            SELECT 1 FROM zaikong_cutorder o WHERE o.account_id = a.id
            AND o.state IN ('proposed', 'approved', 'reserved', 'sent', 'failed'))
        ORDER BY a.id
        """,
        {"account": _INT, "resident": pl.Boolean, "automatic": pl.Boolean},
        [as_of, as_of],
    )


IS_CUT = """
    EXISTS (SELECT 1 FROM zaikong_cutorder o WHERE o.account_id = a.id AND o.state = 'recorded'
        AND NOT EXISTS (SELECT 1 FROM zaikong_restoreorder r WHERE r.cut_order_id = o.id AND r.state = 'done')
        AND NOT EXISTS (SELECT 1 FROM zaikong_caseevent v WHERE v.case_id = o.case_id AND v.kind = 'restored'
            AND v.at >= o.ended_at))
"""
"""Whether supply of account `a` was cut and is not back."""


def is_cut(account: int) -> bool:
    """Whether supply of an account was cut and is not back."""
    found = bulk.fetch(f"SELECT {IS_CUT} FROM zaikong_account a WHERE a.id = %s", {"cut": pl.Boolean}, [account])
    return bool(found["cut"][0])


def is_still_due(message: int, *, at: datetime) -> bool | None:
    """Whether what a message says of a balance is still so; None where it is about none.

    A warning is while any account it names is in the same fall and still below the first threshold of it; a last notice
    is before its time, while its order stands and the balance is below the limit, or not known.
    """
    found = bulk.fetch(
        f"""
        SELECT bool_or(CASE WHEN t.kind = 'warning' THEN b.fallen_at = t.fallen_at AND {AVAILABLE_NOW} < (
                SELECT max(CASE c.kind WHEN 'days' THEN c.threshold * b.daily_fen ELSE c.threshold END)
                FROM zaikong_balancecrossing c
                WHERE c.account_id = t.account_id AND c.fallen_at = t.fallen_at AND c.kind <> 'recovered')
            ELSE o.state IN ('approved', 'reserved') AND o.planned_at > %s
                AND coalesce({AVAILABLE_NOW} < -b.overdraft_limit_fen, true) END)
        FROM zaikong_balancemessage t
        LEFT JOIN zaikong_prepaidbalance b ON b.account_id = t.account_id
        LEFT JOIN zaikong_cutorder o ON o.id = t.order_id
        WHERE t.message_id = %s HAVING count(*) > 0
        """,
        {"due": pl.Boolean},
        [_text(at), message],
    )
    return None if found.is_empty() else bool(found["due"][0])


def _text(at: datetime) -> str:
    return at.astimezone(TIME_ZONE).isoformat()
