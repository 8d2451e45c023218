"""Which stored balances differ from what legs, allocations and payments say?

Each query returns only differences: a subject, what is stored and what the records say [fen]. On a sound ledger all of
them are empty.
"""

from dataclasses import dataclass

import polars as pl

from zaikong.store import bulk

DIFFERENCE = {"subject": pl.String, "stored_fen": pl.Int64, "records_fen": pl.Int64}
"""Columns of a difference."""


@dataclass(frozen=True, slots=True)
class Check:
    """One equality that must hold.

    Attributes:
        code: Code of its finding.
        says: What is compared, as `stored` against `records`.
        query: SELECT of the differences, columns `DIFFERENCE`.
    """

    code: str
    says: str
    query: str


def _stored_balance(column: str, gl: str, sign: str) -> str:
    return f"""
        SELECT coalesce(a.account_no, '?'), coalesce(b.{column}, 0), coalesce(s.fen, 0)::bigint
        FROM (SELECT account_id, {sign}sum(amount_fen) AS fen FROM zaikong_leg
              WHERE gl = '{gl}' AND account_id IS NOT NULL GROUP BY 1) s
        FULL JOIN zaikong_accountbalance b ON b.account_id = s.account_id
        LEFT JOIN zaikong_account a ON a.id = coalesce(b.account_id, s.account_id)
        WHERE coalesce(b.{column}, 0) <> coalesce(s.fen, 0)
    """


def _gl_against(gl: str, records: str) -> str:
    return f"""
        SELECT 'gl {gl}', l.fen, r.fen
        FROM (SELECT coalesce(sum(amount_fen), 0)::bigint AS fen FROM zaikong_leg WHERE gl = '{gl}') l,
             (SELECT coalesce(({records}), 0)::bigint AS fen) r
        WHERE l.fen <> r.fen
    """


_ALLOCATED = """
    SELECT bill_id, sum(principal_fen) AS principal, sum(late_fee_fen) AS fee FROM zaikong_allocation GROUP BY 1
"""

_REVERSED = "EXISTS (SELECT 1 FROM zaikong_bill r WHERE r.reverses_id = b.id)"


def checks(*, receivable: str, prepaid: str, held: str, unidentified: str, late_fee: str) -> list[Check]:
    """Every check, for the general ledger accounts of the chart."""
    return [
        Check("LEDGER_NOT_ZERO", "nothing and the sum of all legs", _ALL_LEGS),
        Check(
            "RECEIVABLE_DIFFERS", "stored receivable and its legs", _stored_balance("receivable_fen", receivable, "")
        ),
        Check("PREPAID_DIFFERS", "stored prepaid balance and its legs", _stored_balance("prepaid_fen", prepaid, "-")),
        Check("ITEM_AMOUNT_DIFFERS", "item and bill", _ITEM_AMOUNT),
        Check("ITEM_OPEN_DIFFERS", "open principal and amount less allocations", _ITEM_OPEN),
        Check("ITEM_FEE_DIFFERS", "late fee paid on the item and its allocations", _ITEM_FEE),
        Check("ITEM_WAIVER_DIFFERS", "late fee waived on the item and its approved waivers", _ITEM_WAIVED),
        Check("PAYMENT_OVERSPENT", "payment and what it paid", _OVERSPENT),
        Check("PAYMENT_LEGS_DIFFER", "payment by its state and its money legs", _PAYMENT_LEGS),
        Check("OPEN_ITEMS_DIFFER", "legs on receivables and open items", _gl_against(receivable, _SUM_OPEN)),
        Check("PREPAID_SUM_DIFFERS", "legs on prepaid money and stored balances", _gl_against(prepaid, _SUM_PREPAID)),
        Check("HELD_DIFFERS", "legs on held money and receipts in transit", _gl_against(held, _SUM_HELD)),
        Check(
            "UNIDENTIFIED_DIFFERS", "legs on unidentified money and its receipts", _gl_against(unidentified, _SUM_LOST)
        ),
        Check("LATE_FEE_DIFFERS", "legs on late fees and allocations", _gl_against(late_fee, _SUM_FEES)),
    ]


def differences(check: Check) -> pl.DataFrame:
    """The differences of one check, columns `DIFFERENCE`."""
    return bulk.fetch(check.query, DIFFERENCE)


_ALL_LEGS = "SELECT 'ledger', 0::bigint, sum(amount_fen)::bigint FROM zaikong_leg HAVING sum(amount_fen) <> 0"

_ITEM_AMOUNT = f"""
    SELECT 'bill ' || coalesce(b.id, i.bill_id), coalesce(i.amount_fen, 0),
           CASE WHEN b.id IS NULL OR {_REVERSED} THEN 0 ELSE b.total_fen END
    FROM (SELECT * FROM zaikong_bill WHERE total_fen > 0 AND reverses_id IS NULL) b
    FULL JOIN zaikong_openitem i ON i.bill_id = b.id
    WHERE coalesce(i.amount_fen, 0) <> coalesce(b.total_fen, 0)
      AND NOT (b.id IS NOT NULL AND coalesce(i.amount_fen, 0) = 0 AND {_REVERSED})
"""

_ITEM_OPEN = f"""
    SELECT 'bill ' || i.bill_id, i.open_fen, (i.amount_fen - coalesce(l.principal, 0))::bigint
    FROM zaikong_openitem i LEFT JOIN ({_ALLOCATED}) l ON l.bill_id = i.bill_id
    WHERE i.open_fen <> i.amount_fen - coalesce(l.principal, 0)
"""

_ITEM_FEE = f"""
    SELECT 'bill ' || i.bill_id, i.late_fee_paid_fen, coalesce(l.fee, 0)::bigint
    FROM zaikong_openitem i LEFT JOIN ({_ALLOCATED}) l ON l.bill_id = i.bill_id
    WHERE i.late_fee_paid_fen <> coalesce(l.fee, 0)
"""

_ITEM_WAIVED = """
    SELECT 'bill ' || i.bill_id, i.late_fee_waived_fen, coalesce(w.fen, 0)::bigint
    FROM zaikong_openitem i LEFT JOIN (
        SELECT bill_id, sum(amount_fen) AS fen FROM zaikong_latefeewaiver WHERE state = 'approved' GROUP BY 1
    ) w ON w.bill_id = i.bill_id
    WHERE i.late_fee_waived_fen <> coalesce(w.fen, 0)
"""

_OVERSPENT = """
    SELECT p.channel || ' ' || p.channel_ref, p.amount_fen, l.fen::bigint
    FROM (SELECT payment_id, sum(principal_fen + late_fee_fen) AS fen FROM zaikong_allocation
          WHERE payment_id IS NOT NULL GROUP BY 1) l
    JOIN zaikong_payment p ON p.id = l.payment_id
    WHERE l.fen > CASE WHEN p.state = 'credited' THEN p.amount_fen ELSE 0 END OR l.fen < 0
"""

_PAYMENT_LEGS = """
    SELECT p.channel || ' ' || p.channel_ref,
           CASE WHEN p.state IN ('reversed', 'bounced') THEN 0 ELSE p.amount_fen END, coalesce(l.fen, 0)::bigint
    FROM zaikong_payment p LEFT JOIN (
        SELECT payment_id, sum(amount_fen) AS fen FROM zaikong_leg
        WHERE payment_id IS NOT NULL AND gl IN ('1001', '1002', '1012') GROUP BY 1
    ) l ON l.payment_id = p.id
    WHERE coalesce(l.fen, 0) <> CASE WHEN p.state IN ('reversed', 'bounced') THEN 0 ELSE p.amount_fen END
"""

_SUM_OPEN = "SELECT sum(open_fen) FROM zaikong_openitem"
_SUM_PREPAID = "SELECT -sum(prepaid_fen) FROM zaikong_accountbalance"
_SUM_HELD = "SELECT -sum(amount_fen) FROM zaikong_payment WHERE state = 'in_transit' AND account_id IS NOT NULL"
_SUM_LOST = (
    "SELECT -sum(amount_fen) FROM zaikong_payment "
    "WHERE state = 'unallocated' OR (state = 'in_transit' AND account_id IS NULL)"
)
_SUM_FEES = "SELECT -sum(late_fee_fen) FROM zaikong_allocation"
