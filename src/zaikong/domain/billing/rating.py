"""What does each settlement cost, part by part?

A settlement is priced in one of three groups that share every formula and differ only in what they leave out: step
prices alone (most homes), register prices with surcharges and funds (most shops), and everything. Amounts are integers
of fen, each line rounded half away from zero and then added.

Basis: 供电营业规则 and SG186 billing practice (items rounded one by one); 发改办价格〔2016〕1583号 (105 percent of the
contracted demand); 〔83〕水电财字215号 (power factor).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import narwhals as nw

from zaikong.domain.billing.loss import with_transformer_loss
from zaikong.domain.billing.power_factor import STANDARDS, adjustment_rate, with_power_factor
from zaikong.domain.billing.prices import (
    BY_REGISTER,
    CAPACITY_BASES,
    ITEMS,
    MONTHS_OF_YEAR,
    PRICE_COLUMNS,
    STEPS,
)
from zaikong.domain.billing.splitting import (
    LOSS_OUT_OF_RANGE,
    QUANTITY_TOO_LARGE,
    RATED,
    STANDARD_UNKNOWN,
    UNRATED,
    split_by_version,
    with_shares,
)
from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.money import PRICE_SCALE, half_away, natural_quotient

KEYS = ("account", "month", "from_day", "to_day")
"""What names a settlement."""

BILL_COLUMNS = (
    *KEYS,
    "book",
    "plan",
    "verified",
    *(f"{register}_centi_kwh" for register in REGISTERS),
    "centi_kwh",
    "loss_centi_kwh",
    "centi_kvarh",
    "power_factor",
    "power_factor_rate_bp",
    "energy_fen",
    "capacity_fen",
    "power_factor_fen",
    "surcharge_fen",
    "fund_fen",
    "total_fen",
)
"""Columns of a bill."""

UNRATED_COLUMNS = (*KEYS, "book", "plan", "unrated_code", "code")
"""Columns of a settlement that could not be rated; `unrated_code` and its word are those of `splitting.UNRATED`."""

_STEPS = (1, 2, 3)
_DAYS_OF_MONTH = 30
_CONTRACT_PERCENT = 105
_RATE_UNIT = 10_000
_KVA, _DEMAND, _CONTRACT = (
    CAPACITY_BASES.index("kva"),
    CAPACITY_BASES.index("demand"),
    CAPACITY_BASES.index("contract_demand"),
)


@dataclass(frozen=True, slots=True)
class Rated:
    """Priced settlements, before they are laid out as bills and lines.

    Attributes:
        steps: Settlements of step prices alone.
        registers: Settlements of register prices with surcharges and funds.
        full: Segments of all the others.
        settled: Those others by settlement, with their power factor.
        unrated: Settlements that could not be rated, with `UNRATED_COLUMNS`.
        items: Item codes of the funds and surcharges.
    """

    steps: nw.LazyFrame
    registers: nw.LazyFrame
    full: nw.LazyFrame
    settled: nw.LazyFrame
    unrated: nw.LazyFrame
    items: tuple[str, ...]


Keep = Callable[[nw.LazyFrame], nw.LazyFrame]
"""Works out a frame that is read more than once and hands it back: `in_memory`, or Spark's cache."""


def lazily(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Keep nothing: what is read twice is worked out twice, unless the engine notices."""
    return frame


def in_memory(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Work a frame out now."""
    return frame.collect().lazy()


def rated(settlements: nw.LazyFrame, prices: nw.LazyFrame, *, keep: Keep = lazily) -> Rated:
    """Price settlements.

    Args:
        settlements: `splitting.SETTLEMENT_COLUMNS`, one row per settlement.
        prices: As `prices.prices_frame` gives it.
        keep: How frames that are read more than once are kept.

    Returns:
        The priced groups; every settlement is in exactly one of `steps`, `registers`, `settled` and `unrated`.
    """
    items = tuple(name for name in prices.collect_schema().names() if name not in PRICE_COLUMNS)
    segments = keep(split_by_version(settlements, prices))
    priced = segments.filter(nw.col("unrated_code") == RATED)
    plain = _is_plain()
    others = priced.filter(~(plain & nw.col("structure").is_in([STEPS, BY_REGISTER | ITEMS])))
    full = keep(_with_loss(others.join(prices.select(*_FULL_PRICES, *items), on="price_id", how="left")))
    full_priced = keep(_priced_full(full.filter(nw.col("unrated_code") == RATED), items))
    unrated = [segments.filter(nw.col("unrated_code") != RATED), full.filter(nw.col("unrated_code") != RATED)]
    return Rated(
        steps=keep(_priced_steps(priced.filter(plain, nw.col("structure") == STEPS), prices)),
        registers=keep(
            _priced_registers(priced.filter(plain, nw.col("structure") == BY_REGISTER | ITEMS), prices, items)
        ),
        full=full_priced,
        settled=keep(_settled(full_priced)),
        unrated=nw.concat([_unrated(part) for part in unrated]).unique(),
        items=items,
    )


def bills(groups: Rated) -> nw.LazyFrame:
    """One row per rated settlement with `BILL_COLUMNS`."""
    return nw.concat([_bill(groups.steps), _bill(groups.registers), groups.settled.select(*BILL_COLUMNS)])


def rate(settlements: nw.LazyFrame, prices: nw.LazyFrame) -> nw.LazyFrame:
    """Bills of settlements, `BILL_COLUMNS`; what could not be rated is in `rated(...).unrated`."""
    return bills(rated(settlements, prices))


def _unrated(frame: nw.LazyFrame) -> nw.LazyFrame:
    code = nw.lit("")
    for number, (word, _) in UNRATED.items():
        code = nw.when(nw.col("unrated_code") == number).then(nw.lit(word)).otherwise(code)
    return frame.with_columns(code=code).select(*UNRATED_COLUMNS)


def _is_plain() -> nw.Expr:
    """Nothing but energy and what goes by the kWh, at one price row."""
    absent = nw.all_horizontal(
        *(nw.col(name) == 0 for name in ("power_factor_standard", "loss_centi_kva", "free_centi_kwh")),
        ignore_nulls=False,
    )
    return absent & (nw.col("segments") == 1)


def _amount(quantity: nw.Expr, price: str) -> nw.Expr:
    """0.01 kWh times 1e-8 yuan/kWh in fen."""
    return half_away(quantity * nw.col(price), PRICE_SCALE)


def _added(names: Iterable[str]) -> nw.Expr:
    first, *others = [nw.col(name) for name in names]
    return sum(others, first)


def _energy_of_registers() -> nw.Expr:
    return _added(f"{register}_centi_kwh" for register in REGISTERS)


def _with_steps(frame: nw.LazyFrame, before: nw.Expr) -> nw.LazyFrame:
    """Split `centi_kwh` over the steps by the difference of two cumulative uses, and price each."""
    months = 1 + nw.col("yearly") * (nw.col("months_in_use") - 1)
    quotas = {
        f"quota_{place}": (nw.col(f"q{place}_centi_kwh") + nw.col("household_extra_centi_kwh")) * months
        + natural_quotient(nw.col(f"q{place}_rest_centi_kwh") * months, MONTHS_OF_YEAR)
        for place in (1, 2)
    }
    after = before + nw.col("centi_kwh")
    return (
        frame.with_columns(**quotas)
        .with_columns(
            above_1=_above(after, "quota_1") - _above(before, "quota_1"),
            step_3_centi_kwh=_above(after, "quota_2") - _above(before, "quota_2"),
        )
        .with_columns(
            step_1_centi_kwh=nw.col("centi_kwh") - nw.col("above_1"),
            step_2_centi_kwh=nw.col("above_1") - nw.col("step_3_centi_kwh"),
        )
        .with_columns(
            **{
                f"step_{place}_fen": _amount(nw.col(f"step_{place}_centi_kwh"), f"p{place}_price_e8")
                for place in _STEPS
            }
        )
    )


def _above(use: nw.Expr, quota: str) -> nw.Expr:
    return nw.max_horizontal(use - nw.col(quota), nw.lit(0, dtype=nw.Int64))


def _with_registers(frame: nw.LazyFrame) -> nw.LazyFrame:
    return frame.with_columns(
        **{
            f"{register}_fen": _amount(nw.col(f"{register}_centi_kwh"), f"{register}_price_e8")
            for register in REGISTERS
        }
    )


def _with_items(frame: nw.LazyFrame, items: tuple[str, ...]) -> nw.LazyFrame:
    if items:
        frame = frame.with_columns(**{f"{item}_fen": _amount(nw.col("centi_kwh"), item) for item in items})
    return frame.with_columns(fund_fen=_items_sum(items, "FUND_"), surcharge_fen=_items_sum(items, "SURCHARGE_"))


def _items_sum(items: tuple[str, ...], prefix: str) -> nw.Expr:
    names = [f"{item}_fen" for item in items if item.startswith(prefix)]
    return _added(names) if names else nw.lit(0, dtype=nw.Int64)


_STEP_PRICES = (
    "price_id",
    "verified",
    "yearly",
    "energy_kind",
    "q1_centi_kwh",
    "q2_centi_kwh",
    "q1_rest_centi_kwh",
    "q2_rest_centi_kwh",
    "p1_price_e8",
    "p2_price_e8",
    "p3_price_e8",
)
_REGISTER_PRICES = ("price_id", "verified", *(f"{register}_price_e8" for register in REGISTERS))


def _priced_steps(frame: nw.LazyFrame, prices: nw.LazyFrame) -> nw.LazyFrame:
    joined = frame.with_columns(centi_kwh=_energy_of_registers()).join(
        prices.select(*_STEP_PRICES), on="price_id", how="left"
    )
    stepped = _with_steps(joined, nw.col("yearly") * nw.col("year_to_date_centi_kwh"))
    return stepped.with_columns(energy_fen=_added(f"step_{place}_fen" for place in _STEPS)).with_columns(
        fund_fen=nw.lit(0, dtype=nw.Int64),
        surcharge_fen=nw.lit(0, dtype=nw.Int64),
        total_fen=nw.col("energy_fen"),
    )


def _priced_registers(frame: nw.LazyFrame, prices: nw.LazyFrame, items: tuple[str, ...]) -> nw.LazyFrame:
    joined = frame.with_columns(centi_kwh=_energy_of_registers()).join(
        prices.select(*_REGISTER_PRICES, *items), on="price_id", how="left"
    )
    priced = _with_items(_with_registers(joined), items)
    return priced.with_columns(energy_fen=_added(f"{register}_fen" for register in REGISTERS)).with_columns(
        total_fen=_added(("energy_fen", "fund_fen", "surcharge_fen"))
    )


def _bill(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Lay out a group that has neither capacity nor power factor nor loss."""
    absent = ("loss_centi_kwh", "power_factor", "power_factor_rate_bp", "capacity_fen", "power_factor_fen")
    return frame.with_columns(**{name: nw.lit(0, dtype=nw.Int64) for name in absent}).select(*BILL_COLUMNS)


def _with_loss(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Add the transformer loss to the flat register and to reactive energy; refuse what no formula covers."""
    metered = frame.with_columns(centi_kwh=_energy_of_registers())
    lost = with_transformer_loss(metered, active="centi_kwh", reactive="centi_kvarh")
    added = lost.with_columns(
        centi_kwh=nw.col("centi_kwh") + nw.col("loss_centi_kwh"),
        flat_centi_kwh=nw.col("flat_centi_kwh") + nw.col("loss_centi_kwh"),
        centi_kvarh=nw.col("centi_kvarh") + nw.col("loss_centi_kvarh"),
    )
    standard = nw.col("power_factor_standard")
    return added.with_columns(
        unrated_code=nw.when(nw.col("loss_refused"))
        .then(nw.lit(LOSS_OUT_OF_RANGE))
        .when((standard != 0) & ~standard.is_in(STANDARDS))
        .then(nw.lit(STANDARD_UNKNOWN))
        .when((nw.col("centi_kwh") > nw.col("energy_limit_centi_kwh")) | ~_capacity_in_range())
        .then(nw.lit(QUANTITY_TOO_LARGE))
        .otherwise(nw.lit(RATED))
        .cast(nw.Int64)
    )


def _capacity_in_range() -> nw.Expr:
    charged = ("centi_kva_days", "centi_demand_kw", "centi_contract_demand_kw")
    return nw.all_horizontal(*(nw.col(name) <= nw.col("capacity_limit") for name in charged), ignore_nulls=False)


_REGISTER_KWH = tuple(f"{register}_centi_kwh" for register in REGISTERS)
_SHARED = (
    "loss_centi_kwh",
    "centi_kvarh",
    "free_centi_kwh",
    "capacity_centi_kva_days",
    "demand_centi_kw",
    "excess_centi_kw",
)


def _with_chargeable(frame: nw.LazyFrame) -> nw.LazyFrame:
    """What the capacity charge counts: kVA days, measured demand, or contract demand and what is beyond 105 %."""
    zero = nw.lit(0, dtype=nw.Int64)
    basis, demand, contract = nw.col("capacity_basis"), nw.col("centi_demand_kw"), nw.col("centi_contract_demand_kw")
    # Hundredths of the contract's 105 percent may not be whole, so the excess is cut down to 0.01 kW.
    beyond = natural_quotient(nw.max_horizontal(demand * 100 - contract * _CONTRACT_PERCENT, zero), 100)
    load_factor = (nw.col("load_factor_centi_kwh") > 0) & (nw.col("centi_kva_days") > 0)
    reached = nw.col("centi_kwh") * _DAYS_OF_MONTH * 100 >= nw.col("load_factor_centi_kwh") * nw.col("centi_kva_days")
    return frame.with_columns(
        capacity_centi_kva_days=nw.when(basis == _KVA).then(nw.col("centi_kva_days")).otherwise(zero),
        demand_centi_kw=nw.when(basis == _DEMAND).then(demand).when(basis == _CONTRACT).then(contract).otherwise(zero),
        excess_centi_kw=nw.when(basis == _CONTRACT).then(beyond).otherwise(zero),
        capacity_price_e8=nw.when(load_factor & reached)
        .then(nw.col("load_factor_price_e8"))
        .otherwise(nw.col("capacity_price_e8")),
    )


_FULL_PRICES = tuple(name for name in PRICE_COLUMNS if name not in {"book", "plan", "structure"})


def _priced_full(frame: nw.LazyFrame, items: tuple[str, ...]) -> nw.LazyFrame:
    divided = (
        _with_chargeable(frame)
        .pipe(with_shares, signed=_REGISTER_KWH, natural=_SHARED)
        .with_columns(
            before_centi_kwh=_added(f"earlier_{name}" for name in _REGISTER_KWH)
            + nw.col("yearly") * nw.col("year_to_date_centi_kwh"),
            centi_kwh=_energy_of_registers(),
        )
    )
    energy = _with_free(_with_items(_with_registers(_with_steps(divided, nw.col("before_centi_kwh"))), items))
    return energy.with_columns(
        kva_fen=half_away(
            nw.col("capacity_centi_kva_days") * nw.col("capacity_price_e8"), _DAYS_OF_MONTH * PRICE_SCALE
        ),
        demand_fen=_amount(nw.col("demand_centi_kw"), "capacity_price_e8"),
        excess_fen=_amount(2 * nw.col("excess_centi_kw"), "capacity_price_e8"),
    ).with_columns(
        energy_fen=_added([*(f"{register}_fen" for register in REGISTERS), *(f"step_{place}_fen" for place in _STEPS)])
        - nw.col("free_fen"),
        capacity_fen=_added(("kva_fen", "demand_fen", "excess_fen")),
    )


def _with_free(frame: nw.LazyFrame) -> nw.LazyFrame:
    """A low-income household's free kWh, at the price of the first step."""
    used = nw.max_horizontal(nw.col("centi_kwh"), nw.lit(0, dtype=nw.Int64))
    return frame.with_columns(free_centi_kwh=nw.min_horizontal(nw.col("free_centi_kwh"), used)).with_columns(
        free_fen=_amount(nw.col("free_centi_kwh"), "free_price_e8")
    )


_SUMMED = (
    *(f"{register}_centi_kwh" for register in REGISTERS),
    "centi_kwh",
    "loss_centi_kwh",
    "centi_kvarh",
    "energy_fen",
    "capacity_fen",
    "surcharge_fen",
    "fund_fen",
)


def _settled(full: nw.LazyFrame) -> nw.LazyFrame:
    """Add the segments of a settlement, then its power factor, which is measured over all of it."""
    columns = (*KEYS, "book", "plan", "power_factor_standard", "price_id", "verified", *_SUMMED)
    alone = full.filter(nw.col("segments") == 1).select(*columns)
    names = [*KEYS, "book", "plan", "power_factor_standard"]
    summed = (
        full.filter(nw.col("segments") > 1)
        .with_columns(
            last_price=nw.when(nw.col("segment_to_day") == nw.col("to_day"))
            .then(nw.col("price_id"))
            .otherwise(nw.lit(0, dtype=nw.Int64)),
            doubts=(~nw.col("verified")).cast(nw.Int64),
        )
        .group_by(*names)
        .agg(
            nw.col("last_price").max().alias("price_id"),
            nw.col("doubts").sum(),
            *(nw.col(name).sum() for name in _SUMMED),
        )
        .with_columns(verified=nw.col("doubts") == 0)
        .select(*columns)
    )
    both = nw.concat([alone, summed])
    measured = nw.col("power_factor_standard") > 0
    zero = nw.lit(0, dtype=nw.Int64)
    without = both.filter(~measured).with_columns(power_factor=zero, power_factor_rate_bp=zero)
    return (
        nw.concat([without, _with_power_factor(both.filter(measured))])
        .with_columns(
            power_factor_base_fen=_BASE,
        )
        .with_columns(
            power_factor_fen=half_away(
                nw.col("power_factor_base_fen") * nw.col("power_factor_rate_bp") * 16, _RATE_UNIT * 16
            )
        )
        .with_columns(total_fen=_added(("energy_fen", "capacity_fen", "power_factor_fen", "surcharge_fen", "fund_fen")))
    )


_BASE = nw.col("energy_fen") + nw.col("capacity_fen") + nw.col("surcharge_fen")


def _with_power_factor(frame: nw.LazyFrame) -> nw.LazyFrame:
    """Where nothing was used, or use was taken back, no power factor was measured and none is adjusted."""
    used = (nw.col("centi_kwh") >= 0) & (nw.col("centi_kwh") + nw.col("centi_kvarh") > 0)
    zero = nw.lit(0, dtype=nw.Int64)
    counted = frame.with_columns(counted_centi_kwh=nw.max_horizontal(nw.col("centi_kwh"), zero))
    measured = with_power_factor(counted, active="counted_centi_kwh", reactive="centi_kvarh").drop("counted_centi_kwh")
    return measured.with_columns(
        power_factor_rate_bp=nw.when(used)
        .then(adjustment_rate(nw.col("power_factor_standard"), nw.col("power_factor")))
        .otherwise(zero)
    )
