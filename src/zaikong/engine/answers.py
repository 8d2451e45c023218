"""What did a rule answer? Its lazy frame worked out, as rows in memory."""

from typing import Any

import narwhals as nw
import polars as pl


def collected(answer: nw.LazyFrame[Any]) -> pl.DataFrame:
    """The rows of an answer that Polars carries."""
    rows: pl.DataFrame = answer.to_native().collect()
    return rows
