"""How are a case's facts read, put into frames, and answers put back into yuan?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import narwhals as nw
import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.money import FEN_PER_YUAN, fen_of_yuan, scaled
from zaikong.kernel.refusal import Refusal

_TYPES = {"int64": pl.Int64, "string": pl.String, "bool": pl.Boolean}
_PPM_PER_PERCENT = 10_000


class Facts(BaseModel):
    """A mapping of a case file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _number(value: object) -> int | float | str | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 -- pydantic reports ValueError, not TypeError
    return value


def _as_fen(value: object) -> int:
    try:
        return fen_of_yuan(_number(value))
    except Refusal as refusal:
        raise ValueError(refusal.message) from refusal


def _as_ppm_of_percent(value: object) -> int:
    try:
        return scaled(_number(value), _PPM_PER_PERCENT)
    except Refusal as refusal:
        raise ValueError(refusal.message) from refusal


def _as_day(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise ValueError(f"{value!r} is not a date")  # noqa: TRY004 -- pydantic reports ValueError, not TypeError
    return value


def _as_number(value: object) -> Decimal:
    try:
        number = Decimal(str(_number(value)))
    except ArithmeticError as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number


Money = Annotated[int, BeforeValidator(_as_fen)]
"""Yuan in the file, fen in the model."""

NotNegative = Annotated[Money, Field(ge=0)]
"""Yuan of zero or more in the file, fen in the model."""

Percent = Annotated[int, BeforeValidator(_as_ppm_of_percent), Field(ge=0, le=1_000_000)]
"""Percent with up to four decimals in the file, ppm in the model."""

Day = Annotated[date, BeforeValidator(_as_day)]
"""A date."""

Number = Annotated[Decimal, BeforeValidator(_as_number)]
"""An expected number, of any unit, exactly as written."""


def yuan(fen: int) -> Decimal:
    """Fen as yuan."""
    return Decimal(fen) / FEN_PER_YUAN


def frame(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, rule: str, nullable: Iterable[str] = ()
) -> nw.LazyFrame:
    """A frame for a rule, checked against the column dictionary as every engine entry is.

    Args:
        columns: Columns the rule declares.
        rows: Values by column.
        rule: Its name, for the error.
        nullable: Columns that may hold nulls.

    Raises:
        UnableToEnterEngineError: A value is missing or out of bounds.
    """
    schema = {name: _TYPES[dictionary()[name].type] for name in columns}
    native = pl.LazyFrame([{name: row[name] for name in columns} for row in rows], schema=schema)
    return checked(nw.from_native(native), columns, rule=rule, nullable=nullable)


def collected(answer: nw.LazyFrame) -> list[dict[str, Any]]:
    """Rows of a rule's answer."""
    return answer.collect().rows(named=True)
