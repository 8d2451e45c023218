"""Transformer loss by long division."""

from fractions import Fraction
from math import floor

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from properties import examples
from zaikong.domain.billing.loss import LARGEST_LOAD_HOURS, LARGEST_LOSS_ENERGY, LOSS_COLUMNS, with_transformer_loss

COLUMNS = (*LOSS_COLUMNS, "active", "reactive")
S11_315 = {
    "iron_w": 480,
    "copper_w": 3_650,
    "iron_var": 0,
    "copper_var": 0,
    "loss_centi_kva": 31_500,
    "loss_hours": 720,
    "loss_shape_milli": 1_050,
    "active": 9_000_000,
    "reactive": 3_000_000,
}


def table(rows):
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.Int64))


def lost(rows):
    answer = with_transformer_loss(nw.from_native(table(rows).lazy()), active="active", reactive="reactive").collect()
    assert answer.columns == [*COLUMNS, "loss_refused", "loss_centi_kwh", "loss_centi_kvarh"]
    return answer.rows(named=True)


def by_formula(row, no_load, load):
    """Iron kW * hours + K * (Wp^2 + Wq^2) / (S^2 * hours) * copper kW, whole and half-up, without rounding before."""
    if not row["loss_centi_kva"] or not row["loss_hours"]:
        return 0
    square = Fraction(row["active"] ** 2 + row["reactive"] ** 2, 100**2)
    rated = Fraction(row["loss_centi_kva"], 100) ** 2 * row["loss_hours"]
    varying = Fraction(row["loss_shape_milli"], 1000) * square / rated * Fraction(row[load], 1000)
    return 100 * floor(Fraction(row[no_load] * row["loss_hours"], 1000) + varying + Fraction(1, 2))


def test_published_example_loses_828_kwh():
    assert lost([S11_315])[0]["loss_centi_kwh"] == 82_800


@pytest.mark.parametrize(("hours", "kwh"), [(719, 360), (721, 361), (720, 360)])
def test_a_half_kwh_counts_as_a_whole_one(hours, kwh):
    # 0.5 kW of iron: 359.5, 360.5 and 360 kWh
    row = S11_315 | {"iron_w": 500, "copper_w": 0, "loss_hours": hours}
    assert lost([row])[0]["loss_centi_kwh"] == kwh * 100


def test_a_half_made_by_the_load_counts_as_a_whole_one():
    # 1 kVA for 1 hour at 1 kWh, K 1, copper 0.5 kW: exactly half a kWh; one watt less is below it
    row = {"iron_w": 0, "copper_w": 500, "loss_centi_kva": 100, "loss_hours": 1, "loss_shape_milli": 1_000}
    rows = [S11_315 | row | {"active": 100, "reactive": 0, "copper_w": copper} for copper in (500, 499)]
    assert [answer["loss_centi_kwh"] for answer in lost(rows)] == [100, 0]


@pytest.mark.parametrize("absent", ["loss_centi_kva", "loss_hours"])
def test_without_capacity_or_hours_nothing_is_lost(absent):
    answer = lost([S11_315 | {absent: 0}])[0]
    assert (answer["loss_centi_kwh"], answer["loss_centi_kvarh"], answer["loss_refused"]) == (0, 0, False)


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({}, False),
        ({"active": LARGEST_LOSS_ENERGY, "loss_centi_kva": 2_000_000}, False),
        ({"active": LARGEST_LOSS_ENERGY + 1, "loss_centi_kva": 2_000_000}, True),
        ({"reactive": LARGEST_LOSS_ENERGY + 1, "loss_centi_kva": 2_000_000}, True),
        ({"active": -1}, True),
        ({"active": 100, "reactive": 0, "loss_centi_kva": 1, "loss_hours": 1}, False),
        ({"active": 317, "reactive": 0, "loss_centi_kva": 1, "loss_hours": 1}, True),
        ({"active": -1, "loss_centi_kva": 0}, False),
    ],
)
def test_use_no_transformer_can_have_passed_is_refused(facts, refused):
    assert lost([S11_315 | facts])[0]["loss_refused"] is refused


transformers = st.fixed_dictionaries(
    {
        "iron_w": st.integers(0, 1_000_000),
        "copper_w": st.integers(0, 100_000_000),
        "iron_var": st.integers(0, 1_000_000),
        "copper_var": st.integers(0, 100_000_000),
        "loss_centi_kva": st.integers(0, 2_000_000),
        "loss_hours": st.integers(0, 2_000),
        "loss_shape_milli": st.integers(0, 5_000),
        "active": st.integers(0, LARGEST_LOSS_ENERGY) | st.integers(0, 1_000_000),
        "reactive": st.integers(0, LARGEST_LOSS_ENERGY) | st.integers(0, 1_000_000),
    }
)


@settings(max_examples=examples(30))
@given(st.lists(transformers, min_size=1, max_size=40))
def test_loss_is_that_of_the_formula_without_any_rounding_before_the_last(rows):
    for row, answer in zip(rows, lost(rows), strict=True):
        if not answer["loss_refused"]:
            assert answer["loss_centi_kwh"] == by_formula(row, "iron_w", "copper_w")
            assert answer["loss_centi_kvarh"] == by_formula(row, "iron_var", "copper_var")
        else:
            load_hours = (row["active"] ** 2 + row["reactive"] ** 2) // (row["loss_centi_kva"] ** 2 * row["loss_hours"])
            assert load_hours >= LARGEST_LOAD_HOURS


@pytest.mark.spark
def test_loss_is_the_same_on_both_engines(on_both):
    largest = {
        "iron_w": 1_000_000,
        "copper_w": 100_000_000,
        "iron_var": 1_000_000,
        "copper_var": 100_000_000,
        "loss_centi_kva": 2_000_000,
        "loss_hours": 2_000,
        "loss_shape_milli": 5_000,
        "active": LARGEST_LOSS_ENERGY,
        "reactive": LARGEST_LOSS_ENERGY,
    }
    overloaded = largest | {"loss_centi_kva": 1, "loss_hours": 1}
    rows = [S11_315, largest, overloaded, S11_315 | {"loss_centi_kva": 0}, S11_315 | {"active": -5}]
    answers = on_both(lambda frame: with_transformer_loss(frame, active="active", reactive="reactive"), table(rows))
    assert len(answers) == len(rows)
