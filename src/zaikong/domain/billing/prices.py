"""What does every version of every plan charge, as one wide row of integers?

A price row is what the rating rules join. Its `price_id` is drawn from book, plan and first day, so a bill line keeps
pointing at the same row when books grow.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import blake2b

import narwhals as nw

from zaikong.domain.billing.tariff import ALL_MONTHS, Book, Charges, Tiers, Version
from zaikong.kernel.energy import REGISTERS, centi_of_kwh
from zaikong.kernel.money import LARGEST_ROUNDED, PRICE_SCALE, scaled
from zaikong.kernel.period import Month, day_number

OPEN_DAY = 40000
"""Stands for a version without end: the last day number the column dictionary allows."""

LAST_SEASON = 2060
"""Seasonal versions are laid out up to this year."""

NO_EDGE = 1_000_000_000_000
"""Upper edge of the last step [0.01 kWh]."""

CAPACITY_BASES = ("none", "kva", "demand", "contract_demand")
"""`capacity_basis` is the place in this tuple."""

MONTHS_OF_YEAR = 12
_HUNDREDTH = Decimal("0.01")
LARGEST_ENERGY = 10_000_000_000
"""Largest use of one settlement [0.01 kWh]."""

LARGEST_CAPACITY = 1_000_000_000
"""Largest capacity times days, or demand, of one settlement [0.01 kVA day, 0.01 kW]."""

PRICE_COLUMNS = (
    "price_id",
    "book",
    "plan",
    "effective_from_day",
    "effective_to_day",
    "verified",
    "structure",
    "yearly",
    "energy_kind",
    "q1_centi_kwh",
    "q2_centi_kwh",
    "q1_rest_centi_kwh",
    "q2_rest_centi_kwh",
    "p1_price_e8",
    "p2_price_e8",
    "p3_price_e8",
    "sharp_price_e8",
    "peak_price_e8",
    "flat_price_e8",
    "valley_price_e8",
    "free_price_e8",
    "capacity_basis",
    "capacity_price_e8",
    "load_factor_centi_kwh",
    "load_factor_price_e8",
    "energy_limit_centi_kwh",
    "capacity_limit",
)
"""Columns of a price row beside one `FUND_…` or `SURCHARGE_…` column for each item [1e-8 yuan/kWh]."""

STEPS, BY_REGISTER, ITEMS, CAPACITY = 1, 2, 4, 8
"""Bits of `structure`: what a price row charges."""

SINGLE, STEPPED, RISING = 1, 2, 3
"""`energy_kind`: one price, steps, or register prices with rises."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One version of one plan, or one season of one year of it.

    Attributes:
        price_id: Stable number.
        book: Book id.
        plan: Plan id.
        start: First day in force.
        end: First day no longer in force, None while it lasts.
        version: The version it comes from.
    """

    price_id: int
    book: str
    plan: str
    start: date
    end: date | None
    version: Version


def price_rows(books: Iterable[Book]) -> list[PriceRow]:
    """Every price row of some books, in order of book, plan and day.

    Raises:
        ValueError: Two rows would share a `price_id`.
    """
    rows = [
        PriceRow(_price_id(book.id, plan, start), book.id, plan, start, end, version)
        for book in books
        for plan, version in book.versions()
        for start, end in _spans(version)
    ]
    if len({row.price_id for row in rows}) != len(rows):
        raise ValueError("two price rows share a price_id")
    return sorted(rows, key=lambda row: (row.book, row.plan, row.start))


def price_columns(rows: Iterable[PriceRow]) -> dict[str, list[int | str | bool]]:
    """Price rows as columns, for whichever engine makes a frame of them."""
    rows = list(rows)
    items = sorted({item.item for row in rows for item in row.version.items})
    wide = [_wide(row, items) for row in rows]
    return {name: [row[name] for row in wide] for name in (*PRICE_COLUMNS, *items)}


def prices_frame(books: Iterable[Book]) -> nw.LazyFrame:
    """Every price of some books.

    Args:
        books: Such as `all_books().values()`.

    Returns:
        One row per plan version with `PRICE_COLUMNS` and the item columns, on Polars; for another engine make a frame
        of `price_columns` there.
    """
    columns = price_columns(price_rows(books))
    types: dict[str, nw.dtypes.DType] = {"book": nw.String(), "plan": nw.String(), "verified": nw.Boolean()}
    schema = nw.Schema({name: types.get(name, nw.Int64()) for name in columns})
    return nw.from_dict(columns, schema, backend="polars").lazy()


def item_names(books: Iterable[Book]) -> dict[str, str]:
    """Item code to the name a bill prints, for the funds and surcharges of some books."""
    return {item.item: item.name for book in books for _, version in book.versions() for item in version.items}


def _price_id(book: str, plan: str, start: date) -> int:
    return int.from_bytes(blake2b(f"{book}|{plan}|{start}".encode(), digest_size=6).digest(), "big")


def _spans(version: Version) -> Iterator[tuple[date, date | None]]:
    if version.months == ALL_MONTHS:
        yield version.effective_from, version.effective_to
        return
    month, last = Month.of(version.effective_from), version.effective_to or date(LAST_SEASON, 1, 1)
    start = None
    while month.start < last:
        inside = month.month in version.months
        if inside and start is None:
            start = max(month.start, version.effective_from)
        if not inside and start is not None:
            yield start, month.start
            start = None
        month = month.shifted(1)
    if start is not None:
        yield start, last


def _e8(price: Decimal) -> int:
    return scaled(price, PRICE_SCALE)


def _wide(row: PriceRow, items: list[str]) -> dict[str, int | str | bool]:
    charges = row.version
    prices = {**_step_prices(charges), **_register_prices(charges)}
    added = {item.item: _e8(item.price) for item in charges.items}
    priced: dict[str, int] = {**prices, **_capacity_prices(charges), **{item: added.get(item, 0) for item in items}}
    return {
        "price_id": row.price_id,
        "book": row.book,
        "plan": row.plan,
        "effective_from_day": day_number(row.start),
        "effective_to_day": OPEN_DAY if row.end is None else day_number(row.end),
        "verified": charges.basis.verified,
        "structure": _structure(charges, prices),
        "energy_limit_centi_kwh": _limit(LARGEST_ENERGY, [*prices.values(), *added.values()]),
        "capacity_limit": _limit(LARGEST_CAPACITY, [2 * priced["capacity_price_e8"]]),
        **_quotas(charges),
        **priced,
        "free_price_e8": prices["p1_price_e8"] or prices["flat_price_e8"],
    }


def _structure(charges: Charges, prices: dict[str, int]) -> int:
    steps = STEPS if any(prices[f"p{step}_price_e8"] for step in (1, 2, 3)) or charges.energy.tou is None else 0
    registers = BY_REGISTER if charges.energy.tou is not None else 0
    items = ITEMS if charges.items else 0
    return steps | registers | items | (CAPACITY if charges.capacity is not None else 0)


def _limit(largest: int, prices: list[int]) -> int:
    """The largest quantity whose product with the dearest price can still be rounded exactly."""
    dearest = max(map(abs, prices), default=0)
    return min(largest, divmod(LARGEST_ROUNDED - 30 * PRICE_SCALE, max(dearest, 1))[0])


def _tiers(charges: Charges) -> Tiers | None:
    return charges.energy.tiers or charges.energy.rises


def _step_prices(charges: Charges) -> dict[str, int]:
    tiers = _tiers(charges)
    if tiers is None:
        prices = [_e8(charges.energy.flat or Decimal(0))] * 3
    else:
        prices = [_e8(step.price) for step in tiers.steps]
        prices += prices[-1:] * (3 - len(prices))
    return {f"p{place}_price_e8": price for place, price in enumerate(prices, 1)}


def _quotas(charges: Charges) -> dict[str, int]:
    """Step edges of a month; a year's edge that no month divides leaves a rest below 12."""
    tiers = _tiers(charges)
    edges = [centi_of_kwh(step.up_to_kwh) for step in tiers.steps if step.up_to_kwh is not None] if tiers else []
    yearly = tiers is not None and tiers.period == "year"
    quotas = {"yearly": int(yearly), "energy_kind": _energy_kind(charges)}
    for place in (1, 2):
        edge = edges[place - 1] if place <= len(edges) else NO_EDGE * MONTHS_OF_YEAR
        month, rest = divmod(edge, MONTHS_OF_YEAR) if yearly else (edge, 0)
        quotas |= {f"q{place}_centi_kwh": month, f"q{place}_rest_centi_kwh": rest}
    return quotas


def _energy_kind(charges: Charges) -> int:
    if charges.energy.tou is not None:
        return RISING
    return SINGLE if charges.energy.tiers is None else STEPPED


def _register_prices(charges: Charges) -> dict[str, int]:
    tou = charges.energy.tou
    return {f"{register}_price_e8": _e8(getattr(tou, register)) if tou else 0 for register in REGISTERS}


def _capacity_prices(charges: Charges) -> dict[str, int]:
    capacity = charges.capacity
    if capacity is None:
        return {"capacity_basis": 0, "capacity_price_e8": 0, "load_factor_centi_kwh": 0, "load_factor_price_e8": 0}
    threshold = capacity.load_factor_kwh_per_kva
    return {
        "capacity_basis": CAPACITY_BASES.index(capacity.basis),
        "capacity_price_e8": _e8(capacity.price),
        "load_factor_centi_kwh": 0 if threshold is None else centi_of_kwh(threshold),
        "load_factor_price_e8": _e8(capacity.price * capacity.load_factor_percent * _HUNDREDTH),
    }
