"""Models and rows that the tests of a score share."""

from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.credit.score_model import ScoreModel

TRAINING = {"rows": 10, "positives": 3, "seed": 1, "bags": 1, "rounds": 1}


def model_content(**changes: Any) -> dict[str, Any]:
    return {
        "name": "unpaid",
        "version": "1",
        "label": "missed",
        "intercept_e6": -1_000_000,
        "features": [
            {
                "name": "late_days",
                "unit": "day",
                "direction": 1,
                "edges": [0, 10, 30],
                "points_e6": [-200_000, 0, 300_000, 900_000],
                "missing_e6": 50_000,
            },
            {
                "name": "paid_share",
                "direction": -1,
                "edges": ["0.25", "0.9"],
                "points_e6": [400_000, 100_000, -100_000],
                "missing_e6": 0,
            },
        ],
        "training": TRAINING,
        **changes,
    }


def model(**changes: Any) -> ScoreModel:
    return ScoreModel.model_validate(model_content(**changes))


def rows(*values: tuple[Any, Any]) -> pl.DataFrame:
    schema = {"late_days": pl.Int64, "paid_share": pl.Float64}
    return pl.DataFrame(list(values), schema=schema, orient="row").with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row")
    )


def lazy(table: pl.DataFrame) -> nw.LazyFrame:
    return nw.from_native(table.lazy())
