"""A bill by the book, on fractions and one settlement at a time: slow, and nothing in common with the rules.

Days are walked one by one, steps are walked kWh range by kWh range, the power factor is found by squares, and every
rounding is one function. It gives lines as (first day, item, quantity, unit, amount).
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Any

from zaikong.domain.billing.tariff import Book, Tiers, Version

EPOCH = date(1970, 1, 1)
REGISTERS = ("sharp", "peak", "flat", "valley")
Line = tuple[int, str, int, str, int]


def half_up(value: Fraction) -> int:
    """Half away from zero."""
    with localcontext(prec=80):
        return int((Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal(1), ROUND_HALF_UP))


def towards_zero(value: Fraction) -> int:
    return floor(value) if value >= 0 else -floor(-value)


def oracle_bill(book: Book, facts: Mapping[str, Any]) -> tuple[dict[str, int], list[Line]]:
    return _Oracle(book, facts).bill()


class _Oracle:
    def __init__(self, book: Book, facts: Mapping[str, Any]) -> None:
        self.facts = dict(facts)
        self.plan = book.plans[facts["plan"]]
        self.days = facts["to_day"] - facts["from_day"]
        self.lines: list[Line] = []
        self.parts = dict.fromkeys(("energy", "capacity", "fund", "surcharge"), 0)

    def bill(self) -> tuple[dict[str, int], list[Line]]:
        facts = self.facts
        loss = self._loss("iron_w", "copper_w")
        kvarh = facts["centi_kvarh"] + self._loss("iron_var", "copper_var")
        registers = {name: facts[f"{name}_centi_kwh"] for name in REGISTERS}
        registers["flat"] += loss
        total = sum(registers.values())
        for version, first, last in self._segments():
            self._segment(version, first, last, registers, total)
        factor, rate, adjusted = self._power_factor(total, kvarh)
        if adjusted:
            self.lines.append((facts["from_day"], "POWER_FACTOR", rate, "percent", adjusted))
        answer = {f"{part}_fen": amount for part, amount in self.parts.items()}
        answer |= {"power_factor_fen": adjusted, "total_fen": sum(self.parts.values()) + adjusted}
        answer |= {"power_factor": factor, "power_factor_rate_bp": rate, "centi_kwh": total, "loss_centi_kwh": loss}
        answer |= {"centi_kvarh": kvarh, **{f"{name}_centi_kwh": kwh for name, kwh in registers.items()}}
        return answer, sorted(self.lines)

    def _segments(self) -> list[tuple[Version, int, int]]:
        """Runs of days with one price, as offsets in the settlement."""
        runs: list[tuple[Version, int, int]] = []
        for offset in range(self.days):
            day = EPOCH + timedelta(days=self.facts["from_day"] + offset)
            version = self.plan.version(day)
            assert version is not None
            if runs and runs[-1][0] is version:
                runs[-1] = (version, runs[-1][1], offset + 1)
            else:
                runs.append((version, offset, offset + 1))
        return runs

    def _until(self, quantity: int, offset: int) -> int:
        return towards_zero(Fraction(quantity * offset, self.days))

    def _share(self, quantity: int, first: int, last: int) -> int:
        return self._until(quantity, last) - self._until(quantity, first)

    def _segment(self, version: Version, first: int, last: int, registers: Mapping[str, int], total: int) -> None:
        used = {name: self._share(kwh, first, last) for name, kwh in registers.items()}
        before = sum(self._until(kwh, first) for kwh in registers.values())
        here = self.facts["from_day"] + first
        kwh = sum(used.values())
        free = min(self._share(self.facts["free_centi_kwh"], first, last), max(kwh, 0))
        self._energy(version, here, used, before)
        if free:
            price = self._free_price(version)
            self._add(here, "energy", "FREE_ALLOWANCE", -free, "kwh", -half_up(Fraction(free) * price))
        for fund in version.funds:
            self._add(here, "fund", fund.item, kwh, "kwh", half_up(kwh * Fraction(fund.price)))
        for surcharge in version.surcharges:
            self._add(here, "surcharge", surcharge.item, kwh, "kwh", half_up(kwh * Fraction(surcharge.price)))
        self._capacity(version, here, first, last, total)

    def _add(self, here, part, item, quantity, unit, amount) -> None:
        self.parts[part] += amount
        if amount:
            self.lines.append((here, item, quantity, unit, amount))

    def _energy(self, version: Version, here: int, used: Mapping[str, int], before: int) -> None:
        energy, kwh, count = version.energy, sum(used.values()), len(self.lines)
        if energy.tou is not None:
            for name in REGISTERS:
                amount = half_up(used[name] * Fraction(getattr(energy.tou, name)))
                self._add(here, "energy", f"ENERGY_{name.upper()}", used[name], "kwh", amount)
            if len(self.lines) == count:
                self.lines.append((here, "ENERGY_FLAT", used["flat"], "kwh", 0))
            if energy.rises is not None:
                self._steps(energy.rises, here, kwh, before, "ENERGY_RISE")
            return
        if energy.tiers is not None:
            self._steps(energy.tiers, here, kwh, before, "ENERGY_STEP")
            if len(self.lines) == count:
                first = self._in_steps(energy.tiers, kwh, before)[0]
                self.lines.append((here, "ENERGY_STEP_1", first, "kwh", 0))
            return
        assert energy.flat is not None
        amount = half_up(kwh * Fraction(energy.flat))
        self._add(here, "energy", "ENERGY", kwh, "kwh", amount)
        if not amount:
            self.lines.append((here, "ENERGY", kwh, "kwh", 0))

    def _steps(self, tiers: Tiers, here: int, kwh: int, before: int, item: str) -> None:
        for place, quantity in enumerate(self._in_steps(tiers, kwh, before)):
            amount = half_up(quantity * Fraction(tiers.steps[place].price))
            self._add(here, "energy", f"{item}_{place + 1}", quantity, "kwh", amount)

    def _in_steps(self, tiers: Tiers, kwh: int, before: int) -> list[int]:
        months = self.facts["months_in_use"] if tiers.period == "year" else 1
        start = before + (self.facts["year_to_date_centi_kwh"] if tiers.period == "year" else 0)
        edges = []
        for step in tiers.steps[:-1]:
            assert step.up_to_kwh is not None
            edge = int(step.up_to_kwh * 100)
            quota = floor(Fraction(edge * months, 12)) if tiers.period == "year" else edge
            edges.append(quota + self.facts["household_extra_centi_kwh"] * months)
        sign, low, high = (1, start, start + kwh) if kwh >= 0 else (-1, start + kwh, start)
        bounds = [None, *edges, None]
        found = []
        for bottom, top in pairwise(bounds):
            lower = low if bottom is None else max(low, bottom)
            upper = high if top is None else min(high, top)
            found.append(sign * max(upper - lower, 0))
        return found

    def _free_price(self, version: Version) -> Fraction:
        energy = version.energy
        if energy.flat is not None:
            return Fraction(energy.flat)
        if energy.tiers is not None:
            return Fraction(energy.tiers.steps[0].price)
        assert energy.tou is not None
        first = Fraction(energy.rises.steps[0].price) if energy.rises else Fraction(0)
        return first or Fraction(energy.tou.flat)

    def _capacity(self, version: Version, here: int, first: int, last: int, total: int) -> None:
        capacity = version.capacity
        if capacity is None:
            return
        price, facts = Fraction(capacity.price), self.facts
        days = facts["centi_kva_days"]
        if capacity.load_factor_kwh_per_kva is not None and days > 0:
            kva = Fraction(days, 100 * 30)
            if Fraction(total, 100) / kva >= Fraction(capacity.load_factor_kwh_per_kva):
                price = price * capacity.load_factor_percent / 100
        demand, contract = facts["centi_demand_kw"], facts["centi_contract_demand_kw"]
        if capacity.basis == "kva":
            part = self._share(days, first, last)
            self._add(here, "capacity", "CAPACITY_KVA", part, "kva_day", half_up(part * price / 30))
        elif capacity.basis == "demand":
            part = self._share(demand, first, last)
            self._add(here, "capacity", "DEMAND", part, "kw", half_up(part * price))
        else:
            part = self._share(contract, first, last)
            self._add(here, "capacity", "DEMAND_CONTRACT", part, "kw", half_up(part * price))
            beyond = self._share(max(0, floor(demand - Fraction(contract * 105, 100))), first, last)
            self._add(here, "capacity", "DEMAND_EXCESS", beyond, "kw", half_up(beyond * price * 2))

    def _loss(self, no_load: str, load: str) -> int:
        facts = self.facts
        if not facts["loss_centi_kva"] or not facts["loss_hours"]:
            return 0
        active = sum(facts[f"{name}_centi_kwh"] for name in REGISTERS)
        rated = facts["loss_centi_kva"] ** 2 * facts["loss_hours"]
        load_hours = Fraction(active**2 + facts["centi_kvarh"] ** 2, rated)
        varying = Fraction(facts["loss_shape_milli"] * facts[load], 10**6) * load_hours
        return 100 * half_up(Fraction(facts[no_load] * facts["loss_hours"], 1000) + varying)

    def _power_factor(self, active: int, reactive: int) -> tuple[int, int, int]:
        standard = self.facts["power_factor_standard"]
        if not standard or active < 0 or active + reactive == 0:
            return 0, 0, 0
        factor = 0
        if active:
            square = Fraction(active**2, active**2 + reactive**2)
            factor = max(c for c in range(101) if c == 0 or square >= Fraction((2 * c - 1) ** 2, 40_000))
        rate = _rate(standard, factor)
        base = self.parts["energy"] + self.parts["capacity"] + self.parts["surcharge"]
        return factor, rate, half_up(base * Fraction(rate, 10_000))


def _rate(standard: int, factor: int) -> int:
    """The table, walked from the standard one hundredth at a time."""
    rate = 0
    for step in range(1, standard - factor + 1):
        rate += 50 if step <= 20 else 100 if step <= 25 else 200
    floor_rate = {90: -75, 85: -110, 80: -130}[standard]
    for hundredth in range(standard + 1, factor + 1):
        rate -= 10 if hundredth <= 90 else 15
    return max(rate, floor_rate) if factor >= standard else rate
