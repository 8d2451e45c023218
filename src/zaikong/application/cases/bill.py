"""What does this settlement cost?

The facts become one row of the settlement frame and one book of prices, and go through the very rules of a bill run.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import narwhals as nw
import polars as pl
from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from zaikong.application.cases.facts import Day, Facts, Number, yuan
from zaikong.domain.billing.books import book
from zaikong.domain.billing.lines import bill_lines
from zaikong.domain.billing.prices import item_names, prices_frame
from zaikong.domain.billing.rating import bills, in_memory, rated
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS, UNRATED
from zaikong.domain.billing.tariff import Book, Charges, Plan, Quantity, inline_book
from zaikong.domain.metering.registers import modulus, register_use
from zaikong.engine.dictionary import checked, dictionary
from zaikong.kernel.energy import CENTI, REGISTERS, centi_of_kwh
from zaikong.kernel.money import scaled
from zaikong.kernel.period import Month, day_number
from zaikong.kernel.refusal import Refusal

RegisterName = Literal["total", "sharp", "peak", "flat", "valley", "reactive"]

_POWER_FACTOR_SCALE = 100
_PER_KILO = 1000
_TYPES: dict[str, Any] = {"int64": pl.Int64, "string": pl.String}


class UnableToRateCaseError(Refusal):
    """The facts do not add up to a settlement that can be rated."""


class Reading(Facts):
    """Two readings of one register."""

    register_name: RegisterName = Field(alias="register")
    previous: Quantity
    current: Quantity
    multiplier: int = Field(default=1, ge=1, le=1_000_000)
    digits: int = Field(default=0, ge=0, le=9)


class Kwh(Facts):
    """Use by register; an absent one moved nothing."""

    sharp: Quantity = Decimal(0)
    peak: Quantity = Decimal(0)
    flat: Quantity = Decimal(0)
    valley: Quantity = Decimal(0)


class Installed(Facts):
    """A transformer and the days of a 30-day month it was on line."""

    kva: Quantity
    days: int = Field(default=30, ge=0, le=31)


class TransformerLoss(Facts):
    """Parameters of the loss formula."""

    iron_kw: Annotated[Decimal, Field(ge=0, le=1000)]
    copper_kw: Annotated[Decimal, Field(ge=0, le=100_000)]
    kva: Annotated[Quantity, Field(gt=0)]
    hours: int = Field(ge=1, le=2000)
    shape: Annotated[Decimal, Field(ge=0, le=5)]


_QUANTITY: TypeAdapter[Decimal] = TypeAdapter(Quantity)


def _kwh(value: object) -> object:
    # Choosing the branch here keeps the error of the one that was meant.
    return Kwh.model_validate(value) if isinstance(value, Mapping) else _QUANTITY.validate_python(value)


def _tariff(value: object) -> object:
    return value if isinstance(value, str) else Charges.model_validate(value)


class Input(Facts):
    """Facts; see the README of the cases."""

    tariff: Annotated[str | Charges, BeforeValidator(_tariff)]
    period: tuple[Day, Day]
    kwh: Annotated[Decimal | Kwh, BeforeValidator(_kwh)] | None = None
    readings: tuple[Reading, ...] = ()
    kvarh: Quantity | None = None
    year_to_date_kwh: Quantity | None = None
    months_in_use: int | None = Field(default=None, ge=1, le=12)
    installed: tuple[Installed, ...] = ()
    demand_kw: Quantity | None = None
    contract_demand_kw: Quantity | None = None
    transformer_loss: TransformerLoss | None = None

    @model_validator(mode="after")
    def _one_use(self) -> Self:
        read = {reading.register_name for reading in self.readings}
        if (self.kwh is not None) == bool(read - {"reactive"}):
            raise ValueError("either kwh or readings of active energy are needed, and not both")
        if self.kvarh is not None and "reactive" in read:
            raise ValueError("kvarh and a reactive reading say the same twice")
        if self.period[0] >= self.period[1]:
            raise ValueError("period must end after it begins")
        return self

    @property
    def by_register(self) -> bool:
        """Whether use is known by time-of-use register."""
        return isinstance(self.kwh, Kwh) or any(reading.register_name in REGISTERS for reading in self.readings)


class Expect(Facts):
    """Answer."""

    total_yuan: Number = Decimal(0)
    energy_yuan: Number = Decimal(0)
    capacity_yuan: Number = Decimal(0)
    power_factor_yuan: Number = Decimal(0)
    funds_yuan: Number = Decimal(0)
    power_factor: Number = Decimal(0)
    power_factor_rate_percent: Number = Decimal(0)
    kwh: Number = Decimal(0)
    loss_kwh: Number = Decimal(0)
    lines: dict[str, Number] = Field(default_factory=dict)


def answer(facts: Input) -> dict[str, object]:
    """The bill and its lines, by the rules of a bill run.

    Raises:
        UnableToRateCaseError: A fact the price needs is missing, or the rules refuse the settlement.
        UnableToFindTariffError: No such shipped book.
    """
    tariff = book(facts.tariff) if isinstance(facts.tariff, str) else inline_book(facts.tariff)
    plan = _plan(tariff, facts)
    _refuse_missing(tariff.plans[plan], facts)
    groups = rated(_settlement(tariff.id, plan, facts), prices_frame([tariff]), keep=in_memory)
    refused = groups.unrated.collect().rows(named=True)
    if refused:
        raise UnableToRateCaseError(
            dict(UNRATED.values())[refused[0]["code"]],
            code=refused[0]["code"],
            fields={"book": tariff.id, "plan": plan},
            remedy="Mend the facts.",
        )
    bill = bills(groups).collect().rows(named=True)[0]
    lines = bill_lines(groups).collect().rows(named=True)
    return {**_amounts(bill), "lines": _by_name(tariff, plan, lines)}


def _amounts(bill: dict[str, Any]) -> dict[str, object]:
    return {
        "total_yuan": yuan(bill["total_fen"]),
        "energy_yuan": yuan(bill["energy_fen"]),
        "capacity_yuan": yuan(bill["capacity_fen"]),
        "power_factor_yuan": yuan(bill["power_factor_fen"]),
        "funds_yuan": yuan(bill["fund_fen"]),
        "power_factor": Decimal(bill["power_factor"]) / _POWER_FACTOR_SCALE,
        "power_factor_rate_percent": Decimal(bill["power_factor_rate_bp"]) / _POWER_FACTOR_SCALE,
        "kwh": Decimal(bill["centi_kwh"]) / CENTI,
        "loss_kwh": Decimal(bill["loss_centi_kwh"]) / CENTI,
    }


def _by_name(tariff: Book, plan: str, lines: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Amounts by item code, and those of funds and surcharges by the name the book gives them too."""
    names = item_names([tariff])
    fen = {item.item: 0 for version in tariff.plans[plan].versions for item in version.items}
    for line in lines:
        fen[line["item"]] = fen.get(line["item"], 0) + line["amount_fen"]
    named: dict[str, int] = {}
    for item, amount in fen.items():
        if item in names:
            named[names[item]] = named.get(names[item], 0) + amount
    return {name: yuan(amount) for name, amount in {**fen, **named}.items()}


def _plan(tariff: Book, facts: Input) -> str:
    """The plan the facts speak of: capacity first, then registers, then annual steps; otherwise the default."""
    basis = _capacity_basis(facts)
    yearly = facts.year_to_date_kwh is not None or facts.months_in_use is not None

    def likeness(plan: str) -> tuple[bool, bool, bool, bool]:
        version = tariff.plans[plan].version(facts.period[0]) or tariff.plans[plan].versions[-1]
        tiers = version.energy.tiers or version.energy.rises
        capacity = version.capacity.basis if version.capacity else None
        return (
            capacity == basis,
            (version.energy.tou is not None) == facts.by_register,
            (tiers is not None and tiers.period == "year") == yearly,
            plan == tariff.default_plan,
        )

    return max(tariff.plans, key=likeness)


def _capacity_basis(facts: Input) -> str | None:
    if facts.contract_demand_kw is not None:
        return "contract_demand"
    if facts.demand_kw is not None:
        return "demand"
    return "kva" if facts.installed else None


def _refuse_missing(plan: Plan, facts: Input) -> None:
    needed = {
        "kva": ("installed", bool(facts.installed)),
        "demand": ("demand_kw", facts.demand_kw is not None),
        "contract_demand": ("contract_demand_kw", facts.contract_demand_kw is not None),
    }
    for version in plan.versions:
        if version.capacity is not None and not needed[version.capacity.basis][1]:
            fact = needed[version.capacity.basis][0]
            raise UnableToRateCaseError(
                f"the capacity charge by {version.capacity.basis} needs {fact}",
                code="FACT_MISSING",
                fields={"fact": fact},
                remedy=f"Add {fact} to the input.",
            )


def _settlement(book_id: str, plan: str, facts: Input) -> nw.LazyFrame:
    row = {
        "account": 1,
        "month": Month.of(facts.period[1] - timedelta(days=1)).number,
        "from_day": day_number(facts.period[0]),
        "to_day": day_number(facts.period[1]),
        "book": book_id,
        "plan": plan,
        **_use(facts),
        "year_to_date_centi_kwh": centi_of_kwh(facts.year_to_date_kwh or 0),
        "months_in_use": facts.months_in_use or 12,
        "household_extra_centi_kwh": 0,
        "free_centi_kwh": 0,
        "centi_kva_days": sum(centi_of_kwh(part.kva) * part.days for part in facts.installed),
        "centi_demand_kw": centi_of_kwh(facts.demand_kw or 0),
        "centi_contract_demand_kw": centi_of_kwh(facts.contract_demand_kw or 0),
        "power_factor_standard": _standard(facts),
        **_loss(facts.transformer_loss),
    }
    schema = {name: _TYPES[dictionary()[name].type] for name in SETTLEMENT_COLUMNS}
    frame = pl.LazyFrame([row], schema=schema)
    return checked(nw.from_native(frame), SETTLEMENT_COLUMNS, rule="rating")


def _standard(facts: Input) -> int:
    if isinstance(facts.tariff, str) or facts.tariff.power_factor is None:
        return 0
    return scaled(facts.tariff.power_factor.standard, _POWER_FACTOR_SCALE)


def _loss(loss: TransformerLoss | None) -> dict[str, int]:
    if loss is None:
        names = ("iron_w", "copper_w", "loss_centi_kva", "loss_hours", "loss_shape_milli")
        return dict.fromkeys((*names, "iron_var", "copper_var"), 0)
    return {
        "iron_w": scaled(loss.iron_kw, _PER_KILO),
        "copper_w": scaled(loss.copper_kw, _PER_KILO),
        "iron_var": 0,
        "copper_var": 0,
        "loss_centi_kva": centi_of_kwh(loss.kva),
        "loss_hours": loss.hours,
        "loss_shape_milli": scaled(loss.shape, _PER_KILO),
    }


def _use(facts: Input) -> dict[str, int]:
    """Use by register [0.01 kWh, 0.01 kvarh]; a total sits in the flat register."""
    moved = _moved(facts.readings)
    if isinstance(facts.kwh, Kwh):
        kwh = {register: centi_of_kwh(getattr(facts.kwh, register)) for register in REGISTERS}
    else:
        kwh = {register: moved.get(register, 0) for register in REGISTERS}
        kwh["flat"] += centi_of_kwh(facts.kwh or 0)
        if not facts.by_register:
            kwh["flat"] += moved.get("total", 0)
    return {
        **{f"{register}_centi_kwh": kwh[register] for register in REGISTERS},
        "centi_kvarh": moved.get("reactive", 0) + centi_of_kwh(facts.kvarh or 0),
    }


def _moved(readings: tuple[Reading, ...]) -> dict[str, int]:
    """What each register moved, by the rule of metering; several meters of one register add up."""
    if not readings:
        return {}
    rows = [
        {
            "register": reading.register_name,
            "previous_total": centi_of_kwh(reading.previous),
            "low_total": centi_of_kwh(reading.current),
            "multiplier": reading.multiplier,
            "digits": reading.digits,
        }
        for reading in readings
    ]
    frame = nw.from_native(pl.LazyFrame(rows)).with_columns(modulus=modulus())
    moved: dict[str, int] = {}
    for reading, row in zip(
        readings, frame.with_columns(use=register_use("total")).collect().rows(named=True), strict=True
    ):
        _refuse_roll_over(reading, row)
        moved[reading.register_name] = moved.get(reading.register_name, 0) + row["use"]
    return moved


def _refuse_roll_over(reading: Reading, row: dict[str, Any]) -> None:
    shown = max(row["previous_total"], row["low_total"])
    if row["use"] < 0 or (reading.digits and shown >= row["modulus"]):
        raise UnableToRateCaseError(
            f"register {reading.register_name} of {reading.digits or 'unknown'} digits cannot go from "
            f"{reading.previous} to {reading.current}",
            code="READING_WRONG",
            fields={"register": reading.register_name},
            remedy="Mend the readings or the number of digits.",
        )
