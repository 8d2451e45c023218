"""How long does a million scores take?

Rows and tables are drawn; only their number matters. Timed from rows in memory to every probability in memory.
"""

import os
from time import perf_counter

import narwhals as nw
import numpy as np
import polars as pl

from zaikong.domain.credit.score import score, split
from zaikong.domain.credit.score_model import ScoreFeature, ScoreModel, Training

ROWS = 1_000_000
FEATURES = 30
BINS = 32
_SPREAD = 10_000


def drawn_model(*, features: int = FEATURES, bins: int = BINS, seed: int = 42) -> ScoreModel:
    """A model of drawn tables."""
    source = np.random.default_rng(seed)
    tables = tuple(
        ScoreFeature(
            name=f"feature_{number}",
            direction=0,
            edges=tuple(int(edge) for edge in np.sort(source.choice(_SPREAD, bins - 1, replace=False))),
            points_e6=tuple(int(points) for points in source.integers(-300_000, 300_000, bins)),
            missing_e6=0,
        )
        for number in range(features)
    )
    training = Training(rows=0, positives=0, seed=seed, bags=1, rounds=1)
    return ScoreModel(
        name="drawn", version="1", label="none", intercept_e6=-1_000_000, features=tables, training=training
    )


def drawn_rows(model: ScoreModel, rows: int = ROWS, *, seed: int = 42) -> pl.DataFrame:
    """Drawn values for every feature of a model, with `row`."""
    source = np.random.default_rng(seed)
    columns = {feature.name: source.integers(0, _SPREAD, rows) for feature in model.features}
    return pl.DataFrame({"row": np.arange(rows), **columns})


def measure_speed(*, rows: int = ROWS, features: int = FEATURES) -> list[str]:
    """Lines of Markdown: seconds for the scores, and for the scores with every reason."""
    model = drawn_model(features=features)
    table = drawn_rows(model, rows)
    seconds = {}
    for name, verb in (("probability", score), ("probability and points of each feature", split)):
        started = perf_counter()
        answered = verb(nw.from_native(table.lazy()), model).collect()
        seconds[name] = perf_counter() - started
        assert len(answered) == rows
    return [
        f"{rows:,} rows, {features} features of {BINS} bins, Polars {pl.__version__}, {os.cpu_count()} cores.",
        "",
        "| answer | seconds |",
        "|---|---:|",
        *(f"| {name} | {spent:.2f} |" for name, spent in seconds.items()),
    ]
