"""What a book may say, and what it is refused for."""

from datetime import date
from decimal import Decimal

import pytest
from billing_frames import STEPS, book_of, version
from pydantic import ValidationError

from zaikong.domain.billing.tariff import Capacity, Charges, Energy, PowerFactor, Tiers, inline_book


def faults(call):
    with pytest.raises(ValidationError) as caught:
        call()
    return [fault["msg"] for fault in caught.value.errors()]


def tiers(*steps):
    return lambda: Tiers.model_validate({"period": "month", "steps": steps})


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            [{"up_to_kwh": 180, "price": 1}],
            "Value error, every step but the last needs up_to_kwh, and the last has none",
        ),
        ([{"price": 1}, {"price": 2}], "Value error, every step but the last needs up_to_kwh, and the last has none"),
        (
            [{"up_to_kwh": 260, "price": 1}, {"up_to_kwh": 180, "price": 2}, {"price": 3}],
            "Value error, up_to_kwh must rise from step to step",
        ),
        (
            [{"up_to_kwh": 180, "price": 1}, {"up_to_kwh": 180, "price": 2}, {"price": 3}],
            "Value error, up_to_kwh must rise from step to step",
        ),
        ([{"up_to_kwh": 0, "price": 1}, {"price": 2}], "Value error, up_to_kwh must rise from step to step"),
        ([{"price": -1}], "Input should be greater than or equal to 0"),
        ([{"price": 0.123456789}], "Value error, Decimal('0.123456789') is not a number with at most 8 decimals"),
        ([{"price": True}], "Value error, True is not a number"),
        (
            [{"up_to_kwh": 1.005, "price": 1}, {"price": 2}],
            "Value error, Decimal('1.005') is not a number with at most 2 decimals",
        ),
        ([], "Value error, one to 3 steps are needed, not 0"),
        ([{"price": 1, "kwh": 2}], "Extra inputs are not permitted"),
    ],
)
def test_steps_that_are_none_are_refused_with_the_reason(steps, message):
    assert faults(tiers(*steps)) == [message]


def test_more_than_three_steps_are_refused():
    steps = [{"up_to_kwh": edge, "price": 1} for edge in (1, 2, 3)]
    assert faults(tiers(*steps, {"price": 1})) == ["Value error, one to 3 steps are needed, not 4"]


def test_energy_is_of_one_kind():
    assert faults(lambda: Energy.model_validate({})) == ["Value error, exactly one of flat, tiers and tou is needed"]
    assert faults(lambda: Energy.model_validate({"flat": 1, "tou": {}})) == [
        "Value error, exactly one of flat, tiers and tou is needed"
    ]
    assert faults(lambda: Energy.model_validate({"flat": 1, "rises": STEPS["tiers"]})) == [
        "Value error, rises go with tou"
    ]


def test_power_factor_standard_is_one_of_three():
    assert PowerFactor(standard=Decimal("0.9")).standard == Decimal("0.90")
    assert faults(lambda: PowerFactor(standard=Decimal("0.88"))) == ["Value error, the standard is 0.90, 0.85 or 0.80"]


def test_fund_or_surcharge_stands_once():
    fund = {"name": "a", "price": 0.1}
    assert faults(lambda: Charges.model_validate({"energy": {"flat": 1}, "funds": [fund, fund]})) == [
        "Value error, a fund or surcharge stands twice"
    ]
    both = Charges.model_validate({"energy": {"flat": 1}, "funds": [fund], "surcharges": [fund]})
    assert [item.item for item in both.items] == ["FUND_a", "SURCHARGE_a"]


def test_reduced_demand_price_must_be_exact_in_eight_decimals():
    with pytest.raises(ValidationError):
        Capacity(basis="demand", price=Decimal("40.00000001"), load_factor_percent=95)


def test_plan_without_a_version_is_refused():
    assert faults(book_of) == ["Value error, a plan needs a version"]


def test_versions_may_follow_but_not_overlap():
    follow = (version("2020-01-01", "2021-01-01", energy=STEPS), version("2021-01-01", energy=STEPS))
    assert book_of(*follow).plans["only"].versions == follow
    assert faults(lambda: book_of(version("2020-01-01", "2021-01-02", energy=STEPS), follow[1])) == [
        "Value error, the versions from 2020-01-01 and from 2021-01-01 overlap"
    ]
    assert faults(lambda: book_of(version(energy=STEPS), version(energy=STEPS))) == [
        "Value error, the versions from 2020-01-01 and from 2020-01-01 overlap"
    ]


def test_versions_of_different_months_do_not_overlap():
    summer, winter = version(energy=STEPS, months=[5, 6]), version(energy=STEPS, months=[1, 12])
    assert book_of(summer, winter).plans["only"].version(date(2025, 12, 31)) == winter
    assert book_of(summer, winter).plans["only"].version(date(2025, 4, 30)) is None


def test_version_ends_after_it_begins_and_names_real_months():
    assert faults(lambda: version("2020-01-01", "2020-01-01", energy=STEPS)) == [
        "Value error, effective_to must be after effective_from"
    ]
    assert faults(lambda: version(energy=STEPS, months=[13])) == ["Value error, months are numbers from 1 to 12"]
    assert faults(lambda: version(energy=STEPS, months=[])) == ["Value error, months are numbers from 1 to 12"]


def test_version_without_source_is_refused():
    assert faults(lambda: version(energy=STEPS, basis=None)) == [
        "Input should be a valid dictionary or instance of Basis"
    ]


def test_hours_of_a_version_cover_each_of_its_months():
    hours = [{"months": [1], "flat": [[0, 24]]}]
    assert version(energy={"tou": {}}, months=[1], hours=hours).hours[0].months == (1,)
    assert faults(lambda: version(energy={"tou": {}}, months=[1, 2], hours=hours)) == [
        "Value error, months without exactly one table of hours: 2"
    ]


def test_default_plan_must_exist():
    assert faults(
        lambda: book_of(version(energy=STEPS)).model_validate(
            {
                "id": "x",
                "title": "x",
                "default_plan": "no",
                "plans": {"a": {"title": "a", "versions": [version(energy=STEPS)]}},
            }
        )
    ) == ["Value error, default_plan 'no' is not among the plans"]


def test_inline_book_holds_always():
    book = inline_book(Charges.model_validate({"energy": {"flat": 1}}))
    assert [(plan, found.effective_from, found.effective_to) for plan, found in book.versions()] == [
        ("plan", date(1970, 1, 1), None)
    ]


def test_plan_knows_whether_it_prices_registers():
    assert book_of(version(energy={"tou": {}})).plans["only"].by_registers
    assert not book_of(version(energy=STEPS)).plans["only"].by_registers
