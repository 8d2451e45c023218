"""Which lines a bill prints."""

import narwhals as nw
import pytest
from billing_frames import STEPS, Outcome, book_of, of_test, prices, rate_one, settlement, settlements, version

from zaikong.domain.billing.lines import bill_lines, lines
from zaikong.domain.billing.rating import rate, rated


def test_step_lines_name_quantity_price_and_amount():
    found = [
        (line["line"], line["item"], line["quantity"], line["unit"], line["price_e8"], line["amount_fen"])
        for line in rate_one(flat_centi_kwh=26_100).lines
    ]
    assert found == [
        (1, "ENERGY_STEP_1", 18_000, "kwh", 56_000_000, 10_080),
        (2, "ENERGY_STEP_2", 8_000, "kwh", 61_000_000, 4_880),
        (3, "ENERGY_STEP_3", 100, "kwh", 86_000_000, 86),
    ]


def test_line_points_at_its_price_row():
    outcome = rate_one(flat_centi_kwh=100)
    frame = prices()
    row = frame.filter(frame["price_id"] == outcome.lines[0]["price_id"]).rows(named=True)
    assert [(each["book"], each["plan"]) for each in row] == [("cn.henan.residential", "month")]


def test_line_of_nothing_is_left_out():
    book = book_of(version(energy=STEPS, funds=[{"name": "f", "price": 0.001}]))
    assert rate_one(book, **of_test(flat_centi_kwh=100)).amounts() == {"ENERGY_STEP_1": 56}


def test_use_in_the_second_step_alone_has_no_line_of_the_first():
    outcome = rate_one(plan="year", flat_centi_kwh=10_000, year_to_date_centi_kwh=216_000)
    assert outcome.amounts() == {"ENERGY_STEP_2": 6_100}


def test_funds_and_surcharges_have_a_line_each():
    outcome = rate_one(book="cn.henan.business", plan="single.10kv.tou", peak_centi_kwh=10_000)
    assert [line["item"] for line in outcome.lines] == [
        "ENERGY_PEAK",
        "FUND_RENEWABLE",
        "FUND_RESERVOIR",
        "FUND_RURAL_GRID",
        "FUND_WATER_WORKS",
        "SURCHARGE_LINE_LOSS",
        "SURCHARGE_SYSTEM_OPERATION",
    ]


def test_lines_of_a_settlement_carry_its_keys():
    rows = [settlement(7, flat_centi_kwh=100)]
    line = Outcome(rows).lines[0]
    assert {name: line[name] for name in ("account", "month", "from_day", "to_day")} == {
        name: rows[0][name] for name in ("account", "month", "from_day", "to_day")
    }


def test_short_ways_give_the_same_bills_and_lines():
    rows = [settlement(1, flat_centi_kwh=26_100), settlement(2, plan="month.tou", peak_centi_kwh=9)]
    frames = nw.from_native(settlements(rows).lazy()), nw.from_native(prices().lazy())
    outcome = Outcome(rows)
    assert (
        sorted(lines(*frames).collect().rows(named=True), key=lambda row: (row["account"], row["line"]))
        == outcome.lines
    )
    assert sorted(rate(*frames).collect().rows(named=True), key=lambda row: row["account"]) == outcome.bills


def test_more_items_than_line_numbers_are_refused():
    funds = [{"name": f"f{number}", "price": 0.001} for number in range(81)]
    book = book_of(version(energy=STEPS, funds=funds))
    groups = rated(nw.from_native(settlements([]).lazy()), nw.from_native(prices(book).lazy()))
    with pytest.raises(ValueError, match="81 funds and surcharges do not fit 100 lines a segment"):
        bill_lines(groups)
