"""What of a judged night is new, and is written?

What stands already is not written again; nothing that stands is changed, except that use which is revised counts no more
and that a finding is marked settled by a later reading.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from zaikong.domain.metering.history import DAILY_USE_COLUMNS
from zaikong.kernel.period import day_number
from zaikong.store.queries import metering as queries

ROW: Final = ["meter_no", "register", "read_at", "value_centi"]
"""What makes two readings the same."""

_UNKNOWN: Final = -1
_OVERTAKEN: Final = "READING_NOT_NEWER"
_RESOLUTION: Final = "read"
_WAITING: Final = ["READING_MISSING", "REGISTER_MISSING", "READING_WAITS", "READING_CONFLICT", "READING_BACKWARDS"]
"""Findings that a later sound reading of the account settles."""

_FINDING_KEY: Final = ["meter_no", "register", "day", "code"]


@dataclass(frozen=True, slots=True)
class NightReadings:
    """What readings amounted to.

    Attributes:
        rows: Readings handed in.
        accepted: Of them newly recorded and taken.
        held: Of them newly recorded and held for a person.
        refused: Of them newly recorded and no reading at all.
        unchanged: Of them recorded before with the same verdict.
        measured: Days of use measured.
        trued_up: Days of use laid over a gap.
        estimated: Days of use estimated.
        findings: New findings by code.
    """

    rows: int = 0
    accepted: int = 0
    held: int = 0
    refused: int = 0
    unchanged: int = 0
    measured: int = 0
    trued_up: int = 0
    estimated: int = 0
    findings: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A day's outcome in frames, see `domain.metering.reading_day.DayReading`."""

    daily_use: pl.DataFrame
    registers: pl.DataFrame
    findings: pl.DataFrame
    verdicts: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Judged:
    """A night's readings, judged and not yet written.

    Attributes:
        meters: `queries.METER` of the accounts concerned.
        previous: `queries.PREVIOUS` of these meters, as stored.
        before: `queries.RECORDED`, what was recorded before.
        asked: The readings judged: `reading`, `meter`, `day`, `ROW`, and `brought`, whether it was handed in now.
        steps: The outcome, late days first.
    """

    meters: pl.DataFrame
    previous: pl.DataFrame
    before: pl.DataFrame
    asked: pl.DataFrame
    steps: list[Step]


def write(judged: Judged, *, handed_in: int, night_date: date) -> NightReadings:
    """Write what is new, in the current transaction.

    Args:
        judged: The night's readings.
        handed_in: How many readings were handed in.
        night_date: Business date.
    """
    verdicts = _new_verdicts(judged)
    queries.record_readings(verdicts, night_date=night_date)
    _keep_registers(judged)
    use = _revised(judged.steps)
    queries.revise_use(use, known_date=night_date)
    taken = use.filter(pl.col("source") != "estimated")["account"]
    if taken.len():
        queries.settle_findings(
            taken, _WAITING, to_day=day_number(night_date), night_date=night_date, resolution=_RESOLUTION
        )
    found = _new_findings(judged, night_date)
    queries.record_findings(found, night_date=night_date)
    counts = dict(verdicts.group_by("verdict").len().iter_rows())
    sources = dict(use.group_by("source").len().iter_rows())
    return NightReadings(
        rows=handed_in,
        accepted=counts.get("accepted", 0),
        held=counts.get("held", 0),
        refused=counts.get("refused", 0),
        unchanged=handed_in - int(verdicts["brought"].sum()),
        measured=sources.get("measured", 0),
        trued_up=sources.get("trued_up", 0),
        estimated=sources.get("estimated", 0),
        findings=dict(found.group_by("code").len().sort("code").iter_rows()),
    )


def _new_verdicts(judged: Judged) -> pl.DataFrame:
    """Verdicts that were not recorded before, with the reading they are on.

    A reading that was held and has been overtaken by a later one keeps the verdict it has.
    """
    verdicts = pl.concat([step.verdicts.select("reading", "account", "verdict", "code") for step in judged.steps])
    told = judged.asked.join(verdicts, on="reading", how="inner", maintain_order="left")
    overtaken = told.filter(pl.col("code") == _OVERTAKEN).join(judged.before, on=ROW, how="semi")
    return told.join(judged.before, on=[*ROW, "verdict", "code"], how="anti", maintain_order="left").join(
        overtaken, on="reading", how="anti", maintain_order="left"
    )


def _keep_registers(judged: Judged) -> None:
    """Write the last values that differ from what is stored."""
    kept = pl.concat([step.registers for step in judged.steps])
    last = kept.unique(["meter", "register"], keep="last", maintain_order=True).select(list(queries.PREVIOUS))
    stored = judged.previous.select(last.columns)
    queries.start_registers(last.join(stored, on=["meter", "register"], how="anti"))
    known = last.join(stored, on=["meter", "register"], how="semi")
    queries.move_registers(known.join(stored, on=last.columns, how="anti"))


def _revised(steps: list[Step]) -> pl.DataFrame:
    """Use that differs from what counts; an estimate replaces nothing."""
    use = (
        pl.concat([step.daily_use for step in steps])
        .select(list(DAILY_USE_COLUMNS))
        .unique(["account", "day"], keep="last", maintain_order=True)
    )
    if use.is_empty():
        return use
    counts = queries.daily_use(
        use["account"],
        from_day=int(use["day"].min()),  # type: ignore[arg-type] # not empty
        to_day=int(use["day"].max()) + 1,  # type: ignore[arg-type] # not empty
    )
    changed = use.join(counts.select(use.columns), on=list(DAILY_USE_COLUMNS), how="anti", maintain_order="left")
    counted = counts.select("account", "day", counted=pl.lit(value=True))
    return (
        changed.join(counted, on=["account", "day"], how="left", maintain_order="left")
        .filter((pl.col("source") != "estimated") | pl.col("counted").is_null())
        .drop("counted")
    )


def _new_findings(judged: Judged, night_date: date) -> pl.DataFrame:
    """Findings that do not stand yet."""
    asked = judged.asked
    names = pl.concat([judged.meters.select("meter", "meter_no"), asked.select("meter", "meter_no")]).unique("meter")
    found = (
        pl.concat([step.findings for step in judged.steps])
        .join(names, on="meter", how="left", maintain_order="left")
        .with_columns(pl.col("meter_no").fill_null(""))
    )
    known = queries.open_findings(night_date=night_date)
    overtaken = asked.join(judged.before, on=ROW, how="semi").select(
        "meter_no", "register", "day", code=pl.lit(_OVERTAKEN)
    )
    return (
        found.join(overtaken, on=_FINDING_KEY, how="anti", maintain_order="left")
        .unique(_FINDING_KEY, keep="first", maintain_order=True)
        .join(known, on=_FINDING_KEY, how="anti", maintain_order="left")
        .with_columns(
            account=pl.when(pl.col("account") != _UNKNOWN).then("account"),
            register=pl.when(pl.col("register") != _UNKNOWN).then("register"),
        )
    )
