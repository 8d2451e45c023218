"""How are settlements turned into bills and lines ready to post? One path for runs, drafts, corrections, estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import narwhals as nw
import polars as pl

from zaikong.domain.billing import lines as line_rules
from zaikong.domain.billing import rating
from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.prices import prices_frame
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.engine.dictionary import checked
from zaikong.store.queries import settlements as reads

_KEYS = list(rating.KEYS)

INTERIM_SETTLED = "INTERIM_SETTLED"
"""Line of a closing bill that takes an interim bill off."""

_INTERIM_LINE = 10_000
"""Lines that take interim bills off begin after this number."""


@dataclass(frozen=True, slots=True)
class RatedFrames:
    """Settlements rated.

    Attributes:
        bills: One row a settlement with the columns `posting.post_bills` wants, but for `due_day`.
        lines: Their lines.
        unrated: Settlements that could not be rated: `settlement`, `account`, `month`, `code`.
    """

    bills: pl.DataFrame
    lines: pl.DataFrame
    unrated: pl.DataFrame


@cache
def shipped_prices() -> pl.DataFrame:
    """Every price of the shipped books."""
    frame: pl.DataFrame = prices_frame(all_books().values()).to_native().collect()
    return frame


def rate_frame(settlements: pl.DataFrame, *, interim: pl.DataFrame | None = None) -> RatedFrames:
    """Rate settlements through the production rules.

    Args:
        settlements: As `settlements.settlement_frame` gives it.
        interim: Standing interim bills of the month, as `settlements.billed_in`, for closing settlements.

    Raises:
        UnableToEnterEngineError: A column breaks the column dictionary.
    """
    entry = checked(nw.from_native(settlements.lazy()), SETTLEMENT_COLUMNS, rule="rating")
    groups = rating.rated(entry, nw.from_native(shipped_prices().lazy()))
    bills, lines, unrated = pl.collect_all(
        [
            rating.bills(groups).to_native(),
            line_rules.bill_lines(groups).to_native(),
            groups.unrated.to_native(),
        ]
    )
    identity = settlements.select(*_KEYS, "settlement", "sequence", "kind")
    taken_off = _interim_totals(identity, interim)
    return RatedFrames(
        bills=_bills(bills, identity, taken_off),
        lines=_lines(lines, identity, interim),
        unrated=_unrated(unrated, identity),
    )


def _bills(bills: pl.DataFrame, identity: pl.DataFrame, taken_off: pl.DataFrame) -> pl.DataFrame:
    return (
        bills.join(identity, on=_KEYS, how="left")
        .join(taken_off, on="account", how="left")
        .with_columns(pl.col("interim_fen", "interim_fund_fen").fill_null(0))
        .with_columns(
            other_fen=-pl.col("interim_fen"),
            total_fen=pl.col("total_fen") - pl.col("interim_fen"),
            ledger_fund_fen=pl.col("fund_fen") - pl.col("interim_fund_fen"),
            reverses=pl.lit(None, pl.Int64),
        )
        .drop("interim_fen", "interim_fund_fen")
        .sort("settlement")
    )


def _interim_totals(identity: pl.DataFrame, interim: pl.DataFrame | None) -> pl.DataFrame:
    if interim is None:
        interim = reads.no_bills()
    closing = identity.filter(pl.col("kind") == "closing").select("account")
    return (
        interim.filter(pl.col("kind") == "interim")
        .join(closing, on="account", how="semi")
        .group_by("account")
        .agg(interim_fen=pl.col("total_fen").sum(), interim_fund_fen=pl.col("fund_fen").sum())
    )


def _lines(lines: pl.DataFrame, identity: pl.DataFrame, interim: pl.DataFrame | None) -> pl.DataFrame:
    starts = shipped_prices().select("price_id", price_from_day="effective_from_day")
    named = (
        lines.join(identity, on=_KEYS, how="left")
        .join(starts, on="price_id", how="left")
        .select(
            "settlement",
            "line",
            "item",
            "quantity",
            "unit",
            "price_e8",
            "amount_fen",
            from_day="segment_from_day",
            to_day="segment_to_day",
            price_from_day="price_from_day",
        )
    )
    if interim is None or interim.is_empty():
        return named
    closing = identity.filter(pl.col("kind") == "closing").select("account", "settlement")
    taken = interim.filter(pl.col("kind") == "interim").join(closing, on="account", how="inner")
    off = taken.select(
        "settlement",
        line=pl.lit(_INTERIM_LINE, pl.Int64) + pl.col("sequence"),
        item=pl.lit(INTERIM_SETTLED),
        quantity=pl.lit(0, pl.Int64),
        unit=pl.lit("kwh"),
        price_e8=pl.lit(0, pl.Int64),
        amount_fen=-pl.col("total_fen"),
        from_day="from_day",
        to_day="to_day",
        price_from_day=pl.lit(None, pl.Int64),
    )
    return pl.concat([named, off])


def _unrated(unrated: pl.DataFrame, identity: pl.DataFrame) -> pl.DataFrame:
    return unrated.join(identity, on=_KEYS, how="left").select(
        "settlement", "account", "month", code=pl.col("unrated_code")
    )


def lines_of(lines: pl.DataFrame, settlements: Sequence[int]) -> pl.DataFrame:
    """The lines of some settlements."""
    return lines.filter(pl.col("settlement").is_in(list(settlements)))
