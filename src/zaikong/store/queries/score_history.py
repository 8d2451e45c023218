"""Which bills and payments does the score of bills learn from and look back at?"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from zaikong.domain.credit.settled import HORIZON_DAYS
from zaikong.store import bulk

_INT = pl.Int64
_BILLS = {
    "account": _INT,
    "bill": _INT,
    "issued_day": _INT,
    "due_day": _INT,
    "amount_fen": _INT,
    "centi_kwh": _INT,
    "settled_day": _INT,
    "settled_known_day": _INT,
}
_NEVER = 40_000


def settled_bills(*, as_of: date, days: int, issued_on: date | None = None) -> pl.DataFrame:
    """Bills with money in them and the day each was paid in full, as the allocations say.

    Args:
        as_of: Bills issued after this day are left out.
        days: Bills issued so many days before it, or earlier, are left out.
        issued_on: Only bills of accounts that have a bill of this day.

    Returns:
        `settled.SETTLED_BILL_COLUMNS`; reversed bills are left out.
    """
    whose = (
        "AND b.account_id IN (SELECT account_id FROM zaikong_bill WHERE issued_date = %s)"
        if issued_on is not None
        else ""
    )
    asked = [issued_on] if issued_on is not None else []
    return bulk.fetch(
        f"""
        WITH chosen AS (
            SELECT b.account_id, b.id, b.issued_date, b.due_date, o.amount_fen, b.centi_kwh, o.open_fen
            FROM zaikong_bill b JOIN zaikong_openitem o ON o.bill_id = b.id
            WHERE b.issued_date <= %s AND b.issued_date > %s AND b.kind <> 'reversal' {whose}
            AND NOT EXISTS (SELECT 1 FROM zaikong_bill r WHERE r.reverses_id = b.id)
        ), paid AS (
            SELECT a.bill_id, max(a.effective_date) AS paid, max(a.booked_date) AS known FROM zaikong_allocation a
            JOIN chosen c ON c.id = a.bill_id AND c.open_fen = 0 WHERE a.principal_fen > 0 GROUP BY a.bill_id
        )
        SELECT c.account_id, c.id, c.issued_date - date '1970-01-01', c.due_date - date '1970-01-01', c.amount_fen,
            greatest(c.centi_kwh, 0),
            CASE WHEN c.open_fen > 0 THEN {_NEVER}
                ELSE greatest(coalesce(p.paid, c.issued_date), c.issued_date) - date '1970-01-01' END,
            CASE WHEN c.open_fen > 0 THEN {_NEVER}
                ELSE greatest(coalesce(p.known, c.issued_date), c.issued_date) - date '1970-01-01' END
        FROM chosen c LEFT JOIN paid p ON p.bill_id = c.id ORDER BY c.id
        """,
        _BILLS,
        [as_of, as_of - timedelta(days=days), *asked],
    )


def bounced() -> pl.DataFrame:
    """Receipts that were undone, and the day that was booked: `account`, `available_day`."""
    return bulk.fetch(
        "SELECT p.account_id, c.booked_date - date '1970-01-01' FROM zaikong_paymentchange c "
        "JOIN zaikong_payment p ON p.id = c.payment_id "
        "WHERE c.to_state IN ('bounced', 'reversed') AND p.account_id IS NOT NULL",
        {"account": _INT, "available_day": _INT},
    )


def standing() -> pl.DataFrame:
    """`features.STANDING_COLUMNS` of every account."""
    return bulk.fetch(
        "SELECT id, contract_date - date '1970-01-01', category FROM zaikong_account",
        {"account": _INT, "opened_day": _INT, "category": pl.String},
    )


def scored_on(scored_date: date) -> pl.Series:
    """Bills that carry a score of a day."""
    rows = bulk.fetch("SELECT bill_id FROM zaikong_billscore WHERE scored_date = %s", {"bill": _INT}, [scored_date])
    return rows["bill"]


def write_scores(rows: pl.DataFrame) -> int:
    """Write scores; columns as the table's."""
    return bulk.write(rows, "zaikong_billscore")


_WITH_OUTCOME = f"""
    SELECT s.bill_id, s.probability_ppm,
        CASE WHEN o.open_fen > 0 OR p.paid > o.due_date + {HORIZON_DAYS} THEN 1 ELSE 0 END AS bad, s.model_sha256
    FROM zaikong_billscore s JOIN zaikong_openitem o ON o.bill_id = s.bill_id
    LEFT JOIN LATERAL (
        SELECT max(effective_date) AS paid FROM zaikong_allocation WHERE bill_id = s.bill_id AND principal_fen > 0
    ) p ON true
    WHERE o.due_date + {HORIZON_DAYS} >= %s AND o.due_date + {HORIZON_DAYS} < %s
"""


def scores_with_outcome(*, as_of: date, since: date) -> pl.DataFrame:
    """Scored bills whose outcome became known in a window.

    Args:
        as_of: The window's last day.
        since: Its first day.

    Returns:
        `bill`, `probability_ppm`, `bad` (1 where it was not paid in full `HORIZON_DAYS` after its due day),
        `model_sha256`.
    """
    return bulk.fetch(
        _WITH_OUTCOME,
        {"bill": _INT, "probability_ppm": _INT, "bad": _INT, "model_sha256": pl.String},
        [since, as_of],
    )


def outcomes_by_band(edges_ppm: Sequence[int], *, as_of: date) -> pl.DataFrame:
    """All scored bills whose outcome is known, by band of what was foretold.

    Args:
        edges_ppm: Lower ends of the bands after the first [ppm].
        as_of: The business date.

    Returns:
        `band` (from 0), `bills`, `foretold_ppm` (sum), `bad`, the lowest band first; bands without a bill are left out.
    """
    return bulk.fetch(
        "SELECT width_bucket(probability_ppm, %s::int[]) AS band, count(*), sum(probability_ppm)::bigint, sum(bad)::bigint "
        f"FROM ({_WITH_OUTCOME}) k GROUP BY 1 ORDER BY 1",
        {"band": _INT, "bills": _INT, "foretold_ppm": _INT, "bad": _INT},
        [list(edges_ppm), date.min, as_of],
    )
