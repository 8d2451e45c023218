"""Must supply be given back, since when, and by when at the latest?

Any one cause suffices: what was owed is paid, security is given, an instalment agreement stands, a protection stands,
the authority orders it, or the cut was wrong. Giving back needs no approval and no complete facts: an unknown cause
(null) is simply not one, and every known one counts. A cause that was there before the cut runs from the cut.

Basis: 《供电营业规则》 (within 3 days in the edition of 1996, 24 hours in that of 2024); 《河南省供用电条例》 articles 46
and 51.
"""

from datetime import date
from typing import Final

import narwhals as nw

from zaikong.domain.law.parameters import NATION, Restoration, Version, in_law
from zaikong.kernel.period import HOUR

CAUSES: Final = (
    "wrong_cut_at",
    "authority_order_at",
    "paid_at",
    "security_at",
    "instalment_at",
    "protection_at",
)
"""Moments a cause arose; 0 and null where it did not [us]."""

RESTORE_COLUMNS: Final = ("account", "cut_done_at", *CAUSES)
"""What `must_restore` reads; `cut_done_at` is 0 where supply is not cut."""


def restoration_law(*, as_of: date, jurisdiction: str = NATION) -> Version[Restoration]:
    """The hours of a day with their basis.

    Raises:
        UnableToFindValueError: No text is in force.
    """
    return in_law(Restoration, as_of=as_of, jurisdiction=jurisdiction)


def must_restore(cuts: nw.LazyFrame, *, as_of_at: int, law: Restoration) -> nw.LazyFrame:
    """Which accounts get their supply back.

    Args:
        cuts: One row an account with `RESTORE_COLUMNS`; causes later than `as_of_at` are not yet known.
        as_of_at: Moment of the question [us].
        law: The hours.

    Returns:
        One row an account: `account`, `must_restore`, `restore_cause` (the first of `CAUSES` by time, then by order,
        without `_at`; empty without one), `restore_since_at` and `restore_by_at` [us] (0 without one), `restore_late`
        whether that moment has passed.
    """
    never = nw.lit(2**60, nw.Int64)
    arisen = [
        nw.when((nw.col(name) > 0) & (nw.col(name) <= as_of_at)).then(nw.col(name)).otherwise(never) for name in CAUSES
    ]
    cause: nw.Expr = nw.lit("")
    for name, moment in reversed(list(zip(CAUSES, arisen, strict=True))):
        first = (moment == nw.col("_first")) & (moment < never)
        cause = nw.when(first).then(nw.lit(name.removesuffix("_at"))).otherwise(cause)
    must = (nw.col("cut_done_at") > 0) & (nw.col("_first") < never)
    since = nw.max_horizontal(nw.col("_first"), nw.col("cut_done_at"))
    nothing = nw.lit(0, nw.Int64)
    return (
        cuts.with_columns(_first=nw.min_horizontal(*arisen))
        .with_columns(must_restore=nw.coalesce(must, nw.lit(False)), _cause=cause, _since=since)
        .with_columns(
            restore_cause=nw.when(nw.col("must_restore")).then(nw.col("_cause")).otherwise(nw.lit("")),
            restore_since_at=nw.when(nw.col("must_restore")).then(nw.col("_since")).otherwise(nothing),
            restore_by_at=nw.when(nw.col("must_restore")).then(nw.col("_since") + law.hours * HOUR).otherwise(nothing),
        )
        .select(
            "account",
            "must_restore",
            "restore_cause",
            "restore_since_at",
            "restore_by_at",
            restore_late=nw.col("must_restore") & (nw.col("restore_by_at") < as_of_at),
        )
    )
