"""How is a lazy frame that several results stand on computed only once?

A lazy frame is a recipe: each result that uses it cooks it again, because an optimiser pushes different filters into
each copy. A pinned frame is computed once, where its rows are: in memory by Polars, in the executors by Spark.
"""

from typing import Any

import narwhals as nw


def pinned(frame: nw.LazyFrame) -> nw.LazyFrame:
    """The same rows, computed once.

    Args:
        frame: Any engine's lazy frame; on Polars it is computed now, on Spark when it is first used.

    Returns:
        A lazy frame of the same engine; unchanged on an engine that is neither.
    """
    native: Any = frame.to_native()
    pinned_rows: nw.LazyFrame = frame
    if frame.implementation.is_polars():
        pinned_rows = nw.from_native(native.collect().lazy())
    elif frame.implementation.is_pyspark():
        pinned_rows = nw.from_native(native.persist())
    return pinned_rows
