"""How did each line of a bill come to its amount, and which clause of which book made it?

A line is worked again from what it stores, quantity and price, by the rounding of the rating rules. A line whose amount
does not follow from them says so instead of pretending.

Basis: 电力供应与使用条例 article 27 (approved price and meter record); each price names its own source.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.prices import item_names
from zaikong.kernel.energy import kwh_text
from zaikong.kernel.money import PRICE_SCALE, half_away_int, yuan_text

POWER_FACTOR_BASIS = "〔83〕水电财字215号"
SETTLEMENT_BASIS = "供电营业规则 (分次结算)"

_DAYS_OF_MONTH = 30
_FEN_E8 = 1_000_000
_RATE_UNIT = 10_000

_TITLES: dict[str, tuple[str, str]] = {
    "ENERGY": ("电度电费", "energy"),
    "ENERGY_STEP_1": ("电度电费 第一档", "energy, first step"),
    "ENERGY_STEP_2": ("电度电费 第二档", "energy, second step"),
    "ENERGY_STEP_3": ("电度电费 第三档", "energy, third step"),
    "ENERGY_RISE_1": ("阶梯加价 第一档", "step rise, first step"),
    "ENERGY_RISE_2": ("阶梯加价 第二档", "step rise, second step"),
    "ENERGY_RISE_3": ("阶梯加价 第三档", "step rise, third step"),
    "ENERGY_SHARP": ("电度电费 尖", "energy, sharp"),
    "ENERGY_PEAK": ("电度电费 峰", "energy, peak"),
    "ENERGY_FLAT": ("电度电费 平", "energy, flat"),
    "ENERGY_VALLEY": ("电度电费 谷", "energy, valley"),
    "FREE_ALLOWANCE": ("低保免费电量", "free allowance of a low-income household"),
    "CAPACITY_KVA": ("基本电费 按容量", "capacity charge by kVA"),
    "DEMAND": ("基本电费 按实际需量", "demand charge by measured demand"),
    "DEMAND_CONTRACT": ("基本电费 按合同需量", "demand charge by contract demand"),
    "DEMAND_EXCESS": ("超合同需量 105% 部分加倍", "demand above 105 % of the contract, doubled"),
    "POWER_FACTOR": ("力调电费", "power-factor adjustment"),
    "INTERIM_SETTLED": ("分次结算已结", "settled in an interim bill"),
}


@dataclass(frozen=True, slots=True)
class BillLineFacts:
    """A line as it is stored.

    Attributes:
        item: Item code.
        quantity: Quantity [0.01 of `unit`].
        unit: `kwh`, `kva_day`, `kw` or `percent`.
        price_e8: Price a unit, or for `percent` the base [1e-8 yuan].
        amount_fen: Amount [fen].
        price_from: First day of the price version, None where there is none.
    """

    item: str
    quantity: int
    unit: str
    price_e8: int
    amount_fen: int
    price_from: date | None


@dataclass(frozen=True, slots=True)
class ExplainedLine:
    """A line with its working and its clause.

    Attributes:
        item: Item code.
        title_zh: Name in Chinese.
        title_en: Name in English.
        formula: Quantity, price and amount as they multiply.
        clause: Source of the price or rule.
        verified: Whether the number was read in the source itself.
        follows: Whether the amount follows from quantity and price.
        amount_fen: Amount [fen].
    """

    item: str
    title_zh: str
    title_en: str
    formula: str
    clause: str
    verified: bool
    follows: bool
    amount_fen: int


def explain(lines: Iterable[BillLineFacts], *, book: str, plan: str) -> list[ExplainedLine]:
    """Explain the lines of one bill.

    Args:
        lines: The lines in order.
        book: Tariff book of the bill.
        plan: Plan of the bill.

    Returns:
        One row a line, in the same order.
    """
    return [_explained(line, book, plan) for line in lines]


def title(item: str) -> tuple[str, str]:
    """Name of an item in Chinese and English; a fund or surcharge has the name its book prints."""
    if item in _TITLES:
        return _TITLES[item]
    name = item_names(all_books().values()).get(item, item)
    return name, item.replace("_", " ").lower()


def worked_fen(line: BillLineFacts) -> int:
    """The amount that quantity and price give, rounded as the rating rules round [fen]."""
    if line.unit == "percent":
        return half_away_int((line.price_e8 // _FEN_E8) * line.quantity, _RATE_UNIT)
    unit = PRICE_SCALE * (_DAYS_OF_MONTH if line.unit == "kva_day" else 1)
    return half_away_int(line.quantity * line.price_e8, unit)


def _explained(line: BillLineFacts, book: str, plan: str) -> ExplainedLine:
    zh, en = title(line.item)
    clause, verified = _clause(line, book, plan)
    settled = line.item == "INTERIM_SETTLED"
    return ExplainedLine(
        item=line.item,
        title_zh=zh,
        title_en=en,
        formula=yuan_text(line.amount_fen) if settled else _formula(line),
        clause=clause,
        verified=verified,
        follows=settled or worked_fen(line) == line.amount_fen,
        amount_fen=line.amount_fen,
    )


def _formula(line: BillLineFacts) -> str:
    quantity, price = kwh_text(line.quantity), _plain(Decimal(line.price_e8) / PRICE_SCALE)
    amount = yuan_text(line.amount_fen)
    if line.unit == "percent":
        return f"{yuan_text(line.price_e8 // _FEN_E8)} × {_plain(Decimal(line.quantity) / 100)}% = {amount}"
    if line.unit == "kva_day":
        return f"{quantity} kVA·d ÷ {_DAYS_OF_MONTH} × {price} = {amount}"
    return f"{quantity} {'kWh' if line.unit == 'kwh' else 'kW'} × {price} = {amount}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _clause(line: BillLineFacts, book: str, plan: str) -> tuple[str, bool]:
    if line.item == "POWER_FACTOR":
        return POWER_FACTOR_BASIS, True
    if line.item == "INTERIM_SETTLED":
        return SETTLEMENT_BASIS, True
    found = all_books().get(book)
    if found is None or plan not in found.plans or line.price_from is None:
        return "", False
    version = next((v for v in found.plans[plan].versions if v.covers(line.price_from)), None)
    return (f"{found.title}: {version.basis}", version.basis.verified) if version else ("", False)
