"""Meters show what was used: reading differences times the multiplier give back the use, roll-overs included."""

from datetime import timedelta

import polars as pl

from zaikong.kernel.period import day_number
from zaikong.sim.county import County

KEY = ["account", "register"]


def steps(county):
    """Difference of each register from the evening before, roll-overs undone [0.01 unit], with the day's use."""
    meters = county.meters.select("meter_no", "account_no", "multiplier", "digits")
    used = county.daily_use.unpivot(
        on=["sharp_centi_kwh", "peak_centi_kwh", "flat_centi_kwh", "valley_centi_kwh", "centi_kwh", "centi_kvarh"],
        index=["account_no", "day"],
        variable_name="column",
        value_name="used",
    ).with_columns(
        register=pl.col("column").replace_strict(
            {"centi_kwh": "total", "centi_kvarh": "reactive"}, default=pl.col("column").str.replace("_centi_kwh", "")
        )
    )
    return (
        county.register_values.join(meters, on="meter_no")
        .sort(*KEY, "day")
        .with_columns(before=pl.col("value_centi").shift(1).over(KEY))
        .with_columns(
            rolled=pl.col("value_centi") < pl.col("before"),
            scale=pl.col("digits").replace_strict({5: 10_000_000, 6: 100_000_000}, return_dtype=pl.Int64),
        )
        .with_columns(step=pl.col("value_centi") - pl.col("before") + pl.when("rolled").then("scale").otherwise(0))
        .join(used, on=["account_no", "day", "register"])
        .drop_nulls("step")
    )


def test_reading_differences_give_back_the_use(small_county: County):
    found = steps(small_county)
    off = (pl.col("used") - pl.col("step") * pl.col("multiplier")).abs()
    assert found.height > 90 * 400
    # What is too small to show on one evening shows on another.
    assert found.filter(off >= pl.col("multiplier")).height == 0
    sums = found.group_by(*KEY).agg(pl.col("used").sum(), pl.col("step").sum(), pl.col("multiplier").first())
    assert (
        sums.filter((pl.col("used") - pl.col("step") * pl.col("multiplier")).abs() >= pl.col("multiplier")).height == 0
    )


def test_a_dozen_registers_roll_over_once_each(county: County):
    rolled = steps(county).filter("rolled")
    assert 12 <= rolled["account"].n_unique() <= 20
    assert rolled.group_by(*KEY).len()["len"].max() == 1


def test_values_stay_below_their_full_scale(county: County):
    digits = county.register_values.join(county.meters.select("meter_no", "digits"), on="meter_no")
    scale = pl.col("digits").replace_strict({5: 10_000_000, 6: 100_000_000}, return_dtype=pl.Int64)
    assert digits.filter((pl.col("value_centi") < 0) | (pl.col("value_centi") >= scale)).height == 0


def test_each_class_has_the_registers_its_tariff_needs(county: County):
    sets = (
        county.register_values.group_by("meter_no")
        .agg(pl.col("register").unique().sort().alias("registers"))
        .join(county.meters.select("meter_no", "account_no"), on="meter_no")
        .join(county.customers.select("account_no", "category", "capacity_kva"), on="account_no")
    )
    four = ["flat", "peak", "sharp", "valley"]
    found = {
        (category in {"residential", "agricultural"}, capacity >= 100): registers
        for category, capacity, registers in sets.select("category", "capacity_kva", "registers").iter_rows()
    }
    assert found == {
        (True, False): ["total"],
        (False, False): four,
        (False, True): ["flat", "peak", "reactive", "sharp", "valley"],
    }


def test_multipliers_are_ratios_of_instrument_transformers(county: County):
    both = county.meters.join(
        county.customers.select("account_no", "capacity_kva", "voltage", "loss_model"), on="account_no"
    )
    direct = both.filter(pl.col("capacity_kva") <= 30)
    assert direct["multiplier"].unique().to_list() == [1]
    high = both.filter((pl.col("voltage") == "10kv") & pl.col("loss_model").is_null())
    assert high.filter(pl.col("multiplier") % 100 != 0).height == 0
    low_side = both.filter(pl.col("loss_model").is_not_null())
    assert low_side["multiplier"].max() <= 240
    # A current transformer carries the capacity's current.
    amperes = pl.col("capacity_kva") * 1_443 // 1_000
    assert low_side.filter(pl.col("multiplier") * 5 < amperes).height == 0


def test_numbers_of_meters_are_their_own(county: County):
    assert county.meters["meter_no"].n_unique() == county.meters.height
    assert county.meters["address"].n_unique() == county.meters.height
    assert set(county.meters["protocol"]) == {"dlt645", "dlt698"}
    assert set(county.meters["relay"]) == {"internal", "external"}


def test_values_begin_on_the_evening_before_the_first_night(small_county: County):
    days = small_county.register_values["day"].unique().sort()
    first = day_number(small_county.nights.start - timedelta(1))
    assert days.to_list() == list(range(first, first + 93))
