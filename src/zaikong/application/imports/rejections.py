"""Which rows of a file cannot be loaded, and what does its sender do about each?

A row may be at fault in several columns; each fault is one rejection. The value is shown as it stands in the file,
except that identity and telephone numbers are masked.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from zaikong.application.imports.fields import Kind
from zaikong.application.imports.sheet import LINE, Sheet

SHOWN: Final = 200
"""Longest value and reason shown."""

REJECTION: Final = MappingProxyType(
    {LINE: pl.Int64, "column": pl.String, "value": pl.String, "code": pl.String, "reason": pl.String}
)
"""Columns of a rejection."""

SAYINGS: Final = MappingProxyType(
    {
        "EMPTY": "is blank",
        "NUMBER_UNREADABLE": "is no number",
        "NUMBER_TOO_FINE": "has more decimals than can be kept",
        "NUMBER_TOO_SMALL": "is too small",
        "NUMBER_TOO_LARGE": "is too large",
        "DATE_UNREADABLE": "is no date",
        "DATE_TOO_EARLY": "is before 1950",
        "DATE_IN_FUTURE": "is after the business date",
        "TIME_UNREADABLE": "is no time",
        "MONTH_UNREADABLE": "is no month",
        "WORD_UNKNOWN": "is not understood",
        "TEXT_UNREADABLE": "holds characters that are no text",
        "TEXT_TOO_LONG": "is too long",
        "DIGITS_LOST": "was kept as a number and has lost digits; format the column as text where the file is made",
        "TARIFF_UNKNOWN": "is no tariff book",
        "PLAN_UNKNOWN": "names a plan its tariff book does not have",
        "ACCOUNT_NO_WRONG": "is no account number",
        "USCI_SHAPE_WRONG": "is no unified social credit identifier",
        "USCI_CHECK_WRONG": "has a wrong check character: one character is mistyped",
        "ID_SHAPE_WRONG": "is no identity number",
        "ID_BIRTH_DATE_WRONG": "holds no possible day of birth",
        "ID_CHECK_WRONG": "has a wrong check character: one digit is mistyped",
        "PHONE_WRONG": "is no telephone number that can receive a notice",
    }
)
"""What each fault of a single value says."""


class Rejections:
    """The faults found so far in one file.

    Args:
        sheet: The file.
        kind: What it holds.
        columns: Column name of the kind to column name of the file.
    """

    def __init__(self, sheet: Sheet, kind: Kind, columns: Mapping[str, str]) -> None:
        self._sheet = sheet
        self._kind = kind
        self._columns = dict(columns)
        self._parts: list[pl.DataFrame] = [_torn(sheet)] if sheet.torn.height else []

    def add(self, faults: pl.DataFrame) -> None:
        """Note faults: `LINE`, `column` (the kind's name), `code`, `reason`."""
        if faults.height:
            self._parts.append(self._valued(faults.select(LINE, "column", "code", "reason")))

    def refuse(
        self, rows: pl.DataFrame, when: pl.Expr, *, column: str, code: str, reason: str | pl.Expr
    ) -> pl.DataFrame:
        """Note a fault for every row where a condition holds, and hand back the others.

        Args:
            rows: Rows with `LINE`.
            when: The condition; null counts as false.
            column: The kind's column at fault.
            code: Upper-case word.
            reason: What is wrong and what to do, or a column that says so.
        """
        bad = rows.filter(when.fill_null(False))
        if bad.is_empty():
            return rows
        text = pl.lit(reason) if isinstance(reason, str) else reason
        self.add(bad.select(LINE, column=pl.lit(column), code=pl.lit(code), reason=text))
        return rows.join(bad.select(LINE), on=LINE, how="anti", maintain_order="left")

    @property
    def frame(self) -> pl.DataFrame:
        """`REJECTION` rows in the order of the file."""
        if not self._parts:
            return pl.DataFrame(schema=dict(REJECTION))
        return pl.concat(self._parts).sort(LINE, maintain_order=True)

    @property
    def height(self) -> int:
        """Rows of the file at fault."""
        return self.frame[LINE].n_unique()

    def _valued(self, faults: pl.DataFrame) -> pl.DataFrame:
        parts = []
        for name, group in faults.group_by("column", maintain_order=True):
            column = self._columns.get(str(name[0]))
            shown = (
                group.with_columns(value=pl.lit(""))
                if column is None
                else group.join(
                    self._sheet.rows.select(LINE, value=pl.col(column)), on=LINE, how="left", maintain_order="left"
                )
            )
            value = _masked(pl.col("value")) if self._is_secret(str(name[0])) else pl.col("value").str.slice(0, SHOWN)
            parts.append(
                shown.select(
                    LINE,
                    column=pl.lit(column or str(name[0])),
                    value=value,
                    code="code",
                    reason=pl.col("reason").str.slice(0, SHOWN + 100),
                )
            )
        return pl.concat(parts)

    def _is_secret(self, name: str) -> bool:
        return any(field.secret for field in self._kind.fields if field.name == name)


def _masked(value: pl.Expr) -> pl.Expr:
    """The first three characters and the length."""
    return value.str.slice(0, 3) + pl.lit("*").repeat_by((value.str.len_chars() - 3).clip(0)).list.join("")


def _torn(sheet: Sheet) -> pl.DataFrame:
    wide = len(sheet.columns)
    reason = (
        pl.when(pl.col("found") == 0)
        .then(pl.lit("The row has misplaced quotation marks. Write a mark inside a quoted value twice."))
        .otherwise(
            pl.format(
                "The row has {} columns, the header {}. Quote a value that holds the separator.", "found", pl.lit(wide)
            )
        )
    )
    return sheet.torn.select(
        LINE, column=pl.lit(""), value=pl.col("text").str.slice(0, SHOWN), code=pl.lit("ROW_TORN"), reason=reason
    )
