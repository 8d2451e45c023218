"""The worked tables of the score page, run through the score."""

from itertools import groupby

import polars as pl

from domain.credit.score_frames import lazy, model, model_content, rows
from zaikong.domain.credit.score import split

from .tables import PAGES, table

LINE = {"knots_e6": [-1_500_000, -500_000], "first_e6": -1_400_000, "slopes": [65_536, 98_304, 32_768]}


def number(text: str) -> int | float | None:
    return None if not text else float(text) if "." in text else int(text)


def written_model(**changes):
    features = []
    for name, group in groupby(table("score.md", "points"), key=lambda row: row["feature"]):
        bins = list(group)
        edges = [row["up to"] for row in bins[:-2]]
        features.append(
            {
                "name": name,
                "direction": int(bins[0]["direction"]),
                "edges": [edge if "." in edge else int(edge) for edge in edges],
                "points_e6": [int(row["points"]) for row in bins[:-1]],
                "missing_e6": int(bins[-1]["points"]),
            }
        )
    return model(**{**model_content(), "features": features, **changes})


def accounts(written):
    return rows(*((number(row["late_days"]), number(row["paid_share"])) for row in written))


def test_five_accounts_get_the_points_and_the_chance_of_the_page():
    written = table("score.md", "accounts")
    answer = split(lazy(accounts(written)), written_model()).collect().rows(named=True)
    assert [
        (
            str(row["late_days_points_e6"]),
            str(row["paid_share_points_e6"]),
            str(row["log_odds_e6"]),
            f"{row['probability']:.6f}",
        )
        for row in answer
    ] == [(row["for late_days"], row["for paid_share"], row["log-odds"], row["probability"]) for row in written]


def test_the_line_moves_them_as_the_page_says():
    written = table("score.md", "line")
    answer = split(lazy(accounts(written)), written_model(calibration=LINE)).collect().to_native()
    shown = answer.select(
        points=pl.col("log_odds_e6") - pl.col("calibration_e6"), line="calibration_e6", sum="log_odds_e6"
    )
    assert shown.rows() == [(int(row["points"]), int(row["calibration"]), int(row["log-odds"])) for row in written]


def test_the_page_says_the_reasons_of_the_third_account():
    assert "is above the average row by 700,000: 300,000 because it is 11 days late, 400,000" in (
        PAGES / "score.md"
    ).read_text(encoding="utf-8")
