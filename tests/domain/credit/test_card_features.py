"""Features of a card account's six months."""

from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zaikong.domain.credit.card_features import CARD_COLUMNS, CARD_IGNORED, card_feature_list, card_features
from zaikong.domain.credit.score_model import forbidden_among

QUIET = {
    "LIMIT_BAL": 100_000,
    **dict.fromkeys(("PAY_0", "PAY_2", "PAY_3", "PAY_4", "PAY_5", "PAY_6"), 0),
    **{f"BILL_AMT{month}": 20_000 for month in range(1, 7)},
    **{f"PAY_AMT{month}": 2_000 for month in range(1, 7)},
}


def table(*accounts: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame([{**QUIET, **account} for account in accounts], schema=dict.fromkeys(CARD_COLUMNS, pl.Int64))


def features(**changes: int) -> dict[str, Any]:
    return card_features(nw.from_native(table(changes).lazy())).collect().rows(named=True)[0]


def chosen(names: str, **changes: int) -> dict[str, Any]:
    answer = features(**changes)
    return {name: answer[name] for name in names.split()}


LATE = {"PAY_0": 2, "PAY_2": 1, "PAY_3": 0, "PAY_4": 3, "PAY_5": -1, "PAY_6": -2}


def test_delays_count_by_number_depth_and_recency():
    names = "late_worst late_worst_3 late_count deep_count late_sum late_sum_3 late_sum_old late_linear late_double"
    assert chosen(f"{names} late_triple late_harmonic since_late since_deep late_streak late_step", **LATE) == {
        "late_worst": 3,
        "late_worst_3": 2,
        "late_count": 3,
        "deep_count": 2,
        "late_sum": 6,
        "late_sum_3": 3,
        "late_sum_old": 3,
        "late_linear": 2 * 6 + 5 + 3 * 3,
        "late_double": 2 * 32 + 16 + 3 * 4,
        "late_triple": 2 * 243 + 81 + 3 * 9,
        "late_harmonic": 2 * 60 + 30 + 3 * 15,
        "since_late": 0,
        "since_deep": 0,
        "late_streak": 2,
        "late_step": 1,
    }


def test_one_never_late_is_six_months_from_a_delay():
    assert chosen("late_worst since_late since_deep late_streak months_revolving months_idle") == {
        "late_worst": 0,
        "since_late": 6,
        "since_deep": 6,
        "late_streak": 0,
        "months_revolving": 6,
        "months_idle": 0,
    }


def test_shares_are_in_thousandths_without_the_fraction():
    assert chosen(
        "util_1 util_step util_trend paid_share_1 paid_total paid_cover headroom spend_mean bill_growth_1",
        BILL_AMT1=30_000,
        PAY_AMT1=6_666,
    ) == {
        "util_1": 300,
        "util_step": 100,
        "util_trend": 33,
        "paid_share_1": 333,
        "paid_total": 16_666 * 1_000 // 130_000,
        "paid_cover": 2_777 * 1_000 // 30_000,
        "headroom": 70_000,
        "spend_mean": (16_666 + 4 * 2_000) // 5,
        "bill_growth_1": 500,
    }


def test_a_share_of_nothing_is_missing():
    nothing = {f"BILL_AMT{month}": 0 for month in range(1, 7)}
    names = "paid_share_1 paid_share_min paid_share_mean paid_total paid_cover bill_own bill_growth_1"
    assert set(chosen(names, **nothing).values()) == {None}


def test_without_a_limit_its_use_is_missing():
    names = "util_1 util_mean util_max paid_of_limit bill_range util_1_clean"
    assert set(chosen(names, LIMIT_BAL=0).values()) == {None}
    assert chosen("late_by_util owed_late headroom", LIMIT_BAL=0, PAY_0=2) == {
        "late_by_util": 0,
        "owed_late": 0,
        "headroom": -20_000,
    }


def test_a_bill_below_zero_is_credit_not_use():
    assert chosen("util_1 late_by_util bill_1 bills_not_positive", BILL_AMT1=-5_000, PAY_0=1) == {
        "util_1": -50,
        "late_by_util": 0,
        "bill_1": -5_000,
        "bills_not_positive": 1,
    }


@pytest.mark.parametrize(
    ("changes", "segment"),
    [({}, "clean"), ({"PAY_0": -2}, "clean"), ({"PAY_6": 1}, "past"), ({"PAY_0": 1}, "late"), (LATE, "late")],
)
def test_a_split_feature_speaks_of_one_segment_only(changes, segment):
    answer = features(**changes)
    assert {name: answer[f"limit_{name}"] for name in ("clean", "past", "late")} == {
        **dict.fromkeys(("clean", "past", "late")),
        segment: 100_000,
    }


@pytest.mark.parametrize(("given_state", "taken"), [(-7, -2), (-2, -2), (8, 8), (9, 9), (25, 9)])
def test_a_state_never_seen_is_taken_as_the_nearest(given_state, taken):
    assert features(PAY_0=given_state)["state_1"] == taken


def test_what_a_person_is_is_never_read():
    assert not set(CARD_COLUMNS) & set(CARD_IGNORED)
    assert forbidden_among([*CARD_COLUMNS, *(feature.name for feature in card_feature_list())]) == []


def test_every_feature_stands_once_with_unit_and_direction():
    names = [feature.name for feature in card_feature_list()]
    assert len(names) == len(set(names)) == 229
    assert {feature.direction for feature in card_feature_list()} == {-1, 0, 1}
    assert all(feature.unit for feature in card_feature_list())


AMOUNTS = st.integers(-(10**13), 10**13)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(CARD_COLUMNS, AMOUNTS)), min_size=1, max_size=30))
@settings(max_examples=10)  # an example is a plan of two hundred columns
def test_no_value_however_absurd_overflows_or_fails(accounts):
    frame = card_features(nw.from_native(table(*accounts).lazy())).collect().to_native()
    shares = frame.select(pl.col("^paid_share_[1-5]$")).to_numpy().ravel()
    assert frame.height == len(accounts)
    assert all(0 <= share <= 3_000 for share in shares if share == share)  # noqa: PLR0124 -- not NaN


@pytest.mark.spark
def test_spark_gives_the_same_features(on_both):
    accounts = [
        {
            "LIMIT_BAL": n % 5 * 30_000,
            "PAY_0": n % 11 - 2,
            "PAY_2": n % 4 - 1,
            "PAY_5": n % 3,
            **{f"BILL_AMT{month}": (n * 7_919 * month) % 200_000 - 20_000 for month in range(1, 7)},
            **{f"PAY_AMT{month}": (n * 104_729 * month) % 9_000 * (n % 4 > 0) for month in range(1, 7)},
        }
        for n in range(40)
    ]
    on_both(card_features, table(*accounts))


def test_a_pattern_numbers_states_beside_one_another():
    assert chosen("pattern_1_2 pattern_5_6 pattern_late_3 pattern_late_count pattern_revolving", **LATE) == {
        "pattern_1_2": (2 + 2) * 6 + 1 + 2,
        "pattern_5_6": (-1 + 2) * 6 - 2 + 2,
        "pattern_late_3": 2 * 16 + 1 * 4 + 0,
        "pattern_late_count": 2 * 7 + 3,
        "pattern_revolving": (2 + 2) * 7 + 1,
    }


@pytest.mark.parametrize(
    ("changes", "standing"),
    [
        ({"PAY_0": -2}, 0),
        ({"PAY_0": -1}, 1),
        ({}, 2),
        ({"PAY_6": 1}, 3),
        ({"PAY_3": 1}, 4),
        ({"PAY_0": 1}, 5),
        ({"PAY_0": 1, "PAY_2": 1}, 6),
        ({"PAY_0": 2}, 7),
        ({"PAY_0": 8, "PAY_2": 7}, 7),
    ],
)
def test_a_cell_is_the_standing_beside_a_band(changes, standing):
    assert features(**changes)["cell_standing_limit"] == standing * 8 + 3


@pytest.mark.parametrize(("limit", "band"), [(20_000, 0), (20_001, 1), (100_000, 3), (320_000, 6), (320_001, 7)])
def test_a_band_ends_at_its_edge(limit, band):
    answer = features(LIMIT_BAL=limit, **{f"BILL_AMT{month}": 0 for month in range(1, 7)})
    assert answer["cell_limit_util"] == band * 8
    assert answer["cell_limit_share"] == band * 8
