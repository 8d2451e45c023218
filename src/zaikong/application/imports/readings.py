"""How does a file of register readings reach metering?

A row that can be read is handed to the rules of metering, which accept, hold or refuse it and leave a finding for a
person; only rows that cannot be read, or name no meter at all, are rejected here.
"""

from typing import Final

import polars as pl

from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import refused
from zaikong.application.imports.table import Table
from zaikong.application.metering import read_night
from zaikong.application.metering_outcome import NightReadings
from zaikong.kernel.finding import Finding
from zaikong.store.queries import registry as queries


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Find the meter of every row; see `loader`.

    Raises:
        UnableToReadFileError: `METERS_ALL_UNKNOWN`: the file is another county's.
    """
    rows = _with_meters(table, rejections)
    if rows.height and queries.meters_known(rows["meter_no"]).is_empty():
        raise refused(
            table.sheet.path,
            "METERS_ALL_UNKNOWN",
            "names no meter that is known here",
            "Check that it is this county's file, and import the meters first.",
        )
    readings = rows.select("meter_no", "register", "read_at", value_centi="value")
    return lambda: _told(read_night(readings, night_date=terms.as_of))


def _with_meters(table: Table, rejections: Rejections) -> pl.DataFrame:
    rows = table.rows
    if "meter_no" not in rows.columns and "account_no" not in rows.columns:
        raise refused(
            table.sheet.path,
            "HEADER_WRONG",
            "has neither account_no (户号) nor meter_no (电表资产号)",
            "Add one of the columns.",
        )
    rows = rows.with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("meter_no", "account_no") if name not in rows.columns
    )
    asked = rows.filter(pl.col("meter_no").is_null())
    if asked.is_empty():
        return _agreeing(rows, rejections)
    of_accounts = (
        queries.meters_of_accounts(asked["account_no"])
        .group_by("account_no")
        .agg(found=pl.col("meter_no").first(), meters=pl.len().cast(pl.Int64))
    )
    beside = rows.join(of_accounts, on="account_no", how="left", maintain_order="left")
    bare = pl.col("meter_no").is_null()
    faults = (
        (
            pl.col("account_no").is_null(),
            "EMPTY",
            "Neither account_no (户号) nor meter_no (电表资产号) is given. Write one.",
        ),
        (
            pl.col("meters").is_null(),
            "METER_UNKNOWN",
            "There is no such account, or it has no meter. Correct the number, or import the meter first.",
        ),
        (pl.col("meters") > 1, "METER_AMBIGUOUS", "The account has several meters. Write meter_no (电表资产号)."),
    )
    for when, code, reason in faults:
        beside = rejections.refuse(beside, bare & when, column="account_no", code=code, reason=reason)
    return _agreeing(beside.with_columns(meter_no=pl.coalesce("meter_no", "found")), rejections)


def _agreeing(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    """Refuse rows whose meter is installed at another account than they say."""
    if rows["account_no"].null_count() == rows.height:
        return rows
    known = queries.meters_known(rows["meter_no"]).select("meter_no", account_known="account_no")
    beside = rows.join(known, on="meter_no", how="left", maintain_order="left")
    return rejections.refuse(
        beside,
        pl.col("account_no") != pl.col("account_known"),
        column="account_no",
        code="METER_ELSEWHERE",
        reason=pl.format("The meter is installed at account {}. Correct one of the numbers.", "account_known"),
    )


def _told(night: NightReadings) -> Written:
    notes = tuple(
        Finding(code, str(count), f"{count} findings {code}: see the metering findings of the night.")
        for code, count in night.findings.items()
    )
    return Written(
        loaded=night.rows - night.unchanged,
        unchanged=night.unchanged,
        details={
            name: getattr(night, name) for name in ("accepted", "held", "refused", "measured", "trued_up", "estimated")
        },
        notes=notes,
    )


LOADER: Final = Loader(prepare, once=False, single=False)
