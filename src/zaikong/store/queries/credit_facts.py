"""What does the record of each account say that a behaviour grade and a warning are decided by?"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from zaikong.store import bulk

_INT = pl.Int64
_YEAR = timedelta(days=365)

BILL_FACTS = (
    "bills_12m",
    "on_time_12m",
    "overdue_12m",
    "longest_overdue_days",
    "arrears_fen",
    "old_arrears_fen",
    "arrears_months_this_year",
    "disputed_fen",
    "days_overdue",
    "periods_overdue",
    "oldest_due_day",
    "last_overdue_day",
)
"""What `bill_facts` counts."""


def bill_facts(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """How each account paid the bills that came due in the 12 months before a day, and what is open past its due day.

    A bill is on time when its principal was paid in full by its due day. Bills that were reversed do not count.

    Args:
        as_of: The business date.
        accounts: Account keys, every account where None.

    Returns:
        `account` and `BILL_FACTS`; accounts without such a bill are left out.
    """
    among, keys = _among("o.account_id", accounts)
    return bulk.fetch(
        f"""
        WITH due AS (
            SELECT o.bill_id, o.account_id, o.month, o.due_date, o.open_fen, o.disputed FROM zaikong_openitem o
            WHERE o.due_date < %s AND (o.due_date >= %s OR o.open_fen > 0) AND o.amount_fen > 0 {among}
            AND NOT EXISTS (SELECT 1 FROM zaikong_bill r WHERE r.reverses_id = o.bill_id)
        ), paid AS (
            SELECT a.bill_id, max(a.effective_date) AS paid_date FROM zaikong_allocation a
            JOIN due ON due.bill_id = a.bill_id AND due.open_fen = 0 WHERE a.principal_fen > 0 GROUP BY a.bill_id
        ), judged AS (
            SELECT due.*, due.due_date >= %s AS recent, due.open_fen > 0 AS open,
                least(coalesce(paid.paid_date, CASE WHEN due.open_fen > 0 THEN %s ELSE due.due_date END), %s) AS until
            FROM due LEFT JOIN paid ON paid.bill_id = due.bill_id
        )
        SELECT account_id,
            count(*) FILTER (WHERE recent),
            count(*) FILTER (WHERE recent AND NOT open AND until <= due_date),
            count(*) FILTER (WHERE recent AND (open OR until > due_date)),
            coalesce(max(until - due_date) FILTER (WHERE recent AND until > due_date), 0),
            coalesce(sum(open_fen), 0)::bigint,
            coalesce(sum(open_fen) FILTER (WHERE due_date < %s AND due_date < %s), 0)::bigint,
            count(DISTINCT month) FILTER (WHERE open AND due_date >= %s),
            coalesce(sum(open_fen) FILTER (WHERE disputed), 0)::bigint,
            coalesce(%s - min(due_date) FILTER (WHERE open), 0),
            count(DISTINCT month) FILTER (WHERE open),
            coalesce(min(due_date) FILTER (WHERE open) - date '1970-01-01', 0),
            coalesce(max(until) FILTER (WHERE until > due_date) - date '1970-01-01', 0)
        FROM judged GROUP BY account_id
        """,
        {"account": _INT, **dict.fromkeys(BILL_FACTS, _INT)},
        [
            as_of,
            as_of - _YEAR,
            *keys,
            as_of - _YEAR,
            as_of,
            as_of,
            date(as_of.year, 1, 1),
            as_of - timedelta(days=30),
            date(as_of.year, 1, 1),
            as_of,
        ],
    )


def account_facts(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Terms, usual bill, exposure and earlier standing of every open account.

    Args:
        as_of: The business date.
        accounts: Account keys, every account where None.

    Returns:
        `account`, `customer`, `category`, `capacity_centi_kva`, `prepaid`, `opened_day`, `billed_fen` and `billed_months` of the 12
        months before, `first_bill_day`, `open_fen`, `unbilled_fen`, `prepaid_fen`, `exposure_fen`, `bankruptcy_day`
        (0 for none), `previous_grade` (0 for none), `since_day`.
    """
    billed, billed_keys = _among("account_id", accounts)
    among, keys = _among("a.id", accounts)
    return bulk.fetch(
        f"""
        WITH billed AS (
            SELECT account_id, sum(total_fen)::bigint AS fen, count(DISTINCT month) AS months, min(issued_date) AS first
            FROM zaikong_bill WHERE issued_date >= %s AND issued_date <= %s {billed}
            GROUP BY account_id
        )
        SELECT a.id, a.customer_id, a.category, p.capacity_centi_kva, a.payment_mode = 'prepaid', a.contract_date - date '1970-01-01',
            coalesce(b.fen, 0), coalesce(b.months, 0), coalesce(b.first - date '1970-01-01', 0),
            coalesce(e.open_fen, 0), coalesce(e.unbilled_fen, 0), coalesce(e.prepaid_fen, 0), coalesce(e.exposure_fen, 0),
            coalesce(a.bankruptcy_accepted_date - date '1970-01-01', 0),
            coalesce(s.grade, 0), coalesce(s.since_date - date '1970-01-01', 0)
        FROM zaikong_account a JOIN zaikong_supplypoint p ON p.id = a.supply_point_id
        LEFT JOIN billed b ON b.account_id = a.id LEFT JOIN zaikong_accountexposure e ON e.account_id = a.id
        LEFT JOIN zaikong_creditstanding s ON s.account_id = a.id
        WHERE (a.closed_date IS NULL OR a.closed_date > %s OR coalesce(e.open_fen, 0) > 0) AND a.contract_date <= %s
            {among}
        """,
        {
            "account": _INT,
            "customer": _INT,
            "category": pl.String,
            "capacity_centi_kva": _INT,
            "prepaid": pl.Boolean,
            "opened_day": _INT,
            "billed_fen": _INT,
            "billed_months": _INT,
            "first_bill_day": _INT,
            "open_fen": _INT,
            "unbilled_fen": _INT,
            "prepaid_fen": _INT,
            "exposure_fen": _INT,
            "bankruptcy_day": _INT,
            "previous_grade": _INT,
            "since_day": _INT,
        },
        [as_of - _YEAR, as_of, *billed_keys, as_of, as_of, *keys],
    )


def use_facts(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """Collapses of use that stand at the end of a day: `account`, `collapse` (`drop` or `stop`), `days_low`, `use_permille`.

    Args:
        as_of: The business date, watched already.
        accounts: Account keys, every account where None.
    """
    among, keys = _among("account_id", accounts)
    return bulk.fetch(
        "SELECT account_id, CASE WHEN stopped_date IS NULL THEN 'drop' ELSE 'stop' END, %s - onset_date, "
        "CASE WHEN usual_centi_kwh > 0 THEN coalesce(observed_centi_kwh, 0) * 1000 / usual_centi_kwh ELSE 1000 END "
        f"FROM zaikong_usecollapse WHERE ended_date IS NULL AND alarm_date <= %s {among}",
        {"account": _INT, "collapse": pl.String, "days_low": _INT, "use_permille": _INT},
        [as_of + timedelta(days=1), as_of, *keys],
    )


def conduct_facts(*, as_of: date, accounts: Sequence[int] | None = None) -> pl.DataFrame:
    """What accounts promised, agreed to and are secured by, of those that did any.

    Promises are those found broken in the 12 months before. An agreement is honoured while it is active; a broken one
    counts until the bills it covered are paid. A guarantee counts while it is in force.

    Args:
        as_of: The business date.
        accounts: Account keys, every account where None.

    Returns:
        `account`, `broken_promises_12m`, `repayment_agreement` (0 none, 1 honoured, 2 broken), `guarantee_fen`.
    """
    of_case, case_keys = _among("c.account_id", accounts)
    among, keys = _among("g.account_id", accounts)
    return bulk.fetch(
        f"""
        SELECT account_id, sum(broken)::bigint, max(agreement), sum(guarantee)::bigint FROM (
            SELECT c.account_id, 1 AS broken, 0 AS agreement, 0 AS guarantee
            FROM zaikong_promisetopay p JOIN zaikong_collectioncase c ON c.id = p.case_id
            WHERE p.state = 'broken' AND p.decided_date > %s AND p.decided_date <= %s {of_case}
            UNION ALL
            SELECT g.account_id, 0, CASE WHEN g.ended_date IS NULL OR g.ended_date > %s THEN 1 ELSE 2 END, 0
            FROM zaikong_instalmentagreement g
            WHERE g.signed_date <= %s AND (g.ended_date IS NULL OR g.ended_date > %s OR (
                g.state = 'defaulted' AND EXISTS (
                    SELECT 1 FROM zaikong_instalmentbill b JOIN zaikong_openitem o ON o.bill_id = b.bill_id
                    WHERE b.agreement_id = g.id AND o.open_fen > 0))) {among}
            UNION ALL
            SELECT g.account_id, 0, 0, g.maximum_fen FROM zaikong_guarantee g
            WHERE g.state = 'in_force' AND g.from_date <= %s AND g.to_date > %s {among}
        ) found GROUP BY account_id
        """,
        {"account": _INT, "broken_promises_12m": _INT, "repayment_agreement": _INT, "guarantee_fen": _INT},
        [as_of - _YEAR, as_of, *case_keys, as_of, as_of, as_of, *keys, as_of, as_of, *keys],
    )


def entries_behind(accounts: pl.Series, *, as_of: date) -> pl.DataFrame:
    """The ledger transactions of the unpaid bills of accounts: `account`, `transactions` (list).

    Args:
        accounts: Account keys.
        as_of: Bills due before this day count.
    """
    if accounts.is_empty():
        return pl.DataFrame(schema={"account": _INT, "transactions": pl.List(_INT)})
    bulk.stage(accounts.alias("account").to_frame(), "graded", {"account": "bigint"})
    rows = bulk.fetch(
        "SELECT o.account_id, l.transaction FROM graded g JOIN zaikong_openitem o ON o.account_id = g.account "
        "AND o.open_fen > 0 AND o.due_date < %s JOIN zaikong_leg l ON l.account_id = o.account_id "
        "AND l.bill_id = o.bill_id AND l.event = 'bill_released' GROUP BY 1, 2 ORDER BY 1, 2",
        {"account": _INT, "transaction": _INT},
        [as_of],
    )
    return rows.group_by("account").agg(transactions=pl.col("transaction"))


def replace_standings(frame: pl.DataFrame) -> int:
    """Replace each account's standing by that of a new night; columns as the table's."""
    bulk.execute("DELETE FROM zaikong_creditstanding")
    return bulk.write(frame, "zaikong_creditstanding")


def moves_of_night(moved_date: date) -> set[int]:
    """Accounts whose move of a night stands already."""
    rows = bulk.fetch("SELECT account_id FROM zaikong_grademove WHERE moved_date = %s", {"account": _INT}, [moved_date])
    return set(rows["account"].to_list())


def _among(column: str, accounts: Sequence[int] | None) -> tuple[str, list[list[int]]]:
    """A condition that keeps a query to some accounts, and its parameters; nothing for every account."""
    return ("", []) if accounts is None else (f"AND {column} = ANY(%s)", [list(accounts)])
