"""Which meters, last values, readings and use does metering read, and what does it write?"""

from datetime import date

import polars as pl

from zaikong.store import bulk

_EPOCH = "date '1970-01-01'"
_ZONE = "Asia/Shanghai"

ENERGIES = ("sharp_centi_kwh", "peak_centi_kwh", "flat_centi_kwh", "valley_centi_kwh", "centi_kwh", "centi_kvarh")
"""Energy columns of daily use."""

METER = {
    "meter": pl.Int64,
    "meter_no": pl.String,
    "account": pl.Int64,
    "category": pl.String,
    "multiplier": pl.Int64,
    "digits": pl.Int64,
    "installed_day": pl.Int64,
}
PREVIOUS = {
    "meter": pl.Int64,
    "register": pl.Int64,
    "previous_centi": pl.Int64,
    "previous_day": pl.Int64,
    "suspect_centi": pl.Int64,
}
RECORDED: dict[str, pl.DataType | type[pl.DataType]] = {
    "meter_no": pl.String,
    "register": pl.Int64,
    "read_at": pl.Datetime("us", _ZONE),
    "value_centi": pl.Int64,
    "verdict": pl.String,
    "code": pl.String,
}
DAILY_USE = {"account": pl.Int64, "day": pl.Int64, **dict.fromkeys(ENERGIES, pl.Int64), "source": pl.String}

_METERS = f"""
    SELECT m.id, m.meter_no, m.account_id, a.category, m.multiplier, m.digits, m.installed_date - {_EPOCH}
    FROM zaikong_meter m JOIN zaikong_account a ON a.id = m.account_id
"""
_IN_USE = "(m.removed_date IS NULL OR m.removed_date > %s)"


def lock() -> None:
    """Let one process at a time settle readings, until the end of the transaction."""
    bulk.execute("SELECT pg_advisory_xact_lock(hashtext('zaikong_metering'))")


def meters_of_accounts_read(meter_nos: pl.Series, *, in_use_after: date) -> pl.DataFrame:
    """All meters in use, after a day, of the accounts that have one of these meters: columns `METER`."""
    bulk.stage(meter_nos.unique().to_frame("meter_no"), "meter_asked", {"meter_no": "text"})
    bulk.execute("ANALYZE meter_asked")
    return bulk.fetch(
        f"{_METERS} WHERE {_IN_USE} AND m.account_id IN "
        "(SELECT k.account_id FROM zaikong_meter k JOIN meter_asked USING (meter_no))",
        METER,
        [in_use_after],
    )


def meters_without_use(day: date) -> pl.DataFrame:
    """Meters in use of the accounts that have no use of a day yet: columns `METER`."""
    return bulk.fetch(
        f"{_METERS} WHERE {_IN_USE} AND m.installed_date <= %s AND (a.closed_date IS NULL OR a.closed_date > %s) "
        "AND NOT EXISTS (SELECT 1 FROM zaikong_dailyuse u "
        "WHERE u.account_id = m.account_id AND u.use_date = %s AND u.current)",
        METER,
        [day, day, day, day],
    )


def previous(meters: pl.Series) -> pl.DataFrame:
    """The last value of every register of these meters: columns `PREVIOUS`."""
    bulk.stage(meters.to_frame("meter"), "meter_settled", {"meter": "bigint"})
    bulk.execute("ANALYZE meter_settled")
    return bulk.fetch(
        f"SELECT s.meter_id, s.register, s.value_centi, s.read_date - {_EPOCH}, s.suspect_centi "
        "FROM zaikong_registerstate s JOIN meter_settled k ON k.meter = s.meter_id",
        PREVIOUS,
    )


def recorded(accounts: pl.Series, *, from_day: int, to_day: int) -> pl.DataFrame:
    """The verdict on every reading recorded of these accounts and of unknown meters: columns `RECORDED`.

    Of several verdicts on the same reading an acceptance counts, else the last; that it is a copy counts least.

    Args:
        accounts: The accounts.
        from_day: Readings from the start of this day [day].
        to_day: To the end of this day [day].
    """
    bulk.stage(accounts.unique().to_frame("account"), "account_asked", {"account": "bigint"})
    bulk.execute("ANALYZE account_asked")
    window = f"r.read_at >= ({_EPOCH} + %s)::timestamptz AND r.read_at < ({_EPOCH} + %s)::timestamptz"
    return bulk.fetch(
        f"""
        SELECT DISTINCT ON (meter_no, register, read_at, value_centi)
               meter_no, register, read_at, value_centi, status, code
        FROM (
            SELECT r.* FROM account_asked k JOIN zaikong_registerreading r ON r.account_id = k.account WHERE {window}
            UNION ALL
            SELECT r.* FROM zaikong_registerreading r WHERE r.account_id IS NULL AND {window}
        ) r
        ORDER BY meter_no, register, read_at, value_centi, (status = 'accepted') DESC,
                 (code <> 'READING_DUPLICATE') DESC, id DESC
        """,
        RECORDED,
        [from_day, to_day + 1, from_day, to_day + 1],
    )


def daily_use(accounts: pl.Series | None, *, from_day: int, to_day: int) -> pl.DataFrame:
    """Use that counts, of accounts (all of them if None) on days of a half-open period: columns `DAILY_USE`."""
    energies = ", ".join(f"u.{name}" for name in ENERGIES)
    wanted = ""
    if accounts is not None:
        bulk.stage(accounts.unique().to_frame("account"), "account_of_use", {"account": "bigint"})
        bulk.execute("ANALYZE account_of_use")
        wanted = "JOIN account_of_use k ON k.account = u.account_id"
    return bulk.fetch(
        f"SELECT u.account_id, u.use_date - {_EPOCH}, {energies}, u.source FROM zaikong_dailyuse u {wanted} "
        f"WHERE u.current AND u.use_date >= {_EPOCH} + %s AND u.use_date < {_EPOCH} + %s",
        DAILY_USE,
        [from_day, to_day],
    )


def categories() -> pl.DataFrame:
    """Every account with its category: `account`, `category`."""
    return bulk.fetch("SELECT id, category FROM zaikong_account", {"account": pl.Int64, "category": pl.String})


def record_readings(rows: pl.DataFrame, *, night_date: date) -> int:
    """Append readings with their verdicts.

    Args:
        rows: Columns `RECORDED` and `account` (null for an unknown meter).
        night_date: Business date.
    """
    return bulk.write(
        rows.select(
            pl.lit(night_date).alias("night_date"),
            "meter_no",
            pl.col("account").alias("account_id"),
            "register",
            "read_at",
            "value_centi",
            pl.col("verdict").alias("status"),
            "code",
        ),
        "zaikong_registerreading",
    )


def start_registers(rows: pl.DataFrame) -> int:
    """Write the first values of registers: columns `PREVIOUS`."""
    return bulk.write(
        rows.select(
            pl.col("meter").alias("meter_id"),
            "register",
            pl.col("previous_centi").alias("value_centi"),
            pl.col("previous_day").cast(pl.Int32).cast(pl.Date).alias("read_date"),
            "suspect_centi",
        ),
        "zaikong_registerstate",
    )


def move_registers(rows: pl.DataFrame) -> int:
    """Bring the last values of registers that have one to columns `PREVIOUS`."""
    if rows.is_empty():
        return 0
    types = {"meter": "bigint", "register": "smallint", "previous_centi": "bigint", "previous_day": "integer"}
    bulk.stage(rows, "register_moved", {**types, "suspect_centi": "bigint"})
    bulk.execute("ANALYZE register_moved")
    return bulk.execute(
        f"""
        UPDATE zaikong_registerstate s
        SET value_centi = k.previous_centi, read_date = {_EPOCH} + k.previous_day, suspect_centi = k.suspect_centi
        FROM register_moved k WHERE s.meter_id = k.meter AND s.register = k.register
        """
    )


def revise_use(rows: pl.DataFrame, *, known_date: date) -> int:
    """Let use count from now on: columns `DAILY_USE`. What counted for the same days is kept, and counts no more."""
    bulk.stage(rows.select("account", "day"), "use_revised", {"account": "bigint", "day": "integer"})
    bulk.execute("ANALYZE use_revised")
    bulk.execute(
        "UPDATE zaikong_dailyuse u SET current = false FROM use_revised k "
        f"WHERE u.account_id = k.account AND u.use_date = {_EPOCH} + k.day AND u.current"
    )
    return bulk.write(
        rows.select(
            pl.col("account").alias("account_id"),
            pl.col("day").cast(pl.Int32).cast(pl.Date).alias("use_date"),
            *ENERGIES,
            "source",
            pl.lit(known_date).alias("known_date"),
            pl.lit(value=True).alias("current"),
        ),
        "zaikong_dailyuse",
    )


def open_findings(*, night_date: date) -> pl.DataFrame:
    """Findings of a night: `meter_no`, `register` (-1 for none), `day`, `code`."""
    return bulk.fetch(
        f"SELECT meter_no, coalesce(register, -1), use_date - {_EPOCH}, code FROM zaikong_meteringfinding "
        "WHERE night_date = %s",
        {"meter_no": pl.String, "register": pl.Int64, "day": pl.Int64, "code": pl.String},
        [night_date],
    )


def record_findings(rows: pl.DataFrame, *, night_date: date) -> int:
    """Append findings.

    Args:
        rows: `account`, `meter_no`, `register`, `day`, `code`, `severity`, `observed`, `limit`; account and register
            may be null.
        night_date: Business date.
    """
    return bulk.write(
        rows.select(
            pl.lit(night_date).alias("night_date"),
            pl.col("account").alias("account_id"),
            "meter_no",
            pl.col("register").alias("register"),
            pl.col("day").cast(pl.Int32).cast(pl.Date).alias("use_date"),
            "code",
            "severity",
            "observed",
            pl.col("limit").alias("expected"),
            pl.lit("").alias("resolution"),
        ),
        "zaikong_meteringfinding",
    )


def settle_findings(accounts: pl.Series, codes: list[str], *, to_day: int, night_date: date, resolution: str) -> int:
    """Close the findings of accounts that a later reading has settled, of days up to and with `to_day`."""
    bulk.stage(accounts.unique().to_frame("account"), "account_settled", {"account": "bigint"})
    return bulk.execute(
        "UPDATE zaikong_meteringfinding f SET resolved_date = %s, resolution = %s FROM account_settled k "
        "WHERE f.account_id = k.account AND f.resolved_date IS NULL AND f.code = ANY(%s) "
        f"AND f.use_date <= {_EPOCH} + %s",
        [night_date, resolution, codes, to_day],
    )
