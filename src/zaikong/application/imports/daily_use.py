"""How does a head-end's daily use become daily use?

A day whose use was imported before may be revised by a later file: the row it replaces is kept. A day that a meter's
readings have settled is not overwritten by a sum somebody hands in.
"""

from typing import Final

import polars as pl

from zaikong.application.imports.known import with_accounts
from zaikong.application.imports.loader import Loader, Terms, Write, Written
from zaikong.application.imports.rejections import Rejections
from zaikong.application.imports.sheet import LINE
from zaikong.application.imports.table import Table
from zaikong.kernel.energy import REGISTERS
from zaikong.store.queries import metering as queries

_BY_METER: Final = ("measured", "trued_up")


def prepare(table: Table, rejections: Rejections, terms: Terms) -> Write:
    """Set the rows beside the use known; see `loader`."""
    queries.lock()
    rows = _adding_up(with_accounts(table.rows, rejections), rejections)
    beside = _beside_known(_energies(rows))
    wanted = rejections.refuse(
        beside,
        pl.col("differs") & pl.col("source_known").is_in(_BY_METER),
        column="kwh",
        code="USE_MEASURED",
        reason=pl.format(
            "The meter's readings say {} for this day. Correct the reading, or bill the difference back (退补).",
            (pl.col("centi_kwh_known") / 100).round(2),
        ),
    )
    return lambda: _written(wanted, terms)


def _adding_up(rows: pl.DataFrame, rejections: Rejections) -> pl.DataFrame:
    given = [name for name in REGISTERS if name in rows.columns]
    if not given:
        return rows
    parts = pl.sum_horizontal(pl.col(name).fill_null(0) for name in given)
    named = pl.any_horizontal(pl.col(name).fill_null(0) != 0 for name in given)
    return rejections.refuse(
        rows,
        named & (parts != pl.col("kwh")),
        column="kwh",
        code="REGISTERS_DO_NOT_ADD_UP",
        reason="The registers do not add up to the total. Correct the row, or leave all registers out.",
    )


def _energies(rows: pl.DataFrame) -> pl.DataFrame:
    def part(name: str) -> pl.Expr:
        return pl.col(name).fill_null(0) if name in rows.columns else pl.lit(0, pl.Int64)

    return rows.select(
        LINE,
        "account",
        day=pl.col("date").to_physical().cast(pl.Int64),
        **{f"{name}_centi_kwh": part(name) for name in REGISTERS},
        centi_kwh="kwh",
        centi_kvarh=part("kvarh"),
        source=pl.lit("imported"),
    )


def _beside_known(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `differs` from what counts (true where nothing does), `source_known` and `centi_kwh_known`."""
    if rows.is_empty():
        known = pl.DataFrame(schema=queries.DAILY_USE)
    else:
        days = rows["day"]
        known = queries.daily_use(rows["account"], from_day=int(days.min()), to_day=int(days.max()) + 1)  # type: ignore[arg-type] # not empty
    energies = [*queries.ENERGIES, "source"]
    kept = known.select("account", "day", *(pl.col(name).alias(f"{name}_known") for name in energies))
    return rows.join(kept, on=["account", "day"], how="left", maintain_order="left").with_columns(
        differs=pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_known")) for name in queries.ENERGIES)
    )


def _written(rows: pl.DataFrame, terms: Terms) -> Written:
    changed = rows.filter("differs")
    queries.revise_use(changed.select(list(queries.DAILY_USE)), known_date=terms.as_of)
    revised = int(changed["source_known"].is_not_null().sum())
    return Written(
        changed.height, rows.height - changed.height, {"created": changed.height - revised, "revised": revised}
    )


LOADER: Final = Loader(prepare)
