"""How is a bill taken back, and how does a month of several settlements close?

Nothing is changed: a reversal repeats every amount with the opposite sign and points at its bill, and a new bill may
follow it (退补). The closing bill of a month rates the whole month and takes each interim bill off by a line of its own
(分次结算清算), so that steps, power factor and capacity are those of the month.

Basis: 供电营业规则, 电费退补; the bill item 分次结算清算费用.
"""

from typing import Final

import narwhals as nw

from zaikong.kernel.energy import REGISTERS

INTERIM_SETTLED: Final = "INTERIM_SETTLED"
"""Line of a closing bill that takes an interim bill off."""

INTERIM, CLOSING, REVERSAL = "interim", "closing", "reversal"
"""Kinds of bill that stand in for, close, or take back another."""

REVERSED_AMOUNTS: Final = (
    *(f"{register}_centi_kwh" for register in REGISTERS),
    "centi_kwh",
    "loss_centi_kwh",
    "centi_kvarh",
    "energy_fen",
    "capacity_fen",
    "power_factor_fen",
    "surcharge_fen",
    "fund_fen",
    "other_fen",
    "total_fen",
)
"""What a reversal carries with the opposite sign; power factor and its rate are facts and stay."""

INTERIM_COLUMNS: Final = ("account", "kind", "sequence", "from_day", "to_day", "fund_fen", "total_fen")
"""What a closing bill reads of the bills of its month that stand."""

SETTLED_LINE_COLUMNS: Final = (
    "settlement",
    "line",
    "item",
    "quantity",
    "unit",
    "price_e8",
    "amount_fen",
    "from_day",
    "to_day",
)

_INTERIM_LINE: Final = 10_000
_PERCENT: Final = "percent"


def reversed_bills(bills: nw.LazyFrame) -> nw.LazyFrame:
    """Reversals of bills.

    Args:
        bills: One row a bill: `bill`, `REVERSED_AMOUNTS`, anything else.

    Returns:
        The rows with every amount negated, `kind` reversal and `reverses` the bill.
    """
    return bills.with_columns(
        *(-nw.col(name) for name in REVERSED_AMOUNTS), kind=nw.lit(REVERSAL), reverses=nw.col("bill")
    )


def reversed_lines(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Lines of reversals.

    Args:
        lines: `quantity`, `unit`, `price_e8`, `amount_fen`, anything else.

    Returns:
        The lines with amount and quantity negated; where the unit is percent, the base it is of instead of the rate, so
        that amount is still quantity times price.
    """
    rate = nw.col("unit") == _PERCENT
    return lines.with_columns(
        amount_fen=-nw.col("amount_fen"),
        quantity=nw.when(rate).then(nw.col("quantity")).otherwise(-nw.col("quantity")),
        price_e8=nw.when(rate).then(-nw.col("price_e8")).otherwise(nw.col("price_e8")),
    )


def less_interim(bills: nw.LazyFrame, interim: nw.LazyFrame) -> nw.LazyFrame:
    """Rated bills with the interim bills of the month taken off those that close it.

    Args:
        bills: `account`, `kind`, `total_fen`, `fund_fen`, anything else; rated as if nothing had been billed.
        interim: `INTERIM_COLUMNS`: bills of the same month that stand, of any kind.

    Returns:
        The bills with `other_fen` (the interim totals, negative), `total_fen` less them, and `ledger_fund_fen`: the
        government funds this bill itself brings [fen].
    """
    taken = (
        interim.filter(nw.col("kind") == INTERIM)
        .group_by("account")
        .agg(nw.col("total_fen").sum().alias("_settled"), nw.col("fund_fen").sum().alias("_settled_fund"))
    )
    closes = nw.col("kind") == CLOSING
    return (
        bills.join(taken, on="account", how="left")
        .with_columns(
            _settled=nw.when(closes & ~nw.col("_settled").is_null()).then(nw.col("_settled")).otherwise(0),
            _settled_fund=nw.when(closes & ~nw.col("_settled_fund").is_null())
            .then(nw.col("_settled_fund"))
            .otherwise(0),
        )
        .with_columns(
            other_fen=-nw.col("_settled"),
            total_fen=nw.col("total_fen") - nw.col("_settled"),
            ledger_fund_fen=nw.col("fund_fen") - nw.col("_settled_fund"),
        )
        .drop("_settled", "_settled_fund")
    )


def interim_lines(settlements: nw.LazyFrame, interim: nw.LazyFrame) -> nw.LazyFrame:
    """The lines by which closing bills take interim bills off, one an interim bill.

    Args:
        settlements: `account`, `settlement`, `kind`.
        interim: As `less_interim`.

    Returns:
        `SETTLED_LINE_COLUMNS`; for each settlement they add up to its `other_fen`.
    """
    closing = settlements.filter(nw.col("kind") == CLOSING).select("account", "settlement")
    return (
        interim.filter(nw.col("kind") == INTERIM)
        .join(closing, on="account", how="inner")
        .with_columns(
            line=nw.lit(_INTERIM_LINE, nw.Int64) + nw.col("sequence"),
            item=nw.lit(INTERIM_SETTLED),
            quantity=nw.lit(0, nw.Int64),
            unit=nw.lit("kwh"),
            price_e8=nw.lit(0, nw.Int64),
            amount_fen=-nw.col("total_fen"),
        )
        .select(*SETTLED_LINE_COLUMNS)
    )
