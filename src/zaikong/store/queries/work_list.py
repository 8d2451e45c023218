"""What is known of open cases and collectors on the morning of a day, and how are its work lists written and read?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from zaikong.store import bulk

_INT = pl.Int64
_EPOCH = "date '1970-01-01'"
_LOCAL = "AT TIME ZONE 'Asia/Shanghai'"

CASE_FACTS = {
    "case": _INT,
    "category": pl.String,
    "station": _INT,
    "route": pl.String,
    "owner": _INT,
    "grade": _INT,
    "high_voltage": pl.Boolean,
    "post_paid": pl.Boolean,
    "cut": pl.Boolean,
    "open_fen": _INT,
    "since_day": _INT,
    "disputed": pl.Boolean,
    "under_review": pl.Boolean,
    "protected": pl.Boolean,
    "bankrupt": pl.Boolean,
    "paused_to_day": _INT,
    "promise_due_day": _INT,
    "contacts_today": _INT,
    "contacts_7d": _INT,
    "demand_served_day": _INT,
    "stop_standing": pl.Boolean,
    "cut_day": _INT,
    "final_given": pl.Boolean,
    "letter_day": _INT,
}
"""Columns of `open_cases`; a day is 0 where there is none.

`open_fen` is the undisputed principal past its due day, `since_day` its oldest due day; `stop_standing` that a stop notice
was served whose cut is still to come; `cut_day` the day of a cut that is approved; `final_given` that its last notice is
out; `letter_day` when a lawyer's letter was last ticked off on a list.
"""


def open_cases(*, as_of: date, station_id: int | None = None, letter: str = "") -> pl.DataFrame:
    """Every case on which work may be done: open, promised, or cut; `CASE_FACTS`.

    Args:
        as_of: The business date; an item due on it is not overdue yet.
        station_id: One station, or None for all.
        letter: Code of the action whose last day `letter_day` tells.
    """
    return bulk.fetch(
        f"""
        WITH living AS (
            SELECT c.id, c.account_id, c.episode, c.state, coalesce(c.collector_id, a.collector_id, 0) AS owner,
                a.category, a.payment_mode, a.low_income, a.bankruptcy_accepted_date, p.station_id, p.route, s.voltage
            FROM zaikong_collectioncase c JOIN zaikong_account a ON a.id = c.account_id
            JOIN zaikong_supplypoint s ON s.id = a.supply_point_id JOIN zaikong_premise p ON p.id = s.premise_id
            WHERE c.state IN ('open', 'promised', 'cut') AND (%s::bigint IS NULL OR p.station_id = %s)
        ), owed AS (
            SELECT i.account_id, sum(i.open_fen) FILTER (WHERE NOT i.disputed) AS open_fen,
                min(i.due_date) FILTER (WHERE NOT i.disputed) AS since
            FROM zaikong_openitem i JOIN living l ON l.account_id = i.account_id
            WHERE i.open_fen > 0 AND i.due_date < %s GROUP BY i.account_id
        ), met AS (
            SELECT e.case_id, count(*) FILTER (WHERE (e.at {_LOCAL})::date = %s) AS today, count(*) AS week
            FROM zaikong_caseevent e JOIN living l ON l.id = e.case_id
            WHERE e.kind IN ('call', 'visit', 'served') AND (e.at {_LOCAL})::date BETWEEN %s::date - 6 AND %s
            GROUP BY e.case_id
        ), papers AS (
            SELECT n.case_id,
                max((v.served_at {_LOCAL})::date) FILTER (WHERE n.kind = 'demand') AS demanded,
                bool_or(n.kind = 'stop' AND (n.planned_cut_at {_LOCAL})::date >= %s) AS stop_standing
            FROM zaikong_notice n JOIN living l ON l.id = n.case_id AND l.episode = n.episode
            JOIN zaikong_noticeservice v ON v.notice_id = n.id
            WHERE n.state <> 'void' AND n.kind IN ('demand', 'stop') AND (v.served_at {_LOCAL})::date <= %s GROUP BY n.case_id
        ), cuts AS (
            SELECT o.account_id, min((o.planned_at {_LOCAL})::date) AS cut_date
            FROM zaikong_cutorder o JOIN living l ON l.account_id = o.account_id
            WHERE o.state IN ('approved', 'reserved') AND o.regime = 'post_paid' AND (o.planned_at {_LOCAL})::date >= %s
            GROUP BY o.account_id
        )
        SELECT l.id, l.category, l.station_id, l.route, l.owner, coalesce(g.grade, 6),
            coalesce(substring(l.voltage FROM '^ *([0-9]+[.]?[0-9]*) *[kK][vV]')::numeric >= 1, false),
            l.payment_mode = 'post_paid', l.state = 'cut', coalesce(owed.open_fen, 0)::bigint,
            coalesce(owed.since - {_EPOCH}, 0),
            EXISTS (SELECT 1 FROM zaikong_dispute d WHERE d.account_id = l.account_id AND d.state = 'open'
                AND d.bill_id IS NULL),
            l.low_income AND NOT coalesce((SELECT r.outcome = 'may_proceed' FROM zaikong_vulnerablereview r
                WHERE r.account_id = l.account_id AND (r.reviewed_at {_LOCAL})::date <= %s
                AND (r.valid_to_at {_LOCAL})::date > %s ORDER BY r.reviewed_at DESC LIMIT 1), false),
            EXISTS (SELECT 1 FROM zaikong_protection x WHERE x.account_id = l.account_id AND x.ended_at IS NULL
                AND (x.from_at {_LOCAL})::date <= %s AND (x.to_at {_LOCAL})::date >= %s),
            l.bankruptcy_accepted_date IS NOT NULL AND l.bankruptcy_accepted_date <= %s,
            coalesce((SELECT max(u.to_date) - {_EPOCH} FROM zaikong_casepause u WHERE u.case_id = l.id
                AND u.ended_date IS NULL AND u.from_date <= %s), 0),
            coalesce((SELECT max(m.promised_date) - {_EPOCH} FROM zaikong_promisetopay m WHERE m.case_id = l.id
                AND m.state = 'open'), 0),
            coalesce(met.today, 0), coalesce(met.week, 0), coalesce(papers.demanded - {_EPOCH}, 0),
            coalesce(papers.stop_standing, false), coalesce(cuts.cut_date - {_EPOCH}, 0),
            EXISTS (SELECT 1 FROM zaikong_notice f WHERE f.case_id = l.id AND f.episode = l.episode AND f.kind = 'final'
                AND f.state = 'served' AND (f.planned_cut_at {_LOCAL})::date = cuts.cut_date),
            coalesce((SELECT max((w.done_at {_LOCAL})::date) - {_EPOCH} FROM zaikong_worklistrow w
                WHERE w.case_id = l.id AND w.state = 'done' AND w.action = %s), 0)
        FROM living l
        LEFT JOIN owed ON owed.account_id = l.account_id
        LEFT JOIN met ON met.case_id = l.id
        LEFT JOIN papers ON papers.case_id = l.id
        LEFT JOIN cuts ON cuts.account_id = l.account_id
        LEFT JOIN zaikong_creditstanding g ON g.account_id = l.account_id
        ORDER BY l.id
        """,
        CASE_FACTS,
        [station_id, station_id, *[as_of] * 13, letter],
    )


def collectors(*, as_of: date, group: str, station_id: int | None = None) -> pl.DataFrame:
    """Active collectors of a station who are at work: `staff`, `station`, `minutes`, `wage_fen_an_hour`, `skills`.

    Minutes and wage are null where nobody has entered a capacity; `skills` are words with commas between.
    """
    return bulk.fetch(
        """
        SELECT s.id, s.station_id, c.minutes_a_day, c.wage_fen_an_hour,
            coalesce((SELECT string_agg(k, ',' ORDER BY k) FROM jsonb_array_elements_text(c.skills) k), '')
        FROM zaikong_staff s JOIN zaikong_staff_groups m ON m.staff_id = s.id JOIN auth_group g ON g.id = m.group_id
        LEFT JOIN zaikong_staffcapacity c ON c.staff_id = s.id
        WHERE s.is_active AND g.name = %s AND s.station_id IS NOT NULL AND (%s::bigint IS NULL OR s.station_id = %s)
            AND NOT coalesce(c.absent_from_date <= %s AND (c.absent_to_date IS NULL OR c.absent_to_date > %s), false)
        ORDER BY s.id
        """,
        {"staff": _INT, "station": _INT, "minutes": _INT, "wage_fen_an_hour": _INT, "skills": pl.String},
        [group, station_id, station_id, as_of, as_of],
    )


def hand_changes(*, as_of: date) -> pl.DataFrame:
    """The last change by hand of each case of a day: `case`, `kind`, `staff` (0 for nobody), `action`."""
    return bulk.fetch(
        "SELECT DISTINCT ON (case_id) case_id, kind, coalesce(staff_id, 0), action FROM zaikong_worklistchange "
        "WHERE business_date = %s ORDER BY case_id, changed_at DESC, id DESC",
        {"case": _INT, "kind": pl.String, "staff": _INT, "action": pl.String},
        [as_of],
    )


def done_today(*, as_of: date) -> pl.DataFrame:
    """What was done already on the day's lists: `staff`, `companion` (0 for nobody), `case`, `route`, `minutes`."""
    return bulk.fetch(
        "SELECT w.staff_id, coalesce((w.why ->> 'companion')::bigint, 0), w.case_id, w.route, w.minutes "
        "FROM zaikong_worklistrow w JOIN zaikong_workplanrun r ON r.id = w.run_id "
        "WHERE r.business_date = %s AND w.state = 'done'",
        {"staff": _INT, "companion": _INT, "case": _INT, "route": pl.String, "minutes": _INT},
        [as_of],
    )


def write_rows(rows: pl.DataFrame) -> int:
    """Write rows of work lists; columns as the table's."""
    return bulk.write(rows, "zaikong_worklistrow")


_SHOWN = {
    "row": _INT,
    "staff": _INT,
    "collector": pl.String,
    "station": pl.String,
    "rank": _INT,
    "case": _INT,
    "account_no": pl.String,
    "name": pl.String,
    "address": pl.String,
    "action": pl.String,
    "route": pl.String,
    "minutes": _INT,
    "cost_fen": _INT,
    "before_ppm": _INT,
    "after_ppm": _INT,
    "exposure_fen": _INT,
    "expected_fen": _INT,
    "by_hand": pl.Boolean,
    "state": pl.String,
    "why": pl.String,
}


def listed(*, as_of: date, staff_id: int | None = None, station_id: int | None = None) -> pl.DataFrame:
    """The standing lists of a day, in the order of work; `why` is JSON.

    Args:
        as_of: The business date.
        staff_id: One collector, or None for all.
        station_id: One station, or None for all.
    """
    wanted: Sequence[Any] = (as_of, staff_id, staff_id, station_id, station_id)
    return bulk.fetch(
        """
        SELECT w.id, w.staff_id, f.username, t.name, w.rank, w.case_id, a.account_no, u.name, p.address, w.action, w.route,
            w.minutes, w.cost_fen, w.probability_before_ppm, w.probability_after_ppm, w.exposure_fen, w.expected_fen,
            w.by_hand, w.state, w.why::text
        FROM zaikong_worklistrow w JOIN zaikong_workplanrun r ON r.id = w.run_id AND r.standing
        JOIN zaikong_staff f ON f.id = w.staff_id JOIN zaikong_collectioncase c ON c.id = w.case_id
        JOIN zaikong_account a ON a.id = c.account_id JOIN zaikong_customer u ON u.id = a.customer_id
        JOIN zaikong_supplypoint s ON s.id = a.supply_point_id JOIN zaikong_premise p ON p.id = s.premise_id
        JOIN zaikong_station t ON t.id = p.station_id
        WHERE r.business_date = %s AND (%s::bigint IS NULL OR w.staff_id = %s)
            AND (%s::bigint IS NULL OR p.station_id = %s)
        ORDER BY f.username, w.rank
        """,
        _SHOWN,
        list(wanted),
    )
