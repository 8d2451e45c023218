"""What probability does a model give each row? Look-up tables only: no learning library is needed here."""

import narwhals as nw
import polars as pl

from zaikong.domain.credit.score import score
from zaikong.domain.credit.score_model import ScoreModel
from zaikong.engine.answers import collected


def with_probability(rows: pl.DataFrame, model: ScoreModel) -> pl.DataFrame:
    """Adds `probability` to rows with `FEATURES`; `bill` names the row."""
    found = collected(score(nw.from_native(rows.lazy()), model, keep=("bill",)).select("bill", "probability"))
    return rows.join(found, on="bill", how="left", maintain_order="left")
