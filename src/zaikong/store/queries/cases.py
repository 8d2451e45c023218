"""What does the ledger say about accounts with a collection case, and how are the moves of cases written?

Everything is set-wise. Whoever calls this holds the locks of the accounts (`queries.payments.lock_accounts`): payments,
the night and the verbs of a case take them first and the cases after them, always in order of account, so none of them
waits for another for ever and each sees what the one before has written.
"""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from zaikong.store import bulk

_INT = pl.Int64
_EPOCH = "date '1970-01-01'"
_LOCAL = "AT TIME ZONE 'Asia/Shanghai'"

CASE_FACTS = {
    "case": _INT,
    "account": _INT,
    "state": pl.String,
    "episode": _INT,
    "closed_day": _INT,
    "stored_fen": _INT,
    "stored_since_day": _INT,
    "moved_fen": _INT,
    "overdue_fen": _INT,
    "open_fen": _INT,
    "since_day": _INT,
}
"""Columns of `cases_of_touched`: what is stored, what was moved now, and what is overdue.

`overdue_fen` is all principal past its due day; `open_fen` what of it nobody disputes; `since_day` the oldest due day of
what is overdue, 0 for nothing; `closed_day` is 0 while the case lives.
"""

PROMISE_FACTS = {
    "promise": _INT,
    "case": _INT,
    "account": _INT,
    "state": pl.String,
    "amount_fen": _INT,
    "made_s": _INT,
    "promised_day": _INT,
    "stored_paid_fen": _INT,
}

AGREEMENT_FACTS = {
    "agreement": _INT,
    "case": _INT,
    "account": _INT,
    "state": pl.String,
    "signed_day": _INT,
    "open_fen": _INT,
}
"""Columns of `agreements_of_touched`; `open_fen` is the principal of the covered bills that is still open."""


def accounts_in_arrears(*, as_of: date) -> pl.Series:
    """Accounts with undisputed principal past its due day, and accounts with a case that is not closed."""
    return bulk.fetch(
        "SELECT account_id FROM zaikong_openitem WHERE open_fen > 0 AND due_date < %s AND NOT disputed "
        "UNION SELECT account_id FROM zaikong_collectioncase WHERE state <> 'closed'",
        {"account": _INT},
        [as_of],
    )["account"]


def living_accounts() -> pl.DataFrame:
    """Accounts with a case that is not closed: `account`."""
    return bulk.fetch(
        "SELECT account_id FROM zaikong_collectioncase WHERE state <> 'closed' ORDER BY account_id", {"account": _INT}
    )


def living_sums() -> tuple[int, int]:
    """Cases that are not closed, and what is open in them [fen]."""
    row = bulk.fetch(
        "SELECT count(*), coalesce(sum(open_fen), 0)::bigint FROM zaikong_collectioncase WHERE state <> 'closed'",
        {"cases": _INT, "open_fen": _INT},
    )
    return int(row["cases"][0]), int(row["open_fen"][0])


def stage_touched(moved: pl.DataFrame) -> int:
    """Lock the last case of each account and keep it at hand for the reads below.

    Args:
        moved: `account`, `amount_fen`: what was paid (positive) or undone (negative), one row an account.

    Returns:
        Cases found.
    """
    bulk.stage(moved, "account_moved", {"account": "bigint", "amount_fen": "bigint"})
    bulk.execute("ANALYZE account_moved")
    bulk.execute("DROP TABLE IF EXISTS pg_temp.case_touched")
    found = bulk.execute(
        'CREATE TEMPORARY TABLE "case_touched" ON COMMIT DROP AS '
        "SELECT DISTINCT ON (c.account_id) c.id AS case_id, c.account_id, m.amount_fen "
        "FROM account_moved m JOIN zaikong_collectioncase c ON c.account_id = m.account "
        "ORDER BY c.account_id, c.id DESC"
    )
    if found:
        bulk.execute("ANALYZE case_touched")
        bulk.execute(
            "SELECT 1 FROM zaikong_collectioncase c JOIN case_touched t ON t.case_id = c.id "
            "ORDER BY c.account_id FOR UPDATE OF c"
        )
    return found


def cases_of_touched(*, as_of: date) -> pl.DataFrame:
    """The cases staged, with what the ledger says now; `CASE_FACTS`."""
    return bulk.fetch(
        f"""
        SELECT c.id, c.account_id, c.state, c.episode, coalesce((c.closed_at {_LOCAL})::date - {_EPOCH}, 0), c.open_fen,
            c.overdue_since_date - {_EPOCH}, t.amount_fen, coalesce(a.overdue_fen, 0)::bigint,
            coalesce(a.open_fen, 0)::bigint, coalesce(a.since - {_EPOCH}, 0)
        FROM case_touched t JOIN zaikong_collectioncase c ON c.id = t.case_id
        LEFT JOIN (
            SELECT i.account_id, sum(i.open_fen) AS overdue_fen, sum(i.open_fen) FILTER (WHERE NOT i.disputed) AS open_fen,
                min(i.due_date) AS since
            FROM zaikong_openitem i JOIN case_touched t ON t.account_id = i.account_id
            WHERE i.open_fen > 0 AND i.due_date < %s GROUP BY i.account_id
        ) a ON a.account_id = c.account_id
        """,
        CASE_FACTS,
        [as_of],
    )


def promises_of_touched() -> pl.DataFrame:
    """Promises the ledger may decide: open ones, and kept ones where money was taken back; `PROMISE_FACTS`."""
    return bulk.fetch(
        f"""
        SELECT p.id, p.case_id, t.account_id, p.state, p.amount_fen, floor(extract(epoch FROM p.made_at))::bigint,
            p.promised_date - {_EPOCH}, p.paid_fen
        FROM case_touched t JOIN zaikong_promisetopay p ON p.case_id = t.case_id
        WHERE p.state = 'open' OR (p.state = 'kept' AND t.amount_fen < 0)
        """,
        PROMISE_FACTS,
    )


def money_since_promises() -> pl.DataFrame:
    """Receipts of the accounts staged since their first promise that may still be decided.

    Returns:
        `account`, `paid_s`, `effective_day`, `amount_fen`, `in_transit`. A receipt that was undone is left out whole, so
        that it is as if it had never come.
    """
    return bulk.fetch(
        f"""
        SELECT p.account_id, floor(extract(epoch FROM p.paid_at))::bigint, (p.paid_at {_LOCAL})::date - {_EPOCH},
            p.amount_fen, p.state = 'in_transit'
        FROM (
            SELECT t.account_id, min(o.made_at) AS made_at
            FROM case_touched t JOIN zaikong_promisetopay o ON o.case_id = t.case_id
            WHERE o.state IN ('open', 'kept') GROUP BY 1
        ) s JOIN zaikong_payment p ON p.account_id = s.account_id AND p.paid_at >= s.made_at
        WHERE p.state IN ('credited', 'in_transit')
        """,
        {"account": _INT, "paid_s": _INT, "effective_day": _INT, "amount_fen": _INT, "in_transit": pl.Boolean},
    )


def agreements_of_touched() -> pl.DataFrame:
    """Agreements the ledger may decide: active ones, and fulfilled ones where money was taken back; `AGREEMENT_FACTS`."""
    return bulk.fetch(
        f"""
        SELECT g.id, g.case_id, g.account_id, g.state, g.signed_date - {_EPOCH},
            (SELECT coalesce(sum(i.open_fen), 0)::bigint FROM zaikong_instalmentbill b
                JOIN zaikong_openitem i ON i.bill_id = b.bill_id WHERE b.agreement_id = g.id)
        FROM case_touched t JOIN zaikong_instalmentagreement g ON g.case_id = t.case_id
        WHERE g.state = 'active' OR (g.state = 'fulfilled' AND t.amount_fen < 0)
        """,
        AGREEMENT_FACTS,
    )


def instalments_of(agreements: Sequence[int]) -> pl.DataFrame:
    """Schedules: `agreement`, `number`, `due_day`, `amount_fen`."""
    return bulk.fetch(
        f"SELECT agreement_id, number, due_date - {_EPOCH}, amount_fen FROM zaikong_instalment "
        "WHERE agreement_id = ANY(%s)",
        {"agreement": _INT, "number": _INT, "due_day": _INT, "amount_fen": _INT},
        [list(agreements)],
    )


def money_of_agreements(agreements: Sequence[int]) -> pl.DataFrame:
    """What brought the bills of agreements down since they were signed: `agreement`, `effective_day`, `amount_fen`.

    Money applied counts from the day it was paid, money taken back with that same day. A late fee let off, and a bill
    that was reversed as wrong, count as paid on the day of signing: the customer owes them no more. What was applied
    before the signing is told by the marks the signing left in its event.
    """
    return bulk.fetch(
        f"""
        WITH asked AS (
            SELECT g.id, g.signed_date, coalesce((e.facts ->> 'allocations_before')::bigint, 0) AS allocations_before,
                coalesce((e.facts ->> 'waived_before_fen')::bigint, 0) AS waived_before_fen
            FROM zaikong_instalmentagreement g
            LEFT JOIN zaikong_caseevent e ON e.case_id = g.case_id AND e.kind = 'instalment' AND e.outcome = 'signed'
                AND (e.facts ->> 'agreement')::bigint = g.id
            WHERE g.id = ANY(%s)
        ), covered AS (
            SELECT a.*, b.bill_id, b.principal_fen + b.late_fee_fen AS acknowledged_fen, i.amount_fen = 0 AS reversed,
                i.late_fee_waived_fen
            FROM asked a JOIN zaikong_instalmentbill b ON b.agreement_id = a.id
            JOIN zaikong_openitem i ON i.bill_id = b.bill_id
        )
        SELECT c.id, l.effective_date - {_EPOCH}, sum(l.principal_fen + l.late_fee_fen)::bigint
        FROM covered c JOIN zaikong_allocation l ON l.bill_id = c.bill_id AND l.id > c.allocations_before
        WHERE NOT c.reversed GROUP BY 1, 2
        UNION ALL
        SELECT id, signed_date - {_EPOCH}, sum(acknowledged_fen)::bigint FROM covered WHERE reversed GROUP BY 1, 2
        UNION ALL
        SELECT id, signed_date - {_EPOCH}, (sum(late_fee_waived_fen) - waived_before_fen)::bigint FROM covered
        WHERE NOT reversed GROUP BY id, signed_date, waived_before_fen
        HAVING sum(late_fee_waived_fen) > waived_before_fen
        """,
        {"agreement": _INT, "effective_day": _INT, "amount_fen": _INT},
        [list(agreements)],
    )


def expired_pauses(*, as_of: date) -> pl.DataFrame:
    """Cases whose pause has run out: `case`, `account`, `promised` (whether a promise is still open)."""
    return bulk.fetch(
        """
        SELECT c.id, c.account_id,
            EXISTS (SELECT 1 FROM zaikong_promisetopay p WHERE p.case_id = c.id AND p.state = 'open')
        FROM zaikong_collectioncase c WHERE c.state = 'paused' AND NOT EXISTS (
            SELECT 1 FROM zaikong_casepause p WHERE p.case_id = c.id AND p.ended_date IS NULL AND p.to_date > %s)
        """,
        {"case": _INT, "account": _INT, "promised": pl.Boolean},
        [as_of],
    )


def arrears_without_case(*, as_of: date) -> pl.DataFrame:
    """Accounts that owe undisputed principal past its due day and have no case that lives.

    Returns:
        `account`, `open_fen`, `since_day`, `collector_id` (nullable).
    """
    return bulk.fetch(
        f"""
        SELECT i.account_id, sum(i.open_fen)::bigint, min(i.due_date) - {_EPOCH}, min(a.collector_id)
        FROM zaikong_openitem i JOIN zaikong_account a ON a.id = i.account_id
        WHERE i.open_fen > 0 AND i.due_date < %s AND NOT i.disputed AND NOT EXISTS (
            SELECT 1 FROM zaikong_collectioncase c WHERE c.account_id = i.account_id AND c.state <> 'closed')
        GROUP BY i.account_id ORDER BY i.account_id
        """,
        {"account": _INT, "open_fen": _INT, "since_day": _INT, "collector_id": _INT},
        [as_of],
    )


def strategy_subjects(*, as_of: date, at: datetime) -> pl.DataFrame:
    """What the strategy reads of every account with a case that lives: `strategy.SUBJECT_COLUMNS`.

    A home is vulnerable where its account is on the low-income list, is under a protection for a vulnerable home or a
    medical device, or its case is marked as hardship.

    Args:
        as_of: The business date; what is overdue on it is owed.
        at: The moment at which protections count.
    """
    return bulk.fetch(
        """
        SELECT c.account_id, coalesce(s.grade, 0), a.category, coalesce(o.fen, 0)::bigint,
            a.low_income OR c.hardship OR EXISTS (
                SELECT 1 FROM zaikong_protection p WHERE p.account_id = c.account_id
                AND p.reason IN ('vulnerable', 'medical', 'hardship') AND p.from_at <= %s AND p.to_at > %s
                AND (p.ended_at IS NULL OR p.ended_at > %s))
        FROM zaikong_collectioncase c JOIN zaikong_account a ON a.id = c.account_id
        LEFT JOIN zaikong_creditstanding s ON s.account_id = c.account_id
        LEFT JOIN (
            SELECT account_id, sum(open_fen) AS fen FROM zaikong_openitem
            WHERE open_fen > 0 AND due_date < %s AND NOT disputed GROUP BY account_id
        ) o ON o.account_id = c.account_id
        WHERE c.state <> 'closed'
        """,
        {"account": _INT, "held_grade": _INT, "category": pl.String, "owed_fen": _INT, "vulnerable": pl.Boolean},
        [at, at, at, as_of],
    )


def open_cases(rows: pl.DataFrame, *, opened_at: datetime) -> pl.DataFrame:
    """Open a case for each row of `arrears_without_case`.

    Returns:
        `case`, `account`, `open_fen`.
    """
    bulk.stage(
        rows,
        "case_new",
        {"account": "bigint", "open_fen": "bigint", "since_day": "integer", "collector_id": "bigint"},
    )
    opened = bulk.fetch(
        f"""
        INSERT INTO zaikong_collectioncase (account_id, state, episode, opened_at, overdue_since_date, open_fen, ladder,
            strategy_edition, collector_id, hardship, closed_reason)
        SELECT account, 'open', 1, %s, {_EPOCH} + since_day, open_fen, '', '', collector_id, false, ''
        FROM case_new ORDER BY account
        RETURNING id, account_id, open_fen
        """,
        {"case": _INT, "account": _INT, "open_fen": _INT},
        [opened_at],
    )
    # a first night opens tens of thousands at once, and the reads that follow must not plan for an empty table
    bulk.execute("ANALYZE zaikong_collectioncase")
    return opened


def set_ladders(rows: pl.DataFrame, *, edition: str) -> int:
    """Give living cases their ladder of today; those that keep theirs are not written.

    Args:
        rows: `account`, `ladder`.
        edition: Edition of the strategy.
    """
    bulk.stage(rows, "ladder_chosen", {"account": "bigint", "ladder": "text"})
    return bulk.execute(
        "UPDATE zaikong_collectioncase c SET ladder = l.ladder, strategy_edition = %s FROM ladder_chosen l "
        "WHERE l.account = c.account_id AND c.state <> 'closed' AND (c.ladder, c.strategy_edition) <> (l.ladder, %s)",
        [edition, edition],
    )


def move_cases(rows: pl.DataFrame, *, at: datetime) -> int:
    """Bring cases to a state and to what is overdue.

    Args:
        rows: `case`, `state`, `episode`, `open_fen`, `since_day` (0 keeps what is stored), `closed_reason` (empty unless
            the state is closed).
        at: When.
    """
    if rows.is_empty():
        return 0
    types = {
        "case": "bigint",
        "state": "text",
        "episode": "smallint",
        "open_fen": "bigint",
        "since_day": "integer",
        "closed_reason": "text",
    }
    bulk.stage(rows.select(list(types)), "case_moved", types)
    return bulk.execute(
        f"""
        UPDATE zaikong_collectioncase c SET state = m.state, episode = m.episode, open_fen = m.open_fen,
            overdue_since_date = CASE WHEN m.since_day > 0 THEN {_EPOCH} + m.since_day ELSE c.overdue_since_date END,
            closed_at = CASE WHEN m.state = 'closed' THEN %s::timestamptz END, closed_reason = m.closed_reason
        FROM case_moved m WHERE m."case" = c.id
        """,
        [at],
    )


def set_states(rows: pl.DataFrame) -> int:
    """Give living cases another state and leave the rest as it is: `case`, `state`."""
    if rows.is_empty():
        return 0
    bulk.stage(rows.select("case", "state"), "case_set", {"case": "bigint", "state": "text"})
    return bulk.execute(
        'UPDATE zaikong_collectioncase c SET state = m.state FROM case_set m WHERE m."case" = c.id AND c.state <> m.state'
    )


def end_pauses(cases: pl.Series, *, as_of: date) -> int:
    """End the pauses of cases that still run."""
    bulk.stage(cases.to_frame("case"), "case_unpaused", {"case": "bigint"})
    return bulk.execute(
        'UPDATE zaikong_casepause p SET ended_date = %s FROM case_unpaused u WHERE u."case" = p.case_id '
        "AND p.ended_date IS NULL AND p.to_date > %s",
        [as_of, as_of],
    )


def move_promises(rows: pl.DataFrame, *, as_of: date) -> int:
    """Bring promises to a state: `promise`, `state`, `paid_fen`."""
    if rows.is_empty():
        return 0
    types = {"promise": "bigint", "state": "text", "paid_fen": "bigint"}
    bulk.stage(rows.select(list(types)), "promise_moved", types)
    return bulk.execute(
        """
        UPDATE zaikong_promisetopay p SET state = m.state, paid_fen = m.paid_fen,
            decided_date = CASE WHEN m.state = 'open' THEN NULL WHEN m.state = p.state THEN p.decided_date ELSE %s END
        FROM promise_moved m WHERE m.promise = p.id
        """,
        [as_of],
    )


def move_agreements(rows: pl.DataFrame, *, as_of: date) -> int:
    """Bring agreements to a state: `agreement`, `state`."""
    if rows.is_empty():
        return 0
    types = {"agreement": "bigint", "state": "text"}
    bulk.stage(rows.select(list(types)), "agreement_moved", types)
    return bulk.execute(
        "UPDATE zaikong_instalmentagreement g SET state = m.state, "
        "ended_date = CASE WHEN m.state <> 'active' THEN %s::date END "
        "FROM agreement_moved m WHERE m.agreement = g.id",
        [as_of],
    )


def write_events(rows: pl.DataFrame, *, at: datetime) -> int:
    """Append events of cases: `case`, `kind`, `outcome`, `amount_fen` (nullable), `facts` (JSON text), in this order."""
    if rows.is_empty():
        return 0
    return bulk.write(
        rows.select(
            pl.col("case").alias("case_id"),
            pl.lit(at.isoformat()).alias("at"),
            "kind",
            "outcome",
            "amount_fen",
            pl.lit("").alias("note"),
            "facts",
        ),
        "zaikong_caseevent",
    )
