"""Can a reading be taken, must it wait, or can it not be a reading at all?

Three looks, each over columns: the row by itself, the meter with its registers side by side, the account with its
meters and its own last 30 days. Codes and their consequence are the table of `codes`.
"""

from dataclasses import dataclass
from typing import Final

import narwhals as nw

from zaikong.domain.metering.codes import ROW_CODES, severity_of
from zaikong.domain.metering.estimation import estimated_total
from zaikong.domain.metering.registers import (
    REGISTER_NAMES,
    TIME_OF_USE,
    any_of,
    at,
    has,
    register_use,
    total_of,
    was_read,
)
from zaikong.kernel.probe import Probe


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """Where validation draws its lines. Company rules: no law sets them.

    Attributes:
        spike_mads: A day may lie so many median absolute deviations above the median.
        spike_multiple: A day may be so many times the median or the mean of the last seven days.
        spike_largest: A day may be so many times the largest of the last 30 days.
        spike_floor_centi_kwh: Below this no day is a spike [0.01 kWh].
        days_known: An account is judged by its history from so many known days on.
        rolled_from_tenths: A register may roll over only from so many tenths of its highest value.
        frozen_days: A register may stand still for fewer days than this while history says use.
        frozen_median_centi_kwh: History says use from this median day on [0.01 kWh].
        gap_days: Longest time between two readings that is settled without a person [day].
        use_centi_kwh: Most that is billed at once [0.01 kWh or kvarh].
    """

    spike_mads: int = 10
    spike_multiple: int = 5
    spike_largest: int = 2
    spike_floor_centi_kwh: int = 2_000
    days_known: int = 7
    rolled_from_tenths: int = 9
    frozen_days: int = 7
    frozen_median_centi_kwh: int = 100
    gap_days: int = 400
    use_centi_kwh: int = 10_000_000_000


USUAL_LIMITS: Final = ReadingLimits()

_TENTHS: Final = 10
_OF_METER: Final = ("account", "modulus", "installed_day", "last_day")


def row_faults(readings: nw.LazyFrame, states: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Judge each row by itself.

    Args:
        readings: `READING_COLUMNS`.
        states: `registers.meter_states`.
        as_of_day: The business date [day].

    Returns:
        The rows with `account` (null for an unknown meter), `fault` (empty for a row that can be taken today),
        `limit` (what the fault is held against).
    """
    day, value = nw.col("day"), nw.col("value_centi")
    known = states.select("meter", *_OF_METER)
    faults: list[tuple[str, nw.Expr, nw.Expr | int]] = [
        ("METER_UNKNOWN", nw.col("account").is_null(), 0),
        ("REGISTER_UNKNOWN", (nw.col("register") < 0) | (nw.col("register") >= len(REGISTER_NAMES)), 0),
        ("CLOCK_IN_FUTURE", day > as_of_day, as_of_day),
        ("READING_NEGATIVE", value < 0, 0),
        ("READING_BEYOND_DIGITS", value >= nw.col("modulus"), nw.col("modulus")),
        ("READING_BEFORE_INSTALLED", day < nw.col("installed_day"), nw.col("installed_day")),
        ("READING_NOT_NEWER", day <= nw.col("last_day"), nw.col("last_day")),
        ("READING_LATE", day < as_of_day, as_of_day),
    ]
    fault: nw.Expr = nw.lit("")
    limit: nw.Expr = nw.lit(0, nw.Int64)
    for code, hit, against in reversed(faults):
        fault = nw.when(hit).then(nw.lit(code)).otherwise(fault)
        bound = nw.lit(against, nw.Int64) if isinstance(against, int) else against
        limit = nw.when(hit).then(bound).otherwise(limit)
    return (
        readings.join(known, on="meter", how="left")
        .with_columns(fault.alias("fault"), limit.alias("limit"))
        .drop("modulus", "installed_day", "last_day")
    )


def judged_meters(
    states: nw.LazyFrame, wide: nw.LazyFrame, history: nw.LazyFrame, *, as_of_day: int, limits: ReadingLimits
) -> nw.LazyFrame:
    """Judge each meter with its registers side by side.

    Args:
        states: `registers.meter_states`.
        wide: `registers.meter_readings` of the rows without fault.
        history: `history.HISTORY_COLUMNS`.
        as_of_day: The business date [day].
        limits: Where the lines are drawn.

    Returns:
        One row a meter: the columns of all three, and `due` (has values before today, so must be read), `days` since
        the last reading, `most_centi_kwh` the account may be believed to use in them (null without history),
        `use_<register>`, `tou_use`, `kwh_use`, `meter_fault` (the first code that holds the meter, else empty).
    """
    return (
        states.join(wide, on="meter", how="left")
        .join(history, on="account", how="left")
        .with_columns(
            due=nw.when(nw.col("first_day") < as_of_day).then(True).otherwise(False),
            days=nw.lit(as_of_day, nw.Int64) - nw.col("first_day"),
            **{f"use_{name}": nw.coalesce(register_use(name), nw.lit(0, nw.Int64)) for name in REGISTER_NAMES},
        )
        .with_columns(
            most_centi_kwh=_most_a_day(limits) * nw.col("days"),
            tou_use=total_of([at("use", name) for name in TIME_OF_USE]),
        )
        .with_columns(kwh_use=nw.when(_has_time_of_use()).then(nw.col("tou_use")).otherwise(at("use", "total")))
        .with_columns(meter_fault=_first_code(_meter_faults(limits)))
    )


def judged_accounts(meters: nw.LazyFrame, *, limits: ReadingLimits) -> nw.LazyFrame:
    """Judge each account by all its meters together.

    Args:
        meters: `judged_meters`.
        limits: Where the lines are drawn.

    Returns:
        One row an account with a meter due: `first_meter` (its findings stand there), `days` (the longest gap),
        `kwh_use`, `kvarh_use`, the use of the four registers, `has_time_of_use`, `most_centi_kwh`,
        `account_fault` (empty, `READING_WAITS` while a meter is held, `USE_BEYOND_BOUNDS`, `USE_SPIKE`),
        `confirmed` (a spike that the reading before had shown), `taken`.
    """
    ready, spike = nw.col("ready"), nw.col("kwh_use") > nw.col("most_centi_kwh")
    beyond = (nw.col("kwh_use") > limits.use_centi_kwh) | (nw.col("kvarh_use") > limits.use_centi_kwh)
    return (
        meters.filter(nw.col("due"))
        .group_by("account")
        .agg(
            nw.col("meter").min().alias("first_meter"),
            nw.col("days").max().alias("days"),
            nw.col("kwh_use").sum().alias("kwh_use"),
            nw.col("use_reactive").sum().alias("kvarh_use"),
            *(at("use", name).sum().alias(f"{name}_centi_kwh") for name in TIME_OF_USE),
            _has_time_of_use().cast(nw.Int64).max().alias("has_time_of_use"),
            nw.col("most_centi_kwh").max().alias("most_centi_kwh"),
            (nw.col("meter_fault") == "").cast(nw.Int64).min().alias("ready"),
            _confirms_suspicion().cast(nw.Int64).min().alias("confirms"),
        )
        .with_columns(
            spike=nw.when(spike).then(True).otherwise(False),
            confirms=nw.col("confirms") == 1,
            has_time_of_use=nw.col("has_time_of_use") == 1,
        )
        .with_columns(
            account_fault=nw.when(ready == 0)
            .then(nw.lit("READING_WAITS"))
            .otherwise(
                nw.when(beyond)
                .then(nw.lit("USE_BEYOND_BOUNDS"))
                .otherwise(
                    nw.when(nw.col("spike") & ~nw.col("confirms")).then(nw.lit("USE_SPIKE")).otherwise(nw.lit(""))
                )
            )
        )
        .with_columns(taken=nw.col("account_fault") == "", confirmed=nw.col("spike") & nw.col("confirms"))
        .drop("ready", "confirms", "spike")
    )


def meter_probes(limits: ReadingLimits) -> list[Probe]:
    """The findings of a meter, over `judged_meters` joined with its account's `taken`."""
    return [
        *(probe for number, name in enumerate(REGISTER_NAMES) for probe in _register_probes(number, name, limits)),
        *(_probe(code, hit, observed, limit) for code, hit, observed, limit in _whole_meter_faults(limits)),
    ]


def account_probes(limits: ReadingLimits) -> list[Probe]:
    """The findings of an account, over `judged_accounts` joined with its history."""
    use, most, days, taken = (nw.col(name) for name in ("kwh_use", "most_centi_kwh", "days", "taken"))
    still = taken & (use == 0) & (nw.col("median_centi_kwh") >= limits.frozen_median_centi_kwh)
    return [
        _probe("USE_BEYOND_BOUNDS", nw.col("account_fault") == "USE_BEYOND_BOUNDS", use, limits.use_centi_kwh),
        _probe("USE_SPIKE", nw.col("account_fault") == "USE_SPIKE", use, most),
        _probe("USE_SPIKE_CONFIRMED", taken & nw.col("confirmed"), use, most),
        _probe(
            "READING_FROZEN",
            still & (nw.col("frozen_days") + 1 >= limits.frozen_days),
            nw.col("frozen_days") + 1,
            limits.frozen_days,
        ),
        _probe("GAP_TRUED_UP", taken & (days > 1), days, use),
    ]


def row_probes() -> list[Probe]:
    """The findings of a row by itself, over the rows of `row_faults` that have a fault."""
    day, value = nw.col("day"), nw.col("value_centi")
    seen = {
        "REGISTER_UNKNOWN": nw.col("register"),
        "CLOCK_IN_FUTURE": day,
        "READING_BEFORE_INSTALLED": day,
        "READING_NOT_NEWER": day,
        "READING_LATE": day,
    }
    codes = [code for code in ROW_CODES if code not in {"READING_DUPLICATE", "READING_WAITS"}]
    return [
        Probe(code, severity_of(code), nw.col("fault") == code, seen.get(code, value), nw.col("limit"))
        for code in codes
    ]


def copy_probes() -> list[Probe]:
    """The finding of a row that repeats another, over the verdicts that say so."""
    code = "READING_DUPLICATE"
    return [Probe(code, severity_of(code), nw.col("code") == code, nw.col("value_centi"))]


def without_history(day: int) -> Probe:
    """The finding of a day estimated from nothing, over `judged_accounts` joined with its history."""
    return _probe("ESTIMATE_WITHOUT_HISTORY", ~nw.col("taken") & estimated_total(day=day).is_null(), 0, 0)


def first_value(register: str) -> nw.Expr:
    """Whether a register's first value came in and starts it: with its meter's first ones, or beside those taken."""
    starts = (nw.col("first_day").is_null() & (nw.col("meter_fault") == "")) | nw.col("taken")
    return was_read(register) & ~has(register) & starts


def _register_probes(number: int, name: str, limits: ReadingLimits) -> list[Probe]:
    low, high, last = at("low", name), at("high", name), at("previous", name)
    rolled = nw.col("taken") & (low < last)
    tag = {"register": number}
    return [
        Probe("REGISTER_MISSING", severity_of("REGISTER_MISSING"), _is_lacking(name), 0, last, tag),
        Probe("READING_CONFLICT", severity_of("READING_CONFLICT"), _conflict(name), high, low, tag),
        Probe("READING_BACKWARDS", severity_of("READING_BACKWARDS"), _backwards(name, limits), low, last, tag),
        Probe("METER_ROLLED_OVER", severity_of("METER_ROLLED_OVER"), rolled, low, last, tag),
        Probe("READING_FIRST", severity_of("READING_FIRST"), first_value(name), low, 0, tag),
    ]


def _probe(code: str, hit: nw.Expr, observed: nw.Expr | int, limit: nw.Expr | int) -> Probe:
    return Probe(code, severity_of(code), hit, observed, limit, {"register": -1})


def _meter_faults(limits: ReadingLimits) -> list[tuple[str, nw.Expr]]:
    """Codes that hold a meter, the one that explains the others first."""
    whole = {code: hit for code, hit, _, _ in _whole_meter_faults(limits)}
    return [
        ("READING_CONFLICT", any_of([_conflict(name) for name in REGISTER_NAMES])),
        ("READING_MISSING", whole["READING_MISSING"]),
        ("REGISTERS_OUT_OF_STEP", whole["REGISTERS_OUT_OF_STEP"]),
        ("REGISTER_MISSING", any_of([_is_lacking(name) for name in REGISTER_NAMES])),
        ("READING_BACKWARDS", any_of([_backwards(name, limits) for name in REGISTER_NAMES])),
        ("REGISTERS_DO_NOT_ADD_UP", whole["REGISTERS_DO_NOT_ADD_UP"]),
        ("GAP_TOO_LONG", whole["GAP_TOO_LONG"]),
    ]


def _whole_meter_faults(limits: ReadingLimits) -> list[tuple[str, nw.Expr, nw.Expr | int, nw.Expr | int]]:
    due, days = nw.col("due"), nw.col("days")
    apart = nw.col("first_day") != nw.col("last_day")
    return [
        ("READING_MISSING", due & ~_some_read(), days, 1),
        ("REGISTERS_OUT_OF_STEP", due & apart, nw.col("last_day"), nw.col("first_day")),
        ("REGISTERS_DO_NOT_ADD_UP", due & _does_not_add_up(limits), nw.col("tou_use"), at("use", "total")),
        ("GAP_TOO_LONG", due & _some_read() & (days > limits.gap_days), days, limits.gap_days),
    ]


def _some_read() -> nw.Expr:
    return any_of([was_read(name) & has(name) for name in REGISTER_NAMES])


def _is_lacking(register: str) -> nw.Expr:
    return nw.col("due") & _some_read() & has(register) & ~was_read(register)


def _conflict(register: str) -> nw.Expr:
    return at("low", register) != at("high", register)


def _backwards(register: str, limits: ReadingLimits) -> nw.Expr:
    """Below the last value, and not as a register rolls over: from near its top, by a use the account may have had."""
    last = at("previous", register)
    near_top = last * _TENTHS >= nw.col("modulus") * limits.rolled_from_tenths
    believable = at("use", register) <= nw.coalesce(nw.col("most_centi_kwh"), nw.lit(-1, nw.Int64))
    return nw.col("due") & (at("low", register) < last) & ~(near_top & believable)


def _does_not_add_up(limits: ReadingLimits) -> nw.Expr:
    """Whether total and time-of-use differ by more than displays cut off to 0.01 of a unit can explain."""
    shown = total_of([has(name).cast(nw.Int64) for name in TIME_OF_USE])
    complete = total_of([(has(name) & ~was_read(name)).cast(nw.Int64) for name in ("total", *TIME_OF_USE)]) == 0
    runs_on = ~any_of([_backwards(name, limits) | _conflict(name) for name in ("total", *TIME_OF_USE)])
    apart = (nw.col("tou_use") - at("use", "total")).abs() > shown * nw.col("multiplier")
    return has("total") & _has_time_of_use() & complete & runs_on & apart


def _has_time_of_use() -> nw.Expr:
    return any_of([has(name) for name in TIME_OF_USE])


def _most_a_day(limits: ReadingLimits) -> nw.Expr:
    """The most an account may be believed to use in a day [0.01 kWh], null while too few days are known."""
    median, mean = nw.col("median_centi_kwh"), nw.coalesce(nw.col("last7_mean_centi_kwh"), nw.lit(0, nw.Int64))
    most = nw.max_horizontal(
        median + nw.col("mad_centi_kwh") * limits.spike_mads,
        median * limits.spike_multiple,
        mean * limits.spike_multiple,
        nw.col("largest_centi_kwh") * limits.spike_largest,
        nw.lit(limits.spike_floor_centi_kwh, nw.Int64),
    )
    return nw.when(nw.col("days_known") >= limits.days_known).then(most)


def _confirms_suspicion() -> nw.Expr:
    """Whether every register stands at least where a held spike had left it."""
    suspected = any_of([at("suspect", name) >= 0 for name in REGISTER_NAMES])
    fallen_back = any_of([at("low", name) < at("suspect", name) for name in REGISTER_NAMES])
    return suspected & ~fallen_back


def _first_code(faults: list[tuple[str, nw.Expr]]) -> nw.Expr:
    code: nw.Expr = nw.lit("")
    for name, hit in reversed(faults):
        code = nw.when(hit).then(nw.lit(name)).otherwise(code)
    return code
