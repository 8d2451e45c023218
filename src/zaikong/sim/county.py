"""What is the sample county, and how does it reach the system?

One call draws everything: customers, meters, a year of history and the nights that follow. The county hands itself over
only in the files a supplier hands over (imports: customers, meters, daily use, readings); nothing goes round them. The
same seed gives the same bytes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.period import TIME_ZONE, day_number
from zaikong.kernel.refusal import Refusal
from zaikong.sim.calibrate import collapses
from zaikong.sim.enterprise_series import DRAWN_NOTE, SHIFT_NOTE, Span, covered, moved, read_true, span_of
from zaikong.sim.enterprises import DRAWN_SPAN, draw_series
from zaikong.sim.faults import plan_faults, planted
from zaikong.sim.firms import FIRM_ACCOUNT, firms
from zaikong.sim.habits import choose_habits
from zaikong.sim.households import house_use, households
from zaikong.sim.meters import ENERGY_COLUMNS, metered, register_values
from zaikong.sim.places import collectors, stations
from zaikong.sim.registers import spread

HISTORY_START = date(2024, 7, 1)
FIRST_NIGHT, LAST_NIGHT = date(2025, 7, 1), date(2025, 9, 30)
ENTERPRISES, RESIDENTS = 1454, 3000

CUSTOMER_COLUMNS = (
    *("account_no", "name", "category", "usci", "id_no", "phone", "address", "station", "route", "collector", "tariff"),
    *("capacity_kva", "voltage", "important", "payment_mode", "contract_date"),
    *("household_size", "low_income", "power_factor_standard", "contract_demand_kw", "loss_model", "industry"),
    "settlements_a_month",
)
"""Columns of the customer file; those after `contract_date` are optional for a supplier."""

METER_COLUMNS = ("account_no", "meter_no", "protocol", "address", "multiplier", "digits", "relay")

AGREEMENT_COLUMNS = ("account_no", "prepaid_agreement_date")

HORIZON_NIGHTS = 92
"""Faults and roll-overs are planted over so many nights from the first, however many are asked for: a county drawn
again with a later last night goes on as the same county."""

_CENT = Decimal("0.01")


class UnableToDrawCountyError(Refusal):
    """The days or sizes asked for cannot be drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class County:
    """A drawn county.

    Attributes:
        seed: What it was drawn from.
        note: What stands beside the enterprises' series wherever it is shown.
        true_series: Whether the enterprises are the recorded ones.
        history: Days before the first night, half-open.
        nights: Days of the nights, half-open.
        customers: The customer file (`CUSTOMER_COLUMNS`), sorted by account number.
        meters: The meter file (`METER_COLUMNS`).
        stations: `station` (code), `station_name`.
        collectors: `collector` (employee number), `collector_name`, `station`, `route`.
        agreements: Prepayment agreements (`AGREEMENT_COLUMNS`).
        daily_use: `account_no`, `day`, `date`, `sharp_centi_kwh` to `valley_centi_kwh` (zero for a meter of one
            register), `centi_kwh`, `centi_kvarh`, from the start of the history to the end of the horizon.
        register_values: What the registers truly show at the end of each day from the day before the first night.
        habits: How each account pays; see `habits.choose_habits`.
        collapse_days: `account_no`, `collapse_day`, `recovery_day` (null while it lasts) of enterprises.
        faults: Reading faults planted; see `faults.plan_faults`.
    """

    seed: int
    note: str
    true_series: bool
    history: Span
    nights: Span
    customers: pl.DataFrame
    meters: pl.DataFrame
    agreements: pl.DataFrame
    stations: pl.DataFrame
    collectors: pl.DataFrame
    daily_use: pl.DataFrame
    register_values: pl.DataFrame
    habits: pl.DataFrame
    collapse_days: pl.DataFrame
    faults: pl.DataFrame


def draw(
    seed: int,
    *,
    daily_use: Path | None = None,
    enterprises: int = ENTERPRISES,
    residents: int = RESIDENTS,
    start: date = HISTORY_START,
    first_night: date = FIRST_NIGHT,
    last_night: date = LAST_NIGHT,
) -> County:
    """Draw a county.

    Args:
        seed: Same seed (and file), same county.
        daily_use: True daily use of enterprises, or None to draw them.
        enterprises: How many enterprises; at most as many as the file holds.
        residents: How many homes, farms and public places.
        start: First day of the history.
        first_night: Business date of the first night.
        last_night: Business date of the last night.

    Raises:
        UnableToDrawCountyError: Days out of order or outside the series, or no customers.
        UnableToReadDailyUseError: See `enterprise_series.read_true`.
    """
    history, nights = Span(start, first_night), Span(first_night, last_night + timedelta(1))
    _refuse_wrong_shape(history, nights, enterprises, residents)
    series = _series(seed, daily_use, enterprises, Span(start, nights.end))
    horizon = Span(start, max(nights.end, min(first_night + timedelta(HORIZON_NIGHTS), span_of(series).end)))
    first, count = day_number(first_night), (horizon.end - first_night).days
    works = firms(seed, series, start=start)
    # who would join after the first night of a short history has signed by the day before it
    signed = pl.min_horizontal("contract_date", pl.lit(first_night - timedelta(1)))
    houses = households(seed, count=residents, start=start).with_columns(contract_date=signed)
    accounts = metered(seed, _joined(works, houses))
    use = _use(seed, series, accounts, houses, horizon, as_of=first_night)
    return County(
        seed=seed,
        note=SHIFT_NOTE if daily_use else DRAWN_NOTE,
        true_series=daily_use is not None,
        history=history,
        nights=nights,
        customers=accounts.select(CUSTOMER_COLUMNS),
        meters=accounts.drop("address").rename({"meter_address": "address"}).select(METER_COLUMNS),
        agreements=accounts.filter(payment_mode="prepaid").select(
            "account_no", pl.col("contract_date").alias("prepaid_agreement_date")
        ),
        stations=stations(),
        collectors=collectors(seed),
        daily_use=use.select(_account_no(pl.col("account")).alias("account_no"), "day", "date", *ENERGY_COLUMNS),
        register_values=register_values(seed, accounts, use, first_night=first, nights=count),
        habits=choose_habits(seed, accounts, use.filter(pl.col("day") < first)),
        collapse_days=_collapse_days(series),
        faults=plan_faults(seed, accounts, first_night=first, nights=count),
    )


def readings_of(county: County, day: date) -> pl.DataFrame:
    """The reading file of one night, planted faults included.

    Args:
        county: The county.
        day: A night's business date, or the day before the first for the opening values.

    Returns:
        `meter_no`, `read_at` (midnight at the end of the day, Asia/Shanghai), `register`, `value` (two places).

    Raises:
        UnableToDrawCountyError: The day is none of the county's nights.
    """
    if not county.nights.start - timedelta(1) <= day < county.nights.end:
        raise UnableToDrawCountyError(
            f"{day} is not a night of the county",
            code="NIGHT_UNKNOWN",
            fields={"date": day},
            remedy=f"Ask for a day from {county.nights.start - timedelta(1)} to {county.nights.end - timedelta(1)}.",
        )
    rows = planted(county.seed, county.register_values, county.faults, day=day_number(day))
    midnight = pl.lit(day + timedelta(1)).cast(pl.Datetime("ms")) + pl.duration(days="clock_days")
    return rows.select(
        "meter_no",
        midnight.dt.replace_time_zone(str(TIME_ZONE)).alias("read_at"),
        "register",
        decimal_of_centi(pl.col("value_centi")).alias("value"),
    )


def reading_dates(county: County) -> list[date]:
    """The day before the first night, whose readings are the opening values, and every night, in order."""
    return [county.nights.start + timedelta(step) for step in range(-1, county.nights.days)]


def decimal_of_centi(centi: pl.Expr) -> pl.Expr:
    """Hundredths as a decimal with two places, exactly."""
    return (centi.cast(pl.Decimal(20, 2)) * pl.lit(_CENT, dtype=pl.Decimal(20, 2))).cast(pl.Decimal(20, 2))


def write_customers(county: County, folder: Path) -> Path:
    """Write `customers.csv`; returns its path."""
    return _written(county.customers, folder / "customers.csv")


def write_meters(county: County, folder: Path) -> Path:
    """Write `meters.csv`; returns its path."""
    return _written(county.meters, folder / "meters.csv")


def write_daily_use(county: County, folder: Path, *, months: Span | None = None) -> Path:
    """Write `daily_use.parquet` of the history.

    Args:
        county: The county.
        folder: Where to.
        months: Days to write; the whole history where left out.

    Returns:
        The path. The file has the import columns `account_no`, `date`, `kwh`, and beside them what a head-end with
        registers hands over: `sharp`, `peak`, `flat`, `valley` [kWh] and `kvarh`.
    """
    span = months or county.history
    rows = county.daily_use.filter(pl.col("date").is_between(span.start, span.end, closed="left")).select(
        "account_no",
        "date",
        decimal_of_centi(pl.col("centi_kwh")).alias("kwh"),
        *(decimal_of_centi(pl.col(f"{name}_centi_kwh")).alias(name) for name in REGISTERS),
        decimal_of_centi(pl.col("centi_kvarh")).alias("kvarh"),
    )
    return _written(rows, folder / "daily_use.parquet")


def write_readings(county: County, day: date, folder: Path) -> Path:
    """Write `readings.parquet` of one night; returns its path."""
    return _written(readings_of(county, day), folder / "readings.parquet")


def _written(rows: pl.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        rows.write_csv(path)
    else:
        rows.write_parquet(path, compression="zstd", statistics=True)
    return path


def _refuse_wrong_shape(history: Span, nights: Span, enterprises: int, residents: int) -> None:
    faults = {
        "the history starts after the first night": history.days < 0,
        "the last night is before the first": nights.days < 1,
        f"enterprises are known for {DRAWN_SPAN}": (history.start < DRAWN_SPAN.start or nights.end > DRAWN_SPAN.end),
        "there must be at least one enterprise and twenty other customers": enterprises < 1 or residents < 20,  # noqa: PLR2004 -- so that each class has one
    }
    wrong = [fault for fault, holds in faults.items() if holds]
    if wrong:
        raise UnableToDrawCountyError(
            "; ".join(wrong),
            code="COUNTY_SHAPE_WRONG",
            fields={"start": history.start, "nights": str(nights)},
            remedy="Choose days and sizes inside these bounds.",
        )


def _series(seed: int, path: Path | None, enterprises: int, span: Span) -> pl.DataFrame:
    """The enterprises' series; the true one keeps its days before the span, from which collapses are told."""
    if path is None:
        return draw_series(seed, enterprises=enterprises)
    series = moved(read_true(path))
    covered(series, span, path=path)
    customers = series["customer"].unique().sort()
    if len(customers) < enterprises:
        raise UnableToDrawCountyError(
            f"{path} holds {len(customers)} enterprises, not {enterprises}",
            code="TOO_FEW_ENTERPRISES",
            fields={"file": str(path), "enterprises": enterprises},
            remedy=f"Ask for at most {len(customers)}.",
        )
    return series.filter(pl.col("customer").is_in(customers.head(enterprises).to_list()))


def _joined(works: pl.DataFrame, houses: pl.DataFrame) -> pl.DataFrame:
    accounts = pl.concat([works, houses], how="diagonal_relaxed")
    return accounts.with_columns(account_no=_account_no(pl.col("account"))).sort("account")


def _account_no(account: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("410"), account.cast(pl.String))


def _use(
    seed: int, series: pl.DataFrame, accounts: pl.DataFrame, houses: pl.DataFrame, span: Span, *, as_of: date
) -> pl.DataFrame:
    """Daily use of every account by register, sorted by account and day."""
    of_works = series.filter(pl.col("date").is_between(span.start, span.end, closed="left")).select(
        (FIRM_ACCOUNT + pl.col("customer")).alias("account"),
        pl.col("date").dt.epoch("d").cast(pl.Int64).alias("day"),
        "date",
        (pl.col("kwh") * 100).alias("centi_kwh"),
    )
    of_houses = house_use(seed, houses, span)
    days = pl.concat([of_works, of_houses]).join(
        accounts.select("account", "pattern", "power_factor", "has_reactive"), on="account", maintain_order="left"
    )
    with_registers = spread(seed, days.filter(pl.col("pattern").is_not_null()), as_of=as_of).with_columns(
        centi_kvarh=pl.when("has_reactive").then("centi_kvarh").otherwise(0)
    )
    single = days.filter(pl.col("pattern").is_null()).with_columns(
        pl.lit(0, dtype=pl.Int64).alias(name) for name in ENERGY_COLUMNS if name != "centi_kwh"
    )
    columns = ["account", "day", "date", *ENERGY_COLUMNS]
    return pl.concat([with_registers.select(columns), single.select(columns)]).sort("account", "day")


def _collapse_days(series: pl.DataFrame) -> pl.DataFrame:
    return collapses(series).select(
        _account_no(FIRM_ACCOUNT + pl.col("customer")).alias("account_no"),
        pl.col("collapse_date").dt.epoch("d").cast(pl.Int64).alias("collapse_day"),
        pl.col("recovery_date").dt.epoch("d").cast(pl.Int64).alias("recovery_day"),
    )
