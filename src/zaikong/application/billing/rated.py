"""How are settlements turned into bills and lines ready to post? One path for runs, drafts, corrections, estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import narwhals as nw
import polars as pl

from zaikong.domain.billing import lines as line_rules
from zaikong.domain.billing import rating
from zaikong.domain.billing.books import all_books
from zaikong.domain.billing.correction import interim_lines, less_interim
from zaikong.domain.billing.prices import prices_frame
from zaikong.domain.billing.splitting import SETTLEMENT_COLUMNS
from zaikong.engine.dictionary import checked
from zaikong.store.queries import settlements as reads

_KEYS = list(rating.KEYS)


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
    groups = rating.rated(entry, nw.from_native(shipped_prices().lazy()), keep=rating.in_memory)
    bills, lines, unrated = pl.collect_all(
        [
            rating.bills(groups).to_native(),
            line_rules.bill_lines(groups).to_native(),
            groups.unrated.to_native(),
        ]
    )
    identity = settlements.select(*_KEYS, "settlement", "sequence", "kind")
    standing = reads.no_bills() if interim is None else interim
    return RatedFrames(
        bills=_bills(bills, identity, standing),
        lines=_lines(lines, identity, standing),
        unrated=_unrated(unrated, identity),
    )


def _bills(bills: pl.DataFrame, identity: pl.DataFrame, interim: pl.DataFrame) -> pl.DataFrame:
    named = bills.join(identity, on=_KEYS, how="left")
    closed: Any = less_interim(nw.from_native(named.lazy()), nw.from_native(interim.lazy())).to_native()
    frame: pl.DataFrame = closed.collect()
    return frame.with_columns(reverses=pl.lit(None, pl.Int64)).sort("settlement")


def _lines(lines: pl.DataFrame, identity: pl.DataFrame, interim: pl.DataFrame) -> pl.DataFrame:
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
    settlements, standing = nw.from_native(identity.lazy()), nw.from_native(interim.lazy())
    off: Any = interim_lines(settlements, standing).to_native()
    taken: pl.DataFrame = off.collect()
    return pl.concat([named, taken.with_columns(price_from_day=pl.lit(None, pl.Int64)).select(named.columns)])


def _unrated(unrated: pl.DataFrame, identity: pl.DataFrame) -> pl.DataFrame:
    return unrated.join(identity, on=_KEYS, how="left").select(
        "settlement", "account", "month", code=pl.col("unrated_code")
    )


def lines_of(lines: pl.DataFrame, settlements: Sequence[int]) -> pl.DataFrame:
    """The lines of some settlements."""
    return lines.filter(pl.col("settlement").is_in(list(settlements)))
