"""What is a tariff book made of?

A book has plans, a plan has half-open dated versions, and each version names its source. An inline book of a case is
read by the same models.

Basis: 电力法 article 35 to 41 (prices are set by authority and published); the source of each price stands beside it.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from zaikong.domain.billing.hours import DayHours, refuse_hours
from zaikong.kernel.dated import Basis
from zaikong.kernel.energy import centi_of_kwh
from zaikong.kernel.money import PRICE_SCALE, UnableToReadMoneyError, scaled

ALL_MONTHS = tuple(range(1, 13))
STEPS_MOST = 3
SINGLE_PLAN = "plan"
"""The one plan of an inline book."""


def _price(value: Decimal) -> Decimal:
    try:
        scaled(value, PRICE_SCALE)
    except UnableToReadMoneyError as error:
        raise ValueError(error.message) from error
    return value


def _number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{value} is not a number")  # noqa: TRY004 -- pydantic reports ValueError, not TypeError
    return value


def _centi(value: Decimal) -> Decimal:
    try:
        centi_of_kwh(value)
    except UnableToReadMoneyError as error:
        raise ValueError(error.message) from error
    return value


Price = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=1000), AfterValidator(_price)]
"""Yuan for one kWh, kVA or kW, at most eight decimals."""

SignedPrice = Annotated[Decimal, BeforeValidator(_number), Field(ge=-1000, le=1000), AfterValidator(_price)]
"""As `Price`; some surcharges hand money back."""

Quantity = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=100_000_000), AfterValidator(_centi)]
"""kWh, kW, kVA with at most two decimals."""


class Strict(BaseModel):
    """Unknown keys are errors; values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(Strict):
    """One step of a rising price.

    Attributes:
        up_to_kwh: Upper edge of the step, counted from zero; absent on the last step.
        price: Yuan/kWh inside the step (in `rises`, the addition to the register price).
    """

    up_to_kwh: Quantity | None = None
    price: Price


class Tiers(Strict):
    """Steps over a month's or a year's use.

    Attributes:
        period: Whether use is counted from the first of the month or from 1 January.
        steps: One to three steps, edges rising, the last open.
    """

    period: Literal["month", "year"]
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        edges = [step.up_to_kwh for step in self.steps]
        if not 1 <= len(edges) <= STEPS_MOST:
            raise ValueError(f"one to {STEPS_MOST} steps are needed, not {len(edges)}")
        if edges[-1] is not None or None in edges[:-1]:
            raise ValueError("every step but the last needs up_to_kwh, and the last has none")
        known = [edge for edge in edges if edge is not None]
        if any(later <= earlier for earlier, later in zip([Decimal(0), *known], known, strict=False)):
            raise ValueError("up_to_kwh must rise from step to step")
        return self


class Registers(Strict):
    """Time-of-use prices [yuan/kWh]; a register that is absent costs nothing."""

    sharp: Price = Decimal(0)
    peak: Price = Decimal(0)
    flat: Price = Decimal(0)
    valley: Price = Decimal(0)


class Energy(Strict):
    """How a kWh is priced: one flat price, rising steps, or four registers.

    Attributes:
        flat: One price for every kWh.
        tiers: Rising steps.
        tou: A price for each register.
        rises: Only with `tou`: what each step adds to the register price.
    """

    flat: Price | None = None
    tiers: Tiers | None = None
    tou: Registers | None = None
    rises: Tiers | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(kind is not None for kind in (self.flat, self.tiers, self.tou)) != 1:
            raise ValueError("exactly one of flat, tiers and tou is needed")
        if self.rises is not None and self.tou is None:
            raise ValueError("rises go with tou")
        return self


class Capacity(Strict):
    """The monthly charge for capacity.

    Attributes:
        basis: Transformer capacity, measured maximum demand, or contracted maximum demand.
        price: Yuan per kVA or kW and month.
        load_factor_kwh_per_kva: From this use per kVA and month on, `load_factor_percent` of the price applies.
        load_factor_percent: That part, 100 where there is none.
    """

    basis: Literal["kva", "demand", "contract_demand"]
    price: Price
    load_factor_kwh_per_kva: Quantity | None = None
    load_factor_percent: int = Field(default=100, ge=1, le=100)

    @model_validator(mode="after")
    def _load_factor_price_is_exact(self) -> Self:
        _price(self.price * self.load_factor_percent / 100)
        return self


class PowerFactor(Strict):
    """The power factor a customer must hold: 0.90, 0.85 or 0.80."""

    standard: Decimal

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.standard not in {Decimal("0.90"), Decimal("0.85"), Decimal("0.80")}:
            raise ValueError("the standard is 0.90, 0.85 or 0.80")
        return self


class Item(Strict):
    """A part of the price printed as its own line.

    Attributes:
        name: What the bill prints.
        code: Word for programs; the name where absent.
    """

    prefix: ClassVar[str]
    name: str = Field(min_length=1)
    code: str = ""
    price: SignedPrice

    @property
    def item(self) -> str:
        """Item code of its bill line."""
        return f"{self.prefix}_{self.code or self.name}"


class Fund(Item):
    """A government fund: outside the power-factor base [yuan/kWh]."""

    prefix = "FUND"
    price: Price


class Surcharge(Item):
    """A surcharge, inside the power-factor base; it may hand money back [yuan/kWh]."""

    prefix = "SURCHARGE"


class Charges(Strict):
    """Everything a plan charges while one version lasts; also an inline book."""

    energy: Energy
    capacity: Capacity | None = None
    power_factor: PowerFactor | None = None
    funds: tuple[Fund, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()

    @model_validator(mode="after")
    def _items_once(self) -> Self:
        items = [item.item for item in self.items]
        if len(items) != len(set(items)):
            raise ValueError("a fund or surcharge stands twice")
        return self

    @property
    def items(self) -> tuple[Item, ...]:
        """Funds and surcharges."""
        return (*self.funds, *self.surcharges)


class Version(Charges):
    """Charges in force for a time.

    Attributes:
        effective_from: First day in force.
        effective_to: First day no longer in force; None while it lasts.
        months: Calendar months it applies in (summer and winter prices are two versions).
        basis: The source, and whether the number was read in it.
        hours: For time-of-use plans, the register of each hour by month.
        household_of_five_kwh: What a registered household of five and more adds to every step edge [kWh/month].
        free_kwh: What a low-income household does not pay for [kWh/month].
    """

    effective_from: date
    effective_to: date | None = None
    months: tuple[int, ...] = ALL_MONTHS
    basis: Basis
    hours: tuple[DayHours, ...] = ()
    household_of_five_kwh: Quantity = Decimal(0)
    free_kwh: Quantity = Decimal(0)

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.effective_to is not None and self.effective_to <= self.effective_from:
            raise ValueError("effective_to must be after effective_from")
        if not self.months or set(self.months) - set(ALL_MONTHS):
            raise ValueError("months are numbers from 1 to 12")
        if self.hours:
            refuse_hours(self.hours, self.months)
        return self

    def covers(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return (
            self.effective_from <= day
            and (self.effective_to is None or day < self.effective_to)
            and day.month in self.months
        )


class Plan(Strict):
    """One way of charging inside a book.

    Attributes:
        title: What staff call it.
        versions: Its dated versions, none overlapping another.
    """

    title: str
    versions: tuple[Version, ...]

    @model_validator(mode="after")
    def _no_overlap(self) -> Self:
        if not self.versions:
            raise ValueError("a plan needs a version")
        for place, version in enumerate(self.versions):
            for other in self.versions[place + 1 :]:
                if _overlap(version, other):
                    raise ValueError(
                        f"the versions from {version.effective_from} and from {other.effective_from} overlap"
                    )
        return self

    @property
    def by_registers(self) -> bool:
        """Whether the latest version prices registers apart."""
        return max(self.versions, key=lambda version: version.effective_from).energy.tou is not None

    def version(self, day: date) -> Version | None:
        """The version in force on a day, if any."""
        return next((version for version in self.versions if version.covers(day)), None)


def _overlap(one: Version, other: Version) -> bool:
    starts_before_end = other.effective_to is None or one.effective_from < other.effective_to
    ends_after_start = one.effective_to is None or other.effective_from < one.effective_to
    return starts_before_end and ends_after_start and bool(set(one.months) & set(other.months))


class Choice(Strict):
    """Which plan a new customer of the book gets.

    Attributes:
        voltages: Known voltage levels, low to high.
        small: Plan pattern below `registers_from_kva`.
        registers: Plan pattern from there on.
        two_part: Plan pattern from `two_part_from_kva` on.
        registers_from_kva: Capacity from which time-of-use prices are the rule [kVA].
        two_part_from_kva: Capacity from which the two-part price is the rule [kVA].
    """

    voltages: tuple[str, ...] = Field(min_length=1)
    small: str
    registers: str
    two_part: str
    registers_from_kva: Quantity
    two_part_from_kva: Quantity


class Book(Strict):
    """A tariff book.

    Attributes:
        id: Dotted id, such as `cn.henan.residential`.
        title: Printed title.
        default_plan: Plan of a customer about whom nothing else is known.
        plans: Plans by id.
        choice: How capacity and voltage choose a plan, where they do.
    """

    id: str = Field(pattern=r"^[a-z0-9_.]+$")
    title: str
    default_plan: str
    plans: dict[str, Plan] = Field(min_length=1)
    choice: Choice | None = None

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default_plan not in self.plans:
            raise ValueError(f"default_plan {self.default_plan!r} is not among the plans")
        return self

    def versions(self) -> Iterator[tuple[str, Version]]:
        """Every plan id with each of its versions."""
        for plan_id, plan in self.plans.items():
            for version in plan.versions:
                yield plan_id, version


def inline_book(charges: Charges, *, book_id: str = "inline") -> Book:
    """A book with one plan that always holds, for a case that brings its own prices."""
    basis = Basis(source="inline", verified=True)
    parts = {name: getattr(charges, name) for name in Charges.model_fields}
    version = Version(**parts, effective_from=date(1970, 1, 1), basis=basis)
    plan = Plan(title=SINGLE_PLAN, versions=(version,))
    return Book(id=book_id, title=book_id, default_plan=SINGLE_PLAN, plans={SINGLE_PLAN: plan})
