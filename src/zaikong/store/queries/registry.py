"""Which customers, premises, supply points, accounts and meters does a registry file meet, and how are they written?"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from zaikong.store import bulk

CUSTOMER = {
    "customer": pl.Int64,
    "name": pl.String,
    "usci": pl.String,
    "id_no": pl.String,
    "phone": pl.String,
    "industry": pl.String,
}
PREMISE = {"premise": pl.Int64, "address": pl.String, "station": pl.Int64, "route": pl.String}
SUPPLY_POINT = {"supply_point": pl.Int64, "voltage": pl.String, "capacity_centi_kva": pl.Int64, "loss_model": pl.String}
ACCOUNT = {
    "account": pl.Int64,
    "category": pl.String,
    "book": pl.String,
    "plan": pl.String,
    "payment_mode": pl.String,
    "important_grade": pl.String,
    "contract_date": pl.Date,
    "closed_date": pl.Date,
    "collector": pl.Int64,
    "household_size": pl.Int64,
    "low_income": pl.Boolean,
    "power_factor_standard": pl.Int64,
    "contract_demand_centi_kw": pl.Int64,
    "settlements_a_month": pl.Int64,
    "late_fee_ppm": pl.Int64,
    "bankruptcy_accepted_date": pl.Date,
}
METER = {
    "meter": pl.Int64,
    "meter_no": pl.String,
    "account_no": pl.String,
    "protocol": pl.String,
    "address": pl.String,
    "multiplier": pl.Int64,
    "digits": pl.Int64,
    "relay": pl.String,
    "installed_date": pl.Date,
    "removed_date": pl.Date,
    "has_values": pl.Boolean,
}

_KEYS = {
    "station": "station_id",
    "collector": "collector_id",
    "customer": "customer_id",
    "premise": "premise_id",
    "supply_point": "supply_point_id",
    "account": "account_id",
}
_TABLES = {
    "customer": "zaikong_customer",
    "premise": "zaikong_premise",
    "supply_point": "zaikong_supplypoint",
    "account": "zaikong_account",
    "meter": "zaikong_meter",
}
_SQL_TYPES: Mapping[Any, str] = {pl.Int64: "bigint", pl.String: "text", pl.Boolean: "boolean", pl.Date: "date"}


def lock() -> None:
    """Let one process at a time change the registry, until the end of the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_registry'))")


def accounts_known(numbers: pl.Series) -> pl.DataFrame:
    """The accounts with these numbers as they stand: `account_no` and the columns of all four tables."""
    bulk.stage(numbers.unique().to_frame("account_no"), "account_no_asked", {"account_no": "text"})
    bulk.execute("ANALYZE account_no_asked")
    return bulk.fetch(
        """
        SELECT a.account_no, c.id, c.name, c.usci, c.id_no, c.phone, c.industry,
               p.id, p.address, p.station_id, p.route,
               s.id, s.voltage, s.capacity_centi_kva, s.loss_model,
               a.id, a.category, a.book, a.plan, a.payment_mode, a.important_grade, a.contract_date, a.closed_date,
               a.collector_id, a.household_size, a.low_income, a.power_factor_standard, a.contract_demand_centi_kw,
               a.settlements_a_month, a.late_fee_ppm, a.bankruptcy_accepted_date
        FROM account_no_asked k
        JOIN zaikong_account a USING (account_no)
        JOIN zaikong_customer c ON c.id = a.customer_id
        JOIN zaikong_supplypoint s ON s.id = a.supply_point_id
        JOIN zaikong_premise p ON p.id = s.premise_id
        """,
        {"account_no": pl.String, **CUSTOMER, **PREMISE, **SUPPLY_POINT, **ACCOUNT},
    )


def customers_identified(usci: pl.Series, id_no: pl.Series) -> pl.DataFrame:
    """Customers with one of these identifiers, columns `CUSTOMER`, the oldest first; persons only without `usci`."""
    bulk.stage(usci.unique().drop_nulls().to_frame("usci"), "usci_asked", {"usci": "text"})
    bulk.stage(id_no.unique().drop_nulls().to_frame("id_no"), "id_no_asked", {"id_no": "text"})
    return bulk.fetch(
        """
        SELECT id, name, usci, id_no, phone, industry FROM zaikong_customer
        WHERE (usci <> '' AND usci IN (SELECT usci FROM usci_asked))
           OR (usci = '' AND id_no <> '' AND id_no IN (SELECT id_no FROM id_no_asked))
        ORDER BY id
        """,
        CUSTOMER,
    )


def account_ids(numbers: pl.Series) -> pl.DataFrame:
    """The accounts with these numbers: `account_no`, `account`, `contract_date`, `closed_date`."""
    bulk.stage(numbers.unique().drop_nulls().to_frame("account_no"), "account_no_asked", {"account_no": "text"})
    bulk.execute("ANALYZE account_no_asked")
    return bulk.fetch(
        "SELECT a.account_no, a.id, a.contract_date, a.closed_date FROM account_no_asked k "
        "JOIN zaikong_account a USING (account_no)",
        {"account_no": pl.String, "account": pl.Int64, "contract_date": pl.Date, "closed_date": pl.Date},
    )


def meters_known(numbers: pl.Series) -> pl.DataFrame:
    """The meters with these numbers: columns `METER`; `has_values` says whether a register has been taken."""
    bulk.stage(numbers.unique().drop_nulls().to_frame("meter_no"), "meter_no_asked", {"meter_no": "text"})
    bulk.execute("ANALYZE meter_no_asked")
    return bulk.fetch(
        """
        SELECT m.id, m.meter_no, a.account_no, m.protocol, m.address, m.multiplier, m.digits, m.relay,
               m.installed_date, m.removed_date,
               EXISTS (SELECT 1 FROM zaikong_registerstate s WHERE s.meter_id = m.id)
        FROM meter_no_asked k JOIN zaikong_meter m USING (meter_no) JOIN zaikong_account a ON a.id = m.account_id
        """,
        METER,
    )


def meters_of_accounts(numbers: pl.Series) -> pl.DataFrame:
    """The meters in use of the accounts with these numbers: `account_no`, `meter_no`."""
    bulk.stage(numbers.unique().drop_nulls().to_frame("account_no"), "account_no_asked", {"account_no": "text"})
    return bulk.fetch(
        "SELECT a.account_no, m.meter_no FROM account_no_asked k JOIN zaikong_account a USING (account_no) "
        "JOIN zaikong_meter m ON m.account_id = a.id WHERE m.removed_date IS NULL",
        {"account_no": pl.String, "meter_no": pl.String},
    )


def stations() -> pl.DataFrame:
    """Every station: `station`, `code`, `name`."""
    return bulk.fetch(
        "SELECT id, code, name FROM zaikong_station ORDER BY id",
        {"station": pl.Int64, "code": pl.String, "name": pl.String},
    )


def staff() -> pl.DataFrame:
    """Every member of staff: `collector`, `username`, `employee_no`."""
    return bulk.fetch(
        "SELECT id, username, employee_no FROM zaikong_staff ORDER BY is_active DESC, id",
        {"collector": pl.Int64, "username": pl.String, "employee_no": pl.String},
    )


def new_ids(table: str, count: int) -> pl.Series:
    """Keys for rows to be written, drawn from the table's own sequence.

    Args:
        table: `customer`, `premise`, `supply_point`, `account` or `meter`.
        count: How many.
    """
    return bulk.fetch(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
        {"id": pl.Int64},
        [_TABLES[table], count],
    )["id"]


def insert(table: str, rows: pl.DataFrame) -> int:
    """Write rows of one table; the column named as the table is its key."""
    return bulk.write(rows.rename(_stored_names(table, rows.columns)), _TABLES[table])


def update(table: str, rows: pl.DataFrame) -> int:
    """Bring rows of one table to new values; the column named as the table is its key."""
    if rows.is_empty():
        return 0
    names = _stored_names(table, rows.columns)
    types = {name: _SQL_TYPES[rows.schema[name]] for name in rows.columns}
    bulk.stage(rows, f"{table}_changed", types)
    sets = ", ".join(f'{names[name]} = k."{name}"' for name in rows.columns if name != table)
    return bulk.execute(f'UPDATE {_TABLES[table]} t SET {sets} FROM {table}_changed k WHERE t.id = k."{table}"')


def _stored_names(table: str, columns: list[str]) -> dict[str, str]:
    return {name: "id" if name == table else _KEYS.get(name, name) for name in columns}
