"""A score is read off tables and splits exactly."""

import math
import warnings

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.credit.score_frames import lazy, model, model_content, rows
from zaikong.application.credit.speed import drawn_model, drawn_rows
from zaikong.domain.credit.score import UnableToScoreError, score, split
from zaikong.domain.credit.score_model import Calibration

LINE = {"knots_e6": [-1_500_000, -500_000], "first_e6": -1_400_000, "slopes": [65_536, 98_304, 32_768]}


def log_odds(*values):
    return [row[1] for row in score(lazy(rows(*values)), model()).collect().rows()]


@pytest.mark.parametrize(
    ("late_days", "points"),
    [(-5, -200_000), (0, -200_000), (1, 0), (10, 0), (11, 300_000), (30, 300_000), (31, 900_000), (None, 50_000)],
)
def test_an_edge_is_the_last_value_of_its_bin(late_days, points):
    assert log_odds((late_days, None)) == [-1_000_000 + points]


@pytest.mark.parametrize(
    ("paid_share", "points"),
    [(0.25, 400_000), (0.2500001, 100_000), (0.9, 100_000), (0.95, -100_000), (float("nan"), 0), (None, 0)],
)
def test_decimals_are_compared_exactly_and_nan_is_missing(paid_share, points):
    assert log_odds((0, paid_share)) == [-1_200_000 + points]


def test_a_column_of_whole_numbers_may_come_as_floating_ones():
    table = rows((10, 0.5), (11, 0.5)).with_columns(pl.col("late_days").cast(pl.Float64))
    assert [row[1] for row in score(lazy(table), model()).collect().rows()] == [-900_000, -600_000]


def test_the_probability_is_the_logistic_of_the_log_odds():
    answer = score(lazy(rows((0, 0.5), (31, 0.1))), model()).collect().rows(named=True)
    assert [row["probability"] for row in answer] == pytest.approx(
        [1 / (1 + math.exp(1.1)), 1 / (1 + math.exp(-0.3))], abs=1e-15
    )


def test_a_score_splits_into_its_reasons():
    answer = split(lazy(rows((31, 0.95))), model()).collect().rows(named=True)
    assert [{name: value for name, value in row.items() if name != "probability"} for row in answer] == [
        {
            "row": 0,
            "intercept_e6": -1_000_000,
            "late_days_points_e6": 900_000,
            "paid_share_points_e6": -100_000,
            "calibration_e6": 0,
            "log_odds_e6": -200_000,
        }
    ]


@pytest.mark.parametrize(
    ("total", "expected"),
    [(-2_000_000, -1_900_000), (-1_500_000, -1_400_000), (-1_000_000, -650_000), (-500_000, 100_000), (0, 350_000)],
)
def test_a_calibration_line_breaks_at_its_knots(total, expected):
    flat = [{"name": "late_days", "direction": 0, "edges": [], "points_e6": [0], "missing_e6": 0}]
    bent = model(intercept_e6=total, features=flat, calibration=LINE)
    answer = split(lazy(rows((1, 1.0))), bent).collect().rows(named=True)[0]
    assert (answer["log_odds_e6"], answer["calibration_e6"]) == (expected, expected - total)


@given(
    st.lists(st.tuples(st.none() | st.integers(-100, 100), st.none() | st.floats(-2, 2)), min_size=1, max_size=20),
    st.booleans(),
)
def test_every_score_is_the_sum_of_its_parts_and_keeps_to_its_direction(values, bent):
    chosen = model(calibration=Calibration.model_validate(LINE) if bent else None)
    answer = split(lazy(rows(*values)), chosen).collect().rows(named=True)
    for row in answer:
        parts = sum(value for name, value in row.items() if name.endswith("_e6") and name != "log_odds_e6")
        assert parts == row["log_odds_e6"]
    one_later = [(None if late is None else late + 1, share) for late, share in values]
    later = split(lazy(rows(*one_later)), chosen).collect().rows(named=True)
    assert all(now["log_odds_e6"] <= then["log_odds_e6"] for now, then in zip(answer, later, strict=True))


def test_a_missing_column_is_refused_by_name():
    with pytest.raises(UnableToScoreError, match="paid_share") as refused:
        score(lazy(rows((1, 1.0)).drop("paid_share")), model())
    assert (refused.value.code, refused.value.fields) == ("FEATURE_MISSING", {"columns": ["paid_share"]})


def test_words_are_refused_where_numbers_are_read():
    table = rows((1, 1.0)).with_columns(late_days=pl.lit("many"))
    with pytest.raises(UnableToScoreError) as refused:
        score(lazy(table), model())
    assert (refused.value.code, refused.value.fields) == ("FEATURE_NOT_NUMERIC", {"columns": ["late_days"]})


@pytest.mark.spark
def test_spark_gives_the_same_scores(spark):
    drawn = drawn_model(features=6, bins=20)
    table = drawn_rows(drawn, 400).with_columns(
        feature_0=pl.when(pl.col("row") % 7 > 0).then(pl.col("feature_0")),
        feature_1=pl.col("feature_1") + 0.5,
    )
    bent = drawn.model_copy(update={"calibration": Calibration.model_validate(LINE)})
    schema = ", ".join(f"{name} {'double' if name == 'feature_1' else 'bigint'}" for name in table.columns)
    on_polars = split(lazy(table), bent).collect().rows()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        frame = nw.from_native(spark.createDataFrame(table.rows(), schema))
        on_spark = sorted(split(frame, bent).collect().rows())
    assert [row[:-1] for row in on_spark] == [row[:-1] for row in on_polars]
    assert [row[-1] for row in on_spark] == pytest.approx([row[-1] for row in on_polars], abs=1e-12, rel=0)


def test_the_models_of_the_tests_are_sound():
    assert model(**model_content()).label == "missed"
