"""Facts of bills in every combination of keys, and what is refused."""

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from zaikong.application.cases.bill import Expect, Input, UnableToRateCaseError, answer
from zaikong.application.cases.runner import read_cases, run_cases
from zaikong.domain.billing.books import UnableToFindTariffError

CASES = Path(__file__).resolve().parents[2] / "cases"
MARCH = ["2024-03-01", "2024-04-01"]
FLAT = {"energy": {"flat": 0.5}}
TOU = {"energy": {"tou": {"sharp": 2, "peak": 1, "flat": 0.5, "valley": 0.25}}}
YEAR = {
    "period": "year",
    "steps": [{"up_to_kwh": 2160, "price": 0.56}, {"up_to_kwh": 3120, "price": 0.61}, {"price": 0.86}],
}


def answered(**facts):
    return answer(Input.model_validate({"period": MARCH, "tariff": FLAT, **facts}))


def faults(**facts):
    with pytest.raises(ValidationError) as caught:
        Input.model_validate({"period": MARCH, "tariff": FLAT, **facts})
    return [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in caught.value.errors()]


def reading(register, previous, current, **facts):
    return {"register": register, "previous": previous, "current": current, **facts}


def test_published_cases_agree():
    cases = read_cases([CASES / "bills.yaml"])
    assert [outcome.case.name for outcome in run_cases(cases) if not outcome.ok] == []
    assert len(cases) == 17


def test_answer_has_every_key_a_case_may_expect():
    assert sorted(answered(kwh=0)) == sorted(Expect.model_fields)


def test_kwh_may_have_two_decimals():
    assert answered(kwh=10.25)["energy_yuan"] == Decimal("5.13")
    assert faults(kwh=10.255) == [("kwh", "Value error, Decimal('10.255') is not a number with at most 2 decimals")]
    assert faults(kwh={"noon": 1}) == [("kwh.noon", "Extra inputs are not permitted")]
    assert faults(kwh={"peak": -1}) == [("kwh.peak", "Input should be greater than or equal to 0")]


@pytest.mark.parametrize(
    ("kwh", "yuan"),
    [({"peak": 10}, "10.00"), ({"sharp": 1, "peak": 1, "flat": 1, "valley": 1}, "3.75"), ({}, "0.00"), (10, "5.00")],
)
def test_registers_may_be_missing_and_a_total_sits_in_the_flat_one(kwh, yuan):
    assert answered(tariff=TOU, kwh=kwh)["energy_yuan"] == Decimal(yuan)


def test_registers_of_a_flat_tariff_are_added():
    assert answered(kwh={"peak": 10, "valley": 30})["energy_yuan"] == Decimal("20.00")


def test_register_price_that_is_absent_is_zero():
    assert answered(tariff={"energy": {"tou": {"peak": 1}}}, kwh={"peak": 3, "valley": 9})["total_yuan"] == Decimal(
        "3.00"
    )


@pytest.mark.parametrize("register", ["total", "sharp", "peak", "flat", "valley"])
def test_every_register_rolls_over(register):
    got = answered(tariff=TOU, readings=[reading(register, 99_990, 10.5, multiplier=40, digits=5)])
    assert got["kwh"] == Decimal(820)


def test_reactive_register_rolls_over():
    got = answered(
        tariff={**FLAT, "power_factor": {"standard": 0.9}},
        readings=[
            reading("total", 0, 40, multiplier=100, digits=6),
            reading("reactive", 9_990, 20, multiplier=100, digits=4),
        ],
    )
    assert (got["power_factor"], got["power_factor_rate_percent"]) == (Decimal("0.80"), 5)


def test_a_changed_meter_adds_up():
    got = answered(readings=[reading("total", 100, 150, digits=6), reading("total", 0, 30, digits=6)])
    assert got["kwh"] == 80


def test_total_register_is_left_aside_where_the_four_are_read():
    readings = [reading("total", 0, 30), reading("peak", 0, 10), reading("valley", 0, 20)]
    assert answered(tariff=TOU, readings=readings)["kwh"] == 30


@pytest.mark.parametrize(
    "wrong",
    [reading("total", 10, 5), reading("total", 10, 5, digits=2), reading("total", 1_000_000, 5, digits=6)],
)
def test_reading_its_register_cannot_show_is_refused(wrong):
    with pytest.raises(UnableToRateCaseError) as caught:
        answered(readings=[wrong])
    assert caught.value.code == "READING_WRONG"


def test_months_in_use_shorten_the_year():
    tariff = {"energy": {"tiers": YEAR}}
    assert answered(tariff=tariff, kwh=200, months_in_use=1)["total_yuan"] == Decimal("100.80") + Decimal("12.20")
    assert answered(tariff=tariff, kwh=200)["total_yuan"] == Decimal("112.00")


def test_installed_capacity_adds_up_by_days():
    tariff = {"energy": {"flat": 0}, "capacity": {"basis": "kva", "price": 10}}
    got = answered(tariff=tariff, kwh=0, installed=[{"kva": 315}, {"kva": 100, "days": 1}])
    assert (got["capacity_yuan"], got["lines"]["CAPACITY_KVA"]) == (Decimal("3183.33"), Decimal("3183.33"))


def test_demand_is_charged_as_measured():
    tariff = {"energy": {"flat": 0}, "capacity": {"basis": "demand", "price": 38.4}}
    assert answered(tariff=tariff, kwh=0, demand_kw=123.45)["capacity_yuan"] == Decimal("4740.48")


def test_contract_demand_without_a_measured_one_is_the_contract():
    tariff = {"energy": {"flat": 0}, "capacity": {"basis": "contract_demand", "price": 30}}
    assert answered(tariff=tariff, kwh=0, contract_demand_kw=1000)["capacity_yuan"] == 30_000


@pytest.mark.parametrize(
    ("basis", "fact"), [("kva", "installed"), ("demand", "demand_kw"), ("contract_demand", "contract_demand_kw")]
)
def test_capacity_charge_without_its_fact_is_refused(basis, fact):
    with pytest.raises(UnableToRateCaseError) as caught:
        answered(tariff={"energy": {"flat": 0}, "capacity": {"basis": basis, "price": 30}}, kwh=0)
    assert (caught.value.code, caught.value.fields) == ("FACT_MISSING", {"fact": fact})


def test_loss_of_a_register_tariff_lies_on_the_flat_register():
    loss = {"iron_kw": 0.48, "copper_kw": 3.65, "kva": 315, "hours": 720, "shape": 1.05}
    got = answered(tariff=TOU, kwh={"peak": 90_000}, kvarh=30_000, transformer_loss=loss)
    assert (got["loss_kwh"], got["kwh"], got["energy_yuan"]) == (828, 90_828, Decimal(90_000 + 414))


def test_loss_that_cannot_be_is_refused_by_its_code():
    loss = {"iron_kw": 0.1, "copper_kw": 1, "kva": 1, "hours": 1, "shape": 1}
    with pytest.raises(UnableToRateCaseError) as caught:
        answered(kwh=100_000, transformer_loss=loss)
    assert caught.value.code == "LOSS_OUT_OF_RANGE"


@pytest.mark.parametrize(
    ("standard", "kvarh", "rate"), [(0.9, 0, "-0.75"), (0.85, 0, "-1.10"), (0.8, 0, "-1.30"), (0.9, 60_000, "21.00")]
)
def test_power_factor_may_reward_and_penalise(standard, kvarh, rate):
    got = answered(tariff={"energy": {"flat": 1}, "power_factor": {"standard": standard}}, kwh=47_000, kvarh=kvarh)
    assert got["power_factor_rate_percent"] == Decimal(rate)
    assert got["power_factor_yuan"] == 470 * Decimal(rate)


def test_lines_carry_the_names_of_funds_and_surcharges():
    items = {
        "funds": [{"name": "基金", "price": 0.02}, {"name": "none", "price": 0}],
        "surcharges": [{"name": "line", "price": 0.1}],
    }
    lines = answered(tariff={**FLAT, **items}, kwh=100)["lines"]
    assert {name: lines[name] for name in ("基金", "none", "line", "ENERGY")} == {
        "基金": Decimal("2.00"),
        "none": Decimal("0.00"),
        "line": Decimal("10.00"),
        "ENERGY": Decimal("50.00"),
    }


@pytest.mark.parametrize(
    ("tariff", "facts", "yuan"),
    [
        ("cn.henan.residential", {"kwh": 261}, "150.46"),
        ("cn.henan.residential", {"kwh": 300, "year_to_date_kwh": 2000}, "175.00"),
        ("cn.henan.residential", {"kwh": 200, "months_in_use": 1}, "113.00"),
        ("cn.henan.residential", {"kwh": {"peak": 100, "valley": 50}}, "81.00"),
        ("cn.henan.residential", {"kwh": {"peak": 100}, "year_to_date_kwh": 3120}, "89.00"),
        ("cn.henan.agriculture", {"kwh": 100}, "48.42"),
        ("cn.beijing.residential", {"kwh": 100, "year_to_date_kwh": 2880}, "53.83"),
        ("cn.beijing.residential", {"kwh": {"peak": 60, "valley": 40}}, "48.83"),
        ("cn.zhejiang.residential", {"kwh": 100}, "53.80"),
        ("cn.zhejiang.residential", {"kwh": {"peak": 100, "valley": 100}}, "85.60"),
        ("cn.shenzhen.residential", {"kwh": 210}, "139.71"),
        ("cn.shenzhen.residential", {"kwh": 210, "period": ["2024-07-01", "2024-08-01"]}, "139.21"),
    ],
)
def test_shipped_book_gives_the_plan_the_facts_speak_of(tariff, facts, yuan):
    assert answered(tariff=tariff, **facts)["total_yuan"] == Decimal(yuan)


def test_business_book_takes_the_two_part_plan_from_its_facts():
    kva = answered(tariff="cn.henan.business", kwh={"peak": 100}, installed=[{"kva": 400}])
    demand = answered(tariff="cn.henan.business", kwh={"peak": 100}, demand_kw=100)
    contract = answered(tariff="cn.henan.business", kwh=100, contract_demand_kw=100, demand_kw=200)
    single = answered(tariff="cn.henan.business", kwh=100)
    assert [
        name for got in (kva, demand, contract) for name in got["lines"] if name.startswith(("CAPACITY", "DEMAND"))
    ] == [
        "CAPACITY_KVA",
        "DEMAND",
        "DEMAND_CONTRACT",
        "DEMAND_EXCESS",
    ]
    assert single["capacity_yuan"] == 0
    assert single["lines"]["农网还贷资金"] == single["lines"]["FUND_RURAL_GRID"] == Decimal("2.00")


def test_shipped_book_out_of_force_is_refused():
    with pytest.raises(UnableToRateCaseError) as caught:
        answered(tariff="cn.henan.business", kwh=1, period=["2026-03-01", "2026-04-01"])
    assert caught.value.code == "TARIFF_NOT_IN_FORCE"


def test_unknown_book_is_refused():
    with pytest.raises(UnableToFindTariffError):
        answered(tariff="cn.nowhere", kwh=1)


def test_period_may_be_other_than_a_month():
    assert answered(kwh=10, period=["2024-05-24", "2024-06-24"])["total_yuan"] == 5


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"kwh": 1, "colour": "red"}, ("colour", "Extra inputs are not permitted")),
        ({}, ("", "Value error, either kwh or readings of active energy are needed, and not both")),
        (
            {"kwh": 1, "readings": [reading("total", 0, 1)]},
            ("", "Value error, either kwh or readings of active energy are needed, and not both"),
        ),
        (
            {"kwh": 1, "kvarh": 1, "readings": [reading("reactive", 0, 1)]},
            ("", "Value error, kvarh and a reactive reading say the same twice"),
        ),
        ({"kwh": 1, "period": MARCH[::-1]}, ("", "Value error, period must end after it begins")),
        ({"kwh": 1, "months_in_use": 13}, ("months_in_use", "Input should be less than or equal to 12")),
        ({"kwh": 1, "demand_kw": -1}, ("demand_kw", "Input should be greater than or equal to 0")),
        ({"kwh": 1, "installed": [{"kva": 1, "day": 3}]}, ("installed.0.day", "Extra inputs are not permitted")),
        ({"readings": [reading("total", 0, 1, ratio=3)]}, ("readings.0.ratio", "Extra inputs are not permitted")),
        ({"kwh": 1, "tariff": {**FLAT, "colour": 1}}, ("tariff.colour", "Extra inputs are not permitted")),
        (
            {"kwh": 1, "tariff": {"energy": {}}},
            ("tariff.energy", "Value error, exactly one of flat, tiers and tou is needed"),
        ),
    ],
)
def test_unknown_key_or_missing_fact_is_an_error_with_its_place(facts, fault):
    found = faults(**facts)
    assert [found[-1] if fault[0] == "readings.0.ratio" else found[0]] == [fault]


def test_reactive_reading_may_stand_beside_kwh():
    got = answered(
        tariff={**FLAT, "power_factor": {"standard": 0.9}}, kwh=4, readings=[reading("reactive", 0, 3, digits=6)]
    )
    assert got["power_factor"] == Decimal("0.80")
