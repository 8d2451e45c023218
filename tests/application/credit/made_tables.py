"""Tables with a known truth for the tests of fitting."""

import numpy as np
import polars as pl

from zaikong.application.credit.stumps import Plan

QUICK = Plan(bags=3, rounds=150, feature_share=0.6, row_share=0.7, rate=0.1)


def plain(rows: int = 1_500, *, seed: int = 1) -> pl.DataFrame:
    """Late days raise the chance, the paid share lowers it, noise does nothing."""
    source = np.random.default_rng(seed)
    late, share = source.integers(0, 60, rows), source.random(rows)
    log_odds = -1.5 + 0.05 * late - 2.0 * share
    label = (source.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int64)
    return pl.DataFrame({"late_days": late, "paid_share": share, "noise": source.integers(0, 9, rows), "missed": label})


def card(rows: int = 600, *, seed: int = 1) -> pl.DataFrame:
    """Accounts of the six-month layout, with the columns nobody may read."""
    source = np.random.default_rng(seed)
    states = source.choice([-2, -1, 0, 1, 2, 3], (rows, 6), p=[0.1, 0.2, 0.4, 0.15, 0.1, 0.05])
    bills, paid = source.integers(-500, 90_000, (rows, 6)), source.integers(0, 5_000, (rows, 6))
    chance = 1 / (1 + np.exp(1.5 - 0.9 * np.maximum(states[:, 0], 0)))
    names = ("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6")
    return pl.DataFrame(
        {
            "ID": np.arange(rows) + 1,
            "LIMIT_BAL": source.integers(1, 50, rows) * 10_000,
            **{name: source.integers(1, 4, rows) for name in ("SEX", "EDUCATION", "MARRIAGE")},
            "AGE": source.integers(20, 70, rows),
            **{name: states[:, place] for place, name in enumerate(names)},
            **{f"BILL_AMT{month + 1}": bills[:, month] for month in range(6)},
            **{f"PAY_AMT{month + 1}": paid[:, month] for month in range(6)},
            "default.payment.next.month": (source.random(rows) < chance).astype(np.int64),
        }
    )
