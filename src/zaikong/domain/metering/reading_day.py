"""What did each account use on a day, given what its meters said?

Nothing is dropped: every row handed in is accepted, held or refused with a code; every account whose meters are due has
a row of use for the day, measured, trued up or estimated; every register keeps or moves its last value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import narwhals as nw

from zaikong.domain.metering.codes import READING_CODES
from zaikong.domain.metering.estimation import estimated_days
from zaikong.domain.metering.history import HISTORY_COLUMNS
from zaikong.domain.metering.registers import (
    METER_COLUMNS,
    NEVER_SUSPECT,
    PREVIOUS_COLUMNS,
    READING_COLUMNS,
    REGISTER_NAMES,
    by_register,
    meter_readings,
    meter_states,
)
from zaikong.domain.metering.usage import measured_days, trued_up_days
from zaikong.domain.metering.validation import (
    USUAL_LIMITS,
    ReadingLimits,
    account_probes,
    copy_probes,
    first_value,
    judged_accounts,
    judged_meters,
    meter_probes,
    row_faults,
    row_probes,
    without_history,
)
from zaikong.kernel.pin import pinned
from zaikong.kernel.probe import Probe, hits

FINDING_COLUMNS: Final = ("account", "meter", "register", "day", "code", "severity", "observed", "limit")
VERDICT_COLUMNS: Final = ("reading", "meter", "account", "register", "day", "value_centi", "verdict", "code")


@dataclass(frozen=True, slots=True)
class DayReading:
    """What a day's readings amount to, in lazy frames.

    Attributes:
        daily_use: `DAILY_USE_COLUMNS`; a row supersedes an earlier one of the same account and day.
        registers: `PREVIOUS_COLUMNS`: the last values from which the next day starts.
        findings: `FINDING_COLUMNS`; account -1 for an unknown meter, meter -1 never, register -1 for the whole meter.
        verdicts: `VERDICT_COLUMNS`, one row a reading handed in; `verdict` is `accepted`, `held` or `refused`.
    """

    daily_use: nw.LazyFrame
    registers: nw.LazyFrame
    findings: nw.LazyFrame
    verdicts: nw.LazyFrame


def read_day(
    meters: nw.LazyFrame,
    previous: nw.LazyFrame,
    readings: nw.LazyFrame,
    history: nw.LazyFrame,
    *,
    as_of_day: int,
    limits: ReadingLimits = USUAL_LIMITS,
) -> DayReading:
    """Take the readings of one day.

    Args:
        meters: `METER_COLUMNS`, one row an installed meter. A removed meter stays until its last reading is taken.
        previous: `PREVIOUS_COLUMNS`, one row a meter and register: the value at the end of `previous_day`, and the
            value of a held spike not yet confirmed (-1 for none). Its registers here are those a meter must be read on.
        readings: `READING_COLUMNS`: a row number of the caller's, the meter, the register, the day whose end the value
            shows, the value [0.01 of the register's unit]. Rows of other days are judged, not taken.
        history: `HISTORY_COLUMNS` as `history.history` gives them for this day.
        as_of_day: The business date [day].
        limits: Where validation draws its lines.

    Returns:
        Daily use, new last values, findings and the verdict on every row.
    """
    meters, previous = meters.select(*METER_COLUMNS), previous.select(*PREVIOUS_COLUMNS)
    history = history.select(*HISTORY_COLUMNS)
    states = pinned(meter_states(meters, previous))
    rows = pinned(row_faults(readings.select(*READING_COLUMNS), states, as_of_day=as_of_day))
    wide = pinned(meter_readings(rows.filter(nw.col("fault") == "")))
    judged = pinned(judged_meters(states, wide, history, as_of_day=as_of_day, limits=limits))
    accounts = pinned(judged_accounts(judged, limits=limits))
    settled = judged.join(
        accounts.select("account", "account_fault", "taken", account_days="days"), on="account", how="left"
    ).with_columns(taken=nw.coalesce(nw.col("taken"), nw.lit(False)) & nw.col("due"))
    verdicts = _verdicts(rows, wide, settled)
    return DayReading(
        daily_use=_daily_use(settled, accounts, history, as_of_day, limits),
        registers=_registers(previous, settled, as_of_day),
        findings=_findings(settled, accounts, history, verdicts, rows, as_of_day, limits),
        verdicts=verdicts,
    )


def read_days(
    meters: nw.LazyFrame,
    previous: nw.LazyFrame,
    readings: nw.LazyFrame,
    history: nw.LazyFrame,
    *,
    days: Sequence[int],
    limits: ReadingLimits = USUAL_LIMITS,
) -> DayReading:
    """Take readings of several days, late ones first, each on its own day.

    A terminal that was cut off hands in the days it missed: each is settled as it would have been, so that no day of it
    is an estimate or a spread. Accounts without a late reading are not touched before the last day.

    Args:
        meters: As `read_day`.
        previous: As `read_day`.
        readings: As `read_day`, of any days.
        history: As `read_day`, for the last of the days.
        days: The business date and the late days with readings, in any order [day].
        limits: Where validation draws its lines.

    Returns:
        As `read_day`; the verdict on every row is that of its own day.
    """
    *late, today = sorted(set(days))
    passed = []
    for day in late:
        of_day = readings.filter(nw.col("day") == day)
        concerned = _accounts_read(meters, of_day)
        own = previous.join(concerned, on="meter", how="semi")
        step = read_day(
            meters.join(concerned, on="meter", how="semi"), own, of_day, history, as_of_day=day, limits=limits
        )
        previous = nw.concat(
            [previous.join(concerned, on="meter", how="anti").select(*PREVIOUS_COLUMNS), step.registers]
        )
        passed.append(step)
    rest = readings.filter(~nw.col("day").is_in(late)) if late else readings
    last = read_day(meters, previous, rest, history, as_of_day=today, limits=limits)
    return DayReading(
        daily_use=nw.concat(
            [*(step.daily_use.filter(nw.col("source") != "estimated") for step in passed), last.daily_use]
        ),
        registers=last.registers,
        findings=nw.concat([*(step.findings for step in passed), last.findings]),
        verdicts=nw.concat([*(step.verdicts for step in passed), last.verdicts]),
    )


def _accounts_read(meters: nw.LazyFrame, readings: nw.LazyFrame) -> nw.LazyFrame:
    """All meters of the accounts with a reading."""
    accounts = meters.join(readings.select("meter"), on="meter", how="semi").select("account")
    return meters.join(accounts, on="account", how="semi").select("meter")


def _verdicts(rows: nw.LazyFrame, wide: nw.LazyFrame, settled: nw.LazyFrame) -> nw.LazyFrame:
    """Adds `verdict` and `code` to every row."""
    outcome = settled.select(
        "meter",
        _starts=nw.col("first_day").is_null() & (nw.col("meter_fault") == ""),
        _taken=nw.col("taken"),
        _held_by=nw.when(nw.col("meter_fault") != "")
        .then(nw.col("meter_fault"))
        .otherwise(nw.coalesce(nw.col("account_fault"), nw.lit(""))),
    )
    accepted = nw.col("_starts") | nw.col("_taken")
    copy = (nw.col("_held_by") != "READING_CONFLICT") & (nw.col("reading") > nw.col("_first"))
    code = (
        nw.when(nw.col("fault") != "")
        .then(nw.col("fault"))
        .otherwise(
            nw.when(copy)
            .then(nw.lit("READING_DUPLICATE"))
            .otherwise(nw.when(accepted).then(nw.lit("")).otherwise(nw.col("_held_by")))
        )
    )
    return (
        rows.join(outcome, on="meter", how="left")
        .join(_doubles(rows, wide), on=["meter", "register"], how="left")
        .with_columns(code=code)
        .with_columns(verdict=_verdict_of(nw.col("code")))
        .select(*VERDICT_COLUMNS)
    )


def _verdict_of(code: nw.Expr) -> nw.Expr:
    refused = [each.code for each in READING_CODES.values() if each.outcome == "refused"]
    return (
        nw.when(code == "")
        .then(nw.lit("accepted"))
        .otherwise(nw.when(code.is_in(refused)).then(nw.lit("refused")).otherwise(nw.lit("held")))
    )


def _doubles(rows: nw.LazyFrame, wide: nw.LazyFrame) -> nw.LazyFrame:
    """The first row of each register that came more than once."""
    read = [nw.when(nw.col(f"low_{name}").is_null()).then(0).otherwise(1) for name in REGISTER_NAMES]
    several = wide.filter(nw.col("rows") > nw.sum_horizontal(*read)).select("meter")
    return (
        rows.filter(nw.col("fault") == "")
        .join(several, on="meter", how="semi")
        .group_by("meter", "register")
        .agg(nw.col("reading").min().alias("_first"))
    )


def _daily_use(
    settled: nw.LazyFrame, accounts: nw.LazyFrame, history: nw.LazyFrame, day: int, limits: ReadingLimits
) -> nw.LazyFrame:
    unread = (
        accounts.filter(~nw.col("taken")).select("account", "has_time_of_use").join(history, on="account", how="left")
    )
    return nw.concat(
        [
            measured_days(accounts.filter(nw.col("taken") & (nw.col("days") == 1)), day=day),
            trued_up_days(settled.filter(nw.col("taken") & (nw.col("account_days") > 1)), longest=limits.gap_days),
            estimated_days(unread, day=day),
        ]
    )


def _registers(previous: nw.LazyFrame, settled: nw.LazyFrame, day: int) -> nw.LazyFrame:
    """The last values from which the next day starts."""
    moved = settled.select(
        "meter",
        "taken",
        *(f"low_{name}" for name in REGISTER_NAMES),
        _suspected=nw.col("due") & (nw.col("account_fault") == "USE_SPIKE"),
    )
    taken, low = nw.col("taken"), by_register("low")
    suspect = nw.when(nw.col("_suspected")).then(low).otherwise(nw.col("suspect_centi"))
    kept = previous.join(moved, on="meter", how="left").select(
        "meter",
        "register",
        previous_centi=nw.when(taken).then(low).otherwise(nw.col("previous_centi")),
        previous_day=nw.when(taken).then(nw.lit(day, nw.Int64)).otherwise(nw.col("previous_day")),
        suspect_centi=nw.when(taken).then(nw.lit(NEVER_SUSPECT, nw.Int64)).otherwise(suspect),
    )
    return nw.concat([kept, _started(settled, day)])


def _started(settled: nw.LazyFrame, day: int) -> nw.LazyFrame:
    """Registers that showed their first value."""
    probes = [
        Probe("READING_FIRST", "note", first_value(name), nw.col(f"low_{name}"), 0, {"register": number})
        for number, name in enumerate(REGISTER_NAMES)
    ]
    return hits(settled, probes, keep=["meter"]).select(
        "meter",
        "register",
        previous_centi=nw.col("observed"),
        previous_day=nw.lit(day, nw.Int64),
        suspect_centi=nw.lit(NEVER_SUSPECT, nw.Int64),
    )


def _findings(  # noqa: PLR0917 -- every frame of the day has its findings
    settled: nw.LazyFrame,
    accounts: nw.LazyFrame,
    history: nw.LazyFrame,
    verdicts: nw.LazyFrame,
    rows: nw.LazyFrame,
    day: int,
    limits: ReadingLimits,
) -> nw.LazyFrame:
    today = nw.lit(day, nw.Int64).alias("day")
    of_meters = hits(settled, meter_probes(limits), keep=["account", "meter"]).with_columns(today)
    of_accounts = hits(
        accounts.rename({"first_meter": "meter"}).join(history, on="account", how="left"),
        [*account_probes(limits), without_history(day)],
        keep=["account", "meter"],
    ).with_columns(today)
    copies = verdicts.filter(nw.col("code") == "READING_DUPLICATE")
    of_rows = hits(rows.filter(nw.col("fault") != ""), row_probes(), keep=["account", "meter", "register", "day"])
    of_copies = hits(copies, copy_probes(), keep=["account", "meter", "register", "day"])
    return nw.concat(
        [each.select(*FINDING_COLUMNS) for each in (of_meters, of_accounts, of_rows, of_copies)]
    ).with_columns(account=nw.coalesce(nw.col("account"), nw.lit(-1, nw.Int64)))
