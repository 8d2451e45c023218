"""How fast could the same bills be written at all?

The cheapest NumPy program that reads the same columns and writes the same bytes: it knows that there are seven plans and
one period, joins nothing, checks nothing, explains nothing, takes prices as constants and leaves out every branch that
the population does not need. Reader, encoder, file sizes and overlap are those of the rating. What is between the two is
the price of general rules.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from zaikong.application.bench.parts import Steps, work_through
from zaikong.application.bench.population import KINDS
from zaikong.domain.billing.lines import LINE_COLUMNS, UNITS
from zaikong.domain.billing.prices import PRICE_COLUMNS
from zaikong.domain.billing.rating import BILL_COLUMNS
from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.money import PRICE_SCALE

Ints = npt.NDArray[np.int64]
Constants = Mapping[str, Mapping[str, int]]
"""Plan to its prices."""

_PLANS = tuple(kind.plan for kind in KINDS)
_HOME, _SHOP = (sum(kind.group == group for kind in KINDS) for group in ("home", "shop"))
_KVA_PLAN, _DEMAND_PLAN, _CONTRACT_PLAN = range(_HOME + _SHOP, len(KINDS))
_REGISTER_KWH = tuple(f"{register}_centi_kwh" for register in REGISTERS)
_SAME = ("month", "from_day", "to_day")
_STANDARD = 90
_MONTH_KVA = 30 * PRICE_SCALE


def constants(prices: nw.LazyFrame, *, day: int) -> Constants:
    """The prices of the seven plans on a day, as plain numbers."""
    frame: Any = prices.to_native()
    rows = frame.filter(
        pl.col("book").is_in([kind.book for kind in KINDS]),
        pl.col("plan").is_in(_PLANS),
        pl.col("effective_from_day") <= day,
        pl.col("effective_to_day") > day,
    ).collect()
    wanted = {(kind.book, kind.plan) for kind in KINDS}
    return {row["plan"]: row for row in rows.iter_rows(named=True) if (row["book"], row["plan"]) in wanted}


def work_floor(files: Sequence[Path], out: Path, *, prices: Constants) -> Steps:
    """Write the bills and lines of the population.

    Args:
        files: Settlements that `population` drew.
        out: Folder for `bills` and `lines`.
        prices: As `constants` gives them.

    Returns:
        Seconds of the steps: read, compute, write.
    """
    return work_through(files, out, partial(_tables, prices=prices))


def _tables(rows: pl.DataFrame, steps: Steps, *, prices: Constants) -> Mapping[str, pl.DataFrame]:
    with steps.step("compute"):
        read = _Read(rows, prices)
        homes, shops = read.code < _HOME, (read.code >= _HOME) & (read.code < _HOME + _SHOP)
        poor = read.column("free_centi_kwh") > 0
        groups = [
            _Home(read, homes & ~poor),
            _Shop(read, shops),
            _Home(read, homes & poor),
            _Plant(read, ~(homes | shops)),
        ]
        return {"bills": _bills(rows, groups), "lines": _lines(groups)}


class _Read:
    """The columns of a file."""

    def __init__(self, rows: pl.DataFrame, prices: Constants) -> None:
        self.rows = rows
        self.prices = [prices[plan] for plan in _PLANS]
        self.items = [name for name in self.prices[0] if name not in PRICE_COLUMNS]
        self.code = rows["plan"].cast(pl.Enum(_PLANS)).to_physical().to_numpy()
        self.same = {name: int(rows[name][0]) for name in _SAME}

    def column(self, name: str) -> Ints:
        return self.rows[name].to_numpy()


def _rounded(product: Ints, unit: int = PRICE_SCALE) -> Ints:
    return (product + unit // 2) // unit


@dataclass(frozen=True, slots=True)
class _Line:
    """One kind of line: its rows in the group, and what differs from row to row."""

    line: int
    item: str
    unit: str
    quantity: Ints
    price: Ints | int
    amount: Ints
    kept: Ints


class _Group:
    """Settlements that are computed alike."""

    def __init__(self, read: _Read, chosen: npt.NDArray[np.bool_]) -> None:
        self.read = read
        self.place = np.flatnonzero(chosen)
        self.code = read.code[self.place]
        self.same = read.same
        self.price_id = self.price("price_id")
        self.bill: dict[str, Ints] = {"account": self.column("account")}
        self.lines: list[_Line] = []

    def column(self, name: str) -> Ints:
        return self.read.column(name)[self.place]

    def price(self, name: str) -> Ints:
        """A price that differs by plan."""
        return np.array([price[name] for price in self.read.prices])[self.code]

    def add(self, line: int, item: str, quantity: Ints, price: Ints | int, amount: Ints, *, unit: str = "kwh") -> None:
        self.lines.append(_Line(line, item, unit, quantity, price, amount, np.flatnonzero(amount)))

    def add_registers(self) -> Ints:
        energy = np.zeros(len(self.place), np.int64)
        for line, (name, register) in enumerate(zip(_REGISTER_KWH, REGISTERS, strict=True), 4):
            use, price = self.column(name), self.price(f"{register}_price_e8")
            amount = _rounded(use * price)
            self.bill[name] = use
            self.add(line, f"ENERGY_{register.upper()}", use, price, amount)
            energy += amount
        self.bill["centi_kwh"] = sum((self.bill[name] for name in _REGISTER_KWH[1:]), self.bill[_REGISTER_KWH[0]])
        return energy

    def add_items(self) -> None:
        self.bill |= {"fund_fen": np.zeros_like(self.place), "surcharge_fen": np.zeros_like(self.place)}
        for line, item in enumerate(self.read.items, 20):
            price = self.read.prices[_HOME][item]
            amount = _rounded(self.bill["centi_kwh"] * price)
            self.add(line, item, self.bill["centi_kwh"], price, amount)
            self.bill["fund_fen" if item.startswith("FUND_") else "surcharge_fen"] += amount


class _Home(_Group):
    """Steps of a month or a year."""

    def __init__(self, read: _Read, chosen: npt.NDArray[np.bool_]) -> None:
        super().__init__(read, chosen)
        use, yearly = self.column("flat_centi_kwh"), self.code == 1
        months = np.where(yearly, self.column("months_in_use"), 1)
        before = np.where(yearly, self.column("year_to_date_centi_kwh"), 0)
        extra = self.column("household_extra_centi_kwh")
        above = [
            np.maximum(before + use - quota, 0) - np.maximum(before - quota, 0)
            for quota in ((self.read.prices[0][f"q{place}_centi_kwh"] + extra) * months for place in (1, 2))
        ]
        steps = [use - above[0], above[0] - above[1], above[1]]
        prices = [self.read.prices[0][f"p{place}_price_e8"] for place in (1, 2, 3)]
        amounts = [_rounded(step * price) for step, price in zip(steps, prices, strict=True)]
        for line, (step, price, amount) in enumerate(zip(steps, prices, amounts, strict=True), 1):
            self.add(line, f"ENERGY_STEP_{line}", step, price, amount)
        nothing = np.flatnonzero((amounts[0] != 0) | (amounts[1] + amounts[2] == 0))
        self.lines[0] = _Line(1, "ENERGY_STEP_1", "kwh", steps[0], prices[0], amounts[0], nothing)
        free = np.minimum(self.column("free_centi_kwh"), use)
        given = _rounded(free * prices[0])
        self.add(8, "FREE_ALLOWANCE", -free, prices[0], -given)
        energy = amounts[0] + amounts[1] + amounts[2] - given
        self.bill |= {"flat_centi_kwh": use, "centi_kwh": use, "energy_fen": energy, "total_fen": energy}


class _Shop(_Group):
    """Four registers with surcharges and funds."""

    def __init__(self, read: _Read, chosen: npt.NDArray[np.bool_]) -> None:
        super().__init__(read, chosen)
        energy = self.add_registers()
        self.add_items()
        self.bill |= {"energy_fen": energy, "total_fen": energy + self.bill["fund_fen"] + self.bill["surcharge_fen"]}


class _Plant(_Group):
    """Four registers, capacity and power factor."""

    def __init__(self, read: _Read, chosen: npt.NDArray[np.bool_]) -> None:
        super().__init__(read, chosen)
        energy = self.add_registers()
        capacity = self._add_capacity()
        self.add_items()
        base = energy + capacity + self.bill["surcharge_fen"]
        factor, rate = self._power_factor()
        adjusted = np.sign(rate) * _rounded(base * np.abs(rate), 10_000)
        self.add(19, "POWER_FACTOR", rate, base * 1_000_000, adjusted, unit="percent")
        self.bill |= {
            "energy_fen": energy,
            "capacity_fen": capacity,
            "power_factor": factor,
            "power_factor_rate_bp": rate,
            "power_factor_fen": adjusted,
            "total_fen": base + adjusted + self.bill["fund_fen"],
        }

    def _add_capacity(self) -> Ints:
        days, demand = self.column("centi_kva_days"), self.column("centi_demand_kw")
        agreed = self.column("centi_contract_demand_kw")
        limit = self.price("load_factor_centi_kwh")
        reduced = (limit > 0) & (self.bill["centi_kwh"] * 3000 >= limit * days)
        price = np.where(reduced, self.price("load_factor_price_e8"), self.price("capacity_price_e8"))
        by_kva, by_contract = self.code == _KVA_PLAN, self.code == _CONTRACT_PLAN
        charged = np.where(by_kva, 0, np.where(by_contract, agreed, demand))
        beyond = np.where(by_contract, np.maximum(demand * 100 - agreed * 105, 0) // 100, 0)
        amounts = [
            _rounded(np.where(by_kva, days, 0) * price, _MONTH_KVA),
            _rounded(charged * price),
            _rounded(2 * beyond * price),
        ]
        self.add(10, "CAPACITY_KVA", days, price, amounts[0], unit="kva_day")
        self.add(11, "DEMAND", charged, price, amounts[1], unit="kw")
        self.add(12, "DEMAND_EXCESS", beyond, 2 * price, amounts[2], unit="kw")
        return amounts[0] + amounts[1] + amounts[2]

    def _power_factor(self) -> tuple[Ints, Ints]:
        active, reactive = self.bill["centi_kwh"], self.column("centi_kvarh")
        self.bill["centi_kvarh"] = reactive
        factor = np.floor(100 * active / np.hypot(active, reactive) + 0.5).astype(np.int64)
        short = _STANDARD - factor
        penalty = 50 * short + 50 * np.maximum(short - 20, 0) + 100 * np.maximum(short - 25, 0)
        return factor, np.where(short > 0, penalty, -15 * np.minimum(-short, 5))


def _bills(rows: pl.DataFrame, groups: Sequence[_Group]) -> pl.DataFrame:
    order = np.concatenate([group.place for group in groups])
    table: dict[str, Any] = {}
    for name in BILL_COLUMNS:
        if name in {"book", "plan"}:
            table[name] = rows[name].gather(order)
        elif name == "verified":
            table[name] = pl.Series(np.zeros(len(order), np.bool_))
        else:
            table[name] = _series(_joined(groups, name, len(order)))
    return pl.DataFrame(table)


def _joined(groups: Sequence[_Group], name: str, count: int) -> Ints:
    if name in _SAME:
        return np.full(count, groups[0].same[name])
    whole = np.zeros(count, np.int64)
    for group, end in zip(groups, accumulate(len(group.place) for group in groups), strict=True):
        if name in group.bill:
            whole[end - len(group.place) : end] = group.bill[name]
    return whole


def _series(values: Ints) -> pl.Series:
    series = pl.from_arrow(pa.array(values))  # without a copy
    assert isinstance(series, pl.Series)
    return series


def _in_order(groups: Sequence[_Group]) -> list[tuple[_Group, _Line]]:
    """Lines as the rating lays them out."""
    homes, shops, poor, plants = groups
    placed = [(group, line) for group in groups for line in group.lines]
    of: Callable[[_Group, range], list[tuple[_Group, _Line]]] = lambda group, numbers: [  # noqa: E731 -- read once below
        (owner, line) for owner, line in placed if owner is group and line.line in numbers
    ]
    whole, steps, registers, free, capacity = range(100), range(1, 4), range(4, 8), range(8, 9), range(10, 13)
    return [
        *of(homes, steps),
        *of(shops, whole),
        *of(poor, steps),
        *of(plants, registers),
        *of(poor, free),
        *of(plants, capacity),
        *of(plants, range(20, 100)),
        *of(plants, range(19, 20)),
    ]


def _lines(groups: Sequence[_Group]) -> pl.DataFrame:
    pieces = _in_order(groups)
    ends = list(accumulate(len(line.kept) for _, line in pieces))
    spans = [slice(end - len(line.kept), end) for (_, line), end in zip(pieces, ends, strict=True)]
    count, same = ends[-1], groups[0].same
    columns: dict[str, Ints] = {name: np.empty(count, np.int64) for name in _VARYING}
    codes = {name: np.empty(count, np.uint8) for name in ("item", "unit")}
    items = [*dict.fromkeys(line.item for _, line in pieces), "DEMAND_CONTRACT"]
    for (group, line), span in zip(pieces, spans, strict=True):
        columns["account"][span] = group.bill["account"][line.kept]
        columns["line"][span] = line.line
        columns["quantity"][span] = line.quantity[line.kept]
        columns["price_e8"][span] = line.price if isinstance(line.price, int) else line.price[line.kept]
        columns["amount_fen"][span] = line.amount[line.kept]
        columns["price_id"][span] = group.price_id[line.kept]
        codes["item"][span] = items.index(line.item)
        codes["unit"][span] = UNITS.index(line.unit)
        if line.item == "DEMAND":
            codes["item"][span] = np.where(group.code[line.kept] == _CONTRACT_PLAN, len(items) - 1, items.index("DEMAND"))
    days = {"segment_from_day": same["from_day"], "segment_to_day": same["to_day"]}
    constant = {name: np.full(count, value) for name, value in (same | days).items()}
    table: dict[str, Any] = {name: _series(values) for name, values in (columns | constant).items()}
    words = {"item": pl.Enum(items), "unit": pl.Enum(UNITS)}
    table |= {name: pl.Series(values).cat.to(words[name]) for name, values in codes.items()}
    return pl.DataFrame(table).select(LINE_COLUMNS)


_VARYING = ("account", "line", "quantity", "price_e8", "amount_fen", "price_id")
