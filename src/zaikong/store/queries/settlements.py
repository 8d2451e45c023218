"""What did each account use in a period, and on what terms is it billed?"""

from datetime import date

import polars as pl

from zaikong.store import bulk

BILL_AMOUNTS = (
    "sharp_centi_kwh",
    "peak_centi_kwh",
    "flat_centi_kwh",
    "valley_centi_kwh",
    "centi_kwh",
    "loss_centi_kwh",
    "centi_kvarh",
    "power_factor",
    "power_factor_rate_bp",
    "energy_fen",
    "capacity_fen",
    "power_factor_fen",
    "surcharge_fen",
    "fund_fen",
    "other_fen",
    "total_fen",
)
"""Amount columns of a bill."""

_TERMS = {
    "account": pl.Int64,
    "account_no": pl.String,
    "category": pl.String,
    "book": pl.String,
    "plan": pl.String,
    "payment_mode": pl.String,
    "household_size": pl.Int64,
    "low_income": pl.Boolean,
    "power_factor_standard": pl.Int64,
    "centi_contract_demand_kw": pl.Int64,
    "settlements_a_month": pl.Int64,
    "centi_kva": pl.Int64,
    "voltage": pl.String,
    "loss_model": pl.String,
    "opened_day": pl.Int64,
    "closed_day": pl.Int64,
}

_USE = {
    "account": pl.Int64,
    "sharp_centi_kwh": pl.Int64,
    "peak_centi_kwh": pl.Int64,
    "flat_centi_kwh": pl.Int64,
    "valley_centi_kwh": pl.Int64,
    "centi_kwh": pl.Int64,
    "centi_kvarh": pl.Int64,
    "largest_day_centi_kwh": pl.Int64,
    "days_known": pl.Int64,
    "estimated_days": pl.Int64,
}

_BILLED = {
    "bill": pl.Int64,
    "account": pl.Int64,
    "kind": pl.String,
    "sequence": pl.Int64,
    "from_day": pl.Int64,
    "to_day": pl.Int64,
    "centi_kwh": pl.Int64,
    "total_fen": pl.Int64,
    "fund_fen": pl.Int64,
}


def account_terms() -> pl.DataFrame:
    """Every account with the terms that decide its bill.

    Returns:
        One row an account: see `_TERMS`; `closed_day` is null while the account is open.
    """
    return bulk.fetch(
        "SELECT a.id, a.account_no, a.category, a.book, a.plan, a.payment_mode, a.household_size, a.low_income, "
        "a.power_factor_standard, a.contract_demand_centi_kw, a.settlements_a_month, s.capacity_centi_kva, s.voltage, "
        "s.loss_model, a.contract_date - date '1970-01-01', a.closed_date - date '1970-01-01' "
        "FROM zaikong_account a JOIN zaikong_supplypoint s ON s.id = a.supply_point_id ORDER BY a.id",
        _TERMS,
    )


def use_between(from_date: date, to_date: date) -> pl.DataFrame:
    """Use of every account over `[from_date, to_date)` from the current daily use, true-ups of billed days included.

    A day before `from_date` whose use was revised in this period was billed with the older value: the difference is
    carried into this period, once.

    Returns:
        One row an account with use: see `_USE`; energies in 0.01 kWh.
    """
    registers = ("sharp_centi_kwh", "peak_centi_kwh", "flat_centi_kwh", "valley_centi_kwh", "centi_kwh", "centi_kvarh")
    sums = ", ".join(f"sum({name})::bigint" for name in registers)
    columns = ", ".join(registers)
    differences = ", ".join(f"n.{name} - o.{name}" for name in registers)
    return bulk.fetch(
        f"""
        SELECT account_id, {sums}, coalesce(max(centi_kwh) FILTER (WHERE known), 0)::bigint,
            count(*) FILTER (WHERE known), count(*) FILTER (WHERE known AND source = 'estimated')
        FROM (
            SELECT account_id, {columns}, source, true AS known FROM zaikong_dailyuse
            WHERE current AND use_date >= %s AND use_date < %s
            UNION ALL
            SELECT n.account_id, {differences}, n.source, false FROM zaikong_dailyuse n
            JOIN LATERAL (
                SELECT * FROM zaikong_dailyuse o WHERE o.account_id = n.account_id AND o.use_date = n.use_date
                AND NOT o.current AND o.known_date < %s ORDER BY o.known_date DESC, o.id DESC LIMIT 1
            ) o ON true
            WHERE n.current AND n.source = 'trued_up' AND n.use_date < %s AND n.known_date >= %s AND n.known_date < %s
        ) used GROUP BY account_id
        """,
        _USE,
        [from_date, to_date, from_date, from_date, from_date, to_date],
    )


def billed_this_year(month: int) -> pl.DataFrame:
    """Energy billed for the months of a year before one of them, reversals counted.

    Returns:
        `account`, `year_to_date_centi_kwh` [0.01 kWh].
    """
    return bulk.fetch(
        "SELECT account_id, sum(centi_kwh)::bigint FROM zaikong_bill "
        "WHERE month >= %s AND month < %s AND kind <> 'interim' GROUP BY account_id",
        {"account": pl.Int64, "year_to_date_centi_kwh": pl.Int64},
        [month // 100 * 100 + 1, month],
    )


def billed_in(month: int) -> pl.DataFrame:
    """Bills of a month that still stand, one row a bill.

    Returns:
        `bill`, `account`, `kind`, `sequence`, `from_day`, `to_day`, `centi_kwh`, `total_fen`, `fund_fen`.
    """
    return bulk.fetch(
        "SELECT b.id, b.account_id, b.kind, b.sequence, b.from_date - date '1970-01-01', b.to_date - date '1970-01-01', "
        "b.centi_kwh, b.total_fen, b.fund_fen FROM zaikong_bill b WHERE b.month = %s AND b.kind <> 'reversal' "
        "AND NOT EXISTS (SELECT 1 FROM zaikong_bill r WHERE r.reverses_id = b.id)",
        _BILLED,
        [month],
    )


def bill_history(month: int) -> pl.DataFrame:
    """What each account was billed in the 12 months before `month`, for the checks.

    Returns:
        One row an account: `months_known`, `average_centi_kwh`, `previous_centi_kwh`,
        `same_month_last_year_centi_kwh`, `same_month_last_year_fen`, `last_to_day`; zero where nothing is known.
    """
    return bulk.fetch(
        """
        SELECT account_id, count(*), (sum(centi_kwh) / greatest(count(*), 1))::bigint,
            coalesce((array_agg(centi_kwh ORDER BY month DESC))[1], 0),
            coalesce(sum(centi_kwh) FILTER (WHERE month = %s), 0)::bigint,
            coalesce(sum(total) FILTER (WHERE month = %s), 0)::bigint, max(to_day)
        FROM (SELECT b.account_id, b.month, sum(b.centi_kwh) FILTER (WHERE b.kind <> 'interim') AS centi_kwh,
                  sum(b.total_fen) AS total, max(b.to_date - date '1970-01-01') AS to_day
              FROM zaikong_bill b WHERE b.month < %s AND b.month >= %s GROUP BY b.account_id, b.month) months
        WHERE centi_kwh IS NOT NULL GROUP BY account_id
        """,
        {
            "account": pl.Int64,
            "months_known": pl.Int64,
            "average_centi_kwh": pl.Int64,
            "previous_centi_kwh": pl.Int64,
            "same_month_last_year_centi_kwh": pl.Int64,
            "same_month_last_year_fen": pl.Int64,
            "last_to_day": pl.Int64,
        },
        [month - 100, month - 100, month, month - 100],
    )


def no_bills() -> pl.DataFrame:
    """An empty frame of the shape `billed_in` gives."""
    return pl.DataFrame(schema=_BILLED)
