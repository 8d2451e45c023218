"""Which debts are open, and what has interrupted the limitation of each, with what proof?"""

from datetime import date

import polars as pl

from zaikong.store import bulk
from zaikong.store.queries.scope import Scope

_INT = pl.Int64
_EPOCH = "DATE '1970-01-01'"
_INSIDE = """JOIN zaikong_account a ON a.id = i.account_id JOIN zaikong_supplypoint p ON p.id = a.supply_point_id
    JOIN zaikong_premise h ON h.id = p.premise_id"""


def overdue_debts(*, as_of: date, scope: Scope) -> pl.DataFrame:
    """Bills with principal open past their due day: `debt` (the bill), account, month, due day, what is open."""
    where, keys = ("", []) if scope.station_id is None else ("AND h.station_id = %s", [scope.station_id])
    return bulk.fetch(
        f"""
        SELECT i.bill_id, i.account_id, a.account_no, i.month, i.due_date - {_EPOCH}, i.open_fen, i.disputed
        FROM zaikong_openitem i {_INSIDE}
        WHERE i.open_fen > 0 AND i.due_date < %s {where}
        """,
        {
            "debt": _INT,
            "account": _INT,
            "account_no": pl.String,
            "month": _INT,
            "due_day": _INT,
            "open_fen": _INT,
            "disputed": pl.Boolean,
        },
        [as_of, *keys],
    )


def interruptions(*, as_of: date, bill: int | None = None) -> pl.DataFrame:
    """What interrupted the limitation of bills still open: `debt`, `interruption`, `day`, `proof`.

    Served notices and delivered demands by message count from the day they reached the debtor; part payments from the
    day they were made, unless they were undone; what was recorded by hand counts for its bill, or for every bill of the
    account that was due then.

    Args:
        as_of: Nothing later is told.
        bill: One bill only.
    """
    among, keys = ("", []) if bill is None else ("AND bill_id = %s", [bill])
    return bulk.fetch(
        f"""
        WITH open AS (
            SELECT bill_id, account_id, due_date FROM zaikong_openitem WHERE open_fen > 0 AND due_date < %s {among}
        )
        SELECT t.bill_id, 'demand_delivered', (s.served_at AT TIME ZONE 'Asia/Shanghai')::date - {_EPOCH}, n.notice_no
        FROM zaikong_noticeitem t JOIN open o ON o.bill_id = t.bill_id
        JOIN zaikong_notice n ON n.id = t.notice_id AND n.state = 'served'
        JOIN zaikong_noticeservice s ON s.notice_id = n.id AND (s.served_at AT TIME ZONE 'Asia/Shanghai')::date <= %s
        UNION ALL
        SELECT t.bill_id, 'demand_delivered', (m.delivered_at AT TIME ZONE 'Asia/Shanghai')::date - {_EPOCH},
            'message ' || m.id
        FROM zaikong_messageitem t JOIN open o ON o.bill_id = t.bill_id
        JOIN zaikong_outboundmessage m ON m.id = t.message_id AND m.state = 'delivered' AND m.statutory
            AND (m.delivered_at AT TIME ZONE 'Asia/Shanghai')::date <= %s
        UNION ALL
        SELECT l.bill_id, 'part_payment', min(l.effective_date) - {_EPOCH}, 'payment ' || l.payment_id
        FROM zaikong_allocation l JOIN open o ON o.bill_id = l.bill_id
        WHERE l.effective_date <= %s AND l.payment_id IS NOT NULL
        GROUP BY l.bill_id, l.payment_id HAVING sum(l.principal_fen) > 0
        UNION ALL
        SELECT o.bill_id, e.kind, e.event_date - {_EPOCH}, 'record ' || e.id
        FROM zaikong_limitationevent e
        JOIN open o ON o.account_id = e.account_id AND (e.bill_id = o.bill_id OR (e.bill_id IS NULL
            AND o.due_date < e.event_date))
        WHERE e.event_date <= %s
        """,
        {"debt": _INT, "interruption": pl.String, "day": _INT, "proof": pl.String},
        [as_of, *keys, as_of, as_of, as_of, as_of],
    )
