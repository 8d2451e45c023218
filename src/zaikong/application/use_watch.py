"""Whose use has collapsed by the end of a business date, and what became of the collapses that stood?

The rule of `domain.credit.use_collapse` over the daily use of every account that is no home. Run again for the same date
it writes the same; an earlier date cannot be watched any more once a later one has been, because an alarm stands on those
of the night before.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import narwhals as nw
import polars as pl
from django.db import transaction

from zaikong.domain.credit.use_collapse import DAILY_USE_COLUMNS, STANDING_COLUMNS, use_collapses, windows_of
from zaikong.engine.answers import collected
from zaikong.engine.dictionary import checked
from zaikong.kernel.period import day_number
from zaikong.kernel.refusal import Refusal
from zaikong.store.queries import use_collapses as queries


class UnableToWatchUseError(Refusal):
    """A date that cannot be watched any more."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a night saw.

    Attributes:
        opened: Accounts whose use is seen to have collapsed for the first time.
        escalated: Accounts whose drop became a stop.
        standing: Collapses that stand, with those.
        recovered: Collapses whose use is back.
        settled: Collapses whose new level has become the usual one.
        holiday: Accounts with low use around a holiday, of whom nobody is told.
    """

    opened: int
    escalated: int
    standing: int
    recovered: int
    settled: int
    holiday: int


@transaction.atomic
def watch_use(*, as_of: date) -> Watched:
    """Look for collapses of use at the end of a business date.

    Args:
        as_of: The business date; its own use is seen.

    Raises:
        UnableToWatchUseError: `LATER_NIGHT_SEEN`.
    """
    night = as_of + timedelta(days=1)
    queries.lock()
    later = queries.later_night(night)
    if later is not None:
        raise UnableToWatchUseError(
            f"use has been watched up to {later - timedelta(days=1)}",
            code="LATER_NIGHT_SEEN",
            fields={"as_of": as_of},
            remedy="Watch the dates in their order.",
        )
    seen = pl.concat(_seen(accounts, night) for accounts in queries.watched_accounts(as_of=as_of))
    counts = Counter(seen["collapse_state"].to_list())
    queries.keep(seen.filter(pl.col("collapse_state") != "holiday"), night=night)
    return Watched(
        opened=counts["opened"],
        escalated=counts["escalated"],
        standing=counts["opened"] + counts["escalated"] + counts["open"],
        recovered=counts["recovered"],
        settled=counts["settled"],
        holiday=counts["holiday"],
    )


def _seen(accounts: tuple[int, int], night: date) -> pl.DataFrame:
    windows = windows_of(day_number(night))
    first = (windows.reference or windows.recent)[-1]
    use = queries.daily_use(accounts, until=night - timedelta(days=1), days=day_number(night) - first)
    stood = queries.standing(accounts, before=night)
    return collected(
        use_collapses(
            checked(nw.from_native(use.lazy()), DAILY_USE_COLUMNS, rule="use_collapses"),
            checked(nw.from_native(stood.lazy()), STANDING_COLUMNS, rule="use_collapses"),
            as_of_day=day_number(night),
        )
    )
