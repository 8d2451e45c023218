"""How does a file of customers become customers, premises, supply points and accounts?

One row is one account. Accounts of one unified social credit identifier, or of one identity number, belong to one
customer. A column the file does not have leaves what is stored; a blank cell clears it, except an identifier, which is
never cleared. An account never passes to another customer here: that is a change of occupier, which leaves the debt
with the debtor.

Stations and collectors that are not known are created by the first file of a county, and afterwards only when asked
for: an unknown station then refuses its row, an unknown collector is left out with a note. A collector created here is
inactive and has no password, so that a file lets nobody in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import polars as pl
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from zaikong.application.imports.debtors import ATTRIBUTES, Debtors, debtors
from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.masked import mask_of_identifier, mask_of_phone
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import LINE
from zaikong.application.imports.table import Table
from zaikong.application.imports.tariffs import with_plans
from zaikong.application.roles import Role
from zaikong.kernel.finding import Finding
from zaikong.store.models import Staff, Station
from zaikong.store.queries import registry as queries

_DEFAULTS: Final[Mapping[str, object]] = MappingProxyType(
    {
        "usci": "",
        "id_no": "",
        "phone": "",
        "industry": "",
        "voltage": "",
        "capacity_centi_kva": 0,
        "loss_model": "",
        "important_grade": "none",
        "closed_date": None,
        "collector": None,
        "household_size": 0,
        "low_income": False,
        "power_factor_standard": 0,
        "contract_demand_centi_kw": 0,
        "settlements_a_month": 1,
        "late_fee_ppm": 0,
        "bankruptcy_accepted_date": None,
    }
)
"""What a blank cell, or a column that a new account's file does not have, stands for."""

_STORED: Final = MappingProxyType(
    {
        "capacity_kva": "capacity_centi_kva",
        "important": "important_grade",
        "contract_demand_kw": "contract_demand_centi_kw",
        "late_fee_permille": "late_fee_ppm",
    }
)
"""Columns of the file that are stored under another name."""

_KEYS: Final = ("premise", "supply_point", "account")
_PLACES: Final = (
    ("premise", tuple(name for name in queries.PREMISE if name != "premise")),
    ("supply_point", ("premise", *(name for name in queries.SUPPLY_POINT if name != "supply_point"))),
    ("account", ("account_no", "customer", "supply_point", *(name for name in queries.ACCOUNT if name != "account"))),
)
"""Tables below the customer, in the order they are written, with their columns."""

_SHOWN_LINES: Final = 5
_EMPLOYEE_NO: Final = 20


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Set the rows beside the registry; see `loader`."""
    queries.lock()
    rows = table.rows.rename({name: stored for name, stored in _STORED.items() if name in table.rows.columns})
    rows = _with_plans(rows, rejections)
    stations = queries.stations()
    creates = stations.is_empty() if terms.create_missing is None else terms.create_missing
    rows, new_stations = _with_stations(rows, rejections, stations, creates=creates)
    rows, strangers = _with_collectors(rows)
    stored = queries.accounts_known(rows["account_no"])
    rows = _unmasked(rows, stored, rejections)
    rows = _sensible(rows, stored, rejections)
    rows, people = debtors(rows, stored, rejections)
    wanted = _completed(rows, stored)
    missing = _Missing(new_stations, strangers, creates=creates)
    return lambda: _written(wanted, people, stored, missing)


@dataclass(frozen=True, slots=True)
class _Missing:
    """Stations and collectors the file names and the tables do not know."""

    stations: list[str]
    collectors: pl.DataFrame
    creates: bool = field(kw_only=True)


def _with_plans(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    absent = {"capacity_centi_kva": pl.Int64, "voltage": pl.String}
    asked = rows.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in absent.items() if name not in rows.columns
    ).rename({"capacity_centi_kva": "capacity_kva"})
    found = with_plans(asked, rejections).rename({"capacity_kva": "capacity_centi_kva"}).drop("tariff")
    return found.drop(name for name in absent if name not in rows.columns)


def _with_stations(
    rows: pl.DataFrame, rejections: Rejections, known: pl.DataFrame, *, creates: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Rows with the station's key, null for one that is to be created, and the names of those."""
    names = pl.concat(
        [known.select(station_name="code", key="station"), known.select(station_name="name", key="station")]
    ).unique("station_name", keep="first", maintain_order=True)
    found = rows.rename({"station": "station_name"}).join(names, on="station_name", how="left", maintain_order="left")
    if not creates:
        shown = ", ".join(known["name"].head(20))
        found = rejections.refuse(
            found,
            pl.col("key").is_null(),
            column="station",
            code="STATION_UNKNOWN",
            reason=f"There is no such station. Correct it, or pass --create-missing. Stations are: {shown}.",
        )
    missing = found.filter(pl.col("key").is_null())["station_name"].unique(maintain_order=True).to_list()
    return found.rename({"key": "station"}), missing


def _with_collectors(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with the collector's key, and the names nobody answers to: `collector_name`, `len`."""
    if "collector" not in rows.columns:
        return rows, pl.DataFrame(schema={"collector_name": pl.String, "len": pl.UInt32})
    staff = queries.staff()
    names = pl.concat(
        [
            staff.select(collector_name="username", key="collector"),
            staff.filter(pl.col("employee_no") != "").select(collector_name="employee_no", key="collector"),
        ]
    ).unique("collector_name", keep="first", maintain_order=True)
    found = rows.rename({"collector": "collector_name"}).join(
        names, on="collector_name", how="left", maintain_order="left"
    )
    strangers = found.filter(pl.col("key").is_null() & pl.col("collector_name").is_not_null())
    counted = strangers.group_by("collector_name", maintain_order=True).len()
    return found.rename({"key": "collector"}), counted


def _unmasked(rows: pl.DataFrame, stored: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """Masked numbers, as an export shows them, put back to what is stored; any other masked number is refused."""
    for name, mask in (("id_no", mask_of_identifier), ("phone", mask_of_phone)):
        if name not in rows.columns or not rows[name].str.contains("*", literal=True).any():
            continue
        known = stored.select("account_no", kept=pl.col(name))
        beside = rows.join(known, on="account_no", how="left", maintain_order="left").with_columns(
            hidden=pl.col(name).str.contains("*", literal=True).fill_null(value=False)
        )
        beside = rejections.refuse(
            beside,
            pl.col("hidden") & (pl.col(name) != mask(pl.col("kept"))).fill_null(value=True),
            column=name,
            code="VALUE_MASKED",
            reason="The number is masked and is not the one stored. Write the whole number, or leave the column out.",
        )
        rows = beside.with_columns(pl.when("hidden").then("kept").otherwise(name).alias(name)).drop("kept", "hidden")
    return rows


def _sensible(rows: pl.DataFrame, stored: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    if "closed_date" not in rows.columns:
        return rows
    rows = rejections.refuse(
        rows,
        pl.col("closed_date") < pl.col("contract_date"),
        column="closed_date",
        code="CLOSED_BEFORE_CONTRACT",
        reason="The account was closed before its contract was signed. Correct one of the dates.",
    )
    closed = stored.filter(pl.col("closed_date").is_not_null()).select("account_no", was_closed=pl.lit(value=True))
    beside = rows.join(closed, on="account_no", how="left", maintain_order="left")
    return rejections.refuse(
        beside,
        pl.col("was_closed") & pl.col("closed_date").is_null(),
        column="closed_date",
        code="ACCOUNT_CLOSED",
        reason="The account is closed, and a file does not open it again. Register a new account.",
    ).drop("was_closed")


def _completed(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Every stored column of the rows: the file's value; without such a column what is stored, or the default."""
    names = [name for name in (*queries.PREMISE, *queries.SUPPLY_POINT, *queries.ACCOUNT) if name not in _KEYS]
    kept = stored.select("account_no", *(pl.col(name).alias(f"{name}|stored") for name in names), *_KEYS)
    beside = rows.join(kept, on="account_no", how="left", maintain_order="left")
    return beside.select(
        LINE,
        "account_no",
        "group",
        "station_name",
        pl.col("collector_name")
        if "collector_name" in rows.columns
        else pl.lit(None, pl.String).alias("collector_name"),
        *_KEYS,
        *(_wanted(name, rows.columns) for name in names),
    )


def _wanted(name: str, given: list[str]) -> pl.Expr:
    if name not in _DEFAULTS:
        return pl.col(name)
    default = pl.lit(_DEFAULTS[name])
    if name in given:
        return pl.coalesce(name, default).alias(name)
    return pl.when(pl.col("account").is_not_null()).then(f"{name}|stored").otherwise(default).alias(name)


def _written(
    wanted: pl.DataFrame,
    people: Debtors,
    stored: pl.DataFrame,
    missing: _Missing,
) -> Written:
    rows = _stationed(wanted, missing.stations)
    rows = _collected(rows, missing)
    owing, moved = _write_customers(people.frame)
    rows = rows.join(owing, on="group", how="left", maintain_order="left")
    touched = [rows.join(moved, on="group", how="semi")[LINE]]
    for table, columns in _PLACES:
        rows, lines = _write_table(table, columns, rows, stored)
        touched.append(lines)
    created = wanted.filter(pl.col("account").is_null())[LINE]
    changed = pl.concat(touched).unique()
    updated = changed.filter(~changed.is_in(created.implode()))
    loaded = created.len() + updated.len()
    return Written(
        loaded=loaded,
        unchanged=wanted.height - loaded,
        details={"created": created.len(), "updated": updated.len(), "customers": people.frame.height},
        notes=(*_created_notes(missing), *_names_note(people)),
        loose=() if missing.creates else _strangers_notes(missing.collectors),
    )


def _stationed(rows: pl.DataFrame, new_stations: list[str]) -> pl.DataFrame:
    """Create the stations that are missing, and give their rows their keys."""
    if not new_stations:
        return rows
    Station.objects.bulk_create([Station(code=name, name=name) for name in new_stations])
    keys = queries.stations().select(station_name="code", created="station")
    return (
        rows.join(keys, on="station_name", how="left", maintain_order="left")
        .with_columns(station=pl.coalesce("station", "created"))
        .drop("created")
    )


def _collected(rows: pl.DataFrame, missing: _Missing) -> pl.DataFrame:
    """Create the collectors that are missing, where they are to be created, and give their rows their keys."""
    if not missing.creates or missing.collectors.is_empty():
        return rows
    names = missing.collectors["collector_name"].to_list()
    people = Staff.objects.bulk_create(
        [
            Staff(username=name, employee_no=name[:_EMPLOYEE_NO], password=make_password(None), is_active=False)
            for name in names
        ]
    )
    role, _ = Group.objects.get_or_create(name=str(Role.COLLECTOR))
    role.user_set.add(*people)
    keys = pl.DataFrame({"collector_name": names, "created": [person.pk for person in people]})
    return (
        rows.join(keys, on="collector_name", how="left", maintain_order="left")
        .with_columns(collector=pl.coalesce("collector", "created"))
        .drop("created")
    )


def _write_customers(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Write customers; returns each group's key, and the groups of known customers that changed."""
    fresh = pl.col("customer").is_null()
    new = frame.filter(fresh)
    new = new.with_columns(customer=queries.new_ids("customer", new.height))
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}|stored")) for name in ATTRIBUTES)
    changed = frame.filter(~fresh & differs)
    queries.insert("customer", new.select("customer", *ATTRIBUTES))
    queries.update("customer", changed.select("customer", *ATTRIBUTES))
    keys = pl.concat([new.select("group", "customer"), frame.filter(~fresh).select("group", "customer")])
    return keys, changed.select("group")


def _write_table(
    table: str, columns: tuple[str, ...], rows: pl.DataFrame, stored: pl.DataFrame
) -> tuple[pl.DataFrame, pl.Series]:
    """Write one table; returns the rows with its keys, and the lines of known rows that changed."""
    fresh = rows[table].is_null()
    keys = queries.new_ids(table, int(fresh.sum()))
    rows = rows.with_columns(rows[table].scatter(fresh.arg_true(), keys))
    before = stored.select(table, *(pl.col(name).alias(f"{name}|stored") for name in columns if name in stored.columns))
    compared = [name for name in columns if name in stored.columns]
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}|stored")) for name in compared)
    changed = rows.filter(~fresh).join(before, on=table, how="inner").filter(differs)
    queries.insert(table, rows.filter(fresh).select(table, *columns))
    queries.update(table, changed.select(table, *compared))
    return rows, changed[LINE]


def _created_notes(missing: _Missing) -> tuple[Finding, ...]:
    notes = []
    if missing.stations:
        shown = ", ".join(missing.stations)
        notes.append(Finding("STATION_CREATED", shown, f"{len(missing.stations)} stations were created from the file."))
    if missing.creates and missing.collectors.height:
        names = missing.collectors["collector_name"]
        text = f"{names.len()} collectors were created from the file; they are inactive and cannot sign in."
        notes.append(Finding("COLLECTOR_CREATED", ", ".join(names.head(_SHOWN_LINES)), text))
    return tuple(notes)


def _strangers_notes(strangers: pl.DataFrame) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "COLLECTOR_UNKNOWN",
            name,
            f"Nobody of the staff has the log-in or employee number {name}; {count} accounts have no collector now. "
            "Register the person, or pass --create-missing, and hand the same file in again.",
        )
        for name, count in strangers.iter_rows()
    )


def _names_note(people: Debtors) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            "NAME_DIFFERS",
            name,
            f"Lines {', '.join(map(str, lines[:_SHOWN_LINES]))} give one customer different names; {name} is kept.",
        )
        for name, lines in people.differing.select("name", "lines").iter_rows()
    )


LOADER: Final = Loader(prepare)
