"""What value does a text mean, and what is wrong with it where it means none?

Each reader takes a whole column of texts and answers with the values and, for each row, the code of the fault (empty
where sound). Blank texts never reach a reader. What a reader accepts it reads exactly; what it must guess it refuses.

    EMPTY                required, but blank
    NUMBER_UNREADABLE    no number, or a comma that separates no thousands
    NUMBER_TOO_FINE      more decimals than the column holds
    NUMBER_TOO_SMALL     below the smallest value that can be true
    NUMBER_TOO_LARGE     above the largest
    DATE_UNREADABLE      none of the forms, or no such day
    DATE_TOO_EARLY       before 1950
    DATE_IN_FUTURE       after the business date, where only the past can be true
    TIME_UNREADABLE      none of the forms, or no such time
    MONTH_UNREADABLE     none of the forms
    WORD_UNKNOWN         not one of the words of the column
    TEXT_UNREADABLE      control characters
    TEXT_TOO_LONG        longer than the column holds
    DIGITS_LOST          a long number that Excel has rounded

Basis: amounts as `kernel.money.fen_of_yuan` reads them; times are of Asia/Shanghai (`kernel.period.TIME_ZONE`).
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import narwhals as nw
import polars as pl

from zaikong.kernel.period import TIME_ZONE

SOUND: Final = ""
EARLIEST: Final = date(1950, 1, 1)
ZONE: Final = str(TIME_ZONE)

_NUMBER: Final = r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$"
_ROUNDED_BY_EXCEL: Final = r"(?i)^\d(\.\d+)?e\+\d+$"
_SEPARATED: Final = r"-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})"
_DAY_PART: Final = rf"(\d{{4}})(?:{_SEPARATED}|年(\d{{1,2}})月(\d{{1,2}})日|(\d{{2}})(\d{{2}}))"
_MIDNIGHT: Final = r"(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?"
_CLOCK: Final = (
    r"(?:(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?|(\d{1,2})时(\d{1,2})分(?:(\d{1,2})秒)?|(\d{2})(\d{2})(\d{2}))"
)
_SHANGHAI_MINUTES: Final = 8 * 60
_OFFSET: Final = r"(Z|[+-]\d{2}:?\d{2})?"

Read = tuple[pl.Series, pl.Series]
"""Values and fault codes, as long as the texts."""

Reader = Callable[[pl.Series], Read]


def narrow(texts: pl.Series) -> pl.Series:
    """Codes, numbers and dates as a machine writes them: full-width characters narrow, marks that force text dropped.

    A leading apostrophe or grave accent and `="…"` are how spreadsheets and bank statements keep leading zeros.
    """
    if not texts.str.contains(r"[^ -&(-<>-_a-~]").any():
        return texts
    return texts.str.normalize("NFKC").str.replace(r'^="(.*)"$', "${1}").str.strip_chars_start("'`‘’").str.strip_chars()


def code(pattern: str | None = None, *, longest: int) -> Reader:
    """Read identifiers: upper case, without blanks."""

    def read(texts: pl.Series) -> Read:
        values = narrow(texts).str.replace_all(r"\s+", "").str.to_uppercase()
        faults = _first(
            values,
            (pl.col("v").str.contains(_ROUNDED_BY_EXCEL), "DIGITS_LOST"),
            (pl.col("v").str.len_chars() > longest, "TEXT_TOO_LONG"),
            (~pl.col("v").str.contains(pattern) if pattern else pl.lit(False), "WORD_UNKNOWN"),
        )
        return values, faults

    return read


def reference(*, longest: int) -> Reader:
    """Read another system's own numbers: letter case is kept, blanks are not."""

    def read(texts: pl.Series) -> Read:
        values = narrow(texts).str.replace_all(r"\s+", "")
        faults = _first(
            values,
            (pl.col("v").str.contains(_ROUNDED_BY_EXCEL), "DIGITS_LOST"),
            (pl.col("v").str.len_chars() > longest, "TEXT_TOO_LONG"),
        )
        return values, faults

    return read


def checked_code(fault_of: Callable[[str], nw.Expr]) -> Reader:
    """Read identifiers that carry a check of their own.

    Args:
        fault_of: A column function of `domain.registry.identifiers`.
    """
    plain = code(longest=40)

    def read(texts: pl.Series) -> Read:
        values, faults = plain(texts)
        found = nw.from_native(values.alias("v").to_frame()).select(fault=fault_of("v")).to_native()["fault"]
        return values, _worst(faults, found)

    return read


def telephone(fault_of: Callable[[str], nw.Expr]) -> Reader:
    """Read telephone numbers without country code."""
    checked = checked_code(fault_of)

    def read(texts: pl.Series) -> Read:
        return checked(narrow(texts).str.replace_all(r"\s+", "").str.replace(r"^(\+86|0086)-?", ""))

    return read


def or_masked(reader: Reader) -> Reader:
    """Let numbers pass that an export has masked; the loader sets them beside what is stored."""

    def read(texts: pl.Series) -> Read:
        values, faults = reader(texts)
        masked = texts.str.contains("*", literal=True)
        return _either(masked, narrow(texts), values), _either(
            masked, pl.repeat(SOUND, texts.len(), eager=True), faults
        )

    return read


def text(*, longest: int) -> Reader:
    r"""Read names and addresses as they stand, line breaks and runs of blanks as one blank.

    Other control characters, and `\N` by itself, which is how a null is written on the way to the tables, are refused.
    """

    def read(texts: pl.Series) -> Read:
        values = texts.str.replace_all(r"\s+", " ") if texts.str.contains(r"\s\s|[^\S ]").any() else texts
        faults = _first(
            values,
            (pl.col("v").str.contains(r"[\x00-\x1f\x7f]|^\\N$"), "TEXT_UNREADABLE"),
            (pl.col("v").str.len_chars() > longest, "TEXT_TOO_LONG"),
        )
        return values, faults

    return read


def word(words: Mapping[str, object], kind: pl.DataType | type[pl.DataType] = pl.String) -> Reader:
    """Read one of a list of words, each with its other spellings.

    Args:
        words: Spelling, in lower case, to value.
        kind: Type of the values.
    """

    def read(texts: pl.Series) -> Read:
        plain = narrow(texts).str.to_lowercase().str.replace_all(r"\s+", "")
        values = plain.replace_strict(dict(words), default=None, return_dtype=kind)
        return values, _first(values, (pl.col("v").is_null(), "WORD_UNKNOWN"))

    return read


def number(*, decimals: int, low: int, high: int, or_zero: bool = False) -> Reader:
    """Read decimal numbers as integers of their last decimal, exactly.

    Args:
        decimals: Decimals the column holds; 2 turns `1,234.5` into 123450.
        low: Smallest value, in units of the last decimal.
        high: Largest value, likewise; below 10**18.
        or_zero: Whether zero is true although `low` is above it.
    """

    def read(texts: pl.Series) -> Read:
        plain = narrow(texts).str.strip_prefix("¥")
        shaped = plain.str.contains(_NUMBER)
        digits = plain.str.replace_all(",", "", literal=True)
        # eight digits of room, so that shifting the point cannot overflow
        exact = digits.cast(pl.Decimal(30, decimals), strict=False) * 10**decimals
        values = exact.cast(pl.Int64, strict=False)
        beyond = values.is_null()
        negative = digits.str.starts_with("-")
        faults = _first(
            values,
            (~shaped, "NUMBER_UNREADABLE"),
            (digits.str.contains(rf"\.\d{{{decimals}}}\d*[1-9]"), "NUMBER_TOO_FINE"),
            (beyond & negative, "NUMBER_TOO_SMALL"),
            (beyond, "NUMBER_TOO_LARGE"),
            ((pl.col("v") < low) & ~((pl.col("v") == 0) & or_zero), "NUMBER_TOO_SMALL"),
            (pl.col("v") > high, "NUMBER_TOO_LARGE"),
        )
        return values, faults

    return read


def day(*, latest: date | None = None) -> Reader:
    """Read dates: 2025-07-01, 2025/7/1, 2025.7.1, 20250701 and 2025年7月1日; a time of day only if it is midnight.

    Args:
        latest: The last day that can be true.
    """

    def read(texts: pl.Series) -> Read:
        return _by_distinct(texts, lambda distinct: _read_days(distinct, latest))

    return read


def instant(*, latest: date | None = None) -> Reader:
    """Read times to the second: a date with 8:30, 08:30:15, 083015 or 8时30分, or alone; an offset from UTC is heeded.

    A date alone is its first second: Excel shows midnight and a date alone as the same cell.

    Args:
        latest: The last day that can be true.
    """

    def read(texts: pl.Series) -> Read:
        return _by_distinct(texts, lambda distinct: _read_instants(distinct, latest))

    return read


def month() -> Reader:
    """Read months as YYYYMM: 2025-07, 202507, 2025/7, 2025年7月, or a date that is the first of a month."""

    def read(texts: pl.Series) -> Read:
        parts = (
            narrow(texts)
            .str.extract_groups(
                r"^(\d{4})(?:[-/.](\d{1,2})(?:[-/.]0?1(?:[ T]0{1,2}:00(?::00)?)?)?|年(\d{1,2})月|(\d{2}))$"
            )
            .struct.rename_fields(["y", "a", "b", "c"])
            .struct.unnest()
        )
        values = parts.select(
            v=pl.col("y").cast(pl.Int64) * 100 + pl.coalesce("a", "b", "c").cast(pl.Int64)
        ).to_series()
        wrong = pl.col("v").is_null() | ~(pl.col("v") % 100).is_between(1, 12)
        early = pl.col("v") < EARLIEST.year * 100
        return values, _first(values, (wrong, "MONTH_UNREADABLE"), (early, "DATE_TOO_EARLY"))

    return read


def _by_distinct(texts: pl.Series, read: Reader) -> Read:
    """Read each distinct text once: a county's file has few dates and many rows."""
    distinct = texts.unique().alias("t")
    values, faults = read(distinct)
    table = pl.DataFrame({"t": distinct, "value": values, "fault": faults})
    found = texts.alias("t").to_frame().join(table, on="t", how="left", maintain_order="left")
    return found["value"], found["fault"]


def _read_days(texts: pl.Series, latest: date | None) -> Read:
    values = _date_of(narrow(texts), f"^{_DAY_PART}{_MIDNIGHT}$")
    return values, _dated(values, latest, unreadable="DATE_UNREADABLE")


def _date_of(plain: pl.Series, pattern: str) -> pl.Series:
    names = [f"d{place}" for place in range(11)]
    parts = plain.str.extract_groups(pattern)
    extra = [f"x{place}" for place in range(len(parts.struct.fields) - len(names))]
    return (
        parts.struct.rename_fields(names + extra)
        .struct.unnest()
        .select(
            pl.concat_str(
                "d0",
                pl.coalesce("d1", "d3", "d5", "d7", "d9").str.pad_start(2, "0"),
                pl.coalesce("d2", "d4", "d6", "d8", "d10").str.pad_start(2, "0"),
            ).str.to_date("%Y%m%d", strict=False)
        )
        .to_series()
    )


def _read_instants(texts: pl.Series, latest: date | None) -> Read:
    usual = _usual_instants(texts)
    others = usual.is_null()
    if others.any():
        read = _other_instants(texts.filter(others))
        usual = usual.scatter(others.arg_true(), read)
    return usual, _dated(usual, latest, unreadable="TIME_UNREADABLE")


def _usual_instants(texts: pl.Series) -> pl.Series:
    """The form machines write, `2025-07-01 08:30:00`; null where it is another."""
    usual = pl.col("t").str.contains(r"^\d{4}-\d\d-\d\d[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d$")
    moment = pl.col("t").str.replace("T", " ", literal=True).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    zoned = moment.dt.cast_time_unit("us").dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")
    return texts.alias("t").to_frame().select(pl.when(usual).then(zoned)).to_series()


def _other_instants(texts: pl.Series) -> pl.Series:
    plain = narrow(texts)
    pattern = f"^{_DAY_PART}(?:[ T]*{_CLOCK})?{_OFFSET}$"
    days = _date_of(plain, pattern)
    names = ["h1", "m1", "s1", "h2", "m2", "s2", "h3", "m3", "s3", "offset"]
    clock = plain.str.extract_groups(pattern)
    fields = [f"d{place}" for place in range(11)] + names
    parts = clock.struct.rename_fields(fields).struct.unnest().select(names)
    moments = parts.with_columns(
        days.alias("day"),
        hour=_clock_part("h1", "h2", "h3"),
        minute=_clock_part("m1", "m2", "m3"),
        second=_clock_part("s1", "s2", "s3"),
        ahead=_minutes_ahead(),
    )
    true = (pl.col("hour") < 24) & (pl.col("minute") < 60) & (pl.col("second") < 60) & (pl.col("ahead").abs() <= 840)  # noqa: PLR2004 -- of the clock
    moment = (
        pl.col("day").cast(pl.Datetime("us"))
        + pl.duration(hours="hour", minutes="minute", seconds="second")
        - pl.duration(minutes=pl.col("ahead") - _SHANGHAI_MINUTES)
    )
    zoned = moment.dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null")
    return moments.select(pl.when(true).then(zoned)).to_series()


def _clock_part(*columns: str) -> pl.Expr:
    return pl.coalesce(*columns, pl.lit("0")).cast(pl.Int64)


def _minutes_ahead() -> pl.Expr:
    """Minutes ahead of UTC that an offset says; Shanghai's eight hours where it says nothing."""
    sign = pl.when(pl.col("offset").str.starts_with("-")).then(-1).otherwise(1)
    hours = pl.col("offset").str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = pl.col("offset").str.slice(-2, 2).cast(pl.Int64, strict=False)
    return (
        pl.when(pl.col("offset").is_null())
        .then(_SHANGHAI_MINUTES)
        .when(pl.col("offset") == "Z")
        .then(0)
        .otherwise(sign * (hours * 60 + minutes))
    )


def _dated(values: pl.Series, latest: date | None, *, unreadable: str) -> pl.Series:
    on = pl.col("v").cast(pl.Date) if values.dtype == pl.Date else pl.col("v").dt.date()
    late = on > latest if latest else pl.lit(False)
    return _first(
        values, (pl.col("v").is_null(), unreadable), (on < EARLIEST, "DATE_TOO_EARLY"), (late, "DATE_IN_FUTURE")
    )


def _first(values: pl.Series, *faults: tuple[pl.Expr | pl.Series, str]) -> pl.Series:
    """The code of the first condition that holds on `v`, the values."""
    code: pl.Expr = pl.lit(SOUND)
    for condition, name in reversed(faults):
        code = pl.when(condition).then(pl.lit(name)).otherwise(code)
    frame = values.alias("v").to_frame()
    return frame.select(fault=code).to_series() if frame.height else pl.Series("fault", [], pl.String)


def _either(first: pl.Series, one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.when(first).then(one).otherwise(other)).to_series()


def _worst(one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.when(one != SOUND).then(one).otherwise(other)).to_series()
