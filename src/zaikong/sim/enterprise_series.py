"""What is true daily use of enterprises, where is it read from, and how is it moved to today?

The file is a public record of 1,454 enterprises of a development zone in Jiangsu, 2015-01-01 to 2016-09-30. It is moved
by whole weeks so that weekdays stay, and today's law and prices apply. Its values are never altered: 1 stands for zero
or nearly zero use and remains 1.

Basis: the Tianchi electricity-demand competition, race 231602.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from zaikong.kernel.refusal import Refusal

SHIFT_DAYS = 470 * 7
"""The series is moved forward by exactly 470 weeks [days]."""

SHIFT_NOTE = (
    "企业日用电量为2015-01-01至2016-09-30的真实记录，整体后移470周（3290天，星期不变）至2024-01-04至2025-10-03；"
    "节假日随之移动：春节2015-02-19、2016-02-08移为2024-02-22、2025-02-10，而2024、2025年春节实为2024-02-10、2025-01-29。"
)
"""What stands beside the true series wherever it is shown."""

DRAWN_NOTE = "企业日用电量为模拟数据，按真实企业用电的统计特征生成。"
"""What stands beside a drawn series wherever it is shown."""

IDLE_KWH = 1
"""A day of zero or nearly zero use is recorded as this [kWh]."""

_COLUMNS = ("customer", "date", "kwh")


class UnableToReadDailyUseError(Refusal):
    """A file is not a daily-use record of enterprises."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days a series covers, half-open.

    Attributes:
        start: First day.
        end: First day after the last.
    """

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days

    def __str__(self) -> str:
        """First and last day."""
        return f"{self.start} to {self.end - timedelta(1)}"


def span_of(series: pl.DataFrame) -> Span:
    """The days a series covers."""
    first, last = series["date"].min(), series["date"].max()
    if not (isinstance(first, date) and isinstance(last, date)):
        raise UnableToReadDailyUseError("the series has no rows", code="FILE_EMPTY", remedy="Give a series with days.")
    return Span(first, last + timedelta(1))


def read_true(path: Path) -> pl.DataFrame:
    """Read a daily-use file as recorded.

    Args:
        path: A Parquet file with `customer`, `date`, `kwh` (whole), one row a customer and day, no day left out.

    Returns:
        `customer` (Int64), `date`, `kwh` (Int64), sorted.

    Raises:
        UnableToReadDailyUseError: Missing, not a whole Parquet file, wrong columns or types, nulls, negative use, a
            day twice or left out.
    """
    frame = _opened(path)
    missing = [name for name in _COLUMNS if name not in frame.columns]
    if missing:
        raise _refusal(path, "COLUMN_MISSING", f"has no column {', '.join(missing)}; it has {', '.join(frame.columns)}")
    wrong = [
        f"{name} is {frame.schema[name]}"
        for name, fits in (
            ("customer", frame.schema["customer"].is_integer()),
            ("date", frame.schema["date"] == pl.Date),
            ("kwh", frame.schema["kwh"].is_integer()),
        )
        if not fits
    ]
    if wrong:
        raise _refusal(
            path, "COLUMN_TYPE_WRONG", f"{', '.join(wrong)}; customer and kwh are whole numbers, date a date"
        )
    series = frame.select(pl.col("customer").cast(pl.Int64), "date", pl.col("kwh").cast(pl.Int64))
    _refuse_bad_rows(path, series)
    return series.sort("customer", "date")


def moved(series: pl.DataFrame) -> pl.DataFrame:
    """The series 470 weeks later."""
    return series.with_columns(pl.col("date") + pl.duration(days=SHIFT_DAYS))


def covered(series: pl.DataFrame, span: Span, *, path: Path) -> pl.DataFrame:
    """The days of a span out of a series.

    Raises:
        UnableToReadDailyUseError: The series does not cover the span.
    """
    whole = span_of(series)
    if whole.start > span.start or whole.end < span.end:
        raise _refusal(
            path,
            "DAYS_NOT_COVERED",
            f"covers {whole} once moved by {SHIFT_DAYS} days, not {span}",
        )
    return series.filter(pl.col("date").is_between(span.start, span.end, closed="left"))


def _opened(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise _refusal(path, "FILE_MISSING", "is not there")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise _refusal(path, "FILE_BROKEN", f"is not a whole Parquet file ({reason})") from error


def _refuse_bad_rows(path: Path, series: pl.DataFrame) -> None:
    if series.is_empty():
        raise _refusal(path, "FILE_EMPTY", "has no rows")
    nulls = {name: series[name].null_count() for name in _COLUMNS if series[name].null_count()}
    if nulls:
        raise _refusal(
            path, "VALUE_MISSING", "; ".join(f"{name} is empty in {rows} rows" for name, rows in nulls.items())
        )
    negative = series.filter(pl.col("kwh") < 0)
    if negative.height:
        raise _refusal(path, "USE_NEGATIVE", f"kwh is negative in {negative.height} rows, first {negative.row(0)}")
    twice = series.filter(series.select("customer", "date").is_duplicated())
    if twice.height:
        raise _refusal(path, "DAY_TWICE", f"holds customer {twice['customer'][0]} on {twice['date'][0]} more than once")
    days = series["date"].n_unique()
    short = series.group_by("customer").len().filter(pl.col("len") != days).sort("customer")
    span = series.select((pl.col("date").max() - pl.col("date").min()).dt.total_days() + 1).item()
    if short.height or span != days:
        who = f"customer {short['customer'][0]} has {short['len'][0]}" if short.height else "every customer has a gap"
        raise _refusal(path, "DAY_LEFT_OUT", f"leaves days out: {span} days in all, {who}")


def _refusal(path: Path, code: str, what: str) -> UnableToReadDailyUseError:
    return UnableToReadDailyUseError(
        f"{path} {what}.",
        code=code,
        fields={"file": str(path)},
        remedy="Give the Parquet file with customer, date and kwh, or leave --daily-use out to draw the enterprises.",
    )
