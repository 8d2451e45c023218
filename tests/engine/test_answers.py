"""An answer is worked out once, as rows."""

import narwhals as nw
import polars as pl

from zaikong.engine.answers import collected


def test_an_answer_is_rows_in_memory():
    rows = pl.DataFrame({"account": [1, 2]})
    assert collected(nw.from_native(rows.lazy()).filter(nw.col("account") > 1)).rows() == [(2,)]
