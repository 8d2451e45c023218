"""How does a business price follow from its published parts?

Since October 2021 a business pays the supplier's monthly purchase price, the network price of its voltage, line loss,
system operation and government funds; the first two float by register. Writing the parts once a month and composing the
plans keeps a book free of copied numbers.

Basis: 发改价格〔2021〕1439号 (agency purchase); 发改价格〔2023〕526号 (third network price period, two-part scope).
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Literal, Self, TypeVar

from pydantic import Field, model_validator

from zaikong.domain.billing.hours import DayHours, refuse_hours
from zaikong.domain.billing.tariff import (
    Book,
    Capacity,
    Choice,
    Energy,
    Fund,
    Plan,
    Price,
    Registers,
    SignedPrice,
    Strict,
    Surcharge,
    Version,
)
from zaikong.kernel.dated import Basis

FOREVER = date.max


class Dated(Strict):
    """A part of the price with its time and source."""

    effective_from: date
    effective_to: date | None = None
    basis: Basis

    @property
    def end(self) -> date:
        """First day no longer in force."""
        return self.effective_to or FOREVER


Part = TypeVar("Part", bound=Dated)


class Purchase(Dated):
    """What the supplier pays and passes on, a month at a time [yuan/kWh]."""

    energy: Price
    line_loss: SignedPrice
    system_operation: SignedPrice


class TwoPart(Strict):
    """A network price in two parts: yuan/kWh, yuan per kVA and month, yuan per kW and month."""

    energy: Price
    kva: Price
    kw: Price


class Network(Dated):
    """Network prices by voltage.

    Attributes:
        single: Yuan/kWh of the single-rate price.
        two_part: The two-part price.
        load_factor_kwh_per_kva: Use per kVA and month from which the demand price is reduced.
        load_factor_percent: To what part of it.
    """

    single: dict[str, Price]
    two_part: dict[str, TwoPart]
    load_factor_kwh_per_kva: int
    load_factor_percent: int


class Ratio(Dated):
    """Register prices as multiples of the flat price, and the hours of each register."""

    sharp: Decimal = Field(gt=0)
    peak: Decimal = Field(gt=0)
    valley: Decimal = Field(gt=0)
    hours: tuple[DayHours, ...]

    @model_validator(mode="after")
    def _covered(self) -> Self:
        refuse_hours(self.hours, range(1, 13))
        return self


class Funds(Dated):
    """Government funds of a time."""

    items: tuple[Fund, ...]


class Composition(Strict):
    """The parts, each with its own dates.

    Attributes:
        decimals: Decimals of a composed price, half-up.
        floating: Parts that the register ratio multiplies.
        purchase: Purchase prices.
        network: Network prices.
        ratios: Register ratios and hours.
        funds: Government funds.
    """

    decimals: int = Field(ge=4, le=8)
    floating: tuple[Literal["purchase", "network"], ...]
    purchase: tuple[Purchase, ...]
    network: tuple[Network, ...]
    ratios: tuple[Ratio, ...]
    funds: tuple[Funds, ...]

    @model_validator(mode="after")
    def _parts_do_not_overlap(self) -> Self:
        for name in ("purchase", "network", "ratios", "funds"):
            parts: list[Dated] = sorted(getattr(self, name), key=lambda part: part.effective_from)
            if not parts:
                raise ValueError(f"{name}: at least one row is needed")
            for earlier, later in pairwise(parts):
                if later.effective_from < earlier.end:
                    raise ValueError(
                        f"{name}: the rows from {earlier.effective_from} and {later.effective_from} overlap"
                    )
        return self


class Composed(Strict):
    """A book written as parts."""

    id: str
    title: str
    default_plan: str
    choice: Choice | None = None
    composition: Composition

    def book(self) -> Book:
        """The plans that follow from the parts."""
        plans: dict[str, list[Version]] = {}
        for start, end in _spans(self.composition):
            moment = _Moment(self.composition, start, end)
            for plan, version in moment.versions():
                plans.setdefault(plan, []).append(version)
        return Book(
            id=self.id,
            title=self.title,
            default_plan=self.default_plan,
            choice=self.choice,
            plans={plan: Plan(title=plan, versions=tuple(versions)) for plan, versions in plans.items()},
        )


def _spans(parts: Composition) -> list[tuple[date, date]]:
    """Every span within which no part changes and all are in force."""
    every: list[tuple[Dated, ...]] = [parts.purchase, parts.network, parts.ratios, parts.funds]
    cuts = sorted({edge for rows in every for row in rows for edge in (row.effective_from, row.end)})
    return [
        (start, end)
        for start, end in pairwise(cuts)
        if all(any(row.effective_from <= start < row.end for row in rows) for rows in every)
    ]


def _at(rows: Iterable[Part], day: date) -> Part:
    return next(row for row in rows if row.effective_from <= day < row.end)


class _Moment:
    """The plans of one span."""

    def __init__(self, parts: Composition, start: date, end: date) -> None:
        self.parts, self.start, self.end = parts, start, end
        self.purchase = _at(parts.purchase, start)
        self.network = _at(parts.network, start)
        self.ratio = _at(parts.ratios, start)
        self.funds = _at(parts.funds, start)

    def versions(self) -> Iterable[tuple[str, Version]]:
        for voltage, price in self.network.single.items():
            yield f"single.{voltage}", self._version(Energy(flat=self._flat(price)), None)
            yield f"single.{voltage}.tou", self._version(self._by_register(price), None)
        for voltage, two_part in self.network.two_part.items():
            energy = self._by_register(two_part.energy)
            yield f"two_part.{voltage}.kva", self._version(energy, Capacity(basis="kva", price=two_part.kva))
            yield f"two_part.{voltage}.demand", self._version(energy, self._demand("demand", two_part.kw))
            yield (
                f"two_part.{voltage}.contract_demand",
                self._version(energy, self._demand("contract_demand", two_part.kw)),
            )

    def _demand(self, basis: Literal["demand", "contract_demand"], price: Decimal) -> Capacity:
        return Capacity(
            basis=basis,
            price=price,
            load_factor_kwh_per_kva=Decimal(self.network.load_factor_kwh_per_kva),
            load_factor_percent=self.network.load_factor_percent,
        )

    def _rounded(self, price: Decimal) -> Decimal:
        return price.quantize(Decimal(1).scaleb(-self.parts.decimals), ROUND_HALF_UP)

    def _flat(self, network: Decimal) -> Decimal:
        return self._rounded(self.purchase.energy + network)

    def _by_register(self, network: Decimal) -> Energy:
        amounts = {"purchase": self.purchase.energy, "network": network}
        floating = sum((amounts[name] for name in self.parts.floating), Decimal(0))
        fixed = sum(amounts.values(), Decimal(0)) - floating
        ratios = {"sharp": self.ratio.sharp, "peak": self.ratio.peak, "flat": Decimal(1), "valley": self.ratio.valley}
        return Energy(
            tou=Registers(**{name: self._rounded(floating * ratio + fixed) for name, ratio in ratios.items()})
        )

    def _version(self, energy: Energy, capacity: Capacity | None) -> Version:
        parts: list[Dated] = [self.purchase, self.network, self.funds]
        if energy.tou is not None:
            parts.append(self.ratio)
        return Version(
            effective_from=self.start,
            effective_to=None if self.end == FOREVER else self.end,
            basis=_basis(parts),
            energy=energy,
            capacity=capacity,
            funds=self.funds.items,
            surcharges=(
                Surcharge(code="LINE_LOSS", name="上网环节线损费用", price=self.purchase.line_loss),
                Surcharge(code="SYSTEM_OPERATION", name="系统运行费", price=self.purchase.system_operation),
            ),
            hours=self.ratio.hours if energy.tou is not None else (),
        )


def _basis(parts: Iterable[Dated]) -> Basis:
    sources = list(dict.fromkeys(str(part.basis) for part in parts))
    return Basis(source="；".join(sources), verified=all(part.basis.verified for part in parts))
