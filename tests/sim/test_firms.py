"""Terms of supply follow from a firm's size and trade, and name books, plans and transformers that exist."""

from datetime import date

import polars as pl
import pytest

from zaikong.domain.billing.books import book
from zaikong.domain.billing.transformers import transformers
from zaikong.sim.county import County
from zaikong.sim.enterprises import draw_series
from zaikong.sim.firms import firms

START = date(2024, 7, 1)


@pytest.fixture(scope="module")
def works() -> pl.DataFrame:
    return firms(3, draw_series(3, enterprises=1_454), start=START)


def test_capacity_carries_the_highest_day(works):
    assert works.filter(pl.col("most") > pl.col("capacity_kva") * 24).height == 0


def test_voltage_follows_capacity(works):
    bounds = works.group_by("voltage").agg(
        pl.col("capacity_kva").min().alias("low"), pl.col("capacity_kva").max().alias("high")
    )
    found = {voltage: (low, high) for voltage, low, high in bounds.iter_rows()}
    assert found["lt1kv"][1] < 100 <= found["10kv"][0]
    assert found["10kv"][1] < 10_000 <= found["35kv"][0]
    assert found["110kv"][0] >= 40_000


def test_two_parts_begin_at_315_kva(works):
    two_part = works["tariff"].str.contains("two_part", literal=True)
    assert (two_part == (works["capacity_kva"] >= 315)).all()


def test_registers_are_priced_from_a_transformer_of_their_own(works):
    own = works.filter(pl.col("capacity_kva").is_between(100, 314))
    assert own["tariff"].str.ends_with(".tou").all()
    small = works.filter(pl.col("capacity_kva") < 100)["tariff"]
    assert set(small) == {"cn.henan.business:single.lt1kv", "cn.henan.business:single.lt1kv.tou"}


def test_power_factor_standards_are_those_of_1983(works):
    standard = works.select(
        "power_factor_standard",
        expected=pl.when(pl.col("capacity_kva") < 100)
        .then(None)
        .when((pl.col("category") == "industrial") & (pl.col("capacity_kva") > 160))
        .then(90)
        .otherwise(85),
    )
    assert standard["power_factor_standard"].equals(standard["expected"], check_names=False)


def test_contract_demand_is_two_fifths_of_capacity_or_more(works):
    by_demand = works.filter(pl.col("contract_demand_kw").is_not_null())
    assert by_demand["tariff"].str.ends_with(".contract_demand").all()
    assert by_demand.filter(pl.col("contract_demand_kw") * 10 < pl.col("capacity_kva") * 4 - 9).height == 0
    assert by_demand.height == works["tariff"].str.ends_with(".contract_demand").sum() > 20


def test_a_low_side_meter_has_a_transformer_of_known_loss(works):
    low_side = works.filter("low_side")
    assert low_side.height > 100
    for capacity, model in low_side.select("capacity_kva", "loss_model").unique().iter_rows():
        assert model == f"S11-{capacity}"
        assert transformers().models[model].kva == capacity
    assert works.filter(~pl.col("low_side"))["loss_model"].null_count() == works.height - low_side.height


def test_the_largest_settle_three_times_a_month(works):
    counts = dict(works["settlements_a_month"].value_counts().iter_rows())
    assert counts == {3: 20, 2: 40, 1: 1_394}
    by_use = works.sort("use", descending=True)["settlements_a_month"].to_list()
    assert by_use == sorted(by_use, reverse=True)


def test_a_few_are_important_and_none_of_those_is_prepaid(works):
    important = works.filter(pl.col("important") != "none")
    assert 0 < important.height < 40
    assert (important["payment_mode"] == "post_paid").all()


def test_contracts_are_older_than_the_history(works):
    assert works["contract_date"].max() < START


def test_every_tariff_of_the_county_is_a_plan_of_a_book(county: County):
    for tariff in county.customers["tariff"].unique():
        book_id, plan = tariff.split(":")
        assert plan in book(book_id).plans
