"""Which price rows does each settlement meet, and for which of its days?

A price that changes inside a settlement cuts it by day. Each part of a quantity is cut down to its share of the days so
far, less what earlier parts took; the last part takes the rest, so the parts add up exactly.
"""

import narwhals as nw

from zaikong.kernel.energy import REGISTERS
from zaikong.kernel.money import natural_quotient, whole_quotient

SETTLEMENT_COLUMNS = (
    "account",
    "month",
    "from_day",
    "to_day",
    "book",
    "plan",
    "sharp_centi_kwh",
    "peak_centi_kwh",
    "flat_centi_kwh",
    "valley_centi_kwh",
    "centi_kvarh",
    "year_to_date_centi_kwh",
    "months_in_use",
    "household_extra_centi_kwh",
    "free_centi_kwh",
    "centi_kva_days",
    "centi_demand_kw",
    "centi_contract_demand_kw",
    "power_factor_standard",
    "iron_w",
    "copper_w",
    "iron_var",
    "copper_var",
    "loss_centi_kva",
    "loss_hours",
    "loss_shape_milli",
)
"""Columns of a settlement, one row per account and settlement period (account, month, from_day, to_day)."""

SEGMENT_COLUMNS = ("price_id", "segment_from_day", "segment_to_day", "segment", "segments", "structure", "unrated_code")
"""Columns `split_by_version` adds."""

RATED = 0
UNRATED = {
    1: ("FACT_MISSING", "a fact of the settlement is missing"),
    2: ("TARIFF_UNKNOWN", "no book has this plan"),
    3: ("TARIFF_NOT_IN_FORCE", "the plan has no price for some day of the settlement"),
    4: ("PERIOD_EMPTY", "the settlement covers no day"),
    5: ("QUANTITY_TOO_LARGE", "the use is larger than can be rated exactly"),
    6: ("POWER_FACTOR_STANDARD_UNKNOWN", "the power-factor standard is not 0.90, 0.85 or 0.80"),
    7: ("LOSS_OUT_OF_RANGE", "the use cannot have passed a transformer of this capacity in these hours"),
}
"""Why a settlement was not rated: number in `unrated_code`, code, meaning."""

FACT_MISSING, TARIFF_UNKNOWN, NOT_IN_FORCE, PERIOD_EMPTY, QUANTITY_TOO_LARGE, STANDARD_UNKNOWN, LOSS_OUT_OF_RANGE = (
    UNRATED
)

_KEYS = ("book", "plan", "from_day", "to_day")


def split_by_version(settlements: nw.LazyFrame, prices: nw.LazyFrame) -> nw.LazyFrame:
    """Lay each settlement over the price rows of its plan.

    Args:
        settlements: `SETTLEMENT_COLUMNS`.
        prices: As `prices_frame` gives it.

    Returns:
        The settlement rows, one for each price row met, with `SEGMENT_COLUMNS`: the price row, the days of the segment,
        the number of segments, the structure of the price, and `unrated_code`, 0 when the row can be rated. A
        settlement that cannot be rated has one row.
    """
    joined = settlements.join(_spans(settlements, prices), on=list(_KEYS), how="left")
    first, *others = [nw.col(f"{register}_centi_kwh").abs() for register in REGISTERS]
    used = sum(others, first)
    missing = nw.any_horizontal(*(nw.col(name).is_null() for name in SETTLEMENT_COLUMNS), ignore_nulls=False)
    return joined.with_columns(
        unrated_code=nw.when(missing)
        .then(nw.lit(FACT_MISSING))
        .when(nw.col("span_code").is_null())
        .then(nw.lit(TARIFF_UNKNOWN))
        .when(nw.col("span_code") != RATED)
        .then(nw.col("span_code"))
        .when(used > nw.col("energy_limit_centi_kwh"))
        .then(nw.lit(QUANTITY_TOO_LARGE))
        .otherwise(nw.lit(RATED))
        .cast(nw.Int64)
    ).drop("span_code", "energy_limit_centi_kwh")


def with_shares(frame: nw.LazyFrame, *, signed: tuple[str, ...], natural: tuple[str, ...]) -> nw.LazyFrame:
    """Cut quantities of a settlement down to its segment, fractions left to the last one.

    Args:
        frame: Segments, as `split_by_version` gives them, with the columns named next.
        signed: Columns that may be negative.
        natural: Columns that are not.

    Returns:
        The frame with each column's share, and for the signed ones `earlier_…`, what fell before the segment.
    """
    quotients = {**dict.fromkeys(signed, whole_quotient), **dict.fromkeys(natural, natural_quotient)}
    whole, first = nw.col("_whole"), nw.col("_first")
    divided = frame.with_columns(
        _whole=nw.col("to_day") - nw.col("from_day"),
        _first=nw.col("segment_from_day") - nw.col("from_day"),
        _next=nw.col("segment_to_day") - nw.col("from_day"),
    ).with_columns(
        **{f"earlier_{name}": divide(nw.col(name) * first, whole) for name, divide in quotients.items()},
        **{name: divide(nw.col(name) * nw.col("_next"), whole) for name, divide in quotients.items()},
    )
    return divided.with_columns(
        **{name: nw.col(name) - nw.col(f"earlier_{name}") for name in quotients},
    ).drop("_whole", "_first", "_next", *(f"earlier_{name}" for name in natural))


def _spans(settlements: nw.LazyFrame, prices: nw.LazyFrame) -> nw.LazyFrame:
    """Every pair of period and plan with the price rows it meets: a small table, joined once."""
    periods = settlements.select("from_day", "to_day").unique()
    plans = prices.select("book", "plan").unique()
    met = (
        periods.join(prices.select(*_PRICE_PART), how="cross")
        .filter(nw.col("effective_from_day") < nw.col("to_day"), nw.col("from_day") < nw.col("effective_to_day"))
        .with_columns(
            segment_from_day=nw.max_horizontal("from_day", "effective_from_day"),
            segment_to_day=nw.min_horizontal("to_day", "effective_to_day"),
        )
        .drop("effective_from_day", "effective_to_day")
        .with_columns(segment=nw.lit(1, dtype=nw.Int64))
        .with_columns(segment=nw.col("segment").cum_sum().over(*_KEYS, order_by="segment_from_day"))
    )
    covered = (
        met.with_columns(days=nw.col("segment_to_day") - nw.col("segment_from_day"))
        .group_by(*_KEYS)
        .agg(nw.col("days").sum(), nw.len().cast(nw.Int64).alias("segments"))
        .filter(nw.col("days") == nw.col("to_day") - nw.col("from_day"))
        .drop("days")
    )
    return (
        periods.join(plans, how="cross")
        .join(met.join(covered, on=list(_KEYS), how="inner"), on=list(_KEYS), how="left")
        .with_columns(
            span_code=nw.when(nw.col("to_day") <= nw.col("from_day"))
            .then(nw.lit(PERIOD_EMPTY))
            .when(nw.col("price_id").is_null())
            .then(nw.lit(NOT_IN_FORCE))
            .otherwise(nw.lit(RATED))
            .cast(nw.Int64)
        )
    )


_PRICE_PART = (
    "book",
    "plan",
    "effective_from_day",
    "effective_to_day",
    "price_id",
    "structure",
    "energy_limit_centi_kwh",
)
