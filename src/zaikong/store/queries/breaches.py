"""What is known today of every cut that was carried out: what was really owed, what stood against it, when supply came back?

Money counts by the moment it was paid. A bill that was taken back counts with what replaced it: later bills of the account
for the same month. Money and bills "booked after the cut" are those whose legs were written after the certificate, both by
the clock of the database.
"""

from datetime import datetime
from typing import Any

import polars as pl

from zaikong.kernel.period import TIME_ZONE
from zaikong.store import bulk
from zaikong.store.queries.balances import AVAILABLE_NOW

_LOCAL = "AT TIME ZONE 'Asia/Shanghai'"


def _moment(column: str) -> str:
    return f"coalesce((extract(epoch FROM (({column}) {_LOCAL})) * 1000000)::bigint, 0)"


CUTS = {
    "cut_order": pl.Int64,
    "account": pl.Int64,
    "account_no": pl.String,
    "resident": pl.Boolean,
    "regime": pl.String,
    "sent_at": pl.Int64,
    "certificate": pl.String,
    "hindsight_unpaid_fen": pl.Int64,
    "unpaid_with_reversals_fen": pl.Int64,
    "late_money_fen": pl.Int64,
    "late_reversed_fen": pl.Int64,
    "disputed_then": pl.Boolean,
    "protected_then": pl.Boolean,
    "restore_order": pl.Int64,
    "duty_since_at": pl.Int64,
    "restored_at": pl.Int64,
}
"""Columns of `cuts_carried_out`. `hindsight_unpaid_fen` takes bills as they were at the cut, `unpaid_with_reversals_fen`
as they are known now; both null for a prepaid cut. `restore_order` is 0 without one; `duty_since_at` [us] 0 without duty."""

_REPLACED = """
    coalesce((SELECT sum(b2.total_fen) FROM zaikong_bill b2 WHERE b2.account_id = b.account_id AND b2.month = b.month
        AND b2.id > b.id AND b2.reverses_id IS NULL AND b2.total_fen > 0
        AND NOT EXISTS (SELECT 1 FROM zaikong_bill r2 WHERE r2.reverses_id = b2.id)), 0)
"""
"""What bills of the same month replaced a bill `b` that was taken back [fen]."""

_CUTS = f"""
    WITH cut AS (
        SELECT o.id, o.account_id, o.notice_id, o.case_id, o.regime, coalesce(o.sent_at, o.ended_at) AS cut_at,
            c.document, d.recorded_at AS certified_at
        FROM zaikong_cutorder o
        LEFT JOIN zaikong_legalitycertificate c ON c.order_id = o.id
        LEFT JOIN zaikong_decisionrecord d ON d.seq = c.decision_id
        WHERE o.state = 'recorded' AND coalesce(o.sent_at, o.ended_at) <= (SELECT at FROM breach_moment)
    ),
    named AS (
        SELECT t.id, n.bill_id FROM cut t JOIN zaikong_noticeitem n ON n.notice_id = t.notice_id
        WHERE t.regime = 'post_paid'
        UNION
        SELECT t.id, b.id FROM cut t JOIN zaikong_bill b ON b.account_id = t.account_id
        WHERE t.regime = 'post_paid' AND t.notice_id IS NULL AND b.reverses_id IS NULL AND b.total_fen > 0
            AND b.due_date < (t.cut_at {_LOCAL})::date
    ),
    paid AS (
        SELECT m.id, m.bill_id, sum(l.principal_fen) FILTER (WHERE l.payment_id IS NOT NULL AND p.paid_at <= t.cut_at
                OR l.payment_id IS NULL AND l.effective_date < (t.cut_at {_LOCAL})::date) AS before_fen,
            max(CASE WHEN l.payment_id IS NOT NULL THEN p.paid_at
                ELSE (l.effective_date + 1)::timestamp {_LOCAL} END) FILTER (WHERE p.id IS NULL OR p.state = 'credited')
                AS last_at
        FROM named m JOIN cut t ON t.id = m.id
        JOIN zaikong_allocation l ON l.bill_id = m.bill_id
        LEFT JOIN zaikong_payment p ON p.id = l.payment_id
        GROUP BY 1, 2
    ),
    owed AS (
        SELECT m.id,
            sum(greatest(b.total_fen - coalesce(p.before_fen, 0), 0))::bigint AS as_it_was_fen,
            sum(CASE WHEN r.id IS NULL THEN greatest(b.total_fen - coalesce(p.before_fen, 0), 0)
                ELSE {_REPLACED} END)::bigint AS as_known_fen,
            sum(CASE WHEN r.id IS NULL THEN i.open_fen ELSE (
                SELECT coalesce(sum(j.open_fen), 0) FROM zaikong_openitem j JOIN zaikong_bill k ON k.id = j.bill_id
                WHERE k.account_id = b.account_id AND k.month = b.month AND k.id > b.id) END)::bigint AS open_fen,
            greatest(max(p.last_at), max((r.issued_date + 1)::timestamp {_LOCAL})) AS settled_at
        FROM named m
        JOIN zaikong_bill b ON b.id = m.bill_id
        LEFT JOIN zaikong_openitem i ON i.bill_id = b.id
        LEFT JOIN zaikong_bill r ON r.reverses_id = b.id
        LEFT JOIN paid p ON p.id = m.id AND p.bill_id = m.bill_id
        GROUP BY 1
    ),
    later AS (
        SELECT t.id, coalesce(sum(p.amount_fen - coalesce(y.recovered_fen, 0)), 0)::bigint AS fen
        FROM cut t JOIN zaikong_payment p ON p.account_id = t.account_id AND p.state = 'credited' AND p.paid_at <= t.cut_at
        LEFT JOIN zaikong_debtrecovery y ON y.payment_id = p.id
        WHERE t.regime = 'prepaid' AND EXISTS (
            SELECT 1 FROM zaikong_leg l WHERE l.payment_id = p.id AND l.recorded_at > t.certified_at
                AND l.event IN ('prepayment_topped_up', 'payment_allocated'))
        GROUP BY 1
    ),
    reversed AS (
        SELECT t.id, coalesce(sum(b.total_fen - {_REPLACED}), 0)::bigint AS fen
        FROM cut t
        JOIN zaikong_bill b ON b.account_id = t.account_id AND b.reverses_id IS NULL
            AND b.issued_date <= (t.cut_at {_LOCAL})::date
        JOIN zaikong_bill r ON r.reverses_id = b.id
        WHERE t.regime = 'prepaid' AND EXISTS (
            SELECT 1 FROM zaikong_leg l WHERE l.account_id = t.account_id AND l.bill_id = r.id
                AND l.recorded_at > t.certified_at)
        GROUP BY 1
    ),
    back AS (
        SELECT t.id, x.id AS restore_order,
            CASE WHEN x.safety_needed THEN greatest(x.since_at, x.safety_at) ELSE x.since_at END AS since_at,
            x.safety_needed AND x.safety_at IS NULL AS unsafe,
            coalesce(x.done_at, (SELECT min(e.at) FROM zaikong_caseevent e
                WHERE e.case_id = t.case_id AND e.kind = 'restored' AND e.at >= t.cut_at)) AS restored_at
        FROM cut t LEFT JOIN zaikong_restoreorder x ON x.cut_order_id = t.id
    ),
    sufficient AS (
        SELECT t.id, (SELECT max(p.paid_at) FROM zaikong_payment p WHERE p.account_id = t.account_id
            AND p.state = 'credited' AND p.paid_at > t.cut_at AND p.paid_at <= (SELECT at FROM breach_moment)) AS paid_at
        FROM cut t JOIN zaikong_prepaidbalance b ON b.account_id = t.account_id
        WHERE t.regime = 'prepaid' AND {AVAILABLE_NOW} >= 0
    )
    SELECT t.id, t.account_id, a.account_no, a.category = 'residential', t.regime, {_moment("t.cut_at")},
        coalesce(t.document, ''),
        CASE WHEN t.regime = 'post_paid' THEN w.as_it_was_fen END,
        CASE WHEN t.regime = 'post_paid' THEN w.as_known_fen END,
        coalesce(l.fen, 0), coalesce(v.fen, 0),
        EXISTS (SELECT 1 FROM zaikong_dispute d WHERE d.account_id = t.account_id AND d.raised_at <= t.cut_at
            AND (d.decided_at IS NULL OR d.decided_at > t.cut_at)),
        EXISTS (SELECT 1 FROM zaikong_protection q WHERE q.account_id = t.account_id AND q.from_at <= t.cut_at
            AND q.to_at > t.cut_at AND (q.ended_at IS NULL OR q.ended_at > t.cut_at)),
        coalesce(k.restore_order, 0),
        CASE WHEN k.unsafe THEN 0 WHEN k.restore_order IS NOT NULL THEN {_moment("k.since_at")}
            WHEN t.regime = 'prepaid' THEN {_moment("s.paid_at")}
            WHEN w.open_fen = 0 THEN {_moment("w.settled_at")} ELSE 0 END,
        CASE WHEN k.restored_at <= (SELECT at FROM breach_moment) THEN {_moment("k.restored_at")} ELSE 0 END
    FROM cut t
    JOIN zaikong_account a ON a.id = t.account_id
    JOIN back k ON k.id = t.id
    LEFT JOIN owed w ON w.id = t.id
    LEFT JOIN later l ON l.id = t.id
    LEFT JOIN reversed v ON v.id = t.id
    LEFT JOIN sufficient s ON s.id = t.id
    ORDER BY t.id
"""


def one_at_a_time() -> None:
    """Let no second look write beside this one; the lock goes with the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_cutbreach'))")


def cuts_carried_out(*, at: datetime) -> pl.DataFrame:
    """Every cut carried out no later than a moment; `CUTS`."""
    moment = pl.DataFrame({"at": [at.astimezone(TIME_ZONE).isoformat()]})
    bulk.stage(moment, "breach_moment", {"at": "timestamptz"})
    return bulk.fetch(_CUTS, CUTS)


def counts(*, from_at: datetime, to_at: datetime) -> pl.DataFrame:
    """Breaches that happened in a period, by station, kind and state.

    Args:
        from_at: First moment.
        to_at: First moment no longer in it.

    Returns:
        `station`, `breach_kind`, `state`, `breaches`, `minutes_off`, `minutes_late`, `compensation_fen`.
    """
    number: Any = pl.Int64
    return bulk.fetch(
        """
        SELECT s.code, b.kind, b.state, count(*), sum(b.minutes_off)::bigint, sum(b.minutes_late)::bigint,
            sum(b.compensation_fen)::bigint
        FROM zaikong_cutbreach b
        JOIN zaikong_account a ON a.id = b.account_id
        JOIN zaikong_supplypoint y ON y.id = a.supply_point_id
        JOIN zaikong_premise p ON p.id = y.premise_id
        JOIN zaikong_station s ON s.id = p.station_id
        WHERE b.breach_at >= %s AND b.breach_at < %s
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
        """,
        {
            "station": pl.String,
            "breach_kind": pl.String,
            "state": pl.String,
            "breaches": number,
            "minutes_off": number,
            "minutes_late": number,
            "compensation_fen": number,
        },
        [from_at.isoformat(), to_at.isoformat()],
    )
