"""The worked tables of the billing page, run through the rules of a bill run."""

from decimal import Decimal
from typing import Any

import pytest

from zaikong.application.cases.bill import Input, answer

from .tables import table

PAGE = "billing.md"
PERIOD = ["2024-06-01", "2024-07-01"]
HENAN = (Decimal("0.56"), Decimal("0.61"), Decimal("0.86"))
EDGES = {"month": (180, 260), "year": (2160, 3120)}


def billed(tariff: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """What the rules answer for 30 days."""
    return answer(Input.model_validate({"tariff": tariff, "period": PERIOD, **facts}))


def steps_of(period: str) -> dict[str, Any]:
    first, second = EDGES[period]
    steps = [
        {"up_to_kwh": first, "price": HENAN[0]},
        {"up_to_kwh": second, "price": HENAN[1]},
        {"price": HENAN[2]},
    ]
    return {"energy": {"tiers": {"period": period, "steps": steps}}}


@pytest.mark.parametrize("row", table(PAGE, "steps"), ids=str)
def test_each_row_of_the_steps(row):
    year = row["steps"] == "year"
    before = {"year_to_date_kwh": row["used before"], "months_in_use": int(row["months in use"])} if year else {}
    found = billed(steps_of(row["steps"]), kwh=row["kWh"], **before)

    parts = [Decimal(row[f"step {place} kWh"]) for place in (1, 2, 3)]
    assert sum(parts) == Decimal(row["kWh"])
    assert sum(part * price for part, price in zip(parts, HENAN, strict=True)) == Decimal(row["total"])
    assert found["total_yuan"] == Decimal(row["total"])
    assert [found["lines"].get(f"ENERGY_STEP_{place}", Decimal(0)) for place in (1, 2, 3)] == [
        part * price for part, price in zip(parts, HENAN, strict=True)
    ]


def test_the_items_are_rounded_one_by_one():
    energy, *funds = table(PAGE, "items")
    tariff = {
        "energy": {"flat": energy["price"]},
        "funds": [{"name": row["item"], "price": row["price"]} for row in funds],
    }
    found = billed(tariff, kwh=5336)

    assert [Decimal(row["price"]) * 5336 for row in (energy, *funds)] == [
        Decimal(row["exact"]) for row in (energy, *funds)
    ]
    assert found["energy_yuan"] == Decimal(energy["charged"])
    assert {row["item"]: found["lines"][row["item"]] for row in funds} == {
        row["item"]: Decimal(row["charged"]) for row in funds
    }
    assert found["total_yuan"] == Decimal("3559.11")


@pytest.mark.parametrize("row", table(PAGE, "registers"), ids=str)
def test_each_row_of_the_registers(row):
    tariff = {"energy": {"tou": {"peak": "0.80", "flat": "0.50", "valley": "0.20"}}}
    found = billed(tariff, kwh={name: row[name] for name in ("peak", "flat", "valley")})

    assert {name: found["lines"].get(f"ENERGY_{name.upper()}", Decimal(0)) for name in ("peak", "flat", "valley")} == {
        name: Decimal(row[f"{name} yuan"]) for name in ("peak", "flat", "valley")
    }
    assert found["energy_yuan"] == Decimal(row["energy"])


@pytest.mark.parametrize("row", table(PAGE, "capacity"), ids=str)
def test_each_row_of_the_capacity_charge(row):
    facts: dict[str, Any] = {"demand_kw": row["demand"]} if row["demand"] else {}
    size = row["capacity or contract"]
    if row["basis"] == "kva":
        parts = [part.removesuffix(" days").split(" × ") for part in size.split(", ")]
        facts["installed"] = [{"kva": kva, "days": int(days)} for kva, days in parts]
    elif size:
        facts["contract_demand_kw"] = size
    tariff = {"energy": {"flat": 0}, "capacity": {"basis": row["basis"], "price": row["price"]}}

    assert billed(tariff, kwh=0, **facts)["capacity_yuan"] == Decimal(row["charge"])


@pytest.mark.parametrize("row", table(PAGE, "power factor"), ids=str)
def test_each_row_of_the_power_factor(row):
    tariff = {"energy": {"flat": 1}, "power_factor": {"standard": row["standard"]}}
    found = billed(tariff, kwh=row["kWh"], kvarh=row["kvarh"])

    assert found["power_factor"] == Decimal(row["cos φ"])
    assert found["power_factor_rate_percent"] == Decimal(row["rate %"])
    assert found["power_factor_yuan"] == Decimal(row["kWh"]) * Decimal(row["rate %"]) / 100


@pytest.mark.parametrize("row", table(PAGE, "loss"), ids=str)
def test_each_row_of_the_transformer_loss(row):
    loss = {"iron_kw": "0.48", "copper_kw": "3.65", "kva": 315, "hours": 720, "shape": row["shape"]}
    found = billed({"energy": {"flat": 1}}, kwh=row["kWh"], kvarh=row["kvarh"], transformer_loss=loss)

    assert (found["loss_kwh"], found["kwh"]) == (Decimal(row["loss kWh"]), Decimal(row["billed kWh"]))
