"""How do register readings become daily use, night by night?

Readings of a night may come in several files, late, twice, or not at all. Each call settles the accounts it brings
readings of; `estimate_missing` ends the night for the others. What was recorded is never changed: a reading that is
judged again (its companion came in a later file) is recorded again with its new verdict, and use that is revised keeps
the row it replaces. The same readings handed in again change nothing.

Basis: the rules of `domain.metering`.
"""

from datetime import date
from typing import Any, Final

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.application.metering_outcome import ROW, Judged, NightReadings, Step, write
from zaikong.domain.metering.history import HISTORY_COLUMNS, history
from zaikong.domain.metering.reading_day import DayReading, read_day
from zaikong.kernel.period import TIME_ZONE, date_of_day, day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import metering as queries

READING: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "meter_no": pl.String,
    "register": pl.Int64,
    "read_at": pl.Datetime("us", str(TIME_ZONE)),
    "value_centi": pl.Int64,
}
"""Columns of a reading: `register` 0 to 5 (`store.models.Register`), `value_centi` in 0.01 of the register's unit."""

_HISTORY_DAYS: Final = 30
_CLASS_DAYS: Final = 7
_HALF_DAY: Final = pl.duration(hours=12)
_SPIKE: Final = "USE_SPIKE"
"""A held spike waits for another reading; judged again by itself it would confirm itself."""


class UnableToReadNightError(Refusal):
    """Readings lack a column or have one of another type."""


def day_of(read_at: pl.Expr) -> pl.Expr:
    """The day whose end a reading shows: that of the nearest midnight [day].

    Registers freeze at midnight; a reading at 00:00 or by hand in the morning stands for the end of the day before.
    """
    return (read_at.dt.replace_time_zone(None) - _HALF_DAY).dt.date().to_physical().cast(pl.Int64)


@transaction.atomic
def read_night(readings: pl.DataFrame, *, night_date: date) -> NightReadings:
    """Settle the accounts of which readings came in.

    Args:
        readings: Columns of `READING`, of any days; late ones are taken on their own day.
        night_date: The business date; a reading of a later day is refused.

    Returns:
        What the readings amounted to.

    Raises:
        UnableToReadNightError: A column is missing or has another type.
    """
    _refuse_wrong_columns(readings)
    if readings.is_empty():
        return NightReadings()
    queries.lock()
    today = day_number(night_date)
    rows = readings.select(list(READING)).with_columns(day=day_of(pl.col("read_at")))
    first = min(int(rows["day"].min()), today)  # type: ignore[arg-type] # the frame is not empty
    meters = queries.meters_of_accounts_read(rows["meter_no"], in_use_after=date_of_day(first))
    numbered = _numbered(rows, meters)
    before = queries.recorded(meters["account"], from_day=first, to_day=int(rows["day"].max()) + 1)  # type: ignore[arg-type] # as above
    asked = _asked(numbered, before, meters)
    meters = _concerned(meters, asked)
    if asked.is_empty():
        return NightReadings(rows=rows.height, unchanged=rows.height)
    previous = queries.previous(meters["meter"])
    steps = _settled(meters, previous, asked, today=today)
    return write(Judged(meters, previous, before, asked, steps), handed_in=rows.height, night_date=night_date)


@transaction.atomic
def estimate_missing(*, night_date: date) -> dict[str, Any]:
    """Estimate the use of every account whose meters are due and that has no use of the day, and say so.

    Args:
        night_date: The business date.

    Returns:
        For the night's manifest: `estimated_accounts`, `estimated_centi_kwh`, `findings`.
    """
    queries.lock()
    meters = queries.meters_without_use(night_date)
    if meters.is_empty():
        return {"estimated_accounts": 0, "estimated_centi_kwh": 0, "findings": {}}
    today = day_number(night_date)
    previous = queries.previous(meters["meter"])
    nothing = pl.DataFrame(
        schema={"reading": pl.Int64, "meter": pl.Int64, **READING, "day": pl.Int64, "brought": pl.Boolean}
    )
    steps = [_judged(meters, previous, nothing, _history(meters, today=today), today)]
    unread = Judged(meters, previous, pl.DataFrame(schema=queries.RECORDED), nothing, steps)
    done = write(unread, handed_in=0, night_date=night_date)
    estimated = sum(int(step.daily_use.filter(pl.col("source") == "estimated")["centi_kwh"].sum()) for step in steps)
    return {"estimated_accounts": done.estimated, "estimated_centi_kwh": estimated, "findings": done.findings}


def _refuse_wrong_columns(readings: pl.DataFrame) -> None:
    wrong = [f"{name} must be {kind}" for name, kind in READING.items() if readings.schema.get(name) != kind]
    if wrong:
        raise UnableToReadNightError(
            "readings: " + "; ".join(wrong),
            code="COLUMNS_WRONG",
            fields={"columns": list(readings.columns)},
            remedy="Give " + ", ".join(READING) + ".",
        )


def _numbered(rows: pl.DataFrame, meters: pl.DataFrame) -> pl.DataFrame:
    """Adds `meter`: its key, or a negative number of its own for an unknown one."""
    known = rows.join(meters.select("meter_no", "meter"), on="meter_no", how="left", maintain_order="left")
    strangers = known.filter(pl.col("meter").is_null()).select(pl.col("meter_no").unique(maintain_order=True))
    named = strangers.with_row_index("stranger", offset=1).select(
        "meter_no", stranger=-pl.col("stranger").cast(pl.Int64)
    )
    return known.join(named, on="meter_no", how="left", maintain_order="left").select(
        *rows.columns, meter=pl.coalesce("meter", "stranger")
    )


def _asked(rows: pl.DataFrame, before: pl.DataFrame, meters: pl.DataFrame) -> pl.DataFrame:
    """The readings to judge: those not settled before, and the held companions they may set free.

    Of a register that is handed in again only what is handed in now counts, so that a person can decide between two
    values held against each other.
    """
    known = rows.join(before, on=ROW, how="left", maintain_order="left")
    final = (pl.col("verdict") == "accepted") | ((pl.col("verdict") == "held") & (pl.col("code") == _SPIKE))
    fresh = _worth_judging(known.filter(~final.fill_null(value=False)), before, meters).select(*rows.columns)
    if fresh.is_empty():
        return fresh
    waiting = (
        before.filter((pl.col("verdict") == "held") & (pl.col("code") != _SPIKE))
        .with_columns(day=day_of(pl.col("read_at")))
        .join(meters.select("meter_no", "meter"), on="meter_no", how="inner")
        .join(_days_of_accounts(fresh, meters), on=["meter", "day"], how="semi")
        .join(fresh, on=["meter", "register", "day"], how="anti")
        .select(*rows.columns)
    )
    told = [fresh.with_columns(brought=pl.lit(value=True)), waiting.with_columns(brought=pl.lit(value=False))]
    return pl.concat(told).with_row_index("reading").cast({"reading": pl.Int64})


def _worth_judging(known: pl.DataFrame, before: pl.DataFrame, meters: pl.DataFrame) -> pl.DataFrame:
    """Without second copies of rows that came before, and without such rows of accounts whose spike is held.

    The registers of these wait for another reading; to judge them without the held ones would call the account unread.
    Where something new came in, it is judged.
    """
    owners = meters.select("meter_no", "account")
    spiking = before.filter((pl.col("verdict") == "held") & (pl.col("code") == _SPIKE)).join(owners, on="meter_no")
    once = known.filter(pl.col("verdict").is_null() | pl.struct(ROW).is_first_distinct())
    beside = once.join(owners, on="meter_no", how="left", maintain_order="left")
    bringing = beside.filter(pl.col("verdict").is_null())
    stuck = spiking.join(bringing, on="account", how="anti")
    return beside.join(stuck, on="account", how="anti", maintain_order="left")


def _concerned(meters: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """All meters of the accounts with readings to judge."""
    accounts = meters.join(asked, on="meter", how="semi").select("account").unique()
    return meters.join(accounts, on="account", how="semi", maintain_order="left")


def _days_of_accounts(rows: pl.DataFrame, meters: pl.DataFrame) -> pl.DataFrame:
    """`meter`, `day` of every meter of the accounts with rows, on the days of the rows."""
    days = rows.join(meters.select("meter", "account"), on="meter", how="inner").select("account", "day").unique()
    return meters.select("meter", "account").join(days, on="account", how="inner").select("meter", "day")


def _settled(meters: pl.DataFrame, previous: pl.DataFrame, asked: pl.DataFrame, *, today: int) -> list[Step]:
    """Judge each day for the accounts it brings readings of, late days first; estimates of late days are none."""
    usual = _history(meters, today=today)
    steps = []
    for day in sorted(set(asked.filter(pl.col("day") <= today)["day"])):
        rows = asked.filter(pl.col("day") == day)
        concerned = _concerned(meters, rows)
        step = _judged(concerned, previous.join(concerned, on="meter", how="semi"), rows, usual, day)
        previous = pl.concat([previous.join(concerned, on="meter", how="anti"), step.registers])
        known = pl.lit(day == today) | (pl.col("source") != "estimated")
        steps.append(Step(step.daily_use.filter(known), step.registers, step.findings, step.verdicts))
    ahead = asked.filter(pl.col("day") > today)
    if ahead.height:
        # of days to come only the rows themselves are judged: no account is called unread for them
        steps.append(_judged(_concerned(meters, ahead), previous.clear(), ahead, usual, today))
    return steps


def _judged(meters: pl.DataFrame, previous: pl.DataFrame, rows: pl.DataFrame, usual: pl.DataFrame, day: int) -> Step:
    lazy = [nw.from_native(frame.lazy()) for frame in (meters, previous, rows, usual)]
    outcome: DayReading = read_day(*lazy, as_of_day=day)
    frames: list[Any] = pl.collect_all(
        [each.to_native() for each in (outcome.daily_use, outcome.registers, outcome.findings, outcome.verdicts)]
    )
    return Step(*frames)


def _history(meters: pl.DataFrame, *, today: int) -> pl.DataFrame:
    """What the accounts usually use; the mean of a class is that of all its accounts, not only of these."""
    accounts = meters.select("account", "category").unique()
    use = queries.daily_use(accounts["account"], from_day=today - _HISTORY_DAYS, to_day=today)
    usual = _history_of(use, accounts, today)
    if usual["last7_mean_centi_kwh"].null_count() == 0:
        return usual
    everyone = queries.categories()
    week = queries.daily_use(None, from_day=today - _CLASS_DAYS, to_day=today)
    means = (
        _history_of(week, everyone, today)
        .join(everyone, on="account")
        .group_by("category")
        .agg(mean=pl.col("class_mean_centi_kwh").first())
    )
    return (
        usual.join(accounts, on="account")
        .join(means, on="category", how="left")
        .with_columns(class_mean_centi_kwh="mean")
        .select(*HISTORY_COLUMNS)
    )


def _history_of(use: pl.DataFrame, accounts: pl.DataFrame, today: int) -> pl.DataFrame:
    lazy: Any = history(nw.from_native(use.lazy()), nw.from_native(accounts.lazy()), as_of_day=today).to_native()
    frame: pl.DataFrame = lazy.collect()
    return frame
