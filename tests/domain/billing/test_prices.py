"""The wide price rows."""

import pytest
from billing_frames import STEPS, book_of, day, version

from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.prices import (
    NO_EDGE,
    OPEN_DAY,
    PRICE_COLUMNS,
    item_names,
    price_columns,
    price_rows,
    prices_frame,
)
from zaikong.engine.dictionary import checked


def row_of(**charges):
    columns = price_columns(price_rows([book_of(version(**charges))]))
    return {name: values[0] for name, values in columns.items()}


def test_shipped_prices_keep_to_the_column_dictionary():
    frame = checked(prices_frame(all_books().values()), PRICE_COLUMNS, rule="prices")
    assert frame.collect().shape[0] == len(price_rows(all_books().values()))


def test_price_id_does_not_change_when_a_book_grows():
    first = version("2020-01-01", "2021-01-01", energy=STEPS)
    before = price_rows([book_of(first)])
    after = price_rows([book_of(version("2019-01-01", "2020-01-01", energy=STEPS), first)])
    assert before[0].price_id == after[1].price_id
    assert before[0].price_id != after[0].price_id


def test_price_id_twice_is_refused():
    with pytest.raises(ValueError, match="two price rows share a price_id"):
        price_rows([book_of(version(energy=STEPS)), book_of(version(energy=STEPS))])


def test_open_version_ends_at_the_last_day_of_the_dictionary():
    row = row_of(energy=STEPS)
    assert (row["effective_from_day"], row["effective_to_day"]) == (day("2020-01-01"), OPEN_DAY)


def test_month_steps():
    row = row_of(energy=STEPS)
    names = ("yearly", "energy_kind", "structure", "q1_centi_kwh", "q2_centi_kwh", "p1_price_e8", "p3_price_e8")
    assert tuple(row[name] for name in names) == (0, 2, 1, 18_000, 26_000, 56_000_000, 86_000_000)


def test_year_steps_are_held_by_the_month_with_their_rest():
    steps = [{"up_to_kwh": 2500, "price": 0.5}, {"price": 0.8}]
    row = row_of(energy={"tiers": {"period": "year", "steps": steps}})
    assert (row["yearly"], row["q1_centi_kwh"], row["q1_rest_centi_kwh"]) == (1, 20_833, 4)
    assert (row["q2_centi_kwh"], row["q2_rest_centi_kwh"]) == (NO_EDGE, 0)
    assert (row["p2_price_e8"], row["p3_price_e8"]) == (80_000_000, 80_000_000)


def test_flat_price_is_a_step_without_edge():
    row = row_of(energy={"flat": 0.568})
    assert (row["energy_kind"], row["p1_price_e8"], row["free_price_e8"]) == (1, 56_800_000, 56_800_000)


def test_structure_says_what_is_charged():
    tou, kva, fund = {"tou": {"peak": 1}}, {"basis": "kva", "price": 1}, [{"name": "f", "price": 1}]
    assert row_of(energy=tou)["structure"] == 2
    assert row_of(energy=tou, funds=fund)["structure"] == 6
    assert row_of(energy={"flat": 0}, capacity=kva)["structure"] == 9
    rises = {"period": "month", "steps": [{"up_to_kwh": 1, "price": 0}, {"price": 1}]}
    assert row_of(energy={**tou, "rises": rises})["structure"] == 3


def test_capacity_columns():
    capacity = {"basis": "demand", "price": 40, "load_factor_kwh_per_kva": 260, "load_factor_percent": 90}
    row = row_of(energy={"flat": 0}, capacity=capacity)
    names = ("capacity_basis", "capacity_price_e8", "load_factor_centi_kwh", "load_factor_price_e8")
    assert tuple(row[name] for name in names) == (2, 4_000_000_000, 26_000, 3_600_000_000)


def test_limits_keep_every_product_roundable():
    row = row_of(energy={"flat": 1000}, capacity={"basis": "kva", "price": 1000})
    assert row["energy_limit_centi_kwh"] * 10**11 < 2**61
    assert row["capacity_limit"] * 2 * 10**11 < 2**61
    assert row_of(energy=STEPS)["energy_limit_centi_kwh"] == 10_000_000_000


def test_items_have_a_column_each_and_a_name():
    book = book_of(
        version(
            energy=STEPS,
            funds=[{"name": "基金", "code": "F", "price": 0.02}],
            surcharges=[{"name": "s", "price": -0.01}],
        )
    )
    columns = price_columns(price_rows([book]))
    assert (columns["FUND_F"], columns["SURCHARGE_s"]) == ([2_000_000], [-1_000_000])
    assert item_names([book]) == {"FUND_F": "基金", "SURCHARGE_s": "s"}


def test_seasons_are_laid_out_year_by_year():
    rows = price_rows([book_of(version("2020-06-15", "2022-02-10", energy=STEPS, months=[1, 6, 7, 12]))])
    assert [(str(row.start), str(row.end)) for row in rows] == [
        ("2020-06-15", "2020-08-01"),
        ("2020-12-01", "2021-02-01"),
        ("2021-06-01", "2021-08-01"),
        ("2021-12-01", "2022-02-01"),
    ]


def test_season_is_cut_at_the_end_of_its_version():
    rows = price_rows([book_of(version("2020-06-15", "2020-07-10", energy=STEPS, months=[6, 7]))])
    assert [(str(row.start), str(row.end)) for row in rows] == [("2020-06-15", "2020-07-10")]
