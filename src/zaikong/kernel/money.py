"""How is money held, read, printed and rounded?

Money is integer fen (int64). Prices are integers of 1e-8 yuan. Rounding is half away from zero, and only here.

Basis: each item of an electricity bill is rounded half-up to 0.01 yuan and then added (SG186 billing practice).
"""

from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow

import narwhals as nw

from zaikong.kernel.refusal import Refusal

FEN_PER_YUAN = 100
PRICE_SCALE = 100_000_000
"""Price units in one yuan [1e-8 yuan]."""

LARGEST_ROUNDED = 2**61
"""`half_away` is exact below this absolute value."""

_UNIT_STEP = 2**8


class UnableToReadMoneyError(Refusal):
    """A text is not an amount of yuan with at most two decimals."""


def _quotient(x: nw.Expr, unit: int) -> nw.Expr:
    # x - x % unit is a multiple of unit, hence of 2**8: exact as a double up to 2**61, and so is its quotient.
    return ((x - x % unit) / unit).cast(nw.Int64)


def half_away(x: nw.Expr, unit: int) -> nw.Expr:
    """Round `x / unit` half away from zero, the same on Polars, DuckDB and Spark.

    Args:
        x: int64 column, absolute value below 2**61.
        unit: Divisor, a multiple of 2**8 (1e8 turns 0.01 kWh times 1e-8 yuan/kWh into fen).

    Returns:
        int64 column.

    Raises:
        ValueError: `unit` is not a positive multiple of 2**8.
    """
    if unit <= 0 or unit % _UNIT_STEP:
        raise ValueError(f"half_away needs a positive multiple of {_UNIT_STEP}, not {unit}")
    return nw.when(x < 0).then(-_quotient(-x + unit // 2, unit)).otherwise(_quotient(x + unit // 2, unit))


def whole_quotient(x: nw.Expr, divisor: nw.Expr | int) -> nw.Expr:
    """Divide by a column and drop the fraction, towards zero, the same on every engine.

    Args:
        x: int64 column, absolute value below 2**61.
        divisor: Positive integer or int64 column, below 2**53.

    Returns:
        int64 column; exact while the quotient stays below 2**50.
    """
    return nw.when(x < 0).then(-natural_quotient(-x, divisor)).otherwise(natural_quotient(x, divisor))


def natural_quotient(x: nw.Expr, divisor: nw.Expr | int) -> nw.Expr:
    """Divide a column that is never negative and drop the fraction; otherwise as `whole_quotient`."""
    # The quotient of a multiple is whole; as a double it is off by less than a half, which the half added takes back.
    return ((x - x % divisor) / divisor + 0.5).cast(nw.Int64)


def half_away_int(x: int, unit: int) -> int:
    """Round `x / unit` half away from zero for one Python integer [same unit as `x` over `unit`]."""
    quotient = (abs(x) + unit // 2) // unit
    return -quotient if x < 0 else quotient


def fen_of_yuan(text: str | float | Decimal) -> int:
    """Read an amount in yuan.

    Args:
        text: Yuan with at most two decimals, such as `"12.40"`, `12.4` or `Decimal("12.40")`.

    Returns:
        Fen.

    Raises:
        UnableToReadMoneyError: Not a number, not finite, absurdly large, or finer than one fen.
    """
    fen = _exact_product(str(text).strip().replace(",", ""), FEN_PER_YUAN)
    if not fen.is_finite() or abs(fen) >= LARGEST_ROUNDED or fen != fen.to_integral_value():
        raise UnableToReadMoneyError(
            f"{text!r} is not an amount in yuan",
            code="MONEY_UNREADABLE",
            fields={"amount": text},
            remedy="Write yuan with at most two decimals, such as 12.40.",
        )
    return int(fen)


def yuan_text(fen: int) -> str:
    """Print fen as yuan with two decimals and thousands separators, such as `1,234.50`."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{rest:02d}"


def scaled(text: str | float | Decimal, scale: int) -> int:
    """Read a decimal number as an integer of `1/scale`, exactly.

    Args:
        text: A decimal number; a float is read by its shortest text.
        scale: Units in one, such as `PRICE_SCALE`.

    Raises:
        UnableToReadMoneyError: Not a number, or finer than `1/scale`.
    """
    value = _exact_product(str(text).strip(), scale)
    if not value.is_finite() or abs(value) >= LARGEST_ROUNDED or value != value.to_integral_value():
        raise UnableToReadMoneyError(
            f"{text!r} is not a number with at most {len(str(scale)) - 1} decimals",
            code="NUMBER_UNREADABLE",
            fields={"value": text},
            remedy="Write a plain decimal number.",
        )
    return int(value)


_EXACT = Context(prec=80, traps=[InvalidOperation, Overflow, Inexact])


def _exact_product(text: str, scale: int) -> Decimal:
    """A number times a scale without any rounding; not a number where it is none, or longer than any amount."""
    try:
        return _EXACT.multiply(Decimal(text), Decimal(scale))
    except DecimalException:
        return Decimal("NaN")
