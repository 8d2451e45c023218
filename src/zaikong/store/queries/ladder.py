"""What does the ladder read of the tables: debts, steps taken, what holds them back, money on its way?"""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from zaikong.store import bulk

_INT = pl.Int64
_EPOCH = "DATE '1970-01-01'"
_IS_CUT = """EXISTS (SELECT 1 FROM zaikong_cutorder r WHERE r.case_id = c.id AND r.state = 'recorded'
    AND NOT EXISTS (SELECT 1 FROM zaikong_caseevent e WHERE e.case_id = c.id AND e.kind = 'restored'
                    AND e.at >= r.ended_at))"""
"""Whether supply was cut in case `c` and has not been given back since."""
_ASKED = "(%s::bigint[] IS NULL OR account_id = ANY(%s::bigint[]))"
"""Of the accounts asked for; all of them where none is named."""


def subjects(*, as_of: date, at: datetime, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """What the strategy reads of every account with anything open, due or not: `strategy.SUBJECT_COLUMNS`.

    Args:
        as_of: The business date; what is overdue on it is owed.
        at: The moment at which protections count.
        accounts: Only these; all where None.
    """
    return bulk.fetch(
        f"""
        SELECT a.id, coalesce(s.grade, 0), a.category, coalesce(o.fen, 0)::bigint,
            a.low_income OR coalesce(c.hardship, false) OR EXISTS (
                SELECT 1 FROM zaikong_protection p WHERE p.account_id = a.id
                AND p.reason IN ('vulnerable', 'medical', 'hardship') AND p.from_at <= %s AND p.to_at > %s
                AND (p.ended_at IS NULL OR p.ended_at > %s))
        FROM (
            SELECT account_id, sum(open_fen) FILTER (WHERE due_date < %s AND NOT disputed) AS fen
            FROM zaikong_openitem WHERE open_fen > 0 AND {_ASKED} GROUP BY account_id
        ) o JOIN zaikong_account a ON a.id = o.account_id
        LEFT JOIN zaikong_collectioncase c ON c.account_id = a.id AND c.state <> 'closed'
        LEFT JOIN zaikong_creditstanding s ON s.account_id = a.id
        """,
        {"account": _INT, "held_grade": _INT, "category": pl.String, "owed_fen": _INT, "vulnerable": pl.Boolean},
        [at, at, at, as_of, *_both(accounts)],
    )


def debts(*, as_of: date, days_ahead: int, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Bills with money open whose due day is at most so many days ahead: `ladder.DEBT_COLUMNS` but the ladder.

    A ladder begins anew on the day after its case's instalments were last defaulted.
    """
    return bulk.fetch(
        f"""
        SELECT i.bill_id, i.account_id, i.due_date - {_EPOCH}, i.open_fen,
            i.disputed OR EXISTS (SELECT 1 FROM zaikong_dispute d
                WHERE d.account_id = i.account_id AND d.bill_id IS NULL AND d.state = 'open'),
            coalesce((SELECT max((e.at AT TIME ZONE 'Asia/Shanghai')::date) + 1 - {_EPOCH}
                      FROM zaikong_collectioncase c JOIN zaikong_caseevent e ON e.case_id = c.id
                      WHERE c.account_id = i.account_id AND c.state <> 'closed' AND c.episode > 1
                        AND e.kind = 'instalment_defaulted'), 0)
        FROM zaikong_openitem i WHERE i.open_fen > 0 AND i.due_date <= %s::date + %s AND {_ASKED}
        """,
        {
            "bill": _INT,
            "account": _INT,
            "due_day": _INT,
            "open_fen": _INT,
            "disputed": pl.Boolean,
            "resumed_day": _INT,
        },
        [as_of, days_ahead, *_both(accounts)],
    )


def done(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Steps taken by notices, calls and visits on bills that are still open, until a day: `ladder.DONE_COLUMNS`.

    A notice is taken when issued and proven from the day of its service, from which what stands on it counts; a call or a
    visit is taken when it was logged, proven when somebody was spoken to. Messages: `store.queries.messages.steps_by_message`.
    """
    return bulk.fetch(
        f"""
        WITH open AS (SELECT bill_id, account_id, due_date FROM zaikong_openitem WHERE open_fen > 0 AND {_ASKED})
        SELECT t.bill_id, CASE n.kind WHEN 'demand' THEN 'DEMAND_NOTICE' ELSE 'STOP_NOTICE' END,
            coalesce(v.day, (n.issued_at AT TIME ZONE 'Asia/Shanghai')::date) - {_EPOCH}, v.day IS NOT NULL
        FROM zaikong_noticeitem t JOIN open o ON o.bill_id = t.bill_id
        JOIN zaikong_notice n ON n.id = t.notice_id AND n.kind IN ('demand', 'stop') AND n.state <> 'void'
            AND (n.issued_at AT TIME ZONE 'Asia/Shanghai')::date <= %s
            -- a notice of an earlier episode carries nothing, however late it was served
            AND NOT EXISTS (SELECT 1 FROM zaikong_collectioncase c WHERE c.id = n.case_id AND c.episode <> n.episode)
            -- a notice of cutting whose time has passed without a cut carries nothing; a new one may follow
            AND (n.kind = 'demand' OR (n.planned_cut_at AT TIME ZONE 'Asia/Shanghai')::date >= %s::date)
        LEFT JOIN LATERAL (
            SELECT min((s.served_at AT TIME ZONE 'Asia/Shanghai')::date) AS day FROM zaikong_noticeservice s
            WHERE s.notice_id = n.id AND (s.served_at AT TIME ZONE 'Asia/Shanghai')::date <= %s
        ) v ON true
        UNION ALL
        SELECT o.bill_id, CASE e.kind WHEN 'call' THEN 'PHONE_CALL' ELSE 'VISIT' END,
            (e.at AT TIME ZONE 'Asia/Shanghai')::date - {_EPOCH}, e.outcome IN ('reached', 'met', 'refused')
        FROM zaikong_caseevent e JOIN zaikong_collectioncase c ON c.id = e.case_id AND c.state <> 'closed'
        JOIN open o ON o.account_id = c.account_id AND o.due_date < (e.at AT TIME ZONE 'Asia/Shanghai')::date
        WHERE e.kind IN ('call', 'visit') AND (e.at AT TIME ZONE 'Asia/Shanghai')::date <= %s
        """,
        {"bill": _INT, "step": pl.String, "day": _INT, "proven": pl.Boolean},
        [*_both(accounts), as_of, as_of, as_of, as_of],
    )


def holds(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """What holds open bills back on a day: `ladder.HOLD_COLUMNS`."""
    return bulk.fetch(
        f"""
        WITH open AS (SELECT bill_id, account_id FROM zaikong_openitem WHERE open_fen > 0 AND {_ASKED})
        SELECT o.bill_id, h.hold, h.until - {_EPOCH} FROM open o JOIN (
            SELECT c.account_id, NULL::bigint AS bill_id, 'pause' AS hold, coalesce(p.ended_date, p.to_date) AS until
            FROM zaikong_casepause p JOIN zaikong_collectioncase c ON c.id = p.case_id AND c.state <> 'closed'
            WHERE p.from_date <= %s
            UNION ALL
            -- in its days of grace a promise is neither kept nor broken
            SELECT c.account_id, NULL, 'promise', greatest(p.promised_date, %s::date) + 1
            FROM zaikong_promisetopay p JOIN zaikong_collectioncase c ON c.id = p.case_id AND c.state <> 'closed'
            WHERE p.state = 'open'
            UNION ALL
            SELECT g.account_id, b.bill_id, 'instalment', %s::date + 1
            FROM zaikong_instalmentagreement g JOIN zaikong_instalmentbill b ON b.agreement_id = g.id
            WHERE g.state = 'active'
            UNION ALL
            -- use after the acceptance is a debt of the estate and goes on
            SELECT a.account_id, a.bill_id, 'bankruptcy', %s::date + 1
            FROM open a JOIN zaikong_bill b ON b.id = a.bill_id JOIN zaikong_account x ON x.id = a.account_id
            WHERE x.bankruptcy_accepted_date <= %s AND b.from_date <= x.bankruptcy_accepted_date
            UNION ALL
            SELECT c.account_id, NULL, 'hardship', %s::date + 1
            FROM zaikong_collectioncase c WHERE c.hardship AND c.state <> 'closed'
            UNION ALL
            SELECT p.account_id, NULL, 'protection',
                (coalesce(p.ended_at, p.to_at) AT TIME ZONE 'Asia/Shanghai')::date + 1
            FROM zaikong_protection p WHERE (p.from_at AT TIME ZONE 'Asia/Shanghai')::date <= %s
        ) h ON h.account_id = o.account_id AND (h.bill_id IS NULL OR h.bill_id = o.bill_id)
        WHERE h.until > %s
        """,
        {"bill": _INT, "hold": pl.String, "until_day": _INT},
        [*_both(accounts), *[as_of] * 8],
    )


def transit(accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Money accepted and not yet arrived: `ladder.TRANSIT_COLUMNS`."""
    return bulk.fetch(
        "SELECT account_id, sum(amount_fen)::bigint FROM zaikong_payment "
        f"WHERE state = 'in_transit' AND account_id IS NOT NULL AND {_ASKED} GROUP BY account_id",
        {"account": _INT, "in_transit_fen": _INT},
        _both(accounts),
    )


def notice_subjects(accounts: pl.Series) -> pl.DataFrame:
    """Accounts that live under a case: `account`, `account_no`, `resident`, and whether supply `is_cut`."""
    bulk.stage(accounts.unique().to_frame("account"), "account_noticed", {"account": "bigint"})
    return bulk.fetch(
        f"SELECT a.id, a.account_no, a.category = 'residential', {_IS_CUT} FROM zaikong_account a "
        "JOIN account_noticed n ON n.account = a.id "
        "JOIN zaikong_collectioncase c ON c.account_id = a.id AND c.state <> 'closed' ORDER BY a.account_no",
        {"account": _INT, "account_no": pl.String, "resident": pl.Boolean, "is_cut": pl.Boolean},
    )


def served_stop_notices(*, at: datetime) -> list[int]:
    """Notices of cutting that are served, whose time is ahead, whose account is not cut and has no living cut order."""
    rows = bulk.fetch(
        f"""
        SELECT n.id FROM zaikong_notice n
        JOIN zaikong_collectioncase c ON c.id = n.case_id AND c.state <> 'closed' AND c.episode = n.episode
        WHERE n.kind = 'stop' AND n.state = 'served' AND n.planned_cut_at > %s
          AND NOT EXISTS (SELECT 1 FROM zaikong_cutorder o WHERE o.notice_id = n.id OR (o.account_id = n.account_id
                          AND o.state IN ('proposed', 'approved', 'reserved')))
          AND NOT {_IS_CUT}
        ORDER BY n.planned_cut_at, n.id
        """,
        {"notice": _INT},
        [at],
    )
    return rows["notice"].to_list()


def _both(accounts: Sequence[int] | None) -> list[list[int] | None]:
    """The accounts asked for, for both places of `_ASKED`."""
    asked = None if accounts is None else list(accounts)
    return [asked, asked]
