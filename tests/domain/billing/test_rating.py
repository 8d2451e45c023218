"""What a settlement costs, at the edges of every rule."""

import pytest
from billing_frames import STEPS, Outcome, book_of, day, of_test, rate_one, settlement, version

from zaikong.domain.billing.tariff import Book

FLAT = {"flat": 1}


def flat_book(**charges):
    return book_of(version(energy=FLAT, **charges))


@pytest.mark.parametrize(
    ("centi_kwh", "fen"),
    [
        (0, 0),
        (1, 1),
        (17_999, 10_079),
        (18_000, 10_080),
        (18_001, 10_081),
        (25_999, 14_959),
        (26_000, 14_960),
        (26_001, 14_961),
        (26_100, 15_046),
    ],
)
def test_month_steps_turn_exactly_at_their_edges(centi_kwh, fen):
    assert rate_one(flat_centi_kwh=centi_kwh).bill["energy_fen"] == fen


def test_year_steps_go_on_from_the_year_to_date():
    bill = rate_one(plan="year", flat_centi_kwh=30_000, year_to_date_centi_kwh=200_000).bill
    assert bill["total_fen"] == 17_500


def test_year_steps_follow_the_months_in_use():
    # seven months: 1260 and 1820 kWh; 1000 used before, 300 now: 260 at the first price and 40 at the second
    bill = rate_one(plan="year", flat_centi_kwh=30_000, year_to_date_centi_kwh=100_000, months_in_use=7).bill
    assert bill["total_fen"] == 26_000 * 56 // 100 + 4_000 * 61 // 100


def test_months_in_use_do_not_touch_month_steps():
    assert rate_one(flat_centi_kwh=26_100, months_in_use=3).bill["total_fen"] == 15_046


def test_year_edge_no_month_divides_is_kept_whole_for_twelve_months_and_cut_for_fewer():
    steps = [{"up_to_kwh": 1000.05, "price": 0}, {"price": 1}]
    book = book_of(version(energy={"tiers": {"period": "year", "steps": steps}}))
    rows = [
        settlement(1, **of_test(flat_centi_kwh=200_000, months_in_use=12)),
        settlement(2, **of_test(flat_centi_kwh=200_000, months_in_use=5)),
    ]
    paid = [bill["energy_fen"] for bill in Outcome(rows, book).bills]
    assert paid == [200_000 - 100_005, 200_000 - 100_005 * 5 // 12]


def test_large_household_moves_every_edge_by_month():
    month = rate_one(flat_centi_kwh=36_100, household_extra_centi_kwh=10_000).bill
    year = rate_one(plan="year", flat_centi_kwh=36_100, household_extra_centi_kwh=10_000, months_in_use=1).bill
    expected = 28_000 * 56 // 100 + 8_000 * 61 // 100 + 86
    assert (month["total_fen"], year["total_fen"]) == (expected, expected)


def test_low_income_household_does_not_pay_for_its_free_kwh():
    outcome = rate_one(flat_centi_kwh=18_100, free_centi_kwh=1_000)
    assert outcome.amounts() == {"ENERGY_STEP_1": 10_080, "ENERGY_STEP_2": 61, "FREE_ALLOWANCE": -560}
    assert outcome.bill["total_fen"] == 10_080 + 61 - 560
    assert outcome.bill["centi_kwh"] == 18_100


def test_free_kwh_never_exceed_the_use():
    assert rate_one(flat_centi_kwh=300, free_centi_kwh=1_000).bill["total_fen"] == 0


def test_registers_of_a_flat_price_are_all_charged_alike():
    bill = rate_one(
        flat_book(), **of_test(sharp_centi_kwh=100, peak_centi_kwh=200, flat_centi_kwh=300, valley_centi_kwh=400)
    ).bill
    assert (bill["centi_kwh"], bill["energy_fen"]) == (1_000, 1_000)


def test_each_register_is_rounded_by_itself():
    book = book_of(version(energy={"tou": {"peak": 0.005, "flat": 0.005, "valley": 0.004}}))
    outcome = rate_one(book, **of_test(peak_centi_kwh=100, flat_centi_kwh=100, valley_centi_kwh=100))
    assert outcome.amounts() == {"ENERGY_PEAK": 1, "ENERGY_FLAT": 1}
    assert outcome.bill["energy_fen"] == 2


def test_residential_registers_rise_with_the_steps():
    outcome = rate_one(plan="month.tou", peak_centi_kwh=20_000, valley_centi_kwh=10_000)
    assert outcome.amounts() == {
        "ENERGY_PEAK": 11_800,
        "ENERGY_VALLEY": 4_400,
        "ENERGY_RISE_2": 400,
        "ENERGY_RISE_3": 1_200,
    }


def test_capacity_by_days_is_rounded_once():
    book = flat_book(capacity={"basis": "kva", "price": 10})
    assert rate_one(book, **of_test(centi_kva_days=(315 * 18 + 400 * 12) * 100)).bill["capacity_fen"] == 349_000
    assert rate_one(book, **of_test(centi_kva_days=100)).bill["capacity_fen"] == 33


@pytest.mark.parametrize(
    ("demand", "fen"),
    [(0, 3_000_000), (104_000, 3_000_000), (105_000, 3_000_000), (105_001, 3_000_060), (110_000, 3_300_000)],
)
def test_contract_demand_is_charged_up_to_105_percent_and_double_above(demand, fen):
    book = flat_book(capacity={"basis": "contract_demand", "price": 30})
    facts = of_test(centi_demand_kw=demand, centi_contract_demand_kw=100_000)
    assert rate_one(book, **facts).bill["capacity_fen"] == fen


def test_excess_demand_is_a_line_of_its_own_at_the_double_price():
    book = flat_book(capacity={"basis": "contract_demand", "price": 30})
    outcome = rate_one(book, **of_test(centi_demand_kw=110_000, centi_contract_demand_kw=100_000))
    lines = {line["item"]: (line["quantity"], line["price_e8"], line["amount_fen"]) for line in outcome.lines}
    assert lines == {
        "ENERGY": (0, 100_000_000, 0),
        "DEMAND_CONTRACT": (100_000, 3_000_000_000, 3_000_000),
        "DEMAND_EXCESS": (5_000, 6_000_000_000, 300_000),
    }


def test_measured_demand_is_charged_as_it_is():
    book = flat_book(capacity={"basis": "demand", "price": 38.4})
    facts = of_test(centi_demand_kw=12_345, centi_contract_demand_kw=10_000)
    assert rate_one(book, **facts).amounts()["DEMAND"] == 474_048


@pytest.mark.parametrize(("centi_kwh", "fen"), [(2_599_999, 400_000), (2_600_000, 360_000)])
def test_demand_price_falls_from_260_kwh_per_kva_on(centi_kwh, fen):
    capacity = {"basis": "demand", "price": 40, "load_factor_kwh_per_kva": 260, "load_factor_percent": 90}
    book = book_of(version(energy={"flat": 0}, capacity=capacity))
    facts = of_test(flat_centi_kwh=centi_kwh, centi_kva_days=100 * 30 * 100, centi_demand_kw=10_000)
    assert rate_one(book, **facts).bill["capacity_fen"] == fen


def test_demand_price_stays_where_the_capacity_is_unknown():
    capacity = {"basis": "demand", "price": 40, "load_factor_kwh_per_kva": 260, "load_factor_percent": 90}
    book = book_of(version(energy={"flat": 0}, capacity=capacity))
    assert rate_one(book, **of_test(flat_centi_kwh=99_999_999, centi_demand_kw=10_000)).bill["capacity_fen"] == 400_000


def test_funds_stay_outside_and_surcharges_inside_the_power_factor_base():
    book = flat_book(funds=[{"name": "f", "price": 0.1}], surcharges=[{"name": "s", "price": 0.2}])
    facts = of_test(flat_centi_kwh=100_000, centi_kvarh=75_000, power_factor_standard=90)
    bill = rate_one(book, **facts).bill
    assert (bill["power_factor"], bill["power_factor_rate_bp"]) == (80, 500)
    assert bill["power_factor_fen"] == (100_000 + 20_000) * 5 // 100
    assert bill["total_fen"] == 100_000 + 20_000 + 10_000 + 6_000


def test_surcharge_may_hand_money_back():
    book = flat_book(surcharges=[{"name": "s", "price": -0.0125}])
    assert rate_one(book, **of_test(flat_centi_kwh=200)).amounts() == {"ENERGY": 200, "SURCHARGE_s": -3}


def test_loss_is_priced_on_the_flat_register_and_counts_for_the_power_factor():
    book = book_of(version(energy={"tou": {"peak": 2, "flat": 1}}))
    loss = {
        "iron_w": 480,
        "copper_w": 3_650,
        "loss_centi_kva": 31_500,
        "loss_hours": 720,
        "loss_shape_milli": 1_050,
    }
    facts = of_test(peak_centi_kwh=9_000_000, centi_kvarh=3_000_000, power_factor_standard=90, **loss)
    bill = rate_one(book, **facts).bill
    assert (bill["loss_centi_kwh"], bill["flat_centi_kwh"], bill["centi_kwh"]) == (82_800, 82_800, 9_082_800)
    assert bill["energy_fen"] == 18_000_000 + 82_800


def test_reactive_loss_is_added_where_its_parameters_are_given():
    loss = {
        "iron_w": 480,
        "copper_w": 3_650,
        "iron_var": 3_465,
        "copper_var": 12_600,
        "loss_centi_kva": 31_500,
        "loss_hours": 720,
        "loss_shape_milli": 1_050,
    }
    bill = rate_one(flat_book(), **of_test(flat_centi_kwh=9_000_000, centi_kvarh=3_000_000, **loss)).bill
    # 3.465 * 720 + 1.05 * (90000^2 + 30000^2) / (315^2 * 720) * 12.6 = 2494.8 + 1666.67 = 4161.47
    assert bill["centi_kvarh"] == 3_000_000 + 416_100


def test_nothing_used_is_a_bill_of_nothing_with_one_line():
    for plan, item in (("month", "ENERGY_STEP_1"), ("shared", "ENERGY"), ("month.tou", "ENERGY_FLAT")):
        outcome = rate_one(plan=plan)
        assert outcome.bill["total_fen"] == 0
        assert outcome.amounts() == {item: 0}


def test_no_active_and_no_reactive_energy_has_no_power_factor():
    book = flat_book(capacity={"basis": "kva", "price": 30})
    bill = rate_one(book, **of_test(centi_kva_days=300_000, power_factor_standard=90)).bill
    assert (bill["power_factor"], bill["power_factor_rate_bp"], bill["power_factor_fen"]) == (0, 0, 0)


def test_reactive_energy_alone_is_a_power_factor_of_zero():
    bill = rate_one(flat_book(), **of_test(centi_kvarh=100, power_factor_standard=90)).bill
    assert (bill["power_factor"], bill["power_factor_rate_bp"]) == (0, 14_500)


def test_energy_taken_back_is_priced_negative_and_adjusts_no_power_factor():
    bill = rate_one(flat_book(), **of_test(flat_centi_kwh=-1_050, centi_kvarh=5, power_factor_standard=90)).bill
    assert (bill["energy_fen"], bill["power_factor_rate_bp"], bill["total_fen"]) == (-1_050, 0, -1_050)


def test_bill_says_whether_every_price_was_verified():
    assert rate_one(flat_book(), **of_test()).bill["verified"] is True
    assert rate_one().bill["verified"] is False


def change_book(**later) -> Book:
    return book_of(
        version("2020-01-01", "2025-07-11", energy=STEPS), version("2025-07-11", energy={"flat": 1, **later})
    )


def test_price_change_inside_a_settlement_splits_by_day():
    outcome = rate_one(change_book(), **of_test(flat_centi_kwh=31_100))
    parts = [(line["segment_from_day"], line["line"], line["item"], line["quantity"]) for line in outcome.lines]
    assert parts == [
        (day("2025-07-01"), 1, "ENERGY_STEP_1", 10_032),
        (day("2025-07-11"), 101, "ENERGY", 31_100 - 10_032),
    ]
    assert outcome.bill["energy_fen"] == 5_618 + 21_068


def test_steps_go_on_across_a_price_change():
    dear = {"tiers": {"period": "month", "steps": [{"up_to_kwh": 180, "price": 1}, {"price": 2}]}}
    book = book_of(version("2020-01-01", "2025-07-16", energy=STEPS), version("2025-07-16", energy=dear))
    outcome = rate_one(book, **of_test(flat_centi_kwh=31_000))
    parts = [(line["item"], line["quantity"], line["amount_fen"]) for line in outcome.lines]
    # 15 of 31 days: 150 kWh before; 180 - 150 = 30 kWh are left in the first step
    assert parts == [
        ("ENERGY_STEP_1", 15_000, 8_400),
        ("ENERGY_STEP_1", 3_000, 3_000),
        ("ENERGY_STEP_2", 13_000, 26_000),
    ]


def test_parts_of_three_versions_add_up_to_every_quantity():
    book = book_of(
        version("2020-01-01", "2025-07-05", energy=FLAT, capacity={"basis": "kva", "price": 10}),
        version("2025-07-05", "2025-07-19", energy={"flat": 2}, capacity={"basis": "kva", "price": 10}),
        version("2025-07-19", energy=FLAT, capacity={"basis": "kva", "price": 10}),
    )
    outcome = rate_one(book, **of_test(flat_centi_kwh=10_001, centi_kva_days=3_001, centi_kvarh=77))
    energy = [line["quantity"] for line in outcome.lines if line["item"] == "ENERGY"]
    capacity = [line["quantity"] for line in outcome.lines if line["item"] == "CAPACITY_KVA"]
    assert (energy, sum(energy)) == ([1_290, 4_517, 4_194], 10_001)
    assert (len(capacity), sum(capacity)) == (3, 3_001)
    assert outcome.bill["centi_kvarh"] == 77
    assert outcome.bill["total_fen"] == sum(line["amount_fen"] for line in outcome.lines)


def test_power_factor_of_a_split_settlement_is_measured_once_over_all_of_it():
    book = book_of(version("2020-01-01", "2025-07-11", energy=FLAT), version("2025-07-11", energy={"flat": 2}))
    facts = of_test(flat_centi_kwh=310_000, centi_kvarh=232_500, power_factor_standard=90)
    outcome = rate_one(book, **facts)
    adjusted = [line for line in outcome.lines if line["item"] == "POWER_FACTOR"]
    base = 100_000 + 2 * 210_000
    assert [(line["quantity"], line["price_e8"], line["amount_fen"]) for line in adjusted] == [
        (500, base * 1_000_000, base * 5 // 100)
    ]
    assert (adjusted[0]["segment_from_day"], adjusted[0]["segment_to_day"]) == (day("2025-07-01"), day("2025-08-01"))


def test_split_bill_is_verified_only_if_every_part_is():
    doubtful = version("2025-07-11", energy=FLAT).model_copy(
        update={"basis": version(energy=FLAT).basis.model_copy(update={"verified": False})}
    )
    book = book_of(version("2020-01-01", "2025-07-11", energy=FLAT), doubtful)
    assert rate_one(book, **of_test(flat_centi_kwh=100)).bill["verified"] is False


def test_several_settlements_of_a_month_stay_apart():
    first = settlement(**of_test(flat_centi_kwh=100, to_day=day("2025-07-11")))
    second = settlement(**of_test(flat_centi_kwh=200, from_day=day("2025-07-11")))
    assert [bill["total_fen"] for bill in Outcome([first, second], flat_book()).bills] == [100, 200]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"plan": "nope"}, "TARIFF_UNKNOWN"),
        ({"book": "nope"}, "TARIFF_UNKNOWN"),
        ({"from_day": day("2012-06-30")}, "TARIFF_NOT_IN_FORCE"),
        ({"from_day": day("2025-08-01")}, "PERIOD_EMPTY"),
        ({"flat_centi_kwh": 10_000_000_001}, "QUANTITY_TOO_LARGE"),
        ({"power_factor_standard": 88}, "POWER_FACTOR_STANDARD_UNKNOWN"),
        ({"loss_centi_kva": 100, "loss_hours": 1, "flat_centi_kwh": 100_000_000}, "LOSS_OUT_OF_RANGE"),
        ({"loss_centi_kva": 31_500, "loss_hours": 720, "flat_centi_kwh": -1}, "LOSS_OUT_OF_RANGE"),
        ({"flat_centi_kwh": None}, "FACT_MISSING"),
        ({"plan": None}, "FACT_MISSING"),
        ({"to_day": None}, "FACT_MISSING"),
        ({"power_factor_standard": None}, "FACT_MISSING"),
    ],
)
def test_settlement_that_cannot_be_rated_is_named_and_not_dropped(facts, code):
    outcome = Outcome([settlement(1, flat_centi_kwh=18_000), settlement(2, **facts)])
    assert [(row["account"], row["code"]) for row in outcome.unrated] == [(2, code)]
    assert [bill["account"] for bill in outcome.bills] == [1]
    assert {line["account"] for line in outcome.lines} == {1}


def test_gap_between_versions_leaves_the_settlement_unrated():
    book = book_of(version("2020-01-01", "2025-07-11", energy=FLAT), version("2025-07-12", energy=FLAT))
    outcome = rate_one(book, **of_test(flat_centi_kwh=100))
    assert (outcome.bills, [row["code"] for row in outcome.unrated]) == ([], ["TARIFF_NOT_IN_FORCE"])


def test_dear_price_refuses_what_it_could_not_round_exactly():
    book = book_of(version(energy={"flat": 1000}))
    rows = [settlement(1, **of_test(flat_centi_kwh=20_000_000)), settlement(2, **of_test(flat_centi_kwh=30_000_000))]
    outcome = Outcome(rows, book)
    assert [bill["total_fen"] for bill in outcome.bills] == [20_000_000_000]
    assert [(row["account"], row["code"]) for row in outcome.unrated] == [(2, "QUANTITY_TOO_LARGE")]


def test_capacity_too_large_for_its_price_is_refused():
    book = flat_book(capacity={"basis": "kva", "price": 1000})
    assert [row["code"] for row in rate_one(book, **of_test(centi_kva_days=1_000_000_000)).unrated] == [
        "QUANTITY_TOO_LARGE"
    ]


def test_no_settlements_give_no_bills():
    outcome = Outcome([])
    assert (outcome.bills, outcome.lines, outcome.unrated) == ([], [], [])
