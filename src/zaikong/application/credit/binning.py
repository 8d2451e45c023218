"""Into which bins does a column fall?

An edge is the last value of its bin and a value that was seen, so that no rounding stands between fitting and scoring.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from zaikong.kernel.refusal import Refusal

Floats = npt.NDArray[np.float64]

MOST_BINS = 64
_EXACT_WHOLE = 2**53


class UnableToBinError(Refusal):
    """A column holds no plain numbers."""


@dataclass(frozen=True, slots=True)
class Binned:
    """One column in bins.

    Attributes:
        edges: Last value of every bin but the last, ascending; whole numbers, or decimals as text.
        place: Bin of each row, shape (n,), NaN where missing.
    """

    edges: tuple[int | str, ...]
    place: Floats


def values_of(column: pl.Series) -> Floats:
    """The column as floating numbers, NaN where missing.

    Raises:
        UnableToBinError: `COLUMN_NOT_NUMERIC`; `NUMBER_TOO_LARGE`, infinite, or a whole number of 2^53 or more.
    """
    if not column.dtype.is_numeric() and column.dtype != pl.Boolean:
        raise UnableToBinError(
            f"{column.name} holds no numbers",
            code="COLUMN_NOT_NUMERIC",
            fields={"column": column.name},
            remedy="Drop the column, or give it as numbers.",
        )
    values: Floats = column.cast(pl.Float64).fill_null(float("nan")).to_numpy().astype(np.float64)
    if np.any(np.abs(values[~np.isnan(values)]) >= (_EXACT_WHOLE if column.dtype.is_integer() else np.inf)):
        raise UnableToBinError(
            f"{column.name} holds numbers too large to be told apart, or infinite ones",
            code="NUMBER_TOO_LARGE",
            fields={"column": column.name},
            remedy="Give finite numbers below 2^53, or drop the column.",
        )
    return values


def binned(column: pl.Series, *, most_bins: int = MOST_BINS) -> Binned:
    """Cut a column into bins of about as many rows each; a value is never cut in two."""
    values = values_of(column)
    known = values[~np.isnan(values)]
    edges = _edges(known, most_bins)
    place = np.searchsorted(edges, values, side="left").astype(np.float64)
    place[np.isnan(values)] = np.nan
    whole = column.dtype.is_integer() or column.dtype == pl.Boolean
    return Binned(tuple(int(edge) if whole else repr(float(edge)) for edge in edges), place)


def _edges(known: Floats, most_bins: int) -> Floats:
    seen = np.unique(known)
    if len(seen) <= most_bins:
        return seen[:-1]
    cuts = np.quantile(known, np.arange(1, most_bins) / most_bins, method="lower")
    return np.unique(cuts[cuts < seen[-1]])
