"""What probability does a model give each row? Look-up tables only: no learning library is needed here."""

from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.credit.score import score
from zaikong.domain.credit.score_model import ScoreModel


def with_probability(rows: pl.DataFrame, model: ScoreModel) -> pl.DataFrame:
    """Adds `probability` to rows with `FEATURES`; `bill` names the row."""
    found: Any = score(nw.from_native(rows.lazy()), model, keep=("bill",)).select("bill", "probability").collect()
    return rows.join(found.to_native(), on="bill", how="left", maintain_order="left")
