"""How fast could the same bills be written at all?

The cheapest NumPy program that reads the same columns and writes the same bytes: it knows that there are seven plans and
one period, joins nothing, checks nothing, explains nothing, takes prices as constants and leaves out every branch that
the population does not need. Reader, encoder, file sizes and overlap are those of the rating. What is between the two is
the price of general rules.
"""

from collections.abc import Mapping, Sequence
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
from zaikong.domain.billing.prices import CAPACITY_BASES, PRICE_COLUMNS
from zaikong.domain.billing.rating import BILL_COLUMNS
from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.money import PRICE_SCALE

Ints = npt.NDArray[np.int64]
Constants = Mapping[str, Mapping[str, int]]
"""Plan to its prices."""

_PLANS = tuple(kind.plan for kind in KINDS)
_REGISTER_KWH = tuple(f"{register}_centi_kwh" for register in REGISTERS)
_DAYS = {"from_day": "from_day", "to_day": "to_day", "segment_from_day": "from_day", "segment_to_day": "to_day"}
_STANDARD = 90
_MONTH_KVA = 30 * PRICE_SCALE


def constants(prices: nw.LazyFrame, *, day: int) -> Constants:
    """The prices of the seven plans on a day, as plain numbers."""
    frame: Any = prices.to_native()
    rows = frame.filter(pl.col("effective_from_day") <= day, pl.col("effective_to_day") > day).collect()
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
        code = rows["plan"].cast(pl.Enum(_PLANS)).to_physical().to_numpy()
        free = rows["free_centi_kwh"].to_numpy() > 0
        groups: list[_Group] = []
        for place, kind in enumerate(KINDS):
            chosen = code == place
            if kind.group == "home":
                groups += [
                    _Home(rows, chosen & ~free, prices[kind.plan]),
                    _Home(rows, chosen & free, prices[kind.plan]),
                ]
            else:
                group = _Shop if kind.group == "shop" else _Plant
                groups.append(group(rows, chosen, prices[kind.plan]))
        return {"bills": _bills(rows, groups), "lines": _lines(rows, groups)}


def _rounded(product: Ints, unit: int = PRICE_SCALE) -> Ints:
    return (product + unit // 2) // unit


@dataclass(frozen=True, slots=True)
class _Line:
    """One kind of line of a group, and the rows that have it."""

    group: "_Group"
    line: int
    item: str
    unit: str
    quantity: Ints
    price: Ints | int
    amount: Ints
    kept: Ints


class _Group:
    """Settlements of one plan."""

    def __init__(self, rows: pl.DataFrame, chosen: npt.NDArray[np.bool_], price: Mapping[str, int]) -> None:
        self.rows, self.place, self.price = rows, np.flatnonzero(chosen), price
        self.bill: dict[str, Ints] = {"account": self.column("account")}
        self.lines: list[_Line] = []
        self.settle()

    def settle(self) -> None:
        """Fill `bill` and `lines`."""
        raise NotImplementedError

    def column(self, name: str) -> Ints:
        return self.rows[name].to_numpy()[self.place]

    def add(
        self,
        line: int,
        item: str,
        quantity: Ints,
        price: Ints | int,
        amount: Ints,
        *,
        unit: str = "kwh",
        also: Any = None,
    ) -> None:
        kept = np.flatnonzero(amount if also is None else (amount != 0) | also)
        self.lines.append(_Line(self, line, item, unit, quantity, price, amount, kept))

    def add_registers(self) -> Ints:
        energy = np.zeros(len(self.place), np.int64)
        for line, (name, register) in enumerate(zip(_REGISTER_KWH, REGISTERS, strict=True), 4):
            use, price = self.column(name), self.price[f"{register}_price_e8"]
            amount = _rounded(use * price)
            self.bill[name] = use
            self.add(line, f"ENERGY_{register.upper()}", use, price, amount)
            energy += amount
        self.bill["centi_kwh"] = sum((self.bill[name] for name in _REGISTER_KWH[1:]), self.bill[_REGISTER_KWH[0]])
        return energy

    def add_items(self) -> Ints:
        use, sums = self.bill["centi_kwh"], {"FUND": np.zeros_like(self.place), "SURCHARGE": np.zeros_like(self.place)}
        for line, item in enumerate((name for name in self.price if name not in PRICE_COLUMNS), 20):
            amount = _rounded(use * self.price[item])
            self.add(line, item, use, self.price[item], amount)
            sums[item.split("_")[0]] += amount
        self.bill |= {"fund_fen": sums["FUND"], "surcharge_fen": sums["SURCHARGE"]}
        return sums["FUND"] + sums["SURCHARGE"]


class _Home(_Group):
    """Steps of a month or a year."""

    def settle(self) -> None:
        use, extra = self.column("flat_centi_kwh"), self.column("household_extra_centi_kwh")
        months: Ints | int = self.column("months_in_use") if self.price["yearly"] else 1
        before: Ints | int = self.column("year_to_date_centi_kwh") if self.price["yearly"] else 0
        above = [
            np.maximum(before + use - quota, 0) - np.maximum(before - quota, 0)
            for quota in ((self.price[f"q{place}_centi_kwh"] + extra) * months for place in (1, 2))
        ]
        steps = [use - above[0], above[0] - above[1], above[1]]
        prices = [self.price[f"p{place}_price_e8"] for place in (1, 2, 3)]
        amounts = [_rounded(step * price) for step, price in zip(steps, prices, strict=True)]
        nothing = amounts[0] + amounts[1] + amounts[2] == 0
        for line, (step, price, amount) in enumerate(zip(steps, prices, amounts, strict=True), 1):
            self.add(line, f"ENERGY_STEP_{line}", step, price, amount, also=nothing if line == 1 else None)
        free = np.minimum(self.column("free_centi_kwh"), use)
        given = _rounded(free * prices[0])
        self.add(8, "FREE_ALLOWANCE", -free, prices[0], -given)
        energy = amounts[0] + amounts[1] + amounts[2] - given
        self.bill |= {"flat_centi_kwh": use, "centi_kwh": use, "energy_fen": energy, "total_fen": energy}


class _Shop(_Group):
    """Four registers with surcharges and funds."""

    def settle(self) -> None:
        energy = self.add_registers()
        self.bill |= {"energy_fen": energy, "total_fen": energy + self.add_items()}


class _Plant(_Group):
    """Four registers, capacity and power factor."""

    def settle(self) -> None:
        energy, capacity = self.add_registers(), self._add_capacity()
        items = self.add_items()
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
            "total_fen": energy + capacity + adjusted + items,
        }

    def _add_capacity(self) -> Ints:
        days, demand = self.column("centi_kva_days"), self.column("centi_demand_kw")
        limit, basis = self.price["load_factor_centi_kwh"], CAPACITY_BASES[self.price["capacity_basis"]]
        full: Ints | int = self.price["capacity_price_e8"]
        price = np.where(
            (limit > 0) & (self.bill["centi_kwh"] * 3000 >= limit * days), self.price["load_factor_price_e8"], full
        )
        if basis == "kva":
            charge = _rounded(days * price, _MONTH_KVA)
            self.add(10, "CAPACITY_KVA", days, price, charge, unit="kva_day")
            return charge
        if basis == "demand":
            charge = _rounded(demand * price)
            self.add(11, "DEMAND", demand, price, charge, unit="kw")
            return charge
        agreed = self.column("centi_contract_demand_kw")
        beyond = np.maximum(demand * 100 - agreed * 105, 0) // 100
        charge, doubled = _rounded(agreed * price), _rounded(2 * beyond * price)
        self.add(11, "DEMAND_CONTRACT", agreed, price, charge, unit="kw")
        self.add(12, "DEMAND_EXCESS", beyond, 2 * price, doubled, unit="kw")
        return charge + doubled

    def _power_factor(self) -> tuple[Ints, Ints]:
        active, reactive = self.bill["centi_kwh"], self.column("centi_kvarh")
        self.bill["centi_kvarh"] = reactive
        factor = np.floor(100 * active / np.hypot(active, reactive) + 0.5).astype(np.int64)
        short = _STANDARD - factor
        penalty = 50 * short + 50 * np.maximum(short - 20, 0) + 100 * np.maximum(short - 25, 0)
        return factor, np.where(short > 0, penalty, -15 * np.minimum(-short, 5))


def _series(values: Ints) -> pl.Series:
    series = pl.from_arrow(pa.array(values))  # without a copy
    assert isinstance(series, pl.Series)
    return series


def _bills(rows: pl.DataFrame, groups: Sequence[_Group]) -> pl.DataFrame:
    ends = list(accumulate(len(group.place) for group in groups))
    order = np.concatenate([group.place for group in groups])
    table: dict[str, Any] = {}
    for name in BILL_COLUMNS:
        if name in {"book", "plan"}:
            table[name] = rows[name].gather(order)
            continue
        whole = np.full(ends[-1], rows[name][0]) if name in {"month", *_DAYS} else np.zeros(ends[-1], np.int64)
        for group, end in zip(groups, ends, strict=True):
            if name in group.bill:
                whole[end - len(group.place) : end] = group.bill[name]
        table[name] = _series(whole)
    return pl.DataFrame(table).with_columns(verified=pl.lit(value=False))


def _lines(rows: pl.DataFrame, groups: Sequence[_Group]) -> pl.DataFrame:
    lines = sorted((line for group in groups for line in group.lines), key=lambda line: line.line)
    ends = list(accumulate(len(line.kept) for line in lines))
    items = list(dict.fromkeys(line.item for line in lines))
    varying = ("account", "line", "quantity", "price_e8", "amount_fen", "price_id")
    columns: dict[str, Ints] = {name: np.empty(ends[-1], np.int64) for name in varying}
    codes = {name: np.empty(ends[-1], np.uint8) for name in ("item", "unit")}
    for line, end in zip(lines, ends, strict=True):
        span = slice(end - len(line.kept), end)
        columns["account"][span] = line.group.bill["account"][line.kept]
        columns["line"][span] = line.line
        columns["quantity"][span] = line.quantity[line.kept]
        columns["price_e8"][span] = line.price if isinstance(line.price, int) else line.price[line.kept]
        columns["amount_fen"][span] = line.amount[line.kept]
        columns["price_id"][span] = line.group.price["price_id"]
        codes["item"][span] = items.index(line.item)
        codes["unit"][span] = UNITS.index(line.unit)
    same = {name: np.full(ends[-1], rows[of][0]) for name, of in {"month": "month", **_DAYS}.items()}
    words = {"item": pl.Enum(items), "unit": pl.Enum(UNITS)}
    table = {name: _series(values) for name, values in (columns | same).items()}
    table |= {name: pl.Series(values).cat.to(words[name]) for name, values in codes.items()}
    return pl.DataFrame(table).select(LINE_COLUMNS)
