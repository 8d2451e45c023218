"""For which accounts was a notice, a cut or a low grade open in a period, and for which was it taken?"""

from datetime import date

import polars as pl

from zaikong.store import bulk

ROWS = {
    "action": pl.String,
    "acted": pl.Boolean,
    "days_overdue": pl.Int64,
    "owed_fen": pl.Int64,
    "standing_grade": pl.Int64,
    "category": pl.String,
    "station": pl.String,
    "area": pl.String,
}
"""Columns of `open_actions`: those of `domain.assessment.fairness_cells`."""

_PLACE = """
    JOIN zaikong_account a ON a.id = {account}
    JOIN zaikong_supplypoint p ON p.id = a.supply_point_id
    JOIN zaikong_premise m ON m.id = p.premise_id
    JOIN zaikong_station s ON s.id = m.station_id
"""

_CASES = f"""
    WITH worked AS (
        SELECT c.id, c.account_id, c.overdue_since_date,
               least(coalesce((c.closed_at AT TIME ZONE 'Asia/Shanghai')::date, %s), %s) AS until,
               coalesce((SELECT g.grade FROM zaikong_grademove g WHERE g.account_id = c.account_id
                   AND g.moved_date <= (c.opened_at AT TIME ZONE 'Asia/Shanghai')::date
                   ORDER BY g.moved_date DESC LIMIT 1), 0) AS grade
        FROM zaikong_collectioncase c
        WHERE (c.opened_at AT TIME ZONE 'Asia/Shanghai')::date < %s
          AND (c.closed_at IS NULL OR (c.closed_at AT TIME ZONE 'Asia/Shanghai')::date >= %s)
    ),
    owing AS (
        SELECT w.*, greatest(w.until - w.overdue_since_date, 0) AS days,
               coalesce((SELECT sum(o.amount_fen) FROM zaikong_openitem o WHERE o.account_id = w.account_id
                   AND o.due_date BETWEEN w.overdue_since_date AND w.until), 0) AS owed_fen
        FROM worked w
    ),
    told AS (
        SELECT n.case_id, bool_or(n.state = 'served') AS served FROM zaikong_notice n
        WHERE n.kind = 'stop' AND n.state <> 'void' AND (n.issued_at AT TIME ZONE 'Asia/Shanghai')::date < %s
        GROUP BY n.case_id
    ),
    cut AS (
        SELECT DISTINCT o.case_id FROM zaikong_cutorder o
        WHERE o.state = 'recorded' AND (o.ended_at AT TIME ZONE 'Asia/Shanghai')::date < %s
    )
    SELECT 'notice', t.case_id IS NOT NULL, w.days, w.owed_fen, w.grade, a.category, s.name, m.route
    FROM owing w {_PLACE.format(account="w.account_id")} LEFT JOIN told t ON t.case_id = w.id
    UNION ALL
    SELECT 'cut', c.case_id IS NOT NULL, w.days, w.owed_fen, w.grade, a.category, s.name, m.route
    FROM owing w {_PLACE.format(account="w.account_id")}
    JOIN told t ON t.case_id = w.id AND t.served LEFT JOIN cut c ON c.case_id = w.id
"""

_GRADES = f"""
    WITH owing AS (
        SELECT o.account_id, max(%s - o.due_date) AS days, sum(o.open_fen) AS owed_fen FROM zaikong_openitem o
        WHERE o.open_fen > 0 AND o.due_date < %s GROUP BY o.account_id
    )
    SELECT 'low_grade', c.grade <= %s, coalesce(w.days, 0), coalesce(w.owed_fen, 0), 0, a.category, s.name, m.route
    FROM zaikong_creditstanding c {_PLACE.format(account="c.account_id")} LEFT JOIN owing w ON w.account_id = c.account_id
"""


def open_actions(*, from_date: date, to_date: date) -> pl.DataFrame:
    """Cases worked on in a period and whether a notice of cutting, then a cut, followed: `ROWS`.

    Args:
        from_date: First day.
        to_date: First day no longer in the period.
    """
    rows = bulk.fetch(_CASES, ROWS, [to_date, to_date, to_date, from_date, to_date, to_date])
    return rows.with_columns(pl.col("owed_fen").clip(lower_bound=0))


def low_grades(*, as_of: date, low: int) -> pl.DataFrame:
    """Accounts with a grade, and whether it is a low one: `ROWS`. The grade itself is no circumstance here.

    Args:
        as_of: The day debts are counted to.
        low: The highest grade that is low.
    """
    return bulk.fetch(_GRADES, ROWS, [as_of, as_of, low])
