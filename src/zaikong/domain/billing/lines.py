"""Which lines does a bill print?

One line per item and price segment, each with the quantity, the price and the amount it was rounded to; the lines of a
settlement add up to its total.
"""

import narwhals as nw

from zaikong.domain.billing.prices import CAPACITY_BASES, RISING, SINGLE
from zaikong.domain.billing.rating import KEYS, Rated, rated
from zaikong.kernel.energy import REGISTERS

LINE_COLUMNS = (
    *KEYS,
    "segment_from_day",
    "segment_to_day",
    "line",
    "item",
    "quantity",
    "unit",
    "price_e8",
    "amount_fen",
    "price_id",
)
"""Columns of a bill line. The keys are those of its bill, `line` is unique in it, `quantity` is in 0.01 of `unit`."""

UNITS = ("kwh", "kva_day", "kw", "percent")
"""Amount = quantity times price, over 30 for `kva_day`; for `percent` the price is the base of the adjustment."""

SEGMENT_LINES = 100
"""Lines of the second segment of a settlement begin after this number, and so on."""

_CONTRACT = CAPACITY_BASES.index("contract_demand")
_STEPS = (1, 2, 3)
_REGISTER_LINE, _FREE_LINE, _CAPACITY_LINE, _POWER_FACTOR_LINE, _ITEM_LINE = 4, 8, 10, 19, 20
_FEN_E8 = 1_000_000
"""Price units in one fen [1e-8 yuan]."""


def bill_lines(groups: Rated) -> nw.LazyFrame:
    """Lines of priced settlements.

    Args:
        groups: As `rating.rated` gives them.

    Returns:
        `LINE_COLUMNS`. A line of nothing is left out, except one energy line where nothing was used. The amounts of a
        settlement's lines add up to its `total_fen`.

    Raises:
        ValueError: More items than a segment has line numbers for.
    """
    if _ITEM_LINE + len(groups.items) > SEGMENT_LINES:
        raise ValueError(f"{len(groups.items)} funds and surcharges do not fit {SEGMENT_LINES} lines a segment")
    return nw.concat(
        [
            *_step_lines(groups.steps),
            *_register_lines(groups.registers),
            *_item_lines(groups.registers, groups.items),
            *_step_lines(groups.full.filter(nw.col("energy_kind") != RISING)),
            *_register_lines(groups.full.filter(nw.col("energy_kind") == RISING)),
            *_rise_lines(groups.full.filter(nw.col("energy_kind") == RISING)),
            _free_line(groups.full),
            *_capacity_lines(groups.full),
            *_item_lines(groups.full, groups.items),
            _power_factor_line(groups.settled),
        ]
    )


def lines(settlements: nw.LazyFrame, prices: nw.LazyFrame) -> nw.LazyFrame:
    """Bill lines of settlements, `LINE_COLUMNS`; to have bills too, take both from one `rating.rated`."""
    return bill_lines(rated(settlements, prices))


def _piece(
    frame: nw.LazyFrame,
    *,
    line: int,
    item: str | nw.Expr,
    quantity: str,
    unit: str,
    price: str,
    amount: str,
    keep: nw.Expr,
) -> nw.LazyFrame:
    return frame.filter(keep).select(
        *KEYS,
        "segment_from_day",
        "segment_to_day",
        (nw.lit(line - SEGMENT_LINES, dtype=nw.Int64) + nw.col("segment") * SEGMENT_LINES).alias("line"),
        (nw.lit(item) if isinstance(item, str) else item).alias("item"),
        nw.col(quantity).alias("quantity"),
        nw.lit(unit).alias("unit"),
        nw.col(price).alias("price_e8"),
        nw.col(amount).alias("amount_fen"),
        "price_id",
    )


def _step_lines(frame: nw.LazyFrame) -> list[nw.LazyFrame]:
    nothing = (nw.col("step_1_fen") == 0) & (nw.col("step_2_fen") == 0) & (nw.col("step_3_fen") == 0)
    first = nw.when(nw.col("energy_kind") == SINGLE).then(nw.lit("ENERGY")).otherwise(nw.lit("ENERGY_STEP_1"))
    return [
        _piece(
            frame,
            line=step,
            item=first if step == 1 else f"ENERGY_STEP_{step}",
            quantity=f"step_{step}_centi_kwh",
            unit="kwh",
            price=f"p{step}_price_e8",
            amount=f"step_{step}_fen",
            keep=(nw.col(f"step_{step}_fen") != 0) | nothing if step == 1 else nw.col(f"step_{step}_fen") != 0,
        )
        for step in _STEPS
    ]


def _rise_lines(frame: nw.LazyFrame) -> list[nw.LazyFrame]:
    return [
        _piece(
            frame,
            line=step,
            item=f"ENERGY_RISE_{step}",
            quantity=f"step_{step}_centi_kwh",
            unit="kwh",
            price=f"p{step}_price_e8",
            amount=f"step_{step}_fen",
            keep=nw.col(f"step_{step}_fen") != 0,
        )
        for step in _STEPS
    ]


def _register_lines(frame: nw.LazyFrame) -> list[nw.LazyFrame]:
    nothing = nw.all_horizontal(*(nw.col(f"{name}_fen") == 0 for name in REGISTERS), ignore_nulls=False)
    return [
        _piece(
            frame,
            line=_REGISTER_LINE + place,
            item=f"ENERGY_{register.upper()}",
            quantity=f"{register}_centi_kwh",
            unit="kwh",
            price=f"{register}_price_e8",
            amount=f"{register}_fen",
            keep=(nw.col(f"{register}_fen") != 0) | nothing if register == "flat" else nw.col(f"{register}_fen") != 0,
        )
        for place, register in enumerate(REGISTERS)
    ]


def _item_lines(frame: nw.LazyFrame, items: tuple[str, ...]) -> list[nw.LazyFrame]:
    return [
        _piece(
            frame,
            line=_ITEM_LINE + place,
            item=item,
            quantity="centi_kwh",
            unit="kwh",
            price=item,
            amount=f"{item}_fen",
            keep=nw.col(f"{item}_fen") != 0,
        )
        for place, item in enumerate(items)
    ]


def _free_line(frame: nw.LazyFrame) -> nw.LazyFrame:
    given = frame.with_columns(free_quantity=-nw.col("free_centi_kwh"), free_amount=-nw.col("free_fen"))
    return _piece(
        given,
        line=_FREE_LINE,
        item="FREE_ALLOWANCE",
        quantity="free_quantity",
        unit="kwh",
        price="free_price_e8",
        amount="free_amount",
        keep=nw.col("free_amount") != 0,
    )


def _capacity_lines(frame: nw.LazyFrame) -> list[nw.LazyFrame]:
    demand = nw.when(nw.col("capacity_basis") == _CONTRACT).then(nw.lit("DEMAND_CONTRACT")).otherwise(nw.lit("DEMAND"))
    doubled = frame.with_columns(excess_price_e8=2 * nw.col("capacity_price_e8"))
    pieces: list[tuple[str | nw.Expr, str, str, str, str]] = [
        ("CAPACITY_KVA", "capacity_centi_kva_days", "kva_day", "capacity_price_e8", "kva_fen"),
        (demand, "demand_centi_kw", "kw", "capacity_price_e8", "demand_fen"),
        ("DEMAND_EXCESS", "excess_centi_kw", "kw", "excess_price_e8", "excess_fen"),
    ]
    return [
        _piece(
            doubled,
            line=_CAPACITY_LINE + place,
            item=item,
            quantity=quantity,
            unit=unit,
            price=price,
            amount=amount,
            keep=nw.col(amount) != 0,
        )
        for place, (item, quantity, unit, price, amount) in enumerate(pieces)
    ]


def _power_factor_line(settled: nw.LazyFrame) -> nw.LazyFrame:
    based = settled.with_columns(
        base_price_e8=nw.col("power_factor_base_fen") * _FEN_E8,
        segment_from_day=nw.col("from_day"),
        segment_to_day=nw.col("to_day"),
        segment=nw.lit(1, dtype=nw.Int64),
    )
    return _piece(
        based,
        line=_POWER_FACTOR_LINE,
        item="POWER_FACTOR",
        quantity="power_factor_rate_bp",
        unit="percent",
        price="base_price_e8",
        amount="power_factor_fen",
        keep=nw.col("power_factor_fen") != 0,
    )
