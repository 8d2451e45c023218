"""How does a file of meters become meters?

A meter belongs to one account. It is not moved to another one here, and what has been read keeps its multiplier and
digits, because the use between two readings would be counted by the wrong one.
"""

from typing import Final

import polars as pl

from zaikong.application.imports.known import with_accounts
from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.table import Table
from zaikong.store.queries import registry as queries

_STORED: Final = tuple(name for name in queries.METER if name not in {"meter", "meter_no", "account_no", "has_values"})


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Set the rows beside the meters; see `loader`."""
    del terms
    queries.lock()
    rows = with_accounts(table.rows, rejections)
    stored = queries.meters_known(rows["meter_no"])
    kept = stored.select(
        "meter_no", *(pl.col(name).alias(f"{name}|stored") for name in stored.columns if name != "meter_no")
    )
    beside = rows.join(kept, on="meter_no", how="left", maintain_order="left")
    wanted = _sound(_completed(beside), rejections)
    return lambda: _written(wanted)


def _completed(rows: pl.DataFrame) -> pl.DataFrame:
    """Every stored column: the file's value, what is stored where the file has no such column, or the default."""
    defaults: dict[str, pl.Expr] = {
        "address": pl.lit(""),
        "installed_date": pl.coalesce("installed_date|stored", "contract_date"),
        "removed_date": pl.lit(None, pl.Date),
    }
    filled = {}
    for name in _STORED:
        default = defaults.get(name)
        if default is None:
            continue
        if name in rows.columns:
            filled[name] = pl.coalesce(name, default)
        else:
            known = pl.col("meter|stored").is_not_null()
            filled[name] = pl.when(known).then(f"{name}|stored").otherwise(default)
    return rows.with_columns(**filled)


def _sound(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    known = pl.col("meter|stored").is_not_null()
    rows = rejections.refuse(
        rows,
        known & (pl.col("account_no") != pl.col("account_no|stored")),
        column="account_no",
        code="METER_ELSEWHERE",
        reason=pl.format(
            "The meter is installed at account {}. Enter its removal there; the new meter has a number of its own.",
            "account_no|stored",
        ),
    )
    for name in ("multiplier", "digits"):
        rows = rejections.refuse(
            rows,
            known & pl.col("has_values|stored") & (pl.col(name) != pl.col(f"{name}|stored")),
            column=name,
            code="METER_ALREADY_READ",
            reason=pl.format(
                "The meter has been read with {} {}; changing it would count its use wrongly. Remove the meter and "
                "register another, or correct past bills by back-bill (退补).",
                pl.lit(name),
                f"{name}|stored",
            ),
        )
    return rejections.refuse(
        rows,
        pl.col("removed_date") < pl.col("installed_date"),
        column="removed_date",
        code="REMOVED_BEFORE_INSTALLED",
        reason="The meter was removed before it was installed. Correct one of the dates.",
    )


def _written(rows: pl.DataFrame) -> Written:
    fresh = pl.col("meter|stored").is_null()
    new = rows.filter(fresh)
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}|stored")) for name in _STORED)
    changed = rows.filter(~fresh & differs).with_columns(meter="meter|stored")
    queries.insert(
        "meter",
        new.with_columns(meter=queries.new_ids("meter", new.height)).select("meter", "meter_no", "account", *_STORED),
    )
    queries.update("meter", changed.select("meter", *_STORED))
    loaded = new.height + changed.height
    return Written(loaded, rows.height - loaded, {"created": new.height, "updated": changed.height})


LOADER: Final = Loader(prepare)
