"""Which meter does each account have, what does it show, and where does it stand when the county begins?

Firms and public places have four registers; those with a transformer of their own have a reactive one as well. Homes
and farms have one. A few registers are set so that they roll over during the nights.

Basis: DL/T 448 (choice of instrument transformers); current ratios in steps of five amperes.
"""

import polars as pl

from zaikong.kernel.energy import REGISTERS
from zaikong.sim.draws import Stream, looked_up
from zaikong.sim.firms import OWN_TRANSFORMER_KVA
from zaikong.sim.registers import full_scale, shown

ENERGY_COLUMNS = (*(f"{name}_centi_kwh" for name in REGISTERS), "centi_kwh", "centi_kvarh")

_DIRECT_KVA = 30
_RATIOS = (2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 60, 80, 100, 120, 160, 200, 240, 300, 400, 600)
"""Current transformer ratios: primary amperes over five."""
_VOLTAGE_RATIO = {"lt1kv": 1, "10kv": 100, "35kv": 350, "110kv": 1100}
_MILLIAMPERES_PER_KVA = {"lt1kv": 1_443, "10kv": 58, "35kv": 17, "110kv": 6}
_ROLLING = 12
_BUSY_CENTI = 50_000
"""A register that moves 500 units in the quarter crosses its end within a night or two."""
_SETTLED_DAYS = 420
_REGISTER_OF = {
    **{f"{name}_centi_kwh": name for name in REGISTERS},
    "centi_kwh": "total",
    "centi_kvarh": "reactive",
}


def metered(seed: int, accounts: pl.DataFrame) -> pl.DataFrame:
    """Give every account a meter.

    Args:
        seed: The county's seed.
        accounts: `account`, `account_no`, `capacity_kva`, `voltage`, `pattern`, `low_side`, `contract_date`.

    Returns:
        The rows with `meter_no`, `protocol`, `meter_address`, `multiplier`, `digits`, `relay`, `four_registers`,
        `has_reactive`.
    """
    who, kva = pl.col("account"), pl.col("capacity_kva")
    measured_at = pl.when(pl.col("low_side").fill_null(value=False)).then(pl.lit("lt1kv")).otherwise(pl.col("voltage"))
    levels = list(_VOLTAGE_RATIO)
    accounts = accounts.with_columns(
        level=sum(
            (pl.lit(place) * (measured_at == name).cast(pl.Int64) for place, name in enumerate(levels)), start=pl.lit(0)
        )
    )
    amperes = kva * looked_up([_MILLIAMPERES_PER_KVA[name] for name in levels], pl.col("level")) // 1000
    above = sum(((amperes > ratio * 5).cast(pl.Int64) for ratio in _RATIOS[:-1]), start=pl.lit(0, dtype=pl.Int64))
    direct = kva <= _DIRECT_KVA
    four = pl.col("pattern").is_not_null()
    return accounts.with_columns(
        meter_no=pl.concat_str(
            pl.lit("4130"),
            pl.col("account_no"),
            Stream.of(seed, "meter.no").below(100, who).cast(pl.String).str.zfill(2),
        ),
        protocol=looked_up(("dlt645", "dlt645", "dlt698"), Stream.of(seed, "meter.protocol").below(3, who)),
        meter_address=who.cast(pl.String).str.zfill(12),
        multiplier=pl.when(direct)
        .then(1)
        .otherwise(looked_up(list(_RATIOS), above) * looked_up(list(_VOLTAGE_RATIO.values()), pl.col("level"))),
        # Some old single-phase meters still have five digits.
        digits=pl.when(~four & Stream.of(seed, "meter.digits").chance(800, who)).then(5).otherwise(6),
        relay=pl.when(~four)
        .then(pl.lit("internal"))
        .when(direct)
        .then(pl.lit("internal"))
        .otherwise(pl.lit("external")),
        four_registers=four,
        has_reactive=four & (kva >= OWN_TRANSFORMER_KVA),
    ).drop("level")


def register_values(
    seed: int, meters: pl.DataFrame, use: pl.DataFrame, *, first_night: int, nights: int
) -> pl.DataFrame:
    """What every register shows at the end of every night's day, and of the day before the first.

    Args:
        seed: The county's seed.
        meters: From `metered`.
        use: Daily use by register from the start of the history, sorted by account and day.
        first_night: The first night's day [day number].
        nights: How many nights.

    Returns:
        `account`, `meter_no`, `day` [day number], `register`, `value_centi` [0.01 of the register's unit], sorted by
        day, account and register.
    """
    cumulative = use.select(
        "account", "day", *(pl.col(name).cum_sum().over("account") for name in ENERGY_COLUMNS)
    ).filter(pl.col("day").is_between(first_night - 1, first_night + nights - 1))
    openings = _openings(seed, meters, cumulative, first_night=first_night, nights=nights)
    with_meter = cumulative.join(openings, on="account", maintain_order="left")
    scale = full_scale(pl.col("digits"))
    # Registers of a meter do not start level; the total of a one-register meter keeps the planted value.
    starts = {
        name: (pl.col("opening_centi") * share // 100) % scale
        for name, share in zip(ENERGY_COLUMNS, (8, 100, 70, 85, 100, 45), strict=True)
    }
    showing = with_meter.select(
        "account",
        "meter_no",
        "day",
        "four_registers",
        "has_reactive",
        *(
            shown(pl.col(name), start, pl.col("multiplier"), pl.col("digits")).alias(_REGISTER_OF[name])
            for name, start in starts.items()
        ),
    )
    long = showing.unpivot(
        on=list(_REGISTER_OF.values()),
        index=["account", "meter_no", "day", "four_registers", "has_reactive"],
        variable_name="register",
        value_name="value_centi",
    )
    kept = (
        pl.when(pl.col("register") == "reactive")
        .then(pl.col("has_reactive"))
        .when(pl.col("register") == "total")
        .then(~pl.col("four_registers"))
        .otherwise(pl.col("four_registers"))
    )
    return long.filter(kept).drop("four_registers", "has_reactive").sort("day", "account", "register")


def _openings(
    seed: int, meters: pl.DataFrame, cumulative: pl.DataFrame, *, first_night: int, nights: int
) -> pl.DataFrame:
    """Opening value of each meter [0.01]; a dozen are set to roll over on a night of their own."""
    who = pl.col("account")
    scale = full_scale(pl.col("digits"))
    busy = cumulative.filter(pl.col("day") == first_night + nights - 1).with_columns(
        main=pl.when(pl.col("peak_centi_kwh") > 0).then(pl.col("peak_centi_kwh")).otherwise(pl.col("centi_kwh"))
    )
    at_end = meters.join(busy.select("account", "main"), on="account", how="left", maintain_order="left")
    rolls = (pl.col("main") // pl.col("multiplier") > _BUSY_CENTI) & (
        pl.col("contract_date").dt.epoch("d") < first_night - _SETTLED_DAYS
    )
    order = pl.when(rolls).then(Stream.of(seed, "meter.rolls").bits(who)).rank("ordinal")
    night = pl.lit(first_night) + 2 + Stream.of(seed, "meter.rolls.night").below(max(nights - 4, 1), who)
    chosen = (
        at_end.with_columns(order=order, roll_day=night)
        .filter(pl.col("order") <= _ROLLING)
        .select("account", "roll_day")
    )
    crossing = chosen.join(cumulative, left_on=["account", "roll_day"], right_on=["account", "day"]).select(
        "account",
        crossed=pl.when(pl.col("peak_centi_kwh") > 0).then(pl.col("peak_centi_kwh")).otherwise(pl.col("centi_kwh")),
    )
    span = scale * 6 // 10
    ordinary = scale // 20 + Stream.of(seed, "meter.opening").below(span, who)
    return meters.join(crossing, on="account", how="left", maintain_order="left").select(
        "account",
        "meter_no",
        "multiplier",
        "digits",
        "four_registers",
        "has_reactive",
        # Half a unit short of the end on the evening before: the night's use takes it over.
        opening_centi=pl.when(pl.col("crossed").is_not_null())
        .then(scale - pl.col("crossed") // pl.col("multiplier") + 20)
        .otherwise(ordinary),
    )
