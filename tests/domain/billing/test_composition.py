"""A business price follows from its published parts."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from zaikong.domain.billing.composition import Composed

BASIS = {"source": "a table", "verified": True}
DAY = [{"months": list(range(1, 13)), "flat": [[0, 24]]}]


def parts(**changed):
    return {
        "decimals": 4,
        "floating": ["purchase", "network"],
        "purchase": [
            {
                "effective_from": "2024-01-01",
                "effective_to": "2024-02-01",
                "energy": 0.4,
                "line_loss": 0.01,
                "system_operation": 0.02,
                "basis": BASIS,
            },
            {
                "effective_from": "2024-02-01",
                "effective_to": "2024-03-01",
                "energy": 0.5,
                "line_loss": 0.01,
                "system_operation": -0.02,
                "basis": {**BASIS, "verified": False},
            },
        ],
        "network": [
            {
                "effective_from": "2023-06-01",
                "basis": BASIS,
                "single": {"10kv": 0.19385},
                "two_part": {"10kv": {"energy": 0.15, "kva": 26, "kw": 40}},
                "load_factor_kwh_per_kva": 260,
                "load_factor_percent": 90,
            },
        ],
        "ratios": [
            {"effective_from": "2023-01-01", "basis": BASIS, "sharp": 2, "peak": 1.7, "valley": 0.5, "hours": DAY}
        ],
        "funds": [{"effective_from": "2023-01-01", "basis": BASIS, "items": [{"name": "f", "price": 0.02}]}],
        **changed,
    }


def composed(**changed):
    return Composed.model_validate(
        {"id": "t", "title": "t", "default_plan": "single.10kv", "composition": parts(**changed)}
    ).book()


def test_every_plan_follows_from_voltage_and_kind():
    assert list(composed().plans) == [
        "single.10kv",
        "single.10kv.tou",
        "two_part.10kv.kva",
        "two_part.10kv.demand",
        "two_part.10kv.contract_demand",
    ]


def test_versions_change_where_any_part_does_and_stop_where_one_is_missing():
    spans = [(version.effective_from, version.effective_to) for version in composed().plans["single.10kv"].versions]
    assert spans == [(date(2024, 1, 1), date(2024, 2, 1)), (date(2024, 2, 1), date(2024, 3, 1))]


def test_flat_price_is_purchase_and_network_rounded_half_up():
    assert composed().plans["single.10kv"].versions[0].energy.flat == Decimal("0.5939")


def test_register_prices_multiply_what_floats():
    tou = composed().plans["two_part.10kv.kva"].versions[0].energy.tou
    assert tou.model_dump() == {
        "sharp": Decimal("1.1000"),
        "peak": Decimal("0.9350"),
        "flat": Decimal("0.5500"),
        "valley": Decimal("0.2750"),
    }
    fixed = composed(floating=["purchase"]).plans["two_part.10kv.kva"].versions[0].energy.tou
    assert (fixed.sharp, fixed.valley) == (Decimal("0.9500"), Decimal("0.3500"))


def test_what_does_not_float_is_printed_apart():
    version = composed().plans["single.10kv.tou"].versions[1]
    assert {item.item: item.price for item in version.items} == {
        "FUND_f": Decimal("0.02"),
        "SURCHARGE_LINE_LOSS": Decimal("0.01"),
        "SURCHARGE_SYSTEM_OPERATION": Decimal("-0.02"),
    }


def test_demand_plans_carry_the_load_factor_rule_and_kva_plans_do_not():
    plans = composed().plans
    demand = plans["two_part.10kv.contract_demand"].versions[0].capacity
    assert (demand.basis, demand.price, demand.load_factor_kwh_per_kva, demand.load_factor_percent) == (
        "contract_demand",
        40,
        260,
        90,
    )
    assert plans["two_part.10kv.kva"].versions[0].capacity.load_factor_kwh_per_kva is None


def test_version_is_verified_only_if_all_its_parts_are():
    assert [version.basis.verified for version in composed().plans["single.10kv"].versions] == [True, False]


def test_parts_that_overlap_are_refused():
    funds = [{"effective_from": day, "basis": BASIS, "items": []} for day in ("2023-01-01", "2023-02-01")]
    with pytest.raises(ValidationError, match="funds: the rows from 2023-01-01 and 2023-02-01 overlap"):
        composed(funds=funds)


def test_ratio_without_whole_days_is_refused():
    hours = [{"months": list(range(1, 13)), "flat": [[0, 23]]}]
    ratios = [{"effective_from": "2023-01-01", "basis": BASIS, "sharp": 2, "peak": 1.7, "valley": 0.5, "hours": hours}]
    with pytest.raises(ValidationError, match="23:00 has none"):
        composed(ratios=ratios)
