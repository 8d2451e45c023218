"""How do readings of a whole county come from the meters themselves?

Every meter on a wire is asked for its registers at once, as many at a time as its line bears. What they show is written as
the readings file any head-end would hand over, so the night takes it in by the rules of every other reading; who did not
answer is named with the cause, and the night estimates their day. Every exchange is kept.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl
from django.db import transaction

from zaikong.application.commanding.exchanges import outcome_words
from zaikong.application.commanding.meters import CommandableMeter, readable_meters
from zaikong.kernel.finding import Finding
from zaikong.kernel.period import TIME_ZONE
from zaikong.meterio.front import Answer, FrontEnd, Limits, Patience, Priority
from zaikong.meterio.front.terms import CredentialsOf
from zaikong.meterio.outcome import Confirmed
from zaikong.meterio.session import Verb
from zaikong.meterio.sessions import open_session
from zaikong.store.models import MeterExchange

FILE: Final = "readings.parquet"
"""Name of the file the night looks for."""

COLUMNS: Final = {"meter_no": pl.String, "read_at": pl.String, "register": pl.String, "value": pl.String}
"""Columns of the file, as any readings file."""

_CENTI: Final = 100


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection brought.

    Attributes:
        file: The readings file; None where no meter answered.
        read: Meters that answered.
        rows: Register values in the file.
        findings: Meters that did not, with the cause as code.
        seconds: Time it took [s].
    """

    file: Path | None
    read: int
    rows: int
    findings: tuple[Finding, ...]
    seconds: float


def collect_readings(
    *,
    folder: Path,
    at: datetime,
    credentials: CredentialsOf,
    station: str = "",
    limits: Limits | None = None,
    patience: Patience | None = None,
) -> Collected:
    """Read every meter on a wire and write the readings file of a night.

    Args:
        folder: The night's inbox.
        at: Now; the moment of every reading.
        credentials: What each meter asks for before it answers.
        station: Only meters of accounts of this station's code; all where empty.
        limits: How many exchanges at a time.
        patience: How long and how often.

    Returns:
        What came of it. A meter that stays silent is a finding, never a value.
    """
    asked = readable_meters(station=station)
    answers, seconds = asyncio.run(_asked([meter for meter, _multi in asked], credentials, limits, patience))
    frame = _frame(asked, answers, at=at)
    with transaction.atomic():
        _keep([meter for meter, _multi in asked], answers, at=at)
    silent = tuple(
        Finding(outcome_words(answer.outcome)[1].upper(), meter.meter_no, "the meter was not read", "DL/T 645, 698.45")
        for (meter, _multi), answer in zip(asked, answers, strict=True)
        if not isinstance(answer.outcome, Confirmed)
    )
    file = _written(frame, folder)
    return Collected(file, len(answers) - len(silent), frame.height, silent, round(seconds, 2))


async def _asked(
    meters: Sequence[CommandableMeter], credentials: CredentialsOf, limits: Limits | None, patience: Patience | None
) -> tuple[list[Answer], float]:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with FrontEnd(opener=open_session, credentials=credentials, limits=limits, patience=patience) as front:
        answers = await asyncio.gather(
            *(front.ask(meter.address, Verb.READ_REGISTERS, priority=Priority.READ) for meter in meters)
        )
    return list(answers), loop.time() - began


def _frame(
    asked: Sequence[tuple[CommandableMeter, frozenset[str]]], answers: Sequence[Answer], *, at: datetime
) -> pl.DataFrame:
    """One row a register the account is billed by: the four of a time-of-use meter and its reactive one, or the total."""
    moment = at.astimezone(TIME_ZONE).isoformat(timespec="seconds")
    rows = [
        (meter.meter_no, moment, name, f"{value // _CENTI}.{value % _CENTI:02d}")
        for (meter, billed), answer in zip(asked, answers, strict=True)
        if isinstance(answer.outcome, Confirmed)
        for name, value in answer.outcome.value.values.items()
        if name in billed
    ]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _written(frame: pl.DataFrame, folder: Path) -> Path | None:
    if frame.is_empty():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{FILE}.part"
    frame.write_parquet(part)
    return part.replace(folder / FILE)


def _keep(meters: Sequence[CommandableMeter], answers: Sequence[Answer], *, at: datetime) -> None:
    rows = []
    for meter, answer in zip(meters, answers, strict=True):
        word, code, told = outcome_words(answer.outcome)
        rows.append(
            MeterExchange(
                meter_id=meter.meter,
                verb=Verb.READ_REGISTERS.value,
                at=at,
                milliseconds=answer.milliseconds,
                outcome=word,
                code=code[:40],
                told=told,
            )
        )
    MeterExchange.objects.bulk_create(rows, batch_size=5_000)
