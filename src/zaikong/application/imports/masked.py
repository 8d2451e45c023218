"""How do numbers that identify a person look when they are hidden, over a column?

The same as `domain.registry.masking` shows one of them.
"""

import polars as pl


def mask_of_identifier(number: pl.Expr) -> pl.Expr:
    """As `masking.mask_identifier`."""
    return _masked(number, 3, 4)


def mask_of_phone(number: pl.Expr) -> pl.Expr:
    """As `masking.mask_phone`."""
    short_area = number.str.slice(0, 2).is_in(["01", "02"])
    fixed = pl.when(short_area).then(_masked(number, 3, 2)).otherwise(_masked(number, 4, 2))
    return pl.when(number.str.starts_with("0")).then(fixed).otherwise(_masked(number, 3, 4))


def _masked(number: pl.Expr, head: int, tail: int) -> pl.Expr:
    length = number.str.len_chars().cast(pl.Int64)
    hidden = length - head - tail
    stars = pl.lit("*").repeat_by(pl.when(hidden >= tail).then(hidden).otherwise(length)).list.join("")
    shown = number.str.slice(0, head) + stars + number.str.slice(length - tail, tail)
    return pl.when(hidden >= tail).then(shown).otherwise(stars)
