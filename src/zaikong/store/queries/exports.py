"""What goes out: the rows of the import files, and every table as it stands."""

from typing import Any, Final

import polars as pl
from django.apps import apps
from django.db import models

from zaikong.store import bulk

_ZONE: Final = "Asia/Shanghai"
NEVER: Final = frozenset({"password", "content"})
"""Columns no export shows: what logs a person in, and proofs, which are handed out one by one."""

CUSTOMERS: Final = {
    "account_no": pl.String,
    "name": pl.String,
    "category": pl.String,
    "usci": pl.String,
    "id_no": pl.String,
    "phone": pl.String,
    "address": pl.String,
    "station": pl.String,
    "route": pl.String,
    "collector": pl.String,
    "tariff": pl.String,
    "capacity_kva": pl.Int64,
    "voltage": pl.String,
    "important": pl.String,
    "payment_mode": pl.String,
    "contract_date": pl.Date,
    "household_size": pl.Int64,
    "low_income": pl.Boolean,
    "power_factor_standard": pl.Int64,
    "contract_demand_kw": pl.Int64,
    "loss_model": pl.String,
    "industry": pl.String,
    "settlements_a_month": pl.Int64,
    "late_fee_permille": pl.Int64,
    "bankruptcy_accepted_date": pl.Date,
    "closed_date": pl.Date,
}
METERS: Final = {
    "account_no": pl.String,
    "meter_no": pl.String,
    "protocol": pl.String,
    "address": pl.String,
    "multiplier": pl.Int64,
    "digits": pl.Int64,
    "relay": pl.String,
    "installed_date": pl.Date,
    "removed_date": pl.Date,
}
READINGS: Final = {
    "account_no": pl.String,
    "meter_no": pl.String,
    "read_at": pl.Datetime("us", _ZONE),
    "register": pl.Int64,
    "value": pl.Int64,
}
DAILY_USE: Final = {
    "account_no": pl.String,
    "date": pl.Date,
    "kwh": pl.Int64,
    "sharp": pl.Int64,
    "peak": pl.Int64,
    "flat": pl.Int64,
    "valley": pl.Int64,
    "kvarh": pl.Int64,
}
BILLS: Final = {
    "account_no": pl.String,
    "period": pl.Int64,
    "issued_date": pl.Date,
    "due_date": pl.Date,
    "kwh": pl.Int64,
    "amount_yuan": pl.Int64,
}
PAYMENTS: Final = {
    "account_no": pl.String,
    "paid_at": pl.Datetime("us", _ZONE),
    "amount_yuan": pl.Int64,
    "channel": pl.String,
    "channel_ref": pl.String,
    "bill_period": pl.Int64,
    "kind": pl.String,
}
SIGNALS: Final = {
    "subject_name": pl.String,
    "usci": pl.String,
    "kind": pl.String,
    "date": pl.Date,
    "source": pl.String,
    "document_no": pl.String,
}

_SQL: Final = {
    "customers": """
        SELECT a.account_no, c.name, a.category, c.usci, c.id_no, c.phone, p.address, t.code, p.route,
               coalesce(f.username, ''), a.book || ':' || a.plan, s.capacity_centi_kva, s.voltage, a.important_grade,
               a.payment_mode, a.contract_date, a.household_size, a.low_income, a.power_factor_standard,
               a.contract_demand_centi_kw, s.loss_model, c.industry, a.settlements_a_month, a.late_fee_ppm,
               a.bankruptcy_accepted_date, a.closed_date
        FROM zaikong_account a
        JOIN zaikong_customer c ON c.id = a.customer_id
        JOIN zaikong_supplypoint s ON s.id = a.supply_point_id
        JOIN zaikong_premise p ON p.id = s.premise_id
        JOIN zaikong_station t ON t.id = p.station_id
        LEFT JOIN zaikong_staff f ON f.id = a.collector_id
        ORDER BY a.account_no
    """,
    "meters": """
        SELECT a.account_no, m.meter_no, m.protocol, m.address, m.multiplier, m.digits, m.relay,
               m.installed_date, m.removed_date
        FROM zaikong_meter m JOIN zaikong_account a ON a.id = m.account_id ORDER BY a.account_no, m.meter_no
    """,
    "readings": """
        SELECT DISTINCT ON (r.read_at, r.meter_no, r.register, r.value_centi)
               coalesce(a.account_no, ''), r.meter_no, r.read_at, r.register, r.value_centi
        FROM zaikong_registerreading r LEFT JOIN zaikong_account a ON a.id = r.account_id
        ORDER BY r.read_at, r.meter_no, r.register, r.value_centi
    """,
    "daily_use": """
        SELECT a.account_no, u.use_date, u.centi_kwh, u.sharp_centi_kwh, u.peak_centi_kwh, u.flat_centi_kwh,
               u.valley_centi_kwh, u.centi_kvarh
        FROM zaikong_dailyuse u JOIN zaikong_account a ON a.id = u.account_id
        WHERE u.current ORDER BY a.account_no, u.use_date
    """,
    "bills": """
        SELECT a.account_no, b.month, max(b.issued_date), max(b.due_date), sum(b.centi_kwh), sum(b.total_fen)
        FROM zaikong_bill b JOIN zaikong_account a ON a.id = b.account_id
        GROUP BY a.account_no, b.month ORDER BY a.account_no, b.month
    """,
    "payments": """
        SELECT p.account_no_given, p.paid_at, p.amount_fen, p.channel, p.channel_ref, p.designated_month, k.kind
        FROM zaikong_payment p
        CROSS JOIN LATERAL (
            SELECT 1 AS place, CASE WHEN p.state = 'in_transit' THEN 'in_transit' WHEN p.topup THEN 'topup'
                                    ELSE 'payment' END AS kind
            UNION ALL
            SELECT 2, CASE p.state WHEN 'bounced' THEN 'bounce' ELSE 'reversal' END
            WHERE p.state IN ('bounced', 'reversed')
        ) k
        ORDER BY p.id, k.place
    """,
    "signals": "SELECT subject_name, usci, kind, signal_date, source, document_no FROM zaikong_signal ORDER BY id",
}
_SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "customers": CUSTOMERS,
    "meters": METERS,
    "readings": READINGS,
    "daily_use": DAILY_USE,
    "bills": BILLS,
    "payments": PAYMENTS,
    "signals": SIGNALS,
}


def rows_of(kind: str) -> pl.DataFrame:
    """Rows of a kind of import file, energies, capacities and money still in hundredths."""
    return bulk.fetch(_SQL[kind], _SCHEMAS[kind])


def tables() -> dict[str, type[models.Model]]:
    """Every table by the name of what one row is, in lower case."""
    return {model._meta.model_name: model for model in apps.get_app_config("zaikong").get_models()}


def rows_of_table(name: str) -> pl.DataFrame:
    """Every row of a table, oldest first, columns as stored; no column of `NEVER`."""
    model = tables()[name]
    fields = [field for field in model._meta.concrete_fields if field.name not in NEVER]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    order = model._meta.pk.column
    return bulk.fetch(
        f'SELECT {columns} FROM "{model._meta.db_table}" ORDER BY "{order}"',
        {field.column: _type_of(field) for field in fields},
    )


def _type_of(field: Any) -> Any:
    kinds: dict[str, Any] = {
        "BooleanField": pl.Boolean,
        "DateField": pl.Date,
        "DateTimeField": pl.Datetime("us", _ZONE),
    }
    kind = field.target_field if field.is_relation else field
    if isinstance(kind, models.IntegerField):
        return pl.Int64
    return kinds.get(kind.get_internal_type(), pl.String)
